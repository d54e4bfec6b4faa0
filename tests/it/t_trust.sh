#!/bin/sh
# t_trust - who sent a report (definitions A3): mails in files and mailboxes, forged ones among them,
# and what that does to what counts and is shown.
# shellcheck source=tests/it/lib.sh disable=SC2154
. "$top_srcdir/tests/it/lib.sh"
ready_home
# shellcheck source=tests/it/rows.sh
. "$top_srcdir/tests/it/rows.sh"
# shellcheck source=tests/it/dovecot.sh
. "$top_srcdir/tests/it/dovecot.sh"

mkdir "$tmp/in" "$tmp/mails"
tenant=1
query() { "$ruadb" --tenant "$tenant" sql -qAt -v ON_ERROR_STOP=1 -c "$1"; }

# mail ID ORG [MESSAGES]: a report of ORG's, sent by mail; standard input are the fields on top of it.
# Each has a content of its own: else they were near repeats.
mail()
{
	cat
	echo "192.0.2.1 ${3:-$(printf %s "$1" | cksum | cut -c1-4)} none pass pass - - example.com/s/pass -" |
		rows body.xml "$2" "$1" 2026-11-16 example.com '<p>none</p>'
	printf 'From: dmarc@%s\nSubject: Report Domain: example.com\nMIME-Version: 1.0\n' "$2"
	printf 'Content-Type: text/xml; name=a.xml\n\n'
	cat "$tmp/in/body.xml"
}
# put ID ORG [MESSAGES]: the same as a file.
put() { mail "$@" >"$tmp/mails/$1.eml"; }
ours() { printf 'Authentication-Results: mx.example.net;%s\n' "$1"; }
pass() { ours " dmarc=pass header.from=$1"; }
senders() { query "SELECT external_report_id, reporter_auth, auth_domain, auth_method, auth_relation
	FROM report WHERE tenant_id = tenant() ${1:+AND $1} ORDER BY external_report_id COLLATE \"C\""; }

# ---- mails in files

pass google.com | put a-dmarc google.com
ours ' dkim=fail header.d=x.example;
	dkim=pass (2048 bit) header.i=@mail.google.com;
	dmarc=none' | put b-dkim google.com
