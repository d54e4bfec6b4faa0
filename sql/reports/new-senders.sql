-- title: New senders, authenticated ones that nobody reviewed first
-- about: Sources first seen since a day, and what they are. A new platform of yours shows up here as
-- about: "authenticated, not reviewed": declare it (ruadb senders add), or ask who switched it on. Settled
-- about: days only. note says where a source may be older than the reports there are.
-- param: since date default 30d First seen on this day (UTC) or later: 2026-11-01, or 30d, 4w back
-- param: domain domain default all Only the organizational domain of this one
-- param: limit integer default 100 At most that many rows
-- evidence: yes
WITH classes AS (
	SELECT c.tenant_id, c.organizational_domain, c.source_group, c.class, c.reviewed, c.messages,
		c.pass, c.fail, c.reporters, c.addresses, c.first_day, c.last_day, c.thin, c.sender,
		c.reason, c.window_end, c.as_of
	FROM source_class c
	WHERE :domain IS NOT NULL AND c.tenant_id = tenant()
		AND c.organizational_domain = organizational_domain(:domain)
	UNION ALL
	SELECT c.tenant_id, c.organizational_domain, c.source_group, c.class, c.reviewed, c.messages,
		c.pass, c.fail, c.reporters, c.addresses, c.first_day, c.last_day, c.thin, c.sender,
		c.reason, c.window_end, c.as_of
	FROM source_class_current c
	WHERE :domain IS NULL AND c.tenant_id = tenant()
), picked AS MATERIALIZED (
	SELECT c.*, CASE WHEN c.class = 'authorised' AND NOT c.reviewed
			THEN 'authenticated, not reviewed'
		WHEN c.reviewed THEN 'reviewed' ELSE 'not reviewed' END AS review
	FROM classes c
	WHERE c.first_day >= :since OR :since IS NULL
	ORDER BY c.class = 'authorised' AND NOT c.reviewed DESC, c.messages DESC,
		c.organizational_domain, c.source_group
	LIMIT :limit
), begun AS (
	SELECT coalesce(d.organizational_domain, d.name) AS organizational_domain,
		min(f.day) AS day
	FROM ruadb_data.domain d
	CROSS JOIN LATERAL (SELECT r.day FROM ruadb_data.report r
		WHERE r.tenant_id = d.tenant_id AND r.domain_id = d.domain_id AND r.day IS NOT NULL
			AND r.counted
		ORDER BY r.day LIMIT 1) f
	WHERE d.tenant_id = tenant() AND NOT d.is_foreign
	GROUP BY 1
), hints AS MATERIALIZED (
	SELECT p.organizational_domain, p.last_day, h.source_group, h.hint
	FROM (SELECT DISTINCT organizational_domain, last_day FROM picked) p
	CROSS JOIN LATERAL source_hint(p.organizational_domain, p.last_day, p.last_day, false) h
)
SELECT p.organizational_domain, p.source_group, p.class, p.review, p.first_day, p.messages,
	round(100.0 * p.pass / nullif(p.pass + p.fail, 0), 1) AS pass_percent,
	p.sender, h.hint AS says_of_itself, p.reporters, p.last_day, p.thin,
	CASE WHEN p.first_day < b.day + 7 THEN 'the reports of this domain begin on ' || b.day
		|| ': the source may be older' END AS note,
	p.addresses, p.reason, p.window_end AS last_settled_day, p.as_of
FROM picked p
LEFT JOIN begun b USING (organizational_domain)
LEFT JOIN hints h ON h.organizational_domain = p.organizational_domain
	AND h.last_day = p.last_day AND h.source_group = p.source_group
ORDER BY p.class = 'authorised' AND NOT p.reviewed DESC, p.messages DESC,
	p.organizational_domain, p.source_group
