#include "store/log_fold.h"
#include "base/hash.h"
#include "base/mem.h"

#include <stdlib.h>
#include <sys/random.h>

#define TABLE_FROM 16 /* so many deliveries of a message, and they are found by a table */

static int64_t earlier(int64_t a, int64_t b)
{
	return a == TIME_ABSENT || (b != TIME_ABSENT && b < a) ? b : a;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* ---- the key of a delivery ---- */

int64_t join_salted(int64_t salt, int64_t recipient)
{
	struct hash *h = hash_new(); /* not for two threads; and kept by none, which would leave it behind */
	int64_t both[2] = {salt, recipient};
	uint8_t sum[32];

	hash_sum(h, both, sizeof(both), sum);
	hash_free(h);
	return hash_id(sum);
}

static int64_t new_salt(struct join *j)
{
	if (!j->n_random) {
		if (getrandom(j->random, sizeof(j->random), 0) != sizeof(j->random))
			abort(); /* up to 256 bytes come whole */
		j->n_random = sizeof(j->random) / sizeof(j->random[0]);
	}
	uint64_t r = j->random[--j->n_random];

	return r ? (int64_t)r : 1;
}

static int64_t key_of(struct join *j, struct join_message *m, int64_t recipient)
{
	if (j->recipients != JOIN_DOMAIN)
		return recipient;
	if (!m->salt)
		m->salt = new_salt(j);
	return join_salted(m->salt, recipient);
}

static bool is_final(const struct join_row *r)
{
	return r->accepted != TIME_ABSENT || r->bounced != TIME_ABSENT ||
	       r->expired != TIME_ABSENT || r->removed != TIME_ABSENT;
}

/* ---- deliveries of a message ---- */

static void table_put(struct join_message *m, uint32_t row)
{
	uint32_t at = (uint32_t)m->rows[row].recipient_key & m->mask;

	while (m->table[at])
		at = (at + 1) & m->mask;
	m->table[at] = row + 1;
}

static void table_grow(struct join *j, struct join_message *m)
{
	uint32_t size = 2 * m->cap_rows;

	m->table = join_alloc(j, size * sizeof(*m->table));
	memset(m->table, 0, size * sizeof(*m->table));
	m->mask = size - 1;
	for (uint32_t i = 0; i < m->n_rows; i++)
		table_put(m, i);
}

static struct join_row *append_row(struct join *j, struct join_message *m,
				   const struct join_row *row)
{
	if (m->n_rows == m->cap_rows) {
		struct join_row *old = m->rows;

		m->cap_rows = m->cap_rows ? m->cap_rows * 2 : 1;
		m->rows = join_alloc(j, m->cap_rows * sizeof(*m->rows));
		if (old)
			memcpy(m->rows, old, m->n_rows * sizeof(*old));
		if (m->cap_rows >= TABLE_FROM)
			table_grow(j, m);
	}
	m->rows[m->n_rows] = *row;
	if (m->table)
		table_put(m, m->n_rows);
	return &m->rows[m->n_rows++];
}

static struct join_row *find_key(struct join_message *m, int64_t key)
{
	if (!m->table) {
		for (uint32_t i = 0; i < m->n_rows; i++)
			if (m->rows[i].recipient_key == key)
				return &m->rows[i];
		return NULL;
	}
	for (uint32_t at = (uint32_t)key & m->mask; m->table[at]; at = (at + 1) & m->mask)
		if (m->rows[m->table[at] - 1].recipient_key == key)
			return &m->rows[m->table[at] - 1];
	return NULL;
}

/* recipients = domain: what comes after the salt is gone is taken to be of the first delivery to
 * that domain; there is mostly one. */
static struct join_row *find_without_salt(struct join_message *m, const struct join_att *a)
{
	for (uint32_t i = 0; i < m->n_rows; i++)
		if (m->rows[i].was && !m->rows[i].was->salt && is_final(m->rows[i].was) &&
		    m->rows[i].recipient_domain == a->recipient_domain)
			return &m->rows[i];
	return NULL;
}

static const struct join_row nothing = {
	.epoch = TIME_ABSENT, .first = TIME_ABSENT, .last = TIME_ABSENT,
	.first_deferred = TIME_ABSENT, .last_deferred = TIME_ABSENT, .accepted = TIME_ABSENT,
	.bounced = TIME_ABSENT, .expired = TIME_ABSENT, .removed = TIME_ABSENT,
	.closed = TIME_ABSENT, .bounced_after = TIME_ABSENT,
	.message_expired = TIME_ABSENT, .message_removed = TIME_ABSENT, .reported = -1,
	.facts = {.size = -1}};

static struct join_row *row_of_stored(struct join *j, struct join_message *m, struct join_att *a)
{
	struct join_row *o = a->owner, *r = find_key(m, o->recipient_key);

	if (!r) {
		struct join_row x = nothing;

		x.recipient_key = o->recipient_key;
		x.recipient_domain = o->recipient_domain;
		x.recipient = o->recipient;
		x.salt = o->salt;
		if (!o->now) {
			x.delivery_id = o->delivery_id;
			x.was = o;
		}
		r = append_row(j, m, &x);
	}
	if (!o->now)
		o->now = r; /* moves with its array: known by its `was` then */
	return r;
}

static struct join_row *row_of(struct join *j, struct join_message *m, struct join_att *a)
{
	if (a->owner)
		return row_of_stored(j, m, a);
	int64_t key = key_of(j, m, a->recipient);
	struct join_row *r = find_key(m, key);

	if (!r && j->recipients == JOIN_DOMAIN)
		r = find_without_salt(m, a);
	if (!r) {
		struct join_row x = nothing;

		x.recipient_key = key;
		x.recipient_domain = a->recipient_domain;
		x.recipient = a->recipient_text;
		r = append_row(j, m, &x);
	}
	if (!r->recipient.p)
		r->recipient = a->recipient_text;
	return r;
}

/* ---- one event ---- */

static void add_template(struct join *j, struct join_ids *ids, int64_t id)
{
	for (uint32_t i = 0; i < ids->n; i++)
		if (ids->v[i] == id)
			return;
	int64_t *v = join_alloc(j, (ids->n + 1) * sizeof(*v));
	uint32_t at = ids->n;

	for (; at && ids->v[at - 1] > id; at--)
		v[at] = ids->v[at - 1];
	if (at)
		memcpy(v, ids->v, at * sizeof(*v));
	v[at] = id;
	*ids = (struct join_ids){v, ids->n + 1};
}

/* How much the event that service_id and source_ip come from has to say; less is more. */
static int rank_of(bool attempt, bool ip)
{
	return (attempt ? 0 : 2) + (ip ? 0 : 1);
}

static void take_service(struct join_row *r, const struct join_att *a)
{
	if (a->kind == EVENT_MX_ATTEMPT ||
	    (r->service_id && rank_of(r->attempts > 0, r->source_ip.family) <=
			      rank_of(a->kind == EVENT_ATTEMPT, a->source_ip.family)))
		return;
	r->service_id = a->service_id;
	r->source_ip = a->source_ip;
	r->ip_from = a->source_ip.family ? a->ip_from : 0;
}

static void fail(struct join *j, struct join_row *r, const struct join_att *a)
{
	struct join_ids *ids = a->kind == EVENT_QUEUE_SUSPENDED ? &r->suspended_templates
								: &r->deferred_templates;

	if (a->template_id)
		r->last_template = a->template_id;
	if (a->outcome != ATTEMPT_DEFERRED)
		return;
	r->first_deferred = earlier(r->first_deferred, a->us);
	r->last_deferred = later(r->last_deferred, a->us);
	if (a->template_id)
		add_template(j, ids, a->template_id);
}

static void outcome(struct join *j, struct join_row *r, const struct join_att *a)
{
	switch ((enum attempt_outcome)a->outcome) {
	case ATTEMPT_ACCEPTED:
		r->accepted = earlier(r->accepted, a->us);
		break;
	case ATTEMPT_DEFERRED:
		fail(j, r, a);
		break;
	case ATTEMPT_BOUNCED:
		r->bounced = earlier(r->bounced, a->us);
		fail(j, r, a);
		break;
	case ATTEMPT_EXPIRED:
		r->expired = earlier(r->expired, a->us);
		break;
	case ATTEMPT_REMOVED:
		r->removed = earlier(r->removed, a->us);
		break;
	}
}

/* In the order of time. */
static void add_event(struct join *j, struct join_row *r, const struct join_att *a)
{
	r->first = earlier(r->first, a->us);
	if (a->kind == EVENT_MX_ATTEMPT) {
		r->mx_attempts++;
		return;
	}
	r->last = later(r->last, a->us);
	take_service(r, a);
	r->reported = r->reported > a->reported ? r->reported : a->reported;
	if (a->kind == EVENT_LATER_DSN) {
		r->bounced_after = earlier(r->bounced_after, a->us);
		return;
	}
	r->attempts += a->kind == EVENT_ATTEMPT;
	r->deferred += a->kind == EVENT_ATTEMPT && a->outcome == ATTEMPT_DEFERRED;
	r->suspended += a->kind == EVENT_QUEUE_SUSPENDED;
	if (a->peer_id && a->kind != EVENT_QUEUE)
		r->last_peer = a->peer_id;
	if (a->kind == EVENT_ATTEMPT && a->handed >= 0)
		r->handed_on = a->handed;
	outcome(j, r, a);
}

/* ---- the events of a message ---- */

static int rank(const struct join_att *a)
{
	switch ((enum attempt_kind)a->kind) {
	case EVENT_MX_ATTEMPT:
		return 0;
	case EVENT_ATTEMPT:
		return 1;
	case EVENT_QUEUE_SUSPENDED:
		return 2;
	case EVENT_QUEUE:
		return 3;
	case EVENT_LATER_DSN:
		return 4;
	}
	return 5;
}

static int by_event(const void *pa, const void *pb)
{
	const struct join_att *a = *(struct join_att *const *)pa, *b = *(struct join_att *const *)pb;
	int64_t sa = join_second(a->us), sb = join_second(b->us);

	if (a->message != b->message)
		return a->message < b->message ? -1 : 1;
	if (sa != sb)
		return sa < sb ? -1 : 1;
	if (rank(a) != rank(b))
		return rank(a) - rank(b);
	if (a->us != b->us)
		return a->us < b->us ? -1 : 1;
	return a->line_key < b->line_key ? -1 : a->line_key > b->line_key;
}

/* Those that count, by message and time, in j->order; returns how many. */
static uint32_t in_order(struct join *j, struct join_group *g)
{
	uint32_t n = 0;

	if (g->n_atts > j->cap_order) {
		j->cap_order = g->n_atts + 64;
		j->order = xrealloc(j->order, j->cap_order * sizeof(struct join_att *));
	}
	for (uint32_t i = 0; i < g->n_atts; i++) {
		g->atts[i].to = NULL;
		if (!g->atts[i].repeated && (!g->atts[i].owner || g->atts[i].owner->whole))
			j->order[n++] = &g->atts[i];
	}
	if (n > 1)
		qsort(j->order, n, sizeof(*j->order), by_event);
	return n;
}

/* Stored deliveries that go on from what their row says. */
static void rows_as_stored(struct join *j, struct join_group *g)
{
	for (uint32_t i = 0; i < g->n_rows; i++) {
		struct join_row *r = &g->rows[i];

		r->now = NULL;
		if (r->whole)
			continue;
		struct join_row x = *r;

		x.was = r;
		if (x.expired == x.message_expired)
			x.expired = TIME_ABSENT; /* settle_row puts it there again */
		if (x.removed == x.message_removed)
			x.removed = TIME_ABSENT;
		r->now = append_row(j, r->message, &x);
	}
}

static struct join_row *latest(struct join_message *m)
{
	struct join_row *best = NULL;

	for (uint32_t i = 0; i < m->n_rows; i++) {
		struct join_row *r = &m->rows[i];

		if (!best || r->last > best->last ||
		    (r->last == best->last && r->recipient_key < best->recipient_key))
			best = r;
	}
	return best;
}

static void attach(struct join *j, struct join_row *r, struct join_att *a)
{
	a->to = r; /* the place in its array, until settle_places */
	add_event(j, r, a);
}

/* Rows move while there come more of them: an event keeps the number of its row. */
static void put_events(struct join *j, struct join_message *m, struct join_att **v, uint32_t n)
{
	AUTO_FREE uint32_t *places = n > 64 ? xcalloc(n, sizeof(*places)) : NULL;
	uint32_t few[64], *at = places ? places : few, waiting = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (v[i]->kind == EVENT_MX_ATTEMPT) {
			at[i] = UINT32_MAX;
			continue;
		}
		at[i] = (uint32_t)(row_of(j, m, v[i]) - m->rows);
		for (; v[i]->kind == EVENT_ATTEMPT && waiting < i; waiting++)
			if (at[waiting] == UINT32_MAX)
				at[waiting] = at[i];
	}
	for (uint32_t i = 0; i < n; i++)
		if (at[i] != UINT32_MAX)
			attach(j, &m->rows[at[i]], v[i]);
	struct join_row *last = latest(m);

	for (uint32_t i = 0; i < n; i++)
		if (at[i] == UINT32_MAX) {
			if (last)
				attach(j, last, v[i]);
			else
				m->n_mx++;
		}
}

