-- title: Forwarders, most failing mail first
-- about: Sources that pass on what somebody else sent: mailing lists, mail addresses that forward,
-- about: filters. Receivers say so (reasons_percent), or the mail has a signature of which this source
-- about: sends hardly anything, and no aligned SPF (rest_of_key_percent). What fails here is lost to a
-- about: stricter policy unless the receiver knows better. Over the last 30 settled days.
-- param: domain domain default all Only the organizational domain of this one
-- param: limit integer default 100 At most that many rows
-- evidence: yes
WITH classes AS (
	SELECT c.organizational_domain, c.source_group, c.class, c.messages, c.pass, c.fail,
		c.dkim_pass, c.forwarded, c.dkim_only_small, c.quarantine, c.reject, c.trend,
		c.reporters, c.first_day, c.last_day, c.thin, c.reason, c.window_end, c.as_of
	FROM source_class c
	WHERE :domain IS NOT NULL AND c.tenant_id = tenant()
		AND c.organizational_domain = organizational_domain(:domain)
	UNION ALL
	SELECT c.organizational_domain, c.source_group, c.class, c.messages, c.pass, c.fail,
		c.dkim_pass, c.forwarded, c.dkim_only_small, c.quarantine, c.reject, c.trend,
		c.reporters, c.first_day, c.last_day, c.thin, c.reason, c.window_end, c.as_of
	FROM source_class_current c
	WHERE :domain IS NULL AND c.tenant_id = tenant()
), picked AS MATERIALIZED (
	SELECT s.*
	FROM (
		SELECT c.*, sum(c.messages) OVER (PARTITION BY c.organizational_domain) AS of_domain
		FROM classes c
	) s
	WHERE s.class = 'forwarder'
	ORDER BY s.fail DESC, s.messages DESC, s.organizational_domain, s.source_group
	LIMIT :limit
), hints AS MATERIALIZED (
	SELECT p.organizational_domain, p.last_day, h.source_group, h.hint
	FROM (SELECT DISTINCT organizational_domain, last_day FROM picked) p
	CROSS JOIN LATERAL source_hint(p.organizational_domain, p.last_day, p.last_day, false) h
)
SELECT p.organizational_domain, p.source_group, p.messages,
	round(100.0 * p.messages / nullif(p.of_domain, 0), 1) AS share_percent,
	p.fail, round(100.0 * p.dkim_pass / nullif(p.messages, 0), 1) AS dkim_survives_percent,
	round(100.0 * p.forwarded / nullif(p.messages, 0), 1) AS reasons_percent,
	round(100.0 * p.dkim_only_small / nullif(p.messages, 0), 1) AS rest_of_key_percent,
	p.quarantine, p.reject, h.hint AS says_of_itself, p.trend, p.reporters, p.first_day,
	p.last_day, p.thin, p.reason, p.window_end AS last_settled_day, p.as_of
FROM picked p
LEFT JOIN hints h ON h.organizational_domain = p.organizational_domain
	AND h.last_day = p.last_day AND h.source_group = p.source_group
ORDER BY p.fail DESC, p.messages DESC, p.organizational_domain, p.source_group
