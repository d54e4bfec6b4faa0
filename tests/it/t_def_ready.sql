-- B4 of the definitions as worked examples: policy readiness. See t_def_help.sql for what is shared.
DELETE FROM ruadb_data.reporter_lag; -- of t_def_reports.sql
DELETE FROM ruadb_data.sender; -- of t_def_class.sql

-- Own mail that passes, from 192.0.2.1: so much a day and reporter, on so many days up to the 16th.
CREATE FUNCTION pg_temp.own(domain text, days int, reporters int, each bigint, auth text DEFAULT 'l',
	p text DEFAULT 'none', sp text DEFAULT NULL, testing text DEFAULT NULL) RETURNS void
	LANGUAGE sql AS $$
SELECT pg_temp.rec(pg_temp.report($1, 'r' || r || '.example', '2026-11-17'::date - d, $5, $6, $7, $8),
	'192.0.2.1', $4, 'pp', 'pp', $1 || ':s', $1)
FROM generate_series(1, $2) d, generate_series(1, $3) r $$;
-- One record more of reporter r1 on the 16th.
CREATE FUNCTION pg_temp.more(domain text, ip inet, messages bigint, evaluated text DEFAULT 'ff',
	reasons text DEFAULT NULL, disposition text DEFAULT 'n', header_from text DEFAULT '=',
	p text DEFAULT 'none', sp text DEFAULT NULL, testing text DEFAULT NULL) RETURNS void
	LANGUAGE sql AS $$
SELECT pg_temp.rec(pg_temp.report($1, 'r1.example', '2026-11-16', 'l', $8, $9, $10), $2, $3, $4,
	CASE WHEN $4 = 'ff' THEN 'ff' ELSE 'pp' END, NULL, NULL, $5, $6, $7) $$;
CREATE FUNCTION pg_temp.verdict(domain text) RETURNS text LANGUAGE sql AS $$
SELECT concat_ws('|', days, reporters, own_messages, own_hit, own_hit_percent, verdict)
FROM policy_readiness WHERE tenant_id = tenant() AND policy_domain = $1 $$;

-- B4: safe if under 0.5% of own mail fails over at least 14 settled days, 1,000 messages, 3 reporters.
-- 14 days, 3 reporters, 23 each: 966, and 30 more: 996 pass, 4 fail: 0.40% of 1000.
SELECT pg_temp.own('safe.example', 14, 3, 23);
SELECT pg_temp.more('safe.example', '192.0.2.1', 30, 'pp');
SELECT pg_temp.more('safe.example', '192.0.2.2', 4);
SELECT pg_temp.is(pg_temp.verdict('safe.example'), '14|3|1000|4|0.40|safe', 'B4: safe');
SELECT pg_temp.is((SELECT reason || '|' || next_step FROM policy_readiness
	WHERE policy_domain = 'safe.example'), '4 of 1000 own messages would be hit (0.40%), less than '
	'0.5%; 14 days, 3 reporters|p=quarantine', 'B4: its words and the next step');
-- 995 pass, 5 fail: 0.50% is not under 0.5%.
SELECT pg_temp.own('half.example', 14, 3, 23);
SELECT pg_temp.more('half.example', '192.0.2.1', 29, 'pp');
SELECT pg_temp.more('half.example', '192.0.2.2', 5);
SELECT pg_temp.is(pg_temp.verdict('half.example'), '14|3|1000|5|0.50|not yet', 'B4: 0.5% is too much');
-- 13 days; 999 messages; 2 reporters: each alone is not enough data.
SELECT pg_temp.own('days.example', 13, 3, 30);
SELECT pg_temp.own('few.ready.example', 14, 3, 23);
SELECT pg_temp.more('few.ready.example', '192.0.2.1', 33, 'pp');
SELECT pg_temp.own('two.ready.example', 14, 2, 50);
SELECT pg_temp.is(pg_temp.verdict(d), w, 'B4: not enough data: ' || d)
FROM (VALUES ('days.example', '13|3|1170|0|0.00|not enough data'),
	('few.ready.example', '14|3|999|0|0.00|not enough data'),
	('two.ready.example', '14|2|1400|0|0.00|not enough data')) x (d, w);
