-- title: Domains that are ours, and the others that reports came for
-- about: declared: in the configuration, by command (ruadb domains add) or both. foreign: none that
-- about: is ours has its organizational domain, so its reports are in no total; where nothing is
-- about: declared, all reports count. Messages are those of all policy domains of the
-- about: organizational domain: several names in it show the same ones.
WITH policy AS (
	SELECT d.name, coalesce(d.organizational_domain, d.name) AS organizational_domain,
		d.is_foreign, r.reports, r.messages
	FROM ruadb_data.domain d
	CROSS JOIN LATERAL (
		SELECT count(*) AS reports, sum(r.messages)::bigint AS messages
		FROM ruadb_data.report r
		WHERE r.tenant_id = d.tenant_id AND r.domain_id = d.domain_id AND r.counted
	) r
	WHERE d.tenant_id = tenant() AND r.reports > 0
), rows AS (
	SELECT 0 AS place, o.name, o.organizational_domain, o.declared_in AS declared,
		string_agg(p.name, ' ' ORDER BY p.name) AS policy_domains,
		coalesce(sum(p.reports), 0)::bigint AS reports,
		coalesce(sum(p.messages), 0)::bigint AS messages
	FROM own_domain o
	LEFT JOIN policy p USING (organizational_domain)
	WHERE o.tenant_id = tenant()
	GROUP BY o.name, o.organizational_domain, o.declared_in
	UNION ALL
	SELECT 1, p.name, p.organizational_domain, CASE WHEN p.is_foreign THEN 'foreign' END,
		p.name, p.reports, p.messages
	FROM policy p
	WHERE NOT EXISTS (SELECT FROM own_domain o WHERE o.tenant_id = tenant()
		AND o.organizational_domain = p.organizational_domain)
)
SELECT name, organizational_domain, declared, policy_domains, reports, messages
FROM rows
ORDER BY place, messages DESC, name
