#!/bin/sh
# t_names - files with odd names and of odd kinds, and folders that change while they are read.
. "$top_srcdir/tests/it/lib.sh"

# sample ID: a report with that id, one message.
sample()
{
	cat <<END
<feedback><report_metadata><org_name>mx.example.org</org_name><email>a@example.org</email>
<report_id>$1</report_id><date_range><begin>1790812800</begin><end>1790899199</end></date_range>
</report_metadata><policy_published><domain>example.com</domain><p>none</p></policy_published>
<record><row><source_ip>192.0.2.1</source_ip><count>${2:-1}</count><policy_evaluated>
<disposition>none</disposition><dkim>pass</dkim><spf>pass</spf></policy_evaluated></row><identifiers>
<header_from>example.com</header_from></identifiers><auth_results><spf><domain>example.com</domain>
<result>pass</result></spf></auth_results></record></feedback>
END
}
stored() { query "SELECT external_report_id FROM report ORDER BY 1" | tr '\n' ' ' | sed 's/ $//'; }

d=$tmp/odd
mkdir -p "$d/sub/.hidden" "$d/empty"
sample blanks 1 >"$d/with blanks and 'quotes' and \\ backslash.xml"
sample newline 2 >"$d/new
line.xml"
sample tab 3 >"$d/$(printf 'a\tb').xml"
sample latin 4 >"$d/$(printf 'caf\351').xml"
sample option 5 >"$d/--again"
sample hidden 6 >"$d/sub/.hidden/report.xml"
sample deep 7 >"$d/sub/$(printf '%0200d' 0).xml"
mkfifo "$d/fifo"
ln -s /nonexistent "$d/dangling"
mkdir "$tmp/elsewhere"
sample elsewhere 8 >"$tmp/elsewhere/report.xml"
ln -s "$tmp/elsewhere/report.xml" "$d/link.xml"
ln -s .. "$d/sub/loop"

ingest --format json "$d"
is "$status" 0 "a folder of odd names: all is well"
is "$(stored)" "blanks deep elsewhere latin newline option tab" "each is stored, hidden ones are not"
ingest --format json "$d"
is "$status|$(member unchanged)|$(member items)" "0|7|7" "and known again by its name"
ok "names are shown without control characters" sh -c \
	"! '$ruadb' sql -c 'TABLE ledger' | LC_ALL=C grep -q '[[:cntrl:]]'"

# ---- a file named like the first mail of an mbox
mkdir "$tmp/mbox"
cp "$samples/mbox/reports" "$tmp/mbox/reports"
sample like-mail-1 >"$tmp/mbox/reports#1"
ingest --tenant 2 --format json "$tmp/mbox"
is "$(member items)|$(member reports_stored)" "4|3" "reports#1 beside the mbox reports: both are read"
ingest --tenant 2 --format json "$tmp/mbox"
# Both are called "reports#1" in the ledger and share a row there, so the file is known by its name or
# by its bytes, as the order had it: nothing is stored twice.
is "$status|$(member reports_stored)|$(member items)" "0|0|2" "and both are known again"

# ---- changes
printf 'not yet a report' >"$tmp/elsewhere/grows.xml"
ingest --tenant 3 --format json "$tmp/elsewhere"
is "$(member not_reports)|$(member reports_stored)" "1|1" "a file that is no report"
sample grown >"$tmp/elsewhere/grows.xml"
ingest --tenant 3 --format json "$tmp/elsewhere"
is "$(member unchanged)|$(member reports_stored)" "1|1" "has become one: it is read again"
mv "$tmp/elsewhere/grows.xml" "$tmp/elsewhere/moved.xml"
ingest --tenant 3 --format json "$tmp/elsewhere"
is "$(member unchanged)|$(member reports_stored)|$(member reports_repeat)" "1|0|1" \
	"under another name: known by its bytes"

# ---- what can't be read
ingest --format json "$tmp/nothing-here"
is "$status" 78 "a path that does not exist: 78"
ingest --format json "$d/empty"
is "$status|$(member items)" "0|0" "an empty folder: nothing to do"

done_testing
