-- What the worked examples of the definitions share. "Now" is Friday, 2026-11-20 12:00 UTC: at a
-- reporter without a lag of its own (72 h) the 16th is the last settled day, and a window of 30 days
-- begins on 2026-10-18.
SET TimeZone = 'Asia/Kathmandu'; -- days are UTC, whatever the session says
SET client_min_messages = warning;
SET ruadb.as_of = '2026-11-20 12:00Z';
SET search_path = ruadb, pg_catalog;

CREATE FUNCTION pg_temp.is(got text, want text, name text) RETURNS text LANGUAGE sql AS $$
SELECT CASE WHEN got IS NOT DISTINCT FROM want
	THEN format('ok %s - %s', nextval('it.test'), name)
	ELSE format(E'not ok %s - %s\n# got:    %s\n# wanted: %s', nextval('it.test'), name,
		got, want) END $$;

-- A domain of the session's tenant; its id.
CREATE FUNCTION pg_temp.domain(name text, organizational text DEFAULT NULL,
	ours boolean DEFAULT true) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO ruadb_data.domain (tenant_id, domain_id, name, organizational_domain, is_foreign)
	VALUES (tenant(), hashtext($1), $1, coalesce($2, $1), NOT $3) ON CONFLICT DO NOTHING;
	RETURN hashtext($1);
END $$;

-- A report of one day (until: of more), without records; its id. The same of the same reporter, day
-- and auth is there once.
CREATE FUNCTION pg_temp.report(domain text, reporter text, day date, auth text DEFAULT 'l',
	p text DEFAULT 'none', sp text DEFAULT NULL, testing text DEFAULT NULL,
	until date DEFAULT NULL, counted boolean DEFAULT true) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	id bigint := hashtextextended(concat_ws('|', $1, $2, $3, $4, $5, $6, $7, $8, $9), tenant());
BEGIN
	PERFORM pg_temp.domain($1);
	INSERT INTO ruadb_data.reporter (tenant_id, reporter_id, name, org_name)
	VALUES (tenant(), hashtext($2), lower($2), $2) ON CONFLICT DO NOTHING;
	INSERT INTO ruadb_data.report (tenant_id, report_id, variant, set_key, identity, item_key,
		batch_id, domain_id, reporter_id, begin_at, end_at, records, messages, day, member,
		counted, near_repeat, swapped, schema, state, reporter_auth, external_report_id, p, sp,
		testing)
	VALUES (tenant(), id, id, id, md5(id::text)::uuid, md5('')::uuid, 1, hashtext($1),
		hashtext($2), $3::timestamp AT TIME ZONE 'UTC',
		(coalesce($8, $3) + 1)::timestamp AT TIME ZONE 'UTC', 0, 0,
		CASE WHEN $8 IS NULL THEN $3 END, 0, $9, false, false, '9', 'c', $4::"char",
		'id-' || id, $5, $6, $7)
	ON CONFLICT DO NOTHING;
	IF FOUND AND $8 IS NULL THEN
		INSERT INTO ruadb_data.live_day (tenant_id, domain_id, day)
		VALUES (tenant(), hashtext($1), $3);
	END IF;
	RETURN id;
END $$;

-- A record of a report. evaluated: DKIM and SPF as the reporter says: p pass, f fail, - not told.
-- aligned: as recomputed. dkim: domain:selector of the one signature, spf: domain of the one SPF
-- result; they pass unless said otherwise.
CREATE FUNCTION pg_temp.rec(report bigint, ip inet, messages bigint, evaluated text DEFAULT 'ff',
	aligned text DEFAULT 'ff', dkim text DEFAULT NULL, spf text DEFAULT NULL,
	reasons text DEFAULT NULL, disposition text DEFAULT 'n', header_from text DEFAULT '=')
	RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	kinds text := repeat('d', (dkim IS NOT NULL)::int) || repeat('m', (spf IS NOT NULL)::int);
	auth bigint := hashtextextended(concat_ws('|', kinds, dkim, spf), 1);
	passes boolean := dmarc_pass(left(evaluated, 1)::"char", right(evaluated, 1)::"char");
