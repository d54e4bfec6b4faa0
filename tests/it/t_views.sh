#!/bin/sh
# t_views - the views against rows inserted by hand: words, days, rollup, what does not add up.
# Needs no ruadb: a PostgreSQL of its own gets the migrations and the views.
set -u
LC_ALL=C
export LC_ALL

skip_all()
{
	echo "1..0 # SKIP $1"
	exit 0
}

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
[ -n "$bin" ] || bin=$(dirname "$(command -v initdb || echo /nonexistent/initdb)")
[ -x "$bin/initdb" ] || skip_all "no initdb here"

tmp=$(mktemp -d "${TMPDIR:-/tmp}/ruadb-views.XXXXXX")
as=
if [ "$(id -u)" = 0 ]; then
	id postgres >/dev/null 2>&1 || skip_all "root, and no account postgres"
	chown postgres "$tmp"
	as="runuser -u postgres --"
fi
at_end()
{
	$as "$bin/pg_ctl" -D "$tmp/data" -m immediate stop >/dev/null 2>&1
	rm -rf "$tmp"
}
trap at_end EXIT
trap 'exit 143' INT TERM

cd /
$as "$bin/initdb" -D "$tmp/data" -U postgres --no-sync -A trust -E UTF8 --locale=C.UTF-8 \
	>"$tmp/initdb.log" 2>&1 &&
	$as "$bin/pg_ctl" -D "$tmp/data" -s -w -l "$tmp/server.log" \
		-o "-c listen_addresses='' -c fsync=off -k $tmp" start </dev/null >/dev/null || {
	echo "Bail out! no server: $(tail -1 "$tmp/initdb.log")"
	exit 1
}
sql()
{
	"$bin/psql" -X -q -At -v ON_ERROR_STOP=1 -h "$tmp" -U postgres "$@" postgres
}

{
	cat "$top_srcdir"/sql/migrations/*.sql
	cat "$top_srcdir"/sql/views/*.sql
} >"$tmp/schema.sql"
sql -1 -f "$tmp/schema.sql" >"$tmp/out" 2>&1 || {
	echo "Bail out! $(head -3 "$tmp/out" | tr '\n' ' ')"
	exit 1
}
# As after an upgrade: again, over views that exist and that a view of the user's reads.
sql -c "CREATE VIEW public.mine AS SELECT * FROM ruadb.counted_record" >/dev/null
cat "$top_srcdir"/sql/views/*.sql | sql -1 -f - >"$tmp/out" 2>&1
again=$?
sql -v again=$again -f "$top_srcdir/tests/it/t_views.sql" 2>&1 | sed 's/^psql:.*ERROR/not ok - ERROR/'
