# t_def_reports - definitions A1 to A4: each sentence as an example, with rows worked out by hand.
. "$top_srcdir/tests/it/lib.sh"
ready_home

admin() { psql "$("$ruadb" db url)" -XqAt -v ON_ERROR_STOP=1 -c "$1"; }
day0=1790812800 # 2026-10-01 00:00 UTC

# xml ID BEGIN END RECORD...: a report of $org and $domain. RECORD: ip,count[,disposition[,from
# [,envelope_from]]]; "-" for an element that is not there.
org="Reporter.Example" domain=example.com
xml()
{
	printf '<feedback><report_metadata><org_name>%s</org_name><email>a@mail.example.net</email>' \
		"$org"
	printf '<report_id>%s</report_id><date_range><begin>%s</begin><end>%s</end></date_range>' \
		"$1" "$2" "$3"
	printf '</report_metadata><policy_published><domain>%s</domain><p>none</p></policy_published>\n' \
		"$domain"
	shift 3
	for record; do
		echo "$record" | awk -F, '{
			d = NF > 2 ? $3 : "none"; f = NF > 3 ? $4 : "example.com"; e = NF > 4 ? $5 : "-"
			printf "<record><row><source_ip>%s</source_ip><count>%s</count>", $1, $2
			printf "<policy_evaluated><disposition>%s</disposition><dkim>fail</dkim>", d
			printf "<spf>fail</spf></policy_evaluated></row><identifiers>"
			if (f != "-") printf "<header_from>%s</header_from>", f
			if (e != "-") printf "<envelope_from>%s</envelope_from>", e
			print "</identifiers><auth_results><spf><domain>example.org</domain>" \
				"<result>fail</result></spf></auth_results></record>"
		}'
	done
	echo '</feedback>'
}

# mailed FILE: the same as a mail
mailed()
{
	printf 'From: a@mail.example.net\nSubject: Report\nMIME-Version: 1.0\n'
	printf 'Content-Type: application/xml\nContent-Disposition: attachment; filename="r.xml"\n\n'
	cat "$1"
}

fresh()
{
	admin "TRUNCATE ruadb_data.batch, ruadb_data.domain, ruadb_data.reporter, ruadb_data.report,
		ruadb_data.report_day_part, ruadb_data.record, ruadb_data.record_day,
		ruadb_data.ledger, ruadb_data.original, ruadb_data.auth_set, ruadb_data.live_day,
		ruadb_data.source_day, ruadb_data.source_seen, ruadb_data.source_class_current,
		ruadb_data.class_stale, ruadb_data.own_domain"
	rm -rf "$tmp/in"
	mkdir "$tmp/in"
}

# in FILE...: one run for each, in this order
in_order()
{
	for f; do
		ingest --no-refresh --jobs 1 --format json "$f"
		[ "$status" -eq 0 ] || { echo "# ingest $f: $status"; cat "$tmp/err"; }
	done
}

# What a reader has to find equal at any moment: sums by source of the rollup and of the records.
difference="SELECT count(*) FROM (
	SELECT policy_domain, day, source_ip, sum(messages) AS m,
		coalesce(sum(messages) FILTER (WHERE NOT dmarc_pass), 0) AS f,
		coalesce(sum(messages) FILTER (WHERE disposition = 'quarantine'), 0) AS q
	FROM record_on_day WHERE counted AND messages > 0 GROUP BY 1, 2, 3) a
FULL JOIN (SELECT policy_domain, day, source_ip, sum(messages) AS m, sum(fail) AS f,
	sum(quarantine) AS q FROM source_on_day GROUP BY 1, 2, 3) b
ON (a.policy_domain, a.source_ip) = (b.policy_domain, b.source_ip)
	AND a.day IS NOT DISTINCT FROM b.day
WHERE (a.m, a.f, a.q) IS DISTINCT FROM (b.m, b.f, b.q)"

