#!/bin/sh
# t_lookup - what people looked up elsewhere: noted, listed, stale after a day, taken back.
. "$top_srcdir/tests/it/lib.sh"
ready_home

lookup() { status=0; "$ruadb" lookup "$@" >"$tmp/said" 2>&1 || status=$?; cat "$tmp/said"; echo "$status"; }
noted() { query "SELECT kind, source_ip, domain, list, value, listed, checker, stale FROM lookup
	ORDER BY lookup_id"; }

is "$(lookup | tail -2)" "no rows
0" "nothing was looked up"
is "$(lookup add --kind ipcheck --value clean --checker Ann --ip 192.0.2.1)" "lookup 1: noted
0" "an address that is clean"
is "$(lookup add --kind blocklist --value listed --checker 'Ann Other' --ip ::ffff:192.0.2.1 \
	--list zen.example --at 2026-01-31)" "lookup 2: noted
0" "a listing, of a day"
is "$(lookup add --kind dkim --value pass --checker Bob --domain News.Example.COM. \
	--at 2026-01-31T09:30+01:00)" "lookup 3: noted
0" "of a domain, at a time with a zone"
is "$(lookup add --kind score --value 97 --checker Bob --ip 2001:db8::1 --list 'Sender Score')" \
	"lookup 4: noted
0" "a score"
is "$(noted)" "ipcheck|192.0.2.1|||clean|f|Ann|f
blocklist|192.0.2.1||zen.example|listed|t|Ann Other|t
dkim||news.example.com||pass||Bob|t
score|2001:db8::1||Sender Score|97||Bob|f" "the view has them, and which are stale"
is "$(query 'SELECT checked_at FROM lookup WHERE lookup_id IN (2, 3) ORDER BY lookup_id')" \
	"2026-01-31 00:00:00+00
2026-01-31 08:30:00+00" "times are UTC where no zone is said"
is "$(lookup list --format csv | tr -d '\r' | cut -d, -f1,3,7 | sed 1d | sort | tr '\n' ' ')" \
	"0 1,ipcheck,clean 2,blocklist,listed 3,dkim,pass 4,score,97 " "list"

# stale: older than the setting.
stale() { query "SELECT string_agg(stale::text, ' ') FROM lookup WHERE lookup_id = 1"; }
at=$(query 'SELECT checked_at FROM lookup WHERE lookup_id = 1')
as_of() { PGOPTIONS="-c ruadb.as_of=$(query "SELECT to_char(timestamptz '$at' + interval '$1',
	'YYYY-MM-DD\"T\"HH24:MI:SS.USOF')")" "$ruadb" sql -qAt -c \
	"SELECT stale FROM lookup WHERE lookup_id = 1"; }
is "$(as_of '24 hours')|$(as_of '24 hours 1 second')" "f|t" "24 hours are not stale, a second more is"
"$ruadb" -q settings set lookup_hours 48
is "$(as_of '48 hours')|$(as_of '48 hours 1 second')" "f|t" "setting lookup_hours"
"$ruadb" -q settings reset lookup_hours

lookup_status() { "$ruadb" lookup "$@" >"$tmp/said" 2>&1; echo $?; }
while IFS='|' read -r args words; do
	# shellcheck disable=SC2086
	is "$(lookup_status $args)" 64 "usage: $args"
	ok "told: $words" grep -qF -- "$words" "$tmp/said"
done <<'LIST'
add --kind ipcheck --value clean --ip 192.0.2.1|--kind, --value and --checker
add --kind weather --value clean --checker Ann --ip 192.0.2.1|there is no kind 'weather'; there are: ipcheck
add --kind ipcheck --value pass --checker Ann --ip 192.0.2.1|is one of: clean, listed
add --kind ipcheck --value clean --checker Ann --domain example.com|give --ip
add --kind spf --value pass --checker Ann --ip 192.0.2.1|give --domain
add --kind blocklist --value clean --checker Ann --ip 192.0.2.1|which blocklist?
add --kind score --value 101 --checker Ann --ip 192.0.2.1|from 0 to 100
add --kind score --value 5.5 --checker Ann --ip 192.0.2.1|from 0 to 100
add --kind score --value 50 --checker Ann|of what?
add --kind rdns --value pass --checker Ann --ip 192.0.2.0/24|more than one address
add --kind rdns --value pass --checker Ann --ip x|x
add --kind rdns --value pass --checker Ann --ip 192.0.2.1 --at yesterday|no time like
add --kind rdns --value pass --checker Ann --ip 192.0.2.1 --at 2026-02-30|no time like
add --kind rdns --value pass --checker Ann --ip 192.0.2.1 --at 2026-01-31T25:00|no time like
add --kind rdns --value pass --checker Ann --ip 192.0.2.1 --at 2999-01-01|still to come
add more --kind rdns|options only
list --ip 192.0.2.1|only add
remove|which?
remove one|no number
change|add, list or remove
LIST
is "$(lookup_status add --kind rdns --value pass --checker "$(printf 'A\033[2J')" --ip 192.0.2.1)" 64 \
	"a checker with control characters"
is "$(query 'SELECT count(*) FROM lookup')" 4 "then nothing is noted"

is "$(lookup remove 2 9)" "ruadb: there is no lookup 9
65" "all of them or none"
is "$(query 'SELECT count(*) FROM lookup')" 4 "so all are there"
is "$(lookup remove 2 4)|$(query 'SELECT string_agg(lookup_id::text, chr(32) ORDER BY 1) FROM lookup')" \
	"2 removed
0|1 3" "taken back"
is "$("$ruadb" --tenant 2 lookup list --format csv | wc -l)|$("$ruadb" --tenant 2 lookup remove 1 2>&1)" \
	"1|ruadb: there is no lookup 1" "another tenant sees and removes none of them"
psql "$("$ruadb" db url)" -qc 'CREATE ROLE analyst LOGIN IN ROLE ruadb_read'
socket=$("$ruadb" db status | sed -n 's/^socket: //p')
reader() { "$ruadb" --set store.conninfo="host=$socket dbname=ruadb user=analyst" lookup "$@"; }
is "$(reader --format csv | wc -l)" 3 "a reader lists"
reader remove 1 >"$tmp/said" 2>&1
is "$?|$(query 'SELECT count(*) FROM lookup')" "78|2" "and removes nothing"
done_testing
