# logs.sh - what bench/run asks about delivery logs: reading a log of Postfix (bench/gen_log) against
# pflogsumm's summary of the same file and grep, and the questions of deliveries put to a large
# database against the same put to the rows by sequential scan. Sourced behind lib.sh.
#
# The large database is the log, LOGS_COPIES times: each copy is of hosts, services, addresses and
# recipients of its own. Beside it lie the reports of bench/sources.sh, and one address of them is
# that of a service.
# shellcheck shell=bash disable=SC2154

case $mode in
full) logs_messages=1000000 logs_turns=3 logs_copies=9 logs_records=5000000 ;;
*) logs_messages=50000 logs_turns=3 logs_copies=9 logs_records=100000 ;;
esac
logs_messages=${LOGS_MESSAGES:-$logs_messages}
logs_copies=${LOGS_COPIES:-$logs_copies}
logs_records=${LOGS_RECORDS:-$logs_records}
logs_days=30
logs_patience=${LOGS_PATIENCE:-600}

logs_tables="ruadb_data.log_host, ruadb_data.log_service, ruadb_data.log_file,
	ruadb_data.log_host_day, ruadb_data.log_item, ruadb_data.log_unreadable, ruadb_data.peer,
	ruadb_data.gateway, ruadb_data.reply_template, ruadb_data.delivery, ruadb_data.attempt,
	ruadb_data.message_open, ruadb_data.domain_gateway, ruadb_data.reply_ip_day,
	ruadb_data.cohort_stale, ruadb_data.cohort_day, ruadb_data.batch, ruadb_data.ledger,
	ruadb_data.original"

logs_conf()
{
	local n=$1 host service
	export RUADB_CONFIG=$home/logs.conf
	printf '[logs]\nrecipients = hash\n' > "$RUADB_CONFIG"
	for host in 0 1; do
		printf '[source "mx%d"]\nhosts = mx%d\nzone = UTC\nqueue_lifetime = 5d\nservices =' \
			$((host + 1)) $((host + 1))
		for ((service = 0; service < n; service++)); do
			printf ' postfix/out%d/smtp=192.0.2.%d' "$service" $((100 * host + service + 1))
		done
		printf '\ndomain = example.com\n'
	done >> "$RUADB_CONFIG"
}

logs_fresh()
{
	sql "TRUNCATE $logs_tables"
	sql CHECKPOINT
}

# ---- reading

logs_ours()
{
	local jobs
	for jobs in 1 2; do
		measure "logs_parse_$jobs" ingest --parse-only --jobs "$jobs" "$logs_file"
		logs_fresh
		measure "logs_e2e_$jobs" ingest --no-refresh --jobs "$jobs" "$logs_file"
		[ "$(json deliveries)" = "$logs_recipients" ] || {
			echo "bench: $(json deliveries) deliveries in place of $logs_recipients" >&2
			exit 1
		}
	done
}

logs_theirs()
{
	measure logs_pflogsumm pflogsumm "$logs_file"
	measure logs_brief pflogsumm --detail 0 "$logs_file"
	measure logs_grep grep -c 'status=sent' "$logs_file"
}

# Columns received, delivered, deferred, bounced of pflogsumm's days, added up: its totals are rounded.
logs_pflogsumm_totals()
{
	pflogsumm --detail 1 "$logs_file" | awk '
		/^Per-Day/ { on = 1; next }
		/^Per-Hour/ { exit }
		on && $1 ~ /^[A-Z][a-z][a-z]$/ { r += $4; d += $5; f += $6; b += $7 }
		END { printf "%d %d %d %d\n", r, d, f, b }'
}

# What it counts as received has a client; bounces of our own have none. Its deferred are lines.
logs_totals()
{
	local theirs ours notes
	theirs=$(logs_pflogsumm_totals)
	ours=$(sql "SELECT (SELECT count(DISTINCT (host_id, queue_id, epoch_at)) FROM ruadb_data.delivery
			WHERE NOT null_sender),
		(SELECT count(*) FROM ruadb_data.delivery WHERE accepted_at IS NOT NULL),
		(SELECT sum(deferred + suspended) FROM ruadb_data.delivery),
		(SELECT count(*) FROM ruadb_data.delivery WHERE bounced_at IS NOT NULL)" | tr '|' ' ')
	notes=$(sql "SELECT count(*) FROM ruadb_data.delivery WHERE null_sender")
	say logs_totals_pflogsumm "\"$theirs\"" "received delivered deferred bounced, by its days"
	say logs_totals_ruadb "\"$ours\"" "messages with a sender, deliveries accepted, deferred lines with the \
suspended ones, bounced; $notes deliveries of our own bounces are in accepted"
	[ "$theirs" = "$ours" ] || echo "# logs_totals: DIFFERENT, see above"
}

