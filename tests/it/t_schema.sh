#!/bin/sh
# Migrations, roles, tenants under row level security, partitions.
. "$top_srcdir/tests/it/lib.sh"

# admin SQL: as the superuser of the private server.
admin()
{
	psql "$("$ruadb" db url)" -qAt -v ON_ERROR_STOP=1 -c 'SET client_min_messages = warning' -c "$1"
}
socket() { "$ruadb" db status | sed -n 's/^socket: //p'; }

# fails STATUS WORDS COMMAND...
fails()
{
	wanted=$1 words=$2
	shift 2
	status=0
	"$@" >"$tmp/said" 2>&1 || status=$?
	[ "$status" = "$wanted" ] && grep -q "$words" "$tmp/said" && return
	echo "status $status, wanted $wanted; said:"
	cat "$tmp/said"
	return 1
}

# A copy of the SQL files with one migration more.
newer=$tmp/newer
mkdir "$newer"
cp -R "$top_srcdir/sql" "$newer/sql"
chmod -R u+w "$newer"
last=$(ls "$top_srcdir/sql/migrations" | tail -1)
number=$((10000 + 1${last%%_*} - 9999))
next=$(printf '%04d_next.sql' "${number#1}")
echo 'CREATE TABLE ruadb_data.next (tenant_id bigint);' >"$newer/sql/migrations/$next"
as_newer() { RUADB_DATADIR=$newer "$@"; }

# ---- migrations ----
"$ruadb" db start >/dev/null
before=$("$ruadb" db migrate --dry-run | grep -c '^would apply')
ok "--dry-run says what it would do" [ "$before" -ge 2 ]
is "$(admin "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'ruadb%'")" 0 "and does nothing"
for i in 1 2 3; do
	"$ruadb" db migrate >"$tmp/migrate$i" 2>&1
	echo $? >>"$tmp/migrate$i"
done
is "$(tail -qn1 "$tmp"/migrate? | tr '\n' ' ')" "0 0 0 " "again and again: nothing to do"
admin 'DROP SCHEMA ruadb CASCADE; DROP SCHEMA ruadb_data CASCADE'
for i in 1 2 3 4; do
	("$ruadb" db migrate >"$tmp/migrate$i" 2>&1; echo $? >>"$tmp/migrate$i") &
done
wait
is "$(tail -qn1 "$tmp"/migrate? | tr '\n' ' ')" "0 0 0 0 " "four at once on an empty database"
is "$(cat "$tmp"/migrate? | grep -c '^applying 0001')" 1 "each migration is applied once"

admin 'DROP SCHEMA ruadb CASCADE; DROP SCHEMA ruadb_data CASCADE'
("$ruadb" db migrate >"$tmp/old" 2>&1; echo $? >>"$tmp/old") &
(as_newer "$ruadb" db migrate >"$tmp/new" 2>&1; echo $? >>"$tmp/new") &
wait
is "$(tail -n1 "$tmp/new")" 0 "two versions at once: the newer one gets through"
ok "the older one was first, or is refused" grep -qE '^0$|newer ruadb' "$tmp/old"
ok "afterwards the older one is refused" fails 78 "use the newer ruadb" "$ruadb" report summary
ok "and does not ingest" fails 78 "use the newer ruadb" "$ruadb" ingest "$samples"
is "$(as_newer "$ruadb" db migrate | tail -1 | cut -c1-24)" "the schema is up to date" \
	"the newer one is content"
echo '-- changed' >>"$newer/sql/migrations/$next"
ok "a migration changed after it was applied" fails 78 "was changed" \
	env RUADB_DATADIR="$newer" "$ruadb" db migrate
admin 'DROP SCHEMA ruadb CASCADE; DROP SCHEMA ruadb_data CASCADE'
echo 'CREATE TABLE ruadb_data.half (a int); SELECT 1 / 0;' >"$newer/sql/migrations/$next"
RUADB_DATADIR=$newer "$ruadb" db migrate >"$tmp/said" 2>&1
ok "one that fails says which and why" grep -q "$next: .*division by zero" "$tmp/said"
is "$(admin "SELECT max(version) || coalesce(to_regclass('ruadb_data.half')::text, ' -') \
	FROM ruadb_data.migration")" "$((${number#1} - 1)) -" "and is undone whole"
rm "$newer/sql/migrations/$next"
ok "what was applied before it stays" as_newer "$ruadb" db migrate
echo 'CREATE VIEW ruadb.extra AS SELECT 1 AS one;' >"$newer/sql/views/99_extra.sql"
as_newer "$ruadb" db migrate >/dev/null
is "$(RUADB_DATADIR=$newer query 'SELECT one FROM extra')" 1 "changed views are made again"
rm "$newer/sql/views/99_extra.sql"
"$ruadb" db migrate >/dev/null

# ---- owners and rights ----
is "$(admin "SELECT string_agg(DISTINCT tableowner, ' ') FROM pg_tables WHERE schemaname = 'ruadb_data'
	AND tablename <> 'migration'")" ruadb_ingest "ruadb_ingest owns tables and partitions"
is "$(admin "SELECT string_agg(DISTINCT viewowner, ' ') FROM pg_views WHERE schemaname = 'ruadb'")" \
	ruadb_owner "ruadb_owner owns the views"
