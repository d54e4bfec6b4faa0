-- Raw results of DKIM and SPF checks: one row a result. They repeat the record's count, hence
-- messages_of_record: it must not be summed.

CREATE OR REPLACE VIEW ruadb.dkim_result WITH (security_invoker = true) AS
SELECT c.tenant_id,
	c.report_id,
	c.record_no,
	-- place among the record's DKIM results
	length(translate(left(a.kinds, i), 'shmo', '')) AS result_no,
	a.domains[i] AS domain,
	a.selectors[i] AS selector,
	ruadb.result_word(substr(a.results, i, 1)::"char") AS result,
	coalesce(a.results_raw[i], ruadb.result_word(substr(a.results, i, 1)::"char")) AS result_raw,
	jsonb_path_query_first(c.extra, '$.human_results[*] ? (@.no == $i).text',
		jsonb_build_object('i', i)) #>> '{}' AS human_result,
	c.messages AS messages_of_record,
	c.day,
	d.name AS policy_domain,
	c.source_ip,
	r.counted AND NOT d.is_foreign AS counted
FROM ruadb_data.record c
JOIN ruadb_data.auth_set a ON a.tenant_id = c.tenant_id AND a.auth_set_id = c.auth_set_id
CROSS JOIN LATERAL generate_series(1, length(a.kinds)) i
LEFT JOIN ruadb_data.domain d ON d.tenant_id = c.tenant_id AND d.domain_id = c.domain_id
LEFT JOIN ruadb_data.report r ON r.tenant_id = c.tenant_id AND r.report_id = c.report_id
WHERE substr(a.kinds, i, 1) = 'd';

CREATE OR REPLACE VIEW ruadb.spf_result WITH (security_invoker = true) AS
SELECT c.tenant_id,
	c.report_id,
	c.record_no,
	-- place among the record's SPF results
	length(translate(left(a.kinds, i), 'd', '')) AS result_no,
	a.domains[i] AS domain,
	ruadb.scope_word(substr(a.kinds, i, 1)::"char") AS scope,
	ruadb.result_word(substr(a.results, i, 1)::"char") AS result,
	coalesce(a.results_raw[i], ruadb.result_word(substr(a.results, i, 1)::"char")) AS result_raw,
	jsonb_path_query_first(c.extra, '$.human_results[*] ? (@.no == $i).text',
		jsonb_build_object('i', i)) #>> '{}' AS human_result,
	c.messages AS messages_of_record,
	c.day,
	d.name AS policy_domain,
	c.source_ip,
	r.counted AND NOT d.is_foreign AS counted,
	coalesce(c.extra -> 'raw' ->> ('scope_' || i),
		ruadb.scope_word(substr(a.kinds, i, 1)::"char")) AS scope_raw
FROM ruadb_data.record c
JOIN ruadb_data.auth_set a ON a.tenant_id = c.tenant_id AND a.auth_set_id = c.auth_set_id
CROSS JOIN LATERAL generate_series(1, length(a.kinds)) i
LEFT JOIN ruadb_data.domain d ON d.tenant_id = c.tenant_id AND d.domain_id = c.domain_id
LEFT JOIN ruadb_data.report r ON r.tenant_id = c.tenant_id AND r.report_id = c.report_id
WHERE substr(a.kinds, i, 1) <> 'd';

COMMENT ON VIEW ruadb.dkim_result IS
	'Raw DKIM results, one row each. Not what DMARC made of them: that is dkim_evaluated.';
COMMENT ON VIEW ruadb.spf_result IS
	'Raw SPF results, one row each. Not what DMARC made of them: that is spf_evaluated.';
COMMENT ON COLUMN ruadb.dkim_result.tenant_id IS 'Whose data; 1 for a single user.';
COMMENT ON COLUMN ruadb.dkim_result.report_id IS 'The report: view report.';
COMMENT ON COLUMN ruadb.dkim_result.record_no IS 'The record in it: view record.';
COMMENT ON COLUMN ruadb.dkim_result.result_no IS 'Place among the DKIM results of the record, from 1.';
COMMENT ON COLUMN ruadb.dkim_result.domain IS 'Signing domain (d=), as sent.';
COMMENT ON COLUMN ruadb.dkim_result.selector IS 'Selector (s=), as sent; NULL where not told.';
COMMENT ON COLUMN ruadb.dkim_result.result IS
	'none, pass, fail, policy, neutral, temperror, permerror, other; NULL if empty.';
COMMENT ON COLUMN ruadb.dkim_result.result_raw IS 'The word as sent.';
COMMENT ON COLUMN ruadb.dkim_result.human_result IS 'Words for people, as sent.';
COMMENT ON COLUMN ruadb.dkim_result.messages_of_record IS
	'Messages of the whole record, repeated for each result: do not sum.';
COMMENT ON COLUMN ruadb.dkim_result.day IS 'UTC day of the report; NULL if longer than 25 h.';
COMMENT ON COLUMN ruadb.dkim_result.policy_domain IS 'Domain whose policy was applied.';
COMMENT ON COLUMN ruadb.dkim_result.source_ip IS 'Address that sent the mail to the reporter.';
COMMENT ON COLUMN ruadb.dkim_result.counted IS 'The report counts in totals.';
COMMENT ON COLUMN ruadb.spf_result.result_no IS 'Place among the SPF results of the record, from 1.';
COMMENT ON COLUMN ruadb.spf_result.domain IS 'Domain that was checked, as sent.';
COMMENT ON COLUMN ruadb.spf_result.scope IS
	'Identity that was checked: mfrom, helo, other; NULL where not told.';
COMMENT ON COLUMN ruadb.spf_result.result IS
	'none, pass, fail, softfail, policy, neutral, temperror, permerror, other; NULL if empty.';
COMMENT ON COLUMN ruadb.spf_result.scope_raw IS 'The scope as sent; NULL where not told.';
