#!/usr/bin/env python3
"""traps - files that are made to cost whoever reads them time, memory or files of his own.

    traps.py make FOLDER [WORD...]   makes them, or those whose names hold one of the words; prints
                                     each name and what may become of it
    traps.py measure RUADB FILE...   reads each alone, and prints: file, seconds of CPU time, MB of
                                     memory at most (of any process), outcome, class, reason

What may become of one: `refused` (quarantined, of class input or limit), `any` (that, or stored as
far as it can be mended, or no report). Compressed bombs repeat a block that was compressed once:
10 GB are made in no time, so their checksums are wrong, but nobody should get that far.
"""
import json
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True

from traps_packed import *


# ---- markup

@refused
def attributes_40000():
    return HEAD.replace(b"<feedback>", b"<feedback " + b" ".join(
        b'a%d=""' % i for i in range(40000)) + b">") + RECORD + END


@refused
def attributes_in_many_tags():
    tag = b"<a " + b" ".join(b'a%d=""' % i for i in range(6000)) + b"/>"
    return gz(HEAD + tag * 500 + RECORD + END)


@refused
def attributes_in_many_records():
    tag = b"<record " + b" ".join(b'a%d=""' % i for i in range(6000)) + b">"
    return gz(HEAD + (tag + RECORD[len("  <record>"):]) * 500 + END)


@refused
def namespaces_in_many_tags():
    tag = b"<a " + b" ".join(b'xmlns:a%d="u:%d"' % (i, i) for i in range(2500)) + b"/>"
    return gz(HEAD + tag * 500 + RECORD + END)


@refused
def laughs():
    entities = b"".join(b'<!ENTITY l%d "%s">' % (i, b"&l%d;" % (i - 1) * 10) for i in range(1, 12))
    return (b'<!DOCTYPE feedback [<!ENTITY l0 "lol">' + entities + b"]>"
            + HEAD[HEAD.index(b"<feedback"):].replace(b"mx.example.net</org", b"&l11;</org") + END)


@refused
def entity_50_kb():
    return (b'<!DOCTYPE feedback [<!ENTITY a "' + b"a" * 50000 + b'">]>'
            + HEAD[HEAD.index(b"<feedback"):].replace(b"mx.example.net</org",
                    b"&a;" * 2000 + b"</org")
            + END)


@refused
def entity_of_a_file():
    return (b'<!DOCTYPE feedback [<!ENTITY a SYSTEM "file:///etc/passwd"><!ENTITY % b SYSTEM '
            b'"http://192.0.2.1/x.dtd">%b;]>' + HEAD[HEAD.index(b"<feedback"):].replace(
                b"mx.example.net</org", b"&a;</org") + END)


@refused
def doctype_unclosed():
    return b"<!DOCTYPE feedback [" + b"<!ELEMENT a (b)>" * MB + HEAD


@refused
def elements_million_deep():
    return HEAD + b"<a>" * 1000000


@anything
def bare_less_million():
    return HEAD.replace(b"mx.example.net</org", b"<" * 1000000 + b"</org") + RECORD + END


@anything
def bare_ampersand_million():
    return HEAD.replace(b"mx.example.net</org", b"&" * 1000000 + b"</org") + RECORD + END


@anything
def bare_less_between():
    return HEAD + b"< " * 5000000 + RECORD + END


@anything
def end_tags_million():
    return HEAD + b"</a>" * 1000000 + RECORD + END


@anything
def records_unclosed_million():
    return HEAD + b"<record>" * 1000000 + END


@anything
def feedback_million():
    return b"<feedback>" * 1000000


@anything
def feedback_documents_million():
    return b"<feedback></feedback>" * 1000000


@anything
def documents_100000():
    return b"".join(WHOLE.replace(b"<report_id>trap", b"<report_id>%d" % i) for i in range(20000))


@anything
def declarations_million():
    return b"<?xml version='1.0'?>" * 1000000 + WHOLE


@anything
def comment_unclosed():
    return HEAD + b"<!-- " + b"a -- " * (10 * MB) + END


@anything
def comments_unclosed_million():
    return HEAD + b"<!--<record>" * 1000000 + END


@anything
def cdata_unclosed():
    return HEAD + b"<![CDATA[ " + b"a ]] " * (10 * MB) + END


@anything
def cdata_unclosed_million():
    return HEAD + b"<![CDATA[<a>" * 1000000 + END


@anything
def instruction_unclosed():
    return HEAD + b"<?a " + b"a ? > " * (10 * MB) + END


@anything
def quotes_unclosed_million():
    return HEAD + b'<a b="<c d="' * 1000000 + RECORD + END


@anything
def references_million():
    return HEAD + b"&#1114112;&#0;&a;" * 1000000 + RECORD + END


@anything
def wrappers_million():
    return b"<a>" * 1000000 + WHOLE


# ---- characters

@anything
def nuls_50_mb():
    return bytes(50 * MB)


@anything
def nuls_in_feedback():
    return HEAD + bytes(50 * MB) + RECORD + END


@anything
def nul_behind_each_letter():
    return gz(HEAD) + gz(b"".join(bytes((b, 0)) for b in RECORD * 2000)) + gz(END)


@anything
def invalid_bytes_50_mb():
    return HEAD + b"\xff\xfe\x80\xc0" * (12 * MB) + RECORD + END


