-- What t_views.sh runs: rows by hand, then questions. Prints TAP.
SET TimeZone = 'Asia/Kathmandu'; -- days are UTC, whatever the session says
SET client_min_messages = warning;
CREATE TEMP SEQUENCE test;
CREATE FUNCTION pg_temp.is(got anyelement, want anyelement, name text) RETURNS text
	LANGUAGE sql AS $$
SELECT CASE WHEN got IS NOT DISTINCT FROM want THEN format('ok %s - %s', nextval('test'), name)
	ELSE format(E'not ok %s - %s\n# got:    %s\n# wanted: %s', nextval('test'), name,
		got, want) END $$;
-- Rows of a query, columns apart by "|", rows by blanks.
CREATE FUNCTION pg_temp.rows(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	got text;
BEGIN
	EXECUTE format('SELECT string_agg(array_to_string(ARRAY(SELECT coalesce(v #>> ''{}'', ''-'')'
		' FROM jsonb_path_query(to_jsonb(t) - ''_'', ''$.keyvalue().value'') v), ''|''), '' '')'
		' FROM (%s) t', query) INTO got;
	RETURN got;
END $$;

INSERT INTO ruadb_data.batch OVERRIDING SYSTEM VALUE VALUES
	(1, 1, gen_random_uuid(), '2026-11-01 10:00Z', '0.1.0', 1),
	(1, 2, gen_random_uuid(), '2026-11-02 10:00Z', '0.1.0', 1),
	(2, 1, gen_random_uuid(), '2026-11-02 10:00Z', '0.1.0', 1);
INSERT INTO ruadb_data.domain VALUES (1, 10, 'example.com'), (2, 10, 'other.example');
INSERT INTO ruadb_data.reporter VALUES
	(1, 20, 'mail.example', 'Mail.Example', 'dmarc@mail.example', 'https://mail.example', 'gen 1'),
	(2, 20, 'mail.example', 'mail.example', NULL, NULL, NULL);
INSERT INTO ruadb_data.auth_set VALUES
	(1, 30, 'dmdhso', 'pfnuts', '{example.com,example.com,esp.example,mx.example.com,x.example,""}',
		'{s1,NULL,NULL}', '{NULL,hardfail}'),
	(1, 31, '', '', '{}', NULL, NULL),
	(2, 31, '', '', '{}', NULL, NULL);
INSERT INTO ruadb_data.ledger (tenant_id, item_key, bytes_key, batch_id, size, mtime_ns, times,
	parser_version, outcome, source, item, sha256_rest, reason) VALUES
	(1, '00000000-0000-0000-0000-000000000001', '00112233-4455-6677-8899-aabbccddeeff', 1, 100,
		1790000000000000000, NULL, 1, 's', 'file', '/srv/a.xml',
		'\x00112233445566778899aabbccddeeff', NULL),
	(1, '00000000-0000-0000-0000-000000000002', '00112233-4455-6677-8899-aabbccddeeff', 2, 100,
		NULL, 3, 1, 'x', 'stdin', 'abc', NULL, 'a picture');

CREATE FUNCTION pg_temp.report(tenant bigint, id bigint, variant bigint, ident int, records bigint,
	messages bigint, begin_at timestamptz, end_at timestamptz, day date, counted boolean)
	RETURNS void LANGUAGE sql AS $$
INSERT INTO ruadb_data.report (tenant_id, report_id, variant, set_key, identity, item_key, batch_id,
	domain_id, reporter_id, begin_at, end_at, records, messages, fail, none, day, entry, member,
	counted, near_repeat, swapped, schema, state, reporter_auth, external_report_id, p)
VALUES (tenant, id, variant, id, lpad(ident::text, 32, '0')::uuid,
	'00000000-0000-0000-0000-000000000001', 1, 10, 20, begin_at, end_at, records, messages,
	messages, messages, day, 0, 0, counted, false, begin_at > end_at, '9', 'c', 'u',
	'id-' || ident, 'reject') $$;
-- 1 and 2: one identity, two contents. 3: 26 hours. 4: 40 days. 5: swapped. 6: other tenant.
SELECT FROM pg_temp.report(1, 1, 101, 1, 4, 22, '2026-10-01 00:00Z', '2026-10-02 00:00Z', '2026-10-01', true);
SELECT FROM pg_temp.report(1, 2, 102, 1, 1, 1, '2026-10-01 00:00Z', '2026-10-02 00:00Z', '2026-10-01', false);
SELECT FROM pg_temp.report(1, 3, 103, 3, 2, 7, '2026-10-01 18:00Z', '2026-10-02 20:00Z', NULL, true);
SELECT FROM pg_temp.report(1, 4, 104, 4, 1, 5, '2026-08-01 00:00Z', '2026-09-10 00:00Z', NULL, true);
SELECT FROM pg_temp.report(1, 5, 105, 5, 1, 2, '2026-10-05 00:00Z', '2026-10-04 00:00Z', '2026-10-04', true);
SELECT FROM pg_temp.report(2, 6, 101, 1, 1, 9, '2026-10-01 00:00Z', '2026-10-02 00:00Z', '2026-10-01', true);
UPDATE ruadb_data.report SET pass = 10, fail = 8, unknown = 4, none = NULL, disposition_pass = 10,
	quarantine = 8, reject = NULL WHERE report_id = 1;
INSERT INTO ruadb_data.report_day_part VALUES
	(1, 3, '2026-10-01', 2, 0, 2, 0, 2, 0, 0, 0), (1, 3, '2026-10-02', 5, 0, 5, 0, 5, 0, 0, 0);

INSERT INTO ruadb_data.record (tenant_id, report_id, auth_set_id, domain_id, messages, record_no, day,
	disposition, dkim_evaluated, spf_evaluated, source_ip, header_from, envelope_from, extra) VALUES
	(1, 1, 30, 10, 10, 1, '2026-10-01', 'p', 'p', 'f', '192.0.2.1', '=', '=',
		'{"reasons": [{"type": "forwarded"}], "raw": {"scope_6": "pra", "spf": "nope"},
		  "human_results": [{"no": 1, "text": "ok"}, {"no": 4, "text": "hm"}]}'),
	(1, 1, 31, 10, 8, 2, '2026-10-01', 'q', 's', 'n', '2001:db8::1', 'News.example.com', '=', NULL),
	(1, 1, 31, 10, 3, 3, '2026-10-01', '-', '-', 'f', '192.0.2.2', '==odd', '', NULL),
	(1, 1, 31, 10, 1, 4, '2026-10-01', 'o', '-', '-', '192.0.2.2', NULL, NULL, NULL),
	(1, 2, 31, 10, 1, 1, '2026-10-01', 'n', 'f', 'f', '192.0.2.9', '=', '=', NULL),
	(1, 3, 31, 10, 4, 1, NULL, 'n', 'f', 'f', '192.0.2.3', '=', NULL, NULL),
	(1, 3, 31, 10, 3, 2, NULL, 'n', 'f', 'f', '192.0.2.4', '=', NULL, NULL),
	(1, 4, 31, 10, 5, 1, NULL, 'n', 'f', 'f', '192.0.2.5', '=', NULL, NULL),
	(1, 5, 31, 10, 2, 1, '2026-10-04', 'n', 'f', 'f', '192.0.2.6', '=', NULL, NULL),
	(2, 6, 31, 10, 9, 1, '2026-10-01', 'n', 'f', 'f', '192.0.2.7', '=', NULL, NULL);
INSERT INTO ruadb_data.record_day VALUES
	(1, 3, 1, '2026-10-01', 1), (1, 3, 1, '2026-10-02', 3),
	(1, 3, 2, '2026-10-01', 1), (1, 3, 2, '2026-10-02', 2);

SELECT '1..48';
SELECT pg_temp.is(:again, 0, 'the views are replaced while a view of the user reads them');

-- Names of the contract.
CREATE FUNCTION pg_temp.begins_with(v regclass, wanted text) RETURNS text LANGUAGE sql AS $$
SELECT pg_temp.is((SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute
	WHERE attrelid = v AND attnum BETWEEN 1 AND cardinality(string_to_array(wanted, ' '))),
	wanted, 'columns of ' || v) $$;
SELECT pg_temp.begins_with('ruadb.report', 'tenant_id report_id org_name email external_report_id '
	'policy_domain begin_at end_at day p sp np pct adkim aspf fo testing discovery_method generator '
	'schema variant counted state reporter_auth records messages repairs first_seen_at source');
SELECT pg_temp.begins_with('ruadb.record', 'tenant_id report_id record_no day org_name policy_domain '
	'source_ip messages dmarc_pass dkim_evaluated spf_evaluated disposition reasons header_from '
	'envelope_from envelope_to counted');
SELECT pg_temp.begins_with('ruadb.counted_record', 'tenant_id report_id record_no day org_name '
	'policy_domain source_ip messages dmarc_pass');
SELECT pg_temp.begins_with('ruadb.record_on_day', 'tenant_id report_id record_no day org_name '
	'policy_domain source_ip messages dmarc_pass');
SELECT pg_temp.begins_with('ruadb.dkim_result', 'tenant_id report_id record_no result_no domain '
	'selector result result_raw human_result messages_of_record');
SELECT pg_temp.begins_with('ruadb.spf_result', 'tenant_id report_id record_no result_no domain scope '
	'result result_raw human_result messages_of_record');
SELECT pg_temp.begins_with('ruadb.reconciliation', 'report_id item records_in_file records_stored '
	'records_refused messages_in_file messages_stored messages_refused');
SELECT pg_temp.begins_with('ruadb_data.report_day',
	'tenant_id report_id day policy_domain messages pass fail unknown');
SELECT pg_temp.is((SELECT string_agg(c.relname || '.' || attname, ' ') FROM pg_class c
	JOIN pg_attribute a ON attrelid = c.oid AND attnum > 0 AND NOT attisdropped
	WHERE relnamespace IN ('ruadb'::regnamespace, 'ruadb_data'::regnamespace)
		AND relkind IN ('v', 'r', 'p') AND NOT relispartition
		AND col_description(c.oid, attnum) IS NULL), NULL, 'every column has a comment');
SELECT pg_temp.is((SELECT string_agg(relname, ' ') FROM pg_class c
	WHERE relnamespace IN ('ruadb'::regnamespace, 'ruadb_data'::regnamespace)
		AND relkind IN ('v', 'r', 'p') AND NOT relispartition
		AND obj_description(oid, 'pg_class') IS NULL), NULL, 'every view and table has a comment');
SELECT pg_temp.is((SELECT string_agg(relname, ' ') FROM pg_class
	WHERE relnamespace IN ('ruadb'::regnamespace, 'ruadb_data'::regnamespace) AND relkind = 'v'
		AND NOT coalesce('security_invoker=true' = ANY (reloptions), false)), NULL,
	'every view is security_invoker');

-- Words.
SET search_path = ruadb;
SELECT pg_temp.is(pg_temp.rows($$SELECT ARRAY[record_no::text, coalesce(dmarc_pass::text, '-'),
	coalesce(dkim_evaluated, '-'), coalesce(spf_evaluated, '-'), coalesce(disposition, '-')] AS a
	FROM record WHERE report_id = 1 ORDER BY record_no$$),
	'["1", "true", "pass", "fail", "pass"] ["2", "false", "softfail", "none", "quarantine"] '
	'["3", "-", "-", "fail", "-"] ["4", "-", "-", "-", "other"]',
	'letters are words, and pass has three values');
SELECT pg_temp.is(pg_temp.rows($$SELECT ARRAY[header_from, envelope_from] AS a FROM record
	WHERE report_id = 1 ORDER BY record_no$$),
	'["example.com", "example.com"] ["News.example.com", "News.example.com"] ["=odd", ""] [null, null]',
	'the short forms of header_from and envelope_from are undone');
SELECT pg_temp.is((SELECT reasons ->> 0 FROM record WHERE report_id = 1 AND record_no = 1),
	'{"type": "forwarded"}', 'reasons');
SELECT pg_temp.is(pg_temp.rows($$SELECT ARRAY[org_name, reporter, email, generator, external_report_id,
	policy_domain, schema, state, reporter_auth, source, item, p] AS a FROM report
	WHERE report_id = 1$$),
	'["Mail.Example", "mail.example", "dmarc@mail.example", "gen 1", "id-1", "example.com", '
	'"rfc9990", "complete", "unverified", "file", "/srv/a.xml", "reject"]', 'words of a report');
SELECT pg_temp.is((SELECT first_seen_at FROM report WHERE report_id = 1),
	'2026-11-01 10:00Z'::timestamptz, 'first_seen_at is the time of its transaction');
SELECT pg_temp.is((SELECT array_agg(report_id ORDER BY report_id) FROM report WHERE conflict),
	'{1,2}'::bigint[], 'conflict: more than one variant of an identity, of one tenant');
SELECT pg_temp.is((SELECT (begin_at, end_at)::text FROM report WHERE report_id = 5 AND swapped),
	('2026-10-04 00:00Z'::timestamptz, '2026-10-05 00:00Z'::timestamptz)::text,
	'a swapped range is in order');

-- What was mended, refused, lost.
UPDATE ruadb_data.report SET repairs = 8, records_refused = 2, state = 'p', extra = '{"note": 1,
	"repairs": [{"what": "time_form", "where": "date_range/begin", "from": "1.0", "to": "1", "times": 1},
		{"what": "word_form", "from": "Pass", "record_no": 3, "line": 120, "times": 7}],
	"refused_rows": [{"record_no": 2, "messages": 4294967296, "reason": "no address"}],
	"lost": "the document ends in record 5"}' WHERE report_id = 3;
