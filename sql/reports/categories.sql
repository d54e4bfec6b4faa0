-- title: What the replies are about, by gateway, most deliveries first
-- about: One row a gateway family and category of reply. deliveries: that got such a reply, as a temporary
-- about: failure or the bounce; a delivery with several is in a row for each, so don't add rows up.
-- about: counts_as: whether a temporary failure of it makes a recipient affected (D2); -: there was
-- about: none.
-- param: since date default 30d Only days from this one on (UTC): 2026-11-01, or 30d, 4w back
-- param: until date default all Only days up to this one
-- param: domain domain default all Only mail of the organizational domain of this one
-- param: ip address default all Only mail from this address
-- param: gateway text default all Only this gateway or family: proofpoint
-- param: limit integer default all At most that many rows
-- Live days are computed by functions: once each, not for each row of the other side.
WITH r AS MATERIALIZED (
	SELECT * FROM ruadb_data.impact_reply_now n
	WHERE n.tenant_id = tenant() AND (:since IS NULL OR n.day >= :since)
		AND (:until IS NULL OR n.day <= :until)
), i AS MATERIALIZED (
	SELECT n.tenant_id, n.cohort_key, n.day, n.gateway_family FROM impact n
	WHERE n.tenant_id = tenant() AND (:since IS NULL OR n.day >= :since)
		AND (:until IS NULL OR n.day <= :until)
		AND (:domain IS NULL OR n.domain = (SELECT organizational_domain(:domain)))
		AND (:ip IS NULL OR n.source_ip = :ip)
		AND (:gateway IS NULL OR :gateway IN (n.gateway, n.gateway_family))
)
SELECT coalesce(i.gateway_family, '(no gateway known)') AS gateway_family, t.category,
	CASE WHEN sum(r.deferred + r.suspended) = 0 THEN '-' WHEN t.affecting THEN 'affected'
		ELSE 'temporary failure' END AS counts_as,
	sum(r.deferred + r.suspended + r.bounced) AS deliveries, sum(r.deferred) AS deferred,
	sum(r.suspended) AS suspended, sum(r.bounced) AS bounced,
	count(DISTINCT t.template_id) AS templates, min(r.first_at) AS first_at,
	max(r.last_at) AS last_at,
	(array_agg(t.text ORDER BY r.recipients DESC, t.text))[1] AS most_of_them
FROM r
JOIN i ON i.tenant_id = r.tenant_id AND i.cohort_key = r.cohort_key AND i.day = r.day
JOIN reply_template t ON t.tenant_id = r.tenant_id AND t.template_id = r.template_id
GROUP BY i.gateway_family, t.category, t.affecting
ORDER BY deliveries DESC, gateway_family, t.category
LIMIT :limit
