# t_repairs - what is mended, partial or refused, from the file to the views; the kinds of repair.
. "$top_srcdir/tests/it/lib.sh"
ready_home

# ---- the kinds: those of the parser and those that SQL explains
sed -n '/^#define REPAIR_KINDS/,/^$/s/.*X([A-Z_0-9]*, "\([a-z_0-9]*\)").*/\1/p' \
	"$top_srcdir/parse/repairs.h" | sort >"$tmp/kinds"
ok "the parser has kinds of repair" test -s "$tmp/kinds"
"$ruadb" db start >/dev/null
"$ruadb" db migrate >/dev/null 2>&1
query "SELECT what FROM repair_kind" | sort >"$tmp/explained"
is "$(cat "$tmp/explained")" "$(cat "$tmp/kinds")" "view repair_kind explains each of them, once"

# as_owner SQL: what no program of ours does.
as_owner() { psql "$("$ruadb" db url)" -qAt -v ON_ERROR_STOP=1 -c "$1"; }

# ---- a report of which a worker could read a part only
# report ID COUNT: one record; the reporter, domain and range are those of HOSTILE-PART.
report()
{
	cat <<-END
	<feedback><report_metadata><org_name>mx.example.org</org_name>
	<email>postmaster@example.org</email><report_id>$1</report_id>
	<date_range><begin>1790812800</begin><end>1790899199</end></date_range></report_metadata>
	<policy_published><domain>d99.example.com</domain><p>none</p></policy_published>
	<record><row><source_ip>192.0.2.1</source_ip><count>$2</count></row></record></feedback>
	END
}
# by_part ARGS...: ingest with a worker that reads a part of what is marked.
by_part() { RUADB_PARSE=$top_builddir/tests/it/hostile_worker ingest --format json "$@"; }
# counted: state, counted, messages of each report of that id, and what the domain comes to.
counted()
{
	query "SELECT state, counted, messages, conflict FROM report WHERE
		external_report_id = 'HOSTILE-PART' ORDER BY report_id" | tr '\n' ' '
	query "SELECT sum(messages) FROM counted_record WHERE policy_domain = 'd99.example.com'"
}
mkdir "$tmp/in"
report HOSTILE-PART 5 >"$tmp/in/part.xml"
RUADB_STORE_KEEP_RAW=rejected
export RUADB_STORE_KEEP_RAW
by_part "$tmp/in"
is "$status|$(member reports_stored)|$(member reports_partial)|$(member reports_mended)|$(member \
	repairs)|$(member records)|$(member messages)" "0|1|1|1|2|1|9" \
	"a part is stored, and said to be one"
lost='lost="the document ends in record 2"'
ok "a line of the log says what is lost" grep -q \
	'^level=warn ev=item .*part.xml" outcome="*stored"* state="*partial"* repairs=2 '"$lost" \
	"$tmp/err"
is "$(counted)" "partial|t|9|f 9" "it counts as long as there is nothing better"
is "$(query "SELECT lost, repairs FROM report")|$(query "SELECT outcome, reason FROM ledger")" \
	"the document ends in record 2|2|stored|the document ends in record 2" \
	"report and ledger say why"
is "$(query "SELECT what, times, line, org_name FROM repair")" "document_cut|2|12|mx.example.org" \
	"what was mended"
is "$(as_owner "SELECT count(*) FROM ruadb_data.original")" 1 \
	"keep_raw = rejected keeps the original of a partial report"
is "$(query "SELECT count(*) FROM reconciliation")" 0 "its figures add up"
ingest --format json "$tmp/in"
is "$(member unchanged)" 1 "the same parser does not read it again"
as_owner "UPDATE ruadb_data.ledger SET parser_version = 1" # as a program before would have left it
ingest --format json "$tmp/in"
is "$status|$(member unchanged)|$(member reports_stored)|$(member reports_conflict)|$(member \
	reports_partial)" "0|0|1|0|0" "a newer parser does, and reads all of it"
is "$(counted)" "partial|f|9|f complete|t|5|f 5" "the whole supersedes the part"
is "$(query "SELECT outcome, reason IS NULL FROM ledger")" "stored|t" \
	"the ledger has no reason any more"
as_owner "UPDATE ruadb_data.ledger SET parser_version = 1"
ingest --format json "$tmp/in"
is "$(member unchanged)" 1 "what was stored whole is not read again by a newer parser"
report HOSTILE-PART 6 >"$tmp/in/part-again.xml"
by_part "$tmp/in"
is "$status|$(member reports_repeat)|$(counted)" "0|1|partial|f|9|f complete|t|5|f 5" \
	"the part comes again: nothing changes"
ok "nor is it news" test ! -s "$tmp/err"

# ---- a part whose file is gone: the original was kept
report HOSTILE-PART 7 >"$tmp/in/gone.xml"
RUADB_PARSE=$top_builddir/tests/it/hostile_worker "$ruadb" ingest --tenant 2 "$tmp/in/gone.xml" \
	>"$tmp/out" 2>"$tmp/err"
rm "$tmp/in/gone.xml"
retry() { "$ruadb" quarantine retry --tenant 2 --format json "$@" >"$tmp/out" 2>"$tmp/err"; }
retry --all
is "$?|$(member items)" "0|0" "the same parser does not try it again"
as_owner "UPDATE ruadb_data.ledger SET parser_version = 1"
retry --all --class input
is "$?|$(member items)" "0|0" "nor where only some kind is asked for"
retry --all
is "$?|$(member items)|$(member reports_stored)|$(member reports_partial)" "0|1|1|0" \
	"quarantine retry --all of a newer one does"
is "$("$ruadb" --tenant 2 sql -qAtc "SELECT state, counted, messages FROM report
	WHERE tenant_id = 2 ORDER BY report_id")" \
	"partial|f|9
complete|t|7" "and the whole supersedes the part"
retry --all
is "$?|$(member items)" "0|0" "once"

# ---- a null report is no fault of its reporter
ingest --format json "$samples/values/null-report.xml"
is "$(query "SELECT count(*) FROM refused_row WHERE reason LIKE '%null report%'")" 1 \
	"the row of a null report"
is "$("$ruadb" report repairs --domain lab.example.org --format csv | grep -c record_refused)" 0 \
	"is not among what reporters get wrong"

# ---- what an older parser could not read at all
printf '<feedback><report_metadata>' >"$tmp/in/broken.xml"
ingest --format json "$tmp/in/broken.xml"
is "$status|$(member quarantined)" "65|1" "a broken report"
ingest --format json "$tmp/in/broken.xml"
is "$status|$(member unchanged)" "0|1" "is not read again by the same parser"
as_owner "UPDATE ruadb_data.ledger SET parser_version = 1;
	UPDATE ruadb_data.quarantine SET parser_version = 1"
ingest --format json "$tmp/in/broken.xml"
is "$status|$(member quarantined)|$(query "SELECT count(*), min(parser_version) > 1
	FROM quarantine")" "65|1|1|t" "but by a newer one"

done_testing
