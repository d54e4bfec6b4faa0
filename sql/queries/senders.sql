-- title: Declared senders, and what of them is in the reports
-- about: One row a declared thing. messages: in the settled days that classes are made from; those
-- about: of an address in a narrower declared range stand there. last_day: of an address at all, of
-- about: a DKIM or SPF domain in these days. class: of the sources that send so, most messages
-- about: first.
WITH identity AS ( -- as the rollup by source calls them
	SELECT sender_id, hashtextextended('s:' || spf_domain || ':', 0) AS id
	FROM sender
	WHERE tenant_id = tenant() AND spf_domain IS NOT NULL
	UNION ALL
	SELECT sender_id, hashtextextended('d:' || dkim_domain || ':' || coalesce(dkim_selector, ''), 0)
	FROM sender
	WHERE tenant_id = tenant() AND dkim_domain IS NOT NULL
	UNION
	SELECT s.sender_id, k.id
	FROM sender s
	JOIN ruadb_data.source_identity k ON k.tenant_id = s.tenant_id AND k.kind = 'd'
		AND k.domain = s.dkim_domain
	WHERE s.tenant_id = tenant() AND s.dkim_selector IS NULL
), used AS MATERIALIZED (
	SELECT s.domain_id, s.day, s.source_ip, s.messages, s.dkim_id, s.spf_id
	FROM ruadb_data.source_on_day s
	WHERE s.tenant_id = tenant() AND s.settled
		AND (s.dkim_id IN (SELECT id FROM identity) OR s.spf_id IN (SELECT id FROM identity))
), used_by AS (
	SELECT i.sender_id, u.domain_id, u.day, u.source_ip, u.messages
	FROM used u
	JOIN identity i ON i.id = u.dkim_id
	UNION ALL
	SELECT i.sender_id, u.domain_id, u.day, u.source_ip, u.messages
	FROM used u
	JOIN identity i ON i.id = u.spf_id
), source AS (
	SELECT x.sender_id, x.organizational_domain, x.source_group, sum(x.messages) AS messages,
		max(x.day) AS last_day
	FROM (
		SELECT u.sender_id, w.organizational_domain, u.messages, u.day,
			coalesce((SELECT s.address FROM sender s
				WHERE s.tenant_id = tenant() AND s.address >>= u.source_ip
				ORDER BY masklen(s.address) DESC LIMIT 1),
				source_group(u.source_ip)) AS source_group
		FROM used_by u
		JOIN ruadb_data.domain d ON d.tenant_id = tenant() AND d.domain_id = u.domain_id
		JOIN class_window w ON w.tenant_id = d.tenant_id
			AND w.organizational_domain = coalesce(d.organizational_domain, d.name)
			AND u.day BETWEEN w.window_begin AND w.window_end
	) x
	GROUP BY x.sender_id, x.organizational_domain, x.source_group
	UNION ALL
	SELECT s.sender_id, c.organizational_domain, c.source_group, c.messages, c.last_day
	FROM sender s
	JOIN source_class_current c ON c.tenant_id = s.tenant_id AND c.source_group = s.address
	WHERE s.tenant_id = tenant()
), class AS (
	SELECT s.sender_id, c.class, sum(s.messages)::bigint AS messages,
		max(s.last_day) AS last_day
	FROM source s
	LEFT JOIN source_class_current c ON c.tenant_id = tenant()
		AND c.organizational_domain = s.organizational_domain
		AND c.source_group = s.source_group
	GROUP BY s.sender_id, c.class
), seen AS (
	SELECT sender_id, sum(messages)::bigint AS messages, max(last_day) AS last_day,
		string_agg(class, ', ' ORDER BY messages DESC, class) AS class
	FROM class
	GROUP BY sender_id
)
SELECT s.name, s.owner, CASE WHEN s.address IS NOT NULL THEN s.dedicated END AS dedicated,
	s.address, s.dkim_domain, s.dkim_selector, s.spf_domain,
	coalesce(n.messages, 0) AS messages,
	coalesce(n.last_day, (
		SELECT max(x.last_day)
		FROM ruadb_data.domain d
		JOIN ruadb_data.source_seen x ON x.tenant_id = d.tenant_id
			AND x.domain_id = d.domain_id AND x.source_ip BETWEEN host(s.address)::inet
				AND host(broadcast(s.address))::inet
		WHERE d.tenant_id = tenant() AND NOT d.is_foreign
	)) AS last_day,
	n.class
FROM sender s
LEFT JOIN seen n USING (sender_id)
WHERE s.tenant_id = tenant()
ORDER BY s.name COLLATE "C", s.address, s.dkim_domain, s.dkim_selector, s.spf_domain
