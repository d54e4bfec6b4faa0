#!/bin/sh
# t_quirks - what people are told of the samples: each quirk of the wild has one, and of each report
# in samples/INDEX exactly the kinds of repair that the index states are told; what is lost of a
# partial one, and why another is quarantined, is a sentence. Nothing is counted that is not there.
. "$top_srcdir/tests/it/lib.sh"
ready_home
tab=$(printf '\t')
index=$samples/INDEX

# missing: the quirks that no line of the index begins its reason with.
missing()
{
	i=1
	while [ $i -le 60 ]; do
		cut -f 6 "$index" | grep -q "^Q$i: " || echo "Q$i"
		i=$((i + 1))
	done
}

# lines OUTCOME: file and reason of the index's lines with that outcome, file first.
lines() { awk -F "$tab" -v o="$1" '!/^#/ && $2 == o { print $1 "\t" $6 }' "$index"; }

# wanted_repairs: file and kinds, sorted, of each file that is stored; the kinds are the words
# behind "repaired:". A file of several reports has those of all.
wanted_repairs()
{
	awk -F "$tab" '!/^#/ && $2 ~ /^(stored|partial|near_repeat|conflict)$/ {
		kinds = ""
		if (match($6, /repaired: [a-z0-9_, ]*/))
			kinds = substr($6, RSTART + 10, RLENGTH - 10)
		n = split(kinds, k, /, */)
		for (i = 2; i <= n; i++)
			for (j = i; j > 1 && k[j] < k[j - 1]; j--) {
				t = k[j]; k[j] = k[j - 1]; k[j - 1] = t
			}
		line = $1
		for (i = 1; i <= n; i++)
			line = line (i == 1 ? "\t" : ",") k[i]
		print n ? line : line "\t"
	}' "$index" | sort
}
# told_repairs: the same out of the database.
told_repairs()
{
	query "SELECT substr(regexp_replace(item, '#[0-9]+\$', ''), length('$samples/') + 1),
			coalesce(string_agg(DISTINCT what, ',' ORDER BY what), '')
		FROM report LEFT JOIN repair USING (tenant_id, report_id)
		GROUP BY 1" | tr '|' '\t' | sort
}

ingest --format json "$samples"
is "$(missing)" "" "each quirk has a sample"
is "$(told_repairs)" "$(wanted_repairs)" "what is mended is told, and nothing else"
is "$(query "SELECT r.item, r.repairs, sum(x.times) FROM report r
	LEFT JOIN repair x USING (tenant_id, report_id)
	GROUP BY tenant_id, report_id, r.item, r.repairs
	HAVING r.repairs <> coalesce(sum(x.times), 0)")" "" \
	"a report's repairs are how often it was mended"
is "$(query "SELECT DISTINCT what FROM repair EXCEPT SELECT what FROM repair_kind")" "" \
	"each kind has a meaning"

# ---- partial and quarantined
is "$(query "SELECT substr(item, length('$samples/') + 1) FROM report WHERE state = 'partial'" |
	sort)" "$(lines partial | cut -f 1 | sort)" "those are partial that the index says"
is "$(query "SELECT item, extra->>'lost' FROM report WHERE state = 'partial'
	AND coalesce(length(extra->>'lost'), 0) < 20")" "" "each says what is lost"
is "$(query "SELECT item, extra->>'lost' FROM report WHERE state <> 'partial'
	AND extra->>'lost' IS NOT NULL")" "" "nothing is lost of the others"
is "$(query "SELECT DISTINCT substr(regexp_replace(item, '#[0-9]+\$', ''), length('$samples/') + 1)
	FROM quarantine" | sort)" "$(lines quarantined | cut -f 1 | sort)" \
	"those are quarantined that the index says"

# reasons: of the lines that state one, those whose reason in the database does not begin so.
reasons()
{
	query "SELECT substr(item, length('$samples/') + 1), reason FROM quarantine" | tr '|' '\t' \
		>"$tmp/reasons"
	lines quarantined | sed -n 's/\t.*quarantined: */\t/p' |
	while IFS=$tab read -r file why; do
		awk -F "$tab" -v f="$file" -v why="${why%%;*}" '
			$1 == f && index($2, why) == 1 { found = 1 }
			$1 == f { got = $2 }
			END { if (!found) print f ": " got ", not: " why }' "$tmp/reasons"
	done
}
is "$(reasons)" "" "each with the reason that the index states"
is "$(query "SELECT item, reason FROM quarantine
	WHERE reason !~ '^[[:alnum:]\`].* .*[^.[:space:]]\$'")" \
	"" "and each reason is a sentence without its dot"

# ---- nothing is lost, nothing counted twice
have_python || { skip "no python3 to count by other means" 1; done_testing; exit; }
is "$(query "SELECT substr(regexp_replace(item, '#[0-9]+\$', ''), length('$samples/') + 1),
	count(*),
		sum(records), sum(coalesce(records_refused, 0)), sum(messages),
		sum(coalesce(messages_refused, 0))
	FROM report GROUP BY 1" | tr '|' '\t' | sort)" \
	"$(python3 "$here/count.py" --sums "$samples" | sort)" \
	"records and messages, stored and refused, are those that count.py finds in each file"

done_testing
