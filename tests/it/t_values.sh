#!/bin/sh
# t_values - the views against rows worked out by hand, for the samples with odd values and dates.
# What each sample is about stands in samples/INDEX.
. "$top_srcdir/tests/it/lib.sh"
ready_home

# rows ID COLUMNS VIEW [MORE]: of the report with that id, one line a row.
rows()
{
	query "SELECT $2 FROM $3 WHERE report_id = (SELECT report_id FROM report
			WHERE external_report_id = '$1' AND policy_domain = 'lab.example.org'
			ORDER BY begin_at LIMIT 1)
		${4-} ORDER BY 1, 2, 3"
}
# column: lines to one line, which reads better in a list of tests.
column() { tr '\n' ' ' | sed 's/ $//'; }

ingest --format json "$samples"
is "$status" 65 "samples hold broken files: 65"

# ---- addresses
is "$(rows v6-1 "record_no, source_ip, messages" record | column)" \
	"1|2001:db8::50|2 2|2001:db8::50|3 3|192.0.2.50|4 4|192.0.2.50|5 5|192.0.2.50|6" \
	"IPv6 in any notation is one address; a mapped one is IPv4; blanks are cut"
is "$(rows no-ip-1 "record_no, source_ip, messages" record | column)" \
	"1|192.0.2.50|7 5|192.0.2.51|8" "records without an address are refused, the others keep their numbers"
is "$(rows null-1 "records, messages, records_refused, messages_refused, state" report)" \
	"0|0|1|0|complete" "a null report is stored; its row has no address and is refused"
is "$(rows none-1 "records, messages, state" report)" "0|0|complete" \
	"a report without records is stored"

# ---- evaluated results
is "$(rows empty-eval-1 "record_no, coalesce(dmarc_pass::text, 'unknown'), messages" record |
	column)" "1|unknown|6 2|true|2 3|unknown|3 4|false|4" \
	"pass has three values: empty and absent are unknown, none and softfail are fail"
is "$(rows empty-eval-1 "pass, fail, unknown, messages" report_day)" "2|4|9|15" \
	"and so in the rollup"
is "$(rows upper-1 "record_no, dmarc_pass, disposition, dkim_evaluated, spf_evaluated" \
	record | column)" "1|t|none|pass|pass 2|f|quarantine|fail|fail" \
	"upper case and blanks do not change a word"

# ---- authentication results
is "$(rows words-1 "record_no, result_no, result_raw" dkim_result | column)" \
	"1|1|unknown 2|1|invalid 3|1|not.evaluated" "unknown dkim words are kept"
is "$(rows words-1 "record_no, result_no, result_raw" spf_result | column)" \
	"1|1|hardfail 2|1|unknown 3|1|error" "unknown spf words are kept"
is "$(rows words-1 "record_no, result, scope" spf_result | head -1)" "1|fail|mfrom" \
	"hardfail is fail"
is "$(rows words-1 "p, sp, adkim" report)" "monitor|nil|x" "policy words are kept as sent"
is "$(rows many-1 "record_no, result_no, domain, selector, result, messages_of_record" \
	dkim_result | grep '^1')" "1|1|lab.example.org|lab|pass|9
1|2|lab.example.org|old|fail|9
1|3|esp.example.net|k1|pass|9
1|4|esp.example.net||neutral|9" "each dkim result is a row, in file order"
is "$(rows many-1 "record_no, result_no, domain, scope, result, messages_of_record" \
	spf_result | grep '^1')" "1|1||mfrom|none|9
1|2|mx.lab.example.org|helo|pass|9
1|3|lab.example.org||softfail|9" "each spf result is a row: scope mfrom, helo, absent"
is "$(rows many-1 "record_no, count(*), max(messages_of_record)" spf_result "GROUP BY 1" |
	column)" "1|3|9 2|1|1" "records without auth_results or spf have no spf row"

# ---- identifiers
is "$(rows env-1 "record_no, coalesce(envelope_from, 'NULL'), coalesce(envelope_to, 'NULL'),
	header_from" record)" "1||NULL|lab.example.org
2|NULL|NULL|lab.example.org
3|bounce.lab.example.org|example.org|lab.example.org
4|NULL|NULL|" "envelope_from empty is a bounce, absent is not known"

# ---- reasons
is "$(rows reasons-1 "record_no, jsonb_array_length(reasons), reasons->0->>'type',
	reasons->0->>'comment'" record "AND record_no <= 2")" \
	"1|3|forwarded|seen before
2|1|sampled_out|" "several reasons, with and without comment"

# ---- reporters and ids
is "$(rows org-1 "org_name, email, messages" report)" "|reports@Relay.Example.net|2" \
	"org_name empty stays empty"
is "$(query "SELECT messages FROM report WHERE external_report_id =
	'<lab!2026-10-13!coffee@mx.example.org>'")" 4 "a report id keeps its brackets"
is "$(query "SELECT day, messages FROM report WHERE external_report_id = 'words-1' ORDER BY 1" |
	column)" "2026-10-01|9 2026-10-14|5" "one report id on two days: two reports"

