#include "parse/mend.h"
#include "parse/decode.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

struct mend {
	struct source source, *below; /* below: ours, over that of the caller */
	struct repairs *repairs;
	bool begun;
};

/* What comes is UTF-8: a declaration that says otherwise would be believed. */
static void drop_declaration(struct block *b)
{
	const uint8_t *end = memmem(b->p, b->len, "?>", 2);

	if (!end || b->len < 5 || memcmp(b->p, "<?xml", 5) != 0)
		return;
	b->len -= (size_t)(end + 2 - b->p);
	b->p = end + 2;
}

static int mend_next_block(struct source *s, struct block *ret, struct err *e)
{
	struct mend *m = (struct mend *)s;
	int r = source_next(m->below, ret, e);

	if (r > 0 && !m->begun)
		drop_declaration(ret);
	m->begun = true;
	return r;
}

static int mend_rewind(struct source *s, struct err *e)
{
	((struct mend *)s)->begun = false;
	return source_rewind(((struct mend *)s)->below, e);
}

static void mend_close(struct source *s)
{
	source_close(((struct mend *)s)->below);
	free(s);
}

struct source *mend_open(struct source *below, struct repairs *r)
{
	struct mend *m = xcalloc(1, sizeof(*m));

	m->source = (struct source){mend_next_block, mend_rewind, mend_close};
	m->below = decode_open(below, r);
	m->repairs = r;
	return &m->source;
}

bool mend_broke_off(const struct source *mend, struct err *why)
{
	(void)mend, (void)why;
	return false;
}

int mend_more(struct source *mend, struct err *e)
{
	(void)mend, (void)e;
	return 0;
}

void mend_next(struct source *mend)
{
	(void)mend;
}