logs_reading()
{
	local i jobs lines mb
	logs_file=$home/logs/mail.log
	mkdir -p "$home/logs"
	"$bench/gen_log" "$logs_file" "$logs_messages" "$logs_days" 1 > "$home/logs.txt"
	sed 's/^/# log: /' "$home/logs.txt"
	lines=$(sed -n 's/.*lines=\([0-9]*\).*/\1/p' "$home/logs.txt")
	mb=$(du -m "$logs_file" | cut -f1)
	logs_recipients=$(sed -n 's/.*recipients=\([0-9]*\).*/\1/p' "$home/logs.txt")
	logs_conf 16
	sync
	for ((i = 0; i < logs_turns; i++)); do
		logs_ours
		logs_theirs
	done
	for jobs in 1 2; do
		say_ratio "log_parse_vs_pflogsumm_jobs$jobs" logs_pflogsumm "logs_parse_$jobs" "jobs=$jobs, \
parsing alone, $lines lines, $mb MB, $(median "logs_parse_$jobs") s against $(median logs_pflogsumm) s" ">= 8"
		say_ratio "log_vs_pflogsumm_jobs$jobs" logs_pflogsumm "logs_e2e_$jobs" "jobs=$jobs, to the end of \
the process behind the last COMMIT, $(median "logs_e2e_$jobs") s" ">= 2.5"
		say_ratio "log_vs_pflogsumm_brief_jobs$jobs" logs_brief "logs_e2e_$jobs" "jobs=$jobs, the same \
against pflogsumm --detail 0, which prints totals only: $(median logs_brief) s"
		say_ratio "log_parse_vs_grep_jobs$jobs" logs_grep "logs_parse_$jobs" \
			"jobs=$jobs, grep -c status=sent: $(median logs_grep) s"
		say "log_lines_per_s_jobs$jobs" "$(awk -v n="$lines" -v s="$(median "logs_e2e_$jobs")" \
			'BEGIN {printf "%.0f", n / s}')" "end to end"
	done
	logs_totals
}

logs_space()
{
	local n bytes
	n=$(sql "SELECT count(*) FROM ruadb_data.delivery")
	bytes=$(size_of '^(delivery|attempt)_.*|^(peer|reply_template|log_.*|domain_gateway|message_open)$')
	say log_bytes_per_delivery "$((bytes / n))" "$n deliveries with their attempts, indexes included"
	logs_fresh
	say log_peak_anon_mb "$("$bench/peak" "$ruadb" ingest --jobs 2 "$logs_file" 2> /dev/null |
		cut -d' ' -f1)" "jobs=2, with the refresh, largest process of ruadb" "<= 96"
}

# ---- asking

