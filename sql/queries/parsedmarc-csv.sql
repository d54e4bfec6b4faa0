-- title: Records in the columns of parsedmarc's CSV
-- about: One row a record, by report. begin_date and end_date are UTC, other than in its JSON.
-- param: since date default all Only days from this one on (UTC)
-- param: domain domain default all Only this policy domain, or all of this organizational domain
-- param: names text JSON object: org_name to its organizational domain
SELECT w.xml_schema, coalesce(:names::json ->> w.org_name, w.org_name) AS org_name, w.org_email,
	w.org_extra_contact_info, w.report_id,
	to_char(w.interval_begin AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') AS begin_date,
	to_char(w.interval_end AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') AS end_date,
	w.normalized_timespan, array_to_string(w.errors, '|') AS errors, w.domain, w.adkim, w.aspf,
	w.policy AS p, w.subdomain_policy AS sp, w.np, w.pct, w.fo, w.testing, w.discovery_method,
	host(w.source_ip_address) AS source_ip_address, NULL AS source_country,
	NULL AS source_reverse_dns, NULL AS source_base_domain, NULL AS source_name,
	NULL AS source_type, NULL AS source_asn, NULL AS source_as_name, NULL AS source_as_domain,
	w.message_count AS count, w.spf_aligned, w.dkim_aligned, w.dmarc_passed AS dmarc_aligned,
	w.disposition, o.policy_override_reasons, o.policy_override_comments, w.envelope_from,
	w.header_from, w.envelope_to, t.dkim_domains, t.dkim_selectors, t.dkim_results, t.spf_domains,
	t.spf_scopes, t.spf_results,
	-- left out unless they are asked for
	w.reporter_auth, w.auth_domain, w.auth_method, w.auth_relation
FROM (
	SELECT r.*
	FROM ruadb_data.parsedmarc_row r
	WHERE r.tenant_id = tenant()
		AND (:since IS NULL OR r.day >= :since)
		AND (:domain IS NULL OR r.domain = :domain OR r.organizational_domain = :domain)
		AND r.record_no IS NOT NULL
	ORDER BY r.report
) w
CROSS JOIN LATERAL (
	SELECT coalesce(string_agg(coalesce(x.r ->> 'type', 'none'), ',' ORDER BY x.no), '')
			AS policy_override_reasons,
		coalesce(string_agg(coalesce(x.r ->> 'comment', 'none'), '|' ORDER BY x.no), '')
			AS policy_override_comments
	FROM jsonb_array_elements(CASE jsonb_typeof(w.extra -> 'reasons') WHEN 'array'
		THEN w.extra -> 'reasons' END) WITH ORDINALITY AS x (r, no)
) o
CROSS JOIN LATERAL (
	SELECT coalesce(string_agg(k.domain, ',' ORDER BY i) FILTER (WHERE k.dkim), '') AS dkim_domains,
		coalesce(string_agg(coalesce(lower(w.selectors[i]), 'none'), ',' ORDER BY i)
			FILTER (WHERE k.dkim), '') AS dkim_selectors,
		coalesce(string_agg(k.result, ',' ORDER BY i) FILTER (WHERE k.dkim), '') AS dkim_results,
		coalesce(string_agg(k.domain, ',' ORDER BY i) FILTER (WHERE NOT k.dkim), '')
			AS spf_domains,
		coalesce(string_agg(lower(coalesce(w.extra -> 'raw' ->> ('scope_' || i),
			scope_word(substr(w.kinds, i, 1)::"char"), 'mfrom')), ',' ORDER BY i)
			FILTER (WHERE NOT k.dkim), '') AS spf_scopes,
		coalesce(string_agg(k.result, ',' ORDER BY i) FILTER (WHERE NOT k.dkim), '')
			AS spf_results
	FROM generate_series(1, length(w.kinds)) i
	CROSS JOIN LATERAL (SELECT substr(w.kinds, i, 1) = 'd' AS dkim,
		lower(w.domains[i]) AS domain,
		lower(coalesce(w.results_raw[i], result_word(substr(w.results, i, 1)::"char"), 'none'))
			AS result) k
	WHERE w.domains[i] <> ''
) t
