/*
 * source - where bytes come from, block by block: memory, a descriptor, what is inside a gzip, a
 * file of a zip or tar, a decoded part of a mail. One source stands on another.
 *
 * A block is valid until the next call. All sources of an item count what comes out of them in
 * its struct budget, which ends an item that has become too much.
 */
#ifndef PARSE_SOURCE_H
#define PARSE_SOURCE_H

#include "parse/parse.h"
#include "parse/sniff.h"

#define SOURCE_BLOCK 65536

struct repairs;

struct block {
	const uint8_t *p;
	size_t len;
	bool last; /* known to be the last; false says nothing */
};

struct source {
	/*
	 * 1: *ret is the next block, not empty; 0: no more; -1: *e says why. Where a source is
	 * damaged or cut, all that can be had of it comes first, and -1 behind it.
	 */
	int (*next)(struct source *s, struct block *ret, struct err *e);
	/* Begin again at the first byte. */
	int (*rewind)(struct source *s, struct err *e);
	void (*close)(struct source *s);
};

/* What an item has cost. */
struct budget {
	uint64_t out;            /* bytes that came out of the item */
	uint64_t again;          /* bytes of archives that were gone over once more */
	uint64_t of_logs;        /* of out: what was read as logs, by a limit of their own */
	bool in_log;             /* and is read now */
	double cpu_start;        /* seconds; 0: not looked at yet */
	struct parse_sink *sink; /* told of it; may be NULL */
};

/* -1: ERR_LIMIT, more than the item may give or take. */
int budget_spend(struct budget *b, size_t bytes, struct err *e) MUST_CHECK;

/*
 * The same for a source that may be read again: what it gave before is ours to pay, not the item's.
 * at: set to 0 where the source begins again.
 */
struct spending {
	uint64_t at, most;
};
int budget_spend_new(struct budget *b, struct spending *s, size_t bytes,
		     struct err *e) MUST_CHECK;

/* data, or if it is NULL the descriptor fd (pread; not closed). plain: these are bytes of XML. */
struct source *source_bytes(const void *data, size_t size, int fd);
/*
 * gzip.c: inside the gzip that below gives, all its members. below stays the caller's; skip: bytes
 * of it before the first member. r is told of what is cut, damaged, or behind the last member, and
 * of checksums and lengths that do not agree; those are no faults, since all data is there.
 */
struct source *source_gzip(struct source *below, size_t skip, struct budget *b,
			   struct repairs *r);
/* packed.c: inside the xz, bzip2 or zstd, by kind, that below gives. */
struct source *source_packed(struct source *below, enum kind kind, struct budget *b,
			     struct repairs *r);

static inline int source_next(struct source *s, struct block *ret, struct err *e)
{
	return s->next(s, ret, e);
}

static inline int source_rewind(struct source *s, struct err *e)
{
	return s->rewind(s, e);
}

static inline void source_close(struct source *s)
{
	if (s)
		s->close(s);
}

#endif
