#!/usr/bin/env python3
"""count - what a folder of reports holds, counted without ruadb.

    count.py PATH...           the figures of `ruadb ingest --format json`, as a JSON object
    count.py --index FOLDER    a line for each file, as in samples/INDEX: file, outcome, reports,
                               records, messages
    count.py --reports PATH... a line for each report: file, outcome, reporter, domain, report id,
                               begin, end, records, messages

Nothing of it is shared with the program: other XML, MIME, gzip and zip libraries, another
language. It is the second opinion that the tests compare with, so it is written to be read, not
to be fast, and it knows no limits but the depth of elements.
"""
import email
import hashlib
import io
import ipaddress
import json
import os
import re
import sys
import zipfile
import zlib
import xml.etree.ElementTree as ET

MAX_DEPTH = 32
MAX_NESTED = 2
POLICY = ("domain", "p", "sp", "np", "pct", "adkim", "aspf", "fo", "testing", "discovery_method")


class Refused(Exception):
    """Something that should be a report and can't be read."""


class NotReport(Exception):
    """Something that is no report, and is left alone."""


def local(element):
    """The name without namespace or prefix; comments and instructions have none."""
    if not isinstance(element.tag, str):
        return ""
    return element.tag.rsplit("}", 1)[-1].rsplit(":", 1)[-1]


def children(element, *names):
    return [c for c in element if local(c) in names]


def child(element, *names):
    found = children(element, *names) if element is not None else []
    return found[0] if found else None


def leaf(element, *names):
    """The trimmed text of a child, None if there is no such child."""
    found = child(element, *names)
    return None if found is None else "".join(found.itertext()).strip()


def seconds(text):
    if text is None or not re.fullmatch(r"-?\d{1,18}(\.\d*)?", text):
        raise Refused("date_range: %r" % text)
    return int(text.split(".")[0])


def domain_name(text):
    return (text or "").strip().lower().rstrip(".")


def address(text):
    try:
        return None if "%" in text else ipaddress.ip_address(text)
    except ValueError:
        return None


def number(text):
    return int(text) if text and re.fullmatch(r"\d{1,18}", text) else None


class Report:
    """One report: its identity, its content without the identity, and its sums."""

    def __init__(self, root):
        meta, policy = child(root, "report_metadata"), child(root, "policy_published")
        dates = child(meta, "date_range")
        if meta is None or policy is None or dates is None:
            raise Refused("no report_metadata, policy_published or date_range")
        mail = leaf(meta, "email") or ""
        self.reporter = domain_name(leaf(meta, "org_name")) or domain_name(mail.rpartition("@")[2])
        self.domain = domain_name(leaf(policy, "domain"))
        self.report_id = leaf(meta, "report_id") or ""
        self.begin, self.end = seconds(leaf(dates, "begin")), seconds(leaf(dates, "end"))
        self.records = self.messages = self.records_refused = self.messages_refused = 0
        content = [[leaf(policy, n) for n in POLICY if n != "domain"]]
        records = children(root, "record")
        for record in records:
            self.add(record)
            content.append(self.content(record))
        self.hash = hashlib.sha256(repr(content).encode()).hexdigest()

    def add(self, record):
        row = child(record, "row")
        count = number(leaf(row, "count"))
        if count is not None and address(leaf(row, "source_ip") or ""):
            self.records += 1
            self.messages += count
        else:
            self.records_refused += 1
            self.messages_refused += count or 0

    @staticmethod
    def content(record):
        row, auth = child(record, "row"), child(record, "auth_results")
        evaluated, ids = child(row, "policy_evaluated"), child(record, "identifiers", "identities")
        values = [leaf(row, "source_ip"), leaf(row, "count")]
        values += [leaf(evaluated, n) for n in ("disposition", "dkim", "spf")]
        if evaluated is not None:
            values += [(leaf(r, "type"), leaf(r, "comment")) for r in children(evaluated, "reason")]
        values += [leaf(ids, n) for n in ("envelope_to", "envelope_from", "header_from")]
        for kind in ("dkim", "spf"):
            for result in children(auth, kind) if auth is not None else []:
                values.append((kind,) + tuple(leaf(result, n) for n in (
                    "domain", "selector", "scope", "result", "human_result")))
        return values

    def identity(self):
        return (self.reporter, self.domain, self.report_id, self.begin, self.end)

    def peers(self):
        """Equal in reports that say the same under another report id."""
        return (self.reporter, self.domain, self.begin, self.end, self.hash)


