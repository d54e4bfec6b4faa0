#!/bin/sh
# t_status - how the collection is: mailboxes put in by hand, limits, monitoring, what is left.
. "$top_srcdir/tests/it/lib.sh"
ready_home

# put SQL: as the owner of the private server.
put() { psql "$("$ruadb" db url)" -qAtX -v ON_ERROR_STOP=1 -c "$1"; }
# said ARGS...: what ruadb status prints, and its exit status behind it.
said() { status=0; "$ruadb" status "$@" >"$tmp/said" 2>"$tmp/err" || status=$?; cat "$tmp/said"; echo "$status"; }
# states: the state and attention of each row; $1: more options.
states() { "$ruadb" ${1:+"$@"} status --format tsv | tail -n +2 | cut -f 1,3,7; }

# ---- without mailboxes
ingest -q "$samples/daily"
is "$(said --nagios | sed 's/reports_age=[0-9]*s/reports_age=Ns/')" \
"RUADB OK - all is well | reports_age=Ns;259200;;0 quarantine=0;1;100;0 silent_reporters=0;1;;0
0" "no mailbox: all is well"
is "$(said --format json | grep -c '"what": ')" 3 "reports, quarantine and reporters"
is "$(said --nagios extra | tail -1)|$(said --format x --nagios | tail -1)|$(said extra | tail -1)" "3|3|64" \
	"usage; for monitoring it is unknown"
is "$(RUADB_STORE_CONNINFO="host=$tmp/no" said --nagios | sed 's/ - .*//')" "RUADB CRITICAL
2" "a database that is away is critical"
is "$(RUADB_STORE_CONNINFO="host=$tmp/no" said | tail -1)" 75 "and else temporary"
is "$(echo nonsense >"$tmp/bad.conf"; "$ruadb" -c "$tmp/bad.conf" status --nagios 2>/dev/null; echo $?)" \
"RUADB UNKNOWN - ruadb status --nagios ended with 78: try it as the same user
3" "a broken configuration is unknown"

# ---- mailboxes
put "INSERT INTO ruadb_data.mailbox (tenant_id, account, folder, uidvalidity, messages, backlog,
		not_reports, oldest_waiting_at, first_seen_at, last_try_at, last_success_at, next_try_at,
		failures, last_error_at, last_error_class, last_error)
	SELECT 1, account, 'INBOX', 7, 10, backlog, 0, now() - oldest::interval, now() - first::interval,
		now() - try::interval, now() - success::interval, now() + next::interval,
		(error IS NOT NULL)::int, CASE WHEN error IS NOT NULL THEN now() END, class, error
	FROM (VALUES
		('fine', 0, NULL, '9 days', '1 min', '1 min', NULL, NULL, NULL),
		('late', 0, NULL, '9 days', '1 min', '7 h', NULL, 'temp', 'no route | to host'),
		('dead', 0, NULL, '9 days', '25 h', '25 h', NULL, NULL, NULL),
		('wait', 3, '8 h', '9 days', '1 min', '10 min', NULL, NULL, NULL),
		('old', 3, '900 days', '2 h', '1 min', NULL, NULL, NULL, NULL),
		('new', NULL, NULL, '1 min', '1 min', NULL, NULL, 'temp', 'no such host'),
		('key', 0, NULL, '9 days', '1 min', '10 min', NULL, 'config', 'wrong password')
	) m (account, backlog, oldest, first, try, success, next, class, error)"
