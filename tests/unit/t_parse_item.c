/* What an item may be: plain, packed, archived, mailed; and what is no report. */
#include "tests/unit/parse_trace.h"

#include <archive.h>
#include <archive_entry.h>
#include <sys/mman.h>
#include <zlib.h>

#define DOCUMENT REPORT(RECORD)
#define OUTCOME HEAD_LINE SET_LINE RECORD_LINE("1") "end 1 3 0 0 c\n"

static struct buf gzipped(const void *data, size_t len)
{
	struct buf b = {0};
	z_stream z = {0};

	if (deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		abort();
	z.next_in = (Bytef *)(uintptr_t)data;
	z.avail_in = (uInt)len;
	z.next_out = (Bytef *)buf_room(&b, len + 1000);
	z.avail_out = (uInt)len + 1000;
	if (deflate(&z, Z_FINISH) != Z_STREAM_END)
		abort();
	b.len = len + 1000 - z.avail_out;
	deflateEnd(&z);
	return b;
}

static struct buf gzipped_text(const char *s)
{
	return gzipped(s, strlen(s));
}

/* Names and contents in turn, NULL the last; a name that ends in / is a folder. */
static struct buf zipped(const char *const *files)
{
	struct buf b = {0};
	struct archive *a = archive_write_new();
	size_t used;

	archive_write_set_format_zip(a);
	archive_write_open_memory(a, buf_room(&b, 1 << 20), 1 << 20, &used);
	for (; *files; files += 2) {
		struct archive_entry *e = archive_entry_new();
		bool folder = files[0][strlen(files[0]) - 1] == '/';

		archive_entry_set_pathname(e, files[0]);
		archive_entry_set_filetype(e, folder ? AE_IFDIR : AE_IFREG);
		archive_entry_set_perm(e, 0644);
		archive_entry_set_size(e, folder ? 0 : (la_int64_t)strlen(files[1]));
		archive_write_header(a, e);
		if (!folder)
			archive_write_data(a, files[1], strlen(files[1]));
		archive_entry_free(e);
	}
	archive_write_close(a);
	archive_write_free(a);
	b.len = used;
	return b;
}

static const char *trace_buf(struct buf b)
{
	const char *got = trace_item(b.p, b.len, -1);

	buf_free(&b);
	return got;
}

static void no_reports(void)
{
	is_str(trace_text(""), "not 0 an empty file\n", "empty");
	is_str(trace_text(" \r\n"), "not 0 an empty file\n", "blanks");
	is_str(trace_text("unused"), "not 0 text\n", "text");
	is_str(trace_text("{\"organization-name\":\"x\"}"), "not 0 JSON\n", "JSON");
	is_str(trace_text("\x89PNG\r\n"), "not 0 a PNG picture\n", "a picture");
	is_str(trace_text("<a><b/></a>"), "not 0 XML without feedback\n", "XML of another kind");
	is_str(trace_text("Note: this\nis no: mail\n"), "not 0 text\n", "a colon makes no mail");
	is_str(trace_text("<p><a href=\"mailto:feedback@example.com\">feedback<br></p>"),
	       "not 0 XML without feedback\n", "a page with an address that begins with feedback");
	is_str(trace_text("Write to <feedback@example.com> or use <feedback-form>\n"),
	       "not 0 text\n", "neither is such an address in brackets, nor a longer name");
}

static void gzip(void)
{
	struct buf one = gzipped_text(DOCUMENT), b = gzipped(one.p, one.len);

	is_str(trace_item(one.p, one.len, -1), OUTCOME, "gzip");
	is_str(trace_item(b.p, b.len, -1), OUTCOME, "gzip in gzip");
	struct buf three = gzipped(b.p, b.len);

	is_str(trace_buf(three), "refused 0 limit: packed more than 2 times\n", "no third time");
	buf_addc(&one, '\n');
	is_str(trace_item(one.p, one.len, -1), OUTCOME, "a line end behind it");
	is_str(trace_item(one.p, one.len - 20, -1),
	       "refused 0 input: gzip that ends in the middle\n", "cut");
	one.p[one.len - 9]++;
	trace_contains(trace_item(one.p, one.len, -1),
		       "refused 0 input: damaged gzip: the checksum does not agree\n",
		       "a checksum that does not agree");
	one.p[one.len - 9]--;
	one.p[one.len - 5]++;
	trace_contains(trace_item(one.p, one.len, -1),
		       "refused 0 input: damaged gzip: the length does not agree\n",
		       "a length that does not agree");
	buf_free(&one);
	buf_free(&b);
	is_str(trace_buf(gzipped_text("unused")),
	       "refused 0 input: an archive that holds no report, but `unused`\n",
	       "a word in the place of a report");
	is_str(trace_buf(gzipped_text("See our page")), "not 0 text\n", "a sentence is no such word");
	is_str(trace_item("a\0b", 3, -1), "not 0 bytes of an unknown kind\n", "bytes");
	is_str(trace_buf(gzipped_text("")),
	       "refused 0 input: an archive with nothing in it\n", "nothing in it");
}

static void members(void)
{
	struct buf a = gzipped_text("<feedback>" METADATA), b = gzipped_text(POLICY RECORD),
		   c = gzipped_text("</feedback>");

	buf_add(&a, b.p, b.len);
	buf_add(&a, c.p, c.len);
	is_str(trace_item(a.p, a.len, -1), OUTCOME, "one report in three members");
	is_str(trace_item(a.p, a.len - 3, -1), "refused 0 input: gzip that ends in the middle\n",
	       "the last one is cut");
	buf_free(&a);
	buf_free(&b);
	buf_free(&c);
	struct buf backwards = gzipped_text("<feedback>" RECORD POLICY METADATA "</feedback>");

	is_str(trace_buf(backwards), OUTCOME, "the head comes last: unpacked twice");
}

/* The lines of a report that is entry no. */
static const char *entry_outcome(char no)
{
	static char s[] = OUTCOME;

	s[strlen("head ")] = no;
	return s;
}

static void zip(void)
{
	struct buf packed = gzipped_text(DOCUMENT);

	is_str(trace_buf(zipped((const char *const[]){"a.xml", DOCUMENT, NULL})),
	       entry_outcome('1'), "zip");
	trace_contains(trace_buf(zipped((const char *const[]){
			       "d/", NULL, "d/a", DOCUMENT, "../b", "<feedback>" RECORD POLICY
			       METADATA "</feedback>", "c.txt", "unused", "d.xml", DOCUMENT, NULL})),
		       entry_outcome('2'), "the second file of it, in two passes");
	trace_contains(buf_cstr(&trace), entry_outcome('4'), "and what comes behind it");
	trace_contains(buf_cstr(&trace),
		       "refused 3 input: an archive that holds no report, but `unused`\n",
		       "a file with a word in it is an entry of its own");
	is_str(trace_buf(zipped((const char *const[]){"d/", NULL, NULL})),
	       "refused 0 input: an archive with nothing in it\n", "a folder and nothing in it");
	buf_free(&packed);
	struct buf cut = zipped((const char *const[]){"a.xml", DOCUMENT, "b.xml", DOCUMENT, NULL});

	cut.len = cut.len / 2 - 100;
	trace_contains(trace_item(cut.p, cut.len, -1), "refused 1 input: ", "cut");
	buf_free(&cut);
}

static void too_many_files(void)
{
	const char *files[2 * 34 + 1];

	for (size_t i = 0; i < 34; i++) {
		files[2 * i] = "a.xml";
		files[2 * i + 1] = "<a/>";
	}
	files[2 * 34] = NULL;
	trace_contains(trace_buf(zipped(files)),
		       "not 32 XML without feedback\n"
		       "refused 33 limit: an archive of more than 32 files\n",
		       "more files than an archive may hold");
}

static void bomb(void)
{
	enum { MB = 64 };
	struct buf b = {0}, zeroes = {0};

	memset(buf_take(&zeroes, MB << 20), ' ', MB << 20);
	struct buf one = gzipped_text("<feedback>");

	buf_add(&b, one.p, one.len);
	buf_free(&one);
	one = gzipped(zeroes.p, zeroes.len);
	for (int i = 0; i < 3000 / MB; i++)
		buf_add(&b, one.p, one.len);
	trace_contains(trace_item(b.p, b.len, -1),
		       "refused 0 limit: more than 1048576 bytes without an element\n",
		       "a small file that becomes 3 GB");
	buf_free(&one);
	buf_free(&zeroes);
	buf_free(&b);
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
	trace_contains(trace_item(NULL, b.len + 1, fd),
		       "refused 0 input: the file could not be read to its end\n",
		       "a file that became shorter");
	trace_quiet = false;
	close(fd);
	buf_free(&b);
}

#define FIELDS "From: r@example.org\r\nSubject: Report Domain: a\r\nMIME-Version: 1.0\r\n"
#define MAIL_OUTCOME "head 1 d mail begin=1792195200"

static struct buf base64(const void *data, size_t len)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const uint8_t *p = data;
	struct buf b = {0};

