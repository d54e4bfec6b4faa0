/* decode: bytes of any kind as characters of XML, however they are cut into blocks. */
#include "base/mem.h"
#include "parse/charset.h"
#include "parse/decode.h"
#include "tests/unit/tap.h"

#include <stdlib.h>

#define FEFF "\xef\xbb\xbf"
#define FFFD "\xef\xbf\xbd"

/* A source of blocks of a size of its own; fails behind its bytes if it shall. */
struct pieces {
	struct source source;
	const char *data;
	size_t size, at, block;
	bool fails;
};

static int pieces_next(struct source *s, struct block *ret, struct err *e)
{
	struct pieces *p = (struct pieces *)s;
	size_t n = p->size - p->at < p->block ? p->size - p->at : p->block;

	if (!n)
		return p->fails ? err_set(e, ERR_INPUT, "cut") : 0;
	*ret = (struct block){(const uint8_t *)p->data + p->at, n, false};
	p->at += n;
	return 1;
}

static int pieces_rewind(struct source *s, struct err *e)
{
	(void)e;
	((struct pieces *)s)->at = 0;
	return 0;
}

static struct repairs *repairs;
static struct buf told; /* the repairs as lines: line, kind, from, to, times */
static uint64_t told_times;

static int keep_frames(void *ctx, struct buf *out, struct err *e)
{
	(void)ctx, (void)out, (void)e;
	return 0;
}

static uint32_t get_u32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static const uint8_t *put_text(const uint8_t *p, const char *before)
{
	size_t n = p[0] | (size_t)p[1] << 8;

	p += 2;
	if (n == 0xffff)
		return p;
	buf_printf(&told, "%s%.*s", before, (int)n, (const char *)p);
	return p + n;
}

/* What the struct repairs holds, out of the frames that it sends. */
static const char *repairs_told(void)
{
	struct parse_sink sink = {.flush = keep_frames};
	struct emit *m = emit_new();
	struct frame f;
	struct err e;
	size_t at = 0, used;

	emit_start(m, 1, &sink);
	repairs_send(repairs, m);
	told.len = 0;
	told_times = 0;
	while (frame_next((uint8_t *)sink.out.p + at, sink.out.len - at, &f, &used, &e) == 1) {
		const uint8_t *p = f.payload + 12;

		buf_printf(&told, "%u ", get_u32(f.payload + 8));
		p = put_text(p, "");
		p = put_text(p, " in ");
		p = put_text(p, " ");
		put_text(p, " > ");
		told_times += get_u32(f.payload);
		if (get_u32(f.payload) != 1)
			buf_printf(&told, " x%u", get_u32(f.payload));
		buf_addc(&told, '\n');
		at += used;
	}
	emit_free(m);
	buf_free(&sink.out);
	return buf_cstr(&told);
}

/* All that the source gives; "!" and the reason behind it where it fails. */
static void drain(struct source *s, struct buf *ret)
{
	struct block b;
	struct err e;
	int r;

	ret->len = 0;
	while ((r = source_next(s, &b, &e)) == 1)
		buf_add(ret, b.p, b.len);
	decode_taken(s, ret->len);
	if (r < 0)
		buf_printf(ret, "!%s", e.msg);
	buf_cstr(ret);
}

static struct pieces pieces_of(const char *data, size_t size, size_t block, bool fails)
{
	return (struct pieces){{pieces_next, pieces_rewind, NULL}, data, size, 0, block, fails};
}

static bool same(const struct buf *got, const char *wanted, size_t n)
{
	return got->len == n && memcmp(got->p, wanted, n) == 0;
}

/* In blocks of several sizes, twice over: the same text, told once. */
static void check(const char *data, size_t size, bool fails, const char *wanted,
		  const char *wanted_told, const char *name)
{
	static const size_t blocks[] = {1, 2, 3, 7, 100000};
	struct buf got = {0};

	for (size_t i = 0; i < sizeof(blocks) / sizeof(*blocks); i++) {
		struct pieces p = pieces_of(data, size, blocks[i], fails);
		AUTO_FREE char *full = xasprintf("%s, in blocks of %zu", name, blocks[i]);
		struct source *d = decode_open(&p.source, repairs);
		struct err e;

		repairs_begin(repairs);
		drain(d, &got);
		bool good = same(&got, wanted, strlen(wanted));

		if (!good)
			tap_note("got    %s\n# wanted %s", got.p, wanted);
		ok(good && source_rewind(d, &e) == 0, full);
		drain(d, &got);
		if (!same(&got, wanted, strlen(wanted)) || strcmp(repairs_told(), wanted_told) != 0)
			ok(false, "the same once more, and told once");
		is_str(repairs_told(), wanted_told, "told");
		source_close(d);
	}
	buf_free(&got);
}

