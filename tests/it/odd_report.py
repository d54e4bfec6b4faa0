"""odd_report - one report for odd_corpus.py: of records that are known, with values, markup and
characters spoiled by chance.
"""
import re

IPS = ("192.0.2.%d", "198.51.100.%d", "203.0.113.%d", "2001:db8::%x", "2001:db8:25::%x",
       "::ffff:192.0.2.%d")
NO_IPS = ("", "X.X.X.X", "unknown", "192.0.2.300", "192.0.2", "2001:db8::1::2", "mx.example.net",
          None)
NO_COUNTS = ("", "-3", "many", "NaN", "99999999999999999999",
             "1000000000001", None)
WORDS = ("pass", "fail", "pass", "fail", "none", "softfail", "unknown", "Pass", "FAIL", "hardfail",
         "error", "not.evaluated", "", " pass", None)
DISPOSITIONS = ("none", "quarantine", "reject", "pass", "None", " quarantine", "softfail", "", None)
number = [0]  # of reports made, so that no two are the same


def tag(name, text, attributes=""):
    return "" if text is None else f"<{name}{attributes}>{text}</{name}>"


def results(r):
    out = []
    for _ in range(r.choice((0, 1, 1, 1, 2, 3))):
        out.append(tag("dkim", tag("domain", r.choice(("lab.example.org", "", "esp.example.net")))
                       + tag("selector", r.choice(("s1", "", None)))
                       + tag("result", r.choice(WORDS))
                       + tag("human_result", r.choice((None, None, "key of 1024 bit")))))
    for _ in range(r.choice((0, 1, 1, 1, 3))):
        out.append(tag("spf", tag("domain", r.choice(("lab.example.org", "", None)))
                       + tag("scope", r.choice(("mfrom", "helo", None)))
                       + tag("result", r.choice(WORDS))))
    if r.random() < 0.2:
        r.shuffle(out)
    return "".join(out)


def record(r):
    """The record's XML, and what it adds: records, refused, messages, messages refused."""
    count = r.choice((1, 1, 2, 17, 1000, 70000)) + r.randrange(9)
    ip = r.choice(IPS) % r.randrange(1, 250)
    bad_ip, bad_count = r.random() < 0.03, r.random() < 0.03
    if bad_ip:
        ip = r.choice(NO_IPS)
    words = r.choice(NO_COUNTS) if bad_count else count
    blank = r.choice(("", "", "", " ", "\n  "))
    reason = r.choice(("",) * 8 + ("<reason>sampled_out</reason>",
        "<reason><type></type><comment/></reason>",
        "<reason><type>local_policy</type><comment>arc=pass"
        "</comment></reason>", "<reason><type>other</type></reason>" * 2))
    evaluated = tag("policy_evaluated", tag("disposition", r.choice(DISPOSITIONS)) + tag(
        "dkim", r.choice(WORDS)) + tag("spf", r.choice(WORDS)) + reason)
    row = tag("row", tag("source_ip", None if ip is None else f"{blank}{ip}{blank}")
              + tag("count", None if words is None else f"{words}{blank}") + evaluated)
    name = r.choice(("identifiers",) * 9 + ("identities",))
    ids = tag(name, tag("envelope_to", r.choice((None, "mx.example.net")))
              + tag("envelope_from", r.choice(
        (None, "", "lab.example.org"))) + tag("header_from", r.choice(("lab.example.org",) * 5 + (
        "LAB.example.org", "", None))))
    auth = r.choice((tag("auth_results", results(r)),) * 9 + ("", "<auth_results/>"))
    pieces = [row, ids, auth]
    if r.random() < 0.05:
        r.shuffle(pieces)
    known = 0 if bad_count else count
    sums = (0, 1, 0, known) if bad_ip or bad_count else (1, 0, known, 0)
    return tag("record", "".join(pieces)), sums


