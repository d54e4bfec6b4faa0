# t_report - the reports on rows worked out by hand, in every format, and reports of one's own.
. "$top_srcdir/tests/it/lib.sh"
ready_home

# a_report FILE ORG ID DAY DOMAIN RECORD...: an aggregate report of one day; a RECORD is
# "IP COUNT DISPOSITION DKIM SPF".
a_report()
{
	file=$1 org=$2 id=$3 day=$(date -u -d "$4" +%s) domain=$5
	shift 5
	{
		echo "<?xml version=\"1.0\" encoding=\"UTF-8\"?><feedback><report_metadata>"
		echo "<org_name>$org</org_name><email>dmarc@reporter.example</email>"
		echo "<report_id>$id</report_id>"
		echo "<date_range><begin>$day</begin><end>$((day + 86400))</end></date_range>"
		echo "</report_metadata><policy_published><domain>$domain</domain><p>reject</p>"
		echo "</policy_published>"
		for record; do
			# shellcheck disable=SC2086 # words
			set -- $record
			echo "<record><row><source_ip>$1</source_ip><count>$2</count>"
			echo "<policy_evaluated>"
			echo "<disposition>$3</disposition><dkim>$4</dkim><spf>${5-}</spf>"
			echo "</policy_evaluated></row><identifiers>"
			echo "<header_from>$domain</header_from>"
			echo "</identifiers><auth_results><spf><domain>$domain</domain>"
			echo "<result>pass</result></spf></auth_results></record>"
		done
		echo "</feedback>"
	} >"$tmp/in/$file"
}

# report ARGS...: sets $status, standard output in $tmp/out, standard error in $tmp/err.
report()
{
	status=0
	"$ruadb" report "$@" >"$tmp/out" 2>"$tmp/err" || status=$?
}
# cells COLUMN...: those of the CSV of the last report, one line a row (no cell has a comma).
cells()
{
	tr -d '\r' <"$tmp/out" | awk -F, -v want="$*" '
		NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; n = split(want, names, " "); next }
		{
			for (k = 1; k <= n; k++)
				printf "%s%s", (k > 1 ? "|" : ""), $at[names[k]]
			print ""
		}'
}

# ---- without a database
report
is "$status" 0 "without a name: the list"
shipped=$(cd "$top_srcdir/sql/reports" && echo *.sql | sed 's/\.sql//g')
is "$(cut -d ' ' -f 1 "$tmp/out" | tr '\n' ' ')" "$shipped " \
	"the shipped reports"
ok "which starts no server" test ! -e "$RUADB_HOME/pg/data/postmaster.pid"

# ---- no data
report summary --format csv
is "$status" 0 "a summary of nothing"
is "$(cells messages pass fail pass_percent)" "0|0|0|" "has no pass rate: an empty cell, not 0"
report sources
is "$status $(grep -c '^no rows$' "$tmp/out")" "0 1" "sources of nothing"

# ---- rows worked out by hand
mkdir "$tmp/in"
a_report 1.xml One.Example 1 2026-10-01 example.com "192.0.2.1 10 none pass pass" \
	"192.0.2.2 7 quarantine fail fail" "192.0.2.3 2 none fail " "192.0.2.4 0 none pass pass"
a_report 2.xml one.example 2 2026-10-02 example.com "192.0.2.1 4 none fail pass" \
	"192.0.2.2 5 reject fail fail"
a_report 3.xml Two 1 2026-10-02 example.com "192.0.2.2 1 none pass fail" \
	"2001:db8::2 30 none fail fail"
a_report 4.xml Two 2 2026-10-03 example.org "192.0.2.1 100 none pass pass"
a_report 5-near.xml Two 3 2026-10-03 example.org "192.0.2.1 100 none pass pass"
a_report 6-conflict.xml One.Example 2 2026-10-02 example.com "192.0.2.1 3 none fail pass"
printf '<feedback><report_metadata>' >"$tmp/in/7-broken.xml"
ingest --format json "$tmp/in"
is "$status" 65 "six reports and a broken one"

report sources --format csv
is "$(cells source_ip policy_domain messages pass fail unknown pass_percent dkim_pass spf_pass \
	quarantine reject reporters first_day last_day)" \
	"2001:db8::2|example.com|30|0|30|0|0.0|0|0|0|0|1|2026-10-02|2026-10-02
192.0.2.2|example.com|13|1|12|0|7.7|1|0|7|5|2|2026-10-01|2026-10-02
192.0.2.1|example.org|100|100|0|0|100.0|100|100|0|0|1|2026-10-03|2026-10-03
192.0.2.1|example.com|14|14|0|0|100.0|10|14|0|0|1|2026-10-01|2026-10-02
192.0.2.3|example.com|2|0|0|2||0|0|0|0|1|2026-10-01|2026-10-01" \
	"sources: worst first; no row without mail; unknown has no rate; case makes no name"
