-- The join of logs and reports (definitions E): a stream is what one source IP sends as one
-- organizational domain. Here is the side of the reports, and volumes; 88_next.sql says it in
-- words.
-- A source_ip that is NULL stands for all addresses that our logs know for the domain.

-- Does a raw result of this kind (d DKIM; else SPF) pass?
CREATE OR REPLACE FUNCTION ruadb_data.raw_pass(kinds text, results text, dkim boolean)
	RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN coalesce((SELECT bool_or(substr(results, i, 1) = 'p')
		FROM generate_series(1, length(kinds)) i
		WHERE (substr(kinds, i, 1) = 'd') = dkim), false);
COMMENT ON FUNCTION ruadb_data.raw_pass(text, text, boolean) IS
	'A raw DKIM (or SPF) result of the set passes, aligned or not.';

-- Records of a domain on a day, as stream_record keeps those of our addresses. address NULL: all.
CREATE OR REPLACE FUNCTION ruadb_data.stream_record_of(tenant bigint, domain bigint, of_day date)
	RETURNS SETOF ruadb_data.stream_record LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT c.tenant_id, c.domain_id, c.report_id, c.messages, c.day, c.source_ip,
	ruadb_data.is_forwarded(c.extra), ruadb.dmarc_pass(c.dkim_evaluated, c.spf_evaluated),
	ruadb_data.raw_pass(a.kinds, a.results, true), ruadb_data.raw_pass(a.kinds, a.results, false),
	ruadb.aligned(c.dkim_aligned), ruadb.aligned(c.spf_aligned)
FROM ruadb_data.record c
LEFT JOIN ruadb_data.auth_set a ON a.tenant_id = c.tenant_id AND a.auth_set_id = c.auth_set_id
WHERE c.tenant_id = $1 AND c.domain_id = $2 AND c.day = $3 AND c.messages > 0;
END;
COMMENT ON FUNCTION ruadb_data.stream_record_of(bigint, bigint, date) IS
	'Records that lie whole on a day, as stream_record keeps them.';

CREATE OR REPLACE VIEW ruadb_data.stream_record_split WITH (security_invoker = true) AS
SELECT c.tenant_id, c.domain_id, c.report_id, y.messages, y.day, c.source_ip,
	ruadb_data.is_forwarded(c.extra) AS forwarded,
	ruadb.dmarc_pass(c.dkim_evaluated, c.spf_evaluated) AS dmarc_pass,
	ruadb_data.raw_pass(a.kinds, a.results, true) AS dkim_raw,
	ruadb_data.raw_pass(a.kinds, a.results, false) AS spf_raw,
	ruadb.aligned(c.dkim_aligned) AS dkim_aligned, ruadb.aligned(c.spf_aligned) AS spf_aligned
FROM ruadb_data.record c
JOIN ruadb_data.record_day y ON y.tenant_id = c.tenant_id AND y.report_id = c.report_id
	AND y.record_no = c.record_no
LEFT JOIN ruadb_data.auth_set a ON a.tenant_id = c.tenant_id AND a.auth_set_id = c.auth_set_id
WHERE c.day IS NULL AND c.messages > 0 AND y.messages > 0;
COMMENT ON VIEW ruadb_data.stream_record_split IS
	'Records that are split over days, a row a day, as stream_record keeps those that are not.';
COMMENT ON COLUMN ruadb_data.stream_record_split.tenant_id IS 'Whose data; 1 for a single user.';
COMMENT ON COLUMN ruadb_data.stream_record_split.domain_id IS 'Domain: hash.';
COMMENT ON COLUMN ruadb_data.stream_record_split.report_id IS 'The report.';
COMMENT ON COLUMN ruadb_data.stream_record_split.messages IS 'Messages on this day.';
COMMENT ON COLUMN ruadb_data.stream_record_split.day IS 'UTC day.';
COMMENT ON COLUMN ruadb_data.stream_record_split.source_ip IS 'Address that sent.';
COMMENT ON COLUMN ruadb_data.stream_record_split.forwarded IS 'An override reason says so.';
COMMENT ON COLUMN ruadb_data.stream_record_split.dmarc_pass IS 'As the reporter evaluated; NULL: unknown.';
COMMENT ON COLUMN ruadb_data.stream_record_split.dkim_raw IS 'A raw DKIM result passes, aligned or not.';
COMMENT ON COLUMN ruadb_data.stream_record_split.spf_raw IS 'A raw SPF result passes, aligned or not.';
COMMENT ON COLUMN ruadb_data.stream_record_split.dkim_aligned IS 'As recomputed.';
COMMENT ON COLUMN ruadb_data.stream_record_split.spf_aligned IS 'As recomputed.';

