-- What keeps impact_cohort, impact_domain, impact_campaign, impact_reply, log_day and envelope_header up
-- to date: called by the program behind an ingest (store/refresh.c), one refresh at a time, each call
-- in a REPEATABLE READ transaction of its own. Ingest only inserts into cohort_stale, and never waits:
-- a refresh takes out no row of it that its snapshot did not see.

-- A refresh's days, the last ones first; how many.
CREATE OR REPLACE FUNCTION ruadb_data.refresh_impact_plan() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
	n integer;
BEGIN
	CREATE TEMP TABLE IF NOT EXISTS ruadb_cohort (no integer, day date);
	TRUNCATE pg_temp.ruadb_cohort;
	DELETE FROM ruadb_data.cohort_stale s WHERE s.tenant_id = ruadb.tenant()
		AND s.day <= ruadb_data.cohort_kept();
	INSERT INTO pg_temp.ruadb_cohort
	SELECT row_number() OVER (ORDER BY l.day DESC), l.day
	FROM ruadb_data.cohort_live l WHERE l.tenant_id = ruadb.tenant();
	GET DIAGNOSTICS n = ROW_COUNT;
	RETURN n;
END $$;
COMMENT ON FUNCTION ruadb_data.refresh_impact_plan() IS
	'Chooses the days whose cohorts a refresh makes new; how many.';

-- In log_day families are called as reporters' are.
CREATE OR REPLACE FUNCTION ruadb_data.reporter_family_of(gateway_family text) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE $1 WHEN 'microsoft-consumer' THEN 'microsoft' ELSE $1 END;
COMMENT ON FUNCTION ruadb_data.reporter_family_of(text) IS
	'The family of a gateway, as view reporter_family calls it.';

-- Accepted deliveries of a day that is computed. Receivers without a gateway that we know are a family
-- by their own name where a reporter has it, else "other".
CREATE OR REPLACE FUNCTION ruadb_data.refresh_log_day(of_day date) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	DELETE FROM ruadb_data.log_day l WHERE l.tenant_id = ruadb.tenant() AND l.day = of_day;
	INSERT INTO ruadb_data.log_day (tenant_id, day, source_ip, organizational_domain, family,
		accepted)
	SELECT ruadb.tenant(), of_day, c.source_ip, c.domain, coalesce(
			ruadb_data.reporter_family_of(coalesce(w.family, c.gateway)), f.family, 'other'),
		sum(d.accepted_deliveries)
	FROM ruadb_data.impact_cohort c
	CROSS JOIN LATERAL (
		-- The key is of a day: by its index, whatever is known of tables that were filled just now.
		SELECT x.recipient_domain_id, x.accepted_deliveries FROM ruadb_data.impact_domain x
		WHERE x.tenant_id = c.tenant_id AND x.cohort_key = c.cohort_key
			AND x.accepted_deliveries > 0 OFFSET 0) d
	LEFT JOIN ruadb_data.gateway w ON w.tenant_id = c.tenant_id AND w.gateway = c.gateway
	LEFT JOIN ruadb_data.log_domain n ON n.tenant_id = c.tenant_id
		AND n.domain_id = CASE WHEN c.gateway IS NULL THEN d.recipient_domain_id END
	LEFT JOIN ruadb_data.family_of f ON f.tenant_id = c.tenant_id
		AND f.reporter = n.organizational_domain
	WHERE c.tenant_id = ruadb.tenant() AND c.day = of_day AND c.domain IS NOT NULL
	GROUP BY 3, 4, 5;
END $$;
COMMENT ON FUNCTION ruadb_data.refresh_log_day(date) IS 'Makes log_day of a computed day new.';

-- The text of one of the functions of cohorts, reading a table in place of the function that it calls: so
-- a refresh does what views do, but reads a day's deliveries once for all of it.
CREATE OR REPLACE FUNCTION ruadb_data.body_over(of_function regprocedure, called text,
	relation text) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
	body text := (SELECT p.prosrc FROM pg_catalog.pg_proc p WHERE p.oid = of_function);
BEGIN
	IF position(called IN body) = 0 THEN
		RAISE 'function % does not call %', of_function, called;
	END IF;
	RETURN replace(body, called, relation);