SELECT pg_temp.is((SELECT reason FROM policy_readiness WHERE policy_domain = 'days.example'),
	'0 of 1170 own messages would be hit (0.00%), less than 0.5%; 13 days, 3 reporters; needed are '
	'14 days, 1000 messages, 3 reporters', 'B4: what is needed');
-- A5: unknown mail proves nothing: 999 known and 100 unknown are not enough.
SELECT pg_temp.own('unknown.example', 14, 3, 23);
SELECT pg_temp.more('unknown.example', '192.0.2.1', 33, 'pp');
SELECT pg_temp.more('unknown.example', '192.0.2.1', 100, 'f-');
SELECT pg_temp.is(pg_temp.verdict('unknown.example'), '14|3|1099|0|0.00|not enough data',
	'B4: unknown is no message of the 1000');
-- Settled days: what came on the 17th and before the window is not looked at.
SELECT pg_temp.own('days2.example', 13, 3, 30);
SELECT pg_temp.rec(pg_temp.report('days2.example', 'r1.example', d), '192.0.2.1', 100, 'pp', 'pp')
FROM unnest('{2026-11-17,2026-10-17}'::date[]) d;
SELECT pg_temp.is(pg_temp.verdict('days2.example'), '13|3|1170|0|0.00|not enough data',
	'B4: settled days of the window only');
-- A4: a report of several days counts on each of its days, by the shares: days 14 to 16, 17 outside.
SELECT pg_temp.own('parts.example', 2, 3, 400);
INSERT INTO ruadb_data.report_day_part SELECT 1, pg_temp.report('parts.example', 'r1.example',
	'2026-11-14', until => '2026-11-17'), '2026-11-13'::date + n, 5, 5, 0, 0, 5, 0, 0, 0
FROM generate_series(1, 4) n;
SELECT pg_temp.rec(pg_temp.report('parts.example', 'r1.example', '2026-11-14',
	until => '2026-11-17'), '192.0.2.1', 20, 'pp', 'pp');
INSERT INTO ruadb_data.record_day SELECT 1, p.report_id, 1, p.day, p.messages
FROM ruadb_data.report_day_part p JOIN ruadb_data.report r USING (report_id)
WHERE r.domain_id = pg_temp.domain('parts.example');
SELECT pg_temp.is(pg_temp.verdict('parts.example'), '3|3|2415|0|0.00|not enough data',
	'A4, B4: shares of a longer report');

-- B4: would be hit = fail, class not forwarder, no override reason. The verdict is about own mail only
-- (authorised and misconfigured); unverified mail is what the policy is for; forwarders are collateral.
SELECT pg_temp.own('kinds.example', 14, 3, 100);
SELECT pg_temp.more('kinds.example', '203.0.113.1', 5000); -- unverified
SELECT pg_temp.more('kinds.example', '198.51.100.1', 700, 'ff', 'forwarded'); -- forwarder
SELECT pg_temp.more('kinds.example', '192.0.2.2', 40, 'ff', 'local_policy'); -- own, spared
SELECT pg_temp.more('kinds.example', '192.0.2.2', 3, 'ff', NULL, 'q'); -- own, hit already
SELECT pg_temp.is((SELECT concat_ws('|', own_messages, own_pass, own_fail, own_hit, own_stopped,
	unverified_hit, forwarder_fail, quarantine, verdict) FROM policy_readiness
	WHERE policy_domain = 'kinds.example'), '4243|4200|43|3|3|5000|700|3|safe',
	'B4: own, unverified and forwarded mail apart');
