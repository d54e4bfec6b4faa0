#!/bin/sh
# t_domains - domains that are ours: by command and configuration, foreign reports in no total,
# organizational domains, the age of the public suffix list.
. "$top_srcdir/tests/it/lib.sh"
ready_home

# sample DOMAIN COUNT: a report for that policy domain.
sample()
{
	cat <<END
<feedback><report_metadata><org_name>mx.example.org</org_name><email>a@example.org</email>
<report_id>$1</report_id><date_range><begin>1790812800</begin><end>1790899199</end></date_range>
</report_metadata><policy_published><domain>$1</domain><p>none</p></policy_published>
<record><row><source_ip>192.0.2.1</source_ip><count>$2</count><policy_evaluated>
<disposition>none</disposition><dkim>pass</dkim><spf>pass</spf></policy_evaluated></row><identifiers>
<header_from>$1</header_from></identifiers><auth_results><spf><domain>$1</domain>
<result>pass</result></spf></auth_results></record></feedback>
END
}
# said COMMAND...: its words on both outputs, then its status.
said() { status=0; "$@" >"$tmp/said" 2>&1 || status=$?; cat "$tmp/said"; echo "$status"; }
domains() { said "$ruadb" domains "$@"; }
# Reports and messages of the summary.
summary()
{
	"$ruadb" ${1+"$@"} report summary --format json 2>/dev/null |
		sed -n 's/.*"reports": \([0-9]*\).*"messages": \([0-9]*\).*/\1 \2/p'
}
listed()
{
	"$ruadb" domains list --format csv 2>/dev/null | tr -d '\r' | sed 1d | tr '\n' ';'
}
classes() { query "SELECT string_agg(DISTINCT organizational_domain, ' ') FROM source_class_current"; }
admin() { psql "$("$ruadb" db url)" -qAt -v ON_ERROR_STOP=1 -c "$1"; }

mkdir "$tmp/in"
sample example.com 1 >"$tmp/in/1.xml"
sample news.example.com 10 >"$tmp/in/2.xml"
sample example.net 100 >"$tmp/in/3.xml"
sample shop.example.co.uk 1000 >"$tmp/in/4.xml"
sample other.co.uk 10000 >"$tmp/in/5.xml"
ingest "$tmp/in"
is "$status|$(summary)" "0|5 11111" "nothing is declared: all reports count"
is "$(query "SELECT name, organizational_domain, is_foreign FROM domain ORDER BY name" |
	tr '\n' ';')" \
	"example.com|example.com|f;example.net|example.net|f;news.example.com|example.com|f;other.co.uk|\
other.co.uk|f;shop.example.co.uk|example.co.uk|f;" "organizational domains by the public suffix list"
is "$(query "SELECT organizational_domain FROM report ORDER BY 1" | tr '\n' ' ')" \
	"example.co.uk example.com example.com example.net other.co.uk " "and of each report"
is "$(listed)" \
	"other.co.uk,other.co.uk,,other.co.uk,1,10000;shop.example.co.uk,example.co.uk,,\
shop.example.co.uk,1,1000;example.net,example.net,,example.net,1,100;\
news.example.com,example.com,,news.example.com,1,10;example.com,example.com,,example.com,1,1;" \
	"list: what has reports"

# ---- add and remove
is "$(domains add News.Example.COM.)" "News.Example.COM.: declared to be ours
0" "add, in whatever case, with a dot at the end"
is "$(summary)" "2 11" "reports for others are in no total at once, those of the organization are"
is "$(query "SELECT name, declared_in FROM own_domain")" "news.example.com|command" \
	"view own_domain: lower case, no dot"
is "$(query "SELECT string_agg(name, ' ' ORDER BY name) FROM domain WHERE is_foreign")" \
	"example.net other.co.uk shop.example.co.uk" "who is foreign"
is "$(query "SELECT policy_domain FROM counted_record ORDER BY 1" | tr '\n' ' ')" \
	"example.com news.example.com " "counted_record has the others' no more"
