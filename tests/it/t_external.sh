#!/bin/sh
# t_external - a server that is not ours: [store] conninfo, a role that may make no others, a
# password file, the server going away and coming back, the PG* environment.
. "$top_srcdir/tests/it/lib.sh"

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
[ -n "$bin" ] || bin=$(dirname "$(command -v initdb || echo /nonexistent/initdb)")
[ -x "$bin/initdb" ] || skip_all "no initdb here"

as=
if [ "$(id -u)" = 0 ]; then
	id postgres >/dev/null 2>&1 || skip_all "root, and no account postgres"
	as="runuser -u postgres --"
fi
server=$tmp/server
mkdir "$server"
[ -z "$as" ] || chown postgres "$server"

external_end()
{
	(cd / && $as "$bin/pg_ctl" -D "$server/data" -m immediate stop) >/dev/null 2>&1
	at_end
}
trap external_end EXIT

# A free port is one that nobody answers at; another may take it before us, then the next is tried.
start_server()
{
	for port in $1; do
		(cd / && $as "$bin/pg_ctl" -D "$server/data" -s -w -l "$server/log" -o "-c fsync=off \
			-c listen_addresses=127.0.0.1 -c port=$port -k $server" start) \
			</dev/null >/dev/null 2>&1 && return 0
	done
	return 1
}
stop_server() { (cd / && $as "$bin/pg_ctl" -D "$server/data" -s -m fast -w stop) >/dev/null 2>&1; }

ports=$(awk -v seed=$$ 'BEGIN { srand(seed); for (i = 0; i < 20; i++) print 20000 + int(rand() * 12000) }')
(cd / && $as "$bin/initdb" -D "$server/data" -U postgres --no-sync -A trust -E UTF8 \
	--locale=C.UTF-8) >"$tmp/initdb.log" 2>&1 || {
	echo "Bail out! initdb: $(tail -1 "$tmp/initdb.log")"
	exit 1
}
printf '%s\n' "local all all trust" "host all all 127.0.0.1/32 scram-sha-256" >"$tmp/hba"
cat "$tmp/hba" >"$server/data/pg_hba.conf"
start_server "$ports" || {
	echo "Bail out! no server: $(tail -1 "$server/log")"
	exit 1
}
admin() { "$bin/psql" -X -qAt -h "$server" -p "$port" -U postgres -c "$1" "${2-postgres}"; }
admin "CREATE ROLE analyst LOGIN PASSWORD 'not-for-argv' NOSUPERUSER NOCREATEROLE NOCREATEDB"
admin "CREATE DATABASE dmarc OWNER analyst"

passfile=$tmp/pgpass
echo "127.0.0.1:$port:dmarc:analyst:not-for-argv" >"$passfile"
chmod 600 "$passfile"
PGPASSFILE=$passfile
RUADB_STORE_CONNINFO="host=127.0.0.1 port=$port dbname=dmarc user=analyst"
export PGPASSFILE RUADB_STORE_CONNINFO

"$ruadb" db migrate >"$tmp/migrate" 2>&1
is "$?" 0 "the schema is made by a role that may make no roles"
ok "which is told the SQL for them" grep -q "CREATE ROLE ruadb_ingest" "$tmp/migrate"
ingest --format json "$samples"
is "$status" 65 "samples hold broken files: 65"
files=$(find "$samples" -type f ! -name '.*' ! -path '*/maildir/tmp/*' | wc -l)
is "$(query "SELECT count(*), sum(records), sum(messages) FROM report")" \
	"$(member reports_stored)|$(member records)|$(member messages)" "what is said is stored"
is "$(query "SELECT count(*) FROM reconciliation")" 0 "and adds up"
is "$(ls "$RUADB_HOME/pg" 2>/dev/null)" "" "no private server was made"
ingest --format json "$samples"
is "$status|$(member unchanged)" "0|$files" "again: unchanged"
ok "reports read it" "$ruadb" report summary
is "$("$ruadb" db url | grep -c not-for-argv)" 0 "the connection string has no password"

# ---- away and back
stop_server
ingest --format json --again "$samples"
is "$status" 75 "the server is away: 75"
ok "and it is said" grep -qi "database is away" "$tmp/err"
start_server "$port" || echo "Bail out! the server did not come back"
ingest --format json "$samples"
is "$status|$(member unchanged)" "0|$files" \
	"it is back: nothing was acknowledged that was not stored, nothing is lost"

# ---- the same through PG* and without a setting
unset RUADB_STORE_CONNINFO
PGHOST=127.0.0.1 PGPORT=$port PGDATABASE=dmarc PGUSER=analyst
export PGHOST PGPORT PGDATABASE PGUSER
is "$(query "SELECT count(*) > 0 FROM report")" t "the PG* environment names the server too"
PGPASSFILE=/dev/null
"$ruadb" report summary >"$tmp/out" 2>"$tmp/err"
is "$?" 75 "without a password: 75, and no prompt"
done_testing