-- What reports say of these addresses on these days: out of stream_record, but for domains and days
-- with reports that no refresh has seen yet, and for addresses that it does not hold yet.
CREATE OR REPLACE FUNCTION ruadb_data.stream_rows(tenant bigint, domain bigint, address inet,
	first date, last date) RETURNS SETOF ruadb_data.stream_record
	LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT s.* FROM ruadb_data.stream_record s
WHERE s.tenant_id = $1 AND s.domain_id = $2 AND s.source_ip = $3 AND s.day BETWEEN $4 AND $5
	AND EXISTS (SELECT FROM ruadb_data.stream_source k WHERE k.tenant_id = $1
		AND k.source_ip = $3)
	AND NOT EXISTS (SELECT FROM ruadb_data.live_day l WHERE l.tenant_id = $1
		AND l.domain_id = $2 AND l.day = s.day AND l.unsettled IS NULL)
UNION ALL
SELECT c.* FROM (
	SELECT l.day FROM ruadb_data.live_day l WHERE l.tenant_id = $1 AND l.domain_id = $2
		AND l.day BETWEEN $4 AND $5 AND l.unsettled IS NULL
	UNION
	SELECT r.day FROM ruadb_data.report r WHERE r.tenant_id = $1 AND r.domain_id = $2
		AND r.day BETWEEN $4 AND $5 AND NOT EXISTS (SELECT FROM ruadb_data.stream_source k
			WHERE k.tenant_id = $1 AND k.source_ip = $3)
) x
CROSS JOIN LATERAL (SELECT v.* FROM ruadb_data.stream_record_of($1, $2, x.day) v
	WHERE v.source_ip = $3) c
UNION ALL
SELECT s.* FROM ruadb_data.stream_record_split s
WHERE s.tenant_id = $1 AND s.domain_id = $2 AND s.source_ip = $3 AND s.day BETWEEN $4 AND $5;
END;
COMMENT ON FUNCTION ruadb_data.stream_rows(bigint, bigint, inet, date, date) IS
	'Records of one policy domain from one address on these days.';

-- Addresses that our logs know, of an organizational domain (NULL: of all).
CREATE OR REPLACE FUNCTION ruadb_data.stream_address(organizational_domain text)
	RETURNS TABLE (source_ip inet) LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT DISTINCT c.source_ip FROM ruadb_data.impact_cohort_now c
WHERE c.tenant_id = ruadb.tenant() AND c.source_ip IS NOT NULL
	AND ($1 IS NULL OR c.domain = $1)
$$;
COMMENT ON FUNCTION ruadb_data.stream_address(text) IS
	'Addresses that our logs know, of an organizational domain; NULL: of any.';

-- The same of a stream, with who reported it and how far that is settled.
CREATE OR REPLACE FUNCTION ruadb_data.stream_reported(organizational_domain text, address inet,
	first date, last date)
	RETURNS TABLE (day date, source_ip inet, reporter text, report_id bigint, messages bigint,
		dmarc_pass boolean, forwarded boolean, dkim_raw boolean, spf_raw boolean,
		dkim_aligned boolean, spf_aligned boolean, trusted boolean, settled boolean)
	LANGUAGE sql STABLE AS $$
SELECT s.day, s.source_ip, o.name, s.report_id, s.messages, s.dmarc_pass, s.forwarded, s.dkim_raw,
	s.spf_raw, s.dkim_aligned, s.spf_aligned, r.reporter_auth IN ('v', 'l'),
	s.day < ruadb.settled_before(o.lag)
