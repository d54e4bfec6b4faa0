# t_totals - no two reports contradict each other: the same total along many ways, with and without
# --domain and --since, before and after a refresh, with conflicts, near repeats, partial and long
# reports, days that are not settled, refused records and foreign domains in it.
. "$top_srcdir/tests/it/lib.sh"
ready_home

mkdir "$tmp/in"
ok "a corpus is made" "$top_builddir/bench/gen" small "$tmp/in/small" 400 7

# a_report FILE ID BEGIN HOURS DOMAIN IP COUNT DKIM: of today's days, which are not settled, and of
# more than a day
a_report()
{
	cat >"$tmp/in/$1" <<END
<feedback><report_metadata><org_name>late.example</org_name><email>d@late.example</email>
<report_id>$2</report_id><date_range><begin>$3</begin><end>$(($3 + $4 * 3600))</end></date_range>
</report_metadata><policy_published><domain>$5</domain><p>none</p></policy_published>
<record><row><source_ip>$6</source_ip><count>$7</count><policy_evaluated>
<disposition>none</disposition><dkim>$8</dkim><spf>fail</spf></policy_evaluated></row>
<identifiers><header_from>$5</header_from></identifiers><auth_results>
<dkim><domain>$5</domain><selector>s1</selector><result>$8</result></dkim></auth_results></record>
</feedback>
END
}
today=$(($(date +%s) / 86400 * 86400))
a_report 1.xml today $((today - 86400)) 24 example.com 192.0.2.10 11 pass
a_report 2.xml days $((today - 40 * 86400)) 60 example.com 203.0.113.9 7 fail
a_report 3.xml months $((today - 90 * 86400)) 960 news.example.com 2001:db8::5 5 pass
a_report 4.xml conflict $((today - 10 * 86400)) 24 example.com 192.0.2.10 3 pass
a_report 5.xml conflict $((today - 10 * 86400)) 24 example.com 192.0.2.10 4 pass
a_report 6.xml foreign $((today - 10 * 86400)) 24 example.edu 192.0.2.10 100 pass

cat >"$tmp/ways.py" <<'END'
"""Sums of messages, pass, fail and unknown along all ways; prints those that differ."""
import json
import subprocess
import sys

ruadb, domain, since = sys.argv[1], sys.argv[2], sys.argv[3]
PARTS = ("messages", "pass", "fail", "unknown")
choice = (["--domain", domain] if domain else []) + (["--since", since] if since else [])


def run(*args):
    out = subprocess.run([ruadb, *args], capture_output=True, text=True)
    if out.returncode:
        sys.exit("%s: %s" % (" ".join(args), out.stderr))
    return out.stdout


def report(name, *more):
    return json.loads(run("report", name, "--format", "json", *more))


def add(rows, parts=PARTS):
    return tuple(sum(r[p] or 0 for r in rows) for p in parts)


def sql(view, where, sums):
    cond = "tenant_id = 1" + (" AND " + where if where else "")
    if domain:
        cond += " AND '%s' IN (policy_domain, organizational_domain)" % domain
    if since:
        cond += " AND day >= '%s'" % since
    line = run("sql", "-qAtX", "-F", ",", "-c", "SELECT %s FROM %s WHERE %s" % (sums, view, cond))
    return tuple(int(x or 0) for x in line.strip().split(","))


RECORD = ("sum(messages), sum(messages) FILTER (WHERE dmarc_pass), sum(messages) FILTER "
          "(WHERE NOT dmarc_pass), sum(messages) FILTER (WHERE dmarc_pass IS NULL)")
ROLLED = "sum(messages), sum(pass), sum(fail), sum(unknown)"
summary = report("summary", *choice)
ways = {
    "summary": add(summary),
    "domains": add(report("domains", *choice)),
    "sources": add(report("sources", *choice)),
    "source_on_day": sql("source_on_day", "", ROLLED),
    "report_day": sql("report_day", "counted", ROLLED),
    "record_on_day": sql("record_on_day", "counted", RECORD),
}
if not since:
    ways["counted_record"] = sql("counted_record", "", RECORD)
    ways["report"] = sql("report", "counted", ROLLED)
    line = run("sql", "-qAtX", "-F", ",", "-c",
               "SELECT sum(r.message_count) FROM dmarc_aggregate_record r "
               "JOIN report p ON p.report_id = r.report_id"
               + (" WHERE '%s' IN (p.policy_domain, p.organizational_domain)" % domain
                  if domain else ""))
    ways["parsedmarc"] = (int(line.strip() or 0),)
