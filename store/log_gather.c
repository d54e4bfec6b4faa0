/*
 * What the parts of a transaction say, by queue id, with ids in place of names. Nothing is asked of
 * the database here.
 */
#include "store/log_hash.h"
#include "store/log_work.h"

#include <stdlib.h>

#define US_MAX (LIMIT_TIME * 1000000LL)

static struct text scratch(const struct buf *b)
{
	return (struct text){b->p, (uint32_t)b->len};
}

static int64_t clamp(int64_t us)
{
	return us < 0 ? 0 : us > US_MAX ? US_MAX : us;
}

/* ---- queue ids ---- */

static uint32_t group_of(struct log_work *w, const struct store_log *l, const struct log_queue *q,
			 uint32_t host)
{
	struct buf *b = &w->st->scratch_logs;
	bool new;

	b->len = 0;
	buf_add(b, &host, sizeof(host));
	buf_add(b, l->texts.p + q->id.at, q->id.len);
	uint32_t i = log_table_put(w->queues, scratch(b), &new);

	if (!new)
		return i;
	w->groups = log_more(w->groups, i, sizeof(*w->groups));
	struct text key = log_table_key(w->queues, i);

	w->groups[i] = (struct log_queue_group){
		.queue_id = {key.p + sizeof(host), q->id.len}, .host = host};
	b->len = 0;
	buf_add(b, &w->hosts[host].id, 8);
	buf_add(b, l->texts.p + q->id.at, q->id.len);
	w->groups[i].key = log_id(w, b->p, b->len);
	return i;
}

/* What a piece's slots and queue ids are here; NONE: not looked at yet. */
#define NONE UINT32_MAX
struct slots {
	uint32_t host[LIMIT_LOG_HOSTS];
	uint32_t service[LIMIT_LOG_HOSTS], service_host[LIMIT_LOG_HOSTS];
	uint32_t *group;        /* of each of its queues */
};

static void slots_begin(struct log_work *w, const struct store_log *l, struct slots *s)
{
	memset(s, 0xff, sizeof(*s));
	s->group = xmalloc((l->n_queues + 1u) * sizeof(*s->group));
	for (uint32_t i = 0; i < l->n_queues; i++) {
		const struct log_queue *q = &l->queues[i];

		if (s->host[q->host] == NONE)
			s->host[q->host] = log_host_of(w, l, q->host);
		s->group[i] = group_of(w, l, q, s->host[q->host]);
	}
}

static uint32_t slot_service(struct log_work *w, const struct store_log *l, struct slots *s,
			     uint16_t slot, uint32_t host)
{
	if (s->service[slot] == NONE || s->service_host[slot] != host) {
		s->service[slot] = log_service_of(w, l, slot, host);
		s->service_host[slot] = host;
	}
	return s->service[slot];
}

static void seen_at(struct log_host *h, int64_t us)
{
	h->oldest = us < h->oldest ? us : h->oldest;
	h->newest = us > h->newest ? us : h->newest;
}

/* ---- events ---- */

/* Several that lines of attempts carry with them. */
static uint32_t facts_in(const struct log_att *a)
{
	uint32_t n = 0;

	for (int i = ATT_MESSAGE_ID; i <= ATT_CAMPAIGN; i++)
		n += a->len[i] != LOG_ABSENT;
	return n + (a->arrived_us != TIME_ABSENT);
}

static void count(struct log_work *w, const struct log_piece *p, const struct slots *s)
{
	const struct store_log *l = p->log;

	for (uint32_t i = p->from; i < p->to; i++) {
		const struct log_att *a = i < l->n_msgs ? NULL : &l->atts[i - l->n_msgs];
		struct log_queue_group *g = &w->groups[s->group[a ? a->queue : l->msgs[i].queue]];

		g->n_msgs += a ? facts_in(a) : 1;
		g->n_atts += a != NULL;
		w->n_msgs += a ? facts_in(a) : 1;
		w->n_atts += a != NULL;
	}
}