#define CHECK(data, wanted, told_, name) check(data, sizeof(data) - 1, false, wanted, told_, name)

static void test_utf8(void)
{
	CHECK("<a>\tb\r\n</a>", "<a>\tb\r\n</a>", "", "plain");
	CHECK("", "", "", "nothing");
	CHECK("<a>\xc3\xb1 \xe2\x82\xac \xf0\x9f\x93\xa7</a>", "<a>ñ € 📧</a>", "", "UTF-8");
	CHECK(FEFF "<a/>", "<a/>", "", "a byte order mark");
	CHECK(FEFF FEFF "<a/>", "<a/>", "1 control_character \\xef\\xbb\\xbf > \n", "two of them");
	CHECK("<a>\xef\xbb\xbf</a>", "<a>\xef\xbb\xbf</a>", "", "one that is a character");
	CHECK("<?xml version='1.0' encoding='utf8'?><a/>",
	      "<?xml version='1.0' encoding='utf8'?><a/>", "", "a declaration stays");
}

static void test_invalid(void)
{
	CHECK("\n<a>Sue\xf1o</a>", "\n<a>Sueño</a>", "2 invalid_bytes \\xf1 > ñ\n", "Latin-1");
	CHECK("<a>\x93q\x94 \x80\x80</a>", "<a>“q” €€</a>",
	      "1 invalid_bytes \\x93 > “\n1 invalid_bytes \\x94 > ”\n"
	      "1 invalid_bytes \\x80 > € x2\n", "windows-1252");
	CHECK("<a>\x81</a>", "<a>" FFFD "</a>", "1 invalid_bytes \\x81 > " FFFD "\n",
	      "no character of windows-1252");
	CHECK("<a>\xe2\x82</a>", "<a>â‚</a>", "1 invalid_bytes \\xe2\\x82 > â‚\n",
	      "a character that is cut");
	CHECK("<a>\xc3", "<a>Ã", "1 invalid_bytes \\xc3 > Ã\n", "cut by the end");
	CHECK("\xc0\xaf\xf5", "À¯õ",
	      "1 invalid_bytes \\xc0 > À\n1 invalid_bytes \\xaf > ¯\n1 invalid_bytes \\xf5 > õ\n",
	      "overlong, and beyond Unicode");
}

static void test_forbidden(void)
{
	CHECK("a\0b\1\x0b\x1f\x7f", "ab\x7f",
	      "1 control_character \\x00 > \n1 control_character \\x01 > \n"
	      "1 control_character \\x0b > \n1 control_character \\x1f > \n", "control characters");
	CHECK("<a/>\n\0\0\0\0\0\0\0\0", "<a/>\n", "2 control_character \\x00 >  x8\n",
	      "NULs behind a document");
	CHECK("a\xed\xa0\x80 \xef\xbf\xbe", "a ",
	      "1 control_character \\xed\\xa0\\x80 > \n1 control_character \\xef\\xbf\\xbe > \n",
	      "a surrogate, and what is no character");
}

