#!/bin/sh
# t_watch - `ruadb fetch --watch`: mails as they come, SIGHUP with settings that are broken and that
# are in order, what systemd is told, the refresh behind commits, SIGTERM.
# shellcheck source=tests/it/lib.sh disable=SC2154
. "$top_srcdir/tests/it/lib.sh"
ready_home
# shellcheck source=tests/it/dovecot.sh
. "$top_srcdir/tests/it/dovecot.sh"

have_dovecot || skip_all "no Dovecot"
have_python || skip_all "no Python"

new_conf() { rm -f "$conf"; account_conf main "$@"; }

# until_true COMMAND...: up to a minute.
until_true()
{
	i=0
	until "$@" >/dev/null 2>&1; do
		i=$((i + 1))
		[ $i -lt 1200 ] || return 1
		sleep 0.05
	done
}
lie_in() { [ "$(mailbox_count alice "$1")" = "$2" ]; }
# told WORD [TIMES]: by the service to systemd.
told() { [ "$(grep -c "$1" "$tmp/notify.out")" -ge "${2:-1}" ]; }

# Who plays systemd: each message on a line of its own.
cat >"$tmp/notify.py" <<'END'
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("bound", flush=True)
while True:
    print(s.recv(4096).decode().replace("\n", " "), flush=True)
END

ok "Dovecot starts" dovecot_start
"$ruadb" db start >/dev/null
python3 "$tmp/notify.py" "$tmp/notify" >"$tmp/notify.out" &
notify_pid=$!
until_true told bound
mailbox_fill alice INBOX 5 4096 1
new_conf
ulimit -c "$(ulimit -Hc)"
NOTIFY_SOCKET=$tmp/notify WATCHDOG_USEC=1000000 "$ruadb" fetch --watch >"$tmp/out" 2>"$tmp/err" &
pid=$!

ok "what is there is read at once" until_true lie_in Archive/DMARC 5
is "$(sed -n 's/^Max core file size *\([0-9a-z]*\) .*/\1/p' "/proc/$pid/limits")" 0 \
	"no dump of the passwords in its memory"
ok "it is ready" until_true told '^READY=1'
ok "and alive, again and again" until_true told '^WATCHDOG=1' 3
ok "and how it is, it says" until_true told '^STATUS=1 folders well, 0 failing; 5 mails, 5 reports'
mailbox_fill alice INBOX 5 4096 2
ok "new mails are read as they come" until_true lie_in Archive/DMARC 10
until_true told 'STATUS=.*10 mails'

echo "nonsense" >>"$conf"
kill -HUP $pid
ok "SIGHUP: settings that are broken change nothing" until_true grep -q "stays as it was" "$tmp/err"
ok "systemd hears of it" until_true told '^READY=1' 2
mailbox_fill alice INBOX 5 4096 3
ok "and it goes on" until_true lie_in Archive/DMARC 15
new_conf "after_stored = move:Elsewhere"
kill -HUP $pid
ok "SIGHUP: others are read again" until_true grep -q "was read again" "$tmp/err"
ok "systemd hears of that, too" until_true told '^READY=1' 3
is "$(grep -c '^RELOADING=1 MONOTONIC_USEC=[0-9]*$' "$tmp/notify.out")" 2 "and of each beginning"
mailbox_fill alice INBOX 5 4096 4
ok "and mails go where they say" until_true lie_in Elsewhere 5

refreshed() { [ "$(query "SELECT count(*) FROM source_class_current")" -gt 0 ]; }
ok "what makes reports fast is brought up to date behind it" until_true refreshed

kill -TERM $pid
wait $pid
is "$? $(query 'SELECT count(*) FROM report')" "0 20" "SIGTERM ends it, with 0"
ok "systemd hears of that" until_true told '^STOPPING=1'
kill $notify_pid

new_conf "port = none"
"$ruadb" fetch --watch >"$tmp/out" 2>"$tmp/err"
is "$?" 78 "settings that are broken at the start: 78"

done_testing
