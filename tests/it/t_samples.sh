#!/bin/sh
# t_samples - the whole of samples/ against samples/INDEX, file by file and in sum, and against a
# count made by other means; then the same again, which must change nothing.
. "$top_srcdir/tests/it/lib.sh"
ready_home
tab=$(printf '\t')

# index FIELDS: these fields of the index's lines about reports that add rows, summed.
index_sum()
{
	awk -F "$tab" -v fields="$1" '
		$2 ~ /^(stored|partial|near_repeat|conflict)$/ {
			for (i = 3; i <= 5; i++) sum[i] += $i
		}
		END { n = split(fields, f, " ")
			for (i = 1; i <= n; i++) printf("%s%d", (i > 1 ? "|" : ""), sum[f[i]])
			print "" }' "$samples/INDEX"
}

# index_line FILE: what the last ingest, of this file alone, says in the form of the index.
index_line()
{
	stored=$(member reports_stored) again=$(member reports_repeat)
	near=$(member reports_near_repeat) conflict=$(member reports_conflict)
	if [ $((stored - near - conflict)) -gt 0 ]; then
		outcome=stored
	elif [ "$near" -gt 0 ]; then
		outcome=near_repeat
	elif [ "$conflict" -gt 0 ]; then
		outcome=conflict
	elif [ "$again" -gt 0 ]; then
		outcome=repeat
	elif [ "$(member quarantined)" -gt 0 ]; then
		outcome=quarantined
	elif [ "$(member not_reports)" -gt 0 ]; then
		outcome=not_report
	else
		outcome=nothing
	fi
	printf '%s\t%s\t%d\t%d\t%d\n' "$1" "$outcome" $((stored + again)) "$(member records)" \
		"$(member messages)"
}

# one_by_one: each file of the index in a run of its own. A repeat stores nothing: no records.
one_by_one()
{
	grep -v '^#' "$samples/INDEX" | while IFS=$tab read -r file outcome rest; do
		ingest --tenant 2 --format json "$samples/$file"
		wanted=0
		[ "$outcome" != quarantined ] || wanted=65
		[ "$status" = $wanted ] || echo "$file: exit status $status"
		index_line "$file"
	done
}
wanted_one_by_one()
{
	grep -v '^#' "$samples/INDEX" | cut -f 1-5 |
		awk -F "$tab" -v OFS="$tab" \
		'$2 == "repeat" { $4 = $5 = 0 } $2 == "partial" { $2 = "stored" }
			{ print }'
}

# everything TENANT: all that is stored of that tenant's reports, but our own numbers of them.
everything()
{
	query "SELECT external_report_id, org_name, policy_domain, begin_at, end_at, day,
	p, sp, np, pct, adkim, aspf, fo, testing, discovery_method, generator, schema, counted,
	state, records, messages, record_no, source_ip, messages_of_record, dmarc_pass,
	dkim_evaluated, spf_evaluated, disposition, reasons, header_from, envelope_from, envelope_to
	FROM report LEFT JOIN (SELECT tenant_id, report_id, record_no, source_ip,
		messages AS messages_of_record, dmarc_pass, dkim_evaluated, spf_evaluated,
		disposition, reasons, header_from, envelope_from, envelope_to FROM record) r
		USING (tenant_id, report_id)
	WHERE tenant_id = $1" | sort
}

ingest --format json "$samples"
is "$status" 65 "something is quarantined: 65"
is "$(member reports_stored)|$(member records)|$(member messages)" "$(index_sum "3 4 5")" \
	"the run's sums are those of the index"
is "$(query "SELECT count(*), sum(records), sum(messages) FROM report")" "$(index_sum "3 4 5")" \
	"and so are those of the reports"
is "$(query "SELECT count(*), sum(messages) FROM record")" "$(index_sum "4 5")" \
	"and those of the records"
is "$(query "SELECT * FROM reconciliation")" "" "nothing was lost: reconciliation is empty"
is "$(query "SELECT sum(messages), sum(pass), sum(fail), sum(unknown) FROM report_day
	WHERE counted")" "$(query "SELECT sum(messages), sum(messages) FILTER (WHERE dmarc_pass),
	sum(messages) FILTER (WHERE NOT dmarc_pass), sum(messages) FILTER (WHERE dmarc_pass IS NULL)
	FROM counted_record")" "the rollup of what counts is the sum of the records that count"
is "$(query "SELECT day, sum(messages), sum(pass), sum(fail) FROM report_day
	GROUP BY day HAVING sum(messages) > 0 ORDER BY day")" "$(query "SELECT day, sum(messages),
	coalesce(sum(messages) FILTER (WHERE dmarc_pass), 0),
	coalesce(sum(messages) FILTER (WHERE NOT dmarc_pass), 0)
	FROM record_on_day GROUP BY day HAVING sum(messages) > 0 ORDER BY day")" \
	"and so on each day"
is "$(query "SELECT item FROM report WHERE NOT counted" | sed "s|^$samples/||" | sort)" \
	"quirks/Q21-1-first.xml
same/1-first.xml
same/5-other-id.xml" "near repeats and the smaller one of a conflict do not count"

if have_python; then
	cp "$tmp/out" "$tmp/first"
	ok "the summary is JSON" python3 -m json.tool "$tmp/first"
	is "$(figures)" "$(counted_figures "$samples")" "the run's figures are those of count.py"
	is "$(python3 "$here/count.py" --index "$samples")" "$(grep -v '^#' "$samples/INDEX" |
		cut -f 1-5)" "the index is what count.py finds in each file"
else
	skip "no python3 to count by other means" 3
fi

before=$(everything 1)
ingest --format json "$samples"
is "$status" 0 "a second run: nothing to do"
is "$(member unchanged)|$(member reports_stored)|$(member reports_repeat)|$(member quarantined)" \
	"$(member items)|0|0|0" "a second run: everything unchanged"
ingest --format json --again "$samples"
is "$(member unchanged)|$(member reports_stored)|$(member reports_repeat)" \
	"0|0|$(awk -F "$tab" '!/^#/ { n += $3 } END { print n }' "$samples/INDEX")" \
	"with --again: every report is a repeat"
is "$(everything 1)" "$before" "and no row is new or other"

is "$(one_by_one)" "$(wanted_one_by_one)" "file by file, as another tenant: as the index says"
is "$(query "SELECT substr(item, length('$samples/') + 1), outcome FROM ledger
	WHERE tenant_id = 2 AND item NOT LIKE '%#%' AND item !~ 'mbox/' ORDER BY 1" |
	tr '|' '\t' | sort)" "$(grep -v -E '^#|^mbox/' "$samples/INDEX" | cut -f 1,2 |
	sed 's/\tpartial$/\tstored/' | sort)" \
	"the ledger says the same"
is "$(everything 2)" "$before" \
	"one by one or together: the same rows"

done_testing
