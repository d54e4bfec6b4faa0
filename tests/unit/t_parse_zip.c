/* Zips as they come: without a directory, cut, damaged, encrypted, with wrong numbers, nested. */
#include "tests/unit/parse_pack.h"

#define PICTURE "\x89PNG\r\n\x1a\n: no report"

static const char *const two[] = {"a.xml", DOCUMENT, "b.xml", DOCUMENT, NULL};

/* Each of the lines is there, in their order. */
static void has_lines(const char *got, const char *const *lines, const char *name)
{
	const char *at = got;

	for (; *lines && at; lines++)
		at = strstr(at, *lines);
	if (!ok(at != NULL, name))
		tap_note("no %s in\n# %s", lines[-1], got);
}

#define HAS_LINES(got, name, ...) has_lines(got, (const char *const[]){__VA_ARGS__, NULL}, name)

/* A picture's bytes, as many as are asked for. */
static struct buf picture(size_t n)
{
	struct buf b = {0};

	buf_add(&b, PICTURE, sizeof(PICTURE));
	for (uint32_t x = 1; b.len < n; x = x * 1664525 + 1013904223)
		buf_addc(&b, (char)(x >> 24));
	return b;
}

static void whole(void)
{
	struct zip_maker m = {0};

	is_str(trace_buf(zipped((const char *const[]){"a.xml", DOCUMENT, NULL})),
	       entry_outcome('1'), "deflated");
	zip_add_text(&m, "a.xml", DOCUMENT);
	is_str(trace_buf(zip_done(&m)), entry_outcome('1'), "stored");
	trace_contains(trace_buf(zipped((const char *const[]){
			       "d/", NULL, "d/a", DOCUMENT, "../../b", "<feedback>" RECORD POLICY
			       METADATA "</feedback>", "c.txt", "unused", "d.xml", DOCUMENT,
			       NULL})),
		       entry_outcome('2'), "the second file of it, in two passes");
	trace_contains(buf_cstr(&trace), entry_outcome('4'), "and what comes behind it");
	trace_contains(buf_cstr(&trace),
		       "refused 3 input: an archive that holds no report, but `unused`\n",
		       "a file with a word in it is an entry of its own");
	is_str(trace_buf(zipped((const char *const[]){"d/", NULL, NULL})),
	       "refused 0 input: an archive with nothing in it\n", "a folder and nothing in it");
	is_str(trace_buf(zipped((const char *const[]){NULL})),
	       "refused 0 input: an archive with nothing in it\n", "nothing at all");
	is_str(trace_buf(zipped((const char *const[]){"a.xml", "", NULL})),
	       "refused 1 input: an empty file in the place of a report\n", "an empty file");
}

static void descriptors(void)
{
	for (int unsigned_ = 0; unsigned_ < 2; unsigned_++) {
		struct zip_maker m = {.method = 8, .flags = 8, .unsigned_descriptor = unsigned_};

		zip_add_text(&m, "a.xml", DOCUMENT);
		zip_add_text(&m, "b.xml", DOCUMENT);
		HAS_LINES(trace_buf(zip_done(&m)), "deflated, sizes behind the data", "head 1",
			  "end 1 3 0 0 c", "head 2", "end 1 3 0 0 c");
		ok(!strstr(buf_cstr(&trace), "refused") && !strstr(buf_cstr(&trace), "repair"),
		   "nothing is wrong with them");
	}
	struct zip_maker m = {.method = 0, .flags = 8};

	zip_add_text(&m, "a.xml", DOCUMENT);
	zip_add_text(&m, "d/", "");
	zip_add_text(&m, "b.txt", "PKzip is a program, PPPK\7\10 as well");
	zip_add_text(&m, "c.xml", DOCUMENT);
	HAS_LINES(trace_buf(zip_done(&m)), "stored, sizes behind the data", "head 1",
		  "end 1 3 0 0 c", "not 2 text", "head 3", "end 1 3 0 0 c");
	ok(!strstr(buf_cstr(&trace), "refused") && !strstr(buf_cstr(&trace), "repair"),
	   "nothing is wrong with them");
	/* longer than what is looked at of it */
	struct buf png = picture(300000);

	for (unsigned method = 0; method <= 8; method += 8) {
		m = (struct zip_maker){.method = method, .flags = 8};
		zip_add(&m, "a.png", png.p, png.len);
		m.method = 8;
		zip_add_text(&m, "b.xml", DOCUMENT);
		is_str(trace_buf(zip_done(&m)), ({
			       static char s[sizeof(OUTCOME) + 40];
			       snprintf(s, sizeof(s), "not 1 a PNG picture\n%s",
					entry_outcome('2'));
			       s; }),
		       "behind a picture that nobody read to its end");
	}
	buf_free(&png);
}

