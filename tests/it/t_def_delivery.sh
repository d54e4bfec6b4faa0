#!/bin/sh
# t_def_delivery - the definitions C1 to C9, D1 to D7 and E1 as worked examples: deliveries put in by
# hand, what must come out written beside them.
. "$top_srcdir/tests/it/bare.sh"

sql -c 'CREATE SCHEMA it; CREATE SEQUENCE it.test' >/dev/null
for part in delivery impact cohorts; do
	{
		echo "SELECT format('TRUNCATE ruadb_data.%I;', relname) FROM pg_class
			WHERE relnamespace = 'ruadb_data'::regnamespace AND relkind IN ('r', 'p')
			AND NOT relispartition \\gexec"
		cat "$here/t_def_help.sql" "$here/t_def_impact_help.sql" "$here/t_def_$part.sql"
	} | sql -f - 2>&1 | sed -n 's/^psql:.*ERROR/not ok - ERROR/; /^ok /p; /^not ok /p; /^#/p'
done
echo "1..$(sql -c 'SELECT last_value FROM it.test')"
