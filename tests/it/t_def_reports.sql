-- A5, A6 and A7 of the definitions as worked examples. See t_def_help.sql for what is shared.

-- A5: pass if either evaluated result is pass; fail if both are present and neither is pass; else
-- unknown. An empty element is absent; any other word than pass (none, softfail) is present.
SELECT pg_temp.is((SELECT string_agg(e || '=' || coalesce(dmarc_pass(left(e, 1)::"char",
	right(e, 1)::"char")::text, '?'), ' ' ORDER BY n)
	FROM unnest('{pp,pf,fp,p-,-p,ff,ns,sn,fo,f-,-f,n-,--}'::text[]) WITH ORDINALITY x (e, n)),
	'pp=true pf=true fp=true p-=true -p=true ff=false ns=false sn=false fo=false f-=? -f=? n-=? --=?',
	'A5: pass has three values');

-- A5: pass rate = pass / (pass + fail), weighted by count; unknown stands beside it. 3 records of 30
-- pass, 10 fail, 60 unknown: 30 of 40, not 30 of 100 and not 1 of 2.
SELECT pg_temp.mail('a5.example', '192.0.2.1', 30, 'pf', 'pf', 'a5.example:s1');
SELECT pg_temp.mail('a5.example', '192.0.2.1', 10, 'ff');
SELECT pg_temp.mail('a5.example', '192.0.2.1', 60, 'f-');
SELECT pg_temp.is((SELECT concat_ws('|', pass, fail, unknown, reason) FROM source_class
	WHERE organizational_domain = 'a5.example'),
	'30|10|60|30 of 40 known messages pass (75.0%), less than 98%; 60 more are unknown',
	'A5: pass rate is of known messages, unknown beside it');
SELECT pg_temp.is((SELECT concat_ws('|', sum(pass), sum(fail), sum(unknown)) FROM report_day
	WHERE policy_domain = 'a5.example'), '30|10|60', 'A5: the same in the rollup of reports');
SELECT pg_temp.is((SELECT concat_ws('|', sum(pass), sum(fail), sum(unknown)) FROM source_on_day
	WHERE policy_domain = 'a5.example'), '30|10|60', 'A5: and in that of sources');

-- A5: null reports count for coverage, not for volume.
SELECT pg_temp.rec(pg_temp.report('null.example', 'one.example', '2026-11-16'), '0.0.0.0', 0, '--',
	'--');
SELECT pg_temp.is(pg_temp.classes('null.example'), '-', 'A5: a null report makes no source');
SELECT pg_temp.is((SELECT concat_ws('|', days_reported, reports, messages)
	FROM reporter_coverage WHERE organizational_domain = 'null.example'), '1|1|0',
	'A5: but a day of coverage');
SELECT pg_temp.is((SELECT concat_ws('|', last_settled_day, reporters_seen) FROM evidence
	WHERE organizational_domain = 'null.example'), '2026-11-16|1',
	'A5: and its reporter was seen');

-- A5: three separate columns, never mixed: raw result, alignment recomputed, evaluated result. A
-- signature of our ESP passes (raw), is not aligned (ours), and the reporter calls it aligned. The
-- second: nothing to compare.
SELECT pg_temp.rec(pg_temp.report('three.example', 'one.example', '2026-11-16'), '192.0.2.1', 7,
	'pf', 'ff', 'esp.example:s1', 'esp.example');
SELECT pg_temp.rec(pg_temp.report('three.example', 'one.example', '2026-11-16'), '192.0.2.2', 1,
	'--', 'pp', 'three.example:s1', 'three.example');
SELECT pg_temp.is((SELECT concat_ws('|', d.result, r.dkim_aligned, r.dkim_evaluated,
	r.eval_disagrees) FROM record r JOIN dkim_result d USING (report_id, record_no)
	WHERE r.policy_domain = 'three.example' AND record_no = 1), 'pass|f|pass|t',
	'A5: raw, aligned and evaluated differ: eval_disagrees');
SELECT pg_temp.is((SELECT concat_ws('|', coalesce(eval_disagrees::text, '-'), dkim_aligned)
	FROM record WHERE policy_domain = 'three.example' AND record_no = 2), '-|t',
	'A5: nothing evaluated: nothing disagrees');

-- A5: one row per result repeats the count: messages_of_record, and its comment says: do not sum.
SELECT pg_temp.is((SELECT string_agg(a.attname, ' ') FROM pg_attribute a
	WHERE a.attrelid IN ('dkim_result'::regclass, 'spf_result'::regclass)
		AND a.attname LIKE '%messages%' AND col_description(a.attrelid, a.attnum) LIKE
		'%do not sum%'), 'messages_of_record messages_of_record', 'A5: messages_of_record');