static void wrong_numbers(void)
{
	struct zip_maker m = {.method = 8, .wrong_crc = 0x5a};

	zip_add_text(&m, "a.xml", DOCUMENT);
	m.wrong_crc = 0;
	zip_add_text(&m, "b.xml", DOCUMENT);
	HAS_LINES(trace_buf(zip_done(&m)), "a checksum that does not agree", "head 1",
		  "\nrepair archive_checksum where=zip from=", "end 1 3 0 0 c\nhead 2");
	ok(!strstr(strstr(buf_cstr(&trace), "head 2"), "repair"), "of that file alone");
	for (unsigned flags = 0; flags <= 8; flags += 8) {
		m = (struct zip_maker){.method = 8, .flags = flags, .wrong_size = 5};
		zip_add_text(&m, "a.xml", DOCUMENT);
		m.wrong_size = 0;
		zip_add_text(&m, "b.xml", DOCUMENT);
		HAS_LINES(trace_buf(zip_done(&m)), "a length that does not agree", "head 1",
			  "\nrepair archive_length where=zip from=700 to=695\n",
			  "end 1 3 0 0 c\nhead 2", "end 1 3 0 0 c");
	}
	/* 4 GB, or nothing: deflate says itself where it ends */
	for (int i = 0; i < 2; i++) {
		m = (struct zip_maker){.method = 8, .wrong_packed = i ? 0xfffffff0 : 20,
				       .wrong_size = 0xfffffff0};
		zip_add_text(&m, "a.xml", DOCUMENT);
		m.wrong_packed = m.wrong_size = 0;
		zip_add_text(&m, "b.xml", DOCUMENT);
		HAS_LINES(trace_buf(zip_done(&m)), "a length of 4 GB", "head 1",
			  "\nrepair archive_length where=zip from=", "end 1 3 0 0 c\nhead 2",
			  "end 1 3 0 0 c");
	}
	ok(!strstr(buf_cstr(&trace), "refused"), "nothing is missing");
}

/* Sizes of 4 GB where nobody reads to the end: those behind are found again. */
static void wrong_sizes(void)
{
	struct buf png = picture(300000);

	for (unsigned method = 0; method <= 8; method += 8) {
		struct zip_maker m = {.method = 8};

		zip_add_text(&m, "a.xml", DOCUMENT);
		m.method = method;
		m.wrong_packed = m.wrong_size = 0xf0000000;
		zip_add(&m, "a.png", png.p, png.len);
		m.method = 8;
		m.wrong_packed = m.wrong_size = 0;
		zip_add_text(&m, "c.xml", DOCUMENT);
		HAS_LINES(trace_buf(zip_done(&m)), "behind a picture of 4 GB", "head 1",
			  "end 1 3 0 0 c\nnot 2 a PNG picture\nhead 3", "end 1 3 0 0 c\n");
	}
	buf_free(&png);
}

static void unread(void)
{
	struct zip_maker m = {.method = 8, .flags = 1};

	zip_add_text(&m, "a.xml", DOCUMENT);
	m.flags = 0;
	zip_add_text(&m, "b.xml", DOCUMENT);
	m.method = 14;
	zip_add_text(&m, "c.xml", DOCUMENT);
	m.method = 99;
	m.flags = 9;
	zip_add_text(&m, "d.xml", DOCUMENT);
	m.flags = 0;
	m.method = 8;
	zip_add_text(&m, "e.xml", DOCUMENT);
	HAS_LINES(trace_buf(zip_done(&m)), "what can't be read is refused by name",
		  "refused 1 input: file 1 of the zip is encrypted: unpack it with its password "
		  "and hand over what is in it\nhead 2", "end 1 3 0 0 c\n"
		  "refused 3 input: file 3 of the zip is packed with LZMA, which ruadb does not "
		  "read: unpack it and hand over what is in it\n"
		  "refused 4 input: file 4 of the zip is encrypted: ", "\nhead 5",
		  "end 1 3 0 0 c\n");
}