def depth(element):
    deepest, level = 0, [element]
    while level:
        deepest += 1
        level = [c for e in level for c in e]
    return deepest


def read_xml(data):
    """The report in an XML document."""
    flat = data.replace(b"\0", b"")
    named = re.search(rb"<([\w.-]+:)?feedback[\s/>]", flat)
    if re.search(rb"<!DOCTYPE", flat) and named:
        raise Refused("DOCTYPE")
    try:
        root = ET.fromstring(data)
    except (ET.ParseError, LookupError, ValueError) as e:
        if named:
            raise Refused("XML: %s" % e)
        raise NotReport("not XML")
    for element in root.iter():
        if local(element) == "feedback":
            if depth(root) > MAX_DEPTH:
                raise Refused("too deep")
            return Report(element)
    raise NotReport("XML without feedback")


def is_packed(data):
    return data[:2] == b"\x1f\x8b" or data[:4] == b"PK\3\4"


def is_xml(data):
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return True
    return re.match(rb"(\xef\xbb\xbf)?\s*<", data) is not None


def gunzip(data):
    """Every member; what stands behind the last one is no harm (mails add a line end)."""
    out = b""
    while data[:2] == b"\x1f\x8b":
        member = zlib.decompressobj(31)
        out += member.decompress(data)
        if not member.eof:
            raise Refused("gzip is cut")
        data = member.unused_data
    return out


def unpack(data, nested):
    """The parts of an archive, innermost first unpacked: (bytes, ...)."""
    if nested > MAX_NESTED:
        raise Refused("nested too deep")
    try:
        if data[:2] == b"\x1f\x8b":
            parts = [gunzip(data)]
        else:
            with zipfile.ZipFile(io.BytesIO(data)) as z:
                parts = [z.read(i) for i in z.infolist() if not i.is_dir()]
    except (zlib.error, zipfile.BadZipFile, RuntimeError, NotImplementedError) as e:
        raise Refused("archive: %s" % e)
    out = []
    for part in parts:
        out += unpack(part, nested + 1) if is_packed(part) else [part]
    return out


def read_packed(data, nested=1):
    """Everything in an archive: Report, Refused or NotReport each."""
    try:
        parts = unpack(data, nested)
    except Refused as e:
        return [e]
    found = []
    for part in parts:
        if is_xml(part):
            found += attempt(part)
        elif part.lstrip()[:1] == b"{":
            found.append(NotReport("JSON"))
        else:
            found.append(Refused("an archive that holds no report"))
    return found


def attempt(data):
    try:
        return [read_xml(data)]
    except (Refused, NotReport) as e:
        return [e]


def read_mail(data):
    """Reports attached to a mail. Parts of another kind are none of ours."""
    found = []
    for part in email.message_from_bytes(data).walk():
        if part.is_multipart():
            continue
        body = part.get_payload(decode=True) or b""
        if is_packed(body):
            found += [f for f in read_packed(body) if not isinstance(f, NotReport)]
        elif is_xml(body):
            found += [f for f in attempt(body) if not isinstance(f, NotReport)]
    return found or [NotReport("a mail without a report")]


def is_mail(data):
    """A header field first, and one of those that every mail has in the header."""
    head = re.split(rb"\r?\n\r?\n", data, maxsplit=1)[0]
    return re.match(rb"[!-9;-~]+[ \t]*:", head) is not None and re.search(
        rb"(?im)^(from|received|mime-version|message-id|return-path|date)[ \t]*:", head) is not None


