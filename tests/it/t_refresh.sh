# t_refresh - the rollup by source is what the records say, at any moment: several ingests and
# refreshes at once, refreshes killed at moments of chance, readers meanwhile. And nobody waits.
. "$top_srcdir/tests/it/lib.sh"
ready_home

admin() { psql "$("$ruadb" db url)" -XqAt -v ON_ERROR_STOP=1 -c "$1"; }
RUADB_INGEST_BATCH_REPORTS=40
export RUADB_INGEST_BATCH_REPORTS
seed=${RUADB_TEST_SEED:-$(date +%s)}
echo "# RUADB_TEST_SEED=$seed"

# make_reports FOLDER FIRST N: daily reports of 20 reporters; each fifth comes in two contents, half
# of which share a sender.
make_reports()
{
	mkdir -p "$1"
	awk -v folder="$1" -v first="$2" -v n="$3" '
	function tag(name, value) { return "<" name ">" value "</" name ">" }
	function xml(file, i, content, begin, x, r) {
		begin = 1790812800 + 86400 * int(i / 20)
		x = "<feedback><report_metadata>" tag("org_name", "mx" i % 20 ".example.org")
		x = x tag("report_id", "id-" i) "<date_range>" tag("begin", begin)
		x = x tag("end", begin + (i % 17 == 3 ? 7 * 86400 : 86399)) "</date_range>"
		x = x "</report_metadata><policy_published>" tag("domain", "d" i % 3 ".example.com")
		x = x tag("p", "none") "</policy_published>\n"
		for (r = 0; r < 12; r++) {
			x = x "<record><row>" tag("source_ip", "198.51.100." (content * 100 + r % 6 + i % 4))
			x = x tag("count", 1 + (i + r) % 9) "<policy_evaluated>"
			x = x tag("disposition", r % 3 ? "none" : "quarantine") tag("dkim", "fail")
			x = x tag("spf", r % 2 ? "pass" : "fail") "</policy_evaluated></row><identifiers>"
			x = x tag("header_from", "example.com") "</identifiers><auth_results><spf>"
			x = x tag("domain", "example.com") tag("result", r % 2 ? "pass" : "fail")
			x = x "</spf></auth_results></record>\n"
		}
		print x "</feedback>" > file
		close(file)
	}
	BEGIN {
		for (i = first; i < first + n; i++) {
			xml(folder "/" i ".xml", i, 0)
			if (i % 5 == 0)
				xml(folder "/" i "b.xml", i, i % 2)
		}
	}'
}

difference="SELECT count(*) FROM (
	SELECT policy_domain, day, source_ip, sum(messages) AS m,
		coalesce(sum(messages) FILTER (WHERE NOT dmarc_pass), 0) AS f,
		coalesce(sum(messages) FILTER (WHERE disposition = 'quarantine'), 0) AS q
	FROM record_on_day WHERE counted AND messages > 0 GROUP BY 1, 2, 3) a
FULL JOIN (SELECT policy_domain, day, source_ip, sum(messages) AS m, sum(fail) AS f,
	sum(quarantine) AS q FROM source_on_day GROUP BY 1, 2, 3) b
ON (a.policy_domain, a.source_ip) = (b.policy_domain, b.source_ip)
	AND a.day IS NOT DISTINCT FROM b.day
WHERE (a.m, a.f, a.q) IS DISTINCT FROM (b.m, b.f, b.q)"
seen="SELECT count(*) FROM (SELECT policy_domain, source_ip, min(day) AS a, max(day) AS b
	FROM record_on_day WHERE counted AND messages > 0 AND day IS NOT NULL GROUP BY 1, 2) r
FULL JOIN (SELECT d.name AS policy_domain, s.source_ip, s.first_day AS a, s.last_day AS b
	FROM ruadb_data.source_seen s JOIN ruadb_data.domain d USING (tenant_id, domain_id)) s
	USING (policy_domain, source_ip, a, b) WHERE r IS NULL OR s IS NULL"
stale="SELECT count(*) FROM ruadb_data.class_stale"
classes="organizational_domain, source_group, window_begin, window_end, messages, pass, fail,
	reporters, first_day, last_day, class"
current="WITH a AS (SELECT $classes FROM source_class), b AS (SELECT $classes
	FROM source_class_current) SELECT (SELECT count(*) FROM (TABLE a EXCEPT TABLE b) x)
	+ (SELECT count(*) FROM (TABLE b EXCEPT TABLE a) x), (SELECT count(*) > 0 FROM a)"

"$ruadb" db start >"$tmp/ok.out"
query "SELECT 1" >"$tmp/ok.out"

