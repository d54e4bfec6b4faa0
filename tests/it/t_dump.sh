#!/bin/sh
# t_dump - moving to a server of one's own: dump, restore into an empty database, go on there.
. "$top_srcdir/tests/it/lib.sh"

second_end()
{
	"$ruadb" --home "$tmp/second" db stop >/dev/null 2>&1
	at_end
}
trap second_end EXIT

bin=$(dirname "$(pg_config --bindir 2>/dev/null)/x")
[ -x "$bin/pg_restore" ] || bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | head -1)
for program in pg_dump pg_restore psql; do
	[ -x "$bin/$program" ] || skip_all "no $program here"
done

ingest --format json "$samples"
stored=$(member reports_stored)
"$ruadb" report summary --format csv >"$tmp/summary"
# What a database has beside rows, one line each.
inventory="SELECT relname, relkind, relispartition, pg_get_expr(relpartbound, oid) FROM pg_class
	WHERE relnamespace::regnamespace::text LIKE 'ruadb%' ORDER BY 1;
	SELECT c.relname, d.objsubid, d.description FROM pg_description d JOIN pg_class c
	ON c.oid = d.objoid WHERE c.relnamespace::regnamespace::text LIKE 'ruadb%' ORDER BY 1, 2;
	SELECT polrelid::regclass, polname, pg_get_expr(polqual, polrelid) FROM pg_policy ORDER BY 1;
	SELECT p.oid::regprocedure, obj_description(p.oid) FROM pg_proc p
	WHERE p.pronamespace::regnamespace::text LIKE 'ruadb%' ORDER BY 1;
	SELECT relname, reloptions FROM pg_class WHERE relnamespace = 'ruadb'::regnamespace ORDER BY 1;
	SELECT relname, relowner::regrole, relacl FROM pg_class
	WHERE relnamespace::regnamespace::text LIKE 'ruadb%' AND relkind IN ('r', 'p', 'v') ORDER BY 1;
	SELECT conrelid::regclass, pg_get_constraintdef(oid) FROM pg_constraint
	WHERE connamespace = 'ruadb_data'::regnamespace ORDER BY 1, 2;
	SELECT last_value FROM ruadb_data.report_id_seq"
psql "$("$ruadb" db url)" -XqAt -c "$inventory" | sort >"$tmp/inventory"

# ---- the dump
status=0
"$ruadb" db dump "$tmp/all.dump" >"$tmp/out" 2>"$tmp/err" || status=$?
is "$status $(head -c 5 "$tmp/all.dump") $(stat -c %a "$tmp/all.dump")" "0 PGDMP 600" \
	"a dump of pg_dump's own format, for the owner's eyes"
ok "it says what to do next" grep -q 'pg_restore .* -d ruadb' "$tmp/out"
ok "and nothing half made is left" test ! -e "$tmp/all.dump.part"
"$ruadb" db dump - >"$tmp/all.sql" 2>"$tmp/err"
is "$? $(grep -c '^CREATE SCHEMA ruadb' "$tmp/all.sql")" "0 2" "plain SQL to standard output"
ok "what to do next is not among it" sh -c "! grep -q createdb '$tmp/all.sql' &&
	grep -q createdb '$tmp/err'"
is "$(grep -c -e '^ALTER .* OWNER TO' -e '^GRANT' "$tmp/all.sql")" 0 "no owners and no grants"
"$ruadb" db dump "$tmp" >"$tmp/out" 2>"$tmp/err"
is "$?" 78 "a folder is no file to write to"
"$ruadb" db dump >"$tmp/out" 2>"$tmp/err"
is "$?" 64 "without a file: usage"

# ---- nothing secret in arguments, and a dump that fails
mkdir "$tmp/bin"
cat >"$tmp/bin/pg_dump" <<END
#!/bin/sh
[ "\$1" != --version ] || exec "$bin/pg_dump" --version
printf '%s\n' "\$@" >"$tmp/arguments"
echo "\$PGPASSWORD" >"$tmp/password"
echo "a reason" >&2
exit 1
END
cp "$tmp/bin/pg_dump" "$tmp/bin/psql"
chmod 755 "$tmp/bin" "$tmp/bin/pg_dump" "$tmp/bin/psql"
socket=$("$ruadb" db status | sed -n 's/^socket: //p')
secret="host=$socket dbname=ruadb user=ruadb password='sec ret'"
RUADB_STORE_CONNINFO=$secret PG_BINDIR=$tmp/bin "$ruadb" db dump "$tmp/all.dump" \
	>"$tmp/out" 2>"$tmp/err"
