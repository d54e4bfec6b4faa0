#!/bin/sh
# t_senders - declared senders: each option, ranges, import and export, hostile names, tenants.
. "$top_srcdir/tests/it/lib.sh"
ready_home

# said COMMAND...: its words on both outputs, then its status.
said() { status=0; "$@" >"$tmp/said" 2>&1 || status=$?; cat "$tmp/said"; echo "$status"; }
senders() { said "$ruadb" senders "$@"; }
things()
{
	query "SELECT name, owner, dedicated, address, dkim_domain, dkim_selector, spf_domain
		FROM sender ORDER BY sender_id" | tr '\n' ';'
}
export_csv() { "$ruadb" senders export | tr -d '\r'; }
# record IP COUNT DKIM SPF SELECTOR
record()
{
	cat <<END
<record><row><source_ip>$1</source_ip><count>$2</count><policy_evaluated><disposition>none</disposition>
<dkim>$3</dkim><spf>$4</spf></policy_evaluated></row><identifiers><header_from>example.com</header_from>
<envelope_from>example.com</envelope_from></identifiers><auth_results><dkim><domain>example.com</domain>
<selector>$5</selector><result>$3</result></dkim><spf><domain>example.com</domain><result>$4</result></spf>
</auth_results></record>
END
}
for reporter in one two; do
	cat <<END >"$tmp/$reporter.xml"
<feedback><report_metadata><org_name>$reporter.example.org</org_name><email>a@example.org</email>
<report_id>$reporter</report_id><date_range><begin>1790812800</begin><end>1790899199</end></date_range>
</report_metadata><policy_published><domain>example.com</domain><p>none</p></policy_published>
$(record 192.0.2.1 100 pass pass s1; record 192.0.2.40 50 pass pass s2; record 192.0.2.200 20 fail fail s9)
</feedback>
END
done
ingest "$tmp/one.xml" "$tmp/two.xml"
class() { query "SELECT class, rule, reviewed, sender, owner, messages FROM source_class_current
	WHERE source_group = '$1'"; }
is "$status|$(class 192.0.2.0/24)" "0|misconfigured|4|f|||340" "nothing is declared: one source"

# ---- add
is "$(senders add 'Our own' --address 192.0.2.0/27 --address 192.0.2.7 --dkim Example.COM.:S1 \
	--dkim example.com --spf example.com --owner 'Mail team' --dedicated)" "Our own: declared
0" "add, all options"
is "$(things)" "Our own|Mail team|t|192.0.2.0/27|||;Our own|Mail team|t|192.0.2.7/32|||;\
Our own|Mail team|f||example.com|s1|;Our own|Mail team|f||example.com||;Our own|Mail team|f||||example.com;" \
	"a row each, names in lower case, dedicated only addresses"
is "$(class 192.0.2.0/27)|$(class 192.0.2.0/24)" \
	"authorised|1|t|Our own|Mail team|200|misconfigured|4|t|Our own|Mail team|140" \
	"classes are made new at once"
is "$(senders add 'Our own' --address 192.0.2.7/32)|$(senders add 'Our own' --dkim example.com:s1)" \
	"Our own: was declared before
0|Our own: was declared before
0" "again: harmless"
is "$(things | tr ';' '\n' | grep -c '|Mail team|t|')" 2 "owner and dedicated stay"
is "$(senders add Acme --address 192.0.2.40)|$(senders add Acme --address 192.0.2.40 --dedicated)" \
	"Acme: declared
0|Acme: changed
0" "dedicated is added"
is "$(class 192.0.2.40/32)" "authorised|1|t|Acme||100" "the class of an address alone"
is "$(senders add Acme --owner Sales)|$(class 192.0.2.40/32)" "Acme: changed
0|authorised|1|t|Acme|Sales|100" "an owner alone"
is "$(senders add Acme --spf bounce.example.net --owner Billing)|$(things | tr ';' '\n' |
	grep -c '^Acme|Billing')" "Acme: declared
0|2" "another owner is that of all its things"
is "$(senders add Nobody --owner Sales)" "ruadb: there is no sender 'Nobody' yet: declare something of \
it, with --address, --dkim or --spf
65" "an owner of nothing"
is "$(senders add Other --address 192.0.2.0-192.0.2.31)" \
	"ruadb: 192.0.2.0/27 is declared for 'Our own' already
65" "a range that is another sender's"
is "$(senders add Other --dkim example.net --dkim example.com:s1)|$(query "SELECT count(*) FROM sender
	WHERE name = 'Other'")" "ruadb: DKIM example.com:s1 is declared for 'Our own' already
65|0" "a selector that is: then nothing is declared"

