-- E1 to E6 of the definitions as worked examples: each in an organizational domain of its own. Now is
-- Friday, 2026-11-20 12:00 UTC, so that the 16th is the last settled day (72 h). Deliveries go from
-- 192.0.2.1 at noon (t_def_impact_help.sql).

SET jit = off; -- as the program has it: with a partition a month, compiling takes longer than running

-- Reports by a reporter of a day: n messages of the stream. evaluated: as of pg_temp.rec.
CREATE FUNCTION pg_temp.said(domain text, reporter text, day date, n bigint,
	evaluated text DEFAULT 'pp', auth text DEFAULT 'l', reasons text DEFAULT NULL,
	ip inet DEFAULT '192.0.2.1') RETURNS void LANGUAGE sql AS $$
SELECT pg_temp.rec(pg_temp.report($1, $2, $3, $6), $8, $4, $5, $5,
	CASE WHEN $5 LIKE 'p%' THEN $1 || ':s' END, CASE WHEN $5 LIKE '_p' THEN $1 END, $7) $$;
-- What stream_words says about it, of all addresses at Proofpoint.
CREATE FUNCTION pg_temp.words(domain text, VARIADIC about text[]) RETURNS text LANGUAGE sql AS $$
SELECT coalesce(string_agg(w.words, ' | ' ORDER BY w.no), '-')
FROM stream_words(NULL, $1, 'proofpoint', NULL, NULL) w WHERE w.about = ANY ($2) $$;
CREATE FUNCTION pg_temp.scope(domain text) RETURNS text LANGUAGE sql AS $$
SELECT max(w.scope) FROM stream_words(NULL, $1, 'proofpoint', NULL, NULL) w $$;
-- "failing reason" of the stream from 192.0.2.1 in November.
CREATE FUNCTION pg_temp.failing(domain text) RETURNS text LANGUAGE sql AS $$
SELECT coalesce(a.failing::text, '-') || ' ' || a.reason
FROM stream_authentication('192.0.2.1', $1, '2026-11-01', '2026-11-30') a $$;
CREATE FUNCTION pg_temp.steps(domain text) RETURNS text LANGUAGE sql AS $$
SELECT string_agg(CASE WHEN n.headline THEN '*' ELSE '' END || n.rule, ', ' ORDER BY n.place)
FROM next_step('192.0.2.1', $1, 'proofpoint', NULL, NULL) n $$;

-- E1: the header From of the log, at the organizational domain; a report's policy domain likewise.
SELECT pg_temp.domain('news.e1.example', 'e1.example');
SELECT pg_temp.log_domain('news.e1.example', 'e1.example');
SELECT pg_temp.send('news.e1.example', 'proofpoint-enterprise', '2026-11-12', 3, 'later');
SELECT pg_temp.said('news.e1.example', 'google.com', '2026-11-12', 10);
SELECT pg_temp.is((SELECT organizational_domain || ' ' || affected FROM stream_impact(NULL,
	'e1.example', 'proofpoint', NULL, NULL)) || '; ' || pg_temp.words('e1.example', 'authentication'),
	'e1.example 3; authenticated at google (10 of 10); the deferring gateway sent no report',
	'E1: compared at the organizational domain');

-- E2: from 2 days before the first observation to 1 day after the last.
SELECT pg_temp.send('e2.example', 'proofpoint-enterprise', '2026-11-10', 2, 'later');
SELECT pg_temp.send('e2.example', 'proofpoint-enterprise', '2026-11-12', 2, 'later');
SELECT pg_temp.send('e2.example', 'proofpoint-enterprise', '2026-11-13', 2, 'accepted');
SELECT pg_temp.is((SELECT concat_ws(' ', first_day, last_day, window_begin, window_end, affected, tried)
	FROM stream_impact(NULL, 'e2.example', 'proofpoint', NULL, NULL)),
	'2026-11-10 2026-11-12 2026-11-08 2026-11-13 4 4', 'E2: the window');
SELECT pg_temp.is((SELECT concat_ws(' ', window_begin, window_end, affected) FROM
	stream_impact('192.0.2.1', 'e2.example', 'proofpoint', '2026-11-11', '2026-11-13')),
	'2026-11-10 2026-11-13 2', 'E2: of the days asked for');
