# t_workers - a worker that crashes, hangs, grows or lies over one item costs that item and nothing
# else. The worker is tests/it/hostile_worker.
. "$top_srcdir/tests/it/lib.sh"
ready_home

RUADB_PARSE=$top_builddir/tests/it/hostile_worker
RUADB_TEST_WALL_SECONDS=3
export RUADB_PARSE RUADB_TEST_WALL_SECONDS

# report NUMBER: a report of one record.
report()
{
	cat <<-END
	<feedback><report_metadata><org_name>mx.example.org</org_name>
	<email>postmaster@example.org</email><report_id>r-$1</report_id>
	<date_range><begin>1790812800</begin><end>1790899199</end></date_range></report_metadata>
	<policy_published><domain>d$1.example.com</domain><p>none</p></policy_published>
	<record><row><source_ip>192.0.2.1</source_ip><count>$1</count><policy_evaluated>
	<disposition>none</disposition><dkim>pass</dkim><spf>fail</spf></policy_evaluated></row>
	<identifiers><header_from>d$1.example.com</header_from></identifiers>
	<auth_results><spf><domain>example.net</domain><result>fail</result></spf></auth_results>
	</record></feedback>
	END
}

# among MARK: a folder of 60 reports, and in the middle one item with the mark.
among()
{
	rm -rf "$tmp/among"
	mkdir "$tmp/among"
	i=1
	while [ $i -le 60 ]; do
		report $i >"$tmp/among/$(printf %02d $i).xml"
		i=$((i + 1))
	done
	[ -z "$1" ] || report 99 | sed "s/r-99/$1/" >"$tmp/among/30-bad.xml"
}

# quarantined_as MARK CLASS WORDS: 60 are read, the one is quarantined for that reason.
quarantined_as()
{
	among "$1"
	ingest --parse-only --format json "$tmp/among"
	is "$status|$(member reports_stored)|$(member quarantined)|$(member records)" "65|60|1|60" \
		"$1: the others are read"
	ok "$1: class $2, and why" grep -q "30-bad.xml\".* class=\"$2\" err=\"[^\"]*$3" "$tmp/err"
}

quarantined_as HOSTILE-CRASH bug "crashed (signal 11"
quarantined_as HOSTILE-HANG limit "took too long"
RUADB_TEST_WALL_SECONDS=60 # one second of CPU time may be long on a busy machine
quarantined_as HOSTILE-SPIN limit "CPU time"
RUADB_TEST_WALL_SECONDS=3
quarantined_as HOSTILE-GROW limit "out of memory"
quarantined_as HOSTILE-LIE! bug ""
quarantined_as HOSTILE-SUMS bug "sums"
quarantined_as HOSTILE-END! bug "ended in the middle (exit status 0)"
quarantined_as HOSTILE-LOST bug "an END that is none"
quarantined_as HOSTILE-WHOL bug "an END that is none"
quarantined_as HOSTILE-MEND bug "too many REPAIRs"
quarantined_as HOSTILE-AMID bug "AGAIN outside a report"
quarantined_as HOSTILE-DIES bug "crashed (signal 11"

among HOSTILE-KILL
ingest --parse-only --format json "$tmp/among"
is "$status|$(member reports_stored)|$(member quarantined)" "0|61|0" \
	"killed from outside: tried again, nobody is blamed"

among HOSTILE-CRASH
ingest --parse-only --format json --jobs 3 "$tmp/among"
is "$status|$(member reports_stored)|$(member quarantined)" "65|60|1" "three workers: the same"

"$ruadb" inspect "$tmp/among/30-bad.xml" >"$tmp/out" 2>"$tmp/err"
is "$?" 65 "inspect says so, too"
ok "and why" grep -q "crashed" "$tmp/out"

# ---- a report that is taken back, or whose worker dies, when much of it is said already
among HOSTILE-AGAI
ingest --parse-only --format json "$tmp/among"
is "$status|$(member reports_stored)|$(member records)|$(member messages)" "0|61|61|1929" \
	"a report that is read once more counts once"
