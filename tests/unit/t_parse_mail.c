/* Mails as they come: media types, encodings, boundaries, headers; and what is no report. */
#include "tests/unit/mail_made.h"

#define TLS_REPORT "{\"organization-name\":\"mx.example.net\",\"report-id\":\"a\",\"policies\":[]}"
#define BASE64 "\nContent-Transfer-Encoding: base64"

static void media_types(void)
{
	static const char *const types[] = {
		"application/octet-stream", "application/x-gzip", "application/x-zip",
		"application/x-zip-compressed", "application/zip-compressed", "application/zip",
		"text/plain", "text/xml", "application/xml", "image/png", "multipart/alternative",
		"multipart/mixed", "nonsense", "???", "", "text/html; charset=nonsense",
		"application/octet-stream\nContent-Disposition: inline",
		"application/octet-stream\nContent-Disposition: attachment; filename=\"\"",
		"application/octet-stream; name*0=\"a!b!1!2\"; name*1=\".xml.gz\"",
		"application/gzip\nContent-Disposition: attachment; filename*=UTF-8''a%21b.xml.gz",
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct buf fields = {0};

		buf_printf(&fields, "Content-Type: %s" BASE64, types[i]);
		stores(mail_with(buf_cstr(&fields), packed_base64()), "", types[i]);
		buf_free(&fields);
	}
	stores(mail_with("Content-Transfer-Encoding: base64", packed_base64()), "", "no type");
	struct buf zip = made_base64_in(made_zip(DECLARED), 76, "\r\n");

	stores(mail_with("Content-Type: application/gzip" BASE64, buf_cstr(&zip)), "",
	       "zip that is called gzip");
	buf_free(&zip);
	stores(mail_with("Content-Type: text/plain\nContent-Disposition: inline", DECLARED), "",
	       "XML as text, inline");
	stores(mail_with("Content-Type: application/zip\nContent-Transfer-Encoding: 8bit",
			 DECLARED),
	       "", "XML that is called zip");
}

/* No multipart: the body itself. */
static void whole_bodies(void)
{
	struct buf b = {0}, gz = gzipped_text(DOCUMENT);

	buf_printf(&b, FIELDS "Content-Type: application/zip" BASE64 "\n\n%s", packed_base64());
	stores(b, "", "the body is the archive");
	b = text(FIELDS "Content-Type: application/gzip\nContent-Transfer-Encoding: binary\n\n");
	buf_add(&b, gz.p, gz.len);
	stores(b, "", "the body is the archive, in binary");
	buf_free(&gz);
	stores(text(FIELDS "\n" DECLARED), "", "the body is XML");
	b = text(FIELDS "\n");
	gz = made_base64_in(text(DECLARED), 76, "\n");
	buf_add(&b, gz.p, gz.len);
	buf_free(&gz);
	stores(b, "repair mail_encoding where=part 1 from=none to=base64\n",
	       "the body is base64 of XML, and nothing says so");
	b = (struct buf){0};
	buf_printf(&b, FIELDS "Content-Type: multipart/alternative" BASE64 "\n\n%s",
		   packed_base64());
	stores(b, "", "the body is the archive and calls itself multipart");
}

static void encodings(void)
{
	stores(mail_with("Content-Type: application/gzip", packed_base64()),
	       "repair mail_encoding where=part 2 from=none to=base64\n", "base64, not said");
	stores(mail_with("Content-Type: application/gzip\nContent-Transfer-Encoding: "
			 "quoted-printable", packed_base64()),
	       "repair mail_encoding where=part 2 from=quoted-printable to=base64\n",
	       "base64 that is called quoted-printable");
	stores(mail_with("Content-Type: text/xml" BASE64, DECLARED),
	       "repair mail_encoding where=part 2 from=base64 to=none\n",
	       "XML that is called base64");
	struct buf b = made_base64_in(made_base64_in(gzipped_text(DOCUMENT), 76, "\n"), 76, "\n");

	stores(mail_with("Content-Type: application/gzip" BASE64, buf_cstr(&b)),
	       "repair mail_encoding where=part 2 from=base64 to=base64, twice\n", "base64 twice");
	buf_free(&b);
	stores(mail_with("Content-Type: text/xml\nContent-Transfer-Encoding: quoted-printable",
			 "<?xml version=3D\"1.0\"?>=\n\n<feedback>=20=\n" METADATA "=\r\n" POLICY
			 RECORD "</feed=\nback>"), "", "quoted-printable");
	stores(mail_with("Content-Type: text/xml",
			 "<?xml version=3D\"1.0\"?>=\n\n<feedback>=20=\n" METADATA "=\r\n" POLICY
			 RECORD "</feed=\nback>"),
	       "repair mail_encoding where=part 2 from=none to=quoted-printable\n",
	       "quoted-printable, not said");
	stores(mail_with("Content-Type: text/xml\nContent-Transfer-Encoding: quoted-printable",
			 "<!-- a=b =zz =  \n--=\t\r\n>" DOCUMENT "="),
	       "repair mail_encoding where=part 2 from==b to=the same: no code of "
	       "quoted-printable\n"
	       "repair mail_encoding where=part 2 from== to=the same: no code of "
	       "quoted-printable\n", "quoted-printable with codes that are none");
}

