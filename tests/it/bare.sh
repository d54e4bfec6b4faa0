# bare.sh - a PostgreSQL of its own with the migrations and the views, and no ruadb; sourced by tests
# that ask views about rows put in by hand.
#
# Gives: $tmp for files, sql ARGS... (psql as the superuser). The server is stopped at the end.
# shellcheck shell=sh disable=SC2034
set -u
LC_ALL=C
export LC_ALL

skip_all()
{
	echo "1..0 # SKIP $1"
	exit 0
}

here=$top_srcdir/tests/it
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
		-o "-c listen_addresses='' -c fsync=off -c jit=off -k $tmp" start </dev/null >/dev/null || {
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
