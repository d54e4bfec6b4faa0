#!/bin/sh
# t_mailbox_faults - a mailbox on a bad day: connections that break at every command, inside of
# literals and during the acknowledgement, servers that can't do what they should, messages that
# vanish, numbers that change. Always: each report there once, each message in the right folder.
. "$top_srcdir/tests/it/lib.sh"
ready_home
. "$top_srcdir/tests/it/dovecot.sh"
. "$top_srcdir/tests/it/badday.sh"

have_dovecot || skip_all "no Dovecot here"
have_python || skip_all "no python3 here"
mails=60

whole="$mails|0|0|$mails"

dovecot_start || { ok "Dovecot starts" false; done_testing; exit; }
"$ruadb" db start >/dev/null
"$ruadb" db migrate >/dev/null
url=$("$ruadb" db url)

# ---- nothing goes wrong
anew
account_conf main
fetch
is "$status|$(member reports_stored)|$(all)" "0|$mails|$whole" "fetched, stored, moved"
fetch
is "$status|$(member items)|$(all)" "0|0|$whole" "nothing is left to do"

# ---- a cut at each command, and behind it a run that goes on
for what in "LOGIN" "AUTHENTICATE" "SELECT" "UID SEARCH" "RFC822.SIZE" "BODY.PEEK" "UID MOVE"; do
	anew
	proxy_start "$imap_port" cut up "$what" 1
	plain main "$proxy_port"
	fetch
	first=$status
	cut=$(grep -c cut "$tmp/proxy.out")
	proxy_stop
	if [ "$cut" = 0 ] && [ "$first" = 0 ]; then
		# This server and we log in by another command.
		is "$(all)" "$whole" "no '$what' was sent, and all is well"
		continue
	fi
	rm -f "$conf"
	plain main "$imap_port"
	fetch
	is "$first|$status|$(all)" "75|0|$whole" "cut behind '$what', and again"
done

# ---- cut in the middle of what the server says
for where in "BODY[] {" "+ " "UID 30 " "COPYUID"; do
	anew
	proxy_start "$imap_port" cut down "$where" 1
	plain main "$proxy_port"
	fetch
	first=$status
	proxy_stop
	rm -f "$conf"
	plain main "$imap_port"
	fetch
	is "$status|$(all)" "0|$whole" "cut at '$where' (status $first), and again"
done

# ---- cut after so many bytes, all along the way
anew
for bytes in 300 1500 9000 40000 90000 150000 200000 230000; do
	rm -f "$conf"
	proxy_start "$imap_port" cut down $bytes
	plain main "$proxy_port"
	fetch
	proxy_stop
done
rm -f "$conf"
plain main "$imap_port"
fetch
is "$status|$(all)" "0|$whole" "cut at eight places of the stream, one behind the other"

# ---- BYE
anew
proxy_start "$imap_port" cut down "UID 20 " 1 say "* BYE server shutting down"
plain main "$proxy_port"
fetch
is "$status" 75 "BYE in the middle: try again"
proxy_stop
rm -f "$conf"
plain main "$imap_port"
fetch
is "$status|$(all)" "0|$whole" "and then it goes on"

# ---- one byte at a time
anew 3
proxy_start "$imap_port" trickle
plain main "$proxy_port"
fetch
is "$status|$(all)" "0|3|0|0|3" "a byte at a time"
proxy_stop

# ---- a server that says nothing any more
anew 3
proxy_start "$imap_port" hold down "UID 2 "
plain main "$proxy_port" "timeout = 3"
fetch
is "$status|$(mailbox_count alice INBOX)" "75|3" "a server that falls silent is given up"
proxy_stop

# ---- and holds nobody back: another account, and another folder, are done meanwhile
anew 3
mailbox_fill alice Reports 4 4096 9
mailbox_fill bob INBOX 1 4096 5
proxy_start "$imap_port" hold up "SELECT"
plain silent "$proxy_port" "timeout = 8" "user = bob" "password_file = $dovecot_dir/bob.pw"
plain main "$imap_port" "folders = INBOX, Reports"
"$ruadb" fetch --no-refresh --format json >"$tmp/out" 2>"$tmp/err" &
pid=$!
i=0
until [ "$(mailbox_count alice Archive/DMARC)" = 7 ] || [ $i -ge 200 ]; do
	i=$((i + 1))
	sleep 0.1
done
is "$(mailbox_count alice Archive/DMARC)|$(mailbox_count bob INBOX)|$(kill -0 $pid && echo runs)" "7|1|runs" \
	"one server is silent: the other account's folders are done meanwhile"
wait $pid
is "$?" 75 "and the silent one is told"
proxy_stop

