# t_cli - what the command line says, and how it ends. Nothing here needs a database.
. "$top_srcdir/tests/it/lib.sh"

# ends STATUS NAME ARGS...: the program's exit status
ends()
{
	wanted=$1
	name=$2
	shift 2
	"$ruadb" "$@" >"$tmp/out" 2>"$tmp/err"
	is "$?" "$wanted" "$name"
}

ends 0 "--version" --version
ok "says name and number" grep -q '^ruadb [0-9]' "$tmp/out"
ends 0 "--help" --help
for command in ingest inspect report quarantine db sql; do
	ok "--help names $command" grep -q "^  $command " "$tmp/out"
done
for command in ingest inspect report quarantine db sql; do
	"$ruadb" $command --help >"$tmp/help" 2>"$tmp/err"
	is "$?" 0 "$command --help"
	ok "$command --help fits a screen" test "$(wc -l <"$tmp/help")" -le 24
	ok "$command --help is not wide" test "$(wc -L <"$tmp/help")" -le 100
done

ends 64 "nothing at all"
ok "is answered with the commands" grep -q ingest "$tmp/err"
ends 64 "no such command" frobnicate
ends 64 "no such option" ingest --frobnicate x
ok "which is named" grep -q -e --frobnicate "$tmp/err"
ends 64 "an option without its value" ingest --jobs
ends 64 "ingest of nothing" ingest
ends 64 "inspect of nothing" inspect
ends 64 "a format that is none" inspect --format xml x
ends 64 "db of nothing" db
ends 78 "a file that is not there" ingest --parse-only /nonexistent/report.xml
ok "which is named" grep -q /nonexistent/report.xml "$tmp/err"
ends 78 "settings that are not there" -c /nonexistent/ruadb.conf db status
printf '[store]\nkeep_raw = all\nkeep_row = all\n' >"$tmp/bad.conf"
ends 78 "an unknown key" -c "$tmp/bad.conf" db status
ok "is named with its line" grep -q "bad.conf:3: .*keep_row" "$tmp/err"
ends 78 "a tenant that is none" --tenant no db status
ends 78 "a setting by --set that is none" --set ingest.jubs=3 db status

# ---- without a database
full=$samples/shapes/rfc9990-full.xml
ends 0 "inspect" inspect "$full"
ok "shows an address" grep -q "203.0.113.66" "$tmp/out"
ends 0 "inspect --format json" inspect --format json "$full"
ok "gives one object" grep -q '"record_count": 3, "messages": 187' "$tmp/out"
ends 65 "inspect of what is broken" inspect "$samples/broken/no-dates.xml"
"$ruadb" inspect - <"$full" >"$tmp/out" 2>"$tmp/err"
is "$?" 0 "inspect of standard input"
ends 0 "ingest --parse-only" ingest --parse-only --format json "$full"
is "$(member records)|$(member messages)|$(member items)" "3|187|1" "reads and counts"
ok "starts no database" test ! -e "$RUADB_HOME"
ends 0 "an option behind the paths" ingest "$full" --parse-only
ends 0 "-q says nothing" -q ingest --parse-only "$full"
is "$(cat "$tmp/out" "$tmp/err")" "" "nothing at all"

# ---- a closed pipe and a full disk
"$ruadb" inspect --format json "$samples" 2>/dev/null | head -1 >"$tmp/out"
ok "a closed pipe is no drama" test -s "$tmp/out"
if [ -c /dev/full ]; then
	"$ruadb" inspect "$full" >/dev/full 2>"$tmp/err"
	is "$?" 74 "a full disk is said"
else
	skip "no /dev/full" 1
fi

# ---- standard input that comes piece by piece
(head -c 1000 "$full"; sleep 0.3; tail -c +1001 "$full") | \
	"$ruadb" ingest --parse-only --format json - >"$tmp/out" 2>"$tmp/err"
is "$(member items)|$(member records)" "1|3" "standard input through a slow pipe"

done_testing
