# mta.sh - real mail servers in a network of their own; sourced behind lib.sh, never run by hand.
#
#   can_unshare KIND           may this user make that network? KIND: postfix (root, or a user with
#                              subordinate ids and newuidmap), exim. Else sets $why_not
#   in_world KIND SCRIPT ARG...  runs the shell script in it: a network namespace whose loopback has
#                              the documentation networks 192.0.2.0/24, 198.51.100.0/24 and
#                              203.0.113.0/24, so that peers are no loopback addresses, with
#                              $world/hosts in place of /etc/hosts. All that it started ends with it
# In SCRIPT, which sources this file too:
#   sink_start                 tests/it/sink with $world/sink.conf, record in $world/record
#   postfix_start [LINE...]    LINE: further lines for main.cf. Log: $world/maillog; SMTP on
#                              192.0.2.1:25; transport map: $world/transport
#   postfix_stop, postfix_queue (prints postqueue -j), postfix_drain SECONDS (until it is empty)
#   exim_start [LINE...], exim_stop, exim_drain SECONDS; log: $world/exim/mainlog; routes in
#                              $world/routes ("DOMAIN: host1:host2")
#   inject SENDER MESSAGE-ID RECIPIENT...  by SMTP to 192.0.2.1:25
#
# $world: a folder of the test's. Nothing of the machine is touched; no service of it is used.
# shellcheck shell=sh disable=SC2034,SC2154

world=${world:-$tmp/world}
export world top_builddir top_srcdir
PATH=$PATH:/usr/sbin:/sbin
namespaces="--net --mount --pid --fork --kill-child --mount-proc"

# The flags of unshare(1) for this user. Exim is content with one account, Postfix wants its own.
unshare_flags()
{
	if [ "$(id -u)" = 0 ]; then
		echo "$namespaces"
	elif [ "$1" = postfix ]; then
		echo "--map-root-user --map-auto $namespaces"
	else
		echo "--map-root-user $namespaces"
	fi
}

can_unshare()
{
	why_not=
	command -v ip >/dev/null || why_not="ip (iproute2) is not installed"
	command -v unshare >/dev/null || why_not="unshare is not installed"
	[ -z "$why_not" ] || return 1
	# shellcheck disable=SC2046 # a list of words
	unshare $(unshare_flags "$1") true 2>/dev/null && return
	case $1/$(id -u) in
	*/0) why_not="root may not make network and mount namespaces here" ;;
	postfix/*) why_not="Postfix needs root, or newuidmap, subordinate ids and user namespaces" ;;
	*) why_not="user namespaces are forbidden here" ;;
	esac
	return 1
}

in_world()
{
	mkdir -p "$world"
	# shellcheck disable=SC2046
	unshare $(unshare_flags "$1") sh "$top_srcdir/tests/it/mta.sh" inside "$@"
}

# Inside: the network, and what lies only in memory.
enter()
{
	ip link set lo up && ip addr add 192.0.2.1/24 dev lo && ip addr add 198.51.100.1/24 dev lo &&
		ip addr add 203.0.113.1/24 dev lo || return
	printf '127.0.0.1 localhost\n192.0.2.1 out.example.net\n' >>"$world/hosts"
	mount --bind "$world/hosts" /etc/hosts || return
	mkdir -p "$world/spool" && mount -t tmpfs -o mode=755 tmpfs "$world/spool"
}

sink_start()
{
	rm -f "$world/sink.ready"
	"$top_builddir/tests/it/sink" "$world/sink.conf" "$world/record" >"$world/sink.ready" 2>&1 &
	sink_pid=$!
	for i in 1 2 3 4 5 6 7 8 9 10; do
		grep -q ready "$world/sink.ready" && return
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

if [ "${1-}" = inside ]; then
	set -u
	script=$3
	shift 3
	enter || exit 77
	. "$script"
	exit
fi
