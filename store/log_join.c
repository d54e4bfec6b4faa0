#include "store/log_join.h"
#include "store/log_fold.h"
#include "base/mem.h"

#include <stdlib.h>

#define CHUNK (1 << 18)

struct chunk {
	struct chunk *next;
	size_t used, size;
	_Alignas(16) char data[];
};

struct join *join_new(enum join_recipients recipients)
{
	struct join *j = xcalloc(1, sizeof(*j));

	j->recipients = recipients;
	return j;
}

void join_reset(struct join *j)
{
	while (j->chunks && j->chunks->next) {
		struct chunk *c = j->chunks;

		j->chunks = c->next;
		free(c);
	}
	if (j->chunks)
		j->chunks->used = 0;
}

void join_free(struct join *j)
{
	if (!j)
		return;
	join_reset(j);
	free(j->chunks);
	free(j->units);
	free(j->order);
	free(j);
}

void *join_alloc(struct join *j, size_t n)
{
	struct chunk *c = j->chunks;

	n = (n + 15) & ~(size_t)15;
	if (!c || c->size - c->used < n) {
		size_t size = n > CHUNK ? n : CHUNK;

		c = xmalloc(sizeof(*c) + size);
		*c = (struct chunk){.next = j->chunks, .size = size};
		j->chunks = c;
	}
	void *p = c->data + c->used;

	c->used += n;
	return p;
}

/* ---- which message an event is of ---- */

/* In the order in which those of the same second are looked at. */
enum unit_what { UNIT_ARRIVAL, UNIT_PLAIN, UNIT_EXPIRED, UNIT_CLOSE, UNIT_LATE };
enum unit_type { UNIT_ATT, UNIT_MSG, UNIT_ROW, UNIT_ROW_ARRIVAL, UNIT_ROW_CLOSE, UNIT_ROW_EXPIRED,
		 UNIT_ROW_REMOVED, UNIT_OPEN, UNIT_OPEN_CLOSE, UNIT_OPEN_EXPIRED, UNIT_OPEN_REMOVED };

struct unit {
	int64_t from, to;      /* seconds */
	uint8_t what, type;
	uint32_t index, message;
};

static void add_unit(struct join *j, int64_t from, int64_t to, enum unit_what what,
		     enum unit_type type, uint32_t index)
{
	if (j->n_units == j->cap_units) {
		j->cap_units = j->cap_units ? j->cap_units * 2 : 64;
		j->units = xrealloc(j->units, j->cap_units * sizeof(*j->units));
	}
	j->units[j->n_units++] = (struct unit){join_second(from), join_second(to), (uint8_t)what,
					       (uint8_t)type, index, 0};
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a == TIME_ABSENT || (b != TIME_ABSENT && b < a) ? b : a;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b; /* TIME_ABSENT is the least of all */
}

static enum unit_what what_of(enum message_event event)
{
	return event == MESSAGE_ARRIVED ? UNIT_ARRIVAL : event == MESSAGE_EXPIRED ? UNIT_EXPIRED :
	       event == MESSAGE_REMOVED || event == MESSAGE_REMOVED_BY_ADMIN ? UNIT_CLOSE
									      : UNIT_PLAIN;
}

static void row_units(struct join *j, const struct join_row *r, uint32_t i)
{
	bool arrived = r->arrival_seen > 0;

	if (!r->whole)
		add_unit(j, arrived ? earlier(r->epoch, r->first) : r->first,
			 later(r->last, r->first), UNIT_PLAIN, UNIT_ROW, i);
	if (arrived)
		add_unit(j, r->epoch, r->epoch, UNIT_ARRIVAL, UNIT_ROW_ARRIVAL, i);
	if (r->closed != TIME_ABSENT)
		add_unit(j, r->closed, r->closed, UNIT_CLOSE, UNIT_ROW_CLOSE, i);
	if (r->message_expired != TIME_ABSENT)
		add_unit(j, r->message_expired, r->message_expired, UNIT_EXPIRED, UNIT_ROW_EXPIRED, i);
	if (r->message_removed != TIME_ABSENT)
		add_unit(j, r->message_removed, r->message_removed, UNIT_CLOSE, UNIT_ROW_REMOVED, i);
}

/* Of one that is known by its end only, that end. */
static enum unit_what open_what(const struct join_open *o)
{
	if (o->arrival_seen > 0)
		return UNIT_ARRIVAL;
	return o->first != o->last ? UNIT_PLAIN : o->first == o->closed ? UNIT_CLOSE :
	       o->first == o->expired ? UNIT_EXPIRED : UNIT_PLAIN;
}

