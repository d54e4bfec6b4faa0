-- What keeps source_day, source_seen, source_identity, reporter_lag and source_class_current up to
-- date (migration 0003): called by the program after ingest (store/refresh.c), one refresh at a
-- time, each call in a REPEATABLE READ transaction of its own. Ingest never waits for it: ingest
-- only inserts into live_day, a refresh takes out no row that its snapshot did not see, and what
-- came after the snapshot stays live. Every figure is exact at any moment; this makes it fast.

-- How many reporters' days are settled before which day.
CREATE OR REPLACE VIEW ruadb_data.settled_reporters WITH (security_invoker = true) AS
SELECT o.tenant_id, ruadb.settled_before(o.lag) AS before, count(*) AS reporters
FROM ruadb_data.reporter_of o
GROUP BY 1, 2;

-- Lags as learned from arrivals (definitions A6).
CREATE OR REPLACE FUNCTION ruadb_data.refresh_lags() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	CREATE TEMP TABLE IF NOT EXISTS ruadb_lag (reporter text, lag interval, arrivals bigint)
		ON COMMIT DELETE ROWS;
	INSERT INTO pg_temp.ruadb_lag
	SELECT o.name, least(greatest(percentile_disc(0.95) WITHIN GROUP (ORDER BY r.arrived_at
			- r.end_at), interval '0'), make_interval(hours =>
			(SELECT ruadb.setting_value('lag_max_hours'))::int)), count(*)
	FROM ruadb_data.report r
	JOIN ruadb_data.reporter o USING (tenant_id, reporter_id)
	WHERE r.tenant_id = ruadb.tenant() AND r.arrived_at IS NOT NULL AND r.end_at IS NOT NULL
		AND r.arrived_at <= ruadb.as_of() AND r.arrived_at > ruadb.as_of()
			- make_interval(days => (SELECT ruadb.setting_value('lag_days'))::int)
	GROUP BY 1
	HAVING count(*) >= (SELECT ruadb.setting_value('lag_arrivals'));
	DELETE FROM ruadb_data.reporter_lag l WHERE l.tenant_id = ruadb.tenant()
		AND NOT EXISTS (SELECT FROM pg_temp.ruadb_lag n WHERE n.reporter = l.reporter);
	INSERT INTO ruadb_data.reporter_lag AS l (tenant_id, reporter, lag, arrivals)
	SELECT ruadb.tenant(), n.reporter, n.lag, n.arrivals FROM pg_temp.ruadb_lag n
	ON CONFLICT (tenant_id, reporter) DO UPDATE
		SET lag = excluded.lag, arrivals = excluded.arrivals, measured_at = now()
		WHERE (l.lag, l.arrivals) IS DISTINCT FROM (excluded.lag, excluded.arrivals);
END $$;
COMMENT ON FUNCTION ruadb_data.refresh_lags() IS 'Learns reporter_lag from arrivals.';

-- Statistics of tables that changed much since they were last looked at. PostgreSQL does so by
-- itself, but a minute later, and never for the whole of a partitioned table.
CREATE OR REPLACE FUNCTION ruadb_data.refresh_statistics() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	t text;
BEGIN
	FOR t IN
		SELECT c.oid::regclass FROM pg_class c
		WHERE c.relnamespace = 'ruadb_data'::regnamespace AND c.relkind = 'r'
			AND NOT c.relispartition AND c.relname <> 'original'
			AND pg_stat_get_mod_since_analyze(c.oid) > 100 + 0.2 * greatest(c.reltuples, 0)
		UNION ALL
		SELECT c.oid::regclass FROM pg_class c
		WHERE c.relnamespace = 'ruadb_data'::regnamespace AND c.relkind = 'p'
			AND (SELECT sum(pg_stat_get_live_tuples(i.inhrelid)) FROM pg_inherits i
				WHERE i.inhparent = c.oid) > 1000 + 1.2 * greatest(c.reltuples, 0)
	LOOP
		EXECUTE 'ANALYZE (SKIP_LOCKED) ' || t;
	END LOOP;
END $$;
COMMENT ON FUNCTION ruadb_data.refresh_statistics() IS
	'Analyzes the tables that changed much.';

-- Which live days a refresh has to look at, in portions of about at_most records: those with new
-- rows, and those that got settled for one reporter more since the last refresh. How many portions.
CREATE OR REPLACE FUNCTION ruadb_data.refresh_plan(at_most bigint) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
	all_settled date;
	n integer;