report sources --format csv --since 2026-10-02 --domain EXAMPLE.com.
is "$(cells source_ip messages fail)" "2001:db8::2|30|30
192.0.2.2|6|5
192.0.2.1|4|0" "--since and --domain"
report sources --format csv --param limit=1
is "$(cells source_ip)" "2001:db8::2" "a parameter of another name"
report domains --format csv
is "$(cells policy_domain p messages pass fail unknown pass_percent quarantine reject sources \
	reporters reports first_day last_day)" \
	"example.com|reject|59|15|42|2|26.3|7|5|4|2|3|2026-10-01|2026-10-02
example.org|reject|100|100|0|0|100.0|0|0|1|1|1|2026-10-03|2026-10-03" "domains"
report summary --format csv
is "$(cells first_day last_day reports reporters domains sources messages pass fail unknown \
	pass_percent)" "2026-10-01|2026-10-03|4|2|2|4|159|115|42|2|73.2" "summary"
is "$(cells disposition_none disposition_pass disposition_quarantine disposition_reject conflicts \
	near_repeats partial_reports records_refused items_quarantined)" "147|0|7|5|1|1|0|0|1" \
	"summary: dispositions, and what does not count"
is "$(query "SELECT count(*) FROM reconciliation")" 0 "reconciliation is empty"

# ---- what reporters get wrong
report repairs --format csv
is "$status $(cells reporter what reports times)" "0 One.Example|element_empty|1|1" \
	"repairs: an spf that is empty"
