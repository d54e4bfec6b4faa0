#!/bin/sh
# t_imap - sessions with a real Dovecot, by tests/it/imap_try: what is there, its bytes, what is done
# to it; servers that can less; each byte for itself; what happens beside.
# shellcheck source=tests/it/lib.sh disable=SC2154
. "$top_srcdir/tests/it/lib.sh"
ready_home
# shellcheck source=tests/it/dovecot.sh
. "$top_srcdir/tests/it/dovecot.sh"

have_dovecot || skip_all "no Dovecot"
have_python || skip_all "no Python"

# try_at PORT: the commands on standard input, what they say to $tmp/said.
try_at()
{
	port=$1
	shift
	"$top_builddir/tests/it/imap_try" host=localhost "port=$port" tls=none insecure=yes user=alice \
		"password_file=$dovecot_dir/alice.pw" "$@" >"$tmp/said" 2>&1
}

# try_it COMMAND...: one a line; prints what they say.
try_it()
{
	printf '%s\n' "$@" | try_at "$imap_port"
	cat "$tmp/said"
}

# by_hand: a session that is told what to do with `tell COMMAND PATTERN`, which waits until it has
# said PATTERN; by_hand_end ends it.
by_hand()
{
	rm -f "$tmp/said" "$tmp/tell"
	: >"$tmp/said"
	mkfifo "$tmp/tell"
	try_at "$imap_port" <"$tmp/tell" &
	pid=$!
	exec 7>"$tmp/tell"
}
tell()
{
	echo "$1" >&7
	i=0
	until grep -q "$2" "$tmp/said" || [ $i -ge 400 ]; do
		i=$((i + 1))
		sleep 0.05
	done
}
by_hand_end()
{
	exec 7>&-
	wait $pid
}

# without_times: what differs from run to run.
without_times() { sed 's/uidvalidity=[0-9]*/uidvalidity=V/; s/arrived=[0-9]*/arrived=T/'; }

# flags_of UID: as the server has them.
flags_of() { try_it "examine INBOX" "sizes $1" | sed -n 's/^uid=.*flags=//p'; }

uids_of() { try_it "examine|$1" search | sed -n 's/^n=.*uids=//p'; }

# ---- mails: what is not like any other

make_mails()
{
	python3 - "$tmp/mails" <<'END'
import os, sys
to = sys.argv[1]
os.makedirs(to)
def put(n, body):
    with open(f"{to}/{n}", "wb") as out:
        out.write(b"From: a@example.com\nSubject: %d\n\n" % n + body)
put(1, b"plain\n")
put(2, b"no end of line")
put(3, b"* 3 FETCH (UID 3 BODY[] {5}\nr7 OK done\n* BYE\n+ go\n)\n{3}\n")
put(4, bytes(range(1, 10)) + bytes(range(14, 256)) + b"\n")
put(5, b"x" * 998 + b"\n" + b"." * 70 + b"\n")
put(6, (b"y" * 76 + b"\n") * 6000)           # over LIMIT_INLINE
put(7, (b"z" * 76 + b"\n") * 1000)
put(8, b"")
END
	for n in 1 2 3 4 5 6 7 8; do
		mailbox_put alice INBOX "$tmp/mails/$n"
		# one by one: that is the order of their UIDs
		try_it "examine INBOX" >/dev/null
	done
}

same_bytes()
{
	python3 - "$tmp/mails" "$1" <<'END'
import os, sys
for n in sorted(os.listdir(sys.argv[1])):
    want = open(f"{sys.argv[1]}/{n}", "rb").read().replace(b"\n", b"\r\n")
    got = open(f"{sys.argv[2]}/{n}", "rb").read()
    if got != want:
        sys.exit(f"mail {n}: {len(got)} bytes, not the {len(want)} wanted")
END
}

dovecot_start || {
	ok "Dovecot starts" false
	done_testing
	exit
}
make_mails

# ---- look

is "$(try_it can 'examine INBOX' search | without_times)" \
"can=MOVE,UIDPLUS,IDLE,ESEARCH
uidvalidity=V uidnext=9 exists=8 read_only=1 keywords=0 flagged=0 seen=0 deleted=0
n=8 uids=1:8" "what the server can, and what is in the folder"
is "$(try_it 'select INBOX' 'sizes 1:2,7,99' | without_times)" \
"uidvalidity=V uidnext=9 exists=8 read_only=0 keywords=1 flagged=1 seen=1 deleted=1
uid=1 size=42 arrived=T flags=
uid=2 size=49 arrived=T flags=
uid=7 size=78035 arrived=T flags=
n=3" "sizes of those that are there"
ok "arrived today" test "$(($(date +%s) - $(try_it 'examine INBOX' 'sizes 1' |
	sed -n 's/.*arrived=\([0-9]*\).*/\1/p')))" -lt 600