# One service of a copy sends as a domain that reports speak of, from the address of it that they
# speak of most: what evidence is asked about.
logs_join()
{
	local service
	logs_domain=$(sql "SELECT policy_domain FROM ruadb.report GROUP BY 1 ORDER BY count(*) DESC, 1
		OFFSET (SELECT count(DISTINCT policy_domain) / 2 FROM ruadb.report) LIMIT 1")
	logs_ip=$(sql "SELECT host(source_ip) FROM ruadb.counted_record
		WHERE policy_domain = '$logs_domain' GROUP BY source_ip ORDER BY count(*) DESC, 1 LIMIT 1")
	service=$(sql "SELECT service_id FROM ruadb_data.log_service WHERE source_ip = inet '192.0.2.1' + 256")
	sql "UPDATE ruadb_data.log_service SET source_ip = '$logs_ip', domain = '$logs_domain',
			stream = 'marketing' WHERE service_id = $service;
		UPDATE ruadb_data.delivery SET source_ip = '$logs_ip' WHERE service_id = $service"
}

logs_large()
{
	logs_fresh
	"$bench/gen" sources "$home/sources-beside" "$logs_records" 1
	ingest --no-refresh --jobs 2 "$home/sources-beside/base" > "$home/last" 2> /dev/null
	ingest --no-refresh --jobs 2 "$logs_file" > "$home/last"
	psql -XqAt -v ON_ERROR_STOP=1 -d "$url" -c "SET bench.copies = $logs_copies" \
		-f "$logs_sql/logs_copy.sql"
	logs_join
	sql "INSERT INTO ruadb_data.cohort_stale SELECT DISTINCT tenant_id, day FROM ruadb_data.delivery"
	sql "VACUUM ANALYZE"
	logs_attempts=$(sql "SELECT count(*) FROM ruadb_data.attempt")
	measure logs_refresh "$ruadb" db refresh
	say log_refresh_s "$(median logs_refresh)" "cohorts and reports from nothing: $logs_attempts attempts, \
$(sql "SELECT count(*) FROM ruadb_data.record") records"
	sql "VACUUM ANALYZE"
}

# by_scan COMMAND...: without any index. Of all sessions that begin, since a connection string with
# options makes nothing of PGOPTIONS.
by_scan()
{
	local what rc=0
	for what in indexscan indexonlyscan bitmapscan; do
		sql "ALTER DATABASE ruadb SET enable_$what = off"
	done
	"$@" || rc=$?
	for what in indexscan indexonlyscan bitmapscan; do
		sql "ALTER DATABASE ruadb RESET enable_$what"
	done
	return $rc
}

# logs_pair NAME TARGET HOW: ours_NAME against theirs_NAME, which are functions, by turns; their
# output has to be the same
logs_pair()
{
	local name=$1 i
	"ours_$name" > "$home/ours"
	"theirs_$name" > "$home/theirs"
	cmp "$home/ours" "$home/theirs" >&2 && [ -s "$home/ours" ] || {
		echo "bench: $name: both ways say different things" >&2
		exit 1
	}
	for ((i = 0; i < logs_turns; i++)); do
		measure "ours_$name" "ours_$name"
		measure "theirs_$name" "theirs_$name"
	done
	say_ratio "$name" "theirs_$name" "ours_$name" "$3, $logs_attempts attempts, $(median "ours_$name") s \
against $(median "theirs_$name") s" "$2"
}

# columns NAME,NAME..: of tab-separated values with a head, in this order, without the head
columns()
{
	awk -F '\t' -v want="$1" 'NR == 1 { n = split(want, w, ","); for (i = 1; i <= NF; i++) at[$i] = i; next }
		{ for (i = 1; i <= n; i++) printf "%s%s", $at[w[i]], i < n ? "|" : "\n" }'
}

# From computed cohorts, and from deliveries.
ours_gateway_impact_cohort_vs_deliveries()
{
	"$ruadb" report gateway-impact --since "$logs_first" --format tsv | columns "gateway_family,tried,\
affected,directly_deferred,any_temporary_failure,deliveries,accepted_later,expired" | sort
}

theirs_gateway_impact_cohort_vs_deliveries()
{
	psql -XqAt -v ON_ERROR_STOP=1 -v first="$logs_first" -d "$url" -c "SET enable_indexscan = off;
		SET enable_bitmapscan = off; SET enable_indexonlyscan = off" -f "$logs_sql/naive_impact.sql" | sort
}

# By domain and day, from the view; and from the rows in one pass, as somebody would who has no index.
ours_ip_history_vs_scan()
{
	sql "SELECT d.day, d.recipient_domain, count(*), sum(d.attempts), sum(d.deferred),
		count(d.accepted_at), min(d.first_at), max(d.last_at)
		FROM ruadb.delivery d WHERE d.source_ip = '192.0.3.2' GROUP BY 1, 2 ORDER BY 1, 2"
}

theirs_ip_history_vs_scan()
{
	sql "SET enable_indexscan = off; SET enable_bitmapscan = off; SET enable_indexonlyscan = off;
		SELECT d.day, n.name, count(*), sum(d.attempts), sum(d.deferred), count(d.accepted_at),
		min(d.first_at), max(d.last_at) FROM ruadb_data.delivery d
		JOIN ruadb_data.log_domain n ON n.domain_id = d.recipient_domain_id
		WHERE d.source_ip = '192.0.3.2' GROUP BY 1, 2 ORDER BY 1, 2"
}

ours_evidence_vs_scan()
{
	"$ruadb" report evidence --domain "$logs_domain" --ip "$logs_ip" --gateway proofpoint --format json
}

# Once, and no longer than logs_patience: without an index its functions read the same again and again.
logs_evidence()
{
	local i theirs
	for ((i = 0; i < logs_turns; i++)); do
		measure ours_evidence_vs_scan ours_evidence_vs_scan
	done
	ours_evidence_vs_scan > "$home/ours"
	sql "ALTER DATABASE ruadb SET statement_timeout = '${logs_patience}s'"
	theirs=$EPOCHREALTIME
	if by_scan ours_evidence_vs_scan > "$home/theirs" 2> "$home/last.err"; then
		cmp "$home/ours" "$home/theirs" >&2 || echo "# evidence_vs_scan: DIFFERENT"
	else
		echo "# evidence_vs_scan: the scan was given up; the ratio is at least"
	fi
	theirs=$(echo "$theirs $EPOCHREALTIME" | awk '{printf "%.3f", $2 - $1}')
	sql "ALTER DATABASE ruadb RESET statement_timeout"
	say evidence_vs_scan "$(awk -v a="$(median ours_evidence_vs_scan)" -v b="$theirs" \
		'BEGIN {printf "%.2f", b / a}')" "one address and domain, $(median ours_evidence_vs_scan) s against \
$theirs s" ">= 20"
}

logs_asking()
{
	logs_sql=$(dirname "$0")
	logs_large
	logs_first=$(sql "SELECT min(day) FROM ruadb_data.delivery")
	logs_pair ip_history_vs_scan ">= 20" "one of $((32 * (logs_copies + 1))) addresses, by domain and day"
	logs_pair gateway_impact_cohort_vs_deliveries ">= 20" "30 days"
	logs_evidence
}

logs_bench()
{
	command -v pflogsumm > /dev/null || {
		echo "bench: needs pflogsumm: build-aux/install-deps" >&2
		exit 1
	}
	logs_reading
	logs_space
	logs_asking
}