# by_hand ORG ID SET: what the parser would have found in that report.
by_hand()
{
	psql "$("$ruadb" db url)" -qAt -v ON_ERROR_STOP=1 -c "UPDATE ruadb_data.report r SET $3
		FROM ruadb_data.reporter o WHERE o.reporter_id = r.reporter_id AND o.name = '$1'
		AND r.external_report_id = '$2' AND r.counted"
}
by_hand one.example 1 "repairs = 4, extra = '{\"repairs\": [
	{\"what\": \"time_form\", \"where\": \"date_range/begin\", \"from\": \"1.0\",
	\"to\": \"1\", \"times\": 1},
	{\"what\": \"word_form\", \"from\": \"Pass\", \"to\": \"pass\", \"times\": 3}]}'"
by_hand one.example 2 "repairs = 2, records_refused = 5, extra = '{\"repairs\": [
	{\"what\": \"word_form\", \"where\": \"auth_results/spf/result\",
	\"from\": \"PASS\", \"to\": \"pass\", \"times\": 2}],
	\"refused_rows\": [{\"record_no\": 2, \"messages\": 1, \"reason\": \"no address\"}]}'"
by_hand two 1 "state = 'p', extra = '{\"lost\": \"all behind record 2\"}'"
cp "$tmp/in/7-broken.xml" "$tmp/in/two!example.org!1790812800!1790899199!7.xml"
ingest --format json "$tmp/in"
psql "$("$ruadb" db url)" -qAt -c "UPDATE ruadb_data.quarantine SET reason = 'cut'"
report repairs --format csv
where=auth_results/spf/result
is "$(cells reporter email what reports share_percent times last_day example)" \
	"one.example|dmarc@reporter.example|record_refused|1|33.3|5|2026-10-03|no address
Two|dmarc@reporter.example|partial|1|25.0|1|2026-10-03|all behind record 2
two||quarantined|1|25.0|1|$(date -u +%F)|cut
one.example|dmarc@reporter.example|word_form|2|66.7|5|2026-10-03|$where: PASS -> pass
One.Example|dmarc@reporter.example|time_form|1|33.3|1|2026-10-02|date_range/begin: 1.0 -> 1" \
	"repairs: what lost something first; the latest example; the name that was used last"
is "$(cells example_in | sed 's|.*/||' | sort | tr '\n' ' ')" \
	"1 1 2 2 two!example.org!1790812800!1790899199!7.xml " "and the report it is in"
report repairs --format json
is "$(grep -c '"meaning": "[A-Z].*", "advice": "[A-Z]' "$tmp/out")" 5 \
	"each has words for the reporter"
report repairs --format csv --since 2026-10-03 --domain example.com --param reporter=ONE.example
is "$(cells what reports share_percent)" "record_refused|1|50.0
word_form|1|50.0" "of one reporter and domain, since a day"
report repairs --format csv --domain example.org
is "$(cells reporter what)" "two|quarantined" "a domain out of a file's name"
report repairs --format csv --param limit=1
is "$(cells what)" record_refused "the worst only"
report summary --format csv
is "$(cells partial_reports records_refused items_quarantined)" "1|5|2" \
	"summary: partial reports and refused records"

# ---- formats
report domains --format json
if have_python; then
	is "$(python3 -c 'import json, sys
for r in json.load(open(sys.argv[1])):
	print(r["policy_domain"], r["messages"] + 1, r["pass_percent"])' \
		"$tmp/out")" "example.com 60 26.3
example.org 101 100.0" "json: numbers are numbers"
else
	skip "no python3" 1
fi
report domains --format markdown
is "$(sed -n 3,5p "$tmp/out" | cut -d '|' -f 1-4)" "| policy\\_domain | p | messages 
|---|---|---:
| example.com | reject | 59 " "markdown"
report domains
is "$(sed -n 1p "$tmp/out")" "Domains by pass and fail, worst first" "table: the title"
ok "no colour where there is no terminal" test "$(grep -c "$(printf '\033')" "$tmp/out")" = 0
report summary
ok "summary: a line a figure" grep -q '^messages  *159$' "$tmp/out"
report domains --format xml
is "$status" 64 "another format: usage"
ok "with those there are" grep -q 'table, json, jsonl, csv, tsv, markdown' "$tmp/err"

# ---- what is refused
report nothing
is "$status" 78 "another report: 78"
ok "and where to find those there are" grep -q \
	"there is no report 'nothing'; ruadb report lists those there are" "$tmp/err"
report ../../etc/passwd
is "$status" 78 "a path is no report"
report summary --since yesterday
is "$status" 78 "a day that is none: 78"
report summary --param colour=red
is "$status" 78 "a parameter it does not take: 78"
ok "with those it takes" grep -q "takes no 'colour'; it takes: since, domain" "$tmp/err"
report summary --domain "x' OR true --" --format csv
is "$status $(cells messages)" "0 0" "a value is never SQL"

# ---- reports of one's own
mkdir "$tmp/reports"
RUADB_REPORT_REPORTS_DIR=$tmp/reports
export RUADB_REPORT_REPORTS_DIR
printf -- '-- title: Mine\n-- param: least integer\nSELECT org_name, messages FROM report
	WHERE tenant_id = tenant() AND messages >= :least ORDER BY report_id' \
	>"$tmp/reports/mine.sql"
printf -- '-- title: My domains\nSELECT 1 AS one' >"$tmp/reports/domains.sql"
printf -- '-- title: Broken\nSELECT FROM WHERE' >"$tmp/reports/broken.sql"
printf -- '-- title: Writes\nDELETE FROM ruadb_data.record' >"$tmp/reports/writes.sql"
a_report hostile.xml '=HYPERLINK("x")&#x202e;|&#x9b;2J &lt;b&gt;' 9 2026-10-05 example.net \
	"192.0.2.9 1000 none pass pass"
ingest --format json "$tmp/in/hostile.xml"
report
# shellcheck disable=SC2086 # words
is "$(cut -d ' ' -f 1 "$tmp/out" | tr '\n' ' ')" \
	"$(printf '%s\n' broken mine writes $shipped | sort | tr '\n' ' ')" \
	"the list has both folders"
report domains --format csv
is "$(cells one)" 1 "one's own hides a shipped one of the same name"
report mine
is "$status" 78 "a parameter without a default is needed"
report mine --param least=1000 --format csv
is "$(sed -n 2p "$tmp/out" | tr -d '\r')" \
	"$(printf '"'\''=HYPERLINK(""x"")\342\200\256|\302\2332J <b>",1000')" \
	"csv: a formula is defused"
report mine --param least=1000
is "$(tail -1 "$tmp/out")" '=HYPERLINK("x")\xe2\x80\xae|\xc2\x9b2J <b>      1000' \
	"table: what would turn or clear the terminal is visible"
report mine --param least=1000 --format json
is "$(sed -n 2p "$tmp/out")" \
	' {"org_name": "=HYPERLINK(\"x\")\u202e|\u009b2J <b>", "messages": 1000}' "json: escaped"
report mine --param least=1000 --format markdown
is "$(tail -1 "$tmp/out")" \
	'| =HYPERLINK("x")\\xe2\\x80\\xae\|\\xc2\\x9b2J \<b\> | 1000 |' \
	"markdown: marks are escaped"
report broken
is "$status" 78 "SQL that is none: 78"
printf 'SELECT 1' >"$tmp/reports/untitled.sql"
report list
is "$status $(grep -c "^untitled  *can't be used: .*-- title" "$tmp/out") $(
	grep -c '^summary' "$tmp/out")" "0 1 1" "a file that is no report is listed with the reason"
rm "$tmp/reports/untitled.sql"
report broken
ok "with the file" grep -q "$tmp/reports/broken.sql" "$tmp/err"
report writes
is "$status" 78 "a report can not write"
is "$(query "SELECT count(*) > 0 FROM record")" t "and has not"

done_testing