is "$?" 75 "pg_dump fails: 75"
ok "what it said is there" grep -q 'a reason' "$tmp/err"
is "$(head -c 5 "$tmp/all.dump")" PGDMP "the dump that was there is still there"
is "$(cat "$tmp/password")" "sec ret" "it got the password"
ok "but not as an argument" sh -c "! grep 'sec ret' '$tmp/arguments'"
RUADB_STORE_CONNINFO=$secret PATH=$tmp/bin:$PATH "$ruadb" sql -c x >"$tmp/out" 2>"$tmp/err"
ok "nor does psql get it so" sh -c "! grep 'sec ret' '$tmp/arguments'"

# A service of the environment does not come before conninfo.
printf '[elsewhere]\nhost=/nowhere\ndbname=nothing\n' >"$tmp/services"
PGSERVICEFILE=$tmp/services PGSERVICE=elsewhere RUADB_STORE_CONNINFO=$secret \
	"$ruadb" sql -qAtc 'SELECT current_database()' >"$tmp/out" 2>"$tmp/err"
is "$(cat "$tmp/out")" ruadb "psql goes where the program goes"
is "$(RUADB_STORE_CONNINFO="$secret options='-c work_mem=7MB'" "$ruadb" sql -qAtc \
	"SELECT current_setting('work_mem') || current_setting('search_path')")" 7MBruadb \
	"with its own options and ours"

# ---- another server
"$ruadb" --home "$tmp/second" db start >/dev/null
there=$("$ruadb" --home "$tmp/second" db status | sed -n 's/^socket: //p')
on_second() { psql -XqAt -v ON_ERROR_STOP=1 -h "$there" -U "$2" -d "$1" -c "$3"; }
on_second ruadb ruadb 'CREATE DATABASE moved'
ok "restored into an empty database" "$bin/pg_restore" --no-owner --exit-on-error -h "$there" \
	-U ruadb -d moved "$tmp/all.dump"
RUADB_STORE_CONNINFO="host=$there dbname=moved user=ruadb"
export RUADB_STORE_CONNINFO
is "$("$ruadb" db migrate | tail -2)" "handed tables and views over to the roles of ruadb
the schema is up to date (version $(ls "$top_srcdir/sql/migrations" | wc -l))" \
	"migrate gives owners and rights"
is "$("$ruadb" db migrate | wc -l)" 1 "once"
on_second moved ruadb "$inventory" | sort >"$tmp/inventory.there"
ok "tables, partitions, views, comments, policies, rights, constraints are the same" \
	diff "$tmp/inventory" "$tmp/inventory.there"
"$ruadb" report summary --format csv >"$tmp/summary.there"
ok "the same summary" diff "$tmp/summary" "$tmp/summary.there"
is "$(query 'SELECT count(*) FROM report')" "$stored" "read as ruadb_read"
is "$(query 'SELECT count(*) FROM reconciliation')" 0 "everything adds up"
ingest --format json "$samples"
is "$status $(member reports_stored) $(member unchanged)" "0 0 $(find "$samples" -type f \
	! -name '.*' ! -path '*/maildir/tmp/*' | wc -l)" "ingest goes on there: all of it is unchanged"
sed 's|<report_id>[^<]*|<report_id>moved|' "$samples/daily/$(ls "$samples/daily" |
	grep '\.xml$' | head -1)" >"$tmp/new.xml"
sed -i 's|<count>[^<]*|<count>77|' "$tmp/new.xml"
ingest --format json "$tmp/new.xml"
is "$status $(member reports_stored)" "0 1" "and stores what is new"
is "$(query 'SELECT count(*) - count(DISTINCT report_id) FROM report')" 0 "under a number of its own"
"$ruadb" db maintain >"$tmp/out" 2>&1
is "$?" 0 "maintain finds its partitions"

# ---- plain SQL, and a role that may make no others
on_second ruadb ruadb 'CREATE ROLE poor LOGIN'
on_second ruadb ruadb 'CREATE DATABASE poor OWNER poor'
ok "plain SQL, restored by a role without any right" psql -Xq -v ON_ERROR_STOP=1 -h "$there" \
	-U poor -d poor -f "$tmp/all.sql"
RUADB_STORE_CONNINFO="host=$there dbname=poor user=poor"
"$ruadb" report summary --format csv >"$tmp/summary.there" 2>"$tmp/err"
ok "the same summary" diff "$tmp/summary" "$tmp/summary.there"
ingest --format json "$tmp/new.xml"
is "$status $(member reports_stored)" "0 1" "and ingest"
done_testing