BEGIN
	CREATE TEMP TABLE IF NOT EXISTS ruadb_pair (domain_id bigint, day date, portion integer);
	TRUNCATE pg_temp.ruadb_pair;
	SELECT min(s.before) INTO all_settled FROM ruadb_data.settled_reporters s
		WHERE s.tenant_id = ruadb.tenant();
	-- A lag has grown: what was rolled up is not settled any more.
	INSERT INTO ruadb_data.live_day (tenant_id, domain_id, day)
	SELECT d.tenant_id, d.domain_id, x.day
	FROM ruadb_data.domain d
	CROSS JOIN LATERAL (SELECT DISTINCT s.day FROM ruadb_data.source_day s
		WHERE s.tenant_id = d.tenant_id AND s.domain_id = d.domain_id
			AND s.day >= all_settled) x
	WHERE d.tenant_id = ruadb.tenant() AND NOT EXISTS (SELECT FROM ruadb_data.live_day l
		WHERE l.tenant_id = d.tenant_id AND l.domain_id = d.domain_id AND l.day = x.day);
	INSERT INTO pg_temp.ruadb_pair
	WITH open AS MATERIALIZED (
		SELECT l.domain_id, l.day, bool_or(l.unsettled IS NULL) AS fresh,
			min(l.unsettled) AS unsettled
		FROM ruadb_data.live_day l
		WHERE l.tenant_id = ruadb.tenant() AND l.unsettled IS DISTINCT FROM 0
		GROUP BY 1, 2
	), due AS MATERIALIZED (
		SELECT o.domain_id, o.day, o.fresh OR u.n = 0 AS is_read
		FROM open o
		JOIN (SELECT d.day, (SELECT coalesce(sum(s.reporters), 0)
				FROM ruadb_data.settled_reporters s
				WHERE s.tenant_id = ruadb.tenant() AND s.before <= d.day) AS n
			FROM (SELECT DISTINCT day FROM open) d) u USING (day)
		WHERE o.fresh OR o.unsettled <> u.n
	), weight AS (
		SELECT w.domain_id, w.day, sum(w.records) AS records
		FROM (
			SELECT d.domain_id, d.day, r.records FROM due d
			JOIN ruadb_data.report r ON r.tenant_id = ruadb.tenant()
				AND r.domain_id = d.domain_id AND r.day = d.day
			WHERE d.is_read
			UNION ALL
			SELECT r.domain_id, p.day, r.records FROM ruadb_data.report r
			JOIN ruadb_data.report_day_part p USING (tenant_id, report_id)
			JOIN due d ON d.domain_id = r.domain_id AND d.day = p.day AND d.is_read
			WHERE r.tenant_id = ruadb.tenant() AND r.day IS NULL
		) w
		GROUP BY 1, 2
	)
	SELECT d.domain_id, d.day, floor((sum(10 + coalesce(w.records, 0)) OVER (ORDER BY
			d.domain_id, d.day)) / at_most)
	FROM due d
	LEFT JOIN weight w USING (domain_id, day);
	ANALYZE pg_temp.ruadb_pair;
	SELECT 1 + max(portion) INTO n FROM pg_temp.ruadb_pair;
	RETURN coalesce(n, 0);
END $$;
COMMENT ON FUNCTION ruadb_data.refresh_plan(bigint) IS
	'Chooses the live days that a refresh looks at; how many portions they make.';

-- Sums that stay bigint: PostgreSQL's own are numeric, at ten times the cost.
CREATE OR REPLACE AGGREGATE ruadb_data.total(bigint) (SFUNC = int8pl, STYPE = bigint,
	COMBINEFUNC = int8pl, PARALLEL = SAFE);

