-- The rollup: one row a report and day. Totals over all domains and days read this, never records.
-- It lies in the report's own row; only reports of more than 25 h have rows of report_day_part.
-- A report of more than 31 days has one row without a day: it is in totals and on no day.

CREATE OR REPLACE VIEW ruadb_data.report_day WITH (security_invoker = true) AS
SELECT r.tenant_id,
	r.report_id,
	coalesce(p.day, r.day) AS day,
	d.name AS policy_domain,
	coalesce(p.messages, r.messages) AS messages,
	coalesce(p.pass, r.pass, 0) AS pass,
	coalesce(p.fail, r.fail, 0) AS fail,
	coalesce(p.unknown, r.unknown, 0) AS unknown,
	coalesce(p.none, r.none, 0) AS none,
	coalesce(p.disposition_pass, r.disposition_pass, 0) AS disposition_pass,
	coalesce(p.quarantine, r.quarantine, 0) AS quarantine,
	coalesce(p.reject, r.reject, 0) AS reject,
	r.counted AND NOT d.is_foreign AS counted,
	r.reporter_id,
	coalesce(d.organizational_domain, d.name) AS organizational_domain,
	r.reporter_auth = 'v' OR r.reporter_auth = 'l' AS trusted
FROM ruadb_data.report r
LEFT JOIN ruadb_data.report_day_part p ON r.day IS NULL
	AND p.tenant_id = r.tenant_id AND p.report_id = r.report_id
LEFT JOIN ruadb_data.domain d ON d.tenant_id = r.tenant_id AND d.domain_id = r.domain_id;

CREATE OR REPLACE VIEW ruadb.report_day WITH (security_invoker = true) AS
SELECT y.tenant_id, y.report_id, y.day, y.policy_domain, y.messages, y.pass, y.fail, y.unknown,
	y.none, y.disposition_pass, y.quarantine, y.reject,
	y.counted,
	o.org_name,
	o.name AS reporter,
	y.organizational_domain,
	y.trusted
FROM ruadb_data.report_day y
LEFT JOIN ruadb_data.reporter o ON o.tenant_id = y.tenant_id AND o.reporter_id = y.reporter_id;

COMMENT ON VIEW ruadb_data.report_day IS 'Rollup: one row a report and day.';
COMMENT ON VIEW ruadb.report_day IS
	'Rollup: one row a report and day. Totals: sums WHERE counted.';
COMMENT ON COLUMN ruadb.report_day.tenant_id IS 'Whose data; 1 for a single user.';
COMMENT ON COLUMN ruadb.report_day.report_id IS 'The report: view report.';
COMMENT ON COLUMN ruadb.report_day.day IS
	'UTC day; NULL for reports of more than 31 days, which count in totals but on no day.';
COMMENT ON COLUMN ruadb.report_day.policy_domain IS 'Domain whose policy was applied.';
COMMENT ON COLUMN ruadb.report_day.messages IS 'Messages of the report on this day.';
COMMENT ON COLUMN ruadb.report_day.pass IS 'Of these, dmarc_pass true.';
COMMENT ON COLUMN ruadb.report_day.fail IS 'Of these, dmarc_pass false.';
COMMENT ON COLUMN ruadb.report_day.unknown IS 'Of these, dmarc_pass NULL.';
COMMENT ON COLUMN ruadb.report_day.none IS 'Of these, disposition none.';
COMMENT ON COLUMN ruadb.report_day.disposition_pass IS 'Of these, disposition pass (RFC 9990).';
COMMENT ON COLUMN ruadb.report_day.quarantine IS 'Of these, disposition quarantine.';
COMMENT ON COLUMN ruadb.report_day.reject IS 'Of these, disposition reject.';
COMMENT ON COLUMN ruadb.report_day.counted IS 'The report counts in totals.';
COMMENT ON COLUMN ruadb.report_day.org_name IS 'Reporter: org_name as sent.';
COMMENT ON COLUMN ruadb.report_day.reporter IS 'Reporter as compared: trimmed, lower case.';
COMMENT ON COLUMN ruadb.report_day.organizational_domain IS
	'Organizational domain of the policy domain, by the public suffix list.';
COMMENT ON COLUMN ruadb.report_day.trusted IS 'The report is verified or local (reporter_auth).';
