/*
 * pull - bytes of a source looked at before they are taken, whatever its blocks: for the readers of
 * gzip, zip and tar.
 *
 * A source that breaks off has ended, to them; why it did is kept (broke).
 */
#ifndef PARSE_PULL_H
#define PARSE_PULL_H

#include "parse/source.h"

#define PULL_PEEK 512

struct pull {
	const uint8_t *p;    /* what can be taken now: len bytes, */
	size_t len;
	const uint8_t *next; /* and behind them the rest of the same block, where p is the seam */
	size_t next_len;
	size_t sewn;         /* so many of the last bytes at p stand before next as well */
	uint64_t at;         /* where in the source p is */
	struct source *below;
	bool over;           /* nothing comes behind what is here */
	struct err broke;    /* ERR_NONE: it ended by itself */
	uint8_t seam[2 * PULL_PEEK];
};

/* below: at its beginning; stays the caller's. */
void pull_begin(struct pull *l, struct source *below);
/*
 * At least want (<= PULL_PEEK) bytes at p, fewer only where the source ends: returns len. What p
 * pointed to before is gone.
 */
size_t pull_peek(struct pull *l, size_t want);
/* n <= len */
void pull_take(struct pull *l, size_t n);
/* Takes n bytes, however many; returns how many there were. */
uint64_t pull_skip(struct pull *l, uint64_t n);
/* Goes to offset at of the source, from its beginning if need be. -1: there is no such place. */
int pull_goto(struct pull *l, uint64_t at, struct err *e) MUST_CHECK;

#endif
