#!/bin/sh
# t_evidence - a case for a ticket: the small world of demo/, of which every number is known
# (make_deferral.py); its totals are those of the views; texts of strangers.
. "$top_srcdir/tests/it/lib.sh"

RUADB_CONFIG=$top_srcdir/demo/ruadb.conf
PGOPTIONS="-c ruadb.as_of=2026-11-15T12:00Z"
export RUADB_CONFIG PGOPTIONS
demo=$top_srcdir/demo

if have_python; then
	python3 "$here/make_deferral.py" "$tmp/again"
	ok "demo/ is what make_deferral.py makes" diff -r "$tmp/again/mail.log" "$demo/mail.log"
	ok "its reports too" diff -r "$tmp/again/reports" "$demo/reports"
else
	skip "no python3" 2
fi
ingest --format json "$demo/reports" "$demo/mail.log"
is "$status $(member attempts) $(member deliveries) $(member log_unreadable)" "0 416 354 0" \
	"log and reports are read"
"$ruadb" -q lookup add --kind ipcheck --value clean --checker Ann --ip 192.0.2.25 \
	--at 2026-11-15T09:00Z

evidence() { "$ruadb" report evidence --domain example.com --gateway proofpoint "$@"; }
evidence --format markdown >"$tmp/case.md"
# section TITLE: of the Markdown.
section() { sed -n "/^### $1\$/,/^### /p" "$tmp/case.md" | grep -v '^###' | grep .; }

is "$(section 'The case')" '| | |
|---|---|
| domain | example.com |
| source ip | 192.0.2.25 |
| gateways | proofpoint-enterprise |
| first observed | 2026-11-03 08:00 UTC |
| last observed | 2026-11-06 10:01 UTC |
| cohort days | 2026-11-03 to 2026-11-04 |
| severity | escalate (by share escalate, by outcome escalate) |
| affected there | 22 of 96 Proofpoint-fronted recipients (22.92%) |
| affected of all | 22 of 236 of all recipients of these days |
| wilson 95 | 15.65% to 32.27%, optimistic: recipients of one domain are not independent |
| small | no |
| deferred | 22 by a reply of their own, 22 with any temporary failure |
| affected domains | 6 of 6 recipient domains, most of them p1.example.net (4) |
| whose decision | gateway-wide: write to the platform or the gateway |
| affected | 22 |
| tried | 96 |
| tried everywhere | 236 |' "the case, with both denominators"
is "$(section 'What to do next')" \
	'- Track outcomes (421 deferral): 22 deliveries were deferred by a reply 421: temporary, not a rejection
- gather retry proof, do not resubmit the same address (clean lookup): 192.0.2.25 clean at ipcheck.proofpoint.com, Ann, 2026-11-15 09:00 UTC' \
	"what to do next"
is "$(section 'Replies, exactly as logged' | tail -1)" \
	'| 68 | 421 | greeting | badreputation | 421 Deferred - see https://ipcheck.proofpoint.com/?ip=192.0.2.25 | 2026-11-03 08:00:02+00 | 2026-11-06 10:01:19+00 | 22 |' \
	"the reply as logged, with how often and when"
is "$(section 'When they were given')" '- Stage greeting, 68 replies: these were given before the message was seen; authentication can matter only through reputation.' \
	"C9: before DATA"
is "$(section 'What became of the affected recipients' | sed 1,2d)" '| accepted later by the gateway | 16 |
| expired in the queue | 6 |' "outcomes"
is "$(section 'Retries and time in deferral of affected recipients' | sed 1,2d)" '| retries median | 2 |
| retries p90 | 5 |
| time in deferral median at least | 00:30:00 |
| time in deferral p90 at least | 120:00:00 |' "retries and time"
is "$(section 'How often they were tried again' | sed 1,3d)" '| 1 | 4 | 4 |
| 2 | 8 | 8 |
| 3 | 4 | 4 |
| 5 | 6 | 0 |' "the histogram of retries"
is "$(section 'Messages' | sed 1,2d | cut -d'|' -f3-6)" ' \<119.20261102@news.example.com\> | p1.example.net | accepted\_later | 1 
 \<127.20261102@news.example.com\> | p3.example.net | expired | 5 
 \<120.20261102@news.example.com\> | p2.example.net | accepted\_later | 1 
 \<247.20261102@news.example.com\> | p5.example.net | expired | 5 
 \<122.20261102@news.example.com\> | p4.example.net | accepted\_later | 1 ' \
	"five messages, of five recipient domains, accepted later and expired"
