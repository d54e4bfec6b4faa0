-- Is a policy domain ready for a stricter policy (definitions B4)?

-- Reasons that spare a message for its own sake. Not among them: sampled_out and policy_test_mode,
-- which say that the policy itself spared it (pct, t=y), and local_policy that only tells of a broken
-- ARC chain, as some receivers write into each record.
CREATE OR REPLACE FUNCTION ruadb_data.is_spared(extra jsonb) RETURNS boolean
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE WHEN extra IS NULL THEN false ELSE coalesce(extra @? ('$.reasons[*] ? ('
		'@.type != "sampled_out" && @.type != "policy_test_mode" && !(@.type == "local_policy" '
		'&& @.comment starts with "arc=" && !(@.comment starts with "arc=pass")))')::jsonpath,
		false) END;
COMMENT ON FUNCTION ruadb_data.is_spared(jsonb) IS
	'A record''s override reasons say that a stricter policy would not hit it (definitions B4).';

CREATE OR REPLACE FUNCTION ruadb_data.so_many(n bigint, what text) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN n || ' ' || what || CASE WHEN n = 1 THEN '' ELSE 's' END;
COMMENT ON FUNCTION ruadb_data.so_many(bigint, text) IS 'A number and what it counts, in words.';

-- The policy that holds for a message: p for the policy domain itself, sp, else p, for what is below.
CREATE OR REPLACE FUNCTION ruadb_data.asks_for(p text, sp text, testing text, below boolean)
	RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE WHEN lower(testing) = 'y' THEN 'none'
		WHEN below THEN coalesce(nullif(lower(sp), ''), lower(p)) ELSE lower(p) END;
COMMENT ON FUNCTION ruadb_data.asks_for(text, text, text, boolean) IS
	'none, quarantine or reject: what a published policy asks for, at the policy domain or below it.';

-- Asked once an organizational domain, not once a row.
CREATE OR REPLACE FUNCTION ruadb_data.class_is_current(tenant bigint, organizational_domain text,
	window_end date) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT EXISTS (SELECT FROM ruadb_data.source_class_current c
		WHERE c.tenant_id = $1 AND c.organizational_domain = $2 AND c.window_end = $3)
	AND NOT EXISTS (SELECT FROM ruadb_data.class_stale s
		WHERE s.tenant_id = $1 AND s.organizational_domain = $2)
	AND NOT EXISTS (SELECT FROM ruadb_data.live_day l
		JOIN ruadb_data.domain d ON d.tenant_id = l.tenant_id AND d.domain_id = l.domain_id
		WHERE l.tenant_id = $1 AND l.unsettled IS NULL
			AND coalesce(d.organizational_domain, d.name) = $2);
END;
COMMENT ON FUNCTION ruadb_data.class_is_current(bigint, text, date) IS
	'source_class_current has the classes of this window, and no refresh is due.';

-- One row a policy domain; each is looked up by itself, so that its records are found by index.
CREATE OR REPLACE VIEW ruadb_data.readiness_sum WITH (security_invoker = true) AS
SELECT w.tenant_id, w.organizational_domain, w.window_begin, w.window_end, d.domain_id, d.name,
	m.*
FROM ruadb.class_window w
JOIN ruadb_data.domain d ON d.tenant_id = w.tenant_id AND NOT d.is_foreign
	AND coalesce(d.organizational_domain, d.name) = w.organizational_domain