END $$;
COMMENT ON FUNCTION ruadb_data.body_over(regprocedure, text, text) IS
	'The text of an SQL function with a table in place of the function that it calls.';

-- The deliveries of a day and their recipients: into pg_temp.ruadb_cohort_delivery and .._recipient.
CREATE OR REPLACE FUNCTION ruadb_data.refresh_impact_read(of_day date) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	CREATE TEMP TABLE IF NOT EXISTS ruadb_cohort_delivery ON COMMIT DELETE ROWS AS
		SELECT * FROM ruadb_data.cohort_delivery(0, of_day, NULL) WITH NO DATA;
	CREATE TEMP TABLE IF NOT EXISTS ruadb_cohort_recipient ON COMMIT DELETE ROWS AS
		SELECT * FROM ruadb_data.cohort_recipient(0, of_day, NULL) WITH NO DATA;
	TRUNCATE pg_temp.ruadb_cohort_delivery, pg_temp.ruadb_cohort_recipient;
	INSERT INTO pg_temp.ruadb_cohort_delivery
	SELECT * FROM ruadb_data.cohort_delivery(ruadb.tenant(), of_day, NULL);
	ANALYZE pg_temp.ruadb_cohort_delivery (recipient_key, cohort_key, campaign);
	EXECUTE 'INSERT INTO pg_temp.ruadb_cohort_recipient ' || ruadb_data.body_over(
		'ruadb_data.cohort_recipient(bigint,date,text)',
		'ruadb_data.cohort_delivery($1, $2, $3)', 'pg_temp.ruadb_cohort_delivery');
	ANALYZE pg_temp.ruadb_cohort_recipient (cohort_key, recipient_domain_id);
END $$;
COMMENT ON FUNCTION ruadb_data.refresh_impact_read(date) IS
	'Reads the deliveries of a day for its cohorts.';

-- A reporter whose first report came behind the logs of mail to it: its family has no days yet. How
-- many days were made new.
CREATE OR REPLACE FUNCTION ruadb_data.refresh_log_families() RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
	days date[];
BEGIN
	SELECT array_agg(DISTINCT d.day) INTO days
	FROM ruadb_data.family_of f
	JOIN ruadb_data.log_domain n ON n.tenant_id = f.tenant_id
		AND n.organizational_domain = f.reporter
	JOIN ruadb_data.impact_domain_sum d ON d.tenant_id = n.tenant_id
		AND d.recipient_domain_id = n.domain_id AND d.gateway IS NULL
	WHERE f.tenant_id = ruadb.tenant() AND NOT EXISTS (SELECT FROM ruadb_data.log_day l
		WHERE l.tenant_id = f.tenant_id AND l.family = f.family);
	PERFORM ruadb_data.refresh_log_day(x.day) FROM unnest(days) AS x (day);
	RETURN coalesce(cardinality(days), 0);
END $$;
COMMENT ON FUNCTION ruadb_data.refresh_log_families() IS
	'Makes log_day new for reporters that are new; how many days.';

-- One day of refresh_impact_plan. How many cohorts it has.
CREATE OR REPLACE FUNCTION ruadb_data.refresh_impact_day(day_no integer) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
	today date := (SELECT c.day FROM pg_temp.ruadb_cohort c WHERE c.no = day_no);
	me bigint := ruadb.tenant();
	n bigint;