UPDATE ruadb_data.report SET extra = '{"repairs": "a stranger''s", "refused_rows": {}, "lost": "no"}'
	WHERE report_id = 4;
SELECT pg_temp.begins_with('ruadb.repair', 'tenant_id report_id org_name policy_domain day what place '
	'from_text to_text record_no line times');
SELECT pg_temp.begins_with('ruadb.repair_kind', 'what area meaning advice');
SELECT pg_temp.begins_with('ruadb.refused_row', 'tenant_id report_id org_name policy_domain record_no '
	'messages reason');
SELECT pg_temp.is(pg_temp.rows($$SELECT ARRAY[report_id::text, org_name, policy_domain, what, place,
	from_text, to_text, record_no::text, line::text, times::text] AS a FROM repair ORDER BY what$$),
	'["3", "Mail.Example", "example.com", "time_form", "date_range/begin", "1.0", "1", null, null, "1"] '
	'["3", "Mail.Example", "example.com", "word_form", null, "Pass", null, "3", "120", "7"]',
	'a row for each thing mended; what a stranger''s head calls repairs is none');
SELECT pg_temp.is((SELECT sum(times)::bigint FROM repair WHERE report_id = 3),
	(SELECT repairs::bigint FROM report WHERE report_id = 3), 'repairs is the sum of their times');
