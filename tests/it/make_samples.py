#!/usr/bin/env python3
"""make_samples - makes samples/quirks/: what reporters, mailers and gateways really send, and no
schema allows.

    make_samples.py FOLDER     writes FOLDER/quirks/ and prints its lines of samples/INDEX

Nothing needs this at test time, the files are committed; it is here since nobody can read a zip.
The figures in the index are those of the records that each sample is made of.
"""
import os
import re
import sys

sys.dont_write_bytecode = True

import make_samples_more
from odd import *

top, lines = sys.argv[1], []


def write(path, data):
    path = os.path.join(top, "quirks", path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data.encode() if isinstance(data, str) else data)


def sample(name, data, reason, records=(0, 0), reports=1, outcome="stored"):
    """records: how many, and of how many messages in all."""
    write(name, data)
    if outcome in ("quarantined", "not_report"):
        reports = 0
    lines.append("\t".join(("quirks/" + name, outcome, str(reports), str(records[0]),
                            str(records[1]), reason)))


# ---- Q1 to Q9: documents

def documents():
    x = report("q1-no-ns", 1, [record(3), record(4, "192.0.2.51")])
    sample("Q01-no-namespace.xml", x, "Q1: no namespace at all", (2, 7))
    sample("Q01-xsi-only.xml", swap(report("q1-xsi", 1, [record(5)]), ("<feedback>",
           '<feedback xmlns:xsd="http://www.w3.org/2001/XMLSchema" '
           'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">')),
           "Q1: namespaces of XML Schema only", (1, 5))
    sample("Q01-dmarc-2.0.xml", swap(report("q1-2.0", 1, [record(6)]), ("<feedback>",
           f'<feedback xmlns="{RFC9990}">')), "Q1: the namespace of RFC 9990", (1, 6))
    sample("Q01-bad-uri.xml", swap(report("q1-bad", 1, [record(7)]), ("<feedback>",
           '<feedback xmlns="http//dmarc.org/dmarc-xml/0.1">')),
           "Q1: a namespace that is no URI", (1, 7))
    sample("Q01-prefix-undeclared.xml", re.sub(r"<(/?)([a-z])", r"<\1ns2:\2", report(
           "q1-prefix", 1, [record(8)])), "Q1: a prefix that is declared nowhere", (1, 8))
    schema = ('<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" '
              'xmlns="http://dmarc.org/dmarc-xml/0.1" '
              'targetNamespace="http://dmarc.org/dmarc-xml/0.1">\n')
    x = report("q2-unclosed", 2, [record(3), record(5, "192.0.2.51")])
    sample("Q02-unclosed-schema.xml", swap(x, ("<feedback>", schema + "<feedback>")),
           "Q2: repaired: wrapper; an element around feedback that is never closed", (2, 8))
    x = swap(report("q2-around", 2, [record(6)]), ("<feedback>", schema + "<feedback>"))
    sample("Q02-schema-around.xml", x + "</xs:schema>\n",
           "Q2: an element around feedback, closed: nothing is wrong", (1, 6))
    x = report("q3", 3, [record(2), record(7, "192.0.2.51")])
    sample("Q03-stray-quote.xml", swap(x, ('<?xml version="1.0" encoding="UTF-8"?>',
           '<?xml version="1.0"?">')),
           "Q3: repaired: xml_declaration; a quote too many in the XML declaration", (2, 9))
    sample("Q03-version-2.0.xml", swap(report("q3-2.0", 3, [record(5)]), ('version="1.0" enc',
           'version="2.0" enc')),
           "Q3: repaired: xml_declaration; a version of XML that there is none of", (1, 5))
    sample("Q04-windows-1252.xml", swap(report("q4", 4, [record(3)],
           org="Caf\u00e9 \u201cLab\u201d"),
           ("UTF-8", "windows-1252")).encode("cp1252"), "Q4: declared windows-1252, and is", (1, 3))
    sample("Q05-latin-1-in-utf-8.xml", report("q5-latin", 5, [record(4)], org="Sue\u00f1o"
           ).encode("latin-1"), "Q5: repaired: invalid_bytes; declared UTF-8, an ISO-8859-1 n with "
           "tilde inside", (1, 4))
    sample("Q05-quote-0x91.xml", report("q5-quote", 5, [record(5)], org="mx \u2018lab\u2019"
           ).encode("cp1252"), "Q5: repaired: invalid_bytes; declared UTF-8, quotes of "
           "windows-1252 inside", (1, 5))
    sample("Q06-bare-address.xml", report("q6-address", 6, [record(3), record(1, "192.0.2.51")],
           email="Postmaster <dmarc@mx.example.net>"),
           "Q6: repaired: bare_markup; an address in bare angle brackets", (2, 4))
    sample("Q06-bare-less-than.xml", report("q6-less", 6, [
           record(3, ids="      <header_from>lab<example.org</header_from>\n"), record(2)]),
           "Q6: repaired: bare_markup; a bare < in header_from", (2, 5))
    sample("Q06-bare-ampersand.xml", report("q6-amp", 6, [record(6)], org="Lab & Sons"),
           "Q6: repaired: bare_markup; a bare ampersand", (1, 6))
    sample("Q07-escaped-brackets.xml", report("q7", 7, [record(3)],
           email="&lt;dmarc@mx.example.net&gt;"), "Q7: escaped angle brackets around the address",
           (1, 3))
    x = report("q8", 8, [record(3), record(6, "192.0.2.51")])
    sample("Q08-no-line-ends.xml", re.sub(r"\n\s*", "", x),
           "Q8: no line end in the whole file, not behind the declaration either", (2, 9))
    sample("Q08-bom-crlf.xml", b"\xef\xbb\xbf" + swap(report("q8-crlf", 8, [record(5)]),
           ("\n", "\r\n")).encode(), "Q8: byte order mark, lines that end in CRLF", (1, 5))
    sample("Q09-stray-text.xml", swap(report("q9", 9, [record(7)],
           policy="    <sp>none</sp>11\n"),),
           "Q9: repaired: stray_text; text between elements", (1, 7))


