#include "store/copy.h"

enum { OID_BOOL = 16, OID_BYTEA = 17, OID_CHAR = 18, OID_INT8 = 20, OID_INT2 = 21, OID_TEXT = 25,
       OID_DATE = 1082, OID_UUID = 2950 };

static void *room(struct buf *b, size_t n)
{
	return buf_room(b, n);
}

static void wrote(struct buf *b, const uint8_t *end)
{
	b->len = (size_t)((const char *)end - b->p);
}

uint8_t *copy_timestamptz(uint8_t *p, int64_t seconds)
{
	if (seconds < PG_TIME_MIN || seconds > PG_TIME_MAX)
		return copy_null(p);
	return copy_int8(p, (seconds - PG_EPOCH_SECOND) * 1000000);
}

uint8_t *copy_jsonb(uint8_t *p, struct text json)
{
	if (!json.p)
		return copy_null(p);
	p = copy_be32(p, json.len + 1);
	*p++ = 1; /* version of the format */
	memcpy(p, json.p, json.len);
	return p + json.len;
}

/* Dimensions, has NULLs, type; then for the one dimension its size and lower bound. */
static uint8_t *array_head(uint8_t *p, uint32_t oid, uint32_t n, bool nulls)
{
	p = copy_be32(p, n > 0);
	p = copy_be32(p, nulls);
	p = copy_be32(p, oid);
	if (n) {
		p = copy_be32(p, n);
		p = copy_be32(p, 1);
	}
	return p;
}

static size_t texts_size(const struct text *v, uint32_t n, bool *ret_nulls)
{
	size_t size = 0;

	*ret_nulls = false;
	for (uint32_t i = 0; i < n; i++) {
		size += 4 + (size_t)v[i].len;
		if (!v[i].p)
			*ret_nulls = true;
	}
	return size;
}

static void put_texts(struct buf *b, const struct text *v, uint32_t n, uint32_t oid)
{
	bool nulls;
	size_t size = texts_size(v, n, &nulls);
	uint8_t *p = array_head(room(b, size + COPY_FIXED), oid, n, nulls);

	for (uint32_t i = 0; i < n; i++)
		p = copy_text(p, v[i]);
	wrote(b, p);
}

void copy_text_array(struct buf *b, const struct text *v, uint32_t n)
{
	size_t at = b->len;

	buf_take(b, 4);
	put_texts(b, v, n, OID_TEXT);
	copy_be32((uint8_t *)b->p + at, (uint32_t)(b->len - at - 4));
}

void copy_array_begin(struct buf *b, uint32_t element_oid, uint32_t n)
{
	wrote(b, array_head(room(b, COPY_FIXED), element_oid, n, false));
}

void copy_array_text(struct buf *b, const struct text *v, uint32_t n)
{
	put_texts(b, v, n, OID_TEXT);
}

void copy_array_bytea(struct buf *b, const struct text *v, uint32_t n)
{
	put_texts(b, v, n, OID_BYTEA);
}

void copy_array_int8(struct buf *b, const int64_t *v, uint32_t n)
{
	copy_array_begin(b, OID_INT8, n);
	uint8_t *p = room(b, 12 * (size_t)n);

	for (uint32_t i = 0; i < n; i++)
		p = copy_int8(p, v[i]);
	wrote(b, p);
}

void copy_array_int2(struct buf *b, const int16_t *v, uint32_t n)
{
	copy_array_begin(b, OID_INT2, n);
	uint8_t *p = room(b, 6 * (size_t)n);

	for (uint32_t i = 0; i < n; i++)
		p = copy_int2(p, v[i]);
	wrote(b, p);
}

void copy_array_date(struct buf *b, const int32_t *v, uint32_t n)
{
	copy_array_begin(b, OID_DATE, n);
	uint8_t *p = room(b, 8 * (size_t)n);

	for (uint32_t i = 0; i < n; i++)
		p = copy_date(p, v[i]);
	wrote(b, p);
}

void copy_array_char(struct buf *b, const char *v, uint32_t n)
{
	copy_array_begin(b, OID_CHAR, n);
	uint8_t *p = room(b, 5 * (size_t)n);

	for (uint32_t i = 0; i < n; i++)
		p = copy_char(p, v[i]);
	wrote(b, p);
}

void copy_array_bool(struct buf *b, const bool *v, uint32_t n)
{
	copy_array_begin(b, OID_BOOL, n);
	uint8_t *p = room(b, 5 * (size_t)n);

	for (uint32_t i = 0; i < n; i++)
		p = copy_bool(p, v[i]);
	wrote(b, p);
}

void copy_array_uuid(struct buf *b, const uint8_t (*v)[16], uint32_t n)
{
	copy_array_begin(b, OID_UUID, n);
	uint8_t *p = room(b, 20 * (size_t)n);

	for (uint32_t i = 0; i < n; i++)
		p = copy_uuid(p, v[i]);
	wrote(b, p);
}
