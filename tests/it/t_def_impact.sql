-- D1 to D7 and C5 of the definitions as worked examples. Now is 2026-11-20 12:00 UTC.

-- D3: the bands of the guide, in integers.
SELECT pg_temp.is((SELECT string_agg(coalesce(severity_by_share(a, n), '-'), ', ' ORDER BY no)
	FROM (VALUES (1, 499, 10000), (2, 4999, 100000), (3, 5, 100), (4, 15, 100), (5, 1501, 10000),
		(6, 0, 100), (7, 0, 0), (8, 1, 1), (9, 151, 1000), (10, 150, 1000)) v (no, a, n)),
	'watch, watch, investigate, investigate, escalate, watch, -, escalate, escalate, investigate',
	'D3: 4.99, 4.999, 5, 15 and 15.01%, none of 100, none tried');
SELECT pg_temp.is(coalesce(severity_by_share(NULL, NULL), '-'), '-', 'D3: nothing known');
-- By outcome: 5 recipients and 1%; median of retries 3; 90th percentile of 4 h; half of a campaign.
SELECT pg_temp.is((SELECT string_agg(coalesce(severity_by_outcome(lost, n, retries, time::interval,
	half), '-'), ', ' ORDER BY no) FROM (VALUES (1, 5, 500, 0, '0', false), (2, 5, 501, 0, '0', false),
		(3, 4, 10, 0, '0', false), (4, 0, 10, 3, '0', false), (5, 0, 10, 2, '0', false),
		(6, 0, 10, 0, '4 h', false), (7, 0, 10, 0, '3:59:59', false), (8, 0, 10, 0, '0', true),
		(9, 0, 0, 9, '9 h', true), (10, 5, 500, 9, '9 h', true), (11, 0, 10, NULL, NULL, NULL))
		v (no, lost, n, retries, time, half)), 'escalate, watch, watch, investigate, watch, '
	'investigate, watch, investigate, -, escalate, watch', 'D3: by outcome, at each edge');
SELECT pg_temp.is((SELECT string_agg(coalesce(worse_severity(a, b), '-'), ', ' ORDER BY no)
	FROM (VALUES (1, 'watch', 'escalate'), (2, 'investigate', 'watch'), (3, 'watch', 'watch'),
		(4, NULL, 'watch'), (5, NULL, NULL)) v (no, a, b)), 'escalate, investigate, watch, watch, -',
	'D3: the worse of two');

-- D3 from deliveries: severity, and which decided.
SELECT pg_temp.send('d3a.example', 'mimecast', '2026-11-10', 81, 'accepted', first => 20);
SELECT pg_temp.send('d3a.example', 'mimecast', '2026-11-10', 19, 'later');
SELECT pg_temp.is(pg_temp.impact('d3a.example', 'mimecast', 'severity', 'decided_by',
	'severity_by_share', 'severity_by_outcome', 'affected', 'tried', 'affected_percent'),
	'escalate|share|escalate|watch|19|100|19.00', 'D3: the share decides');
SELECT pg_temp.send('d3b.example', 'mimecast', '2026-11-10', 995, 'accepted', first => 20);
SELECT pg_temp.send('d3b.example', 'mimecast', '2026-11-10', 5, 'expired');
SELECT pg_temp.is(pg_temp.impact('d3b.example', 'mimecast', 'severity', 'decided_by',
	'severity_by_share', 'not_delivered'), 'watch|both|watch|5',
	'D3: 5 of 1000 that expired are no 1%');
SELECT pg_temp.send('d3c.example', 'mimecast', '2026-11-10', 495, 'accepted', first => 20);
SELECT pg_temp.send('d3c.example', 'mimecast', '2026-11-10', 3, 'expired');
SELECT pg_temp.send('d3c.example', 'mimecast', '2026-11-10', 2, 'bounced', 'blocked', 2, 10);
SELECT pg_temp.is(pg_temp.impact('d3c.example', 'mimecast', 'severity', 'decided_by',
	'severity_by_share', 'not_delivered', 'affected_expired', 'affected_bounced'),
	'escalate|outcome|watch|5|3|2', 'D3: 5 of 500 that expired or bounced after deferral are');