FROM (
	SELECT $2 AS source_ip WHERE $2 IS NOT NULL
	UNION ALL
	SELECT k.source_ip FROM ruadb_data.stream_address($1) k WHERE $2 IS NULL
) i
CROSS JOIN ruadb_data.domain d
CROSS JOIN LATERAL ruadb_data.stream_rows(d.tenant_id, d.domain_id, i.source_ip, $3, $4) s
JOIN ruadb_data.report r ON r.tenant_id = s.tenant_id AND r.report_id = s.report_id AND r.counted
JOIN ruadb_data.reporter_of o ON o.tenant_id = r.tenant_id AND o.reporter_id = r.reporter_id
WHERE d.tenant_id = ruadb.tenant() AND NOT d.is_foreign
	AND coalesce(d.organizational_domain, d.name) = $1
$$;
COMMENT ON FUNCTION ruadb_data.stream_reported(text, inet, date, date) IS
	'What counted reports say of a stream on these days, a row a record.';

-- Days that are computed from log_day, the others from deliveries: as refresh_log_day makes it.
CREATE OR REPLACE VIEW ruadb_data.accepted_day WITH (security_invoker = true) AS
SELECT l.tenant_id, l.day, l.source_ip, l.organizational_domain, l.family, l.accepted
FROM ruadb_data.log_day l
WHERE NOT EXISTS (SELECT FROM ruadb_data.cohort_live x
	WHERE x.tenant_id = l.tenant_id AND x.day = l.day)
UNION ALL
SELECT c.tenant_id, c.day, c.source_ip, c.domain,
	coalesce(ruadb_data.reporter_family_of(coalesce(w.family, c.gateway)), f.family, 'other'),
	d.accepted_deliveries
FROM ruadb_data.cohort_live x
CROSS JOIN LATERAL ruadb_data.impact_cohort_of(x.tenant_id, x.day, NULL) c
JOIN LATERAL ruadb_data.impact_domain_of(x.tenant_id, x.day, NULL) d
	ON d.cohort_key = c.cohort_key AND d.accepted_deliveries > 0
LEFT JOIN ruadb_data.gateway w ON w.tenant_id = c.tenant_id AND w.gateway = c.gateway
LEFT JOIN ruadb_data.log_domain n ON n.tenant_id = c.tenant_id AND c.gateway IS NULL
	AND n.domain_id = d.recipient_domain_id
LEFT JOIN ruadb_data.family_of f ON f.tenant_id = c.tenant_id
	AND f.reporter = n.organizational_domain
WHERE c.domain IS NOT NULL;
COMMENT ON VIEW ruadb_data.accepted_day IS
	'Accepted deliveries of our logs by day, address, domain and family: log_day, or live.';
COMMENT ON COLUMN ruadb_data.accepted_day.tenant_id IS 'Whose data; 1 for a single user.';
COMMENT ON COLUMN ruadb_data.accepted_day.day IS 'UTC day of the cohort.';
COMMENT ON COLUMN ruadb_data.accepted_day.source_ip IS 'Address it was sent from; NULL: not known.';
COMMENT ON COLUMN ruadb_data.accepted_day.organizational_domain IS 'What it was sent as.';
COMMENT ON COLUMN ruadb_data.accepted_day.family IS 'Family of the receiver, as view reporter_family calls it.';
COMMENT ON COLUMN ruadb_data.accepted_day.accepted IS 'Deliveries that the receivers accepted.';

-- The window of verdicts (E2).
CREATE OR REPLACE FUNCTION ruadb.window_of(first timestamptz, last timestamptz)
	RETURNS TABLE (window_begin date, window_end date) LANGUAGE sql STABLE AS $$
SELECT ($1 AT TIME ZONE 'UTC')::date - ruadb.setting_value('window_before_days')::int,
	($2 AT TIME ZONE 'UTC')::date + ruadb.setting_value('window_after_days')::int
$$;
COMMENT ON FUNCTION ruadb.window_of(timestamptz, timestamptz) IS
	'The days that verdicts about observations from first to last look at (definitions E2): from 2 '
	'days before to 1 day after (settings window_before_days, window_after_days).';

