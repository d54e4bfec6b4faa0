#!/bin/sh
# t_inspect - what `ruadb inspect` says of each sample against what ingest stores of it.
. "$top_srcdir/tests/it/lib.sh"
ready_home

have_python || skip_all "no python3 to read JSON"

find "$samples" -type f ! -path "$samples/maildir/tmp/*" ! -name '.*' | LC_ALL=C sort >"$tmp/files"
# No database for this one: none is configured that could be reached.
status=0
xargs -d '\n' env RUADB_STORE_CONNINFO=host=/nonexistent "$ruadb" inspect --format json \
	<"$tmp/files" >"$tmp/inspected" 2>"$tmp/err" || status=$?
ok "inspect needs no database" test -s "$tmp/inspected"

ingest --format json "$samples"
for view in report record dkim_result spf_result; do
	query "SELECT to_jsonb(v) FROM $view v" >"$tmp/$view"
done
is "$(python3 "$here/inspect_agrees.py" "$tmp/report" "$tmp/record" "$tmp/dkim_result" \
	"$tmp/spf_result" <"$tmp/inspected" 2>&1)" "" "inspect shows what is stored, field by field"
is "$("$ruadb" inspect --format json - <"$samples/shapes/draft-0.1.xml" | grep -c record_no)" 1 \
	"inspect reads standard input"
ok "inspect for people" "$ruadb" inspect "$samples/shapes/rfc9990-full.xml"
is "$(grep -c 203.0.113.66 "$tmp/ok.out")" 1 "has a line for each source"
"$ruadb" inspect "$samples/broken/no-dates.xml" >"$tmp/out" 2>&1
is "$?" 65 "what can not be read: 65"

# ---- a report that is printed large before it turns out that it has to be read once more
# large COUNT END: that many records, then END.
large()
{
	awk -v n="$1" 'BEGIN {
		print "<feedback><report_metadata><org_name>mx.example.org</org_name>"
		print "<report_id>large</report_id><date_range><begin>1790812800</begin>"
		print "<end>1790899199</end></date_range></report_metadata>"
		print "<policy_published><domain>lab.example.org</domain><p>none</p>"
		print "</policy_published>"
		for (i = 1; i <= n; i++) {
			print "<record><row><source_ip>192.0.2." i % 250 "</source_ip>"
			print "<count>1</count></row>"
			print "<identifiers><header_from>lab.example.org</header_from>"
			print "</identifiers></record>"
		}
	}'
	echo "$2"
}
large 5000 '<extension>a & b</extension></feedback>' >"$tmp/large.xml"
mkdir "$tmp/spool"
for format in json table; do
	TMPDIR=$tmp/spool "$ruadb" inspect --format $format "$tmp/large.xml" \
		>"$tmp/out" 2>"$tmp/err"
	is "$(grep -c '192.0.2.*lab.example.org' "$tmp/out")|$(ls -A "$tmp/spool")" "5000|" \
		"$format: each record is there once, and no temporary file stays"
done
is "$("$ruadb" inspect --format json "$tmp/large.xml" | python3 -c 'import json, sys
r = json.load(sys.stdin)
print(len(r["records"]), r["repairs"] == sum(x["times"] for x in r["repair_list"]), r["state"],
	r["lost"])')" "5000 True complete None" "what was mended is a number and a list"
large 3 '<record><row><source_ip>192.' >"$tmp/part.xml"
"$ruadb" inspect "$samples/shapes/draft-0.1.xml" "$tmp/part.xml" >"$tmp/out" 2>"$tmp/err"
is "$(grep -c 'aggregate report' "$tmp/out")|$(grep -c '192.0.2.[123] ' "$tmp/out")|$(grep -c \
	'^  lost  ' "$tmp/out")" "2|3|1" "a part of a report: its records once, and what is lost"
TMPDIR=/nonexistent "$ruadb" inspect "$tmp/large.xml" >/dev/null 2>"$tmp/err"
is "$?" 75 "no folder for what is large: said"

done_testing
