# t_logs_order - delivery logs in whatever order and portions (definitions C2, C8): the same file
# twice, rotations that overlap, halves in either order, queue ids that are used again, what is kept
# of recipients, kill -9 in the middle, two processes at once. The rows are those of a clean run.
. "$top_srcdir/tests/it/lib.sh"

ready_home

# of TENANT SQL; TENANT stands for the tenant in it.
of() { query "$(echo "$2" | sed "s/TENANT/tenant_id = $1/g")"; }

# Everything that is stored, our own numbers apart; recipients by what is the same for all tenants.
# Addresses that replies quote are masked but for recipients = full.
sums="SELECT 'deliveries', count(*), sum(attempts), sum(deferred), sum(suspended), sum(mx_attempts),
	sum(hashtextextended(concat_ws('|', day, system, host, service, queue_id, message_id,
		envelope_domain, domain, recipient_domain, gateway, gateway_evidence, source_ip,
		source_ip_from, arrived_at, first_at, last_at, first_deferred_at, accepted_at, state,
		attempts, deferred, suspended, mx_attempts, left_censored, affected, directly_deferred,
		time_in_deferral, last_reply, category, size, null_sender), 0)) FROM delivery
	WHERE TENANT
UNION ALL SELECT 'attempts', count(*), count(DISTINCT delivery_id), count(DISTINCT template_id), 0, 0,
	sum(hashtextextended(concat_ws('|', at, kind, outcome, stage, peer_host, peer_ip, gateway,
		smtp_code, enhanced, status, category, regexp_replace(reply,
			'\[recipient\]|[^[:space:]<>]+@[^[:space:]<>]+', '@', 'g'), reply_ip, source_ip,
		delay), 0))
	FROM attempt WHERE TENANT"

# is_clean TENANT NAME: the rows of the clean run
is_clean()
{
	is "$(of "$1" "$sums")" "$clean" "$2"
}

"$top_builddir/bench/gen_log" "$tmp/all.log" 6000 4 7 >"$tmp/truth"
lines=$(wc -l <"$tmp/all.log")
cut() { sed -n "$1,$2p" "$tmp/all.log" >"$3" && touch -r "$tmp/all.log" "$3"; }
half=$((lines / 2))
third=$((lines / 3))

ingest --no-refresh --tenant 1 --format json "$tmp/all.log"
is "$status" 0 "a clean run"
is "$(member log_lines)|$(member log_unreadable)|$(member log_repeated)" "$lines|0|0" \
	"all of its lines, and none twice"
clean=$(of 1 "$sums")
echo "$clean" | sed 's/^/# /'
told() { sed -n "s/.*\\b$1=\([0-9]*\).*/\1/p" "$tmp/truth" | head -1; }
is "$(of 1 "SELECT count(*), count(*) FILTER (WHERE state LIKE 'accepted%'), sum(deferred), sum(suspended),
	sum(attempts) FROM delivery WHERE TENANT")" \
	"$(told recipients)|$(told sent)|$(told deferrals)|$(told suspended)|$(($(told sent) +
	$(told bounced) + $(told deferrals)))" \
	"deliveries and attempts are those that the log was made of, though queue ids are used again"
is "$(query "SELECT count(*) FROM delivery WHERE tenant_id = 1 AND recipient IS NOT NULL")" 0 \
	"no recipient is kept"

# ---- the same lines again ----

cp -p "$tmp/all.log" "$tmp/again.log"
ingest --no-refresh --tenant 1 --format json "$tmp/again.log"
is "$(member attempts)|$(member deliveries)" "0|0" "a copy of it: nothing new"
ok "and it is said how much was known" test "$(member log_repeated)" -gt 6000
is_clean 1 "a copy of it changes no row"

cut 1 $((2 * third)) "$tmp/r.log.2"
cut $third $((lines - third / 2)) "$tmp/r.log.1"
cut $((lines - third)) "$lines" "$tmp/r.log"
ingest --no-refresh --tenant 2 "$tmp/r.log.2" "$tmp/r.log.1" "$tmp/r.log"
is_clean 2 "rotations that overlap"
ingest --no-refresh --tenant 3 "$tmp/r.log"
ingest --no-refresh --tenant 3 "$tmp/r.log.2"
ingest --no-refresh --tenant 3 "$tmp/r.log.1"
is_clean 3 "the same in another order"

# ---- out of order ----

cut 1 $half "$tmp/first.log"
cut $((half + 1)) "$lines" "$tmp/second.log"
ingest --no-refresh --tenant 4 "$tmp/second.log"
ok "of the second half alone, some are left-censored" test "$(query "SELECT count(*) FROM delivery \
	WHERE tenant_id = 4 AND left_censored")" -gt 0
