-- What mail of a source says of itself: for reports that name who it may be, and what is wrong.

-- The results of a set (ruadb_data.auth_set) in words.
CREATE OR REPLACE FUNCTION ruadb_data.auth_words(kinds text, results text, domains text[])
	RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN concat_ws(', ', (SELECT string_agg(w.words, ', ' ORDER BY w.first)
		FROM (SELECT CASE substr(kinds, i, 1) WHEN 'd' THEN 'DKIM ' ELSE 'SPF ' END
				|| coalesce(nullif(domains[i], ''), 'without a domain') || ' '
				|| coalesce(ruadb.result_word(substr(results, i, 1)::"char"), 'no result') AS words,
				min(i) AS first
			FROM generate_series(1, least(length(kinds), 6)) i
			GROUP BY 1) w),
		CASE WHEN kinds IS NULL OR position('d' IN kinds) = 0 THEN 'no DKIM' END,
		CASE WHEN length(kinds) > 6 THEN length(kinds) - 6 || ' more' END);
COMMENT ON FUNCTION ruadb_data.auth_words(text, text, text[]) IS
	'Raw DKIM and SPF results of a record in words, the first 6 of them.';

-- A result of the set in words, or a NULL, for each question that a cause needs.
CREATE OR REPLACE FUNCTION ruadb_data.auth_facts(kinds text, results text, domains text[],
	selectors text[], organizational_domain text)
	RETURNS TABLE (other_key text, own_key_passes text, own_key_fails text, own_selector text,
		spf_passes text, spf_own text, spf_other text)
	LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT min(r.domain) FILTER (WHERE r.dkim AND NOT r.own),
	min(r.domain) FILTER (WHERE r.dkim AND r.own AND r.passes),
	min(r.domain) FILTER (WHERE r.dkim AND r.own AND NOT r.passes),
	min(r.selector) FILTER (WHERE r.dkim AND r.own AND NOT r.passes),
	min(r.domain) FILTER (WHERE NOT r.dkim AND r.passes),
	min(r.domain) FILTER (WHERE NOT r.dkim AND r.own AND NOT r.passes),
	min(r.domain) FILTER (WHERE NOT r.dkim AND NOT r.own AND NOT r.passes)
FROM (
	SELECT substr($1, i, 1) = 'd' AS dkim, substr($2, i, 1) = 'p' AS passes,
		lower(nullif($3[i], '')) AS domain, $4[i] AS selector,
		coalesce(lower($3[i]) = $5 OR right(lower($3[i]), length($5) + 1) = '.' || $5, false)
			AS own
	FROM generate_series(1, length($1)) i
	WHERE substr($1, i, 1) <> 'd' OR substr($2, i, 1) <> 'n'
) r
$$;
COMMENT ON FUNCTION ruadb_data.auth_facts(text, text, text[], text[], text) IS
	'Which domains of a set of results are ours, and which pass.';

-- Reads the records of these days only, through their index: a few days of a domain.
CREATE OR REPLACE FUNCTION ruadb.source_hint(organizational_domain text, first_day date,
	last_day date, failing boolean)
	RETURNS TABLE (source_group cidr, messages bigint, hint text, cause text, fix text)
	LANGUAGE sql STABLE AS $$
