/*
 * gzip (RFC 1952): headers and trailers are read here, the data by zlib as raw deflate (RFC 1951),
 * so that what stands before a cut or a fault is had, and wrong numbers in a trailer spoil nothing.
 */
#include "parse/pull.h"
#include "parse/unpack.h"
#include "base/mem.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define HEADER 10
#define TRAILER 8
#define MOST_TEXT 65536       /* bytes of a name or a comment in a header */
#define MOST_PADDING (1 << 20) /* between members, all in all */
#define QUOTED 40             /* of what is behind the last member */

enum { FHCRC = 2, FEXTRA = 4, FNAME = 8, FCOMMENT = 16 };

struct gzip {
	struct source source;
	struct budget *budget;
	struct spending spent;
	struct repairs *repairs;
	z_stream z;
	bool in_member;
	unsigned members;
	size_t padding;   /* bytes of it between members, so far */
	size_t skip;      /* bytes before the first member */
	uint32_t crc;     /* of what the member has given, */
	uint32_t size;    /* and how much it is, modulo 2^32 */
	struct err fault; /* what the next call says */
	struct pull in;
	uint8_t block[SOURCE_BLOCK];
};

static int ends_in_the_middle(struct gzip *g)
{
	if (g->in.broke.class != ERR_NONE) {
		g->fault = g->in.broke;
		return -1;
	}
	repairs_outer(g->repairs, REPAIR_ARCHIVE_CUT, "gzip", TEXT_ABSENT, TEXT_ABSENT);
	return err_set(&g->fault, ERR_INPUT, "gzip that ends in the middle");
}

static int damaged(struct gzip *g)
{
	repairs_outer(g->repairs, REPAIR_ARCHIVE_DAMAGED, "gzip", TEXT_ABSENT, TEXT_ABSENT);
	return err_set(&g->fault, ERR_INPUT, "gzip that is damaged at its byte %" PRIu64,
		       g->in.at);
}

/* A name or a comment: up to its NUL. */
static int skip_text(struct gzip *g)
{
	for (size_t n = 0; n < MOST_TEXT;) {
		const uint8_t *nul;

		if (!pull_peek(&g->in, 1))
			return ends_in_the_middle(g);
		nul = memchr(g->in.p, '\0', g->in.len);
		size_t some = nul ? (size_t)(nul - g->in.p) + 1 : g->in.len;

		pull_take(&g->in, some);
		if (nul)
			return 0;
		n += some;
	}
	return err_set(&g->fault, ERR_LIMIT, "gzip with a name of more than %d bytes", MOST_TEXT);
}

/* Its fields are for nobody here, nor is its own checksum: no byte of the data hangs on them. */
static int skip_header(struct gzip *g)
{
	uint8_t flags = g->in.p[3];
	uint64_t n;

	pull_take(&g->in, HEADER);
	if (flags & FEXTRA) {
		if (pull_peek(&g->in, 2) < 2)
			return ends_in_the_middle(g);
		n = 2U + (g->in.p[0] | (unsigned)g->in.p[1] << 8);
		if (pull_skip(&g->in, n) < n)
			return ends_in_the_middle(g);
	}
	if ((flags & FNAME && skip_text(g) < 0) || (flags & FCOMMENT && skip_text(g) < 0))
		return -1;
	if (flags & FHCRC && pull_skip(&g->in, 2) < 2)
		return ends_in_the_middle(g);
	return 0;
}

static bool is_padding(uint8_t c)
{
	return c == '\0' || c == ' ' || (c >= '\t' && c <= '\r');
}

static void skip_padding(struct gzip *g)
{
	while (g->padding < MOST_PADDING && pull_peek(&g->in, 1)) {
		size_t n = 0;

		while (n < g->in.len && is_padding(g->in.p[n]))
			n++;
		pull_take(&g->in, n);
		g->padding += n;
		if (g->in.len)
			break;
	}
}

/* Behind the last member. Padding is nothing; the rest is told of, whatever it is. */
static int trailing_bytes(struct gzip *g)
{
	size_t n = pull_peek(&g->in, QUOTED);
	const struct text t = {(const char *)g->in.p, (uint32_t)(n < QUOTED ? n : QUOTED)};

	repairs_outer(g->repairs, REPAIR_ARCHIVE_TRAILING_BYTES, "gzip", t, TEXT_ABSENT);
	return 0;
}