ok "the reader does not write" fails 1 "permission denied" \
	psql "$("$ruadb" db url)&user=ruadb" -qc 'SET ROLE ruadb_read' \
	-c 'DELETE FROM ruadb_data.report'
ok "nor reads mails" fails 1 "permission denied" \
	psql "$("$ruadb" db url)" -qc 'SET ROLE ruadb_read' -c 'SELECT FROM ruadb_data.original'
is "$(admin "SELECT count(*) FROM pg_class c WHERE relnamespace = 'ruadb_data'::regnamespace AND
	relkind IN ('r', 'p') AND NOT relispartition AND NOT EXISTS (SELECT FROM pg_policy
	WHERE polrelid = c.oid) AND relname <> 'migration'")" 0 "each table has its policy"

# ---- two tenants under row level security ----
admin "DO \$\$ DECLARE t regclass; BEGIN
	FOR t IN SELECT polrelid FROM pg_policy LOOP
		EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t);
	END LOOP; END \$\$;
	CREATE ROLE plain LOGIN IN ROLE ruadb_ingest, ruadb_owner, ruadb_read"
plain="host=$(socket) dbname=ruadb user=plain"
export RUADB_STORE_CONNINFO="$plain"
for tenant in 1 2; do
	"$ruadb" --tenant $tenant ingest --format json "$samples/daily" >"$tmp/tenant$tenant" 2>"$tmp/err"
done
is "$(grep -o '"reports_stored": *[0-9]*' "$tmp/tenant2")" \
	"$(grep -o '"reports_stored": *[0-9]*' "$tmp/tenant1")" \
	"row level security on, no superuser: the second tenant stores the same reports"
stored=$(sed -n 's/.*"reports_stored": *\([0-9]*\).*/\1/p' "$tmp/tenant1" | head -1)
ok "some at all" [ "${stored:-0}" -gt 0 ]
for tenant in 1 2; do
	is "$("$ruadb" --tenant $tenant sql -qAtc \
		"SELECT string_agg(DISTINCT tenant_id::text, ' '), count(*) FROM report")" \
		"$tenant|$stored" "tenant $tenant reads its own reports"
	is "$("$ruadb" --tenant $tenant sql -qAtc \
		"SELECT string_agg(DISTINCT tenant_id::text, ' ') FROM record")" "$tenant" \
		"and its own records"
done
is "$("$ruadb" --tenant 3 sql -qAtc "SELECT count(*) FROM report")" 0 "a third tenant: nothing"
"$ruadb" --tenant 2 ingest --format json "$samples/daily" >"$tmp/out" 2>&1
is "$(sed -n 's/.*"unchanged": *\([0-9]*\).*/\1/p' "$tmp/out" | head -1)" \
	"$(find "$samples/daily" -type f | wc -l)" "each has a ledger of its own"
unset RUADB_STORE_CONNINFO

# ---- without any right to make roles ----
admin 'CREATE ROLE poor LOGIN'
admin 'CREATE DATABASE poor OWNER poor'
RUADB_STORE_CONNINFO="host=$(socket) dbname=poor user=poor" "$ruadb" db migrate >"$tmp/said" 2>&1
ok "no right to make roles: the SQL for them is printed" grep -q '^CREATE ROLE ruadb_read' "$tmp/said"
RUADB_STORE_CONNINFO="host=$(socket) dbname=poor user=poor" "$ruadb" ingest --format json \
	"$samples/daily" >"$tmp/out" 2>"$tmp/err"
is "$(member reports_stored)" "$stored" "and everything runs as that one role"
is "$(RUADB_STORE_CONNINFO="host=$(socket) dbname=poor user=poor" "$ruadb" sql -qAtc \
	'SELECT count(*) FROM report')" "$stored" "reading too"

# ---- partitions ----
month=$(admin "SELECT to_char(now() + interval '5 months', 'YYYYMM')")
day=$(admin "SELECT date_trunc('month', now() + interval '5 months')::date + 3")
admin "DROP TABLE ruadb_data.record_$month;
	INSERT INTO ruadb_data.record SELECT 1, 1, 1, 1, 7, n, '$day', 'n', 'p', 'p',
	'192.0.2.1' FROM
	generate_series(1, 5) n"
is "$(admin "SELECT count(*) FROM ruadb_data.record_default WHERE day = '$day'")" 5 \
	"a month without a partition: its rows are in DEFAULT"
is "$("$ruadb" db maintain | head -1)" "made record_$month, moved 5 records into it" "maintain moves them out"
is "$(admin "SELECT (SELECT count(*) FROM ruadb_data.record_$month) || ' ' || (SELECT count(*) FROM
	ruadb_data.record_default WHERE day = '$day')")" "5 0" "none is lost, none is twice"
is "$("$ruadb" db maintain | head -1)" "every month up to a year ahead has its partition" "once"
is "$(admin "SELECT count(*) FROM pg_inherits WHERE inhparent = 'ruadb_data.record'::regclass")" 39 \
	"24 months back, this one, 12 ahead, all before, DEFAULT"
is "$(admin "SELECT count(*) FROM pg_class c JOIN pg_inherits ON inhrelid = c.oid WHERE
	inhparent = 'ruadb_data.record'::regclass AND pg_get_userbyid(relowner) <> 'ruadb_ingest'")" 0 \
	"the new one has its owner"
done_testing
