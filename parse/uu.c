/* uuencode, of mail programs that are older than MIME: lines between `begin` and `end`. */
#include "parse/decoder.h"
#include "base/mem.h"

#include <string.h>

#define MOST_LINE 90 /* 45 bytes are 60 characters and their number */

struct uu {
	struct decoder d;
	bool open, done; /* behind `begin`; behind `end` */
	uint8_t n_line;
	uint8_t line[MOST_LINE];
};

static uint8_t value(const struct uu *u, size_t i)
{
	return i < u->n_line ? (uint8_t)((u->line[i] - ' ') & 63) : 0;
}

static void line(struct uu *u)
{
	if (!u->open) {
		u->open = u->n_line > 6 && memcmp(u->line, "begin ", 6) == 0;
		return;
	}
	if (u->n_line >= 3 && memcmp(u->line, "end", 3) == 0)
		u->done = true;
	for (size_t i = 1, n = u->done || !u->n_line ? 0 : value(u, 0); n; i += 4) {
		uint32_t v = (uint32_t)value(u, i) << 18 | (uint32_t)value(u, i + 1) << 12 |
			     (uint32_t)value(u, i + 2) << 6 | value(u, i + 3);

		for (int shift = 16; n && shift >= 0; shift -= 8, n--)
			u->d.out[u->d.n++] = (uint8_t)(v >> shift);
	}
}

static void step(struct decoder *d)
{
	struct uu *u = (struct uu *)d;
	uint8_t c = *d->in++;

	if (c == '\n') {
		if (!u->done)
			line(u);
		u->n_line = 0;
	} else if (c != '\r' && u->n_line < MOST_LINE) {
		u->line[u->n_line++] = c;
	}
}

static void finish(struct decoder *d)
{
	struct uu *u = (struct uu *)d;

	if (!u->done && u->n_line)
		line(u);
}

static void reset(struct decoder *d)
{
	struct uu *u = (struct uu *)d;

	u->open = u->done = false;
	u->n_line = 0;
}

struct source *source_uu(struct source *below)
{
	struct uu *u = xmalloc(sizeof(*u));

	decoder_init(&u->d, below, NULL, "");
	u->d.step = step;
	u->d.finish = finish;
	u->d.reset = reset;
	reset(&u->d);
	return &u->d.source;
}
