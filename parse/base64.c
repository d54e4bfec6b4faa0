/* Base64, and what gateways make of it. A line is judged as a whole: data, or text beside it. */
#include "parse/decoder.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define PIECE 2048    /* a longer line is taken in pieces */
#define LONG_RUN 20   /* no word of a banner is longer */
#define STRAY 8       /* one character in so many may be a stray one */

/* Values of characters over those of the alphabet. */
enum { PADDING = 64, BLANK, STRANGE };

#define P PADDING
#define B BLANK
#define X STRANGE
static const uint8_t values[256] = {
	X, X, X, X, X, X, X, X, X, B, X, X, X, X, X, X,
	X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X,
	B, X, X, X, X, X, X, X, X, X, X, 62, X, X, X, 63,
	52, 53, 54, 55, 56, 57, 58, 59, 60, 61, X, X, X, P, X, X,
	X, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
	15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, X, X, X, X, X,
	X, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
	41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, X, X, X, X, X,
	X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X,
	X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X,
	X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X,
	X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X,
	X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X,
	X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X,
	X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X,
	X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X,
};
#undef P
#undef B
#undef X

struct base64 {
	struct decoder d;
	uint32_t quantum;
	uint8_t digits;  /* in quantum: 0..3 */
	uint8_t wanted;  /* paddings that are still to come */
	bool padded;     /* behind padding: the end, if all is well */
	uint16_t n_line;
	char line[PIECE]; /* the start of a line whose rest is in the next block */
};

static struct base64 *of(struct decoder *d)
{
	return (struct base64 *)d;
}

static void tell(struct base64 *b, const char *p, size_t n)
{
	repairs_outer(b->d.repairs, REPAIR_MAIL_BASE64, b->d.where,
		      text_trim((struct text){p, (uint32_t)n}), TEXT_ABSENT);
}

static void tell_of(struct base64 *b, const char *what)
{
	tell(b, what, strlen(what));
}

static void put(struct base64 *b, unsigned n)
{
	uint8_t *out = b->d.out + b->d.n;

	for (unsigned i = 0; i < n; i++)
		out[i] = (uint8_t)(b->quantum >> (16 - 8 * i));
	b->d.n += n;
	b->quantum = 0;
	b->digits = 0;
}

static void digit(struct base64 *b, uint8_t v)
{
	if (b->padded)
		tell_of(b, "data behind the padding");
	b->padded = false;
	b->wanted = 0;
	b->quantum |= (uint32_t)v << (18 - 6 * b->digits);
	if (++b->digits == 4)
		put(b, 3);
}

/* Whole digits are given; six bits alone are no byte. */
static void flush(struct base64 *b)
{
	put(b, b->digits > 1 ? b->digits - 1u : 0);
}

static void padding(struct base64 *b)
{
	if (b->digits > 1) {
		b->wanted = (uint8_t)(3 - b->digits);
		b->padded = true;
		flush(b);
	} else if (b->wanted) {
		b->wanted--;
	} else {
		tell_of(b, "more padding than there may be");
	}
}

/* Four characters at once. How many it took; it stops at what is no digit. */
static size_t clean(struct base64 *b, const uint8_t *p, size_t n)
{
	uint8_t *out = b->d.out + b->d.n;
	size_t i = 0;

	if (b->digits || b->padded)
		return 0;
	for (; i + 4 <= n; i += 4, out += 3) {
		uint32_t v0 = values[p[i]], v1 = values[p[i + 1]], v2 = values[p[i + 2]],
			 v3 = values[p[i + 3]];

		if ((v0 | v1 | v2 | v3) >= PADDING)
			break;
		uint32_t v = v0 << 18 | v1 << 12 | v2 << 6 | v3;

		out[0] = (uint8_t)(v >> 16);
		out[1] = (uint8_t)(v >> 8);
		out[2] = (uint8_t)v;
	}
	b->d.n = (size_t)(out - b->d.out);
	return i;
}

/* Is this line, which is not clean, text that somebody put in? */
static bool is_text(const uint8_t *p, size_t n)
{
	size_t blanks = 0, strange = 0, run = 0, longest = 0;
	bool fours = true; /* blanks after each four characters, or eight.. */

	for (size_t i = 0; i < n; i++) {
		uint8_t v = values[p[i]];

		strange += v == STRANGE;
		if (v != BLANK) {
			longest = ++run > longest ? run : longest;
			continue;
		}
		blanks++;
		fours = fours && run % 4 == 0;
		run = 0;
	}
	if (blanks && longest < LONG_RUN && !(fours && !strange))
		return true;
	return strange * STRAY > n;
}