# ---- messages vanish between SEARCH and FETCH
anew
inbox=$(mailbox_path alice INBOX)
cat >"$tmp/vanish" <<END
find "$inbox/new" "$inbox/cur" -type f | sort | sed -n '10,19p' | xargs rm -f
END
proxy_start "$imap_port" run up "BODY.PEEK" "sh $tmp/vanish"
plain main "$proxy_port"
fetch
proxy_stop
rm -f "$conf"
plain main "$imap_port"
fetch
is "$status|$(all)" "0|$((mails - 10))|0|0|$((mails - 10))" "ten messages vanish: the others are stored"

# ---- a message over which the server ends the connection (its name tells another size)
anew
inbox=$(mailbox_path alice INBOX)
bad=$(find "$inbox/new" -type f | sort | sed -n 20p)
mv "$bad" "${bad%%,*},S=9000"
plain main "$imap_port"
fetch
is "$(mailbox_count alice Archive/DMARC)" "$((mails - $(mailbox_count alice INBOX)))" \
	"a message that ends connections: what is stored is moved"
ok "and it is left, the others go on" [ "$(mailbox_count alice INBOX)" -le 1 ]
told() { [ "$status" = 0 ] || grep -q 'over the message with UID 20,' "$tmp/err"; }
ok "it is told, unless the server mended it" told

# ---- UIDVALIDITY changes: all is read again, and nothing counted twice
anew
plain main "$imap_port" "after_stored = leave" "after_repeat = leave"
fetch
is "$status|$(all)" "0|$mails|0|$mails|0" "left where they are"
fetch
is "$status|$(member items)" "0|0" "known by their numbers"
dovecot_stop
rm -f "$inbox"/dovecot*
sleep 1.1 # a UIDVALIDITY is a time in seconds
dovecot_start
fetch
is "$status|$(member reports_repeat)|$(all)" "0|$mails|$mails|0|$mails|0" \
	"other numbers: read again, all repeats"
is "$(query "SELECT count(DISTINCT uidvalidity) FROM mailbox_message")" 2 "and remembered"

# ---- too large to be downloaded
anew 2
{
	printf 'From: a@example.com\nSubject: Report domain: example.com\n\n'
	head -c 60000000 /dev/zero | tr '\0' 'x' | fold -w 1000
} >"$tmp/large"
mailbox_put alice INBOX "$tmp/large"
proxy_start "$imap_port"
plain main "$proxy_port"
fetch
proxy_stop
is "$status|$(member quarantined)|$(mailbox_count alice INBOX)|$(mailbox_count alice Archive/DMARC/Quarantine)" \
	"65|1|0|1" "a mail of 60 MB: quarantined, in the folder for that"
is "$(query "SELECT class, reason ~ '60|61' AND reason ~ '32' FROM quarantine")" "limit|t" \
	"with its size and the limit in the reason"
down=$(sed -n 's/.*down \([0-9]*\).*/\1/p' "$tmp/proxy.out" | sort -n | tail -1)
is "$([ "$down" -lt 1000000 ] && echo little)" little "and not downloaded"

# ---- a folder that may only be read
case $(dovecot_version) in
2.3)
	acl='mail_plugins = acl
protocol imap {
  mail_plugins = acl imap_acl
}
plugin {
  acl = vfile
}' ;;
*)
	acl='mail_plugins {
  acl = yes
}
protocol imap {
  mail_plugins {
    imap_acl = yes
  }
}
acl_driver = vfile' ;;
esac
anew 5
echo 'owner lr' >"$inbox/dovecot-acl"
chmod 644 "$inbox/dovecot-acl"
before=$dovecot_extra
dovecot_conf "$acl"
dovecot_restart
plain main "$imap_port"
fetch
is "$status|$(all)" "78|5|0|5|0" "a folder that may only be read: stored, left, and a person is asked"
fetch
is "$status|$(member items)" "78|0" "the next time nothing is read again"
rm -f "$conf"
plain main "$imap_port" "after_stored = leave" "after_repeat = leave"
fetch
is "$status" 0 "to leave them there is fine"
dovecot_extra=$before
rm -f "$inbox/dovecot-acl"
dovecot_restart

# ---- a server without MOVE, and one with neither MOVE nor UIDPLUS
anew
plain main "$imap_port"
dovecot_capability_without MOVE
fetch
is "$status|$(all)" "0|$whole" "without MOVE: copied, marked, expunged by number"
anew
mailbox_put alice INBOX "$samples/mail/no-report.eml"
plain main "$imap_port"
dovecot_extra=$before
dovecot_capability_without MOVE UIDPLUS
fetch
is "$status|$(query "SELECT count(*) FROM report")|$(mailbox_count alice Archive/DMARC)" \
	"0|$mails|0" "with neither: stored, and not moved"
ok "and it says so" grep -qi "move" "$tmp/err"
fetch
is "$status|$(member items)" "0|0" "flagged: the next run leaves them alone"

done_testing
