#!/bin/sh
# t_prune - ruadb prune: what each kind takes and leaves, and what it refuses.
. "${top_srcdir:-.}/tests/it/lib.sh"
ready_home

owner_query() { psql "$("$ruadb" db url)" -XqAt -v ON_ERROR_STOP=1 -c "$1"; }
today=$(date -u +%F)

# status WANTED NAME COMMAND...
status()
{
	wanted=$1 name=$2 got=0
	shift 2
	"$@" >/dev/null 2>&1 || got=$?
	is "$got" "$wanted" "$name"
}

# delivery ID DAYS_AGO [TENANT]: accepted at the third attempt, two days later.
delivery()
{
	owner_query "INSERT INTO ruadb_data.delivery (tenant_id, delivery_id, queue_key, host_id,
		service_id, recipient_key, recipient_domain_id, epoch_at, first_at, last_at, accepted_at,
		attempts, deferred, suspended, mx_attempts, day, handed_on, null_sender, queue_id,
		recipient, envelope_from)
		SELECT ${3:-1}, $1, $1, 1, 1, $1, 1, t, t, t + interval '2 days', t + interval '2 days', 3, 2,
			0, 0, t::date, false, false, 'Q$1', 'a@example.net', 'b@example.com'
		FROM (SELECT date '$today' - $2 + time '10:00' AT TIME ZONE 'UTC' AS t) x;
		INSERT INTO ruadb_data.attempt (tenant_id, delivery_id, line_key, at, day, kind, outcome, stage)
		SELECT d.tenant_id, d.delivery_id, n, d.first_at + n * interval '1 day', d.day + n, 'a', 'd',
			'r' FROM ruadb_data.delivery d, generate_series(0, 2) n
		WHERE d.delivery_id = $1 AND d.tenant_id = ${3:-1};
		INSERT INTO ruadb_data.cohort_stale (tenant_id, day)
		VALUES (${3:-1}, date '$today' - $2)" >/dev/null
}

left()
{
	owner_query "SELECT string_agg(tenant_id || ':' || delivery_id || coalesce(' ' || recipient, ''),
			', ' ORDER BY tenant_id, delivery_id) FROM ruadb_data.delivery;
		SELECT string_agg(n::text, ' ' ORDER BY tenant_id, delivery_id) FROM (SELECT tenant_id,
			delivery_id, count(*) AS n FROM ruadb_data.attempt GROUP BY 1, 2) a"
}

"$ruadb" db migrate >/dev/null 2>&1
delivery 1 200
delivery 2 91
delivery 3 89
delivery 4 200 2

status 64 "an age is wanted" "$ruadb" prune deliveries
status 64 "and a kind" "$ruadb" prune --older-than 90d
status 64 "that there is" "$ruadb" prune --older-than 90d everything
status 64 "an age that a queue may reach is refused" "$ruadb" prune --older-than 13d attempts
status 64 "hours are no days" "$ruadb" prune --older-than 100h attempts

is "$("$ruadb" prune --older-than 90d --dry-run --format json deliveries)" \
	'{"dry_run":true,"deliveries":8}' "a dry run counts deliveries with their attempts"
is "$(left)" "1:1 a@example.net, 1:2 a@example.net, 1:3 a@example.net, 2:4 a@example.net
3 3 3 3" "and takes nothing"

is "$("$ruadb" prune --older-than 90d recipients)" "recipients: 2 rows are gone" "recipients"
is "$(left)" "1:1, 1:2, 1:3 a@example.net, 2:4 a@example.net
3 3 3 3" "their addresses are gone, of old deliveries of this tenant"

is "$("$ruadb" prune --older-than 90d attempts)" "attempts: 4 rows are gone" "attempts"
is "$(left)" "1:1, 1:2, 1:3 a@example.net, 2:4 a@example.net
2 3 3" "those on days before it, of this tenant"

cohorts=$(owner_query "SELECT count(*) FROM ruadb_data.impact_cohort WHERE tenant_id = 1")
is "$("$ruadb" prune --older-than 90d deliveries)" "deliveries: 4 rows are gone" \
	"deliveries, with the attempts that came later"
is "$(left)" "1:3 a@example.net, 2:4 a@example.net
3 3" "those of before it, of this tenant"
ok "a cohort a day was computed before" test "$cohorts" -ge 3
is "$(owner_query "SELECT count(*) FROM ruadb_data.impact_cohort WHERE tenant_id = 1")" "$cohorts" \
	"and all of them stay"
"$ruadb" db refresh >/dev/null
is "$(owner_query "SELECT count(*) FROM ruadb_data.impact_cohort WHERE tenant_id = 1")" "$cohorts" \
	"a refresh does not take them either"
is "$(query "SELECT count(*) FROM impact WHERE day < date '$today' - 90")" 2 \
	"and they are in the view"

"$ruadb" ingest -q "$samples/daily" "$samples/broken" >/dev/null 2>&1
before=$(owner_query "SELECT count(*) FROM ruadb_data.original")
"$ruadb" prune -q --older-than 90d originals
is "$(owner_query "SELECT count(*) FROM ruadb_data.original")" "$before" "young originals stay"
owner_query "UPDATE ruadb_data.batch SET stored_at = stored_at - interval '91 days'" >/dev/null
quarantined=$(owner_query "SELECT count(DISTINCT o.sha256) FROM ruadb_data.original o
	JOIN ruadb_data.quarantine q USING (tenant_id, sha256)")
"$ruadb" prune -q --older-than 90d originals
ok "there were some" test "$before" -gt "$quarantined"
is "$(owner_query "SELECT count(DISTINCT sha256) FROM ruadb_data.original")" "$quarantined" \
	"old ones go, but what lies in quarantine"
done_testing
