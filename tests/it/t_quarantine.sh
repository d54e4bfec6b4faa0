# t_quarantine - list, show, retry, export and drop: what they choose, what they write, what they
# leave, and what the ledger remembers.
. "$top_srcdir/tests/it/lib.sh"
ready_home

as_owner() { psql "$("$ruadb" db url)" -qAt -v ON_ERROR_STOP=1 -c "$1"; }
# quarantine ARGS...: sets $status; standard output in $tmp/out, standard error in $tmp/err.
quarantine()
{
	status=0
	"$ruadb" quarantine "$@" >"$tmp/out" 2>"$tmp/err" || status=$?
}
ids() { query "SELECT quarantine_id FROM quarantine ORDER BY 1" | tr '\n' ' ' | sed 's/ $//'; }
# id_of WORDS: the number of the item whose path holds WORDS.
id_of() { query "SELECT min(quarantine_id) FROM quarantine WHERE item LIKE '%$1%'"; }

# report ID: a report of one record.
report()
{
	cat <<-END
	<feedback><report_metadata><org_name>mx.example.org</org_name><report_id>$1</report_id>
	<date_range><begin>1790812800</begin><end>1790899199</end></date_range></report_metadata>
	<policy_published><domain>$1.example.com</domain><p>none</p></policy_published>
	<record><row><source_ip>192.0.2.1</source_ip><count>1</count></row></record></feedback>
	END
}

quarantine list
is "$status|$(cat "$tmp/out")" "0|The quarantine is empty." "an empty quarantine"
quarantine drop --all
is "$status|$(cat "$tmp/out")" "0|0 dropped, with the bytes of 0" "nothing to drop"
quarantine export --all --to "$tmp/none"
is "$status|$(ls "$tmp/none" | wc -l)" "0|0" "nothing to export"

# ---- what could not be read: XML, a mail, a file of strange bytes that was kept, one that was not
mkdir "$tmp/in"
printf '<feedback><report_metadata>' >"$tmp/in/a.xml"
printf '%s\n' 'From: a@example.org' 'MIME-Version: 1.0' 'Content-Type: text/xml' '' \
	'<feedback><report_metadata>' >"$tmp/in/b.eml"
printf '<feedback><report_metadata><org_name>' | gzip -n >"$tmp/in/c -rf.gz"
cp "$tmp/in/a.xml" "$tmp/in/same-as-a.xml"
report good-1 >"$tmp/in/good.xml"
ingest --format json "$tmp/in"
is "$status|$(member quarantined)|$(member reports_stored)" "65|4|1" \
	"four that can't be read, and one that can"
printf '<feedback><policy_published>' >"$tmp/in/d.xml"
RUADB_STORE_KEEP_RAW=none ingest --format json "$tmp/in"
is "$status|$(member quarantined)" "65|1" "one more, whose bytes are not kept"
as_owner "UPDATE ruadb_data.quarantine SET at = now() - interval '91 days'
	WHERE item LIKE '%/a.xml';
	UPDATE ruadb_data.quarantine SET class = 'limit', reason = 'TOO much of it'
	WHERE item LIKE '%/d.xml'"
a=$(id_of /a.xml) b=$(id_of b.eml) c=$(id_of c%gz) d=$(id_of /d.xml) same=$(id_of same)

# ---- list
quarantine list
is "$status|$(grep -c '^ *[0-9][0-9]*  20' "$tmp/out")|$(grep -c 'bytes not kept' "$tmp/out")" \
	"0|5|1" "list: an item each, and whether its bytes are kept"
ok "number, time, class, size, where from" grep -qE \
	"^ *$a  20[0-9-]{8}T[0-9:]{5}  input    27 B   .*/in/a.xml\$" "$tmp/out"
quarantine list --format json
if have_python; then
	is "$(python3 -c 'import json, sys
for line in sys.stdin:
	q = json.loads(line)
	print(q["id"], q["class"], q["bytes_kept"], q["size"])' <"$tmp/out" | grep "^$d ")" \
		"$d limit False 28" "as JSON, an object a line"
else
	skip "no python3" 1
fi
for choice in "--class limit|$d" "--class bug|" "--reason too MUCH|$d" "--older-than 90d|$a" \
	"--older-than 12w|$a" "--older-than 92d|" "$a $b --older-than 90d|$a" "all|$(ids)" \
	"$b $b|$b"; do
	args=${choice%|*}
	case $args in
	"--reason "*) quarantine list --reason "${args#--reason }" --format json ;;
	*) # shellcheck disable=SC2086 # words
		quarantine list $args --format json ;;
	esac
	is "$(sed -n 's/^{"id": \([0-9]*\),.*/\1/p' "$tmp/out" | tr '\n' ' ' | sed 's/ $//')" \
		"${choice##*|}" "list $args"