-- A6: a (reporter, day) is settled when the day's end lies further back than the lag: 72 h. The 16th
-- ends on the 17th at 00:00: at the very instant it is not further back, a microsecond later it is.
SELECT pg_temp.is(settled_before('72 h')::text, '2026-11-17', 'A6: the 16th is settled');
SET ruadb.as_of = '2026-11-20 00:00Z';
SELECT pg_temp.is(settled_before('72 h')::text, '2026-11-16', 'A6: at 72 h it is not yet');
SET ruadb.as_of = '2026-11-20 00:00:00.000001Z';
SELECT pg_temp.is(settled_before('72 h')::text, '2026-11-17', 'A6: behind that it is');
SET ruadb.as_of = '2026-11-20 12:00Z';

-- A6: that reporter's 95th percentile arrival lag, arrival minus end of report. Of 20 arrivals 1 to
-- 20 h late the 19th decides: 19 h. 9 arrivals are too few (10). Files have no lag. Arrivals of more
-- than 90 days ago teach nothing. None is longer than 336 h or shorter than 0.
SELECT pg_temp.report('lag.example', 'twenty.example', '2026-10-01'::date + n) FROM generate_series(1, 20) n;
SELECT pg_temp.report('lag.example', 'nine.example', '2026-10-01'::date + n) FROM generate_series(1, 9) n;
SELECT pg_temp.report('lag.example', 'ten.example', '2026-10-01'::date + n) FROM generate_series(1, 10) n;
SELECT pg_temp.report('lag.example', 'files.example', '2026-10-01'::date + n) FROM generate_series(1, 20) n;
SELECT pg_temp.report('lag.example', 'old.example', '2026-06-01'::date + n) FROM generate_series(1, 20) n;
SELECT pg_temp.report('lag.example', 'early.example', '2026-10-01'::date + n) FROM generate_series(1, 10) n;
UPDATE ruadb_data.report r SET arrived_at = end_at + CASE o.name
		WHEN 'twenty.example' THEN make_interval(hours => r.day - '2026-10-01')
		WHEN 'nine.example' THEN '1 h' WHEN 'ten.example' THEN '500 h'
		WHEN 'early.example' THEN '-1 h' ELSE '2 h' END
	FROM ruadb_data.reporter o WHERE o.reporter_id = r.reporter_id AND o.name ~
		'^(twenty|nine|ten|old|early)\.';
BEGIN;
SELECT FROM ruadb_data.refresh_lags();
COMMIT;
SELECT pg_temp.is((SELECT string_agg(concat_ws(' ', split_part(reporter, '.', 1),
	extract(epoch FROM lag)::int / 3600, arrivals, learned), ', ' ORDER BY reporter) FROM reporter_lag
	WHERE reporter ~ '^(twenty|nine|ten|files|old|early)\.'),
	'early 0 10 t, files 72 0 f, nine 72 0 f, old 72 0 f, ten 336 10 t, twenty 19 20 t',
	'A6: lags are learned from arrivals, else 72 h');
-- Each reporter has its own: 19 h before now is the 19th, 17:00, so twenty's 18th is settled; of
-- files the 16th is.
SELECT pg_temp.is((SELECT string_agg(split_part(reporter, '.', 1) || ' ' || settled_before(lag), ', '
	ORDER BY reporter) FROM reporter_lag WHERE reporter ~ '^(twenty|files)\.'),
	'files 2026-11-17, twenty 2026-11-19', 'A6: a day is settled per reporter');
SELECT pg_temp.rec(pg_temp.report('settled.example', r, d::date), '192.0.2.1', 10, 'pf')
FROM unnest('{twenty.example,files.example}'::text[]) r,
	generate_series('2026-11-15'::timestamp, '2026-11-19', '1 day') d;
-- twenty: 15th to 18th, files: 15th and 16th: 6 of 10 reports.
SELECT pg_temp.is((SELECT concat_ws('|', window_end, messages, reporters) FROM source_class
	WHERE organizational_domain = 'settled.example'), '2026-11-18|60|2',
	'A6: verdicts take each reporter''s settled days');
SELECT pg_temp.is((SELECT sum(messages)::text FROM source_on_day
	WHERE organizational_domain = 'settled.example'), '100', 'A6: totals take all');