BEGIN
	DELETE FROM ruadb_data.cohort_stale s WHERE s.tenant_id = me AND s.day = today;
	DELETE FROM ruadb_data.cohort_host c WHERE c.tenant_id = me AND c.day = today;
	DELETE FROM ruadb_data.impact_cohort c WHERE c.tenant_id = me AND c.day = today;
	DELETE FROM ruadb_data.impact_domain c WHERE c.tenant_id = me AND c.day = today;
	DELETE FROM ruadb_data.impact_domain_sum c WHERE c.tenant_id = me AND c.day = today;
	DELETE FROM ruadb_data.impact_campaign c WHERE c.tenant_id = me AND c.day = today;
	DELETE FROM ruadb_data.impact_reply c WHERE c.tenant_id = me AND c.day = today;
	PERFORM ruadb_data.refresh_impact_read(today);
	EXECUTE 'INSERT INTO ruadb_data.impact_cohort ' || ruadb_data.body_over(
		'ruadb_data.impact_cohort_of(bigint,date,text)',
		'ruadb_data.cohort_recipient($1, $2, $3)', 'pg_temp.ruadb_cohort_recipient')
		USING me, today;
	GET DIAGNOSTICS n = ROW_COUNT;
	EXECUTE 'INSERT INTO ruadb_data.impact_domain ' || ruadb_data.body_over(
		'ruadb_data.impact_domain_of(bigint,date,text)',
		'ruadb_data.cohort_recipient($1, $2, $3)', 'pg_temp.ruadb_cohort_recipient')
		USING me, today;
	EXECUTE 'INSERT INTO ruadb_data.impact_campaign ' || ruadb_data.body_over(
		'ruadb_data.impact_campaign_of(bigint,date)',
		'ruadb_data.cohort_delivery($1, $2, NULL)', 'pg_temp.ruadb_cohort_delivery')
		USING me, today;
	EXECUTE 'INSERT INTO ruadb_data.impact_reply ' || ruadb_data.body_over(
		'ruadb_data.impact_reply_of(bigint,date)',
		'ruadb_data.cohort_delivery($1, $2, NULL)', 'pg_temp.ruadb_cohort_delivery')
		USING me, today;
	EXECUTE 'INSERT INTO ruadb_data.impact_domain_sum ' || ruadb_data.body_over(
		'ruadb_data.impact_domain_sum_of(bigint,date)',
		'ruadb_data.cohort_recipient($1, $2, NULL)', 'pg_temp.ruadb_cohort_recipient')
		USING me, today;
	INSERT INTO ruadb_data.cohort_host (tenant_id, day, host_id, oldest_at)
	SELECT DISTINCT me, today, h.host_id, h.oldest_at
	FROM ruadb_data.delivery d
	JOIN ruadb_data.log_host h ON h.tenant_id = d.tenant_id AND h.host_id = d.host_id
	WHERE d.tenant_id = me AND d.day = today AND d.epoch_at < h.oldest_at
		AND (d.arrival_seen OR d.message_id IS NOT NULL) IS DISTINCT FROM false;
	INSERT INTO ruadb_data.cohort_day AS y (tenant_id, day, next_lost_at, last_lost_at, known)
	SELECT me, today, min(c.next_lost_at), max(c.last_lost_at), ruadb_data.cohort_known()
	FROM ruadb_data.impact_cohort c WHERE c.tenant_id = me AND c.day = today
	ON CONFLICT (tenant_id, day) DO UPDATE SET next_lost_at = excluded.next_lost_at,
		last_lost_at = excluded.last_lost_at, known = excluded.known, computed_at = now();
	PERFORM ruadb_data.refresh_log_day(today);
	INSERT INTO ruadb_data.envelope_header (tenant_id, envelope_domain_id)
	SELECT DISTINCT me, d.envelope_domain_id
	FROM ruadb_data.delivery d
	LEFT JOIN ruadb_data.log_service_org v ON v.tenant_id = d.tenant_id
		AND v.service_id = d.service_id
	WHERE d.tenant_id = me AND d.day = today AND d.envelope_domain_id IS NOT NULL
		AND d.header_domain_id IS NULL AND v.org IS NULL
	ON CONFLICT DO NOTHING;
	PERFORM pg_stat_force_next_flush();
	RETURN n;
END $$;
COMMENT ON FUNCTION ruadb_data.refresh_impact_day(integer) IS
	'Makes the cohorts of one planned day new; how many it has.';

-- What reports show for the envelope domains that deliveries have and nothing better (E1): once a day,
-- and when there are new ones. How many became another domain; then all cohorts are stale.
CREATE OR REPLACE FUNCTION ruadb_data.refresh_envelopes() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	me bigint := ruadb.tenant();
	today date := (ruadb.as_of() AT TIME ZONE 'UTC')::date;
	n bigint;
