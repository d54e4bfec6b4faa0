-- The rows of a log so many times more (setting bench.copies), as if other hosts had sent them: ids are
-- changed by the number of the copy, and each service's address is moved by 256.
DO $$
DECLARE
	tables text[] := '{log_host,log_service,log_host_day,reply_ip_day,delivery,attempt}';
	t text;
	columns text;
	i bigint;
BEGIN
	FOREACH t IN ARRAY tables LOOP
		EXECUTE format('CREATE UNLOGGED TABLE bench_%s AS TABLE ruadb_data.%s', t, t);
	END LOOP;
	FOR i IN 1..current_setting('bench.copies')::bigint LOOP
		FOREACH t IN ARRAY tables LOOP
			SELECT string_agg(CASE
					WHEN attname IN ('host_id', 'service_id', 'queue_key', 'recipient_key',
						'line_key') THEN attname || ' # ' || i
					WHEN attname = 'delivery_id' THEN 'delivery_id + 10000000000000 * ' || i
					WHEN attname = 'host' THEN 'host || ''-' || i || ''''
					WHEN attname = 'source_ip' THEN 'source_ip + 256 * ' || i
					ELSE quote_ident(attname) END, ', ' ORDER BY attnum) INTO columns
				FROM pg_attribute WHERE attrelid = ('ruadb_data.' || t)::regclass AND attnum > 0
					AND NOT attisdropped;
			EXECUTE format('INSERT INTO ruadb_data.%s SELECT %s FROM bench_%s', t, columns, t);
		END LOOP;
	END LOOP;
	FOREACH t IN ARRAY tables LOOP
		EXECUTE 'DROP TABLE bench_' || t;
	END LOOP;
END $$;
