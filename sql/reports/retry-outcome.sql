-- title: What became of affected recipients, by the number of retries
-- about: One row a gateway family and number of retries (attempts but the first). accepted_later: by the
-- about: gateway, not the inbox. not_accepted: bounced, expired, pending, lost from sight or removed;
-- about: expired and bounced non-delivery is in gateway-impact. Of left-censored deliveries there were at
-- about: least so many retries.
-- param: since date default 30d Only days from this one on (UTC): 2026-11-01, or 30d, 4w back
-- param: until date default all Only days up to this one
-- param: domain domain default all Only mail of the organizational domain of this one
-- param: ip address default all Only mail from this address
-- param: gateway text default all Only this gateway or family: proofpoint
-- param: limit integer default all At most that many rows
WITH counted AS (
	SELECT coalesce(i.gateway_family, '(no gateway known)') AS gateway_family,
		(ruadb_data.retry_buckets())[u.b] AS retries, u.n,
		coalesce(i.retries_accepted[u.b], 0) AS accepted, i.mature
	FROM impact i
	CROSS JOIN LATERAL unnest(i.retries) WITH ORDINALITY AS u (n, b)
	WHERE i.tenant_id = tenant() AND i.affected > 0
		AND (:since IS NULL OR i.day >= :since) AND (:until IS NULL OR i.day <= :until)
		AND (:domain IS NULL OR i.domain = (SELECT organizational_domain(:domain)))
		AND (:ip IS NULL OR i.source_ip = :ip)
		AND (:gateway IS NULL OR :gateway IN (i.gateway, i.gateway_family))
), ranges AS (
	SELECT * FROM (VALUES (0, 0, '0'), (1, 1, '1'), (2, 2, '2'), (3, 5, '3 to 5'),
		(6, 10, '6 to 10'), (11, 15, '11 to 15'), (16, 30, '16 to 30'), (31, 60, '31 to 60'),
		(61, 2147483647, 'more than 60')) AS r (low, high, words)
)
SELECT c.gateway_family, r.words AS retries, sum(c.n) AS recipients,
	sum(c.accepted) AS accepted_later, sum(c.n) - sum(c.accepted) AS not_accepted,
	round(100.0 * sum(c.accepted) / sum(c.n), 1) AS accepted_percent,
	CASE WHEN bool_and(c.mature) THEN 'mature' ELSE 'so far' END AS figures_are
FROM counted c
JOIN ranges r ON c.retries BETWEEN r.low AND r.high
WHERE c.n > 0
GROUP BY c.gateway_family, r.low, r.words
ORDER BY sum(sum(c.n)) OVER (PARTITION BY c.gateway_family) DESC, c.gateway_family, r.low
LIMIT :limit