INSERT INTO ruadb_data.setting (tenant_id, name, value) VALUES (1, 'window_before_days', 5);
SELECT pg_temp.is((SELECT window_begin::text FROM stream_impact(NULL, 'e2.example', 'proofpoint', NULL,
	NULL)), '2026-11-05', 'E2: setting window_before_days');
DELETE FROM ruadb_data.setting;
-- A report on the first day of the window is in, one of the day before is not; likewise at the end.
SELECT pg_temp.said('e2.example', 'google.com', d::date, n) FROM (VALUES ('2026-11-07', 1000),
	('2026-11-08', 1), ('2026-11-13', 2), ('2026-11-14', 1000)) v (d, n);
SELECT pg_temp.is(pg_temp.words('e2.example', 'authentication'), 'authenticated at google (3 of 3); the '
	'deferring gateway sent no report', 'E2: reports of the window only');

-- E3: the words. Receivers that accepted mail reported, the deferring gateway did not.
SELECT pg_temp.send('e3a.example', 'proofpoint-enterprise', '2026-11-12', 3, 'later');
SELECT pg_temp.said('e3a.example', 'google.com', '2026-11-12', 100);
SELECT pg_temp.said('e3a.example', 'Enterprise Outlook', '2026-11-12', 50);
SELECT pg_temp.is(pg_temp.words('e3a.example', 'authentication', 'defect', 'end'),
	'authenticated at google, microsoft (150 of 150); the deferring gateway sent no report | '
	'no authentication defect visible | Authentication evidence ends 2026-11-12, after the first '
	'deferral.', 'E3: the words');
SELECT pg_temp.is(pg_temp.scope('e3a.example'), 'other_receivers', 'E3: scope other_receivers');
-- The gateway's own family reported.
SELECT pg_temp.send('e3b.example', 'proofpoint-government', '2026-11-12', 3, 'later');
SELECT pg_temp.said('e3b.example', 'google.com', '2026-11-12', 100);
SELECT pg_temp.said('e3b.example', 'Proofpoint', '2026-11-12', 20);
SELECT pg_temp.is(pg_temp.words('e3b.example', 'authentication') || ' ' || pg_temp.scope('e3b.example'),
	'authenticated at google, proofpoint (120 of 120) same_family', 'E3: scope same_family');
-- It reported, but nothing of this stream.
SELECT pg_temp.send('e3c.example', 'proofpoint-enterprise', '2026-11-12', 3, 'later');
SELECT pg_temp.said('e3c.example', 'google.com', '2026-11-12', 100);
SELECT pg_temp.said('e3c.example', 'Proofpoint', '2026-11-12', 20, ip => '203.0.113.66');
SELECT pg_temp.is(pg_temp.words('e3c.example', 'authentication') || ' ' || pg_temp.scope('e3c.example'),
	'authenticated at google (100 of 100); the deferring gateway reported no mail of this stream '
	'other_receivers', 'E3: reports of others'' mail are no evidence of this stream');
-- None: not measured, never pass.
SELECT pg_temp.send('e3d.example', 'proofpoint-enterprise', '2026-11-12', 3, 'later');
SELECT pg_temp.is(pg_temp.words('e3d.example', 'authentication', 'defect', 'end') || ' '
	|| pg_temp.scope('e3d.example'), 'not measured: no settled, verified report of 2026-11-10 to '
	'2026-11-13 has mail of this stream none', 'E3: no report at all');
-- All unknown is not measured either.
SELECT pg_temp.send('e3u.example', 'proofpoint-enterprise', '2026-11-12', 3, 'later');
SELECT pg_temp.said('e3u.example', 'google.com', '2026-11-12', 100, '--');
SELECT pg_temp.is(split_part(pg_temp.words('e3u.example', 'authentication', 'defect'), ':', 1) || ' '
	|| pg_temp.scope('e3u.example'), 'not measured none', 'E3: unknown is not measured');
