-- title: Reporters whose evaluated results do not follow from their own raw results
-- about: One row a reporter, check and cause. evaluated is what the reporter concluded (policy_evaluated),
-- about: aligned what follows from its auth_results, header_from and the published adkim or aspf, at the
-- about: organizational domain. Pass rates of all reports follow the reporter; nothing is corrected.
-- param: since date default all Only days from this one on (UTC): 2026-11-01, or 30d, 4w back
-- param: domain domain default all Only this policy domain, or all of this organizational domain
-- param: reporter domain default all Only this reporter (org_name)
-- param: limit integer default all At most that many rows
-- evidence: yes
WITH noted AS (
	SELECT n.reporter, n.report_id, n.record_no, n.external_report_id, n.day, n.messages,
		n.policy_domain, n.source_ip, k.kind, k.evaluated, k.aligned, k.strict,
		rtrim(lower(n.header_from), '.') AS header_from, r.*
	FROM ruadb_data.noted_record n
	LEFT JOIN ruadb_data.auth_set a ON a.tenant_id = n.tenant_id AND a.auth_set_id = n.auth_set_id
	CROSS JOIN LATERAL (
		VALUES ('DKIM', n.noted & 1, n.dkim_evaluated, n.dkim_aligned = 'p',
				lower(left(n.adkim, 1)) = 's', n.dkim_key),
			('SPF', n.noted & 2, n.spf_evaluated, n.spf_aligned = 'p',
				lower(left(n.aspf, 1)) = 's', n.spf_key)
	) AS k (kind, differs, evaluated, aligned, strict, key)
	CROSS JOIN LATERAL (
		-- Of this check: the domain that decided, passes of ours and of anybody, results in words.
		SELECT rtrim(lower(a.domains[k.key]), '.') AS key_domain,
			coalesce(bool_or(w.result = 'p' AND w.ours), false) AS ours_pass,
			coalesce(bool_or(w.result = 'p' AND w.ours AND w.helo), false) AS ours_helo,
			coalesce(bool_or(w.result = 'p'), false) AS any_pass,
			coalesce(bool_or(w.result <> 'p' AND w.ours), false) AS ours_other,
			string_agg(concat_ws(' ', w.domain, w.selector, result_word(w.result)), ', '
				ORDER BY w.i) AS raw
		FROM (
			SELECT i, substr(a.results, i, 1)::"char" AS result, a.domains[i] AS domain,
				a.selectors[i] AS selector, substr(a.kinds, i, 1) = 'h' AS helo,
				rtrim(lower(a.domains[i]), '.') = n.organizational_domain OR right(
					rtrim(lower(a.domains[i]), '.'), length(n.organizational_domain) + 1)
					= '.' || n.organizational_domain AS ours
			FROM generate_series(1, length(a.kinds)) i
			WHERE (substr(a.kinds, i, 1) = 'd') = (k.kind = 'DKIM')
		) w
	) r
	WHERE n.tenant_id = tenant() AND n.because = 'disagrees' AND k.differs > 0
		AND (:since IS NULL OR n.day >= :since)
		AND (:domain IS NULL OR n.policy_domain = :domain OR n.organizational_domain = :domain)
		AND (:reporter IS NULL OR n.reporter = :reporter)
), caused AS (
	SELECT n.*, CASE
		WHEN aligned AND strict THEN 'The raw result passes for this very domain: it is overruled.'
		WHEN aligned AND key_domain <> header_from
			THEN 'It wants equal domains, though relaxed alignment is published.'
		WHEN aligned THEN 'The raw result passes for this very domain: it is overruled.'
		WHEN strict AND ours_pass THEN 'It takes a relative of the domain, though '
			|| CASE kind WHEN 'DKIM' THEN 'adkim=s' ELSE 'aspf=s' END || ' is published.'
		WHEN ours_helo THEN 'It takes the HELO name, though there is an envelope sender.'
		WHEN ours_pass THEN 'The pass is of this domain, but From: is of another.'
		WHEN any_pass AND ours_other THEN 'Ours does not pass; it takes the pass of another domain.'
		WHEN any_pass THEN 'It takes the pass of a domain that is not ours: the raw result, not DMARC''s.'
		ELSE 'No raw result passes: it keeps back the one that did, or made it up.' END AS cause
	FROM noted n
), grouped AS (
	SELECT reporter, kind, cause,
		CASE WHEN aligned THEN 'pass' ELSE 'fail' END AS aligned,
		result_word(evaluated) AS evaluated,
		count(DISTINCT (report_id, record_no)) AS records, sum(messages)::bigint AS messages,
		count(DISTINCT policy_domain) AS domains, min(day) AS first_day, max(day) AS last_day,
		(array_agg(concat_ws(' ', host(source_ip), 'From', header_from, kind, raw)
			ORDER BY messages DESC, report_id, record_no))[1] AS example,
		(array_agg(external_report_id || ' record ' || record_no
			ORDER BY messages DESC, report_id, record_no))[1] AS example_in
	FROM caused
	GROUP BY reporter, kind, cause, aligned, result_word(evaluated)
), all_of AS (
	SELECT reporter, sum(records) AS records
	FROM report
	WHERE tenant_id = tenant() AND counted
		AND (:since IS NULL OR day IS NULL AND end_at >= :since OR day >= :since)
		AND (:domain IS NULL OR policy_domain = :domain OR organizational_domain = :domain)
	GROUP BY reporter
)
SELECT coalesce(nullif(g.reporter, ''), 'no name') AS reporter, g.kind AS "check", g.evaluated,
	g.aligned, g.records, round(100.0 * g.records / nullif(o.records, 0), 1) AS share_percent,
	g.messages, g.domains, g.first_day, g.last_day, g.cause, g.example, g.example_in,
	CASE WHEN g.aligned = 'pass' THEN 'Its pass rate of your mail is too low: write to the reporter.'
		ELSE 'Its pass rate is too high: do not take its ' || g.kind
			|| ' pass for alignment; write to the reporter.' END AS fix
FROM grouped g
LEFT JOIN all_of o USING (reporter)
ORDER BY g.messages DESC, g.records DESC, g.reporter, g.kind, g.cause
LIMIT :limit