SELECT pg_temp.is(pg_temp.rows($$SELECT ARRAY[report_id::text, record_no::text, messages::text, reason]
	AS a FROM refused_row$$), '["3", "2", "4294967296", "no address"]', 'refused rows');
SELECT pg_temp.is(pg_temp.rows($$SELECT ARRAY[report_id::text, state, lost] AS a FROM report
	WHERE report_id IN (3, 4) ORDER BY report_id$$),
	'["3", "partial", "the document ends in record 5"] ["4", "complete", null]',
	'what is lost, of partial reports only');
SELECT pg_temp.is((SELECT count(*) FROM repair_kind WHERE meaning NOT LIKE '%.' OR advice NOT LIKE '%.'
	OR length(meaning) > 120 OR what !~ '^[a-z_0-9]+$'), 0::bigint, 'each kind has its sentences');
UPDATE ruadb_data.report SET repairs = NULL, records_refused = NULL, state = 'c', extra = NULL
	WHERE report_id IN (3, 4);

-- Results.
SELECT pg_temp.is(pg_temp.rows($$SELECT ARRAY[result_no::text, domain, selector, result, result_raw,
	human_result, messages_of_record::text] AS a FROM dkim_result WHERE tenant_id = 1 ORDER BY result_no$$),
	'["1", "example.com", "s1", "pass", "pass", "ok", "10"] '
	'["2", "esp.example", null, "none", "none", null, "10"]',
	'one row a DKIM result');