/* `H4sI..` in lines of 76, with something in the place of the first line end. */
static struct buf broken_base64(const char *between)
{
	const char *s = packed_base64();
	struct buf body = {0};

	buf_add(&body, s, 76);
	buf_adds(&body, between);
	buf_adds(&body, s + 77);
	struct buf mail = mail_with("Content-Type: application/gzip" BASE64, buf_cstr(&body));

	buf_free(&body);
	return mail;
}

#define BASE64_REPAIR(from) "repair mail_base64 where=part 2 from=" from "\n"

static void base64_lines(void)
{
	stores(broken_base64("\n"), "", "base64");
	stores(broken_base64(""), "", "without a line end");
	stores(broken_base64("\n\n  \n\n"), "", "empty lines between");
	stores(broken_base64("\r"), "", "CR alone ends a line");
	stores(broken_base64("!\n "), BASE64_REPAIR("!"),
	       "`!` and a blank, as long lines were cut");
	stores(broken_base64("\n!!!\n"), BASE64_REPAIR("!!!"), "a line of `!`");
	stores(broken_base64("*\n"), BASE64_REPAIR("*"), "a stray character");
	stores(broken_base64("\n[External mail: take care]\n"),
	       BASE64_REPAIR("[External mail: take care]"), "a banner");
	stores(broken_base64("\nThis mail came from outside your firm\n"),
	       BASE64_REPAIR("This mail came from outside your firm"), "a banner of letters alone");
	stores(broken_base64("\nX-Scanned: yes\n"), BASE64_REPAIR("X-Scanned: yes"), "a field");
}

/* Fields and base64 with this before and behind it. */
static struct buf around_base64(const char *before, const char *behind, size_t less)
{
	struct buf body = {0};
	const char *s = packed_base64();

	buf_adds(&body, before);
	buf_add(&body, s, strlen(s) - less);
	buf_adds(&body, behind);
	struct buf mail = mail_with("Content-Type: application/gzip" BASE64, buf_cstr(&body));

	buf_free(&body);
	return mail;
}

static void base64_ends(void)
{
	const char *s = packed_base64();
	size_t padding = strlen(s) - 1 - strcspn(s, "=");

	ok(padding == 1 || padding == 2, "the sample is padded");
	stores(around_base64("CAUTION this is external\n\n", "", 0),
	       BASE64_REPAIR("CAUTION this is external"), "a banner before it");
	stores(around_base64("CAUTION\n", "", 0), BASE64_REPAIR("CAUTION"), "a word before it");
	stores(around_base64("", "\n-- \nScanned by a gateway.\n", 0),
	       BASE64_REPAIR("--") BASE64_REPAIR("Scanned by a gateway."), "a banner behind it");
	stores(around_base64("", "", 1 + padding), BASE64_REPAIR("less padding than there must be"),
	       "no padding");
	stores(around_base64("", "====\n", 1), BASE64_REPAIR("more padding than there may be"),
	       "too much padding");
	struct buf one = made_base64_in(gzipped_text(DOCUMENT), 1 << 20, "\n");

	stores(mail_with("Content-Type: application/gzip" BASE64, buf_cstr(&one)), "",
	       "all in one line");
	buf_free(&one);
	/* quoted-printable breaks lines with `=` and writes `=` as =3D */
	struct buf quoted = {0};
	size_t column = 0;

	for (s = packed_base64(); *s; s++) {
		if (*s == '\n')
			continue;
		if (column + (*s == '=' ? 3 : 1) > 75) {
			buf_adds(&quoted, "=\r\n");
			column = 0;
		}
		column += *s == '=' ? 3 : 1;
		if (*s == '=')
			buf_adds(&quoted, "=3D");
		else
			buf_addc(&quoted, *s);
	}
	stores(mail_with("Content-Type: application/gzip" BASE64, buf_cstr(&quoted)),
	       "repair mail_encoding where=part 2 from=base64 to=quoted-printable\n",
	       "quoted-printable around base64");
	buf_free(&quoted);
}

