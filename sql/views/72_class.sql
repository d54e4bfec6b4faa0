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
	max(value) FILTER (WHERE name = 'thin_messages') AS thin_messages,
	max(value) FILTER (WHERE name = 'selector_percent') AS selector_percent,
	max(value) FILTER (WHERE name = 'reviewed_percent') AS reviewed_percent,
	max(value) FILTER (WHERE name = 'compare_messages') AS compare_messages,
	max(value) FILTER (WHERE name = 'trend_percent') AS trend_percent
FROM ruadb.setting;

-- Whether the last two weeks of the window can be compared (definitions A6): reporters that sent on
-- as many days of one as of the other, give or take one, have most messages of both.
CREATE OR REPLACE VIEW ruadb_data.class_weeks WITH (security_invoker = true) AS
SELECT p.tenant_id, p.organizational_domain,
	bool_and(100 * p.recent_alike >= t.value * p.recent AND 100 * p.before_alike >= t.value
		* p.before) AS comparable
FROM (
	SELECT y.tenant_id, y.organizational_domain,
		sum(y.recent) AS recent, sum(y.before) AS before,
		coalesce(sum(y.recent) FILTER (WHERE abs(y.recent_days - y.before_days) <= 1), 0)
			AS recent_alike,
		coalesce(sum(y.before) FILTER (WHERE abs(y.recent_days - y.before_days) <= 1), 0)
			AS before_alike
	FROM (
		SELECT w.tenant_id, w.organizational_domain, o.name,
			coalesce(sum(r.messages) FILTER (WHERE r.day > w.window_end - 7), 0) AS recent,
			coalesce(sum(r.messages) FILTER (WHERE r.day <= w.window_end - 7), 0) AS before,
			count(DISTINCT r.day) FILTER (WHERE r.day > w.window_end - 7) AS recent_days,
			count(DISTINCT r.day) FILTER (WHERE r.day <= w.window_end - 7) AS before_days
		FROM ruadb.class_window w
		JOIN ruadb_data.domain d ON d.tenant_id = w.tenant_id AND NOT d.is_foreign
			AND coalesce(d.organizational_domain, d.name) = w.organizational_domain
		JOIN ruadb_data.report r ON r.tenant_id = d.tenant_id AND r.domain_id = d.domain_id
			AND r.day > w.window_end - 14 AND r.day <= w.window_end AND r.counted
		JOIN ruadb_data.reporter_of o ON o.tenant_id = r.tenant_id
			AND o.reporter_id = r.reporter_id AND r.day < ruadb.settled_before(o.lag)
		GROUP BY w.tenant_id, w.organizational_domain, o.name
	) y
	GROUP BY y.tenant_id, y.organizational_domain
) p
CROSS JOIN (SELECT ruadb.setting_value('trend_reporters_percent') AS value) t
GROUP BY p.tenant_id, p.organizational_domain;

-- Ids of the DKIM keys and SPF domains that are declared, each with its sender: a key declared with
-- its selector before one whose domain is declared with any.
CREATE OR REPLACE VIEW ruadb_data.declared_identity WITH (security_invoker = true) AS
SELECT DISTINCT ON (i.tenant_id, i.id) i.tenant_id, i.id, i.sender_id
FROM (
	SELECT e.tenant_id, hashtextextended('s:' || e.spf_domain || ':', 0) AS id, e.sender_id,
		1 AS place
	FROM ruadb_data.sender e
	WHERE e.spf_domain IS NOT NULL
	UNION ALL
	SELECT e.tenant_id, hashtextextended('d:' || e.dkim_domain || ':'
		|| coalesce(e.dkim_selector, ''), 0), e.sender_id, 1
	FROM ruadb_data.sender e
	WHERE e.dkim_domain IS NOT NULL
	UNION ALL
	SELECT e.tenant_id, k.id, e.sender_id, 2
	FROM ruadb_data.sender e
	JOIN ruadb_data.source_identity k ON k.tenant_id = e.tenant_id AND k.kind = 'd'
		AND k.domain = e.dkim_domain
	WHERE e.dkim_domain IS NOT NULL AND e.dkim_selector IS NULL
) i
ORDER BY i.tenant_id, i.id, i.place, i.sender_id;

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
	sum(s.messages) FILTER (WHERE p.n = 1 AND (
		s.dkim_id = ANY (ARRAY(SELECT i.id FROM ruadb_data.declared_identity i
			WHERE i.tenant_id = ruadb.tenant()))
		OR s.spf_id = ANY (ARRAY(SELECT i.id FROM ruadb_data.declared_identity i
			WHERE i.tenant_id = ruadb.tenant())))) AS declared,
	max(s.spf_id) FILTER (WHERE s.spf_id = ANY (ARRAY(SELECT i.id
		FROM ruadb_data.declared_identity i WHERE i.tenant_id = ruadb.tenant())))
		AS declared_spf_id,
	min(s.day) AS first_day, max(s.day) AS last_day
