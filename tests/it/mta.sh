# mta.sh - real mail servers in a network of their own; sourced behind lib.sh, never run by hand.
#
#   can_unshare                may this user make that network (root may, and a user with newuidmap
#                              and subordinate ids)? Else sets $why_not
#   in_world SCRIPT ARG...     runs the shell script in it: a network namespace whose loopback has
#                              the documentation networks 192.0.2.0/24, 198.51.100.0/24 and
#                              203.0.113.0/24, so that peers are no loopback addresses, with a copy
#                              of /etc whose hosts is $world/hosts. All that it started ends with it
# In SCRIPT, which sources this file too:
#   sink_start                 tests/it/sink with $world/sink.conf, record in $world/record
#   postfix_start [LINE...]    LINE: further lines for main.cf. Log: $world/maillog; SMTP on
#                              192.0.2.1:25; transport map: $world/transport
#   postfix_stop, postfix_queue (prints postqueue -j), postfix_drain SECONDS (until it is empty)
#   exim_start [LINE...], exim_stop, exim_drain SECONDS, exim_queue (how many)
#                              log: $world/exim/mainlog; routes: $world/routes (DOMAIN: host1:host2)
#   inject SENDER MESSAGE-ID RECIPIENT...  by SMTP to 192.0.2.1:25
#
# $world: a folder of the test's. Nothing of the machine is touched; no service of it is used.
# shellcheck shell=sh disable=SC2034,SC2154

world=${world:-$tmp/world}
export world top_builddir top_srcdir
PATH=$PATH:/usr/sbin:/sbin
namespaces="--net --mount --pid --fork --kill-child --mount-proc"

# The flags of unshare(1) for this user. Mail servers want accounts of their own.
unshare_flags()
{
	[ "$(id -u)" = 0 ] || printf '%s ' --map-root-user --map-auto
	echo "$namespaces"
}

can_unshare()
{
	why_not=
	command -v ip >/dev/null || why_not="ip (iproute2) is not installed"
	command -v unshare >/dev/null || why_not="unshare is not installed"
	[ -z "$why_not" ] || return 1
	# shellcheck disable=SC2046 # a list of words
	unshare $(unshare_flags) true 2>/dev/null && return
	if [ "$(id -u)" = 0 ]; then
		why_not="root may not make network and mount namespaces here"
	else
		why_not="an ordinary user needs newuidmap, subordinate ids and user namespaces for it"
	fi
	return 1
}

in_world()
{
	mkdir -p "$world"
	# shellcheck disable=SC2046
	unshare $(unshare_flags) sh "$top_srcdir/tests/it/mta.sh" inside "$@"
}

# Inside: the network, and what lies only in memory.
enter()
{
	ip link set lo up && ip addr add 192.0.2.1/24 dev lo && ip addr add 198.51.100.1/24 dev lo &&
		ip addr add 203.0.113.1/24 dev lo || return
	printf '127.0.0.1 localhost\n192.0.2.1 out.example.net\n' >>"$world/hosts"
	mkdir -p "$world/spool" && mount -t tmpfs -o mode=755 tmpfs "$world/spool" || return
	cp -a /etc "$world/spool/etc" 2>/dev/null # what may be read of it
	cp "$world/hosts" "$world/spool/etc/hosts"
	mount --bind "$world/spool/etc" /etc
}

sink_start()
{
	rm -f "$world/sink.ready"
	"$top_builddir/tests/it/sink" "$world/sink.conf" "$world/record" >"$world/sink.ready" 2>&1 &
	sink_pid=$!
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		grep -qs ready "$world/sink.ready" && return
		sleep 0.1
	done
	cat "$world/sink.ready" >&2
	return 1
}

inject()
{
	python3 - "$@" <<'END'
import smtplib, sys, time
sender, message_id, to = sys.argv[1], sys.argv[2], sys.argv[3:]
s = smtplib.SMTP("192.0.2.1", 25, "client.example.net", timeout=20)
s.sendmail(sender, to, "From: News <news@example.com>\nTo: you@example.org\nSubject: x\n"
    "Message-ID: %s\nDate: %s\n\nhello\n" % (message_id, time.strftime("%a, %d %b %Y %T +0000",
    time.gmtime())))
s.quit()
END
}

# ---- Postfix

have_postfix() { command -v postfix >/dev/null && command -v postconf >/dev/null; }

