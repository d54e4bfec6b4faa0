-- title: What to do next about streams that are deferred
-- about: Every rule that applies, for each stream and family of gateways, the headline first:
-- about: authentication failing, a public listing, a reply that blocks, a 421 deferral, a clean
-- about: lookup. Lookups are what somebody noted: ruadb lookup add.
-- param: since date default all First day (UTC) of deferrals, or 30d: that many days back
-- param: domain domain default all Only this domain, by its organizational domain
-- param: ip address default all Only this address
-- param: gateway text default all Only this gateway, or family of gateways
-- evidence: yes
SELECT s.domain, s.source_ip, s.gateway_family, n.place, n.headline, n.rule, n.step, n.reason
FROM (
	SELECT i.domain, i.source_ip, coalesce(i.gateway_family, i.gateway) AS gateway_family,
		sum(i.affected) AS affected
	FROM impact i
	WHERE i.tenant_id = tenant() AND i.source_ip IS NOT NULL AND i.domain IS NOT NULL
		AND i.gateway IS NOT NULL
		AND (:since IS NULL OR i.day >= :since)
		AND (:domain IS NULL OR i.domain = (SELECT organizational_domain(:domain)))
		AND (:ip IS NULL OR i.source_ip <<= :ip)
		AND (:gateway IS NULL OR lower(:gateway) IN (i.gateway, i.gateway_family))
	GROUP BY i.domain, i.source_ip, coalesce(i.gateway_family, i.gateway)
	HAVING sum(i.affected) > 0
) s
CROSS JOIN LATERAL next_step(s.source_ip, s.domain, s.gateway_family, :since, NULL) n
ORDER BY s.affected DESC, s.domain, s.source_ip, s.gateway_family, n.place
