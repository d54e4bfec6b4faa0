/* What an item may be: plain, packed, archived, mailed; and what is no report. */
#include "tests/unit/parse_pack.h"

#include <sys/mman.h>

static void no_reports(void)
{
	is_str(trace_text(""), "not 0 an empty file\n", "empty");
	is_str(trace_text(" \r\n"), "not 0 an empty file\n", "blanks");
	is_str(trace_text("unused"), "not 0 text\n", "text");
	is_str(trace_text("{\"organization-name\":\"x\"}"), "not 0 JSON\n", "JSON");
	is_str(trace_text("{\"organization-name\":\"x\", \"policies\":[]}"),
	       "not 0 a TLS report (RFC 8460), no DMARC report\n", "JSON of a TLS report");
	is_str(trace_text("\x89PNG\r\n"), "not 0 a PNG picture\n", "a picture");
	is_str(trace_text("<a><b/></a>"), "not 0 XML without feedback\n", "XML of another kind");
	is_str(trace_text("<?xml version='1.0'?>\n"), "not 0 XML without feedback\n",
	       "XML without an element");
	is_str(trace_text("Note: this\nis no: mail\n"), "not 0 text\n", "a colon makes no mail");
	is_str(trace_text("<p><a href=\"mailto:feedback@example.com\">feedback<br></p>"),
	       "not 0 XML without feedback\n", "a page with an address that begins with feedback");
	is_str(trace_text("Write to <feedback@example.com> or use <feedback-form>\n"),
	       "not 0 text\n", "neither is such an address in brackets, nor a longer name");
}

/* Words in the place of reports. */
static void packed(void)
{
	is_str(trace_buf(gzipped_text("<?xml version='1.0'?>\n")),
	       "refused 0 input: in the place of a report an XML document without an element\n",
	       "gzip of a declaration alone");
	is_str(trace_buf(gzipped_text("unused")),
	       "refused 0 input: an archive that holds no report, but `unused`\n",
	       "a word in the place of a report");
	is_str(trace_buf(gzipped_text("See our page")), "not 0 text\n",
	       "a sentence is no such word");
	is_str(trace_item("a\0b", 3, -1), "not 0 bytes of an unknown kind\n", "bytes");
	is_str(trace_buf(gzipped_text("")),
	       "refused 0 input: an archive with nothing in it\n", "nothing in it");
}

/* A descriptor instead of memory. */
static void by_descriptor(void)
{
	struct buf b = {0};
	int fd = memfd_create("item", MFD_CLOEXEC);

	buf_adds(&b, "<feedback>" METADATA POLICY);
	for (int i = 0; i < 1000; i++)
		buf_adds(&b, RECORD);
	buf_adds(&b, "</feedback>");
	ok(write(fd, b.p, b.len) == (ssize_t)b.len, "a file is made");
	trace_quiet = true;
	is_str(trace_item(NULL, b.len, fd), HEAD_LINE "end 1000 3000 0 0 c\n", "a file");
	is_str(trace_item(NULL, b.len + 1, fd), HEAD_LINE "end 1000 3000 0 0 c\n",
	       "a file that became shorter, behind the report");
	trace_quiet = false;
	close(fd);
	buf_free(&b);
}

#define FIELDS "From: r@example.org\r\nSubject: Report Domain: a\r\nMIME-Version: 1.0\r\n"
#define MAIL_OUTCOME "head 1 d mail begin=1792195200"

/* A mail whose body is data, in base64, of this type. */
static struct buf mail_of(const char *type, struct buf data)
{
	struct buf b = {0}, body = made_base64_in(data, 72, "\r\n");

	buf_printf(&b, FIELDS "Content-Type: %s\r\nContent-Transfer-Encoding: base64\r\n\r\n%s\r\n",
		   type, buf_cstr(&body));
	buf_free(&body);
	return b;
}

static void mail(void)
{
	struct buf b = mail_of("application/zip", gzipped_text(DOCUMENT)), outer = {0};

	trace_contains(trace_item(b.p, b.len, -1), MAIL_OUTCOME,
		       "the body itself, of a false type");
	buf_printf(&outer,
		   FIELDS "Content-Type: multipart/mixed; boundary=x\r\n\r\npreamble\r\n--x\r\n"
			  "Content-Type: text/plain\r\n\r\nHello\r\n--x\r\n"
			  "Content-Type: text/html\r\n\r\n<html><p>your feedback</html>\r\n--x\r\n"
			  "Content-Type: message/rfc822\r\n\r\n%s\r\n--x\r\n"
			  "Content-Type: text/xml; name=\"a.xml\"\r\n\r\n" DOCUMENT
			  "\r\n--x\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n--x--\r\n",
		   buf_cstr(&b));
	trace_contains(trace_item(outer.p, outer.len, -1), MAIL_OUTCOME, "in an attached mail");
	trace_contains(buf_cstr(&trace), "head 2 d mail ", "and beside it");
	ok(!strstr(buf_cstr(&trace), "not ") && !strstr(buf_cstr(&trace), "refused"),
	   "text, HTML and pictures are no entries");
	buf_free(&outer);
	buf_free(&b);
	is_str(trace_text(FIELDS "\r\nHello\r\n"),
	       "not 0 a mail with the subject of a report, but without one: was its attachment "
	       "taken out on the way?\n", "a mail without a report");
	is_str(trace_buf(mail_of("application/gzip", (struct buf){xstrdup("unused"), 6, 7})),
	       "refused 1 input: an archive that holds no report, but `unused`\n",
	       "a word that is called gzip");
	is_str(trace_buf(mail_of("text/plain",
				 zipped((const char *const[]){"a", "<a/>", "b", "<b/>", NULL}))),
	       "not 1 XML without feedback\nnot 2 XML without feedback\n",
	       "the files of a zip in a mail are its entries");
}

static void mail_limits(void)
{
	struct buf b = {0};

	buf_adds(&b, FIELDS);
	for (int i = 0; i < 12; i++)
		buf_printf(&b, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i);
	buf_adds(&b, "\n\nx");
	trace_contains(trace_item(b.p, b.len, -1), "refused 0 limit: ", "parts too deep");
	b.len = 0;
	buf_adds(&b, FIELDS "Content-Type: multipart/mixed; boundary=b\n\n");
	for (int i = 0; i < 201; i++)
		buf_adds(&b, "--b\n\nx\n");
	trace_contains(trace_item(b.p, b.len, -1), "refused 0 limit: ", "too many parts");
	for (int i = 0; i < 10000; i++)
		buf_adds(&b, "--b\n\n");
	trace_contains(trace_item(b.p, b.len, -1),
		       "refused 0 limit: a mail with more than 10000 boundaries of parts: the "
		       "first ones were read\n",
		       "far too many parts");
	b.len = 0;
	buf_adds(&b, FIELDS "Content-Type: message/rfc822\n\n");
	for (int i = 0; i < 60000; i++)
		buf_adds(&b, "X: yz\n");
	trace_contains(trace_item(b.p, b.len, -1),
		       "refused 0 limit: a mail with a header of more than 256 KB: what stands "
		       "before it was read\n",
		       "too long a header, of an attached mail");
	b.len = 0;
	buf_adds(&b, FIELDS "Content-Type: text/plain\n\nNote: ");
	for (int i = 0; i < 40000; i++)
		buf_adds(&b, "no header\n");
	trace_contains(trace_item(b.p, b.len, -1), "not 0 a mail with the subject of a report",
	       "a text that begins like a header is none");
	buf_free(&b);
}

int main(void)
{
	no_reports();
	packed();
	by_descriptor();
	mail();
	mail_limits();
	return trace_done();
}
