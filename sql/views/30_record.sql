-- Records: one row a record of a report. Two queries answer most questions:
--   who sends as us:  SELECT source_ip, sum(messages) FROM counted_record GROUP BY 1
--   day by day:       the same over record_on_day WHERE counted

CREATE OR REPLACE VIEW ruadb.record WITH (security_invoker = true) AS
SELECT c.tenant_id,
	c.report_id,
	c.record_no,
	c.day,
	o.org_name,
	d.name AS policy_domain,
	c.source_ip,
	c.messages,
	ruadb.dmarc_pass(c.dkim_evaluated, c.spf_evaluated) AS dmarc_pass,
	ruadb.result_word(c.dkim_evaluated) AS dkim_evaluated,
	ruadb.result_word(c.spf_evaluated) AS spf_evaluated,
	ruadb.disposition_word(c.disposition) AS disposition,
	c.extra -> 'reasons' AS reasons,
	ruadb.same_as(c.header_from, d.name) AS header_from,
	ruadb.same_as(c.envelope_from, ruadb.same_as(c.header_from, d.name)) AS envelope_from,
	c.envelope_to,
	r.counted AND NOT d.is_foreign AS counted,
	o.name AS reporter,
	c.extra,
	coalesce(c.extra #>> '{raw,dkim}', ruadb.result_word(c.dkim_evaluated)) AS dkim_evaluated_raw,
	coalesce(c.extra #>> '{raw,spf}', ruadb.result_word(c.spf_evaluated)) AS spf_evaluated_raw,
	coalesce(c.extra #>> '{raw,disposition}', ruadb.disposition_word(c.disposition))
		AS disposition_raw,
	ruadb.aligned(c.dkim_aligned) AS dkim_aligned,
	ruadb.aligned(c.spf_aligned) AS spf_aligned,
	coalesce(ruadb.disagrees(c.dkim_aligned, c.dkim_evaluated)
			OR ruadb.disagrees(c.spf_aligned, c.spf_evaluated),
		ruadb.disagrees(c.dkim_aligned, c.dkim_evaluated),
		ruadb.disagrees(c.spf_aligned, c.spf_evaluated)) AS eval_disagrees,
	coalesce(d.organizational_domain, d.name) AS organizational_domain,
	c.dkim_key,
	r.reporter_auth = 'v' OR r.reporter_auth = 'l' AS trusted,
	ruadb.trust_word(r.reporter_auth) AS reporter_auth
FROM ruadb_data.record c
LEFT JOIN ruadb_data.domain d ON d.tenant_id = c.tenant_id AND d.domain_id = c.domain_id
LEFT JOIN ruadb_data.report r ON r.tenant_id = c.tenant_id AND r.report_id = c.report_id
LEFT JOIN ruadb_data.reporter o ON o.tenant_id = r.tenant_id AND o.reporter_id = r.reporter_id;

CREATE OR REPLACE VIEW ruadb.counted_record WITH (security_invoker = true) AS
SELECT * FROM ruadb.record WHERE counted;

-- The first branch names its day, so that PostgreSQL leaves out the months that are not asked for.
-- Records of longer reports have no day of their own: their shares, or, over 31 days, no day.
CREATE OR REPLACE VIEW ruadb.record_on_day WITH (security_invoker = true) AS
SELECT c.tenant_id, c.report_id, c.record_no, c.day, c.org_name, c.policy_domain, c.source_ip,
	c.messages, c.dmarc_pass, c.dkim_evaluated, c.spf_evaluated, c.disposition, c.reasons,
	c.header_from, c.envelope_from, c.envelope_to, c.counted, c.reporter, c.extra,
	c.messages AS messages_of_record, c.dkim_evaluated_raw, c.spf_evaluated_raw,
	c.disposition_raw, c.dkim_aligned, c.spf_aligned, c.eval_disagrees, c.organizational_domain,
	c.dkim_key, c.trusted, c.reporter_auth
FROM ruadb.record c
WHERE c.day IS NOT NULL
UNION ALL
SELECT c.tenant_id, c.report_id, c.record_no, s.day, c.org_name, c.policy_domain, c.source_ip,
	coalesce(s.messages, c.messages), c.dmarc_pass, c.dkim_evaluated, c.spf_evaluated,
	c.disposition, c.reasons, c.header_from, c.envelope_from, c.envelope_to, c.counted,
	c.reporter, c.extra, c.messages, c.dkim_evaluated_raw, c.spf_evaluated_raw,
	c.disposition_raw, c.dkim_aligned, c.spf_aligned, c.eval_disagrees, c.organizational_domain,
	c.dkim_key, c.trusted, c.reporter_auth
FROM ruadb.record c
LEFT JOIN ruadb_data.record_day s ON s.tenant_id = c.tenant_id AND s.report_id = c.report_id
	AND s.record_no = c.record_no
WHERE c.day IS NULL;

COMMENT ON VIEW ruadb.record IS
	'Records of all reports, those too that do not count. For totals read counted_record.';
COMMENT ON VIEW ruadb.counted_record IS
	'Records of the reports that count: every total is a sum over this view.';
COMMENT ON VIEW ruadb.record_on_day IS
	'Records by day: one row a record, or one a day it touches where the report is longer than '
	'25 h. Totals: WHERE counted.';
COMMENT ON COLUMN ruadb.record.tenant_id IS 'Whose data; 1 for a single user.';
COMMENT ON COLUMN ruadb.record.report_id IS 'The report: view report.';
COMMENT ON COLUMN ruadb.record.record_no IS
	'Place in the report, from 1; refused records have numbers too.';
COMMENT ON COLUMN ruadb.record.day IS
	'UTC day of the report; NULL if it is longer than 25 h: see record_on_day.';
COMMENT ON COLUMN ruadb.record_on_day.day IS
	'UTC day; NULL for reports of more than 31 days, which count in totals but on no day.';
COMMENT ON COLUMN ruadb.record.org_name IS 'Reporter: org_name as sent.';
COMMENT ON COLUMN ruadb.record.policy_domain IS 'Domain whose policy was applied.';
COMMENT ON COLUMN ruadb.record.source_ip IS 'Address that sent the mail to the reporter.';
COMMENT ON COLUMN ruadb.record.messages IS 'How many messages this record stands for.';
COMMENT ON COLUMN ruadb.record_on_day.messages IS 'Messages on this day; over all days the sum is exact.';
COMMENT ON COLUMN ruadb.record_on_day.messages_of_record IS
	'Messages of the whole record, repeated on each of its days: do not sum.';
COMMENT ON COLUMN ruadb.record.dmarc_pass IS
	'True if dkim_evaluated or spf_evaluated is pass; false if both are there and neither is; '
	'else NULL: unknown. Pass rate is pass / (pass + fail).';
COMMENT ON COLUMN ruadb.record.dkim_evaluated IS
	'What the reporter concluded of aligned DKIM; NULL where it said nothing. Other words than '
	'those of the RFC: other; the word itself is dkim_evaluated_raw.';
COMMENT ON COLUMN ruadb.record.spf_evaluated IS
	'What the reporter concluded of aligned SPF; NULL where it said nothing.';
COMMENT ON COLUMN ruadb.record.disposition IS
	'What was done: none, pass (RFC 9990), quarantine, reject, other; NULL where not told.';
COMMENT ON COLUMN ruadb.record.reasons IS
	'Why something else was done than the policy asks: array of {type, comment}; NULL if none.';
COMMENT ON COLUMN ruadb.record.header_from IS 'Domain of From:, as sent.';
COMMENT ON COLUMN ruadb.record.envelope_from IS
	'Domain of the envelope sender as sent; empty is the null reverse-path, NULL is not told.';
COMMENT ON COLUMN ruadb.record.envelope_to IS 'Domain of the envelope recipient, as sent.';
COMMENT ON COLUMN ruadb.record.counted IS 'The report counts in totals.';
COMMENT ON COLUMN ruadb.record.reporter IS 'Reporter as compared: trimmed, lower case.';
COMMENT ON COLUMN ruadb.record.extra IS
	'Everything else: reasons, raw words, human_result texts, extensions, unknown elements.';
COMMENT ON COLUMN ruadb.record.dkim_evaluated_raw IS 'dkim_evaluated in the word as sent.';
COMMENT ON COLUMN ruadb.record.spf_evaluated_raw IS 'spf_evaluated in the word as sent.';
COMMENT ON COLUMN ruadb.record.disposition_raw IS 'disposition in the word as sent.';
COMMENT ON COLUMN ruadb.record.dkim_aligned IS
	'Recomputed by us from auth_results, header_from and adkim: true if an aligned DKIM result '
	'passes, false if none does, NULL if there is no DKIM result. Not what the reporter says.';
COMMENT ON COLUMN ruadb.record.spf_aligned IS
	'Recomputed by us from auth_results, header_from and aspf: true if an aligned SPF result '
	'passes, false if none does, NULL if there is no SPF result. Scope helo counts only where '
	'envelope_from is not told, empty or <>.';
COMMENT ON COLUMN ruadb.record.eval_disagrees IS
	'dkim_aligned or spf_aligned says otherwise than the reporter''s dkim_evaluated or '
	'spf_evaluated; NULL where there is nothing to compare.';
COMMENT ON COLUMN ruadb.record.organizational_domain IS
	'Organizational domain of the policy domain, by the public suffix list.';
COMMENT ON COLUMN ruadb.record.dkim_key IS
	'Which result of the record''s set (SPF ones counted too, from 1) is the first aligned DKIM pass.';
COMMENT ON COLUMN ruadb.record.trusted IS
	'The report is verified or local (reporter_auth).';
COMMENT ON COLUMN ruadb.record.reporter_auth IS
	'Of the report: verified, unverified, failed (mail), local (bare file); see view report.';