-- Evidence that ends the day before the first deferral; and on its day.
SELECT pg_temp.send('e3e.example', 'proofpoint-enterprise', '2026-11-12', 3, 'later');
SELECT pg_temp.said('e3e.example', 'google.com', '2026-11-11', 100);
SELECT pg_temp.is(pg_temp.words('e3e.example', 'end'),
	'Authentication evidence ends 2026-11-11, before the first deferral.', 'E3: ends before');
-- Where it fails is said beside where it passes, each family by itself.
SELECT pg_temp.send('e3f.example', 'proofpoint-enterprise', '2026-11-12', 3, 'later');
SELECT pg_temp.said('e3f.example', 'google.com', '2026-11-12', 100);
SELECT pg_temp.said('e3f.example', 'mimecast.com', '2026-11-12', 7, 'ff');
SELECT pg_temp.said('e3f.example', 'mimecast.com', '2026-11-12', 3, 'pf');
SELECT pg_temp.is(pg_temp.words('e3f.example', 'authentication', 'defect'),
	'authenticated at google (100 of 100); not authenticated at mimecast (3 of 10); the deferring '
	'gateway sent no report | authentication is failing: 103 of 110 messages pass (93.6%), less than '
	'98%', 'E3: where it passes and where it does not');
-- A3: reports that nobody vouches for are in no word but their own.
SELECT pg_temp.send('e3v.example', 'proofpoint-enterprise', '2026-11-12', 3, 'later');
SELECT pg_temp.said('e3v.example', 'google.com', '2026-11-12', 100, auth => 'v');
SELECT pg_temp.said('e3v.example', 'yahoo', '2026-11-12', 6, 'ff', auth => 'u');
SELECT pg_temp.said('e3v.example', 'aol', '2026-11-12', 1, 'ff', auth => 'f');
SELECT pg_temp.is(pg_temp.words('e3v.example', 'authentication', 'defect', 'unverified'),
	'authenticated at google (100 of 100); the deferring gateway sent no report | no authentication '
	'defect visible | + 7 messages in 2 unverified reports', 'A3: + n messages in m unverified reports');
-- A6: days that are not settled are in no verdict.
SELECT pg_temp.send('e3s.example', 'proofpoint-enterprise', '2026-11-16', 3, 'later');
SELECT pg_temp.said('e3s.example', 'google.com', '2026-11-16', 100);
SELECT pg_temp.said('e3s.example', 'google.com', '2026-11-17', 40, 'ff');
SELECT pg_temp.is(pg_temp.words('e3s.example', 'authentication', 'defect', 'not settled'),
	'authenticated at google (100 of 100); the deferring gateway sent no report | no authentication '
	'defect visible | 40 messages of days that are not settled are in no figure', 'A6: settled days');
-- Without deferrals there is nothing to say.
SELECT pg_temp.send('e3n.example', 'proofpoint-enterprise', '2026-11-12', 3, 'accepted');
SELECT pg_temp.is(pg_temp.words('e3n.example', 'authentication') || coalesce(pg_temp.steps('e3n.example'),
	'-'), '--', 'E3, E6: no deferral, no words and no step');

-- reporter_family is data: shipped patterns have the families of gateways; a user's come first.
SELECT pg_temp.is((SELECT string_agg(DISTINCT f.family, ' ') FROM unnest('{google.com,Enterprise
	Outlook,Outlook.com,Yahoo,Proofpoint,Proofpoint Essentials,Mimecast,Cisco,Barracuda,TrendMicro,
	Trend Micro,Sophos,Hornetsecurity,SpamExperts,Fortinet,Cloudflare,Trellix}'::text[]) r
	CROSS JOIN LATERAL (SELECT x.family FROM reporter_family x WHERE lower(regexp_replace(r, '\s+', ' ',
	'g')) LIKE x.pattern ORDER BY length(x.pattern) DESC LIMIT 1) f),
	'barracuda cisco cloudflare fortinet google hornetsecurity microsoft mimecast proofpoint '
	'proofpoint-essentials sophos spamexperts trellix trendmicro yahoo', 'E3: reporter_family');
INSERT INTO ruadb_data.reporter_family VALUES (1, 'google.com', 'proofpoint');
SELECT pg_temp.is(pg_temp.scope('e3a.example'), 'same_family', 'E3: a pattern of the user');
DELETE FROM ruadb_data.reporter_family;