# ---- days
is "$(query "SELECT external_report_id, day FROM report WHERE external_report_id IN ('evening-1',
	'25-1', 'swapped-1', 'instant-1', 'fraction-1') ORDER BY 2" | column)" \
	"25-1|2026-10-20 evening-1|2026-10-22 swapped-1|2026-10-23 instant-1|2026-10-25 fraction-1|2026-10-26" \
	"up to 25 hours: whole, on the day of the middle"
is "$(rows week-1 "day, messages, pass, fail" report_day | column)" \
	"2026-10-05|3|2|1 2026-10-06|3|2|1 2026-10-07|3|2|1 2026-10-08|1|1|0 2026-10-09|1|1|0 2026-10-10|1|1|0 2026-10-11|1|1|0" \
	"7 days: 10 and 3 split by largest remainder, ties to the earlier day"
is "$(rows two-1 "day, messages, pass, fail" report_day | column)" \
	"2026-10-19|2|1|1 2026-10-20|5|3|2" "26 hours: 4 and 3 split 6 to 20"
is "$(rows 31-1 "count(*), sum(pass), sum(fail), max(pass)" report_day)" "31|62|3|2" \
	"31 days: still split"
is "$(rows forty-1 "day IS NULL, counted, messages" report)" "t|t|7" "40 days: in totals, on no day"

# ---- numbers that are large; not among the samples, whose figures people read
# large ID COUNT...: a report of records with these counts, on standard output.
large()
{
	printf '<feedback><report_metadata><org_name>mx.example.org</org_name><report_id>%s</report_id>' "$1"
	echo '<date_range><begin>1790812800</begin><end>1790899199</end></date_range></report_metadata>'
	echo '<policy_published><domain>lab.example.org</domain><p>none</p></policy_published>'
	shift
	for count; do
		echo "<record><row><source_ip>192.0.2.50</source_ip><count>$count</count></row></record>"
	done
	echo '</feedback>'
}
large large-1 5000000000 4294967296 1 >"$tmp/large.xml"
large large-2 1000000000000 1000000000000 >"$tmp/largest.xml"
large large-3 1000000000001 9223372036854775807 9223372036854775808 1 >"$tmp/too-large.xml"
ingest --format json "$tmp/large.xml"
is "$(rows large-1 "records, messages, unknown" report)|$(member messages)" \
	"3|9294967297|9294967297|9294967297" "counts over 32 bits"
ingest --format json "$tmp/largest.xml"
is "$(rows large-2 "records, messages, unknown" report)" "2|2000000000000|2000000000000" \
	"the most messages that a record may claim"
ingest --format json "$tmp/too-large.xml"
is "$status|$(member quarantined)|$(member records)|$(member records_refused)" "0|0|1|3" \
	"records that claim more are refused, and the report stays"
is "$(rows large-3 "messages, messages_refused, records_refused" report)" "1|0|3" \
	"their counts, which nobody can mean, are in no sum"

# ---- the same report in a mail and as a file
large by-mail-1 3 >"$tmp/by-mail.xml"
{
	printf 'From: a@example.org\nSubject: Report\nMIME-Version: 1.0\nContent-Type: text/xml\n\n'
	cat "$tmp/by-mail.xml"
} >"$tmp/by-mail.eml"
ingest --format json "$tmp/by-mail.eml"
is "$(member reports_stored)|$(rows by-mail-1 "reporter_auth, counted, messages" report)" \
	"1|unverified|t|3" "a report in a mail whose sender nobody vouches for"
ingest --format json "$tmp/by-mail.xml"
is "$(member reports_repeat)|$(rows by-mail-1 "reporter_auth, counted, messages" report)" \
	"1|local|t|3" "the same as a file: a repeat, which raises the trust"
large by-mail-1 2 >"$tmp/by-file-2.xml"
sed 's/<count>3</<count>9</' "$tmp/by-mail.eml" >"$tmp/by-mail-2.eml"
ingest --format json "$tmp/by-file-2.xml" "$tmp/by-mail-2.eml"
is "$(member reports_conflict)|$(query "SELECT reporter_auth, messages, counted FROM report
	WHERE external_report_id = 'by-mail-1' ORDER BY messages" | column)" \
	"2|local|2|f local|3|t unverified|9|f" "in a conflict trust comes before the larger sum"

# ---- and all of it in one run
mkdir "$tmp/one-run"
large one-run-1 5 >"$tmp/one-run/1.xml"
large one-run-1 7 >"$tmp/one-run/3.xml"
{
	printf 'From: a@example.org\nSubject: Report\nMIME-Version: 1.0\nContent-Type: text/xml\n\n'
	cat "$tmp/one-run/3.xml"
} >"$tmp/one-run/2.eml"
ingest --jobs 1 --format json "$tmp/one-run"
is "$(query "SELECT messages, reporter_auth, counted FROM report
	WHERE external_report_id = 'one-run-1' ORDER BY 1" | column)" \
	"5|local|f 7|local|t" "a further variant, by mail and as a file in one transaction: trusted as a file"

done_testing
