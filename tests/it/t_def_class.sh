#!/bin/sh
# t_def_class - the definitions A5 to A7 and B1 to B4 as worked examples: rows put in by hand, what
# must come out written beside them. Each example says which sentence it is.
. "$top_srcdir/tests/it/bare.sh"

sql -c 'CREATE SCHEMA it; CREATE SEQUENCE it.test' >/dev/null
for part in reports class ready; do
	sql -f "$here/t_def_help.sql" -f "$here/t_def_$part.sql" 2>&1 |
		sed -n 's/^psql:.*ERROR/not ok - ERROR/; /^ok /p; /^not ok /p; /^#/p'
done
echo "1..$(sql -c 'SELECT last_value FROM it.test')"
