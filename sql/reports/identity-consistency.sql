-- title: From:, envelope and signing domains of each stream, and whether they stay the same
-- about: One row for each combination of a source group, over the settled days of the class window or
-- about: from a day on. envelope_domain: of the bounce address, else what SPF was checked for.
-- about: signing_domain, selector: of the first aligned DKIM pass, else of the first signature.
-- about: bounce_weeks: in so many weeks the envelope domains of the source were others than in the week
-- about: before. Without a domain, only what passes is known: header_from is the policy domain,
-- about: envelope_domain what SPF passed for, and signing_domain is empty unless aligned.
-- param: since date default all Only days from this one on (UTC): 2026-11-01, or 30d, 4w back
-- param: domain domain default all This policy domain, or all of this organizational domain, record by record
-- param: all boolean default no Unverified sources too
-- param: limit integer default all At most that many rows
-- evidence: yes
WITH many AS (
	-- One row, which the planner takes for 1000: it would take a few streams for granted, and join
	-- them each with each.
	SELECT FROM generate_series(1, (SELECT 1))
), classes AS MATERIALIZED (
	SELECT organizational_domain, source_group, class FROM source_class_current
	WHERE tenant_id = tenant() AND :domain IS NULL
	UNION ALL
	SELECT organizational_domain, source_group, class FROM source_class
	WHERE tenant_id = tenant() AND :domain IS NOT NULL
		AND organizational_domain = organizational_domain(:domain)
), mail AS MATERIALIZED (
	SELECT w.organizational_domain, d.name AS header_from, f.domain AS envelope_domain,
		k.domain AS signing_domain, nullif(k.selector, '') AS selector,
		s.source_ip, s.day, s.dkim_id IS NOT NULL AS dkim_aligned,
		f.domain = w.organizational_domain OR right(f.domain,
			length(w.organizational_domain) + 1) = '.' || w.organizational_domain AS spf_aligned,
		s.messages, w.window_end
	FROM class_window w
	JOIN ruadb_data.domain d ON d.tenant_id = w.tenant_id AND NOT d.is_foreign
		AND coalesce(d.organizational_domain, d.name) = w.organizational_domain
	CROSS JOIN LATERAL (
		SELECT source_ip, day, dkim_id, spf_id, sum(messages) AS messages
		FROM ruadb_data.source_days(d.tenant_id, d.domain_id, coalesce(:since, w.window_begin),
			w.window_end) x
		WHERE x.settled
		GROUP BY source_ip, day, dkim_id, spf_id) s
	LEFT JOIN ruadb_data.source_identity k ON k.tenant_id = w.tenant_id AND k.id = s.dkim_id
	LEFT JOIN ruadb_data.source_identity f ON f.tenant_id = w.tenant_id AND f.id = s.spf_id
	WHERE w.tenant_id = tenant() AND :domain IS NULL
	UNION ALL
	SELECT c.organizational_domain, nullif(rtrim(lower(c.header_from), '.'), ''),
		coalesce(nullif(rtrim(lower(c.envelope_from), '.'), ''),
			nullif(rtrim(lower(a.domains[f.mfrom]), '.'), ''),
			CASE WHEN c.envelope_from = '' THEN 'null sender' END),
		nullif(rtrim(lower(a.domains[f.dkim]), '.'), ''), nullif(lower(a.selectors[f.dkim]), ''),
		c.source_ip, c.day, c.dkim_aligned = 'p', c.spf_aligned = 'p', c.messages, c.window_end
	FROM (
		SELECT w.organizational_domain, w.window_end, same_as(r.header_from, d.name) AS header_from,
			same_as(r.envelope_from, same_as(r.header_from, d.name)) AS envelope_from,
			r.source_ip, coalesce(y.day, r.day) AS day, coalesce(y.messages, r.messages) AS messages,
			r.auth_set_id, r.dkim_key, r.dkim_aligned, r.spf_aligned
		FROM class_window w
		JOIN ruadb_data.domain d ON d.tenant_id = w.tenant_id AND NOT d.is_foreign
			AND coalesce(d.organizational_domain, d.name) = w.organizational_domain
			AND (d.name = :domain OR w.organizational_domain = :domain)
		JOIN ruadb_data.record r ON r.tenant_id = d.tenant_id AND r.domain_id = d.domain_id
			AND r.messages > 0
			AND (r.day BETWEEN coalesce(:since, w.window_begin) AND w.window_end OR r.day IS NULL)
		JOIN ruadb_data.report h ON h.tenant_id = r.tenant_id AND h.report_id = r.report_id
			AND h.counted
		JOIN ruadb_data.reporter_of o ON o.tenant_id = h.tenant_id
			AND o.reporter_id = h.reporter_id
		LEFT JOIN ruadb_data.record_day y ON r.day IS NULL AND y.tenant_id = r.tenant_id
			AND y.report_id = r.report_id AND y.record_no = r.record_no
		WHERE w.tenant_id = tenant() AND :domain IS NOT NULL
			AND coalesce(y.day, r.day) BETWEEN coalesce(:since, w.window_begin) AND w.window_end
			AND coalesce(y.day, r.day) < settled_before(o.lag)
	) c
	LEFT JOIN ruadb_data.auth_set a ON a.tenant_id = tenant() AND a.auth_set_id = c.auth_set_id
	CROSS JOIN LATERAL (SELECT coalesce(c.dkim_key, nullif(strpos(a.kinds, 'd'), 0)) AS dkim,
		nullif(strpos(translate(a.kinds, 'so', 'mm'), 'm'), 0) AS mfrom) f
), addresses AS MATERIALIZED (
	-- Which stream an address belongs to: those that nobody asked for are left out at once.
	SELECT m.organizational_domain, m.source_ip, m.source_group
	FROM (
		SELECT a.organizational_domain, a.source_ip,
			coalesce(e.network, source_group(a.source_ip)) AS source_group
		FROM (SELECT DISTINCT organizational_domain, source_ip FROM mail) a
		LEFT JOIN LATERAL (SELECT x.network FROM ruadb_data.sender x
			WHERE x.tenant_id = tenant() AND x.network >>= plain_address(a.source_ip)
			ORDER BY masklen(x.network) DESC LIMIT 1) e ON true
	) m
	LEFT JOIN classes k USING (organizational_domain, source_group)
	WHERE :all OR k.class IS DISTINCT FROM 'unverified'
), streams AS MATERIALIZED (
	SELECT m.organizational_domain, m.header_from, m.envelope_domain, m.signing_domain, m.selector,
		coalesce(e.network, source_group(m.source_ip)) AS source_group, m.day, m.dkim_aligned,
		m.spf_aligned, (m.window_end - m.day) / 7 AS week, sum(m.messages) AS messages
	FROM mail m
	LEFT JOIN LATERAL (SELECT x.network FROM ruadb_data.sender x
		WHERE x.tenant_id = tenant() AND x.network >>= plain_address(m.source_ip)
		ORDER BY masklen(x.network) DESC LIMIT 1) e ON true
	CROSS JOIN many
	-- IS TRUE: looked up in a hash, whatever the planner thinks how many there are
	WHERE ((m.organizational_domain, m.source_ip) IN (SELECT organizational_domain, source_ip
		FROM addresses)) IS TRUE
	GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
), weeks AS (
	SELECT organizational_domain, source_group, week,
		array_agg(DISTINCT envelope_domain ORDER BY envelope_domain) AS envelopes
	FROM streams
	WHERE envelope_domain IS NOT NULL
	GROUP BY organizational_domain, source_group, week
), bounces AS (
	SELECT organizational_domain, source_group, count(*) AS weeks,
		count(*) FILTER (WHERE before IS NOT NULL AND before <> envelopes) AS changed
	FROM (SELECT w.*, lag(envelopes) OVER (PARTITION BY organizational_domain, source_group
			ORDER BY week DESC) AS before
		FROM weeks w) x
	GROUP BY organizational_domain, source_group
), combined AS (
	SELECT organizational_domain, source_group, header_from, envelope_domain, signing_domain,
		selector, sum(messages)::bigint AS messages,
		coalesce(sum(messages) FILTER (WHERE dkim_aligned), 0)::bigint AS dkim,
		coalesce(sum(messages) FILTER (WHERE spf_aligned), 0)::bigint AS spf,
		coalesce(sum(messages) FILTER (WHERE dkim_aligned OR spf_aligned), 0)::bigint AS aligned,
		min(day) AS first_day, max(day) AS last_day
	FROM streams
	GROUP BY organizational_domain, source_group, header_from, envelope_domain, signing_domain,
		selector
), of_stream AS (
	SELECT c.*, sum(messages) OVER stream AS of_source, count(*) OVER stream AS combinations,
		rank() OVER (PARTITION BY organizational_domain, source_group
			ORDER BY messages DESC) AS place
	FROM combined c
	WINDOW stream AS (PARTITION BY organizational_domain, source_group)
), counted_envelopes AS (
	SELECT organizational_domain, source_group, count(DISTINCT envelope_domain) AS n
	FROM combined
	GROUP BY organizational_domain, source_group
)
SELECT s.organizational_domain, s.source_group, k.class, s.header_from, s.envelope_domain,
	s.signing_domain, s.selector,
	CASE WHEN s.aligned = 0 THEN 'none' WHEN s.dkim > 0 AND s.spf > 0 THEN 'DKIM and SPF'
		WHEN s.dkim > 0 THEN 'DKIM' ELSE 'SPF' END AS aligned,
	s.messages, round(100.0 * s.messages / s.of_source, 1) AS share_percent, s.combinations,
	n.n AS envelope_domains, b.changed AS bounce_weeks, s.last_day,
	nullif(concat_ws(' ',
		CASE WHEN s.place = 1 AND b.churn THEN format('%s envelope domains in %s '
			'weeks, others than before in %s of them: receivers can not learn them.', n.n, b.weeks,
			b.changed) END,
		CASE WHEN k.class IN ('authorised', 'misconfigured') THEN CASE
			WHEN s.aligned = 0 AND '.' || s.signing_domain LIKE '%.' || s.organizational_domain
				THEN 'The signature of this domain fails.'
			WHEN s.aligned = 0 AND '.' || s.envelope_domain LIKE '%.' || s.organizational_domain
				THEN 'SPF of this domain does not pass.'
			WHEN s.aligned = 0 THEN 'Neither signature nor envelope is of this domain.'
			WHEN s.aligned < s.messages THEN format('%s of %s are not aligned.',
				s.messages - s.aligned, s.messages)
			WHEN s.dkim = 0 THEN 'Without an aligned signature it fails once it is forwarded.' END
		END), '') AS cause,
	nullif(concat_ws(' ',
		CASE WHEN s.place = 1 AND b.churn THEN 'One bounce domain for each stream, '
			'below ' || s.organizational_domain || '.' END,
		CASE WHEN k.class IN ('authorised', 'misconfigured') AND s.dkim = 0 AND s.place = 1
			THEN 'Sign with d=' || s.organizational_domain || '.' END), '') AS fix
FROM of_stream s
JOIN counted_envelopes n USING (organizational_domain, source_group)
LEFT JOIN (
	SELECT b.*, n.n > 2 AND b.changed > 1 AND 3 * b.changed >= b.weeks - 1 AS churn
	FROM bounces b
	JOIN counted_envelopes n USING (organizational_domain, source_group)
) b USING (organizational_domain, source_group)
LEFT JOIN classes k USING (organizational_domain, source_group)
ORDER BY array_position('{misconfigured,authorised,forwarder,unverified}', k.class),
	s.of_source DESC, s.organizational_domain, s.source_group, s.messages DESC, s.header_from,
	s.envelope_domain, s.signing_domain, s.selector
LIMIT :limit