FROM ruadb.class_window w
JOIN ruadb_data.domain d ON d.tenant_id = w.tenant_id AND NOT d.is_foreign
	AND coalesce(d.organizational_domain, d.name) = w.organizational_domain
CROSS JOIN LATERAL ruadb_data.source_days(d.tenant_id, d.domain_id, w.window_begin,
	w.window_end) s
CROSS JOIN LATERAL unnest(s.reporters) WITH ORDINALITY AS p (reporter, n)
WHERE s.settled
-- What differs most comes first: sorted in half the time.
GROUP BY s.source_ip, s.dkim_id, p.reporter, s.domain_id, s.tenant_id, w.window_begin,
	w.window_end, w.organizational_domain;

-- The same with its source group: the declared range that holds the address, the narrowest of
-- several, else its /24 or /64; and how much of the mail with its DKIM key the group sends.
CREATE OR REPLACE VIEW ruadb_data.class_group WITH (security_invoker = true) AS
SELECT g.*,
	sum(g.messages) OVER (PARTITION BY g.dkim_id, g.tenant_id, g.organizational_domain)
		AS key_messages,
	sum(g.messages) OVER (PARTITION BY g.dkim_id, g.tenant_id, g.organizational_domain,
		g.source_group) AS key_messages_of_group
FROM (
	SELECT s.*, coalesce(e.network, ruadb.source_group(s.source_ip)) AS source_group,
		e.sender_id, least(n.first_day, s.first_day) AS first_seen,
		greatest(n.last_day, s.last_day) AS last_seen
	FROM ruadb_data.class_source s
	LEFT JOIN LATERAL (SELECT x.network, x.sender_id FROM ruadb_data.sender x
		WHERE x.tenant_id = s.tenant_id AND x.network >>= ruadb.plain_address(s.source_ip)
		ORDER BY masklen(x.network) DESC LIMIT 1) e ON true
	LEFT JOIN ruadb_data.source_seen n ON n.tenant_id = s.tenant_id
		AND n.domain_id = s.domain_id AND n.source_ip = s.source_ip
) g;

-- Addresses that [source] says our own mail servers send from, and what our logs saw accepted from
-- them: ground truth (definitions B2, B3), since nobody else sends from these. One that is declared
-- with ruadb senders, shared or dedicated, is for rule 1.
CREATE OR REPLACE VIEW ruadb_data.own_address WITH (security_invoker = true) AS
SELECT DISTINCT l.tenant_id, l.organizational_domain, l.source_ip
FROM ruadb_data.log_day l
JOIN ruadb_data.log_service v ON v.tenant_id = l.tenant_id AND v.source_ip = l.source_ip
WHERE l.accepted > 0;
COMMENT ON VIEW ruadb_data.own_address IS
	'Addresses that [source] maps, with the domains that our logs saw accepted from them.';
COMMENT ON COLUMN ruadb_data.own_address.tenant_id IS 'Whose data; 1 for a single user.';
COMMENT ON COLUMN ruadb_data.own_address.organizational_domain IS 'What was sent as.';
COMMENT ON COLUMN ruadb_data.own_address.source_ip IS 'The address.';

-- Counts are as strangers sent them: sums that no bigint holds must not be errors for all others.
CREATE OR REPLACE FUNCTION ruadb_data.at_most(sum numeric) RETURNS bigint
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN least(coalesce(sum, 0), 4611686018427387903)::bigint;
COMMENT ON FUNCTION ruadb_data.at_most(numeric) IS
	'A sum of counts, 0 for NULL, and at most 2^62 - 1, so that two of them can be added.';

