Received: from mail.example.net (mail.example.net [192.0.2.200])
	by mx.example.com with ESMTPS id 4Xk0298
	for <dmarc@example.com>; Mon, 26 Oct 2026 04:09:59 +0000
From: "Example Mail" <noreply-dmarc@mail.example.net>
To: dmarc@example.com
Subject: Report Domain: example.com
	Submitter: mail.example.net
	Report-ID: <1792886400.a>
Date: Mon, 26 Oct 2026 04:09:59 +0000
Message-ID: <1792886400.a@mail.example.net>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="=_report_dd46ea"

This is a message in MIME format.

--=_report_dd46ea
Content-Type: text/plain; charset="us-ascii"

This is an aggregate report from Example Mail about example.com.

--=_report_dd46ea
Content-Type: application/gzip; name="mail.example.net!example.com!1792886400!1792972799.xml.gz"
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="mail.example.net!example.com!1792886400!1792972799.