-- E4: within 20% agrees; both sides of each end.
SELECT pg_temp.is((SELECT string_agg(ruadb_data.volume_words(r, l), ', ' ORDER BY no) FROM (VALUES
	(1, 100, 100), (2, 120, 100), (3, 121, 100), (4, 80, 100), (5, 79, 100), (6, 5, 0), (7, 0, 5),
	(8, 0, 0), (9, NULL, 5)) v (no, r, l)),
	'agrees, agrees, reports higher: forwarding or somebody else, agrees, reports lower: partial '
	'coverage, reports higher: forwarding or somebody else, reports lower: partial coverage, not '
	'comparable, not comparable', 'E4: volumes in words');
-- Logs: 100 accepted at Google, 50 at Microsoft (no report), 30 handed to a relay; reports: 118.
SELECT pg_temp.send('e4.example', 'proofpoint-enterprise', '2026-11-12', 3, 'later');
SELECT pg_temp.send('e4.example', 'google', '2026-11-12', 100, 'accepted');
SELECT pg_temp.send('e4.example', 'microsoft-365', '2026-11-12', 50, 'accepted');
SELECT pg_temp.send('e4.example', 'google', '2026-11-12', 30, 'accepted', first => 500,
	o => '{"handed_on": true}');
SELECT pg_temp.send('e4.example', 'google', '2026-11-12', 7, 'bounced', first => 900);
SELECT pg_temp.said('e4.example', 'google.com', '2026-11-12', 118);
CREATE FUNCTION pg_temp.volumes(domain text, first date, last date) RETURNS text LANGUAGE sql AS $$
SELECT string_agg(concat_ws(' ', f.family, f.messages, f.accepted, f.volume), ', ' ORDER BY f.family)
FROM stream_family('192.0.2.1', $1, $2, $3) f $$;
SELECT pg_temp.is(pg_temp.volumes('e4.example', '2026-11-10', '2026-11-13'),
	'google 118 100 agrees, microsoft 0 50 not comparable, proofpoint 0 3 not comparable',
	'E4: direct deliveries that were accepted, by family with a report');
SELECT pg_temp.said('e4.example', 'google.com', '2026-11-13', 10);
SELECT pg_temp.is(pg_temp.volumes('e4.example', '2026-11-10', '2026-11-13'), 'google 128 100 reports '
	'higher: forwarding or somebody else, microsoft 0 50 not comparable, proofpoint 0 3 not comparable',
	'E4: reports higher');
-- Settled days on both sides: of 16 and 17 November only the 16th.
SELECT pg_temp.send('e4s.example', 'google', d::date, 50, 'accepted')
FROM unnest('{2026-11-16,2026-11-17}'::date[]) d;
SELECT pg_temp.said('e4s.example', 'google.com', '2026-11-16', 50);
SELECT pg_temp.said('e4s.example', 'google.com', '2026-11-17', 1);
SELECT pg_temp.is(pg_temp.volumes('e4s.example', '2026-11-14', '2026-11-18'), 'google 50 100 agrees',
	'E4: settled days only, on both sides');
-- A window without a settled day compares nothing.
SELECT pg_temp.is(pg_temp.volumes('e4s.example', '2026-11-17', '2026-11-18'), 'google 0 50 not comparable',
	'E4: no settled day');
-- Computed, it is the same.
SELECT pg_temp.refresh();
SELECT pg_temp.is(pg_temp.volumes('e4s.example', '2026-11-14', '2026-11-18'), 'google 50 100 agrees',
	'E4: from computed cohorts');