CROSS JOIN LATERAL (
	WITH classes AS MATERIALIZED (
		SELECT k.source_group, k.class
		FROM ruadb_data.source_class_current k
		WHERE ruadb_data.class_is_current(w.tenant_id, w.organizational_domain, w.window_end)
			AND k.tenant_id = w.tenant_id AND k.organizational_domain = w.organizational_domain
		UNION ALL
		SELECT k.source_group, k.class
		FROM ruadb.source_class k
		WHERE NOT ruadb_data.class_is_current(w.tenant_id, w.organizational_domain, w.window_end)
			AND k.tenant_id = w.tenant_id AND k.organizational_domain = w.organizational_domain
	), trusted AS MATERIALIZED (
		-- Put together with their reporters first, and then hashed.
		SELECT r.report_id, r.p, r.sp, r.testing, o.name_hash AS reporter,
			ruadb.settled_before(o.lag) AS settled_before
		FROM ruadb_data.report r
		JOIN ruadb_data.reporter_of o ON o.tenant_id = r.tenant_id
			AND o.reporter_id = r.reporter_id
		-- One row, which PostgreSQL takes for 1000: for few reports it would not hash.
		CROSS JOIN generate_series(1, (SELECT 1))
		WHERE r.tenant_id = w.tenant_id AND r.domain_id = d.domain_id AND r.counted
			AND r.reporter_auth IN ('v', 'l')
			AND (r.day BETWEEN w.window_begin AND w.window_end OR r.day IS NULL)
	), mail AS (
		SELECT c.day, c.source_ip, t.reporter, c.messages,
			ruadb.dmarc_pass(c.dkim_evaluated, c.spf_evaluated) AS dmarc_pass, c.disposition,
			c.header_from, c.extra, t.p, t.sp, t.testing
		FROM ruadb_data.record c
		JOIN trusted t ON t.report_id = c.report_id
		WHERE c.tenant_id = w.tenant_id AND c.domain_id = d.domain_id AND c.messages > 0
			AND c.day BETWEEN w.window_begin AND w.window_end AND c.day < t.settled_before
		UNION ALL -- of reports of more than 25 h
		SELECT y.day, c.source_ip, t.reporter, y.messages,
			ruadb.dmarc_pass(c.dkim_evaluated, c.spf_evaluated), c.disposition,
			c.header_from, c.extra, t.p, t.sp, t.testing
		FROM trusted t
		JOIN ruadb_data.record_day y ON y.tenant_id = w.tenant_id AND y.report_id = t.report_id
		JOIN ruadb_data.record c ON c.tenant_id = w.tenant_id AND c.report_id = t.report_id
			AND c.record_no = y.record_no
		WHERE c.day IS NULL AND y.messages > 0
			AND y.day BETWEEN w.window_begin AND w.window_end AND y.day < t.settled_before
	)
	SELECT count(DISTINCT c.day) FILTER (WHERE c.own) AS days,
		count(DISTINCT c.reporter) FILTER (WHERE c.own) AS reporters,
		ruadb_data.at_most(sum(c.messages) FILTER (WHERE c.own)) AS own_messages,
		ruadb_data.at_most(sum(c.messages) FILTER (WHERE c.own AND c.dmarc_pass)) AS own_pass,
		ruadb_data.at_most(sum(c.messages) FILTER (WHERE c.own AND NOT c.dmarc_pass))
			AS own_fail,
		ruadb_data.at_most(sum(c.messages) FILTER (WHERE c.own AND c.hit)) AS own_hit,
		ruadb_data.at_most(sum(c.messages) FILTER (WHERE c.own AND c.hit AND c.below))
			AS own_hit_below,
		ruadb_data.at_most(sum(c.messages) FILTER (WHERE c.own AND c.hit AND ruadb_data.asks_for(
			c.p, c.sp, c.testing, c.below) IN ('quarantine', 'reject'))) AS own_hit_enforced,
		ruadb_data.at_most(sum(c.messages) FILTER (WHERE c.own AND c.disposition IN ('q', 'r')))
			AS own_stopped,
		ruadb_data.at_most(sum(c.messages) FILTER (WHERE c.class = 'unverified' AND c.hit))
			AS unverified_hit,
		ruadb_data.at_most(sum(c.messages) FILTER (WHERE c.class = 'forwarder'
			AND NOT c.dmarc_pass)) AS forwarder_fail,
		ruadb_data.at_most(sum(c.messages) FILTER (WHERE c.disposition = 'q')) AS quarantine,
		ruadb_data.at_most(sum(c.messages) FILTER (WHERE c.disposition = 'r')) AS reject
	FROM (
		SELECT c.*, k.class, coalesce(k.class IN ('authorised', 'misconfigured'), false) AS own,
			c.header_from IS NOT NULL AND c.header_from <> '=' AND
				rtrim(lower(ruadb.same_as(c.header_from, d.name)), '.') <> d.name AS below,
			NOT c.dmarc_pass AND (c.disposition IN ('q', 'r')
				OR NOT ruadb_data.is_spared(c.extra)) AS hit
		FROM mail c
		LEFT JOIN LATERAL (SELECT x.network FROM ruadb_data.sender x
			WHERE x.tenant_id = w.tenant_id AND x.network >>= ruadb.plain_address(c.source_ip)
			ORDER BY masklen(x.network) DESC LIMIT 1) e ON true
		LEFT JOIN classes k ON k.source_group = coalesce(e.network, ruadb.source_group(c.source_ip))
	) c
) m;