# ---- list
is "$("$ruadb" senders list --format csv | tr -d '\r')" \
	"name,owner,dedicated,address,dkim_domain,dkim_selector,spf_domain,messages,last_day,class
Acme,Billing,true,192.0.2.40/32,,,,100,2026-10-01,authorised
Acme,Billing,,,,,bounce.example.net,0,,
Our own,Mail team,true,192.0.2.0/27,,,,200,2026-10-01,authorised
Our own,Mail team,true,192.0.2.7/32,,,,0,,
Our own,Mail team,,,example.com,s1,,200,2026-10-01,authorised
Our own,Mail team,,,example.com,,,300,2026-10-01,authorised
Our own,Mail team,,,,,example.com,300,2026-10-01,authorised" "list: what of it is in the reports"
is "$("$ruadb" senders list | sed -n '/^Acme/p' | wc -l)" 2 "as a table"
is "$("$ruadb" senders list --format json | grep -c '"messages": 0')" 2 "as JSON"

# ---- remove
is "$(senders remove --address 192.0.2.7 --dkim example.com)|$(things | tr ';' '\n' |
	grep -c '^Our own')" "2 no longer declared
0|3" "remove things"
is "$(senders remove --dkim example.com --spf example.com)|$(things | tr ';' '\n' |
	grep -c '^Our own')" "ruadb: DKIM example.com is not declared
65|3" "one of them is not declared: none is removed"
is "$(senders remove Acme Nobody)|$(senders remove Acme)" "ruadb: there is no sender 'Nobody'
65|2 no longer declared
0" "remove senders"
is "$(class 192.0.2.40/32)|$(class 192.0.2.0/24)" \
	"|misconfigured|4|t|Our own|Mail team|140" "classes follow"

# ---- ranges
range()
{
	"$ruadb" senders add R --address "$1" >"$tmp/said" 2>&1
	query "SELECT string_agg(address::text, ' ' ORDER BY address) FROM sender WHERE name = 'R'"
	"$ruadb" senders remove R >/dev/null 2>&1
}
is "$(range 198.51.100.10-198.51.100.19)" "198.51.100.10/31 198.51.100.12/30 198.51.100.16/30" "first to last"
is "$(range ' 198.51.100.0 - 198.51.100.255 ')" 198.51.100.0/24 "with blanks, a whole network"
is "$(range 198.51.100.9-198.51.100.9)" 198.51.100.9/32 "first is last"
is "$(range 203.0.113.255-203.0.114.0)" "203.0.113.255/32 203.0.114.0/32" "across a boundary"
is "$(range 255.255.255.254-255.255.255.255)" 255.255.255.254/31 "up to the last address there is"
is "$(range 2001:DB8::/32)|$(range 2001:db8::7)|$(range 2001:db8::2-2001:db8::5)" \
	"2001:db8::/32|2001:db8::7/128|2001:db8::2/127 2001:db8::4/127" "IPv6"
is "$(range ::ffff:192.0.2.9)|$(range ::ffff:198.51.100.0/120)" "192.0.2.9/32|198.51.100.0/24" \
	"mapped addresses are IPv4"
is "$(range 10.0.0.0/8)" 10.0.0.0/8 "a /8"
# no_range RANGE WORDS
no_range()
{
	is "$(senders add R --address "$1" | sed '/^Try/d')" "ruadb senders: '$1' $2
64" "refused: $1"
}
no_range 192.0.2.5/24 "has bits set behind the /24: is 192.0.2.0/24 meant?"
no_range 2001:db8::1/64 "has bits set behind the /64: is 2001:db8::/64 meant?"
no_range 0.0.0.0/0 "is wider than a /8, which nobody sends from: a slip?"
no_range 10.0.0.0/7 "is wider than a /8, which nobody sends from: a slip?"
no_range 0.0.0.0-255.255.255.255 "is wider than a /8, which nobody sends from: a slip?"
no_range 2000::/15 "is wider than a /16, which nobody sends from: a slip?"
no_range 192.0.2.9-192.0.2.1 "is no range: the last address stands before the first"
no_range 192.0.2.9-2001:db8::1 "is no range: one end is IPv4, the other IPv6"
no_range 192.0.2.9- "is no range: both ends are to be addresses"
no_range 192.0.2.0/33 "is no network: the length behind the / is wrong"
no_range 192.0.2.0/ "is no network: the length behind the / is wrong"
not="is no address: 192.0.2.0/24, 192.0.2.7, 192.0.2.10-192.0.2.19 and IPv6 like it are"
no_range 192.0.2 "$not"
no_range 192.0.02.1 "$not"
no_range fe80::1%eth0 "$not"
no_range "192.0.2.1'; DROP TABLE x" "$not"
is "$(senders add R --dkim co:s --address x | head -1)" \
	"ruadb senders: 'co' is a single label and no domain of anybody's" "a DKIM domain that is none"
