#!/bin/sh
# t_log_servers - logs of Exim, Sendmail, OpenSMTPD, PowerMTA and KumoMTA, of our own making, all the
# way to deliveries: what became of each recipient, in how many tries. The lines' own truth stands in
# tests/logs/*.truth (tests/unit/t_parse_log_*.c).
. "$top_srcdir/tests/it/lib.sh"

logs=$top_srcdir/tests/logs
# The recipient's name is kept here only to have something to sort by.
cat >"$tmp/ruadb.conf" <<'EOF'
[logs]
recipients = full
[source "all"]
zone = UTC
source_ip = 192.0.2.99
EOF
export RUADB_CONFIG="$tmp/ruadb.conf"

# deliveries SYSTEM: recipient state attempts+mx_attempts+suspended source campaign
deliveries()
{
	query "SELECT string_agg(format('%s %s %s+%s+%s %s%s', recipient, state, attempts, mx_attempts,
			suspended, host(source_ip), ' ' || campaign), E'\n' ORDER BY recipient, first_at)
		FROM delivery WHERE system = '$1'"
}

ok "five logs are read" "$ruadb" ingest "$logs/exim.mainlog" "$logs/sendmail.maillog" \
	"$logs/opensmtpd.maillog" "$logs/powermta.csv" "$logs/kumomta.jsonl"
is "$(deliveries exim)" '"n>: 250 ok"@example.org removed_by_admin 1+0+0 192.0.2.99
a@example.net accepted_first 1+0+0 192.0.2.1
b@example.net accepted_first 1+0+0 192.0.2.1
c@example.org lost_sight 1+0+0 192.0.2.99
d@example.org lost_sight 1+0+0 2001:db8::1
e@example.org lost_sight 1+0+1 192.0.2.99
f@example.net accepted_later 2+2+0 192.0.2.99
g@example.net bounced 1+1+0 192.0.2.99
h@example.org expired 1+0+0 192.0.2.99
i@example.org expired 0+0+0 192.0.2.99
j@example.org expired 0+0+0 192.0.2.99
k@unrouteable.example bounced 1+0+0 192.0.2.99
l@example.com handed_on 1+0+0 192.0.2.99
m+x@example.net accepted 1+0+0 192.0.2.99
p@example.org lost_sight 1+0+0 192.0.2.99
postmaster@example.com handed_on 1+0+0 192.0.2.99
q@example.org expired 1+0+0 192.0.2.99
r@example.org removed_by_admin 0+0+0 192.0.2.99
s@example.org lost_sight 1+0+0 192.0.2.99
t@example.org removed_by_admin 0+0+2 192.0.2.99' Exim
is "$(deliveries sendmail)" '"|/usr/bin/filter -a, -b" handed_on 1+0+0 192.0.2.99
a@example.net accepted_first 1+0+0 192.0.2.99
b@example.net accepted_first 1+0+0 192.0.2.99
c@example.org accepted_later 2+2+0 192.0.2.99
d@example.org lost_sight 1+0+0 192.0.2.99
e@example.org expired 0+0+1 192.0.2.99
f@example.net bounced 1+0+0 192.0.2.99
g@example.net bounced 1+0+0 192.0.2.99
h@example.net accepted 1+0+0 192.0.2.99
i@example.net accepted 1+0+0 192.0.2.99
k@example.net lost_sight 1+0+0 192.0.2.99
l@example.net bounced 1+0+0 192.0.2.99
postmaster handed_on 1+0+0 192.0.2.99
root handed_on 1+0+0 192.0.2.99' Sendmail
is "$(deliveries opensmtpd)" 'a@example.net accepted_first 1+0+0 192.0.2.1
b@example.org removed_by_admin 1+0+0 2001:db8::1
c@example.org expired 1+0+0 192.0.2.99
d@example.org bounced 1+0+0 192.0.2.99
e@example.com handed_on 1+0+0 192.0.2.99
f@example.org bounced 1+0+0 192.0.2.1' OpenSMTPD
is "$(deliveries powermta)" 'a@example.net bounced_after_acceptance 2+0+1 192.0.2.1 june-7
b@example.org expired 0+0+0 2001:db8::1
c@example.org bounced 1+0+0 192.0.2.99
d@example.org lost_sight 1+0+0 192.0.2.1
e@example.org lost_sight 1+0+0 192.0.2.1
g@example.org accepted_first 1+0+0 192.0.2.99' PowerMTA
is "$(deliveries kumomta)" 'a@example.net accepted_later 2+0+0 192.0.2.1 june-7
b@example.net accepted_later 2+0+0 2001:db8::1 june-7
c@example.org expired 4+0+0 192.0.2.2
d@example.org bounced 1+0+0 192.0.2.1 x
e@example.org removed_by_admin 0+0+0 192.0.2.99' KumoMTA

# A rotated copy: nothing of it is new.
before=$(query "SELECT count(*), sum(attempts), sum(mx_attempts) FROM delivery")
for log in exim.mainlog sendmail.maillog opensmtpd.maillog powermta.csv kumomta.jsonl; do
	gzip -c "$logs/$log" >"$tmp/$log.1.gz"
done
ok "the same lines in other files" "$ruadb" ingest "$tmp"/*.1.gz
is "$(query "SELECT count(*), sum(attempts), sum(mx_attempts) FROM delivery")" "$before" \
	"change nothing"

done_testing