SELECT pg_temp.is(pg_temp.rows($$SELECT ARRAY[result_no::text, domain, scope, scope_raw, result, result_raw,
	human_result] AS a FROM spf_result WHERE tenant_id = 1 ORDER BY result_no$$),
	'["1", "example.com", "mfrom", "mfrom", "fail", "hardfail", null] '
	'["2", "mx.example.com", "helo", "helo", "neutral", "neutral", "hm"] '
	'["3", "x.example", null, null, "temperror", "temperror", null] '
	'["4", "", "other", "pra", "softfail", "softfail", null]',
	'one row an SPF result');

-- What counts, and days.
SELECT pg_temp.is((SELECT sum(messages)::bigint FROM counted_record WHERE tenant_id = 1), 36::bigint,
	'counted_record leaves out what does not count');
SELECT pg_temp.is((SELECT sum(messages)::bigint FROM record_on_day WHERE counted AND tenant_id = 1),
	36::bigint, 'record_on_day has the same sum');
SELECT pg_temp.is((SELECT sum(messages)::bigint FROM report_day WHERE counted AND tenant_id = 1),
	36::bigint, 'report_day has the same sum');
SELECT pg_temp.is(pg_temp.rows($$SELECT ARRAY[record_no::text, day::text, messages::text,
	messages_of_record::text] AS a FROM record_on_day WHERE report_id IN (3, 4)
	ORDER BY report_id, record_no, day$$),
	'["1", "2026-10-01", "1", "4"] ["1", "2026-10-02", "3", "4"] ["2", "2026-10-01", "1", "3"] '
	'["2", "2026-10-02", "2", "3"] ["1", null, "5", "5"]',
	'shares of 26 hours, and 40 days on no day');