-- A6: as-of time, last settled day, reporters seen and expected; A3: + n messages in m unverified
-- reports. daily.example reports each day, once.example once; the 10th is unverified, the 11th failed;
-- the unverified 17th is not settled, and the 17th of October lies before the window.
SELECT pg_temp.rec(pg_temp.report('evidence.example', 'daily.example', d::date, CASE d::date
	WHEN '2026-11-10' THEN 'u' WHEN '2026-11-11' THEN 'f' WHEN '2026-11-17' THEN 'u'
	WHEN '2026-10-17' THEN 'u' ELSE 'v' END), '192.0.2.1', 5, 'pf')
FROM generate_series('2026-10-15'::timestamp, '2026-11-17', '1 day') d;
SELECT pg_temp.rec(pg_temp.report('evidence.example', 'once.example', '2026-11-12'), '192.0.2.1', 5);
SELECT pg_temp.is((SELECT concat_ws('|', as_of = ruadb.as_of(), last_settled_day, reporters_seen,
	reporters_expected, unverified_messages, unverified_reports) FROM evidence
	WHERE organizational_domain = 'evidence.example'), 't|2026-11-16|2|1|10|2',
	'A6, A3: what a figure stands on');

-- A6: comparisons: only reporters present in both periods, same weekdays, settled days, at least 100
-- messages in both. Friday 13th to Monday 16th (4 days) against Friday 6th to Monday 9th: 7 days
-- back. both: 30 a day now, 25 before: 120 against 100. now.example sends only now.
SELECT pg_temp.rec(pg_temp.report('change.example', 'both.example', '2026-11-17'::date - n), '192.0.2.1',
	CASE WHEN n <= 4 THEN 30 ELSE 25 END, CASE WHEN n = 1 THEN 'ff' ELSE 'pf' END)
FROM generate_series(0, 11) n;
SELECT pg_temp.rec(pg_temp.report('change.example', 'now.example', '2026-11-14'), '192.0.2.1', 1000);
SELECT pg_temp.is((SELECT concat_ws('|', period_begin, period_end, before_begin, before_end,
	reporters, messages, messages_before, messages_change_percent, pass_percent,
	pass_percent_before, pass_change_points, coalesce(reason, '-'))
	FROM period_change('change.example', '2026-11-13')),
	'2026-11-13|2026-11-16|2026-11-06|2026-11-09|1|120|100|20.0|75.0|100.0|-25.0|-',
	'A6: change against the period before');
-- Since the 8th: 9 days, so two weeks back; both.example has nothing there.
SELECT pg_temp.is((SELECT concat_ws('|', before_begin, before_end, reporters, reason)
	FROM period_change('change.example', '2026-11-08')),
	'2026-10-25|2026-11-02|0|no reporter sent in both periods', 'A6: nobody in both: no change');
-- 99 messages in one of the periods are too few; the other side of the number is 100, above.
SELECT pg_temp.rec(pg_temp.report('few.example', 'both.example', d::date), '192.0.2.1', n, 'pf')
FROM (VALUES ('2026-11-16', 200), ('2026-11-09', 99)) x (d, n);
SELECT pg_temp.is((SELECT concat_ws('|', messages, messages_before,
	coalesce(messages_change_percent::text, '?'), reason) FROM period_change('few.example', NULL)),
	'200|99|?|fewer than 100 messages in one of the periods', 'A6: under 100: no change is given');
-- Days of the period before whose counterparts are not settled stay out: of slow (lag 120 h) the 14th
-- is the last settled day, so its 8th and 9th have none.
INSERT INTO ruadb_data.reporter_lag (tenant_id, reporter, lag, arrivals)
	VALUES (1, 'slow.example', '120 h', 20);
SELECT pg_temp.rec(pg_temp.report('slow.example', r, '2026-11-17'::date - n), '192.0.2.1', 100, 'pf')
FROM generate_series(1, 14) n, unnest('{slow.example,both.example}'::text[]) r;
SELECT pg_temp.is((SELECT concat_ws('|', period_begin, period_end, reporters, messages,
	messages_before, messages_change_percent) FROM period_change('slow.example', NULL)),
	'2026-11-10|2026-11-16|2|1200|1200|0.0', 'A6: only days that are settled on both sides');
SELECT pg_temp.is((SELECT reason FROM period_change('nobody.example', NULL)),
	'no settled day in this period', 'A6: no reports: one row that says so');