static void cut(void)
{
	struct buf b = zipped(two);
	size_t directory = (size_t)((char *)memmem(b.p, b.len, "PK\1\2", 4) - b.p);

	HAS_LINES(trace_item(b.p, b.len - 30, -1), "cut in the directory: all of it", "head 1",
		  "end 1 3 0 0 c\nhead 2",
		  "record 1 c0000201 3 npf from=a.example\nend 1 3 0 0 c\n");
	HAS_LINES(trace_item(b.p, directory, -1), "without a directory: all of it, told of",
		  "head 1", "record 1 c0000201 3 npf from=a.example\nend 1 3 0 0 c\nhead 2",
		  "repair archive_cut where=zip\nend 1 3 0 0 c\n");
	HAS_LINES(trace_item(b.p, directory - 10, -1), "cut in the second file", "head 1",
		  "end 1 3 0 0 c\n", " 2 ");
	b.len = directory / 2 + 10;
	HAS_LINES(trace_item(b.p, b.len, -1), "cut in the second header", "head 1",
		  "end 1 3 0 0 c\nrefused 2 input: zip that ends in the middle\n");
	HAS_LINES(trace_item(b.p, 20, -1), "cut in the first header",
		  "refused 0 input: zip that ends in the middle\n");
	buf_free(&b);
	struct buf png = picture(300000);
	struct zip_maker m = {0};

	zip_add_text(&m, "a.xml", DOCUMENT);
	zip_add(&m, "a.png", png.p, png.len);
	struct buf packed = gzipped_buf(zip_done(&m));

	packed.len -= packed.len / 4;
	HAS_LINES(trace_buf(packed), "a gzip around it is cut: the first one", "head 1",
		  "end 1 3 0 0 c\nnot 2 a PNG picture\n"
		  "refused 3 input: behind file 2 of the zip: gzip that ends in the middle\n");
	packed = gzipped_buf(zipped(two));
	packed.len -= 3;
	HAS_LINES(trace_buf(packed), "a gzip around it is cut behind it: nothing is missing",
		  "head 1", "repair archive_cut where=gzip\nend 1 3 0 0 c\nhead 2",
		  "repair archive_cut where=gzip\nend 1 3 0 0 c\n");
	packed = gzipped_buf(zipped(two));
	ok(!strstr(trace_item(packed.p, packed.len - 3, -1), "refused"),
	   "and so nothing is refused");
	buf_free(&packed);
	m = (struct zip_maker){0};
	zip_add(&m, "a.png", png.p, png.len);
	b = zip_done(&m);
	b.len = 200000;
	is_str(trace_buf(b),
	       "not 1 a PNG picture\nrefused 2 input: zip that ends in the middle\n",
	       "cut in a file that nobody read: more may have stood behind it");
	buf_free(&png);
}

static void damaged(void)
{
	for (unsigned flags = 0; flags <= 8; flags += 8) {
		struct zip_maker m = {.method = 8, .flags = flags};

		zip_add_text(&m, "a.xml", DOCUMENT);
		size_t at = m.zip.len;

		zip_add_text(&m, "b.xml", DOCUMENT);
		m.zip.p[at + 35] = (char)0xff; /* a block of a kind that there is not */
		zip_add_text(&m, "c.xml", DOCUMENT);
		HAS_LINES(trace_buf(zip_done(&m)), "a damaged file between two good ones", "head 1",
			  "end 1 3 0 0 c\nrefused 2 input: file 2 of the zip is damaged\nhead 3",
			  "end 1 3 0 0 c\n");
		ok(!strstr(buf_cstr(&trace), "refused 0"), "nothing else is missing");
		at = m.zip.len;
	}
	/* a header that is gone: its file is missing, and that is told */
	for (int directory = 0; directory < 2; directory++) {
		struct zip_maker m = {.method = 8};

		zip_add_text(&m, "a.xml", DOCUMENT);
		memcpy(buf_take(&m.zip, 10), "xxxxxxxxxx", 10);
		size_t at = m.zip.len;

		zip_add_text(&m, "b.xml", DOCUMENT);
		m.zip.p[at + 1] = 'x';
		zip_add_text(&m, "c.xml", DOCUMENT);
		size_t len = m.zip.len;
		struct buf b = zip_done(&m);

		b.len = directory ? b.len : len;
		HAS_LINES(trace_buf(b), "a header that is gone: what stands around it", "head 1",
			  "end 1 3 0 0 c\nhead 2", "end 1 3 0 0 c\n",
			  directory ? "refused 3 input: damaged zip: its directory lists 3 files "
				      "and folders, of which only 2 could be found\n"
				    : "refused 3 input: damaged zip: between the files that could "
				      "be read there is something that could not\n");
	}
}