-- E5: not ours, only if the logs cover every declared stream in the window.
CREATE FUNCTION pg_temp.complete() RETURNS text LANGUAGE sql AS $$
SELECT complete || coalesce(' ' || reason, '') FROM logs_complete('2026-11-01', '2026-11-16') $$;
DELETE FROM ruadb_data.log_source;
SELECT pg_temp.is(pg_temp.complete(), 'false no [source] is declared', 'E5: nothing declared');
INSERT INTO ruadb_data.log_source (tenant_id, name, hosts, complete) VALUES (1, 'mx', '{mx1}', false);
UPDATE ruadb_data.log_host SET source = 'mx' WHERE host_id = 1;
SELECT pg_temp.is(pg_temp.complete(), 'false mx: not declared complete', 'E5: not declared complete');
UPDATE ruadb_data.log_source SET complete = true;
SELECT pg_temp.is(pg_temp.complete(), 'true', 'E5: complete');
INSERT INTO ruadb_data.log_source (tenant_id, name, hosts, complete) VALUES (1, 'news', '{n1,n2}', true);
SELECT pg_temp.is(pg_temp.complete(), 'false news: no log of it was read', 'E5: every declared stream');
SELECT pg_temp.host(5, 'n1', source => 'news', oldest => '2026-11-02Z');
SELECT pg_temp.is(pg_temp.complete(), 'false news: its logs do not reach from 2026-11-01 to 2026-11-16',
	'E5: in the window');
UPDATE ruadb_data.log_host SET oldest_at = '2026-11-01Z' WHERE host_id = 5;
SELECT pg_temp.is(pg_temp.complete(), 'false news: logs of 1 of its 2 hosts', 'E5: all of its hosts');

-- E6: failing is less than 98% of at least 100.
SELECT pg_temp.said('e6a.example', 'google.com', '2026-11-12', 98);
SELECT pg_temp.said('e6a.example', 'google.com', '2026-11-12', 2, 'ff');
SELECT pg_temp.is(pg_temp.failing('e6a.example'), 'false 98 of 100 messages pass (98.0%)', 'E6: 98% is enough');
SELECT pg_temp.said('e6b.example', 'google.com', '2026-11-12', 9799);
SELECT pg_temp.said('e6b.example', 'google.com', '2026-11-12', 201, 'ff');
SELECT pg_temp.is(pg_temp.failing('e6b.example'),
	'true 9799 of 10000 messages pass (97.9%), less than 98%', 'E6: 97.99% is not');
SELECT pg_temp.said('e6c.example', 'google.com', '2026-11-12', 96);
SELECT pg_temp.said('e6c.example', 'google.com', '2026-11-12', 3, 'ff');
SELECT pg_temp.is(pg_temp.failing('e6c.example'), 'false 96 of 99 messages pass (96.9%)',
	'E6: of 99 messages nothing is said');
-- Or a day with less than 90%.
SELECT pg_temp.said('e6d.example', 'google.com', '2026-11-11', 5000);
SELECT pg_temp.said('e6d.example', 'google.com', '2026-11-12', 90);
SELECT pg_temp.said('e6d.example', 'google.com', '2026-11-12', 10, 'ff');
SELECT pg_temp.is(pg_temp.failing('e6d.example'), 'false 5090 of 5100 messages pass (99.8%)',
	'E6: a day with 90%');
SELECT pg_temp.said('e6e.example', 'google.com', '2026-11-11', 5000);
SELECT pg_temp.said('e6e.example', 'google.com', '2026-11-12', 89);
SELECT pg_temp.said('e6e.example', 'google.com', '2026-11-12', 11, 'ff');
SELECT pg_temp.is(pg_temp.failing('e6e.example'),
	'true 89 of 100 messages pass on 2026-11-12 (89.0%), less than 90%', 'E6: a day with 89%');
-- Forwarders excluded; unknown is neither.
SELECT pg_temp.said('e6f.example', 'google.com', '2026-11-12', 100);
SELECT pg_temp.said('e6f.example', 'google.com', '2026-11-12', 50, 'ff', reasons => 'mailing_list');
SELECT pg_temp.said('e6f.example', 'google.com', '2026-11-12', 50, '--');
SELECT pg_temp.is(pg_temp.failing('e6f.example') || (SELECT concat_ws(' ', '', forwarded, unknown)
	FROM stream_authentication('192.0.2.1', 'e6f.example', '2026-11-01', '2026-11-30')),
	'false 100 of 100 messages pass (100.0%) 50 50', 'E6: forwarders excluded, unknown apart');
