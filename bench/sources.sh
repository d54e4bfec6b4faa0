# sources.sh - what bench/run asks about sources: the shipped reports against the same questions put
# to the records by sequential scan, and what the refresh costs that makes them fast. Sourced
# behind lib.sh. Both sides are measured with start and connection, in turns, on the same server with the
# same settings but for the index scans that the naive side does without.

case $mode in
full) sources_records=5000000 ;;
*) sources_records=500000 ;;
esac
sources_turns=7

# naive_question NAME DOMAIN: what the records say
naive_question()
{
	psql -XqAt -F "$(printf '\t')" -v ON_ERROR_STOP=1 -v domain="$2" -d "$url" \
		-c "SET enable_indexscan = off; SET enable_bitmapscan = off;
			SET enable_indexonlyscan = off" -f "$naive_sql/naive_$1.sql"
}

# The same figures of both, or the bench fails. same QUESTION NAIVE DOMAIN COLUMNS REPORT...
same()
{
	local name=$1 naive=$2 domain=$3 columns=$4
	shift 4
	"$ruadb" report "$@" --format tsv | sed 1d | cut -f "$columns" > "$home/ours"
	naive_question "$naive" "$domain" > "$home/theirs"
	cmp "$home/ours" "$home/theirs" >&2 && [ -s "$home/ours" ] || {
		echo "bench: $name: the report and the records say different things" >&2
		exit 1
	}
}

# against QUESTION NAIVE DOMAIN COLUMNS TARGET HOW REPORT...: one of its lines
against()
{
	local name=$1 naive=$2 domain=$3 columns=$4 target=$5 how=$6 i
	shift 6
	same "$name" "$naive" "$domain" "$columns" "$@"
	for ((i = 0; i < sources_turns; i++)); do
		if [ $((i % 2)) = 0 ]; then
			measure "theirs_$name" naive_question "$naive" "$domain"
			measure "ours_$name" "$ruadb" report "$@" --format json
		else
			measure "ours_$name" "$ruadb" report "$@" --format json
			measure "theirs_$name" naive_question "$naive" "$domain"
		fi
	done
	say_ratio "$name" "theirs_$name" "ours_$name" "$how, $(median "ours_$name") s against \
$(median "theirs_$name") s" "$target"
}

# The trickle while all of it is rolled up from nothing; alone it is measured by sources_refresh.
sources_disturbed()
{
	local pid
	fresh
	ingest --no-refresh "$home/sources/base" > "$home/last" 2> /dev/null
	"$ruadb" db refresh > /dev/null 2>&1 &
	pid=$!
	sleep 0.3
	measure disturbed ingest --no-refresh "$home/sources/next"
	kill -0 "$pid" 2> /dev/null || echo "# ingest_while_refresh: the refresh ended first"
	wait "$pid"
}

sources_refresh()
{
	fresh
	ingest --no-refresh "$home/sources/base" > "$home/last" 2> /dev/null
	sources_stored=$(json records)
	sql CHECKPOINT
	measure refresh_all "$ruadb" db refresh
	sql CHECKPOINT
	measure alone ingest --no-refresh "$home/sources/next"
	measure refresh_trickle "$ruadb" db refresh
}

sources_say_refresh()
{
	local per
	per=$(median refresh_all | awk -v n="$sources_stored" '{printf "%.1f", $1 * 1e6 / n}')
	say refresh_s_per_million "$per" "from nothing, $sources_stored records"
	say refresh_trickle_s "$(median refresh_trickle)" "one more day of reports"
	say_ratio ingest_while_refresh disturbed alone \
		"ingest of one more day of reports during a refresh against alone, seconds"
}

# A domain of middle size: its name, and its share of the records.
sources_middle()
{
	sql "SELECT policy_domain || ' ' || round(100 * n / sum(n) OVER (), 1)
		FROM (SELECT policy_domain, sum(records) AS n, row_number() OVER (ORDER BY sum(records)) AS i,
			count(*) OVER () AS domains FROM report WHERE counted GROUP BY 1) d
		ORDER BY abs(2 * i - domains), 1 LIMIT 1"
}

sources_bench()
{
	local domain share
	naive_sql=$(dirname "$0")
	"$bench/gen" sources "$home/sources" "$sources_records" 1
	sources_disturbed
	sources_refresh
	sources_say_refresh
	sql "VACUUM ANALYZE"
	read -r domain share <<< "$(sources_middle)"
	against sources_one_domain_vs_scan sources "$domain" 1-6,10-16 ">= 10" "$share% of the records" \
		sources --domain "$domain"
	against unverified_one_domain_vs_scan class "$domain" 1-3,7-9 ">= 8" \
		"$share%, classes from the table where no refresh is due" \
		unverified-senders --domain "$domain"
	against summary_all_vs_scan summary "" 1-10,12-19 ">= 6" "all domains" summary
	against unverified_all_current_vs_scan class "" 1-3,7-9 ">= 20" "all domains" \
		unverified-senders
}
