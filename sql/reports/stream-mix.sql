-- title: What shares an address: streams, domains, campaigns, most mixed first
-- about: One row a source address. Marketing beside transactional mail on one address shares its
-- about: reputation. mixed: more than one declared stream; streams are declared in [source], what is not
-- about: is "(not declared)". affected_percent is that of each stream, worst first.
-- param: since date default 30d Only days from this one on (UTC): 2026-11-01, or 30d, 4w back
-- param: domain domain default all Only mail of the organizational domain of this one
-- param: ip address default all Only this address
-- param: limit integer default all At most that many rows
WITH mail AS (
	SELECT i.source_ip, i.source_ip_from, coalesce(i.stream, '(not declared)') AS stream,
		i.domain, i.deliveries, i.share_tried, i.share_affected, i.cohort_key
	FROM impact i
	WHERE i.tenant_id = tenant() AND i.deliveries > 0 AND (:since IS NULL OR i.day >= :since)
		AND (:domain IS NULL OR i.domain = (SELECT organizational_domain(:domain)))
		AND (:ip IS NULL OR i.source_ip = :ip)
), streams AS (
	SELECT m.source_ip, m.stream, sum(m.deliveries) AS deliveries,
		100.0 * sum(m.share_affected) / nullif(sum(m.share_tried), 0) AS percent
	FROM mail m
	GROUP BY m.source_ip, m.stream
), by_ip AS (
	SELECT s.source_ip, count(*) AS streams, sum(s.deliveries) AS deliveries,
		string_agg(s.stream || ' ' || s.deliveries, ', ' ORDER BY s.deliveries DESC, s.stream)
			AS deliveries_of,
		string_agg(s.stream || ' ' || round(s.percent, 1) || '%', ', '
			ORDER BY s.percent DESC, s.stream) AS affected_percent
	FROM streams s
	GROUP BY s.source_ip
), campaigns AS (
	SELECT m.source_ip, count(DISTINCT c.campaign) AS campaigns
	FROM mail m
	JOIN ruadb_data.impact_campaign_now c ON c.tenant_id = tenant()
		AND c.cohort_key = m.cohort_key AND (:since IS NULL OR c.day >= :since)
	GROUP BY m.source_ip
)
SELECT b.source_ip, CASE WHEN b.source_ip IS NULL THEN 'address not known'
		WHEN b.streams > 1 THEN 'mixed' ELSE 'one stream' END AS mix,
	b.streams, b.deliveries, b.deliveries_of, b.affected_percent,
	(SELECT string_agg(DISTINCT m.domain, ', ' ORDER BY m.domain) FROM mail m
		WHERE m.source_ip IS NOT DISTINCT FROM b.source_ip) AS domains,
	coalesce(c.campaigns, 0) AS campaigns
FROM by_ip b
LEFT JOIN campaigns c ON c.source_ip IS NOT DISTINCT FROM b.source_ip
ORDER BY b.source_ip IS NULL, b.streams DESC, b.deliveries DESC, b.source_ip
LIMIT :limit