-- One row a source, with the sums that the rules look at.
CREATE OR REPLACE VIEW ruadb_data.class_sum WITH (security_invoker = true) AS
SELECT g.tenant_id, g.organizational_domain, g.source_group, g.window_begin, g.window_end,
	ruadb_data.at_most(sum(g.messages)) AS messages,
	ruadb_data.at_most(sum(g.messages) - coalesce(sum(g.fail), 0)
		- coalesce(sum(g.unknown), 0)) AS pass,
	ruadb_data.at_most(sum(g.fail)) AS fail,
	ruadb_data.at_most(sum(g.unknown)) AS unknown,
	ruadb_data.at_most(sum(g.dkim_pass)) AS dkim_pass,
	ruadb_data.at_most(sum(g.spf_pass)) AS spf_pass,
	ruadb_data.at_most(sum(g.forwarded)) AS forwarded,
	ruadb_data.at_most(sum(g.dkim_only) FILTER (WHERE g.dkim_id IS NOT NULL
		AND 100 * g.key_messages_of_group < (SELECT ruadb.setting_value('selector_percent'))
			* g.key_messages)) AS dkim_only_small,
	ruadb_data.at_most(sum(g.linked)) AS linked,
	ruadb_data.at_most(sum(g.quarantine)) AS quarantine,
	ruadb_data.at_most(sum(g.reject)) AS reject,
	ruadb_data.at_most(sum(g.recent)) AS recent,
	ruadb_data.at_most(sum(g.before)) AS before,
	count(DISTINCT g.source_ip)::integer AS addresses,
	count(DISTINCT g.reporter)::integer AS reporters,
	min(g.first_seen) AS first_day,
	max(g.last_seen) AS last_day,
	max(g.sender_id) AS sender_id,
	ruadb_data.at_most(sum(g.declared)) AS declared,
	-- that of the row with the most messages
	(max(ARRAY[g.messages, g.dkim_id]) FILTER (WHERE g.declared > 0))[2]::bigint
		AS declared_dkim_id,
	(max(ARRAY[g.messages, g.declared_spf_id]) FILTER (WHERE g.declared > 0))[2]::bigint
		AS declared_spf_id,
	max(100 * g.key_messages_of_group / g.key_messages) FILTER (WHERE g.dkim_only > 0
		AND 100 * g.key_messages_of_group
			< (SELECT ruadb.setting_value('selector_percent')) * g.key_messages)
		AS selector_share,
	ruadb_data.at_most(sum(g.messages) FILTER (WHERE (g.organizational_domain, g.source_ip) IN (
		SELECT o.organizational_domain, o.source_ip FROM ruadb_data.own_address o
		WHERE o.tenant_id = ruadb.tenant()))) AS logged
FROM ruadb_data.class_group g
GROUP BY g.source_group, g.tenant_id, g.window_begin, g.window_end, g.organizational_domain;

-- The rules, in their order; the first that matches decides.
CREATE OR REPLACE VIEW ruadb_data.class_rule WITH (security_invoker = true) AS
SELECT b.tenant_id, b.organizational_domain, b.source_group, b.window_begin, b.window_end,
	b.messages, b.pass, b.fail, b.unknown, b.dkim_pass, b.spf_pass, b.forwarded,
	b.dkim_only_small, b.linked, b.quarantine, b.reject, b.recent, b.before, b.addresses,
	b.reporters, b.first_day, b.last_day, b.sender_id, b.declared, b.declared_dkim_id,
	b.declared_spf_id, b.selector_share, b.known, b.forwarded_mail, b.passes,
	CASE WHEN b.sender_id IS NOT NULL THEN 1
		WHEN b.forwarded_mail > 0 AND 100.0 * b.forwarded_mail >= t.forwarder_percent * b.messages
			AND 100.0 * b.spf_pass < t.forwarder_spf_percent * b.messages THEN 2
		WHEN b.passes THEN 3
		WHEN b.pass > 0 AND 100.0 * b.pass >= t.linked_percent * b.known
			OR b.linked > 0 AND 100.0 * b.linked >= t.linked_percent * b.messages
			OR b.logged > 0 AND 100.0 * b.logged >= t.linked_percent * b.messages THEN 4
		ELSE 5 END::smallint AS rule,
	b.messages < t.thin_messages OR b.reporters <= 1 AS thin,
	-- by its address, or by the DKIM key or SPF domain of most of its messages
	b.sender_id IS NOT NULL
		OR b.declared > 0 AND 100.0 * b.declared >= t.reviewed_percent * b.messages AS reviewed,
	b.logged
FROM (
	SELECT a.*, a.pass + a.fail AS known,
		greatest(a.forwarded, a.dkim_only_small) AS forwarded_mail,
		a.pass > 0 AND 100.0 * a.pass >= (SELECT ruadb.setting_value('authorised_percent'))
			* (a.pass + a.fail) AS passes
	FROM ruadb_data.class_sum a
) b
CROSS JOIN ruadb_data.class_setting t;

