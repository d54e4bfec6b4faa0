#!/bin/sh
# t_lease - two processes and one account: one fetches, the other hears who does; a holder that is
# stopped for longer than its lease, in the middle of it, neither loses nor doubles anything.
. "$top_srcdir/tests/it/lib.sh"
ready_home
. "$top_srcdir/tests/it/dovecot.sh"
have_dovecot && have_python || skip_all "no dovecot, openssl or python3"

N=400
both=$tmp/both.conf slow=$tmp/slow.conf

# fetched CONF NAME: runs a fetch in the background, as process $NAME.
fetched()
{
	"$ruadb" -c "$1" fetch --no-refresh >"$tmp/$2.out" 2>"$tmp/$2.err" &
	eval "$2=$!"
}
# ended PID: its exit status goes to $status; after a minute it is killed.
ended()
{
	( for _ in $(seq 600); do sleep 0.1; done; kill -9 "$1" ) >/dev/null 2>&1 &
	guard=$!
	status=0
	wait "$1" 2>/dev/null || status=$?
	kill "$guard" 2>/dev/null
}
# wait_for NAME COMMAND...: until it is true, at most 30 s.
wait_for()
{
	name=$1 i=0
	shift
	until "$@"; do
		i=$((i + 1))
		[ $i -lt 300 ] || { echo "# waited for: $name"; return 1; }
		sleep 0.1
	done
}
committed() { [ "$(query 'SELECT count(*) FROM mailbox_message')" -gt "$1" ]; }
totals() { query "SELECT count(*), count(DISTINCT item), sum(messages), count(*) FILTER (WHERE NOT counted) FROM report"; }

# Both as the server's owner, who sees what others do.
given_up()
{
	[ "$(psql "$url" -qAtX -c "SELECT until < clock_timestamp() AND NOT EXISTS (SELECT FROM
		pg_stat_activity WHERE state LIKE 'idle in transaction%') FROM ruadb_data.lease")" = t ]
}
copying()
{
	[ "$(psql "$url" -qAtX -c "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE
		state = 'active' AND wait_event = 'ClientRead')")" = t ]
}

dovecot_start || { echo "Bail out! no dovecot"; exit 1; }
mailbox_fill alice INBOX $N
"$ruadb" db start >"$tmp/out"
# What a run that nobody disturbs makes of it.
account_conf calm 'after_stored = leave' 'after_repeat = leave'
"$ruadb" --home "$tmp/home2" fetch --no-refresh >"$tmp/out" 2>&1
wanted=$("$ruadb" --home "$tmp/home2" sql -qAtc "SELECT count(*), count(*), sum(messages), 0 FROM report")
"$ruadb" --home "$tmp/home2" db stop >/dev/null
ok "an undisturbed run stores all of it" [ "${wanted%%|*}" = $N ]

# The slow one goes through a proxy, and commits every 20 reports.
rm "$conf"
account_conf work
printf '%s\n' '[fetch]' 'lease = 12' '[ingest]' 'batch_reports = 20' >>"$conf"
cp -p "$conf" "$both"
proxy_start "$imaps_port" delay 60
sed "s/^port = .*/port = $proxy_port/" "$conf" >"$slow"
chmod 600 "$slow"
unset RUADB_CONFIG
url=$("$ruadb" db url)

# ---- stopped in the middle of it, for longer than the lease
fetched "$slow" one
wait_for "a first commit" committed 0
kill -STOP "$one"
# Not within a COPY, where the server waits for data for ever.
sleep 0.2
while copying; do
	kill -CONT "$one"
	sleep 0.01
	kill -STOP "$one"
	sleep 0.2
done
ok "the first is stopped before it is through" [ "$(mailbox_count alice Archive/DMARC)" -lt $N ]
"$ruadb" -c "$both" fetch >"$tmp/two.out" 2>"$tmp/two.err"
is $? 0 "an account that another process has is as it should be: 0"
ok "with words that name it" grep -q "another process.*:$one:" "$tmp/two.err"
is "$(query "SELECT account, held, owner LIKE '%:$one:%' FROM lease")" "work|t|t" "view lease has it, too"
wait_for "the end of the lease" given_up
fetched "$both" two
ended "$two"
is $status 0 "another takes the account over once the lease has run out"
is "$(query "SELECT token, owner LIKE '%:$two:%' FROM lease")" "2|t" "with the next token"
is "$(mailbox_count alice INBOX) $(mailbox_count alice Archive/DMARC)" "0 $N" "and does all that is left"
kill -CONT "$one"
ended "$one"
is $status 75 "the first, awake again, says that it lost the account"
ok "in words" grep -q "another process" "$tmp/one.err"
is "$(totals)" "$wanted" "each report is there once"
is "$(query "SELECT count(*), count(DISTINCT uid), string_agg(DISTINCT outcome, ' ') FROM mailbox_message")" \
	"$N|$N|stored" "each message is in the ledger once, as stored"
is "$(mailbox_count alice INBOX) $(mailbox_count alice Archive/DMARC)" "0 $N" "and lies in the archive"
# IMAP can't fence: a MOVE that the first was about to send goes out late, and moves what is gone.
is "$(cat "$tmp/one.err" "$tmp/two.err" | sed -n 's/.*ev=mail .* uid=\([0-9]*\) .*did="moved".*/\1/p' |
	sort -u | wc -l | tr -d ' ')" $N "each was moved by one of them"
is "$(query 'SELECT count(*) FROM reconciliation')" 0 "it adds up"
done_testing
