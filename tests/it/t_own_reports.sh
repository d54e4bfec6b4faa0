# t_own_reports - a user's own SQL file is a report at once: what it may say, what becomes of its
# mistakes, and the formats that go back into PostgreSQL.
. "$top_srcdir/tests/it/lib.sh"
ready_home

mkdir "$tmp/reports"
RUADB_REPORT_REPORTS_DIR=$tmp/reports
export RUADB_REPORT_REPORTS_DIR
ingest --format json "$samples"

# own NAME TEXT: a report file; \n and \t are what printf makes of them.
own() { printf -- "$2" >"$tmp/reports/$1.sql"; }
# report ARGS...: sets $status, standard output in $tmp/out, standard error in $tmp/err.
report()
{
	status=0
	"$ruadb" report "$@" >"$tmp/out" 2>"$tmp/err" || status=$?
}
# says STATUS WORDS NAME: how the last report ended, and what it said (a pattern).
says() { ok "$3" said "$1" "$2"; }
said()
{
	cat "$tmp/err"
	[ "$status" = "$1" ] && grep -q -- "$2" "$tmp/err"
}

# ---- listed, explained, typed
own mine '-- title: My own\n-- about: Some words.\n-- param: source address default all Whose
-- param: n integer default 3 How many\n-- param: limit integer Rows
SELECT :source AS source, :n AS n LIMIT :limit'
report list
ok "listed with its title" grep -q '^mine  *My own  (source, n, limit)$' "$tmp/out"
for way in "help mine" "mine --help"; do
	# shellcheck disable=SC2086 # words
	report $way
	is "$status $(sed "s|$tmp|TMP|" "$tmp/out")" "0 My own
Some words.

  --source ADDRESS             Whose (default all)
  --param n=INTEGER            How many (default 3)
  --limit INTEGER              Rows (needed)

Its SQL is in TMP/reports/mine.sql" "report $way"
done
report mine --limit 1 --source 192.0.2.0/24 --format csv
is "$(sed -n 2p "$tmp/out" | tr -d '\r')" "192.0.2.0/24,3" "--source and --limit"
report mine --limit 1 --source 192.0.2.256
says 78 "source: '192.0.2.256' is neither an address nor a range" "an address that is none"
report mine --limit 1 --param n=x
says 78 "n: 'x' is not a whole number" "a number that is none"
own unused '-- title: U\n-- param: since date default all X\n-- param: n integer default 7 Y
SELECT :n AS n'
report unused --since 30d --format csv
is "$status $(sed -n 2p "$tmp/out" | tr -d '\r')" "0 7" "a parameter that the statement never uses"

# ---- mistakes, with their line
own column '-- title: C\n-- param: n integer default 1 X\nSELECT org_name, :n,
\t\tmessage, :n\nFROM report'
report column
says 78 'column.sql:4:3: .*column "message" does not exist' "a column that is none: file, line, column"
is "$(sed -n 2,3p "$tmp/err")" "    message, :n
    ^" "the line, with a mark below"
ok "and what PostgreSQL advises" grep -q 'reference the column "report.messages"' "$tmp/err"
own wide '-- title: C\n-- param: since date default all X\n-- param: n integer default 1 X
SELECT :since, '"'é中'"', :n, nope\n'
report wide
says 78 'wide.sql:4:26: .*column "nope"' "behind parameters and other letters"
own undeclared '-- title: C\nSELECT 1 WHERE :n > 1'
report undeclared
says 78 'undeclared.sql:2:16: .*syntax error' "a parameter that nobody declared"
ok "is named" grep -q "The head has no line '-- param: n TYPE" "$tmp/err"
own open '-- title: C\nSELECT (1\n\n'
report open
says 78 'open.sql:2:10: .*end of input' "the end of the file is behind its last word"
own divides '-- title: C\n-- param: n integer default 0 X\nSELECT 1 / :n'
report divides
says 78 'divides.sql: .*division by zero' "a mistake without a place names the file"
own two '-- title: C\nSELECT 1;\n-- words\nDELETE FROM report'
report two
says 78 'two.sql:4: a second statement begins here' "several statements"
own head '-- title: C\n-- about: Words\n-- param: n number\nSELECT :n'
report head
says 78 "head.sql:3: '-- param: n number' is not" "a head line that is wrong"
{
	echo '-- title: Many'
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17; do
		echo "-- param: p$i integer default 1 X"
	done
	echo 'SELECT 1'
} >"$tmp/reports/many.sql"
report many
says 78 'many.sql:18: more than 16 parameters' "a seventeenth parameter"
printf 'SELECT 1' >"$tmp/reports/untitled.sql"
report list
is "$status $(grep -c "can't be used" "$tmp/out") $(grep -c '^untitled .*-- title' "$tmp/out")" \
	"0 4 1" "the list has those that can't be used, with the reason"

