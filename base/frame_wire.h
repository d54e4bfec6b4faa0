/*
 * frame_wire - what the two halves of frame.h share: sizes of fixed parts, and the cursor that
 * reads a payload. Only frame.c and frame_check.c include it: frame.h is what callers see.
 */
#ifndef BASE_FRAME_WIRE_H
#define BASE_FRAME_WIRE_H

#include "base/err.h"
#include "base/limits.h"
#include "base/model.h"
#include "base/text.h"

#include <endian.h>
#include <string.h>

#define WIRE_ABSENT 0xffff     /* length of a text that is not there */
#define WIRE_ITEM 16           /* without authserv_ids */
#define WIRE_COLUMNS 4096        /* bytes of the header line of a CSV */
#define WIRE_AUTHSERV_IDS 60000 /* bytes of them, at most */
#define WIRE_HEAD_FIXED 28     /* entry, auth, schema, method, relation, begin, end, pct */
#define WIRE_RECORD_FIXED 22   /* slot, record_no, messages, five codes, two keys, family */
#define WIRE_DKIM_MORE 0x80    /* in the byte of dkim_key: numbers of results are smaller */
#define WIRE_SUMS 65           /* four sums, content hash, state; a text follows */

_Static_assert(LIMIT_RESULTS < WIRE_DKIM_MORE, "numbers of results fit below it");

/* Reads on; what is short or wrong sets bad, once and for all, and gives zeroes. */
struct cursor {
	const uint8_t *p, *end;
	bool bad;
};

static inline int broken(struct err *e, const char *what)
{
	return err_set(e, ERR_BUG, "the parser broke the rules: %s", what);
}

static inline const uint8_t *get(struct cursor *c, size_t n)
{
	static const uint8_t zeroes[32];

	if ((size_t)(c->end - c->p) < n) {
		c->bad = true;
		c->p = c->end;
		return zeroes;
	}
	c->p += n;
	return c->p - n;
}

static inline uint8_t get_u8(struct cursor *c)
{
	return *get(c, 1);
}

static inline uint16_t get_u16(struct cursor *c)
{
	uint16_t v;

	memcpy(&v, get(c, 2), 2);
	return le16toh(v);
}

static inline uint32_t get_u32(struct cursor *c)
{
	uint32_t v;

	memcpy(&v, get(c, 4), 4);
	return le32toh(v);
}

static inline uint64_t get_u64(struct cursor *c)
{
	uint64_t v;

	memcpy(&v, get(c, 8), 8);
	return le64toh(v);
}

static inline int64_t get_count(struct cursor *c)
{
	int64_t v = (int64_t)get_u64(c);

	if (v < 0)
		c->bad = true;
	return v;
}

/* Unix seconds of the years that LIMIT_TIME spans, on both sides of 1970, or TIME_ABSENT. */
static inline int64_t get_time(struct cursor *c)
{
	int64_t v = (int64_t)get_u64(c);

	if (v != TIME_ABSENT && (v < -LIMIT_TIME || v > LIMIT_TIME))
		c->bad = true;
	return v;
}

static inline uint8_t get_code(struct cursor *c, const char *codes)
{
	uint8_t v = get_u8(c);

	if (v == 0 || !strchr(codes, v))
		c->bad = true;
	return v;
}

static inline struct text get_text(struct cursor *c, uint32_t most)
{
	uint16_t len = get_u16(c);

	if (len == WIRE_ABSENT)
		return TEXT_ABSENT;
	if ((size_t)(c->end - c->p) < len || len > most ||
	    !text_utf8_ok((const char *)c->p, len)) {
		c->bad = true;
		c->p = c->end;
		return TEXT_ABSENT;
	}
	return (struct text){(const char *)get(c, len), len};
}

#endif
