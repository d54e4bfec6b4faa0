-- title: Senders by pass and fail, worst first
-- about: Who sends as your domains: one row an address and policy domain. A message passes DMARC by
-- about: aligned DKIM (dkim_pass) or aligned SPF (spf_pass) or both. quarantine and reject: what the
-- about: receivers did.
-- param: since date default all Only days from this one on (UTC): 2026-11-01, or 30d, 4w back
-- param: domain domain default all Only this policy domain
-- param: limit integer default all At most that many rows
WITH by_reporter AS (
	-- In two steps, so that counting the reporters needs no sort of all records.
	SELECT source_ip, policy_domain, reporter, min(day) AS first_day, max(day) AS last_day,
		sum(messages) AS messages,
		sum(messages) FILTER (WHERE dmarc_pass) AS pass,
		sum(messages) FILTER (WHERE NOT dmarc_pass) AS fail,
		sum(messages) FILTER (WHERE dmarc_pass IS NULL) AS unknown,
		sum(messages) FILTER (WHERE dkim_evaluated = 'pass') AS dkim_pass,
		sum(messages) FILTER (WHERE spf_evaluated = 'pass') AS spf_pass,
		sum(messages) FILTER (WHERE disposition = 'quarantine') AS quarantine,
		sum(messages) FILTER (WHERE disposition = 'reject') AS reject
	FROM record_on_day
	WHERE tenant_id = tenant() AND counted AND messages > 0
		AND (:since IS NULL OR day >= :since)
		AND (:domain IS NULL OR policy_domain = :domain)
	GROUP BY source_ip, policy_domain, reporter
), by_source AS (
	SELECT source_ip, policy_domain, count(*) AS reporters, min(first_day) AS first_day,
		max(last_day) AS last_day, sum(messages)::bigint AS messages,
		coalesce(sum(pass), 0)::bigint AS pass, coalesce(sum(fail), 0)::bigint AS fail,
		coalesce(sum(unknown), 0)::bigint AS unknown,
		coalesce(sum(dkim_pass), 0)::bigint AS dkim_pass,
		coalesce(sum(spf_pass), 0)::bigint AS spf_pass,
		coalesce(sum(quarantine), 0)::bigint AS quarantine,
		coalesce(sum(reject), 0)::bigint AS reject
	FROM by_reporter
	GROUP BY source_ip, policy_domain
)
SELECT source_ip, policy_domain, messages, pass, fail, unknown,
	round(100.0 * pass / nullif(pass + fail, 0), 1) AS pass_percent,
	dkim_pass, spf_pass, quarantine, reject, reporters, first_day, last_day
FROM by_source
ORDER BY fail DESC, messages DESC, source_ip, policy_domain
LIMIT :limit