-- A bounce without a deferral is none of it, nor one after greylisting.
SELECT pg_temp.send('d3d.example', 'mimecast', '2026-11-10', 50, 'bounced', first => 1);
SELECT pg_temp.send('d3d.example', 'mimecast', '2026-11-10', 50, 'bounced', 'greylisted', 2, 51);
SELECT pg_temp.is(pg_temp.impact('d3d.example', 'mimecast', 'severity', 'not_delivered', 'affected',
	'temporary_failure', 'tried'), 'watch|0|0|50|100', 'D3: only affected recipients count as not delivered');
-- Medians come out of histograms: 49 of 100 with 2 retries or less is a median of 3.
SELECT pg_temp.send('d3e.example', 'mimecast', '2026-11-10', 49, 'later', retries => 2);
SELECT pg_temp.send('d3e.example', 'mimecast', '2026-11-10', 51, 'later', retries => 3, first => 50);
SELECT pg_temp.is(pg_temp.impact('d3e.example', 'mimecast', 'retries_median', 'retries_p90',
	'severity_by_outcome', 'deferral_median', 'deferral_p90'), '3|3|investigate|01:30:00|01:30:00',
	'D3: a median of 3 retries');
SELECT pg_temp.send('d3f.example', 'mimecast', '2026-11-10', 50, 'later', retries => 2);
SELECT pg_temp.send('d3f.example', 'mimecast', '2026-11-10', 50, 'later', retries => 3, first => 51);
SELECT pg_temp.is(pg_temp.impact('d3f.example', 'mimecast', 'retries_median', 'severity_by_outcome'),
	'2|watch', 'D3: half of them with 2 is a median of 2');
-- 90th percentile: 11 of 100 at 4 h or more; 10 of 100 are not enough; a second less is not 4 h.
SELECT pg_temp.send('d3' || n || '.example', 'mimecast', '2026-11-10', 100 - many, 'later'),
	pg_temp.send('d3' || n || '.example', 'mimecast', '2026-11-10', many, 'later', first => 200,
		o => jsonb_build_object('ends', ends))
FROM (VALUES ('g', 11, '2026-11-10 16:00Z'), ('h', 10, '2026-11-10 16:00Z'),
	('i', 11, '2026-11-10 15:59:59Z')) v (n, many, ends);
SELECT pg_temp.is((SELECT string_agg(pg_temp.impact('d3' || n || '.example', 'mimecast', 'deferral_p90',
	'severity_by_outcome'), ', ' ORDER BY n) FROM unnest('{g,h,i}'::text[]) n), '04:00:00|investigate, '
	'00:30:00|watch, 03:00:00|watch', 'D3: a 90th percentile of 4 h, at its edge');
-- Half of a campaign: of all its recipients, at this gateway; not of a small one.
SELECT pg_temp.send('d3j.example', 'mimecast', '2026-11-10', 20, 'later', o => '{"campaign": "half"}'),
	pg_temp.send('d3j.example', 'google', '2026-11-10', 20, 'accepted', o => '{"campaign": "half"}'),
	pg_temp.send('d3j.example', 'mimecast', '2026-11-10', 500, 'accepted', first => 1000),
	pg_temp.send('d3k.example', 'mimecast', '2026-11-10', 20, 'later', o => '{"campaign": "less"}'),
	pg_temp.send('d3k.example', 'google', '2026-11-10', 21, 'accepted', o => '{"campaign": "less"}'),
	pg_temp.send('d3k.example', 'mimecast', '2026-11-10', 500, 'accepted', first => 1000),
	pg_temp.send('d3l.example', 'mimecast', '2026-11-10', 29, 'later', o => '{"campaign": "small"}'),
	pg_temp.send('d3l.example', 'mimecast', '2026-11-10', 700, 'accepted', first => 1000);
SELECT pg_temp.is((SELECT string_agg(pg_temp.impact('d3' || n || '.example', 'mimecast',
	'severity_by_share', 'severity_by_outcome', 'half_campaign'), ', ' ORDER BY n)
	FROM unnest('{j,k,l}'::text[]) n), 'watch|investigate|half, watch|watch|-, watch|watch|-',
	'D3: half of a campaign affected there');