is "$(section 'Their history' | sed 1,2d | cut -d'|' -f2 | sort | uniq -c | tr -s ' ' | tr '\n' ';')" \
	" 2 1 ; 6 2 ; 2 3 ; 6 4 ; 2 5 ;" "each attempt of them"
is "$(section 'Authentication, by DMARC reports')" '- authenticated at google, microsoft (210 of 210); the deferring gateway sent no report
- no authentication defect visible
- Authentication evidence ends 2026-11-04, after the first deferral.' "the words of E3"
is "$(section 'The same by family of reporters' | sed 1,3d)" \
	'| google | 120 | 120 | 0 | 0 | 120 | 120 | 120 | 120 | 2026-11-04 | 120 | agrees |
| microsoft | 90 | 90 | 0 | 0 | 90 | 90 | 90 | 90 | 2026-11-04 | 90 | agrees |
| proofpoint | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | - | 138 | not comparable |' \
	"by family of reporters, beside what our logs say"
is "$(section 'Who else sends as the domain, unverified' | sed 1,2d | cut -d'|' -f2-5)" \
	' 203.0.113.0/24 | 27 | 0 | 27 ' "who else sends as the domain"
is "$(section 'What was looked up by hand' | grep ipcheck | cut -d'|' -f2-6,9)" \
	' ipcheck | 192.0.2.25 | - | - | clean | no ' "what was looked up"
ok "as of when" grep -q '^As of 2026-11-15 12:00 UTC; settled to 2026-11-04; 2 reporters seen' "$tmp/case.md"

# ---- totals are those of the views, by the queries that are printed
evidence --format json >"$tmp/case.json"
if have_python; then
	python3 - "$tmp/case.json" "$tmp/queries" <<'END'
import json, os, sys
os.mkdir(sys.argv[2])
for name, x in json.load(open(sys.argv[1])).items():
    with open("%s/%s.sql" % (sys.argv[2], name), "w") as f:
        f.write(x["query"])
END
	# told SECTION COLUMNS: what the printed query of a section gives.
	told() { query "SELECT $2 FROM ($(cat "$tmp/queries/$1.sql")) q"; }
	is "$(told case 'affected, tried, tried_everywhere')" "$(query "SELECT sum(affected)
			FILTER (WHERE gateway_family = 'proofpoint'), sum(tried)
			FILTER (WHERE gateway_family = 'proofpoint'), sum(tried) FROM impact
		WHERE domain = 'example.com' AND day BETWEEN '2026-11-03' AND '2026-11-04'")" \
		"affected and tried: those of view impact"
	is "$(told case 'affected, tried, tried_everywhere')" "$(query "SELECT count(DISTINCT (day,
			recipient_key)) FILTER (WHERE affected AND gateway_family = 'proofpoint'),
			count(DISTINCT (day, recipient_key)) FILTER (WHERE gateway_family = 'proofpoint'),
			count(DISTINCT (day, recipient_key)) FROM delivery
		WHERE domain = 'example.com' AND day BETWEEN '2026-11-03' AND '2026-11-04'")" \
		"and those of view delivery"
	is "$(told outcomes 'sum(recipients)')|$(told histogram 'sum(recipients)')" "22|22" \
		"outcomes and retries add up to the affected"
	is "$(told replies 'sum(times)')" "$(query "SELECT count(*) FROM attempt a WHERE kind = 'attempt'
		AND outcome = 'deferred' AND gateway = 'proofpoint-enterprise'")" "replies: those of view attempt"
	is "$(told families "sum(messages) || ' ' || sum(pass)")" "$(query "SELECT sum(messages) || ' '
		|| sum(messages) FILTER (WHERE dmarc_pass) FROM record_on_day WHERE counted
		AND source_ip = '192.0.2.25' AND day BETWEEN '2026-11-01' AND '2026-11-07'")" \
		"authentication: that of view record_on_day"
	is "$(told families 'sum(accepted)')" "$(query "SELECT count(*) FROM delivery WHERE accepted_at
		IS NOT NULL AND gateway IS NOT NULL")" "accepted: those of view delivery"
	is "$(told unverified 'sum(messages)')" "$(query "SELECT sum(messages) FROM record_on_day
		WHERE counted AND dmarc_pass IS FALSE")" "unverified senders: those of view record_on_day"
	is "$(told history 'count(*)')" "$(query "SELECT count(*) FROM attempt a JOIN delivery d
		USING (delivery_id) WHERE d.message_id IN ($(told samples \
		"string_agg(quote_literal(message_id), ', ')"))")" "histories: all attempts of the messages"
	is "$(grep -c '^```sql$' "$tmp/case.md")" 14 "Markdown has the query of each section that is there"
