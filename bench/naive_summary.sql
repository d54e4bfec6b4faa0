-- The totals of report summary from records, without its classes and its comparison of periods.
WITH mail AS (
	-- by address first: a distinct count over all records would be sorted
	SELECT source_ip, min(day) AS first_day, max(day) AS last_day, sum(messages) AS messages,
		sum(messages) FILTER (WHERE dmarc_pass) AS pass,
		sum(messages) FILTER (WHERE NOT dmarc_pass) AS fail,
		sum(messages) FILTER (WHERE dmarc_pass IS NULL) AS unknown,
		sum(messages) FILTER (WHERE disposition = 'none') AS none,
		sum(messages) FILTER (WHERE disposition = 'pass') AS disposition_pass,
		sum(messages) FILTER (WHERE disposition = 'quarantine') AS quarantine,
		sum(messages) FILTER (WHERE disposition = 'reject') AS reject
	FROM record_on_day
	WHERE counted AND messages > 0
	GROUP BY source_ip
), kept AS (
	SELECT count(*) FILTER (WHERE counted) AS reports,
		count(DISTINCT reporter) FILTER (WHERE counted) AS reporters,
		count(DISTINCT policy_domain) FILTER (WHERE counted) AS domains,
		count(*) FILTER (WHERE CASE WHEN NOT counted AND NOT near_repeat AND NOT "foreign"
			THEN conflict END) AS conflicts,
		count(*) FILTER (WHERE near_repeat AND NOT "foreign") AS near_repeats,
		count(*) FILTER (WHERE counted AND state = 'partial') AS partial,
		coalesce(sum(records_refused) FILTER (WHERE NOT "foreign"), 0) AS refused
	FROM report
)
SELECT min(m.first_day), max(m.last_day), k.reports, k.reporters, k.domains, count(*),
	sum(m.messages), coalesce(sum(m.pass), 0), coalesce(sum(m.fail), 0),
	coalesce(sum(m.unknown), 0), coalesce(sum(m.none), 0), coalesce(sum(m.disposition_pass), 0),
	coalesce(sum(m.quarantine), 0), coalesce(sum(m.reject), 0), k.conflicts, k.near_repeats,
	k.partial, k.refused
FROM mail m, kept k
GROUP BY k.reports, k.reporters, k.domains, k.conflicts, k.near_repeats, k.partial, k.refused
