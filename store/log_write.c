/*
 * Rows of deliveries, attempts and open messages: what the join says becomes tuples for COPY. A
 * delivery that changed goes and comes again, as an UPDATE would have it, so that there is one way
 * in for all of them, and its cohort may become another day's.
 */
#include "store/log_row.h"

#include <stdlib.h>

static void add8(struct buf *b, int64_t v)
{
	buf_add(b, &v, sizeof(v));
}

static void add4(struct buf *b, int32_t v)
{
	buf_add(b, &v, sizeof(v));
}

static uint8_t *begin(struct buf *b, size_t room)
{
	return (uint8_t *)buf_room(b, room);
}

static void end(struct buf *b, const uint8_t *p)
{
	b->len = (size_t)((const char *)p - b->p);
}

static uint8_t *copy_int4_or_null(uint8_t *p, int32_t v)
{
	return v < 0 ? copy_null(p) : copy_int4(p, v);
}

static uint8_t *copy_ids(uint8_t *p, const struct join_ids *ids)
{
	uint8_t *length = p;

	if (!ids->n)
		return copy_null(p);
	p = copy_be32(p, 0);
	p = copy_be32(p, 1);
	p = copy_be32(p, 0);
	p = copy_be32(p, 20); /* int8 */
	p = copy_be32(p, ids->n);
	p = copy_be32(p, 1);
	for (uint32_t i = 0; i < ids->n; i++)
		p = copy_int8(p, ids->v[i]);
	copy_be32(length, (uint32_t)(p - length - 4));
	return p;
}

/* ---- deliveries ---- */

static uint8_t *copy_ends(uint8_t *p, const struct join_row *r)
{
	const int64_t times[] = {r->epoch, r->first, r->last, r->first_deferred, r->last_deferred,
				 r->accepted, r->bounced, r->expired, r->removed, r->closed,
				 r->bounced_after, r->message_expired, r->message_removed};

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		p = copy_us(p, times[i]);
	return p;
}

static void put_delivery(struct log_work *w, const struct log_queue_group *g,
			 const struct join_row *r)
{
	const struct text texts[] = {g->queue_id, r->facts.message_id, r->facts.campaign,
				     r->recipient, r->facts.envelope_from};
	size_t room = (DELIVERY_FIELDS + 4) * COPY_FIXED +
		      12 * (size_t)(r->deferred_templates.n + r->suspended_templates.n);

	for (size_t i = 0; i < 5; i++)
		room += texts[i].len;
	uint8_t *p = begin(&w->deliveries, room);

	p = copy_tuple(p, DELIVERY_FIELDS);
	p = copy_int8(p, w->st->tenant);
	p = copy_int8(p, r->delivery_id);
	p = copy_int8(p, g->key);
	p = copy_int8(p, w->hosts[g->host].id);
	p = copy_int8(p, r->service_id);
	p = copy_int8(p, r->recipient_key);
	p = copy_int8(p, r->recipient_domain);
	p = copy_int8_or_null(p, r->facts.envelope_domain);
	p = copy_int8_or_null(p, r->facts.header_domain);
	p = copy_int8_or_null(p, r->last_peer);
	p = copy_int8_or_null(p, r->last_template);
	p = copy_int8_or_null(p, r->salt);
	p = copy_ends(p, r);
	p = copy_int4(p, r->attempts);
	p = copy_int4(p, r->deferred);
	p = copy_int4(p, r->suspended);
	p = copy_int4(p, r->mx_attempts);
	p = copy_int4_or_null(p, r->reported);
	p = copy_int4_or_null(p, r->facts.size);
	p = copy_date(p, r->day);
	p = r->ip_from ? copy_char(p, r->ip_from) : copy_null(p);
	p = r->arrival_seen < 0 ? copy_null(p) : copy_bool(p, r->arrival_seen > 0);
	p = copy_bool(p, r->handed_on);
	p = copy_bool(p, r->facts.null_sender);
	p = copy_inet(p, &r->source_ip);
	p = copy_ids(p, &r->deferred_templates);
	p = copy_ids(p, &r->suspended_templates);
	for (size_t i = 0; i < 5; i++)
		p = copy_text(p, texts[i]);
	end(&w->deliveries, p);
}

static int64_t take_id(struct log_work *w)
{
	struct log_known *k = log_known_of(w->st);

	if (!k->ids_left) {
		if (k->id_blocks.len < sizeof(k->next_id))
			abort(); /* ids_ahead saw to it */
		k->id_blocks.len -= sizeof(k->next_id);
		memcpy(&k->next_id, k->id_blocks.p + k->id_blocks.len, sizeof(k->next_id));
		k->ids_left = 1000;
	}
	k->ids_left--;
	return k->next_id++;
}

