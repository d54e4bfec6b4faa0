-- Settled days (definitions A6).

-- Days before this one are settled at a reporter of that lag: their end lies further back than
-- that, so at the very instant one is not settled yet.
CREATE OR REPLACE FUNCTION ruadb.settled_before(lag interval) RETURNS date
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN ((ruadb.as_of() - lag - interval '1 microsecond') AT TIME ZONE 'UTC')::date;
COMMENT ON FUNCTION ruadb.settled_before(interval) IS
	'The first day (UTC) that is not settled at a reporter of this lag.';

-- One row a row of ruadb_data.reporter: its name as a hash, and its lag.
CREATE OR REPLACE VIEW ruadb_data.reporter_of WITH (security_invoker = true) AS
SELECT o.tenant_id, o.reporter_id, o.name, hashtextextended(o.name, 0) AS name_hash,
	coalesce(l.lag, make_interval(hours => (SELECT ruadb.setting_value('lag_hours'))::int)) AS lag
FROM ruadb_data.reporter o
LEFT JOIN ruadb_data.reporter_lag l ON l.tenant_id = o.tenant_id AND l.reporter = o.name;