static void unclean(struct base64 *b, const uint8_t *p, size_t n)
{
	char stray[64];
	size_t n_stray = 0;

	if (is_text(p, n)) {
		tell(b, (const char *)p, n);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		uint8_t v = values[p[i]];

		if (v < PADDING)
			digit(b, v);
		else if (v == PADDING)
			padding(b);
		else if (v == STRANGE && n_stray < sizeof(stray))
			stray[n_stray++] = (char)p[i];
	}
	if (n_stray)
		tell(b, stray, n_stray);
	else
		tell_of(b, "blanks");
}

/* A line, or a piece of a long one, without line ends. */
static void line(struct base64 *b, const uint8_t *p, size_t n)
{
	size_t had = b->d.n, i;

	while (n && values[p[n - 1]] == BLANK)
		n--;
	while (n && values[*p] == BLANK)
		p++, n--;
	size_t at = clean(b, p, n);

	for (i = at; i < n && values[p[i]] <= PADDING;)
		i++;
	if (i < n) {
		b->d.n = had; /* judged from its beginning */
		unclean(b, p, n);
		return;
	}
	for (i = at; i < n; i++) {
		if (values[p[i]] == PADDING)
			padding(b);
		else
			digit(b, values[p[i]]);
	}
}

/* Up to a line feed; a carriage return alone ends a line as well. */
static void lines(struct base64 *b, const uint8_t *p, size_t n)
{
	const uint8_t *cr;

	while (n && (cr = memchr(p, '\r', n))) {
		line(b, p, (size_t)(cr - p));
		n -= (size_t)(cr - p) + 1;
		p = cr + 1;
	}
	if (n)
		line(b, p, n);
}

static void step(struct decoder *d)
{
	struct base64 *b = of(d);

	/* there may be millions of empty lines */
	while (!b->n_line && d->in < d->in_end && values[*d->in] >= BLANK && *d->in <= ' ')
		d->in++;
	size_t n = (size_t)(d->in_end - d->in), room = PIECE - b->n_line;

	if (n > room)
		n = room;
	const uint8_t *nl = memchr(d->in, '\n', n);
	size_t len = nl ? (size_t)(nl - d->in) : n;
	bool whole = nl || b->n_line + len == PIECE;

	if (whole && !b->n_line) {
		lines(b, d->in, len);
	} else {
		memcpy(b->line + b->n_line, d->in, len);
		b->n_line = (uint16_t)(b->n_line + len);
	}
	if (whole && b->n_line) {
		lines(b, (const uint8_t *)b->line, b->n_line);
		b->n_line = 0;
	}
	d->in += len + (nl != NULL);
}

static const struct {
	const char *p;
	size_t len;
} starts[] = {
	{"H4sI", 4},      /* gzip */
	{"UEsD", 4},      /* zip */
	{"PD94bW", 6},    /* <?xm */
	{"PGZlZWRi", 8},  /* <feedb */
	{"77u/P", 5},     /* byte order mark and < */
	{"Cjw/eG", 6},    /* line feed and <?x */
	{"DQo8P3", 6},    /* CR LF and <? */
	{"//48A", 5},     /* UTF-16 */
	{"/v8AP", 5},
};

bool is_base64_of_report(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (len >= starts[i].len && memcmp(p, starts[i].p, starts[i].len) == 0)
			return true;
	return false;
}

/* A text in front of it is no data, even where its words are made of digits. */
static void begin(struct decoder *d)
{
	const uint8_t *p = d->in, *nl;

	while (p < d->in_end && (values[*p] == BLANK || *p == '\r' || *p == '\n'))
		p++;
	for (const uint8_t *at = p; at < d->in_end; at = nl + 1) {
		if (is_base64_of_report(at, (size_t)(d->in_end - at))) {
			if (at > p)
				tell(of(d), (const char *)p, (size_t)(at - p));
			d->in = at;
			return;
		}
		nl = memchr(at, '\n', (size_t)(d->in_end - at));
		if (!nl)
			return;
	}
}

static void finish(struct decoder *d)
{
	struct base64 *b = of(d);

	if (b->n_line)
		lines(b, (const uint8_t *)b->line, b->n_line);
	b->n_line = 0;
	if (b->digits || b->wanted)
		tell_of(b, "less padding than there must be");
	flush(b);
}

static void reset(struct decoder *d)
{
	struct base64 *b = of(d);

	b->quantum = 0;
	b->digits = b->wanted = 0;
	b->padded = false;
	b->n_line = 0;
}

struct source *source_base64(struct source *below, struct repairs *r, const char *where)
{
	struct base64 *b = xmalloc(sizeof(*b));

	decoder_init(&b->d, below, r, where);
	b->d.step = step;
	b->d.begin = begin;
	b->d.finish = finish;
	b->d.reset = reset;
	reset(&b->d);
	return &b->d.source;
}