# ---- Q10 to Q21: heads

def heads():
    sample("Q10-unused.xml.gz", gz("unused"), "Q10: quarantined: an archive that holds no report, "
           "but `unused`; a gzip of that word", outcome="quarantined")
    sample("Q10-unused.eml", mail([TEXT, attachment(gz("unused"), "application/gzip",
           XMLNAME + ".gz")]), "Q10: quarantined: an archive that holds no report, but `unused`; "
           "the same in a mail", outcome="quarantined")
    sample("Q10-no-root.xml.gz", gz('<?xml version="1.0" encoding="UTF-8"?>\n'),
           "Q10: quarantined: in the place of a report an XML document "
           "without an element", outcome="quarantined")
    policy = "    <sp>none</sp>\n    <np>reject</np>\n"
    sample("Q11-np.xml", report("q11-np", 11, [record(3)], policy=policy),
           "Q11: np in a report of the older schema", (1, 3))
    policy = "    <rf>afrf</rf>\n    <ri>86400</ri>\n    <pct>100</pct>\n"
    sample("Q11-rf-ri.xml", report("q11-rf", 11, [record(4)], policy=policy),
           "Q11: rf and ri in policy_published", (1, 4))
    sample("Q12-spf-before-dkim.xml", report("q12-spf", 12, [record(5, auth=SPF + DKIM)]),
           "Q12: spf before dkim", (1, 5))
    x = report("q12-dates", 12, [record(6)])
    dates = x[x.index("    <date_range>"):x.index("  </report_metadata>")]
    sample("Q12-dates-first.xml", swap(x, (dates, ""), ("  <report_metadata>\n",
           "  <report_metadata>\n" + dates)), "Q12: date_range before org_name", (1, 6))
    x = report("q13", 13, [record(4)])
    twice = x[x.index("  <policy_published>"):x.index("  <record>")]
    sample("Q13-two-policies.xml", swap(x, (twice, twice + swap(twice, ("none", "reject")))),
           "Q13: repaired: element_repeated; policy_published twice, the first holds", (1, 4))
    sample("Q14-no-version.xml", report("q14-none", 14, [record(1)], version=""),
           "Q14: no version", (1, 1))
    for n, version in enumerate(("0.1", "1", "2.0"), 2):
        sample(f"Q14-version-{version}.xml", report(f"q14-{version}", 14, [record(n)],
               version=f"  <version>{version}</version>\n"), f"Q14: version {version}", (1, n))
    x = report("q15", 15, [record(3)], email="dmarc@mx.example.net")
    sample("Q15-attributes.xml", swap(x, ("<email>", '<email lang="en" type="smtp">'),
           ("<count>", '<count unit="messages">'), ("<record>", '<record no="1">')),
           "Q15: attributes on leaves, email too", (1, 3))
    sample("Q16-org-empty.xml", report("q16-empty", 16, [record(2)], org=""),
           "Q16: repaired: org_name_empty; the reporter is the domain of email", (1, 2))
    sample("Q16-org-blank-behind.xml", report("q16-blank", 16, [record(3)], org="Lab Mail "),
           "Q16: a blank behind org_name", (1, 3))
    sample("Q16-org-host.xml", report("q16-host", 16, [record(4)],
           org="esa1.hc9999-99.mx.example.net"), "Q16: org_name is a host of a thousand firms",
           (1, 4))
    sample("Q17-no-email.xml", swap(report("q17", 17, [record(5)]), (
           "    <email>dmarc@mx.example.net</email>\n", "")),
           "Q17: repaired: element_missing; no email", (1, 5))
    ids = ("&lt;2026.09.18.1@mx.example.net&gt;", "lab.example.org:1789689600",
           "lab!1789689600!1789775999!coffee", "68a1$3f=68b2@esa1.mx.example.net",
           "0123456789abcdef" * 4)
    for n, i in enumerate(ids, 1):
        sample(f"Q18-id-{n}.xml", report("", 18, [record(n)], report_id=i),
               "Q18: a report_id in brackets and with @, or with : ! $ =, or of 64 characters",
               (1, n))
    for day in (19, 20):
        sample(f"Q19-same-id-{day}.xml", report("q19-reused", day, [record(day)]),
               "Q19: one report_id of one reporter on two days: two reports", (1, day))
    for n in (1, 2):
        sample(f"Q20-same-id-{n}.xml", report(f"lab.example.org.{SEPTEMBER}.{SEPTEMBER + DAY}", 20,
               [record(n)], org=f"mx{n}.example.net"),
               "Q20: one report_id of two reporters: two reports", (1, n))
    first = report("q21", 21, [record(3), record(4, "192.0.2.51")])
    sample("Q21-1-first.xml", first, "Q21: the first of its kind", (2, 7))
    sample("Q21-2-by-mail.eml", mail([TEXT, attachment(gz(first), "application/gzip",
           XMLNAME + ".gz")]), "Q21: the same report once more, by mail: counted once", (2, 7),
           outcome="repeat")
    sample("Q21-3-overlapping.xml", report("q21", 21, [record(4, "192.0.2.51"),
           record(6, "203.0.113.9")]), "Q21: the same id and range, other records, one of them in "
           "both: kept, the larger sum counts", (2, 10), outcome="conflict")