-- A misconfigured source is own mail: 300 of its 600 fail.
SELECT pg_temp.own('mis.example', 14, 3, 100);
SELECT pg_temp.more('mis.example', '198.51.100.1', 300, 'pp');
SELECT pg_temp.more('mis.example', '198.51.100.1', 300);
SELECT pg_temp.is(pg_temp.verdict('mis.example'), '14|3|4800|300|6.25|not yet',
	'B4: mail of misconfigured sources is own mail');
-- Which reasons spare: those of the receiver. sampled_out and policy_test_mode say that the policy
-- itself spared it; a broken ARC chain spares nothing; who was quarantined was not spared.
SELECT pg_temp.own('why' || n || '.example', 14, 3, 24) FROM generate_series(1, 8) n;
SELECT pg_temp.more('why' || n || '.example', '192.0.2.1', 10, 'ff', reasons, disposition)
FROM (VALUES (1, 'local_policy', 'n'), (2, 'sampled_out', 'n'), (3, 'policy_test_mode', 'n'),
	(4, 'local_policy=>arc=fail', 'n'), (5, 'local_policy=>arc=pass', 'n'),
	(6, 'local_policy', 'q'), (7, 'other', 'n'), (8, 'sampled_out other', 'n'))
	x (n, reasons, disposition);
SELECT pg_temp.is((SELECT string_agg(own_hit::text, ' ' ORDER BY policy_domain)
	FROM policy_readiness WHERE policy_domain LIKE 'why%'), '0 10 10 10 0 10 0 0',
	'B4: which override reasons spare a message');

-- B4: under the p, sp, np and testing of that day: p for the policy domain, sp, else p, for what is
-- below; testing asks for nothing. 4 days: p=none; p=quarantine; p=quarantine with sp=none; t=y.
SELECT pg_temp.own('that.day.example', 14, 3, 24);
SELECT pg_temp.rec(pg_temp.report('that.day.example', 'r4.example', d, 'l', p, sp, t), '192.0.2.1', n,
	'ff', 'ff', NULL, NULL, NULL, 'n', hf)
FROM (VALUES ('2026-11-13'::date, 'none', NULL, NULL, 1, '='),
	('2026-11-14', 'quarantine', NULL, NULL, 10, 'That.Day.Example.'),
	('2026-11-14', 'quarantine', NULL, NULL, 20, 'news.that.day.example'),
	('2026-11-15', 'Quarantine', 'none', NULL, 100, '='),
	('2026-11-15', 'Quarantine', 'none', NULL, 200, 'news.that.day.example'),
	('2026-11-16', 'reject', NULL, 'y', 1000, '=')) x (d, p, sp, t, n, hf);
SELECT pg_temp.is((SELECT concat_ws('|', own_hit, own_hit_below, own_hit_enforced)
	FROM policy_readiness WHERE policy_domain = 'that.day.example'), '1331|220|130',
	'B4: the policy of that day, and of the domain or below it');
-- The policy now is that of the latest report, of a trusted one before others; what it asks for, and
-- the next step: none, quarantine, reject; the end of testing and of pct before it; sp after it.
SELECT pg_temp.report('now' || n || '.example', 'one.example', '2026-11-15', 'l', 'none')
FROM generate_series(1, 9) n;
SELECT pg_temp.report('now' || n || '.example', 'one.example', '2026-11-16', 'l', p, sp, t)
FROM (VALUES (1, 'none', NULL, NULL), (2, 'quarantine', NULL, NULL), (3, 'reject', NULL, NULL),
	(4, 'reject', 'none', NULL), (5, 'reject', 'quarantine', NULL), (6, 'reject', '', 'y'),
	(7, 'quarantine', 'reject', NULL), (8, NULL, NULL, NULL), (9, 'none', NULL, NULL)) x (n, p, sp, t);
