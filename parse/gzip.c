/*
 * gzip (RFC 1952): headers and trailers are read here, the data by zlib as raw deflate (RFC 1951),
 * so that what stands before a cut or a fault is had, and one wrong number in a trailer spoils
 * nothing.
 */
#include "parse/unpack.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define HEADER 10
#define TRAILER 8
#define DEFLATE 8            /* the one method that there is */
#define MOST_TEXT 65536       /* bytes of a name or a comment in a header */
#define MOST_PADDING (1 << 20) /* between members, all in all */
#define QUOTED 40             /* of what is behind the last member */

enum { FHCRC = 2, FEXTRA = 4, FNAME = 8, FCOMMENT = 16 };

struct gzip {
	struct source source;
	struct budget *budget;
	struct spending spent;
	struct repairs *repairs;
	struct inflation inflation;
	bool in_member;
	unsigned members;
	size_t padding;   /* bytes of it between members, so far */
	size_t skip;      /* bytes before the first member */
	struct err fault; /* what the next call says */
	size_t filled;
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
	return err_set(&g->fault, ERR_INPUT, "gzip that is damaged");
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
	if (n < 2 || g->in.p[0] != 0x1f || g->in.p[1] != 0x8b)
		return trailing_bytes(g);
	if (n < HEADER)
		return ends_in_the_middle(g);
	if (g->in.p[2] != DEFLATE)
		return damaged(g);
	if (g->members++ == LIMIT_GZIP_MEMBERS)
		return err_set(&g->fault, ERR_LIMIT, "gzip of more than %d pieces",
			       LIMIT_GZIP_MEMBERS);
	if (skip_header(g) < 0)
		return -1;
	inflation_begin(&g->inflation);
	g->in_member = true;
	return 1;
}

/*
 * All of the member is there, and one number that is wrong is told of and no more. If both are, it
 * is not the trailer that is damaged.
 */
static int end_member(struct gzip *g)
{
	if (pull_peek(&g->in, TRAILER) < TRAILER)
		return ends_in_the_middle(g);
	uint32_t crc = le32(g->in.p), size = le32(g->in.p + 4);

	if (crc != g->inflation.crc && size != (uint32_t)g->inflation.size) {
		inflation_damaged(&g->inflation);
		return damaged(g);
	}
	unpack_check_crc(g->repairs, "gzip", crc, g->inflation.crc);
	unpack_check_length(g->repairs, "gzip", size, (uint32_t)g->inflation.size);
	pull_take(&g->in, TRAILER);
	g->in_member = false;
	return 1;
}

/* Some of a member's data, to the block. 1: go on; -1: g->fault. */
static int inflate_some(struct gzip *g)
{
	size_t n;

	if (!pull_peek(&g->in, 1))
		return ends_in_the_middle(g);
	int r = inflation_some(&g->inflation, &g->in, g->block + g->filled,
			       SOURCE_BLOCK - g->filled, &n);

	g->filled += n;
	return r < 0 ? damaged(g) : r == 0 ? end_member(g) : 1;
}

/* A block's worth. 1: go on; 0: no more; -1: g->fault. */
static int fill(struct gzip *g)
{
	int r = g->fault.class == ERR_NONE ? 1 : -1;

	g->filled = 0;
	while (r > 0 && g->filled < SOURCE_BLOCK)
		r = g->in_member ? inflate_some(g) : begin_member(g);
	return r;
}

static int gzip_next(struct source *s, struct block *ret, struct err *e)
{
	struct gzip *g = (struct gzip *)s;
	int r = fill(g);

	*ret = (struct block){g->block, g->filled, r == 0};
	if (g->filled)
		return budget_spend_new(g->budget, &g->spent, g->filled, e) < 0 ? -1 : 1;
	if (r < 0)
		*e = g->fault;
	return r;
}

/* The reader has enough of it, and comes again: by then it must be known how far it is good. */
static void look_ahead(struct gzip *g)
{
	uint64_t n = 0;
	int r;

	do {
		r = fill(g);
		n += g->filled;
	} while (r > 0 && unpack_may_look_ahead(g->budget, n));
	g->budget->again += n;
}

static int gzip_rewind(struct source *s, struct err *e)
{
	struct gzip *g = (struct gzip *)s;

	look_ahead(g);
	inflation_rewind(&g->inflation);
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
	inflation_end(&((struct gzip *)s)->inflation);
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
	inflation_forget(&g->inflation);
	return &g->source;
}
