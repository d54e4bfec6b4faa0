-- title: DKIM selectors of our domains: failing, fading, new, in use
-- about: One row a selector and signing domain (d=) within the organizational domain, over the settled
-- about: days of the class window, or from a day on. pass: aligned; fail: the signature does not verify;
-- about: of these fail_at_own at sources where mostly our signatures pass. A message with two
-- about: signatures is in both rows. last_7_days: the last 7 settled days, before_7_days: those before.
-- param: since date default all Only days from this one on (UTC): 2026-11-01, or 30d, 4w back
-- param: domain domain default all Only this policy domain, or all of this organizational domain
-- param: limit integer default all At most that many rows
-- evidence: yes
WITH spans AS MATERIALIZED (
	SELECT w.organizational_domain, coalesce(:since, w.window_begin) AS window_begin, w.window_end,
		d.domain_id
	FROM class_window w
	JOIN ruadb_data.domain d ON d.tenant_id = w.tenant_id AND NOT d.is_foreign
		AND coalesce(d.organizational_domain, d.name) = w.organizational_domain
	WHERE w.tenant_id = tenant()
		AND (:domain IS NULL OR d.name = :domain OR w.organizational_domain = :domain)
), names AS MATERIALIZED (
	SELECT k.id, k.domain, k.selector
	FROM ruadb_data.source_identity k
	WHERE k.tenant_id = tenant() AND k.kind = 'd'
	UNION ALL -- of days that no refresh has looked at yet
	SELECT c.id, c.domain, c.selector
	FROM spans s
	JOIN (SELECT DISTINCT domain_id, day FROM ruadb_data.live_day
		WHERE tenant_id = tenant()) l ON l.domain_id = s.domain_id
		AND l.day BETWEEN s.window_begin AND s.window_end
	CROSS JOIN LATERAL (
		SELECT DISTINCT ruadb_data.dkim_id(a.domains, a.selectors, r.dkim_key) AS id,
			lower(a.domains[r.dkim_key]) AS domain, lower(a.selectors[r.dkim_key]) AS selector
		FROM ruadb_data.record r
		JOIN ruadb_data.auth_set a ON a.tenant_id = r.tenant_id
			AND a.auth_set_id = r.auth_set_id
		WHERE r.tenant_id = tenant() AND r.domain_id = l.domain_id AND r.day = l.day
			AND r.dkim_key IS NOT NULL) c
), passed AS MATERIALIZED (
	SELECT w.organizational_domain, w.window_end, s.*
	FROM spans w
	CROSS JOIN LATERAL (
		SELECT x.dkim_id, source_group(x.source_ip) AS source_group, x.day,
			sum(x.messages) AS messages
		FROM ruadb_data.source_day x
		WHERE x.tenant_id = tenant() AND x.domain_id = w.domain_id
			AND x.day BETWEEN w.window_begin AND w.window_end AND x.dkim_id IS NOT NULL
			AND NOT EXISTS (SELECT FROM ruadb_data.live_day l WHERE l.tenant_id = x.tenant_id
				AND l.domain_id = x.domain_id AND l.day = x.day)
		GROUP BY x.dkim_id, source_group(x.source_ip), x.day) s
	UNION ALL -- days that are not rolled up
	SELECT w.organizational_domain, w.window_end, s.*
	FROM spans w
	JOIN (SELECT DISTINCT domain_id, day FROM ruadb_data.live_day
		WHERE tenant_id = tenant()) l ON l.domain_id = w.domain_id
		AND l.day BETWEEN w.window_begin AND w.window_end
	CROSS JOIN LATERAL (
		SELECT x.dkim_id, source_group(x.source_ip), x.day, sum(x.messages)
		FROM ruadb_data.source_record x
		JOIN ruadb_data.reporter_of o ON o.tenant_id = x.tenant_id
			AND o.reporter_id = x.reporter_id AND x.day < settled_before(o.lag)
		WHERE x.tenant_id = tenant() AND x.domain_id = l.domain_id AND x.day = l.day
			AND x.dkim_id IS NOT NULL
		GROUP BY x.dkim_id, source_group(x.source_ip), x.day) s
), signed AS MATERIALIZED (
	SELECT n.organizational_domain, n.domain_id, n.auth_set_id, n.dkim_key,
		n.dkim_aligned = 'p' AS aligned, source_group(n.source_ip) AS source_group, n.day,
		sum(n.messages) AS messages
	FROM ruadb_data.noted_record n
	WHERE n.tenant_id = tenant() AND n.because = 'signature' AND n.settled
		AND n.day >= (SELECT min(window_begin) FROM spans)
	GROUP BY 1, 2, 3, 4, 5, 6, 7
), seen AS MATERIALIZED (
	-- The first aligned signature that passes, ...
	SELECT s.organizational_domain, s.window_end, n.domain, nullif(n.selector, '') AS selector,
		s.source_group, s.day, s.messages AS pass, 0 AS fail, 0 AS unaligned
	FROM passed s
	JOIN (SELECT id, min(domain) AS domain, min(selector) AS selector FROM names GROUP BY id) n
		ON n.id = s.dkim_id
	UNION ALL -- ... and what else of ours there is
	SELECT n.organizational_domain, w.window_end, r.domain, r.selector, n.source_group, n.day,
		CASE WHEN r.pass AND n.aligned THEN n.messages ELSE 0 END,
		CASE WHEN NOT r.pass THEN n.messages ELSE 0 END,
		CASE WHEN r.pass AND NOT n.aligned THEN n.messages ELSE 0 END
	FROM signed n
	JOIN spans w ON w.domain_id = n.domain_id AND n.day BETWEEN w.window_begin AND w.window_end
	JOIN ruadb_data.auth_set a ON a.tenant_id = tenant() AND a.auth_set_id = n.auth_set_id
	CROSS JOIN LATERAL (
		SELECT x.domain, x.selector, bool_or(x.pass) AS pass
		FROM (
			SELECT rtrim(lower(a.domains[i]), '.') AS domain,
				nullif(lower(a.selectors[i]), '') AS selector,
				substr(a.results, i, 1) = 'p' AS pass
			FROM generate_series(1, length(a.kinds)) i
			WHERE substr(a.kinds, i, 1) = 'd' AND substr(a.results, i, 1) NOT IN ('n', '-')
		) x
		WHERE (x.domain = n.organizational_domain OR right(x.domain,
				length(n.organizational_domain) + 1) = '.' || n.organizational_domain)
			AND (n.dkim_key IS NULL OR (x.domain, coalesce(x.selector, ''))
				<> (lower(a.domains[n.dkim_key]), coalesce(lower(a.selectors[n.dkim_key]), '')))
		GROUP BY x.domain, x.selector
	) r
), by_source AS (
	SELECT s.organizational_domain, s.domain, s.selector, s.source_group,
		sum(s.pass) AS pass, sum(s.fail) AS fail, sum(s.unaligned) AS unaligned,
		sum(s.pass + s.fail + s.unaligned) FILTER (WHERE s.day > s.window_end - 7) AS recent,
		sum(s.pass + s.fail + s.unaligned) FILTER (WHERE s.day BETWEEN s.window_end - 13
			AND s.window_end - 7) AS before,
		sum(sum(s.pass)) OVER of_source >= sum(sum(s.fail)) OVER of_source AS is_own,
		min(s.day) AS first_day, max(s.day) AS last_day, min(s.window_end) AS window_end
	FROM seen s
	GROUP BY s.organizational_domain, s.domain, s.selector, s.source_group
	WINDOW of_source AS (PARTITION BY s.organizational_domain, s.source_group)
), of_selector AS (
	SELECT organizational_domain, domain, selector,
		sum(pass + fail + unaligned)::bigint AS messages, sum(pass)::bigint AS pass,
		sum(fail)::bigint AS fail, sum(unaligned)::bigint AS unaligned,
		coalesce(sum(fail) FILTER (WHERE is_own), 0)::bigint AS fail_at_own,
		coalesce(sum(recent), 0)::bigint AS recent, coalesce(sum(before), 0)::bigint AS before,
		count(*) AS sources, min(first_day) AS first_day, max(last_day) AS last_day,
		min(window_end) AS window_end,
		min(min(first_day)) OVER (PARTITION BY organizational_domain) AS data_since
	FROM by_source
	GROUP BY organizational_domain, domain, selector
), judged AS (
	SELECT s.*, CASE
		WHEN fail_at_own >= t.thin AND 100 * fail_at_own >= (100 - t.authorised)
			* (pass + fail + unaligned) THEN 'failing'
		WHEN pass = 0 AND unaligned = 0 THEN 'never passes'
		WHEN pass = 0 THEN 'not aligned'
		WHEN recent = 0 AND last_day <= window_end - 7 THEN 'stopped'
		WHEN c.comparable AND before >= t.compare AND 2 * recent < before THEN 'fading'
		WHEN first_day > window_end - 7 AND data_since <= window_end - 7 THEN 'new'
		ELSE 'in use' END AS state,
		coalesce(selector, 'SELECTOR') || '._domainkey.' || domain AS record
	FROM of_selector s
	LEFT JOIN ruadb_data.class_weeks c ON c.tenant_id = tenant()
		AND c.organizational_domain = s.organizational_domain
	CROSS JOIN (SELECT setting_value('thin_messages') AS thin,
		setting_value('authorised_percent') AS authorised,
		setting_value('compare_messages') AS compare) t
)
SELECT coalesce(selector, 'not told') AS selector, domain AS signing_domain, state, messages, pass,
	fail, fail_at_own, recent AS last_7_days, before AS before_7_days, sources, first_day, last_day,
	CASE state
		WHEN 'failing' THEN format('%s of %s signatures fail where ours pass otherwise: a wrong or '
			'missing key, or something that changes the mail after signing.', fail_at_own, messages)
		WHEN 'never passes' THEN 'No signature with it verifies: its key is not in the DNS (any more), '
			'or somebody copies signatures.'
		WHEN 'not aligned' THEN 'It verifies, but adkim=s asks for the very domain of From:.'
		WHEN 'stopped' THEN 'No mail for 7 settled days.'
		WHEN 'fading' THEN 'Less than half of the mail of the 7 days before.'
		WHEN 'new' THEN 'Seen in the last 7 settled days only: a rotated key, or a platform that got one.'
		ELSE CASE WHEN fail_at_own > 0 THEN 'Some fail where ours pass otherwise: too few to tell.'
			WHEN fail > 0 THEN 'Fails at others only: forwarders and lists that change mail.' END
		END AS cause,
	CASE state
		WHEN 'failing' THEN 'Compare the key at ' || record || ' with the signer''s; look at footers and '
			'gateways behind it.'
		WHEN 'never passes' THEN 'Is ' || record
			|| ' published? If nobody of yours signs with it: nothing.'
		WHEN 'not aligned' THEN 'Sign with d= of the From: domain, or publish adkim=r.'
		WHEN 'stopped' THEN 'Rotated or given up: then revoke ' || record || ' (empty p=).'
		WHEN 'fading' THEN 'Being rotated? Then keep ' || record || ' until nothing comes. Else ask its '
			'sender.'
		WHEN 'new' THEN 'Make sure that somebody of yours published ' || record || '; then declare it.'
		END AS fix
FROM judged
ORDER BY array_position('{failing,never passes,not aligned,fading,stopped,new,in use}', state),
	CASE state WHEN 'failing' THEN fail_at_own ELSE messages END DESC, domain, selector
LIMIT :limit
