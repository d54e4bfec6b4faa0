-- title: Domains by pass and fail, worst first
-- about: One row a policy domain: mail sent as it, as the receivers report it. p is the published
-- about: policy in the latest report. unverified_sources and unverified_messages stand in the first
-- about: row of each organizational domain, and are of all of it over its last 30 settled days: sources
-- about: without any proof that they are yours (report unverified-senders).
-- param: since date default all Only days from this one on (UTC): 2026-11-01, or 30d, 4w back
-- param: domain domain default all Only this policy domain, or all of this organizational domain
-- evidence: yes
WITH days AS (
	SELECT policy_domain, organizational_domain, count(DISTINCT report_id) AS reports,
		count(DISTINCT reporter) AS reporters, min(day) AS first_day, max(day) AS last_day,
		sum(messages)::bigint AS messages, sum(pass)::bigint AS pass,
		sum(fail)::bigint AS fail, sum(unknown)::bigint AS unknown,
		sum(quarantine)::bigint AS quarantine, sum(reject)::bigint AS reject
	FROM report_day
	WHERE tenant_id = tenant() AND counted
		AND (:since IS NULL OR day >= :since)
		AND (:domain IS NULL OR policy_domain = :domain OR organizational_domain = :domain)
	GROUP BY policy_domain, organizational_domain
), sources AS (
	SELECT policy_domain, count(*) AS sources
	FROM (
		SELECT policy_domain, source_ip
		FROM source_on_day
		WHERE tenant_id = tenant()
			AND (:since IS NULL OR day >= :since)
			AND (:domain IS NULL OR policy_domain = :domain OR organizational_domain = :domain)
		GROUP BY policy_domain, source_ip
	) s
	GROUP BY policy_domain
), policy AS (
	SELECT DISTINCT ON (policy_domain) policy_domain, p
	FROM (
		SELECT policy_domain, p, max(end_at) AS end_at, max(report_id) AS report_id
		FROM report
		WHERE tenant_id = tenant() AND counted
			AND (:domain IS NULL OR policy_domain = :domain OR organizational_domain = :domain)
		GROUP BY policy_domain, p
	) r
	ORDER BY policy_domain, end_at DESC NULLS LAST, report_id DESC
), classes AS (
	SELECT organizational_domain,
		count(*) FILTER (WHERE class = 'unverified') AS unverified_sources,
		coalesce(sum(messages) FILTER (WHERE class = 'unverified'), 0)::bigint
			AS unverified_messages
	FROM (
		SELECT organizational_domain, class, messages
		FROM source_class
		WHERE :domain IS NOT NULL AND tenant_id = tenant()
			AND organizational_domain = organizational_domain(:domain)
		UNION ALL
		SELECT organizational_domain, class, messages
		FROM source_class_current
		WHERE :domain IS NULL AND tenant_id = tenant()
	) c
	GROUP BY organizational_domain
)
SELECT d.policy_domain, p.p, d.messages, d.pass, d.fail, d.unknown,
	round(100.0 * d.pass / nullif(d.pass + d.fail, 0), 1) AS pass_percent,
	coalesce(s.sources, 0) AS sources,
	CASE WHEN d.place = 1 THEN c.unverified_sources END AS unverified_sources,
	CASE WHEN d.place = 1 THEN c.unverified_messages END AS unverified_messages,
	d.quarantine, d.reject, d.reporters, d.reports, d.first_day, d.last_day
FROM (
	SELECT y.*, row_number() OVER (PARTITION BY y.organizational_domain
		ORDER BY y.fail DESC, y.messages DESC, y.policy_domain) AS place
	FROM days y
) d
LEFT JOIN sources s USING (policy_domain)
LEFT JOIN policy p USING (policy_domain)
LEFT JOIN classes c USING (organizational_domain)
ORDER BY d.fail DESC, d.messages DESC, d.policy_domain
