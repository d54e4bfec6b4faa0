#!/bin/sh
# t_runs - how a run may go: standard input, other time zones and locales, an interrupt in the
# middle, two at once. What is stored in the end is always the same.
. "$top_srcdir/tests/it/lib.sh"

files=6000
records_each=4

# make_reports FOLDER: $files reports, each of a day and reporter of its own.
make_reports()
{
	mkdir -p "$1"
	awk -v folder="$1" -v files=$files -v records=$records_each '
	function tag(name, value) { return "<" name ">" value "</" name ">\n" }
	BEGIN {
		for (i = 0; i < files; i++) {
			begin = 1790812800 + 86400 * (i % 40)
			x = "<feedback>\n<report_metadata>\n"
			x = x tag("org_name", "mx" int(i / 40) ".example.org")
			x = x tag("email", "postmaster@example.org") tag("report_id", "run-" i)
			x = x "<date_range>" tag("begin", begin)
			x = x tag("end", begin + 86399) "</date_range>\n"
			x = x "</report_metadata>\n<policy_published>\n"
			x = x tag("domain", "example.com")
			x = x tag("p", "none") "</policy_published>\n"
			for (r = 1; r <= records; r++) {
				x = x "<record>\n<row>\n"
				x = x tag("source_ip", "198.51.100." (i + r) % 250)
				x = x tag("count", r + i % 7) "<policy_evaluated>\n"
				x = x tag("disposition", "none")
				x = x tag("dkim", r % 2 ? "pass" : "fail") tag("spf", "fail")
				x = x "</policy_evaluated>\n</row>\n<identifiers>\n"
				x = x tag("header_from", "example.com") "</identifiers>\n"
				x = x "<auth_results>\n<spf>\n"
				x = x tag("domain", "example.net") tag("result", "fail")
				x = x "</spf>\n</auth_results>\n</record>\n"
			}
			file = sprintf("%s/%04d.xml", folder, i)
			printf "%s</feedback>\n", x >file
			close(file)
		}
	}'
}

# Each run is a tenant of its own. reports TENANT, sums TENANT, days TENANT: what it has.
reports() { query "SELECT count(*) FROM report WHERE tenant_id = $1"; }
sums()
{
	query "SELECT (SELECT count(*) FROM report WHERE tenant_id = $1),
		(SELECT count(*) FROM record WHERE tenant_id = $1),
		(SELECT sum(messages) FROM record WHERE tenant_id = $1),
		(SELECT sum(messages) FROM report_day WHERE tenant_id = $1)"
}
days()
{
	query "SELECT external_report_id, begin_at, end_at, d.day, d.messages
		FROM report_day d JOIN report USING (tenant_id, report_id)
		WHERE d.tenant_id = $1 ORDER BY 1, 2, 4, 5"
}

# ---- standard input
"$ruadb" ingest --format json - <"$samples/shapes/rfc9990-full.xml" >"$tmp/out" 2>"$tmp/err"
is "$?|$(member reports_stored)|$(member records)|$(member messages)" "0|1|3|187" \
	"a report on standard input"
is "$(query "SELECT outcome, item = sha256 FROM ledger WHERE source = 'stdin'")" "stored|t" \
	"has its SHA-256 for a name"
gzip -9c "$samples/shapes/rfc9990-full.xml" | "$ruadb" ingest --format json - >"$tmp/out" \
	2>"$tmp/err"
is "$?|$(member reports_stored)|$(member reports_repeat)" "0|0|1" "the same, packed, is a repeat"
"$ruadb" ingest --format json - <"$samples/mbox/reports" >"$tmp/out" 2>"$tmp/err"
is "$?|$(member items)|$(member reports_stored)|$(member not_reports)" "0|3|2|1" \
	"an mbox on standard input"
"$ruadb" ingest --format json - <"$samples/broken/no-dates.xml" >"$tmp/out" 2>"$tmp/err"
is "$?|$(member quarantined)" "65|1" "what is broken there is quarantined"

# ---- other time zones and locales
locale=$(locale -a 2>/dev/null | grep -m 1 -i -E '^(tr_TR|de_DE).*utf-?8' || echo C.UTF-8)
"$ruadb" ingest --tenant 2 --format json "$samples" >"$tmp/out" 2>"$tmp/err"
utc=$(days 2)
TZ=Pacific/Auckland LC_ALL=$locale LANG=$locale "$ruadb" ingest --tenant 3 --format json \
	"$samples" >"$tmp/out" 2>"$tmp/err"
is "$(days 3)" "$utc" "TZ=Pacific/Auckland and $locale: the same days"
is "$(TZ=Pacific/Auckland "$ruadb" report summary --tenant 3 --format csv)" \
	"$("$ruadb" report summary --tenant 2 --format csv)" "and the same report"

# ---- a clean run, to compare with
make_reports "$tmp/many"
ingest --tenant 4 --format json "$tmp/many"
is "$status|$(member reports_stored)" "0|$files" "a folder of $files reports"
clean=$(sums 4)

# ---- interrupted: one of these moments lies between the first batch and the last
interrupted=no tenant=10
for delay in 0.3 0.5 0.2 0.8 0.1 1.5 3; do
	tenant=$((tenant + 1))
	# Shells start what runs in the background with SIGINT ignored.
	env --default-signal=INT "$ruadb" ingest --tenant $tenant --format json "$tmp/many" \
		>"$tmp/out" 2>"$tmp/err" &
	pid=$!
	sleep $delay
	kill -INT $pid
	wait $pid
	status=$?
	stored=$(reports $tenant)
	echo "# SIGINT after $delay s: exit status $status, $stored reports stored"
	if [ "$stored" -gt 0 ] && [ "$stored" -lt $files ]; then
		interrupted=yes
		break
	fi
done
is "$interrupted" yes "SIGINT ends a run before it is through"
is "$(query "SELECT * FROM reconciliation")" "" "what is stored then is whole"
ingest --tenant $tenant --format json "$tmp/many"
is "$status|$(member unchanged)|$(member reports_repeat)" "0|$stored|0" \
	"the next run goes on: what was stored is not opened"
is "$(sums $tenant)" "$clean" "and ends with the rows of a clean run"

# ---- two at once
for i in 1 2; do
	"$ruadb" ingest --tenant 6 --format json "$tmp/many" >"$tmp/out.$i" 2>"$tmp/err.$i" &
	eval "pid$i=\$!"
done
wait "$pid1"
first=$?
wait "$pid2"
is "$first|$?" "0|0" "two processes on the same folder at once"
is "$(sums 6)" "$clean" "end with the rows of one"
cat "$tmp/out.1" "$tmp/out.2" >"$tmp/both"
is "$(sed -n 's/.*"reports_stored": *\([0-9]*\).*/\1/p' "$tmp/both" |
	awk '{ n += $1 } END { print n }')" \
	"$files" "and say so: what the one stored the other has not"

done_testing
