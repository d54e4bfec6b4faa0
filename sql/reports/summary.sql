-- title: Summary of all counted reports
-- about: Mail sent as your domains, as the receivers report it. pass_percent is pass / (pass + fail);
-- about: unknown is mail of which a reporter did not say enough. Conflicts and near repeats are
-- about: reports that were kept but do not count; partial reports count with what could be read.
-- param: since date default all Only days from this one on (UTC): 2026-11-01, or 30d, 4w back
-- param: domain domain default all Only this policy domain
-- layout: lines
WITH days AS (
	SELECT count(DISTINCT report_id) AS reports, count(DISTINCT reporter) AS reporters,
		count(DISTINCT policy_domain) AS domains, min(day) AS first_day, max(day) AS last_day,
		coalesce(sum(messages), 0)::bigint AS messages,
		coalesce(sum(pass), 0)::bigint AS pass,
		coalesce(sum(fail), 0)::bigint AS fail,
		coalesce(sum(unknown), 0)::bigint AS unknown,
		coalesce(sum(none), 0)::bigint AS none,
		coalesce(sum(disposition_pass), 0)::bigint AS disposition_pass,
		coalesce(sum(quarantine), 0)::bigint AS quarantine,
		coalesce(sum(reject), 0)::bigint AS reject
	FROM report_day
	WHERE tenant_id = tenant() AND counted
		AND (:since IS NULL OR day >= :since)
		AND (:domain IS NULL OR policy_domain = :domain)
), sources AS (
	SELECT count(*) AS sources
	FROM (
		SELECT source_ip
		FROM record_on_day
		WHERE tenant_id = tenant() AND counted AND messages > 0 AND source_ip IS NOT NULL
			AND (:since IS NULL OR day >= :since)
			AND (:domain IS NULL OR policy_domain = :domain)
		GROUP BY source_ip
	) s
), kept AS (
	SELECT count(*) FILTER (WHERE conflict AND NOT counted AND NOT near_repeat) AS conflicts,
		count(*) FILTER (WHERE near_repeat) AS near_repeats,
		count(*) FILTER (WHERE counted AND state = 'partial') AS partial,
		coalesce(sum(records_refused), 0)::bigint AS refused
	FROM report
	WHERE tenant_id = tenant()
		AND (:since IS NULL OR end_at >= :since)
		AND (:domain IS NULL OR policy_domain = :domain)
), unread AS (
	SELECT count(*) AS quarantined
	FROM quarantine
	WHERE tenant_id = tenant()
)
SELECT d.first_day, d.last_day, d.reports, d.reporters, d.domains, s.sources, d.messages,
	d.pass, d.fail, d.unknown,
	round(100.0 * d.pass / nullif(d.pass + d.fail, 0), 1) AS pass_percent,
	d.none AS disposition_none, d.disposition_pass, d.quarantine AS disposition_quarantine,
	d.reject AS disposition_reject,
	k.conflicts, k.near_repeats, k.partial AS partial_reports, k.refused AS records_refused, u.quarantined AS items_quarantined
FROM days d, sources s, kept k, unread u
