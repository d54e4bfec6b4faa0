/* Gzips as they come: several members, cut, damaged, with wrong numbers, with something behind. */
#include "parse/repairs.h"
#include "parse/source.h"
#include "tests/unit/parse_pack.h"

static size_t first_len; /* bytes that came the first time */

/* All that comes out of the gzip in b, and what is said behind it ("": nothing). */
static const char *drain(struct buf b, struct buf *ret)
{
	static struct err e;
	static struct repairs *r;
	struct budget budget = {0};
	struct source *below = source_bytes(b.p, b.len, -1);
	struct block block;
	int got = 1;

	if (!r)
		r = repairs_new();
	struct source *s = source_gzip(below, 0, &budget, r);

	/* twice: the second time it must say the same */
	for (int i = 0; i < 2; i++) {
		ret->len = 0;
		e.class = ERR_NONE;
		while ((got = source_next(s, &block, &e)) > 0)
			buf_add(ret, block.p, block.len);
		if (i == 0)
			first_len = ret->len;
		if (i == 0 && source_rewind(s, &e) < 0)
			return "it can not be rewound";
	}
	source_close(s);
	source_close(below);
	buf_cstr(ret);
	return got < 0 ? e.msg : "";
}

/* Of b, cut down to len bytes, text (or a beginning of it) comes out. */
static void cut_to(struct buf b, size_t len, const char *text, size_t wanted, const char *name)
{
	struct buf got = {0};

	b.len = len;
	const char *why = drain(b, &got);
	bool is_beginning = got.len >= wanted && got.len <= strlen(text) &&
			    memcmp(got.p, text, got.len) == 0;

	if (!ok(is_beginning && strcmp(why, "gzip that ends in the middle") == 0, name))
		tap_note("%zu bytes, then: %s", got.len, why);
	buf_free(&got);
}

static void nested(void)
{
	struct buf one = gzipped_text(DOCUMENT), b = gzipped(one.p, one.len);

	is_str(trace_item(one.p, one.len, -1), OUTCOME, "gzip");
	is_str(trace_item(b.p, b.len, -1), OUTCOME, "gzip in gzip");
	is_str(trace_buf(gzipped_buf(b)), "refused 0 limit: packed more than 2 times\n",
	       "no third time");
	struct buf blanks = {0};

	buf_adds(&blanks, "\r\n  ");
	add_buf(&blanks, one);
	is_str(trace_buf(blanks), OUTCOME, "line ends before it");
	is_str(trace_buf(gzipped_text("<feedback>" RECORD POLICY METADATA "</feedback>")), OUTCOME,
	       "the head comes last: unpacked twice");
}

static void cut(void)
{
	struct buf text = {0};

	for (int i = 0; i < 20000; i++)
		buf_printf(&text, "line %d of so many\n", i * 7919 % 20011);
	struct buf b = gzipped(text.p, text.len);
	const char *s = buf_cstr(&text);

	cut_to(b, b.len - 3, s, text.len, "cut in the trailer: all of it");
	cut_to(b, b.len - 8, s, text.len, "cut before the trailer: all of it");
	cut_to(b, b.len - 100, s, text.len - 2000, "cut before that: nearly all of it");
	cut_to(b, b.len / 2, s, text.len / 3, "cut in the middle: the first half");
	cut_to(b, 200, s, 100, "cut early");
	cut_to(b, 10, s, 0, "cut behind the header: nothing");
	cut_to(b, 5, s, 0, "cut in the header: nothing");
	buf_free(&b);
	struct buf header = {0};

	/* with an extra field, a name, a comment and its own checksum */
	buf_add(&header, "\x1f\x8b\x08\x1e\0\0\0\0\0\3\4\0abcdname\0comment\0\1\2", 31);
	for (size_t i = 2; i <= header.len; i++) {
		struct buf got = {0};
		struct buf some = {header.p, i, header.cap};

		if (strcmp(drain(some, &got), "gzip that ends in the middle") != 0 || got.len)
			ok(false, "a header cut anywhere");
		buf_free(&got);
	}
	b = deflated("abc", 3, -MAX_WBITS);
	add_buf(&header, b);
	buf_add(&header, "\xc2\x41\x24\x35\3\0\0\0", 8);
	struct buf got = {0};

	is_str(drain(header, &got), "", "a header with everything in it");
	is_str(got.p, "abc", "and what comes behind it");
	buf_free(&got);
	buf_free(&header);
	buf_free(&text);
}

