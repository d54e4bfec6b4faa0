"""count_unpack - what is inside archives and mails, for count.py: zlib, lzma, bz2, tarfile and
email of Python, and a zip reader that goes by the entries alone.
"""
import base64
import bz2
import email
import io
import lzma
import re
import tarfile
import zlib

from count_xml import NotReport, Refused, Report, is_feedback, read_xml

MAX_NESTED = 2
MAX_REPORTS = 32
MAX_MAILS = 10000
MAX_MAIL_DEPTH = 3
LOOK = 65536
# What may hold a report and nobody looks into: told of, and kept.
UNREAD = (b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\7", b"MSCF\0\0\0\0", b"\x1f\x9d", b"\x78\x9f\x3e\x22",
          b"-----BEGIN PGP MESSAGE-----", b"-----BEGIN PKCS7-----")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
PKCS7 = re.compile(rb"\x30[\x80-\xff].{0,4}\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07[\x02\x03]",
                   re.S)

GZIP, ZIP, XZ, BZIP2 = b"\x1f\x8b", b"PK\3\4", b"\xfd7zXZ\0", b"BZh"


def is_tar(data):
    return data[257:262] == b"ustar"


def zip_at(data):
    """Where a zip begins that has a program or the like before it; 0: at once, or nowhere."""
    if data.startswith((GZIP, XZ, BZIP2)):
        return 0  # what is not compressed in one of these may be seen as well
    found = re.search(rb"PK\x03\x04[\x0a-\x3f]\0..[\0\x08]\0", data[:LOOK], re.S)
    return found.start() if found and b"\0" in data[:LOOK] else 0


def is_packed(data):
    return data.startswith((GZIP, ZIP, XZ, BZIP2)) or is_tar(data) or zip_at(data) > 0


def is_xml(data):
    """It begins like XML, or there is a report behind a text before it."""
    return re.match(rb"(\xef\xbb\xbf|\xff\xfe|\xfe\xff)?\s*\0?<", data) is not None or (
        is_feedback(data[:LOOK]) and not is_mail(data))


# ---- streams: (bytes, all of it?)

def gunzip(data):
    """Every member; what stands behind the last one is no harm (mails add a line end)."""
    out = b""
    while data[:2] == GZIP:
        member = zlib.decompressobj(31)
        try:
            piece = member.decompress(data)
        except zlib.error:
            return out + inflate(data[gzip_header(data):])[0], False
        out += piece
        if not member.eof:
            return out, False
        data = member.unused_data
    return out, True


def gzip_header(data):
    """Length of a member's header (RFC 1952, 2.3)."""
    flags, at = data[3:4], 10
    if not flags:
        return len(data)
    if flags[0] & 4:
        at += 2 + int.from_bytes(data[at:at + 2], "little")
    for bit in (8, 16):
        if flags[0] & bit:
            at = data.index(b"\0", at) + 1
    return at + (2 if flags[0] & 2 else 0)


def inflate(data):
    """Deflated bytes: (all that can be had, the rest behind them or None)."""
    stream, out = zlib.decompressobj(-15), b""
    try:
        for i in range(0, len(data), 16):
            out += stream.decompress(data[i:i + 16])
            if stream.eof:
                return out, stream.unused_data + data[i + 16:]
    except zlib.error:
        pass
    return out, None


def decompress(stream, data):
    out = b""
    try:
        for i in range(0, len(data), 16):
            out += stream.decompress(data[i:i + 16])
            if stream.eof:
                return out, True
    except (lzma.LZMAError, OSError, EOFError):
        pass
    return out, False


# ---- archives: [(bytes, all of it?) or Refused, ...]

def unzip(data):
    """Entry by entry by their own headers (APPNOTE 4.3.7): a central directory may be missing."""
    found, at = [], 0
    while data[at:at + 4] == ZIP:
        head = data[at:at + 30]
        if len(head) < 30:
            found.append((b"", False))
            break
        flags, method = int.from_bytes(head[6:8], "little"), int.from_bytes(head[8:10], "little")
        size = int.from_bytes(head[18:22], "little")
        names = int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
        name = data[at + 30:at + 30 + int.from_bytes(head[26:28], "little")]
        at += 30 + names
        if flags & 1:
            found.append(Refused("encrypted"))
            at += size
        elif method == 8:
            part, rest = inflate(data[at:])
            found.append((part, rest is not None))
            at = len(data) if rest is None else len(data) - len(rest)
        elif method == 0:
            if not name.endswith(b"/"):
                found.append((data[at:at + size], len(data) >= at + size))
            at += size
        else:
            found.append(Refused("method %d" % method))
            at += size
        if flags & 8:
            at += 16 if data[at:at + 4] == b"PK\7\10" else 12
    return found


def untar(data):
    found = []
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as t:
            for member in t:
                if member.isreg():
                    part = data[member.offset_data:member.offset_data + member.size]
                    found.append((part, len(part) == member.size))
    except tarfile.TarError:
        found.append(Refused("tar"))
    return found