# ---- it only reads, whoever it runs as
stored=$(query 'SELECT count(*) FROM report')
socket=$("$ruadb" db status | sed -n 's/^socket: //p')
own writes '-- title: W\nDELETE FROM ruadb_data.report'
own hides '-- title: W\nWITH x AS (DELETE FROM ruadb_data.report RETURNING 1) SELECT * FROM x'
for r in writes hides; do
	report $r
	says 78 "$r.sql: " "$r: refused"
done
psql "$("$ruadb" db url)" -qc 'CREATE ROLE poor LOGIN SUPERUSER'
export RUADB_STORE_CONNINFO="host=$socket dbname=ruadb user=poor"
report writes
says 78 'writes.sql: ' "refused to one who may write, too"
unset RUADB_STORE_CONNINFO
is "$(query 'SELECT count(*) FROM report')" "$stored" "nothing is gone"

# ---- one that takes long
own slow '-- title: S\nSELECT pg_sleep(60)'
running() { [ "$(psql "$("$ruadb" db url)" -qAtc "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)' \
	AND state = 'active'")" = "$1" ]; }
eventually() { for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	"$@" && return; sleep 0.2; done; return 1; }
# In the background a shell ignores SIGINT for a job: SIGTERM ends it in the same way.
"$ruadb" report slow >"$tmp/out" 2>"$tmp/err" &
slow=$!
ok "a report that takes long runs" eventually running 1
kill -TERM $slow
status=0
wait $slow || status=$?
is "$status" 143 "it is ended by a signal"
ok "in the database too" eventually running 0
if have_python; then
	python3 - "$ruadb" >"$tmp/interrupted" <<-'END'
	import signal, subprocess, sys, time
	signal.signal(signal.SIGINT, signal.default_int_handler)
	p = subprocess.Popen([sys.argv[1], "report", "slow"], stderr=subprocess.DEVNULL)
	time.sleep(2)
	p.send_signal(signal.SIGINT)
	print(p.wait(20))
	END
	is "$(cat "$tmp/interrupted")" -2 "Ctrl-C does the same"
	ok "there as well" eventually running 0
else
	skip "no python3" 2
fi
PGOPTIONS="-c statement_timeout=300" "$ruadb" report slow >"$tmp/out" 2>"$tmp/err"
status=$?
says 75 'statement timeout' "statement_timeout ends it: 75"

# ---- what goes back into PostgreSQL
own odd "-- title: O\n-- evidence: yes
SELECT 1 AS n, E'a\\\\tb\\\\nc\\\\\\\\d\\\\re' AS x, true AS yes, NULL::text AS nothing, chr(8238) || chr(155) AS y
UNION ALL SELECT 2, 'plain', false, 'some', '' ORDER BY 1"
report odd --format tsv
is "$(wc -l <"$tmp/out")" 3 "tsv: a row is a line"
psql "$("$ruadb" db url)" -qAt -v ON_ERROR_STOP=1 >"$tmp/back" 2>&1 <<END
CREATE TEMP TABLE back (n int, x text, yes boolean, nothing text, y text);
\\copy back FROM '$tmp/out' WITH (FORMAT text, HEADER, NULL '')
SELECT x = E'a\\tb\\nc\\\\d\\re' AND yes AND nothing IS NULL AND y = chr(8238) || chr(155)
	FROM back WHERE n = 1;
END
is "$(cat "$tmp/back")" t "tsv: COPY reads what was written"
report odd --format jsonl
is "$(wc -l <"$tmp/out") $(sed -n 2p "$tmp/out")" \
	'2 {"n": 2, "x": "plain", "yes": false, "nothing": "some", "y": ""}' "jsonl: an object a row"

# ---- several sections
own several '-- title: Two | parts
-- about: Of *one* report.
-- param: domain domain default all X
-- param: n integer default 7 Y
-- param: word text default all Z
-- queries: yes

-- section: first The first `part`
-- layout: lines
-- about: About it.
-- The number.
SELECT :n AS the_number, :domain AS domain, '"':n'"' AS not_a_param;

-- section: lines Lines
-- layout: words
SELECT w FROM unnest(ARRAY['"'a | <b>', :word"']) AS w WHERE w IS NOT NULL ORDER BY w

-- section: none Nothing to see
-- optional: yes
SELECT 1 AS x WHERE false
-- section: empty Nothing at all
SELECT 1 AS x WHERE false'
report several --domain Example.COM. --param word="it's \ $(printf '\001')"
is "$status|$(cat "$tmp/out")" "0|Two | parts
Of *one* report.

The first \`part\`
About it.
the_number   7
domain       example.com
not_a_param  :n

Lines
- a | <b>
- it's \ \x01

Nothing at all
no rows

Queries
Each section is what its query gives; \`ruadb sql\` runs it.

-- The first \`part\`
SELECT '7'::bigint AS the_number, 'example.com'::text AS domain, ':n' AS not_a_param;

-- Lines
SELECT w FROM unnest(ARRAY['a | <b>', E'it''s \\\\ \\x01'::text]) AS w WHERE w IS NOT NULL ORDER BY w;

-- Nothing at all
SELECT 1 AS x WHERE false;" "sections: as a table"
report several --format markdown
is "$status|$(head -28 "$tmp/out")" '0|## Two \| parts

Of \*one\* report.

### The first \`part\`

About it.

| | |
|---|---|
| the number | 7 |
| domain | - |
| not a param | :n |

### Lines

- a \| \<b\>

### Nothing at all

No rows.

### Queries

Each section is what its query gives; `ruadb sql` runs it.

The first \`part\`:' "as Markdown"
report several --format json
is "$(have_python && python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
print(list(d), d["first"]["rows"], d["none"]["rows"], d["lines"]["query"][:20])' "$tmp/out")" \
	"['first', 'lines', 'none', 'empty'] [{'the_number': 7, 'domain': None, 'not_a_param': ':n'}] [] SELECT w FROM unnest" \
	"as JSON: a member a section"
report several --format csv
says 78 'its formats are table, json and markdown' "and as nothing else"
own several '-- title: Two\n-- section: a A\nSELECT 1\n-- section: b B\n-- about: X\nSELECT nothing'
report several
says 78 'several.sql:6:8: ' "a mistake is told with the line of the file"
own several '-- title: Two\n-- section: a A\nSELECT 1;\nSELECT 2'
report several
says 78 'several.sql:4: a second statement' "each section is one statement"
own several '-- title: Two\n-- section: A\nSELECT 1'
report several
says 78 "is not a name and a title" "and has a name and a title"

# ---- every shipped report, in formats for programs
for path in "$top_srcdir"/sql/reports/*.sql; do
	name=$(basename "$path" .sql)
	source=
	! grep -q '^-- param: source ' "$path" || source='--source 192.0.2.0/24'
	! grep -q '^-- param: gateway [a-z]* [^d]' "$path" || source='--gateway proofpoint --domain example.com'
	"$ruadb" report help "$name" >"$tmp/help" 2>&1 || echo "$name: no help"
	[ "$(grep -c '^-- param:' "$path")" = "$(grep -c '^  --' "$tmp/help")" ] ||
		echo "$name: not every parameter in its help"
	if grep -q '^-- section:' "$path"; then
		# shellcheck disable=SC2086 # words
		"$ruadb" report "$name" $source --format json >"$tmp/json" || echo "$name: fails"
		! have_python || python3 -m json.tool "$tmp/json" >/dev/null || echo "$name: no JSON"
		continue
	fi
	for format in jsonl tsv; do
		# shellcheck disable=SC2086 # words
		"$ruadb" report "$name" $source --format $format >"$tmp/$format" 2>"$tmp/err" ||
			sed "s/^/$name: /" "$tmp/err"
	done
	[ "$(($(wc -l <"$tmp/tsv") - 1))" = "$(wc -l <"$tmp/jsonl")" ] || echo "$name: rows differ"
	[ "$(awk -F '\t' '{ print NF }' "$tmp/tsv" | sort -u | wc -l)" = 1 ] ||
		echo "$name: tsv with rows of several lengths"
	! have_python || python3 -c 'import json, sys
for line in open(sys.argv[1], encoding="utf-8"):
	json.loads(line)' "$tmp/jsonl" || echo "$name: no JSON"
done >"$tmp/said" 2>&1
is "$(cat "$tmp/said")" "" "every shipped report explains itself and comes as jsonl and tsv"

# ---- what the figures rest on
own evidence '-- title: E\n-- evidence: yes\n-- param: domain domain default all X
SELECT count(*) AS n FROM report WHERE :domain IS NULL OR policy_domain = :domain'
report evidence
ok "a foot line" grep -q '^As of 20[0-9-]* [0-9:]* UTC; settled to 20[0-9-]*; [0-9]* reporters* seen, [0-9]* expected' "$tmp/out"
report evidence --domain nobody.example
ok "that is about the domain asked for" grep -q 'no day is settled yet' "$tmp/out"
report evidence --format markdown
is "$(tail -1 "$tmp/out" | cut -c1-6)" "As of " "in Markdown too"
report evidence --format csv
is "$(wc -l <"$tmp/out")" 2 "and not where programs read"
done_testing