# consistent NAME: before and after a refresh the sums are equal, and first and last days right
consistent()
{
	is "$(query "$difference")" 0 "$1: by source as by record, before the refresh"
	ok "$1: a refresh" "$ruadb" db refresh
	is "$(query "$difference; SELECT count(*) FROM ruadb_data.live_day WHERE unsettled IS NULL;
		SELECT count(*) FROM (SELECT policy_domain, source_ip, min(day) AS a, max(day) AS b
			FROM record_on_day WHERE counted AND messages > 0 AND day IS NOT NULL
			GROUP BY 1, 2) r
		FULL JOIN (SELECT d.name AS policy_domain, s.source_ip, s.first_day AS a,
			s.last_day AS b FROM ruadb_data.source_seen s
			JOIN ruadb_data.domain d USING (tenant_id, domain_id)) s
			USING (policy_domain, source_ip, a, b)
		WHERE r IS NULL OR s IS NULL")" "0
0
0" "$1: and behind it; first and last days are those of the records"
}

"$ruadb" db start >"$tmp/ok.out"
query "SELECT 1" >"$tmp/ok.out"

echo "# A1: identity"
fresh
end0=$((day0 + 86399))
xml r1 $day0 $end0 192.0.2.1,10 >"$tmp/in/1.xml"
org=" reporter.EXAMPLE. " domain=" Example.COM. "
xml " r1 " $day0.75 $end0.2 192.0.2.1,10 | sed 's/></>\n </g' >"$tmp/in/2.xml"
org="Reporter.Example" domain=example.com
xml "<r1>" $day0 $end0 192.0.2.1,10 >"$tmp/in/3.xml"
org="Mail.Example.Net"
xml r1 $day0 $end0 192.0.2.1,10 >"$tmp/in/4.xml"
org=""
xml r1 $day0 $end0 192.0.2.1,10 >"$tmp/in/5.xml"
org="Reporter.Example"
xml r1 $day0 $((end0 + 1)) 192.0.2.1,10 >"$tmp/in/6.xml"
xml r1 $day0 $end0 192.0.2.1,11 >"$tmp/in/7.xml"
got=$(for i in 1 2 3 4 5 6 7; do
	in_order "$tmp/in/$i.xml"
	echo "$i $(member reports_stored) $(member reports_repeat) $(member reports_near_repeat) \
$(member reports_conflict)"
done)
is "$got" "1 1 0 0 0
2 0 1 0 0
3 1 0 1 0
4 1 0 0 0
5 0 1 0 0
6 1 0 0 0
7 1 0 0 1" "stored, repeat, near repeat, conflict: case, dots, blanks, fractions, white space do \
not matter; brackets, range, content do; no org_name is the domain of email"
is "$(query "SELECT reporter, external_report_id, counted, near_repeat, conflict, messages
	FROM report ORDER BY report_id")" "reporter.example|r1|f|f|t|10
reporter.example|<r1>|f|t|f|10
mail.example.net|r1|t|f|f|10
reporter.example|r1|t|f|f|10
reporter.example|r1|t|f|t|11" "of the three accounts of the same mail one counts: the larger"
is "$(query "SELECT count(*) FROM report_overlap")" 1 "ranges that overlap are flagged"

fresh
xml p1 $day0 $end0 192.0.2.1,10 192.0.2.2,5 >"$tmp/in/whole.xml"
sed '$d' "$tmp/in/whole.xml" | head -c 700 >"$tmp/in/part.xml"
in_order "$tmp/in/part.xml"
is "$(query "SELECT state, counted FROM report")" "partial|t" "a part counts while there is no more"
in_order "$tmp/in/whole.xml"
is "$(query "SELECT state, counted, conflict, supplement FROM report ORDER BY report_id")" \
	"partial|f|f|f
complete|t|f|f" "the complete report supersedes it, and does not contradict it"
consistent "superseded"

echo "# A2: what counts"
# Three contents of one identity.
v1="192.0.2.1,10 192.0.2.2,10" v2="192.0.2.2,10 192.0.2.3,30" v3="192.0.2.9,5"
variants()
{
	xml id $day0 $end0 $v1 >"$tmp/in/a.xml"
	xml id $day0 $end0 $v2 >"$tmp/in/b.xml"
	xml id $day0 $end0 $v3 >"$tmp/in/c.xml"
}
counts="SELECT coalesce(string_agg(messages || CASE WHEN supplement THEN 's' ELSE '' END, ' '
	ORDER BY messages), '') FROM report WHERE counted"