-- Volumes in words (E4).
CREATE OR REPLACE FUNCTION ruadb_data.volume_words(reports bigint, logs bigint) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN CASE WHEN reports IS NULL OR coalesce(logs, 0) = 0 AND reports = 0 THEN 'not comparable'
		WHEN 100.0 * abs(reports - coalesce(logs, 0)) <= (SELECT ruadb.setting_value('volume_percent'))
			* coalesce(logs, 0) THEN 'agrees'
		WHEN reports > coalesce(logs, 0) THEN 'reports higher: forwarding or somebody else'
		ELSE 'reports lower: partial coverage' END;
COMMENT ON FUNCTION ruadb_data.volume_words(bigint, bigint) IS
	'How the volume by reports stands to that by logs (definitions E4).';

-- One row a family: of reporters that reported about the domain in the window, or of receivers at
-- which our logs show mail accepted.
CREATE OR REPLACE FUNCTION ruadb.stream_family(source_ip inet, domain text, first date, last date)
	RETURNS TABLE (family text, reporters bigint, settled_to date, messages bigint, pass bigint,
		fail bigint, unknown bigint, dkim_pass bigint, spf_pass bigint, dkim_aligned bigint,
		spf_aligned bigint, forwarded bigint, first_day date, last_day date,
		not_settled bigint, accepted bigint, volume text, unverified_messages bigint,
		unverified_reports bigint)
	LANGUAGE sql STABLE AS $$
WITH org AS (
	SELECT ruadb.organizational_domain(lower($2)) AS name
), reporting AS (
	-- Whoever has a report about the domain in the window; settled for all of them before which day.
	SELECT f.family, count(DISTINCT o.name) AS reporters,
		ruadb.settled_before(max(o.lag)) AS open_from
	FROM org
	JOIN ruadb_data.domain d ON d.tenant_id = ruadb.tenant() AND NOT d.is_foreign
		AND coalesce(d.organizational_domain, d.name) = org.name
	CROSS JOIN LATERAL (
		SELECT r.reporter_id FROM ruadb_data.report r WHERE r.tenant_id = d.tenant_id
			AND r.domain_id = d.domain_id AND r.day BETWEEN $3 AND $4 AND r.counted
			AND r.reporter_auth IN ('v', 'l')
		UNION
		SELECT r.reporter_id FROM ruadb_data.report r
		JOIN ruadb_data.report_day_part p ON p.tenant_id = r.tenant_id
			AND p.report_id = r.report_id AND p.day BETWEEN $3 AND $4
		WHERE r.tenant_id = d.tenant_id AND r.domain_id = d.domain_id AND r.day IS NULL
			AND r.counted AND r.reporter_auth IN ('v', 'l')
	) x
	JOIN ruadb_data.reporter_of o ON o.tenant_id = d.tenant_id AND o.reporter_id = x.reporter_id
	JOIN ruadb_data.family_of f ON f.tenant_id = d.tenant_id AND f.reporter = o.name
	GROUP BY f.family
), reported AS (
	SELECT f.family,
		sum(s.messages) FILTER (WHERE s.trusted AND s.settled) AS messages,
		sum(s.messages) FILTER (WHERE s.trusted AND s.settled AND s.dmarc_pass) AS pass,
		sum(s.messages) FILTER (WHERE s.trusted AND s.settled AND NOT s.dmarc_pass) AS fail,
		sum(s.messages) FILTER (WHERE s.trusted AND s.settled AND s.dkim_raw) AS dkim_pass,
		sum(s.messages) FILTER (WHERE s.trusted AND s.settled AND s.spf_raw) AS spf_pass,
		sum(s.messages) FILTER (WHERE s.trusted AND s.settled AND s.dkim_aligned) AS dkim_aligned,
		sum(s.messages) FILTER (WHERE s.trusted AND s.settled AND s.spf_aligned) AS spf_aligned,
		sum(s.messages) FILTER (WHERE s.trusted AND s.settled AND s.forwarded) AS forwarded,
		min(s.day) FILTER (WHERE s.trusted AND s.settled) AS first_day,
		max(s.day) FILTER (WHERE s.trusted AND s.settled) AS last_day,
		sum(s.messages) FILTER (WHERE s.trusted AND NOT s.settled) AS not_settled,
		sum(s.messages) FILTER (WHERE NOT s.trusted) AS unverified_messages,
		count(DISTINCT s.report_id) FILTER (WHERE NOT s.trusted) AS unverified_reports,
		-- of days that are settled for all reporters of the family, as the logs' side is
		sum(s.messages) FILTER (WHERE s.trusted AND s.day < g.open_from) AS comparable
	FROM org
	CROSS JOIN LATERAL ruadb_data.stream_reported(org.name, $1, $3, $4) s
	JOIN ruadb_data.family_of f ON f.tenant_id = ruadb.tenant() AND f.reporter = s.reporter
	LEFT JOIN reporting g ON g.family = f.family
	GROUP BY f.family
), logged AS (
	SELECT l.family, sum(l.accepted) AS accepted,
		sum(l.accepted) FILTER (WHERE l.day < g.open_from) AS comparable
	FROM org
	JOIN ruadb_data.accepted_day l ON l.tenant_id = ruadb.tenant()
		AND l.organizational_domain = org.name AND l.day BETWEEN $3 AND $4
		AND ($1 IS NULL OR l.source_ip = $1)
	LEFT JOIN reporting g ON g.family = l.family
	GROUP BY l.family
)
SELECT n.family, coalesce(g.reporters, 0),
	CASE WHEN g.open_from > $3 THEN least(g.open_from - 1, $4) END,
	ruadb_data.at_most(r.messages), ruadb_data.at_most(r.pass), ruadb_data.at_most(r.fail),
	ruadb_data.at_most(coalesce(r.messages, 0) - coalesce(r.pass, 0) - coalesce(r.fail, 0)),
	ruadb_data.at_most(r.dkim_pass), ruadb_data.at_most(r.spf_pass),
	ruadb_data.at_most(r.dkim_aligned), ruadb_data.at_most(r.spf_aligned),
	ruadb_data.at_most(r.forwarded), r.first_day, r.last_day,
	ruadb_data.at_most(r.not_settled), ruadb_data.at_most(l.accepted),
	CASE WHEN g.family IS NULL OR g.open_from <= $3 THEN 'not comparable'
		ELSE ruadb_data.volume_words(ruadb_data.at_most(r.comparable),
			ruadb_data.at_most(l.comparable)) END,
	ruadb_data.at_most(r.unverified_messages), coalesce(r.unverified_reports, 0)
