#!/bin/sh
# t_units - the systemd units: well written, hardened, and answered by the program as they want it.
. "$top_srcdir/tests/it/lib.sh"

units=$tmp/units
mkdir "$units"
# With the program that was built in place of the one that would be installed.
for u in "$top_builddir"/systemd/*.service "$top_srcdir"/systemd/*.timer; do
	sed "s|^\(Exec[A-Za-z]*=-\{0,1\}\)[^ ]*/ruadb |\1$ruadb |" "$u" >"$units/${u##*/}"
done
is "$(ls "$units" | tr '\n' ' ')" "ruadb-db.service ruadb-fetch.service ruadb-fetch.timer \
ruadb-follow.service ruadb-ingest@.service ruadb-ingest@.timer ruadb-maintain.service ruadb-maintain.timer \
ruadb-watch.service " "all units are built"

# ---- by systemd itself; it need not run
SYSTEMD_UNIT_PATH=$units:
export SYSTEMD_UNIT_PATH
if command -v systemd-analyze >/dev/null; then
	for u in ruadb-db.service ruadb-fetch.service ruadb-fetch.timer \
		ruadb-ingest@srv-dmarc.service ruadb-ingest@srv-dmarc.timer \
		ruadb-maintain.service ruadb-maintain.timer ruadb-watch.service \
		ruadb-follow.service; do
		systemd-analyze verify --man=no "$u" >"$tmp/said" 2>&1
		is "$? $(cat "$tmp/said")" "0 " "systemd finds no fault in $u"
	done
	# ... and would have said so.
	sed 's/^WatchdogSec=.*/WatchdogSecs=1/' "$units/ruadb-watch.service" \
		>"$units/ruadb-typo.service"
	systemd-analyze verify --man=no ruadb-typo.service >"$tmp/said" 2>&1
	is "$(grep -c WatchdogSecs "$tmp/said")" 1 "it finds one that we make"
	rm "$units/ruadb-typo.service"
else
	skip "no systemd-analyze" 10
fi
if systemd-analyze security --help 2>/dev/null | grep -q -- --threshold; then
	for u in fetch watch follow; do
		# 10 is no protection at all; network and files are needed.
		ok "ruadb-$u.service is exposed less than 2.5 of 10" \
			systemd-analyze security --no-pager --offline=true --threshold=25 \
			"$units/ruadb-$u.service"
	done
else
	skip "systemd-analyze has no threshold" 3
fi
if systemd-sysusers --help 2>/dev/null | grep -q -- --dry-run; then
	ok "systemd-sysusers takes the account" \
		systemd-sysusers --dry-run "$top_srcdir/systemd/ruadb.sysusers"
else
	skip "systemd-sysusers can't be tried" 1
fi

# ---- what belongs together
value() { sed -n "s/^$2=//p" "$units/$1" | tr '\n' '|'; }
for u in fetch watch; do
	s=ruadb-$u.service
	is "$(value $s User)" "ruadb|" "$s: an account of its own"
	is "$(value $s Environment)" "RUADB_HOME=/var/lib/ruadb|RUADB_DB_AUTOSTART=no|" \
		"$s: starts no server itself"
	is "$(value $s Wants) $(value $s After)" "ruadb-db.service network-online.target| \
ruadb-db.service network-online.target|" "$s: behind the server and the network"
	is "$(value $s LoadCredential)" "ruadb.password|" "$s: the credential of the manual"
done
is "$(value ruadb-fetch.service SuccessExitStatus)" "65|" "fetch: a quarantined item is no failure"
is "$(value ruadb-watch.service Restart) $(value ruadb-watch.service RestartPreventExitStatus)" \
	"on-failure| 64 78|" "watch: goes on after a failure, not after a mistake in the settings"
# Hardening is the same in both.
harden() { sed -n '/^UMask=/,/^SystemCallFilter=~/p' "$units/ruadb-$1.service"; }
is "$(harden fetch)" "$(harden watch)" "both are hardened alike"
is "$(harden follow)" "$(harden watch | grep -v -e '^ReadWritePaths=' -e '^# Refresh')" \
	"so is follow, which writes nothing"
s=ruadb-follow.service
is "$(value $s User)$(value $s SupplementaryGroups)" "ruadb|adm|" "$s: may read the logs"
is "$(value $s Environment)" "RUADB_HOME=/var/lib/ruadb|RUADB_DB_AUTOSTART=no|" \
	"$s: starts no server itself"

# ---- the program under the filter of the units
cat >"$tmp/watch.conf" <<END
[account "nobody"]
host = 127.0.0.1
port = 1
user = dmarc@example.com
password_file = $tmp/password
END
echo secret >"$tmp/password"
chmod 600 "$tmp/password"
"$ruadb" db start >/dev/null 2>&1
# calls SET: the system calls of a set of systemd's, and of the sets in it.
calls()
{
	case $1 in
	@*) ;;
	*)
		echo "$1"
		return
		;;
	esac
	systemd-analyze syscall-filter --no-pager "$1" | sed -n '2,$s/^ *\([@a-z].*\)/\1/p' |
		while read -r call; do
		calls "$call"
	done
}
if command -v systemd-analyze >/dev/null; then
	for set in @default $(sed -n 's/^SystemCallFilter=\([^~]\)/\1/p' "$units/ruadb-watch.service"); do
		calls "$set"
	done | sort -u >"$tmp/with"
	for set in $(sed -n 's/^SystemCallFilter=~//p' "$units/ruadb-watch.service"); do
		calls "$set"
	done | sort -u >"$tmp/without"
	comm -23 "$tmp/with" "$tmp/without" >"$tmp/allowed"
	for call in $(calls @default); do
		echo "$call"
	done >>"$tmp/allowed"
	filtered="$top_builddir/tests/it/under_filter $tmp/allowed"
	ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
	export ASAN_OPTIONS
	ok "workers start and parse" $filtered "$ruadb" inspect --format json "$samples/daily"
	$filtered "$ruadb" -c "$tmp/watch.conf" fetch >"$tmp/said" 2>&1
	is "$?" 75 "fetch gets as far as its server"
	ok "and asked it" grep -q "no server at this port" "$tmp/said"
	grep -vx execve "$tmp/allowed" >"$tmp/less"
	"$top_builddir/tests/it/under_filter" "$tmp/less" "$ruadb" --version >/dev/null 2>&1
	is "$?" 126 "the filter does refuse"
