#include "parse/source.h"
#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

static double cpu_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int budget_spend(struct budget *b, size_t bytes, struct err *e)
{
	b->out += bytes;
	if (b->out > LIMIT_ITEM_OUTPUT)
		return err_set(e, ERR_LIMIT, "more than %lld bytes come out of it",
			       LIMIT_ITEM_OUTPUT);
	if (b->out <= SOURCE_BLOCK)
		return 0; /* a small report: its clock is not worth reading */
	if (b->sink && b->sink->progress)
		b->sink->progress(b->sink->ctx, b->out);
	double now = cpu_now();

	if (b->cpu_start == 0)
		b->cpu_start = now;
	if (now - b->cpu_start > LIMIT_CPU_SECONDS + LIMIT_CPU_SECONDS_PER_100MB *
							     (double)b->out / 1e8)
		return err_set(e, ERR_LIMIT, "it takes more than %.0f seconds of computing",
			       now - b->cpu_start);
	return 0;
}

/* Bytes in memory or in a file. */

struct bytes {
	struct source source;
	const uint8_t *data;
	size_t size, at;
	int fd;
	uint8_t block[];
};

static int bytes_next(struct source *s, struct block *ret, struct err *e)
{
	struct bytes *b = (struct bytes *)s;
	size_t n = b->size - b->at;

	if (n == 0)
		return 0;
	if (b->data) {
		*ret = (struct block){b->data + b->at, n, true};
		b->at = b->size;
		return 1;
	}
	ssize_t got;

	do {
		got = pread(b->fd, b->block, n < SOURCE_BLOCK ? n : SOURCE_BLOCK, (off_t)b->at);
	} while (got < 0 && errno == EINTR);
	if (got <= 0)
		return err_set(e, ERR_INPUT, "the file could not be read to its end");
	b->at += (size_t)got;
	*ret = (struct block){b->block, (size_t)got, b->at == b->size};
	return 1;
}

static int bytes_rewind(struct source *s, struct err *e)
{
	(void)e;
	((struct bytes *)s)->at = 0;
	return 0;
}

static void bytes_close(struct source *s)
{
	free(s);
}

struct source *source_bytes(const void *data, size_t size, int fd)
{
	struct bytes *b = xmalloc(sizeof(*b) + (data ? 0 : SOURCE_BLOCK));

	b->source = (struct source){bytes_next, bytes_rewind, bytes_close};
	b->data = data;
	b->size = size;
	b->at = 0;
	b->fd = fd;
	return &b->source;
}

/*
 * gzip. zlib itself, not libarchive: libarchive 3.6 ignores checksums, joins members without a
 * mark and loses what stands before a cut; zlib checks both numbers of each trailer.
 */

struct gzip {
	struct source source, *below;
	struct budget *budget;
	z_stream z;
	bool open, in_member; /* in_member: a header was seen, the trailer not yet */
	unsigned members;
	size_t skip; /* bytes before the first member */
	uint8_t block[SOURCE_BLOCK];
};

/* The next bytes of packed data; 0: there are none. */
static int refill(struct gzip *g, struct err *e)
{
	struct block in;

	while (g->z.avail_in == 0) {
		int r = source_next(g->below, &in, e);

		if (r <= 0)
			return r;
		size_t skip = g->z.next_in ? 0 : g->skip < in.len ? g->skip : in.len;

		g->z.next_in = (Bytef *)(uintptr_t)in.p + skip;
		g->z.avail_in = (uInt)(in.len - skip);
	}
	return 1;
}

/* Behind a member: another one? What is not, is left alone: line ends and padding occur. */
static int another_member(struct gzip *g, struct err *e)
{
	int r = refill(g, e);

	if (r <= 0)
		return r;
	if (g->z.next_in[0] != 0x1f)
		return 0;
	return inflateReset(&g->z) == Z_OK;
}

static int gzip_fault(struct gzip *g, int r, struct err *e)
{
	const char *what = g->z.msg ? g->z.msg : "";

	if (r == Z_MEM_ERROR)
		abort();
	if (strstr(what, "data check"))
		return err_set(e, ERR_INPUT, "damaged gzip: the checksum does not agree");
	if (strstr(what, "length check"))
		return err_set(e, ERR_INPUT, "damaged gzip: the length does not agree");
	return err_set(e, ERR_INPUT, "damaged gzip: %s", *what ? what : "it can not be read");
}

static int gzip_next(struct source *s, struct block *ret, struct err *e)
{
	struct gzip *g = (struct gzip *)s;

	g->z.next_out = g->block;
	g->z.avail_out = SOURCE_BLOCK;
	while (g->z.avail_out) {
		int r;

		if (!g->in_member) {
			r = g->members ? another_member(g, e) : refill(g, e);
			if (r < 0)
				return -1;
			if (r == 0)
				break;
			g->in_member = true;
			g->members++;
		}
		r = refill(g, e);
		if (r < 0)
			return -1;
		if (r == 0)
			return err_set(e, ERR_INPUT, "gzip that ends in the middle");
		r = inflate(&g->z, Z_NO_FLUSH);
		if (r == Z_STREAM_END)
			g->in_member = false;
		else if (r != Z_OK)
			return gzip_fault(g, r, e);
	}
	size_t n = SOURCE_BLOCK - g->z.avail_out;

	*ret = (struct block){g->block, n, !g->in_member && g->z.avail_out > 0};
	if (n == 0)
		return 0;
	return budget_spend(g->budget, n, e) < 0 ? -1 : 1;
}

static int gzip_rewind(struct source *s, struct err *e)
{
	struct gzip *g = (struct gzip *)s;

	g->z.avail_in = 0;
	g->in_member = false;
	g->members = 0;
	g->z.next_in = NULL;
	if (inflateReset(&g->z) != Z_OK)
		return err_set(e, ERR_BUG, "zlib can not begin again");
	return source_rewind(g->below, e);
}

static void gzip_close(struct source *s)
{
	inflateEnd(&((struct gzip *)s)->z);
	free(s);
}

struct source *source_gzip(struct source *below, size_t skip, struct budget *b)
{
	struct gzip *g = xmalloc(sizeof(*g));

	memset(g, 0, offsetof(struct gzip, block));
	g->source = (struct source){gzip_next, gzip_rewind, gzip_close};
	g->below = below;
	g->skip = skip;
	g->budget = b;
	if (inflateInit2(&g->z, 16 + MAX_WBITS) != Z_OK)
		abort();
	return &g->source;
}