for aspect in ("domain", "address", "passes", "disposition", "reporter", "day"):
    rows = [r for net in ("0.0.0.0/0", "::/0")
            for r in report("sender-detail", "--param", "source=" + net, *choice)
            if r["aspect"] == aspect]
    ways["sender-detail " + aspect] = add(rows)
want = ways["summary"]
if want[0] != sum(want[1:]) or not (want[0] or since):
    print("summary does not add up:", want)
for way, got in ways.items():
    if got != want[:len(got)]:
        print("%s: %s, but summary: %s" % (way, got, want))
dispositions = add(summary, ("disposition_none", "disposition_pass", "disposition_quarantine",
                             "disposition_reject"))
line = sql("record_on_day", "counted AND disposition IS DISTINCT FROM 'other' AND disposition "
           "IS NOT NULL", "sum(messages), 0")
if sum(dispositions) != line[0]:
    print("dispositions: %d, but records: %d" % (sum(dispositions), line[0]))
END

# ways NAME: all choices
ways()
{
	for domain in "" example.com news.example.com; do
		for since in "" "$(date -u -d '45 days ago' +%F)"; do
			python3 "$tmp/ways.py" "$ruadb" "$domain" "$since" >"$tmp/said" 2>&1
			is "$(cat "$tmp/said")" "" "$1, domain ${domain:-all}, since ${since:-all}"
		done
	done
	# classes: the settled days of the window, along both ways, current and live
	is "$(query "SELECT k.organizational_domain, k.m, k.p, l.m, s.m FROM
			(SELECT organizational_domain, sum(messages) AS m, sum(pass) AS p
				FROM source_class_current GROUP BY 1) k
			FULL JOIN (SELECT organizational_domain, sum(messages) AS m FROM source_class
				GROUP BY 1) l USING (organizational_domain)
			FULL JOIN (SELECT o.organizational_domain, sum(o.messages) AS m, sum(o.pass) AS p
				FROM source_on_day o JOIN class_window w USING (tenant_id, organizational_domain)
				WHERE o.settled AND o.day BETWEEN w.window_begin AND w.window_end GROUP BY 1) s
				USING (organizational_domain)
			WHERE (k.m, k.p) IS DISTINCT FROM (s.m, s.p) OR l.m IS DISTINCT FROM s.m")" "$2" \
		"$1: classes add up to the sources of their window"
}

"$ruadb" -q ingest --no-refresh "$samples" "$tmp/in" >/dev/null 2>&1
is "$(query "SELECT count(*) > 100 FROM ruadb_data.live_day")
$(query "SELECT count(*) FROM ruadb_data.source_day")" "t
0" "nothing is rolled up yet"
for domain in "" example.com; do
	python3 "$tmp/ways.py" "$ruadb" "$domain" "" >"$tmp/said" 2>&1
	is "$(cat "$tmp/said")" "" "before a refresh, domain ${domain:-all}"
done
ok "refresh" "$ruadb" db refresh
is "$(query "SELECT count(*) > 0 FROM ruadb_data.source_day")" t "some days are rolled up"
is "$(query "SELECT count(*) > 0 FROM source_on_day WHERE day IS NOT NULL AND NOT settled")" t \
	"some days are not settled"
ways "after a refresh" ""

all=$(query "SELECT sum(messages) FROM counted_record")
ok "domains are declared" "$ruadb" domains add example.com example.net
is "$(query "SELECT sum(messages) < $all FROM counted_record")" t "foreign reports count no more"
is "$(query "SELECT count(*) FROM counted_record WHERE policy_domain = 'example.edu'")" 0 \
	"foreign reports are in no total"
for domain in "" example.com; do
	python3 "$tmp/ways.py" "$ruadb" "$domain" "" >"$tmp/said" 2>&1
	is "$(cat "$tmp/said")" "" "with foreign domains, domain ${domain:-all}"
done
done_testing
