-- title: Senders by pass and fail, worst first
-- about: Who sends as your domains: one row an address and policy domain. A message passes DMARC by
-- about: aligned DKIM (dkim_pass) or aligned SPF (spf_pass) or both. quarantine and reject: what the
-- about: receivers did. class: what kind of source its network is, over the last 30 settled days:
-- about: authorised (verified), misconfigured, forwarder, unverified; - if it sent nothing then.
-- param: since date default all Only days from this one on (UTC): 2026-11-01, or 30d, 4w back
-- param: domain domain default all Only this policy domain, or all of this organizational domain
-- param: limit integer default all At most that many rows
-- evidence: yes
WITH by_reporter AS (
	-- A row of the rollup names all its reporters: its sums stand with the first.
	SELECT s.source_ip, s.policy_domain, s.organizational_domain, p.reporter,
		min(s.day) AS first_day, max(s.day) AS last_day,
		sum(s.messages) FILTER (WHERE p.n = 1) AS messages,
		sum(s.pass) FILTER (WHERE p.n = 1) AS pass,
		sum(s.fail) FILTER (WHERE p.n = 1) AS fail,
		sum(s.unknown) FILTER (WHERE p.n = 1) AS unknown,
		sum(s.dkim_pass) FILTER (WHERE p.n = 1) AS dkim_pass,
		sum(s.spf_pass) FILTER (WHERE p.n = 1) AS spf_pass,
		sum(s.quarantine) FILTER (WHERE p.n = 1) AS quarantine,
		sum(s.reject) FILTER (WHERE p.n = 1) AS reject
	FROM source_on_day s
	CROSS JOIN LATERAL unnest(s.reporters) WITH ORDINALITY AS p (reporter, n)
	WHERE s.tenant_id = tenant()
		AND (:since IS NULL OR s.day >= :since)
		AND (:domain IS NULL OR s.policy_domain = :domain OR s.organizational_domain = :domain)
	GROUP BY s.source_ip, s.policy_domain, s.organizational_domain, p.reporter
), by_source AS (
	SELECT source_ip, policy_domain, organizational_domain, count(*) AS reporters,
		min(first_day) AS first_day, max(last_day) AS last_day,
		sum(messages)::bigint AS messages, coalesce(sum(pass), 0)::bigint AS pass,
		coalesce(sum(fail), 0)::bigint AS fail, coalesce(sum(unknown), 0)::bigint AS unknown,
		coalesce(sum(dkim_pass), 0)::bigint AS dkim_pass,
		coalesce(sum(spf_pass), 0)::bigint AS spf_pass,
		coalesce(sum(quarantine), 0)::bigint AS quarantine,
		coalesce(sum(reject), 0)::bigint AS reject
	FROM by_reporter
	GROUP BY source_ip, policy_domain, organizational_domain
), picked AS MATERIALIZED (
	SELECT b.*, coalesce(n.address, source_group(b.source_ip)) AS source_group
	FROM by_source b
	LEFT JOIN LATERAL (SELECT x.address FROM sender x
		WHERE x.tenant_id = tenant() AND x.address >>= b.source_ip
		ORDER BY masklen(x.address) DESC LIMIT 1) n ON true
	ORDER BY b.fail DESC, b.messages DESC, b.source_ip, b.policy_domain
	LIMIT :limit
), classes AS MATERIALIZED (
	SELECT c.organizational_domain, c.source_group, c.class, c.sender
	FROM source_class c
	WHERE :domain IS NOT NULL AND c.tenant_id = tenant()
		AND c.organizational_domain = organizational_domain(:domain)
	UNION ALL
	SELECT c.organizational_domain, c.source_group, c.class, c.sender
	FROM source_class_current c
	WHERE :domain IS NULL AND c.tenant_id = tenant()
)
SELECT p.source_ip, p.policy_domain, p.messages, p.pass, p.fail, p.unknown,
	round(100.0 * p.pass / nullif(p.pass + p.fail, 0), 1) AS pass_percent, c.class, c.sender,
	p.dkim_pass, p.spf_pass, p.quarantine, p.reject, p.reporters, p.first_day, p.last_day
FROM picked p
LEFT JOIN classes c USING (organizational_domain, source_group)
ORDER BY p.fail DESC, p.messages DESC, p.source_ip, p.policy_domain
