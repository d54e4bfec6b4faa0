/*
 * decoder - what the sources of transfer.h have in common: bytes of below into a block of their
 * own. Giving the first block again costs nothing: parts are looked at before they are read.
 */
#ifndef PARSE_DECODER_H
#define PARSE_DECODER_H

#include "parse/transfer.h"

#define DECODER_PIECE 4096 /* a decoder's step takes at most so much, and gives at most so much */

struct decoder {
	struct source source, *below;
	struct repairs *repairs;
	char where[MOST_PART_NAME];
	const uint8_t *in, *in_end; /* of below's block, not decoded yet */
	size_t n;                   /* bytes in out */
	unsigned blocks;            /* given */
	bool replay;                /* the first block once more */
	bool begun;                 /* below was read from */
	int end;                    /* 0: below goes on; 1: it ended; -1: as err says */
	struct err err;
	/* Takes some of in, at least a byte, and puts what it gives to out. */
	void (*step)(struct decoder *d);
	/* The first bytes came; may be NULL. */
	void (*begin)(struct decoder *d);
	/* below has ended: what is held back; what was wrong. */
	void (*finish)(struct decoder *d);
	/* Its own state as at the beginning. */
	void (*reset)(struct decoder *d);
	uint8_t out[SOURCE_BLOCK];
};

/* Fills in what is common; the functions are the decoder's. Its memory begins with d. */
void decoder_init(struct decoder *d, struct source *below, struct repairs *r, const char *where);

#endif