-- In words for people: part of whole, cut and not rounded, so that 97.96% is not called 98.0%.
CREATE OR REPLACE FUNCTION ruadb_data.percent_of(part numeric, whole numeric) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN trunc(100 * part / nullif(whole, 0), 1)::text || '%';
COMMENT ON FUNCTION ruadb_data.percent_of(numeric, numeric) IS
	'A percentage in words, cut after one decimal.';

CREATE OR REPLACE FUNCTION ruadb_data.known_words(pass bigint, fail bigint, unknown bigint)
	RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE WHEN pass + fail = 0
			THEN 'none of ' || unknown || ' messages is known to pass or fail'
		WHEN pass = 0 THEN 'none of ' || fail || CASE WHEN unknown > 0 THEN ' known' ELSE '' END
			|| ' messages passes'
		ELSE pass || ' of ' || pass + fail || ' known messages pass ('
			|| ruadb_data.percent_of(pass, pass + fail) || ')' END;
COMMENT ON FUNCTION ruadb_data.known_words(bigint, bigint, bigint) IS
	'How many of the messages pass, in words.';

CREATE OR REPLACE FUNCTION ruadb_data.forwarder_words(messages bigint, forwarded bigint,
	dkim_only bigint, share numeric, spf_pass bigint) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE WHEN forwarded >= dkim_only THEN forwarded || ' of ' || messages || ' messages ('
			|| ruadb_data.percent_of(forwarded, messages) || ') have an override reason '
			'forwarded, mailing_list or trusted_forwarder'
		ELSE dkim_only || ' of ' || messages || ' messages ('
			|| ruadb_data.percent_of(dkim_only, messages) || ') are DKIM signed by a selector '
			'of which this source sends ' || trunc(share, 1) || '%' END
		|| '; aligned SPF passes in ' || CASE WHEN spf_pass = 0 THEN 'none'
			ELSE spf_pass || ' (' || ruadb_data.percent_of(spf_pass, messages) || ')' END;
COMMENT ON FUNCTION ruadb_data.forwarder_words(bigint, bigint, bigint, numeric, bigint) IS
	'Why a source is a forwarder, in words.';

CREATE OR REPLACE FUNCTION ruadb_data.linked_words(messages bigint, pass bigint, linked bigint)
	RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE WHEN linked > pass THEN linked || ' of ' || messages || ' messages ('
			|| ruadb_data.percent_of(linked, messages)
			|| ') have a signature or an SPF pass of a domain of ours'
		WHEN linked = 0 AND pass = 0 THEN 'no signature and no SPF domain of ours' END;
COMMENT ON FUNCTION ruadb_data.linked_words(bigint, bigint, bigint) IS
	'How a source is linked to us, in words; NULL where passing mail says it.';