static void test_declared(void)
{
	CHECK("<?xml version=\"1.0\" encoding=\"windows-1252\"?><a>\xf1\x80</a>",
	      "<?xml version=\"1.0\" encoding=\"windows-1252\"?><a>ñ€</a>", "", "windows-1252");
	CHECK("text\n<?xml version='1.0' encoding = 'koi8-r' ?><a>\xc1</a>",
	      "text\n<?xml version='1.0' encoding = 'koi8-r' ?><a>а</a>", "",
	      "behind other text");
	CHECK("<?xml encoding='Shift_JIS'?><a>\x93\xfa\xfd</a>",
	      "<?xml encoding='Shift_JIS'?><a>日" FFFD "</a>",
	      "1 invalid_bytes \\xfd > " FFFD "\n", "Shift_JIS, and a byte that it does not have");
	CHECK("<?xml encoding='gb18030'?><a>\xc8\xd5</a>\xc8",
	      "<?xml encoding='gb18030'?><a>日</a>" FFFD, "1 invalid_bytes \\xc8 > " FFFD "\n",
	      "GB18030 that is cut");
	CHECK("<?xml encoding=\"utf8mb4\"?><a>ñ</a>", "<?xml encoding=\"utf8mb4\"?><a>ñ</a>",
	      "1 encoding_unknown utf8mb4 > UTF-8\n", "an unknown one");
	CHECK("<?xml encoding=\"\"?><a/>", "<?xml encoding=\"\"?><a/>",
	      "1 encoding_unknown  > UTF-8\n", "one without a name");
	CHECK("<?xml encoding='UTF-16'?><a>ñ</a>", "<?xml encoding='UTF-16'?><a>ñ</a>",
	      "1 encoding_wrong UTF-16 > UTF-8\n", "UTF-16 that is none");
	CHECK("<?xml encoding='us-ascii'?>\n<a>ñ</a>", "<?xml encoding='us-ascii'?>\n<a>ñ</a>",
	      "2 encoding_wrong us-ascii > UTF-8\n", "ASCII that is none");
	CHECK("<?xml encoding='us-ascii'?><a/>", "<?xml encoding='us-ascii'?><a/>", "", "ASCII");
	CHECK(FEFF "<?xml encoding='iso-8859-1'?><a>ñ</a>",
	      "<?xml encoding='iso-8859-1'?><a>ñ</a>", "1 encoding_wrong iso-8859-1 > UTF-8\n",
	      "a byte order mark against the declaration");
	CHECK("\xff\xfe<a>ñ</a>", "<a>ñ</a>",
	      "1 encoding_wrong a byte order mark of UTF-16 > UTF-8\n", "a mark that lies");
}

static void test_wide(void)
{
	CHECK("\xff\xfe<\0a\0>\0\xf1\0<\0/\0a\0>\0", "<a>ñ</a>", "", "UTF-16LE with a mark");
	CHECK("\xfe\xff\0<\0a\0>\0\xf1\0\n\0<\0/\0a\0>", "<a>ñ\n</a>", "", "UTF-16BE with one");
	CHECK("<\0a\0/\0>\0", "<a/>", "1 encoding_wrong > UTF-16LE\n", "UTF-16LE without");
	CHECK("\0\n\0<\0a\0/\0>", "\n<a/>", "1 encoding_wrong > UTF-16BE\n", "UTF-16BE without");
	CHECK("\xff\xfe\0\0<\0\0\0a\0\0\0/\0\0\0>\0\0\0", "<a/>", "", "UTF-32LE with a mark");
	CHECK("\0\0\xfe\xff\0\0\0<\0\0\0a\0\0\0/\0\0\0>", "<a/>", "", "UTF-32BE with one");
	CHECK("<\0\0\0a\0\0\0/\0\0\0>\0\0\0", "<a/>", "1 encoding_wrong > UTF-32LE\n",
	      "UTF-32LE without");
	CHECK("\0\0\0<\0\0\0a\0\0\0/\0\0\0>", "<a/>", "1 encoding_wrong > UTF-32BE\n",
	      "UTF-32BE without");
	CHECK("\xff\xfe<\0a\0>\0\n\0\x00\xd8<\0/\0a\0>\0\1\0x", "<a>\n" FFFD "</a>" FFFD,
	      "2 invalid_bytes \\x00\\xd8 > " FFFD "\n2 control_character \\x01 > \n"
	      "2 invalid_bytes \\x78 > " FFFD "\n", "half a surrogate pair, a cut unit");
	CHECK("\0\0\0<a\0/>", "<a/>", "1 control_character \\x00 >  x4\n",
	      "NULs that mean nothing");
}

static void test_failure(void)
{
	check("<a>\xf1", 4, true, "<a>ñ!cut", "1 invalid_bytes \\xf1 > ñ\n", "the source fails");
	check("", 0, true, "!cut", "", "it fails at once");
	check("\xff\xfe<\0a\0", 6, true, "<a!cut", "", "it fails in UTF-16");
}

