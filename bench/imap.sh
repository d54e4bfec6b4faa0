# imap.sh - what bench/run asks about mailboxes: a real Dovecot over IMAPS, a delay proxy of ours at
# 20 ms round trip, 10,000 mails of 4 kB. Sourced behind lib.sh.
#
# Every turn begins with the same maildir, as its mails were delivered (Dovecot reads it for the
# first time), and an empty database. What is compared takes turns:
#   ours       the whole job: ruadb fetch --no-refresh, each report stored, each mail moved to an
#              archive folder; to the last COMMIT (its own word) and to its end
#   pipelined  one connection, one UID FETCH of all, the bytes dropped (bench/imap_bare)
#   single     libcurl, one transfer each, of fewer mails and scaled up (bench/imap_bare)
#   mbsync     mbsync's download into an empty maildir
# shellcheck shell=bash disable=SC2154

case $mode in
full) imap_mails=10000 imap_single=300 imap_turns=5 ;;
*) imap_mails=2000 imap_single=100 imap_turns=3 ;;
esac
imap_rtt=20

imap_prepare()
{
	tmp=$(mktemp -d "${TMPDIR:-/tmp}/ruadb-bench.XXXXXX")
	chmod 755 "$tmp"
	at_end() { finish; rm -rf "$tmp"; } # the settings lie there
	# shellcheck source=tests/it/dovecot.sh
	. "$top_srcdir/tests/it/dovecot.sh"
	have_dovecot && command -v mbsync > /dev/null || {
		echo "bench: needs dovecot, openssl and mbsync: build-aux/install-deps" >&2
		exit 1
	}
	unset imap_port imaps_port
	dovecot_conf "mail_fsync = optimized"
	dovecot_start
	mailbox_fill alice INBOX "$imap_mails" 4096
	mv "$dovecot_dir/mail/alice" "$tmp/delivered"
	proxy_start "$imaps_port" delay $((imap_rtt / 2))
	conf=$tmp/ruadb.conf
	imaps_port=$proxy_port account_conf bench
	imap_mbsyncrc > "$tmp/mbsyncrc"
	echo "# imap: Dovecot $("$dovecot_bin" --version | cut -d' ' -f1), IMAPS, $imap_rtt ms round \
trip, $imap_mails mails, $(du -sbc "$tmp/delivered"/new | tail -n 1 | cut -f1) bytes; $(mbsync --version |
		sed 's/isync/mbsync/'), FSync $imap_fsync"
}

imap_fsync=yes # mbsync's own default

imap_mbsyncrc()
{
	cat << END
FSync $imap_fsync

IMAPStore far
Host localhost
Port $proxy_port
User alice
PassCmd "cat $dovecot_dir/alice.pw"
SSLType IMAPS
CertificateFile $tls/ca.pem

MaildirStore near
Path $tmp/near/
Inbox $tmp/near/INBOX

Channel c
Far :far:
Near :near:
Patterns INBOX
Sync Pull
Create Near
SyncState $tmp/near/
END
}

# The mailbox as it was delivered, and nobody's memory of it.
imap_again()
{
	rm -rf "$dovecot_dir/mail/alice" "$tmp/near"
	mkdir "$tmp/near"
	cp -a "$tmp/delivered" "$dovecot_dir/mail/alice"
	sync
}

imap_ours()
{
	imap_again
	fresh
	keep imap_ours "$(seconds "$ruadb" fetch --no-refresh --format json)"
	keep imap_commit "$(sed -n 's/.*"seconds": \([0-9.]*\).*/\1/p' "$home/last")"
	[ "$(json reports_stored)" = "$imap_mails" ] &&
		[ "$(mailbox_count alice INBOX)$(mailbox_count alice Archive/DMARC)" = "0$imap_mails" ] || {
		echo "bench: not every mail was stored and moved" >&2
		exit 1
	}
}

imap_bare()
{
	imap_again
	measure imap_pipelined "$bench/imap_bare" pipelined "$proxy_port" alice \
		"$dovecot_dir/alice.pw" "$tls/ca.pem"
	grep -q "messages=$imap_mails " "$home/last"
}

imap_single()
{
	local s
	imap_again
	s=$(seconds "$bench/imap_bare" single "$proxy_port" alice "$dovecot_dir/alice.pw" \
		"$tls/ca.pem" "$imap_single")
	keep imap_single "$(awk -v s="$s" -v n="$imap_mails" -v k="$imap_single" \
		'BEGIN {printf "%.3f", s / k * n}')"
}

imap_mbsync()
{
	imap_again
	measure imap_mbsync mbsync -c "$tmp/mbsyncrc" c
	[ "$(find "$tmp/near/INBOX" -type f -path '*/new/*' | wc -l)" = "$imap_mails" ]
}

# One mail of 32 MB, a report in it that is small: what it costs.
imap_memory()
{
	local anon shmem
	rm -rf "$dovecot_dir/mail/alice"
	mailbox_fill alice INBOX 1 $((32000000))
	fresh
	say imap_peak_mb_32 "$("$bench/peak" --tree "$ruadb" fetch --no-refresh 2> /dev/null)" \
		"a mail of 32 MB, all processes and memfds at one moment" "<= 96"
	[ "$(mailbox_count alice Archive/DMARC)" = 1 ]
	imap_again
	fresh
	read -r anon shmem <<< "$("$bench/peak" "$ruadb" fetch --no-refresh --jobs 2 2> /dev/null)"
	say imap_peak_anon_mb "$anon" "$imap_mails mails, jobs=2, largest process" "<= 64"
}

imap_bench()
{
	local i what
	imap_prepare
	for ((i = 0; i < imap_turns; i++)); do
		for what in imap_ours imap_bare imap_mbsync imap_single; do
			$what
		done
	done
	say_ratio imap_vs_pipelined imap_pipelined imap_commit "mailbox to the last COMMIT, \
$(median imap_commit) s against $(median imap_pipelined) s" ">= 0.5"
	say_ratio imap_vs_mbsync imap_ours imap_mbsync "mailbox to the last acknowledgement, \
$(median imap_ours) s against mbsync's download alone, $(median imap_mbsync) s, FSync $imap_fsync" "<= 1.0"
	say_ratio imap_vs_single_fetch imap_single imap_ours "to the last acknowledgement; single: \
$imap_single mails, scaled: $(median imap_single) s" ">= 50"
	say imap_mails_per_s "$(awk -v n="$imap_mails" -v s="$(median imap_ours)" \
		'BEGIN {printf "%.0f", n / s}')" "the whole job, acknowledged"
	imap_memory
}