/* As many as the events can make deliveries. */
static int ids_ahead(struct log_work *w, struct err *e)
{
	struct log_known *k = log_known_of(w->st);
	int64_t have = k->ids_left + 1000 * (int64_t)(k->id_blocks.len / 8), need = w->n_atts;
	AUTO_PARAMS struct params p = {0};
	AUTO_RESULT PGresult *res = NULL;

	for (uint32_t i = 0; i < w->n_loaded; i++)
		need += w->loaded[i].n_atts;
	if (need <= have)
		return 0;
	param_int4(&p, (int32_t)((need - have + 999) / 1000));
	if (db_exec(w->s, "SELECT nextval('ruadb_data.delivery_id_seq') FROM generate_series(1, $1)",
		    &p, &res, e) < 0)
		return -1;
	for (int row = PQntuples(res) - 1; row >= 0; row--)
		add8(&k->id_blocks, db_int8(res, row, 0));
	return 0;
}

static void gone(struct log_work *w, const struct join_row *r)
{
	add8(&w->gone, r->delivery_id);
	add4(&w->gone_days, r->day);
	log_stale(w, r->day);
}

static void write_row(struct log_work *w, const struct log_queue_group *g, struct join_row *r)
{
	if (!r->was) {
		r->delivery_id = take_id(w);
		w->counts.deliveries++;
	}
	if (!r->changed)
		return;
	if (r->was)
		gone(w, r->was);
	if (r->expired != TIME_ABSENT && (!r->was || r->was->expired == TIME_ABSENT))
		log_expired(w, g->host, r->expired);
	put_delivery(w, g, r);
	log_stale(w, r->day);
}

/* ---- attempts ---- */

/* What an event says beside what the join knows of it. */
struct said {
	uint8_t stage;
	int32_t delay_ms;
	struct text status, values;
	struct ip source_ip, reply_ip;
};

static struct said said_of(struct log_work *w, const struct join_att *a,
			   const struct log_loaded *l)
{
	if (a->open || a->stored) {
		const struct log_stored *s = &l->stored[a->src];

		return (struct said){s->stage, -1, s->status, s->values, s->source_ip, s->reply_ip};
	}
	const struct log_from *f = &w->from[a->src];
	const struct log_att *x = &f->log->atts[f->att];
	struct said s = {x->stage, x->delay_ms, log_att_text(f->log, x, ATT_STATUS),
			 log_att_text(f->log, x, ATT_VALUES), a->source_ip, x->reply_ip};

	if (!f->template)
		return s;
	s.values = log_template_values(w, &w->templates[f->template - 1], s.values);
	if (s.status.len && text_eq(s.status, w->templates[f->template - 1].enhanced))
		s.status = TEXT_ABSENT;
	return s;
}

static bool same_ip(const struct ip *a, const struct ip *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, a->family == 6 ? 16 : 4) == 0;
}

/* Where it is another one than the delivery's; 0: it is not. An open event knows none. */
static int64_t own_service(const struct join_att *a)
{
	return a->open || a->service_id == a->to->service_id ? 0 : a->service_id;
}

static struct ip own_ip(const struct join_att *a)
{
	return same_ip(&a->source_ip, &a->to->source_ip) ? (struct ip){0} : a->source_ip;
}

static void put_attempt(struct log_work *w, const struct join_att *a, const struct log_loaded *l)
{
	struct said s = said_of(w, a, l);
	uint8_t *p = begin(&w->attempts, (ATTEMPT_FIELDS + 1) * COPY_FIXED + s.status.len +
			   s.values.len);

	p = copy_tuple(p, ATTEMPT_FIELDS);
	p = copy_int8(p, w->st->tenant);
	p = copy_int8(p, a->to->delivery_id);
	p = copy_int8(p, (int64_t)a->line_key);
	p = copy_int8_or_null(p, a->template_id);
	p = copy_int8_or_null(p, a->peer_id);
	p = copy_us(p, a->us);
	p = copy_date(p, join_day(a->us));
	p = copy_int4_or_null(p, s.delay_ms);
	p = a->reported < 0 ? copy_null(p) : copy_int2(p, (int16_t)(a->reported > INT16_MAX ?
								     INT16_MAX : a->reported));
	p = copy_char(p, a->kind);
	p = copy_char(p, a->outcome);
	p = copy_char(p, s.stage);
	p = copy_text(p, s.status.len ? s.status : TEXT_ABSENT);
	p = copy_int8_or_null(p, own_service(a));
	p = !s.source_ip.family || same_ip(&s.source_ip, &a->to->source_ip) ? copy_null(p)
									     : copy_inet(p, &s.source_ip);
	p = copy_inet(p, &s.reply_ip);
	p = copy_text(p, s.values.len ? s.values : TEXT_ABSENT);
	end(&w->attempts, p);
}

