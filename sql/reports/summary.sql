-- title: Summary of all counted reports
-- about: Mail sent as your domains, as the receivers report it. pass_percent is pass / (pass + fail);
-- about: unknown is mail of which a reporter did not say enough. Conflicts and near repeats are
-- about: reports that were kept but do not count; partial reports count with what could be read.
-- about: compared_with: the same weekdays before, settled days and reporters of both periods only.
-- about: unverified_*: sources without any proof that they are yours, over the last 30 settled days.
-- param: since date default all Only days from this one on (UTC): 2026-11-01, or 30d, 4w back
-- param: domain domain default all Only this policy domain, or all of this organizational domain
-- layout: lines
-- evidence: yes
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
		AND (:domain IS NULL OR policy_domain = :domain OR organizational_domain = :domain)
), sources AS (
	SELECT count(*) AS sources
	FROM (
		SELECT source_ip
		FROM ruadb_data.source_until
		WHERE tenant_id = tenant()
			AND (:since IS NULL OR day >= :since)
			AND (:domain IS NULL OR policy_domain = :domain OR organizational_domain = :domain)
		GROUP BY source_ip
	) s
), classes AS (
	-- NULL, not 0, while no class is known
	SELECT CASE WHEN count(*) > 0 THEN count(*) FILTER (WHERE class = 'unverified') END
			AS unverified_sources,
		CASE WHEN count(*) > 0 THEN coalesce(sum(messages)
			FILTER (WHERE class = 'unverified'), 0)::bigint END AS unverified_messages
	FROM (
		SELECT class, messages
		FROM source_class
		WHERE :domain IS NOT NULL AND tenant_id = tenant()
			AND organizational_domain = organizational_domain(:domain)
		UNION ALL
		SELECT class, messages
		FROM source_class_current
		WHERE :domain IS NULL AND tenant_id = tenant()
	) c
), kept AS (
	-- conflict is looked up last: it costs
	SELECT count(*) FILTER (WHERE CASE WHEN NOT counted AND NOT near_repeat AND NOT "foreign"
			THEN conflict END) AS conflicts,
		count(*) FILTER (WHERE near_repeat AND NOT "foreign") AS near_repeats,
		count(*) FILTER (WHERE counted AND state = 'partial') AS partial,
		coalesce(sum(records_refused) FILTER (WHERE NOT "foreign"), 0)::bigint AS refused,
		count(*) FILTER (WHERE "foreign") AS foreign_reports
	FROM report
	WHERE tenant_id = tenant()
		AND (:since IS NULL OR day >= :since OR day IS NULL AND end_at > :since)
		AND (:domain IS NULL OR policy_domain = :domain OR organizational_domain = :domain)
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
	k.conflicts, k.near_repeats, k.partial AS partial_reports, k.refused AS records_refused,
	u.quarantined AS items_quarantined, k.foreign_reports,
	c.unverified_sources, c.unverified_messages,
	b.period_begin || ' to ' || b.period_end AS compared_period,
	b.before_begin || ' to ' || b.before_end AS compared_with,
	b.messages_change_percent, b.pass_percent AS compared_pass_percent, b.pass_change_points,
	b.reason AS not_compared_because
FROM days d, sources s, classes c, kept k, unread u, period_change(:domain, :since) b