static void units_of(struct join *j, const struct join_group *g)
{
	j->n_units = 0;
	for (uint32_t i = 0; i < g->n_atts; i++)
		add_unit(j, g->atts[i].us, g->atts[i].us, g->atts[i].kind == EVENT_LATER_DSN ?
			 UNIT_LATE : UNIT_PLAIN, UNIT_ATT, i);
	for (uint32_t i = 0; i < g->n_msgs; i++)
		add_unit(j, g->msgs[i].us, g->msgs[i].us, what_of(g->msgs[i].event), UNIT_MSG, i);
	for (uint32_t i = 0; i < g->n_rows; i++)
		row_units(j, &g->rows[i], i);
	for (uint32_t i = 0; i < g->n_opens; i++) {
		const struct join_open *o = &g->opens[i];

		add_unit(j, o->arrival_seen > 0 ? o->epoch : o->first, o->last, open_what(o),
			 UNIT_OPEN, i);
		if (o->closed != TIME_ABSENT)
			add_unit(j, o->closed, o->closed, UNIT_CLOSE, UNIT_OPEN_CLOSE, i);
		if (o->expired != TIME_ABSENT)
			add_unit(j, o->expired, o->expired, UNIT_EXPIRED, UNIT_OPEN_EXPIRED, i);
		if (o->removed != TIME_ABSENT)
			add_unit(j, o->removed, o->removed, UNIT_CLOSE, UNIT_OPEN_REMOVED, i);
	}
}

static int by_time(const void *pa, const void *pb)
{
	const struct unit *a = pa, *b = pb;

	if (a->from != b->from)
		return a->from < b->from ? -1 : 1;
	return (int)a->what - (int)b->what;
}

static void sort_units(struct unit *u, size_t n)
{
	if (n > 24) {
		qsort(u, n, sizeof(*u), by_time);
		return;
	}
	for (size_t i = 1; i < n; i++) {
		struct unit x = u[i];
		size_t k = i;

		for (; k && by_time(&u[k - 1], &x) > 0; k--)
			u[k] = u[k - 1];
		u[k] = x;
	}
}

/* Numbers the messages; returns how many there are. */
static uint32_t cut(struct join *j, const struct join_group *g)
{
	int64_t first = 0, last = 0, closed = TIME_ABSENT, expired = TIME_ABSENT;
	uint32_t n = 0;

	if (g->epoch != TIME_ABSENT)
		return 1;
	sort_units(j->units, j->n_units);
	for (size_t i = 0; i < j->n_units; i++) {
		struct unit *u = &j->units[i];

		if (u->what == UNIT_LATE) {
			u->message = n ? n - 1 : 0;
			continue;
		}
		if (!n || (closed != TIME_ABSENT && u->from > closed) ||
		    (expired != TIME_ABSENT && u->from > expired && u->what != UNIT_CLOSE) ||
		    (u->what == UNIT_ARRIVAL && u->from > first) || u->from > last + g->lifetime) {
			n++;
			first = u->from;
			last = u->to;
			closed = expired = TIME_ABSENT;
		}
		last = later(last, u->to);
		if (u->what == UNIT_EXPIRED)
			expired = earlier(expired, u->from);
		if (u->what == UNIT_CLOSE)
			closed = earlier(closed, u->from);
		u->message = n - 1;
	}
	return n ? n : 1;
}

/* ---- what is said of a message ---- */

static struct text less(struct text a, struct text b)
{
	if (!a.p || !b.p)
		return a.p ? a : b;
	int c = memcmp(a.p, b.p, a.len < b.len ? a.len : b.len);

	return c < 0 || (c == 0 && a.len <= b.len) ? a : b;
}

static int64_t less_id(int64_t a, int64_t b)
{
	return !a || (b && b < a) ? b : a;
}

static void add_facts(struct join_facts *to, const struct join_facts *f)
{
	to->message_id = less(to->message_id, f->message_id);
	to->campaign = less(to->campaign, f->campaign);
	to->envelope_from = less(to->envelope_from, f->envelope_from);
	to->envelope_domain = less_id(to->envelope_domain, f->envelope_domain);
	to->header_domain = less_id(to->header_domain, f->header_domain);
	to->size = to->size > f->size ? to->size : f->size;
	to->null_sender |= f->null_sender;
}