# permuted [FILES]: what counts after they came in each order, FILES of them as mails; and, where
# none is a mail, $tmp/at_once: after they came in one transaction
permuted()
{
	for order in "a b c" "a c b" "b a c" "b c a" "c a b" "c b a"; do
		fresh
		variants
		for f in $order; do
			[ -z "${1:-}" ] || ! echo "$1" | grep -q "$f" || {
				mailed "$tmp/in/$f.xml" >"$tmp/in/$f.eml"
				rm "$tmp/in/$f.xml"
			}
			in_order "$tmp/in/$f".*
		done
		query "$counts"
		[ "$order" != "c b a" ] || "$ruadb" db refresh >"$tmp/ok.out"
		[ "$(query "$difference")" = 0 ] || echo "rollup differs"
	done | sort -u
	fresh
	variants
	[ -n "${1:-}" ] || { # all in one transaction
		in_order "$tmp/in"
		query "$counts" >"$tmp/at_once"
	}
}
is "$(permuted)" 40 "a sender is in two of them: one counts, the larger; in any order"
is "$(cat "$tmp/at_once")" 40 "and in one transaction"
v2="192.0.2.3,30"
is "$(permuted)" "5s 20s 30s" "no sender is in two: all three count; in any order"
is "$(cat "$tmp/at_once")" "5s 20s 30s" "and in one transaction"
is "$(permuted b)" "5s 20s" "a mailed one is less trusted: only the files count"
is "$(permuted ab)" "5" "a file counts alone against two mails"
v2="192.0.2.2,30,quarantine"
is "$(permuted)" "5s 20s 30s" "another disposition is another sender"
v2="192.0.2.2,30,none,news.example.com"
is "$(permuted)" "5s 20s 30s" "another From domain"
v2="192.0.2.2,30,none,example.com,bounce.example.com"
is "$(permuted)" "5s 20s 30s" "another envelope domain"
v1="192.0.2.1,10 192.0.2.2,10,none,-,-"
is "$(permuted)" "5s 20s 30s" "none is another than some"
v2="192.0.2.2,30,none,-,-"
is "$(permuted)" 30 "none is as none"
v1="192.0.2.1,10 192.0.2.2,10,none,example.com,example.com"
v2="192.0.2.2,30,none,example.com,example.com"
is "$(permuted)" 30 "and what is stored short is the same in both"

fresh
v1=192.0.2.1,20 v2=192.0.2.3,30
variants
in_order "$tmp/in/a.xml" "$tmp/in/b.xml"
xml other $day0 $end0 192.0.2.3,30 >"$tmp/in/near.xml"
in_order "$tmp/in/near.xml"
is "$(query "$counts")" "20s 30s" "a near repeat of a part of it never counts"
consistent "supplement with a near repeat"

fresh
variants
mailed "$tmp/in/a.xml" >"$tmp/in/a.eml"
in_order "$tmp/in/a.eml" "$tmp/in/b.xml"
is "$(query "$counts")" 30 "mail and file: the file counts"
"$ruadb" db refresh >"$tmp/ok.out"
in_order "$tmp/in/a.xml"
is "$(query "$counts"): $(query "SELECT reporter_auth FROM report WHERE messages = 20")" \
	"20s 30s: local" "the same as a file raises its trust, and it is decided again"
consistent "raised"
admin "UPDATE ruadb_data.report SET reporter_auth = 'v' WHERE messages = 30"
in_order "$tmp/in/c.xml"
is "$(query "$counts")" 30 "verified before local, when the next one comes"
consistent "verified"

fresh
xml id $day0 $((day0 + 35 * 86400)) 192.0.2.1,20 >"$tmp/in/a.xml"
xml id $day0 $((day0 + 35 * 86400)) 192.0.2.3,30 >"$tmp/in/b.xml"
xml id $day0 $((day0 + 35 * 86400)) 192.0.2.3,7 >"$tmp/in/c.xml"
in_order "$tmp/in/a.xml" "$tmp/in/b.xml"
is "$(query "$counts")" "20s 30s" "reports of no day supplement each other, too"
in_order "$tmp/in/c.xml"
is "$(query "$counts")" 30 "and a third that shares a sender ends it"
consistent "no day"

