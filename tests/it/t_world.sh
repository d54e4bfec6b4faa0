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
psql -XqAt -v ON_ERROR_STOP=1 -d "$("$ruadb" db url)" -c "INSERT INTO ruadb_data.cohort_stale
	SELECT DISTINCT tenant_id, day FROM ruadb_data.delivery" || echo "Bail out! no stale days"
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

# ---- reports

# columns NAME,NAME..: of tab-separated values with a head, in this order, without the head
columns()
{
	awk -F '\t' -v want="$1" 'NR == 1 { n = split(want, w, ","); for (i = 1; i <= NF; i++) at[$i] = i; next }
		{ for (i = 1; i <= n; i++) printf "%s%s", $at[w[i]], i < n ? "|" : "\n" }' | sort
}

# told DOMAIN ADDRESS: messages, passed and failed, by the truth
told() { awk -F '|' -v d="$1" -v ip="$2" '$1 == d && $2 == ip { p += $4; f += $5 }
	END { print p + f "|" p "|" f }' "$world/truth-reports.tsv"; }

is "$("$ruadb" report reported-but-not-ours --format tsv | columns \
	organizational_domain,source_group,messages,pass,fail,class)" \
	"firm.example|198.51.100.0/24|$(told firm.example 198.51.100.77)|authorised
shop.example|198.51.100.0/24|$(told shop.example 198.51.100.200)|forwarder
shop.example|203.0.113.0/24|$(told shop.example 203.0.113.66)|unverified
shop.example|203.0.113.10/32|$(told shop.example 203.0.113.10)|misconfigured" \
	"reported, but not ours: NAT, the forwarder, who sends from nowhere, the platform with its impostor"
is "$("$ruadb" report own-but-unauthenticated --format tsv | columns \
	domain,source_ip,recipients,messages,pass,fail)" \
	"bank.example|192.0.2.1|1400|$(told bank.example 192.0.2.1)" "ours, but not authenticated"
is "$("$ruadb" report authenticated-but-deferred --domain shop.example --format tsv |
	columns domain,source_ip,tried,affected)" \
	"$(grep '^shop' "$world/truth-stream.tsv" | cut -d'|' -f1-4)" "authenticated, but deferred"
"$ruadb" report evidence --domain shop.example --gateway proofpoint --format json >"$tmp/evidence.json"
is "$(python3 -c 'import json, sys
def walk(x):
    if isinstance(x, dict):
        if {"affected", "tried", "tried_everywhere"} <= set(x):
            print("%s|%s|%s" % (x["tried"], x["affected"], x["tried_everywhere"]))
        for y in x.values():
            walk(y)
    elif isinstance(x, list):
        for y in x:
            walk(y)
walk(json.load(open(sys.argv[1])))' "$tmp/evidence.json" | sort -u)" \
	"$(grep '^shop' "$world/truth-stream.tsv" | cut -d'|' -f3,4,6)" "evidence for a ticket: its totals"

# ---- another order: late reports first, the log at the end

query "SELECT * FROM stream_evidence ORDER BY 2, 3" >"$tmp/once"
"$ruadb" db stop >/dev/null
RUADB_HOME=$tmp/home2
"$ruadb" senders add mx1 --address 192.0.2.1 --address 192.0.2.2 --dedicated >/dev/null
"$ruadb" senders add platform --address 203.0.113.10 >/dev/null
for part in late mail.log now; do
	ok "in another order: $part" ingest "$world/$part"
done
query "SELECT * FROM stream_evidence ORDER BY 2, 3" >"$tmp/twice"
ok "says the same of all streams" diff "$tmp/once" "$tmp/twice"
ok "and of cohorts" same_as impact "$impact"

done_testing
