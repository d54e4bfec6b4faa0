#!/usr/bin/env python3
"""make_samples_senders - makes samples/senders/: 15 days of three daily reporters for one domain that
has every kind of sender.

    make_samples_senders.py FOLDER     writes FOLDER/senders/ and prints its lines of samples/INDEX

Nothing needs this at test time, the files are committed.
"""
import os
import sys

sys.dont_write_bytecode = True

from odd import DAY, gz

DOMAIN = "shop.example"
FIRST = 1793318400  # 2026-10-30 00:00:00 UTC
DAYS = 15
REPORTERS = ("mail.example.net", 4), ("freemail.example.org", 2), ("enterprise.example.com", 1)


def tag(name, text):
    return f"<{name}>{text}</{name}>"


def record(ip, count, dkim, spf, signed, envelope, spf_result, reason="", disposition="none"):
    """signed: domain, selector and raw result, or None."""
    auth = ""
    if signed:
        auth += "   " + tag("dkim", tag("domain", signed[0]) + tag("selector", signed[1])
                            + tag("result", signed[2])) + "\n"
    auth += "   " + tag("spf", tag("domain", envelope) + tag("scope", "mfrom")
                        + tag("result", spf_result)) + "\n"
    if reason:
        reason = tag("reason", tag("type", reason))
    return count, (f"""<record>
  <row><source_ip>{ip}</source_ip><count>{count}</count>
   <policy_evaluated><disposition>{disposition}</disposition><dkim>{dkim}</dkim><spf>{spf}</spf>"""
                   f"""{reason}</policy_evaluated></row>
  <identifiers><envelope_from>{envelope}</envelope_from><header_from>{DOMAIN}</header_from>"""
                   f"""</identifiers>
  <auth_results>
{auth}  </auth_results>
 </record>
""")


def records(day, size):
    """size: how much bigger than the smallest this reporter is."""
    key = (DOMAIN, "s1", "pass")
    # our own server
    yield record("192.0.2.80", 20 * size + day % 5, "pass", "pass", key, DOMAIN, "pass")
    # newsletters by a platform that signs with a key of ours; more of them in the second week
    yield record("198.51.100.40", (6 if day < 8 else 9) * size, "pass", "fail",
                 (DOMAIN, "news", "pass"), "bounce.platform.example", "pass")
    if size == 4 and day % 3:
        # ours, with a key that is published no more
        yield record("2001:db8:22::25", 1, "fail", "fail", (DOMAIN, "old", "fail"),
                     "shop.hosting.example", "pass")
    if size == 4:
        # a mailing list
        yield record("2001:db8:11::25", 3 + day % 2, "fail", "fail", (DOMAIN, "s1", "fail"),
                     "lists.club.example", "pass", "mailing_list")
    if size == 2:
        # mail to an old address that is passed on: signed by us, and a small part of that key
        yield record("2001:db8:33::25", 1 + day % 2, "pass", "fail", key, DOMAIN, "softfail")
    if day >= 9:
        # somebody else, since a few days
        yield record("203.0.113.66", 5 * size, "fail", "fail", None, "bulk.example", "pass")


def report(day, org, size):
    begin = FIRST + day * DAY
    counts, rows = zip(*records(day, size))
    head = tag("org_name", org) + tag("email", "dmarc@" + org)
    return len(counts), sum(counts), f"""<?xml version="1.0" encoding="UTF-8"?>
<feedback>
 <report_metadata>{head}
  <report_id>{begin}.{size}</report_id>
  <date_range><begin>{begin}</begin><end>{begin + DAY - 1}</end></date_range>
 </report_metadata>
 <policy_published><domain>{DOMAIN}</domain><adkim>r</adkim><aspf>r</aspf><p>none</p>"""\
        f"""<sp>none</sp><pct>100</pct></policy_published>
 {" ".join(rows)}</feedback>
"""


os.makedirs(os.path.join(sys.argv[1], "senders"), exist_ok=True)
lines = []
for org, size in REPORTERS:
    for day in range(DAYS):
        begin = FIRST + day * DAY
        name = f"senders/{org}!{DOMAIN}!{begin}!{begin + DAY - 1}.xml.gz"
        n, messages, text = report(day, org, size)
        with open(os.path.join(sys.argv[1], name), "wb") as f:
            f.write(gz(text.encode()))
        lines.append(f"{name}\tstored\t1\t{n}\t{messages}\tevery kind of sender, day {day + 1}")
print("\n".join(sorted(lines)))
