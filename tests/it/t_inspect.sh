#!/bin/sh
# t_inspect - what `ruadb inspect` says of each sample against what ingest stores of it.
. "$top_srcdir/tests/it/lib.sh"

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

done_testing
