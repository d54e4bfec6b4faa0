-- title: Unverified senders, biggest first
-- about: Who sends as your domains without any proof that it is yours: a spoofer, a platform that
-- about: was forgotten, or a forwarder that broke DKIM. Over the last 30 settled days of each
-- about: organizational domain. share_percent: of all its mail. says_of_itself: raw DKIM and SPF results
-- about: of most of its mail that fails, on its last day. quarantine and reject: what receivers did.
-- about: thin: fewer than 10 messages, or one reporter only. Yours after all? ruadb senders add.
-- about: as_of: when the classes were made; of one domain now, if a refresh is due.
-- param: domain domain default all Only the organizational domain of this one
-- param: limit integer default 100 At most that many rows
-- evidence: yes
WITH asked AS MATERIALIZED (
	-- Of one domain the table is taken where no refresh is due, else it is looked at anew.
	SELECT coalesce((SELECT ruadb_data.class_is_current(w.tenant_id, w.organizational_domain,
			w.window_end)
		FROM class_window w
		WHERE :domain IS NOT NULL AND w.tenant_id = tenant()
			AND w.organizational_domain = organizational_domain(:domain)), false) AS current
), live AS MATERIALIZED (
	SELECT c.organizational_domain, c.source_group, c.class, c.messages, c.quarantine, c.reject,
		c.trend, c.reporters, c.addresses, c.first_day, c.last_day, c.thin, c.reason,
		c.window_end, c.as_of
	FROM source_class c
	WHERE :domain IS NOT NULL AND c.tenant_id = tenant()
		AND c.organizational_domain = organizational_domain(:domain)
		AND NOT (SELECT current FROM asked)
), current AS NOT MATERIALIZED (
	SELECT c.*
	FROM source_class_current c
	WHERE c.tenant_id = tenant() AND (:domain IS NULL OR (SELECT current FROM asked))
		AND (:domain IS NULL OR c.organizational_domain = organizational_domain(:domain))
), picked AS MATERIALIZED (
	SELECT c.*
	FROM (
		SELECT * FROM live
		UNION ALL
		SELECT c.organizational_domain, c.source_group, c.class, c.messages, c.quarantine, c.reject,
			c.trend, c.reporters, c.addresses, c.first_day, c.last_day, c.thin, c.reason,
			c.window_end, c.as_of
		FROM current c
	) c
	WHERE c.class = 'unverified'
	ORDER BY c.messages DESC, c.organizational_domain, c.source_group
	LIMIT :limit
), domains AS (
	SELECT c.organizational_domain, sum(c.messages) AS of_domain
	FROM (
		SELECT organizational_domain, messages FROM live
		UNION ALL
		SELECT organizational_domain, messages FROM current
	) c
	GROUP BY c.organizational_domain
), hints AS MATERIALIZED (
	SELECT p.organizational_domain, p.last_day, h.source_group, h.hint
	FROM (SELECT DISTINCT organizational_domain, last_day FROM picked) p
	CROSS JOIN LATERAL source_hint(p.organizational_domain, p.last_day, p.last_day, true) h
	WHERE EXISTS (SELECT FROM picked q WHERE q.organizational_domain = p.organizational_domain
		AND q.last_day = p.last_day AND q.source_group = h.source_group)
)
SELECT p.organizational_domain, p.source_group, p.messages,
	round(100.0 * p.messages / nullif(d.of_domain, 0), 1) AS share_percent,
	p.trend, h.hint AS says_of_itself, p.quarantine, p.reject, p.reporters, p.first_day,
	p.last_day, p.thin, p.reason, p.addresses, p.window_end AS last_settled_day, p.as_of
FROM picked p
JOIN domains d USING (organizational_domain)
LEFT JOIN hints h ON h.organizational_domain = p.organizational_domain
	AND h.last_day = p.last_day AND h.source_group = p.source_group
ORDER BY p.messages DESC, p.organizational_domain, p.source_group
