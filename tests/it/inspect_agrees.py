#!/usr/bin/env python3
"""inspect_agrees REPORTS RECORDS DKIM SPF - what `ruadb inspect --format json` printed (standard
input) against what lies in the views, which the four files hold as one JSON object a line.
Prints what differs; nothing if all agrees. A report of the views that was not inspected differs.
"""
import json
import sys

# Known only once a report is stored, or of the first of several equal ones.
OURS = {"report_id", "counted", "first_seen_at", "tenant_id"}


def objects(text):
    """JSON objects, one after the other."""
    decoder, at = json.JSONDecoder(), 0
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        found, at = decoder.raw_decode(text, at)
        yield found


def lines(path):
    with open(path, encoding="utf-8") as f:
        return [json.loads(line) for line in f]


def by_record(path, scope):
    """Results in the order of the record, as inspect has them."""
    found = {}
    for r in sorted(lines(path), key=lambda r: r["result_no"]):
        found.setdefault((r["report_id"], r["record_no"]), []).append(
            {k: r[k] for k in ("domain", scope, "result", "result_raw")})
    return found


def differences(where, got, wanted):
    for key in sorted(set(got) & set(wanted) - OURS):
        if got[key] != wanted[key]:
            yield "%s: %s: inspect says %r, the view %r" % (where, key, got[key], wanted[key])


def main(reports, records, dkim, spf):
    dkim, spf = by_record(dkim, "selector"), by_record(spf, "scope")
    rows, stored = {}, {}
    for record in lines(records):
        key = record["report_id"], record["record_no"]
        record["dkim_results"], record["spf_results"] = dkim.get(key, []), spf.get(key, [])
        rows.setdefault(record["report_id"], []).append(record)
    for report in lines(reports):
        report["entry"] = report["entry"] or 0
        stored[report["item"], report["entry"]] = report
    for got in objects(sys.stdin.read()):
        wanted = stored.pop((got["item"], got["entry"]), None)
        if got["outcome"] != "report" or not wanted:
            continue
        where = "%s %s" % (got["item"], got["entry"])
        of_it = sorted(rows.get(wanted["report_id"], []), key=lambda r: r["record_no"])
        given = [r for r in got.pop("records") if "refused" not in r]
        wanted["record_count"] = wanted.pop("records")
        # inspect shows refused rows among the records, and what was mended in a member of its own
        extra = wanted["extra"] or {}
        extra.pop("refused_rows", None)
        wanted["repair_list"] = extra.pop("repairs", [])
        extra.pop("lost", None)
        wanted["extra"] = extra or None
        yield from differences(where, got, wanted)
        if len(given) != len(of_it):
            yield "%s: %d records, the view has %d" % (where, len(given), len(of_it))
        for one, other in zip(given, of_it):
            yield from differences("%s record %d" % (where, one["record_no"]), one, other)
    for item, entry in stored:
        yield "%s %s: stored, but inspect did not show it" % (item, entry)


if __name__ == "__main__":
    for line in main(*sys.argv[1:]):
        print(line)
