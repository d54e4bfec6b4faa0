-- What kind of source each is (definitions B3).

-- The days that classes are made from: the last class_days days up to the last settled day of an
-- organizational domain that has reports. So an old folder of reports has classes too.
CREATE OR REPLACE VIEW ruadb.class_window WITH (security_invoker = true) AS
SELECT w.tenant_id, w.organizational_domain, w.last_day AS window_end,
	w.last_day - (SELECT ruadb.setting_value('class_days'))::int + 1 AS window_begin
FROM (
	SELECT d.tenant_id, coalesce(d.organizational_domain, d.name) AS organizational_domain,
		max(x.day) AS last_day
	FROM ruadb_data.domain d
	CROSS JOIN LATERAL (
		(SELECT r.day FROM ruadb_data.report r
		JOIN ruadb_data.reporter_of o USING (tenant_id, reporter_id)
		WHERE r.tenant_id = d.tenant_id AND r.domain_id = d.domain_id AND r.counted
			AND r.day < ruadb.settled_before(o.lag)
		ORDER BY r.day DESC LIMIT 1)
		UNION ALL
		(SELECT p.day FROM ruadb_data.report r
		JOIN ruadb_data.reporter_of o USING (tenant_id, reporter_id)
		JOIN ruadb_data.report_day_part p USING (tenant_id, report_id)
		WHERE r.tenant_id = d.tenant_id AND r.domain_id = d.domain_id AND r.counted
			AND r.day IS NULL AND p.day < ruadb.settled_before(o.lag)
		ORDER BY p.day DESC LIMIT 1)
	) x
	WHERE NOT d.is_foreign
	GROUP BY 1, 2
) w;

-- The settings of the rules as one row.
CREATE OR REPLACE VIEW ruadb_data.class_setting WITH (security_invoker = true) AS
SELECT max(value) FILTER (WHERE name = 'authorised_percent') AS authorised_percent,
	max(value) FILTER (WHERE name = 'linked_percent') AS linked_percent,
	max(value) FILTER (WHERE name = 'forwarder_percent') AS forwarder_percent,
	max(value) FILTER (WHERE name = 'forwarder_spf_percent') AS forwarder_spf_percent,
	max(value) FILTER (WHERE name = 'thin_messages') AS thin_messages
FROM ruadb.setting;

-- One row a domain, address, DKIM key and reporter in the window. A row of the rollup that several
-- reporters share is one row each here, and its sums stand in the first.
CREATE OR REPLACE VIEW ruadb_data.class_source WITH (security_invoker = true) AS
SELECT s.tenant_id, w.organizational_domain, w.window_begin, w.window_end, s.domain_id,
	s.source_ip, s.dkim_id, p.reporter,
	sum(s.messages) FILTER (WHERE p.n = 1) AS messages,
	sum(s.fail) FILTER (WHERE p.n = 1) AS fail,
	sum(s.unknown) FILTER (WHERE p.n = 1) AS unknown,
	sum(s.dkim_pass) FILTER (WHERE p.n = 1) AS dkim_pass,
	sum(s.spf_pass) FILTER (WHERE p.n = 1) AS spf_pass,
	sum(s.dkim_only) FILTER (WHERE p.n = 1) AS dkim_only,
	sum(s.forwarded) FILTER (WHERE p.n = 1) AS forwarded,
	sum(s.linked) FILTER (WHERE p.n = 1) AS linked,
	sum(s.quarantine) FILTER (WHERE p.n = 1) AS quarantine,
	sum(s.reject) FILTER (WHERE p.n = 1) AS reject,
	sum(s.messages) FILTER (WHERE p.n = 1 AND s.day > w.window_end - 7) AS recent,
	sum(s.messages) FILTER (WHERE p.n = 1 AND s.day > w.window_end - 14
		AND s.day <= w.window_end - 7) AS before,
	bool_or(s.spf_id = ANY (ARRAY(SELECT hashtextextended('s:' || e.spf_domain || ':', 0)
		FROM ruadb_data.sender e WHERE e.tenant_id = ruadb.tenant()
		AND e.spf_domain IS NOT NULL))) AS spf_declared
FROM ruadb.class_window w
JOIN ruadb_data.domain d ON d.tenant_id = w.tenant_id AND NOT d.is_foreign
	AND coalesce(d.organizational_domain, d.name) = w.organizational_domain
JOIN ruadb_data.source_on_day s ON s.tenant_id = d.tenant_id AND s.domain_id = d.domain_id
	AND s.day BETWEEN w.window_begin AND w.window_end AND s.settled
CROSS JOIN LATERAL unnest(s.reporters) WITH ORDINALITY AS p (reporter, n)
GROUP BY s.tenant_id, w.organizational_domain, w.window_begin, w.window_end, s.domain_id,
	s.source_ip, s.dkim_id, p.reporter;

-- The same with its source group: the declared range that holds the address, the narrowest of
-- several, else its /24 or /64; and how much of the mail with its DKIM key the group sends.
CREATE OR REPLACE VIEW ruadb_data.class_group WITH (security_invoker = true) AS
SELECT g.*,
	sum(g.messages) OVER (PARTITION BY g.tenant_id, g.organizational_domain, g.dkim_id)
		AS key_messages,
	sum(g.messages) OVER (PARTITION BY g.tenant_id, g.organizational_domain, g.dkim_id,
		g.source_group) AS key_messages_of_group