echo "# one after the other"
make_reports "$tmp/one" 0 300
ingest --format json "$tmp/one"
is "$status" 0 "an ingest, with the refresh behind it"
ok "says how long both took" grep -q '"seconds": [0-9.]*, "refresh_seconds": [0-9.]*}' "$tmp/out"
is "$(query "SELECT count(*) > 0 FROM ruadb_data.source_day;
	$difference; $seen; $stale; $current")" \
	"t
0
0
0
0|t" "rolled up: sums, first and last days, classes are those of the records"
is "$(query "SELECT count(*) FROM ruadb_data.live_day WHERE unsettled IS NULL")" 0 \
	"and no live day is left that it did not see"
is "$("$ruadb" db refresh | sed 's/in .* s:/in S:/')" \
	"refreshed in S: 0 domain days, classes of the sources of 0 organizational domains" \
	"a second one finds nothing to do"
ingest --format json "$tmp/one"
ok "an ingest that finds nothing has none" grep -q '"refresh_seconds": null}' "$tmp/out"

echo "# settled days"
is "$(admin "SET ruadb.as_of = '2026-10-05 01:00Z'; BEGIN ISOLATION LEVEL REPEATABLE READ;
	SELECT ruadb_data.refresh_plan(1000) > 0;
	SELECT min(day) FROM ruadb_data.live_day WHERE unsettled IS NULL;
	ROLLBACK")" "t
2026-10-02" "days that are not settled any more (as when a lag grows) are live again"

echo "# nobody waits"
make_reports "$tmp/two" 300 100
make_reports "$tmp/again" 0 20
url=$("$ruadb" db url)
# and months that are missing: to make one all of the records are locked for a moment
drop_months()
{
	for ahead in 11 12; do
		admin "DO 'BEGIN EXECUTE ''DROP TABLE ruadb_data.record_'' || to_char(now()
			AT TIME ZONE ''UTC'' + interval ''$ahead months'', ''YYYYMM''); END'"
	done
}
drop_months
mkfifo "$tmp/pipe"
psql "$url" -XqAt -v ON_ERROR_STOP=1 <"$tmp/pipe" >"$tmp/held" 2>&1 &
held=$!
exec 3>"$tmp/pipe"
cat >&3 <<END
SET ROLE ruadb_ingest; SET search_path = ruadb;
INSERT INTO ruadb_data.live_day (tenant_id, domain_id, day, recount)
	SELECT DISTINCT tenant_id, domain_id, day, true FROM ruadb_data.report WHERE day IS NOT NULL;
INSERT INTO ruadb_data.class_stale SELECT tenant_id, organizational_domain FROM ruadb_data.domain;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT 'lags', count(*) FROM ruadb_data.refresh_lags();
SELECT 'plan', ruadb_data.refresh_plan(100000000);
SELECT 'days', ruadb_data.refresh_days(0) > 10;
SELECT 'classes', ruadb_data.refresh_classes(1000) > 0;
SELECT 'open';
END
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	grep -q '^open' "$tmp/held" && break
	sleep 0.5
done
is "$(cat "$tmp/held")" "lags|1
plan|1
days|t
classes|t
open" "a refresh that has done all its work is held open"
ok "meanwhile an ingest of new reports, names and variants ends" timeout 30 "$ruadb" \
	--set store.keep_raw=none ingest --no-refresh -q "$tmp/two"
ok "and of known ones" timeout 30 "$ruadb" ingest --no-refresh -q --again "$tmp/again"
is "$(query "$difference")" 0 "a reader finds the same sums"
echo "COMMIT; SELECT 'committed';" >&3
exec 3>&-
wait $held
is "$(tail -1 "$tmp/held")" "committed" "then the refresh commits"
is "$(query "$difference; SELECT count(*) > 0 FROM ruadb_data.live_day WHERE unsettled IS NULL")" "0
t" "what came after its snapshot stays live, and the sums are the same"
psql "$url" -XqAt >"$tmp/held" <<END &
SELECT pg_advisory_lock(7236838002001);
SELECT pg_sleep(4);
END
held=$!
sleep 1
is "$(timeout 20 "$ruadb" db refresh)" \
	"refresh: another one is running, and takes in what is stored by now" \
	"where one is running a second one goes away"
wait $held
drop_months
psql "$url" -XqAt >"$tmp/held" <<END &
BEGIN; SELECT count(*) FROM ruadb_data.record; SELECT pg_sleep(8);
END
held=$!
sleep 1
"$ruadb" db maintain >"$tmp/maintained" 2>&1 &
maintain=$!
sleep 1
ok "an ingest passes a maintain that cannot make partitions" timeout 5 "$ruadb" \
	ingest --no-refresh -q --again "$tmp/again"
