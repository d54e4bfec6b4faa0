#include "parse/decoder.h"

#include <stdlib.h>
#include <string.h>

static void run(struct decoder *d)
{
	struct block b;

	while (d->n + DECODER_PIECE <= sizeof(d->out)) {
		if (d->in < d->in_end) {
			d->step(d);
			continue;
		}
		int r = source_next(d->below, &b, &d->err);

		if (r <= 0) {
			d->end = r < 0 ? -1 : 1;
			d->finish(d);
			return;
		}
		d->in = b.p;
		d->in_end = b.p + b.len;
		if (!d->begun && d->begin)
			d->begin(d);
		d->begun = true;
	}
}

static int decoder_next(struct source *s, struct block *ret, struct err *e)
{
	struct decoder *d = (struct decoder *)s;

	if (!d->replay) {
		d->n = 0;
		if (d->end == 0)
			run(d);
		d->blocks += d->n > 0;
	}
	d->replay = false;
	*ret = (struct block){d->out, d->n, d->end > 0};
	if (d->n)
		return 1;
	if (d->end < 0)
		*e = d->err;
	return d->end < 0 ? -1 : 0;
}

static int decoder_rewind(struct source *s, struct err *e)
{
	struct decoder *d = (struct decoder *)s;

	if (!d->begun || (d->blocks == 1 && d->n)) {
		d->replay = d->begun;
		return 0;
	}
	d->in = d->in_end = NULL;
	d->n = d->blocks = 0;
	d->begun = d->replay = false;
	d->end = 0;
	d->reset(d);
	return source_rewind(d->below, e);
}

static void decoder_close(struct source *s)
{
	source_close(((struct decoder *)s)->below);
	free(s);
}

void decoder_init(struct decoder *d, struct source *below, struct repairs *r, const char *where)
{
	memset(d, 0, offsetof(struct decoder, out));
	d->source = (struct source){decoder_next, decoder_rewind, decoder_close};
	d->below = below;
	d->repairs = r;
	memcpy(d->where, where, strnlen(where, sizeof(d->where) - 1));
}
