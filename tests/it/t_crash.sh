# t_crash - kill -9 of the program, of a worker, of the server, at moments of chance; then once
# more: the rows are those of a clean run. And two at once, one of them killed.
. "$top_srcdir/tests/it/lib.sh"

files=3000
RUADB_INGEST_BATCH_REPORTS=50 # so that a kill falls between commits, and not before the only one
export RUADB_INGEST_BATCH_REPORTS
seed=${RUADB_TEST_SEED:-$(date +%s)}
echo "# RUADB_TEST_SEED=$seed"

# a_moment LOW HIGH: sleeps for seconds between, others at each call
calls=0
a_moment()
{
	calls=$((calls + 1))
	# awk's generators give alike numbers for seeds that are alike; a checksum does not
	sleep "$(echo "$seed $calls" | cksum | awk -v low="$1" -v high="$2" \
		'{ printf "%.3f\n", low + $1 % 1000 / 1000 * (high - low) }')"
}

# of TENANT SQL; TENANT stands for the tenant in it.
of() { query "$(echo "$2" | sed "s/TENANT/tenant_id = $1/g")"; }

# Everything that is stored, our own numbers and times apart.
sums="SELECT 'reports', count(*), sum(records), sum(messages),
	sum(hashtextextended(concat_ws('|', org_name, external_report_id, policy_domain, begin_at,
		end_at, day, p, variant, counted, records, messages), 0)) FROM report WHERE TENANT
UNION ALL SELECT 'records', count(*), 0, sum(messages),
	sum(hashtextextended(concat_ws('|', policy_domain, record_no, day, source_ip, messages,
		dkim_evaluated, spf_evaluated, disposition, header_from, extra), 0)) FROM record
	WHERE TENANT
UNION ALL SELECT 'dkim', count(*), 0, 0,
	sum(hashtextextended(concat_ws('|', record_no, domain, selector, result), 0))
	FROM dkim_result WHERE TENANT
UNION ALL SELECT 'spf', count(*), 0, 0,
	sum(hashtextextended(concat_ws('|', record_no, domain, scope, result), 0))
	FROM spf_result WHERE TENANT
UNION ALL SELECT 'days', count(*), 0, sum(messages), 0 FROM report_day WHERE TENANT"

mkdir "$tmp/many"
awk -v folder="$tmp/many" -v files=$files '
function tag(name, value) { return "<" name ">" value "</" name ">\n" }
BEGIN {
	for (i = 0; i < files; i++) {
		begin = 1790812800 + 86400 * (i % 40)
		x = "<feedback>\n<report_metadata>\n" tag("org_name", "mx" int(i / 40) ".example.org")
		x = x tag("email", "postmaster@example.org") tag("report_id", "run-" i)
		x = x "<date_range>" tag("begin", begin) tag("end", begin + 86399) "</date_range>\n"
		x = x "</report_metadata>\n<policy_published>\n" tag("domain", "example.com")
		x = x tag("p", "none") "</policy_published>\n"
		for (r = 1; r <= 4; r++) {
			x = x "<record>\n<row>\n" tag("source_ip", "198.51.100." (i + r) % 250)
			x = x tag("count", r + i % 7) "<policy_evaluated>\n" tag("disposition", "none")
			x = x tag("dkim", r % 2 ? "pass" : "fail") tag("spf", "fail")
			x = x "</policy_evaluated>\n</row>\n<identifiers>\n"
			x = x tag("header_from", "example.com") "</identifiers>\n<auth_results>\n<dkim>\n"
			x = x tag("domain", "d" i % 50 ".example.net") tag("selector", "s" r)
			x = x tag("result", "pass") "</dkim>\n<spf>\n"
			x = x tag("domain", "example.net") tag("result", "fail")
			x = x "</spf>\n</auth_results>\n</record>\n"
		}
		file = sprintf("%s/%04d.xml", folder, i)
		printf "%s</feedback>\n", x >file
		close(file)
	}
}'

# A clean run, to compare with; it also says how long one takes while the server runs.
ok "the server is there" "$ruadb" db start
ingest --tenant 1 "$tmp/many"
begin=$(date +%s%N)
ingest --tenant 2 --format json "$tmp/many"
is "$status|$(member reports_stored)" "0|$files" "a clean run"
took=$(awk -v ns=$(($(date +%s%N) - begin)) 'BEGIN { print ns / 1e9 * 0.7 }')
clean=$(of 2 "$sums")
[ -n "$clean" ] || echo "# no sums"

# start TENANT: an ingest in the background, $pid
start()
{
	"$ruadb" ingest --tenant "$1" --format json "$tmp/many" >"$tmp/out.$1" 2>"$tmp/err.$1" &
	pid=$!
	a_moment 0.02 "$took"
}

# ends_well TENANT NAME: another run brings what is missing, and nothing twice
ends_well()
{
	ingest --tenant "$1" --format json "$tmp/many"
	is "$status" 0 "$2: the next run"
	is "$(of "$1" "$sums")" "$clean" "$2: ends with the rows of a clean run"
	is "$(of "$1" "SELECT * FROM reconciliation WHERE TENANT")" "" "$2: and all of them whole"
}

in_the_middle=0
for i in 1 2 3 4 5; do
	start 1$i
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
	stored=$(of 1$i "SELECT count(*) FROM report WHERE TENANT")
	echo "# $stored reports were stored"
	[ "$stored" -eq 0 ] || [ "$stored" -eq $files ] || in_the_middle=$((in_the_middle + 1))
	ends_well 1$i "the program killed, $i"
done
ok "of five kills one fell between two commits" test $in_the_middle -gt 0

# A worker that somebody else kills is nobody's fault: the run goes on. By name: in a build with
# sanitizers a program that ends has a child of LeakSanitizer's, and waits for it for ever.
for i in 1 2 3; do
	start 2$i
	for worker in $(cat /proc/$pid/task/$pid/children 2>/dev/null); do
		[ "$(cat "/proc/$worker/comm" 2>/dev/null)" != ruadb-parse ] ||
			kill -9 "$worker" 2>/dev/null
	done
	wait $pid
	is "$?" 0 "a worker killed, $i: the run goes on"
	is "$(of 2$i "$sums")" "$clean" "and ends with the rows of a clean run"
done

# The server: the run ends, nothing is acknowledged that is not stored, the next one goes on.
for i in 1 2 3; do
	"$ruadb" db start >/dev/null 2>&1
	"$ruadb" db status >"$tmp/status" 2>&1
	server=$(sed -n 's/.*running, pid \([0-9]*\).*/\1/p' "$tmp/status")
	start 3$i
	if [ $i -eq 3 ]; then
		"$ruadb" db stop >/dev/null 2>&1
	else
		kill -9 "$server"
	fi
	wait $pid
	status=$?
	echo "# exit status $status: $(tail -1 "$tmp/err.3$i")"
	ok "the server gone, $i: 75 or 69, or it was through" \
		sh -c "[ $status -eq 75 ] || [ $status -eq 69 ] || [ $status -eq 0 ]"
	ends_well 3$i "the server gone, $i"
done

# Two at once, one of them killed.
start 41
one=$pid
"$ruadb" ingest --tenant 41 --format json "$tmp/many" >"$tmp/out.two" 2>"$tmp/err.two" &
two=$!
a_moment 0.02 "$took"
kill -9 $one 2>/dev/null
wait $one 2>/dev/null
wait $two
is "$?" 0 "two at once, one killed: the other ends well"
ends_well 41 "two at once"

ok "no spool files are left" sh -c "! find '$RUADB_HOME' -name '*spool*' -type f | grep -q ."

done_testing
