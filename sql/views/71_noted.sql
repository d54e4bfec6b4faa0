-- The few records that reports about exceptions read, by an index that holds no others
-- (migration 0003: record.noted). OFFSET 0 keeps PostgreSQL from reading all records of all domains
-- instead: it goes through that index domain by domain. A record is there once for each `because`:
-- ask for one of them, then only its branch is run.
CREATE OR REPLACE VIEW ruadb_data.noted_record WITH (security_invoker = true) AS
SELECT d.tenant_id, d.domain_id, d.name AS policy_domain,
	coalesce(d.organizational_domain, d.name) AS organizational_domain,
	c.report_id, c.record_no,
	coalesce(y.day, c.day) AS day,
	coalesce(y.messages, c.messages) AS messages,
	o.name AS reporter, c.source_ip, c.noted, c.auth_set_id, c.dkim_key, c.spf_key,
	c.dkim_aligned, c.spf_aligned, c.dkim_evaluated, c.spf_evaluated, c.disposition,
	ruadb.same_as(c.header_from, d.name) AS header_from,
	c.adkim, c.aspf, c.external_report_id, c.extra,
	coalesce(y.day, c.day) < ruadb.settled_before(o.lag) AS settled,
	'reasons' AS because
FROM ruadb_data.domain d
CROSS JOIN LATERAL (
	SELECT n.*, r.reporter_id, r.adkim, r.aspf, r.external_report_id
	FROM ruadb_data.record n
	JOIN ruadb_data.report r ON r.tenant_id = n.tenant_id AND r.report_id = n.report_id
		AND r.counted
	WHERE n.tenant_id = d.tenant_id AND n.domain_id = d.domain_id
		AND n.extra ? 'reasons'
	OFFSET 0
) c
LEFT JOIN ruadb_data.record_day y ON c.day IS NULL AND y.tenant_id = c.tenant_id
	AND y.report_id = c.report_id AND y.record_no = c.record_no
JOIN ruadb_data.reporter_of o ON o.tenant_id = c.tenant_id AND o.reporter_id = c.reporter_id
WHERE NOT d.is_foreign
UNION ALL
SELECT d.tenant_id, d.domain_id, d.name AS policy_domain,
	coalesce(d.organizational_domain, d.name) AS organizational_domain,
	c.report_id, c.record_no,
	coalesce(y.day, c.day) AS day,
	coalesce(y.messages, c.messages) AS messages,
	o.name AS reporter, c.source_ip, c.noted, c.auth_set_id, c.dkim_key, c.spf_key,
	c.dkim_aligned, c.spf_aligned, c.dkim_evaluated, c.spf_evaluated, c.disposition,
	ruadb.same_as(c.header_from, d.name) AS header_from,
	c.adkim, c.aspf, c.external_report_id, c.extra,
	coalesce(y.day, c.day) < ruadb.settled_before(o.lag) AS settled,
	'disagrees' AS because
FROM ruadb_data.domain d
CROSS JOIN LATERAL (
	SELECT n.*, r.reporter_id, r.adkim, r.aspf, r.external_report_id
	FROM ruadb_data.record n
	JOIN ruadb_data.report r ON r.tenant_id = n.tenant_id AND r.report_id = n.report_id
		AND r.counted
	WHERE n.tenant_id = d.tenant_id AND n.domain_id = d.domain_id
		AND n.noted IS NOT NULL AND n.noted & 3 > 0
	OFFSET 0
) c
LEFT JOIN ruadb_data.record_day y ON c.day IS NULL AND y.tenant_id = c.tenant_id
	AND y.report_id = c.report_id AND y.record_no = c.record_no
JOIN ruadb_data.reporter_of o ON o.tenant_id = c.tenant_id AND o.reporter_id = c.reporter_id
WHERE NOT d.is_foreign
UNION ALL
SELECT d.tenant_id, d.domain_id, d.name AS policy_domain,
	coalesce(d.organizational_domain, d.name) AS organizational_domain,
	c.report_id, c.record_no,
	coalesce(y.day, c.day) AS day,
	coalesce(y.messages, c.messages) AS messages,
	o.name AS reporter, c.source_ip, c.noted, c.auth_set_id, c.dkim_key, c.spf_key,
	c.dkim_aligned, c.spf_aligned, c.dkim_evaluated, c.spf_evaluated, c.disposition,
	ruadb.same_as(c.header_from, d.name) AS header_from,
	c.adkim, c.aspf, c.external_report_id, c.extra,
	coalesce(y.day, c.day) < ruadb.settled_before(o.lag) AS settled,
	'signature' AS because
FROM ruadb_data.domain d
CROSS JOIN LATERAL (
	SELECT n.*, r.reporter_id, r.adkim, r.aspf, r.external_report_id
	FROM ruadb_data.record n
	JOIN ruadb_data.report r ON r.tenant_id = n.tenant_id AND r.report_id = n.report_id
		AND r.counted
	WHERE n.tenant_id = d.tenant_id AND n.domain_id = d.domain_id
		AND n.noted IS NOT NULL AND n.noted & 4 > 0
	OFFSET 0
) c
LEFT JOIN ruadb_data.record_day y ON c.day IS NULL AND y.tenant_id = c.tenant_id
	AND y.report_id = c.report_id AND y.record_no = c.record_no
JOIN ruadb_data.reporter_of o ON o.tenant_id = c.tenant_id AND o.reporter_id = c.reporter_id
WHERE NOT d.is_foreign;
COMMENT ON VIEW ruadb_data.noted_record IS
	'Counted records by day with override reasons, with an evaluated result that differs from '
	'alignment as recomputed, or with a DKIM result within our domain that is not the first aligned '
	'pass: column because tells these apart, and has to be asked for.';
COMMENT ON COLUMN ruadb_data.noted_record.because IS 'reasons, disagrees or signature.';