-- The numbers of the verdict as one row.
CREATE OR REPLACE VIEW ruadb_data.readiness_setting WITH (security_invoker = true) AS
SELECT max(value) FILTER (WHERE name = 'ready_fail_percent') AS fail_percent,
	max(value) FILTER (WHERE name = 'ready_days') AS ready_days,
	max(value) FILTER (WHERE name = 'ready_messages') AS ready_messages,
	max(value) FILTER (WHERE name = 'ready_reporters') AS ready_reporters
FROM ruadb.setting;

CREATE OR REPLACE VIEW ruadb.policy_readiness WITH (security_invoker = true) AS
SELECT v.tenant_id, v.policy_domain, v.organizational_domain, ruadb.as_of() AS as_of,
	v.window_begin, v.window_end, v.p, v.sp, v.np, v.pct, v.testing, v.policy, v.policy_below,
	v.days, v.reporters, v.own_messages, v.own_pass, v.own_fail, v.own_unknown, v.own_hit,
	trunc(100.0 * v.own_hit / nullif(v.own_known, 0), 2) AS own_hit_percent,
	v.own_hit_below, v.own_hit_enforced, v.own_stopped, v.unverified_hit, v.forwarder_fail,
	v.quarantine, v.reject, v.untrusted_reports, v.untrusted_messages,
	v.verdict,
	concat_ws('; ',
		CASE WHEN v.own_messages = 0 THEN 'no own mail in trusted reports' || CASE
				WHEN v.untrusted_reports = 0 AND v.policy <> 'reject'
				THEN ': if this domain sends none, p=reject is right at once' ELSE '' END
			WHEN v.own_known = 0 THEN 'none of ' || v.own_messages
				|| ' own messages is known to pass or fail'
			ELSE v.own_hit || ' of ' || v.own_known || ' own messages would be hit ('
				|| trunc(100.0 * v.own_hit / v.own_known, 2) || '%), '
				|| CASE WHEN 100.0 * v.own_hit < v.fail_percent * v.own_known
					THEN 'less than ' ELSE 'not less than ' END
				|| trim_scale(v.fail_percent) || '%' END,
		CASE WHEN v.own_hit_below > 0
			THEN v.own_hit_below || ' of these come from below the domain' END,
		CASE WHEN v.own_messages > 0 THEN ruadb_data.so_many(v.days, 'day') || ', '
			|| ruadb_data.so_many(v.reporters, 'reporter') END,
		CASE WHEN v.own_messages > 0 AND v.verdict = 'not enough data' THEN 'needed are '
			|| trim_scale(v.ready_days) || ' days, ' || trim_scale(v.ready_messages)
			|| ' messages, ' || trim_scale(v.ready_reporters) || ' reporters' END,
		CASE WHEN v.untrusted_reports > 0 THEN '+ '
			|| ruadb_data.so_many(v.untrusted_messages, 'message') || ' in '
			|| ruadb_data.so_many(v.untrusted_reports, 'unverified report') END) AS reason,
	CASE WHEN lower(v.testing) = 'y' THEN 'end testing: take t=y away'
		WHEN v.pct < 100 AND lower(v.p) IN ('quarantine', 'reject') THEN 'take pct away'
		WHEN lower(v.p) = 'none' THEN 'p=quarantine'
		WHEN lower(v.p) = 'quarantine' THEN 'p=reject'
		WHEN v.policy_below = 'none' THEN 'sp=quarantine'
		WHEN v.policy_below = 'quarantine' THEN 'sp=reject'
		WHEN lower(v.p) = 'reject' THEN 'none: p=reject holds' END AS next_step
