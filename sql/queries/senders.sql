-- title: Declared senders, and what of them is in the reports
-- about: One row a declared thing. messages: in the settled days that classes are made from; those
-- about: of an address in a narrower declared range stand there. last_day: of an address at all, of
-- about: a DKIM or SPF domain in these days. class: of the sources that send so, most messages
-- about: first.
WITH source AS ( -- of each source that has a declared DKIM or SPF domain: how much of its mail
	SELECT x.sender_id, x.organizational_domain, x.source_group, sum(x.messages) AS messages,
		max(x.day) AS last_day
	FROM (
		SELECT e.sender_id, d.organizational_domain, d.messages, d.day,
			coalesce((SELECT s.address FROM sender s
				WHERE s.tenant_id = tenant() AND s.address >>= d.source_ip
				ORDER BY masklen(s.address) DESC LIMIT 1),
				source_group(d.source_ip)) AS source_group
		FROM class_window w
		JOIN source_on_day d ON d.tenant_id = w.tenant_id
			AND d.organizational_domain = w.organizational_domain AND d.settled
			AND d.day BETWEEN w.window_begin AND w.window_end
		JOIN sender e ON e.tenant_id = d.tenant_id AND (e.spf_domain = d.spf_domain
			OR e.dkim_domain = d.dkim_domain
			AND coalesce(e.dkim_selector, d.dkim_selector, '')
				= coalesce(d.dkim_selector, ''))
		WHERE w.tenant_id = tenant() AND EXISTS (SELECT FROM sender i
			WHERE i.tenant_id = tenant() AND i.address IS NULL)
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