-- The counted records of the days of pg_temp.ruadb_todo, as in view ruadb_data.source_on_day: into
-- pg_temp.ruadb_part. And the names of the DKIM and SPF identities in them.
CREATE OR REPLACE FUNCTION ruadb_data.refresh_read() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	SET LOCAL enable_memoize = off; -- each day is read once: nothing to remember
	-- By themselves first: else the planner goes through a day's records once a report.
	INSERT INTO pg_temp.ruadb_report
	SELECT r.report_id, r.domain_id, hashtextextended(o.name, 0), r.day
	FROM pg_temp.ruadb_todo t
	JOIN ruadb_data.report r ON r.tenant_id = ruadb.tenant() AND r.domain_id = t.domain_id
		AND r.day = t.day AND r.counted
	JOIN ruadb_data.reporter o ON o.tenant_id = ruadb.tenant() AND o.reporter_id = r.reporter_id
	WHERE t.is_read;
	INSERT INTO pg_temp.ruadb_report -- of more than 25 h
	SELECT r.report_id, r.domain_id, hashtextextended(o.name, 0), NULL
	FROM (SELECT DISTINCT domain_id FROM pg_temp.ruadb_todo WHERE is_read) t
	JOIN ruadb_data.report r ON r.tenant_id = ruadb.tenant() AND r.domain_id = t.domain_id
		AND r.day IS NULL AND r.counted
	JOIN ruadb_data.reporter o ON o.tenant_id = ruadb.tenant() AND o.reporter_id = r.reporter_id
	WHERE EXISTS (SELECT FROM ruadb_data.report_day_part p
		JOIN pg_temp.ruadb_todo d ON d.domain_id = r.domain_id AND d.day = p.day AND d.is_read
		WHERE p.tenant_id = r.tenant_id AND p.report_id = r.report_id);
	ANALYZE pg_temp.ruadb_report;
	INSERT INTO pg_temp.ruadb_part
	SELECT c.domain_id, c.messages, c.auth_set_id, r.reporter, c.day,
		c.dkim_key, c.spf_key, c.dkim_evaluated, c.spf_evaluated, c.disposition,
		ruadb_data.is_forwarded(c.extra),
		c.dkim_aligned IN ('p', 'l') OR c.spf_aligned IN ('p', 'l'), c.source_ip
	FROM pg_temp.ruadb_todo t
	JOIN ruadb_data.record c ON c.tenant_id = ruadb.tenant() AND c.domain_id = t.domain_id
		AND c.day = t.day AND c.messages > 0
	JOIN pg_temp.ruadb_report r ON r.report_id = c.report_id
	WHERE t.is_read;
	INSERT INTO pg_temp.ruadb_part
	SELECT c.domain_id, y.messages, c.auth_set_id, r.reporter, y.day,
		c.dkim_key, c.spf_key, c.dkim_evaluated, c.spf_evaluated, c.disposition,
		ruadb_data.is_forwarded(c.extra),
		c.dkim_aligned IN ('p', 'l') OR c.spf_aligned IN ('p', 'l'), c.source_ip
	FROM pg_temp.ruadb_report r
	JOIN ruadb_data.record_day y ON y.tenant_id = ruadb.tenant() AND y.report_id = r.report_id
	JOIN pg_temp.ruadb_todo t ON t.domain_id = r.domain_id AND t.day = y.day AND t.is_read
	JOIN ruadb_data.record c ON c.tenant_id = ruadb.tenant() AND c.domain_id = r.domain_id
		AND c.day IS NULL AND c.report_id = r.report_id AND c.record_no = y.record_no
	WHERE r.day IS NULL;
	ANALYZE pg_temp.ruadb_part (domain_id, day, source_ip, reporter, auth_set_id);
	INSERT INTO pg_temp.ruadb_key
	SELECT p.auth_set_id, p.dkim_key, p.spf_key,
		ruadb_data.dkim_id(a.domains, a.selectors, p.dkim_key),
		ruadb_data.spf_id(a.domains, p.spf_key),
		lower(a.domains[p.dkim_key]), lower(a.selectors[p.dkim_key]), lower(a.domains[p.spf_key])
	FROM (SELECT DISTINCT auth_set_id, dkim_key, spf_key FROM pg_temp.ruadb_part
		WHERE dkim_key IS NOT NULL OR spf_key IS NOT NULL) p
	JOIN ruadb_data.auth_set a ON a.tenant_id = ruadb.tenant() AND a.auth_set_id = p.auth_set_id;
	ANALYZE pg_temp.ruadb_key;
	INSERT INTO ruadb_data.source_identity (tenant_id, id, kind, domain, selector)
	SELECT DISTINCT ON (i.id) ruadb.tenant(), i.id, i.kind::"char", i.domain, i.selector
	FROM (SELECT dkim_id AS id, 'd' AS kind, dkim_domain AS domain, dkim_selector AS selector
			FROM pg_temp.ruadb_key
		UNION SELECT spf_id, 's', spf_domain, NULL FROM pg_temp.ruadb_key) i
	WHERE i.id IS NOT NULL AND NOT EXISTS (SELECT FROM ruadb_data.source_identity x
		WHERE x.tenant_id = ruadb.tenant() AND x.id = i.id)
	ORDER BY i.id
	ON CONFLICT DO NOTHING;
END $$;
COMMENT ON FUNCTION ruadb_data.refresh_read() IS
	'Reads the records of the days at hand, and names the identities in them.';