done
quarantine list --class bug
is "$(cat "$tmp/out")" "Nothing in quarantine is like that." "nothing like that"
quarantine show "$a" --bytes
ok "show --bytes" cmp "$tmp/out" "$tmp/in/a.xml"

# ---- usage
for args in "list --class broken" "list --older-than 3" "list --older-than -3d" "list 1x" "show" \
	"retry" "drop" "drop --class input" "export" "drop $a all" "retry 99999" \
	"export 99999 --to $tmp/x" "drop $a 99999" "show 99999" "nothing" ""; do
	# shellcheck disable=SC2086 # words
	quarantine $args
	is "$status" 64 "usage: quarantine $args"
done
is "$(ids | wc -w)" 5 "nothing was dropped by these"
ok "and nothing written" test ! -e "$tmp/x"

# ---- export
quarantine export --all --to "$tmp/out.d"
is "$status" 65 "export: one whose bytes were not kept"
ok "is said" grep -q "bytes of number $d were not kept" "$tmp/err"
first=$(if [ "$a" -lt "$same" ]; then echo "$a"; else echo "$same"; fi)
is "$(cd "$tmp/out.d" && ls | sort | tr '\n' ' ')" \
	"$(printf '%s\n' "$first.xml" "$b.eml" "$c.gz" | sort | tr '\n' ' ')" \
	"the others are there: by number and content, equal bytes once"
is "$(stat -c %a "$tmp/out.d" "$tmp/out.d"/* | tr '\n' ' ')" "700 600 600 600 " \
	"for their owner only"
ok "byte for byte" cmp "$tmp/out.d/$first.xml" "$tmp/in/a.xml"
ok "a mail" cmp "$tmp/out.d/$b.eml" "$tmp/in/b.eml"
ok "what came packed" cmp "$tmp/out.d/$c.gz" "$tmp/in/c -rf.gz"
is "$(grep -c "^$first.xml: .*a.xml\$" "$tmp/out")" 2 "each item is named with its file"
echo mine >"$tmp/out.d/$first.xml"
quarantine export "$first" "$b" --to "$tmp/out.d"
is "$status|$(cat "$tmp/out.d/$first.xml")" "78|mine" "nothing is written over"
ok "and that is said" grep -q "$first.xml is there already" "$tmp/err"
ln -s "$tmp/elsewhere" "$tmp/out.d/new" && rm "$tmp/out.d/$b.eml" &&
	ln -s "$tmp/elsewhere" "$tmp/out.d/$b.eml"
quarantine export "$b" --to "$tmp/out.d"
ok "nor through a link" test "$status" = 78 -a ! -e "$tmp/elsewhere"
quarantine export "$b" --to "$tmp/no/such/folder"
is "$status" 78 "a folder that can't be made: 78"
quarantine export "$b" --to "$tmp/in/a.xml"
is "$status" 78 "a file is no folder"
"$ruadb" quarantine export "$c" >"$tmp/got"
ok "one alone goes to standard output" cmp "$tmp/got" "$tmp/in/c -rf.gz"
"$ruadb" quarantine export "$a" "$c" >"$tmp/got" 2>&1
is "$?" 64 "two do not"
"$ruadb" quarantine export "$d" >"$tmp/got" 2>"$tmp/err"
is "$?|$(wc -c <"$tmp/got")" "65|0" "nor what was not kept"
[ ! -c /dev/full ] || {
	"$ruadb" quarantine export "$c" >/dev/full 2>"$tmp/err"
	is "$?" 74 "a full disk is said"
}
quarantine export "$c" --to "$tmp/json.d" --format json
ok "as JSON, with the file" grep -q "^{\"id\": $c, .*\"file\": \"$c.gz\"}" "$tmp/out"

# ---- drop
originals() { as_owner "SELECT count(DISTINCT sha256) FROM ruadb_data.original"; }
before=$(originals)
quarantine drop --all --older-than 90d --dry-run
is "$status|$(grep -c '^would drop' "$tmp/out")|$(ids | wc -w)" "0|1|5" \
	"drop --dry-run only says what"
quarantine drop --all --older-than 90d
is "$status|$(sed -n 1p "$tmp/out" | cut -d ' ' -f 1-2)|$(tail -1 "$tmp/out")" \
	"0|dropped $a|1 dropped, with the bytes of 0" \
	"one of two with the same bytes: the bytes stay"