is "$(senders add R --dkim example.com: | head -1)" \
	"ruadb senders: 'example.com:': behind the : stands a selector" "a selector that is none"
is "$(senders add R --spf 'a b' | tail -1)$(senders add --address 192.0.2.9 | tail -1)$(
	senders add R | tail -1)$(senders add R --dkim example.net --dedicated | tail -1)$(
	senders remove | tail -1)$(senders remove R --spf example.com | tail -1)$(
	senders list R | tail -1)$(senders import | tail -1)$(senders | tail -1)" 646464646464646464 "usage"

# ---- hostile names
"$ruadb" senders remove 'Our own' >/dev/null
n=0
for name in "'; DROP TABLE ruadb_data.sender; --" '=1+1' '@x' '+x' '-x' 'a "quoted", b' \
	"it's" "'quoted'" '100%s' '$1' 'Ã¼ber' 'back\slash' '<b>' 'a;b'; do
	n=$((n + 1))
	"$ruadb" senders add --address 203.0.113.$n --owner "$name" -- "$name" >/dev/null 2>"$tmp/err" ||
		cat "$tmp/err"
done
is "$(query "SELECT count(*), count(*) FILTER (WHERE name = owner) FROM sender")" "$n|$n" "odd names"
is "$(query "SELECT name FROM sender WHERE address = '203.0.113.1'")" \
	"'; DROP TABLE ruadb_data.sender; --" "are what they are"
is "$(query "SELECT count(*) FROM sender s JOIN source_class_current c ON c.sender = s.name")" 0 \
	"and are nobody's class"
for name in '' '   ' "$(printf 'a\nb')" "$(printf 'a\342\200\213b')" "$(printf 'a\377')" "'=x" \
	"$(printf '%0201d' 0)"; do
	is "$(senders add "$name" --address 203.0.113.99 | tail -1)" 64 "a name that is refused"
done

# ---- export and import
"$ruadb" senders add 'Acme ESP' --address 198.51.100.0/24 --address 2001:db8::/48 --dedicated \
	--dkim example.com:s1 --spf bounce.example.net --owner Sales >/dev/null
export_csv >"$tmp/all.csv"
is "$(sed -n 1p "$tmp/all.csv")" "name,owner,dedicated,address,dkim_domain,dkim_selector,spf_domain" \
	"export: the header"
is "$(grep '^Acme' "$tmp/all.csv")" "Acme ESP,Sales,true,198.51.100.0/24,,,
Acme ESP,Sales,true,2001:db8::/48,,,
Acme ESP,Sales,false,,example.com,s1,
Acme ESP,Sales,false,,,,bounce.example.net" "a line a thing"
is "$(grep -c "^'[=@+-]" "$tmp/all.csv")" 4 "formulas of spreadsheets are none"
is "$(senders import "$tmp/all.csv")|$(export_csv | cmp - "$tmp/all.csv" && echo same)" \
	"$((n + 4)) in the file: 0 declared, 0 changed
0|same" "import again: harmless"
query "SELECT DISTINCT name FROM sender" | while IFS= read -r name; do
	"$ruadb" senders remove -- "$name" || echo "# $name"
done >"$tmp/out"
is "$(query 'SELECT count(*) FROM sender')" 0 "all removed, by name"
is "$(senders import "$tmp/all.csv")|$(export_csv | cmp - "$tmp/all.csv" && echo same)" \
	"$((n + 4)) in the file: $((n + 4)) declared, 0 changed
0|same" "the round trip is exact"
"$ruadb" --tenant 2 senders import - <"$tmp/all.csv" >/dev/null
is "$("$ruadb" --tenant 2 senders export | tr -d '\r' | cmp - "$tmp/all.csv" && echo same)" same \
	"from standard input, for another tenant"
"$ruadb" --tenant 2 senders remove 'Acme ESP' >/dev/null
is "$(export_csv | cmp - "$tmp/all.csv" && echo same)" same "whose things are not ours"

