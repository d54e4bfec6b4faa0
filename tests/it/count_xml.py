"""count_xml - a report out of XML, for count.py: by Python's own expat where the document is
well-formed, else by regular expressions over its text.

What is not well-formed is not repaired here: its records are cut out between `<record>` and
`</record>`, and the elements of the schema are looked for in each. So it has no notion of ruadb's
mending, and agrees with it only where both find what is there.
"""
import codecs
import hashlib
import html
import ipaddress
import re
import xml.etree.ElementTree as ET
from datetime import datetime, timezone

from count_align import Policy, align

MAX_DEPTH = 32
LAST_TIME = 253402300799
MOST_MESSAGES = 10**12
POLICY = ("domain", "p", "sp", "np", "pct", "adkim", "aspf", "fo", "testing", "discovery_method")


class Refused(Exception):
    """Something that should be a report and can't be read."""


class NotReport(Exception):
    """Something that is no report, and is left alone."""


# ---- elements

def local(element):
    """The name in lower case without namespace or prefix; comments and instructions have none."""
    if not isinstance(element.tag, str):
        return ""
    return element.tag.rsplit("}", 1)[-1].rsplit(":", 1)[-1].lower()


def children(element, *names):
    return [c for c in element if local(c) in names] if element is not None else []


def child(element, *names):
    found = children(element, *names)
    return found[0] if found else None


def leaf(element, *names):
    """The trimmed text of a child, None if there is no such child."""
    found = child(element, *names)
    return None if found is None else "".join(found.itertext()).strip()


# ---- values