FROM (
	SELECT s.*, coalesce(e.network, ruadb.source_group(s.source_ip)) AS source_group,
		e.sender_id, n.first_day, n.last_day
	FROM ruadb_data.class_source s
	LEFT JOIN LATERAL (SELECT x.network, x.sender_id FROM ruadb_data.sender x
		WHERE x.tenant_id = s.tenant_id AND x.network >>= s.source_ip
		ORDER BY masklen(x.network) DESC LIMIT 1) e ON true
	LEFT JOIN ruadb_data.source_seen n ON n.tenant_id = s.tenant_id
		AND n.domain_id = s.domain_id AND n.source_ip = s.source_ip
) g;

-- One row a source, with the sums that the rules look at.
CREATE OR REPLACE VIEW ruadb_data.class_sum WITH (security_invoker = true) AS
SELECT g.tenant_id, g.organizational_domain, g.source_group, g.window_begin, g.window_end,
	sum(g.messages)::bigint AS messages,
	(sum(g.messages) - coalesce(sum(g.fail), 0) - coalesce(sum(g.unknown), 0))::bigint AS pass,
	coalesce(sum(g.fail), 0)::bigint AS fail,
	coalesce(sum(g.unknown), 0)::bigint AS unknown,
	coalesce(sum(g.dkim_pass), 0)::bigint AS dkim_pass,
	coalesce(sum(g.spf_pass), 0)::bigint AS spf_pass,
	coalesce(sum(g.forwarded), 0)::bigint AS forwarded,
	coalesce(sum(g.dkim_only) FILTER (WHERE g.dkim_id IS NOT NULL AND 100 * g.key_messages_of_group
		< (SELECT ruadb.setting_value('selector_percent')) * g.key_messages), 0)::bigint
		AS dkim_only_small,
	coalesce(sum(g.linked), 0)::bigint AS linked,
	coalesce(sum(g.quarantine), 0)::bigint AS quarantine,
	coalesce(sum(g.reject), 0)::bigint AS reject,
	coalesce(sum(g.recent), 0)::bigint AS recent,
	coalesce(sum(g.before), 0)::bigint AS before,
	count(DISTINCT g.source_ip)::integer AS addresses,
	count(DISTINCT g.reporter)::integer AS reporters,
	min(g.first_day) AS first_day,
	max(g.last_day) AS last_day,
	max(g.sender_id) AS sender_id,
	coalesce(bool_or(g.spf_declared), false) OR coalesce(bool_or(g.dkim_id = ANY (ARRAY(
		SELECT k.id FROM ruadb_data.source_identity k JOIN ruadb_data.sender e
			ON e.tenant_id = k.tenant_id AND e.dkim_domain = k.domain
			AND coalesce(e.dkim_selector, k.selector, '') = coalesce(k.selector, '')
		WHERE k.tenant_id = ruadb.tenant() AND k.kind = 'd'))), false) AS identity_declared
FROM ruadb_data.class_group g
GROUP BY g.tenant_id, g.organizational_domain, g.source_group, g.window_begin, g.window_end;

-- The rules, in their order; the first that matches decides.
CREATE OR REPLACE VIEW ruadb.source_class WITH (security_invoker = true) AS
SELECT c.tenant_id, c.organizational_domain, c.source_group, ruadb.as_of() AS as_of,
	c.window_begin, c.window_end, c.messages, c.pass, c.fail, c.unknown, c.dkim_pass, c.spf_pass,
	c.forwarded, c.dkim_only_small, c.linked, c.quarantine, c.reject, c.recent, c.before,
	c.addresses, c.reporters, c.first_day, c.last_day, c.rule,
	c.messages < s.thin_messages OR c.reporters <= 1 AS thin,
	c.sender_id IS NOT NULL OR c.identity_declared AS reviewed,
	e.dedicated,
	CASE c.rule WHEN 1 THEN CASE WHEN c.passes THEN 'authorised' ELSE 'misconfigured' END
		WHEN 2 THEN 'forwarder' WHEN 3 THEN 'authorised' WHEN 4 THEN 'misconfigured'
		ELSE 'unverified' END AS class,
	e.name AS sender,
	e.owner
FROM (
	SELECT b.*,
		CASE WHEN b.sender_id IS NOT NULL THEN 1
			WHEN greatest(b.forwarded, b.dkim_only_small) > 0
				AND 100 * greatest(b.forwarded, b.dkim_only_small)
					>= t.forwarder_percent * b.messages
				AND 100 * b.spf_pass < t.forwarder_spf_percent * b.messages THEN 2
			WHEN b.passes THEN 3
			WHEN b.pass > 0 AND 100 * b.pass >= t.linked_percent * (b.pass + b.fail)
				OR b.linked > 0 AND 100 * b.linked >= t.linked_percent * b.messages THEN 4
			ELSE 5 END::smallint AS rule
	FROM (SELECT a.*, a.pass > 0 AND 100 * a.pass >= (SELECT
			ruadb.setting_value('authorised_percent')) * (a.pass + a.fail) AS passes
		FROM ruadb_data.class_sum a) b
	CROSS JOIN ruadb_data.class_setting t
) c
CROSS JOIN ruadb_data.class_setting s
LEFT JOIN ruadb_data.sender e ON e.tenant_id = c.tenant_id AND e.sender_id = c.sender_id;