else
	skip "no python3" 9
fi
evidence --ip 192.0.2.25 --format json >"$tmp/one.json"
is "$(grep -v '"query"' "$tmp/one.json")" "$(grep -v '"query"' "$tmp/case.json")" \
	"--ip: the same, where there is one address"
"$ruadb" report evidence --domain example.com --gateway proofpoint --ip 192.0.2.99 \
	--format markdown >"$tmp/none.md"
is "$(sed -n '/^### The case/,/^### What/p' "$tmp/none.md" | sed -n 3p)" "No rows." "another address: nothing"
is "$("$ruadb" report evidence --domain EXAMPLE.com. --gateway Proofpoint-Enterprise --format json |
	grep -c '"affected": 22')" 1 "a gateway in place of its family, in any case"
"$ruadb" report evidence --gateway proofpoint >"$tmp/out" 2>&1
is "$?" 78 "a domain is needed"

# ---- reports on the join
report() { "$ruadb" report "$@" --format tsv | sed 1d; }
is "$(report authenticated-but-deferred | cut -f1-5,8-11)" "example.com	192.0.2.25	proofpoint	22	96	authenticated at google, microsoft (210 of 210); the deferring gateway sent no report	no authentication defect visible	Authentication evidence ends 2026-11-04, after the first deferral.	other_receivers" \
	"authenticated-but-deferred"
is "$(report own-but-unauthenticated --since 2026-11-01 | wc -l)" 0 "own-but-unauthenticated: none"
is "$(report next-step | cut -f3-6)" "proofpoint	1	true	421 deferral
proofpoint	2	false	clean lookup" "next-step"
is "$(report reported-but-not-ours | cut -f2,3,8,9)" "203.0.113.0/24	27	not in the logs we have	news: its logs do not reach from 2026-10-06 to 2026-11-04" \
	"reported-but-not-ours: a window that the logs do not cover"

# ---- texts of strangers, in a ticket
hostile=$(printf '450 4.7.1 | <b>`x`</b> *a* [l](http://h.example.org) \033[31mred \302\205 # +1')
cat >"$tmp/hostile.log" <<END
2026-11-07T10:00:00+00:00 mx1 postfix-news/cleanup[1]: 7A0000000F1: message-id=<a|b\`c@news.example.com>
2026-11-07T10:00:00+00:00 mx1 postfix-news/qmgr[2]: 7A0000000F1: from=<news@example.com>, size=1, nrcpt=1 (queue active)
2026-11-07T10:00:01+00:00 mx1 postfix-news/smtp[3]: 7A0000000F1: to=<x@q.example.net>, relay=mx.mimecast.com[198.51.100.9]:25, delay=1, delays=0/0/1/0, dsn=4.7.1, status=deferred (host mx.mimecast.com[198.51.100.9] said: $hostile (in reply to RCPT TO command))
END
ingest "$tmp/hostile.log"
"$ruadb" report evidence --domain example.com --gateway mimecast --format markdown >"$tmp/hostile.md"
cat "$tmp/hostile.md" >"$tmp/case.md"
section 'Their history' >"$tmp/hostile"
ok "its reply is there" grep -q '450 4.7.1' "$tmp/hostile"
is "$(sed 1,2d "$tmp/hostile" | sed 's/\\[]\\`*_[<>|~&#!]//g' | grep -cE '[]`*_[<>]')" 0 \
	"what Markdown would act on is escaped"
is "$(grep -c "$(printf '\033')" "$tmp/hostile.md")|$(grep -c "$(printf '\302\205')" "$tmp/hostile.md")" "0|0" \
	"control characters are made visible"
is "$(sed '/^### Queries/,$d' "$tmp/hostile.md" | awk '
	/^\|/ { line = $0; gsub(/\\\|/, "", line); n = gsub(/\|/, "", line); if (!table) table = n
		if (n != table) print; next }
	{ table = 0 }')" "" "each row of a table has as many cells as its head"
"$ruadb" report evidence --domain example.com --gateway 'x'"'"'; DROP TABLE y; --
```' --format markdown >"$tmp/fence.md"
is "$?|$(grep -c '^```sql$' "$tmp/fence.md")" "0|$(grep -c '^```$' "$tmp/fence.md")" \
	"a gateway that is hostile does not end the fences"
done_testing
