-- title: Domains by pass and fail, worst first
-- about: One row a policy domain: mail sent as it, as the receivers report it. p is the published
-- about: policy in the latest report.
-- param: since date default all Only days from this one on (UTC): 2026-11-01, or 30d, 4w back
-- param: domain domain default all Only this policy domain
WITH days AS (
	SELECT policy_domain, count(DISTINCT report_id) AS reports,
		count(DISTINCT reporter) AS reporters, min(day) AS first_day, max(day) AS last_day,
		sum(messages)::bigint AS messages, sum(pass)::bigint AS pass,
		sum(fail)::bigint AS fail, sum(unknown)::bigint AS unknown,
		sum(quarantine)::bigint AS quarantine, sum(reject)::bigint AS reject
	FROM report_day
	WHERE tenant_id = tenant() AND counted
		AND (:since IS NULL OR day >= :since)
		AND (:domain IS NULL OR policy_domain = :domain)
	GROUP BY policy_domain
), sources AS (
	SELECT policy_domain, count(*) AS sources
	FROM (
		SELECT policy_domain, source_ip
		FROM record_on_day
		WHERE tenant_id = tenant() AND counted AND messages > 0 AND source_ip IS NOT NULL
			AND (:since IS NULL OR day >= :since)
			AND (:domain IS NULL OR policy_domain = :domain)
		GROUP BY policy_domain, source_ip
	) s
	GROUP BY policy_domain
), policy AS (
	SELECT DISTINCT ON (policy_domain) policy_domain, p
	FROM report
	WHERE tenant_id = tenant() AND counted
	ORDER BY policy_domain, end_at DESC NULLS LAST, report_id DESC
)
SELECT d.policy_domain, p.p, d.messages, d.pass, d.fail, d.unknown,
	round(100.0 * d.pass / nullif(d.pass + d.fail, 0), 1) AS pass_percent,
	d.quarantine, d.reject, coalesce(s.sources, 0) AS sources, d.reporters, d.reports,
	d.first_day, d.last_day
FROM days d
LEFT JOIN sources s USING (policy_domain)
LEFT JOIN policy p USING (policy_domain)
ORDER BY d.fail DESC, d.messages DESC, d.policy_domain