-- A7: a daily reporter sent on at least 12 of the last 14 days. Last report of all: the 12th; 12 days
-- of 30 October to 12 November, 11 days. It is silent when more than 3 days past its lag: its next
-- report, of the 13th, was due on the 17th at 00:00, so from the 20th at 00:00 on.
SELECT pg_temp.report('a7.example', 'twelve.example', '2026-11-12'::date - n)
FROM generate_series(0, 13) n WHERE n NOT IN (5, 6);
SELECT pg_temp.report('a7.example', 'eleven.example', '2026-11-12'::date - n)
FROM generate_series(0, 13) n WHERE n NOT IN (5, 6, 13);
SELECT pg_temp.report('a7.example', 'eleven.example', '2026-10-29'); -- the 15th day back
SELECT pg_temp.report('a7.example', 'later.example', '2026-11-13'::date - n)
FROM generate_series(0, 13) n;
SELECT pg_temp.report('a7.example', 'logged.example', '2026-11-12'::date - n)
FROM generate_series(0, 13) n;
SELECT pg_temp.report('a7.example', 'other.example', '2026-11-12'::date - n)
FROM generate_series(0, 13) n;
SELECT pg_temp.report('a7.example', 'fresh.example', '2026-11-12'::date - n)
FROM generate_series(0, 13) n;
-- Our logs: accepted at logged.example on the 13th; at other.example, but for another domain; at
-- fresh.example only on the 14th, of which the report is not 3 days overdue yet.
INSERT INTO ruadb_data.log_day VALUES
	(1, '2026-11-13', '192.0.2.1', 'a7.example', 'logged.example', 7),
	(1, '2026-11-12', '192.0.2.1', 'a7.example', 'twelve.example', 7),
	(1, '2026-11-13', '192.0.2.1', 'a7.example', 'later.example', 7),
	(1, '2026-11-13', '192.0.2.1', 'elsewhere.example', 'other.example', 7),
	(1, '2026-11-14', '192.0.2.1', 'a7.example', 'fresh.example', 7);
SELECT pg_temp.is((SELECT string_agg(concat_ws(' ', split_part(reporter, '.', 1), days_reported,
	daily, state), ', ' ORDER BY reporter) FROM reporter_coverage
	WHERE organizational_domain = 'a7.example'),
	'eleven 11 f occasional, fresh 14 t nothing sent, later 14 t daily, logged 14 t silent, '
	'other 14 t nothing sent, twelve 12 t nothing sent',
	'A7: daily, silent only if our logs show mail, else nothing sent');
SELECT pg_temp.is((SELECT due_at::timestamptz AT TIME ZONE 'UTC' || ' ' || days_missing
	FROM reporter_coverage WHERE reporter = 'twelve.example'), '2026-11-17 00:00:00 6',
	'A7: when the next was due; two gaps and the 13th to the 16th are missing');
SELECT pg_temp.is((SELECT concat_ws('|', coalesce(due_at::text, '-'),
	coalesce(days_missing::text, '-')) FROM reporter_coverage WHERE reporter = 'eleven.example'),
	'-|-', 'A7: of an occasional one nothing is due and nothing is missing');
SET ruadb.as_of = '2026-11-20 00:00Z';
SELECT pg_temp.is((SELECT state FROM reporter_coverage WHERE reporter = 'logged.example'), 'daily',
	'A7: three days past its lag and no more: not silent');
SET ruadb.as_of = '2026-11-20 00:00:01Z';
SELECT pg_temp.is((SELECT state FROM reporter_coverage WHERE reporter = 'logged.example'), 'silent',
	'A7: a second later it is');
SET ruadb.as_of = '2026-11-20 12:00Z';

-- E3: families by patterns of org_name; the user's come first; the longest pattern decides.
INSERT INTO ruadb_data.reporter_family VALUES (1, 'google.com', 'my google'), (2, '%', 'not mine');
SELECT pg_temp.report('family.example', r, '2026-11-16') FROM unnest('{google.com,Enterprise Outlook,
	Yahoo,mx0a-1.pphosted.com,esa1.x.iphmx.com,Google Inc.,nobody.example}'::text[]) r;
SELECT pg_temp.is((SELECT string_agg(reporter || ': ' || family, ', ' ORDER BY reporter)
	FROM reporter_coverage WHERE organizational_domain = 'family.example'),
	'enterprise outlook: microsoft, esa1.x.iphmx.com: cisco, google inc.: google, '
	'google.com: my google, mx0a-1.pphosted.com: proofpoint, nobody.example: nobody.example, '
	'yahoo: yahoo', 'E3: families of reporters');

-- The numbers are settings: with 11 of 14 days eleven.example is daily.
INSERT INTO ruadb_data.setting (tenant_id, name, value) VALUES (1, 'daily_days', 11);
SELECT pg_temp.is((SELECT daily::text FROM reporter_coverage WHERE reporter = 'eleven.example'), 'true',
	'A7: the number is a setting');
DELETE FROM ruadb_data.setting;