/* Places of each group's events; the counts are counted again while they are put there. */
static void lay_out(struct log_work *w)
{
	uint32_t atts = 0, msgs = 0;

	for (uint32_t i = 0; i < log_table_count(w->queues); i++) {
		struct log_queue_group *g = &w->groups[i];

		g->first_att = atts;
		g->first_msg = msgs;
		atts += g->n_atts;
		msgs += g->n_msgs;
		g->n_atts = g->n_msgs = 0;
	}
	w->atts = xmalloc((atts + 1u) * sizeof(*w->atts));
	w->from = xmalloc((atts + 1u) * sizeof(*w->from));
	w->msgs = xmalloc((msgs + 1u) * sizeof(*w->msgs));
}

static struct join_msg *next_msg(struct log_work *w, struct log_queue_group *g, int64_t us,
				 enum message_event event)
{
	struct join_msg *m = &w->msgs[g->first_msg + g->n_msgs++];

	*m = (struct join_msg){.us = us, .size = -1, .event = (uint8_t)event};
	return m;
}

static void put_fact(struct log_work *w, struct log_queue_group *g, int64_t us,
		     enum message_event event, struct text value, int32_t size)
{
	struct join_msg *m = next_msg(w, g, us, event);
	bool full = w->st->conf->recipients == RECIPIENTS_FULL;

	m->size = size;
	if (event == MESSAGE_SENDER) {
		m->domain = value.len ? log_domain_of(w, log_domain_part(value)) : 0;
		m->text = full && value.len ? value : TEXT_ABSENT;
	} else if (event == MESSAGE_HEADER_FROM) {
		bool address = value.len && memchr(value.p, '@', value.len);

		m->domain = value.len ? log_domain_of(w, address ? log_domain_part(value) : value) : 0;
	} else {
		m->text = value.len ? value : TEXT_ABSENT;
	}
}

static void put_msg(struct log_work *w, const struct store_log *l, const struct slots *s,
		    const struct log_msg *m)
{
	struct log_queue_group *g = &w->groups[s->group[m->queue]];
	int64_t us = clamp(m->us);

	seen_at(&w->hosts[g->host], us);
	put_fact(w, g, us, (enum message_event)m->event, log_text_of(l, m->value), m->size);
}

static void put_carried(struct log_work *w, struct log_queue_group *g, const struct store_log *l,
			const struct log_att *a, int64_t us)
{
	static const struct { enum log_att_text text; enum message_event event; } kinds[] = {
		{ATT_MESSAGE_ID, MESSAGE_ID}, {ATT_ENVELOPE_FROM, MESSAGE_SENDER},
		{ATT_HEADER_FROM, MESSAGE_HEADER_FROM}, {ATT_CAMPAIGN, MESSAGE_CAMPAIGN}};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (a->len[kinds[i].text] != LOG_ABSENT)
			put_fact(w, g, us, kinds[i].event, log_att_text(l, a, kinds[i].text), -1);
	if (a->arrived_us != TIME_ABSENT)
		next_msg(w, g, clamp(a->arrived_us), MESSAGE_ARRIVED);
}

/* Where it went: to a relay of ours, a private address or locally; or to no peer (C3). */
static int8_t handed(const struct log_work *w, const struct log_host *h, const struct log_att *a,
		     uint32_t peer)
{
	const struct log_peer *p = peer ? &w->peers[peer - 1] : NULL;

	if (p && (p->internal || (h->source &&
	    log_source_is_relay(h->source, p->host.p ? p->host : text_of(""), &p->ip))))
		return 1;
	if (p && p->ip.family)
		return 0;
	if (a->outcome == ATTEMPT_ACCEPTED && h->system != SYSTEM_POWERMTA &&
	    h->system != SYSTEM_KUMOMTA)
		return 1;
	return p ? 0 : -1;
}

static void take_ip(struct join_att *x, const struct log_att *a, const struct log_host *h,
		    const struct log_service *v)
{
	bool platform = h->system == SYSTEM_POWERMTA || h->system == SYSTEM_KUMOMTA;

	x->source_ip = a->source_ip;
	x->ip_from = platform ? 'e' : 'l';
	if (x->source_ip.family || !h->source)
		return;
	x->source_ip = v->map && v->map->source_ip.family ? v->map->source_ip
							  : h->source->source_ip;
	x->ip_from = 'm';
}