else
	skip "no systemd-analyze" 4
fi

# ---- what the program says to systemd
if ! have_python; then
	skip "no python3" 5
	done_testing
	exit
fi
cat >"$tmp/manager.py" <<'END'
# Plays systemd: a socket, the program, SIGHUP, SIGTERM; prints what it was told.
import os, signal, socket, subprocess, sys

path = sys.argv[1]
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(path)
s.settimeout(30)
env = dict(os.environ, NOTIFY_SOCKET=path, WATCHDOG_USEC="3000000")
p = subprocess.Popen(sys.argv[2:], env=env)


def until(*wanted):
    wanted = set(wanted)
    try:
        while wanted:
            said = s.recv(4096).decode()
            wanted -= {w for w in wanted for line in said.split("\n") if line.startswith(w)}
    except TimeoutError:
        pass
    print("never said:" if wanted else "said", *sorted(wanted))


until("READY=1", "STATUS=", "WATCHDOG=1")
p.send_signal(signal.SIGHUP)
until("RELOADING=1", "MONOTONIC_USEC=")
until("READY=1")
p.send_signal(signal.SIGTERM)
until("STOPPING=1")
print("status", p.wait(30))
END
python3 "$tmp/manager.py" "$tmp/notify" "$ruadb" -c "$tmp/watch.conf" fetch --watch \
	>"$tmp/told" 2>"$tmp/log"
is "$(sed -n 1p "$tmp/told")" "said" "watch says that it is ready, how it is, and that it lives"
is "$(sed -n 2p "$tmp/told")" "said" "SIGHUP: it says that it reloads, and since when"
is "$(sed -n 3p "$tmp/told")" "said" "and that it is ready again"
is "$(sed -n 4p "$tmp/told")" "said" "SIGTERM: that it stops"
is "$(sed -n 5p "$tmp/told")" "status 0" "and ends well"
sed 's/^/# /' "$tmp/log" | tail -20

done_testing