SELECT pg_temp.is((SELECT concat_ws('|', tried, tried_everywhere, affected) FROM gateway_impact(NULL,
	NULL, 'd3j.example', NULL, 'mimecast', 'half')), '20|40|20',
	'D2: of a campaign: x of n at the gateway, x of N of all its recipients');
SELECT pg_temp.is((SELECT concat_ws('|', tried, tried_everywhere, affected) FROM gateway_impact(NULL,
	NULL, 'd3j.example', NULL, 'mimecast', NULL)), '520|540|20', 'D2: and of all mail');

-- D2: which categories make a recipient affected. The others stand in a second column.
SELECT pg_temp.send('d2.example', 'mimecast', '2026-11-10', 1, 'later', c, first => no::int)
FROM unnest('{badreputation,blocked,speeding,toomanyconn,undefined,greylisted,addressverification,
	userunknown,mailboxfull,networkerror,systemfull,policyviolation}'::text[])
	WITH ORDINALITY u (c, no);
SELECT pg_temp.is((SELECT string_agg(category, ' ' ORDER BY delivery_id) FROM delivery
	WHERE domain = 'd2.example' AND affected), 'badreputation blocked speeding toomanyconn undefined',
	'D2: which categories count');
SELECT pg_temp.is(pg_temp.impact('d2.example', 'mimecast', 'affected', 'temporary_failure', 'tried'),
	'5|12|12', 'D2: any temporary failure is a second column');
SELECT pg_temp.is((SELECT count(*) FROM category WHERE affecting IS DISTINCT FROM is_affecting(word))
	|| ' ' || (SELECT count(*) FROM category WHERE affecting), '0 5', 'D2: as view category has them');
-- A failure without any text is undefined. Several of a recipient: one that counts is enough.
SELECT pg_temp.send('d2b.example', 'mimecast', '2026-11-10', 1, 'later', o => '{"deferred_templates": null}');
SELECT pg_temp.send('d2b.example', 'mimecast', '2026-11-10', 1, 'later', 'greylisted', first => 2,
	o => jsonb_build_object('deferred_templates', ARRAY[pg_temp.reply('greylisted'),
	pg_temp.reply('speeding')]));
SELECT pg_temp.is(pg_temp.impact('d2b.example', 'mimecast', 'affected', 'tried'), '2|2',
	'D2: no text is undefined; one reply of several is enough');
-- Suspended lines inherit what they quote: affected, not directly deferred.
SELECT pg_temp.send('d2c.example', 'mimecast', '2026-11-10', 1, 'accepted', first => no::int,
	o => jsonb_build_object('suspended', 2, 'suspended_templates', ARRAY[pg_temp.reply(c)],
		'first_deferred_at', '2026-11-10 12:00Z'))
FROM unnest('{badreputation,greylisted}'::text[]) WITH ORDINALITY u (c, no);
SELECT pg_temp.send('d2c.example', 'mimecast', '2026-11-10', 1, 'later', first => 3);
SELECT pg_temp.is(pg_temp.impact('d2c.example', 'mimecast', 'affected', 'directly_deferred',
	'temporary_failure', 'tried', 'affected_accepted'), '2|1|3|3|2',
	'D2: suspended lines make affected, not directly deferred');
-- Tried: an event at the gateway, suspended included; removed before anything is none.
SELECT pg_temp.send('d2d.example', 'mimecast', '2026-11-10', 1, 'removed', o => '{"attempts": 0}');
SELECT pg_temp.send('d2d.example', 'mimecast', '2026-11-10', 1, 'pending', first => 2,
	o => jsonb_build_object('attempts', 0, 'deferred', 0, 'suspended', 1, 'deferred_templates', NULL,
		'suspended_templates', ARRAY[pg_temp.reply('blocked')]));
SELECT pg_temp.is((SELECT concat_ws('|', recipients, tried, affected, directly_deferred,
	removed_by_admin, lost_sight) FROM impact WHERE domain = 'd2d.example'), '2|1|1|0|1|1',
	'D2: tried by a suspended line only; removed before any event at the gateway is not tried');
