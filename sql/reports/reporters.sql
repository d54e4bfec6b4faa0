-- title: Reporters: what each sends, how regularly, and what is wrong with it
-- about: One row a reporter, those first that should have sent and have not. state: daily, occasional,
-- about: silent (over due, though our logs show mail accepted there), nothing sent (over due, no such
-- about: logs); of several organizational domains the worst. lag_hours: so long after their end 95 of
-- about: 100 reports are there; empty: not learned from arrivals, the setting lag_hours holds. family:
-- about: whose gateway it is, where the name is known. unverified: reports that nobody vouches for,
-- about: failed ones with them; verified_domains: what proved the others (authserv_id in ruadb.conf).
-- param: since date default all Only days from this one on (UTC): 2026-11-01, or 30d, 4w back
-- param: domain domain default all Only this policy domain, or all of this organizational domain
-- param: reporter domain default all Only this reporter (org_name)
-- param: limit integer default all At most that many rows
-- evidence: yes
WITH days AS (
	SELECT reporter, count(DISTINCT day) AS days, max(day) AS last_day,
		count(DISTINCT organizational_domain) AS domains,
		count(DISTINCT report_id) AS reports,
		sum(messages)::bigint AS messages, sum(pass) AS pass, sum(fail) AS fail,
		count(DISTINCT report_id) FILTER (WHERE NOT trusted) AS unverified,
		coalesce(sum(messages) FILTER (WHERE NOT trusted), 0)::bigint AS unverified_messages
	FROM report_day
	WHERE tenant_id = tenant() AND counted
		AND (:since IS NULL OR day >= :since)
		AND (:domain IS NULL OR policy_domain = :domain OR organizational_domain = :domain)
		AND (:reporter IS NULL OR reporter = :reporter)
	GROUP BY reporter
), heads AS (
	SELECT reporter, (array_agg(org_name ORDER BY end_at DESC NULLS LAST, report_id DESC))[1]
			AS org_name,
		count(*) FILTER (WHERE repairs > 0) AS mended,
		count(*) FILTER (WHERE state = 'partial' AND counted) AS partial,
		count(*) FILTER (WHERE NOT counted AND NOT near_repeat AND conflict) AS conflicts,
		count(*) FILTER (WHERE reporter_auth = 'verified' AND counted) AS verified,
		count(*) FILTER (WHERE reporter_auth = 'failed') AS failed,
		array_agg(DISTINCT auth_domain) FILTER (WHERE reporter_auth = 'verified') AS proved_by,
		count(*) FILTER (WHERE auth_relation = 'none') AS strangers,
		max(auth_domain) FILTER (WHERE auth_relation = 'none') AS stranger,
		-- a name that is another domain's, above an address of the sender's own
		count(*) FILTER (WHERE auth_relation = 'address' AND reporter LIKE '%.%') AS by_address,
		max(auth_domain) FILTER (WHERE auth_relation = 'address' AND reporter LIKE '%.%')
			AS address_domain
	FROM report
	WHERE tenant_id = tenant() AND NOT "foreign"
		AND (:since IS NULL OR day IS NULL AND end_at >= :since OR day >= :since)
		AND (:domain IS NULL OR policy_domain = :domain OR organizational_domain = :domain)
		AND (:reporter IS NULL OR reporter = :reporter)
	GROUP BY reporter
), regular AS (
	SELECT reporter, max(family) AS family,
		(array_agg(state ORDER BY array_position('{silent,"nothing sent",daily,occasional}', state)))[1]
			AS state,
		count(*) FILTER (WHERE state IN ('silent', 'nothing sent')) AS overdue_domains,
		min(due_at) FILTER (WHERE state IN ('silent', 'nothing sent')) AS due_at,
		max(lag) AS lag
	FROM reporter_coverage
	WHERE tenant_id = tenant()
		AND (:domain IS NULL OR organizational_domain = organizational_domain(:domain))
		AND (:reporter IS NULL OR reporter = :reporter)
	GROUP BY reporter
)
SELECT coalesce(nullif(h.org_name, ''), nullif(d.reporter, ''), 'no name') AS reporter,
	nullif(g.family, d.reporter) AS family, g.state, d.domains,
	d.reports, d.messages, round(100.0 * d.pass / nullif(d.pass + d.fail, 0), 1) AS pass_percent,
	d.days, d.last_day,
	CASE WHEN l.learned THEN round(extract(epoch FROM l.lag) / 3600, 1) END AS lag_hours,
	h.partial, h.mended, h.conflicts, d.unverified, h.failed, h.verified,
	array_to_string(h.proved_by[1:3], ', ') || CASE WHEN cardinality(h.proved_by) > 3
		THEN format(' and %s more', cardinality(h.proved_by) - 3) ELSE '' END AS verified_domains,
	nullif(concat_ws(' ',
		CASE WHEN g.state = 'silent' THEN format('Due since %s, and it accepted our mail: look whether '
			'its reports still reach the mailbox in rua.', to_char(g.due_at AT TIME ZONE 'UTC',
			'YYYY-MM-DD')) END,
		CASE WHEN g.state = 'nothing sent' THEN format('Due since %s: no mail went there, or its '
			'reports do not reach you.', to_char(g.due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')) END,
		CASE WHEN g.overdue_domains > 0 AND g.overdue_domains < d.domains
			THEN format('So for %s of %s domains.', g.overdue_domains, d.domains) END,
		CASE WHEN h.partial > 0 THEN format('%s read in part only: report repairs.', h.partial) END,
		CASE WHEN h.conflicts > 0 THEN format('%s contradicted: report conflicts.', h.conflicts)
			END,
		CASE WHEN d.unverified > 0 THEN format('%s messages nobody vouches for.',
			d.unverified_messages) END,
		CASE WHEN h.failed > 0 THEN format('%s whose sender failed our server''s check.',
			ruadb_data.so_many(h.failed, 'report')) END,
		CASE WHEN h.by_address > 0 THEN format('%s verified by the address only, as %s.',
			ruadb_data.so_many(h.by_address, 'report'), h.address_domain) END,
		CASE WHEN h.strangers > 0 THEN format('%s by mail of others, as %s.',
			ruadb_data.so_many(h.strangers, 'report'), h.stranger) END), '') AS note
FROM days d
LEFT JOIN heads h USING (reporter)
LEFT JOIN regular g USING (reporter)
LEFT JOIN reporter_lag l ON l.tenant_id = tenant() AND l.reporter = d.reporter
ORDER BY array_position('{silent,"nothing sent"}', g.state), h.partial > 0 DESC, d.messages DESC,
	d.reporter
LIMIT :limit
