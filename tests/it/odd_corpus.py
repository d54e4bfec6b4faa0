#!/usr/bin/env python3
"""odd_corpus - reports with random combinations of what is wrong in the wild, and what is in each.

    odd_corpus.py FOLDER FILES SEED    makes FOLDER with FILES files, and prints a line for each of
                                       them, in the form of count.py --sums: file, reports, records,
                                       records refused, messages, messages refused

A report is made of records that are known; then its values are written oddly, its markup is broken,
its characters are spoiled, it is packed and mailed, each by chance. A file's name says what was
done to it. The same seed makes the same files.
"""
import bz2
import lzma
import os
import random
import sys

sys.dont_write_bytecode = True

import odd_report
from odd import *


class Thing:
    """Bytes, what was done to them, and the sums of the reports inside."""

    def __init__(self, data, sums, done, packed=0, text=True):
        self.data, self.sums, self.done = data, sums, done
        self.packed, self.text = packed, text  # compressions around; may it be an unpacked part

    def wrap(self, data, word, packed=0, text=False):
        return Thing(data, self.sums, self.done + [word], self.packed + packed, text)


def together(things, data, word, packed):
    sums = [sum(column) for column in zip(*(t.sums for t in things))]
    done = [word] + [d for t in things for d in t.done]
    return Thing(data, sums, done, max(t.packed for t in things) + packed, False)


# ---- packing: each takes the random numbers and a thing or some

def pack_gzip(r, t):
    return t.wrap(gz(t.data, "report.xml" if r.random() < 0.3 else None), "gz", 1)


def pack_members(r, t):
    at = r.randrange(len(t.data) + 1)
    return t.wrap(gz(t.data[:at]) + gz(t.data[at:]), "members", 1)


def pack_garbage(r, t):
    return t.wrap(gz(t.data) + r.choice((b"\r\n", b"\0" * 30, b"-- \nfooter", b"\x1f")),
                  "garbage", 1)


def pack_checksum(r, t):
    data = bytearray(gz(t.data))
    data[-1 - r.randrange(8)] ^= 1 << r.randrange(8)
    return t.wrap(bytes(data), "checksum", 1)


def pack_trailer_cut(r, t):
    return t.wrap(gz(t.data)[:-1 - r.randrange(7)], "trailercut", 1)


def pack_xz(r, t):
    return t.wrap(lzma.compress(t.data, preset=0), "xz", 1)


def pack_bz2(r, t):
    return t.wrap(bz2.compress(t.data), "bz2", 1)


def pack_zip(r, t):
    name = r.choice(("report.xml", "a/b/report.xml", "../../report.xml", "REPORT", "\u00e9.xml"))
    data = zipped([(name, t.data)], r.random() < 0.3)
    word = "zip"
    if r.random() < 0.2:
        data, word = data[:data.rindex(b"PK\1\2")], "zipnodir"
    elif r.random() < 0.2:
        data, word = b"MZ not a program " + data, "zipbefore"
    return t.wrap(data, word, 1)


PACKERS = (pack_gzip, pack_gzip, pack_gzip, pack_zip, pack_zip, pack_members, pack_garbage,
           pack_checksum, pack_trailer_cut, pack_xz, pack_bz2)


def pack_several(r, things):
    files = [(f"{i}.xml", t.data) for i, t in enumerate(things)]
    if r.random() < 0.3:
        files.insert(r.randrange(len(files) + 1), ("README.txt", b"What is in this archive.\n"))
    if r.random() < 0.5:
        return together(things, zipped(files), "zipof", 1)
    return together(things, tarred(files), "tarof", 0)


# ---- mails

KINDS = ("application/gzip", "application/zip", "application/octet-stream", "application/x-gzip",
         "application/x-zip-compressed", "text/xml", "application/xml",
         "application/zip-compressed")
NAMES = (None, XMLNAME + ".gz", XMLNAME + ".zip", "!lab.example.org!1!2.xml", "report",
         "\u00e4.xml.gz")


