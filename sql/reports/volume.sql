-- title: Days on which the volume of an address jumps, stops or begins, the latest first
-- about: One row an address, stream and day of note. Deliveries of the day against the mean of the 7 days
-- about: before (days without mail count as 0). jump: at least twice the mean and 100 more. stop: nothing,
-- about: after a mean of at least 100. stop-start: mail again after two days or more without.
-- about: new address: its first day in our logs; then thin history until it has 14 days with mail. What
-- about: has its first day on the first day of all data may be older.
-- param: since date default 30d Only days from this one on (UTC): 2026-11-01, or 30d, 4w back
-- param: domain domain default all Only mail of the organizational domain of this one
-- param: ip address default all Only mail from this address
-- param: limit integer default all At most that many rows
WITH daily AS MATERIALIZED (
	SELECT i.source_ip, i.stream, i.day, sum(i.deliveries) AS deliveries
	FROM impact i
	WHERE i.tenant_id = tenant() AND i.deliveries > 0
		AND (:domain IS NULL OR i.domain = (SELECT organizational_domain(:domain)))
		AND (:ip IS NULL OR i.source_ip = :ip)
	GROUP BY i.source_ip, i.stream, i.day
), view AS (
	SELECT min(i.day) AS first_day, max(i.day) AS last_day FROM impact i
	WHERE i.tenant_id = tenant() AND i.deliveries > 0
), span AS (
	SELECT d.source_ip, d.stream, min(d.day) AS first_day FROM daily d GROUP BY 1, 2
), filled AS (
	SELECT s.source_ip, s.stream, s.first_day, g.day::date AS day,
		coalesce(d.deliveries, 0) AS deliveries,
		avg(coalesce(d.deliveries, 0)) OVER w AS mean,
		coalesce(sum(coalesce(d.deliveries, 0)) OVER (PARTITION BY s.source_ip, s.stream
			ORDER BY g.day ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING), 0) AS two_before,
		count(d.day) OVER (PARTITION BY s.source_ip, s.stream ORDER BY g.day) AS days_with_mail,
		lag(coalesce(d.deliveries, 0)) OVER (PARTITION BY s.source_ip, s.stream ORDER BY g.day)
			AS day_before
	FROM span s
	CROSS JOIN view v
	CROSS JOIN LATERAL generate_series(s.first_day::timestamp, v.last_day, '1 day') AS g (day)
	LEFT JOIN daily d ON d.source_ip IS NOT DISTINCT FROM s.source_ip
		AND d.stream IS NOT DISTINCT FROM s.stream AND d.day = g.day
	WINDOW w AS (PARTITION BY s.source_ip, s.stream ORDER BY g.day
		ROWS BETWEEN 7 PRECEDING AND 1 PRECEDING)
), told AS (
	SELECT f.*, CASE WHEN f.day = f.first_day AND f.day > v.first_day THEN 'new address'
		WHEN f.day = f.first_day THEN NULL
		WHEN f.deliveries > 0 AND f.two_before = 0 AND f.day > f.first_day + 2 THEN 'stop-start'
		WHEN f.deliveries >= 2 * f.mean AND f.deliveries >= f.mean + 100 THEN 'jump'
		WHEN f.deliveries = 0 AND f.mean >= 100 AND f.day_before > 0 THEN 'stop' END AS what,
		f.first_day > v.first_day AND f.days_with_mail <= 14 AS thin
	FROM filled f CROSS JOIN view v
)
SELECT day, what, source_ip, stream, deliveries, day_before, round(mean, 1) AS mean_of_7_days,
	CASE WHEN mean > 0 THEN round(deliveries / mean, 1) END AS times,
	CASE WHEN thin THEN format('thin history: %s days with mail', days_with_mail) END AS history
FROM told
WHERE what IS NOT NULL AND (:since IS NULL OR day >= :since)
ORDER BY day DESC, deliveries DESC, source_ip, stream
LIMIT :limit