is "$(query "SELECT sum(messages) FROM report_day WHERE counted")" 11 "nor has report_day"
is "$(query "SELECT count(*) FROM report")" 5 "all are kept"
is "$(classes)" example.com "classes are made new at once: none of foreign domains"
is "$(domains add news.example.com example.co.uk)" "news.example.com: was declared before
example.co.uk: declared to be ours
0" "again: harmless"
is "$(summary)|$(classes)" "3 1011|example.co.uk example.com" "and what is not foreign any more is there"
is "$(listed)" \
	"example.co.uk,example.co.uk,command,shop.example.co.uk,1,1000;news.example.com,example.com,\
command,example.com news.example.com,2,11;other.co.uk,other.co.uk,foreign,other.co.uk,1,10000;\
example.net,example.net,foreign,example.net,1,100;" "list: ours with what is below them, then foreign"
sample www.example.net 5 >"$tmp/in/6.xml"
sample mail.example.com 7 >"$tmp/in/7.xml"
ingest "$tmp/in"
is "$status|$(summary)" "0|4 1018" "a domain that is met later is judged when it is stored"
is "$(domains remove example.co.uk example.net | tail -2)" "ruadb: example.net is not declared
65" "remove what is not declared"
is "$(summary)" "4 1018" "then nothing is removed"
is "$(domains remove EXAMPLE.CO.UK)|$(summary)" "EXAMPLE.CO.UK: no longer declared
0|3 18" "remove"
is "$(domains remove news.example.com | tail -1)|$(summary)" "0|7 11123" \
	"remove the last one: all count again"

# ---- names that are none
refused()
{
	is "$(domains add example.com "$1" | sed '/^Try/d')" "ruadb domains: $2
64" "refused: $(printf %s "$1" | tr -cd '[:print:]')"
}
suffix="is a public suffix: others register names below it, so it is nobody's own; declare the \
name below it that is yours"
refused co.uk "'co.uk' $suffix"
refused com "'com' $suffix"
refused 192.0.2.1 "'192.0.2.1' is an address, not a domain name"
refused 'a b.example' "'a b.example' is not a domain name"
refused "x'; DROP TABLE ruadb_data.own_domain; --.example" \
	"'x'; DROP TABLE ruadb_data.own_domain; --.example' is not a domain name"
refused 'a..example' "'a..example' is not a domain name"
refused '' "a name is empty"
refused "$(printf 'm\303\274ller.example')" "'$(printf 'm\303\274ller.example')' is not written as \
it stands in the DNS: write its A-labels (xn--..., idn2 prints them)"
refused "$(printf 'a\377.example')" "'a\\xff.example' is not a domain name: not UTF-8"
refused "$(printf 'a\033[31m.example')" "'a?[31m.example' is not a domain name"
is "$(query "SELECT count(*) FROM own_domain")" 0 "none of these, nor what stood beside them, is declared"
is "$(domains | tail -1)|$(domains add | tail -1)|$(domains list x | tail -1)|$(domains drop | tail -1)" \
	"64|64|64|64" "usage"
is "$(domains list --format xml | sed 's/;.*//' | head -1)" \
	"ruadb domains: there is no format 'xml'" "a format that is none"

# ---- the configuration
cat >"$tmp/conf" <<END
[domains]
names = example.com, example.net	shop.example.co.uk
END
is "$("$ruadb" -c "$tmp/conf" domains list --format csv 2>/dev/null | cut -d, -f1,3 | sed 1d |
	tr '\n' ' ')" "shop.example.co.uk,configuration example.net,configuration \
example.com,configuration other.co.uk,foreign " "[domains] names is what is declared"
is "$(summary -c "$tmp/conf")" "6 1123" "and has its effect"
is "$(domains remove example.com | tail -2)" "ruadb: example.com is not declared
65" "another configuration does not have them"
is "$(domains -c "$tmp/conf" remove example.com | tail -2)" \
	"ruadb: example.com is declared in the configuration ([domains] names): take it out there
65" "what is in the configuration is not removed by command"
domains -c "$tmp/conf" add example.com >/dev/null
is "$(query "SELECT declared_in FROM own_domain WHERE name = 'example.com'")" both "declared both ways"
sed -i 's/example.com, //' "$tmp/conf"
sample late.example 3 >"$tmp/in/8.xml"
ingest -c "$tmp/conf" "$tmp/in"
is "$(query "SELECT string_agg(name || ' ' || declared_in, ', ' ORDER BY name) FROM own_domain")" \
	"example.com command, example.net configuration, shop.example.co.uk configuration" \
	"ingest: taken out of the configuration, it is declared by command alone"
is "$(query "SELECT is_foreign FROM domain WHERE name = 'late.example'")" t \
	"and what ingest stores is judged by the configuration"
is "$(classes)" "example.co.uk example.com example.net" "with the classes that follow"
RUADB_DOMAINS_NAMES=late.example "$ruadb" ingest "$tmp/in" >/dev/null
is "$(query "SELECT string_agg(name, ' ' ORDER BY name) FROM own_domain")|$(classes)" \
	"example.com late.example|example.com late.example" \
	"other names are the configuration's: the old ones go, though nothing is stored"