SELECT t.source_group, t.messages::bigint,
	ruadb_data.auth_words(a.kinds, a.results, a.domains)
		|| CASE WHEN t.alike < t.messages THEN ' (' || trunc(100 * t.alike / t.messages)
			|| '% of it)' ELSE '' END,
	concat_ws('; ',
		CASE WHEN t.dkim_aligned = 'p' THEN 'DKIM passes aligned, but the reporter says it does not'
			WHEN x.own_key_fails IS NOT NULL AND x.own_key_passes IS NULL
				THEN 'the DKIM signature of ' || x.own_key_fails || ' does not pass'
			WHEN t.dkim_aligned = 'l'
				THEN 'DKIM passes for ' || x.own_key_passes || ', but alignment is strict (adkim=s)'
			WHEN x.other_key IS NOT NULL THEN 'signed by ' || x.other_key || ' only, not by us'
			ELSE 'no DKIM signature' END,
		CASE WHEN t.spf_aligned = 'p' THEN 'SPF passes aligned, but the reporter says it does not'
			WHEN t.spf_aligned = 'l'
				THEN 'SPF passes for ' || x.spf_passes || ', but alignment is strict (aspf=s)'
			WHEN x.spf_passes IS NOT NULL
				THEN 'SPF passes for ' || x.spf_passes || ', which is not aligned'
			WHEN x.spf_own IS NOT NULL THEN 'SPF does not pass for ' || x.spf_own
			WHEN x.spf_other IS NOT NULL THEN 'SPF was checked for ' || x.spf_other
				|| ', which is not ours, and does not pass'
			ELSE 'no SPF result' END),
	concat_ws('; ',
		CASE WHEN t.dkim_aligned = 'p' THEN 'ask the reporter (report eval-disagrees)'
			WHEN x.own_key_fails IS NOT NULL AND x.own_key_passes IS NULL
				THEN 'check the public key ' || coalesce(x.own_selector || '._domainkey.', 'of ')
					|| x.own_key_fails || ', and what changes mail after it was signed'
			WHEN t.dkim_aligned = 'l' THEN 'sign with the domain of From, or publish adkim=r'
			WHEN x.other_key IS NOT NULL
				THEN 'have the platform sign with d=' || $1 || ' (custom DKIM domain)'
			ELSE 'switch on DKIM with d=' || $1 || ' at this sender' END,
		CASE WHEN t.spf_aligned = 'p' THEN NULL
			WHEN t.spf_aligned = 'l' THEN 'use an envelope sender of the domain of From, or '
				'publish aspf=r'
			WHEN x.spf_passes IS NOT NULL
				THEN 'use an envelope sender (bounce domain) below ' || $1
			WHEN x.spf_own IS NOT NULL THEN 'add the addresses of this sender to the SPF record of '
				|| x.spf_own
			WHEN x.spf_other IS NOT NULL
				THEN 'use an envelope sender (bounce domain) below ' || $1 END)
FROM (
	SELECT DISTINCT ON (f.source_group) f.*
	FROM (
		SELECT g.source_group, g.auth_set_id, g.dkim_aligned, g.spf_aligned,
			sum(g.messages) AS alike,
			sum(sum(g.messages)) OVER (PARTITION BY g.source_group) AS messages
		FROM (
			SELECT coalesce(e.network, ruadb.source_group(c.source_ip)) AS source_group,
				c.auth_set_id, c.dkim_aligned, c.spf_aligned, c.messages
			FROM ruadb_data.domain d
			JOIN ruadb_data.record c ON c.tenant_id = d.tenant_id AND c.domain_id = d.domain_id
				AND c.day BETWEEN $2 AND $3 AND c.messages > 0
			JOIN ruadb_data.report r ON r.tenant_id = c.tenant_id AND r.report_id = c.report_id
				AND r.counted
			LEFT JOIN LATERAL (SELECT n.network FROM ruadb_data.sender n
				WHERE n.tenant_id = c.tenant_id AND n.network >>= c.source_ip
				ORDER BY masklen(n.network) DESC LIMIT 1) e ON true
			WHERE d.tenant_id = ruadb.tenant() AND NOT d.is_foreign
				AND coalesce(d.organizational_domain, d.name) = $1
				AND NOT ($4 AND (c.dkim_evaluated = 'p' OR c.spf_evaluated = 'p'))
		) g
		GROUP BY g.source_group, g.auth_set_id, g.dkim_aligned, g.spf_aligned
	) f
	ORDER BY f.source_group, f.alike DESC, f.auth_set_id
) t
LEFT JOIN ruadb_data.auth_set a ON a.tenant_id = ruadb.tenant() AND a.auth_set_id = t.auth_set_id
LEFT JOIN LATERAL ruadb_data.auth_facts(a.kinds, a.results, a.domains, a.selectors, $1) x ON true
$$;
COMMENT ON FUNCTION ruadb.source_hint(text, date, date, boolean) IS
	'What the mail of each source of an organizational domain says of itself from first_day to '
	'last_day (failing: only mail that does not pass): raw results of the most frequent kind, what '
	'is wrong with it, and what mends it. Reads records: ask for a few days only.';
