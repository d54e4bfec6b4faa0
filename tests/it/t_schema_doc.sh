#!/bin/sh
# t_schema_doc - what analysts are told of the schema: the manual page is that of the comments, the
# worked questions run and give rows that make sense, times are what dashboards want.
. "$top_srcdir/tests/it/lib.sh"
ready_home

page=$top_srcdir/man/ruadb-schema.7
questions=$top_srcdir/sql/queries/questions.sql

# ---- the page, out of a fresh database
"$ruadb" db doc --man >"$tmp/page" 2>"$tmp/err"
is "$?" 0 "db doc --man"
ok "man/ruadb-schema.7 is what the comments say (if not: make schema-man)" diff "$page" "$tmp/page"
if command -v mandoc >/dev/null; then
	mandoc -Tlint "$page" 2>&1 | grep -vE 'mandoc\.db|referenced manual not found' >"$tmp/lint"
	is "$(cat "$tmp/lint")" "" "mandoc finds no fault"
else
	skip "no mandoc" 1
fi
"$ruadb" db doc >"$tmp/schema.md"
for view in $(query "SELECT relname FROM pg_class WHERE relnamespace = 'ruadb'::regnamespace
	AND relkind = 'v'"); do
	grep -q "^### $(echo "$view" | sed 's/_/\\\\_/g')\$" "$tmp/schema.md" || echo "Markdown: $view"
	grep -q "^\.Ss \"$view\\\\&\"\$" "$tmp/page" || echo "page: $view"
done >"$tmp/said"
is "$(cat "$tmp/said")" "" "every view is in both"
is "$(grep -c '| *|$' "$tmp/schema.md")" 0 "no column, function or setting without words"
is "$(grep -c '^| `.*` | `.*` | ' "$tmp/schema.md")" "$(query "SELECT
	(SELECT count(*) FROM information_schema.columns WHERE table_schema = 'ruadb')
	+ (SELECT count(*) FROM pg_proc WHERE pronamespace = 'ruadb'::regnamespace)
	+ (SELECT count(*) FROM setting)")" "all of them are there"

# ---- times
is "$(query "SELECT table_name || '.' || column_name FROM information_schema.columns
	WHERE table_schema = 'ruadb' AND data_type LIKE 'timestamp without%'")" "" \
	"no column is a timestamp without time zone"
is "$(query "SELECT table_name || '.' || column_name FROM information_schema.columns
	WHERE table_schema = 'ruadb' AND column_name LIKE '%\\_at'
	AND data_type <> 'timestamp with time zone'")" "" "every *_at is timestamptz"

# ---- the questions
awk -v to="$tmp/q" '/^-- question: / { n++ } n { print > (to n ".sql") }' "$questions"
is "$(ls "$tmp"/q*.sql | wc -l)" 15 "fifteen questions"
for q in "$tmp"/q*.sql; do
	title=$(sed -n 's/^-- question: //p' "$q")
	grep -qxF "### $title" "$tmp/schema.md" || echo "Markdown: $title"
	grep -qF ".Ss \"$title" "$tmp/page" || echo "page: $title"
	# In Markdown the statement stands as it is in the file.
	grep -v -e '^-- ' -e '^$' "$q" | while IFS= read -r line; do
		grep -qxF -- "$line" "$tmp/schema.md" || echo "$title: $line"
	done
	grep -q 'WHERE .*tenant_id = tenant()' "$q" || echo "$title: for all tenants"
	[ "$(grep -c ';$' "$q")" = 1 ] || echo "$title: not one statement"
done >"$tmp/said"
is "$(cat "$tmp/said")" "" "each is in both documents, whole"

# a_report NAME ADDRESS DKIM: a report of 2026-11-13, with 40 messages of an address.
a_report()
{
	begin=$(date -u -d 2026-11-13 +%s)
	cat >"$tmp/$1.xml" <<-END
	<feedback><report_metadata><org_name>example mail</org_name><email>d@example.net</email>
	<report_id>$1</report_id><date_range><begin>$begin</begin><end>$((begin + 86399))</end>
	</date_range></report_metadata><policy_published><domain>example.com</domain>
	<p>quarantine</p></policy_published><record><row><source_ip>$2</source_ip>
	<count>40</count><policy_evaluated><disposition>none</disposition><dkim>$3</dkim>
	<spf>fail</spf></policy_evaluated></row><identifiers><header_from>example.com</header_from>
	</identifiers><auth_results><dkim><domain>example.com</domain><selector>new1</selector>
	<result>$3</result></dkim></auth_results></record></feedback>
	END
}
ingest --format json "$samples"
a_report new 2001:db8:77::1 pass
ingest --format json "$tmp/new.xml"
is "$status $(member reports_stored)" "0 1" "samples, and one source that is new"
cat >"$tmp/mail.log" <<'END'
2026-11-20T10:00:00+00:00 mx1 postfix/smtpd[100]: 4A7B2C1D3E: client=app.example.com[192.0.2.9]
2026-11-20T10:00:00+00:00 mx1 postfix/cleanup[101]: 4A7B2C1D3E: message-id=<one@example.com>
2026-11-20T10:00:00+00:00 mx1 postfix/qmgr[102]: 4A7B2C1D3E: from=<news@example.com>, size=1000, nrcpt=2 (queue active)
2026-11-20T10:00:02+00:00 mx1 postfix/smtp[103]: 4A7B2C1D3E: to=<a@r.example>, relay=mx0a-0012ab01.pphosted.com[198.51.100.1]:25, delay=2, delays=0.1/0/1/0.9, dsn=4.0.0, status=deferred (host mx0a-0012ab01.pphosted.com[198.51.100.1] refused to talk to me: 421 Deferred - see https://ipcheck.proofpoint.com/?ip=192.0.2.25)
2026-11-20T10:00:03+00:00 mx1 postfix/smtp[104]: 4A7B2C1D3E: to=<b@r.example>, relay=mx0b-0012ab01.pphosted.com[198.51.100.2]:25, delay=3, delays=0.1/0/1/1.9, dsn=2.0.0, status=sent (250 2.0.0 ok)
2026-11-20T10:20:00+00:00 mx1 postfix/smtp[105]: 4A7B2C1D3E: to=<a@r.example>, relay=mx0a-0012ab01.pphosted.com[198.51.100.1]:25, delay=1200, delays=1198/0/1/1, dsn=2.0.0, status=sent (250 2.0.0 ok)
2026-11-20T10:20:00+00:00 mx1 postfix/qmgr[102]: 4A7B2C1D3E: removed
END
ingest --format json "$tmp/mail.log"
is "$status $(member deliveries)" "0 2" "a log of two deliveries"
# All is as of ten days after the last report, whenever the test runs.
PGOPTIONS="-c ruadb.as_of='2026-11-23T00:00Z'"
export PGOPTIONS
"$ruadb" db refresh >/dev/null 2>&1
# ask N: the answer to question N.
ask() { "$ruadb" sql -qAt -v ON_ERROR_STOP=1 -f "$tmp/q$1.sql"; }
for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
	ask $n >"$tmp/a$n" 2>"$tmp/err" || cat "$tmp/err"
	[ -s "$tmp/a$n" ] || echo "no rows: $(head -1 "$tmp/q$n.sql")"
done >"$tmp/said"
is "$(cat "$tmp/said")" "" "each runs and has rows"
column() { cut -d '|' -f "$2" "$tmp/a$1"; }
is "$(column 1 1,2 | head -1)" "example.com|203.0.113.0/24" "unverified: the spoofer of example.com first"
is "$(cut -d '|' -f 3,4 "$tmp/a1" | awk -F '|' '$1 != $2' | wc -l)" 0 "none of their mail passes"
is "$(column 2 1,2,3,5 | grep '^example.com|')" "example.com|2001:db8:77::/64|2026-11-13|40" \
	"new this week: the new one alone"
is "$(grep '^2026-10-26.*|example.net|' "$tmp/a3")" "2026-10-26 00:00:00+00|example.net|0.0" \
	"pass rate: a day on which nothing passed is 0.0"
is "$(awk -F '|' '$3 != "" && ($3 < 0 || $3 > 100)' "$tmp/a3" | wc -l)" 0 "and none beyond 100"
is "$(grep '|lab.example.org|lab|' "$tmp/a4" | cut -d '|' -f 2,3,7)" "lab.example.org|lab|fading" "selectors: one fades"
is "$(grep '|new1|' "$tmp/a4" | cut -d '|' -f 4,5,7)" "40|0|in use" "one is new"
is "$(awk -F '|' '{ n += $4 } END { print n }' "$tmp/a5")" "$(query "SELECT sum(messages)
	FROM record_on_day WHERE counted AND organizational_domain = 'example.com'
	AND source_ip <<= '198.51.100.0/24'")" "a source's history adds up to its records"
is "$(column 6 2,4,5 | grep mx.example.org)" "mx.example.org|nothing sent|2026-10-31" \
	"silent reporters: since when, and that no log says more"
is "$(column 7 1 | head -1)" example.com "readiness: most mail first"
is "$(awk -F '|' '$3 == "bounce.esp.example.net" && $5 != ""' "$tmp/a8" | wc -l)" 0 \
	"envelope domains: somebody else's is never aligned"
ok "overrides: a forwarder that a receiver knows" grep -q '|forwarded|known forwarder|' "$tmp/a9"
is "$(awk -F '|' '$2 > $3 || $2 < 1' "$tmp/a10" | wc -l)" 0 "reporters that disagree: part of what was compared"
ok "among them one that we know of" grep -q '^mx.example.org|' "$tmp/a10"
is "$(awk -F '|' '{ d = $3 - $4; d = d < 0 ? -d : d; if (NR > 1 && d > last) print; last = d }' \
	"$tmp/a11")" "" "changes: the largest first"
is "$(column 12 2,3,6,9 | grep 'same-1')" "lab.example.org|same-1|2|26" \
	"conflicts: one of two counts"
is "$(column 13 1,4-7,12)" "proofpoint|1|2|2|50.00|1" "impact: one of two was put off, and accepted later"
is "$(column 14 1,4,5,7,8,11)" "<one@example.com>|accepted_later|2026-11-20 10:00:02+00|deferred|greeting|$(
	)421 Deferred - see https://ipcheck.proofpoint.com/?ip=192.0.2.25
<one@example.com>|accepted_later|2026-11-20 10:20:00+00|accepted|end of data|250 2.0.0 ok
<one@example.com>|accepted_first|2026-11-20 10:00:03+00|accepted|end of data|250 2.0.0 ok" \
	"an address that replies name: its mail, answer by answer"
is "$(column 15 1-3)" "2026-11-20 00:00:00+00|proofpoint|50.00" "the share of a day"

# ---- a dashboard: a role of its own, in another time zone
psql "$("$ruadb" db url)" -qAt -c "CREATE ROLE dashboards LOGIN IN ROLE ruadb_read" \
	-c "ALTER ROLE dashboards SET search_path = ruadb" \
	-c "ALTER ROLE dashboards SET timezone = 'America/New_York'"
socket=$("$ruadb" db status | sed -n 's/^socket: //p')
on_dashboard() { psql -XqAt -h "$socket" -d ruadb -U dashboards -v ON_ERROR_STOP=1 "$@"; }
on_dashboard -f "$tmp/q3.sql" -o "$tmp/there" 2>"$tmp/err" || cat "$tmp/err"
is "$(wc -l <"$tmp/there")" "$(wc -l <"$tmp/a3")" "a role of ruadb_read asks the same"
is "$(on_dashboard -c "SELECT pg_typeof(time), extract(epoch FROM min(time))::bigint % 86400
	FROM ($(sed 's/;$//' "$tmp/q3.sql")
	) q GROUP BY 1")" "timestamp with time zone|0" "time is an instant: midnight in UTC"
done_testing