/* ---- what became of them ---- */

static bool ended_before(const struct join_row *r, int64_t us)
{
	return (r->accepted != TIME_ABSENT && r->accepted <= us) ||
	       (r->bounced != TIME_ABSENT && r->bounced <= us);
}

static void settle_row(struct join *j, struct join_message *m, struct join_row *r)
{
	if (m->expired != TIME_ABSENT && !ended_before(r, m->expired))
		r->expired = earlier(r->expired, m->expired);
	if (m->removed != TIME_ABSENT && !ended_before(r, m->removed))
		r->removed = earlier(r->removed, m->removed);
	r->message_expired = m->expired;
	r->message_removed = m->removed;
	r->facts = m->facts;
	r->epoch = m->epoch;
	r->closed = m->closed;
	r->arrival_seen = m->arrival_seen;
	r->day = join_day(r->first);
	r->salt = j->recipients == JOIN_DOMAIN && !is_final(r) ? m->salt : 0;
	r->message = m;
	r->changed = !r->was || !fold_same_row(r, r->was);
	if (r->was)
		((struct join_row *)r->was)->now = r;
}

static bool open_changed(const struct join_group *g, uint32_t message)
{
	const struct join_message *m = &g->messages[message];
	const struct join_open *o = g->opens;

	if (g->n_opens != 1 || !m->had_open)
		return true;
	return o->epoch != m->epoch || o->first != m->first || o->last != m->last ||
	       o->closed != m->closed || o->expired != m->expired || o->removed != m->removed ||
	       o->arrival_seen != m->arrival_seen || !fold_same_facts(&o->facts, &m->facts);
}

void fold(struct join *j, struct join_group *g)
{
	uint32_t n = in_order(j, g), at = 0;

	rows_as_stored(j, g);
	for (uint32_t i = 0; i < g->n_messages; i++) {
		struct join_message *m = &g->messages[i];
		uint32_t from = at;

		while (at < n && j->order[at]->message == i)
			at++;
		put_events(j, m, j->order + from, at - from);
		for (uint32_t k = 0; k < m->n_rows; k++)
			settle_row(j, m, &m->rows[k]);
		m->changed = !m->n_rows && open_changed(g, i);
	}
}
