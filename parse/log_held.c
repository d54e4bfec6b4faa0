#include "parse/log_held.h"

#include "base/buf.h"

#include <stdlib.h>

#define HELD_LINE_BYTES 8192 /* a longer line is told at once */

struct held {
	log_held_fn *tell; /* NULL: the place is free */
	uint64_t key, run;
	uint64_t when;     /* how many had passed before */
	struct mail_line line;
	struct buf bytes;
};

struct log_held {
	size_t n; /* places taken */
	uint64_t passes;
	struct pass {
		uint64_t group, when;
	} passed[LOG_HELD_LINES];
	struct held places[LOG_HELD_LINES];
};

struct log_held *log_held_new(void)
{
	return xcalloc(1, sizeof(struct log_held));
}

void log_held_free(struct log_held *h)
{
	if (!h)
		return;
	for (size_t i = 0; i < LOG_HELD_LINES; i++)
		buf_free(&h->places[i].bytes);
	free(h);
}

uint64_t log_key_add(uint64_t key, struct text t)
{
	for (uint32_t i = 0; i < t.len; i++)
		key = (key ^ (uint8_t)t.p[i]) * 0x100000001b3U;
	return (key ^ 0xff) * 0x100000001b3U; /* "a" "bc" is not "ab" "c" */
}

static struct held *place_of(struct log *l, uint64_t key)
{
	struct log_held *h = log_held_of(l);

	return h->n ? &h->places[(key ^ key >> 32) % LOG_HELD_LINES] : NULL;
}

static void tell(struct log *l, struct held *p, bool followed)
{
	log_held_fn *fn = p->tell;

	p->tell = NULL;
	log_held_of(l)->n--;
	fn(l, &p->line, p->key, followed);
}

static void keep(struct held *p, const struct mail_line *line)
{
	const struct text in[] = {line->host, line->program, line->pid, line->text, line->whole};
	struct text *to[] = {&p->line.host, &p->line.program, &p->line.pid, &p->line.text,
			     &p->line.whole};
	size_t at = 0;

	p->bytes.len = 0;
	for (size_t i = 0; i < sizeof(in) / sizeof(in[0]); i++)
		buf_add(&p->bytes, in[i].p, in[i].len);
	for (size_t i = 0; i < sizeof(in) / sizeof(in[0]); i++) {
		*to[i] = text_present(in[i]) ? (struct text){p->bytes.p + at, in[i].len} : in[i];
		at += in[i].len;
	}
	p->line.at = line->at;
}

void log_hold(struct log *l, uint64_t key, uint64_t run, const struct mail_line *line,
	      log_held_fn *fn)
{
	struct log_held *h = log_held_of(l);
	struct held *p = &h->places[(key ^ key >> 32) % LOG_HELD_LINES];

	if (p->tell)
		tell(l, p, p->key == key && p->run == run);
	if (line->whole.len > HELD_LINE_BYTES || line->text.len > HELD_LINE_BYTES) {
		fn(l, line, key, false);
		return;
	}
	keep(p, line);
	p->key = key;
	p->run = run;
	p->when = h->passes;
	p->tell = fn;
	h->n++;
}

bool log_held_at(struct log *l, uint64_t key, int64_t *ret_us)
{
	struct held *p = place_of(l, key);

	if (!p || !p->tell || p->key != key)
		return false;
	*ret_us = p->line.at.us;
	return true;
}

void log_held_drop(struct log *l, uint64_t key)
{
	struct held *p = place_of(l, key);

	if (p && p->tell && p->key == key) {
		p->tell = NULL;
		log_held_of(l)->n--;
	}
}

void log_held_follow(struct log *l, uint64_t key, uint64_t run)
{
	struct held *p = place_of(l, key);

	if (p && p->tell && p->key == key)
		tell(l, p, p->run == run);
}

void log_held_pass(struct log *l, uint64_t group)
{
	struct log_held *h = log_held_of(l);

	if (h->n)
		h->passed[(group ^ group >> 32) % LOG_HELD_LINES] = (struct pass){group, ++h->passes};
}

bool log_held_passed(struct log *l, uint64_t key, uint64_t group)
{
	const struct held *p = place_of(l, key);
	const struct pass *g = &log_held_of(l)->passed[(group ^ group >> 32) % LOG_HELD_LINES];

	return p && p->tell && p->key == key && g->group == group && g->when > p->when;
}

void log_held_end(struct log *l)
{
	struct log_held *h = log_held_of(l);

	for (size_t i = 0; i < LOG_HELD_LINES && h->n; i++)
		if (h->places[i].tell)
			tell(l, &h->places[i], false);
}
