-- How the collection of reports is, judged by the settings status_*: what `ruadb status` says.

-- As people say how long something is.
CREATE OR REPLACE FUNCTION ruadb_data.words_of(how_long interval) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE WHEN how_long < '90 min' THEN
			greatest(round(extract(epoch FROM how_long) / 60), 0) || ' min'
		WHEN how_long < '48 h' THEN round(extract(epoch FROM how_long) / 3600) || ' h'
		ELSE round(extract(epoch FROM how_long) / 86400) || ' days' END;

-- A limit of 0 is none: what is compared with NULL is never reached.
CREATE OR REPLACE VIEW ruadb_data.status_setting WITH (security_invoker = true) AS
SELECT make_interval(hours => max(v) FILTER (WHERE name = 'status_success_warning')::int)
		AS success_warning,
	make_interval(hours => max(v) FILTER (WHERE name = 'status_success_critical')::int)
		AS success_critical,
	make_interval(hours => max(v) FILTER (WHERE name = 'status_waiting_warning')::int)
		AS waiting_warning,
	make_interval(hours => max(v) FILTER (WHERE name = 'status_waiting_critical')::int)
		AS waiting_critical,
	make_interval(days => max(v) FILTER (WHERE name = 'status_reports_warning')::int)
		AS reports_warning,
	make_interval(days => max(v) FILTER (WHERE name = 'status_reports_critical')::int)
		AS reports_critical,
	max(v) FILTER (WHERE name = 'status_quarantine_warning') AS quarantine_warning,
	max(v) FILTER (WHERE name = 'status_quarantine_critical') AS quarantine_critical,
	max(v) FILTER (WHERE name = 'status_silent_warning') AS silent_warning,
	max(v) FILTER (WHERE name = 'status_silent_critical') AS silent_critical
FROM (SELECT name, nullif(value, 0) AS v FROM ruadb.setting WHERE name LIKE 'status\_%') k;

CREATE OR REPLACE VIEW ruadb.status WITH (security_invoker = true) AS
SELECT m.tenant_id, 'mailbox' AS what, m.account || '/' || m.folder AS name,
	CASE WHEN m.last_error_class = 'config' OR m.quiet > k.success_critical
			OR m.waiting > k.waiting_critical THEN 'critical'
		WHEN m.quiet > k.success_warning OR m.waiting > k.waiting_warning
			OR m.last_success_at IS NULL AND m.last_error IS NOT NULL THEN 'warning'
		ELSE 'ok' END AS state,
	m.last_success_at,
	m.backlog AS waiting,
	m.oldest_waiting_at,
	nullif(concat_ws(' ',
		CASE WHEN m.last_error_class = 'config' THEN 'Needs a person.' END,
		CASE WHEN m.quiet > k.success_warning OR m.quiet > k.success_critical
			THEN format('No success for %s.', ruadb_data.words_of(m.quiet))
			WHEN m.last_success_at IS NULL AND m.last_error IS NOT NULL
				THEN 'No success yet.' END,
		CASE WHEN m.last_try_at < ruadb.as_of() - coalesce(k.success_warning, k.success_critical)
			THEN format('Nobody tried for %s: does ruadb fetch still run?',
				ruadb_data.words_of(ruadb.as_of() - m.last_try_at)) END,
		CASE WHEN m.waiting > k.waiting_warning OR m.waiting > k.waiting_critical
			THEN format('A message waits for %s.', ruadb_data.words_of(m.waiting)) END,
		m.last_error,
		CASE WHEN m.next_try_at > ruadb.as_of() THEN format('Next try at %s UTC.',
			to_char(m.next_try_at AT TIME ZONE 'UTC', 'HH24:MI:SS')) END), '') AS attention,
	m.account, m.folder, m.uidvalidity, m.messages, m.not_reports, m.first_seen_at, m.last_try_at,
	m.next_try_at, m.failures, m.last_error_at, m.last_error_class, m.last_error, m.held_by
