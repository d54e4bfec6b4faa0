#include "store/log_stage.h"
#include "store/log_hash.h"
#include "store/log_mask.h"
#include "store/stage.h"

#include <stdlib.h>

#define GROW(v, n, cap, first) \
	do { \
		if ((n) == (cap)) { \
			(cap) = (cap) ? (cap) * 2 : (first); \
			(v) = xrealloc((v), (cap) * sizeof(*(v))); \
		} \
	} while (0)

struct store_log *store_log_begin(struct store_stage *st)
{
	struct store_log *l = xcalloc(1, sizeof(*l));

	l->stage = st;
	buf_addc(&l->texts, '\0'); /* so that there is memory to point to */
	return l;
}

void store_log_free(struct store_log *l)
{
	if (!l)
		return;
	free((char *)l->origin.source);
	free((char *)l->origin.item);
	buf_free(&l->texts);
	buf_free(&l->masked);
	free(l->msgs);
	free(l->atts);
	free(l->queues);
	free(l->queue_table);
	free(l->replies);
	free(l);
}

void store_log_origin(struct store_log *l, const struct store_log_origin *o)
{
	free((char *)l->origin.source);
	free((char *)l->origin.item);
	l->origin = *o;
	l->origin.source = xstrdup(o->source);
	l->origin.item = xstrdup(o->item);
}

size_t store_log_events(const struct store_log *l)
{
	return (size_t)l->n_msgs + l->n_atts;
}

size_t store_log_bytes(const struct store_log *l)
{
	return l->texts.len + l->n_msgs * sizeof(*l->msgs) + l->n_atts * sizeof(*l->atts) +
	       l->n_queues * (sizeof(*l->queues) + 8) + sizeof(*l);
}

static struct log_text keep(struct store_log *l, struct text t)
{
	if (!t.p)
		return (struct log_text){0};
	struct log_text r = {(uint32_t)l->texts.len, (uint16_t)t.len, true};

	buf_add(&l->texts, t.p, t.len);
	return r;
}

/* ---- what replies and lines quote ---- */

static bool masks(const struct store_log *l)
{
	return l->stage->conf->recipients != RECIPIENTS_FULL;
}

/* Valid until the next call. */
static struct text masked(struct store_log *l, struct text t)
{
	struct buf *b = &l->masked;

	if (!t.len || !masks(l))
		return t;
	b->len = 0;
	log_mask(b, t, TEXT_ABSENT);
	return (struct text){b->p, (uint32_t)b->len};
}

static struct text masked_values(struct store_log *l, const struct log_attempt *a)
{
	struct buf *b = &l->masked;

	if (!a->reply_values.len || !masks(l))
		return a->reply_values;
	b->len = 0;
	log_mask_values(b, a->reply_values, a->recipient);
	return b->len ? (struct text){b->p, (uint32_t)b->len} : text_of("");
}

/* ---- slots ---- */

void store_log_host(struct store_log *l, uint16_t slot, enum log_system system, struct text name)
{
	l->hosts[slot] = (struct log_slot_host){true, (uint8_t)system, keep(l, name)};
}

void store_log_service(struct store_log *l, uint16_t slot, struct text name)
{
	l->services[slot] = keep(l, name);
}

void store_log_reply(struct store_log *l, uint16_t slot, const struct log_reply *r)
{
	if (slot >= l->n_replies) {
		uint32_t n = slot + 1u < 64 ? 64 : slot + 1u < 1024 ? 1024 : LIMIT_LOG_REPLIES;

		l->replies = xrealloc(l->replies, n * sizeof(*l->replies));
		memset(l->replies + l->n_replies, 0, (n - l->n_replies) * sizeof(*l->replies));
		l->n_replies = n;
	}
	l->replies[slot] = (struct log_slot_reply){true, r->truncated, r->smtp_code,
						   keep(l, r->enhanced),
						   keep(l, masked(l, r->pattern))};
}

/* ---- queue ids ---- */

static void grow_table(struct store_log *l)
{
	uint32_t size = l->queue_mask ? (l->queue_mask + 1) * 2 : 1024;

	free(l->queue_table);
	l->queue_table = xcalloc(size, sizeof(*l->queue_table));
	l->queue_mask = size - 1;
	for (uint32_t i = 0; i < l->n_queues; i++) {
		uint32_t at = (uint32_t)l->queues[i].hash & l->queue_mask;

		while (l->queue_table[at])
			at = (at + 1) & l->queue_mask;
		l->queue_table[at] = i + 1;
	}
}