# ---- Q22 to Q31: dates, policies, null reports, rows without address

def dates_and_rows():
    b = SEPTEMBER + 21 * DAY
    sample("Q22-fraction.xml", report("q22-fraction", 22, [record(3)], begin=f"{b}.0",
           end=f"{b + 86399}.999"), "Q22: repaired: time_form; fractions of seconds, cut", (1, 3))
    sample("Q22-blanks.xml", report("q22-blanks", 22, [record(4)], begin=f"{b} ",
           end=f"\n        {b + 86399}\n      "), "Q22: blanks around times", (1, 4))
    b += DAY
    sample("Q23-instant.xml", report("q23-instant", 23, [record(3)], begin=b, end=b),
           "Q23: begin = end", (1, 3))
    sample("Q23-swapped.xml", report("q23-swapped", 23, [record(4)], begin=b + DAY, end=b),
           "Q23: repaired: range_swapped; begin after end", (1, 4))
    sample("Q24-two-hundred-days.xml", report("q24-200", 24, [record(5)],
           begin=SEPTEMBER - 180 * DAY, end=SEPTEMBER + 21 * DAY),
           "Q24: 201 days: in totals, on no day", (1, 5))
    sample("Q24-three-weeks.xml", report("q24-21", 24, [record(21)], begin=SEPTEMBER,
           end=SEPTEMBER + 21 * DAY), "Q24: three weeks, split over their days", (1, 21))
    sample("Q24-half-an-hour.xml", report("q24-1800", 24, [record(2)], begin=b + 3300,
           end=b + 5100), "Q24: half an hour, not from midnight", (1, 2))
    meta = ("    <extra_contact_info/>\n    <error>first</error>\n"
            "    <error>second</error>\n")
    sample("Q25-errors.xml", report("q25", 25, [record(3)], more_meta=meta),
           "Q25: extra_contact_info empty, error twice", (1, 3))
    sample("Q26-sp-empty.xml", report("q26-empty", 26, [record(2)], policy="    <sp></sp>\n"
           "    <pct/>\n    <fo> </fo>\n"), "Q26: repaired: element_empty; sp, pct and fo empty",
           (1, 2))
    sample("Q26-sp-nil.xml", report("q26-nil", 26, [record(3)], policy="    <sp>nil</sp>\n"),
           "Q26: repaired: word_unknown; sp is nil", (1, 3))
    sample("Q27-subdomain.xml", report("q27", 27, [record(4,
           ids="      <header_from>news.lab.example.org</header_from>\n")],
           domain="news.lab.example.org"),
           "Q27: the policy's domain is the From's subdomain, which has no policy", (1, 4))
    sample("Q28-no-records.xml", report("q28", 28, []), "Q28: no record at all", (0, 0))
    null = record(0, "", "", "", "", "", ids="      <header_from></header_from>\n")
    sample("Q29-null-report.xml", report("q29", 29, [null]),
           "Q29: a null report: its one row has no address and count 0, and is refused", (0, 0))
    sample("Q30-rows-without-ip.xml", report("q30", 30, [
           record(3), swap(record(4), ("      <source_ip>192.0.2.50</source_ip>\n", "")),
           record(5, ""), record(6, "192.0.2.51")]),
           "Q30: 2 records of 9 messages have no source_ip and are refused, the report stays",
           (2, 9))
    sample("Q31-x.x.x.x.xml", report("q31", 30, [record(3, "X.X.X.X"), record(8, "192.0.2.51")]),
           "Q31: an address that is hidden: 1 record of 3 messages is refused", (1, 8))


