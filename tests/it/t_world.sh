#!/bin/sh
# Logs and reports of the same traffic, joined, against what is true of it (world.py): NAT, a shared
# platform address with an impostor, a pool, a forwarder, a missing reporter, reports that come late, a
# header From that no log has.
. "$top_srcdir/tests/it/lib.sh"

have_python || skip_all "python3 is not installed"
world=$tmp/world
python3 "$here/world.py" "${RUADB_TEST_SEED:-1}" "$world" || exit 1
RUADB_CONFIG=$world/ruadb.conf
export RUADB_CONFIG

truth() { sed -n 's/.*"'"$1"'": "\{0,1\}\([^",}]*\).*/\1/p' "$world/truth.json"; }
same_as() { query "$2" | sort >"$tmp/said" && sort "$world/truth-$1.tsv" | diff - "$tmp/said"; }

"$ruadb" senders add mx1 --address 192.0.2.1 --address 192.0.2.2 --dedicated >/dev/null
"$ruadb" senders add platform --address 203.0.113.10 >/dev/null
ok "reports and log are read" ingest "$world/now" "$world/mail.log"
is "$status" 0 "whole"

impact="SELECT day, coalesce(gateway, ''), domain, coalesce(host(source_ip), ''), recipients, affected,
	directly_deferred, temporary_failure, accepted_first, accepted_later, bounced, expired
	FROM impact WHERE recipients > 0"
deliveries="SELECT recipient, state, attempts, affected::int, domain FROM delivery"
ok "each delivery: state, attempts, affected, domain" same_as delivery "$deliveries"
ok "cohorts by gateway, domain and address, computed behind the ingest" same_as impact "$impact"
owner_query "INSERT INTO ruadb_data.cohort_stale SELECT DISTINCT tenant_id, day FROM ruadb_data.delivery"
ok "the same from deliveries" same_as impact "$impact"
ok "then two days of reports come late" ingest "$world/late"
ok "each reporter's messages by address, passed and failed" same_as reports "SELECT header_from,
	host(source_ip), org_name, coalesce(sum(messages) FILTER (WHERE dmarc_pass), 0),
	coalesce(sum(messages) FILTER (WHERE NOT dmarc_pass), 0) FROM counted_record GROUP BY 1, 2, 3"
ok "the domain of each delivery is what it was" same_as delivery "$deliveries"

is "$(query "SELECT domain, domain_source, count(*) > 0 FROM delivery GROUP BY 1, 2 ORDER BY 1")" \
	"bank.example|stream|t
club.example|reports|t
firm.example|reports|t
shop.example|stream|t" "where it is from: streams that are declared, else what reports show"
is "$(query "SELECT DISTINCT domain, coalesce(source_ip_from, '-') FROM delivery
	WHERE domain <> 'club.example' ORDER BY 1")" "bank.example|map
firm.example|map
shop.example|map" "mapped addresses"
is "$(query "SELECT count(*) FROM (SELECT DISTINCT day, source_ip FROM delivery
	WHERE source_ip_from = 'inferred') x")" 1 "a pool's address is inferred on the day it is one"
is "$(query "SELECT count(*) FROM attempt WHERE nat_conflict AND kind = 'attempt'")" \
	"$(truth nat_conflicts)" "NAT: replies that name another address"

# ---- joined

asked="(VALUES ('shop.example', inet '192.0.2.2'), ('bank.example', '192.0.2.1'),
	('firm.example', '192.0.2.9'), ('firm.example', '198.51.100.77')) AS s (domain, ip)"
span="date '$(truth from)', date '$(truth to)'"
joined()
{
	ok "receivers' families: reported and passed, and accepted by the logs ($1)" same_as family "SELECT
		s.domain, host(s.ip), f.family, coalesce(f.messages, 0), coalesce(f.pass, 0), coalesce(f.fail, 0),
		coalesce(f.accepted, 0) FROM $asked, LATERAL stream_family(s.ip, s.domain, $span) f"
	ok "deferral of each stream at Proofpoint ($1)" same_as stream "SELECT s.domain, host(s.ip), f.tried,
		f.affected, f.directly_deferred, f.of_all, f.accepted_later, f.expired
		FROM $asked, LATERAL stream_impact(s.ip, s.domain, 'proofpoint', NULL, NULL) f WHERE f.tried > 0"
}
joined "late reports not refreshed"
"$ruadb" db refresh >/dev/null
joined "refreshed"
is "$(query "SELECT volume FROM stream_family('192.0.2.2', 'shop.example', $span) WHERE family = 'google'")" \
	agrees "logs and reports agree on what was sent"
is "$(query "SELECT volume FROM stream_family('192.0.2.1', 'bank.example', $span)
	WHERE family = 'microsoft'")" "not comparable" "a receiver that sent no report"
is "$(query "SELECT organizational_domain, host(source_ip), failing FROM stream_evidence
	WHERE source_ip IN ('192.0.2.1', '192.0.2.2', '192.0.2.9') ORDER BY 1")" \
	"bank.example|192.0.2.1|t
firm.example|192.0.2.9|
shop.example|192.0.2.2|f" "authentication: failing, not measured, not failing"

done_testing