# ---- bodies

mkdir "$tmp/plain" "$tmp/trickled"
try_it 'select INBOX' "save $tmp/plain" 'bodies 1:8 3' >"$tmp/bodies"
is "$(tail -1 "$tmp/bodies")" "windows=3 refused=0 bodies=8 bytes=$(cat "$tmp/plain"/* | wc -c |
	tr -d ' ')" "eight bodies in three windows"
ok "byte for byte" same_bytes "$tmp/plain"
is "$(grep -c memfd "$tmp/bodies")" 1 "what is large comes as a descriptor"
is "$(flags_of 1:8 | sort | uniq -c | tr -d ' ')" 8 "nothing is seen by it"

# Each byte for itself: the small ones, in the same words.
{
	echo can
	echo examine INBOX
	echo search
	echo sizes 1:8
	echo "save $tmp/trickled"
	echo bodies 1:5,8 2
} >"$tmp/script"
try_at "$imap_port" <"$tmp/script"
without_times <"$tmp/said" >"$tmp/straight"
proxy_start "$imap_port" trickle
try_at "$proxy_port" <"$tmp/script"
proxy_stop
is "$(without_times <"$tmp/said")" "$(cat "$tmp/straight")" "a byte at a time: the same"
ok "and the same bytes" cmp "$tmp/plain/4" "$tmp/trickled/4"

# Over LIMIT_MAIL: passed over, and what follows is whole.
head -c 34000000 /dev/zero | tr '\0' 'w' | fold -w 76 >"$tmp/large"
mailbox_put alice Large "$tmp/large"
try_it 'examine Large' >/dev/null
mailbox_put alice Large "$tmp/mails/1"
is "$(try_it 'examine Large' 'bodies 1:2' | sed 1d)" \
"uid=1 size=$(($(wc -c <"$tmp/large") + $(wc -l <"$tmp/large"))) too_large
uid=2 size=42
windows=1 refused=0 bodies=2 bytes=$(($(wc -c <"$tmp/large") + $(wc -l <"$tmp/large") + 42))" \
	"over the limit: passed over"

# ---- what is done

is "$(try_it 'select INBOX' 'ack move 1:2 Archive/DMARC' 'ack|move|3|Bücher & "mehr"/x' \
	'ack move 3 Archive/DMARC' 'ack move 4 Archive/DMARC' | sed 1d | uniq -c | tr -s ' ')" \
	" 4 done=move why=-" "moved to folders that were not there"
is "$(uids_of Archive/DMARC)" "1:3" "three are in the one"
is "$(uids_of 'Bücher & "mehr"/x')" "1" "one in the other"
ok "whose name is encoded" test -d "$dovecot_dir/mail/alice/.B&APw-cher &- \"mehr\".x"
ok "and subscribed" grep -qx 'Archive/DMARC\|Archive.DMARC' "$dovecot_dir/mail/alice/subscriptions"
is "$(try_it 'select INBOX' 'ack flag 5' 'ack seen 6' 'ack delete 7' 'ack flag 77' |
	sed 1d | tr '\n' ' ')" \
	"done=flag why=- done=seen why=- done=delete why=- done=flag why=- " "flag, seen, delete"
is "$(flags_of 5:8 | tr '\n' ' ')" "keyword, seen,  " "the flags are there, the deleted is not"
is "$(try_it 'select INBOX' "ack move 8 a//b" noop | sed 1d |
	sed 's/ says NO.*/ says NO/')" \
"error config: messages can't be moved to 'a//b': the server says NO
ok" "a folder that can't be made: for a person, and the session goes on"
is "$(try_it 'examine INBOX' 'ack move 8 Archive/DMARC' search | sed 1d)" \
"error config: the folder is read-only: nothing in it can be moved, marked or deleted
n=3 uids=5:6,8" "a folder that is open for reading only stays as it is"
is "$(try_it 'select Nowhere' 'examine INBOX' | sed 's/says NO.*/says NO/' | without_times)" \
"error config: folder 'Nowhere' can't be opened: the server says NO
uidvalidity=V uidnext=9 exists=3 read_only=1 keywords=0 flagged=0 seen=0 deleted=0" \
	"no such folder: for a person, and the session goes on"

# Bodies that are under way while other commands are answered.
is "$(try_it 'select INBOX' 'ask 5' 'ask 6' 'ack seen 5' 'sizes 6' rest | sed 1d | without_times)" \
"ok
ok
done=seen why=-
uid=6 size=468035 arrived=T flags=seen,
n=1
uid=5 size=1107
uid=6 size=468035 memfd
windows=2 refused=0 bodies=2 bytes=469142" "bodies under way do not mix with other answers"