# ---- Q32 to Q47: records

def no(what, text):
    return re.sub(rf" *<{what}>.*?</{what}>\n", "", text, flags=re.S)


def results():
    sample("Q32-one-a-message.xml", report("q32", 1, [record(1)] * 4),
           "Q32: one record a message, equal keys: 4 messages", (4, 4))
    sample("Q33-no-auth-results.xml", report("q33", 2, [
           no("auth_results", record(2)), record(3, "192.0.2.51", auth=""),
           record(4, auth=DKIM), record(5, "192.0.2.51", auth=SPF)]),
           "Q33: repaired: element_missing; auth_results missing, empty, with dkim alone, with spf "
           "alone", (4, 14))
    three = "".join(swap(SPF, ("lab.example.org", d), ("mfrom", s)) for d, s in (
        ("lab.example.org", "mfrom"), ("mx.lab.example.org", "helo"), ("", "mfrom")))
    sample("Q34-spf.xml", report("q34", 3, [
           record(2, auth=DKIM + three), record(3, auth=no("domain", SPF)),
           record(4, auth=no("scope", SPF)), record(5, auth=swap(SPF, ("mfrom", "helo")))]),
           "Q34: repaired: element_empty, element_missing; spf three times, its domain empty or "
           "missing, scope missing or helo", (4, 14))
    empty = re.sub(r">[^<>\s]+<", "><", DKIM)
    sample("Q35-empty-dkim.xml", report("q35", 4, [record(3, dkim="fail", auth=empty + SPF)]),
           "Q35: repaired: element_empty; a dkim element with nothing in it: no "
           "signature", (1, 3))
    sample("Q36-no-selector.xml", report("q36", 5, [record(6, auth=no("selector", DKIM) + SPF)]),
           "Q36: dkim without selector", (1, 6))
    for n, word in enumerate(("unknown", "invalid", "not.evaluated"), 1):
        sample(f"Q37-dkim-{word}.xml", report("q37-" + word, 6, [record(n, dkim="fail",
               auth=swap(DKIM, ("pass", word)) + SPF)]),
               f"Q37: repaired: word_unknown; a dkim result of {word}", (1, n))
    for n, (word, kind) in enumerate((("hardfail", "word_synonym"), ("unknown", "word_unknown"),
                                      ("error", "word_unknown")), 1):
        sample(f"Q38-spf-{word}.xml", report("q38-" + word, 7, [record(n, spf="fail",
               auth=DKIM + swap(SPF, ("pass", word)))]),
               f"Q38: repaired: {kind}; an spf result of {word}", (1, n))
    sample("Q39-evaluated-words.xml", report("q39", 8, [record(2, dkim="fail", spf="none"),
           record(3, "192.0.2.51", dkim="fail", spf="softfail")]),
           "Q39: repaired: word_unknown; spf in policy_evaluated is none and softfail", (2, 5))
    sample("Q39-evaluated-missing.xml", report("q39-missing", 8, [
           re.sub(r" *<(dkim|spf)>pass</\1>\n", "", record(7, auth=""))]),
           "Q39: repaired: element_missing; policy_evaluated without dkim and spf", (1, 7))
    sample("Q40-softfail.xml", report("q40-softfail", 9, [record(4, disposition="softfail")]),
           "Q40: repaired: word_unknown; a disposition of softfail", (1, 4))
    sample("Q40-blank.xml", report("q40-blank", 9, [record(5, disposition=" quarantine",
           dkim="fail", spf="fail")]), "Q40: repaired: word_form; a blank before quarantine",
           (1, 5))
    sample("Q40-pass.xml", report("q40-pass", 9, [record(6, disposition="pass")]),
           "Q40: disposition pass, a word of RFC 9990, under the older schema", (1, 6))
    sample("Q41-case.xml", report("q41", 10, [record(7, disposition="None", dkim="Pass",
           spf="PASS", auth=swap(DKIM, ("pass", "TempError")) + SPF)]),
           "Q41: repaired: word_form; capitals in words", (1, 7))
    reasons = ("        <reason>sampled_out</reason>\n", "        <reason><type></type><comment/>"
               "</reason>\n", "        <reason><type>local_policy</type><comment>arc=pass as[1].d="
               "example.net as[1].s=arc</comment></reason>\n")
    sample("Q42-bare-reason.xml", report("q42-bare", 11, [record(3, reason=reasons[0])]),
           "Q42: repaired: stray_text; the type of a reason without its element", (1, 3))
    sample("Q42-empty-type.xml", report("q42-empty", 11, [record(4, reason=reasons[1])]),
           "Q42: repaired: element_empty; a reason with an empty type", (1, 4))
    sample("Q42-arc-everywhere.xml", report("q42-arc", 11, [record(n, reason=reasons[2])
           for n in (1, 2, 3)]), "Q42: reason local_policy on every record, for ARC", (3, 6))
    sample("Q43-identities.xml", swap(report("q43", 12, [record(8)]), ("identifiers>",
           "identities>")), "Q43: repaired: element_name; identities for identifiers", (1, 8))
    envelope = ("      <envelope_from></envelope_from>\n",
                "      <envelope_from>lab.example.org</envelope_from>\n", "")
    froms = ("lab.example.org", "", "LAB.Example.ORG")
    sample("Q44-identifiers.xml", report("q44", 13, [record(n, ids=f"{e}      <header_from>{f}"
           "</header_from>\n") for n, (e, f) in enumerate(zip(envelope, froms), 1)]),
           "Q44: repaired: element_empty; envelope_from empty and missing, header_from empty and "
           "in capitals", (3, 6))
    sample("Q45-contradicts.xml", report("q45", 14, [
           record(3, "203.0.113.9", "quarantine", "fail", "fail", ""),
           record(4, "192.0.2.50", "quarantine")]),
           "Q45: quarantined under p=none, and though it passed, with no reason", (2, 7))
    sample("Q46-no-dkim-result.xml", report("q46", 15, [record(9, spf="fail", auth="")]),
           "Q46: policy_evaluated says dkim pass, auth_results has none", (1, 9))
    # refused, since a count like this one in the sums would hide all others in what "make demo"
    # shows
    sample("Q47-big-count.xml",
           report("q47", 16, [record(5000000000, ""), record(1, "192.0.2.51")]),
           "Q47: a count over 32 bits: 1 record of 5000000000 messages has no address and is "
           "refused (one that is stored: tests/it/t_values.sh)", (1, 1))


