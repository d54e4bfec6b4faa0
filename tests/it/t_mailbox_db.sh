#!/bin/sh
# t_mailbox_db - who may touch a mailbox, and the database that goes away: two processes on one
# account, one that is stopped beyond its lease, PostgreSQL restarted in the middle of a batch and
# shut down hard right behind an acknowledgement.
. "$top_srcdir/tests/it/lib.sh"
ready_home
. "$top_srcdir/tests/it/dovecot.sh"
. "$top_srcdir/tests/it/badday.sh"

have_dovecot || skip_all "no Dovecot here"
have_python || skip_all "no python3 here"
mails=300

whole="$mails|0|0|$mails"

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for()
{
	i=0 most=$(($1 * 10))
	shift
	until "$@"; do
		i=$((i + 1))
		[ $i -lt $most ] || return 1
		sleep 0.1
	done
}

dovecot_start || { ok "Dovecot starts" false; done_testing; exit; }
"$ruadb" db start >/dev/null
"$ruadb" db migrate >/dev/null
url=$("$ruadb" db url)

# ---- two at once
anew
plain main "$imap_port"
"$ruadb" fetch --no-refresh --format json >"$tmp/out.1" 2>"$tmp/err.1" &
one=$!
"$ruadb" fetch --no-refresh --format json >"$tmp/out.2" 2>"$tmp/err.2" &
two=$!
wait $one
first=$?
wait $two
is "$first|$?" "0|0" "two processes on one account"
fetch
is "$(all)" "$whole" "each report once, each mail moved"
ok "who came second says who has it" grep -q 'is fetched by\|elsewhere\|another' "$tmp/err.1" "$tmp/err.2"

# ---- stopped beyond its lease: another one does the work, and the first touches nothing
anew
echo "kill -STOP \$(cat $tmp/pid)" >"$tmp/stop"
proxy_start "$imap_port" run up "UID MOVE" "sh $tmp/stop"
plain main "$proxy_port"
{
	echo "[fetch]"
	echo "lease = 12"
} >>"$conf"
cp "$conf" "$tmp/first.conf"
"$ruadb" -c "$tmp/first.conf" fetch --no-refresh --format json >"$tmp/out.1" 2>"$tmp/err.1" &
one=$!
echo $one >"$tmp/pid"
is_stopped() { grep -q '^State:.*T' "/proc/$one/status"; }
ok "stopped right before a MOVE goes out" wait_for 20 is_stopped
rm -f "$conf"
plain main "$imap_port"
fetch
is "$status|$(member items)" "0|0" "while its lease lasts, nobody else touches the account"
wait_for 20 sh -c "[ \"\$(psql -qAtX '$url' -c 'SELECT until < now() FROM ruadb_data.lease')\" = t ]"
fetch
is "$status|$(all | cut -d'|' -f1-3)" "0|$mails|0|0" "then another one takes it over, and ends the work"
kill -CONT $one
wait $one
first=$?
fetch
is "$(all)" "$whole" "the first goes on (status $first): nothing lost, nothing doubled"

# ---- the same, stopped before it has acknowledged anything: it acknowledges nothing any more
anew
proxy_start "$imap_port" run down "BODY[]" "sh $tmp/stop"
rm -f "$conf"
plain main "$proxy_port" "after_stored = move:First"
printf '[fetch]\nlease = 12\n' >>"$conf"
mv "$conf" "$tmp/first.conf"
"$ruadb" -c "$tmp/first.conf" fetch --no-refresh --format json >"$tmp/out.1" 2>"$tmp/err.1" &
one=$!
echo $one >"$tmp/pid"
ok "stopped before the first body" wait_for 20 is_stopped
plain main "$imap_port" "after_stored = leave" "after_repeat = leave"
wait_for 20 sh -c "[ \"\$(psql -qAtX '$url' -c 'SELECT until < now() FROM ruadb_data.lease')\" = t ]"
"$ruadb" fetch --watch --no-refresh >"$tmp/out.2" 2>"$tmp/err.2" &
two=$!
stored() { [ "$(query "SELECT count(*) FROM report")" = $mails ]; }
ok "another one, which stays, takes it over" wait_for 20 stored
kill -CONT $one
wait $one
is "$?|$(mailbox_count alice First)|$(mailbox_count alice INBOX)" "75|0|$mails" \
	"the first finds its lease lost and touches nothing"
kill -TERM $two
wait $two
is "$?|$(query "SELECT count(*) FROM report")" "0|$mails" "and SIGTERM ends the other with 0"
proxy_stop

# ---- PostgreSQL restarted in the middle of a batch
anew
proxy_start "$imap_port" run down "UID 150 " "kill -INT \$(head -1 '$RUADB_HOME/pg/data/postmaster.pid'); sleep 0.5"
plain main "$proxy_port"
fetch
first=$status
proxy_stop
rm -f "$conf"
plain main "$imap_port"
"$ruadb" db start >/dev/null 2>&1
fetch
is "$status|$(all)" "0|$whole" "PostgreSQL ended in mid-batch (status $first), and again"

# ---- shut down hard right behind an acknowledgement
anew
proxy_start "$imap_port" run down "COPYUID" "kill -QUIT \$(head -1 '$RUADB_HOME/pg/data/postmaster.pid')"
plain main "$proxy_port"
fetch
first=$status
proxy_stop
"$ruadb" db start >/dev/null 2>&1
moved=$(mailbox_count alice Archive/DMARC)
is "$(query "SELECT count(*) >= $moved FROM report")" t \
	"shut down hard behind an acknowledgement (status $first): what was moved is stored"
rm -f "$conf"
plain main "$imap_port"
fetch
is "$status|$(all)" "0|$whole" "and the rest follows"

# ---- --watch while the database is away: nothing is touched, and it goes on by itself
anew
plain main "$imap_port"
"$ruadb" db stop >/dev/null
RUADB_DB_AUTOSTART=no "$ruadb" fetch --watch --no-refresh >"$tmp/out.1" 2>"$tmp/err.1" &
one=$!
sleep 3
is "$(mailbox_count alice INBOX)|$(kill -0 $one && echo runs)" "$mails|runs" \
	"without a database a watch waits and touches nothing"
"$ruadb" db start >/dev/null
moved() { [ "$(mailbox_count alice Archive/DMARC)" = "$mails" ]; }
ok "with it, it goes on by itself" wait_for 60 moved
is "$(all)" "$whole" "and all is there"
mailbox_fill alice INBOX 5 4096 7
more() { [ "$(mailbox_count alice Archive/DMARC)" = $((mails + 5)) ]; }
ok "new mail is fetched when it comes" wait_for 30 more
kill -TERM $one
wait $one
is $? 0 "SIGTERM ends it"

done_testing