-- The case's own IP and domain.
SELECT pg_temp.said('e6g.example', 'google.com', '2026-11-12', 100);
SELECT pg_temp.said('e6g.example', 'google.com', '2026-11-12', 900, 'ff', ip => '192.0.2.2');
SELECT pg_temp.is(pg_temp.failing('e6g.example'), 'false 100 of 100 messages pass (100.0%)',
	'E6: of the own address');
-- Settled days; n = 0 is not measured.
SELECT pg_temp.said('e6h.example', 'google.com', '2026-11-17', 100, 'ff');
SELECT pg_temp.is(pg_temp.failing('e6h.example'), '- not measured', 'E6: not settled: not measured, never pass');
SELECT pg_temp.said('e6i.example', 'google.com', '2026-11-12', 100, 'ff', auth => 'u');
SELECT pg_temp.is(pg_temp.failing('e6i.example'), '- not measured', 'E6: unverified: not measured');
INSERT INTO ruadb_data.setting (tenant_id, name, value) VALUES (1, 'failing_percent', 99);
SELECT pg_temp.is(left(pg_temp.failing('e6a.example'), 5), 'true ', 'E6: setting failing_percent');
DELETE FROM ruadb_data.setting;

-- E6: every rule that applies, the headline by precedence: all combinations of the four.
CREATE FUNCTION pg_temp.look(domain text, value text, at timestamptz DEFAULT '2026-11-20 10:00Z')
	RETURNS void LANGUAGE sql AS $$
INSERT INTO ruadb_data.lookup (tenant_id, kind, domain, list, value, checker, checked_at)
VALUES (1, 'blocklist', $1, 'list-' || $2, $2, 'Ann', $3) $$;
SELECT pg_temp.send(format('e6-%s%s%s%s.example', a, l, f, c), 'proofpoint-enterprise', '2026-11-12', 3,
		'later', CASE WHEN f = 1 THEN 'badreputation' ELSE 'undefined' END),
	pg_temp.said(format('e6-%s%s%s%s.example', a, l, f, c), 'google.com', '2026-11-12', 100,
		CASE WHEN a = 1 THEN 'ff' ELSE 'pp' END)
FROM generate_series(0, 1) a, generate_series(0, 1) l, generate_series(0, 1) f, generate_series(0, 1) c;
SELECT pg_temp.look(format('e6-%s1%s%s.example', a, f, c), 'listed')
FROM generate_series(0, 1) a, generate_series(0, 1) f, generate_series(0, 1) c;
SELECT pg_temp.look(format('e6-%s%s%s1.example', a, l, f), 'clean')
FROM generate_series(0, 1) a, generate_series(0, 1) l, generate_series(0, 1) f;
-- A failure that no reply goes with (a connection that was lost) is no 421.
UPDATE ruadb_data.reply_template SET smtp_code = NULL WHERE category = 'undefined';
SELECT pg_temp.is((SELECT string_agg(concat(a, l, f, c, ' ', pg_temp.steps(format('e6-%s%s%s%s.example',
		a, l, f, c))), '; ' ORDER BY a, l, f, c)
	FROM generate_series(0, 1) a, generate_series(0, 1) l, generate_series(0, 1) f,
		generate_series(0, 1) c),
	'0000 ; 0001 *clean lookup; 0010 *421 deferral; 0011 *421 deferral, clean lookup; '
	'0100 *public listing; 0101 *public listing, clean lookup; 0110 *public listing, 421 deferral; '
	'0111 *public listing, 421 deferral, clean lookup; 1000 *authentication failing; '
	'1001 *authentication failing, clean lookup; 1010 *authentication failing, 421 deferral; '
	'1011 *authentication failing, 421 deferral, clean lookup; '
	'1100 *authentication failing, public listing; '
	'1101 *authentication failing, public listing, clean lookup; '
	'1110 *authentication failing, public listing, 421 deferral; '
	'1111 *authentication failing, public listing, 421 deferral, clean lookup',
	'E6: every rule that applies, and the headline');
SELECT pg_temp.is((SELECT string_agg(n.step, ' | ' ORDER BY n.place) FROM next_step(NULL,
	'e6-1111.example', 'proofpoint', NULL, NULL) n), 'fix DNS first | remediate first: delisting | '
	'track outcomes | gather retry proof, do not resubmit the same address', 'E6: what to do');
