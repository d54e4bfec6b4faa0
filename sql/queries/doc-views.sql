-- What `ruadb db doc` says of views: one row a column of each view of schema ruadb.
SELECT c.relname AS view, obj_description(c.oid, 'pg_class') AS about, a.attname AS name,
	replace(format_type(a.atttypid, a.atttypmod), 'timestamp with time zone', 'timestamptz') AS type,
	col_description(c.oid, a.attnum) AS words
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'ruadb'::regnamespace AND c.relkind = 'v'
ORDER BY c.relname COLLATE "C", a.attnum