postfix_conf()
{
	cat <<END
compatibility_level = 3.6
queue_directory = $world/spool/queue
data_directory = $world/spool/data
maillog_file = $world/maillog
maillog_file_prefixes = /
myhostname = out.example.net
mydestination =
inet_interfaces = 192.0.2.1
inet_protocols = ipv4
mynetworks = 192.0.2.0/24
smtp_bind_address = 192.0.2.1
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_peername_lookup = no
transport_maps = texthash:$world/transport
alias_maps =
local_recipient_maps =
smtp_dns_support_level = disabled
smtp_host_lookup = native
smtp_tls_security_level = none
minimal_backoff_time = 2s
maximal_backoff_time = 2s
queue_run_delay = 1s
maximal_queue_lifetime = 20s
bounce_queue_lifetime = 20s
smtp_connect_timeout = 3s
smtp_helo_timeout = 3s
smtp_mail_timeout = 3s
smtp_rcpt_timeout = 3s
smtp_data_init_timeout = 3s
smtp_data_done_timeout = 3s
smtp_connection_cache_on_demand = no
default_process_limit = 20
END
	[ $# = 0 ] || printf '%s\n' "$@"
}

postfix_services()
{
	cat <<END
192.0.2.1:25 inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
news unix - - n - - smtp
    -o syslog_name=postfix-news -o smtp_bind_address=192.0.2.2
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
END
}

postfix_start()
{
	postfix_dir=$world/spool/postfix
	mkdir -p "$postfix_dir" "$world/spool/queue" "$world/spool/data"
	chown postfix "$world/spool/data"
	postfix_conf "$@" >"$postfix_dir/main.cf"
	postfix_services >"$postfix_dir/master.cf"
	touch "$world/transport"
	postfix -c "$postfix_dir" start >"$world/postfix.out" 2>&1 || {
		cat "$world/postfix.out" >&2
		return 1
	}
}

postfix_stop() { postfix -c "$postfix_dir" stop >>"$world/postfix.out" 2>&1; }
postfix_queue() { postqueue -c "$postfix_dir" -j; }

postfix_drain()
{
	i=0
	while [ $i -lt "$(($1 * 5))" ]; do
		[ -n "$(postfix_queue)" ] || return 0
		i=$((i + 1))
		sleep 0.2
	done
	postfix_queue >&2
	return 1
}

# ---- Exim, as install-deps unpacked it

exim_root=${RUADB_TEST_EXIM:-/var/cache/ruadb-tests/exim}
exim=$exim_root/usr/sbin/exim4
have_exim() { [ -x "$exim" ]; }

exim_conf()
{
	cat <<END
exim_path = $exim
spool_directory = $world/spool/exim
log_file_path = $world/exim/%slog
primary_hostname = out.example.net
keep_environment = LD_LIBRARY_PATH
disable_ipv6
local_interfaces = 192.0.2.1
daemon_smtp_ports = 25
tls_advertise_hosts =
acl_smtp_rcpt = accept
acl_smtp_data = accept
host_lookup =
rfc1413_query_timeout = 0s
never_users =
queue_run_max = 20
remote_max_parallel = 1
timeout_frozen_after = 0s
ignore_bounce_errors_after = 0s
delay_warning =
END
	[ $# = 0 ] || printf '%s\n' "$@"
	cat <<END
begin acl
accept:
  accept
begin routers
routes:
  driver = manualroute
  route_data = \${lookup{\$domain}lsearch{$world/routes}{\$value byname}fail}
  transport = remote_smtp
begin transports
remote_smtp:
  driver = smtp
  interface = 192.0.2.1
  port = 25
  hosts_try_fastopen =
  hosts_avoid_tls = *
  hosts_avoid_pipelining = *
  connect_timeout = 3s
  command_timeout = 3s
  data_timeout = 3s
  final_timeout = 3s
begin retry
* * F,20s,1s
END
}

# Exim wants its account, and stays in the foreground, as a child of the script.
exim_start()
{
	mkdir -p "$world/exim" "$world/spool/exim" /etc/exim4
	echo "Debian-exim:x:$(id -u nobody):$(id -g nobody)::/:/bin/false" >>/etc/passwd
	echo "Debian-exim:x:$(id -g nobody):" >>/etc/group
	chown Debian-exim "$world/exim" "$world/spool/exim"
	exim_conf "$@" >/etc/exim4/exim4.conf
	LD_LIBRARY_PATH=$(echo "$exim_root"/usr/lib/*-linux-gnu)
	export LD_LIBRARY_PATH
	"$exim" -bdf -q1s >"$world/exim.out" 2>&1 &
	exim_pid=$!
	for i in 1 2 3 4 5 6 7 8 9 10; do
		grep -q 'exim .* daemon started' "$world/exim/mainlog" 2>/dev/null && return
		sleep 0.2
	done
	cat "$world/exim.out" "$world/exim/"* >&2
	return 1
}

# Its log becomes ours: of an ordinary user's other accounts nobody outside could read or remove it.
exim_stop()
{
	kill "$exim_pid"
	wait "$exim_pid" 2>/dev/null
	chown -R root:root "$world/exim"
}

exim_queue() { "$exim" -bpc; }

exim_drain()
{
	i=0
	while [ $i -lt "$(($1 * 5))" ]; do
		[ "$(exim_queue)" != 0 ] || return 0
		i=$((i + 1))
		sleep 0.2
	done
	"$exim" -bp >&2
	return 1
}

if [ "${1-}" = inside ]; then
	set -u
	script=$2
	shift 2
	enter || exit 77
	. "$script"
	exit
fi
