-- What `ruadb db doc` says of functions: one row a function of schema ruadb.
SELECT p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')' AS name,
	replace(CASE WHEN p.proretset THEN 'rows' ELSE pg_get_function_result(p.oid) END,
		'timestamp with time zone', 'timestamptz') AS type,
	obj_description(p.oid, 'pg_proc') || CASE WHEN p.proargmodes @> '{t}' THEN ' Columns: '
		|| array_to_string(p.proargnames[array_position(p.proargmodes, 't'):], ', ') || '.'
		ELSE '' END AS words
FROM pg_proc p
WHERE p.pronamespace = 'ruadb'::regnamespace
ORDER BY p.proname COLLATE "C", 1