echo "# A3: trust"
fresh
xml one $day0 $end0 192.0.2.1,10 >"$tmp/in/1.xml"
mailed "$tmp/in/1.xml" >"$tmp/in/1.eml"
in_order "$tmp/in/1.eml"
is "$(query "SELECT reporter_auth, counted FROM report")" "unverified|t" \
	"a mail, without a configured authserv_id: unverified; totals show it"
in_order "$tmp/in/1.xml"
is "$(query "SELECT reporter_auth, counted FROM report")" "local|t" "a bare file is local"
rm "$tmp/in/1.eml"
mailed "$tmp/in/1.xml" | sed 's/Subject/X-Other: 1\nSubject/' >"$tmp/in/2.eml"
in_order "$tmp/in/2.eml"
is "$(query "SELECT reporter_auth FROM report")" "local" "trust is raised, never lowered"
is "$(query "SELECT DISTINCT trusted FROM counted_record")" "t" "records say whether it is trusted"
"$ruadb" domains add example.net >"$tmp/ok.out" 2>&1
is "$(query "SELECT \"foreign\", counted FROM report; SELECT count(*) FROM counted_record;
	SELECT count(*) FROM source_on_day")" "t|f
0
0" "of a domain that is not ours: foreign, and in no total"

echo "# A4: days"
fresh
h=3600 d=86400
xml 24h $((day0 + 12 * h)) $((day0 + 36 * h - 1)) 192.0.2.1,1 >"$tmp/in/1.xml"
xml mid $((day0 + 12 * h)) $((day0 + 36 * h)) 192.0.2.1,2 >"$tmp/in/2.xml"
xml 25h $((day0 + 23 * h)) $((day0 + 48 * h)) 192.0.2.1,3 >"$tmp/in/3.xml"
xml 25h1 $((day0 + 23 * h)) $((day0 + 48 * h + 1)) 192.0.2.1,100 >"$tmp/in/4.xml"
xml same $((day0 + 5)) $((day0 + 5)) 192.0.2.1,4 >"$tmp/in/5.xml"
xml swap $((day0 + d)) $day0 192.0.2.1,5 >"$tmp/in/6.xml"
xml 31d $day0 $((day0 + 31 * d)) 192.0.2.1,32 >"$tmp/in/7.xml"
xml 31d1 $day0 $((day0 + 31 * d + 1)) 192.0.2.1,33 >"$tmp/in/8.xml"
xml tie $day0 $((day0 + 2 * d)) 192.0.2.1,1 192.0.2.2,3 >"$tmp/in/9.xml"
in_order "$tmp/in"
is "$(query "SELECT external_report_id, day, swapped FROM report WHERE external_report_id IN ('24h',
	'mid', '25h', 'same', 'swap') ORDER BY report_id")" "24h|2026-10-01|f
mid|2026-10-02|f
25h|2026-10-02|f
same|2026-10-01|f
swap|2026-10-01|t" "whole to the date of the middle, up to 25 h; swapped is flagged; none is a date"
shares() { query "SELECT y.day, y.messages FROM report_day y JOIN report r USING (report_id)
	WHERE r.external_report_id = '$1' ORDER BY 1"; }
is "$(shares 25h1)" "2026-10-01|4
2026-10-02|96
2026-10-03|0" "a second more: by overlap, 3600, 86400 and 1 of 90001 s"
is "$(query "SELECT c.day, c.source_ip, c.messages, c.messages_of_record FROM record_on_day c
	JOIN report r USING (report_id) WHERE r.external_report_id = 'tie'
	ORDER BY 2, 1")" "2026-10-01|192.0.2.1|1|1
2026-10-01|192.0.2.2|2|3
2026-10-02|192.0.2.2|1|3" "ties to the earlier day; the record stays whole"
is "$(shares 31d | awk -F'|' '{ n++; s += $2 } END { print n, s }')" "31 32" \
	"31 days: the sum is exact"
is "$(shares 31d1)" "|33" "a second more: in totals, on no day"
is "$(query "SELECT sum(messages) FROM counted_record;
	SELECT sum(messages) FROM record_on_day WHERE counted;
	SELECT sum(messages) FROM source_on_day")" "184
184
184" "and every way to add up gives the same"
consistent "days"

done_testing
