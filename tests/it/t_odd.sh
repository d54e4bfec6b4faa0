#!/bin/sh
# t_odd - some hundred files of odd_corpus.py: what ruadb stores and refuses of each is what is in
# it, and what count.py finds. RUADB_ODD_FILES: how many; RUADB_TEST_SEED: which. CORPUS: another
# folder, of which is known what count.py finds.
. "$top_srcdir/tests/it/lib.sh"
ready_home

have_python || skip_all "no python3 to make the files with"
files=${RUADB_ODD_FILES:-400}
seed=${RUADB_TEST_SEED:-1795314400}
odd=$tmp/odd

# of_each FOLDER: what is stored and refused of each file there, in the form of count.py --sums.
of_each()
{
	query "SELECT substr(regexp_replace(item, '#[0-9]+\$', ''), length('$1/') + 1), count(*),
			sum(records), sum(coalesce(records_refused, 0)), sum(messages),
			sum(coalesce(messages_refused, 0))
		FROM report WHERE starts_with(item, '$1/') GROUP BY 1" | tr '|' '\t' | sort
}

python3 "$here/odd_corpus.py" "$odd" "$files" "$seed" | sort >"$tmp/truth"
ingest --format json "$odd"
of_each "$odd" >"$tmp/stored"
is "$(cat "$tmp/stored")" "$(cat "$tmp/truth")" \
	"what is in $files odd files (seed $seed) is stored or refused"
is "$(member quarantined)" 0 "none of them is quarantined"
is "$(query "SELECT * FROM reconciliation")" "" "and each report adds up"
is "$(figures)" "$(counted_figures "$odd")" "count.py has the same figures"
is "$(query "SELECT count(*) FROM report WHERE state = 'partial' AND extra->>'lost' IS NULL")" 0 \
	"of each part of a report is said what is lost"
ingest --format json --again "$odd"
is "$(member reports_stored)|$(member reports_repeat)" \
	"0|$(awk '{ n += $2 } END { print n }' "$tmp/truth")" "read again: every report is a repeat"

if [ -n "${CORPUS-}" ]; then
	corpus=$(cd "$CORPUS" && pwd -P)
	ingest --tenant 2 --format json "$corpus"
	is "$(figures)" "$(counted_figures "$corpus")" \
		"the figures of $CORPUS are those of count.py"
fi

done_testing
