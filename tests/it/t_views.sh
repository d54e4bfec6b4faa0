#!/bin/sh
# t_views - the views against rows inserted by hand: words, days, rollup, what does not add up.
# Needs no ruadb: a PostgreSQL of its own gets the migrations and the views.
. "$top_srcdir/tests/it/bare.sh"

# As after an upgrade: again, over views that exist and that a view of the user's reads.
sql -c "CREATE VIEW public.mine AS SELECT * FROM ruadb.counted_record" >/dev/null
cat "$top_srcdir"/sql/views/*.sql | sql -1 -f - >"$tmp/out" 2>&1
again=$?
sql -v again=$again -f "$top_srcdir/tests/it/t_views.sql" 2>&1 | sed 's/^psql:.*ERROR/not ok - ERROR/'
