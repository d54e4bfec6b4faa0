-- title: Coverage: on which days reports are missing, and domains without any, worst first
-- about: One row for each stretch of days of an organizational domain on which the same reporters are
-- about: missing, as far as their reports are due. Expected are daily reporters (12 of 14 days);
-- about: reporters_seen: on the day with the fewest, occasional ones too. A reporter
-- about: that is missing may have got no mail from you: silent are those where your logs show such
-- about: mail. Days of
-- about: the class window and after it, or since a day.
-- param: since date default all Only days from this one on (UTC): 2026-11-01, or 30d, 4w back
-- param: domain domain default all Only the organizational domain of this one
-- param: limit integer default all At most that many rows
-- evidence: yes
WITH regular AS (
	SELECT * FROM reporter_coverage
	WHERE tenant_id = tenant()
		AND (:domain IS NULL OR organizational_domain = organizational_domain(:domain))
), seen AS (
	SELECT organizational_domain, day, count(DISTINCT reporter) AS reporters,
		array_agg(reporter) AS names, sum(reports) AS reports
	FROM ruadb_data.coverage_day
	WHERE tenant_id = tenant() AND day IS NOT NULL
		AND (:since IS NULL OR day >= :since)
		AND (:domain IS NULL OR organizational_domain = organizational_domain(:domain))
	GROUP BY organizational_domain, day
), spans AS (
	SELECT w.organizational_domain, coalesce(:since, w.window_begin) AS first_day,
		settled_before(make_interval(hours => setting_value('lag_hours')::int)) - 1 AS last_day
	FROM class_window w
	WHERE w.tenant_id = tenant()
		AND (:domain IS NULL OR w.organizational_domain = organizational_domain(:domain))
), due AS (
	-- A day and the reporters that should have reported about it by now.
	SELECT s.organizational_domain, g.day::date AS day, count(*) AS expected,
		coalesce(array_agg(r.reporter ORDER BY r.reporter) FILTER (WHERE v.names IS NULL
			OR r.reporter <> ALL (v.names)), '{}') AS missing,
		coalesce(max(v.reporters), 0) AS seen, coalesce(max(v.reports), 0) AS reports
	FROM spans s
	CROSS JOIN LATERAL generate_series(s.first_day::timestamp, s.last_day, '1 day') AS g (day)
	JOIN regular r ON r.organizational_domain = s.organizational_domain AND r.expected
		AND g.day >= r.first_day AND g.day < settled_before(r.lag)
	LEFT JOIN seen v ON v.organizational_domain = s.organizational_domain AND v.day = g.day
	GROUP BY s.organizational_domain, g.day
), stretch AS (
	SELECT d.*, d.day - (row_number() OVER (PARTITION BY organizational_domain, missing
		ORDER BY day))::int AS no
	FROM due d
), listed AS (
	SELECT organizational_domain, min(day) AS first_day, max(day) AS last_day,
		count(*)::int AS days, max(expected) AS expected, min(seen) AS seen_least,
		cardinality(missing) AS missing_count, missing, sum(reports)::bigint AS reports
	FROM stretch
	GROUP BY organizational_domain, missing, no
	UNION ALL
	-- Who never had a daily reporter, or none lately.
	SELECT s.organizational_domain, min(v.day), max(v.day), count(v.day)::int, 0,
		coalesce(min(v.reporters), 0), NULL, '{}', coalesce(sum(v.reports), 0)::bigint
	FROM spans s
	LEFT JOIN seen v ON v.organizational_domain = s.organizational_domain
		AND v.day BETWEEN s.first_day AND s.last_day
	WHERE NOT EXISTS (SELECT FROM due d
		WHERE d.organizational_domain = s.organizational_domain)
	GROUP BY s.organizational_domain
	UNION ALL
	SELECT o.organizational_domain, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0
	FROM (SELECT DISTINCT organizational_domain FROM own_domain WHERE tenant_id = tenant()) o
	WHERE (:domain IS NULL OR o.organizational_domain = organizational_domain(:domain))
		AND NOT EXISTS (SELECT FROM regular r
			WHERE r.organizational_domain = o.organizational_domain)
), worded AS (
	SELECT l.*, CASE WHEN missing IS NULL THEN 'no reports'
			WHEN expected = 0 THEN 'no daily reporter'
			WHEN missing_count = expected THEN 'all missing'
			WHEN missing_count > 0 THEN 'some missing' ELSE 'complete' END AS state,
		(SELECT string_agg(r.reporter, ', ' ORDER BY r.reporter) FROM regular r
			WHERE r.organizational_domain = l.organizational_domain
				AND r.reporter = ANY (l.missing) AND r.state = 'silent') AS silent
	FROM listed l
)
SELECT organizational_domain, state, first_day, last_day, days, expected AS reporters_expected,
	seen_least AS reporters_seen, missing_count AS reporters_missing,
	nullif(array_to_string(missing[1:5], ', ') || CASE WHEN missing_count > 5
		THEN format(' and %s more', missing_count - 5) ELSE '' END, '') AS missing,
	silent, reports,
	CASE state
		WHEN 'no reports' THEN 'Yours, but nobody reports about it: publish a DMARC record with rua; an '
			'address in another domain needs that domain''s consent (X._report._dmarc).'
		WHEN 'all missing' THEN 'No daily reporter was heard: has rua changed, is its mailbox full, or '
			'does the collection of reports stand still?'
		WHEN 'some missing' THEN CASE WHEN silent IS NOT NULL
			THEN 'Your mail was accepted there, so reports were due: look for them in the mailbox.'
			ELSE 'Nothing was sent there, or the reports got lost.' END
		WHEN 'no daily reporter' THEN 'Too little mail for daily reports: figures of few days.' END
		AS cause
FROM worded
ORDER BY array_position('{no reports,all missing,some missing,no daily reporter,complete}', state),
	silent IS NULL, days DESC, last_day DESC, organizational_domain
LIMIT :limit