SELECT pg_temp.report('now9.example', 'forged.example', '2026-11-16', 'u', 'reject');
UPDATE ruadb_data.report SET pct = 50
WHERE domain_id = pg_temp.domain('now7.example');
SELECT pg_temp.is((SELECT string_agg(concat_ws(' ', coalesce(policy, '?'), coalesce(policy_below, '?'),
	coalesce(next_step, '?')), ', ' ORDER BY policy_domain) FROM policy_readiness
	WHERE policy_domain LIKE 'now%'), 'none none p=quarantine, quarantine quarantine p=reject, '
	'reject reject none: p=reject holds, reject none sp=quarantine, reject quarantine sp=reject, '
	'none none end testing: take t=y away, quarantine reject take pct away, ? ? ?, '
	'none none p=quarantine', 'B4: the policy now and the next step');

-- A3: policy-readiness uses verified and local only, and prints the rest.
SELECT pg_temp.own('trust.example', 14, 3, 24, 'v');
SELECT pg_temp.rec(pg_temp.report('trust.example', 'forged.example', d, a), '192.0.2.1', 500)
FROM (VALUES ('2026-11-15'::date, 'u'), ('2026-11-16', 'f'), ('2026-11-17', 'u')) x (d, a);
SELECT pg_temp.is((SELECT concat_ws('|', own_messages, own_hit, untrusted_reports, untrusted_messages,
	verdict, substring(reason, '\+.*')) FROM policy_readiness WHERE policy_domain = 'trust.example'),
	'1008|0|2|1000|safe|+ 1000 messages in 2 unverified reports', 'A3: unverified reports beside it');
-- Of a domain that sends nothing there is no own mail to wait for.
SELECT pg_temp.more('parked.example', '203.0.113.1', 50);
SELECT pg_temp.is((SELECT concat_ws('|', verdict, coalesce(own_hit_percent::text, '?'), reason)
	FROM policy_readiness WHERE policy_domain = 'parked.example'), 'not enough data|?|no own mail in '
	'trusted reports: if this domain sends none, p=reject is right at once', 'B4: no own mail');
-- One row a policy domain; the class is of the organizational domain: the subdomain with a record of
-- its own sends little, from a source that is well known above it.
SELECT pg_temp.domain('shop.org.example', 'org.example');
SELECT pg_temp.own('org.example', 14, 3, 24);
SELECT pg_temp.more('shop.org.example', '192.0.2.9', 7);
SELECT pg_temp.is((SELECT string_agg(concat_ws(' ', policy_domain, own_messages, own_hit,
	own_hit_below), ', ' ORDER BY policy_domain) FROM policy_readiness
	WHERE organizational_domain = 'org.example'), 'org.example 1008 0 0, shop.org.example 7 7 0',
	'B4: per policy domain, by classes of the organizational domain');
-- Counts that no sum holds, as a stranger may send them, spoil neither the view nor other rows.
SELECT pg_temp.rec(pg_temp.report('huge.example', 'r' || r || '.example', '2026-11-16'),
	('192.0.' || n || '.1')::inet, 9223372036854775807, e)
FROM (VALUES (1, 2, 'ff'), (2, 2, 'ff'), (3, 2, 'pp'), (4, 3, 'pp')) x (r, n, e);
SELECT pg_temp.is((SELECT string_agg(concat_ws(' ', messages, class), ', ' ORDER BY source_group)
	FROM source_class WHERE organizational_domain = 'huge.example'),
	'4611686018427387903 misconfigured, 4611686018427387903 authorised', 'huge counts: classes');
SELECT pg_temp.is((SELECT own_hit_percent || ' ' || verdict FROM policy_readiness
	WHERE policy_domain = 'huge.example'), '50.00 not enough data', 'huge counts: readiness');
SELECT pg_temp.is((SELECT min(messages)::text FROM reporter_coverage
	WHERE organizational_domain = 'huge.example'), '4611686018427387903', 'huge counts: coverage');
-- The numbers are settings.
INSERT INTO ruadb_data.setting (tenant_id, name, value) VALUES (1, 'ready_days', 13);
SELECT pg_temp.is((SELECT verdict FROM policy_readiness WHERE policy_domain = 'days.example'), 'safe',
	'B4: the numbers are settings');
DELETE FROM ruadb_data.setting;
