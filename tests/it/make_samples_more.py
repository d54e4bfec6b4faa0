"""make_samples_more - the second half of make_samples.py: what no source has seen yet and may come
all the same, archives and mails of every kind, markup, characters and values.
"""
import bz2
import lzma
import re
import zipfile

from odd import *


def one(name, day, count):
    return report(name, day, [record(count), record(1, "192.0.2.51")]), (2, count + 1)


def der(oid, content):
    """A PKCS #7 ContentInfo, as far as anybody looks at it: SEQUENCE, OID, content."""
    body = b"\x06" + bytes([len(oid)]) + oid
    body += b"\xa0\x82" + len(content).to_bytes(2, "big") + content
    return b"\x30\x82" + len(body).to_bytes(2, "big") + body


def unseen(sample):
    x, figures = one("tnef", 1, 3)
    tnef = (bytes.fromhex("789f3e22010001") + bytes.fromhex("069008000400000000000100000001000201")
            + b"\x0f\x80\x06\x00" + len(gz(x)).to_bytes(4, "little") + gz(x))
    sample("guard-tnef.eml", mail([TEXT, attachment(tnef, "application/ms-tnef", "winmail.dat")]),
           "Guard: quarantined: an attachment in Outlook's own form (winmail.dat, TNEF)",
           outcome="quarantined")
    signed = der(bytes.fromhex("2a864886f70d010702"), b"\x30\x80\x02\x01\x01" + gz(x))
    sample("guard-smime-opaque.eml", header("Report Domain: lab.example.org", "Content-Type: "
           'application/pkcs7-mime; smime-type=signed-data; name="smime.p7m"\n'
           "Content-Transfer-Encoding: base64") + "\n" + b64(signed),
           "Guard: quarantined: a mail that is packed into its S/MIME signature",
           outcome="quarantined")
    sealed = der(bytes.fromhex("2a864886f70d010703"), b"\x30\x80\x02\x01\x00" + bytes(range(64)))
    sample("guard-smime-encrypted.eml", header("Report Domain: lab.example.org", "Content-Type: "
           'application/pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"\n'
           "Content-Transfer-Encoding: base64") + "\n" + b64(sealed),
           "Guard: quarantined: an encrypted mail (S/MIME)", outcome="quarantined")
    clear = mail([attachment(gz(x), "application/gzip", XMLNAME + ".gz"),
                  attachment(signed[:80], "application/pkcs7-signature", "smime.p7s")],
                 kind="multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256")
    sample("guard-smime-clear.eml", clear, "Guard: S/MIME, signed in the clear: nothing is wrong",
           figures)
    for n, (name, data, why) in enumerate((
            ("big-endian", b"\xfe\xff" + utf16("be", 1),
            "UTF-16, big-endian, with byte order mark"),
            ("no-bom", utf16("le", 2), "UTF-16 without byte order mark")), 1):
        sample(f"guard-utf-16-{name}.xml", data, "Guard: " + why, (1, n))
    sample("guard-utf-16-declared.xml", swap(report("utf-16-declared", 2, [record(3)]),
           ("UTF-8", "UTF-16")), "Guard: repaired: encoding_wrong; declared UTF-16, and is UTF-8",
           (1, 3))
    sample("guard-zone-id.xml", report("zone", 3, [record(3, "2001:db8::50%eth0"), record(4)]),
           "Guard: repaired: address_form; an IPv6 address with a zone", (2, 7))
    sample("guard-negative-count.xml", report("negative", 4, [record(-3), record(4)]),
           "Guard: a negative count: 1 record is refused", (1, 4))
    sample("guard-iso-dates.xml", report("iso", 5, [record(5)], begin="2026-09-05T00:00:00Z",
           end="2026-09-05T23:59:59Z"), "Guard: repaired: time_form; dates of ISO 8601", (1, 5))
    x = report("cut", 6, [record(2), record(3, "192.0.2.51"), record(4)])
    cut = x.index("<policy_evaluated>", x.rindex("<record>"))
    sample("guard-cut-in-record.xml", x[:cut], "Guard: repaired: document_cut; partial: cut in the "
           "third record, which is refused", (2, 5), outcome="partial")
    x = swap(x, ("<report_id>cut", "<report_id>cut-between"))
    sample("guard-cut-between-records.xml", x[:x.rindex("  <record>")],
           "Guard: repaired: document_cut; "
           "partial: cut behind the second record", (2, 5), outcome="partial")
    sample("guard-cut-in-head.xml", x[:x.index("  <policy_published>")], "Guard: cut in the head",
           outcome="quarantined")


def utf16(order, count):
    x = swap(report("utf-16-" + order, 2, [record(count)]), ("UTF-8", "UTF-16"))
    return x.encode("utf-16-" + order)


