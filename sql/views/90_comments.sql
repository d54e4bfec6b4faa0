-- Views that show the same column share its comment: what has none yet takes it from its sibling.
DO $$
DECLARE
	c pg_catalog.record; -- ruadb.record is a view
BEGIN
	FOR c IN
		SELECT y.relname AS yours, a.attname AS name, col_description(x.oid, b.attnum) AS words
		FROM (VALUES ('counted_record', 'record'), ('record_on_day', 'record'),
			('spf_result', 'dkim_result'), ('source_class_current', 'source_class')) AS pair (yours, theirs)
		JOIN pg_class y ON y.oid = ('ruadb.' || pair.yours)::regclass
		JOIN pg_class x ON x.oid = ('ruadb.' || pair.theirs)::regclass
		JOIN pg_attribute a ON a.attrelid = y.oid AND a.attnum > 0
		JOIN pg_attribute b ON b.attrelid = x.oid AND b.attname = a.attname
		WHERE col_description(y.oid, a.attnum) IS NULL
			OR pair.yours = 'counted_record'
	LOOP
		EXECUTE format('COMMENT ON COLUMN ruadb.%I.%I IS %L', c.yours, c.name, c.words);
	END LOOP;
	FOR c IN
		SELECT DISTINCT ON (y.relname, a.attname) y.relname AS yours, a.attname AS name,
			col_description(x.oid, b.attnum) AS words
		FROM (VALUES ('noted_record', 'record', 1), ('noted_record', 'report', 2))
			AS pair (yours, theirs, place)
		JOIN pg_class y ON y.oid = ('ruadb_data.' || pair.yours)::regclass
		JOIN pg_class x ON x.oid = ('ruadb_data.' || pair.theirs)::regclass
		JOIN pg_attribute a ON a.attrelid = y.oid AND a.attnum > 0
		JOIN pg_attribute b ON b.attrelid = x.oid AND b.attname = a.attname
		WHERE col_description(y.oid, a.attnum) IS NULL
		ORDER BY y.relname, a.attname, pair.place
	LOOP
		EXECUTE format('COMMENT ON COLUMN ruadb_data.%I.%I IS %L', c.yours, c.name, c.words);
	END LOOP;
END $$;

-- Views below those of parsedmarc's names: their columns are called as there, or as in the tables.
COMMENT ON VIEW ruadb_data.parsedmarc_record IS
	'Counted records as parsedmarc has them: what ruadb.dmarc_aggregate_record shows.';
COMMENT ON VIEW ruadb_data.parsedmarc_row IS
	'Reports with their records and results, one row a record: what ruadb export prints.';
DO $$
DECLARE
	c pg_catalog.record; -- ruadb.record is a view
BEGIN
	FOR c IN
		SELECT DISTINCT ON (y.oid, a.attnum) y.relname AS yours, a.attname AS name,
			col_description(x.oid, b.attnum) AS words
		FROM pg_class y
		JOIN pg_attribute a ON a.attrelid = y.oid AND a.attnum > 0
		JOIN (VALUES (1, 'ruadb.dmarc_aggregate_record'), (2, 'ruadb.dmarc_aggregate_report'),
			(3, 'ruadb_data.auth_set'), (4, 'ruadb_data.reporter'), (5, 'ruadb.report'),
			(6, 'ruadb.record')) AS k (rank, name) ON true
		JOIN pg_class x ON x.oid = k.name::regclass
		JOIN pg_attribute b ON b.attrelid = x.oid AND b.attname = a.attname
		WHERE y.oid IN ('ruadb_data.parsedmarc_record'::regclass,
				'ruadb_data.parsedmarc_row'::regclass)
			AND col_description(x.oid, b.attnum) IS NOT NULL
		ORDER BY y.oid, a.attnum, k.rank
	LOOP
		EXECUTE format('COMMENT ON COLUMN ruadb_data.%I.%I IS %L', c.yours, c.name, c.words);
	END LOOP;
END $$;
COMMENT ON COLUMN ruadb_data.parsedmarc_record.normalized_timespan IS
	'parsedmarc''s normalized_timespan: the report''s range is longer than a day.';
COMMENT ON COLUMN ruadb_data.parsedmarc_row.normalized_timespan IS
	'parsedmarc''s normalized_timespan: the report''s range is longer than a day.';
COMMENT ON COLUMN ruadb_data.parsedmarc_row.report IS 'The report: view report.';