CREATE OR REPLACE VIEW ruadb.source_class WITH (security_invoker = true) AS
SELECT c.tenant_id, c.organizational_domain, c.source_group, ruadb.as_of() AS as_of,
	c.window_begin, c.window_end, c.messages, c.pass, c.fail, c.unknown, c.dkim_pass, c.spf_pass,
	c.forwarded, c.dkim_only_small, c.linked, c.quarantine, c.reject, c.recent, c.before,
	c.addresses, c.reporters, c.first_day, c.last_day, c.rule, c.thin, c.reviewed,
	e.dedicated,
	CASE c.rule WHEN 1 THEN CASE WHEN c.passes THEN 'authorised' ELSE 'misconfigured' END
		WHEN 2 THEN 'forwarder' WHEN 3 THEN 'authorised' WHEN 4 THEN 'misconfigured'
		ELSE 'unverified' END AS class,
	coalesce(e.name, i.name) AS sender,
	coalesce(e.owner, CASE WHEN e.name IS NULL THEN i.owner END) AS owner,
	concat_ws('; ',
		CASE WHEN c.rule = 1 THEN 'declared as ' || e.name || ' (' || c.source_group || ')' END,
		CASE WHEN c.rule = 2 THEN ruadb_data.forwarder_words(c.messages, c.forwarded,
			c.dkim_only_small, c.selector_share, c.spf_pass)
		ELSE ruadb_data.known_words(c.pass, c.fail, c.unknown)
			|| CASE WHEN c.pass = 0 THEN '' WHEN c.passes
				THEN ', at least ' || trim_scale(s.authorised_percent) || '%'
				ELSE ', less than ' || trim_scale(CASE WHEN c.rule = 5 THEN s.linked_percent
					ELSE s.authorised_percent END) || '%' END END,
		CASE WHEN c.unknown > 0 AND c.known > 0 AND c.rule <> 2
			THEN c.unknown || ' more are unknown' END,
		CASE WHEN c.rule = 4 AND c.logged > 0 AND c.logged > greatest(c.pass, c.linked)
				THEN c.logged || ' of ' || c.messages || ' messages ('
				|| ruadb_data.percent_of(c.logged, c.messages)
				|| ') are from an address that our own mail server sends from'
			WHEN c.rule IN (4, 5)
				THEN ruadb_data.linked_words(c.messages, c.pass, c.linked) END,
		CASE WHEN c.rule <> 1 AND c.reviewed THEN 'its selector or SPF domain is declared as '
			|| i.name WHEN c.rule = 3 THEN 'authenticated, not reviewed: nothing of it is declared'
			END,
		'thin: ' || nullif(concat_ws(', ', CASE WHEN c.messages < s.thin_messages
			THEN 'fewer than ' || trim_scale(s.thin_messages) || ' messages' END,
			CASE WHEN c.reporters <= 1 THEN 'one reporter only' END), '')) AS reason,
	CASE WHEN w.comparable IS NOT TRUE OR greatest(c.recent, c.before) < s.compare_messages THEN NULL
		WHEN c.before = 0 THEN CASE WHEN c.recent = c.messages
			AND c.first_day > c.window_end - 7 THEN 'new' ELSE 'up' END
		WHEN c.recent = 0 THEN 'gone'
		WHEN least(c.recent, c.before) < s.compare_messages THEN NULL
		WHEN 100.0 * (c.recent - c.before) >= s.trend_percent * c.before THEN 'up'
		WHEN 100.0 * (c.before - c.recent) >= s.trend_percent * c.before THEN 'down'
		ELSE 'steady' END AS trend
FROM ruadb_data.class_rule c
CROSS JOIN ruadb_data.class_setting s
LEFT JOIN ruadb_data.class_weeks w ON w.tenant_id = c.tenant_id
	AND w.organizational_domain = c.organizational_domain
LEFT JOIN ruadb_data.sender e ON e.tenant_id = c.tenant_id AND e.sender_id = c.sender_id
LEFT JOIN ruadb_data.declared_identity k ON k.tenant_id = c.tenant_id
	AND k.id = c.declared_dkim_id
LEFT JOIN ruadb_data.declared_identity f ON f.tenant_id = c.tenant_id
	AND f.id = c.declared_spf_id
LEFT JOIN ruadb_data.sender i ON c.reviewed AND i.tenant_id = c.tenant_id
	AND i.sender_id = coalesce(k.sender_id, f.sender_id);

-- The same as it stood when it was last made new (ruadb_data.source_class_current): for questions
-- about all domains.
CREATE OR REPLACE VIEW ruadb.source_class_current WITH (security_invoker = true) AS
SELECT c.tenant_id, c.organizational_domain, c.source_group, c.as_of, c.window_begin, c.window_end,
	c.messages, c.pass, c.fail, c.unknown, c.dkim_pass, c.spf_pass, c.forwarded,
	c.dkim_only_small, c.linked, c.quarantine, c.reject, c.recent, c.before, c.addresses,
	c.reporters, c.first_day, c.last_day, c.rule, c.thin, c.reviewed, c.dedicated, c.class,
	c.sender, c.owner, c.reason, c.trend
FROM ruadb_data.source_class_current c;

COMMENT ON VIEW ruadb.class_window IS
	'The days that classes and verdicts are made from (definitions B3): the last 30 (setting '
	'class_days) up to the last settled day that an organizational domain has reports for.';
COMMENT ON COLUMN ruadb.class_window.tenant_id IS 'Whose data; 1 for a single user.';
COMMENT ON COLUMN ruadb.class_window.organizational_domain IS
	'Organizational domain of the policy domains.';
COMMENT ON COLUMN ruadb.class_window.window_begin IS 'First UTC day of the window.';
COMMENT ON COLUMN ruadb.class_window.window_end IS
	'Last UTC day of the window: the last settled day with reports.';

COMMENT ON VIEW ruadb.source_class IS
	'What kind of source each is (definitions B3): one row an organizational domain and source group, '
	'over the settled days of its window. Read it for one domain; for all: source_class_current.';
COMMENT ON VIEW ruadb.source_class_current IS
	'View source_class as it stood at as_of, made new after each ingest for the domains it touched.';