static void put_attempt_open(struct log_work *w, const struct log_queue_group *g,
			     const struct join_att *a, const struct log_loaded *l)
{
	struct said s = said_of(w, a, l);
	uint8_t *p = begin(&w->attempts_open, (ATTEMPT_OPEN_FIELDS + 1) * COPY_FIXED +
			   s.status.len + s.values.len);

	p = copy_tuple(p, ATTEMPT_OPEN_FIELDS);
	p = copy_int8(p, w->st->tenant);
	p = copy_int8(p, g->key);
	p = copy_int8(p, (int64_t)a->line_key);
	p = copy_int8_or_null(p, a->template_id);
	p = copy_int8_or_null(p, a->peer_id);
	p = copy_us(p, a->us);
	p = copy_char(p, s.stage);
	p = copy_text(p, s.status.len ? s.status : TEXT_ABSENT);
	p = copy_inet(p, &s.source_ip);
	p = copy_inet(p, &s.reply_ip);
	p = copy_text(p, s.values.len ? s.values : TEXT_ABSENT);
	end(&w->attempts_open, p);
}

/* One that is there already: it may be another delivery's now, or have to say itself what the
 * delivery said. */
static void write_stored(struct log_work *w, const struct join_att *a)
{
	struct ip ip = own_ip(a);

	if (a->to->delivery_id == a->owner->delivery_id && own_service(a) == a->stored_service &&
	    same_ip(&ip, &a->stored_ip))
		return;
	add8(&w->moved_from, a->owner->delivery_id);
	add8(&w->moved_line, (int64_t)a->line_key);
	add8(&w->moved_to, a->to->delivery_id);
	add8(&w->moved_service, own_service(a));
	buf_add(&w->moved_ips, &ip, sizeof(ip));
	add4(&w->moved_days, join_day(a->us));
}

/* A stored one of a further MX host whose message has no delivery any more, since it was torn off. */
static bool is_orphan(const struct join_att *a)
{
	return a->stored && !a->to && a->owner && a->owner->whole;
}

static void write_att(struct log_work *w, const struct log_queue_group *g, struct join_att *a,
		      const struct log_loaded *l)
{
	if (a->repeated) {
		w->counts.repeated++;
		w->atts[a->src].repeated = true;
		return;
	}
	if (a->stored) {
		if (a->to && a->owner)
			write_stored(w, a);
		else if (is_orphan(a)) {
			add8(&w->orphans, a->owner->delivery_id);
			add8(&w->orphan_lines, (int64_t)a->line_key);
			add4(&w->orphan_days, join_day(a->us));
		}
		return;
	}
	if (!a->open) {
		w->counts.events++;
		w->counts.attempts += a->kind == EVENT_ATTEMPT;
		log_evidence(w, g->host, a, &w->from[a->src]);
	}
	if (a->to)
		put_attempt(w, a, l);
}

/* ---- messages without a delivery ---- */

static void put_open(struct log_work *w, const struct log_queue_group *g,
		     const struct join_message *m)
{
	const struct text texts[] = {g->queue_id, m->facts.message_id, m->facts.campaign,
				     m->facts.envelope_from};
	const int64_t times[] = {m->epoch, m->first, m->last, m->closed, m->expired, m->removed};
	size_t room = (OPEN_FIELDS + 1) * COPY_FIXED;

	for (size_t i = 0; i < 4; i++)
		room += texts[i].len;
	uint8_t *p = begin(&w->opens, room);

	p = copy_tuple(p, OPEN_FIELDS);
	p = copy_int8(p, w->st->tenant);
	p = copy_int8(p, g->key);
	p = copy_int8(p, w->hosts[g->host].id);
	p = copy_int8_or_null(p, m->facts.envelope_domain);
	p = copy_int8_or_null(p, m->facts.header_domain);
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		p = copy_us(p, times[i]);
	p = copy_int4_or_null(p, m->facts.size);
	p = m->arrival_seen < 0 ? copy_null(p) : copy_bool(p, m->arrival_seen > 0);
	p = copy_bool(p, m->facts.null_sender);
	for (size_t i = 0; i < 4; i++)
		p = copy_text(p, texts[i]);
	end(&w->opens, p);
}