# ---- Q48 to Q60: mails and archives

def one(name, day, count):
    return report(name, day, [record(count), record(1, "192.0.2.51")]), (2, count + 1)


def mails():
    for n, kind in enumerate(("application/octet-stream", "application/x-gzip",
                              "application/x-zip-compressed"), 1):
        x, figures = one(f"q48-{n}", 17, n)
        data, name = (zipped([(XMLNAME, x)]), ".zip") if "zip-" in kind else (gz(x), ".gz")
        sample("Q48-%s.eml" % kind.split("/")[1],
               mail([TEXT, attachment(data, kind, XMLNAME + name)]),
               "Q48: media type " + kind, figures)
    x, figures = one("q49", 18, 4)
    sample("Q49-gzip-labelled-zip.eml", mail([TEXT, attachment(gz(x), "application/zip",
           XMLNAME + ".zip")]), "Q49: a gzip that is called application/zip", figures)
    for n, (how, kind, where, name) in enumerate((
            ("attached", "text/xml", "attachment", XMLNAME),
            ("inline", "application/xml", "inline", XMLNAME),
            ("no-name", "text/plain", "inline", None)), 1):
        x, figures = one("q50-" + how, 19, n)
        sample(f"Q50-xml-{how}.eml", mail([TEXT, attachment(x, kind, name, where)]),
               f"Q50: XML that is not packed: {kind}, {where}, " + ("named" if name else "no name"),
               figures)
    x, figures = one("q51", 20, 5)
    sample("Q51-gzip-in-gzip.eml", mail([TEXT, attachment(gz(gz(x)), "application/gzip",
           XMLNAME + ".gz")]), "Q51: gzip in gzip", figures)
    x, figures = one("q52", 21, 6)
    sample("Q52-gzip-fields.eml", header("Report Domain: lab.example.org",
           "Content-Type: application/gzip; name=\"mx.xml.gz\"\n"
           "Content-Transfer-Encoding: base64\n"
           "Content-Disposition: attachment; filename=\"mx.xml.gz\"")
           + "\n" + b64(gz(x, XMLNAME) + b"\r\n"),
           "Q52: a gzip with a name in its header and a line end behind it", figures)
    x, figures = one("q53", 22, 7)
    sample("Q53-ContentType.eml", mail([TEXT, swap(attachment(zipped([(XMLNAME, x)]),
           "application/zip", XMLNAME + ".zip"), ("Content-Type:", "ContentType:"))]),
           "Q53: repaired: mail_field_name; ContentType: for Content-Type: of the attachment",
           figures)
    x, figures = one("q53-whole", 22, 8)
    sample("Q53-ContentType-of-mail.eml", swap(mail([attachment(gz(x), "application/gzip")]),
           ("Content-Type: multipart", "ContentType: multipart")),
           "Q53: repaired: mail_field_name; ContentType: for Content-Type: of the mail", figures)