SELECT pg_temp.is(pg_temp.rows($$SELECT ARRAY[report_id::text, day::text, messages::text, pass::text,
	fail::text, unknown::text, none::text, disposition_pass::text, quarantine::text, reject::text] AS a
	FROM report_day WHERE report_id IN (1, 3, 4) ORDER BY report_id, day$$),
	'["1", "2026-10-01", "22", "10", "8", "4", "0", "10", "8", "0"] '
	'["3", "2026-10-01", "2", "0", "2", "0", "2", "0", "0", "0"] '
	'["3", "2026-10-02", "5", "0", "5", "0", "5", "0", "0", "0"] '
	'["4", null, "5", "0", "5", "0", "5", "0", "0", "0"]', 'report_day, NULL is 0');

-- Adding up.
SELECT pg_temp.is((SELECT array_agg(report_id) FROM reconciliation), NULL, 'reconciliation is empty');
DELETE FROM ruadb_data.record WHERE report_id = 5;
UPDATE ruadb_data.record SET messages = 3 WHERE report_id = 2;
UPDATE ruadb_data.record SET disposition = 'r' WHERE report_id = 4;
UPDATE ruadb_data.record_day SET messages = 9 WHERE report_id = 3 AND record_no = 1;
UPDATE ruadb_data.report SET records_refused = 2, messages_refused = 5 WHERE report_id = 1;
INSERT INTO ruadb_data.record (tenant_id, report_id, auth_set_id, domain_id, messages, record_no, day,
	disposition, dkim_evaluated, spf_evaluated, source_ip)
	VALUES (1, 99, 31, 10, 6, 1, '2026-10-01', 'n', 'f', 'f', '192.0.2.9');
SELECT pg_temp.is(pg_temp.rows($$SELECT ARRAY[report_id::text, unequal, records_in_file::text,
	records_stored::text, messages_in_file::text, messages_stored::text] AS a FROM reconciliation
	ORDER BY report_id$$),
	'["2", "messages, rollup", "1", "1", "1", "3"] ["3", "days", "2", "2", "7", "7"] '
	'["4", "rollup", "1", "1", "5", "5"] ["5", "records, messages, rollup", "1", "0", "2", "0"] '
	'["99", "records, messages, rollup", "0", "1", "0", "6"]',
	'reconciliation names what is unequal, rows without a report too; refused ones are no fault');