FROM (SELECT family FROM reporting UNION SELECT family FROM reported
	UNION SELECT family FROM logged) n
LEFT JOIN reporting g USING (family)
LEFT JOIN reported r USING (family)
LEFT JOIN logged l USING (family)
$$;
COMMENT ON FUNCTION ruadb.stream_family(inet, text, date, date) IS
	'What receivers'' DMARC reports say of a stream, and what our logs do, one row a family of '
	'reporters (view reporter_family). source_ip: NULL for all addresses that our logs know; domain: '
	'its organizational domain counts; first, last: UTC days, the window (definitions E2). messages '
	'to last_day are of settled days and of reports that are verified or local; of these pass, fail '
	'and unknown are as the reporters evaluated; dkim_pass and spf_pass raw results; dkim_aligned '
	'and spf_aligned as recomputed. not_settled, unverified_messages: beside them. accepted: '
	'deliveries that receivers of the family accepted, by our logs; volume: how that stands to '
	'messages on days settled for the whole family (definitions E4).';

-- ---- upkeep of stream_record (74_refresh.sql, store/refresh.c) ----

-- The days at hand of a refresh, which it has read anew.
CREATE OR REPLACE FUNCTION ruadb_data.refresh_stream() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM ruadb_data.stream_source s WHERE s.tenant_id = ruadb.tenant()) THEN
		RETURN;
	END IF;
	DELETE FROM ruadb_data.stream_record s USING pg_temp.ruadb_todo t
	WHERE t.is_read AND s.tenant_id = ruadb.tenant() AND s.domain_id = t.domain_id
		AND s.day = t.day;
	INSERT INTO ruadb_data.stream_record (tenant_id, domain_id, report_id, messages, day, source_ip,
		forwarded, dmarc_pass, dkim_raw, spf_raw, dkim_aligned, spf_aligned)
	SELECT c.tenant_id, c.domain_id, c.report_id, ruadb_data.at_most(sum(c.messages)), c.day,
		c.source_ip,
		c.forwarded, c.dmarc_pass, c.dkim_raw, c.spf_raw, c.dkim_aligned, c.spf_aligned
	FROM pg_temp.ruadb_todo t
	CROSS JOIN LATERAL ruadb_data.stream_record_of(ruadb.tenant(), t.domain_id, t.day) c
	WHERE t.is_read AND c.source_ip = ANY (ARRAY(SELECT s.source_ip FROM ruadb_data.stream_source s
			WHERE s.tenant_id = ruadb.tenant()))
	GROUP BY c.tenant_id, c.domain_id, c.report_id, c.day, c.source_ip, c.forwarded, c.dmarc_pass,
		c.dkim_raw, c.spf_raw, c.dkim_aligned, c.spf_aligned;
