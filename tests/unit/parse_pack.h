/*
 * parse_pack - gzips, zips and tars for tests, also such as no packer makes: bytes by hand.
 */
#ifndef TESTS_PARSE_PACK_H
#define TESTS_PARSE_PACK_H

#include "tests/unit/parse_trace.h"

#include <zlib.h>

#define DOCUMENT REPORT(RECORD)
#define OUTCOME HEAD_LINE SET_LINE RECORD_LINE("1") "end 1 3 0 0 c\n"

/* zlib's window bits: 15 + 16 for a gzip, -15 for deflate alone. */
static struct buf deflated(const void *data, size_t len, int window)
{
	struct buf b = {0};
	z_stream z = {0};

	if (deflateInit2(&z, 6, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY) != Z_OK)
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

__attribute__((unused)) static struct buf gzipped(const void *data, size_t len)
{
	return deflated(data, len, 16 + MAX_WBITS);
}

__attribute__((unused)) static struct buf gzipped_text(const char *s)
{
	return gzipped(s, strlen(s));
}

/* And frees it. */
__attribute__((unused)) static struct buf gzipped_buf(struct buf b)
{
	struct buf packed = gzipped(b.p, b.len);

	buf_free(&b);
	return packed;
}

__attribute__((unused)) static void add_buf(struct buf *to, struct buf b)
{
	buf_add(to, b.p, b.len);
	buf_free(&b);
}

/* In lines of `line` characters, a multiple of four; data is freed. */
__attribute__((unused)) static struct buf
made_base64_in(struct buf data, size_t line, const char *line_end)
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

static void put16(struct buf *b, unsigned v)
{
	buf_addc(b, (char)v);
	buf_addc(b, (char)(v >> 8));
}

static void put32(struct buf *b, uint64_t v)
{
	put16(b, (unsigned)(v & 0xffff));
	put16(b, (unsigned)(v >> 16 & 0xffff));
}

/* A zip under way; what is set before zip_add holds for the files from there on. */
struct zip_maker {
	struct buf zip, directory;
	unsigned files;
	unsigned method, flags;  /* 0 stored, 8 deflated, others are not packed; 8: descriptor */
	bool unsigned_descriptor;
	uint64_t wrong_packed, wrong_size; /* added to what the header says */
	uint32_t wrong_crc;                /* xored */
};

__attribute__((unused)) static void zip_add(struct zip_maker *m, const char *name,
					    const void *data, size_t len)
{
	struct buf packed = {0};
	uint32_t crc = (uint32_t)crc32(0, data, (uInt)len) ^ m->wrong_crc;
	bool descriptor = m->flags & 8;
	size_t at = m->zip.len;

	if (m->method == 8)
		packed = deflated(data, len, -MAX_WBITS);
	else
		buf_add(&packed, data, len);
	uint64_t packed_len = packed.len + m->wrong_packed, size = len + m->wrong_size;

	buf_add(&m->zip, "PK\3\4\24\0", 6);
	put16(&m->zip, m->flags);
	put16(&m->zip, m->method);
	put32(&m->zip, 0x5a21); /* time and day */
	put32(&m->zip, descriptor ? 0 : crc);
	put32(&m->zip, descriptor ? 0 : packed_len);
	put32(&m->zip, descriptor ? 0 : size);
	put16(&m->zip, (unsigned)strlen(name));
	put16(&m->zip, 0);
	buf_adds(&m->zip, name);
	buf_add(&m->zip, packed.p, packed.len);
	if (descriptor) {
		if (!m->unsigned_descriptor)
			buf_add(&m->zip, "PK\7\10", 4);
		put32(&m->zip, crc);
		put32(&m->zip, packed_len);
		put32(&m->zip, size);
	}
	buf_add(&m->directory, "PK\1\2\24\0\24\0", 8);
	put16(&m->directory, m->flags);
	put16(&m->directory, m->method);
	put32(&m->directory, 0x5a21);
	put32(&m->directory, crc);
	put32(&m->directory, packed_len);
	put32(&m->directory, size);
	put16(&m->directory, (unsigned)strlen(name));
	for (int i = 0; i < 6; i++)
		put16(&m->directory, 0);
	put32(&m->directory, at);
	buf_adds(&m->directory, name);
	m->files++;
	buf_free(&packed);
}

__attribute__((unused)) static void zip_add_text(struct zip_maker *m, const char *name,
						 const char *s)
{
	zip_add(m, name, s, strlen(s));
}

__attribute__((unused)) static struct buf zip_done(struct zip_maker *m)
{
	size_t at = m->zip.len;

	buf_add(&m->zip, m->directory.p, m->directory.len);
	buf_add(&m->zip, "PK\5\6\0\0\0\0", 8);
	put16(&m->zip, m->files);
	put16(&m->zip, m->files);
	put32(&m->zip, m->directory.len);
	put32(&m->zip, at);
	put16(&m->zip, 0);
	buf_free(&m->directory);
	return m->zip;
}

/* Names and contents in turn, NULL the last; a name that ends in / is a folder. */
__attribute__((unused)) static struct buf zipped(const char *const *files)
{
	struct zip_maker m = {.method = 8};

	for (; *files; files += 2) {
		m.method = files[1] ? 8 : 0;
		zip_add_text(&m, files[0], files[1] ? files[1] : "");
	}
	return zip_done(&m);
}

/* A tar's header; size is what it says. */
__attribute__((unused)) static void tar_header(struct buf *b, const char *name, char type,
					       uint64_t size)
{
	char h[512] = {0};
	unsigned sum = 0;

	snprintf(h, 100, "%s", name);
	snprintf(h + 100, 8, "%07o", 0644U);
	if (size < 1ULL << 33) {
		snprintf(h + 124, 12, "%011llo", (unsigned long long)size);
	} else {
		h[124] = (char)0x80;
		for (int i = 0; i < 8; i++)
			h[128 + i] = (char)(size >> (56 - 8 * i));
	}
	snprintf(h + 136, 12, "%011o", 0U);
	memset(h + 148, ' ', 8);
	h[156] = type;
	memcpy(h + 257, "ustar\0" "00", 8);
	for (size_t i = 0; i < sizeof(h); i++)
		sum += (uint8_t)h[i];
	snprintf(h + 148, 8, "%06o", sum);
	buf_add(b, h, sizeof(h));
}

__attribute__((unused)) static void zeroes(struct buf *b, size_t n)
{
	memset(buf_take(b, n), 0, n);
}

__attribute__((unused)) static void tar_add(struct buf *b, const char *name, char type,
					    const void *data, size_t len)
{
	tar_header(b, name, type, len);
	buf_add(b, data, len);
	zeroes(b, (512 - len % 512) % 512);
}

__attribute__((unused)) static void tar_add_text(struct buf *b, const char *name, const char *s)
{
	tar_add(b, name, '0', s, strlen(s));
}

/* And frees it. */
__attribute__((unused)) static const char *trace_buf(struct buf b)
{
	const char *got = trace_item(b.p, b.len, -1);

	buf_free(&b);
	return got;
}

/* The lines of a report that is entry no, to be freed by nobody. */
__attribute__((unused)) static const char *entry_outcome(char no)
{
	static char s[] = OUTCOME;

	s[strlen("head ")] = no;
	return s;
}

#endif
