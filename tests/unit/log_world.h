/*
 * log_world - what tests of the join share: events of one queue id, and tables in memory that they
 * are stored to as store/log_load.c and log_write.c do with PostgreSQL's.
 */
#ifndef TESTS_LOG_WORLD_H
#define TESTS_LOG_WORLD_H

#include "base/mem.h"
#include "store/log_join.h"
#include "tests/unit/tap.h"

#include <stdlib.h>

#define MAX 256
#define S 1000000LL
#define DAY 86400LL
#define T0 1790000000LL /* 2026-09-21 14:13:20 UTC */

/* An event; us is seconds from T0 on here. */
struct event {
	bool is_msg;
	struct join_att att;
	struct join_msg msg;
};

static struct event attempt(int64_t at, int recipient, enum attempt_outcome outcome)
{
	static uint64_t line;

	return (struct event){.att = {
		.us = (T0 + at) * S, .line_key = ++line * 0x9e3779b97f4a7c15u, .recipient = recipient,
		.recipient_domain = 100 + recipient % 2, .service_id = 7, .arrived = TIME_ABSENT,
		.reported = -1, .kind = EVENT_ATTEMPT, .outcome = (uint8_t)outcome, .handed = 0,
		.peer_id = 50 + recipient, .template_id = outcome == ATTEMPT_ACCEPTED ? 1 : 2}};
}

static struct event of_kind(struct event e, enum attempt_kind kind)
{
	e.att.kind = (uint8_t)kind;
	if (kind == EVENT_MX_ATTEMPT)
		e.att.recipient = e.att.recipient_domain = 0;
	if (kind != EVENT_ATTEMPT)
		e.att.handed = -1;
	return e;
}

static struct event said(int64_t at, enum message_event event)
{
	return (struct event){.is_msg = true, .msg = {.us = (T0 + at) * S, .size = -1,
						      .event = (uint8_t)event}};
}

static struct event sender(int64_t at, int64_t domain, int32_t size)
{
	struct event e = said(at, MESSAGE_SENDER);

	e.msg.domain = domain;
	e.msg.size = size;
	return e;
}

static struct event message_id(int64_t at, const char *id)
{
	struct event e = said(at, MESSAGE_ID);

	e.msg.text = text_of(id);
	return e;
}

/* ---- the tables ---- */

struct stored_att {
	struct join_att a;
	int64_t delivery_id;
};

struct world {
	struct join_row rows[MAX];
	struct stored_att atts[MAX];
	struct join_open opens[MAX];
	struct join_att open_atts[MAX];
	uint32_t n_rows, n_atts, n_opens, n_open_atts, repeated;
	int64_t next_id, epoch, lifetime;
	bool no_arrivals;
	enum join_recipients recipients;
	struct join *kept[MAX]; /* memory that rows point into */
	uint32_t n_kept;
};

static void world_begin(struct world *w)
{
	memset(w, 0, sizeof(*w));
	w->next_id = 1;
	w->epoch = TIME_ABSENT;
	w->lifetime = 5 * DAY;
}

static void world_end(struct world *w)
{
	for (uint32_t i = 0; i < w->n_kept; i++)
		join_free(w->kept[i]);
}

/* Loaded rows are whole if all that they count is there: as settle_wanted does. */
static void load_atts(struct world *w, struct join_group *g, struct join_att *atts)
{
	for (uint32_t i = 0; i < w->n_atts; i++)
		for (uint32_t k = 0; k < g->n_rows; k++) {
			struct join_row *o = &g->rows[k];
			struct join_att *x = &atts[g->n_atts];

			if (o->delivery_id != w->atts[i].delivery_id)
				continue;
			*x = w->atts[i].a;
			x->stored = true;
			x->open = false;
			x->owner = o;
			x->service_id = x->stored_service ? x->stored_service : o->service_id;
			x->recipient_domain = o->recipient_domain;
			x->source_ip = x->stored_ip.family ? x->stored_ip : o->source_ip;
			x->ip_from = o->ip_from;
			x->handed = x->peer_id || x->outcome == ATTEMPT_ACCEPTED ? o->handed_on : -1;
			o->whole = true;
			g->n_atts++;
		}
}