/* 1: in a member; 0: there is none behind the last one; -1: g->fault. */
static int begin_member(struct gzip *g)
{
	if (g->members)
		skip_padding(g);
	else
		pull_skip(&g->in, g->skip);
	size_t n = pull_peek(&g->in, HEADER);

	if (n == 0) {
		g->fault = g->in.broke;
		return g->fault.class == ERR_NONE ? 0 : -1;
	}
	if (g->in.p[0] != 0x1f || (n > 1 && g->in.p[1] != 0x8b))
		return trailing_bytes(g);
	if (n < HEADER)
		return ends_in_the_middle(g);
	if (g->in.p[2] != Z_DEFLATED)
		return damaged(g);
	if (g->members++ == LIMIT_GZIP_MEMBERS)
		return err_set(&g->fault, ERR_LIMIT, "gzip of more than %d pieces",
			       LIMIT_GZIP_MEMBERS);
	if (skip_header(g) < 0)
		return -1;
	if (inflateReset(&g->z) != Z_OK)
		abort();
	g->in_member = true;
	g->crc = (uint32_t)crc32(0, NULL, 0);
	g->size = 0;
	return 1;
}

/* All of the member is there: numbers that are wrong are told of, and no more. */
static int end_member(struct gzip *g)
{
	if (pull_peek(&g->in, TRAILER) < TRAILER)
		return ends_in_the_middle(g);
	unpack_check_crc(g->repairs, "gzip", le32(g->in.p), g->crc);
	unpack_check_length(g->repairs, "gzip", le32(g->in.p + 4), g->size);
	pull_take(&g->in, TRAILER);
	g->in_member = false;
	return 1;
}

/* Some of a member's data to z.next_out. 1: go on; -1: g->fault. */
static int inflate_some(struct gzip *g)
{
	const Bytef *out = g->z.next_out;

	if (!pull_peek(&g->in, 1))
		return ends_in_the_middle(g);
	g->z.next_in = (Bytef *)(uintptr_t)g->in.p;
	g->z.avail_in = g->in.len < UINT32_MAX ? (uInt)g->in.len : UINT32_MAX;
	int r = inflate(&g->z, Z_NO_FLUSH);
	uInt n = (uInt)(g->z.next_out - out);

	pull_take(&g->in, (size_t)(g->z.next_in - g->in.p));
	g->crc = (uint32_t)crc32(g->crc, out, n);
	g->size += n;
	if (r == Z_MEM_ERROR)
		abort();
	if (r == Z_STREAM_END)
		return end_member(g);
	return r == Z_OK ? 1 : damaged(g);
}

static int gzip_next(struct source *s, struct block *ret, struct err *e)
{
	struct gzip *g = (struct gzip *)s;
	int r = g->fault.class == ERR_NONE ? 1 : -1;

	g->z.next_out = g->block;
	g->z.avail_out = SOURCE_BLOCK;
	while (r > 0 && g->z.avail_out)
		r = g->in_member ? inflate_some(g) : begin_member(g);
	size_t n = SOURCE_BLOCK - g->z.avail_out;

	*ret = (struct block){g->block, n, r == 0};
	if (n)
		return budget_spend_new(g->budget, &g->spent, n, e) < 0 ? -1 : 1;
	if (r < 0)
		*e = g->fault;
	return r;
}

static int gzip_rewind(struct source *s, struct err *e)
{
	struct gzip *g = (struct gzip *)s;

	g->in_member = false;
	g->spent.at = 0;
	g->members = 0;
	g->padding = 0;
	g->fault.class = ERR_NONE;
	pull_begin(&g->in, g->in.below);
	return source_rewind(g->in.below, e);
}

static void gzip_close(struct source *s)
{
	inflateEnd(&((struct gzip *)s)->z);
	free(s);
}

struct source *source_gzip(struct source *below, size_t skip, struct budget *b,
			   struct repairs *r)
{
	struct gzip *g = xmalloc(sizeof(*g));

	memset(g, 0, offsetof(struct gzip, in));
	g->source = (struct source){gzip_next, gzip_rewind, gzip_close};
	pull_begin(&g->in, below);
	g->skip = skip;
	g->budget = b;
	g->repairs = r;
	if (inflateInit2(&g->z, -MAX_WBITS) != Z_OK)
		abort();
	return &g->source;
}
