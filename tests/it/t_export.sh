# t_export - the shapes of parsedmarc: JSON, CSV, and its tables as views.
. "$top_srcdir/tests/it/lib.sh"
ready_home

mkdir "$tmp/in"
# Everything that has a convention of its own there: org_name is a host name, the report id has
# brackets and an @, results are missing or in capitals, no envelope_from, no selector, no scope.
cat >"$tmp/in/1-odd.xml" <<'END'
<feedback><version>1.0</version>
<report_metadata><org_name>mail.Reporter.example</org_name><email>dmarc@reporter.example</email>
<extra_contact_info>https://reporter.example/dmarc</extra_contact_info>
<report_id>&lt;abc.1@mail.reporter.example&gt;</report_id>
<date_range><begin>1790985600</begin><end>1791071999</end></date_range>
<error>late</error><error>small</error></report_metadata>
<policy_published><domain>example.com</domain><p>quarantine</p><pct>50</pct></policy_published>
<record><row><source_ip>192.0.2.1</source_ip><count>7</count><policy_evaluated>
<disposition>Quarantine</disposition><dkim>fail</dkim><spf>pass</spf>
<reason><type>forwarded</type><comment>a, "b"</comment></reason>
<reason><type>local_policy</type></reason></policy_evaluated></row>
<identifiers><header_from>News.Example.com</header_from></identifiers>
<auth_results><dkim><domain>Example.com</domain><result>FAIL</result><human_result>bad key</human_result></dkim>
<dkim><domain>esp.example</domain><selector>S1</selector><result>pass</result></dkim>
<spf><domain>a.example.com</domain><result>pass</result></spf>
<spf><domain>B.example.com</domain><scope>helo</scope><result>none</result></spf></auth_results></record>
<record><row><source_ip>2001:db8::1</source_ip><count>1</count><policy_evaluated>
<disposition>none</disposition><dkim>pass</dkim><spf>fail</spf></policy_evaluated></row>
<identifiers><header_from>example.com</header_from><envelope_from>=bounce.example.com</envelope_from>
<envelope_to>to.example</envelope_to></identifiers><auth_results/></record></feedback>
END
# 60 h from 18:00 on: 6, 24, 24 and 6 hours of 5 messages are 0.5, 2, 2 and 0.5; of 1: the second
# and third day have the same largest remainder, and the earlier one gets it.
cat >"$tmp/in/2-long.xml" <<'END'
<feedback><report_metadata><org_name>Two Words</org_name><email>x@two.example</email>
<report_id>long</report_id><date_range><begin>1790964000</begin><end>1791180000</end></date_range>
</report_metadata><policy_published><domain>example.com</domain><p>none</p><sp>reject</sp>
<adkim>s</adkim></policy_published>
<record><row><source_ip>192.0.2.2</source_ip><count>5</count><policy_evaluated>
<disposition>none</disposition><dkim>pass</dkim><spf>pass</spf></policy_evaluated></row>
<identifiers><header_from>example.com</header_from></identifiers><auth_results>
<spf><domain>example.com</domain><scope>mfrom</scope><result>pass</result></spf></auth_results></record>
<record><row><source_ip>192.0.2.3</source_ip><count>1</count><policy_evaluated>
<disposition>none</disposition><dkim>pass</dkim><spf>pass</spf></policy_evaluated></row>
<identifiers><header_from>example.com</header_from></identifiers><auth_results>
<spf><domain>example.com</domain><result>pass</result></spf></auth_results></record></feedback>
END
cat >"$tmp/in/3-other.xml" <<'END'
<feedback><report_metadata><org_name>Solo</org_name><email>x@solo.example</email>
<report_id>o</report_id><date_range><begin>1791072000</begin><end>1791158400</end></date_range>
</report_metadata><policy_published><domain>example.net</domain><p>none</p></policy_published>
<record><row><source_ip>192.0.2.4</source_ip><count>2</count><policy_evaluated>
<disposition>none</disposition><dkim>fail</dkim><spf>fail</spf></policy_evaluated></row>
<identifiers><header_from>example.net</header_from></identifiers><auth_results>
<spf><domain>example.net</domain><result>fail</result></spf></auth_results></record></feedback>
END
"$ruadb" -q ingest "$tmp/in" >"$tmp/log" 2>&1
"$ruadb" -q ingest "$samples" >/dev/null 2>&1

# ---- JSON: read with Python, compared with what was worked out by hand
TZ=America/New_York "$ruadb" export --as parsedmarc-json --domain example.com >"$tmp/c.json"
is "$?" 0 "JSON: exit status"
python3 - "$tmp/c.json" >"$tmp/said" 2>&1 <<'END'
import json, sys