-- Distinct recipients; deliveries beside. What became of one with several: the worst.
SELECT pg_temp.send('d2e.example', 'mimecast', '2026-11-10', 3, 'accepted');
SELECT pg_temp.send('d2e.example', 'mimecast', '2026-11-10', 2, 'later', retries => 4);
SELECT pg_temp.send('d2e.example', 'mimecast', '2026-11-10', 1, 'expired');
SELECT pg_temp.is((SELECT concat_ws('|', recipients, deliveries, tried, affected, accepted_first,
	accepted_later, expired, affected_accepted, affected_expired, attempts) FROM impact
	WHERE domain = 'd2e.example'), '3|6|3|2|1|1|1|1|1|14', 'D2: recipients once, deliveries beside');
-- The same recipient on two days, of two addresses, or at two domains of ours, is one in each cohort.
SELECT pg_temp.send('d2f.example', 'mimecast', '2026-11-10', 1, 'accepted'),
	pg_temp.send('d2f.example', 'mimecast', '2026-11-11', 1, 'accepted'),
	pg_temp.send('d2f.example', 'mimecast', '2026-11-11', 1, 'accepted',
		o => '{"source_ip": "192.0.2.2"}'),
	pg_temp.send('x.d2f.example', 'mimecast', '2026-11-11', 1, 'accepted');
SELECT pg_temp.is((SELECT count(*) || '|' || sum(tried) FROM impact WHERE domain LIKE '%d2f.example'),
	'4|4', 'D2: distinct in the cohort');
-- Null senders and what was handed on are in no denominator.
SELECT pg_temp.send('d2g.example', 'mimecast', '2026-11-10', 3, 'later', o => o)
FROM unnest('{"{}","{\"null_sender\": true}","{\"handed_on\": true}"}'::jsonb[]) o;
SELECT pg_temp.is((SELECT concat_ws('|', sum(tried), sum(affected), sum(deliveries), sum(recipients),
	sum(null_sender_deliveries), sum(handed_on_deliveries)) FROM impact WHERE domain = 'd2g.example'),
	'3|3|3|3|3|3', 'D2, C3: null senders and what was handed on stand apart');

-- C5: logs without acceptances give counts, no share and no severity.
SELECT pg_temp.host(2, 'biased.example.net', 'p', 0);
SELECT pg_temp.send('c5.example', 'mimecast', '2026-11-10', 40, 'later', o => '{"host_id": 2}');
SELECT pg_temp.is(pg_temp.impact('c5.example', 'mimecast', 'affected', 'tried', 'share_tried',
	'affected_percent', 'low_percent', 'severity', 'severity_by_share', 'severity_by_outcome',
	'decided_by', 'reason'), '40|40|0|-|-|-|-|-|-|no accepted delivery in the logs of these days: '
	'counts, no share and no severity', 'C5: a biased inlet: counts, and why there is no share');
SELECT pg_temp.is((SELECT concat_ws('|', coalesce(affected_percent::text, '-'), reason) FROM impact
	WHERE domain = 'c5.example'), '-|no accepted delivery in the logs of that day: counts, no share',
	'C5: of the cohort too');
SELECT pg_temp.send('c5.example', 'mimecast', '2026-11-10', 100, 'accepted', first => 100);
SELECT pg_temp.is(pg_temp.impact('c5.example', 'mimecast', 'affected', 'tried', 'share_affected',
	'share_tried', 'affected_percent', 'severity', 'reason'), '40|140|0|100|0.00|watch|40 of those '
	'tried are in logs without accepted deliveries: not in the share', 'C5: the share of the others');
SELECT pg_temp.is((SELECT concat_ws('|', carries_accepted, carries_deferred, reason) FROM log_coverage
	WHERE host = 'biased.example.net' AND day = '2026-11-10'), 'f|t|no accepted delivery in this log '
	'on this day: counts, no share', 'C5: what each log carries');
SELECT pg_temp.is((SELECT string_agg(c, ', ' ORDER BY c) FROM (SELECT DISTINCT reason AS c FROM
	log_coverage WHERE host_id = 1) x), NULL, 'C5: no reason where it is carried');

-- D1: a cohort is mature when all is final, or older than the lifetime of the queue.
SELECT pg_temp.send('d1' || n || '.example', 'mimecast', day::date, 1, 'pending', o =>
	jsonb_build_object('ends', ends))