def mail_bodies():
    x, figures = one("q54", 23, 9)
    inner = mail([TEXT, attachment(gz(x), "application/gzip", XMLNAME + ".gz")])
    inner = inner.replace("=_b", "=_inner")
    sample("Q54-forwarded.eml", mail([TEXT, part("Content-Type: message/rfc822\n"
           "Content-Disposition: attachment", inner)], "FW: Report Domain: lab.example.org"),
           "Q54: the report's mail is attached to another one", figures)
    x, figures = one("q54-base64", 23, 10)
    inner = mail([attachment(gz(x), "application/gzip", XMLNAME + ".gz")]).replace("=_b", "=_inner")
    sample("Q54-forwarded-base64.eml", mail([TEXT, attachment(inner, "message/rfc822")],
           "FW: Report Domain: lab.example.org"),
           "Q54: the same, and the attached mail in base64, which RFC 2046 forbids", figures)
    ole = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + bytes.fromhex(
        "3e000300feff0900060000000000000000000000010000000100000000000000001000000200000001000000"
        "feffffff0000000000000000") + b"\xff" * 436
    ole += b"".join(n.encode("utf-16-le").ljust(64, b"\0") + bytes(64) for n in (
        "Root Entry", "__nameid_version1.0", "__properties_version1.0", "__substg1.0_0037001F"))
    sample("Q54-outlook.eml", mail([TEXT, attachment(ole, "application/vnd.ms-outlook",
           "Report Domain.msg")]), "Q54: quarantined: an Outlook message (.msg)",
           outcome="quarantined")
    sample("Q54-outlook.msg", ole, "Q54: quarantined: an Outlook message (.msg)",
           outcome="quarantined")
    x, figures = one("q55", 24, 11)
    sample("Q55-body-is-zip.eml", header("Report domain: lab.example.org",
           f'Content-Type: application/zip; name="{XMLNAME}.zip"\n'
           "Content-Transfer-Encoding: base64") + "\n" + b64(zipped([(XMLNAME, x)])),
           "Q55: no multipart: the body itself is the zip", figures)
    x, figures = one("q56", 25, 12)
    html = part('Content-Type: text/html; charset="utf-8"', "<!DOCTYPE html>\n<html xmlns=\"http://"
                "www.w3.org/1999/xhtml\"><body><p>Write to <a "
                "href=\"mailto:feedback@example.com\">us</a> &amp; read on.<br></body></html>")
    sample("Q56-html-first.eml",
           mail([html, attachment(gz(x), "application/gzip", XMLNAME + ".gz")],
           "[Preview] Report Domain: lab.example.org"), "Q56: an HTML part before the report",
           figures)
    files = [("a/1.xml", one("q57-1", 26, 1)[0]), ("a/2.xml", one("q57-2", 26, 2)[0]),
             ("README.txt", "Two reports and a text.\n"), ("3.XML", one("q57-3", 26, 3)[0])]
    sample("Q57-three-in-zip.zip", zipped(files), "Q57: a zip of three reports and a text",
           (6, 9), 3)


