#!/usr/bin/env python3
"""count - what a folder of reports holds, counted without ruadb.

    count.py PATH...           the figures of `ruadb ingest --format json`, as a JSON object
    count.py --index FOLDER    a line for each file, as in samples/INDEX: file, outcome, reports,
                               records, messages
    count.py --sums FOLDER     a line for each file that adds reports: file, reports, records,
                               records refused, messages, messages refused
    count.py --reports PATH... a line for each report: file, outcome, reporter, domain, report id,
                               begin, end, records, messages
    count.py --alignment PATH...   a line for each record of a report that is no repeat: file, number,
                               address, messages, and as recomputed dkim_aligned, spf_aligned,
                               dkim_key, spf_key

Nothing of it is shared with the program: other XML, MIME, gzip and zip libraries, another
language. It is the second opinion that the tests compare with, so it is written to be read, not
to be fast, and it knows no limits but the depth of elements.
"""
import json
import os
import sys

sys.dont_write_bytecode = True  # the sources may be read-only

from count_unpack import is_mbox, read_item, split_mbox
from count_xml import Refused, Report


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
        items = list(split_mbox(data)) if is_mbox(data) else [data]
        for item in items:
            self.sums["items"] += 1
            for found in read_item(item):
                if isinstance(found, Report):
                    outcome = self.add_report(found)
                    partial = outcome == "stored" and found.partial
                    yield "partial" if partial else outcome, found
                elif isinstance(found, Refused):
                    self.sums["quarantined"] += 1
                    yield "quarantined", None
                else:
                    self.sums["not_reports"] += 1
                    yield "not_report", None


# A file of several things has one line in the index: the first of these that occurs in it.
RANK = ("stored", "partial", "near_repeat", "conflict", "repeat", "quarantined", "not_report")


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
            elif mode == "--sums":
                added = [r for outcome, r in found if r and outcome != "repeat"]
                if added:
                    print(os.path.relpath(path, top), len(added), *(
                        sum(getattr(r, n) for r in added) for n in (
                            "records", "records_refused", "messages", "messages_refused")),
                            sep="\t")
            elif mode == "--alignment":
                for outcome, r in found:
                    for row in r.rows if r and outcome != "repeat" else ():
                        print(os.path.relpath(path, top), *row, sep="\t")
            elif mode == "--reports":
                for outcome, r in found:
                    if r:
                        print(os.path.relpath(path, top), outcome, r.reporter, r.domain,
                              r.report_id, r.begin, r.end, r.records, r.messages, sep="\t")
    if not mode:
        print(json.dumps(count.sums, indent=1))


if __name__ == "__main__":
    main(sys.argv[1:])