FROM (VALUES ('a', '2026-11-15', '2026-11-19 12:00Z'), ('b', '2026-11-14', '2026-11-19 12:00Z'),
	('c', '2026-11-14', '2026-11-14 12:30Z')) v (n, day, ends);
SELECT pg_temp.send('d1d.example', 'mimecast', '2026-11-20', 1, 'later', o => '{"first_at":
	"2026-11-20 08:00Z"}');
SELECT pg_temp.is((SELECT string_agg(concat_ws(' ', mature, pending, lost_sight), ', ' ORDER BY domain)
	FROM impact WHERE domain ~ '^d1[a-d].example'), 'f 1 0, t 1 0, t 0 1, t 0 0',
	'D1: pending, pending for longer than the lifetime, lost, and all final on the very day');
SELECT pg_temp.is((SELECT string_agg(cell, ', ') FROM (SELECT CASE WHEN mature THEN 'mature' ELSE
	'so far' END AS cell FROM gateway_impact(NULL, NULL, 'd1a.example', NULL, NULL, NULL)) x),
	'so far', 'D1: an immature one prints so far');

-- D4: small, and the interval. 10 of 100: 5.52 to 17.44; 0 of 10: 0 to 27.75; 1 of 1: 20.65 to 100.
SELECT pg_temp.is((SELECT string_agg(round(wilson_low(a, n), 2) || '-' || round(wilson_high(a, n), 2),
	', ' ORDER BY n DESC) FROM (VALUES (10, 100), (0, 10), (1, 1)) v (a, n)),
	'5.52-17.44, 0.00-27.75, 20.65-100.00', 'D4: the 95% Wilson interval');
SELECT pg_temp.is(coalesce(wilson_low(0, 0)::text, '-'), '-', 'D4: of none tried there is no interval');
SELECT pg_temp.is((SELECT string_agg(small_sample(r, d)::text, ' ' ORDER BY no) FROM (VALUES
	(1, 30, 5), (2, 29, 5), (3, 30, 4)) v (no, r, d)), 'false true true',
	'D4: small under 30 recipients or 5 domains');
SELECT pg_temp.send('d4a.example', 'mimecast', '2026-11-10', 20, 'accepted', spread => 5, first => 11);
SELECT pg_temp.send('d4a.example', 'mimecast', '2026-11-10', 8, 'later', spread => 1);
SELECT pg_temp.send('d4a.example', 'mimecast', '2026-11-10', 2, 'later', spread => 5, first => 31);
SELECT pg_temp.is(pg_temp.impact('d4a.example', 'mimecast', 'small', 'tried', 'domains',
	'affected_domains', 'top_domain', 'top_domain_affected', 'affected'),
	'false|30|5|3|r0.mimecast.example|8|10', 'D4: affected domains of all, and the top one''s part');
SELECT pg_temp.send('d4b.example', 'mimecast', '2026-11-10', 40, 'later', spread => 4);
SELECT pg_temp.is(pg_temp.impact('d4b.example', 'mimecast', 'small', 'domains', 'whose'),
	'true|4|too few for a suggestion', 'D4: no suggestion from small');

-- D5: at least 80% of affected at one customer; three customers or more.
SELECT pg_temp.is((SELECT string_agg(coalesce(split_part(whose_decision(a, t, c), ':', 1), '-'), ', '
	ORDER BY no) FROM (VALUES (1, 100, 80, 5), (2, 100, 79, 5), (3, 100, 79, 3), (4, 100, 79, 2),
	(5, 100, 100, 1), (6, 0, 0, 0)) v (no, a, t, c)), 'one customer''s policy, gateway-wide, '
	'gateway-wide, not clear, one customer''s policy, -', 'D5: 80%, 79% of 5, 3 and 2 customers');
SELECT pg_temp.send('d5.example', 'proofpoint-enterprise', '2026-11-10', 60, 'accepted', first => 100);
SELECT pg_temp.send('d5.example', 'proofpoint-enterprise', '2026-11-10', 8, 'later', o =>
	'{"recipient_domain": "r3.proofpoint-enterprise.example"}');