static void uu(void)
{
	struct buf gz = gzipped_text(DOCUMENT), body = {0};

	buf_adds(&body, "begin 644 report.xml.gz\n");
	for (size_t at = 0; at < gz.len; at += 45) {
		size_t n = gz.len - at < 45 ? gz.len - at : 45;

		buf_addc(&body, (char)(' ' + n));
		for (size_t i = at; i < at + n; i += 3) {
			uint32_t v = 0;

			for (size_t k = 0; k < 3; k++)
				v = v << 8 | (i + k < gz.len ? (uint8_t)gz.p[i + k] : 0);
			for (int shift = 18; shift >= 0; shift -= 6)
				buf_addc(&body, (char)(' ' + (v >> shift & 63)));
		}
		buf_addc(&body, '\n');
	}
	buf_adds(&body, "`\nend\n");
	stores(mail_with("Content-Type: application/octet-stream\n"
			 "Content-Transfer-Encoding: x-uuencode", buf_cstr(&body)), "", "uuencode");
	stores(mail_with("Content-Type: application/octet-stream", buf_cstr(&body)),
	       "repair mail_encoding where=part 2 from=none to=uuencode\n", "uuencode, not said");
	buf_free(&body);
	buf_free(&gz);
}

#define STRUCTURE_REPAIR(where, what) "repair mail_structure where=" where " from=" what "\n"

static struct buf printed(const char *format, const char *s)
{
	struct buf b = {0};
	const char *at = strchr(format, '%');

	buf_add(&b, format, (size_t)(at - format));
	buf_adds(&b, s);
	buf_adds(&b, at + 1);
	return b;
}

#define GZIP_PART "Content-Type: application/gzip" BASE64 "\n\n%"

static void boundaries(void)
{
	struct buf longer = {0};

	stores(printed(MULTIPART GREETING "--b\n" GZIP_PART, packed_base64()),
	       "repair mail_cut where=mail from=no last boundary\n", "no last boundary");
	for (int i = 0; i < 150; i++)
		buf_addc(&longer, 'x');
	struct buf b = {0};

	buf_printf(&b, FIELDS "Content-Type: multipart/mixed; boundary=%s\n\n--%s\n"
		   "Content-Type: application/gzip" BASE64 "\n\n%s\n--%s--\n", buf_cstr(&longer),
		   longer.p, packed_base64(), longer.p);
	stores(b, "", "a boundary of 150 characters");
	buf_free(&longer);
	stores(printed(FIELDS "Content-Type: multipart/mixed; boundary=c\n\n--b\n" GZIP_PART
		       "--b--\n", packed_base64()),
	       "repair mail_cut where=mail from=no last boundary\n"
	       STRUCTURE_REPAIR("part 1", "base64 without a part of its own"), "a wrong boundary");
	stores(printed(FIELDS "Content-Type: multipart/mixed\n\n--b\n" GZIP_PART "--b--\n",
		       packed_base64()),
	       STRUCTURE_REPAIR("part 1", "base64 without a part of its own"), "no boundary");
	stores(printed(FIELDS "Content-Type: multipart/mixed; boundary=b\n\n--b\n"
		       "Content-Type: multipart/mixed; boundary=bb\n\n--bb\n" GZIP_PART
		       "--bb--\n--b\n\nx\n--b--\n", packed_base64()),
	       "", "a boundary that begins another one");
	stores(printed(FIELDS "\n--b\n" GZIP_PART "--b--\n", packed_base64()),
	       STRUCTURE_REPAIR("part 1", "base64 without a part of its own"), "no type at all");
	stores(printed(MULTIPART GREETING "%\n--b--\n", packed_base64()),
	       STRUCTURE_REPAIR("part 1", "base64 without a part of its own"),
	       "a part that lost its boundary and header");
	stores(printed(MULTIPART "--b\n\nx\n--b--\n\n%", packed_base64()),
	       STRUCTURE_REPAIR("behind the parts", "base64 without a part of its own"),
	       "base64 behind the last boundary");
	trace_contains(trace_text(FIELDS "\nDear all,\nthis is it:\n" DECLARED "\nRegards\n"),
		       "end 1 3 0 0 c\n", "a report in a letter");
	trace_contains(buf_cstr(&trace), "repair text_before ", "which is told");
	trace_contains(trace_text(FIELDS "Content-Type: text/html\n\n<p>your <b>report</b></p>\n"
				  DECLARED), "end 1 3 0 0 c\n", "a report in HTML");
	stores(printed(FIELDS "Content-Type: multipart/mixed; boundary=c\n\n--b\n"
		       "Content-Type: text/xml\n\n%\n--b--\n", DECLARED),
	       "repair mail_cut where=mail from=no last boundary\n"
	       STRUCTURE_REPAIR("part 1", "XML without a part of its own"),
	       "XML, a wrong boundary");
}

