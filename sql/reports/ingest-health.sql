-- title: State of reading: what came in, what could not be read, and how current the figures are
-- about: attention says what to do something about, worst first; empty: nothing. items are files, mails
-- about: and entries of archives, each once however often it came. days_to_refresh: days of domains that
-- about: are read from records and not from the rollup; the figures are right either way.
-- layout: lines
WITH items AS (
	SELECT count(*) AS items,
		count(*) FILTER (WHERE outcome IN ('stored', 'conflict')) AS stored,
		count(*) FILTER (WHERE outcome = 'repeat') AS repeats,
		count(*) FILTER (WHERE outcome = 'near_repeat') AS near_repeats,
		count(*) FILTER (WHERE outcome = 'not_report') AS not_reports,
		count(*) FILTER (WHERE outcome = 'log') AS logs,
		count(*) FILTER (WHERE times > 1) AS met_again,
		max(last_seen_at) AS last_item_at
	FROM ledger
	WHERE tenant_id = tenant()
), unread AS (
	SELECT count(*) AS all,
		count(*) FILTER (WHERE class = 'input') AS input,
		count(*) FILTER (WHERE class = 'limit') AS "limit",
		count(*) FILTER (WHERE class = 'bug') AS bug,
		count(*) FILTER (WHERE at > as_of() - interval '7 days') AS lately,
		count(*) FILTER (WHERE NOT bytes_kept) AS not_kept
	FROM quarantine
	WHERE tenant_id = tenant()
), reports AS (
	SELECT count(*) AS reports, count(*) FILTER (WHERE counted) AS counted,
		count(*) FILTER (WHERE state = 'partial' AND counted) AS partial,
		count(*) FILTER (WHERE repairs > 0) AS mended,
		count(*) FILTER (WHERE records_refused > 0) AS with_refused,
		count(*) FILTER (WHERE "foreign") AS "foreign",
		count(*) FILTER (WHERE reporter_auth IN ('unverified', 'failed')) AS unverified,
		count(*) FILTER (WHERE reporter_auth = 'failed') AS failed,
		count(*) FILTER (WHERE reporter_auth = 'verified') AS verified,
		coalesce(sum(records), 0)::bigint AS records,
		coalesce(sum(records_refused), 0)::bigint AS refused,
		coalesce(sum(messages_refused), 0)::bigint AS messages_refused,
		max(end_at) AS last_end_at,
		max(first_seen_at) AS last_stored_at
	FROM report
	WHERE tenant_id = tenant()
), live AS (
	SELECT count(*) AS days, min(day) AS oldest
	FROM (SELECT DISTINCT domain_id, day FROM ruadb_data.live_day
		WHERE tenant_id = tenant()) d
), refresh AS (
	SELECT max(as_of) AS at FROM ruadb_data.source_class_current WHERE tenant_id = tenant()
), suffixes AS (
	SELECT max(list_date) AS list_date,
		(as_of() AT TIME ZONE 'UTC')::date - max(list_date) AS age_days
	FROM ruadb_data.public_suffix_list
	WHERE tenant_id = tenant()
), facts AS (
	SELECT i.*, u.all AS quarantined, u.input, u."limit", u.bug, u.lately, u.not_kept, r.*,
		l.days, l.oldest, f.at AS refreshed_at, s.list_date, s.age_days,
		floor(extract(epoch FROM as_of() - i.last_item_at) / 86400)::int AS quiet_days
	FROM items i, unread u, reports r, live l, refresh f, suffixes s
)
SELECT nullif(concat_ws(' ',
		CASE WHEN items = 0 THEN 'Nothing was read yet: ruadb ingest PATH.' END,
		CASE WHEN quiet_days > 3 THEN format('Nothing came in for %s days: does the collection of '
			'reports still run?', quiet_days) END,
		CASE WHEN bug > 0 THEN format('%s could not be read by a fault of ruadb: ruadb quarantine '
			'list --class bug; please report it.', bug) END,
		CASE WHEN lately > 0 THEN format('%s went to quarantine in the last 7 days: ruadb '
			'quarantine list.', lately) END,
		CASE WHEN not_kept > 0 THEN format('The bytes of %s are not kept: quarantine_max is too '
			'small.', not_kept) END,
		CASE WHEN partial > 0 THEN format('%s could be read in part only: ruadb report repairs.',
			partial) END,
		CASE WHEN failed > 0 THEN format('%s of senders that failed our server''s check: ruadb report '
			'reporters.', ruadb_data.so_many(failed, 'report')) END,
		CASE WHEN refreshed_at IS NULL AND records > 0 THEN 'Classes of sources were never made: '
			'ruadb db refresh.' END,
		CASE WHEN age_days > (SELECT setting_value('suffix_list_days')) THEN format('The public '
			'suffix list is %s days old: update libpsl''s list (package publicsuffix).', age_days)
			END), '') AS attention,
	last_item_at, last_stored_at, last_end_at AS last_report_end, items, stored AS items_stored,
	repeats, near_repeats, not_reports, met_again,
	input AS quarantined_broken, "limit" AS quarantined_too_large, bug AS quarantined_by_fault,
	reports, counted AS reports_counted, partial AS reports_partial, mended AS reports_mended,
	unverified AS reports_unverified, failed AS reports_failed, verified AS reports_verified,
	"foreign" AS reports_foreign,
	records, refused AS records_refused, with_refused AS reports_with_refused, messages_refused,
	days AS days_to_refresh, oldest AS oldest_to_refresh, refreshed_at AS last_refresh_at,
	list_date AS suffix_list_date, age_days AS suffix_list_days,
	pg_database_size(current_database()) AS database_bytes, logs
FROM facts