ingest --no-refresh --tenant 4 "$tmp/first.log"
is_clean 4 "the second half before the first"
gzip -k "$tmp/first.log" "$tmp/second.log"
ingest --no-refresh --tenant 5 "$tmp/second.log.gz"
ingest --no-refresh --tenant 5 "$tmp/first.log.gz"
is_clean 5 "the same, compressed"

i=0
step=$((lines / 12 + 1))
while [ $i -lt 12 ]; do
	cut $((i * step + 1)) $(((i + 1) * step)) "$tmp/part.$i"
	i=$((i + 1))
done
for part in 7 2 11 0 5 9 1 10 3 8 6 4; do
	ingest --no-refresh --tenant 6 "$tmp/part.$part"
done
is_clean 6 "twelve parts in no order"
is "$(of 6 "SELECT count(*) FROM ruadb.delivery WHERE TENANT AND state = 'pending' AND arrived_at IS NULL")" \
	"$(of 1 "SELECT count(*) FROM ruadb.delivery WHERE TENANT AND state = 'pending' AND arrived_at IS NULL")" \
	"and nothing is left over"

# ---- what is kept of recipients ----

RUADB_LOGS_RECIPIENTS=domain ingest --no-refresh --tenant 7 "$tmp/second.log"
RUADB_LOGS_RECIPIENTS=domain ingest --no-refresh --tenant 7 "$tmp/first.log"
distinct="SELECT count(*), count(DISTINCT recipient_key), count(recipient) FROM delivery WHERE TENANT"
all=$(of 1 "SELECT count(*) FROM delivery WHERE TENANT")
RUADB_LOGS_RECIPIENTS=full ingest --no-refresh --tenant 8 "$tmp/all.log"
is_clean 8 "recipients = full: the same rows"
is "$(of 8 "$distinct" | sed 's/|.*|/|/')" "$all|$all" "with the address of each"
is "$(of 8 "SELECT count(*) FROM delivery WHERE TENANT AND NOT null_sender AND envelope_from IS NULL")" \
	0 "and the envelope sender"
RUADB_LOGS_RECIPIENTS=domain ingest --no-refresh --tenant 9 "$tmp/all.log"
is_clean 9 "recipients = domain: the same rows"
is "$(of 9 "$distinct")" "$all|$all|0" "each delivery has a key of its own"
is "$(of 7 "SELECT count(*) FROM delivery WHERE TENANT")" "$all" \
	"and still is one, half of it from the other file"

# ---- bad days ----

RUADB_INGEST_BATCH_BYTES=65536 # so that a kill falls between commits, and not before the only one
export RUADB_INGEST_BATCH_BYTES

# Killed once something is stored, and not all of it.
in_the_middle=0
i=0
while [ $i -lt 6 ] && [ $in_the_middle -lt 2 ]; do
	i=$((i + 1))
	"$ruadb" ingest --no-refresh --tenant 2$i "$tmp/all.log" >"$tmp/out.k" 2>"$tmp/err.k" &
	pid=$!
	while kill -0 $pid 2>/dev/null &&
		[ "$(of 2$i "SELECT count(*) FROM ruadb_data.delivery WHERE TENANT")" = 0 ]; do
		:
	done
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
	stored=$(of 2$i "SELECT count(*) FROM delivery WHERE TENANT")
	echo "# $stored deliveries were stored"
	[ "$stored" -eq 0 ] || [ "$stored" -ge "$all" ] || in_the_middle=$((in_the_middle + 1))
	ingest --no-refresh --tenant 2$i "$tmp/all.log"
	is "$status" 0 "killed, $i: the next run"
	is_clean 2$i "killed, $i: ends with the rows of a clean run"
done
ok "of the kills two fell between two commits" test $in_the_middle -eq 2

"$ruadb" ingest --no-refresh --tenant 31 "$tmp/all.log" >"$tmp/out.one" 2>"$tmp/err.one" &
one=$!
ingest --no-refresh --tenant 31 "$tmp/again.log"
is "$status" 0 "two processes at once: one"
wait $one
is "$?" 0 "and the other"
is_clean 31 "two processes at once with the same lines"
"$ruadb" ingest --no-refresh --tenant 32 "$tmp/second.log" >"$tmp/out.one" 2>"$tmp/err.one" &
one=$!
ingest --no-refresh --tenant 32 "$tmp/first.log"
wait $one
is_clean 32 "two processes at once, each with a half"

done_testing