static bool opens_differ(const struct join_group *g)
{
	for (uint32_t i = 0; i < g->n_messages; i++)
		if (g->messages[i].changed || (g->messages[i].had_open && g->messages[i].n_rows))
			return true;
	for (uint32_t i = 0; i < g->n_atts; i++)
		if (!g->atts[i].repeated && (g->atts[i].open ? g->atts[i].to != NULL
					      : !g->atts[i].to && (!g->atts[i].stored ||
						 is_orphan(&g->atts[i]))))
			return true;
	return false;
}

static void write_opens(struct log_work *w, const struct log_queue_group *q,
			const struct join_group *g, const struct log_loaded *l)
{
	if (!opens_differ(g))
		return;
	if (l)
		add8(&w->open_keys, q->key);
	for (uint32_t i = 0; i < g->n_messages; i++)
		if (!g->messages[i].n_rows)
			put_open(w, q, &g->messages[i]);
	for (uint32_t i = 0; i < g->n_atts; i++)
		if (!g->atts[i].repeated && !g->atts[i].to &&
		    (!g->atts[i].stored || is_orphan(&g->atts[i])))
			put_attempt_open(w, q, &g->atts[i], l);
}

/* ---- a queue id ---- */

/* Stored and new events side by side; src of a stored one is its place there. */
static void with_stored(struct log_work *w, struct join_group *g, const struct log_loaded *l)
{
	if (!l || !l->n_atts)
		return;
	struct join_att *all = join_alloc(w->join, (l->n_atts + g->n_atts) * sizeof(*all));

	memcpy(all, l->atts, l->n_atts * sizeof(*all));
	for (uint32_t i = 0; i < l->n_atts; i++)
		all[i].src = i;
	if (g->n_atts)
		memcpy(all + l->n_atts, g->atts, g->n_atts * sizeof(*all));
	g->atts = all;
	g->n_atts += l->n_atts;
}

static void write_group(struct log_work *w, struct log_queue_group *q)
{
	struct log_loaded *l = q->loaded ? &w->loaded[q->loaded - 1] : NULL;

	if (!q->n_atts && !q->n_msgs) /* of a part of which this is a piece */
		return;
	join_reset(w->join);
	struct join_group g = log_group_of(w, q);

	with_stored(w, &g, l);
	join_group(w->join, &g);
	for (uint32_t i = 0; i < g.n_messages; i++)
		for (uint32_t k = 0; k < g.messages[i].n_rows; k++)
			write_row(w, q, &g.messages[i].rows[k]);
	for (uint32_t i = 0; i < g.n_rows; i++)
		if (!g.rows[i].now || g.rows[i].now->was != &g.rows[i])
			gone(w, &g.rows[i]);
	for (uint32_t i = 0; i < g.n_atts; i++)
		write_att(w, q, &g.atts[i], l);
	write_opens(w, q, &g, l);
	w->counts.events += q->n_msgs;
}

/* ---- all of it ---- */

/* Messages that nothing is there of: they are joined while PostgreSQL stores those before them. */
static int write_new(struct log_work *w, struct err *e)
{
	uint32_t n = log_table_count(w->queues);

	if (log_deliveries_begin(w, e) < 0)
		return -1;
	for (uint32_t i = 0; i < n; i++) {
		if (w->groups[i].loaded)
			continue;
		write_group(w, &w->groups[i]);
		if (log_deliveries_put(w, 1 << 16, e) < 0)
			return -1;
	}
	return log_deliveries_put(w, 0, e) < 0 ? -1 : db_copy_end(w->s, e);
}

int log_write(struct log_work *w, struct err *e)
{
	if (ids_ahead(w, e) < 0)
		return -1;
	for (uint32_t i = 0; i < log_table_count(w->queues); i++)
		if (w->groups[i].loaded)
			write_group(w, &w->groups[i]);
	if (log_old_away(w, e) < 0 || write_new(w, e) < 0)
		return -1;
	return log_tuples_store(w, e);
}

int log_rows_store(struct log_work *w, struct err *e)
{
	struct buf *bufs[] = {&w->deliveries, &w->attempts, &w->opens, &w->attempts_open, &w->gone,
			      &w->gone_days, &w->open_keys, &w->moved_from, &w->moved_line,
			      &w->moved_to, &w->moved_service, &w->moved_ips, &w->moved_days,
			      &w->orphans, &w->orphan_lines, &w->orphan_days};

	for (size_t i = 0; i < sizeof(bufs) / sizeof(bufs[0]); i++)
		bufs[i]->len = 0;
	w->counts = (struct store_log_counts){0};
	log_evidence_reset(w);
	for (uint32_t i = 0; i < w->n_atts; i++)
		w->atts[i].repeated = false;
	if (log_load(w, e) < 0 || log_write(w, e) < 0 || log_evidence_store(w, e) < 0)
		return -1;
	return log_sums_store(w, e);
}