static void put_att(struct log_work *w, struct store_log *l, struct slots *s, uint32_t i)
{
	const struct log_att *a = &l->atts[i];
	struct log_queue_group *g = &w->groups[s->group[a->queue]];
	struct log_host *h = &w->hosts[g->host];
	int64_t us = clamp(a->us);
	uint32_t at = g->first_att + g->n_atts++;
	struct join_att *x = &w->atts[at];
	struct log_from *f = &w->from[at];
	struct text recipient = log_att_text(l, a, ATT_RECIPIENT);
	uint32_t service = slot_service(w, l, s, a->service, g->host);

	*f = (struct log_from){l, i, log_peer_of(w, log_att_text(l, a, ATT_PEER_HOST), &a->peer_ip), 0};
	if (a->reply != LOG_NO_SLOT && a->reply < l->n_replies && l->replies[a->reply].there)
		f->template = log_template_of(w, l, a, f->peer ? w->peers[f->peer - 1].gateway
								 : NO_GATEWAY);
	*x = (struct join_att){
		.us = us, .line_key = a->line_key, .service_id = w->services[service].id,
		.template_id = f->template ? w->templates[f->template - 1].id : 0,
		.peer_id = f->peer ? w->peers[f->peer - 1].id : 0,
		.arrived = a->arrived_us != TIME_ABSENT ? clamp(a->arrived_us) :
			   a->delay_ms >= 0 ? us - 1000LL * a->delay_ms : TIME_ABSENT,
		.reported = a->reported, .kind = a->kind, .outcome = a->outcome, .src = at,
		.handed = handed(w, h, a, f->peer)};
	if (a->kind != EVENT_MX_ATTEMPT)
		x->recipient_domain = log_domain_of(w, log_domain_part(recipient));
	if (w->st->conf->recipients == RECIPIENTS_FULL && recipient.len)
		x->recipient_text = recipient;
	take_ip(x, a, h, &w->services[service]);
	seen_at(h, us);
	put_carried(w, g, l, a, us);
}

static void put(struct log_work *w, const struct log_piece *p, struct slots *s)
{
	struct store_log *l = p->log;

	for (uint32_t i = p->from; i < p->to; i++) {
		if (i < l->n_msgs)
			put_msg(w, l, s, &l->msgs[i]);
		else
			put_att(w, l, s, i - l->n_msgs);
	}
}

/* ---- all of it ---- */

struct log_work *log_gather(struct store *s, struct store_stage *st, struct log_piece *pieces,
			    size_t n)
{
	struct log_work *w = xcalloc(1, sizeof(*w));
	AUTO_FREE struct slots *slots = xcalloc(n, sizeof(*slots));

	*w = (struct log_work){.s = s, .st = st, .pieces = pieces, .n_pieces = n};
	w->arena = log_arena_new();
	for (size_t i = 0; i < sizeof(w->names) / sizeof(w->names[0]); i++)
		w->names[i] = log_table_new();
	w->queues = log_table_new();
	w->marks = log_table_new();
	w->join = join_new((enum join_recipients)st->conf->recipients);
	for (size_t i = 0; i < n; i++) {
		slots_begin(w, pieces[i].log, &slots[i]);
		count(w, &pieces[i], &slots[i]);
	}
	lay_out(w);
	for (size_t i = 0; i < n; i++) {
		put(w, &pieces[i], &slots[i]);
		free(slots[i].group);
	}
	return w;
}

void log_work_free(struct log_work *w)
{
	struct buf *bufs[] = {&w->deliveries, &w->attempts, &w->opens, &w->attempts_open, &w->gone,
			      &w->gone_days, &w->open_keys, &w->moved_from, &w->moved_line,
			      &w->moved_to, &w->moved_service, &w->moved_ips, &w->moved_days,
			      &w->orphans, &w->orphan_lines, &w->orphan_days, &w->known};

	for (size_t i = 0; i < sizeof(bufs) / sizeof(bufs[0]); i++)
		buf_free(bufs[i]);
	for (size_t i = 0; i < sizeof(w->names) / sizeof(w->names[0]); i++)
		log_table_free(w->names[i]);
	log_table_free(w->queues);
	log_table_free(w->marks);
	log_arena_free(w->arena);
	join_free(w->join);
	free(w->hosts);
	free(w->services);
	free(w->domains);
	free(w->peers);
	free(w->templates);
	free(w->gateways);
	free(w->groups);
	free(w->atts);
	free(w->from);
	free(w->msgs);
	free(w->loaded);
	free(w->evidence);
	free(w);
}