FROM (
	SELECT m.tenant_id, m.name AS policy_domain, m.organizational_domain, m.window_begin,
		m.window_end, n.p, n.sp, n.np, n.pct, n.testing,
		ruadb_data.asks_for(n.p, n.sp, n.testing, false) AS policy,
		ruadb_data.asks_for(n.p, n.sp, n.testing, true) AS policy_below,
		m.days, m.reporters, m.own_messages, m.own_pass, m.own_fail, m.own_hit,
		m.own_messages - m.own_pass - m.own_fail AS own_unknown,
		m.own_pass + m.own_fail AS own_known,
		m.own_hit_below, m.own_hit_enforced, m.own_stopped, m.unverified_hit, m.forwarder_fail,
		m.quarantine, m.reject,
		coalesce(u.reports, 0) AS untrusted_reports,
		ruadb_data.at_most(u.messages) AS untrusted_messages,
		CASE WHEN m.days < t.ready_days OR m.reporters < t.ready_reporters
				OR m.own_pass + m.own_fail < t.ready_messages THEN 'not enough data'
			WHEN 100.0 * m.own_hit < t.fail_percent * (m.own_pass + m.own_fail) THEN 'safe'
			ELSE 'not yet' END AS verdict,
		t.*
	FROM ruadb_data.readiness_sum m
	CROSS JOIN ruadb_data.readiness_setting t
	-- what is published now: of the latest report, one that somebody vouches for before others
	CROSS JOIN LATERAL (SELECT r.p, r.sp, r.np, r.pct, r.testing
		FROM ruadb_data.report r
		WHERE r.tenant_id = m.tenant_id AND r.domain_id = m.domain_id AND r.counted
		ORDER BY r.reporter_auth IN ('v', 'l') DESC, r.end_at DESC NULLS LAST, r.report_id DESC
		LIMIT 1) n
	LEFT JOIN LATERAL (SELECT count(DISTINCT r.report_id) AS reports,
			sum(coalesce(p.messages, r.messages)) AS messages
		FROM ruadb_data.report r
		JOIN ruadb_data.reporter_of o ON o.tenant_id = r.tenant_id
			AND o.reporter_id = r.reporter_id
		LEFT JOIN ruadb_data.report_day_part p ON r.day IS NULL AND p.tenant_id = r.tenant_id
			AND p.report_id = r.report_id
		WHERE r.tenant_id = m.tenant_id AND r.domain_id = m.domain_id AND r.counted
			AND r.reporter_auth NOT IN ('v', 'l')
			AND coalesce(p.day, r.day) BETWEEN m.window_begin AND m.window_end
			AND coalesce(p.day, r.day) < ruadb.settled_before(o.lag)) u ON true
) v;

COMMENT ON VIEW ruadb.policy_readiness IS
	'Whether a stricter policy would hit own mail (definitions B4): one row a policy domain, over the '
	'settled days of the class window, trusted reports only. Own mail is that of sources of class '
	'authorised or misconfigured; classes are made from all counted reports.';
COMMENT ON COLUMN ruadb.policy_readiness.tenant_id IS 'Whose data; 1 for a single user.';
COMMENT ON COLUMN ruadb.policy_readiness.policy_domain IS 'Domain whose policy was applied.';
COMMENT ON COLUMN ruadb.policy_readiness.organizational_domain IS
	'Organizational domain of the policy domain; classes and window are of it.';
COMMENT ON COLUMN ruadb.policy_readiness.as_of IS 'The instant the row is of.';
COMMENT ON COLUMN ruadb.policy_readiness.window_begin IS 'First UTC day it is made from.';
COMMENT ON COLUMN ruadb.policy_readiness.window_end IS
	'Last UTC day it is made from: the last settled day with reports.';
