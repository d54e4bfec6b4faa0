/*
 * copy - fields and tuples of PostgreSQL's binary COPY format, which are those of its binary
 * parameters as well.
 *
 * A field is an int32 length (-1: NULL) and its bytes, all integers big-endian. Each copy_*
 * function writes one field at p and returns where the next one goes; the caller has made room:
 * COPY_FIXED bytes for a field of fixed size, COPY_FIXED + the text's length for a text.
 * Inline, because this is the hot path: a record costs one tuple.
 */
#ifndef STORE_COPY_H
#define STORE_COPY_H

#include "base/buf.h"
#include "base/model.h"

#include <stdint.h>
#include <string.h>

#define COPY_FIXED 32 /* no field of fixed size is longer, its length included */

/* What begins and ends a stream of tuples. */
#define COPY_HEADER "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0"
#define COPY_HEADER_LEN 19
#define COPY_TRAILER "\377\377"
#define COPY_TRAILER_LEN 2

#define PG_EPOCH_DAY 10957                    /* 2000-01-01 counted from 1970-01-01 */
#define PG_EPOCH_SECOND 946684800
#define PG_TIME_MIN (-210866803200LL)         /* 4714-11-24 BC, Unix seconds */
#define PG_TIME_MAX 9224318015999LL           /* the last second of 294276 */

static inline uint8_t *copy_be16(uint8_t *p, uint16_t v)
{
	v = __builtin_bswap16(v);
	memcpy(p, &v, 2);
	return p + 2;
}

static inline uint8_t *copy_be32(uint8_t *p, uint32_t v)
{
	v = __builtin_bswap32(v);
	memcpy(p, &v, 4);
	return p + 4;
}

static inline uint8_t *copy_be64(uint8_t *p, uint64_t v)
{
	v = __builtin_bswap64(v);
	memcpy(p, &v, 8);
	return p + 8;
}

/* A tuple's beginning: how many fields follow. No length before it. */
static inline uint8_t *copy_tuple(uint8_t *p, uint16_t fields)
{
	return copy_be16(p, fields);
}

static inline uint8_t *copy_null(uint8_t *p)
{
	return copy_be32(p, UINT32_MAX);
}

static inline uint8_t *copy_int8(uint8_t *p, int64_t v)
{
	return copy_be64(copy_be32(p, 8), (uint64_t)v);
}

static inline uint8_t *copy_int4(uint8_t *p, int32_t v)
{
	return copy_be32(copy_be32(p, 4), (uint32_t)v);
}

static inline uint8_t *copy_int2(uint8_t *p, int16_t v)
{
	return copy_be16(copy_be32(p, 2), (uint16_t)v);
}

/* "char", the one-byte type. */
static inline uint8_t *copy_char(uint8_t *p, int c)
{
	p = copy_be32(p, 1);
	*p = (uint8_t)c;
	return p + 1;
}

static inline uint8_t *copy_bool(uint8_t *p, bool v)
{
	return copy_char(p, v);
}

/* text and bytea. */
static inline uint8_t *copy_bytes(uint8_t *p, const void *bytes, uint32_t n)
{
	p = copy_be32(p, n);
	if (n)
		memcpy(p, bytes, n);
	return p + n;
}

/* Absent is NULL, empty stays empty. */
static inline uint8_t *copy_text(uint8_t *p, struct text t)
{
	return t.p ? copy_bytes(p, t.p, t.len) : copy_null(p);
}

static inline uint8_t *copy_uuid(uint8_t *p, const uint8_t v[16])
{
	return copy_bytes(p, v, 16);
}

/* Days since 1970-01-01. */
static inline uint8_t *copy_date(uint8_t *p, int32_t day)
{
	return copy_int4(p, day - PG_EPOCH_DAY);
}

/* Family, bits of the mask, is it a cidr, bytes of the address, the address. None: NULL. */
static inline uint8_t *copy_inet(uint8_t *p, const struct ip *ip)
{
	uint8_t n = ip->family == 4 ? 4 : 16;

	if (!ip->family)
		return copy_null(p);
	p = copy_be32(p, 4u + n);
	*p++ = ip->family == 4 ? 2 : 3;
	*p++ = (uint8_t)(n * 8);
	*p++ = 0;
	*p++ = n;
	memcpy(p, ip->bytes, 16); /* always 16, for which there is room: one instruction */
	return p + n;
}

/* Unix seconds; what PostgreSQL can't hold (TIME_ABSENT with it) is NULL. */
uint8_t *copy_timestamptz(uint8_t *p, int64_t seconds);
/* A JSON text, NULL if absent. Room: as for a text. */
uint8_t *copy_jsonb(uint8_t *p, struct text json);

/* 0 and "no report has any" are told apart nowhere: 0 is stored as NULL, which costs nothing. */
static inline uint8_t *copy_int8_or_null(uint8_t *p, int64_t v)
{
	return v ? copy_int8(p, v) : copy_null(p);
}

/* text[] of n elements, absent ones NULL; appended to b. No element: '{}'. */
void copy_text_array(struct buf *b, const struct text *v, uint32_t n);

/* The same as parameters of a statement: without the length in front. */
void copy_array_begin(struct buf *b, uint32_t element_oid, uint32_t n);
void copy_array_int8(struct buf *b, const int64_t *v, uint32_t n);
/* Days since 1970-01-01. */
void copy_array_date(struct buf *b, const int32_t *v, uint32_t n);
void copy_array_char(struct buf *b, const char *v, uint32_t n);
void copy_array_int2(struct buf *b, const int16_t *v, uint32_t n);
void copy_array_bool(struct buf *b, const bool *v, uint32_t n);
void copy_array_bytea(struct buf *b, const struct text *v, uint32_t n);
void copy_array_text(struct buf *b, const struct text *v, uint32_t n);
void copy_array_uuid(struct buf *b, const uint8_t (*v)[16], uint32_t n);

/* Reading binary results. */
static inline int64_t read_be64(const void *p)
{
	uint64_t v;

	memcpy(&v, p, 8);
	return (int64_t)__builtin_bswap64(v);
}

static inline int32_t read_be32(const void *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return (int32_t)__builtin_bswap32(v);
}

static inline int16_t read_be16(const void *p)
{
	uint16_t v;

	memcpy(&v, p, 2);
	return (int16_t)__builtin_bswap16(v);
}

#endif
