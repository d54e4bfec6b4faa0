#!/bin/sh
# t_log_privacy - addresses of recipients are nowhere in the database unless they are asked for.
. "$top_srcdir/tests/it/lib.sh"
ready_home
owner_query() { psql "$("$ruadb" db url)" -XqAt -v ON_ERROR_STOP=1 -c "$1"; }

# Names that occur nowhere else; in each place where a log quotes an address.
log=$tmp/mail.log
p='mx1.example.com postfix'
cat >"$log" <<LOG
2026-10-01T10:00:00Z $p/smtpd[1]: 4A1B2C3D01: client=app.example.com[192.0.2.9]
2026-10-01T10:00:00Z $p/cleanup[2]: 4A1B2C3D01: message-id=<1@example.com>
2026-10-01T10:00:00Z $p/qmgr[3]: 4A1B2C3D01: from=<bounce+qzalice=example.net@example.com>, size=9, nrcpt=4 (queue active)
2026-10-01T10:00:01Z $p/smtp[4]: 4A1B2C3D01: to=<qzalice@example.net>, relay=mx.example.net[198.51.100.1]:25, delay=1, delays=0/0/0/1, dsn=5.1.1, status=bounced (host mx.example.net[198.51.100.1] said: 550 5.1.1 <QZalice@EXAMPLE.net>: Recipient address rejected: User unknown (in reply to RCPT TO command))
2026-10-01T10:00:01Z $p/smtp[4]: 4A1B2C3D01: to=<qzbob@example.net>, orig_to=<qzbobby@example.com>, relay=mx.example.net[198.51.100.1]:25, delay=1, delays=0/0/0/1, dsn=4.2.0, status=deferred (host mx.example.net[198.51.100.1] said: 450 4.2.0 user qzbob: see https://help.example.net/?rcpt=qzbob%40example.net&a=qzbob@example.net or ask postmaster@example.net (in reply to RCPT TO command))
2026-10-01T10:00:01Z $p/smtp[4]: 4A1B2C3D01: to=<qzcarol@example.net>, relay=mx.example.net[198.51.100.1]:25, delay=1, delays=0/0/0/1, dsn=5.0.0, status=bounced (host mx.example.net[198.51.100.1] said: 550 forwarded to "qz dora"@example.org, <qzemil@example.org>: unknown (in reply to end of DATA command))
2026-10-01T10:00:01Z $p/smtp[4]: 4A1B2C3D01: host mx.example.net[198.51.100.1] said: 421 4.3.0 <qzalice@example.net> not now (in reply to RCPT TO command)
2026-10-01T10:00:02Z $p/smtp[4]: 4A1B2C3D01: to=<qzfrank@example.net>, relay=mx.example.net[198.51.100.1]:25, delay=1, qzfrank@example.net
2026-10-01T10:00:03Z $p/qmgr[3]: 4A1B2C3D02: from=<bounce+qzgreta=example.net@example.com>, size=9, nrcpt=1 (queue active)
LOG

# told TENANT: all rows of that tenant that hold one of the names, by table.
told()
{
	owner_query "SELECT format('SELECT %L WHERE EXISTS (SELECT FROM ruadb_data.%I t WHERE tenant_id = %s
		AND t::text ~* ''qz''); ', c.relname, c.relname, $1) FROM pg_class c JOIN pg_attribute a
		ON a.attrelid = c.oid AND a.attname = 'tenant_id' WHERE c.relkind IN ('r', 'p') AND NOT
		c.relispartition AND c.relnamespace = 'ruadb_data'::regnamespace" >"$tmp/ask.sql"
	psql "$("$ruadb" db url)" -XqAt -v ON_ERROR_STOP=1 -f "$tmp/ask.sql" | sort | tr '\n' ' '
}
replies()
{
	"$ruadb" --tenant "$1" sql -qAt -c "SELECT DISTINCT reply FROM attempt WHERE tenant_id = tenant()
		ORDER BY reply"
}
# read_with TENANT KIND
read_with()
{
	RUADB_LOGS_RECIPIENTS=$2 "$ruadb" ingest --tenant "$1" --format json "$log" >"$tmp/out" 2>"$tmp/err"
	echo "$?|$(member events)|$(member deliveries)|$(member log_unreadable)"
}

is "$(read_with 10 hash)" "0|8|3|1" "hash"
is "$(told 10)" "" "no name is anywhere"
is "$(read_with 11 domain)" "0|8|3|1" "domain"
is "$(told 11)" "" "no name is anywhere"
is "$(replies 10)" '421 4.3.0 <[address]@example.net> not now
450 4.2.0 user [recipient]: see https://help.example.net/?rcpt=[recipient]&a=[recipient] or ask postmaster@example.net
550 5.1.1 <[recipient]>: Recipient address rejected: User unknown
550 forwarded to [address]@example.org, <[address]@example.org>: unknown' "what stands for them"
is "$(owner_query "SELECT sample FROM ruadb_data.log_unreadable WHERE tenant_id = 10" |
	grep -c 'to=<\[address\]@example.net>.*\[address\]@example.net')" 1 "in the sample of a line, too"
is "$(read_with 12 full)" "0|8|3|1" "full"
is "$(told 12)" "attempt delivery log_unreadable message_open reply_template " "there they are"
is "$(replies 12 | sed -n 3,4p)" '550 5.1.1 <QZalice@EXAMPLE.net>: Recipient address rejected: User unknown
550 forwarded to "qz dora"@example.org, <qzemil@example.org>: unknown' "as they were"

done_testing
