# t_plans - no shipped report reads records from end to end: EXPLAIN of each, over all domains and
# over one, where that would be what PostgreSQL chooses unless there is a better way.
. "$top_srcdir/tests/it/lib.sh"
ready_home

mkdir "$tmp/in"
"$top_builddir/bench/gen" sources "$tmp/in" 100000 1 >/dev/null
ingest "$tmp/in"
is "$status" 0 "100000 records are there, and rolled up"

# Months without records cost nothing to read.
records=$(query "SELECT string_agg(format('%I', c.relname), '|') FROM pg_class c
	JOIN pg_inherits i ON i.inhrelid = c.oid
	WHERE i.inhparent = 'ruadb_data.record'::regclass AND pg_relation_size(c.oid) > 0")
ok "in months" test -n "$records"
domain=$(query "SELECT policy_domain FROM report GROUP BY 1 ORDER BY count(*), 1 LIMIT 1")

# value FILE NAME: the standard value of a parameter as the program binds it.
value()
{
	awk -v name="$2" -v domain="$domain" '
		$1 " " $2 == "-- param:" && $3 == name {
			type = $4 == "integer" ? "bigint" : $4 == "domain" ? "text" : \
				$4 == "address" ? "inet" : $4
			text = $5 == "default" ? $6 : ""
			if (type == "inet")
				text = "192.0.2.1"
			if (name == "gateway")
				text = "proofpoint"
			if (text ~ /^[0-9]+d$/)
				printf "((now() AT TIME ZONE '\''UTC'\'')::date - %d)", text
			else if (text == "all")
				printf "NULL::%s", type
			else
				printf "'\''%s'\''::%s", text, type
		}' "$1"
}

# plan FILE DOMAIN: what PostgreSQL does for this report. DOMAIN: NULL, or a name in quotes.
plan()
{
	set -- "$1" "$2" "$(sed -n 's/^-- param: \([a-z_]*\) .*/\1/p' "$1")"
	of=$1
	only=$2
	names=$3
	set --
	for param in $names; do
		if [ "$param" = domain ]; then
			set -- "$@" -v "domain=$only::text"
		else
			set -- "$@" -v "$param=$(value "$of" "$param")"
		fi
	done
	# Of a report of several sections each.
	awk '/^-- section:/ { print ";" } /^(SELECT|WITH)/ && !begun { print "EXPLAIN (COSTS OFF)"; begun = 1 }
		/^-- section:/ { begun = 0 } { print }' "$of" |
		"$ruadb" sql -qAt -v ON_ERROR_STOP=1 "$@" -f - >"$tmp/plan"
}

# no_scan: the plan has no sequential scan of a part of record with rows in it.
no_scan()
{
	grep -q '^[A-Z]' "$tmp/plan" || return 1
	! grep -E "Seq Scan on ($records)( |\$)" "$tmp/plan"
}

planned() { plan "$1" "$2" && no_scan; }

for file in "$top_srcdir"/sql/reports/*.sql; do
	report=$(basename "$file" .sql)
	ok "$report: no scan of all records" planned "$file" NULL
	grep -q '^-- param: domain ' "$file" || continue
	ok "$report --domain: neither" planned "$file" "'$domain'"
done

cat >"$tmp/scans.sql" <<'END'
-- title: By address
SELECT source_ip, sum(messages) FROM counted_record GROUP BY 1
END
planned "$tmp/scans.sql" NULL >"$tmp/scanned"
is "$?" 1 "a report that scans is found"
ok "by its scan" grep -q "Seq Scan on record_" "$tmp/scanned"

done_testing