def split_mbox(data):
    starts = [m.start(1) for m in re.finditer(rb"(?:\A|\n\r?\n)(From )", data)]
    for begin, end in zip(starts, starts[1:] + [len(data)]):
        mail = data[begin:end].split(b"\n", 1)[-1]
        yield re.sub(rb"(?m)^>(>*From )", rb"\1", mail)


def read_item(data):
    if is_packed(data):
        return read_packed(data)
    if is_xml(data):
        return attempt(data)
    if is_mail(data):
        return read_mail(data)
    return [NotReport("not a report")]


def files_of(path):
    if os.path.isfile(path):
        yield path
        return
    for folder, folders, names in os.walk(path):
        if {"cur", "new"} <= set(folders):
            folders[:] = [f for f in folders if f != "tmp"]
        folders[:] = [f for f in folders if not f.startswith(".")]
        for name in names:
            if not name.startswith("."):
                yield os.path.join(folder, name)


class Count:
    """Decides in the order of paths what each report is to those before it (definitions A1)."""

    def __init__(self):
        self.known, self.peers = {}, {}
        self.sums = dict.fromkeys((
            "items", "reports_stored", "reports_repeat", "reports_near_repeat",
            "reports_conflict", "quarantined", "not_reports", "records", "messages",
            "records_refused", "messages_refused", "bytes_in"), 0)

    def outcome(self, report):
        variants = self.known.setdefault(report.identity(), set())
        if report.hash in variants:
            return "repeat"
        first = not variants
        variants.add(report.hash)
        peers = self.peers.setdefault(report.peers(), set())
        peers.add(report.report_id)
        if len(peers) > 1:
            return "near_repeat"
        return "stored" if first else "conflict"

    def add_report(self, report):
        outcome = self.outcome(report)
        if outcome == "repeat":
            self.sums["reports_repeat"] += 1
            return outcome
        self.sums["reports_stored"] += 1
        if outcome != "stored":
            self.sums["reports_" + outcome] += 1
        for name in ("records", "messages", "records_refused", "messages_refused"):
            self.sums[name] += getattr(report, name)
        return outcome

    def add_file(self, path):
        """Yields (outcome, Report or None) for each thing in the file."""
        with open(path, "rb") as f:
            data = f.read()
        self.sums["bytes_in"] += len(data)
        items = list(split_mbox(data)) if data.startswith(b"From ") else [data]
        for item in items:
            self.sums["items"] += 1
            for found in read_item(item):
                if isinstance(found, Report):
                    yield self.add_report(found), found
                elif isinstance(found, Refused):
                    self.sums["quarantined"] += 1
                    yield "quarantined", None
                else:
                    self.sums["not_reports"] += 1
                    yield "not_report", None


# A file of several things has one line in the index: the first of these that occurs in it.
RANK = ("stored", "near_repeat", "conflict", "repeat", "quarantined", "not_report")


def main(args):
    mode = args.pop(0) if args and args[0].startswith("--") else ""
    count = Count()
    for top in args:
        for path in sorted(files_of(top), key=os.fsencode):
            found = list(count.add_file(path))
            reports = [r for _, r in found if r]
            if mode == "--index":
                outcomes = {o for o, _ in found}
                print(os.path.relpath(path, top), next(o for o in RANK if o in outcomes),
                      len(reports), sum(r.records for r in reports),
                      sum(r.messages for r in reports), sep="\t")
            elif mode == "--reports":
                for outcome, r in found:
                    if r:
                        print(os.path.relpath(path, top), outcome, r.reporter, r.domain,
                              r.report_id, r.begin, r.end, r.records, r.messages, sep="\t")
    if not mode:
        print(json.dumps(count.sums, indent=1))


if __name__ == "__main__":
    main(sys.argv[1:])
