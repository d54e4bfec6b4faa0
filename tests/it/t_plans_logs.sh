#!/bin/sh
# t_plans_logs - what deliveries are read for: gateway-impact reads none while nothing is stale, one day's
# if that one is; the history of one address is no scan; nor do other reports read all deliveries.
. "$top_srcdir/tests/it/lib.sh"
ready_home

"$top_builddir/bench/gen_log" "$tmp/mail.log" 20000 30 1 >/dev/null
ingest "$tmp/mail.log"
is "$status" 0 "a log of 20000 messages is there, and its cohorts"
"$ruadb" db refresh >/dev/null
admin() { psql "$("$ruadb" db url)" -XqAt -v ON_ERROR_STOP=1 -c "$1"; }
admin "ANALYZE" >/dev/null
since=$(query "SELECT min(day) FROM ruadb_data.delivery")
ip=$(query "SELECT source_ip FROM ruadb_data.reply_ip_day GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1")

# rows SQL: how many rows of delivery and attempt it reads.
rows()
{
	"$ruadb" sql -qAt -v ON_ERROR_STOP=1 <<-SQL | tail -1
	BEGIN;
	SELECT count(*) FROM ($1) q;
	SELECT coalesce(sum(seq_tup_read) + sum(coalesce(idx_tup_fetch, 0)), 0)
	FROM pg_stat_xact_user_tables WHERE relname ~ '^(delivery|attempt)_[0-9bd]';
	ROLLBACK;
	SQL
}
impact="SELECT * FROM gateway_impact('$since', NULL, NULL, NULL, NULL, NULL)"
all=$(query "SELECT count(*) FROM ruadb_data.delivery")
ok "deliveries, hence" test "$all" -gt 15000
is "$(query "SELECT count(*) FROM ruadb_data.cohort_live")" 0 "nothing is stale"
is "$(rows "$impact")" 0 "gateway-impact of 30 days reads no delivery"
before=$(query "$impact")
ok "though it has figures" test -n "$before"
day=$(query "SELECT day FROM ruadb_data.delivery GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1")
admin "INSERT INTO ruadb_data.cohort_stale VALUES (1, '$day')"
ok "with one stale day it reads some" test "$(rows "$impact")" -gt 0
ok "but not all" test "$(rows "$impact")" -lt "$((all * 6))"
is "$(query "$impact")" "$before" "and its figures are the same"
"$ruadb" db refresh >/dev/null
for name in scope recovery retry-outcome reply-templates categories queue-expiry volume stream-mix \
	silent-deferral; do
	# since all days: whatever is looked at is computed
	sql=$(sed -e '/^--/d' -e "s/:since/'$since'::date/g" -e 's/:until/NULL::date/g' \
		-e 's/:ip/NULL::inet/g' -e 's/:limit/1000/g' -e 's/\([^:]\):[a-z]\{4,\}/\1NULL::text/g' \
		"$top_srcdir/sql/reports/$name.sql")
	is "$(rows "$sql")" 0 "$name reads no delivery"
done

# One address: an index, whether it is logged, mapped or inferred.
months=$(query "SELECT string_agg(format('%I', c.relname), '|') FROM pg_class c
	JOIN pg_inherits i ON i.inhrelid = c.oid
	WHERE i.inhparent = 'ruadb_data.delivery'::regclass AND c.reltuples > 1000")
ok "months with rows" test -n "$months"
history="SELECT day, state, queue_id, last_reply FROM delivery WHERE tenant_id = tenant() AND
	source_ip = '$ip' ORDER BY first_at"
query "EXPLAIN (COSTS OFF) $history" >"$tmp/plan"
ok "the history of an address: no scan of a month" \
	test "$(grep -cE "Seq Scan on ($months)( |\$)" "$tmp/plan")" -eq 0
ok "but by index" grep -qE 'Index' "$tmp/plan"
query "EXPLAIN (COSTS OFF) SELECT state, count(*) FROM delivery GROUP BY 1" >"$tmp/plan"
ok "a query that scans is found" grep -qE "Seq Scan on ($months)( |\$)" "$tmp/plan"
query "EXPLAIN (COSTS OFF) SELECT day, count(*) FROM delivery WHERE tenant_id = tenant()
	GROUP BY 1" >"$tmp/plan"
is "$(grep -c domain_gateway "$tmp/plan")" 0 "nobody asks for gateways: nobody looks for them"
ok "its rows are the address's alone" test "$(rows "$history")" -le \
	"$(query "SELECT 20 + 2 * count(*) FROM delivery WHERE source_ip = '$ip'")"
done_testing