is "$(states | head -7)" "critical	dead/INBOX	No success for 25 h. Nobody tried for 25 h: does ruadb fetch still run?
ok	fine/INBOX	
critical	key/INBOX	Needs a person. wrong password
warning	late/INBOX	No success for 7 h. no route | to host
warning	new/INBOX	No success yet. no such host
ok	old/INBOX	
warning	wait/INBOX	A message waits for 8 h." "each is judged; an archive that is fetched for the first time is fine"
is "$(said --nagios | sed 's/ |.*//')" \
"RUADB CRITICAL - dead/INBOX: No success for 25 h. Nobody tried for 25 h: does ruadb fetch still run? (and 4 more)
CRITICAL key/INBOX: Needs a person. wrong password
WARNING late/INBOX: No success for 7 h. no route ! to host
WARNING new/INBOX: No success yet. no such host
WARNING wait/INBOX: A message waits for 8 h.
2" "for monitoring the worst first, and no bar but that before the performance data"
is "$(said --nagios | head -1 | grep -o "'wait/INBOX [a-z]*'=[^ ]*" | sed 's/=[0-9]*s/=Ns/')" \
"'wait/INBOX age'=Ns;21600;86400;0
'wait/INBOX waiting'=3;;;0
'wait/INBOX oldest'=Ns;21600;86400;0" "performance data with the limits"
put "DELETE FROM ruadb_data.mailbox WHERE account IN ('dead', 'key', 'new')"
is "$(said --nagios | tail -1)" 1 "1 for a warning"
"$ruadb" settings set status_success_warning 8 >"$tmp/out"
"$ruadb" settings set status_waiting_warning 0 >"$tmp/out"
is "$(said --nagios | tail -1)" 0 "limits are settings, and 0 is none"
"$ruadb" settings set status_success_critical 5 >"$tmp/out"
is "$(states | grep late)" "critical	late/INBOX	No success for 7 h. no route | to host" "of critical, too"
put "UPDATE ruadb_data.mailbox SET next_try_at = '2100-01-01 01:02:03Z' WHERE account = 'late'"
is "$(states | grep -c 'no route | to host Next try at 01:02:03 UTC.')" 1 "when it is tried again"
"$ruadb" settings reset status_success_critical >"$tmp/out"

# ---- what is configured here
cat >"$tmp/ruadb.conf" <<-'END'
	[account "fine"]
	host = imap.example.com
	user = u
	password = secret
	folders = INBOX, Rep"orts
END
chmod 600 "$tmp/ruadb.conf"
is "$(states -c "$tmp/ruadb.conf" | head -3)" 'ok	fine/INBOX	
warning	fine/Rep"orts	Nobody ever looked at it: ruadb fetch.
ok	reports	' "those that are configured, and one that nobody ever looked at"
is "$("$ruadb" -c "$tmp/ruadb.conf" status | tail -n +3 | cut -c1-22 | sed 's/ *$//')" 'name           state
-------------  -------
fine/INBOX     ok
fine/Rep"orts  warning
reports        ok
quarantine     ok
reporters      ok' "as a table"

# ---- the rest
printf '<feedback><record>' >"$tmp/broken.xml"
ingest -q "$tmp/broken.xml"
is "$(states | grep quarantine)" "warning	quarantine	1 could not be read: ruadb quarantine list." "quarantine"
is "$(PGOPTIONS="-c ruadb.as_of=$(date -u -d '+5 days' +%FT%TZ)" states | grep 'reports	')" \
	"warning	reports	No report came for 5 days: do reporters still get the address?" "no report for days"
# A reporter of 14 days, and 20 days later.
for d in 01 02 03 04 05 06 07 08 09 10 11 12 13 14; do
	begin=$(date -u -d "2026-10-$d" +%s)
	cat >"$tmp/daily$d.xml" <<-END
	<feedback><report_metadata><org_name>daily example</org_name><email>d@example.net</email>
	<report_id>status$d</report_id><date_range><begin>$begin</begin><end>$((begin + 86399))</end>
	</date_range></report_metadata><policy_published><domain>example.com</domain>
	<p>none</p></policy_published><record><row><source_ip>192.0.2.1</source_ip>
	<count>4</count><policy_evaluated><disposition>none</disposition><dkim>pass</dkim>
	<spf>fail</spf></policy_evaluated></row><identifiers><header_from>example.com</header_from>
	</identifiers><auth_results><dkim><domain>example.com</domain><selector>s</selector>
	<result>pass</result></dkim></auth_results></record></feedback>
	END
