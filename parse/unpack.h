/*
 * unpack - what the readers of gzip, zip and tar share: numbers, how wrong ones are told of, and
 * deflate (RFC 1951).
 *
 * Damaged deflate mostly goes on to give bytes, and of a report they are often well-formed: records
 * doubled, or with other addresses. So what stands before the damage counts only up to the block of
 * deflate that it was met in; of what was delivered beyond that the reader has to let go, and asks
 * for the source from its beginning, which then ends there.
 */
#ifndef PARSE_UNPACK_H
#define PARSE_UNPACK_H

#include "parse/pull.h"
#include "parse/repairs.h"

#include <zlib.h>

/* Little-endian. */
static inline uint16_t le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t le32(const uint8_t *p)
{
	return le16(p) | (uint32_t)le16(p + 2) << 16;
}

static inline uint64_t le64(const uint8_t *p)
{
	return le32(p) | (uint64_t)le32(p + 4) << 32;
}

/* All data is there; its CRC-32 or its length is not the stored one. where: "gzip". */
void unpack_check_crc(struct repairs *r, const char *where, uint32_t stored, uint32_t computed);
void unpack_check_length(struct repairs *r, const char *where, uint64_t stored,
			 uint64_t computed);

struct inflation {
	z_stream z;
	bool open;
	uint32_t crc;
	uint64_t size;     /* bytes that this stream has given, */
	uint64_t before;   /* and those before it in the same source */
	uint64_t good;     /* so many of all can be relied on */
	uint64_t limit;    /* no more are given: found damaged before; UINT64_MAX: nothing found */
};

/* Of zeroes, or after the source was rewound: what was found to be damaged stays known. */
void inflation_rewind(struct inflation *f);
/* The source is another one. */
void inflation_forget(struct inflation *f);
/* A stream begins. */
void inflation_begin(struct inflation *f);
/*
 * Some bytes (up to room, *ret_n) of the stream that l is in, which is not at its end. 1: go on; 0:
 * behind the stream; -1: damaged.
 */
int inflation_some(struct inflation *f, struct pull *l, uint8_t *to, size_t room, size_t *ret_n);
/* The stream's numbers say that it is damaged, all of it: -1. */
int inflation_damaged(struct inflation *f);
void inflation_end(struct inflation *f);

/*
 * Before a source is read again it looks through what the reader has left of it, for damage; as far
 * as this: n bytes so far.
 */
static inline bool unpack_may_look_ahead(const struct budget *b, uint64_t n)
{
	return n < 128 << 20 && b->again + n < LIMIT_ARCHIVE_AGAIN;
}

#endif