ours ' spf=pass smtp.mailfrom=bounce@reports.google.com' | put c-spf google.com
ours ' dmarc=fail header.from=google.com; spf=pass smtp.mailfrom=google.com' | put d-fail google.com
ours ' spf=softfail smtp.mailfrom=google.com; dkim=none' | put e-none google.com
pass evil.example | put f-unrelated google.com
: | put g-silent google.com
{ ours ' dmarc=fail header.from=google.com'; echo 'Received: from evil.example'; pass google.com; } |
	put h-below google.com
{ echo 'Authentication-Results: mx.example.org; dmarc=pass header.from=google.com'; ours ' none'; } |
	put i-other-id google.com
{ ours '
 spf=none smtp.mailfrom="x; dmarc=pass header.from=google.com"@evil.example;
 dmarc=none header.from=evil.example'; } | put j-quoted google.com
{ echo 'Authentication-Results: dmarc=pass header.from=google.com'; ours ' dkim=none'; } |
	put k-no-id google.com
pass reports.example.co.uk | put l-subdomain mail.example.co.uk
{
	printf 'From: me@example.net\nMIME-Version: 1.0\nContent-Type: message/rfc822\n\n'
	pass google.com | mail m-forwarded google.com
} >"$tmp/mails/m-forwarded.eml"

# What no settings say first: nobody is believed.
"$ruadb" -q ingest --no-refresh "$tmp/mails" >"$tmp/log" 2>&1
is "$(query "SELECT reporter_auth, count(*), count(auth_domain) FROM report GROUP BY 1")" \
	"unverified|13|0" "nobody is believed without authserv_id"
now 2026-11-20T12:00Z
report setup --format csv
is "$(cells step state found | sed -n 3p)" \
	"senders of reports verified|to do|13 reports by mail, 0 of them verified." "setup says so"

RUADB_INGEST_AUTHSERV_ID="other.example mx.example.net"
export RUADB_INGEST_AUTHSERV_ID
ingest --again --no-refresh --format json "$tmp/mails"
is "$(member reports_repeat) $(query "SELECT count(*) FROM report WHERE reporter_auth = 'verified'")" \
	"13 0" "known bytes are repeats"
ingest --reparse --no-refresh --format json "$tmp/mails"
verified="a-dmarc|verified|google.com|dmarc|both
b-dkim|verified|mail.google.com|dkim|both
c-spf|verified|reports.google.com|spf|both
l-subdomain|verified|reports.example.co.uk|dmarc|both"
is "$(member reports_repeat) $(senders "reporter_auth = 'verified'")" "13 $verified" \
	"read once more, with authserv_id: trust is raised"

# And with it from the beginning.
sender_of() { "$ruadb" inspect --format json "$1" | python3 -c 'import json, sys
r = json.load(sys.stdin)
print(*(r[k] or "" for k in ("external_report_id", "reporter_auth", "auth_domain", "auth_method",
    "auth_relation")), sep="|")
assert all(x["reporter_auth"] == r["reporter_auth"] for x in r["records"])'; }
all="a-dmarc|verified|google.com|dmarc|both
b-dkim|verified|mail.google.com|dkim|both
c-spf|verified|reports.google.com|spf|both
d-fail|failed|||
e-none|failed|||
f-unrelated|unverified|evil.example|dmarc|none
g-silent|unverified|||
h-below|failed|||
i-other-id|unverified|||
j-quoted|failed|||
k-no-id|failed|||
l-subdomain|verified|reports.example.co.uk|dmarc|both
m-forwarded|unverified|||"
is "$(for f in "$tmp"/mails/*; do sender_of "$f"; done)" "$all" "inspect: who sent each"
"$ruadb" inspect "$tmp/mails/a-dmarc.eml" "$tmp/mails/f-unrelated.eml" "$tmp/mails/d-fail.eml" \
	>"$tmp/out"
is "$(sed -n 's/^ *sender *//p' "$tmp/out")" \
	"verified: google.com by DMARC, as its name and address say
unverified: evil.example by DMARC, which is neither its name nor its address
failed" "in words"
RUADB_INGEST_AUTHSERV_FORM=microsoft
export RUADB_INGEST_AUTHSERV_FORM
is "$(sender_of "$tmp/mails/k-no-id.eml") $(sender_of "$tmp/mails/a-dmarc.eml")" \
	"k-no-id|verified|google.com|dmarc|both a-dmarc|unverified|||" "Microsoft's form"
unset RUADB_INGEST_AUTHSERV_FORM

# Another tenant meets them for the first time, in an mbox and in a zip.
for f in "$tmp"/mails/*; do
	echo 'From dmarc Mon Nov 16 00:00:00 2026'
	cat "$f"
	echo
done >"$tmp/all.mbox"
"$ruadb" --tenant 2 -q ingest --no-refresh "$tmp/all.mbox" >"$tmp/log" 2>&1
tenant=2
is "$(senders)" "$all" "an mbox: stored as each mail says"
is "$(query "SELECT r.reporter_auth, bool_and(c.reporter_auth = r.reporter_auth), count(*),
	bool_and(c.trusted = (r.reporter_auth = 'verified')) FROM report r JOIN record c USING (tenant_id, report_id)
	WHERE tenant_id = tenant() GROUP BY 1 ORDER BY 1")" "failed|t|5|t
unverified|t|4|t
verified|t|4|t" "and so do their records"

# ---- a repeat raises it, and never lowers it

one="$tmp/mails/one.eml"
admin() { psql "$("$ruadb" db url)" -XqAt -v ON_ERROR_STOP=1 -c "$1"; }
trust_of() { query "SELECT reporter_auth, auth_domain, auth_relation, counted FROM report
	WHERE tenant_id = tenant() AND external_report_id = '$1' ORDER BY messages"; }
: | put one google.com
"$ruadb" --tenant 2 -q ingest --no-refresh "$one" >"$tmp/log" 2>&1
is "$(trust_of one)" "unverified|||t" "a mail of which nothing is known"
pass google.com | put one google.com
"$ruadb" --tenant 2 -q ingest --no-refresh "$one" >"$tmp/log" 2>&1
is "$(trust_of one)" "verified|google.com|both|t" "comes again, verified"
ours ' dmarc=fail' | put one google.com
"$ruadb" --tenant 2 -q ingest --no-refresh "$one" "$tmp/in/body.xml" >"$tmp/log" 2>&1
is "$(trust_of one)" "verified|google.com|both|t" "again, forged, and as a file: it stays"

mkdir "$tmp/two"
pass google.com | mail two google.com >"$tmp/two/3.eml"
: | mail two google.com >"$tmp/two/1.eml"
cp "$tmp/in/body.xml" "$tmp/two/2.xml"
"$ruadb" --tenant 2 -q ingest --jobs 1 --no-refresh "$tmp/two" >"$tmp/log" 2>&1
is "$(trust_of two)" "verified|google.com|both|t" "a mail, a file and a verified mail in one run"

pass google.com | mail three google.com 7 >"$tmp/two/1.eml"
ours ' dmarc=fail' | mail three google.com 9000 >"$tmp/two/2.eml"
rm "$tmp/two/3.eml" "$tmp/two/2.xml"
"$ruadb" --tenant 2 -q ingest --no-refresh "$tmp/two" >"$tmp/log" 2>&1
is "$(trust_of three)" "verified|google.com|both|t
failed|||f" "a forged one that contradicts it does not count, however large"
pass google.com | mail three google.com 9000 >"$tmp/two/2.eml"
"$ruadb" --tenant 2 -q ingest --no-refresh "$tmp/two" >"$tmp/log" 2>&1
is "$(trust_of three)" "verified|google.com|both|f
verified|google.com|both|t" "until it is verified, too: the larger one"

# ---- what reports say of it

status=0
"$ruadb" --tenant 2 report reporters --param reporter=google.com --format csv >"$tmp/out" 2>"$tmp/err"
is "$(cells reports unverified failed verified verified_domains)" \
	"15|9|5|6|google.com, mail.google.com, reports.google.com" "reporters: what proved, and what failed"
is "$(cells note | grep -c '5 reports whose sender failed our server.s check. 1 report by mail of others')" \
	1 "in words"
"$ruadb" --tenant 2 report conflicts --format csv >"$tmp/out" 2>"$tmp/err"
is "$(cells kind report trust auth_domain counts | grep ^conflict)" \
	"conflict|three|verified|google.com|yes
conflict|three|verified|google.com|no" "conflicts: whose mail it was"
"$ruadb" --tenant 2 report ingest-health --format csv >"$tmp/out" 2>"$tmp/err"
is "$(cells reports_unverified reports_failed reports_verified)" "9|5|8" "ingest-health counts them"

# ---- and exports, where it is asked for
tenant_2()
{
	shape=$1
	shift
	"$ruadb" --tenant 2 export --as "parsedmarc-$shape" "$@" >"$tmp/out"
}
sent() { python3 -c 'import json, sys
for r in json.load(open(sys.argv[1])):
    m = r["report_metadata"]
    if m["report_id"] in ("a-dmarc", "f-unrelated", "g-silent"):
        print(m["report_id"], *[m.get(k, "-") for k in ("generator", "reporter_auth", "auth_domain",
              "auth_method", "auth_relation")], sep="|")' "$tmp/out"; }
if have_python; then
	tenant_2 json --sender
	is "$(sent)" "a-dmarc|None|verified|google.com|dmarc|both
f-unrelated|None|unverified|evil.example|dmarc|none
g-silent|None|unverified|None|None|None" "JSON"
	cp "$tmp/out" "$tmp/with"
	tenant_2 json
	python3 - "$tmp/with" "$tmp/out" >"$tmp/said" 2>&1 <<'END'
import json, sys
more, plain = (json.load(open(f)) for f in sys.argv[1:])
for r in more:
    m = r["report_metadata"]
    assert list(m)[-4:] == ["reporter_auth", "auth_domain", "auth_method", "auth_relation"], list(m)
    for k in list(m)[-4:]:
        del m[k]
assert more == plain, "something else differs"
END
	is "$(cat "$tmp/said")" "" "four members behind the others, and nothing else"
else
	skip "no Python" 2
fi
tenant_2 csv --sender
is "$(sed -n 1p "$tmp/out" | tr -d '\r' | sed 's/.*spf_results,/spf_results,/')$(
	)$(tr -d '\r' <"$tmp/out" | grep ,a-dmarc, | sed 's/.*,verified/ verified/')" \
	"spf_results,reporter_auth,auth_domain,auth_method,auth_relation verified,google.com,dmarc,both" "CSV"
tenant_2 csv
is "$(sed -n 1p "$tmp/out" | tr -d '\r' | sed 's/.*,//')" spf_results "parsedmarc's columns without it"

# ---- mailboxes: each account says who is believed of its mails

if have_dovecot && have_python; then
	unset RUADB_INGEST_AUTHSERV_ID PGOPTIONS
	tenant=1
	dovecot_start >"$tmp/log" 2>&1
	pass google.com | mail box-1 google.com >"$tmp/box.eml"
	mailbox_put alice INBOX "$tmp/box.eml"
	ours ' dmarc=fail' | mail box-2 google.com >"$tmp/box.eml"
	mailbox_put alice INBOX "$tmp/box.eml"
	account_conf main 'authserv_id = mx.example.net'
	ok "fetch" "$ruadb" --config "$conf" -q fetch --no-refresh
	is "$(senders "external_report_id LIKE 'box%'")" "box-1|verified|google.com|dmarc|both
box-2|failed|||" "an account's authserv_id"
	is "$(query "SELECT count(*) FROM report WHERE external_report_id LIKE 'box%'
		AND abs(extract(epoch FROM now() - arrived_at)) < 600")" 2 "and when they arrived"
	# Known bytes of a mail are parsed again: it may be known by now who sent it.
	: | mail box-3 google.com >"$tmp/box.eml"
	pass google.com | mail box-3 google.com >"$tmp/mails/box-3.eml"
	sed 's/$/\r/' "$tmp/mails/box-3.eml" >"$tmp/box.eml"
	"$ruadb" -q ingest --no-refresh "$tmp/box.eml" >"$tmp/log" 2>&1
	is "$(senders "external_report_id = 'box-3'")" "box-3|unverified|||" "a file first"
	mailbox_put alice INBOX "$tmp/box.eml"
	ok "fetched" "$ruadb" --config "$conf" -q fetch --no-refresh
	is "$(senders "external_report_id = 'box-3'")" "box-3|verified|google.com|dmarc|both" \
		"the same bytes in a mailbox whose server is believed"
	# What is read again out of quarantine is believed as its account says.
	pass google.com | mail box-4 google.com | sed 's/policy_published/unknown/g' >"$tmp/box.eml"
	mailbox_put alice INBOX "$tmp/box.eml"
	"$ruadb" --config "$conf" -q fetch --no-refresh >"$tmp/log" 2>&1
	is "$(query "SELECT source, count(*) FROM quarantine GROUP BY 1")" "imap|1" "one that can't be read"
	pass google.com | mail box-4 google.com | sed 's/$/\r/' >"$tmp/box.eml"
	# As if a parser that reads it had come: the bytes that were kept are others now.
	admin "UPDATE ruadb_data.original SET bytes = pg_read_binary_file('$tmp/box.eml'), encoding = 'raw',
		size = length(pg_read_binary_file('$tmp/box.eml')) WHERE sha256 = (SELECT sha256
		FROM ruadb_data.quarantine)"
	ok "read again" "$ruadb" --config "$conf" -q quarantine retry --all
	is "$(senders "external_report_id = 'box-4'") $(query "SELECT count(*) FROM quarantine")" \
		"box-4|verified|google.com|dmarc|both 0" "verified, and out of quarantine"
	is "$(query "SELECT outcome FROM mailbox_message WHERE uid = 4")" stored "its mail is known as stored"
else
	skip "no Dovecot" 10
fi

done_testing
