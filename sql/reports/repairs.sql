-- title: Reporters by what they get wrong, worst first
-- about: What had to be mended in their reports, so that you can write to them: first where something
-- about: was lost (quarantined, partial, record_refused), then by how many of their reports have it.
-- about: The reporter of a quarantined item is known where its file has a name as RFC 9990 asks for.
-- param: since date default all Only reports that end on this day (UTC) or later: 2026-11-01, or 30d, 4w back
-- param: domain domain default all Only this policy domain
-- param: reporter domain default all Only this reporter (org_name)
-- param: limit integer default all At most that many rows
WITH wrong AS (
	SELECT r.report_id, r.reporter, r.org_name, r.email, r.external_report_id,
		coalesce(r.end_at, r.first_seen_at) AS at, w.*
	FROM report r
	CROSS JOIN LATERAL (
		SELECT x.what, x."where" AS place, x."from" AS from_text, x."to" AS to_text, x.times
		FROM jsonb_to_recordset(CASE WHEN r.repairs > 0 THEN r.extra -> 'repairs' END)
			AS x (what text, "where" text, "from" text, "to" text, times bigint)
		UNION ALL
		SELECT 'partial', NULL, r.lost, NULL, 1 WHERE r.state = 'partial'
		UNION ALL
		SELECT 'record_refused', NULL, r.extra #>> '{refused_rows,0,reason}', NULL,
			r.records_refused
		WHERE r.records_refused > 0
			-- the row of a null report says that there was no mail: nothing is wrong
			AND NOT (r.records = 0 AND r.records_refused = 1 AND r.messages_refused = 0
				AND r.extra #>> '{refused_rows,0,reason}' LIKE '%null report%')
	) w
	WHERE r.tenant_id = tenant()
		AND (r.repairs > 0 OR r.state = 'partial' OR r.records_refused > 0)
		AND (:since IS NULL OR coalesce(r.end_at, r.first_seen_at) >= :since)
		AND (:domain IS NULL OR r.policy_domain = :domain)
		AND (:reporter IS NULL OR r.reporter = :reporter)
), unread AS (
	-- receiver!domain!begin!end[!id].xml.gz, also within a folder
	SELECT -q.quarantine_id, lower(m.name[1]), m.name[1], NULL, q.item, q.at, 'quarantined',
		NULL, q.reason, NULL, 1::bigint
	FROM quarantine q
	CROSS JOIN LATERAL regexp_match(q.item, '([^/!]+)!([^/!]+)![0-9]+![0-9]+[^/]*$') AS m (name)
	WHERE q.tenant_id = tenant() AND m.name IS NOT NULL
		AND (:since IS NULL OR q.at >= :since)
		AND (:domain IS NULL OR lower(m.name[2]) = :domain)
		AND (:reporter IS NULL OR lower(m.name[1]) = :reporter)
), everything AS (
	SELECT * FROM wrong UNION ALL SELECT * FROM unread
), of_reporter AS (
	SELECT reporter, count(*) AS reports
	FROM (
		SELECT reporter
		FROM report
		WHERE tenant_id = tenant()
			AND (:since IS NULL OR coalesce(end_at, first_seen_at) >= :since)
			AND (:domain IS NULL OR policy_domain = :domain)
			AND (:reporter IS NULL OR reporter = :reporter)
		UNION ALL
		SELECT reporter FROM everything WHERE report_id < 0
	) r
	GROUP BY reporter
), kinds AS (
	SELECT 1 AS rank, what, meaning, advice FROM repair_kind
	UNION ALL
	VALUES (0, 'quarantined', 'A report could not be read at all; ruadb quarantine list says why.',
			'Your reports can not be read; please see the reason.'),
		(0, 'partial', 'Only a part of the report could be read.',
			'Your reports arrive cut off or damaged; please see what is lost.'),
		(0, 'record_refused', 'A record could not be read, mostly for want of an address or a count.',
			'Please give each record a source_ip and a count.')
), grouped AS (
	SELECT e.reporter, e.what, count(DISTINCT e.report_id) AS reports,
		sum(e.times)::bigint AS times, max(e.at) AS at,
		(array_agg(e.org_name ORDER BY e.at DESC, e.report_id DESC))[1] AS org_name,
		(array_agg(e.email ORDER BY e.email IS NULL, e.at DESC, e.report_id DESC))[1] AS email,
		(array_agg(concat_ws(': ', e.place, e.from_text || coalesce(' -> ' || e.to_text, ''))
			ORDER BY e.at DESC, e.report_id DESC))[1] AS example,
		(array_agg(e.external_report_id ORDER BY e.at DESC, e.report_id DESC))[1] AS example_in
	FROM everything e
	GROUP BY e.reporter, e.what
)
SELECT coalesce(nullif(g.org_name, ''), g.reporter) AS reporter, g.email, g.what, g.reports,
	round(100.0 * g.reports / o.reports, 1) AS share_percent, g.times, g.at::date AS last_day,
	g.example, g.example_in, k.meaning, k.advice
FROM grouped g
JOIN of_reporter o USING (reporter)
LEFT JOIN kinds k USING (what)
ORDER BY coalesce(k.rank, 1), g.reports DESC, g.times DESC, g.reporter, g.what
LIMIT :limit
