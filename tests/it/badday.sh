# badday.sh - what the tests of a mailbox's bad days share; sourced behind dovecot.sh, never run.
# Wants $mails, and $url of the database.
# shellcheck shell=sh disable=SC2034,SC2154

# fetch ARGS...: sets $status; its output is $tmp/out and $tmp/err.
fetch()
{
	status=0
	"$ruadb" fetch --no-refresh --format json "$@" >"$tmp/out" 2>"$tmp/err" || status=$?
}

# plain NAME PORT [LINE...]: an account in clear, so that the proxy can see what goes by.
plain()
{
	name=$1 port=$2
	shift 2
	account_conf "$name" "port = $port" "tls = none" "insecure = yes" "timeout = 20" "$@"
}

# Begins anew: N mails in alice's INBOX, nothing elsewhere, an empty database.
anew()
{
	rm -rf "$dovecot_dir/mail/alice" "$conf"
	mailbox_fill alice INBOX "${1:-$mails}"
	owner_query "TRUNCATE ruadb_data.report, ruadb_data.record, ruadb_data.ledger,
		ruadb_data.original, ruadb_data.quarantine, ruadb_data.batch, ruadb_data.mailbox,
		ruadb_data.lease" >/dev/null
}

owner_query() { PGOPTIONS='' psql -qAtX -v ON_ERROR_STOP=1 "$url" -c "$1"; }

# The whole of it: reports stored, of them twice, messages left, messages moved.
all()
{
	query "SELECT count(*), count(*) - count(DISTINCT (external_report_id, policy_domain, begin_at,
		org_name)) FROM report" | tr '\n' '|'
	echo "$(mailbox_count alice INBOX)|$(mailbox_count alice Archive/DMARC)"
}