static bool is_end(enum message_event event)
{
	return event == MESSAGE_REMOVED || event == MESSAGE_REMOVED_BY_ADMIN ||
	       event == MESSAGE_EXPIRED;
}

static void add_msg(struct join_message *m, struct message_times *t, const struct join_msg *x)
{
	struct join_facts f = {.size = x->size};

	switch ((enum message_event)x->event) {
	case MESSAGE_ARRIVED:
		t->arrival = earlier(t->arrival, x->us);
		break;
	case MESSAGE_ID:
		f.message_id = x->text;
		break;
	case MESSAGE_SENDER:
		f.envelope_from = x->text;
		f.envelope_domain = x->domain;
		f.null_sender = !x->domain;
		break;
	case MESSAGE_HEADER_FROM:
		f.header_domain = x->domain;
		break;
	case MESSAGE_CAMPAIGN:
		f.campaign = x->text;
		break;
	case MESSAGE_REMOVED_BY_ADMIN:
		m->removed = earlier(m->removed, x->us);
		m->closed = earlier(m->closed, x->us);
		break;
	case MESSAGE_REMOVED:
		m->closed = earlier(m->closed, x->us);
		break;
	case MESSAGE_EXPIRED:
		m->expired = earlier(m->expired, x->us);
		break;
	}
	add_facts(&m->facts, &f);
	if (is_end(x->event)) /* times of their own, that may become another message's */
		return;
	t->guess = earlier(t->guess, x->us);
	m->first = earlier(m->first, x->us);
	m->last = later(m->last, x->us);
}

static void add_open(struct join_message *m, struct message_times *t, const struct join_open *o)
{
	if (o->arrival_seen > 0)
		t->arrival = earlier(t->arrival, o->epoch);
	t->guess = earlier(t->guess, o->epoch);
	m->first = earlier(m->first, o->first);
	m->last = later(m->last, o->last);
	m->had_open = true;
	add_facts(&m->facts, &o->facts);
}

static void add_unit_to(struct join *j, struct join_group *g, const struct unit *u)
{
	struct join_message *m = &g->messages[u->message];
	struct message_times *t = &j->times[u->message];
	struct join_att *a;

	switch ((enum unit_type)u->type) {
	case UNIT_ATT:
		a = &g->atts[u->index];
		a->message = u->message;
		t->guess = earlier(t->guess, earlier(a->arrived, a->us));
		m->first = earlier(m->first, a->us);
		m->last = later(m->last, a->us);
		if (a->owner && a->owner->whole && !a->owner->message)
			a->owner->message = m;
		break;
	case UNIT_MSG:
		add_msg(m, t, &g->msgs[u->index]);
		break;
	case UNIT_ROW:
		g->rows[u->index].message = m;
		break;
	case UNIT_ROW_ARRIVAL:
		t->arrival = earlier(t->arrival, g->rows[u->index].epoch);
		g->rows[u->index].arrived = m;
		m->first = earlier(m->first, g->rows[u->index].epoch);
		m->last = later(m->last, g->rows[u->index].epoch);
		break;
	case UNIT_ROW_CLOSE:
		m->closed = earlier(m->closed, g->rows[u->index].closed);
		break;
	case UNIT_ROW_EXPIRED:
		m->expired = earlier(m->expired, g->rows[u->index].message_expired);
		break;
	case UNIT_ROW_REMOVED:
		m->removed = earlier(m->removed, g->rows[u->index].message_removed);
		break;
	case UNIT_OPEN:
		add_open(m, t, &g->opens[u->index]);
		break;
	case UNIT_OPEN_CLOSE:
		m->closed = earlier(m->closed, g->opens[u->index].closed);
		break;
	case UNIT_OPEN_EXPIRED:
		m->expired = earlier(m->expired, g->opens[u->index].expired);
		break;
	case UNIT_OPEN_REMOVED:
		m->removed = earlier(m->removed, g->opens[u->index].removed);
		break;
	}
}

static void add_row(struct join *j, struct join_message *m, struct message_times *t,
		    const struct join_row *r)
{
	t->guess = earlier(t->guess, r->epoch);
	if (j->recipients == JOIN_DOMAIN && r->salt)
		m->salt = less_id(m->salt, r->salt);
	add_facts(&m->facts, &r->facts);
}

/*
 * Stored deliveries say what was known of their message. If these are two now, torn apart by a line
 * that came later, it was the one's that arrived then, else the earlier one's: the other one's own
 * lines tell of it.
 */