/* A gzip that is whole up to its middle, where a block of a kind begins that there is not. */
static struct buf half_good(const void *data, size_t len)
{
	struct buf b = {0};
	z_stream z = {0};

	if (deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		abort();
	z.next_in = (Bytef *)(uintptr_t)data;
	z.avail_in = (uInt)len;
	z.next_out = (Bytef *)buf_room(&b, len + 1000);
	z.avail_out = (uInt)len + 1000;
	if (deflate(&z, Z_SYNC_FLUSH) != Z_OK)
		abort();
	b.len = len + 1000 - z.avail_out;
	deflateEnd(&z);
	for (int i = 0; i < 1000; i++)
		buf_addc(&b, (char)0xff);
	return b;
}

static void damaged(void)
{
	struct buf text = {0}, got = {0};

	for (int i = 0; i < 20000; i++)
		buf_printf(&text, "line %d of so many\n", i * 7919 % 20011);
	struct buf b = half_good(text.p, text.len);
	const char *why = drain(b, &got);

	if (!ok(strcmp(why, "gzip that is damaged") == 0 &&
		got.len == text.len && memcmp(got.p, text.p, text.len) == 0,
		"damaged in the middle: what stands before it"))
		tap_note("%zu bytes of %zu, then: %s", got.len, text.len, why);
	b.p[2] = 7;
	trace_contains(trace_item(b.p, b.len, -1), "refused 0 input: gzip that is damaged",
		       "a method that gzip does not have");
	buf_free(&got);
	buf_free(&text);
	buf_free(&b);
}

/* Damage that goes on to give well-formed records counts for nothing: no block of it is. */
static void doubled(void)
{
	struct buf text = {0}, got = {0};

	buf_adds(&text, "<feedback>" METADATA POLICY);
	for (int i = 0; i < 2000; i++)
		buf_adds(&text, RECORD);
	buf_adds(&text, "</feedback>");
	struct buf b = gzipped(text.p, text.len);

	memset(b.p + b.len / 2, 0xff, 40);
	is_str(drain(b, &got), "gzip that is damaged", "damage in the only block of deflate");
	ok(first_len > 1000 && got.len == 0, "bytes came, and the second time no more");
	trace_quiet = true;
	trace_contains(trace_item(b.p, b.len, -1), "gzip that is damaged\n", "nothing stays");
	ok(strncmp(buf_cstr(&trace), "refused 0 input: ", 17) == 0, "it is refused");
	buf_free(&b);
	/* the first half in a block of its own, and damage behind it */
	b = half_good(text.p, text.len / 2);
	trace_contains(trace_item(b.p, b.len, -1), "\nend ", "damage behind good blocks: a part");
	trace_contains(buf_cstr(&trace), " p\n", "which says that it is one");
	trace_contains(buf_cstr(&trace), "repair archive_damaged where=gzip\n", "and why");
	buf_free(&b);
	b = gzipped(text.p, text.len);
	b.p[b.len - 8] ^= 0x5a;
	b.p[b.len - 4] ^= 0x5a;
	is_str(trace_item(b.p, b.len, -1), "refused 0 input: gzip that is damaged\n",
	       "neither the checksum nor the length agrees");
	b.p[b.len - 8] ^= 0x5a;
	b.p[b.len - 4] ^= 0x5a;
	trace_contains(trace_item(b.p, b.len - 5, -1), "repair archive_cut where=gzip\n"
		       "end 2000 6000 0 0 c\n", "cut in the trailer: the report is whole");
	trace_contains(trace_item(b.p, b.len - 50, -1), "repair archive_cut where=gzip\n",
		       "cut in the records");
	trace_contains(buf_cstr(&trace), " p\n", "a part of the report");
	trace_quiet = false;
	buf_free(&b);
	buf_free(&got);
	buf_free(&text);
}

/* All data is there: the report is stored, and told of. */
static void numbers(void)
{
	struct buf b = gzipped_text(DOCUMENT);

	b.p[b.len - 8] ^= 0x5a;
	trace_contains(trace_item(b.p, b.len, -1), "\nrepair archive_checksum where=gzip from=",
		       "a checksum that does not agree");
	trace_contains(trace_item(b.p, b.len, -1), "\nend 1 3 0 0 c\n", "the report is whole");
	b.p[b.len - 8] ^= 0x5a;
	b.p[b.len - 4]++;
	trace_contains(trace_item(b.p, b.len, -1), "\nrepair archive_length where=gzip from=",
		       "a length that does not agree");
	ok(!strstr(trace_item(b.p, b.len, -1), "checksum"), "only what is wrong is told of");
	b.p[b.len - 4]--;
	is_str(trace_item(b.p, b.len, -1), OUTCOME, "and the next one has no repairs");
	struct buf bad = {0};

	buf_add(&bad, b.p, b.len);
	bad.p[bad.len - 8] ^= 0x5a;
	add_buf(&bad, gzipped_text("\n"));
	trace_contains(trace_buf(bad), "\nrepair archive_checksum where=gzip from=",
		       "a member goes on behind the one with the wrong checksum");
	buf_free(&b);
}

static void members(void)
{
	struct buf a = gzipped_text("<feedback>" METADATA);

	add_buf(&a, gzipped_text(POLICY RECORD));
	zeroes(&a, 600);
	add_buf(&a, gzipped_text(""));
	add_buf(&a, gzipped_text("</feedback>"));
	is_str(trace_item(a.p, a.len, -1), OUTCOME, "one report in four members");
	struct buf b = {0};

	for (int i = 0; i < LIMIT_GZIP_MEMBERS; i++)
		buf_add(&b, "\x1f\x8b\x08\0\0\0\0\0\0\3\3\0\0\0\0\0\0\0\0\0", 20);
	add_buf(&b, gzipped_text("x"));
	trace_contains(trace_buf(b), "refused 0 limit: gzip of more than 100000 pieces\n",
		       "members without end");
	buf_free(&a);
}

static void behind(void)
{
	struct buf b = gzipped_text(DOCUMENT);

	buf_adds(&b, "\r\n \n");
	zeroes(&b, 1000);
	is_str(trace_item(b.p, b.len, -1), OUTCOME, "line ends and NULs behind it are nothing");
	buf_adds(&b, "Scanned by a gateway");
	trace_contains(trace_item(b.p, b.len, -1),
		       "\nrepair archive_trailing_bytes where=gzip from=Scanned by a gateway\n"
		       "end 1 3 0 0 c\n",
		       "other bytes are told of");
	buf_free(&b);
	b = gzipped_text(DOCUMENT);
	buf_addc(&b, '\x1f');
	trace_contains(trace_buf(b),
		       "\nrepair archive_trailing_bytes where=gzip from=\x1f\nend 1 3 0 0 c\n",
		       "half of what begins a member is none");
	b = gzipped_text(DOCUMENT);
	struct buf second = gzipped_text("<x/>"), got = {0};

	second.p[10] = (char)0xff; /* a block of a kind that there is not */
	buf_add(&b, second.p, second.len);
	trace_contains(trace_item(b.p, b.len, -1), "record 1 c0000201 3 npf from=a.example\n",
		       "a member behind it that is damaged");
	is_str(drain(b, &got), "gzip that is damaged", "and what is said of it");
	is_str(got.p, DOCUMENT, "the first one is whole");
	buf_free(&got);
	buf_free(&second);
	buf_free(&b);
}

int main(void)
{
	nested();
	cut();
	damaged();
	doubled();
	numbers();
	members();
	behind();
	return trace_done();
}