static void around(void)
{
	struct buf b = {0}, more = zipped(two);

	buf_adds(&b, "MZ a program that unpacks itself, perhaps");
	zeroes(&b, 5000);
	buf_add(&b, more.p, more.len);
	HAS_LINES(trace_buf(b), "behind a program", "head 1", "end 1 3 0 0 c\nhead 2",
		  "end 1 3 0 0 c\n");
	b = (struct buf){0};
	buf_add(&b, more.p, more.len);
	buf_adds(&b, "\r\n-- \r\nSent by a gateway\r\n");
	HAS_LINES(trace_item(b.p, b.len, -1), "with something behind", "head 1",
		  "end 1 3 0 0 c\nhead 2", "end 1 3 0 0 c\n");
	ok(!strstr(buf_cstr(&trace), "refused"), "which is nothing");
	buf_add(&b, more.p, more.len);
	HAS_LINES(trace_buf(b), "two zips, one behind the other", "head 1",
		  "end 1 3 0 0 c\nhead 2", "end 1 3 0 0 c\nhead 3", "end 1 3 0 0 c\nhead 4",
		  "end 1 3 0 0 c\n");
	b = (struct buf){0};
	buf_add(&b, "PK\7\10", 4);
	add_buf(&b, more);
	HAS_LINES(trace_buf(b), "one that was to be split over disks", "head 1",
		  "end 1 3 0 0 c\nhead 2", "end 1 3 0 0 c\n");
}

static void limits(void)
{
	struct zip_maker m = {.method = 8};

	for (int i = 0; i < 34; i++)
		zip_add_text(&m, "a.xml", "<a/>");
	trace_contains(trace_buf(zip_done(&m)),
		       "not 32 XML without feedback\n"
		       "refused 33 limit: an archive of more than 32 files that are no mails: the "
		       "rest of it was not read\n",
		       "more files than an archive may hold");
	m = (struct zip_maker){.method = 8};
	for (int i = 0; i < 32; i++) {
		zip_add(&m, "._a.xml", "\0\5\26\7\0\2\0\0Mac OS X", 16);
		zip_add_text(&m, "a.xml", "<a/>");
	}
	zip_add(&m, ".DS_Store", "\0\0\0\1Bud1\0\0\0\0", 12);
	trace_contains(trace_buf(zip_done(&m)),
		       "not 64 XML without feedback\nnot 65 what macOS keeps of a folder\n",
		       "what macOS adds is no file that counts");
	m = (struct zip_maker){.method = 8};
	for (int i = 0; i < 100; i++)
		zip_add_text(&m, "a.eml", "From: a@b\nSubject: c\n\nd\n");
	trace_contains(trace_buf(zip_done(&m)), "\nnot 100 ", "mails may be more");
	m = (struct zip_maker){0};
	for (int i = 0; i < LIMIT_ARCHIVE_NAMES + 1; i++)
		zip_add_text(&m, "d/", "");
	trace_contains(trace_buf(zip_done(&m)), "refused 0 limit: a zip of more than 20000 files",
		       "folders without end");
}

/* What is in data, once more in a zip. */
static struct buf zip_of(struct buf data)
{
	struct zip_maker m = {.method = 0};

	zip_add(&m, "inner", data.p, data.len);
	buf_free(&data);
	return zip_done(&m);
}

static void nested(void)
{
	is_str(trace_buf(zip_of(gzipped_text(DOCUMENT))), entry_outcome('1'), "gzip in zip");
	is_str(trace_buf(gzipped_buf(zip_of(gzipped_text(DOCUMENT)))),
	       "refused 1 limit: packed more than 2 times\n", "gzip in zip in gzip");
	HAS_LINES(trace_buf(zip_of(zipped(two))), "zip in zip", "head 1", "end 1 3 0 0 c\nhead 2",
		  "end 1 3 0 0 c\n");
	/* the inner one is stored: its own files must not be found once more */
	struct zip_maker m = {.method = 0};
	struct buf inner = zip_of(zip_of(zipped(two)));

	zip_add(&m, "inner", inner.p, inner.len);
	zip_add_text(&m, "b.xml", DOCUMENT);
	HAS_LINES(trace_buf(zip_done(&m)), "too deep a nest, and a good one behind it",
		  "refused 1 limit: packed more than 2 times\nhead 2", "end 1 3 0 0 c\n");
	ok(!strstr(buf_cstr(&trace), "head 3"), "nothing twice");
	buf_free(&inner);
	HAS_LINES(trace_buf(zip_of(gzipped_text(
			  "From a\nFrom: a@b\nSubject: c\n\nd\n\nFrom b\nFrom: a@b\nSubject: c\n\n"
			  DOCUMENT))),
		  "an mbox in a gzip in a zip", "not 1 ", " 2 ");
}

int main(void)
{
	whole();
	descriptors();
	wrong_numbers();
	wrong_sizes();
	unread();
	cut();
	damaged();
	around();
	limits();
	nested();
	return trace_done();
}