-- The records of the settled days at hand, added up: into pg_temp.ruadb_roll. Days that this makes
-- not shorter by a quarter stay as they are: a row is larger than a record, but read much faster.
-- And so do days with counts that no sum could hold: strangers say what they like, and must not
-- end the refresh of all other days.
CREATE OR REPLACE FUNCTION ruadb_data.refresh_add() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	UPDATE pg_temp.ruadb_todo t SET is_rolled = false
	FROM (SELECT p.domain_id, p.day FROM pg_temp.ruadb_part p
		WHERE (p.domain_id, p.day) IN (SELECT x.domain_id, x.day FROM pg_temp.ruadb_part x
			WHERE x.messages > 1000000000)
		GROUP BY 1, 2 HAVING sum(p.messages) > 4611686018427387903) n
	WHERE n.domain_id = t.domain_id AND n.day = t.day;
	INSERT INTO pg_temp.ruadb_roll
	SELECT p.domain_id, p.day, p.source_ip, k.dkim_id, k.spf_id, count(*),
		ruadb_data.total(p.messages),
		ruadb_data.total(p.messages) FILTER (WHERE NOT ruadb.dmarc_pass(p.dkim, p.spf)),
		ruadb_data.total(p.messages) FILTER (WHERE ruadb.dmarc_pass(p.dkim, p.spf) IS NULL),
		ruadb_data.total(p.messages) FILTER (WHERE p.dkim = 'p'),
		ruadb_data.total(p.messages) FILTER (WHERE p.spf = 'p'),
		ruadb_data.total(p.messages) FILTER (WHERE p.dkim = 'p' AND p.spf NOT IN ('p', '-')),
		ruadb_data.total(p.messages) FILTER (WHERE p.forwarded),
		ruadb_data.total(p.messages) FILTER (WHERE p.linked),
		ruadb_data.total(p.messages) FILTER (WHERE p.disposition = 'q'),
		ruadb_data.total(p.messages) FILTER (WHERE p.disposition = 'r'),
		array_agg(p.reporter)
	FROM pg_temp.ruadb_todo t
	JOIN pg_temp.ruadb_part p ON p.domain_id = t.domain_id AND p.day = t.day
	LEFT JOIN pg_temp.ruadb_key k ON k.auth_set_id = p.auth_set_id
		AND coalesce(k.dkim_key, 0) = coalesce(p.dkim_key, 0)
		AND coalesce(k.spf_key, 0) = coalesce(p.spf_key, 0)
	WHERE t.is_rolled
	-- What differs most comes first: sorted in half the time.
	GROUP BY p.source_ip, p.day, p.domain_id, k.dkim_id, k.spf_id;
	UPDATE pg_temp.ruadb_todo t SET is_rolled = false
	FROM (SELECT x.domain_id, x.day FROM pg_temp.ruadb_roll x GROUP BY 1, 2
		HAVING count(*) * 4 > sum(x.records) * 3) n
	WHERE n.domain_id = t.domain_id AND n.day = t.day;
END $$;
COMMENT ON FUNCTION ruadb_data.refresh_add() IS
	'Adds up the records of the days at hand that are settled.';

-- source_day of the days at hand, which leave live_day. Of those that stay there, all rows that
-- this snapshot sees become one a day.
CREATE OR REPLACE FUNCTION ruadb_data.refresh_roll() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	DELETE FROM ruadb_data.source_day s USING pg_temp.ruadb_todo t
	WHERE t.is_read AND s.tenant_id = ruadb.tenant() AND s.domain_id = t.domain_id
		AND s.day = t.day;
	INSERT INTO ruadb_data.source_day (tenant_id, domain_id, day, source_ip, dkim_id, spf_id,
		records, messages, fail, unknown, dkim_pass, spf_pass, dkim_only, forwarded, linked,
		quarantine, reject, reporters)
	SELECT ruadb.tenant(), x.domain_id, x.day, x.source_ip, x.dkim_id, x.spf_id, x.records,
		x.messages, x.fail, x.unknown, x.dkim_pass, x.spf_pass, x.dkim_only, x.forwarded,
		x.linked, x.quarantine, x.reject,
		CASE WHEN x.records = 1 OR x.records = 2 AND x.reporters[1] <> x.reporters[2]
			THEN x.reporters ELSE ARRAY(SELECT DISTINCT unnest(x.reporters)) END
	FROM pg_temp.ruadb_roll x
	JOIN pg_temp.ruadb_todo t USING (domain_id, day)
	WHERE t.is_rolled
	ORDER BY x.domain_id, x.day;
	DELETE FROM ruadb_data.live_day l USING pg_temp.ruadb_todo t
	WHERE l.tenant_id = ruadb.tenant() AND l.domain_id = t.domain_id AND l.day = t.day;
	INSERT INTO ruadb_data.live_day (tenant_id, domain_id, day, unsettled)
	SELECT ruadb.tenant(), t.domain_id, t.day, t.unsettled FROM pg_temp.ruadb_todo t
	WHERE NOT t.is_rolled
	ORDER BY 2, 3;