	for (size_t i = 0; i < len; i += 3) {
		uint32_t v = (uint32_t)p[i] << 16 | (i + 1 < len ? (uint32_t)p[i + 1] << 8 : 0) |
			     (i + 2 < len ? p[i + 2] : 0);

		buf_addc(&b, digits[v >> 18]);
		buf_addc(&b, digits[v >> 12 & 63]);
		buf_addc(&b, i + 1 < len ? digits[v >> 6 & 63] : '=');
		buf_addc(&b, i + 2 < len ? digits[v & 63] : '=');
		if (i % 54 == 51)
			buf_adds(&b, "\r\n");
	}
	return b;
}

/* A mail whose body is data, in base64, of this type. */
static struct buf mail_of(const char *type, struct buf data)
{
	struct buf b = {0}, body = base64(data.p, data.len);

	buf_printf(&b, FIELDS "Content-Type: %s\r\nContent-Transfer-Encoding: base64\r\n\r\n%s\r\n",
		   type, buf_cstr(&body));
	buf_free(&body);
	buf_free(&data);
	return b;
}

static void mail(void)
{
	struct buf b = mail_of("application/zip", gzipped_text(DOCUMENT)), outer = {0};

	trace_contains(trace_item(b.p, b.len, -1), MAIL_OUTCOME, "the body itself, of a false type");
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
	is_str(trace_buf(mail_of("text/plain", zipped((const char *const[]){"a", "<a/>", "b", "<b/>",
									     NULL}))),
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
		       "refused 0 limit: a mail with more than 10000 boundaries of parts: the first "
		       "ones were read\n",
		       "far too many parts");
	b.len = 0;
	buf_adds(&b, FIELDS "Content-Type: message/rfc822\n\n");
	for (int i = 0; i < 40000; i++)
		buf_adds(&b, "X: yz\n y");
	trace_contains(trace_item(b.p, b.len, -1),
		       "refused 0 limit: a mail with a header of more than 256 KB: what stands before "
		       "it was read\n",
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
	gzip();
	members();
	zip();
	too_many_files();
	bomb();
	by_descriptor();
	mail();
	mail_limits();
	return trace_done();
}