static void apply_rows(struct world *w, struct join_group *g)
{
	w->n_rows = 0;
	for (uint32_t i = 0; i < g->n_messages; i++)
		for (uint32_t k = 0; k < g->messages[i].n_rows; k++) {
			struct join_row *r = &g->messages[i].rows[k];

			if (!r->was)
				r->delivery_id = w->next_id++;
			w->rows[w->n_rows] = r->changed || !r->was ? *r : *r->was;
			w->rows[w->n_rows].whole = false;
			w->rows[w->n_rows++].n_loaded = 0;
		}
}

/* As log_write.c: only what differs from the delivery. */
static void say_own(struct join_att *a)
{
	a->stored_service = a->service_id == a->to->service_id ? 0 : a->service_id;
	a->stored_ip = memcmp(&a->source_ip, &a->to->source_ip, sizeof(struct ip)) ? a->source_ip
										 : (struct ip){0};
}

static void apply_atts(struct world *w, struct join_group *g)
{
	w->n_open_atts = 0;
	for (uint32_t i = 0; i < g->n_atts; i++) {
		struct join_att *a = &g->atts[i];

		if (a->repeated) {
			w->repeated++;
			continue;
		}
		if (a->stored && !a->to && a->owner) { /* torn off: it waits again */
			for (uint32_t k = 0; k < w->n_atts; k++)
				if (w->atts[k].a.line_key == a->line_key)
					w->atts[k--] = w->atts[--w->n_atts];
			w->open_atts[w->n_open_atts] = *a;
			w->open_atts[w->n_open_atts].owner = NULL;
			w->open_atts[w->n_open_atts].stored = false;
			w->open_atts[w->n_open_atts++].open = true;
		} else if (a->stored && a->to) {
			for (uint32_t k = 0; k < w->n_atts; k++)
				if (w->atts[k].a.line_key == a->line_key) {
					say_own(a);
					w->atts[k] = (struct stored_att){*a, a->to->delivery_id};
				}
		} else if (!a->stored && a->to) {
			say_own(a);
			w->atts[w->n_atts++] = (struct stored_att){*a, a->to->delivery_id};
		} else if (!a->stored) {
			w->open_atts[w->n_open_atts] = *a;
			w->open_atts[w->n_open_atts++].open = true;
		}
	}
}

static void apply_opens(struct world *w, struct join_group *g)
{
	struct join_open opens[MAX];
	uint32_t n = 0;

	for (uint32_t i = 0; i < g->n_messages; i++) {
		const struct join_message *m = &g->messages[i];

		if (!m->n_rows)
			opens[n++] = (struct join_open){m->epoch, m->first, m->last, m->closed,
				m->expired, m->removed, m->arrival_seen, m->facts, 0};
	}
	memcpy(w->opens, opens, n * sizeof(*opens));
	w->n_opens = n;
}

/* One batch. */
static void world_store(struct world *w, const struct event *v, uint32_t n)
{
	static struct join_att atts[2 * MAX];
	static struct join_msg msgs[MAX];
	static struct join_row rows[MAX];
	struct join_group g = {.epoch = w->epoch, .lifetime = w->lifetime,
			       .no_arrivals = w->no_arrivals, .atts = atts, .msgs = msgs,
			       .rows = rows, .opens = w->opens, .n_rows = w->n_rows,
			       .n_opens = w->n_opens};

	memcpy(rows, w->rows, w->n_rows * sizeof(*rows));
	for (uint32_t i = 0; i < n; i++)
		if (v[i].is_msg) {
			msgs[g.n_msgs++] = v[i].msg;
		} else {
			atts[g.n_atts] = v[i].att;
			atts[g.n_atts].src = i;
			g.n_atts++;
		}
	struct join_group asks = g;

	if (join_wants_attempts(&asks))
		load_atts(w, &g, atts);
	for (uint32_t i = 0; i < w->n_open_atts; i++)
		atts[g.n_atts++] = w->open_atts[i];
	struct join *j = w->kept[w->n_kept++] = join_new(w->recipients);

	/* what rows point to lives as long as the world */
	struct join_row *was = join_alloc(j, (g.n_rows + 1) * sizeof(*was));

	memcpy(was, rows, g.n_rows * sizeof(*was));
	for (uint32_t i = 0; i < g.n_atts; i++)
		if (atts[i].owner)
			atts[i].owner = was + (atts[i].owner - rows);
	g.rows = was;
	join_group(j, &g);
	apply_rows(w, &g);
	apply_atts(w, &g);
	apply_opens(w, &g);
}

