#!/bin/sh
# t_follow - ruadb follow: logs that are rotated in either way and killed over, each delivery once;
# how far it is behind; signals, files that are not there, a database that is away.
. "$top_srcdir/tests/it/lib.sh"
have_python || skip_all "no python3"

logs=$tmp/logs
mkdir "$logs"
follower=

start()
{
	"$ruadb" follow --no-refresh "$@" >>"$tmp/follow.out" 2>>"$tmp/follow.err" &
	follower=$!
}
# end SIGNAL: sets $ended to its exit status.
end()
{
	kill "-$1" "$follower" 2>/dev/null
	ended=0
	wait "$follower" 2>/dev/null || ended=$?
	follower=
}
noise=
stop_follower()
{
	[ -z "$noise" ] || kill "$noise" 2>/dev/null
	[ -z "$follower" ] || kill -9 "$follower" 2>/dev/null
	at_end
}
trap stop_follower EXIT
write() { python3 "$here/log_writer.py" "$@"; }
# until WHAT SQL SECONDS: waits until the query gives it.
until_is()
{
	left=$(($3 * 10))
	while [ "$(query "$2" 2>/dev/null)" != "$1" ] && [ $left -gt 0 ]; do
		sleep 0.1
		left=$((left - 1))
	done
	query "$2"
}
# deliveries, distinct messages, attempts of them, those whose message is known and done with
all_of="SELECT count(*), count(DISTINCT message_id), sum(attempts), count(*) FILTER (WHERE
	state = 'accepted_first' AND final) FROM delivery WHERE host = '%s'"
of() { printf "$all_of" "$1"; }

ok "a database" "$ruadb" db start
query "SELECT 1" >/dev/null

# ---- one line, soon
start "$logs/soon.log"
write "$logs/soon.log" soon 0 1 0 none 99
is "$(until_is "1|1|1|1" "$(of soon)" 20)" "1|1|1|1" "a file that was not there yet"
# while something else in that folder is written all the time
(while sleep 0.05; do echo x >>"$logs/noise"; done) &
noise=$!
best=99999
for i in 1 2 3; do
	write "$logs/soon.log" soon "$i" 1 0 none 99
	t0=$(date +%s%N)
	n=$((i + 1))
	until_is "$n" "SELECT count(*) FROM delivery WHERE host = 'soon'" 10 >/dev/null
	ms=$((($(date +%s%N) - t0) / 1000000))
	[ $ms -ge $best ] || best=$ms
done
kill $noise
ok "not more than 2 s behind ($best ms)" [ "$best" -le 2000 ]

# ---- signals
kill -HUP "$follower"
write "$logs/soon.log" soon 10 5 0 none 99
is "$(until_is "9|9|9|9" "$(of soon)" 20)" "9|9|9|9" "SIGHUP: the settings anew, and on"
is "$(grep -c 'SIGHUP: the configuration was read again' "$tmp/follow.err")" 1 "it says so"
write "$logs/soon.log" soon 20 5 0 none 99
sleep 1
end TERM
is "$ended" 0 "SIGTERM: a clean end"
write "$logs/soon.log" soon 30 5 0 none 99
start "$logs/soon.log"
is "$(until_is "19|19|19|19" "$(of soon)" 20)" "19|19|19|19" "started again: on from there"
end TERM

# ---- killed twenty times, over two logs that are written, and rotated in either way
n=4000
write "$logs/mail.log" renamed 100000 $n 24 rename 400 &
writer1=$!
write "$logs/copied.log" copied 200000 $n 24 copytruncate 700 &
writer2=$!
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	start "$logs/mail.log" "$logs/copied.log"
	sleep "0.$((i * 37 % 90 + 10))"
	[ $((i % 3)) -ne 0 ] || sleep 1
	end KILL
done
start "$logs/mail.log" "$logs/copied.log"
wait $writer1 $writer2
for host in renamed copied; do
	is "$(until_is "$n|$n|$n|$n" "$(of $host)" 60)" "$n|$n|$n|$n" \
		"$host, killed twenty times: each delivery once"
done
end TERM
is "$ended" 0 "and ends"

# ---- the database is away for a while
start "$logs/away.log"
write "$logs/away.log" away 300000 10 0 none 99
until_is "10|10|10|10" "$(of away)" 20 >/dev/null
"$ruadb" db stop >/dev/null 2>&1
write "$logs/away.log" away 300010 10 0 rename 5
sleep 2
"$ruadb" db start >/dev/null 2>&1
is "$(until_is "20|20|20|20" "$(of away)" 60)" "20|20|20|20" "a database that was away: on from there"
end TERM
is "$ended" 0 "and ends"

# ---- what it is asked for wrongly
ok "no file: usage" sh -c "'$ruadb' follow; [ \$? = 64 ]"
ok "standard input is ingest's" sh -c "'$ruadb' follow -; [ \$? = 64 ]"
ok "no such folder: configuration" sh -c "'$ruadb' follow '$tmp/nowhere/mail.log'; [ \$? = 78 ]"

done_testing