-- The last lookup counts; one older than 24 h is stale and says so.
SELECT pg_temp.look('e6-0100.example', 'listed', '2026-11-19 11:59Z');
UPDATE ruadb_data.lookup SET list = 'one' WHERE domain = 'e6-0100.example';
UPDATE ruadb_data.lookup SET value = 'clean' WHERE domain = 'e6-0100.example'
	AND checked_at > '2026-11-20Z';
SELECT pg_temp.is(pg_temp.steps('e6-0100.example'), '*clean lookup', 'E6: the last lookup of a list counts');
DELETE FROM ruadb_data.lookup WHERE domain = 'e6-0100.example' AND checked_at > '2026-11-20Z';
SELECT pg_temp.is((SELECT n.reason FROM next_step(NULL, 'e6-0100.example', 'proofpoint', NULL, NULL) n
	WHERE n.headline), 'e6-0100.example listed at one, Ann, 2026-11-19 11:59 UTC (stale: look again)',
	'E6: a lookup older than 24 h is stale');
-- Not measured is said, and is no pass.
SELECT pg_temp.send('e6n.example', 'proofpoint-enterprise', '2026-11-12', 3, 'later');
SELECT pg_temp.is(pg_temp.steps('e6n.example'), '*421 deferral, authentication not measured',
	'E6: n = 0: not measured');
-- C9: a 554 in the greeting: the queue defers, the category is blocked: lookup and delisting.
SELECT pg_temp.send('c9.example', 'proofpoint-enterprise', '2026-11-12', 3, 'later', 'blocked');
SELECT pg_temp.said('c9.example', 'google.com', '2026-11-12', 100);
UPDATE ruadb_data.reply_template SET smtp_code = 554 WHERE category = 'blocked';
SELECT pg_temp.is((SELECT concat_ws('|', n.rule, n.step, n.reason) FROM next_step(NULL, 'c9.example',
	'proofpoint', NULL, NULL) n), 'blocked|look the address up, and ask for delisting if it is listed|'
	'3 deliveries were deferred by a reply that blocks (554): the queue tries again, the gateway has '
	'refused', 'C9: deferred by a 554: lookup and delisting');

-- Messages for a ticket: as many recipient domains as there are, outcomes mixed, the same each time.
SELECT pg_temp.send('pick.example', 'proofpoint-enterprise', '2026-11-12', 1, what, first => first,
	o => jsonb_build_object('message_id', format('<%s@pick.example>', n), 'recipient_domain',
		format('r%s.proofpoint-enterprise.example', d)))
FROM (VALUES (1, 'later', 0), (2, 'later', 0), (3, 'later', 1), (4, 'expired', 1), (5, 'later', 2),
	(6, 'later', 3), (7, 'later', 4), (8, 'later', 5), (9, 'later', 5)) v (n, what, d),
	LATERAL (SELECT n) x (first);
CREATE FUNCTION pg_temp.picked(at_most bigint) RETURNS text LANGUAGE sql AS $$
SELECT count(*) || ' ' || count(DISTINCT s.recipient_domain) || ' ' || string_agg(DISTINCT s.state, ','
	ORDER BY s.state) FROM stream_sample(NULL, 'pick.example', 'proofpoint', NULL, NULL, $1) s $$;
SELECT pg_temp.is(pg_temp.picked(5), '5 5 accepted_later,expired',
	'five messages of five domains, one of them the only one that expired');
SELECT pg_temp.is(pg_temp.picked(6) || '; ' || pg_temp.picked(7) || '; ' || pg_temp.picked(100),
	'6 6 accepted_later,expired; 7 6 accepted_later,expired; 9 6 accepted_later,expired',
	'more: each domain before one comes again, and no message twice');
SELECT pg_temp.is((SELECT string_agg(s.message_id, ' ' ORDER BY s.no) FROM stream_sample(NULL,
	'pick.example', 'proofpoint', NULL, NULL, 5) s), (SELECT string_agg(s.message_id, ' '
	ORDER BY s.no) FROM stream_sample('192.0.2.1', 'pick.example', 'proofpoint-enterprise', NULL, NULL,
	5) s), 'the same messages each time');