def archives(sample):
    inner = [mail([TEXT, attachment(gz(one(f"mails-{n}", 7, n)[0]), "application/gzip")])
             for n in (1, 2)]
    sample("mails.zip", zipped([(f"{n}.eml", m) for n, m in enumerate(inner, 1)]),
           "MIME: a zip of mails", (4, 5), 2)
    inner = [mail([TEXT, attachment(gz(one(f"tar-{n}", 7, n + 2)[0]), "application/gzip")])
             for n in (1, 2)]
    sample("mails.tar", tarred([(f"cur/{n}.eml", m) for n, m in enumerate(inner, 1)]),
           "MIME: a tar of mails", (4, 9), 2)
    inner = [mail([TEXT, attachment(gz(one(f"mbox-{n}", 7, n + 4)[0]), "application/gzip")])
             for n in (1, 2)]
    mbox = "".join("From dmarc@mx.example.net Wed Sep  2 04:10:00 2026\n" + m + "\n" for m in inner)
    sample("mbox.gz", gz(mbox), "MIME: an mbox in gzip", (4, 13), 2)
    reports = [(f"{n}.xml", one(f"tgz-{n}", 8, n)[0]) for n in (1, 2)]
    sample("reports.tar.gz", gz(tarred(reports)), "MIME: a tar of reports in gzip", (4, 5), 2)
    for n, (name, pack) in enumerate((("bz2", bz2.compress), ("xz", lzma.compress)), 3):
        x, figures = one("q-" + name, 8, n)
        sample("report.xml." + name, pack(x.encode()), "MIME: a report packed with " + name,
               figures)


def zips(sample):
    x, figures = one("no-central", 9, 3)
    z = zipped([("1.xml", x)])
    sample("zip-no-central-directory.zip", z[:z.index(b"PK\1\2")],
           "MIME: repaired: archive_cut; a zip whose central directory is missing", figures)
    x, figures = one("descriptors", 9, 4)
    sample("zip-data-descriptor.zip", zipped([("1.xml", x)], True),
           "MIME: a zip with sizes behind the data", figures)
    sealed = bytearray(zipped([("1.xml", one("sealed", 9, 5)[0])]))
    sealed[6] |= 1
    sealed[sealed.index(b"PK\1\2") + 8] |= 1
    sample("zip-encrypted.zip", bytes(sealed), "MIME: quarantined: file 1 of the zip is encrypted",
           outcome="quarantined")
    x, figures = one("zip-checksum", 9, 6)
    z = bytearray(zipped([("1.xml", x)]))
    z[14] ^= 1
    z[z.index(b"PK\1\2") + 16] ^= 1
    sample("zip-wrong-checksum.zip", bytes(z),
           "MIME: repaired: archive_checksum; a zip whose checksum does not agree", figures)


def gzips(sample):
    x, figures = one("members", 10, 3)
    half = len(x) // 2
    sample("gzip-members.xml.gz", gz(x[:half]) + gz("") + gz(x[half:]),
           "MIME: three gzip members, one of them empty", figures)
    x, figures = one("garbage", 10, 4)
    sample("gzip-garbage-behind.xml.gz", gz(x) + b"\x07\x00garbage of a gateway",
           "MIME: repaired: archive_trailing_bytes; garbage behind a gzip", figures)
    x, figures = one("trailer", 10, 5)
    sample("gzip-cut-in-trailer.xml.gz", gz(x)[:-5],
           "MIME: repaired: archive_cut; a gzip cut in its trailer: all of the report is there",
           figures)
    x, figures = one("checksum", 10, 6)
    z = bytearray(gz(x))
    z[-8] ^= 0x55
    sample("gzip-wrong-checksum.xml.gz", bytes(z), "MIME: repaired: archive_checksum; a gzip whose "
           "checksum does not agree", figures)
    x, figures = one("length", 10, 7)
    z = bytearray(gz(x))
    z[-4] ^= 0x55
    sample("gzip-wrong-length.xml.gz", bytes(z),
           "MIME: repaired: archive_length; a gzip whose length does not agree", figures)


def cut(sample):
    # not compressed: what is cut off can be said
    x = report("gzip-cut", 10, [record(2), record(3, "192.0.2.51"), record(4)])
    z = gz(x, level=0)
    sample("gzip-cut.xml.gz", z[:z.rindex(b"<identifiers>")],
           "MIME: repaired: archive_cut, document_cut; partial: a gzip cut in the third "
           "record, which is refused; its 4 messages are known", (2, 5), outcome="partial")
    z = zipped([("1.xml", swap(x, ("gzip-cut", "zip-cut"), ("<count>2<", "<count>7<")))],
            method=zipfile.ZIP_STORED)
    sample("zip-cut.zip", z[:z.rindex(b"<identifiers>")],
           "MIME: repaired: archive_cut, document_cut; partial: a zip cut in the third record, "
           "which is refused; its 4 messages are known", (2, 10), outcome="partial")
    x, figures = one("mail-cut", 11, 3)
    m = mail([TEXT, attachment(gz(x), "application/gzip")])
    sample("mail-without-end.eml", m[:m.rindex("--=_b--")],
           "MIME: repaired: mail_cut; a mail whose last boundary is missing", figures)
    two = [attachment(gz(one(f"in-one-mail-{n}", 11, n)[0]), "application/gzip") for n in (1, 2)]
    sample("mail-two-reports.eml", mail([TEXT] + two), "MIME: several reports in one mail",
           (4, 5), 2)
    x, figures = one("qp", 11, 4)
    sample("mail-quoted-printable.eml", mail([TEXT, part("Content-Type: text/xml\n"
           "Content-Transfer-Encoding: quoted-printable", x.replace("=", "=3D"))]),
           "MIME: XML in quoted-printable", figures)


