"""odd - builds reports, archives and mails for make_samples.py, odd_corpus.py and traps.py.

All dates inside archives are fixed, so that the same bytes come out each time.
"""
import base64
import gzip
import io
import tarfile
import zipfile

SEPTEMBER = 1788220800  # 2026-09-01 00:00:00 UTC
DAY = 86400
RFC9990 = "urn:ietf:params:xml:ns:dmarc-2.0"

# ---- reports

DKIM = """      <dkim>
        <domain>lab.example.org</domain>
        <selector>lab</selector>
        <result>pass</result>
      </dkim>
"""
SPF = """      <spf>
        <domain>lab.example.org</domain>
        <scope>mfrom</scope>
        <result>pass</result>
      </spf>
"""


def record(count, ip="192.0.2.50", disposition="none", dkim="pass", spf="pass", auth=DKIM + SPF,
           reason="", ids="      <header_from>lab.example.org</header_from>\n"):
    return f"""  <record>
    <row>
      <source_ip>{ip}</source_ip>
      <count>{count}</count>
      <policy_evaluated>
        <disposition>{disposition}</disposition>
        <dkim>{dkim}</dkim>
        <spf>{spf}</spf>
{reason}      </policy_evaluated>
    </row>
    <identifiers>
{ids}    </identifiers>
    <auth_results>
{auth}    </auth_results>
  </record>
"""


def report(name, day, records, org="mx.example.net", email="dmarc@mx.example.net", more_meta="",
           policy="", begin=None, end=None, version="  <version>1.0</version>\n", p="none",
           domain="lab.example.org", report_id=None):
    """A report of that day of September, with these records (text)."""
    begin = SEPTEMBER + (day - 1) * DAY if begin is None else begin
    end = SEPTEMBER + day * DAY - 1 if end is None else end
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<feedback>
{version}  <report_metadata>
    <org_name>{org}</org_name>
    <email>{email}</email>
    <report_id>{report_id or name}</report_id>
    <date_range>
      <begin>{begin}</begin>
      <end>{end}</end>
    </date_range>
{more_meta}  </report_metadata>
  <policy_published>
    <domain>{domain}</domain>
    <p>{p}</p>
{policy}  </policy_published>
{"".join(records)}</feedback>
"""


def swap(text, *pairs):
    """text with each old replaced by its new; each old must be there."""
    for old, new in pairs:
        if old not in text:
            raise SystemExit("not in the report: %r" % old)
        text = text.replace(old, new)
    return text


# ---- packing

def gz(data, name=None, level=9):
    data = data.encode() if isinstance(data, str) else data
    out = gzip.compress(data, level, mtime=0)
    if name:
        out = out[:3] + b"\x08" + out[4:10] + name.encode() + b"\0" + out[10:]
    return out


def zipped(files, descriptors=False, method=zipfile.ZIP_DEFLATED):
    class Pipe(io.RawIOBase):
        """What can't be written again: zipfile puts sizes behind the data then."""
        def __init__(self):
            self.bytes = b""

        def writable(self):
            return True

        def write(self, b):
            self.bytes += bytes(b)
            return len(b)

    out = Pipe() if descriptors else io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as z:
        for name, data in files:
            info = zipfile.ZipInfo(name, (2026, 9, 1, 0, 0, 0))
            info.compress_type = method
            z.writestr(info, data)
    return out.bytes if descriptors else out.getvalue()


def tarred(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as t:
        for name, data in files:
            data = data.encode() if isinstance(data, str) else data
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), SEPTEMBER
            t.addfile(info, io.BytesIO(data))
    # two empty blocks end it; tarfile fills up to 10 KB
    return out.getvalue().rstrip(b"\0").ljust(-(-len(out.getvalue().rstrip(b"\0")) // 512) * 512
                                              + 1024, b"\0")


# ---- mails

def b64(data):
    return base64.encodebytes(data.encode() if isinstance(data, str) else data).decode()


def header(subject, content, name="report", sender="dmarc@mx.example.net"):
    return f"""Received: from mx.example.net (mx.example.net [192.0.2.200])
\tby mx.example.com with ESMTPS id 4Xq{name}; Wed, 2 Sep 2026 04:10:00 +0000
From: {sender}
To: dmarc@lab.example.org
Subject: {subject}
Date: Wed, 2 Sep 2026 04:10:00 +0000
Message-ID: <{name}@mx.example.net>
MIME-Version: 1.0
{content}
"""


def part(fields, body):
    return "--=_b\n" + fields + "\n\n" + body + "\n"


TEXT = part('Content-Type: text/plain; charset="us-ascii"', "This is a DMARC aggregate report.\n")


def mail(parts, subject="Report Domain: lab.example.org Submitter: mx.example.net",
         kind="multipart/mixed", name="report"):
    return header(subject, f'Content-Type: {kind}; boundary="=_b"', name) + (
        "\n" + "".join(parts) + "--=_b--\n")


def attachment(data, kind, name=None, disposition="attachment"):
    named = f'; name="{name}"' if name else ""
    filename = f'; filename="{name}"' if name else ""
    return part(f"Content-Type: {kind}{named}\nContent-Transfer-Encoding: base64\n"
                f"Content-Disposition: {disposition}{filename}", b64(data))


XMLNAME = "mx.example.net!lab.example.org!1788220800!1788307199.xml"