static void headers(void)
{
	const char *gz = packed_base64();

	stores(printed(FIELDS "ContentType: multipart/mixed; boundary=b\n\n--b\n"
		       "ContentType: application/gzip\nContentTransferEncoding: base64\n\n%\n"
		       "--b--\n", gz),
	       "repair mail_field_name where=Content-Type from=ContentType to=Content-Type\n"
	       "repair mail_field_name where=Content-Transfer-Encoding "
	       "from=ContentTransferEncoding to=Content-Transfer-Encoding\n",
	       "field names without hyphens");
	stores(printed(FIELDS "Content-Type : application/gzip\nContent-Transfer-Encoding "
		       ":base64\n\n%", gz),
	       "repair mail_field_name where=Content-Type from=Content-Type  to=Content-Type\n"
	       "repair mail_field_name where=Content-Transfer-Encoding "
	       "from=Content-Transfer-Encoding  to=Content-Transfer-Encoding\n",
	       "a blank before the colon");
	stores(printed(FIELDS "Content-Type: multipart/mixed;\n boundary=\n \"b\"\n\n--b\n"
		       GZIP_PART
		       "\n--b--\n", gz), "", "a folded field");
	stores(printed(FIELDS "Content-Type: multipart/mixed;\nboundary=\"b\"\n\n--b\n" GZIP_PART
		       "\n--b--\n", gz),
	       STRUCTURE_REPAIR("header", "a line of a field that is not indented"),
	       "a field whose next line is not indented");
	stores(printed(FIELDS "X-Ger\xe4t: \xfc\xff\nContent-Type: application/gzip" BASE64 "\n\n%",
		       gz), "", "bytes over 127 in a header");
	struct buf b = printed(FIELDS "X-A: b?c\nContent-Type: application/gzip" BASE64 "\n\n%",
			       gz);

	*strchr(b.p, '?') = '\0';
	stores(b, STRUCTURE_REPAIR("header", "NUL"), "NUL in a header");
	b = printed("From reports@mx.example.org Thu Nov  5 00:00:00 2026\n" FIELDS
		    "Content-Type: application/gzip" BASE64 "\n\n%", gz);
	stores(b, "", "a \"From \" line in front");
	b = printed(FIELDS "Content-Type: application/gzip" BASE64 "\n\n%", gz);
	for (char *p = b.p; (p = memchr(p, '\n', (size_t)(b.p + b.len - p)));)
		*p = '\r';
	stores(b, STRUCTURE_REPAIR("mail", "lines that end in a carriage return"),
	       "lines that end in CR alone");
	b = (struct buf){0};
	buf_adds(&b, FIELDS "Cc: ");
	for (int i = 0; i < 100000; i++)
		buf_adds(&b, i % 100 ? "a:" : "a:\n ");
	buf_printf(&b, "\nContent-Type: application/gzip" BASE64 "\n\n%s", gz);
	stores(b, "", "a field of 200 KB, nested deeper than a stack holds");
	stores(text(FIELDS "Content-Type: text/xml\n\n<feedback><!--\n..a\n-->"
		    METADATA POLICY RECORD
		    "</feedback>\n.\n"),
	       STRUCTURE_REPAIR("mail", "dots of SMTP before lines that begin with one"),
	       "SMTP's dots left in");
}