mkdir "$tmp/spool"
for format in json table; do
	TMPDIR=$tmp/spool "$ruadb" inspect --format $format "$tmp/among/30-bad.xml" \
		"$tmp/among/31.xml" >"$tmp/out" 2>"$tmp/err"
	is "$?|$(grep -c '192\.0\.2\.99' "$tmp/out")|$(grep -c '192\.0\.2\.1[ "]' "$tmp/out")" \
		"0|0|2" "inspect --format $format shows it once, and nothing of what was taken back"
	is "$(ls -A "$tmp/spool")" "" "and leaves no temporary file"
done
among HOSTILE-DIES
"$ruadb" inspect --format json "$tmp/among/30-bad.xml" "$tmp/among/31.xml" >"$tmp/out" 2>"$tmp/err"
is "$?|$(grep -c '"outcome": ' "$tmp/out")|$(grep -c '192\.0\.2\.99' "$tmp/out")" "65|2|0" \
	"inspect shows nothing of a report whose worker died"
TMPDIR=/nonexistent "$ruadb" inspect "$tmp/among/30-bad.xml" >"$tmp/out" 2>"$tmp/err"
is "$?" 75 "no folder for what does not go into memory: said"

# ---- what a worker is given, and what becomes of it
among HOSTILE-HANG
RUADB_TEST_WALL_SECONDS=60
env --default-signal=INT "$ruadb" ingest --parse-only --jobs 1 --format json "$tmp/among" \
	>"$tmp/out" 2>"$tmp/err" &
pid=$!
worker=
for try in 1 2 3 4 5 6 7 8 9 10; do
	sleep 0.3
	worker=$(tr -d ' ' <"/proc/$pid/task/$pid/children")
	# it has been exec'd and sits on the item
	[ -z "$worker" ] || \
		[ "$(cat "/proc/$worker/comm" 2>/dev/null)" != hostile_worker ] || break
done
is "$(wc -c <"/proc/$worker/environ")" 0 "a worker has no environment"
is "$(ls "/proc/$worker/fd" | tr '\n' ' ')" "0 " "and one descriptor"
kill -INT $pid
wait $pid
is "$?|$(grep -c '"interrupted": true' "$tmp/out")" "0|1" "an interrupt does not wait for it"
ok "and it is gone" test ! -e "/proc/$worker/fd/0"
RUADB_TEST_WALL_SECONDS=3

RUADB_PARSE=/bin/true "$ruadb" ingest --parse-only "$tmp/among" >"$tmp/out" 2>"$tmp/err"
is "$?" 65 "a worker that answers nothing at all ends, too"
RUADB_PARSE=/nonexistent "$ruadb" ingest --parse-only "$tmp/among" >"$tmp/out" 2>"$tmp/err"
is "$?" 78 "one that is not there: configuration"
ok "and a sentence" grep -q "/nonexistent" "$tmp/err"

# ---- with the database: what the quarantine knows, and a retry with a sound worker
among HOSTILE-CRASH
ingest --format json "$tmp/among"
is "$status|$(member reports_stored)|$(member quarantined)" "65|60|1" "stored: the others"
"$ruadb" quarantine list >"$tmp/out" 2>"$tmp/err"
ok "quarantine list names it" grep -q "30-bad.xml" "$tmp/out"
number=$(sed -n 's/^ *\([0-9]*\) .*30-bad.xml.*/\1/p' "$tmp/out")
"$ruadb" quarantine show "$number" --bytes >"$tmp/bytes" 2>"$tmp/err"
ok "its bytes are kept as they came" cmp "$tmp/bytes" "$tmp/among/30-bad.xml"
unset RUADB_PARSE
"$ruadb" quarantine retry all --format json >"$tmp/out" 2>"$tmp/err"
is "$?|$(member reports_stored)|$(member quarantined)" "0|1|0" "a retry with a sound worker"
is "$("$ruadb" quarantine list)" "The quarantine is empty." "and it is forgotten"
is "$(query "SELECT count(*), sum(messages) FROM record")" "61|1929" "all rows are there"

done_testing