END $$;
COMMENT ON FUNCTION ruadb_data.refresh_roll() IS 'Puts sums in the place of live days.';

-- source_seen of the days at hand. It grows by what they hold; where an older report counts no
-- longer, addresses that begin or end on such a day and are not in it any more are looked up anew.
CREATE OR REPLACE FUNCTION ruadb_data.refresh_seen() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	lost pg_catalog.record; -- ruadb.record is a view
BEGIN
	INSERT INTO ruadb_data.source_seen AS s (tenant_id, domain_id, source_ip, first_day, last_day)
	SELECT ruadb.tenant(), p.domain_id, p.source_ip, min(p.day), max(p.day)
	FROM pg_temp.ruadb_part p
	GROUP BY p.domain_id, p.source_ip
	ON CONFLICT (tenant_id, domain_id, source_ip) DO UPDATE
		SET first_day = least(s.first_day, excluded.first_day),
			last_day = greatest(s.last_day, excluded.last_day)
		WHERE excluded.first_day < s.first_day OR excluded.last_day > s.last_day;
	FOR lost IN
		SELECT s.domain_id, array_agg(DISTINCT s.source_ip) AS ips
		FROM pg_temp.ruadb_todo t
		JOIN ruadb_data.source_seen s ON s.tenant_id = ruadb.tenant()
			AND s.domain_id = t.domain_id AND t.day IN (s.first_day, s.last_day)
		WHERE t.recount AND NOT EXISTS (SELECT FROM pg_temp.ruadb_part p
			WHERE p.domain_id = t.domain_id AND p.day = t.day AND p.source_ip = s.source_ip)
		GROUP BY s.domain_id
	LOOP
		DELETE FROM ruadb_data.source_seen s WHERE s.tenant_id = ruadb.tenant()
			AND s.domain_id = lost.domain_id AND s.source_ip = ANY (lost.ips);
		INSERT INTO ruadb_data.source_seen (tenant_id, domain_id, source_ip, first_day, last_day)
		SELECT v.tenant_id, v.domain_id, v.source_ip, min(v.day), max(v.day)
		FROM ruadb_data.source_on_day v
		WHERE v.tenant_id = ruadb.tenant() AND v.domain_id = lost.domain_id
			AND v.source_ip = ANY (lost.ips) AND v.day IS NOT NULL
		GROUP BY 1, 2, 3;
	END LOOP;
END $$;
COMMENT ON FUNCTION ruadb_data.refresh_seen() IS
	'Brings first and last days of addresses up to date with the days at hand.';

-- One portion of refresh_plan. How many days it looked at.
CREATE OR REPLACE FUNCTION ruadb_data.refresh_days(portion integer) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
	n bigint;
