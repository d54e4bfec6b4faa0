/*
 * The zone of stamps without one. Of an hour that is there twice the line before decides, so it is
 * remembered from part to part of a log: in the thread that fills batches, in the order of the
 * lines.
 */
#include "store/log_hash.h"
#include "store/log_stage.h"
#include "store/stage.h"

#include <stdlib.h>
#include <sys/random.h>

uint64_t log_hash_key;

void log_hash_begin(void)
{
	if (!log_hash_key && getrandom(&log_hash_key, sizeof(log_hash_key), 0) < 0)
		log_hash_key = 0x589965cc75374cc3u;
}

/* The line before, of an item and a host. */
struct log_clock {
	uint64_t whose;
	int64_t us;
};
#define CLOCKS 32

struct log_zones {
	struct zone *here;        /* of this machine; NULL: UTC */
	struct log_clock clocks[CLOCKS];
	unsigned next;
};

struct log_zones *log_zones_new(void)
{
	struct log_zones *z = xcalloc(1, sizeof(*z));
	struct err ignored;

	if (zone_load(NULL, &z->here, &ignored) < 0)
		z->here = NULL;
	return z;
}

void log_zones_free(struct log_zones *z)
{
	if (z)
		zone_free(z->here);
	free(z);
}

static struct log_clock *clock_of(struct log_zones *z, const struct store_log *l, uint16_t host)
{
	struct text name = log_text_of(l, l->hosts[host].name), item = text_of(l->origin.item);
	uint64_t whose = log_hash(name.p, name.len, log_hash(item.p, item.len, 1)) | 1;

	for (unsigned i = 0; i < CLOCKS; i++)
		if (z->clocks[i].whose == whose)
			return &z->clocks[i];
	struct log_clock *c = &z->clocks[z->next++ % CLOCKS];

	*c = (struct log_clock){whose, TIME_ABSENT};
	return c;
}

static const struct zone *zone_of(const struct store_log *l, uint16_t host)
{
	const struct conf *c = l->stage->conf;
	const struct log_source *s = log_source_of(c->sources, c->n_sources,
						   log_text_of(l, l->hosts[host].name));

	return s && s->zone ? s->zone : l->stage->zones->here;
}

struct ahead {
	const struct zone *zone[LIMIT_LOG_HOSTS];
	struct log_clock *clock[LIMIT_LOG_HOSTS];
};

static int64_t to_utc(struct ahead *a, struct store_log *l, uint16_t host, int64_t us, bool line)
{
	if (!a->clock[host]) {
		a->clock[host] = clock_of(l->stage->zones, l, host);
		a->zone[host] = zone_of(l, host);
	}
	if (!a->zone[host])
		return us;
	us = zone_to_utc(a->zone[host], us, line ? a->clock[host]->us : TIME_ABSENT);
	if (line)
		a->clock[host]->us = us;
	return us;
}

void log_zones_apply(struct store_log *l)
{
	struct ahead a = {0};
	uint32_t m = 0, t = 0;

	/* Two arrays, each in the order of the lines: gone through side by side. */
	while (m < l->n_msgs || t < l->n_atts) {
		struct log_msg *x = m < l->n_msgs ? &l->msgs[m] : NULL;
		struct log_att *y = t < l->n_atts ? &l->atts[t] : NULL;

		if (x && (!y || x->us <= y->us)) {
			if (x->local)
				x->us = to_utc(&a, l, l->queues[x->queue].host, x->us, true);
			x->local = false;
			m++;
			continue;
		}
		uint16_t host = l->queues[y->queue].host;

		if (y->local) {
			int64_t was = y->us;

			y->us = to_utc(&a, l, host, was, true);
			/* the key of the same line with its zone (base/model_log.h) */
			y->line_key += LOG_KEY_SECOND * (uint64_t)((y->us - was) / 1000000);
		}
		if (y->arrived_local && y->arrived_us != TIME_ABSENT)
			y->arrived_us = to_utc(&a, l, host, y->arrived_us, false);
		y->local = y->arrived_local = false;
		t++;
	}
}