def unpack(data, nested, whole=True):
    """The files of an archive, innermost first unpacked."""
    if is_tar(data):
        parts = untar(data)
    elif nested > MAX_NESTED:
        raise Refused("nested too deep")
    elif data.startswith(ZIP) or zip_at(data):
        parts = unzip(data[zip_at(data):])
    else:
        stream = (gunzip(data) if data.startswith(GZIP) else
                  decompress(lzma.LZMADecompressor(), data) if data.startswith(XZ) else
                  decompress(bz2.BZ2Decompressor(), data))
        parts = [stream]
    out = []
    for part in parts:
        if isinstance(part, Refused):
            out.append(part)
        elif is_packed(part[0]):
            out += unpack(part[0], nested + (not is_tar(part[0])))
        else:
            out.append((part[0], part[1] and whole))
    return out


def read_packed(data, nested=1, mails=0):
    """Everything in an archive: Report, Refused or NotReport each."""
    try:
        parts = unpack(data, nested)
    except Refused as e:
        return [e]
    if not parts:
        return [Refused("an archive with nothing in it")]
    found = []
    for part in parts:
        if isinstance(part, Refused):
            found.append(part)
            continue
        content, whole = part
        if re.fullmatch(rb"\s*<\?xml[^<>]*>[^<]*", content):
            found.append(Refused("no element"))
        elif is_xml(content):
            found += attempt(content, whole)
        elif is_mbox(content):
            for mail in split_mbox(content):
                found += read_mail(mail, mails)
        elif is_mail(content):
            found += read_mail(content, mails)
        elif not whole:
            found.append(Refused("cut, and nothing to be seen in it"))
        else:
            found.append(other(content))
    return found


def other(content):
    """What is no XML: a word in the place of a report is one that failed."""
    if is_unread(content):
        return Refused("something that nobody can look into")
    if content.lstrip()[:1] == b"{":
        return NotReport("JSON")
    if not content.strip():
        return Refused("nothing in it")
    if len(content.strip()) <= 100 and not re.search(rb"\s", content.strip()):
        return Refused("an archive that holds no report")
    return NotReport("text, or something unknown")


def attempt(data, whole=True):
    try:
        return read_xml(data, whole)
    except (Refused, NotReport) as e:
        return [e]


# ---- mails

MAIL_FIELDS = re.compile(
    rb"(?im)^(from|received|mime-version|message-id|return-path|date|subject|to)[ \t]*:")


def is_mail(data):
    """A header field first, and two of those that every mail has in the header."""
    head = re.split(rb"\r?\n\r?\n", data, maxsplit=1)[0]
    return re.match(rb"\s*[!-9;-~]+[ \t]*:", head) is not None and len(
        MAIL_FIELDS.findall(head)) >= 2


def is_mbox(data):
    return data.startswith(b"From ")


def split_mbox(data):
    starts = [m.start(1) for m in re.finditer(rb"(?:\A|\n\r?\n)(From )", data)]
    for begin, end in zip(starts, starts[1:] + [len(data)]):
        mail = data[begin:end].split(b"\n", 1)[-1]
        yield re.sub(rb"(?m)^>(>*From )", rb"\1", mail)


def is_unread(data):
    return data.startswith(UNREAD) or PKCS7.match(data) is not None or (
        data.startswith(OLE) and "__nameid_".encode("utf-16-le") in data)


def read_mail(data, mails=0):
    """Reports attached to a mail. Parts of another kind are none of ours."""
    found = []
    data = re.sub(rb"(?im)^(Content-?Type)[ \t]*:", b"Content-Type:", data)
    for part in email.message_from_bytes(data).walk():
        encoding = part.get("Content-Transfer-Encoding", "").strip().lower()
        if part.get_content_type() == "message/rfc822" and encoding == "base64":
            # RFC 2046 forbids it; email takes the base64 for the text of a mail
            inner = part.get_payload(0).get_payload()
            found += read_mail(base64.b64decode(inner), mails + 1)
        elif not part.is_multipart():
            found += read_part(part, mails)
    found = [f for f in found if mails == 0 or not isinstance(f, NotReport)]
    return found or [NotReport("a mail without a report")]


def read_part(part, mails):
    body = part.get_payload(decode=True) or b""
    if is_packed(body):
        return read_packed(body, 1, mails + 1)
    if is_mail(body) and mails < MAX_MAIL_DEPTH and part.get_content_maintype() != "text":
        return read_mail(body, mails + 1)
    if is_unread(body):
        signature = part.get_content_type() == "application/pkcs7-signature"
        return [] if signature else [Refused("a part that nobody can look into")]
    if is_xml(body) and not is_mail(body):
        return [f for f in attempt(body) if not isinstance(f, NotReport)]
    kind = part.get_content_subtype()
    return [other(body.strip())] if "zip" in kind and "tlsrpt" not in kind else []


def read_item(data):
    if is_packed(data):
        return read_packed(data)
    if is_xml(data):
        return attempt(data)
    if is_mail(data):
        return read_mail(data)
    return [Refused("nobody can look into it") if is_unread(data) else NotReport("not a report")]