FROM (
	SELECT m.*, ruadb.as_of() - coalesce(m.last_success_at, m.first_seen_at) AS quiet,
		-- an archive of years that is fetched for the first time waits since then
		CASE WHEN m.backlog > 0 THEN ruadb.as_of()
			- greatest(m.oldest_waiting_at, m.first_seen_at) END AS waiting
	FROM ruadb.mailbox m
	WHERE m.tenant_id = ruadb.tenant()
) m, ruadb_data.status_setting k
UNION ALL
SELECT ruadb.tenant(), 'reports', 'reports',
	CASE WHEN b.quiet > k.reports_critical THEN 'critical'
		WHEN b.quiet > k.reports_warning THEN 'warning' ELSE 'ok' END,
	b.at, NULL, NULL,
	CASE WHEN b.at IS NULL THEN 'No report was stored yet.'
		WHEN b.quiet > k.reports_warning OR b.quiet > k.reports_critical THEN
			format('No report came for %s: do reporters still get the address?',
				ruadb_data.words_of(b.quiet)) END,
	NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM (
	SELECT b.stored_at AS at, ruadb.as_of() - b.stored_at AS quiet
	FROM (SELECT max(r.batch_id) AS batch_id FROM ruadb_data.report r
		WHERE r.tenant_id = ruadb.tenant()) r
	LEFT JOIN ruadb_data.batch b ON b.tenant_id = ruadb.tenant() AND b.batch_id = r.batch_id
) b, ruadb_data.status_setting k
UNION ALL
SELECT ruadb.tenant(), 'quarantine', 'quarantine',
	CASE WHEN q.n >= k.quarantine_critical THEN 'critical'
		WHEN q.n >= k.quarantine_warning THEN 'warning' ELSE 'ok' END,
	NULL, q.n, q.oldest,
	CASE WHEN q.n > 0 THEN format('%s could not be read: ruadb quarantine list.', q.n) END,
	NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM (
	SELECT count(*) AS n, min(q.at) AS oldest
	FROM ruadb_data.quarantine q
	WHERE q.tenant_id = ruadb.tenant()
) q, ruadb_data.status_setting k
UNION ALL
SELECT ruadb.tenant(), 'reporters', 'reporters',
	CASE WHEN c.silent >= k.silent_critical THEN 'critical'
		WHEN c.silent >= k.silent_warning THEN 'warning' ELSE 'ok' END,
	NULL, c.silent, c.oldest,
	nullif(concat_ws(' ',
		CASE WHEN c.silent > 0 THEN format('Silent, though our logs show mail to them: %s.',
			c.names) END,
		CASE WHEN c.overdue > 0 THEN format('%s reported daily and no longer do, and may have '
			'got no mail.', c.overdue) END,
		CASE WHEN c.silent + c.overdue > 0 THEN 'ruadb report reporters.' END), ''),
	NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM (
	SELECT count(*) FILTER (WHERE c.silent) AS silent,
		count(*) FILTER (WHERE NOT c.silent) AS overdue,
		min(c.due_at) FILTER (WHERE c.silent) AS oldest,
		string_agg(c.reporter, ', ' ORDER BY c.reporter) FILTER (WHERE c.silent) AS names
	FROM (
		SELECT c.reporter, bool_or(c.state = 'silent') AS silent, min(c.due_at) AS due_at
		FROM ruadb.reporter_coverage c
		WHERE c.tenant_id = ruadb.tenant() AND c.state IN ('silent', 'nothing sent')
			AND c.expected -- who stopped long ago is no news
		GROUP BY c.reporter
	) c
) c, ruadb_data.status_setting k;

COMMENT ON VIEW ruadb.status IS
	'How the collection of reports is, judged by the settings status_*: one row a mailbox, and one '
	'each for reports, quarantine and reporters. What ruadb status prints.';
COMMENT ON COLUMN ruadb.status.tenant_id IS 'Whose; that of the session.';
COMMENT ON COLUMN ruadb.status.what IS 'mailbox, reports, quarantine, reporters.';
COMMENT ON COLUMN ruadb.status.name IS 'Of a mailbox its account and folder; else as what.';
COMMENT ON COLUMN ruadb.status.state IS 'ok, warning, critical.';
COMMENT ON COLUMN ruadb.status.last_success_at IS
	'Of a mailbox: when all was last dealt with; of reports: when the last one was stored.';
COMMENT ON COLUMN ruadb.status.waiting IS
	'Of a mailbox: messages that wait; of quarantine: what lies there; of reporters: silent ones.';
COMMENT ON COLUMN ruadb.status.oldest_waiting_at IS
	'Since when the oldest of them: its arrival, when it got there, when its report was due.';
COMMENT ON COLUMN ruadb.status.attention IS 'What to do something about; NULL: nothing.';
DO $$
DECLARE
	c pg_catalog.record; -- ruadb.record is a view
BEGIN
	FOR c IN
		SELECT a.attname AS name, col_description(x.oid, b.attnum) AS words
		FROM pg_class y
		JOIN pg_attribute a ON a.attrelid = y.oid AND a.attnum > 0
		JOIN pg_class x ON x.oid = 'ruadb.mailbox'::regclass
		JOIN pg_attribute b ON b.attrelid = x.oid AND b.attname = a.attname
		WHERE y.oid = 'ruadb.status'::regclass AND col_description(y.oid, a.attnum) IS NULL
	LOOP
		EXECUTE format('COMMENT ON COLUMN ruadb.status.%I IS %L', c.name, c.words);
	END LOOP;
END $$;

-- Of these mailboxes only (NULL: all), and of those of them that nobody ever looked at.
-- configured: [{"account": .., "folder": ..}, ..]
CREATE OR REPLACE FUNCTION ruadb_data.status_of(configured jsonb) RETURNS SETOF ruadb.status
	LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
WITH c AS (
	SELECT DISTINCT account, folder
	FROM jsonb_to_recordset(configured) AS c (account text, folder text)
)
SELECT s.*
FROM ruadb.status s
WHERE s.what <> 'mailbox' OR configured IS NULL OR (s.account, s.folder) IN (SELECT * FROM c)
UNION ALL
SELECT (jsonb_populate_record(NULL::ruadb.status, jsonb_build_object('tenant_id', ruadb.tenant(),
	'what', 'mailbox', 'name', c.account || '/' || c.folder, 'state', 'warning', 'attention',
	'Nobody ever looked at it: ruadb fetch.', 'account', c.account, 'folder', c.folder))).*
FROM c
WHERE NOT EXISTS (SELECT FROM ruadb_data.mailbox m WHERE m.tenant_id = ruadb.tenant()
	AND m.account = c.account AND m.folder = c.folder)
$$;
