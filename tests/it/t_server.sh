#!/bin/sh
# The private server: started on demand, once, detached; and everything that may be in its way.
. "$top_srcdir/tests/it/lib.sh"

data() { "$ruadb" db status | sed -n 's/^data: //p'; }
pid() { "$ruadb" db status | sed -n 's/^server: running, pid //p'; }
last_child()
{
	cat /proc/[0-9]*/stat 2>/dev/null | awk -v p="$1" '$4 == p { print $1 }' | sort -n | tail -1
}
answers() { [ "$("$ruadb" sql -qAtc 'SELECT 1')" = 1 ]; }

# fails STATUS WORDS COMMAND...: it ends with that status and says these words.
fails()
{
	wanted=$1 words=$2
	shift 2
	status=0
	"$@" >"$tmp/said" 2>&1 || status=$?
	[ "$status" = "$wanted" ] && grep -q "$words" "$tmp/said" && return
	echo "status $status, wanted $wanted; said:"
	cat "$tmp/said"
	return 1
}

# ---- the ordinary way ----
is "$("$ruadb" db status | head -1)" "server: not made yet" "before: nothing"
ok "started on demand" answers
first=$(pid)
ok "status says that it runs" [ -n "$first" ]
is "$("$ruadb" db start)" "already running, pid $first" "start when it runs"
ok "a session of its own" [ "$(cut -d ' ' -f 6 "/proc/$first/stat")" = "$first" ]
is "$(psql "$("$ruadb" db url)" -qAtc 'SHOW search_path')" ruadb "url: psql takes it"
is "$("$ruadb" sql -qAtc 'SELECT current_user')" ruadb_read "sql reads as ruadb_read"
is "$("$ruadb" sql -qAtc "SELECT string_agg(setting, ' ') FROM pg_settings WHERE name IN ('fsync',
	'synchronous_commit', 'full_page_writes')")" "on on on" "made for data that is kept"
is "$(stat -c %a "$(dirname "$(data)")")" 700 "its folder is closed to others"
"$ruadb" db stop >"$tmp/out"
is "$(cat "$tmp/out")" "stopped, was pid $first" "stop"
is "$("$ruadb" db stop)" "not running" "stop when it does not run"

# ---- it keeps nothing of ours, and starts once ----
exec 8>"$tmp/held"
"$ruadb" db start >/dev/null
exec 8>&-
ok "it inherits no descriptor" sh -c "! ls -l /proc/$(pid)/fd | grep -q '$tmp/held'"
"$ruadb" db stop >/dev/null
for i in 1 2 3 4; do
	"$ruadb" db start >"$tmp/start$i" 2>&1 &
done
wait
is "$(cat "$tmp"/start? | grep -c "pid $(pid)$")" 4 "four starts at once: one server"

"$ruadb" db stop >/dev/null
for i in 1 2 3 4; do
	answers >"$tmp/start$i" 2>&1 && echo fine >"$tmp/start$i" &
	sleep 0.1
done
wait
is "$(cat "$tmp"/start? | tr '\n' ' ')" "fine fine fine fine " \
	"four that come while it starts: each waits and is served"
kill -INT "$(pid)"
ok "one that comes while it stops: it is started again" answers

# ---- killed ----
kill -9 "$(pid)"
ok "after kill -9: the next one starts it again" answers
for i in 1 2 3 4 5; do
	kill -9 "$(last_child "$(pid)")"
	answers >/dev/null 2>&1 || echo away
done >"$tmp/out"
is "$(cat "$tmp/out")" "" "a process of the server killed: the next one waits for its recovery"
"$ruadb" db stop >/dev/null
sleep 300 >/dev/null 2>&1 8>&- &
sleeper=$!
printf '%s\n%s\n1\n5432\n/nowhere\n\n' "$sleeper" "$(data)" >"$(data)/postmaster.pid"
ok "a stale pid file, the pid another program's by now" answers
"$ruadb" db stop >/dev/null
kill "$sleeper"
printf '%s\n%s\n1\n5432\n/nowhere\n\n' 4194300 "$(data)" >"$(data)/postmaster.pid"
chown --reference="$(data)" "$(data)/postmaster.pid"
ok "a stale pid file, no such process" answers
"$ruadb" db stop >/dev/null

# ---- refused, and nothing harmed ----
ok "RUADB_DB_AUTOSTART=no" env RUADB_DB_AUTOSTART=no sh -c \
	"'$ruadb' report summary >'$tmp/said' 2>&1; [ \$? = 75 ] && grep -q AUTOSTART '$tmp/said'"
is "$("$ruadb" db status | head -1)" "server: stopped" "is not started then"
sum=$(find "$(data)" -type f | wc -l)
cp -p "$(data)/PG_VERSION" "$tmp/PG_VERSION"
echo 9 >"$(data)/PG_VERSION"
ok "data of another major version" fails 78 "is of PostgreSQL 9" "$ruadb" db start
is "$(find "$(data)" -type f | wc -l)" "$sum" "is left as it was"
cat "$tmp/PG_VERSION" >"$(data)/PG_VERSION"
mv "$(data)/global" "$(data)/global.away"
ok "damaged data: what the log says" fails 75 "does not start: .*global" "$ruadb" db start
mv "$(data)/global.away" "$(data)/global"
ok "and works when it is mended" answers
ok "conninfo: nothing of ours to stop" fails 78 "nothing to stop" \
	"$ruadb" --set store.conninfo="host=/nowhere" db stop
ok "conninfo: the server is away" fails 75 "database is away" \
	"$ruadb" --set store.conninfo="host=/nowhere" report summary
long=/$(printf '%0120d' 0)
ok "conninfo: a socket's path that is too long" fails 75 "too long" \
	"$ruadb" --set store.conninfo="host=$long" report summary
ok "PG_BINDIR without a server in it is passed over" env PG_BINDIR=/nowhere "$ruadb" db status
"$ruadb" db stop >/dev/null

# ---- disk full ----
full=$tmp/full
mkdir "$full"
if mount -t tmpfs -o size=16m,mode=755 none "$full" 2>/dev/null; then
	ok "disk full: no half-made data" fails 75 "could not make the private server" \
		env RUADB_HOME="$full/home" "$ruadb" db start
	is "$(ls "$full/home/pg")" "$(printf 'lock\nserver.log')" "nothing but the log is left"
	umount "$full"
else
	skip "no file system may be mounted here" 2
fi

# ---- as another user, with nothing of root's ----
as_user()
{
	setpriv --reuid="$(id -u daemon)" --regid="$(id -g daemon)" --clear-groups \
		env RUADB_HOME="$tmp/user/a home" XDG_RUNTIME_DIR="${run-}" "$@"
}
if [ "$(id -u)" = 0 ] && as_user "$ruadb" --version >/dev/null 2>&1; then
	mkdir "$tmp/user"
	chown daemon "$tmp/user"
	run=/run/$(printf '%0100d' 0)
	ok "as an ordinary user, a space in the path" as_user "$ruadb" sql -qAtc 'SELECT 1'
	socket=$(as_user "$ruadb" db status | sed -n 's/^socket: //p')
	is "${socket%-*}" "/tmp/ruadb-$(id -u daemon)" "a runtime folder that is too long: in /tmp"
	as_user "$ruadb" db stop >/dev/null
	mkdir -m 777 "$socket"
	ok "somebody else's folder in the socket's place" fails 78 "made it" \
		as_user "$ruadb" db start
	rmdir "$socket"
else
	skip "needs root, and a build tree that others may read" 3
fi
done_testing
