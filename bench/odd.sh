# odd.sh - what bench/run does with the odd corpus: the reports of the small corpus, each with one
# of the oddities that reporters send (bench/odd.h). Sourced behind lib.sh.

# 65: something was quarantined, as it must be
ingest_odd()
{
	ingest "$@" || [ $? = 65 ]
}

# What is in the database, in the columns of gen's list: kind, reports, partial ones, mended ones,
# quarantined entries, records, records refused.
odd_found="WITH report AS (
		SELECT substring(item FROM '-([qd][0-9]+)[^/]*\$') AS kind, * FROM report),
	stored AS (SELECT kind, count(*) AS reports,
		count(*) FILTER (WHERE state = 'partial') AS partial,
		count(*) FILTER (WHERE repairs > 0) AS mended, sum(records) AS records,
		sum(records_refused) AS refused FROM report GROUP BY kind),
	bad AS (SELECT substring(item FROM '-([qd][0-9]+)[^/]*\$') AS kind, count(*) AS entries
		FROM ruadb_data.quarantine GROUP BY kind)
	SELECT kind, coalesce(reports, 0), coalesce(partial, 0), coalesce(mended, 0),
		coalesce(entries, 0), coalesce(records, 0), coalesce(refused, 0)
	FROM stored FULL JOIN bad USING (kind) ORDER BY kind COLLATE \"C\""

# Says each kind of which not came what had to; mended may be more than have to.
odd_unexpected()
{
	sql "$odd_found" | tr '|' '\t' > "$home/odd.found"
	awk -F '\t' -v OFS=' ' '
		function told(n) { return n[2] " reports (" n[3] " partial, " n[4] " mended), " \
			n[5] " quarantined, " n[6] " records, " n[7] " refused" }
		FNR == NR { line[$1] = $0; next }
		{
			split(line[$1], found); split($0, due)
			bad = found[4] + 0 < due[4]
			for (i = 2; i <= 7; i++)
				bad = bad || (i != 4 && found[i] + 0 != due[i])
			if (bad)
				print "# odd " $1 ": found " told(found) "; due " told(due)
		}' "$home/odd.found" "$home/odd.odd"
}

# odd_sum COLUMN: of gen's list
odd_sum()
{
	awk -F '\t' -v c="$1" '{n += $c} END {print n}' "$home/odd.odd"
}

odd_check()
{
	local wrong
	wrong=$(odd_unexpected)
	[ -z "$wrong" ] || echo "$wrong"
	[ "$(json reports_repeat)" = "$(odd_sum 10)" ] ||
		echo "# odd: $(json reports_repeat) repeats in place of $(odd_sum 10)"
	say odd_mix_stored "$(json reports_stored)" \
		"reports, of $(wc -l < "$home/odd.odd") kinds in \
$(odd_sum 8) files, $(odd_sum 9) of them really odd" "= $(odd_sum 2)"
	say odd_mix_quarantined "$(json quarantined)" \
		"what is none, or is damaged before its records" "= $(odd_sum 5)"
	say odd_mix_unexpected "$(grep -c '^# odd' <<< "$wrong")" \
		"kinds of which something else came than had to" "= 0"
}

# The two corpora take turns, and each is first in every second round.
odd_turn()
{
	local corpus=$1 jobs=$2
	fresh
	measure "odd_parse_${corpus}_$jobs" ingest_odd --parse-only --jobs "$jobs" "$home/$corpus"
	measure "odd_e2e_${corpus}_$jobs" ingest_odd --jobs "$jobs" "$home/$corpus"
}

odd_mix()
{
	local i jobs corpus order
	for ((i = 0; i < rounds; i++)); do
		order="small odd"
		[ $((i % 2)) = 0 ] || order="odd small"
		for jobs in 1 2; do
			for corpus in $order; do
				odd_turn "$corpus" "$jobs"
				[ "$i $jobs $corpus" != "0 1 odd" ] || odd_check
			done
		done
	done
	for jobs in 1 2; do
		say_ratio "odd_mix$([ $jobs = 1 ] || echo _jobs2)" "odd_e2e_small_$jobs" \
			"odd_e2e_odd_$jobs" "jobs=$jobs keep_raw=all, speed of $small odd reports \
against as many plain ones" "$([ $jobs = 2 ] || echo '>= 0.80')"
		say_ratio "odd_parse$([ $jobs = 1 ] || echo _jobs2)" "odd_parse_small_$jobs" \
			"odd_parse_odd_$jobs" "jobs=$jobs, parsing alone"
	done
}