header=$(sed -n 1p "$tmp/all.csv")
# import LINES...: what it says.
import()
{
	printf '%s\n' "$header" "$@" >"$tmp/in.csv"
	senders import "$tmp/in.csv" | sed "s|$tmp/||"
}
before=$(things)
is "$(import 'New,,no,203.0.113.50,,,' 'New,,no,203.0.113.5/24,,,' 'New,,no,x,,,')" "ruadb: in.csv: \
line 3: '203.0.113.5/24' has bits set behind the /24: is 203.0.113.0/24 meant?
65" "a mistake is told with its line"
is "$(import 'New,,no,203.0.113.50,,,' '"Two
lines",,no,203.0.113.60,,,' | sed 's/ .Two.*//')" "ruadb: in.csv: line 3: the name
65" "the line where it begins"
is "$(import 'New,,no,203.0.113.50,,,' '' 'New,,no,198.51.100.0/24,,,')" "ruadb: in.csv: line 4: \
198.51.100.0/24 is declared for 'Acme ESP' already
65" "a thing of another sender"
is "$(import 'A,,no,203.0.113.50,,,' 'B,,no,203.0.113.48-203.0.113.50,,,')" "ruadb: in.csv: line 3: \
203.0.113.50/32 is declared for 'A' in line 2
65" "or of another line"
is "$(import 'A,X,no,203.0.113.50,,,' 'A,Y,no,203.0.113.51,,,')" "ruadb: in.csv: line 3: the owner of \
'A' is 'X' in line 2, and 'Y' here
65" "two owners of a sender"
is "$(import 'A,,yes,203.0.113.50,,,' 'A,,no,203.0.113.50,,,')" "ruadb: in.csv: line 3: 203.0.113.50/32 \
is dedicated in line 2
65" "dedicated or not"
is "$(import 'A,,maybe,203.0.113.50,,,' | tail -2)" "ruadb: in.csv: line 2: dedicated is yes or no, not \
'maybe'
65" "neither yes nor no"
is "$(import 'A,,yes,,example.org,,')$(import 'A,,,,,,')$(import 'A,,,,,s1,')$(import 'A,,,,')$(
	import 'A,,,,,,,')$(import ',,,203.0.113.50,,,')$(import 'A,"x' 'y')$(import 'A,"x"y,,,,,')" \
	"ruadb: in.csv: line 2: dedicated is said of addresses, and there is none
65ruadb: in.csv: line 2: neither an address nor a DKIM or SPF domain
65ruadb: in.csv: line 2: a selector without its dkim_domain
65ruadb: in.csv: line 2: 5 columns, not 7
65ruadb: in.csv: line 2: more than 7 columns
65ruadb: in.csv: line 2: the name is empty
65ruadb: in.csv: line 2: a quote is not closed
65ruadb: in.csv: line 2: text stands behind a closing quote
65" "other mistakes"
printf 'name,owner\nA,B\n' >"$tmp/in.csv"
is "$(senders import "$tmp/in.csv" | sed "s|$tmp/||")" "ruadb: in.csv: line 1: the first line is not $header
65" "another header"
is "$(senders import "$tmp/none.csv" | tail -1)$(senders import "$tmp" | tail -1)" 7875 "no file"
is "$(things)" "$before" "of none of these anything was declared"
is "$(import 'Acme ESP,,no,198.51.100.0/24,,,' 'Acme ESP,Desk,,203.0.113.64-203.0.113.71,example.org,k1,b.example.org' \
	'Acme ESP,Desk,1,2001:db8::/48,,,')" "5 in the file: 3 declared, 4 changed
0" "several things in a line; owner and dedicated are what the file says"
is "$(export_csv | grep '^Acme')" "Acme ESP,Desk,false,198.51.100.0/24,,,
Acme ESP,Desk,false,203.0.113.64/29,,,
Acme ESP,Desk,true,2001:db8::/48,,,
Acme ESP,Desk,false,,example.com,s1,
Acme ESP,Desk,false,,example.org,k1,
Acme ESP,Desk,false,,,,b.example.org
Acme ESP,Desk,false,,,,bounce.example.net" "and what is not in the file stays"
printf '\357\273\277%s\r\n"X ""y"", z",,TRUE,203.0.113.80,,,\r\n' "$header" >"$tmp/in.csv"
is "$(senders import "$tmp/in.csv")|$(query "SELECT name, dedicated FROM sender WHERE address =
	'203.0.113.80'")" "1 in the file: 1 declared, 0 changed
0|X \"y\", z|t" "as a spreadsheet saves it"

# ---- rights
psql "$("$ruadb" db url)" -qc 'CREATE ROLE analyst LOGIN IN ROLE ruadb_read'
socket=$("$ruadb" db status | sed -n 's/^socket: //p')
reader() { "$ruadb" --set store.conninfo="host=$socket dbname=ruadb user=analyst" senders "$@"; }
is "$(reader export | cksum)" "$("$ruadb" senders export | cksum)" "a reader exports"
before=$(things)
is "$(said reader add Mine --spf mine.example | tail -1)$(said reader remove 'Acme ESP' | tail -1)$(
	said reader import "$tmp/all.csv" | tail -1)|$(things)" "787878|$before" "and declares nothing"
done_testing