is "$(cat "$tmp/maintained")" "" "which waits for a reader of all records"
wait $held
wait $maintain
is "$? $(grep -c '^made record_' "$tmp/maintained")" "0 2" "and makes them when it is gone"

echo "# a failed refresh"
admin "ALTER FUNCTION ruadb_data.refresh_lags() RENAME TO refresh_lags_away"
make_reports "$tmp/three" 400 20
ingest --format json "$tmp/three"
is "$status $(grep -c 'everything is stored.*ruadb db refresh' "$tmp/err")" "0 1" \
	"is a warning with words, and no failed ingest"
ok "by hand it is a failure" sh -c "! '$ruadb' db refresh"
admin "ALTER FUNCTION ruadb_data.refresh_lags_away() RENAME TO refresh_lags"

echo "# counts that no sum can hold"
"$ruadb" db refresh >"$tmp/ok.out"
huge=$(query "SELECT format('domain_id = %s AND day = %L', domain_id, day)
	FROM ruadb_data.source_day JOIN ruadb_data.record USING (tenant_id, domain_id, day)
	ORDER BY day DESC, domain_id LIMIT 1")
ok "a day is rolled up" test -n "$huge"
admin "UPDATE ruadb_data.record SET messages = messages + 9000000000000000000 WHERE $huge;
	INSERT INTO ruadb_data.live_day (tenant_id, domain_id, day, recount)
		SELECT DISTINCT tenant_id, domain_id, day, true FROM ruadb_data.report
		WHERE day IS NOT NULL"
ok "then its sums overflow: a refresh goes on" "$ruadb" db refresh
is "$(query "SELECT count(*) FROM ruadb_data.source_day WHERE $huge;
	SELECT unsettled FROM ruadb_data.live_day WHERE $huge;
	SELECT count(*) FROM ruadb_data.live_day WHERE unsettled IS NULL;
	SELECT count(*) > 10 FROM ruadb_data.source_day;
	$difference; $stale; $current;
	SELECT max(messages) FROM source_class_current")" "0
0
0
t
0
0
0|t
4611686018427387903" "that day stays live, all others are rolled up, classes are made"
admin "UPDATE ruadb_data.record SET messages = messages - 9000000000000000000 WHERE $huge;
	INSERT INTO ruadb_data.live_day SELECT DISTINCT 1, domain_id, day, NULL::int, true
		FROM ruadb_data.record WHERE $huge"

echo "# many at once, and kill -9"
make_reports "$tmp/many1" 500 200
make_reports "$tmp/many2" 600 200
"$ruadb" ingest -q "$tmp/many1" >"$tmp/log1" 2>&1 &
one=$!
"$ruadb" ingest -q "$tmp/many2" >"$tmp/log2" 2>&1 &
two=$!
differences=0 reads=0
for i in 1 2 3 4 5 6 7 8; do
	"$ruadb" db refresh >"$tmp/log3" 2>&1 &
	victim=$!
	sleep "$(echo "$seed $i" | cksum | awk '{ printf "%.3f\n", $1 % 700 / 1000 }')"
	kill -9 $victim 2>/dev/null
	wait $victim 2>/dev/null
	[ $((i % 2)) = 0 ] || admin "INSERT INTO ruadb_data.live_day (tenant_id, domain_id, day, recount)
		SELECT DISTINCT tenant_id, domain_id, day, true FROM ruadb_data.report
		WHERE day IS NOT NULL"
	differences=$((differences + $(query "$difference")))
	reads=$((reads + 1))
done
wait $one
first=$?
wait $two
is "$first $?" "0 0" "both ingests end well"
is "$reads $differences" "8 0" "each reader in between found the same sums both ways"
for _ in 1 2 3 4 5 6 7 8 9 10; do # the server notices a killed client when it writes to it
	"$ruadb" db refresh >"$tmp/log3" 2>&1 && ! grep -q another "$tmp/log3" && break
	sleep 1
done
is "$(query "$difference; $seen; $stale; $current")" "0
0
0
0|t" "after one more refresh all is as the records say"
is "$(query "SELECT count(*) FROM ruadb_data.live_day WHERE unsettled IS NULL;
	SELECT count(*) FROM (SELECT FROM ruadb_data.live_day GROUP BY domain_id, day
		HAVING count(*) > 1) x;
	SELECT count(*) FROM ruadb_data.source_day s JOIN ruadb_data.live_day l
		USING (tenant_id, domain_id, day)")" "0
0
0" "a live day has one row, and none in the rollup"

done_testing
