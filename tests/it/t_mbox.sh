# t_mbox - an mbox has a row of its own in the ledger beside those of its mails: unchanged, it is
# not opened; longer than before, only what is new is stored.
. "$top_srcdir/tests/it/lib.sh"
ready_home

mkdir "$tmp/box"
cp "$samples/mbox/reports" "$tmp/box/reports"
mails=3 # one of its lines begins with "From " and begins no mail

ingest --format json "$tmp/box"
is "$status|$(member items)|$(member unchanged)" "0|$mails|0" "each mail is an item"
stored=$(member reports_stored)
ok "there are reports in it" test "$stored" -gt 0
is "$(query "SELECT count(*) FROM ledger WHERE item LIKE '%/reports'")" 1 "the mbox has a row"
is "$(query "SELECT count(*) FROM ledger WHERE item ~ '/reports#[0-9]+$'")" "$mails" \
	"and each mail"

ingest --format json "$tmp/box"
is "$status|$(member items)|$(member unchanged)" "0|1|1" "unchanged: not opened"

# Mails behind the others.
{
	echo
	cat "$samples/mbox/reports"
} >>"$tmp/box/reports"
ingest --format json "$tmp/box"
is "$status|$(member items)|$(member unchanged)|$(member reports_stored)" \
	"0|$((mails * 2))|0|0" "longer: read again, and all of it known"
is "$(member reports_repeat)" $((stored * 2)) "each report once more"
is "$(query "SELECT count(*) FROM report")" "$stored" "nothing is stored twice"

# Whatever its row says.
ingest --format json --again "$tmp/box"
is "$status|$(member reports_stored)" "0|0" "--again reads it again"

done_testing
