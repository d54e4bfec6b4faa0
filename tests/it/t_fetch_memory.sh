# t_fetch_memory - what fetching costs: all processes at one moment, with what lies in memfds. A mail
# of 32 MB, one that is not downloaded, and many that are larger than what goes inline.
. "$top_srcdir/tests/it/lib.sh"
ready_home
. "$top_srcdir/tests/it/dovecot.sh"

have_dovecot || skip_all "needs dovecot"

# Builds with sanitizers are some times larger: they show that it works, and no more.
most=96
case $top_builddir in
*/sanitizer-build/*) most=1000 ;;
esac

# records_mail N: one mail in INBOX with a report of N records as it is, unpacked.
records_mail()
{
	mailbox_make alice INBOX
	rm -rf "$tmp/fill"
	"$top_builddir/bench/gen" huge "$tmp/fill" 1 "$1" 7 >/dev/null 2>&1
	gunzip "$tmp/fill/00000.xml.gz"
	"$top_builddir/tests/it/mails" "$tmp/fill" "$(mailbox_path alice INBOX)/new" 0 7 >"$tmp/made"
	rm -rf "$tmp/fill"
	mailbox_own alice
}

# costs NAME: fetches what lies in INBOX; sets $status, $tmp/out, and says what it cost.
costs()
{
	status=0
	"$top_builddir/bench/peak" --tree sh -c '
		"$0" fetch --jobs 2 --no-refresh --format json >"$1"
		echo $? >"$2"' "$ruadb" "$tmp/out" "$tmp/status" >"$tmp/peak" 2>"$tmp/err"
	status=$(cat "$tmp/status")
	echo "# $1: $(cat "$tmp/peak") MB"
	ok "$1: at most $most MB" awk -v most=$most '{ exit !($1 > 1 && $1 <= most) }' "$tmp/peak"
}

dovecot_start || exit 1
account_conf big
"$ruadb" db start >"$tmp/start" 2>&1

records_mail 36500
size=$(sed -n 's/.*bytes=//p' "$tmp/made")
ok "a mail just under the limit: $size bytes" test "$size" -gt 32000000 -a "$size" -lt 33554432
costs "a report of 24 MB in a mail of 32 MB"
is "$status|$(member reports_stored)|$(member records)" "0|1|36500" "it is stored"
is "$(mailbox_count alice INBOX)|$(mailbox_count alice Archive/DMARC)" "0|1" "and moved"

mailbox_fill alice INBOX 1 32000000 2
costs "a small report in a mail of 32 MB"
is "$status|$(member reports_stored)" "0|1" "it is stored"

mailbox_fill alice INBOX 1 60000000 3
costs "a mail of 60 MB"
is "$status|$(member quarantined)" "65|1" "it is not read"
is "$(query "SELECT class, bytes_kept, source, reason LIKE '%60%bytes, not downloaded' FROM quarantine")" \
	"limit|f|imap|t" "the quarantine says why"
is "$(mailbox_count alice INBOX)|$(mailbox_count alice Archive/DMARC/Quarantine)" "0|1" \
	"and it lies where such mails go"

mailbox_fill alice INBOX 30 1000000 4
for file in "$(mailbox_path alice INBOX)"/new/*; do
	mv "$file" "$(mailbox_path alice INBOX)/cur/${file##*/}:2,"
done
mailbox_fill alice INBOX 160 255000 5
costs "190 mails of 70 MB in all"
is "$status|$(member reports_stored)" "0|190" "all are stored"

done_testing
