-- title: Streams that are deferred though their authentication shows no defect
-- about: What gateways deferred while DMARC reports of receivers say that the mail passes. Reports come
-- about: from receivers that accepted or judged mail; the gateway that defers may send none, and what
-- about: it deferred is in no report: scope says whose reports these are.
-- param: since date default all First day (UTC) of deferrals, or 30d: that many days back
-- param: domain domain default all Only this domain, by its organizational domain
-- param: ip address default all Only this address
-- param: gateway text default all Only this gateway, or family of gateways
-- evidence: yes
SELECT s.domain, s.source_ip, s.gateway_family, y.affected, y.tried, y.first_deferred_at,
	y.last_deferred_at, w.authentication, w.defect, w.evidence_ends, w.scope
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
CROSS JOIN LATERAL stream_impact(s.source_ip, s.domain, s.gateway_family, :since, NULL) y
CROSS JOIN LATERAL (
	SELECT max(w.words) FILTER (WHERE w.about = 'authentication') AS authentication,
		max(w.words) FILTER (WHERE w.about = 'defect') AS defect,
		max(w.words) FILTER (WHERE w.about = 'end') AS evidence_ends, max(w.scope) AS scope
	FROM stream_words(s.source_ip, s.domain, s.gateway_family, :since, NULL) w
) w
WHERE w.defect = 'no authentication defect visible'
ORDER BY s.affected DESC, s.domain, s.source_ip, s.gateway_family