static void add_rows(struct join *j, struct join_group *g)
{
	for (uint32_t i = 0; i < g->n_messages; i++) {
		struct join_message *m = &g->messages[i];

		for (uint32_t k = 0; k < g->n_rows; k++) {
			const struct join_row *r = &g->rows[k];
			bool earliest = !r->arrived || r->arrived == m;

			if ((r->arrived ? r->arrived : r->message) != m)
				continue;
			for (uint32_t o = 0; o < g->n_rows && i && earliest && !r->arrived; o++)
				earliest = g->rows[o].epoch != r->epoch ||
					   !g->rows[o].message || g->rows[o].message >= m;
			if (earliest)
				add_row(j, m, &j->times[i], r);
		}
	}
}

static void settle_message(const struct join_group *g, struct join_message *m,
			   const struct message_times *t)
{
	if (m->first == TIME_ABSENT)
		m->first = m->last = earlier(m->closed, earlier(m->expired, m->removed));
	m->arrival_seen = t->arrival != TIME_ABSENT ? 1 : g->no_arrivals ? -1 : 0;
	m->epoch = g->epoch != TIME_ABSENT ? g->epoch :
		   t->arrival != TIME_ABSENT ? t->arrival :
		   t->guess != TIME_ABSENT ? t->guess : m->first;
	if (m->facts.envelope_domain)
		m->facts.null_sender = false;
}

static void make_messages(struct join *j, struct join_group *g, uint32_t n)
{
	g->messages = join_alloc(j, n * sizeof(*g->messages));
	g->n_messages = n;
	j->times = join_alloc(j, n * sizeof(*j->times));
	for (uint32_t i = 0; i < n; i++) {
		g->messages[i] = (struct join_message){
			.facts = {.size = -1}, .epoch = TIME_ABSENT, .first = TIME_ABSENT,
			.last = TIME_ABSENT, .closed = TIME_ABSENT, .expired = TIME_ABSENT,
			.removed = TIME_ABSENT};
		j->times[i] = (struct message_times){TIME_ABSENT, TIME_ABSENT};
	}
	for (uint32_t i = 0; i < g->n_rows; i++)
		g->rows[i].message = g->rows[i].arrived = NULL;
	for (size_t i = 0; i < j->n_units; i++)
		add_unit_to(j, g, &j->units[i]);
	add_rows(j, g);
	for (uint32_t i = 0; i < n; i++)
		settle_message(g, &g->messages[i], &j->times[i]);
}

/* ---- from outside ---- */

/* A delivery would have another service or source address by it: then its stored events have to say
 * theirs themselves. */
static bool takes_over(const struct join_group *g, const struct join_att *a)
{
	for (uint32_t i = 0; i < g->n_rows; i++) {
		const struct join_row *r = &g->rows[i];

		if (a->kind == EVENT_ATTEMPT && (!r->attempts || (!r->source_ip.family &&
		    a->source_ip.family)) && r->recipient_domain == a->recipient_domain)
			return true;
	}
	return false;
}

bool join_wants_attempts(const struct join_group *g)
{
	int64_t first = TIME_ABSENT, last = TIME_ABSENT;
	bool mx = false, reused = false, bare = false;

	for (uint32_t i = 0; i < g->n_rows; i++) {
		const struct join_row *r = &g->rows[i];

		first = earlier(first, r->first);
		last = later(later(last, r->last), later(r->message_expired, r->message_removed));
		bare |= !r->attempts || !r->source_ip.family;
		mx |= r->mx_attempts > 0;
		reused |= r->epoch != g->rows[0].epoch;
	}
	if (!g->n_rows)
		return false;
	reused &= g->epoch == TIME_ABSENT;
	for (uint32_t i = 0; i < g->n_atts; i++)
		if (mx || join_second(g->atts[i].us) <= join_second(last) ||
		    (bare && takes_over(g, &g->atts[i])))
			return true;
	for (uint32_t i = 0; i < g->n_msgs; i++) {
		int64_t at = join_second(g->msgs[i].us);
		enum unit_what what = what_of(g->msgs[i].event);

		if (at > join_second(last) || g->epoch != TIME_ABSENT)
			continue;
		if (reused || (what == UNIT_ARRIVAL && at > join_second(first)) ||
		    ((what == UNIT_CLOSE || what == UNIT_EXPIRED) && at >= join_second(first) && at < join_second(last)))
			return true;
	}
	return false;
}

void join_group(struct join *j, struct join_group *g)
{
	units_of(j, g);
	make_messages(j, g, cut(j, g));
	fold_repeated(g);
	fold(j, g);
}