static uint32_t queue_of(struct store_log *l, uint16_t host, struct text id)
{
	uint64_t h = log_hash(id.p, id.len, host);
	uint32_t at;

	if (!id.p)
		id = text_of("");

	if ((l->n_queues + 1) * 2 > l->queue_mask)
		grow_table(l);
	for (at = (uint32_t)h & l->queue_mask; l->queue_table[at]; at = (at + 1) & l->queue_mask) {
		const struct log_queue *q = &l->queues[l->queue_table[at] - 1];

		if (q->hash == h && q->host == host && q->id.len == id.len &&
		    memcmp(l->texts.p + q->id.at, id.p, id.len) == 0)
			return l->queue_table[at] - 1;
	}
	GROW(l->queues, l->n_queues, l->cap_queues, 512);
	l->queues[l->n_queues] = (struct log_queue){keep(l, id), host, h};
	l->queue_table[at] = ++l->n_queues;
	return l->n_queues - 1;
}

/* ---- events ---- */

void store_log_message(struct store_log *l, const struct log_message *m)
{
	GROW(l->msgs, l->n_msgs, l->cap_msgs, 512);
	uint32_t queue = queue_of(l, m->host, m->queue_id);

	l->msgs[l->n_msgs++] = (struct log_msg){
		.us = m->at.us, .local = m->at.local, .queue = queue, .service = m->service,
		.size = m->size < 0 ? -1 : m->size > INT32_MAX ? INT32_MAX : (int32_t)m->size,
		.value = m->event == MESSAGE_ARRIVED || m->event == MESSAGE_REMOVED ?
			 (struct log_text){0} : keep(l, m->value), .event = (uint8_t)m->event};
}

void store_log_attempt(struct store_log *l, const struct log_attempt *a)
{
	const struct text texts[ATT_TEXTS] = {a->recipient, a->peer_host, a->status,
		masked_values(l, a), a->message_id, a->envelope_from, a->header_from, a->campaign};

	GROW(l->atts, l->n_atts, l->cap_atts, 256);
	uint32_t queue = queue_of(l, a->host, a->queue_id);
	struct log_att *x = &l->atts[l->n_atts++];

	*x = (struct log_att){
		.us = a->at.us, .local = a->at.local, .arrived_us = a->arrived_at.us,
		.arrived_local = a->arrived_at.local, .line_key = a->line_key, .queue = queue,
		.texts = (uint32_t)l->texts.len, .delay_ms = a->delay_ms < 0 ||
		a->delay_ms > INT32_MAX ? -1 : (int32_t)a->delay_ms,
		.reported = a->attempts_reported, .service = a->service, .reply = a->reply,
		.kind = (uint8_t)a->kind, .outcome = (uint8_t)a->outcome,
		.stage = (uint8_t)a->stage, .peer_ip = a->peer_ip, .source_ip = a->source_ip,
		.reply_ip = a->reply_ip};
	for (int i = 0; i < ATT_TEXTS; i++) {
		x->len[i] = texts[i].p ? (uint16_t)texts[i].len : LOG_ABSENT;
		buf_add(&l->texts, texts[i].p, texts[i].p ? texts[i].len : 0);
	}
}

struct text log_att_text(const struct store_log *l, const struct log_att *a,
			 enum log_att_text which)
{
	uint32_t at = a->texts;

	if (a->len[which] == LOG_ABSENT)
		return TEXT_ABSENT;
	for (int i = 0; i < (int)which; i++)
		at += a->len[i] == LOG_ABSENT ? 0 : a->len[i];
	return (struct text){l->texts.p + at, a->len[which]};
}

void store_log_unreadable(struct store_log *l, const struct log_unreadable *u)
{
	if (l->n_unreadable < LIMIT_LOG_REASONS)
		l->unreadable[l->n_unreadable++] = (struct log_cant_read){u->lines,
			keep(l, u->reason), keep(l, masked(l, u->sample))};
}

void store_log_end(struct store_log *l, const struct log_sums *s)
{
	l->sums = *s;
}

void store_stage_classify(struct store_stage *st, const struct store_classify *c)
{
	st->classify = c;
}

void store_batch_add_log(struct store_batch *b, struct store_log *l)
{
	log_zones_apply(l);
	l->next = NULL;
	*b->logs_tail = l;
	b->logs_tail = &l->next;
	b->n_logs++;
	b->n_log_events += store_log_events(l);
	b->bytes += store_log_bytes(l);
}