BEGIN
	IF NOT EXISTS (SELECT FROM ruadb_data.envelope_header e WHERE e.tenant_id = me
			AND (e.looked_at IS NULL OR e.looked_at < ruadb.as_of() - interval '1 day')) THEN
		RETURN 0;
	END IF;
	CREATE TEMP TABLE IF NOT EXISTS ruadb_envelope (envelope_domain_id bigint, org text,
		share numeric, messages bigint) ON COMMIT DELETE ROWS;
	INSERT INTO pg_temp.ruadb_envelope
	WITH asked AS MATERIALIZED (
		SELECT e.envelope_domain_id AS id, n.name
		FROM ruadb_data.envelope_header e
		JOIN ruadb_data.log_domain n ON n.tenant_id = e.tenant_id
			AND n.domain_id = e.envelope_domain_id
		WHERE e.tenant_id = me
	), auth AS MATERIALIZED (
		SELECT a.auth_set_id, array_agg(DISTINCT k.id) AS ids
		FROM ruadb_data.auth_set a
		CROSS JOIN LATERAL unnest(a.domains) WITH ORDINALITY AS d (name, no)
		JOIN asked k ON k.name = lower(d.name)
		WHERE a.tenant_id = me AND substr(a.kinds, d.no::integer, 1) <> 'd'
		GROUP BY a.auth_set_id
	), shown AS (
		SELECT i.id, coalesce(o.organizational_domain, o.name) AS org, sum(c.messages) AS messages
		FROM ruadb_data.record c
		JOIN ruadb_data.domain o ON o.tenant_id = c.tenant_id AND o.domain_id = c.domain_id
			AND NOT o.is_foreign
		JOIN ruadb_data.report r ON r.tenant_id = c.tenant_id AND r.report_id = c.report_id
			AND r.counted AND r.reporter_auth <> 'f'
		LEFT JOIN auth a ON a.auth_set_id = c.auth_set_id
		LEFT JOIN asked k ON k.name = lower(ruadb.same_as(c.envelope_from,
			ruadb.same_as(c.header_from, o.name)))
		CROSS JOIN LATERAL (SELECT DISTINCT u.id FROM unnest(a.ids || k.id) AS u (id)
			WHERE u.id IS NOT NULL) i
		WHERE c.tenant_id = me AND c.messages > 0 AND c.day > today - 30 AND c.day <= today
			AND (a.ids IS NOT NULL OR k.id IS NOT NULL)
		GROUP BY 1, 2
	)
	SELECT DISTINCT ON (s.id) s.id, s.org, 100 * s.messages / sum(s.messages) OVER w,
		sum(s.messages) OVER w
	FROM shown s
	WINDOW w AS (PARTITION BY s.id)
	ORDER BY s.id, s.messages DESC, s.org;
	SELECT count(*) INTO n FROM ruadb_data.envelope_header e
	JOIN pg_temp.ruadb_envelope f USING (envelope_domain_id)
	WHERE e.tenant_id = me AND e.organizational_domain IS DISTINCT FROM CASE WHEN f.share
		>= (SELECT ruadb.setting_value('envelope_percent')) THEN f.org END;
	UPDATE ruadb_data.envelope_header e SET looked_at = ruadb.as_of(),
		organizational_domain = CASE WHEN f.envelope_domain_id IS NULL THEN e.organizational_domain
			WHEN f.share >= (SELECT ruadb.setting_value('envelope_percent')) THEN f.org END,
		messages = coalesce(f.messages, e.messages), share = coalesce(round(f.share, 2), e.share)
	FROM ruadb_data.envelope_header x
	LEFT JOIN pg_temp.ruadb_envelope f USING (envelope_domain_id)
	WHERE x.tenant_id = me AND e.tenant_id = me AND e.envelope_domain_id = x.envelope_domain_id;
	IF n > 0 THEN
		INSERT INTO ruadb_data.cohort_stale (tenant_id, day)
		SELECT c.tenant_id, c.day FROM ruadb_data.cohort_day c WHERE c.tenant_id = me;
	END IF;
	PERFORM pg_stat_force_next_flush();
	RETURN n;
END $$;
COMMENT ON FUNCTION ruadb_data.refresh_envelopes() IS
	'Looks up what reports show for envelope domains; how many became another domain.';