/* A mail with s in it as an attached mail of so many levels. */
static struct buf attached(const char *s, int levels)
{
	struct buf b = text(s);

	for (int i = 0; i < levels; i++) {
		struct buf outer = {0};

		buf_printf(&outer, FIELDS "Content-Type: multipart/mixed; boundary=o%d\n\n--o%d\n"
			   "Content-Type: message/rfc822\n\n%s\n--o%d--\n", i, i, buf_cstr(&b), i);
		buf_free(&b);
		b = outer;
	}
	return b;
}

static void mails_in_mails(void)
{
	struct buf inner = printed(FIELDS GZIP_PART, packed_base64()), b = {0};

	stores(attached(buf_cstr(&inner), 3), "", "attached three times");
	says(attached(buf_cstr(&inner), 4),
	     "refused 0 limit: mails attached to mails, more than 3 deep: what lies deeper was not "
	     "read\n", "not a fourth time");
	struct buf encoded = made_base64_in(text(buf_cstr(&inner)), 76, "\n");

	stores(mail_with("Content-Type: message/rfc822" BASE64, buf_cstr(&encoded)), "",
	       "an attached mail in base64");
	stores(mail_with("Content-Type: application/octet-stream" BASE64, buf_cstr(&encoded)), "",
	       "a mail that is attached as bytes");
	buf_printf(&b, "From a\n%s\nFrom b\n%s", buf_cstr(&inner), buf_cstr(&inner));
	stores_n(mail_with("Content-Type: application/mbox", buf_cstr(&b)), 2, "", "an mbox");
	b.len = 0;
	buf_printf(&b, MULTIPART "--b\n" "Content-Type: application/gzip" BASE64 "\n\n%s\n--b\n"
		   "Content-Type: text/html\n\n<html><p>feedback</p></html>\n--b\n"
		   "Content-Type: application/xml\n\n" DECLARED "\n--b--\n", packed_base64());
	stores_n(b, 2, "", "two reports and HTML between");
	buf_free(&encoded);
	buf_free(&inner);
}

static void no_reports(void)
{
	static const struct {
		const char *fields, *body, *wanted;
	} mails[] = {
		{"Subject: a\n", "Hello", "a mail without a report"},
		{"Subject: a\nAuto-Submitted: auto-replied\n", "I am on holiday",
		 "an automatic reply, without a report"},
		{"Subject: a\n", "Write to <feedback@example.org>.", "a mail without a report"},
		{"Subject: Report domain: a.example\n", "removed",
		 "a mail with the subject of a report, but without one: was its attachment taken "
		 "out on the way?"},
		{"Subject: a\nContent-Type: multipart/report; report-type=feedback-report; "
		 "boundary=b\n",
		 "--b\nContent-Type: message/feedback-report\n\nFeedback-Type: auth-failure\n--b--",
		 "a failure report on single mails (ARF), no aggregate report"},
		{"Subject: a\nContent-Type: multipart/report; report-type=delivery-status; "
		 "boundary=b\n",
		 "--b\nContent-Type: message/delivery-status\n\nAction: failed\n--b--",
		 "a delivery status notification, without a report"},
		{"Subject: Report Domain: a\nContent-Type: multipart/report; report-type=tlsrpt; "
		 "boundary=b\n", "--b\nContent-Type: application/tlsrpt+json\n\n" TLS_REPORT
		 "\n--b--", "a TLS report (RFC 8460), no DMARC report"},
		{"Subject: a\n", "Report-Date: Fri, 6 Nov 2026\nReport-Domain: a\nSubmitter: b",
		 "an error report (RFC 7489, 7.2.2): a reporter could not send its report"},
	};

	for (size_t i = 0; i < sizeof(mails) / sizeof(mails[0]); i++) {
		struct buf b = {0}, wanted = {0};

		buf_printf(&b, "From: a@example.org\n%s\n%s\n", mails[i].fields, mails[i].body);
		buf_printf(&wanted, "not 0 %s\n", mails[i].wanted);
		says(b, buf_cstr(&wanted), mails[i].wanted);
		buf_free(&wanted);
	}
	says(text(MULTIPART GREETING),
	     "refused 0 input: a mail with the subject of a report that breaks off before one "
	     "begins\n", "cut before the report");
	struct buf inner = printed(FIELDS GZIP_PART, packed_base64()), bounced = {0};

	buf_printf(&bounced, "From: a@example.org\nSubject: returned\n"
		   "Content-Type: multipart/report; report-type=delivery-status; boundary=r\n\n"
		   "--r\nContent-Type: message/delivery-status\n\nAction: failed\n--r\n"
		   "Content-Type: message/rfc822\n\n%s\n--r--\n", buf_cstr(&inner));
	stores(bounced, "", "a report that bounced is a report");
	buf_free(&inner);
}