BEGIN
	CREATE TEMP TABLE IF NOT EXISTS ruadb_todo (domain_id bigint, day date, unsettled integer,
		is_read boolean, recount boolean, is_rolled boolean) ON COMMIT DELETE ROWS;
	CREATE TEMP TABLE IF NOT EXISTS ruadb_report (report_id bigint, domain_id bigint,
		reporter bigint, day date) ON COMMIT DELETE ROWS;
	CREATE TEMP TABLE IF NOT EXISTS ruadb_part (domain_id bigint, messages bigint,
		auth_set_id bigint, reporter bigint, day date, dkim_key smallint, spf_key smallint,
		dkim "char", spf "char", disposition "char", forwarded boolean, linked boolean,
		source_ip inet) ON COMMIT DELETE ROWS;
	CREATE TEMP TABLE IF NOT EXISTS ruadb_key (auth_set_id bigint, dkim_key smallint,
		spf_key smallint, dkim_id bigint, spf_id bigint, dkim_domain text, dkim_selector text,
		spf_domain text) ON COMMIT DELETE ROWS;
	CREATE TEMP TABLE IF NOT EXISTS ruadb_roll (domain_id bigint, day date, source_ip inet,
		dkim_id bigint, spf_id bigint, records bigint, messages bigint, fail bigint,
		unknown bigint, dkim_pass bigint, spf_pass bigint, dkim_only bigint, forwarded bigint,
		linked bigint, quarantine bigint, reject bigint, reporters bigint[])
		ON COMMIT DELETE ROWS;
	-- What this snapshot sees of them, and how far they are settled now.
	INSERT INTO pg_temp.ruadb_todo
	WITH settled AS MATERIALIZED (SELECT s.before, s.reporters
		FROM ruadb_data.settled_reporters s WHERE s.tenant_id = ruadb.tenant())
	SELECT l.domain_id, l.day, u.n, bool_or(l.unsettled IS NULL) OR u.n = 0,
		bool_or(l.recount), u.n = 0
	FROM pg_temp.ruadb_pair p
	JOIN ruadb_data.live_day l ON l.tenant_id = ruadb.tenant() AND l.domain_id = p.domain_id
		AND l.day = p.day
	JOIN (SELECT d.day, (SELECT coalesce(sum(s.reporters), 0) FROM settled s
			WHERE s.before <= d.day) AS n
		FROM (SELECT DISTINCT x.day FROM pg_temp.ruadb_pair x
			WHERE x.portion = $1) d) u ON u.day = p.day
	WHERE p.portion = $1
	GROUP BY l.domain_id, l.day, u.n;
	GET DIAGNOSTICS n = ROW_COUNT;
	ANALYZE pg_temp.ruadb_todo;
	PERFORM ruadb_data.refresh_read();
	PERFORM ruadb_data.refresh_stream();
	PERFORM ruadb_data.refresh_add();
	PERFORM ruadb_data.refresh_roll();
	PERFORM ruadb_data.refresh_seen();
	INSERT INTO ruadb_data.class_stale (tenant_id, organizational_domain)
	SELECT DISTINCT d.tenant_id, coalesce(d.organizational_domain, d.name)
	FROM pg_temp.ruadb_todo t
	JOIN ruadb_data.domain d ON d.tenant_id = ruadb.tenant() AND d.domain_id = t.domain_id;
	PERFORM pg_stat_force_next_flush();
	RETURN n;
END $$;
COMMENT ON FUNCTION ruadb_data.refresh_days(integer) IS
	'Brings the rollup up to date with one portion of live days.';

-- source_class_current of at most so many organizational domains of class_stale. How many; 0: none
-- is left.
CREATE OR REPLACE FUNCTION ruadb_data.refresh_classes(at_most integer) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
	names text[];
BEGIN
	SELECT array_agg(x.name) INTO names FROM (
		SELECT DISTINCT s.organizational_domain AS name FROM ruadb_data.class_stale s
		WHERE s.tenant_id = ruadb.tenant() ORDER BY 1 LIMIT at_most) x;
	IF names IS NULL THEN
		RETURN 0;
	END IF;
	DELETE FROM ruadb_data.source_class_current c
		WHERE c.tenant_id = ruadb.tenant() AND c.organizational_domain = ANY (names);
	INSERT INTO ruadb_data.source_class_current (tenant_id, organizational_domain, source_group,
		as_of, window_begin, window_end, messages, pass, fail, unknown, dkim_pass, spf_pass,
		forwarded, dkim_only_small, linked, quarantine, reject, recent, before, addresses,
		reporters, first_day, last_day, rule, thin, reviewed, dedicated, class, sender, owner,
		reason, trend)
	SELECT c.tenant_id, c.organizational_domain, c.source_group, c.as_of, c.window_begin,
		c.window_end, c.messages, c.pass, c.fail, c.unknown, c.dkim_pass, c.spf_pass,
		c.forwarded, c.dkim_only_small, c.linked, c.quarantine, c.reject, c.recent, c.before,
		c.addresses, c.reporters, c.first_day, c.last_day, c.rule, c.thin, c.reviewed,
		c.dedicated, c.class, c.sender, c.owner, c.reason, c.trend
	FROM ruadb.source_class c
	WHERE c.tenant_id = ruadb.tenant() AND c.organizational_domain = ANY (names);
	DELETE FROM ruadb_data.class_stale s
		WHERE s.tenant_id = ruadb.tenant() AND s.organizational_domain = ANY (names);
	PERFORM pg_stat_force_next_flush();
	RETURN cardinality(names);
END $$;
COMMENT ON FUNCTION ruadb_data.refresh_classes(integer) IS
	'Makes source_class_current new for organizational domains that it is stale for.';