text = open(sys.argv[1], encoding="utf-8").read()
all = json.loads(text)
assert text == json.dumps(all, indent=2, ensure_ascii=False) + "\n", "not indented as json.dumps does"
odd, = (r for r in all if r["report_metadata"]["org_name"] == "reporter.example")
assert list(odd) == ["xml_schema", "xml_namespace", "report_metadata", "policy_published", "records"]
assert odd["xml_schema"] == "1.0" and odd["xml_namespace"] is None
assert odd["report_metadata"] == {
    "org_name": "reporter.example", "org_email": "dmarc@reporter.example",
    "org_extra_contact_info": "https://reporter.example/dmarc", "report_id": "abc.1",
    "begin_date": "2026-10-02 20:00:00", "end_date": "2026-10-03 19:59:59",  # New York
    "timespan_requires_normalization": False, "original_timespan_seconds": 86399,
    "errors": ["late", "small"], "generator": None}, odd["report_metadata"]
assert odd["policy_published"] == {
    "domain": "example.com", "adkim": "r", "aspf": "r", "p": "quarantine", "sp": "quarantine",
    "pct": "50", "fo": None, "np": None, "testing": None, "discovery_method": None}
source = {"country": None, "reverse_dns": None, "base_domain": None, "name": None, "type": None,
          "asn": None, "as_name": None, "as_domain": None}
assert odd["records"] == [{
    "source": {"ip_address": "192.0.2.1", **source}, "count": 7,
    "alignment": {"spf": True, "dkim": False, "dmarc": True},
    "policy_evaluated": {"disposition": "quarantine", "dkim": "fail", "spf": "pass",
        "policy_override_reasons": [{"type": "forwarded", "comment": 'a, "b"'},
                                    {"type": "local_policy", "comment": None}]},
    "identifiers": {"header_from": "news.example.com", "envelope_from": "b.example.com",
                    "envelope_to": None},
    "auth_results": {
        "dkim": [{"domain": "Example.com", "selector": "none", "result": "fail",
                  "human_result": "bad key"},
                 {"domain": "esp.example", "selector": "S1", "result": "pass", "human_result": None}],
        "spf": [{"domain": "a.example.com", "scope": "mfrom", "result": "pass", "human_result": None},
                {"domain": "B.example.com", "scope": "helo", "result": "none",
                 "human_result": None}]},
    "normalized_timespan": False,
    "interval_begin": "2026-10-03 00:00:00", "interval_end": "2026-10-03 23:59:59"}, {
    "source": {"ip_address": "2001:db8::1", **source}, "count": 1,
    "alignment": {"spf": False, "dkim": True, "dmarc": True},
    "policy_evaluated": {"disposition": "none", "dkim": "pass", "spf": "fail",
                         "policy_override_reasons": []},
    "identifiers": {"header_from": "example.com", "envelope_from": "=bounce.example.com",
                    "envelope_to": "to.example"},
    "auth_results": {"dkim": [], "spf": []}, "normalized_timespan": False,
    "interval_begin": "2026-10-03 00:00:00", "interval_end": "2026-10-03 23:59:59"}], odd["records"]
long, = (r for r in all if r["report_metadata"]["org_name"] == "Two Words")
assert long["report_metadata"]["timespan_requires_normalization"] is True
assert long["report_metadata"]["original_timespan_seconds"] == 216000
assert long["policy_published"]["sp"] == "reject" and long["policy_published"]["adkim"] == "s"
parts = [(r["source"]["ip_address"], r["count"], r["interval_begin"], r["interval_end"],
          r["normalized_timespan"]) for r in long["records"]]
assert parts == [
    ("192.0.2.2", 1, "2026-10-02 18:00:00", "2026-10-03 00:00:00", True),
    ("192.0.2.2", 2, "2026-10-03 00:00:00", "2026-10-04 00:00:00", True),
    ("192.0.2.2", 2, "2026-10-04 00:00:00", "2026-10-05 00:00:00", True),
    ("192.0.2.3", 1, "2026-10-03 00:00:00", "2026-10-04 00:00:00", True)], parts
END
is "$(cat "$tmp/said")" "" "JSON: each convention, by hand"

"$ruadb" export --as parsedmarc-json >"$tmp/all.json"
"$ruadb" export --as parsedmarc-csv >"$tmp/all.csv"
want=$(query "SELECT sum(messages) FROM counted_record WHERE tenant_id = 1")
is "$(python3 -c 'import json, sys
print(sum(r["count"] for x in json.load(open(sys.argv[1])) for r in x["records"]))' "$tmp/all.json")" \
	"$want" "JSON: all messages that count"
is "$(python3 -c 'import json, sys; print(len(json.load(open(sys.argv[1]))))' "$tmp/all.json")" \
	"$(query "SELECT count(*) FROM report WHERE counted")" "JSON: all reports that count"

# ---- CSV
is "$(head -n 1 "$tmp/all.csv")" "$(printf '%s,' xml_schema org_name org_email org_extra_contact_info \
	report_id begin_date end_date normalized_timespan errors domain adkim aspf p sp np pct fo \
	testing discovery_method source_ip_address source_country source_reverse_dns \
	source_base_domain source_name source_type source_asn source_as_name source_as_domain count \
	spf_aligned dkim_aligned dmarc_aligned disposition policy_override_reasons \
	policy_override_comments envelope_from header_from envelope_to dkim_domains dkim_selectors \
	dkim_results spf_domains spf_scopes | sed 's/$/spf_results/')$(printf '\r')" "CSV: the header"