/* Their type is a hint as well: the bytes tell. */
static void tls_reports(void)
{
	struct buf packed = made_base64_in(gzipped_text(TLS_REPORT), 76, "\n"), both = {0};

	says(mail_with("Content-Type: application/tlsrpt+gzip" BASE64, buf_cstr(&packed)),
	     "not 1 a TLS report (RFC 8460), no DMARC report\n", "a TLS report, packed");
	says(mail_with("Content-Type: application/gzip" BASE64, buf_cstr(&packed)),
	     "not 1 a TLS report (RFC 8460), no DMARC report\n", "one that is called a gzip");
	says(mail_with("Content-Type: application/tlsrpt+gzip" BASE64, "taken out"),
	     "not 0 a TLS report (RFC 8460), no DMARC report\n", "nothing in its place");
	says(mail_with("Content-Type: application/tlsrpt+gzip" BASE64, "H4sI"),
	     "refused 1 input: gzip that ends in the middle\n", "a gzip that tells nothing");
	stores(mail_with("Content-Type: application/tlsrpt+gzip" BASE64, packed_base64()), "",
	       "an aggregate report that is called a TLS report");
	stores(mail_with("Content-Type: application/tlsrpt+json", DECLARED), "",
	       "one that is not packed");
	buf_printf(&both, MULTIPART "--b\nContent-Type: application/tlsrpt+gzip" BASE64 "\n\n%s\n"
		   "--b\nContent-Type: application/tlsrpt+gzip" BASE64 "\n\n%s\n--b--\n",
		   buf_cstr(&packed), packed_base64());
	trace_contains(trace_item(both.p, both.len, -1),
		       "not 1 a TLS report (RFC 8460), no DMARC report\nhead 2",
		       "both in one mail");
	buf_free(&both);
	buf_free(&packed);
}

static void unreadable(void)
{
	static const struct {
		const char *type, *wanted;
	} parts[] = {
		{"application/pkcs7-mime; smime-type=enveloped-data", "an encrypted mail (S/MIME)"},
		{"application/x-pkcs7-mime", "an encrypted mail (S/MIME)"},
		{"application/pkcs7-mime; smime-type=signed-data",
		 "a mail that is packed into its S/MIME signature"},
		{"multipart/encrypted; boundary=e", "an encrypted mail (PGP)"},
		{"application/ms-tnef", "an attachment in Outlook's own form (winmail.dat, TNEF)"},
		{"application/vnd.ms-outlook", "an Outlook message (.msg)"},
		{"message/partial; id=1; number=1", "a mail that was sent in pieces"},
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct buf fields = {0}, b, wanted = {0};

		buf_printf(&fields, "Content-Type: %s", parts[i].type);
		buf_printf(&wanted, "refused 1 input: %s", parts[i].wanted);
		b = mail_with(buf_cstr(&fields), "\nabc");
		trace_contains(trace_item(b.p, b.len, -1), buf_cstr(&wanted), parts[i].wanted);
		buf_free(&wanted);
		buf_free(&fields);
		buf_free(&b);
	}
	struct buf b = {0};

	buf_printf(&b, FIELDS "Content-Type: multipart/signed; "
		   "protocol=\"application/pkcs7-signature\";"
		   " boundary=b\n\n--b\nContent-Type: application/gzip" BASE64 "\n\n%s\n--b\n"
		   "Content-Type: application/pkcs7-signature; name=smime.p7s" BASE64
		   "\n\nMIIabc\n--b--\n", packed_base64());
	stores(b, "", "a signed mail; the signature is no entry");
}

int main(void)
{
	media_types();
	whole_bodies();
	encodings();
	base64_lines();
	base64_ends();
	uu();
	boundaries();
	headers();
	mails_in_mails();
	no_reports();
	tls_reports();
	unreadable();
	return trace_done();
}