@anything
def utf_16_half():
    return WHOLE.decode().replace("UTF-8", "UTF-16").encode("utf-16") + b"\xd8\0" * (10 * MB)


# ---- mails

MAIL = header("Report Domain: lab.example.org",
              'Content-Type: multipart/mixed; boundary="=_b"').encode()


@refused
def parts_10000():
    return MAIL + b"\n" + b"--=_b\nContent-Type: text/plain\n\na\n" * 10000 + b"--=_b--\n"


@refused
def parts_of_reports_10000():
    p = attachment(gz(WHOLE), "application/gzip").encode()
    return MAIL + b"\n" + p * 10000 + b"--=_b--\n"


@refused
def boundaries_million():
    return MAIL + b"\n" + b"--=_b\n" * 1000000


@refused
def multiparts_1000_deep():
    out = b""
    for i in range(1000):
        out += b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (i, i)
    return MAIL.replace(b'multipart/mixed; boundary="=_b"', b"text/plain").replace(
        b"Content-Type: text/plain\n", b"") + out + b"\na\n"


@refused
def multiparts_of_one_boundary():
    return MAIL + b"\n" + b'--=_b\nContent-Type: multipart/mixed; boundary="=_b"\n\n' * 5000


@refused
def mails_1000_deep():
    return MAIL.replace(b'multipart/mixed; boundary="=_b"', b"message/rfc822") + (
        b"\nFrom: a@example.net\nSubject: a\nContent-Type: message/rfc822\n") * 1000 + b"\na\n"


@refused
def header_30_mb():
    return MAIL + b"X-A: " + b"a" * (30 * MB) + b"\n\na\n"


@refused
def header_folded():
    return MAIL + b"X-A: a\n" + b"\ta\n" * (5 * MB) + b"\na\n"


@refused
def headers_million():
    return MAIL + b"X-A: a\n" * 1000000 + b"\na\n"


@anything
def addresses_nested():
    return MAIL.replace(b"To: ", b"To: " + b"(" * 30000 + b"<" * 1000) + b"\n" + b"--=_b--\n"


@anything
def parameters_split():
    """RFC 2231: a name in a hundred thousand pieces."""
    pieces = b"".join(b"; name*%d=a" % i for i in range(2000))
    return MAIL.replace(b'; boundary="=_b"', pieces + b'; boundary="=_b"') + b"\n--=_b--\n"


@anything
def base64_of_nothing():
    return (MAIL.replace(b"multipart/mixed", b"application/gzip")
            + b"Content-Transfer-Encoding: base64"
            b"\n\n" + b"!?-_ \n" * (5 * MB))


@anything
def base64_bomb():
    return mail([attachment(bomb(HEAD, b" ", 10 * GB), "application/gzip")]).encode()


@anything
def quoted_printable():
    return (MAIL.replace(b"multipart/mixed", b"text/xml") + b"Content-Transfer-Encoding: quoted-"
            b"printable\n\n" + b"=\n==3C" * (4 * MB))


@anything
def uuencode():
    return MAIL.replace(b"multipart/mixed", b"text/plain") + b"\n" + b"begin 644 a\n`\n" * (2 * MB)


@anything
def mbox_of_100000():
    """Mails of the same bytes, none: whoever looks whether they are known finds many."""
    return b"From a@example.net Wed Sep  2 04:10:00 2026\n\n" * 100000


@anything
def mails_in_zip_20000():
    return zipped([(f"{i}.eml", MAIL + b"\na\n") for i in range(12000)])


# ---- the program

def make(folder, words):
    os.makedirs(folder, exist_ok=True)
    for name, (build, outcome) in traps.items():
        if words and not any(w in name for w in words):
            continue
        with open(os.path.join(folder, name), "wb") as f:
            f.write(build())
        print(name, outcome, sep="\t")


def measure(ruadb, path):
    with open("/dev/null") as none:
        p = subprocess.Popen([ruadb, "ingest", "--parse-only", "--format", "json", "--jobs", "1",
                             path], stdin=none, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        said, log = p.communicate()
    return said, log


def measure_all(ruadb, paths):
    for path in paths:
        # a process of its own, so that its children's rusage is that of this run alone
        r, w = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(r)
            said, log = measure(ruadb, path)
            import resource
            used = resource.getrusage(resource.RUSAGE_CHILDREN)
            with os.fdopen(w, "w") as out:
                json.dump([said.decode(), log.decode("utf-8", "replace"),
                           used.ru_utime + used.ru_stime, used.ru_maxrss], out)
            os._exit(0)
        os.close(w)
        with os.fdopen(r) as f:
            said, log, cpu, rss = json.load(f)
        os.waitpid(child, 0)
        tell(os.path.basename(path), said, log, cpu, rss)


def tell(name, said, log, cpu, rss):
    try:
        sums = json.loads(said)
    except ValueError:
        sums = {}
    outcome = [f"{w}={sums[w]}" for w in ("reports_stored", "quarantined", "not_reports")
            if sums.get(w)]
    classes = sorted(set(re.findall(r'class="(\w+)"', log)))
    reasons = re.findall(r'err="((?:[^"\\]|\\.)*)"', log)
    print(name, "%.2f" % cpu, rss // 1024, " ".join(outcome) or "nothing", ",".join(classes) or "-",
          reasons[0] if reasons else "-", sep="\t", flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(sys.argv[2], sys.argv[3:])
    else:
        measure_all(sys.argv[2], sys.argv[3:])
