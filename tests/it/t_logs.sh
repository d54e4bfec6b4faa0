#!/bin/sh
# t_logs - delivery logs through ruadb ingest: each format, each packing; twice, in parts, out of
# order, overlapping; what can't be read; and that nothing is kept of them.
. "$top_srcdir/tests/it/lib.sh"
have_python || skip_all "no python3"

files=$top_srcdir/tests/logs
write() { python3 "$here/log_writer.py" "$@"; }
# read_as TENANT FILE: events, attempts, deliveries of a run of its own.
read_as()
{
	ingest --no-refresh --tenant "$1" --format json "$2"
	echo "$status|$(member events)|$(member attempts)|$(member deliveries)|$(member log_unreadable)"
}
# of TENANT: deliveries, attempts, those accepted.
of()
{
	"$ruadb" --tenant "$1" sql -qAt -c "SELECT count(*), coalesce(sum(attempts), 0),
		count(accepted_at) FROM delivery WHERE tenant_id = tenant()"
}
outcomes()
{
	"$ruadb" --tenant "$1" sql -qAt -c "SELECT string_agg(outcome || ' ' || n, ',' ORDER BY outcome)
		FROM (SELECT outcome, count(*) AS n FROM ledger WHERE tenant_id = tenant() GROUP BY 1) l"
}

# ---- each format; what is in them says their truth, which the parser's own tests compare
tenant=100
for f in postfix.maillog exim.mainlog sendmail.maillog opensmtpd.maillog powermta.csv kumomta.jsonl; do
	[ -e "$files/$f" ] || continue
	tenant=$((tenant + 1))
	attempts=$(grep -c ' attempt ' "$files/${f%.*}.truth")
	got=$(read_as $tenant "$files/$f")
	is "$(echo "$got" | cut -d '|' -f 1,3)" "0|$attempts" "$f: its attempts"
	is "$(outcomes $tenant)" "log 1" "$f: is a log"
	[ "$f" != postfix.maillog ] || postfix=$got
done
for p in gz xz zst bz2 zip; do
	tenant=$((tenant + 1))
	is "$(read_as $tenant "$files/postfix.maillog.$p")" "$postfix" "$p: the same, packed"
	is "$(outcomes $tenant)" "log 1" "$p: is a log"
	is "$(of $tenant)" "$(of 101)" "$p: the same deliveries"
done
mkdir "$tmp/rotated"
gzip -c "$files/postfix.maillog" >"$tmp/rotated/mail.log.2.gz"
is "$(read_as 101 "$tmp/rotated/mail.log.2.gz" | cut -d '|' -f 1,3,4)" "0|0|0" \
	"packed by the rotation: all of it is known"
is "$(of 101)" "$(of $tenant)" "and nothing is doubled"
ingest --tenant 101 --format json "$tmp/rotated/mail.log.2.gz" "$files/postfix.maillog"
is "$(member unchanged)|$(member events)" "2|0" "read again: unchanged, both"
cp "$tmp/rotated/mail.log.2.gz" "$tmp/rotated/other.gz"
is "$(read_as 101 "$tmp/rotated/other.gz" | cut -d '|' -f 1-4)" "0|0|0|0" "the same bytes elsewhere: known"

# ---- standard input
ingest --no-refresh --tenant 120 --format json - <"$files/postfix.maillog"
is "$(member attempts)|$(of 120)" "$(echo "$postfix" | cut -d '|' -f 3)|$(of 101)" "standard input"
gzip -c "$files/postfix.maillog" | ingest --no-refresh --tenant 121 --format json -
gzip -c "$files/postfix.maillog" | "$ruadb" --tenant 121 ingest --no-refresh --format json - >"$tmp/out" 2>&1
is "$(of 121)" "$(of 101)" "packed"
(
	head -15 "$files/postfix.maillog"
	sleep 1
	tail -n +16 "$files/postfix.maillog"
) | "$ruadb" --tenant 122 ingest --no-refresh --format json - >"$tmp/out" 2>&1
is "$(of 122)" "$(of 101)" "as it is written, with a pause"

# ---- a log that grows
log=$tmp/grows.log
write "$log" grows 1 100 0 none 999
is "$(read_as 130 "$log" | cut -d '|' -f 3,4)" "100|100" "a log"
write "$log" grows 101 50 0 none 999
is "$(read_as 130 "$log" | cut -d '|' -f 3,4)" "50|50" "it grew: what is new of it"
ok "and no more than that is read" [ "$(member bytes_in)" -lt 40000 ]
mv "$log" "$log.1"
is "$(read_as 130 "$log.1" | cut -d '|' -f 2,3)" "0|0" "renamed: nothing of it is new"
write "$tmp/line.log" grows 900 1 0 none 999
printf '%s' "$(cat "$tmp/line.log")" >"$tmp/cut.log"
is "$(read_as 131 "$tmp/cut.log" | cut -d '|' -f 3,4)" "1|1" "a log whose last line has no end yet"
is "$(of 131)|$("$ruadb" --tenant 131 sql -qAt -c "SELECT count(*) FROM delivery WHERE tenant_id =
	tenant() AND final")" "1|1|1|1" "is read but for it: an accepted delivery is final by itself"