/* ---- to compare ---- */

static void put_time(FILE *f, const char *name, int64_t us)
{
	if (us != TIME_ABSENT)
		fprintf(f, " %s=%lld", name, (long long)(us - T0 * S) / 1000);
}

static void put_facts(FILE *f, const struct join_facts *x)
{
	fprintf(f, " id=%.*s env=%lld head=%lld size=%d null=%d", (int)x->message_id.len,
		x->message_id.p ? x->message_id.p : "", (long long)x->envelope_domain,
		(long long)x->header_domain, x->size, x->null_sender);
}

static int by_line(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void put_row(FILE *f, const struct world *w, const struct join_row *r)
{
	fprintf(f, "r%lld service=%lld peer=%lld template=%lld n=%d/%d/%d/%d rep=%d day=%d "
		"arr=%d handed=%d ip=%d.%d%c templates=%u/%u",
		(long long)r->recipient_key, (long long)r->service_id, (long long)r->last_peer,
		(long long)r->last_template, r->attempts, r->deferred, r->suspended,
		r->mx_attempts, r->reported, r->day, r->arrival_seen, r->handed_on,
		r->source_ip.family, r->source_ip.bytes[3], r->ip_from ? r->ip_from : '-',
		r->deferred_templates.n, r->suspended_templates.n);
	put_facts(f, &r->facts);
	put_time(f, "epoch", r->epoch);
	put_time(f, "first", r->first);
	put_time(f, "last", r->last);
	put_time(f, "fd", r->first_deferred);
	put_time(f, "ld", r->last_deferred);
	put_time(f, "acc", r->accepted);
	put_time(f, "bounced", r->bounced);
	put_time(f, "expired", r->expired);
	put_time(f, "removed", r->removed);
	put_time(f, "closed", r->closed);
	put_time(f, "after", r->bounced_after);
	uint64_t lines = 0;

	for (uint32_t i = 0; i < w->n_atts; i++)
		if (w->atts[i].delivery_id == r->delivery_id)
			lines += w->atts[i].a.line_key;
	fprintf(f, " lines=%llx\n", (unsigned long long)lines);
}

/* All of it in lines that are sorted; the caller frees. */
static char *world_text(const struct world *w)
{
	char *lines[2 * MAX], *all = NULL, *whole = NULL;
	size_t n = 0, len, whole_len;

	for (uint32_t i = 0; i < w->n_rows; i++) {
		FILE *f = open_memstream(&lines[n++], &len);

		put_row(f, w, &w->rows[i]);
		fclose(f);
	}
	for (uint32_t i = 0; i < w->n_opens; i++) {
		FILE *f = open_memstream(&lines[n++], &len);
		const struct join_open *o = &w->opens[i];

		fprintf(f, "open arr=%d", o->arrival_seen);
		put_facts(f, &o->facts);
		put_time(f, "epoch", o->epoch);
		put_time(f, "first", o->first);
		put_time(f, "last", o->last);
		put_time(f, "closed", o->closed);
		put_time(f, "expired", o->expired);
		put_time(f, "removed", o->removed);
		fputc('\n', f);
		fclose(f);
	}
	qsort(lines, n, sizeof(*lines), by_line);
	(void)all;
	FILE *f = open_memstream(&whole, &whole_len);

	for (size_t i = 0; i < n; i++) {
		fputs(lines[i], f);
		free(lines[i]);
	}
	fprintf(f, "open_atts=%u", w->n_open_atts);
	fclose(f);
	return whole;
}

#endif
