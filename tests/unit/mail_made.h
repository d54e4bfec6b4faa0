/* mail_made - mails of our own making for the tests of the mail reader, and what comes of them. */
#ifndef TESTS_MAIL_MADE_H
#define TESTS_MAIL_MADE_H

#include "tests/unit/parse_trace.h"

#include <zlib.h>

#define DOCUMENT REPORT(RECORD)
#define DECLARED "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" DOCUMENT

static struct buf made_gzip(const char *s)
{
	size_t len = strlen(s);
	struct buf b = {0};
	z_stream z = {0};

	if (deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		abort();
	z.next_in = (Bytef *)(uintptr_t)s;
	z.avail_in = (uInt)len;
	z.next_out = (Bytef *)buf_room(&b, len + 1000);
	z.avail_out = (uInt)len + 1000;
	if (deflate(&z, Z_FINISH) != Z_STREAM_END)
		abort();
	b.len = len + 1000 - z.avail_out;
	deflateEnd(&z);
	return b;
}

static void put_u16(struct buf *b, unsigned v)
{
	buf_addc(b, (char)(v & 255));
	buf_addc(b, (char)(v >> 8));
}

static void put_u32(struct buf *b, uint32_t v)
{
	put_u16(b, v & 65535);
	put_u16(b, v >> 16);
}

/* What a file's own header and that in the directory have in common. */
static void put_zip_fields(struct buf *b, const char *s, uint32_t len)
{
	put_u32(b, 0);
	put_u32(b, 0);
	put_u32(b, (uint32_t)crc32(0, (const Bytef *)s, len));
	put_u32(b, len);
	put_u32(b, len);
	put_u16(b, 5);
	put_u16(b, 0);
}

/* One file, not compressed. */
__attribute__((unused)) static struct buf made_zip(const char *s)
{
	uint32_t len = (uint32_t)strlen(s);
	struct buf b = {0};

	buf_add(&b, "PK\3\4\12\0", 6);
	put_zip_fields(&b, s, len);
	buf_adds(&b, "a.xml");
	buf_add(&b, s, len);
	uint32_t directory = (uint32_t)b.len;

	buf_add(&b, "PK\1\2\12\0\12\0", 8);
	put_zip_fields(&b, s, len);
	for (int i = 0; i < 14; i++)
		buf_addc(&b, 0);
	buf_adds(&b, "a.xml");
	uint32_t size = (uint32_t)b.len - directory;

	buf_add(&b, "PK\5\6\0\0\0\0\1\0\1\0", 12);
	put_u32(&b, size);
	put_u32(&b, directory);
	put_u16(&b, 0);
	return b;
}

/* In lines of `line` characters, a multiple of four; data is freed. */
static struct buf made_base64_in(struct buf data, size_t line, const char *line_end)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const uint8_t *p = (const uint8_t *)data.p;
	size_t len = data.len, column = 0;
	struct buf b = {0};

	for (size_t i = 0; i < len; i += 3) {
		uint32_t v = (uint32_t)p[i] << 16 | (i + 1 < len ? (uint32_t)p[i + 1] << 8 : 0) |
			     (i + 2 < len ? p[i + 2] : 0);

		buf_addc(&b, digits[v >> 18]);
		buf_addc(&b, digits[v >> 12 & 63]);
		buf_addc(&b, i + 1 < len ? digits[v >> 6 & 63] : '=');
		buf_addc(&b, i + 2 < len ? digits[v & 63] : '=');
		column += 4;
		if (column == line) {
			buf_adds(&b, line_end);
			column = 0;
		}
	}
	if (column)
		buf_adds(&b, line_end);
	buf_free(&data);
	return b;
}

/* Valid until the next call: base64 of gzip of the document. */
__attribute__((unused)) static const char *packed_base64(void)
{
	static struct buf b;

	buf_free(&b);
	b = made_base64_in(made_gzip(DOCUMENT), 76, "\n");
	return buf_cstr(&b);
}

#define FIELDS "From: reports@mx.example.org\nTo: dmarc@example.com\nSubject: Report Domain: a\n"
#define MULTIPART FIELDS "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"b\"\n\n"
#define GREETING "--b\nContent-Type: text/plain\n\nThis is a report.\n"

/* A greeting and a part with these fields and this body. */
__attribute__((unused)) static struct buf mail_with(const char *fields, const char *body)
{
	struct buf b = {0};

	buf_printf(&b, MULTIPART GREETING "--b\n%s\n\n%s\n--b--\n", fields, body);
	return b;
}

/* The lines of the last trace that begin with word, and how many they are. */
static const char *lines_of(const char *word, unsigned *ret_n)
{
	static struct buf found;
	const char *p = buf_cstr(&trace);

	found.len = 0;
	*ret_n = 0;
	for (; *p; p += strcspn(p, "\n") + 1) {
		if (strncmp(p, word, strlen(word)) != 0)
			continue;
		buf_add(&found, p, strcspn(p, "\n") + 1);
		++*ret_n;
	}
	return buf_cstr(&found);
}

/* mail is freed. It holds n reports, each whole, and nothing else; these repairs are told. */
__attribute__((unused)) static void stores_n(struct buf mail, unsigned n, const char *repairs,
					     const char *name)
{
	unsigned heads, ends, others, unused;
	const char *got = trace_item(mail.p ? mail.p : "", mail.len, -1);

	lines_of("head ", &heads);
	lines_of("end 1 3 0 0 c", &ends);
	lines_of("refused ", &others);
	if (!ok(heads == n && ends == n && !others && strstr(got, " mail "), name))
		tap_note("%s", got);
	else if (strcmp(lines_of("repair ", &unused), repairs) != 0)
		is_str(lines_of("repair ", &unused), repairs, name);
	buf_free(&mail);
}

__attribute__((unused)) static void stores(struct buf mail, const char *repairs, const char *name)
{
	stores_n(mail, 1, repairs, name);
}

/* mail is freed. All that is said of it. */
__attribute__((unused)) static void says(struct buf mail, const char *wanted, const char *name)
{
	is_str(trace_item(mail.p ? mail.p : "", mail.len, -1), wanted, name);
	buf_free(&mail);
}

__attribute__((unused)) static struct buf text(const char *s)
{
	struct buf b = {0};

	buf_adds(&b, s);
	return b;
}

#endif