def seconds(text):
    """Unix seconds, None if the text is no time: digits, a fraction, milli- or microseconds, or a
    date and time of ISO 8601."""
    if re.fullmatch(r"\d{13}(\d{3})?", text or ""):
        n = int(text[:10])
        return n if 2010 <= datetime.fromtimestamp(n, timezone.utc).year < 2100 else None
    if re.fullmatch(r"\d{1,19}(\.\d*)?", text or ""):
        n = int(text.split(".")[0])
        return n if n <= LAST_TIME else None
    if not re.match(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d", text or ""):
        return None
    try:
        t = datetime.fromisoformat(re.sub(r"(?i) *(z|utc|gmt)$", "+00:00", text))
    except ValueError:
        return None
    return int((t if t.tzinfo else t.replace(tzinfo=timezone.utc)).timestamp())


def domain_name(text):
    return (text or "").strip().lower().rstrip(".")


def address(text):
    """An address, also in brackets, with a port, a zone, or the length of one address."""
    text = re.sub(r"(?i)^\[(?:ipv6:)?(.*)\](:\d{1,5})?$", r"\1", text)
    if re.fullmatch(r"[\d.]+:\d{1,5}|[\d.]+/32", text):
        text = re.split("[:/]", text)[0]
    text = re.sub(r"^([\da-fA-F:]+)(/128|%.+)$", r"\1", text)
    try:
        return None if "%" in text else ipaddress.ip_address(text)
    except ValueError:
        return None


def number(text):
    """A whole number: 1.000 may be a thousand, 1.0 and 1.00 are not."""
    found = re.fullmatch(r"\+?(\d+)(\.0{1,2}|\.0{4,})?", text or "")
    n = int(found.group(1)) if found else None
    return n if found and n <= MOST_MESSAGES else None


class Report:
    """One report: its identity, its content without the identity, and its sums."""

    def __init__(self, head, records, broken_off=False):
        """records: elements; with broken_off the last may be one that is not whole."""
        meta, policy = child(head, "report_metadata"), child(head, "policy_published")
        dates = child(meta, "date_range")
        if meta is None or policy is None:
            raise Refused("no report_metadata or policy_published")
        mail = leaf(meta, "email") or ""
        self.reporter = domain_name(leaf(meta, "org_name")) or domain_name(mail.rpartition("@")[2])
        self.domain = domain_name(leaf(policy, "domain"))
        self.report_id = leaf(meta, "report_id") or ""
        self.begin, self.end = seconds(leaf(dates, "begin")), seconds(leaf(dates, "end"))
        if self.begin is None and self.end is None:
            raise Refused("no dates")
        if not self.domain:
            raise Refused("no policy domain")
        self.partial = broken_off
        self.policy = Policy(self.domain, leaf(policy, "adkim"), leaf(policy, "aspf"))
        self.rows = []  # (number, address, count, the four columns of alignment)
        self.records = self.messages = self.records_refused = self.messages_refused = 0
        content = [[leaf(policy, n) for n in POLICY if n != "domain"]]
        for record in records:
            self.add(record)
            content.append(self.content(record))
        self.hash = hashlib.sha256(repr(content).encode("utf-8", "replace")).hexdigest()

    def add(self, record):
        row = child(record, "row")
        count = number(leaf(row, "count"))
        ip = address(leaf(row, "source_ip") or "")
        if record.get("whole") != "no" and count is not None and ip:
            self.records += 1
            self.messages += count
            ip = getattr(ip, "ipv4_mapped", None) or ip
            self.rows.append((self.records + self.records_refused, ip, count)
                             + self.alignment(record))
        else:
            self.records_refused += 1
            self.messages_refused += count or 0

    def alignment(self, record):
        ids = child(record, "identifiers", "identities")
        results = [(local(r), leaf(r, "domain"), leaf(r, "result"), leaf(r, "scope"))
                   for r in children(child(record, "auth_results"), "dkim", "spf")]
        return align(self.policy, leaf(ids, "header_from"), leaf(ids, "envelope_from"), results)

    @staticmethod
    def content(record):
        row, auth = child(record, "row"), child(record, "auth_results")
        evaluated, ids = child(row, "policy_evaluated"), child(record, "identifiers", "identities")
        values = [leaf(row, "source_ip"), leaf(row, "count")]
        values += [leaf(evaluated, n) for n in ("disposition", "dkim", "spf")]
        values += [(leaf(r, "type"), leaf(r, "comment")) for r in children(evaluated, "reason")]
        values += [leaf(ids, n) for n in ("envelope_to", "envelope_from", "header_from")]
        for kind in ("dkim", "spf"):
            for result in children(auth, kind):
                values.append((kind,) + tuple(leaf(result, n) for n in (
                    "domain", "selector", "scope", "result", "human_result")))
        return values

    def identity(self):
        return (self.reporter, self.domain, self.report_id, self.begin, self.end)

    def peers(self):
        """Equal in reports that say the same under another report id."""
        return (self.reporter, self.domain, self.begin, self.end, self.hash)


# ---- a document that is not well-formed

# What may stand in what; a name that is not here is text.
PARENTS = {
    "report_metadata": (), "policy_published": (), "record": (),
    "date_range": ("report_metadata",),
    "row": ("record",), "identifiers": ("record",), "identities": ("record",),
    "auth_results": ("record",), "policy_evaluated": ("row",), "reason": ("policy_evaluated",),
    "dkim": ("auth_results", "policy_evaluated"), "spf": ("auth_results", "policy_evaluated"),
    "org_name": ("report_metadata",), "email": ("report_metadata",),
    "extra_contact_info": ("report_metadata",), "report_id": ("report_metadata",),
    "error": ("report_metadata",), "generator": ("report_metadata",),
    "begin": ("date_range",), "end": ("date_range",),
    "domain": ("policy_published", "dkim", "spf"),
    "source_ip": ("row",), "count": ("row",), "disposition": ("policy_evaluated",),
    "type": ("reason",), "comment": ("reason",),
    "header_from": ("identifiers", "identities"), "envelope_from": ("identifiers", "identities"),
    "envelope_to": ("identifiers", "identities"),
    "selector": ("dkim",), "scope": ("spf",), "result": ("dkim", "spf"),
    "human_result": ("dkim", "spf"),
}
PARENTS.update({name: ("policy_published",) for name in POLICY if name != "domain"})
BRANCHES = {"feedback"}.union(*PARENTS.values(), [n for n in PARENTS if not PARENTS[n]])
TAG = re.compile(r"<(/?)(?:[\w.-]+:)?(%s)(?:\s[^<>]*?)?(/?)\s*>|</[\w.:-]+\s*>"
                 % "|".join(PARENTS), re.I)


def elements_of(text, top):
    """The elements of the schema in a piece of text, below top, as far as their tags tell."""
    stack, at = [top], 0
    for m in TAG.finditer(text):
        add_text(stack[-1], text[at:m.start()])
        at = m.end()
        closing, name, empty = m.groups()
        name = name and name.lower()
        names = [local(e) for e in stack]
        if not name:
            # an end tag that nobody knows ends what can't have children
            if names[-1] not in BRANCHES or names[-2:-1] == ["policy_evaluated"]:
                stack.pop()
            continue
        if closing:
            if name in names[1:]:
                del stack[len(names) - 1 - names[::-1].index(name):]
            continue
        while len(stack) > 1 and local(stack[-1]) not in PARENTS[name] and any(
                n in PARENTS[name] or not PARENTS[name] for n in names[:len(stack) - 1]):
            stack.pop()
        element = ET.SubElement(stack[-1], name)
        if not empty:
            stack.append(element)
    return top


def add_text(element, text):
    # an end tag whose name is misspelled ends the text as well
    text = html.unescape(re.sub(r"</[\w.:-]+>\s*$", "", text))
    if len(element):
        element[-1].tail = (element[-1].tail or "") + text
    else:
        element.text = (element.text or "") + text


def cp1252(error):
    """For bytes that are no UTF-8: most of them are of that one."""
    piece = error.object[error.start:error.end]
    return piece.decode("cp1252", "replace"), error.end


codecs.register_error("cp1252", cp1252)


def decode(data):
    for bom, name in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if data.startswith(bom):
            return data[2:].decode(name, "replace")
    if data[:200].count(b"\0") > len(data[:200]) // 3:
        return data.decode("utf-16-le" if data[1:2] == b"\0" else "utf-16-be", "replace")
    declared = re.search(rb"<\?xml[^>]*encoding\s*=\s*[\"']([\w.:-]+)", data[:300])
    name = declared.group(1).decode("ascii", "replace").lower() if declared else "utf-8"
    try:
        if codecs.lookup(name).name != "utf-8" and not name.startswith("utf"):
            return data.decode(name, "replace")
    except (LookupError, UnicodeError):
        pass
    return data.decode("utf-8", "cp1252")


def plain(text):
    """Without comments and instructions, CDATA as text with its marks escaped."""
    text = re.sub(r"<!--.*?-->", "", text, flags=re.S)
    text = re.sub(r"<!\[CDATA\[(.*?)\]\]>", lambda m: html.escape(m.group(1)), text, flags=re.S)
    return re.sub(r"[\0-\x08\x0b\x0c\x0e-\x1f]", "", re.sub(r"<\?.*?\?>", "", text, flags=re.S))


def read_document(text):
    """One feedback, from behind its start tag to its end tag, or to the end of all."""
    text, closed, _ = re.split(r"(</(?:[\w.-]+:)?feedback\s*>|\Z)", text, maxsplit=1)
    pieces = re.split(r"<(?:[\w.-]+:)?record(?:\s[^<>]*)?>", text)
    head, records = pieces[0], []
    for i, piece in enumerate(pieces[1:], 1):
        inside, end, behind = re.split(r"(</(?:[\w.-]+:)?record\s*>|\Z)", piece, maxsplit=1)
        record = elements_of(inside, ET.Element("record"))
        if not end and not closed and i == len(pieces) - 1:
            record.set("whole", "no")
        records.append(record)
        head += behind
    return Report(elements_of(head, ET.Element("feedback")), records, not closed)


def read_broken(data):
    """The reports in text that is no XML: [Report or Refused, ...]."""
    text = decode(data)
    if re.search(r"<!DOCTYPE|<!ENTITY", text):
        raise Refused("DOCTYPE")
    found = []
    for document in re.split(r"<(?:[\w.-]+:)?feedback(?=[\s/>])[^<>]*>", plain(text))[1:]:
        try:
            found.append(read_document(document))
        except Refused as e:
            found.append(e)
    return found or [Refused("the start tag of feedback is not whole")]


# ---- any document

def depth(element):
    deepest, level = 0, [element]
    while level:
        deepest += 1
        level = [c for e in level for c in e]
    return deepest


def read_whole(root):
    found = []
    for element in root.iter():
        if local(element) == "feedback":
            if depth(root) > MAX_DEPTH:
                raise Refused("too deep")
            found.append(Report(element, children(element, "record")))
    if not found:
        raise NotReport("XML without feedback")
    return found


def is_feedback(data):
    """A start tag of that name is there, also in UTF-16."""
    return re.search(rb"<([\w.-]+:)?feedback[\s/>]", data.replace(b"\0", b""), re.I) is not None


def read_xml(data, whole=True):
    """[Report or Refused, ...]; whole: the bytes are all there."""
    if not is_feedback(data):
        if not whole:
            raise Refused("cut before anything of a report")
        raise NotReport("not a report")
    if re.search(r"<!DOCTYPE|<!ENTITY", decode(data)):
        raise Refused("DOCTYPE")
    try:
        return read_whole(ET.fromstring(data.lstrip()))
    except (ET.ParseError, LookupError, ValueError):
        pass
    # the same in letters: what is wrong may be the encoding only
    letters = re.sub(r"^\s*<\?xml.*?\?>", "", decode(data), flags=re.S)
    letters = re.sub(r"[\0-\x08\x0b\x0c\x0e-\x1f]", "", letters)
    try:
        return read_whole(ET.fromstring(letters.encode("utf-8", "replace")))
    except ET.ParseError:
        return read_broken(data)