-- Ledger, tenants, plans.
SELECT pg_temp.is(pg_temp.rows($$SELECT ARRAY[source, item, outcome, reason, sha256, times::text] AS a
	FROM ledger ORDER BY item$$),
	'["file", "/srv/a.xml", "stored", null, '
	'"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", "1"] '
	'["stdin", "abc", "not_report", "a picture", "00112233445566778899aabbccddeeff", "3"]', 'ledger');
SELECT pg_temp.is((SELECT (first_seen_at, last_seen_at)::text FROM ledger WHERE source = 'file'),
	('2026-11-01 10:00Z'::timestamptz, '2026-11-01 10:00Z'::timestamptz)::text, 'times of the ledger');
SELECT pg_temp.is(tenant(), 1::bigint, 'tenant 1 where none is set');
SET ruadb.tenant_id = '2';
SELECT pg_temp.is((SELECT sum(messages)::bigint FROM counted_record WHERE tenant_id = tenant()),
	9::bigint, 'the tenant of the session');
CREATE FUNCTION pg_temp.plan(query text, what text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN ' || query LOOP
		IF line ~ what THEN
			RETURN true;
		END IF;
	END LOOP;
	RETURN false;
END $$;
SELECT pg_temp.is(pg_temp.plan('SELECT source_ip, sum(messages) FROM counted_record GROUP BY 1',
	'on reporter'), false, 'joins whose columns are not asked for are left out');
SELECT pg_temp.is(pg_temp.plan($$SELECT sum(messages) FROM record_on_day WHERE day = '2026-10-01'$$,
	'record_before'), false, 'months that are not asked for are left out');
SELECT pg_temp.is((SELECT count(*) FROM report_overlap WHERE report_id = 3), 1::bigint,
	'ranges of one reporter and domain that overlap are told');

-- Row level security on every table, two tenants: the views show the reader's own rows.
RESET search_path;
CREATE ROLE reader;
GRANT USAGE ON SCHEMA ruadb, ruadb_data TO reader;
GRANT SELECT ON ALL TABLES IN SCHEMA ruadb, ruadb_data TO reader;
GRANT USAGE ON SEQUENCE test TO reader;
DO $$
DECLARE
	t regclass;
BEGIN
	FOR t IN SELECT oid FROM pg_class WHERE relnamespace = 'ruadb_data'::regnamespace
			AND relkind IN ('r', 'p') LOOP
		EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t);
		EXECUTE format('CREATE POLICY own ON %s FOR SELECT USING (tenant_id = ruadb.tenant())', t);
	END LOOP;
END $$;
CREATE FUNCTION pg_temp.tenants(v text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	got text;
BEGIN
	EXECUTE format('SELECT string_agg(DISTINCT tenant_id::text, '' '') FROM ruadb.%I', v) INTO got;
	RETURN got;
END $$;
SET ROLE reader;
SET ruadb.tenant_id = '2';
SELECT pg_temp.is((SELECT string_agg(v || ':' || coalesce(pg_temp.tenants(v), ''), ' ' ORDER BY v)
	FROM unnest('{report,record,counted_record,record_on_day,report_day,dkim_result,spf_result,
		ledger,quarantine,reconciliation,refused_row,repair,report_overlap}'::text[]) v),
	'counted_record:2 dkim_result: ledger: quarantine: reconciliation: record:2 record_on_day:2 '
	'refused_row: repair: report:2 report_day:2 report_overlap: spf_result:', 'tenant 2 sees its own rows in every view');
SELECT pg_temp.is((SELECT org_name || ' ' || policy_domain FROM ruadb.report WHERE report_id = 6),
	'mail.example other.example', 'ids that both tenants have mean its own reporter and domain');
SET ruadb.tenant_id = '1';
SELECT pg_temp.is(pg_temp.tenants('report') || pg_temp.tenants('record') ||
	pg_temp.tenants('reconciliation') || pg_temp.tenants('ledger'), '1111', 'tenant 1 its own');
SET ruadb.tenant_id = '';
SELECT pg_temp.is(pg_temp.tenants('report'), '1', 'an empty setting is tenant 1');
RESET ROLE;
SELECT pg_temp.is(has_function_privilege('reader', 'ruadb.result_word("char")', 'EXECUTE'), true,
	'a reader may use the functions');