done
ingest -q "$tmp"/daily*.xml
day=2026-11-04
PGOPTIONS="-c ruadb.as_of=$day" states | grep 'reporters	' >"$tmp/reporters"
ok "reporters that stopped" grep -q '^ok	reporters	[1-9][0-9]* reported daily and no longer do' "$tmp/reporters"
put "INSERT INTO ruadb_data.log_day (tenant_id, day, source_ip, organizational_domain, family, accepted)
	SELECT 1, c.last_day + 1, '192.0.2.1', c.organizational_domain, c.family, 5
	FROM ruadb.reporter_coverage c WHERE c.daily LIMIT 1" >"$tmp/out" 2>&1 || cat "$tmp/out"
PGOPTIONS="-c ruadb.as_of=$day" states | grep 'reporters	' >"$tmp/reporters"
ok "and one whose mail our logs show is silent" grep -q '^warning	reporters	Silent, though our logs show mail to them: ' "$tmp/reporters"

# ---- what is no report and stays
put "INSERT INTO ruadb_data.ledger (tenant_id, item_key, batch_id, parser_version, outcome, source, item,
		reason, size)
	SELECT 1, gen_random_uuid(), (SELECT max(batch_id) FROM ruadb_data.batch), 1, o, 'imap', i, r, 5
	FROM (VALUES ('x'::\"char\", 'fine/INBOX;UIDVALIDITY=7/;UID=1', 'a mail without a report'),
		('x', 'fine/INBOX;UIDVALIDITY=6/;UID=2', 'of before'),
		('q', 'fine/INBOX;UIDVALIDITY=7/;UID=3', 'broken'),
		('x', 'fine/INBOX;UIDVALIDITY=7/;UID=3#2', 'an entry'),
		('x', 'late/INBOX;UIDVALIDITY=7/;UID=4', 'gone'),
		('x', 'fine/a/b;UIDVALIDITY=1/;UID=2;UIDVALIDITY=7/;UID=5', 'an odd name')) k (o, i, r);
	INSERT INTO ruadb_data.mailbox (tenant_id, account, folder, uidvalidity, not_reports, last_try_at)
		VALUES (1, 'fine', 'a/b;UIDVALIDITY=1/;UID=2', 7, 2, now());
	UPDATE ruadb_data.mailbox SET not_reports = 1 WHERE account = 'fine' AND folder = 'INBOX'"
is "$("$ruadb" report mailbox-left --format tsv | cut -f 1-3,5-7)" \
"account	folder	uid	size	what_it_is	still_there
fine	INBOX	1	5	a mail without a report	1
fine	a/b;UIDVALIDITY=1/;UID=2	5	5	an odd name	2" "mailbox-left: what is no report, of folders that hold any still"
is "$(query "SELECT account, folder, uidvalidity, uid, outcome, not_report FROM mailbox_message
	WHERE folder = 'INBOX' ORDER BY uid")" "fine|INBOX|7|1|not_report|t
fine|INBOX|6|2|not_report|t
fine|INBOX|7|3|quarantined|f
late|INBOX|7|4|not_report|t" "messages as they were fetched"
put "INSERT INTO ruadb_data.lease VALUES (1, 'fine', 'host:1:x', 1, now() + interval '1 min'),
	(1, 'late', 'host:2:x', 4, now() - interval '1 min')"
is "$(query "SELECT account, held_by FROM mailbox WHERE folder = 'INBOX' AND account IN ('fine', 'late')
	ORDER BY 1")|$(query "SELECT account, token, held FROM lease ORDER BY 1")" "fine|host:1:x
late||fine|1|t
late|4|f" "who has which account"
is "$("$ruadb" --tenant 2 status --format tsv | tail -n +2 | cut -f 1,3 | tr '\t\n' '= ')" \
	"ok=reports ok=quarantine ok=reporters " "another tenant's are not shown"
done_testing