def mails_on_their_way():
    x, figures = one("q58-split", 27, 13)
    sample("Q58-split-name.eml", mail([TEXT, part(
           "Content-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n"
           "Content-Disposition: attachment;\n "
           "filename*0=\"mx.example.net!lab.example.org!17905\";\n"
           " filename*1=\"53600!1790639999.xml.gz\"", b64(gz(x)))]),
           "Q58: a file name in two pieces (RFC 2231)", figures)
    x, figures = one("q58-empty", 27, 14)
    sample("Q58-no-receiver.eml", mail([TEXT, attachment(gz(x), "application/gzip",
           "!lab.example.org!1790553600!1790639999.xml.gz")]), "Q58: a file name without receiver",
           figures)
    for n, subject in enumerate((
            "Dmarc Aggregate Report Domain: {lab.example.org}  Submitter: {Lab Mail}  Date: "
            "{2026-09-28}  Report-ID: {q59-1}", "=?UTF-8?Q?Report_domain=3A_lab.example.org?=",
            "[Preview] Report Domain:\n lab.example.org"), 1):
        x, figures = one(f"q59-{n}", 28, n)
        sample(f"Q59-subject-{n}.eml", mail([TEXT, attachment(gz(x), "application/gzip")], subject),
               "Q59: a subject " + ("with braces", "that is encoded", "that is folded")[n - 1],
               figures)
    x, figures = one("q60", 29, 15)
    unclean = attachment(gz(x), "application/gzip", XMLNAME + ".gz")
    body = b64(gz(x))
    rows = body.split("\n")
    rows[1:3] = [" " + rows[1] + " ", "", rows[2][:30] + "!" + rows[2][30:]]
    sample("Q60-base64-unclean.eml", mail([TEXT, swap(unclean, (body, "\n".join(rows)))]),
           "Q60: repaired: mail_base64; blanks, an empty line and a stray character in base64",
           figures)
    x, figures = one("q60-footer", 29, 16)
    footed = b64(gz(x))
    if "=" not in footed:
        raise SystemExit("this base64 needs a pad before the footer")
    sample("Q60-footer-behind-base64.eml", mail([TEXT, swap(attachment(gz(x), "application/gzip"),
           (footed, footed + "\n_______\nThis message was checked by the gateway.\n"))]),
           "Q60: repaired: mail_base64; a gateway wrote its footer behind base64", figures)
    x, figures = one("q60-banner", 29, 17)
    banner = swap(TEXT, ("This is", "CAUTION: this mail comes from outside. Write to <feedback@"
                         "example.com> if you doubt it.\n\nThis is"))
    sample("Q60-banner.eml", mail([banner, attachment(gz(x), "application/gzip")]),
           "Q60: a gateway's banner in the text part", figures)
    tls = '{"organization-name":"mx.example.net","report-id":"q60","policies":[]}\n'
    sample("Q60-json.eml", mail([TEXT, attachment(tls, "application/tlsrpt+json")]),
           "Q60: a TLS report in base64: JSON of another kind", outcome="not_report")


documents()
heads()
dates_and_rows()
results()
mails()
mail_bodies()
mails_on_their_way()
make_samples_more.make(sample)
print("\n".join(sorted(lines)))
