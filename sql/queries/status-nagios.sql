-- title: How the collection of reports is, for a monitoring plugin: the worst first
-- about: perf: performance data with the limits, seconds for times; labels have no = and no '.
-- param: configured text default all JSON: the mailboxes that are configured here
WITH judged AS (
	SELECT s.*, translate(name, '=''', '__') AS label,
		coalesce(floor(extract(epoch FROM as_of() - coalesce(last_success_at, first_seen_at)))
			|| 's', 'U') AS age,
		CASE WHEN waiting > 0 THEN coalesce(floor(extract(epoch FROM as_of()
			- oldest_waiting_at)) || 's', 'U') ELSE '0s' END AS oldest
	FROM ruadb_data.status_of(:configured::jsonb) s
), seconds AS (
	SELECT extract(epoch FROM success_warning)::int AS success_warning,
		extract(epoch FROM success_critical)::int AS success_critical,
		extract(epoch FROM waiting_warning)::int AS waiting_warning,
		extract(epoch FROM waiting_critical)::int AS waiting_critical,
		extract(epoch FROM reports_warning)::int AS reports_warning,
		extract(epoch FROM reports_critical)::int AS reports_critical,
		quarantine_warning::int, quarantine_critical::int, silent_warning::int,
		silent_critical::int
	FROM ruadb_data.status_setting
)
SELECT state, name, attention, CASE what
	WHEN 'mailbox' THEN concat_ws(' ',
		format('''%s age''=%s;%s;%s;0', label, age, success_warning, success_critical),
		format('''%s waiting''=%s;;;0', label, coalesce(waiting::text, 'U')),
		format('''%s oldest''=%s;%s;%s;0', label, oldest, waiting_warning, waiting_critical))
	WHEN 'reports' THEN format('reports_age=%s;%s;%s;0', age, reports_warning, reports_critical)
	WHEN 'quarantine' THEN format('quarantine=%s;%s;%s;0', waiting, quarantine_warning,
		quarantine_critical)
	ELSE format('silent_reporters=%s;%s;%s;0', waiting, silent_warning, silent_critical)
	END AS perf
FROM judged, seconds
ORDER BY array_position('{critical,warning,ok}', state),
	array_position('{mailbox,reports,quarantine,reporters}', what), name COLLATE "C"
