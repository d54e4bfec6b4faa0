/* The content hash: SHA-256 over a canonical form, fed in blocks: a call costs 50 ns. */
#include "parse/gather.h"

static void drain(struct content *c)
{
	hash_add(c->hash, c->p, c->len);
	c->len = 0;
}

void content_begin(struct content *c)
{
	hash_reset(c->hash);
	c->p[0] = CONTENT_VERSION;
	c->len = 1;
}

void content_bytes(struct content *c, const void *p, size_t n)
{
	if (c->len > CONTENT_BLOCK || n > CONTENT_BLOCK)
		drain(c);
	if (n > CONTENT_BLOCK) {
		hash_add(c->hash, p, n);
	} else if (n) {
		memcpy(c->p + c->len, p, n);
		c->len += n;
	}
}

void content_values(struct content *c, char tag, const struct text *values, unsigned n)
{
	uint8_t *p;

	if (c->len > CONTENT_BLOCK)
		drain(c);
	p = c->p + c->len;
	*p++ = (uint8_t)tag;
	for (unsigned i = 0; i < n; i++)
		p = put_value(p, values[i]);
	c->len = (size_t)(p - c->p);
}

void content_end(struct content *c, uint8_t ret[32])
{
	drain(c);
	hash_end(c->hash, ret);
}
