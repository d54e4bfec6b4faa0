#!/bin/sh
# t_mx - MX records as evidence of a recipient domain's gateway, where the log names none.
. "${top_srcdir:-.}/tests/it/lib.sh"
ready_home

# line TIME QUEUEID DOMAIN RELAY REST: a delivery line of Postfix.
line() { echo "2026-06-$1+00:00 mta1 postfix/smtp[7]: $2: to=<a@$3>, relay=$4, delay=1, delays=0/0/1/0, $5"; }
{
	line 01T10:00:00 0A1B2C3D01 named.example.net "mx0a-00123456.pphosted.com[198.51.100.7]:25" \
		"dsn=2.0.0, status=sent (250 2.0.0 ok)"
	line 01T10:00:01 0A1B2C3D02 dark.example.net "mail.dark.example.net[198.51.100.8]:25" \
		"dsn=4.7.0, status=deferred (host mail.dark.example.net[198.51.100.8] said: 450 4.7.0 not now (in reply to RCPT TO command))"
	line 20T10:00:00 0A1B2C3D03 dark.example.net "mail.dark.example.net[198.51.100.8]:25" \
		"dsn=2.0.0, status=sent (250 2.0.0 ok)"
} >"$tmp/mail.log"
"$ruadb" ingest -q "$tmp/mail.log"

gateways()
{
	query "SELECT day, recipient_domain, coalesce(gateway, '-'), coalesce(gateway_evidence, '-'),
		coalesce(gateway_customer, '-') FROM delivery ORDER BY 1, 2"
}
without="2026-06-01|dark.example.net|-|-|dark.example.net
2026-06-01|named.example.net|proofpoint-enterprise|peer|00123456
2026-06-20|dark.example.net|-|-|dark.example.net"
is "$(gateways)" "$without" "by the names in the log"

cat >"$tmp/zone" <<'ZONE'
; <<>> DiG <<>> mx
dark.example.net.	3600	IN	MX	10 MX0B-00777777.pphosted.com.
dark.example.net.	3600	IN	TXT	"v=spf1 -all"
named.example.net.	3600	IN	MX	10 mail.named.example.net.
none.example.net	3600	IN	MX	0 .
ZONE
is "$("$ruadb" mx import --at 2026-06-05 "$tmp/zone")" \
	"2 MX records: 1 of gateways that we know, 1 of others" "a snapshot in dig's form"
with="2026-06-01|dark.example.net|proofpoint-enterprise|mx|00777777
2026-06-01|named.example.net|proofpoint-enterprise|peer|00123456
2026-06-20|dark.example.net|-|-|dark.example.net"
is "$(gateways)" "$with" "it counts a week around, and behind the peer's name"
is "$(query "SELECT sum(tried) FROM impact WHERE gateway = 'proofpoint-enterprise'")" 2 \
	"cohorts follow before a refresh"
"$ruadb" db refresh >/dev/null
is "$(query "SELECT sum(tried) FROM impact WHERE gateway = 'proofpoint-enterprise'")" 2 "and after it"
printf 'dark.example.net,mx0b-00777777.pphosted.com\n' | "$ruadb" mx import -q --at 2026-06-05 -
is "$(gateways)" "$with" "the same again, as CSV on standard input, changes nothing"

printf 'dark.example.net\n' >"$tmp/bad"
status=0
"$ruadb" mx import "$tmp/bad" >"$tmp/out" 2>&1 || status=$?
is "$status: $(sed "s|$tmp/||" "$tmp/out")" \
	"65: ruadb: bad:1: 'dark.example.net' has no mail exchanger beside it" "a line without a host"
status=0
"$ruadb" mx import --at yesterday "$tmp/zone" >/dev/null 2>&1 || status=$?
is "$status" 64 "a day that is none"
status=0
"$ruadb" mx import "$tmp/nothing" >/dev/null 2>&1 || status=$?
is "$status" 78 "no such file"
done_testing