def head(r):
    number[0] += 1
    n = number[0]
    begin = 1790000000 + n
    end = begin + r.choice((86399, 86400, 3600, 0, -5, 7 * 86400, 100 * 86400))
    form = r.choice(("%d", "%d", "%d", "%d", "%d.0", " %d ", "%d.999"))
    meta = [tag("org_name", r.choice(("mx.example.net", "Lab Mail ", "", None, "Caf\u00e9 Lab"))),
            tag("email", r.choice(("dmarc@mx.example.net",) * 3
                                  + ("&lt;dmarc@mx.example.net&gt;", None))),
            tag("extra_contact_info", r.choice((None, "", "https://mx.example.net/dmarc"))),
            tag("report_id", r.choice(("odd-%d", "&lt;odd.%d@mx.example.net&gt;",
                                      "lab!%d!coffee")) % n),
            tag("date_range", tag("begin", form % begin) + tag("end", form % end))]
    meta += [tag("error", "one"), tag("error", "two")] * (r.random() < 0.1)
    policy = [tag("domain", r.choice(("lab.example.org", "LAB.example.org.",
                                       "news.lab.example.org"))),
              tag("adkim", r.choice(("r", "s", "", None))), tag("aspf", r.choice(("r", "S", None))),
              tag("p", r.choice(("none", "reject", "None"))),
              tag("sp", r.choice(("none", "nil", "", None))),
              tag("np", r.choice((None, None, "reject"))), tag("pct", r.choice(("100", "", None))),
              tag("rf", r.choice((None, "afrf"))), tag("testing", r.choice((None, None, "n")))]
    if r.random() < 0.2:
        r.shuffle(meta)
        r.shuffle(policy)
    twice = "<policy_published><domain>twice.example.org</domain><p>none</p></policy_published>"
    return [tag("version", r.choice(("1.0", "0.1", "1", "2.0", "", None))), tag("report_metadata",
            "".join(meta)), tag("policy_published", "".join(policy)) + twice * (r.random() < 0.03)]


