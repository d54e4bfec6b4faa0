-- The impact at each family of gateways from deliveries: the sums of report gateway-impact in one pass
-- over the rows. first: a UTC day. In this log each recipient domain has one gateway for ever, and each
-- service one address of its own; so neither days around nor streams are looked at.
WITH gateway AS MATERIALIZED (
	SELECT DISTINCT g.domain_id, coalesce(w.family, g.gateway) AS family
	FROM ruadb_data.domain_gateway g
	LEFT JOIN ruadb_data.gateway w ON w.tenant_id = g.tenant_id AND w.gateway = g.gateway
	WHERE g.evidence = 'p'
), recipient AS (
	SELECT g.family, count(*) AS deliveries, bool_or(d.deferred + d.suspended > 0) AS temporary,
		bool_or(d.deferred_templates && a.ids OR d.suspended_templates && a.ids) AS affected,
		bool_or(d.deferred_templates && a.ids) AS directly,
		bool_or((d.deferred_templates && a.ids OR d.suspended_templates && a.ids)
			AND d.expired_at IS NOT NULL) AS expired,
		bool_or((d.deferred_templates && a.ids OR d.suspended_templates && a.ids)
			AND d.accepted_at IS NOT NULL) AS accepted
	FROM ruadb_data.delivery d
	LEFT JOIN gateway g ON g.domain_id = d.recipient_domain_id
	CROSS JOIN (SELECT array_agg(template_id) AS ids FROM ruadb_data.reply_template
		WHERE category IN ('badreputation', 'blocked', 'speeding', 'toomanyconn', 'undefined')) a
	WHERE d.day >= :'first' AND NOT d.null_sender AND NOT d.handed_on
		AND d.attempts + d.suspended + d.mx_attempts > 0
	GROUP BY g.family, d.day, d.source_ip, d.recipient_domain_id, d.recipient_key
)
SELECT coalesce(family, '(no gateway known)'), count(*), count(*) FILTER (WHERE affected),
	count(*) FILTER (WHERE directly), count(*) FILTER (WHERE temporary), sum(deliveries),
	count(*) FILTER (WHERE accepted AND NOT expired), count(*) FILTER (WHERE expired)
FROM recipient GROUP BY 1 ORDER BY 1