is "$(ids)|$(originals)" "$(printf '%s\n' "$b" "$c" "$d" "$same" | sort -n | tr '\n' ' ' |
	sed 's/ $//')|$before" "only that one is gone"
is "$(query "SELECT outcome FROM ledger WHERE item LIKE '%/in/a.xml'")" dropped \
	"the ledger remembers it"
quarantine drop "$same" "$b" --format json
is "$status|$(wc -l <"$tmp/out")|$(originals)" "0|2|$((before - 2))" \
	"the other one, and the mail: bytes go as well"
ingest --format json "$tmp/in"
is "$status|$(member items)|$(member unchanged)" "0|6|6" "what was dropped is not read again"
touch "$tmp/in/a.xml"
cp "$tmp/in/b.eml" "$tmp/in/b-again.eml"
ingest --format json "$tmp/in"
is "$status|$(member unchanged)|$(member quarantined)|$(member reports_repeat)" "0|5|0|0" \
	"nor are the same bytes of another time or name"
is "$(query "SELECT outcome FROM ledger WHERE item LIKE '%/in/a.xml'")" dropped \
	"and they stay dropped"
ingest --format json "$tmp/in"
is "$status|$(member unchanged)" "0|7" "from then on unchanged"
as_owner "UPDATE ruadb_data.ledger SET parser_version = 1"
ingest --format json "$tmp/in"
is "$status|$(member quarantined)" "65|5" "a newer parser reads them again"
quarantine drop --all
ingest --again --format json "$tmp/in/a.xml"
is "$status|$(member quarantined)" "65|1" "and so does --again"
quarantine drop all
is "$(originals)" 1 "in the end there is the original of the good report only"

# ---- an archive: what of it was stored stays
if have_python; then
	report good-2 >"$tmp/good-2.xml"
	python3 - "$tmp/in/two.zip" "$tmp/good-2.xml" <<-'END'
	import sys, zipfile
	with zipfile.ZipFile(sys.argv[1], "w") as z:
	    z.write(sys.argv[2], "1.xml")
	    z.writestr("2.xml", "<feedback><report_metadata>")
	    z.writestr("3.xml", "<feedback><policy_published>")
	END
	ingest --format json "$tmp/in/two.zip"
	is "$status|$(member quarantined)|$(member reports_stored)" "65|2|1" \
		"an archive of three, two are broken"
	quarantine export --all --to "$tmp/zip.d"
	is "$status|$(ls "$tmp/zip.d" | wc -l)|$(wc -l <"$tmp/out")" "0|1|2" "is exported once"
	one=$(query "SELECT quarantine_id FROM quarantine WHERE entry = 2")
	quarantine drop "$one"
	is "$status|$(query "SELECT item ~ '#', outcome FROM ledger WHERE item LIKE '%two.zip%'
		ORDER BY item" | tr '\n' ' ')|$(ids | wc -w)" \
		"0|f|quarantined t|stored t|dropped t|quarantined |1" "an entry of it is dropped"
	quarantine drop all
	is "$(query "SELECT outcome FROM ledger WHERE item LIKE '%two.zip'")|$(originals)" \
		"dropped|2" "the archive stays, for the report that was stored of it"
	ingest --format json "$tmp/in/two.zip"
	is "$(member unchanged)" 1 "and is not read again"
	cp "$tmp/in/two.zip" "$tmp/in/two-again.zip"
	ingest --format json "$tmp/in/two-again.zip"
	is "$status|$(member reports_repeat)|$(member quarantined)" "0|1|0" \
		"nor a copy: its report is known"
	touch "$tmp/in/two.zip"
	ingest --again --format json "$tmp/in/two.zip"
	is "$status|$(ids | wc -w)" "65|2" "until it is asked for"
else
	skip "no python3" 8
fi

# ---- many
mkdir "$tmp/many"
awk -v folder="$tmp/many" 'BEGIN { for (i = 0; i < 2500; i++) {
	file = folder "/" i ".xml"
	printf "<feedback><report_metadata><org_name>%d", i >file
	close(file)
} }'
ingest -q --format json "$tmp/many"
is "$(member quarantined)" 2500 "2500 broken files"
quarantine drop --all --reason "xml"
is "$status|$(ids | wc -w)|$(originals)" "0|0|2" \
	"are dropped, in several transactions, with all their bytes"
is "$(query "SELECT count(*) FROM ledger WHERE outcome = 'dropped' AND item LIKE '%/many/%'")" \
	2500 "and remembered"

done_testing