# What vanishes between: Dovecot is not told.
mailbox_fill alice Vanish 5
by_hand
tell 'select Vanish' uidvalidity=
tell search uids=
find "$(mailbox_path alice Vanish)" -type f -name '*S=*' | sort | sed -n 3p | xargs rm
tell 'bodies 1:5' windows=
tell search uids=1:2
by_hand_end
is "$(sed -n 's/ bytes.*//;/^windows/p' "$tmp/said") $(tail -1 "$tmp/said")" \
	"windows=1 refused=0 bodies=4 n=4 uids=1:2,4:5" "what vanished meanwhile is not given"

# ---- waiting

mailbox_make alice Reports
is "$(try_it 'select Reports' 'wait 1 idle' 'wait 1 noop' | sed 1d)" "news=0
news=0" "nothing new"
by_hand
tell 'select Reports' uidvalidity=
echo 'wait 30 idle' >&7
mailbox_put alice Reports "$tmp/mails/1"
tell search uids=1
is "$(sed 1d "$tmp/said")" "news=1
n=1 uids=1" "IDLE tells of a new mail, long before the time is over"
mailbox_put alice Reports "$tmp/mails/1"
tell 'wait 1 noop' 'news=1.*'
tell search uids=1:2
by_hand_end
is "$(tail -2 "$tmp/said")" "news=1
n=2 uids=1:2" "so does NOOP"

# ---- servers that can less, or name folders in another way

dovecot_capability_without MOVE ESEARCH IDLE
mailbox_fill alice INBOX 12 2000 2
try_it 'select INBOX' search >"$tmp/found"
is "$(try_it can)" "can=UIDPLUS" "a server without MOVE, ESEARCH and IDLE"
is "$(sed -n 2p "$tmp/found")" "n=15 uids=5:6,8:20" "SEARCH without ESEARCH"
printf '%s\n' 'select INBOX' 'ack move 9:12 Copied/Here' | try_at "$imap_port"
is "$(sed 1d "$tmp/said")" "done=move why=-" "moved by COPY and UID EXPUNGE"
is "$(uids_of Copied/Here)" "1:4" "all copies are there"
is "$(uids_of INBOX)" "5:6,8,13:20" "and nothing else is expunged"
dovecot_capability_without MOVE UIDPLUS
is "$(try_it 'select INBOX' 'ack move 13:14 Nowhere/Else' 'ack delete 15' search | sed 1d)" \
"done=flag why=the server can neither MOVE nor UIDPLUS: messages are marked where they are
done=delete why=-
n=10 uids=5:6,8,13:14,16:20" "neither MOVE nor UIDPLUS: marked, and nothing is expunged"
is "$(flags_of 13:15 | tr '\n' ' ')" "keyword, keyword,  " "the mark is there"
dovecot_conf 'namespace inbox {
  separator = .
  prefix = INBOX.
}'
dovecot_capability_without
is "$(try_it 'select INBOX' 'ack move 16 Archive/DMARC' search | tail -1)" \
	"n=9 uids=5:6,8,13:14,17:20" "a MOVE"
is "$(find "$(mailbox_path alice INBOX)/cur" -type f -name '*:2,*T*' | wc -l | tr -d ' ')" 1 \
	"what others deleted is not expunged by it"
is "$(try_it 'select INBOX' 'ack move 17 Deep/er' 'ack move 18 INBOX/Deep/er' 'examine INBOX.Deep.er' \
	search | sed -n '2,3p;5p')" "done=move why=-
done=move why=-
n=2 uids=1:2" "a server whose folders are below 'INBOX.'"

# ---- the end of it

idling=$(printf '+ idling\r\n.')
proxy_start "$imap_port" cut down "${idling%.}" 1 say '* BYE [UNAVAILABLE] back in an hour'
printf '%s\n' 'select INBOX' 'wait 9 idle' noop | try_at "$proxy_port"
is "$(sed 1d "$tmp/said" | uniq -c | tr -s ' ')" \
	" 2 error temp: the server says goodbye: back in an hour" "BYE ends a session, in its words"
proxy_start "$imap_port" hold down UIDVALIDITY
printf '%s\n' 'select INBOX' | try_at "$proxy_port" timeout=1
is "$(cat "$tmp/said")" "error temp: the server said nothing for 1 seconds" "silence ends it, too"
proxy_start "$imap_port" cut down 'BODY[]' 3
printf '%s\n' 'select INBOX' 'bodies 13:20 100' noop | try_at "$proxy_port"
is "$(sed '1d;s/ size.*//' "$tmp/said" | tr '\n' ' ')" \
	"uid=13 uid=14 error temp: the server closed the connection error temp: the server closed the connection " \
	"a connection that is cut: what came before is given"
done_testing
