-- title: Misconfigured senders, most failing mail first
-- about: Sources that are yours (declared, or they use your key, your SPF record or your domain), but
-- about: whose mail does not pass DMARC as it should. Over the last 30 settled days of each
-- about: organizational domain. cause and fix: of most of the mail that failed in the last 7 of them.
-- param: domain domain default all Only the organizational domain of this one
-- param: limit integer default 100 At most that many rows
-- evidence: yes
WITH classes AS (
	SELECT c.organizational_domain, c.source_group, c.class, c.messages, c.pass, c.fail, c.unknown,
		c.dkim_pass, c.spf_pass, c.trend, c.first_day, c.last_day, c.thin, c.sender, c.owner,
		c.reason, c.window_end, c.as_of
	FROM source_class c
	WHERE :domain IS NOT NULL AND c.tenant_id = tenant()
		AND c.organizational_domain = organizational_domain(:domain)
	UNION ALL
	SELECT c.organizational_domain, c.source_group, c.class, c.messages, c.pass, c.fail, c.unknown,
		c.dkim_pass, c.spf_pass, c.trend, c.first_day, c.last_day, c.thin, c.sender, c.owner,
		c.reason, c.window_end, c.as_of
	FROM source_class_current c
	WHERE :domain IS NULL AND c.tenant_id = tenant()
), picked AS MATERIALIZED (
	SELECT c.*
	FROM classes c
	WHERE c.class = 'misconfigured'
	ORDER BY c.fail DESC, c.messages DESC, c.organizational_domain, c.source_group
	LIMIT :limit
), hints AS MATERIALIZED (
	SELECT p.organizational_domain, h.*
	FROM (SELECT DISTINCT organizational_domain, window_end FROM picked) p
	CROSS JOIN LATERAL source_hint(p.organizational_domain, p.window_end - 6, p.window_end,
		true) h
)
SELECT p.organizational_domain, p.source_group, p.sender, p.messages, p.fail,
	round(100.0 * p.pass / nullif(p.pass + p.fail, 0), 1) AS pass_percent,
	round(100.0 * p.dkim_pass / nullif(p.messages, 0), 1) AS dkim_pass_percent,
	round(100.0 * p.spf_pass / nullif(p.messages, 0), 1) AS spf_pass_percent,
	CASE WHEN h.source_group IS NULL THEN 'no failing mail since ' || p.window_end - 6
			|| ': it may be mended'
		ELSE h.cause END AS cause,
	CASE WHEN h.source_group IS NULL THEN 'wait: it is authorised once 30 days are well'
		ELSE h.fix END AS fix,
	p.trend, p.first_day, p.last_day, p.thin, p.owner, p.unknown, h.hint AS says_of_itself,
	p.reason, p.window_end AS last_settled_day, p.as_of
FROM picked p
LEFT JOIN hints h ON h.organizational_domain = p.organizational_domain
	AND h.source_group = p.source_group
ORDER BY p.fail DESC, p.messages DESC, p.organizational_domain, p.source_group