def attach(r, t):
    """A part; base64 with what gateways do to it."""
    fields = attachment(t.data, r.choice(KINDS), r.choice(NAMES),
                        r.choice(("attachment", "inline")))
    head, body = fields.split("\n\n", 1)
    how = r.random()
    if how < 0.1:
        head = head.replace("Content-Type:", "ContentType:")
    elif how < 0.2:
        head = head.replace("Content-Type:", "content-type :" if how < 0.12 else "CONTENT-TYPE:")
    lines = body.strip().split("\n")
    if r.random() < 0.1:
        lines[0] += " " * 3
    if r.random() < 0.1:
        lines.insert(r.randrange(len(lines) + 1), "")
    return head + "\n\n" + "\n".join(lines) + "\n"


def boundary(r, text):
    return text.replace("=_b", "=_%08x" % r.randrange(1 << 32))


def mail_of(r, things):
    parts = [attach(r, t) for t in things]
    if r.random() < 0.7:
        parts.insert(0, TEXT)
    if r.random() < 0.2:
        parts.insert(0, part('Content-Type: text/html; charset="utf-8"', "<html><body><p>Give "
                             "<b>feedback</b><br></body></html>"))
    data = mail(parts, kind=r.choice(("multipart/mixed", "multipart/report", "multipart/related")))
    return together(things, boundary(r, data).encode(), "mail", 0)


def mail_whole(r, t):
    kind = r.choice(("application/gzip", "application/zip", "application/octet-stream"))
    head = header("Report domain: lab.example.org", f"Content-Type: {kind}\n"
                  "Content-Transfer-Encoding: base64")
    return t.wrap((head + "\n" + b64(t.data)).encode(), "wholemail")


def mail_in_mail(r, t):
    if len(t.data) > 1000000:
        return t
    inner = t.data.decode("utf-8", "surrogateescape")
    outer = mail([TEXT, part("Content-Type: message/rfc822", inner)])
    return t.wrap(boundary(r, outer).encode("utf-8", "surrogateescape"), "forwarded")


def crlf(r, t):
    return t.wrap(t.data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"), "crlf")


def mbox_of(r, things):
    data = b"".join(b"From a@example.net Wed Sep  2 04:10:00 2026\n" + t.data + b"\n"
                    for t in things)
    return together(things, data, "mbox", 0)


def mails_of(r, things):
    files = [(f"new/{i}.eml", t.data) for i, t in enumerate(things)]
    if r.random() < 0.5:
        return together(things, zipped(files), "zipofmails", 1)
    return together(things, tarred(files), "tarofmails", 0)


# ---- a file

def one(r):
    data, sums, done = odd_report.odd_report(r)
    return Thing(data, sums, done)


def packed(r, t=None):
    t = t or one(r)
    t = r.choice(PACKERS)(r, t)
    if t.packed < 2 and r.random() < 0.1:
        # a zip that ends nowhere, in what is cut: more may have stood behind its last file
        endless = "zipnodir" in t.done
        t = r.choice((pack_gzip, pack_members) if endless else PACKERS)(r, t)
    return t


def mailed(r):
    what = r.random()
    if what < 0.6:
        t = mail_of(r, [packed(r) if r.random() < 0.8 else one(r)])
    elif what < 0.75:
        t = mail_whole(r, packed(r))
    else:
        t = mail_of(r, [packed(r) for _ in range(r.randrange(2, 4))])
    if r.random() < 0.1:
        t = mail_in_mail(r, t)
    return crlf(r, t) if r.random() < 0.3 else t


def some_file(r):
    what = r.random()
    if what < 0.4:
        return one(r)
    if what < 0.6:
        return packed(r)
    if what < 0.65:
        return pack_several(r, [one(r) for _ in range(r.randrange(1, 5))])
    if what < 0.92:
        return mailed(r)
    if what < 0.96:
        t = mbox_of(r, [mailed(r) for _ in range(r.randrange(1, 4))])
    else:
        t = mails_of(r, [mailed(r) for _ in range(r.randrange(1, 4))])
    return t.wrap(gz(t.data), "gz") if r.random() < 0.3 and "zipofmails" not in t.done else t


def main(folder, files, seed):
    os.makedirs(folder)
    r = random.Random(int(seed))
    for i in range(int(files)):
        t = some_file(r)
        name = "%05d-%s" % (i, "+".join(t.done)[:180])
        with open(os.path.join(folder, name), "wb") as f:
            f.write(t.data)
        print(name, *t.sums, sep="\t")


if __name__ == "__main__":
    main(*sys.argv[1:4])
