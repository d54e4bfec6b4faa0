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
