-- What keeps source_day, source_seen, reporter_lag and source_class_current up to date: called by
-- the program after ingest, in a REPEATABLE READ transaction of its own. Ingest never waits for
-- it: it only inserts into live_day, and what came after the snapshot stays live.

-- Lags as learned from arrivals (definitions A6).
CREATE OR REPLACE FUNCTION ruadb_data.refresh_lags() RETURNS void LANGUAGE sql AS $$
	DELETE FROM ruadb_data.reporter_lag WHERE tenant_id = ruadb.tenant();
	INSERT INTO ruadb_data.reporter_lag (tenant_id, reporter, lag, arrivals)
	SELECT a.tenant_id, a.name, least(greatest(a.lag, interval '0'), make_interval(hours =>
			ruadb.setting_value('lag_max_hours')::int)), a.n
	FROM (
		SELECT r.tenant_id, o.name, count(*) AS n,
			percentile_disc(0.95) WITHIN GROUP (ORDER BY r.arrived_at - r.end_at) AS lag
		FROM ruadb_data.report r
		JOIN ruadb_data.reporter o USING (tenant_id, reporter_id)
		WHERE r.tenant_id = ruadb.tenant() AND r.arrived_at IS NOT NULL AND r.end_at IS NOT NULL
			AND r.arrived_at > ruadb.as_of() - make_interval(days =>
				ruadb.setting_value('lag_days')::int)
		GROUP BY 1, 2
	) a
	WHERE a.n >= ruadb.setting_value('lag_arrivals');
$$;

-- Rolls up the live days that are settled for every reporter, where that makes them shorter.
CREATE OR REPLACE FUNCTION ruadb_data.refresh_days() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	n bigint;
BEGIN
	CREATE TEMP TABLE ruadb_pair ON COMMIT DROP AS
		SELECT DISTINCT l.domain_id, l.day FROM ruadb_data.live_day l
		WHERE l.tenant_id = ruadb.tenant();
	CREATE TEMP TABLE ruadb_rolled ON COMMIT DROP AS
		SELECT c.domain_id, c.day, c.source_ip, c.dkim_id, c.spf_id, sum(c.messages)::bigint AS messages,
			sum(c.messages) FILTER (WHERE NOT c.dmarc_pass)::bigint AS fail,
			sum(c.messages) FILTER (WHERE c.dmarc_pass IS NULL)::bigint AS unknown,
			sum(c.messages) FILTER (WHERE c.dkim_pass)::bigint AS dkim_pass,
			sum(c.messages) FILTER (WHERE c.spf_pass)::bigint AS spf_pass,
			sum(c.messages) FILTER (WHERE c.dkim_pass AND NOT c.spf_pass)::bigint AS dkim_only,
			sum(c.messages) FILTER (WHERE c.forwarded)::bigint AS forwarded,
			sum(c.messages) FILTER (WHERE c.linked)::bigint AS linked,
			sum(c.messages) FILTER (WHERE c.disposition = 'q')::bigint AS quarantine,
			sum(c.messages) FILTER (WHERE c.disposition = 'r')::bigint AS reject,
			count(*)::integer AS records,
			array_agg(DISTINCT o.name_hash) AS reporters
		FROM ruadb_pair p
		JOIN ruadb_data.source_record c ON c.tenant_id = ruadb.tenant()
			AND c.domain_id = p.domain_id AND c.day = p.day
		JOIN ruadb_data.reporter_of o ON o.tenant_id = c.tenant_id AND o.reporter_id = c.reporter_id
		WHERE p.day < (SELECT min(ruadb.settled_before(lag)) FROM ruadb_data.reporter_of
			WHERE tenant_id = ruadb.tenant())
		GROUP BY c.domain_id, c.day, c.source_ip, c.dkim_id, c.spf_id;
	RETURN 0; -- to be finished
END $$;
