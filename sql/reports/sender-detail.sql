-- title: One sender in detail
-- about: Everything that reports say of one address or range: --source 192.0.2.0/24. aspect is what
-- about: a row is about. class: its source group as a whole, over the last 30 settled days, with the
-- about: reason in note. Then all its mail by policy domain, address, From, envelope sender, dkim and spf
-- about: (raw results), what passed (aligned), disposition, override reason, reporter and day. The rows
-- about: of an aspect add up to all of its mail; not those of dkim, spf and reason: a message may have
-- about: several of them, or none.
-- param: source address The address or range: 192.0.2.1, 192.0.2.0/24, 2001:db8::/64
-- param: since date default all Only days from this one on (UTC): 2026-11-01, or 30d, 4w back
-- param: domain domain default all Only this policy domain, or all of this organizational domain
-- evidence: yes
WITH pairs AS MATERIALIZED (
	SELECT DISTINCT s.domain_id, s.day
	FROM ruadb_data.source_on_day s
	JOIN ruadb_data.domain d ON d.tenant_id = s.tenant_id AND d.domain_id = s.domain_id
		AND NOT d.is_foreign
	WHERE s.tenant_id = tenant() AND s.source_ip <<= :source AND s.day IS NOT NULL
		AND (:since IS NULL OR s.day >= :since)
		AND (:domain IS NULL OR d.name = :domain OR d.organizational_domain = :domain)
), mine AS MATERIALIZED (
	SELECT c.report_id, c.domain_id, c.day, c.messages, c.source_ip, c.disposition,
		c.dkim_evaluated, c.spf_evaluated, c.header_from, c.envelope_from, c.extra,
		c.auth_set_id
	FROM pairs p
	JOIN ruadb_data.record c ON c.tenant_id = tenant() AND c.domain_id = p.domain_id
		AND c.day = p.day AND c.messages > 0
	WHERE c.source_ip <<= :source
	UNION ALL -- of reports of more than 25 h
	SELECT c.report_id, c.domain_id, y.day, coalesce(y.messages, c.messages), c.source_ip,
		c.disposition, c.dkim_evaluated, c.spf_evaluated, c.header_from, c.envelope_from, c.extra,
		c.auth_set_id
	FROM ruadb_data.record c
	LEFT JOIN ruadb_data.record_day y ON y.tenant_id = c.tenant_id
		AND y.report_id = c.report_id AND y.record_no = c.record_no
	WHERE c.tenant_id = tenant() AND c.day IS NULL AND c.messages > 0
		AND c.source_ip <<= :source AND (:since IS NULL OR y.day >= :since)
), known AS MATERIALIZED (
	SELECT m.*, d.name AS policy_domain, o.name AS reporter,
		same_as(m.header_from, d.name) AS from_domain,
		same_as(m.envelope_from, same_as(m.header_from, d.name)) AS envelope,
		dmarc_pass(m.dkim_evaluated, m.spf_evaluated) AS passes,
		a.kinds, a.results, a.domains, a.selectors, a.results_raw
	FROM mine m
	JOIN ruadb_data.report r ON r.tenant_id = tenant() AND r.report_id = m.report_id AND r.counted
	JOIN ruadb_data.domain d ON d.tenant_id = tenant() AND d.domain_id = m.domain_id
		AND NOT d.is_foreign
	JOIN ruadb_data.reporter o ON o.tenant_id = tenant() AND o.reporter_id = r.reporter_id
	LEFT JOIN ruadb_data.auth_set a ON a.tenant_id = tenant() AND a.auth_set_id = m.auth_set_id
	WHERE :domain IS NULL OR d.name = :domain OR d.organizational_domain = :domain
), aspects AS (
	SELECT t.place, t.aspect, t.value, sum(k.messages)::bigint AS messages,
		coalesce(sum(k.messages) FILTER (WHERE k.passes), 0)::bigint AS pass,
		coalesce(sum(k.messages) FILTER (WHERE NOT k.passes), 0)::bigint AS fail,
		coalesce(sum(k.messages) FILTER (WHERE k.passes IS NULL), 0)::bigint AS unknown,
		min(k.day) AS first_day, max(k.day) AS last_day, min(t.note) AS note
	FROM known k
	CROSS JOIN LATERAL (
		VALUES (2, 'domain', k.policy_domain, NULL),
			(3, 'address', host(k.source_ip), NULL),
			(4, 'From', coalesce(nullif(k.from_domain, ''), '(none)'), NULL),
			(5, 'envelope', CASE k.envelope WHEN '' THEN '(null reverse-path)'
				ELSE coalesce(k.envelope, '(not told)') END, NULL),
			(8, 'passes', CASE WHEN k.dkim_evaluated = 'p' AND k.spf_evaluated = 'p'
				THEN 'DKIM and SPF' WHEN k.dkim_evaluated = 'p' THEN 'DKIM only'
				WHEN k.spf_evaluated = 'p' THEN 'SPF only' WHEN NOT k.passes THEN 'neither'
				ELSE '(not told)' END, NULL),
			(9, 'disposition', coalesce(disposition_word(k.disposition), '(not told)'), NULL),
			(11, 'reporter', coalesce(nullif(k.reporter, ''), '(none)'), NULL),
			(12, 'day', coalesce(k.day::text, '(on no day)'),
				CASE WHEN k.day IS NULL THEN 'of a report of more than 31 days' END)
		UNION ALL
		SELECT DISTINCT CASE WHEN substr(k.kinds, i, 1) = 'd' THEN 6 ELSE 7 END,
			CASE WHEN substr(k.kinds, i, 1) = 'd' THEN 'dkim' ELSE 'spf' END,
			concat_ws(' ', nullif(k.domains[i], ''), 's=' || nullif(k.selectors[i], ''),
				coalesce(k.results_raw[i], result_word(substr(k.results, i, 1)::"char"),
					'(no result)')), NULL
		FROM generate_series(1, length(k.kinds)) i
		UNION ALL
		SELECT 10, 'reason', coalesce(x.e ->> 'type', '(no type)'), min(x.e ->> 'comment')
		FROM jsonb_array_elements(CASE jsonb_typeof(k.extra -> 'reasons') WHEN 'array'
			THEN k.extra -> 'reasons' END) AS x (e)
		GROUP BY 3
	) AS t (place, aspect, value, note)
	GROUP BY t.place, t.aspect, t.value
), classes AS (
	SELECT c.organizational_domain, c.source_group, c.class, c.sender, c.messages, c.pass,
		c.fail, c.unknown, c.first_day, c.last_day, c.reason
	FROM source_class c
	WHERE :domain IS NOT NULL AND c.tenant_id = tenant()
		AND c.organizational_domain = organizational_domain(:domain)
	UNION ALL
	SELECT c.organizational_domain, c.source_group, c.class, c.sender, c.messages, c.pass,
		c.fail, c.unknown, c.first_day, c.last_day, c.reason
	FROM source_class_current c
	WHERE :domain IS NULL AND c.tenant_id = tenant()
)
SELECT s.aspect, s.value, s.messages, s.pass, s.fail, s.unknown,
	round(100.0 * s.pass / nullif(s.pass + s.fail, 0), 1) AS pass_percent,
	s.first_day, s.last_day, s.note
FROM (
	SELECT 1 AS place, 'class' AS aspect, concat_ws(' ', c.class || ':', c.organizational_domain,
			c.source_group::text) AS value, c.messages, c.pass, c.fail, c.unknown, c.first_day,
		c.last_day, concat_ws('; ', 'sender ' || c.sender, c.reason) AS note
	FROM classes c
	WHERE c.source_group && :source
	UNION ALL
	SELECT * FROM aspects
) s
ORDER BY s.place, CASE WHEN s.aspect = 'day' THEN s.value END DESC, s.messages DESC, s.value