ROOTS = ("",) * 5 + (' xmlns="urn:ietf:params:xml:ns:dmarc-2.0"',
                     ' xmlns="http//dmarc.org/dmarc-xml/0.1"',
                     ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"')
DECLARATIONS = ('<?xml version="1.0" encoding="UTF-8"?>\n', '<?xml version="1.0"?>', "",
                "<?xml version='1.0' encoding='utf-8' standalone='yes' ?>\n")


def pretty(r, text):
    """White space between elements, of none to much."""
    how = r.choice(("", "\n", "\n  ", "\r\n\t"))
    return re.sub(r">(?=<)", ">" + how, text)


# ---- markup: each takes and gives a document; what is in it stays the same

def bare_ampersand(r, x):
    return x.replace("</org_name>", " & Sons</org_name>") if "</org_name>" in x else None


def bare_address(r, x):
    old = "<email>dmarc@mx.example.net</email>"
    return x.replace(old, "<email>Lab <dmarc@mx.example.net></email>") if old in x else None


def bare_less(r, x):
    at = x.find("</header_from>")
    return x[:at] + "<b" + x[at:] if at > 0 else None


def entity(r, x):
    return x.replace("</org_name>", "&nbsp;x</org_name>") if "</org_name>" in x else None


def stray_text(r, x):
    names = "</(sp|p|row|record|identifiers|dkim|version|org_name)>"
    places = [m.end() for m in re.finditer(names, x)]
    at = r.choice(places)
    return x[:at] + r.choice(("11", "}", "text ", "&amp;")) + x[at:]


def end_tag_wrong(r, x):
    name = r.choice(("source_ip", "count", "p", "header_from", "org_name", "domain"))
    return x.replace(f"</{name}>", f"</{name}x>") if f"</{name}>" in x else None


def end_tag_missing(r, x):
    name = r.choice(("source_ip", "disposition", "row", "auth_results", "p", "policy_evaluated"))
    places = [m for m in re.finditer(f"</{name}>", x)]
    if not places:
        return None
    m = r.choice(places)
    return x[:m.start()] + x[m.end():]


def end_of_record_missing(r, x):
    places = [m for m in re.finditer("</record>", x)]
    if len(places) < 2:
        return None
    m = r.choice(places[:-1])
    return x[:m.start()] + x[m.end():]


def attribute_bad(r, x):
    return x.replace("<row>", r.choice(("<row n=1>", '<row a="1" a="2">', "<row a>", '<row a="b>'
                                        .replace('"b', '"b"b'))), 1)


def comment_dashes(r, x):
    return x.replace("<record>", "<!-- a -- b --><record>", 1)


def text_before(r, x):
    return r.choice(("Report follows\n\n", "\n", "\r\n \n", "200 OK ")) + x


def text_behind(r, x):
    return x + r.choice(("\n-- \nfooter\n", "\0\0\0", "\n\n", "</x>", "]]>"))


def declaration_quote(r, x):
    return re.sub(r'^<\?xml.*?\?>', '<?xml version="1.0"?">', x) if x.startswith("<?xml") else None


def declaration_version(r, x):
    return x.replace('version="1.0"', 'version="2.0"', 1) if 'version="1.0"' in x else None


def wrapper(r, x):
    at = x.index("<feedback")
    return (x[:at] + '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">' + x[at:]
            + "</xs:schema>" * r.randrange(2))


def prefix(r, x):
    return re.sub(r"<(/?)([a-z])", r"<\1ns2:\2", x)


MARKUP = (bare_ampersand, bare_address, bare_less, entity, stray_text, end_tag_wrong,
          end_tag_missing,
          end_of_record_missing, attribute_bad, comment_dashes, text_before, text_behind,
          declaration_quote, declaration_version, wrapper, prefix)


# ---- characters: each takes letters and gives bytes

def utf8(r, x):
    return x.encode()


def latin1(r, x):
    return x.replace("mx.example.net<", "Sue\u00f1o<", 1).encode("latin-1")


def declared(name, encoding):
    def encode(r, x):
        if not re.match(r"<\?xml[^>]*encoding", x):
            return None
        return re.sub(r"(?i)utf-8", name, x, count=1).encode(encoding)
    encode.__name__ = name.replace("-", "")
    return encode


def bom(r, x):
    return b"\xef\xbb\xbf" + x.encode()


def utf16(r, x):
    return re.sub(r"(?i)utf-8", "UTF-16", x, count=1).encode("utf-16")


def nul(r, x):
    at = r.choice([m.start() for m in re.finditer("</(ns2:)?(report_id|p|header_from|begin)>", x)])
    return (x[:at] + r.choice(("\0", "\x0b", "\x1b", "\x01")) + x[at:]).encode()


CHARACTERS = (latin1, declared("windows-1252", "cp1252"), declared("utf8mb4", "utf-8"),
              declared("UTF-16", "utf-8"), declared("ISO-8859-1", "latin-1"), bom, utf16, nul)


def cut(r, x, records):
    """The document ends in a record, or between two: what of it is known, and what is not."""
    starts = [m.start() for m in re.finditer("<record>", x)]
    ends = [m.end() for m in re.finditer("</record>", x)]
    n = r.randrange(len(starts))
    whole = records[:n]
    sums = [sum(column) for column in zip((0, 0, 0, 0), *whole)]
    if r.random() < 0.5:
        return x[:ends[n]], [a + b for a, b in zip(sums, records[n])]
    at = r.randrange(starts[n] + len("<record>"), ends[n] - len("</record>"))
    if x.rfind("<", 0, at) > x.rfind(">", 0, at):
        at = x.rfind(">", 0, at) + 1  # not in a tag
    count = re.search(r"<count>(\d{1,18})\s*</count>", x[starts[n]:at])
    return x[:at], [sums[0], sums[1] + 1, sums[2], sums[3] + (int(count.group(1)) if count else 0)]


def odd_report(r):
    """Bytes, sums (reports, records, refused, messages, messages refused), what was done."""
    records = [record(r) for _ in range(r.choice((1, 1, 2, 3, 5, 9, 40)))]
    pieces = head(r) + [x for x, _ in records]
    if r.random() < 0.05:
        pieces = pieces[:1] + pieces[3:] + pieces[1:3]
    root = r.choice(ROOTS)
    x = r.choice(DECLARATIONS) + pretty(r, f"<feedback{root}>{''.join(pieces)}</feedback>") + "\n"
    sums = [sum(column) for column in zip(*(s for _, s in records))]
    done, encode = [], utf8
    if r.random() < 0.08 and pieces[1].startswith("<report_metadata"):
        x, sums = cut(r, x, [s for _, s in records])
        done.append("cut")
    elif r.random() < 0.4:
        spoil = r.choice(MARKUP)
        spoiled = spoil(r, x)
        if spoiled:
            x, done = spoiled, [spoil.__name__]
    data = None
    if r.random() < 0.2:
        encode = r.choice(CHARACTERS)
        try:
            data = encode(r, x)
        except UnicodeError:
            pass
    if data is None:
        data = x.encode()
    elif encode is not utf8:
        done.append(encode.__name__)
    return data, [1] + sums, done