def markup(sample):
    x, figures = one("text-before", 12, 3)
    sample("xml-text-before.xml", "DMARC report of lab.example.org follows\n\n" + x,
           "XML: repaired: text_before; text before the declaration", figures)
    x, figures = one("line-before", 12, 4)
    sample("xml-line-end-before.xml", "\r\n" + x, "XML: a line end before the declaration", figures)
    x, figures = one("text-behind", 12, 5)
    sample("xml-text-behind.xml", x + "-- \nSent by the gateway\n",
           "XML: repaired: text_behind; text behind the report", figures)
    x, figures = one("nul", 13, 3)
    sample("xml-nul-inside.xml", swap(x, ("mx.example.net</org", "mx.\0example.net</org")),
           "XML: repaired: control_character; a NUL in a name", figures)
    x, figures = one("nul-behind", 13, 4)
    sample("xml-nul-behind.xml", x + "\0" * 20, "XML: repaired: control_character; NULs behind the "
           "report", figures)
    x, figures = one("control", 13, 5)
    sample("xml-control-character.xml",
           swap(x, ("mx.example.net</org", "mx\x0c\x1b.example.net</org")),
           "XML: repaired: control_character; a form feed and an escape", figures)
    x, figures = one("encoding", 13, 6)
    sample("xml-encoding-utf8mb4.xml", swap(x, ("UTF-8", "utf8mb4")),
           "XML: repaired: encoding_unknown; an encoding that there is none of", figures)
    x, figures = one("nbsp", 14, 3)
    sample("xml-entity-of-html.xml", swap(x, ("mx.example.net</org", "mx&nbsp;lab</org")),
           "XML: repaired: entity; an entity of HTML", figures)
    x, figures = one("attribute", 14, 4)
    sample("xml-attribute-unquoted.xml", swap(x, ("<feedback>", "<feedback lang=en>")),
           "XML: repaired: start_tag; an attribute without quotes", figures)
    x, figures = one("end-tag", 14, 5)
    sample("xml-end-tag-wrong.xml", swap(x, ("</source_ip>", "</sourceip>")),
           "XML: repaired: end_tag; end tags that are none of an open element", figures)
    x, figures = one("end-record", 14, 6)
    sample("xml-end-of-record-missing.xml", x.replace("  </record>\n", "", 1),
           "XML: repaired: end_tag; the end tag of the first record is missing", figures)
    x, figures = one("comment", 14, 7)
    sample("xml-comment-dashes.xml", swap(x, ("<report_metadata>", "<!-- made -- by a script "
           "--><report_metadata>")), "XML: repaired: comment; two dashes in a comment", figures)
    one_, two = one("joined-1", 15, 1)[0], one("joined-2", 15, 2)[0]
    sample("xml-two-documents.xml", one_ + two, "XML: two documents one behind the other",
           (4, 5), 2)
    sample("xml-doctype.xml", swap(one("doctype", 15, 3)[0], ("<feedback>",
           "<!DOCTYPE feedback SYSTEM \"rua.dtd\">\n<feedback>")), "XML: quarantined: a DOCTYPE",
           outcome="quarantined")


def values(sample):
    sample("value-number-forms.xml", report("numbers", 16,
           [record("5.0"), record("+6", "192.0.2.51")]),
           "Values: repaired: number_form; a count with a fraction of zero, and one with a sign",
           (2, 11))
    sample("value-address-forms.xml", report("addresses", 16, [
           record(1, "[2001:db8::50]"), record(2, "192.0.2.050"), record(3, " 192.0.2.51 ")]),
           "Values: repaired: address_form; brackets; a leading zero, which may be octal: 1 "
           "record of 2 messages is refused", (2, 4))
    sample("value-end-missing.xml", re.sub(r" *<end>.*\n", "", report("no-end", 17, [record(7)])),
           "Values: repaired: time_missing; no end", (1, 7))
    sample("value-no-identifiers.xml", re.sub(r" *<identifiers>.*?</identifiers>\n", "", report(
           "no-ids", 18, [record(8)]), flags=re.S),
           "Values: repaired: element_missing; no identifiers", (1, 8))
    sample("value-record-empty.xml", report("empty-record", 18, [record(2), "  <record/>\n"]),
           "Values: an empty record is refused", (1, 2))


def make(sample):
    unseen(sample)
    archives(sample)
    zips(sample)
    gzips(sample)
    cut(sample)
    markup(sample)
    values(sample)
