#!/bin/sh
# t_rules - what replies mean, by our rules and by a user's; judging again what is stored.
. "$top_srcdir/tests/it/lib.sh"

rules() { status=0; "$ruadb" rules "$@" >"$tmp/said" 2>&1 || status=$?; cat "$tmp/said"; echo "$status"; }
# line NAME: the value of a line of the last answer.
line() { sed -n "s/^$1  *//p" "$tmp/said"; }
place=$(cd "$top_srcdir" && pwd)/rules

# ---- test
rules test "421 Deferred - see https://ipcheck.proofpoint.com/?ip=192.0.2.1" >/dev/null
is "$(line category)|$(line template)|$(line reply_ip)|$(line code)|$status" \
	"badreputation|421 Deferred - see https://ipcheck.proofpoint.com/?ip={ip}|192.0.2.1|421|0" \
	"Proofpoint's deferral"
is "$(line rule)" "proofpoint-deferred (fingerprint), $(grep -n '^\[proofpoint-deferred\]' \
	"$place/replies.rules" | sed "s|^\([0-9]*\):.*|$place/replies.rules:\1|")" "which rule, and where it stands"
is "$(line gives)|$(line gateway)" "proofpoint-enterprise (Proofpoint Enterprise), by its URL: one such reply is enough|" \
	"the gateway that it gives away"
ok "with meaning, source and pattern" [ -n "$(line meaning)" ] && [ -n "$(line source)" ] && [ -n "$(line pattern)" ]
rules test --host MX0A-00123456.pphosted.com. "550 5.7.0 Local Policy Violation - DMARC Reject" >/dev/null
is "$(line category)|$(line enhanced)|$(line gateway)" \
	"authfailure|5.7.0|proofpoint-enterprise (Proofpoint Enterprise, family proofpoint) by the host's name, customer 00123456" \
	"with the host that said it"
rules test --gateway google "550 5.7.27 no words" >/dev/null
is "$(line category) $(line rule | cut -d, -f1)" "authfailure google-spf (gateway rule)" "a rule of a gateway"
rules test "550 5.7.27 no words" >/dev/null
is "$(line category) $(line rule | cut -d, -f1)" "notaccept status-null-mx (enhanced status)" "and without it"
rules test --code 554 --enhanced 4.0.0 "no words" >/dev/null
is "$(line category) $(line rule | cut -d, -f1)" "undefined code-554 (basic code)" "codes given"
is "$(rules test --code 599 "no words" | sed -n 's/^rule *//p')" "none: nothing that we know fits" "nothing fits"
is "$(printf '421 a@example.com\n\n  250 ok\n' | "$ruadb" rules test | sed -n 's/^template *//p')" \
	"421 {address}
250 ok" "from standard input, one a line"
is "$("$ruadb" rules test --format json '550-5.1.1 <a@example.com>: no 550 5.1.1 "user unknown"' '250 ok' |
	python3 -c 'import json, sys
for l in sys.stdin:
    r = json.loads(l)
    print(r["category"], r["matched"], r["rule"], r["template"], r["code"], r["gives_by_url"], r["reply_ip"])')" \
	'userunknown fingerprint user-unknown 550 5.1.1 <{address}>: no "user unknown" 550 False None
delivered basic code code-accepted 250 ok 250 False None' "as JSON, on one line"
is "$(printf '421 \033[1m\377\n' | "$ruadb" rules test | sed -n 's/^reply *//p')" '421 \x1b[1m\xff' \
	"what a terminal would take for its own is shown"
is "$(rules | tail -1)|$(rules test --code 42 x | tail -1)|$(rules test --gateway nobody x | tail -1)|$(
	rules list x | tail -1)|$(rules test --format yaml x | tail -1)|$(rules test </dev/null | tail -1)" \
	"64|64|64|64|64|64" "usage"

# ---- list
is "$("$ruadb" rules list | grep -c .)" "$(grep -c '^\[[a-z]' "$place/replies.rules")" "list: all of our rules"
is "$("$ruadb" rules list | awk '{ print $1 }' | uniq | tr '\n' ' ')" "fingerprint gateway enhanced basic " \
	"in the order in which they are asked"
is "$("$ruadb" rules list --format json | python3 -c 'import json, sys
print(sum(len(json.loads(l)["examples"]) for l in sys.stdin))')" \
	"$(grep -c '^example ' "$place/replies.rules")" "as JSON, with examples"

