-- title: Reports in the shape of parsedmarc's JSON
-- about: One row a record, in order; head is NULL but in the first of a report.
-- param: since date default all Only days from this one on (UTC)
-- param: domain domain default all Only this policy domain, or all of this organizational domain
-- param: sender boolean default no Who sent each report, too: four members more than parsedmarc has
-- param: zone text Time zone of begin_date and end_date of a report
-- param: names text JSON object: org_name to its organizational domain
SELECT
	CASE WHEN w.before IS DISTINCT FROM w.report THEN json_build_object('xml_schema', w.xml_schema,
		'xml_namespace', w.xml_namespace,
		'report_metadata', (left(json_build_object(
			'org_name', coalesce(:names::json ->> w.org_name, w.org_name),
			'org_email', w.org_email, 'org_extra_contact_info', w.org_extra_contact_info,
			'report_id', w.report_id,
			'begin_date', to_char(w.begin_date AT TIME ZONE :zone, 'YYYY-MM-DD HH24:MI:SS'),
			'end_date', to_char(w.end_date AT TIME ZONE :zone, 'YYYY-MM-DD HH24:MI:SS'),
			'timespan_requires_normalization', w.normalized_timespan,
			'original_timespan_seconds',
			extract(epoch FROM w.end_date - w.begin_date)::bigint,
			'errors', to_json(w.errors), 'generator', w.generator)::text, -1)
			|| CASE WHEN :sender THEN ', ' || substr(json_build_object(
				'reporter_auth', w.reporter_auth, 'auth_domain', w.auth_domain,
				'auth_method', w.auth_method, 'auth_relation', w.auth_relation)::text, 2)
				ELSE '}' END)::json,
		'policy_published', json_build_object('domain', w.domain, 'adkim', w.adkim,
			'aspf', w.aspf, 'p', w.policy, 'sp', w.subdomain_policy, 'pct', w.pct, 'fo', w.fo,
			'np', w.np, 'testing', w.testing, 'discovery_method', w.discovery_method)) END
		AS head,
	CASE WHEN w.record_no IS NOT NULL THEN json_build_object(
		'source', json_build_object('ip_address', host(w.source_ip_address), 'country', NULL,
			'reverse_dns', NULL, 'base_domain', NULL, 'name', NULL, 'type', NULL, 'asn', NULL,
			'as_name', NULL, 'as_domain', NULL),
		'count', w.message_count,
		'alignment', json_build_object('spf', w.spf_aligned, 'dkim', w.dkim_aligned,
			'dmarc', w.dmarc_passed),
		'policy_evaluated', json_build_object('disposition', w.disposition,
			'dkim', w.policy_dkim, 'spf', w.policy_spf,
			'policy_override_reasons', coalesce((SELECT json_agg(json_build_object(
				'type', x.r -> 'type', 'comment', x.r -> 'comment') ORDER BY x.no)
				FROM jsonb_array_elements(CASE jsonb_typeof(w.extra -> 'reasons') WHEN 'array'
					THEN w.extra -> 'reasons' END) WITH ORDINALITY AS x (r, no)), '[]')),
		'identifiers', json_build_object('header_from', w.header_from,
			'envelope_from', w.envelope_from, 'envelope_to', w.envelope_to),
		'auth_results', json_build_object(
			'dkim', coalesce(t.dkim, '[]'), 'spf', coalesce(t.spf, '[]')),
		'normalized_timespan', w.normalized_timespan,
		'interval_begin', to_char(w.interval_begin AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'),
		'interval_end', to_char(w.interval_end AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'))
	END AS record
FROM (
	-- They come report by report and in their order: nothing has to be sorted.
	SELECT r.*, lag(r.report) OVER () AS before
	FROM ruadb_data.parsedmarc_row r
	WHERE r.tenant_id = tenant()
		AND (:since IS NULL OR r.day >= :since)
		AND (:domain IS NULL OR r.domain = :domain OR r.organizational_domain = :domain)
	ORDER BY r.report
) w
LEFT JOIN LATERAL (
	SELECT json_agg(json_build_object('domain', w.domains[i],
			'selector', coalesce(w.selectors[i], 'none'), 'result', k.result,
			'human_result', k.human) ORDER BY i) FILTER (WHERE k.kind = 'd') AS dkim,
		json_agg(json_build_object('domain', w.domains[i],
			'scope', coalesce(w.extra -> 'raw' ->> ('scope_' || i), scope_word(k.kind::"char"),
				'mfrom'), 'result', k.result, 'human_result', k.human) ORDER BY i)
			FILTER (WHERE k.kind <> 'd') AS spf
	FROM generate_series(1, length(w.kinds)) i
	CROSS JOIN LATERAL (SELECT substr(w.kinds, i, 1) AS kind,
		lower(coalesce(w.results_raw[i], result_word(substr(w.results, i, 1)::"char"), 'none'))
			AS result,
		CASE WHEN w.extra IS NOT NULL THEN jsonb_path_query_first(w.extra,
			'$.human_results[*] ? (@.no == $i).text', jsonb_build_object('i', i)) #>> '{}' END
			AS human) k
	WHERE w.domains[i] <> ''
) t ON true
