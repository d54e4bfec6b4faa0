-- The shapes of parsedmarc, for those who switch: its tables as views, so that its Grafana
-- dashboard for PostgreSQL runs on them, and what `ruadb export` reads. Counted reports only.
-- Its conventions are kept, see ruadb(1): a report of more than 24 h is split by UTC day, each
-- record's count in proportion to the seconds, by largest remainder; days that get none have no row.
-- What it looks up elsewhere (countries, names in DNS) is NULL.

-- The parts of a record of a report of more than 24 h.
CREATE OR REPLACE FUNCTION ruadb_data.parsedmarc_parts(begin_at timestamptz, end_at timestamptz,
	messages bigint) RETURNS TABLE (part integer, part_begin timestamptz, part_end timestamptz,
	part_messages bigint) LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 3
BEGIN ATOMIC
	SELECT s.n, s.b, s.e, s.whole + (s.place <= s.total - s.wholes)::integer
	FROM (
		SELECT x.n, x.b, x.e, $3 AS total, trunc(x.exact)::bigint AS whole,
			sum(trunc(x.exact)::bigint) OVER () AS wholes,
			row_number() OVER (ORDER BY x.exact - trunc(x.exact) DESC, x.n) AS place
		FROM (
			SELECT n, b, e, extract(epoch FROM e - b)::float8
				/ extract(epoch FROM $2 - $1)::float8 * $3 AS exact
			FROM generate_series(1, ($2 AT TIME ZONE 'UTC')::date
				- ($1 AT TIME ZONE 'UTC')::date + 1) n
			CROSS JOIN LATERAL (SELECT
				greatest($1, date_trunc('day', $1, 'UTC') + (n - 1) * interval '24 h') AS b,
				least($2, date_trunc('day', $1, 'UTC') + n * interval '24 h') AS e) d
			WHERE e > b
		) x
	) s
	WHERE s.whole + (s.place <= s.total - s.wholes)::integer > 0;
END;
COMMENT ON FUNCTION ruadb_data.parsedmarc_parts(timestamptz, timestamptz, bigint) IS
	'How parsedmarc splits a record by UTC day.';

-- parsedmarc takes angle brackets off and cuts at the first @.
CREATE OR REPLACE FUNCTION ruadb_data.parsedmarc_report_id(id text) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN split_part(translate(id, '<>', ''), '@', 1);
COMMENT ON FUNCTION ruadb_data.parsedmarc_report_id(text) IS 'A report id as parsedmarc has it.';

-- The domain of the last SPF result: parsedmarc's envelope_from where the reporter gave none.
CREATE OR REPLACE FUNCTION ruadb_data.last_spf_domain(kinds text, domains text[]) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE WHEN translate(kinds, 'd', '') <> '' THEN lower(nullif(domains[length(
		regexp_replace(kinds, 'd*$', ''))], '')) END;
COMMENT ON FUNCTION ruadb_data.last_spf_domain(text, text[]) IS
	'The domain of the last SPF result of a set, in lower case.';

CREATE OR REPLACE VIEW ruadb.dmarc_aggregate_report WITH (security_invoker = true) AS
SELECT r.report_id AS id,
	coalesce(r.version, 'draft') AS xml_schema,
	CASE r.schema WHEN '9' THEN 'urn:ietf:params:xml:ns:dmarc-2.0' END AS xml_namespace,
	coalesce(nullif(o.org_name, ''), regexp_replace(o.email, '^.*@', '')) AS org_name,
	o.email AS org_email,
	o.extra_contact_info AS org_extra_contact_info,
	o.generator,
	ruadb_data.parsedmarc_report_id(r.external_report_id) AS report_id,
	r.begin_at AS begin_date,
	r.end_at AS end_date,
	ARRAY(SELECT x ->> 'text' FROM jsonb_array_elements(CASE jsonb_typeof(r.extra -> 'errors')
		WHEN 'array' THEN r.extra -> 'errors' END) x) AS errors,
	d.name AS domain,
	coalesce(r.adkim, 'r') AS adkim,
	coalesce(r.aspf, 'r') AS aspf,
	r.p AS policy,
	coalesce(r.sp, r.p) AS subdomain_policy,
	r.pct::text AS pct,
	r.fo, r.np, r.testing, r.discovery_method,
	r.tenant_id
