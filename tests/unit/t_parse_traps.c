/* Bombs and traps in archives: each a named refusal in 2 seconds and 100 MB, good files around it
 * stored. */
#include "tests/unit/parse_pack.h"

#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#define MB (1 << 20)
#define GOOD(no) "head " no " d begin=1792195200"
#ifdef RUADB_SANITIZE
#define SLOWER 8
#else
#define SLOWER 1
#endif

/* A gzip that grows: nothing of what it holds is ever in memory. */
struct gzip_maker {
	struct buf out;
	z_stream z;
	uLong crc;
	uint64_t size;
};

static void gzip_begin(struct gzip_maker *g)
{
	*g = (struct gzip_maker){0};
	if (deflateInit2(&g->z, 1, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		abort();
	buf_add(&g->out, "\x1f\x8b\x08\0\0\0\0\0\0\3", 10);
}

static void gzip_feed(struct gzip_maker *g, const void *p, size_t n, int flush)
{
	g->z.next_in = (Bytef *)(uintptr_t)p;
	g->z.avail_in = (uInt)n;
	do {
		g->z.next_out = (Bytef *)buf_room(&g->out, 65536);
		g->z.avail_out = 65536;
		if (deflate(&g->z, flush) == Z_STREAM_ERROR)
			abort();
		g->out.len += 65536 - g->z.avail_out;
	} while (g->z.avail_out == 0);
	g->crc = crc32(g->crc, p, (uInt)n);
	g->size += n;
}

static void gzip_text(struct gzip_maker *g, const char *s)
{
	gzip_feed(g, s, strlen(s), Z_NO_FLUSH);
}

static void gzip_buf(struct gzip_maker *g, struct buf b)
{
	gzip_feed(g, b.p, b.len, Z_NO_FLUSH);
	buf_free(&b);
}

/* n bytes, about: the len bytes at p again and again. Between full flushes equal bytes pack to the
 * same bytes, so that zlib is asked once. */
static void gzip_repeat(struct gzip_maker *g, const char *p, size_t len, uint64_t n)
{
	static char mb[MB];
	size_t some = MB - MB % len;

	for (size_t i = 0; i < some; i++)
		mb[i] = p[i % len];
	gzip_feed(g, "", 0, Z_FULL_FLUSH);
	size_t at = g->out.len;

	gzip_feed(g, mb, some, Z_FULL_FLUSH);
	size_t packed = g->out.len - at;
	uLong crc = crc32(0, (const Bytef *)mb, (uInt)some);

	for (uint64_t done = some; done + some <= n; done += some) {
		char *to = buf_take(&g->out, packed);

		memcpy(to, g->out.p + at, packed);
		g->crc = crc32_combine(g->crc, crc, (z_off_t)some);
		g->size += some;
	}
}

static struct buf gzip_end(struct gzip_maker *g)
{
	gzip_feed(g, "", 0, Z_FINISH);
	deflateEnd(&g->z);
	put32(&g->out, g->crc);
	put32(&g->out, g->size & UINT32_MAX);
	return g->out;
}

static double cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* KB that this process has at most had since clear_refs was written. */
static long peak(bool clear)
{
	FILE *f = fopen(clear ? "/proc/self/clear_refs" : "/proc/self/status", clear ? "w" : "r");
	char line[200];
	long kb = -1;

	if (!f)
		return -1;
	if (clear)
		fputs("5", f);
	while (!clear && fgets(line, sizeof(line), f))
		if (sscanf(line, "VmHWM: %ld kB", &kb) == 1)
			break;
	fclose(f);
	return kb;
}

/* Parses and frees b; wanted: each must be in what comes of it. */
static void trap(struct buf b, const char *name, const char *const *wanted)
{
	long before, after;
	double start;

	peak(true);
	before = peak(false);
	start = cpu();
	trace_quiet = true;
	const char *got = trace_item(b.p, b.len, -1);
	double took = cpu() - start;

	after = peak(false);
	for (; *wanted; wanted++)
		trace_contains(got, *wanted, name);
	if (!ok(took <= 2.0 * SLOWER, name) || getenv("TRAPS_VERBOSE"))
		tap_note("%.2f s, %ld KB", took, after - before);
	if (!ok(SLOWER > 1 || after - before < 100 << 10, "memory stays small"))
		tap_note("%ld KB", after - before);
	buf_free(&b);
}

#define TRAP(b, name, ...) trap(b, name, (const char *const[]){__VA_ARGS__, NULL})

/* Blanks where elements should be; p: what stands before them. */
static struct buf blanks(const char *p, uint64_t n)
{
	struct gzip_maker g;

	gzip_begin(&g);
	gzip_text(&g, p);
	gzip_repeat(&g, " ", 1, n);
	return gzip_end(&g);
}

/* A file of a zip that is deflated: what a gzip has between its header and trailer. */
static void zip_add_gzipped(struct zip_maker *m, struct buf packed, uint64_t size)
{
	struct zip_maker raw = {.zip = m->zip, .directory = m->directory, .files = m->files,
				.method = 12, .flags = m->flags, .wrong_size = size};
	size_t at = m->zip.len;

	/* as bzip2, so that it is left as it is; then it is said to be deflated */
	zip_add(&raw, "bomb.xml", packed.p + 10, packed.len - 18);
	raw.zip.p[at + 8] = 8;
	buf_free(&packed);
	m->zip = raw.zip;
	m->directory = raw.directory;
	m->files = raw.files;
}

static void gzips(void)
{
	TRAP(blanks("<feedback>", 2047ULL * MB), "a small gzip that becomes 2 GB",
	     "refused 0 limit: more than 1048576 bytes ");
	TRAP(blanks("\x89PNG", 2047ULL * MB), "that is a picture", "not 0 a PNG picture\n");
	TRAP(gzipped_buf(gzipped_buf(blanks("<feedback>", 2047ULL * MB))), "thrice",
	     "refused 0 limit: packed more than 2 times\n");
	TRAP(gzipped_buf(blanks("<feedback>", 2047ULL * MB)), "twice",
	     "refused 0 limit: more than 1048576 bytes ");
	struct gzip_maker g;

	gzip_begin(&g);
	gzip_buf(&g, gzipped_text(DOCUMENT));
	gzip_repeat(&g, "\0", 1, 2000ULL * MB);
	TRAP(gzip_end(&g), "2 GB of padding behind the inner one", GOOD("0"),
	     "repair archive_trailing_bytes where=gzip", "end 1 3 0 0 c\n");
	gzip_begin(&g);
	gzip_repeat(&g, "\x1f\x8b\x08\0\0\0\0\0\0\3\3\0\0\0\0\0\0\0\0\0", 20, 1000ULL * MB);
	TRAP(gzip_end(&g), "members without end",
	     "refused 0 limit: gzip of more than 100000 pieces\n");
	gzip_begin(&g);
	gzip_feed(&g, "\x1f\x8b\x08\x08\0\0\0\0\0\3", 10, Z_NO_FLUSH);
	gzip_repeat(&g, "name", 4, 2000ULL * MB);
	TRAP(gzip_end(&g), "a name of 2 GB",
	     "refused 0 limit: gzip with a name of more than 65536 bytes\n");
}

static void zips(void)
{
	for (unsigned flags = 0; flags <= 8; flags += 8) {
		struct zip_maker m = {.method = 8, .flags = flags};

		zip_add_text(&m, "a.xml", DOCUMENT);
		for (int i = 0; i < 10; i++)
			zip_add_gzipped(&m, blanks("<feedback>", 100ULL * MB), 100ULL * MB);
		zip_add_text(&m, "z.xml", DOCUMENT);
		TRAP(zip_done(&m), "bombs between good files", GOOD("1"),
		     "refused 2 limit: more than 1048576 ", "refused 11 limit: ", GOOD("12"));
	}
	struct zip_maker m = {.method = 0};

	for (int i = 0; i < 100000; i++)
		zip_add_text(&m, "e", "");
	TRAP(zip_done(&m), "100,000 empty files",
	     "refused 33 limit: an archive of more than 32 files");
	/* 42.zip: zips of 16 zips of 16 zips of bombs */
	struct buf level = blanks("<feedback>", 100ULL * MB);

	for (int depth = 0; depth < 5; depth++) {
		m = (struct zip_maker){.method = 8};
		for (int i = 0; i < 16; i++)
			zip_add(&m, "lib.zip", level.p, level.len);
		buf_free(&level);
		level = zip_done(&m);
	}
	TRAP(level, "zips of zips of zips", "limit: packed more than 2 times\n",
	     "limit: an archive of more than 32 files");
	/* a quoted header in the middle of a file that is stored: an overlap, read once */
	m = (struct zip_maker){.method = 0};
	struct zip_maker inner = {.method = 0};

	zip_add_text(&inner, "b.xml", DOCUMENT);
	zip_add(&m, "a.zip", inner.zip.p, inner.zip.len);
	add_buf(&m.directory, inner.directory);
	m.files++;
	buf_free(&inner.zip);
	TRAP(zip_done(&m), "a file within another", GOOD("1"),
	     "refused 2 input: damaged zip: its directory lists 2 files");
}

/* What is looked for is nearly there, without end. */
static void searches(void)
{
	struct gzip_maker g;
	struct zip_maker m = {.method = 0, .flags = 8};

	zip_add_text(&m, "a.xml", DOCUMENT);
	size_t before = m.zip.len;

	zip_add_text(&m, "b", "");
	struct buf head = m.zip;

	buf_free(&m.directory);
	head.len -= 16; /* the descriptor */
	for (int i = 0; i < 4; i++) {
		static const char *const almost[] = {"P", "PK", "PK\7\10", "PK\3\4"};

		head.p[before + 8] = i & 1 ? 8 : 0;
		gzip_begin(&g);
		gzip_feed(&g, head.p, head.len, Z_NO_FLUSH);
		gzip_repeat(&g, almost[i], strlen(almost[i]), 300ULL * MB);
		TRAP(gzip_end(&g), "a descriptor that never comes", GOOD("1"), " 2 ");
	}
	buf_free(&head);
	gzip_begin(&g);
	m = (struct zip_maker){.method = 0};
	zip_add_text(&m, "a.xml", DOCUMENT);
	buf_free(&m.directory);
	gzip_buf(&g, m.zip);
	gzip_repeat(&g, "PK\3\4", 4, 1000ULL * MB);
	TRAP(gzip_end(&g), "headers that are none", GOOD("1"), "refused 3 limit: a zip ");
	gzip_begin(&g);
	m = (struct zip_maker){.method = 0};
	zip_add_text(&m, "a.xml", DOCUMENT);
	gzip_buf(&g, m.zip);
	gzip_repeat(&g, m.directory.p, m.directory.len, 1000ULL * MB);
	buf_free(&m.directory);
	TRAP(gzip_end(&g), "a directory without end", GOOD("1"),
	     "refused 2 limit: a zip with more than "
	     "128 MB of what is no report: the rest of it was not read\n");
}

static struct buf tar_begin(void)
{
	struct buf b = {0};

	tar_add_text(&b, "a.xml", DOCUMENT);
	return b;
}

static void tars(void)
{
	struct gzip_maker g;
	struct buf b = tar_begin();

	gzip_begin(&g);
	tar_header(&b, "b.png", '0', 1300ULL * MB);
	gzip_buf(&g, b);
	gzip_repeat(&g, "\x89PNG", 4, 1300ULL * MB);
	gzip_buf(&g, tar_begin());
	TRAP(gzip_end(&g), "a picture of 1.5 GB in a tar", GOOD("1"), "not 2 a PNG picture\n",
	     "refused 3 limit: a tar with more than 128 MB of what is no report");
	gzip_begin(&g);
	b = tar_begin();
	tar_header(&b, "pax", 'x', 1000ULL * MB);
	gzip_buf(&g, b);
	gzip_repeat(&g, "9 a=bcde\n", 9, 1000ULL * MB);
	TRAP(gzip_end(&g), "a pax header of 1 GB", GOOD("1"),
	     "refused 2 limit: a tar with more than");
	gzip_begin(&g);
	gzip_buf(&g, tar_begin());
	gzip_repeat(&g, "\0", 1, 2000ULL * MB);
	TRAP(gzip_end(&g), "2 GB of zeroes behind a tar", GOOD("1"), "refused 2 limit: a tar with");
	gzip_begin(&g);
	gzip_buf(&g, tar_begin());
	b = (struct buf){0};
	tar_header(&b, "d/", '5', 0);
	gzip_repeat(&g, b.p, b.len, 1000ULL * MB);
	TRAP(gzip_end(&g), "folders without end", GOOD("1"),
	     "refused 2 limit: a tar of more than 20000 files and folders: the rest of it was not "
	     "read\n");
	b.len = 0;
	tar_header(&b, "s", 'S', 1ULL << 50);
	b.p[482] = 1;
	memset(b.p + 148, ' ', 8);
	unsigned sum = 0;

	for (size_t i = 0; i < 512; i++)
		sum += (uint8_t)b.p[i];
	snprintf(b.p + 148, 8, "%06o", sum);
	zeroes(&b, 512);
	tar_add_text(&b, "a.xml", DOCUMENT);
	TRAP(b, "a sparse file of an exabyte",
	     "refused 1 input: file 1 of the tar is stored without", GOOD("2"));
}

/* What has to be read twice lies behind much else, again and again. */
static void far_behind(void)
{
	struct gzip_maker g;
	struct buf b = tar_begin();

	gzip_begin(&g);
	tar_header(&b, "b.png", '0', 100ULL * MB);
	gzip_buf(&g, b);
	gzip_repeat(&g, "\x89PNG", 4, 100ULL * MB);
	b = (struct buf){0};
	buf_adds(&b, "<feedback>");
	for (int i = 0; i < 1000; i++)
		buf_adds(&b, RECORD);
	buf_adds(&b, POLICY METADATA "</feedback>");
	for (int i = 0; i < 30; i++) {
		struct buf t = {0};

		tar_add(&t, "c.xml", '0', b.p, b.len);
		gzip_buf(&g, t);
	}
	buf_free(&b);
	TRAP(gzip_end(&g), "reports whose heads come last, far behind", GOOD("1"), GOOD("3"),
	     GOOD("5"),
	     "refused 32 limit: file 32 of the tar has to be read twice and lies too far behind: ");
}

/* Many small mails in a gzip: none is gone back for. */
static void many_mails(void)
{
	struct gzip_maker g;
	char body[20000];

	gzip_begin(&g);
	memset(body, 'x', sizeof(body) - 1);
	body[sizeof(body) - 1] = '\0';
	for (int i = 0; i < LIMIT_ARCHIVE_MAILS + 1; i++) {
		struct buf mail = {0}, b = {0};

		buf_printf(&mail, "From: a@example.org\nSubject: %d\n\n%s\n", i, body);
		tar_add(&b, "cur/1", '0', mail.p, mail.len);
		gzip_buf(&g, b);
		buf_free(&mail);
	}
	TRAP(gzip_end(&g), "10,001 mails in a gzip", "\nnot 10000 ",
	     "refused 0 limit: more than 10000 reports and files in it: the rest was not read\n");
}

int main(void)
{
	gzips();
	zips();
	searches();
	tars();
	far_behind();
	many_mails();
	return trace_done();
}