is "$(outcomes 131)" "" "and not done with"
echo >>"$tmp/cut.log"
is "$(read_as 131 "$tmp/cut.log" | cut -d '|' -f 2)" "1" "until it has"
is "$(outcomes 131)" "log 1" "then it is"

# ---- overlapping, twice, out of order
write "$tmp/all.log" order 1 400 0 none 999
head -1200 "$tmp/all.log" >"$tmp/part1.log"
tail -n +801 "$tmp/all.log" | head -800 >"$tmp/part2.log"
tail -n +1401 "$tmp/all.log" >"$tmp/part3.log"
tenant=200
for order in "1 2 3" "3 2 1" "2 3 1"; do
	tenant=$((tenant + 1))
	for n in $order; do
		ingest --no-refresh --tenant $tenant "$tmp/part$n.log"
	done
	is "$(of $tenant)" "400|400|400" "overlapping parts in the order $order"
	ingest --no-refresh --again --tenant $tenant "$tmp/all.log"
	is "$(of $tenant)" "400|400|400" "and all of it once more"
done

# ---- nothing is kept of it
is "$(query "SELECT pg_relation_size('ruadb_data.original')")" 0 "the bytes of logs are not kept"

# ---- a worker that dies over a piece of a log
log=$tmp/deadly.log
write "$log" deadly 1 6000 0 none 99999
is "$([ "$(wc -c <"$log")" -gt 2000000 ] && echo many)" many "a log of many pieces"
sed -i '15000s/$/ HOSTILE-CRASH/' "$log"
RUADB_PARSE=$top_builddir/tests/it/hostile_worker
export RUADB_PARSE
ingest --no-refresh --tenant 140 --format json "$log"
unset RUADB_PARSE
is "$status|$(member quarantined)" "65|1" "a piece that ends its worker is quarantined"
ok "with its place and why" grep -q "deadly.log#[0-9]*-[0-9]*\".* class=\"bug\" err=\"[^\"]*crashed" "$tmp/err"
ok "the log goes on behind it" [ "$(member attempts)" -gt 4500 -a "$(member attempts)" -lt 6000 ]
is "$(outcomes 140)" "log 1,quarantined 1" "the log is done with"
"$ruadb" --tenant 140 quarantine retry --all >"$tmp/out" 2>&1
is "$(of 140)" "6000|6000|6000" "read again from quarantine, all of it is there"
is "$(outcomes 140)" "log 2" "and nothing is in quarantine"

# The same of CSV, whose pieces say nothing without the header line.
python3 - "$tmp/deadly.csv" <<'END'
import sys
with open(sys.argv[1], "w") as out:
    out.write("type,timeLogged,timeQueued,orig,rcpt,dsnAction,dsnStatus,dsnDiag,jobId,vmta,header_Message-Id\n")
    for i in range(6000):
        mark = "HOSTILE-CRASH" if i == 3000 else "ok"
        out.write("d,2026-06-01 12:%02d:%02d+0000,2026-06-01 12:00:00+0000,bounce@example.com,user%d@example.net,"
                  "relayed,2.0.0,smtp;250 2.0.0 %s,job%d,pool-a,<%d@example.com>\n"
                  % (i // 60 % 60, i % 60, i, mark, i % 3, i))
END
RUADB_PARSE=$top_builddir/tests/it/hostile_worker
export RUADB_PARSE
ingest --no-refresh --tenant 141 --format json "$tmp/deadly.csv"
unset RUADB_PARSE
is "$status|$(member quarantined)|$(outcomes 141)" "65|1|log 1,quarantined 1" "CSV: the same"
"$ruadb" --tenant 141 quarantine retry --all >"$tmp/out" 2>&1
is "$(of 141)|$(outcomes 141)" "6000|6000|6000|log 2" "and read again, with its columns"

# ---- sentences
ingest --no-refresh --tenant 150 "$files/postfix.maillog"
ok "the summary tells of events" grep -q ' events stored: [0-9]* attempts, [0-9]* new deliveries, of 40 lines' "$tmp/out"
ok "and not of reports" sh -c "! grep -q 'reports stored' '$tmp/out'"
ingest --parse-only "$files/postfix.maillog"
ok "parse only" grep -q ' events read, nothing stored: ' "$tmp/out"
ingest --parse-only --format json "$files/postfix.maillog"
is "$(member attempts)" "$(echo "$postfix" | cut -d '|' -f 3)" "with the same attempts"

# ---- inspect
"$ruadb" inspect "$files/postfix.maillog" >"$tmp/plain"
is "$?|$(grep -c ' attempt ' "$tmp/plain")" "0|$(grep -c ' attempt ' "$files/postfix.truth")" \
	"inspect: a line for each attempt"
"$ruadb" inspect "$files/postfix.maillog.gz" | sed 's/maillog.gz/maillog/' >"$tmp/packed"
ok "the same, packed" cmp "$tmp/plain" "$tmp/packed"
is "$("$ruadb" inspect --format json "$files/postfix.maillog" | python3 -c '
import json, sys
rows = [json.loads(line) for line in sys.stdin]
print(sum(r["event"] == "attempt" for r in rows), {r["outcome"] for r in rows},
	sum(r.get("lines", 0) for r in rows))')" "$(grep -c ' attempt ' "$files/postfix.truth") {'log'} 40" \
	"as JSON, one object an event"

done_testing