END $$;
COMMENT ON FUNCTION ruadb_data.refresh_stream() IS
	'Makes stream_record of the days at hand new.';

-- Addresses that logs have brought since the last refresh: all their records are read, once. How many
-- addresses.
CREATE OR REPLACE FUNCTION ruadb_data.refresh_stream_sources() RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
	added inet[];
BEGIN
	PERFORM ruadb_data.refresh_log_families();
	WITH new AS (
		INSERT INTO ruadb_data.stream_source (tenant_id, source_ip)
		SELECT DISTINCT c.tenant_id, c.source_ip FROM ruadb_data.impact_cohort c
		WHERE c.tenant_id = ruadb.tenant() AND c.source_ip IS NOT NULL
			AND NOT EXISTS (SELECT FROM ruadb_data.stream_source s
				WHERE s.tenant_id = c.tenant_id AND s.source_ip = c.source_ip)
		ON CONFLICT DO NOTHING
		RETURNING source_ip
	)
	SELECT array_agg(n.source_ip) INTO added FROM new n;
	IF added IS NULL THEN
		RETURN 0;
	END IF;
	INSERT INTO ruadb_data.stream_record (tenant_id, domain_id, report_id, messages, day, source_ip,
		forwarded, dmarc_pass, dkim_raw, spf_raw, dkim_aligned, spf_aligned)
	SELECT c.tenant_id, c.domain_id, c.report_id, ruadb_data.at_most(sum(c.messages)), c.day,
		c.source_ip,
		ruadb_data.is_forwarded(c.extra) AS forwarded,
		ruadb.dmarc_pass(c.dkim_evaluated, c.spf_evaluated) AS dmarc_pass,
		ruadb_data.raw_pass(a.kinds, a.results, true) AS dkim_raw,
		ruadb_data.raw_pass(a.kinds, a.results, false) AS spf_raw,
		ruadb.aligned(c.dkim_aligned), ruadb.aligned(c.spf_aligned)
	FROM ruadb_data.record c
	LEFT JOIN ruadb_data.auth_set a ON a.tenant_id = c.tenant_id
		AND a.auth_set_id = c.auth_set_id
	WHERE c.tenant_id = ruadb.tenant() AND c.source_ip = ANY (added) AND c.day IS NOT NULL
		AND c.messages > 0
	GROUP BY 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12;
	-- They may be ground truth (definitions B3, rule 4).
	INSERT INTO ruadb_data.class_stale (tenant_id, organizational_domain)
	SELECT DISTINCT c.tenant_id, c.domain FROM ruadb_data.impact_cohort c
	JOIN ruadb_data.domain d ON d.tenant_id = c.tenant_id AND NOT d.is_foreign
		AND coalesce(d.organizational_domain, d.name) = c.domain
	WHERE c.tenant_id = ruadb.tenant() AND c.source_ip = ANY (added);
	RETURN cardinality(added);
END $$;
COMMENT ON FUNCTION ruadb_data.refresh_stream_sources() IS
	'Fills stream_record with all records of addresses that logs have brought; how many addresses.';