BEGIN
	INSERT INTO ruadb_data.auth_set (tenant_id, auth_set_id, kinds, results, domains, selectors)
	VALUES (tenant(), auth, kinds, repeat('p', length(kinds)),
		array_remove(ARRAY[split_part(dkim, ':', 1), spf], NULL),
		CASE WHEN dkim IS NOT NULL THEN ARRAY[split_part(dkim, ':', 2)] END)
	ON CONFLICT DO NOTHING;
	INSERT INTO ruadb_data.record (tenant_id, report_id, auth_set_id, domain_id, messages,
		record_no, day, disposition, dkim_evaluated, spf_evaluated, source_ip, header_from,
		extra, dkim_aligned, spf_aligned, dkim_key, spf_key)
	SELECT tenant(), r.report_id, auth, r.domain_id, $3, r.records + 1, r.day, $9::"char",
		left(evaluated, 1)::"char", right(evaluated, 1)::"char", ip, $10,
		CASE WHEN $8 IS NOT NULL THEN jsonb_build_object('reasons', (SELECT jsonb_agg(
			jsonb_strip_nulls(jsonb_build_object('type', split_part(t, '=>', 1), 'comment',
			nullif(split_part(t, '=>', 2), '')))) FROM unnest(string_to_array($8, ' ')) t)) END,
		left(aligned, 1)::"char", right(aligned, 1)::"char",
		CASE WHEN dkim IS NOT NULL AND aligned LIKE 'p%' THEN 1 END,
		CASE WHEN spf IS NOT NULL THEN length(kinds) END
	FROM ruadb_data.report r WHERE r.tenant_id = tenant() AND r.report_id = $1;
	UPDATE ruadb_data.report r SET records = r.records + 1, messages = r.messages + $3,
		pass = coalesce(r.pass, 0) + CASE WHEN passes THEN $3 ELSE 0 END,
		fail = coalesce(r.fail, 0) + CASE WHEN NOT passes THEN $3 ELSE 0 END,
		unknown = coalesce(r.unknown, 0) + CASE WHEN passes IS NULL THEN $3 ELSE 0 END
	WHERE r.tenant_id = tenant() AND r.report_id = $1;
END $$;

-- Mail of a source on the last settled day, half of it told by each of two reporters (odd: one more
-- by the first).
CREATE FUNCTION pg_temp.mail(domain text, ip inet, messages bigint, evaluated text DEFAULT 'ff',
	aligned text DEFAULT 'ff', dkim text DEFAULT NULL, spf text DEFAULT NULL,
	reasons text DEFAULT NULL, day date DEFAULT '2026-11-16') RETURNS void LANGUAGE sql AS $$
SELECT pg_temp.rec(pg_temp.report($1, 'one.example', $9), $2, ($3 + 1) / 2, $4, $5, $6, $7, $8);
SELECT pg_temp.rec(pg_temp.report($1, 'two.example', $9), $2, $3 / 2, $4, $5, $6, $7, $8)
WHERE $3 > 1 $$;

-- rule class of each source of a domain, in the order of their groups; "-": none.
CREATE FUNCTION pg_temp.classes(domain text) RETURNS text LANGUAGE sql AS $$
SELECT coalesce(string_agg(rule || ' ' || class, ', ' ORDER BY source_group), '-')
FROM source_class WHERE tenant_id = tenant() AND organizational_domain = $1 $$;
-- The same with the group.
CREATE FUNCTION pg_temp.groups(domain text) RETURNS text LANGUAGE sql AS $$
SELECT coalesce(string_agg(source_group || ' ' || rule || ' ' || messages, ', '
	ORDER BY source_group), '-')
FROM source_class WHERE tenant_id = tenant() AND organizational_domain = $1 $$;