/* A text over several windows and blocks, in three encodings. */
static void test_long(void)
{
	struct buf text = {0}, wide = {0}, koi8 = {0}, got = {0};
	static const char head[] = "<?xml encoding='koi8-r'?>";

	buf_add(&wide, "\xff\xfe", 2);
	buf_adds(&koi8, head);
	for (int i = 0; i < 30000; i++) {
		buf_adds(&text, i ? "яa" : "<a");
		buf_add(&wide, i ? "\x4f\4a\0" : "<\0a\0", 4);
		buf_adds(&koi8, i ? "\xd1" "a" : "<a");
	}
	const struct {
		const struct buf *in;
		size_t before;
		const char *name;
	} all[] = {{&text, 0, "long, UTF-8"},
		   {&wide, 0, "long, UTF-16"},
		   {&koi8, sizeof(head) - 1, "long, KOI8-R"}};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		struct pieces p = pieces_of(all[i].in->p, all[i].in->len, 4099, false);
		struct source *d = decode_open(&p.source, repairs);

		repairs_begin(repairs);
		drain(d, &got);
		ok(got.len == all[i].before + text.len &&
			   memcmp(got.p + all[i].before, text.p, text.len) == 0,
		   all[i].name);
		source_close(d);
	}
	is_str(repairs_told(), "", "nothing to tell");
	buf_free(&text);
	buf_free(&wide);
	buf_free(&koi8);
	buf_free(&got);
}

/* More different changes than are kept apart: each is counted all the same. */
static void test_many(void)
{
	struct buf in = {0}, got = {0};
	uint64_t changes = 0;

	for (unsigned i = 0; i < 40; i++)
		for (unsigned a = 0xc2; a < 0xf0; a++)
			for (unsigned b = 0x80; b < 0xc0; b++) {
				const char bytes[] = {(char)a, (char)(a < 0xe0 ? 'x' : b)};

				buf_add(&in, bytes, 2);
				changes++;
			}
	struct pieces p = pieces_of(in.p, in.len, 5000, false);
	struct source *d = decode_open(&p.source, repairs);

	repairs_begin(repairs);
	drain(d, &got);
	repairs_told();
	/* of E0, ED and F0 not every second byte is one: then each is a change of its own */
	ok(told_times >= changes && told_times < changes * 2, "more changes than are kept apart");
	source_close(d);
	buf_free(&in);
	buf_free(&got);
}

/* Several documents in one file: each has its own repairs, though all of it was read at once. */
static void test_documents(void)
{
	static const char docs[] = "<feedback>\xf1</feedback>\n<feedback>\xf1\xf2</feedback>\0\0";
	struct pieces p = pieces_of(docs, sizeof(docs) - 1, 1000, false);
	struct source *d = decode_open(&p.source, repairs);
	struct block b;
	struct err e;

	repairs_begin(repairs);
	ok(source_next(d, &b, &e) == 1, "two documents in a block");
	decode_taken(d, 9);
	is_str(repairs_told(), "", "nothing before its place is come to");
	decode_taken(d, 24);
	is_str(repairs_told(), "1 invalid_bytes \\xf1 > ñ\n", "the first one's");
	repairs_begin(repairs);
	decode_taken(d, b.len);
	is_str(repairs_told(),
	       "2 invalid_bytes \\xf1 > ñ\n2 invalid_bytes \\xf2 > ò\n"
	       "2 control_character \\x00 >  x2\n", "the second one's");
	source_close(d);
}

static void test_padding(void)
{
	struct buf in = {0}, got = {0};

	for (int i = 0; i < 2; i++) {
		size_t n = LIMIT_SILENCE + (size_t)i * 8192; /* it is looked at now and then */

		in.len = 0;
		buf_adds(&in, "<a/>");
		memset(buf_take(&in, n), 0, n);
		buf_adds(&in, "<b/>");
		struct pieces p = pieces_of(in.p, in.len, 65536, false);
		struct source *d = decode_open(&p.source, repairs);

		drain(d, &got);
		is_str(got.p,
		       i ? "<a/>!more than 1048576 NULs or control characters in a row" :
			   "<a/><b/>",
		       i ? "padding without an end" : "padding");
		source_close(d);
	}
	buf_free(&in);
	buf_free(&got);
}

int main(void)
{
	charset_open_all();
	repairs = repairs_new();
	test_utf8();
	test_invalid();
	test_forbidden();
	test_declared();
	test_wide();
	test_failure();
	test_long();
	test_many();
	test_documents();
	test_padding();
	repairs_free(repairs);
	buf_free(&told);
	return tap_done();
}
