/* Quoted-printable (RFC 2045, 6.7), read leniently: what is no code stands for itself. */
#include "parse/decoder.h"
#include "base/mem.h"

#include <string.h>

#define MOST_HELD 80 /* a `=` and the blanks behind it */

struct quoted {
	struct decoder d;
	uint8_t n_held;
	uint8_t held[MOST_HELD]; /* from `=` on: not decided */
};

static void put(struct quoted *q, const uint8_t *p, size_t n)
{
	memcpy(q->d.out + q->d.n, p, n);
	q->d.n += n;
}

static int hex(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* It was no code. */
static void literally(struct quoted *q)
{
	repairs_outer(q->d.repairs, REPAIR_MAIL_ENCODING, q->d.where,
		      (struct text){(const char *)q->held, q->n_held < 3 ? q->n_held : 3},
		      text_of("the same: no code of quoted-printable"));
	put(q, q->held, q->n_held);
	q->n_held = 0;
}

/* One more byte behind a `=`. */
static void decide(struct quoted *q, uint8_t c)
{
	if (c == '\n') { /* a soft line break, blanks in front of it or not */
		q->n_held = 0;
		return;
	}
	bool blank = c == ' ' || c == '\t' || c == '\r';
	bool blanks = q->n_held > 1 && q->held[1] <= ' ';

	if (q->n_held == 1 && (hex(c) >= 0 || blank)) {
		q->held[q->n_held++] = c;
	} else if (q->n_held == 2 && !blanks && hex(c) >= 0) {
		q->d.out[q->d.n++] = (uint8_t)(hex(q->held[1]) << 4 | hex(c));
		q->n_held = 0;
	} else if (blanks && blank && q->n_held < MOST_HELD) {
		q->held[q->n_held++] = c;
	} else if (blanks && q->held[q->n_held - 1] == '\r') {
		q->n_held = 0; /* lines that end in CR alone */
		q->d.in--;
	} else {
		literally(q);
		q->d.in--;
	}
}

static void step(struct decoder *d)
{
	struct quoted *q = (struct quoted *)d;

	if (q->n_held) {
		decide(q, *d->in++);
		return;
	}
	size_t n = (size_t)(d->in_end - d->in), room = DECODER_PIECE - MOST_HELD;
	const uint8_t *code = memchr(d->in, '=', n < room ? n : room);
	size_t plain = code ? (size_t)(code - d->in) : n < room ? n : room;

	put(q, d->in, plain);
	d->in += plain;
	if (code)
		q->held[q->n_held++] = *d->in++;
}

static void finish(struct decoder *d)
{
	struct quoted *q = (struct quoted *)d;

	if (q->n_held == 1 || (q->n_held && q->held[1] <= ' '))
		q->n_held = 0; /* a soft line break is the last */
	else if (q->n_held)
		literally(q);
}

static void reset(struct decoder *d)
{
	((struct quoted *)d)->n_held = 0;
}

struct source *source_quoted(struct source *below, struct repairs *r, const char *where)
{
	struct quoted *q = xmalloc(sizeof(*q));

	decoder_init(&q->d, below, r, where);
	q->d.step = step;
	q->d.finish = finish;
	q->d.reset = reset;
	reset(&q->d);
	return &q->d.source;
}