FROM ruadb_data.report r
JOIN ruadb_data.domain d ON d.tenant_id = r.tenant_id AND d.domain_id = r.domain_id
	AND NOT d.is_foreign
LEFT JOIN ruadb_data.reporter o ON o.tenant_id = r.tenant_id AND o.reporter_id = r.reporter_id
WHERE r.counted;

-- Records of split reports have a row a part; id tells the parts apart. Where a dashboard asks for
-- the results of one record at a time (panel "Aggregate Report Details"), an index helps:
-- CREATE INDEX ON ruadb_data.record ((report_id * 8388608 + record_no));

CREATE OR REPLACE VIEW ruadb_data.parsedmarc_record WITH (security_invoker = true) AS
SELECT c.report_id * 8388608 + c.record_no AS id,
	c.report_id,
	r.begin_at AS interval_begin,
	r.end_at AS interval_end,
	c.source_ip AS source_ip_address,
	NULL::text AS source_country,
	NULL::text AS source_reverse_dns,
	NULL::text AS source_base_domain,
	NULL::text AS source_name,
	NULL::text AS source_type,
	c.messages AS message_count,
	c.spf_evaluated = 'p' AS spf_aligned,
	c.dkim_evaluated = 'p' AS dkim_aligned,
	c.spf_evaluated = 'p' OR c.dkim_evaluated = 'p' AS dmarc_passed,
	lower(coalesce(c.extra #>> '{raw,disposition}', ruadb.disposition_word(c.disposition),
		'none')) AS disposition,
	lower(coalesce(c.extra #>> '{raw,dkim}', ruadb.result_word(c.dkim_evaluated), 'fail'))
		AS policy_dkim,
	lower(coalesce(c.extra #>> '{raw,spf}', ruadb.result_word(c.spf_evaluated), 'fail'))
		AS policy_spf,
	coalesce(lower(ruadb.same_as(c.header_from, d.name)), '') AS header_from,
	coalesce(nullif(ruadb.same_as(c.envelope_from, ruadb.same_as(c.header_from, d.name)), ''),
		ruadb_data.last_spf_domain(a.kinds, a.domains)) AS envelope_from,
	nullif(c.envelope_to, '') AS envelope_to,
	c.tenant_id,
	false AS normalized_timespan,
	c.record_no,
	c.day,
	d.name AS policy_domain,
	coalesce(d.organizational_domain, d.name) AS organizational_domain,
	c.auth_set_id,
	c.extra
FROM ruadb_data.record c
JOIN ruadb_data.report r ON r.tenant_id = c.tenant_id AND r.report_id = c.report_id AND r.counted
	AND (r.end_at - r.begin_at > interval '24 h') IS NOT TRUE
JOIN ruadb_data.domain d ON d.tenant_id = c.tenant_id AND d.domain_id = c.domain_id
	AND NOT d.is_foreign
LEFT JOIN ruadb_data.auth_set a ON a.tenant_id = c.tenant_id AND a.auth_set_id = c.auth_set_id
UNION ALL
SELECT c.report_id * 8388608 + c.record_no + (p.part & 255) * 36028797018963968 AS id,
	c.report_id,
	p.part_begin AS interval_begin,
	p.part_end AS interval_end,
	c.source_ip AS source_ip_address,
	NULL::text AS source_country,
	NULL::text AS source_reverse_dns,
	NULL::text AS source_base_domain,
	NULL::text AS source_name,
	NULL::text AS source_type,
	p.part_messages AS message_count,
	c.spf_evaluated = 'p' AS spf_aligned,
	c.dkim_evaluated = 'p' AS dkim_aligned,
	c.spf_evaluated = 'p' OR c.dkim_evaluated = 'p' AS dmarc_passed,
	lower(coalesce(c.extra #>> '{raw,disposition}', ruadb.disposition_word(c.disposition),
		'none')) AS disposition,
	lower(coalesce(c.extra #>> '{raw,dkim}', ruadb.result_word(c.dkim_evaluated), 'fail'))
		AS policy_dkim,
	lower(coalesce(c.extra #>> '{raw,spf}', ruadb.result_word(c.spf_evaluated), 'fail'))
		AS policy_spf,
	coalesce(lower(ruadb.same_as(c.header_from, d.name)), '') AS header_from,
	coalesce(nullif(ruadb.same_as(c.envelope_from, ruadb.same_as(c.header_from, d.name)), ''),
		ruadb_data.last_spf_domain(a.kinds, a.domains)) AS envelope_from,
	nullif(c.envelope_to, '') AS envelope_to,
	c.tenant_id,
	true AS normalized_timespan,
	c.record_no,
	c.day,
	d.name AS policy_domain,
	coalesce(d.organizational_domain, d.name) AS organizational_domain,
	c.auth_set_id,
	c.extra
FROM ruadb_data.record c
JOIN ruadb_data.report r ON r.tenant_id = c.tenant_id AND r.report_id = c.report_id AND r.counted
	AND r.end_at - r.begin_at > interval '24 h'
JOIN ruadb_data.domain d ON d.tenant_id = c.tenant_id AND d.domain_id = c.domain_id
	AND NOT d.is_foreign
LEFT JOIN ruadb_data.auth_set a ON a.tenant_id = c.tenant_id AND a.auth_set_id = c.auth_set_id
CROSS JOIN LATERAL ruadb_data.parsedmarc_parts(r.begin_at, r.end_at, c.messages) p;

CREATE OR REPLACE VIEW ruadb.dmarc_aggregate_record WITH (security_invoker = true) AS
SELECT c.id, c.report_id, c.interval_begin, c.interval_end, c.source_ip_address, c.source_country,
	c.source_reverse_dns, c.source_base_domain, c.source_name, c.source_type, c.message_count,
	c.spf_aligned, c.dkim_aligned, c.dmarc_passed, c.disposition, c.policy_dkim, c.policy_spf,
	c.header_from, c.envelope_from, c.envelope_to, c.tenant_id
FROM ruadb_data.parsedmarc_record c;

-- What ruadb export writes: a row a record, or one for a report without records. Report by report,
-- through the index of its domain and day (OFFSET 0 holds PostgreSQL to it), so that the first rows
-- come at once and nothing large is sorted.
CREATE OR REPLACE VIEW ruadb_data.parsedmarc_row WITH (security_invoker = true) AS
SELECT r.tenant_id, r.id AS report, r.xml_schema, r.xml_namespace, r.org_name, r.org_email,
	r.org_extra_contact_info, r.report_id, r.begin_date, r.end_date, r.errors, r.generator,
	r.domain, r.adkim, r.aspf, r.policy, r.subdomain_policy, r.pct, r.fo, r.np, r.testing,
	r.discovery_method, coalesce(d.organizational_domain, d.name) AS organizational_domain,
	coalesce(y.day, (y.end_at AT TIME ZONE 'UTC')::date) AS day,
	coalesce(r.end_date - r.begin_date > interval '24 h', false) AS normalized_timespan,
	c.record_no,
	coalesce(p.part_begin, r.begin_date) AS interval_begin,
	coalesce(p.part_end, r.end_date) AS interval_end,
	c.source_ip AS source_ip_address,
	coalesce(p.part_messages, c.messages) AS message_count,
	c.spf_evaluated = 'p' AS spf_aligned,
	c.dkim_evaluated = 'p' AS dkim_aligned,
	c.spf_evaluated = 'p' OR c.dkim_evaluated = 'p' AS dmarc_passed,
	lower(coalesce(c.extra #>> '{raw,disposition}', ruadb.disposition_word(c.disposition),
		'none')) AS disposition,
	lower(coalesce(c.extra #>> '{raw,dkim}', ruadb.result_word(c.dkim_evaluated), 'fail'))
		AS policy_dkim,
	lower(coalesce(c.extra #>> '{raw,spf}', ruadb.result_word(c.spf_evaluated), 'fail'))
		AS policy_spf,
	coalesce(lower(ruadb.same_as(c.header_from, d.name)), '') AS header_from,
	coalesce(nullif(ruadb.same_as(c.envelope_from, ruadb.same_as(c.header_from, d.name)), ''),
		ruadb_data.last_spf_domain(a.kinds, a.domains)) AS envelope_from,
	nullif(c.envelope_to, '') AS envelope_to,
	c.extra, a.kinds, a.results, a.domains, a.selectors, a.results_raw,
	-- ours, for those who ask for it
	ruadb.trust_word(y.reporter_auth) AS reporter_auth, y.auth_domain,
	ruadb.auth_method_word(y.auth_method) AS auth_method,
	ruadb.auth_relation_word(y.auth_relation) AS auth_relation
FROM ruadb.dmarc_aggregate_report r
JOIN ruadb_data.report y ON y.tenant_id = r.tenant_id AND y.report_id = r.id
JOIN ruadb_data.domain d ON d.tenant_id = y.tenant_id AND d.domain_id = y.domain_id
LEFT JOIN LATERAL (
	SELECT n.*
	FROM (
		SELECT x.* FROM ruadb_data.record x
		WHERE x.tenant_id = y.tenant_id AND x.domain_id = y.domain_id AND x.day = y.day
			AND x.report_id = y.report_id
		UNION ALL
		SELECT x.* FROM ruadb_data.record x
		WHERE y.day IS NULL AND x.tenant_id = y.tenant_id AND x.domain_id = y.domain_id
			AND x.day IS NULL AND x.report_id = y.report_id
	) n
	ORDER BY n.record_no
	OFFSET 0
) c ON true
LEFT JOIN LATERAL (
	SELECT s.* FROM ruadb_data.auth_set s
	WHERE s.tenant_id = c.tenant_id AND s.auth_set_id = c.auth_set_id
	OFFSET 0
) a ON true
LEFT JOIN LATERAL (
	SELECT q.* FROM ruadb_data.parsedmarc_parts(r.begin_date, r.end_date, c.messages) q
	WHERE r.end_date - r.begin_date > interval '24 h'
	OFFSET 0
) p ON true
WHERE c.record_no IS NULL OR p.part IS NOT NULL
	OR (r.end_date - r.begin_date > interval '24 h') IS NOT TRUE;

CREATE OR REPLACE VIEW ruadb.dmarc_aggregate_record_dkim WITH (security_invoker = true) AS
SELECT hashint8extended(c.report_id * 8388608 + c.record_no,
		i) AS id,
	c.report_id * 8388608 + c.record_no AS record_id,
	a.domains[i] AS domain,
	coalesce(a.selectors[i], 'none') AS selector,
	lower(coalesce(a.results_raw[i], ruadb.result_word(substr(a.results, i, 1)::"char"), 'none'))
		AS result,
	CASE WHEN c.extra IS NOT NULL THEN jsonb_path_query_first(c.extra,
		'$.human_results[*] ? (@.no == $i).text', jsonb_build_object('i', i)) #>> '{}' END
		AS human_result,
	c.tenant_id
FROM ruadb_data.record c
JOIN ruadb_data.report r ON r.tenant_id = c.tenant_id AND r.report_id = c.report_id AND r.counted
	AND (r.end_at - r.begin_at > interval '24 h') IS NOT TRUE
JOIN ruadb_data.domain d ON d.tenant_id = c.tenant_id AND d.domain_id = c.domain_id
	AND NOT d.is_foreign
JOIN ruadb_data.auth_set a ON a.tenant_id = c.tenant_id AND a.auth_set_id = c.auth_set_id
CROSS JOIN LATERAL generate_series(1, length(a.kinds)) i
WHERE substr(a.kinds, i, 1) = 'd' AND a.domains[i] <> ''
UNION ALL
SELECT hashint8extended(c.report_id * 8388608 + c.record_no + (p.part & 255) * 36028797018963968,
		i) AS id,
	c.report_id * 8388608 + c.record_no + (p.part & 255) * 36028797018963968 AS record_id,
	a.domains[i] AS domain,
	coalesce(a.selectors[i], 'none') AS selector,
	lower(coalesce(a.results_raw[i], ruadb.result_word(substr(a.results, i, 1)::"char"), 'none'))
		AS result,
	CASE WHEN c.extra IS NOT NULL THEN jsonb_path_query_first(c.extra,
		'$.human_results[*] ? (@.no == $i).text', jsonb_build_object('i', i)) #>> '{}' END
		AS human_result,
	c.tenant_id
FROM ruadb_data.record c
JOIN ruadb_data.report r ON r.tenant_id = c.tenant_id AND r.report_id = c.report_id AND r.counted
	AND r.end_at - r.begin_at > interval '24 h'
JOIN ruadb_data.domain d ON d.tenant_id = c.tenant_id AND d.domain_id = c.domain_id
	AND NOT d.is_foreign
JOIN ruadb_data.auth_set a ON a.tenant_id = c.tenant_id AND a.auth_set_id = c.auth_set_id
CROSS JOIN LATERAL generate_series(1, length(a.kinds)) i
CROSS JOIN LATERAL ruadb_data.parsedmarc_parts(r.begin_at, r.end_at, c.messages) p
WHERE substr(a.kinds, i, 1) = 'd' AND a.domains[i] <> '';

CREATE OR REPLACE VIEW ruadb.dmarc_aggregate_record_spf WITH (security_invoker = true) AS
SELECT hashint8extended(c.report_id * 8388608 + c.record_no,
		i) AS id,
	c.report_id * 8388608 + c.record_no AS record_id,
	a.domains[i] AS domain,
	coalesce(c.extra -> 'raw' ->> ('scope_' || i),
		ruadb.scope_word(substr(a.kinds, i, 1)::"char"), 'mfrom') AS scope,
	lower(coalesce(a.results_raw[i], ruadb.result_word(substr(a.results, i, 1)::"char"), 'none'))
		AS result,
	CASE WHEN c.extra IS NOT NULL THEN jsonb_path_query_first(c.extra,
		'$.human_results[*] ? (@.no == $i).text', jsonb_build_object('i', i)) #>> '{}' END
		AS human_result,
	c.tenant_id
FROM ruadb_data.record c
JOIN ruadb_data.report r ON r.tenant_id = c.tenant_id AND r.report_id = c.report_id AND r.counted
	AND (r.end_at - r.begin_at > interval '24 h') IS NOT TRUE
JOIN ruadb_data.domain d ON d.tenant_id = c.tenant_id AND d.domain_id = c.domain_id
	AND NOT d.is_foreign
JOIN ruadb_data.auth_set a ON a.tenant_id = c.tenant_id AND a.auth_set_id = c.auth_set_id
CROSS JOIN LATERAL generate_series(1, length(a.kinds)) i
WHERE substr(a.kinds, i, 1) <> 'd' AND a.domains[i] <> ''
UNION ALL
SELECT hashint8extended(c.report_id * 8388608 + c.record_no + (p.part & 255) * 36028797018963968,
		i) AS id,
	c.report_id * 8388608 + c.record_no + (p.part & 255) * 36028797018963968 AS record_id,
	a.domains[i] AS domain,
	coalesce(c.extra -> 'raw' ->> ('scope_' || i),
		ruadb.scope_word(substr(a.kinds, i, 1)::"char"), 'mfrom') AS scope,
	lower(coalesce(a.results_raw[i], ruadb.result_word(substr(a.results, i, 1)::"char"), 'none'))
		AS result,
	CASE WHEN c.extra IS NOT NULL THEN jsonb_path_query_first(c.extra,
		'$.human_results[*] ? (@.no == $i).text', jsonb_build_object('i', i)) #>> '{}' END
		AS human_result,
	c.tenant_id
FROM ruadb_data.record c
JOIN ruadb_data.report r ON r.tenant_id = c.tenant_id AND r.report_id = c.report_id AND r.counted
	AND r.end_at - r.begin_at > interval '24 h'
JOIN ruadb_data.domain d ON d.tenant_id = c.tenant_id AND d.domain_id = c.domain_id
	AND NOT d.is_foreign
JOIN ruadb_data.auth_set a ON a.tenant_id = c.tenant_id AND a.auth_set_id = c.auth_set_id
CROSS JOIN LATERAL generate_series(1, length(a.kinds)) i
CROSS JOIN LATERAL ruadb_data.parsedmarc_parts(r.begin_at, r.end_at, c.messages) p
WHERE substr(a.kinds, i, 1) <> 'd' AND a.domains[i] <> '';

CREATE OR REPLACE VIEW ruadb.dmarc_aggregate_record_policy_override
	WITH (security_invoker = true) AS
SELECT hashint8extended(c.report_id * 8388608 + c.record_no,
		o.no) AS id,
	c.report_id * 8388608 + c.record_no AS record_id,
	o.reason ->> 'type' AS override_type,
	o.reason ->> 'comment' AS comment,
	c.tenant_id
FROM ruadb_data.record c
JOIN ruadb_data.report r ON r.tenant_id = c.tenant_id AND r.report_id = c.report_id AND r.counted
	AND (r.end_at - r.begin_at > interval '24 h') IS NOT TRUE
JOIN ruadb_data.domain d ON d.tenant_id = c.tenant_id AND d.domain_id = c.domain_id
	AND NOT d.is_foreign
CROSS JOIN LATERAL jsonb_array_elements(CASE jsonb_typeof(c.extra -> 'reasons') WHEN 'array'
	THEN c.extra -> 'reasons' END) WITH ORDINALITY AS o (reason, no)
WHERE c.extra IS NOT NULL
UNION ALL
SELECT hashint8extended(c.report_id * 8388608 + c.record_no + (p.part & 255) * 36028797018963968,
		o.no) AS id,
	c.report_id * 8388608 + c.record_no + (p.part & 255) * 36028797018963968 AS record_id,
	o.reason ->> 'type' AS override_type,
	o.reason ->> 'comment' AS comment,
	c.tenant_id
FROM ruadb_data.record c
JOIN ruadb_data.report r ON r.tenant_id = c.tenant_id AND r.report_id = c.report_id AND r.counted
	AND r.end_at - r.begin_at > interval '24 h'
JOIN ruadb_data.domain d ON d.tenant_id = c.tenant_id AND d.domain_id = c.domain_id
	AND NOT d.is_foreign
CROSS JOIN LATERAL jsonb_array_elements(CASE jsonb_typeof(c.extra -> 'reasons') WHEN 'array'
	THEN c.extra -> 'reasons' END) WITH ORDINALITY AS o (reason, no)
CROSS JOIN LATERAL ruadb_data.parsedmarc_parts(r.begin_at, r.end_at, c.messages) p
WHERE c.extra IS NOT NULL;

-- Failure reports and SMTP TLS reports are not read: these are empty.
CREATE OR REPLACE VIEW ruadb.dmarc_failure_report WITH (security_invoker = true) AS
SELECT NULL::bigint AS id, NULL::text AS feedback_type, NULL::text AS user_agent, NULL::text AS
	version, NULL::text AS original_envelope_id, NULL::text AS original_mail_from, NULL::text
	AS original_rcpt_to, NULL::timestamptz AS arrival_date, NULL::timestamptz AS
	arrival_date_utc, NULL::text AS authentication_results, NULL::text AS delivery_result,
	NULL::text[] AS auth_failure, NULL::text[] AS authentication_mechanisms, NULL::text AS
	dkim_domain, NULL::text AS reported_domain, NULL::boolean AS sample_headers_only,
	NULL::inet AS source_ip_address, NULL::text AS source_country, NULL::text AS
	source_reverse_dns, NULL::text AS source_base_domain, NULL::text AS source_name, NULL::text
	AS source_type, NULL::text AS sample, NULL::text AS sample_date, NULL::text AS
	sample_subject, NULL::text AS sample_body, NULL::boolean AS sample_has_defects, NULL::jsonb
	AS sample_headers, NULL::jsonb AS sample_from, NULL::jsonb AS sample_to
WHERE false;

CREATE OR REPLACE VIEW ruadb.dmarc_failure_sample_address WITH (security_invoker = true) AS
SELECT NULL::bigint AS id, NULL::bigint AS report_id, NULL::text AS address_type, NULL::text AS
	display_name, NULL::text AS address
WHERE false;

CREATE OR REPLACE VIEW ruadb.smtp_tls_report WITH (security_invoker = true) AS
SELECT NULL::bigint AS id, NULL::text AS organization_name, NULL::timestamptz AS begin_date,
	NULL::timestamptz AS end_date, NULL::text AS contact_info, NULL::text AS report_id
WHERE false;

CREATE OR REPLACE VIEW ruadb.smtp_tls_policy WITH (security_invoker = true) AS
SELECT NULL::bigint AS id, NULL::bigint AS report_id, NULL::text AS policy_domain, NULL::text AS
	policy_type, NULL::text[] AS policy_strings, NULL::text[] AS mx_host_patterns,
	NULL::integer AS successful_session_count, NULL::integer AS failed_session_count
WHERE false;

CREATE OR REPLACE VIEW ruadb.smtp_tls_failure_detail WITH (security_invoker = true) AS
SELECT NULL::bigint AS id, NULL::bigint AS policy_id, NULL::text AS result_type, NULL::integer AS
	failed_session_count, NULL::inet AS sending_mta_ip, NULL::inet AS receiving_ip, NULL::text
	AS receiving_mx_hostname, NULL::text AS receiving_mx_helo, NULL::text AS
	additional_info_uri, NULL::text AS failure_reason_code
WHERE false;

-- Their columns are parsedmarc's: what differs from its meaning is said.
DO $$
DECLARE
	c pg_catalog.record;
BEGIN
	FOR c IN
		SELECT t.relname, a.attname, coalesce(k.words, 'As in parsedmarc''s table of this name.')
			AS words
		FROM pg_class t
		JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0
		LEFT JOIN (VALUES ('id', 'A number of ours.'),
			('record_id', 'The record: id of dmarc_aggregate_record.'),
			('tenant_id', 'Whose data; not in parsedmarc.'),
			('xml_namespace', 'As parsedmarc has it for RFC 9990, else NULL.'),
			('source_country', 'NULL: addresses are not looked up.'),
			('source_reverse_dns', 'NULL: addresses are not looked up.'),
			('source_base_domain', 'NULL: addresses are not looked up.'),
			('source_name', 'NULL: addresses are not looked up.'),
			('source_type', 'NULL: addresses are not looked up.'),
			('message_count', 'Messages; a bigint, not an integer.'),
			('spf_aligned', 'The reporter''s evaluated SPF result is pass.'),
			('dkim_aligned', 'The reporter''s evaluated DKIM result is pass.'),
			('dmarc_passed', 'One of both is.'))
			AS k (name, words) ON k.name = a.attname
		WHERE t.relnamespace = 'ruadb'::regnamespace
			AND (t.relname LIKE 'dmarc\_aggregate\_%' OR t.relname LIKE 'dmarc\_failure\_%'
				OR t.relname LIKE 'smtp\_tls\_%')
	LOOP
		EXECUTE format('COMMENT ON VIEW ruadb.%I IS %L', c.relname,
			'For those who come from parsedmarc: its table of this name.'
			|| CASE WHEN c.relname LIKE 'dmarc\_aggregate%' THEN ' Counted reports only.'
				ELSE ' Always empty: such reports are not read.' END);
		EXECUTE format('COMMENT ON COLUMN ruadb.%I.%I IS %L', c.relname, c.attname, c.words);
	END LOOP;
END $$;
