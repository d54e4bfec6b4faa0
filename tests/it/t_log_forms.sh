#!/bin/sh
# t_log_forms - a log is the same log in every form: classic stamps without a zone, RFC 3339, RFC 5424,
# the journal's JSON on standard input, packed. What was read in one form is known in all others.
. "$top_srcdir/tests/it/lib.sh"

TZ=America/New_York
export TZ
logs=$top_srcdir/tests/logs
# Its stamps have no year: that of the file's last change, and the one before.
for form in maillog maillog.gz maillog.xz maillog.bz2 maillog.zst maillog.zip; do
	cp "$logs/postfix.$form" "$tmp"
	touch -d 2026-02-01 "$tmp/postfix.$form"
done

# The awk that reads the parts of a line: the year in y, zone -05:00, what it is made of in $0.
made()
{
	awk '{ y = $1 == "Dec" ? 2025 : 2026
		day = sprintf("%d-%02d-%02d", y, $1 == "Dec" ? 12 : 1, $2)
		text = substr($0, 17) # "mx1 program[pid]: words"
		host = substr(text, 1, index(text, " ") - 1)
		rest = substr(text, index(text, " ") + 1)
		tag = substr(rest, 1, index(rest, ": ") - 1)
		program = tag; sub(/\[.*/, "", program)
		pid = tag; gsub(/.*\[|\].*/, "", pid); if (pid == tag) pid = "-"
		words = substr(rest, index(rest, ": ") + 2)
		'"$1"' }' "$logs/postfix.maillog"
}
made 'print day "T" $3 ".25-05:00 " text' >"$tmp/rfc3339.log"
made 'print "<22>1 " day "T" $3 "-05:00 " host " " program " " pid " - - " words' >"$tmp/rfc5424.log"
made 'print day "T" $3 "-0500 " text' >"$tmp/short-iso.log"
made 'split($3, t, ":"); gsub(/"/, "\\\"", words)
	days = y == 2025 ? 20453 : 20453 + $2 # of 31 December 2025
	s = (days * 24 + t[1] + 5) * 3600 + t[2] * 60 + t[3]
	printf("{\"__REALTIME_TIMESTAMP\":\"%d000007\",\"_HOSTNAME\":\"%s\",", s, host)
	printf("\"SYSLOG_IDENTIFIER\":\"%s\",", program)
	if (pid != "-") printf("\"SYSLOG_PID\":\"%s\",", pid)
	printf("\"MESSAGE\":\"%s\"}\n", words)' >"$tmp/journal.json"

figures_of_log()
{
	echo "$(member log_lines) $(member log_skipped) $(member log_unreadable) $(member attempts)" \
		"$(member deliveries) $(member log_repeated)"
}
everything()
{
	query "SELECT queue_id, recipient_domain, state, attempts, suspended, mx_attempts,
		arrived_at AT TIME ZONE 'UTC', last_at AT TIME ZONE 'UTC', message_id
		FROM delivery ORDER BY 1, 2, 7"
}

ingest --format json "$tmp/postfix.maillog"
is "$status|$(figures_of_log)" "0|40 7 1 10 7 0" "its lines, attempts and deliveries"
is "$(query "SELECT min(first_at) AT TIME ZONE 'UTC', max(last_at) AT TIME ZONE 'UTC' FROM delivery")" \
	"2026-01-01 04:58:02|2026-01-06 06:00:01" "by the clock of this machine"
before=$(everything)
is "$(echo "$before" | wc -l)" 7 "seven deliveries"
for file in rfc3339.log rfc5424.log short-iso.log postfix.maillog.gz postfix.maillog.xz \
	postfix.maillog.bz2 postfix.maillog.zst postfix.maillog.zip; do
	ingest --format json "$tmp/$file"
	is "$status|$(figures_of_log)" "0|40 7 1 0 0 14" "$file: nothing is new"
done
ingest --format json - <"$tmp/journal.json"
is "$status|$(figures_of_log)" "0|40 7 1 0 0 14" "the journal on standard input: nothing is new"
is "$(everything)" "$before" "and nothing is other"

# The other way round: in the form that has a zone first.
ingest --tenant 2 --format json - <"$tmp/journal.json"
is "$status|$(figures_of_log)" "0|40 7 1 10 7 0" "the journal first"
ingest --tenant 2 --format json "$tmp/postfix.maillog"
is "$(figures_of_log)" "40 7 1 0 0 14" "then the file: nothing is new"

done_testing