COMMENT ON COLUMN ruadb.source_class.tenant_id IS 'Whose data; 1 for a single user.';
COMMENT ON COLUMN ruadb.source_class.organizational_domain IS
	'Organizational domain of the policy domains.';
COMMENT ON COLUMN ruadb.source_class.source_group IS
	'Narrowest declared range that holds the address; else its /24 (IPv4) or /64 (IPv6).';
COMMENT ON COLUMN ruadb.source_class.as_of IS 'The instant the row is of.';
COMMENT ON COLUMN ruadb.source_class.window_begin IS 'First UTC day it is made from.';
COMMENT ON COLUMN ruadb.source_class.window_end IS
	'Last UTC day it is made from: the last settled day with reports.';
COMMENT ON COLUMN ruadb.source_class.messages IS 'Messages: pass, fail and unknown together.';
COMMENT ON COLUMN ruadb.source_class.pass IS 'Of these, dmarc_pass true.';
COMMENT ON COLUMN ruadb.source_class.fail IS 'Of these, dmarc_pass false.';
COMMENT ON COLUMN ruadb.source_class.unknown IS 'Of these, dmarc_pass NULL: known is the rest.';
COMMENT ON COLUMN ruadb.source_class.dkim_pass IS
	'Of these, passing aligned DKIM as the reporter evaluated it.';
COMMENT ON COLUMN ruadb.source_class.spf_pass IS
	'Of these, passing aligned SPF as the reporter evaluated it.';
COMMENT ON COLUMN ruadb.source_class.forwarded IS
	'Of these, with an override reason forwarded, mailing_list or trusted_forwarder.';
COMMENT ON COLUMN ruadb.source_class.dkim_only_small IS
	'Of these, passing aligned DKIM without aligned SPF, by a key of whose messages this source sends '
	'less than 5% (setting selector_percent).';
COMMENT ON COLUMN ruadb.source_class.linked IS
	'Of these, linked to us as recomputed: a DKIM signature, whatever its result, or an SPF pass of a '
	'domain within our organizational domain, aligned or not.';
COMMENT ON COLUMN ruadb.source_class.quarantine IS 'Of these, disposition quarantine.';
COMMENT ON COLUMN ruadb.source_class.reject IS 'Of these, disposition reject.';
COMMENT ON COLUMN ruadb.source_class.recent IS 'Of these, in the last 7 days of the window.';
COMMENT ON COLUMN ruadb.source_class.before IS 'Of these, in the 7 days before those.';
COMMENT ON COLUMN ruadb.source_class.addresses IS 'Addresses of the group that sent.';
COMMENT ON COLUMN ruadb.source_class.reporters IS 'Reporters that saw it.';
COMMENT ON COLUMN ruadb.source_class.first_day IS
	'First UTC day an address of it was seen: in the window, or ever as of the last refresh.';
COMMENT ON COLUMN ruadb.source_class.last_day IS
	'Last UTC day an address of it was seen: in the window, or later as of the last refresh.';
COMMENT ON COLUMN ruadb.source_class.rule IS
	'The rule of definitions B3 that decided, the first that matches: 1 declared by address, 2 '
	'forwarder, 3 passes, 4 linked to us, 5 everything else.';
COMMENT ON COLUMN ruadb.source_class.thin IS
	'Fewer than 10 messages (setting thin_messages), or one reporter only: believe it less.';
COMMENT ON COLUMN ruadb.source_class.reviewed IS
	'Declared: by its address, or by the selector or SPF domain of at least half of its messages '
	'(setting reviewed_percent).';
COMMENT ON COLUMN ruadb.source_class.dedicated IS
	'Declared by address as dedicated (only we send there) or shared; NULL: not by address.';
COMMENT ON COLUMN ruadb.source_class.class IS
	'authorised (also called verified), misconfigured, forwarder, unverified.';
COMMENT ON COLUMN ruadb.source_class.sender IS 'Name of the declared sender; NULL: not reviewed.';
COMMENT ON COLUMN ruadb.source_class.owner IS 'Owner of the declared sender.';
COMMENT ON COLUMN ruadb.source_class.reason IS
	'The rule that decided, and its numbers, in words. Percentages are cut, not rounded.';
COMMENT ON COLUMN ruadb.source_class.trend IS
	'recent against before: new (nothing of it before), gone, up or down (by 20% or more, setting '
	'trend_percent), steady. NULL: fewer than 100 messages (setting compare_messages), or the '
	'reporters of the two weeks differ too much.';