SELECT pg_temp.send('d5.example', 'proofpoint-enterprise', '2026-11-10', 1, 'later', first => 21, o =>
	jsonb_build_object('recipient_domain', format('r%s.proofpoint-enterprise.example', n)))
FROM unnest('{4,5}'::int[]) n;
SELECT pg_temp.is(pg_temp.impact('d5.example', 'proofpoint', 'top_customer', 'top_customer_affected',
	'customers', 'affected', 'whose'), 'c3|8|3|10|one customer''s policy: write to the recipient''s '
	'administrator', 'D5: customers by the peer''s name');

-- D6: affected is 30 recipients, 5%, and above its own share of the 28 days before.
SELECT pg_temp.send('d6a.example', g, '2026-11-10', n - bad, 'accepted', first => 1000),
	pg_temp.send('d6a.example', g, '2026-11-10', bad, 'later')
FROM (VALUES ('proofpoint-enterprise', 100, 20), ('mimecast', 30, 0), ('google', 100, 1),
	('microsoft-365', 29, 29)) v (g, n, bad) WHERE bad >= 0;
CREATE FUNCTION pg_temp.scope(domain text, campaign text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
SELECT string_agg(concat_ws(' ', gateway_family, state, '(' || verdict || ')'), ', '
	ORDER BY gateway_family) FROM gateway_scope('2026-11-08', '2026-11-14', $1, $2) $$;
SELECT pg_temp.is(pg_temp.scope('d6a.example'), 'google unaffected, microsoft too few, mimecast '
	'unaffected, proofpoint affected (proofpoint_only)', 'D6: one family only, two others without trouble');
SELECT pg_temp.send('d6b.example', g, '2026-11-10', n - bad, 'accepted', first => 1000),
	pg_temp.send('d6b.example', g, '2026-11-10', bad, 'later')
FROM (VALUES ('proofpoint-enterprise', 100, 20), ('mimecast', 29, 0), ('google', 100, 1)) v (g, n, bad);
SELECT pg_temp.is(pg_temp.scope('d6b.example'), 'google unaffected, mimecast too few, proofpoint '
	'affected (not enough comparison)', 'D6: 29 recipients are no comparison');
SELECT pg_temp.send('d6c.example', g, '2026-11-10', n - bad, 'accepted', first => 1000),
	pg_temp.send('d6c.example', g, '2026-11-10', bad, 'later')
FROM (VALUES ('proofpoint-enterprise', 100, 20), ('mimecast', 100, 30), ('google', 100, 1),
	('microsoft-365', 100, 0)) v (g, n, bad);
SELECT pg_temp.is(pg_temp.scope('d6c.example'), 'google unaffected, microsoft unaffected, mimecast '
	'affected (general: also at proofpoint), proofpoint affected (general: also at mimecast)',
	'D6: two families with trouble are general');
-- Its own share before: 20 of 100 is 13.3% at least; with 13 of 100 before it is above that, with 14
-- not.
SELECT pg_temp.send('d6' || n || '.example', 'mimecast', '2026-11-10', 80, 'accepted', first => 1000),
	pg_temp.send('d6' || n || '.example', 'mimecast', '2026-11-10', 20, 'later'),
	pg_temp.send('d6' || n || '.example', 'mimecast', day::date, 100 - b, 'accepted', first => 1000),
	pg_temp.send('d6' || n || '.example', 'mimecast', day::date, b, 'later')
FROM (VALUES ('d', 13, '2026-10-11'), ('e', 14, '2026-11-07'), ('f', 14, '2026-10-10')) v (n, b, day);
SELECT pg_temp.is((SELECT string_agg(pg_temp.scope('d6' || n || '.example'), ', ' ORDER BY n)
	FROM unnest('{d,e,f}'::text[]) n), 'mimecast affected (not enough comparison), mimecast unaffected, '
	'mimecast affected (not enough comparison)',
	'D6: the lower end of the interval above the share of the 28 days before, and not of the 29th');
-- The same campaign: others have to have got it.
SELECT pg_temp.send('d6a.example', g, '2026-11-10', 50, what, first => 5000, o => '{"campaign": "c6"}')
FROM (VALUES ('proofpoint-enterprise', 'later'), ('google', 'accepted')) v (g, what);
SELECT pg_temp.is(pg_temp.scope('d6a.example', 'c6'), 'google unaffected, proofpoint affected (not '
	'enough comparison)', 'D6: on the same campaign');

-- D7: improved: under 5% on 7 mature days; recovered: also half the volume.
CREATE FUNCTION pg_temp.days(domain text, first date, n int, good int, bad int) RETURNS void
LANGUAGE sql AS $$
SELECT pg_temp.send($1, 'mimecast', first + i, good, 'accepted', first => 1000),
	pg_temp.send($1, 'mimecast', first + i, bad, 'later')
FROM generate_series(0, n - 1) i $$;
CREATE FUNCTION pg_temp.recovery(domain text) RETURNS text LANGUAGE sql AS $$
SELECT string_agg(concat_ws('|', verdict, first_day, mature_days, affected || ' of ' || tried,
	tried_before, reason), ', ') FROM gateway_recovery(NULL, $1, NULL, 'mimecast') $$;
SELECT pg_temp.days('d7a.example', '2026-10-20', 7, 20, 0), pg_temp.days('d7a.example', '2026-10-27', 3, 19, 1),
	pg_temp.days('d7a.example', '2026-11-02', 7, 10, 0);
SELECT pg_temp.is(pg_temp.recovery('d7a.example'), 'recovered|2026-10-27|7|0 of 70|140',
	'D7: recovered: 7 days under 5%, half the volume of the 7 days before the first observation');
SELECT pg_temp.days('d7b.example', '2026-10-20', 7, 20, 0), pg_temp.days('d7b.example', '2026-10-27', 3, 19, 1),
	pg_temp.days('d7b.example', '2026-11-02', 6, 10, 0), pg_temp.days('d7b.example', '2026-11-08', 1, 9, 0);
SELECT pg_temp.is(pg_temp.recovery('d7b.example'), 'improved|2026-10-27|7|0 of 69|140|volume is 69, less '
	'than half of the 140 before', 'D7: less than half the volume is an improvement only');
SELECT pg_temp.days('d7c.example', '2026-10-27', 3, 19, 1), pg_temp.days('d7c.example', '2026-11-02', 6, 100, 4);
SELECT pg_temp.is(pg_temp.recovery('d7c.example'), 'not improved|2026-10-27|7|25 of 644|0',
	'D7: six days under 5% are not enough: the one before them is one of the last 7');
SELECT pg_temp.days('d7d.example', '2026-10-27', 1, 19, 1), pg_temp.days('d7d.example', '2026-11-02', 5, 100, 4);
SELECT pg_temp.is(pg_temp.recovery('d7d.example'), 'not enough mature days|2026-10-27|6|21 of 540|0',
	'D7: fewer than 7 mature days');
SELECT pg_temp.days('d7e.example', '2026-10-27', 1, 19, 1), pg_temp.days('d7e.example', '2026-11-02', 7, 100, 4);
SELECT pg_temp.is(pg_temp.recovery('d7e.example'), 'improved|2026-10-27|7|28 of 728|0|no volume in the 7 '
	'days before the first observation to compare with', 'D7: nothing before to compare with');
SELECT pg_temp.days('d7f.example', '2026-10-20', 7, 20, 0), pg_temp.days('d7f.example', '2026-10-27', 1, 19, 1),
	pg_temp.days('d7f.example', '2026-11-02', 6, 20, 0), pg_temp.days('d7f.example', '2026-11-19', 1, 20, 0),
	pg_temp.send('d7f.example', 'mimecast', '2026-11-19', 1, 'pending', first => 9999, o => '{"ends":
	"2026-11-20 10:00Z"}');
SELECT pg_temp.is(pg_temp.recovery('d7f.example'), 'not improved|2026-10-27|7|1 of 140|140',
	'D7: no verdict from a day that is not mature');
SELECT pg_temp.is((SELECT so_far FROM gateway_recovery(NULL, 'd7f.example', NULL, 'mimecast')),
	'1 of 21 affected so far since 2026-11-19', 'D7: it is told as so far');
SELECT pg_temp.is(coalesce(pg_temp.recovery('d3d.example'), '-'), '-', 'D7: nothing to recover from');