# ---- a user's
mkdir "$tmp/mine"
cat >"$tmp/mine/mine.rules" <<END
[acme-throttle]
match    = slow down.{0,20}acme
category = speeding
meaning  = Acme takes ten mails a minute from us.

[dmarc]
off = yes

[gateway acme]
hosts = acme.example
END
mine() { "$ruadb" --set logs.rules_dir="$tmp/mine" "$@"; }
mine rules test --host mx1.acme.example "451 4.7.1 Slow down, please - Acme Mail" >"$tmp/said"
is "$(line category)|$(line rule)|$(line gateway)" \
	"speeding|acme-throttle (user rule), $tmp/mine/mine.rules:1|acme (acme, family acme) by the host's name" \
	"rules of a user go first"
is "$(mine rules list | head -1 | awk '{ print $1, $2, $4 }')|$(mine rules list | grep -c ' dmarc ')" \
	"user rule acme-throttle|0" "and take ours out"
echo "[acme-throttle" >"$tmp/mine/more.rules"
is "$(mine rules list 2>&1; echo $?)" "ruadb: $tmp/mine/more.rules:1: not like [NAME] or [gateway NAME], with a name of lower-case letters, digits, - and .
78" "a mistake is told with its place"
rm "$tmp/mine/more.rules"

# ---- what is said of them elsewhere
is "$(sed -n '/^\.Sh CATEGORIES/,/^\.El/s/^\.It Cm \([a-z]*\).*/\1/p' "$top_srcdir/man/ruadb-rules.5")" \
	"$(sed -n "s/^	('\([a-z]*\)',.*/\1/p" "$top_srcdir/sql/views/11_category.sql")" \
	"ruadb-rules(5) has the categories of the view"
is "$(sed -n '/^\.Sh CATEGORIES/,/^\.El/s/^\.It Cm \([a-z]*\) No \* .*/\1/p' "$top_srcdir/man/ruadb-rules.5" | tr '\n' ' ')" \
	"$(query "SELECT string_agg(word, ' ' ORDER BY word) FROM category WHERE affecting") " \
	"and those that make recipients affected"
is "$(query "SELECT count(*) FROM category WHERE affecting IS DISTINCT FROM ruadb.is_affecting(word)")" 0 \
	"which are the same everywhere"
is "$(query "SELECT count(DISTINCT word) = count(*), count(*) FILTER (WHERE meaning = '') FROM category")" "t|0" \
	"each once, with a meaning"

# ---- apply
cat >"$tmp/mail.log" <<END
2026-10-05T07:29:11.000000+00:00 mx postfix/qmgr[12]: 4XYZ1b2b3cz1c1C: from=<news@example.com>, size=900, nrcpt=2 (queue active)
2026-10-05T07:29:12.000000+00:00 mx postfix/smtp[34]: 4XYZ1b2b3cz1c1C: to=<a@example.net>, relay=mx1.acme.example[192.0.2.7]:25, delay=1, delays=0.5/0.1/0.2/0.2, dsn=4.7.1, status=deferred (host mx1.acme.example[192.0.2.7] said: 451 4.7.1 Slow down, please - Acme Mail (in reply to RCPT TO command))
2026-10-05T07:29:12.100000+00:00 mx postfix/smtp[34]: 4XYZ1b2b3cz1c1C: to=<b@example.net>, relay=mx1.acme.example[192.0.2.7]:25, delay=1, delays=0.5/0.1/0.2/0.2, dsn=5.7.0, status=bounced (host mx1.acme.example[192.0.2.7] said: 550 5.7.0 fails DMARC (in reply to end of DATA command))
END
ingest -q "$tmp/mail.log"
templates() { query "SELECT category, coalesce(rule, '-') FROM reply_template ORDER BY text"; }
is "$(templates)" "undefined|status-security-temporary
authfailure|dmarc" "stored as judged then"
is "$("$ruadb" rules apply)" "judged differently now: 0 hosts, 0 reply templates" "apply: nothing has changed"
is "$(mine rules apply)" "judged differently now: 1 hosts, 2 reply templates" "judged again by other rules"
is "$(templates)" "speeding|acme-throttle
policyviolation|status-security" "and stored so"
is "$(query "SELECT DISTINCT gateway FROM attempt")" acme "the host's gateway, too"
is "$(mine rules apply)" "judged differently now: 0 hosts, 0 reply templates" "once"
is "$(rules apply x | tail -1)" 64 "usage"
done_testing