is "$(said "$ruadb" --set 'domains.names=example.com co.uk' ingest "$tmp/in" | tail -2)" \
	"ruadb: [domains] names: 'co.uk' $suffix
78" "a name of the configuration that is none: 78"
domains remove example.com >/dev/null
is "$(query "SELECT count(*) FROM own_domain")|$(summary)" "0|8 11126" "without a configuration: nothing is"

# ---- at the same time
admin "BEGIN; INSERT INTO ruadb_data.domain VALUES (1, 77, 'same.example', 'same.example', false);
	SELECT pg_sleep(3); COMMIT" >/dev/null &
until [ "$(admin "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")" = 1 ]; do
	sleep 0.1
done
is "$(domains add example.com | tail -1)|$(query "SELECT is_foreign FROM domain
	WHERE name = 'same.example'")" "0|t" "a domain that is being stored meanwhile is judged, too"
wait
admin "DELETE FROM ruadb_data.domain WHERE domain_id = 77"
domains remove example.com >/dev/null

# ---- tenants
domains --tenant 2 add example.net >/dev/null
ingest --tenant 2 "$tmp/in"
is "$(summary --tenant 2)|$(summary)" "2 105|8 11126" "one tenant's declarations are not the other's"
is "$(query 'SELECT count(*) FROM own_domain')|$("$ruadb" --tenant 2 domains list --format csv \
	2>/dev/null | sed -n 2p | cut -d, -f1)" "1|example.net" "each lists its own"
domains --tenant 2 remove example.net >/dev/null

# ---- the public suffix list
list_date=$(query "SELECT list_date FROM public_suffix_list WHERE tenant_id = 1")
ok "its date is known" [ -n "$list_date" ]
is "$(query "SELECT days_old = (now() AT TIME ZONE 'UTC')::date - list_date FROM public_suffix_list
	WHERE tenant_id = 1")" t "and its age"
"$ruadb" settings set suffix_list_days 100000 >/dev/null
is "$(domains list | tail -2)" "Organizational domains are by the public suffix list of $list_date.
0" "list says it, and warns of nothing"
"$ruadb" settings set suffix_list_days 0 >/dev/null
admin "UPDATE ruadb_data.domain SET organizational_domain = 'wrong.example' WHERE name = 'other.co.uk';
	UPDATE ruadb_data.domain SET organizational_domain = NULL WHERE name = 'news.example.com'"
"$ruadb" domains list >"$tmp/out" 2>"$tmp/err"
ok "an old one is warned of, with what to install" \
	grep -q "warning: the public suffix list is [0-9]* days old.*package publicsuffix" "$tmp/err"
ok "and said as JSON" sh -c "'$ruadb' domains list --format json 2>/dev/null | tr -d '\n' |
	grep -q '^{\"public_suffix_list\": {\"date\": \"$list_date\", \"days_old\": [0-9]*, \
\"out_of_date\": true},\"domains\": \[ {\"name\"'"
is "$(query "SELECT string_agg(organizational_domain, ' ' ORDER BY name) FROM ruadb_data.domain WHERE
	tenant_id = 1 AND name IN ('other.co.uk', 'news.example.com')")" "example.com wrong.example" \
	"what was never looked up is, what was is not again"
admin "UPDATE ruadb_data.public_suffix_list SET list_date = '2001-01-01'"
is "$("$ruadb" db migrate 2>&1 | tail -1 | cut -c1-24)" "the schema is up to date" "migrate"
is "$(query "SELECT organizational_domain FROM domain WHERE tenant_id = 1 AND name = 'other.co.uk'")" \
	other.co.uk "with another list all are looked up again"
is "$(query "SELECT DISTINCT list_date FROM public_suffix_list")" "$list_date" "of every tenant"
is "$(query "SELECT DISTINCT organizational_domain FROM ruadb_data.class_stale ORDER BY 1" |
	tr '\n' ' ')" "example.com news.example.com other.co.uk wrong.example " \
	"and classes under the names before and after are to be made new"

# ---- rights
admin 'CREATE ROLE analyst LOGIN IN ROLE ruadb_read'
socket=$("$ruadb" db status | sed -n 's/^socket: //p')
reader() { "$ruadb" --set store.conninfo="host=$socket dbname=ruadb user=analyst" "$@"; }
is "$(reader --set domains.names=example.com domains list --format csv 2>/dev/null | wc -l)" 9 \
	"a reader lists"
is "$(query "SELECT count(*) FROM own_domain")" 0 "and declares nothing by that"
is "$(said reader domains add example.com | tail -2)" \
	"ruadb: the database role may not do this: permission denied for table domain (SQLSTATE 42501)
78" "nor by command"
done_testing
