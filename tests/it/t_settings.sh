#!/bin/sh
# t_settings - the numbers of the definitions that may be changed.
. "$top_srcdir/tests/it/lib.sh"
ready_home

settings() { status=0; "$ruadb" settings "$@" >"$tmp/said" 2>&1 || status=$?; cat "$tmp/said"; echo "$status"; }
value() { query "SELECT value, default_value, set_at IS NULL FROM setting WHERE name = '$1'"; }
classes() { query "SELECT count(*), min(window_end - window_begin + 1) FROM source_class_current"; }

ingest -q "$samples/daily"
before=$(classes)
ok "there are classes, of 30 days" [ "${before#*|}" = 30 ]

is "$(settings list | grep -c '^[a-z_]\{1,\} *[0-9]')" "$(query 'SELECT count(*) FROM setting')" "list: all"
is "$(settings)" "$(settings list)" "and without a word"
is "$(settings --format csv | grep '^class_days' | cut -d, -f1-5)" "class_days,30,30,days,B3" "as CSV"
is "$(settings set class_days 14)" "class_days: 14
0" "set"
is "$(value class_days)" "14|30|f" "the view has it, beside the default"
is "$(classes | cut -d'|' -f2)" 14 "classes are made new with it at once"
is "$(settings set class_days 15)|$(value class_days)" "class_days: 15
0|15|30|f" "set again"
is "$(settings reset class_days)|$(value class_days)|$(classes)" "class_days: the default again
0|30|30|t|$before" "reset"
is "$(settings set ready_fail_percent 0.25)|$(value ready_fail_percent)" "ready_fail_percent: 0.25
0|0.25|0.5|f" "a percentage may have a fraction"
is "$(settings set authorised_percent 100 | tail -1)" 0 "up to 100"

# refused NAME VALUE WORDS
refused()
{
	is "$(settings set "$1" "$2")" "ruadb: $3
65" "refused: $1 $2"
}
refused authorised_percent 100.5 "authorised_percent is a percentage: from 0 to 100"
refused class_days 1.5 "'1.5' is no value of class_days: a whole number from 0 on"
refused class_days x "'x' is no value of class_days: a whole number from 0 on"
refused class_days '' "'' is no value of class_days: a whole number from 0 on"
refused class_days 1e3 "'1e3' is no value of class_days: a whole number from 0 on"
refused class_days "1'; DROP TABLE ruadb_data.setting" \
	"'1'; DROP TABLE ruadb_data.setting' is no value of class_days: a whole number from 0 on"
refused class_days 999999999 "class_days is at most 100000"
refused authorised_percent NaN "'NaN' is no value of authorised_percent: a number from 0 on"
is "$(settings set -- lag_hours -1)" "ruadb: '-1' is no value of lag_hours: a whole number from 0 on
65" "refused: less than 0"
is "$(value class_days)|$(value lag_hours)" "30|30|t|72|72|t" "then nothing is set"
for name in no_such "x' OR true --" ''; do
	refused "$name" 1 "there is no setting '$name'; ruadb settings list prints those there are"
done
is "$(settings reset no_such | tail -1)" 65 "nor reset"
is "$(settings set class_days | tail -1)|$(settings set | tail -1)|$(settings reset | tail -1)|$(
	settings list x | tail -1)|$(settings drop | tail -1)" "64|64|64|64|64" "usage"

# ---- tenants, rights
is "$("$ruadb" --tenant 2 settings set class_days 7)|$(value class_days)" "class_days: 7|30|30|t" \
	"one tenant's are not the other's"
is "$("$ruadb" --tenant 2 settings --format csv | grep '^class_days' | cut -d, -f2)" 7 "each has its own"
psql "$("$ruadb" db url)" -qc 'CREATE ROLE analyst LOGIN IN ROLE ruadb_read'
socket=$("$ruadb" db status | sed -n 's/^socket: //p')
reader() { "$ruadb" --set store.conninfo="host=$socket dbname=ruadb user=analyst" settings "$@"; }
is "$(reader --format csv | grep '^class_days' | cut -d, -f2)" 30 "a reader lists"
status=0
reader set class_days 3 >"$tmp/said" 2>&1 || status=$?
is "$status|$(value class_days)" "78|30|30|t" "and sets nothing"
ok "which is told" grep -q "the database role may not do this" "$tmp/said"
done_testing
