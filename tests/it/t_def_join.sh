#!/bin/sh
# t_def_join - the definitions E1 to E6 as worked examples: deliveries and reports put in by hand, what
# must come out written beside them.
. "$top_srcdir/tests/it/bare.sh"

sql -c 'CREATE SCHEMA it; CREATE SEQUENCE it.test' >/dev/null
cat "$here/t_def_help.sql" "$here/t_def_impact_help.sql" "$here/t_def_join.sql" | sql -f - 2>&1 |
	sed -n 's/^psql:.*ERROR/not ok - ERROR/; /^ok /p; /^not ok /p; /^#/p'
echo "1..$(sql -c 'SELECT last_value FROM it.test')"