is "$("$ruadb" export --as parsedmarc-csv --domain example.com --since 2026-10-03 |
	grep '^1.0,reporter.example' | head -n 1)" "1.0,reporter.example,dmarc@reporter.example,\
https://reporter.example/dmarc,abc.1,2026-10-03 00:00:00,2026-10-03 23:59:59,False,late|small,\
example.com,r,r,quarantine,quarantine,,50,,,,192.0.2.1,,,,,,,,,7,True,False,True,quarantine,\
\"forwarded,local_policy\",\"a, \"\"b\"\"|none\",b.example.com,news.example.com,,\
\"example.com,esp.example\",\"none,s1\",\"fail,pass\",\"a.example.com,b.example.com\",\
\"mfrom,helo\",\"pass,none\"$(printf '\r')" "CSV: a row, by hand"
is "$("$ruadb" export --as parsedmarc-csv | grep -c "'=bounce")" 1 "CSV: no formula for spreadsheets"
python3 - "$tmp/all.csv" "$want" >"$tmp/said" 2>&1 <<'END'
import csv, sys

rows = list(csv.DictReader(open(sys.argv[1], newline="", encoding="utf-8")))
assert sum(int(r["count"]) for r in rows) == int(sys.argv[2])
assert {r["dmarc_aligned"] for r in rows} == {"True", "False"}
END
is "$(cat "$tmp/said")" "" "CSV: Python reads it, and it adds up"

# ---- which
is "$("$ruadb" export --as parsedmarc-csv --domain example.net --since 2026-10-04 | grep -c Solo)" 1 \
	"--domain and --since choose"
is "$("$ruadb" export --as parsedmarc-csv --domain nobody.example | wc -l)" 1 "nothing: the header"
is "$("$ruadb" export --as parsedmarc-json --domain nobody.example)" "[]" "nothing: an empty array"
"$ruadb" export --as xml >"$tmp/out" 2>"$tmp/err"
is "$?" 64 "an unknown shape is a usage error"
"$ruadb" export >"$tmp/out" 2>"$tmp/err"
is "$?" 64 "--as is needed"
TZ=Mars/Olympus "$ruadb" export --as parsedmarc-json >"$tmp/out" 2>"$tmp/err"
is "$? $(grep -c Mars "$tmp/err")" "78 1" "a time zone that PostgreSQL does not know is told"
if [ -w /dev/full ]; then
	"$ruadb" export --as parsedmarc-json >/dev/full 2>"$tmp/err"
	is "$?" 75 "a full disk is told"
fi

# ---- the tables as views: what a dashboard asks
is "$(query "SELECT CASE WHEN r.dkim_aligned THEN 'true' ELSE 'false' END AS metric,
		sum(r.message_count) FROM dmarc_aggregate_record r
	JOIN dmarc_aggregate_report p ON p.id = r.report_id
	WHERE p.begin_date BETWEEN '2026-10-02' AND '2026-10-05' AND p.org_name = 'Two Words'
		AND r.header_from IN ('example.com') GROUP BY 1")" "true|6" "views: alignment"
is "$(query "SELECT count(*), count(DISTINCT r.id), sum(r.message_count),
		(SELECT string_agg(DISTINCT s.result, ',') FROM dmarc_aggregate_record_spf s
			WHERE s.record_id = min(r.id))
	FROM dmarc_aggregate_record r JOIN dmarc_aggregate_report p ON p.id = r.report_id
	WHERE p.org_name = 'Two Words'")" "4|4|6|pass" "views: a split report has an id a part"
is "$(query "SELECT k.domain, k.selector, k.result, k.human_result
	FROM dmarc_aggregate_record r JOIN dmarc_aggregate_record_dkim k ON k.record_id = r.id
	WHERE r.header_from = 'news.example.com' ORDER BY lower(k.domain)")" "esp.example|S1|pass|
Example.com|none|fail|bad key" "views: DKIM results"
is "$(query "SELECT o.override_type, o.comment FROM dmarc_aggregate_record r
	JOIN dmarc_aggregate_record_policy_override o ON o.record_id = r.id
	WHERE r.header_from = 'news.example.com' ORDER BY 1")" 'forwarded|a, "b"
local_policy|' "views: override reasons"
is "$(query "SELECT (SELECT sum(message_count) FROM dmarc_aggregate_record) =
		(SELECT sum(messages) FROM counted_record),
	(SELECT count(*) = count(DISTINCT id) FROM dmarc_aggregate_record),
	(SELECT count(*) FROM dmarc_aggregate_record_spf s WHERE NOT EXISTS
		(SELECT FROM dmarc_aggregate_record r WHERE r.id = s.record_id)),
	(SELECT count(*) FROM dmarc_failure_report), (SELECT count(*) FROM smtp_tls_policy)")" \
	"t|t|0|0|0" "views: they add up and hang together"
done_testing