COMMENT ON COLUMN ruadb.policy_readiness.p IS
	'Published policy in the latest trusted report (else the latest), as sent.';
COMMENT ON COLUMN ruadb.policy_readiness.sp IS 'Published policy of subdomains there, as sent.';
COMMENT ON COLUMN ruadb.policy_readiness.np IS
	'Published policy of subdomains that do not exist there, as sent. Reports do not tell which mail '
	'came from such ones, so figures take sp for it.';
COMMENT ON COLUMN ruadb.policy_readiness.pct IS 'Per cent the policy is asked for there.';
COMMENT ON COLUMN ruadb.policy_readiness.testing IS 'Tag t there: y while it is only tested.';
COMMENT ON COLUMN ruadb.policy_readiness.policy IS
	'What that asks for at the policy domain itself: none, quarantine, reject; none while testing.';
COMMENT ON COLUMN ruadb.policy_readiness.policy_below IS
	'What that asks for at its subdomains: sp, else p; none while testing.';
COMMENT ON COLUMN ruadb.policy_readiness.days IS 'Settled days with own mail.';
COMMENT ON COLUMN ruadb.policy_readiness.reporters IS 'Reporters that saw own mail.';
COMMENT ON COLUMN ruadb.policy_readiness.own_messages IS
	'Own mail: of sources of class authorised or misconfigured.';
COMMENT ON COLUMN ruadb.policy_readiness.own_pass IS 'Of these, dmarc_pass true.';
COMMENT ON COLUMN ruadb.policy_readiness.own_fail IS 'Of these, dmarc_pass false.';
COMMENT ON COLUMN ruadb.policy_readiness.own_unknown IS 'Of these, dmarc_pass NULL.';
COMMENT ON COLUMN ruadb.policy_readiness.own_hit IS
	'Own mail that quarantine or reject would hit: it fails, and no override reason spares it '
	'(sampled_out, policy_test_mode and a broken ARC chain do not), or it was hit.';
COMMENT ON COLUMN ruadb.policy_readiness.own_hit_percent IS
	'own_hit as a percentage of own_pass and own_fail; NULL: neither is there.';
COMMENT ON COLUMN ruadb.policy_readiness.own_hit_below IS
	'Of own_hit, from below the policy domain, for which sp holds.';
COMMENT ON COLUMN ruadb.policy_readiness.own_hit_enforced IS
	'Of own_hit, under a policy of that day that asked for quarantine or reject already.';
COMMENT ON COLUMN ruadb.policy_readiness.own_stopped IS
	'Own mail that was quarantined or rejected.';
COMMENT ON COLUMN ruadb.policy_readiness.unverified_hit IS
	'Mail of unverified sources that would be hit: what the policy is for.';
COMMENT ON COLUMN ruadb.policy_readiness.forwarder_fail IS
	'Failing mail of forwarders: collateral, not in the verdict.';
COMMENT ON COLUMN ruadb.policy_readiness.quarantine IS 'Mail with disposition quarantine.';
COMMENT ON COLUMN ruadb.policy_readiness.reject IS 'Mail with disposition reject.';
COMMENT ON COLUMN ruadb.policy_readiness.untrusted_reports IS
	'Reports in the window that nobody vouches for: not looked at.';
COMMENT ON COLUMN ruadb.policy_readiness.untrusted_messages IS 'Messages of these.';
COMMENT ON COLUMN ruadb.policy_readiness.verdict IS
	'safe: less than 0.5% of own mail that is known to pass or fail would be hit; not yet; not enough '
	'data: under 14 days, 1000 such messages or 3 reporters. Settings ready_...';
COMMENT ON COLUMN ruadb.policy_readiness.reason IS 'The numbers of the verdict, in words.';
COMMENT ON COLUMN ruadb.policy_readiness.next_step IS
	'The next stricter policy, which the verdict is about; NULL: no policy is known.';