-- C5, C7: no share is said where there is none to give.
SELECT pg_temp.host(7, 'deferred-only.example.net', accepted => 0);
SELECT pg_temp.send('c5.example', 'proofpoint-enterprise', '2026-11-12', 3, 'pending',
	o => '{"host_id": 7, "service_id": 7}');
SELECT pg_temp.is((SELECT concat_ws('|', affected, coalesce(share_tried, -1), no_share) FROM
	stream_impact(NULL, 'c5.example', 'proofpoint', NULL, NULL)),
	'3|-1|no accepted delivery in the logs of these days: counts, no share', 'C5: counts, no share');
INSERT INTO ruadb_data.reply_ip_day VALUES (1, 1, '2026-11-12', '203.0.113.99');
SELECT pg_temp.is((SELECT no_share FROM stream_impact('203.0.113.99', 'c5.example', 'proofpoint', NULL,
	NULL)), 'no denominator for this IP: only replies name it', 'C7: no denominator for this IP');

-- stream_evidence: all of it in one row, of the window.
SELECT pg_temp.is((SELECT concat_ws('|', organizational_domain, window_begin, window_end, messages, pass,
	failing, accepted, tried, affected, top_reply, top_reply_deliveries, jsonb_array_length(families))
	FROM ruadb.stream_evidence WHERE organizational_domain = 'e4.example'),
	'e4.example|2026-11-10|2026-11-13|128|128|f|153|160|3|421 4.7.0 put off|3|3',
	'stream_evidence: one row a stream');

-- What a refresh keeps of our addresses says the same as the records, and what comes later is seen.
CREATE TEMP TABLE before AS SELECT organizational_domain, messages, pass, fail, unverified_messages
	FROM ruadb.stream_evidence;
SELECT ruadb_data.refresh_stream_sources();
CREATE FUNCTION pg_temp.rolled() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	FOR i IN 0 .. ruadb_data.refresh_plan(1000000) - 1 LOOP
		PERFORM ruadb_data.refresh_days(i);
	END LOOP;
END $$;
SELECT pg_temp.rolled();
SELECT pg_temp.is((SELECT count(*)::text FROM (TABLE before EXCEPT SELECT organizational_domain, messages,
	pass, fail, unverified_messages FROM ruadb.stream_evidence) x) || ' ' || (SELECT count(*) > 0
	FROM ruadb_data.stream_record) || ' ' || (SELECT count(*) FROM ruadb_data.live_day
	WHERE unsettled IS NULL), '0 true 0', 'stream_record says what the records say');
SELECT pg_temp.said('e4.example', 'yahoo', '2026-11-12', 4);
SELECT pg_temp.is((SELECT messages::text FROM stream_evidence('192.0.2.1', 'e4.example', '2026-11-10',
	'2026-11-13')), '132', 'and what comes after it');
SELECT pg_temp.rolled();
SELECT pg_temp.is((SELECT messages::text FROM stream_evidence('192.0.2.1', 'e4.example', '2026-11-10',
	'2026-11-13')), '132', 'once it is rolled up, too');
UPDATE ruadb_data.report SET reporter_auth = 'u' WHERE reporter_id = hashtext('yahoo')
	AND domain_id = hashtext('e4.example');
SELECT pg_temp.is((SELECT messages || ' ' || unverified_messages FROM stream_evidence('192.0.2.1',
	'e4.example', '2026-11-10', '2026-11-13')), '128 4', 'who vouches for it is asked of the report');

-- Two tenants.
SET ruadb.tenant_id = 2;
SELECT pg_temp.is((SELECT count(*)::text FROM stream_words(NULL, 'e3a.example', 'proofpoint', NULL, NULL))
	|| (SELECT count(*) FROM ruadb.stream_evidence) || (SELECT messages FROM
	stream_authentication('192.0.2.1', 'e4.example', '2026-11-01', '2026-11-30')), '000',
	'another tenant sees nothing of it');
RESET ruadb.tenant_id;
