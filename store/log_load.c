/*
 * What the database has of the queue ids of a transaction. A message that arrived after everything
 * that we have of its host is a new one, and nothing is asked about it; so is one that was over
 * before everything that we have.
 */
#include "store/log_load.h"

#include <stdlib.h>

struct text row_text(struct log_work *w, const PGresult *r, int row, int c)
{
	if (PQgetisnull(r, row, c))
		return TEXT_ABSENT;
	return log_arena_text(w->arena, (struct text){PQgetvalue(r, row, c),
						      (uint32_t)PQgetlength(r, row, c)});
}

struct ip row_ip(const PGresult *r, int row, int c)
{
	const uint8_t *p = (const uint8_t *)PQgetvalue(r, row, c);
	struct ip ip = {0};

	if (PQgetisnull(r, row, c))
		return ip;
	ip.family = p[0] == 2 ? 4 : 6;
	memcpy(ip.bytes, p + 4, p[3] <= 16 ? p[3] : 16);
	return ip;
}

/* bigint[]: dimensions, flags, type, size, lower bound; then length and value each. */
static struct join_ids row_ids(struct log_work *w, const PGresult *r, int row, int c)
{
	const char *p = PQgetvalue(r, row, c);
	struct join_ids ids = {0};

	if (PQgetisnull(r, row, c) || PQgetlength(r, row, c) < 20)
		return ids;
	ids.n = (uint32_t)read_be32(p + 12);
	ids.v = log_arena_take(w->arena, ids.n * sizeof(*ids.v));
	for (uint32_t i = 0; i < ids.n; i++)
		ids.v[i] = read_be64(p + 20 + 12 * i + 4);
	return ids;
}

/* ---- which queue ids ---- */

struct span {
	int64_t first, last, arrived, closed; /* seconds */
};

static struct span span_of(const struct log_work *w, const struct log_queue_group *g)
{
	struct span s = {INT64_MAX, INT64_MIN, INT64_MAX, INT64_MIN};

	for (uint32_t i = 0; i < g->n_atts; i++) {
		int64_t at = join_second(w->atts[g->first_att + i].us);

		s.first = at < s.first ? at : s.first;
		s.last = at > s.last ? at : s.last;
	}
	for (uint32_t i = 0; i < g->n_msgs; i++) {
		const struct join_msg *m = &w->msgs[g->first_msg + i];
		int64_t at = join_second(m->us);

		s.first = at < s.first ? at : s.first;
		s.last = at > s.last ? at : s.last;
		if (m->event == MESSAGE_ARRIVED && at < s.arrived)
			s.arrived = at;
		if (m->event == MESSAGE_REMOVED && at > s.closed)
			s.closed = at;
	}
	return s;
}

static bool is_new(const struct log_work *w, const struct log_queue_group *g,
		   const struct span *s, int64_t epoch)
{
	const struct log_host *h = &w->hosts[g->host];

	if (h->was_newest == TIME_ABSENT)
		return true;
	if (epoch != TIME_ABSENT && join_second(epoch) > join_second(h->was_newest))
		return true;
	if (s->arrived > s->first)
		return false;
	if (s->arrived > join_second(h->was_newest))
		return true;
	return s->closed == s->last && s->last < join_second(h->was_oldest);
}

static void ask_for(struct log_work *w, struct asked *a)
{
	uint32_t n = log_table_count(w->queues);

	*a = (struct asked){.from = INT32_MAX, .to = INT32_MIN};
	a->keys = xcalloc(n + 1u, sizeof(*a->keys));
	a->groups = xcalloc(n + 1u, sizeof(*a->groups));
	for (uint32_t i = 0; i < n; i++) {
		struct log_queue_group *g = &w->groups[i];
		struct span s = span_of(w, g);
		int32_t days = (int32_t)(w->hosts[g->host].lifetime / 86400) + 1;

		int64_t epoch = join_epoch((enum log_system)w->hosts[g->host].system, g->queue_id);

		g->loaded = 0;
		if (s.first > s.last || is_new(w, g, &s, epoch))
			continue;
		int32_t from = (int32_t)(s.first / 86400) - 2 * days;
		int32_t to = (int32_t)(s.last / 86400) + 2 * days;

		if (epoch != TIME_ABSENT && join_day(epoch) < from)
			from = join_day(epoch);
		a->from = from < a->from ? from : a->from;
		a->to = to > a->to ? to : a->to;
		a->keys[a->n] = g->key;
		a->groups[a->n++] = i;
	}
}

/* ---- what is there ---- */

struct log_loaded *log_loaded_of(struct log_work *w, uint32_t group)
{
	struct log_queue_group *g = &w->groups[group];

	if (!g->loaded) {
		if (w->n_loaded == w->cap_loaded) {
			w->cap_loaded = w->cap_loaded ? w->cap_loaded * 2 : 64;
			w->loaded = xrealloc(w->loaded, w->cap_loaded * sizeof(*w->loaded));
		}
		w->loaded[w->n_loaded++] = (struct log_loaded){0};
		g->loaded = w->n_loaded;
	}
	return &w->loaded[g->loaded - 1];
}

void *log_loaded_more(struct log_work *w, void *v, uint32_t n, uint32_t *cap, size_t size)
{
	if (n < *cap)
		return v;
	uint32_t now = *cap ? *cap * 2 : 1;
	void *p = log_arena_take(w->arena, now * size);

	if (n)
		memcpy(p, v, n * size);
	*cap = now;
	return p;
}

static int by_key(const void *pa, const void *pb)
{
	const int64_t *a = pa, *b = pb;

	return a[0] < b[0] ? -1 : a[0] > b[0];
}

int64_t (*log_index_of(const int64_t *keys, size_t n))[2]
{
	int64_t (*v)[2] = xcalloc(n + 1, sizeof(*v));

	for (size_t i = 0; i < n; i++) {
		v[i][0] = keys[i];
		v[i][1] = (int64_t)i;
	}
	qsort(v, n, sizeof(*v), by_key);
	return v;
}

int64_t log_index_find(int64_t (*v)[2], size_t n, int64_t key)
{
	int64_t (*hit)[2] = bsearch(&key, v, n, sizeof(*v), by_key);

	return hit ? (*hit)[1] : -1;
}

void log_keys_params(const struct log_work *w, struct params *p, const struct asked *a)
{
	param_int8(p, w->st->tenant);
	copy_array_int8(param_array_begin(p), a->keys, (uint32_t)a->n);
	param_array_end(p, DB_OID_INT8_ARRAY);
}

void log_days_params(struct params *p, int32_t from, int32_t to)
{
	param_int4(p, from - PG_EPOCH_DAY);
	param_int4(p, to - PG_EPOCH_DAY);
}

static struct join_facts facts_of(struct log_work *w, const PGresult *r, int row, const int c[7])
{
	return (struct join_facts){
		.message_id = row_text(w, r, row, c[0]), .campaign = row_text(w, r, row, c[1]),
		.envelope_from = row_text(w, r, row, c[2]), .envelope_domain = row_int8(r, row, c[3]),
		.header_domain = row_int8(r, row, c[4]), .size = row_int4(r, row, c[5], -1),
		.null_sender = row_bool(r, row, c[6])};
}

static struct join_row delivery_of(struct log_work *w, const PGresult *r, int row)
{
	static const int facts[] = {D_MESSAGE_ID, D_CAMPAIGN, D_ENVELOPE_FROM, D_ENVELOPE_DOMAIN,
				    D_HEADER_DOMAIN, D_SIZE, D_NULL_SENDER};

	return (struct join_row){
		.delivery_id = row_int8(r, row, D_ID), .service_id = row_int8(r, row, D_SERVICE),
		.recipient_key = row_int8(r, row, D_RECIPIENT_KEY),
		.recipient_domain = row_int8(r, row, D_RECIPIENT_DOMAIN),
		.last_peer = row_int8(r, row, D_LAST_PEER),
		.last_template = row_int8(r, row, D_LAST_TEMPLATE), .salt = row_int8(r, row, D_SALT),
		.epoch = row_us(r, row, D_EPOCH), .first = row_us(r, row, D_FIRST),
		.last = row_us(r, row, D_LAST), .first_deferred = row_us(r, row, D_FIRST_DEFERRED),
		.last_deferred = row_us(r, row, D_LAST_DEFERRED),
		.accepted = row_us(r, row, D_ACCEPTED), .bounced = row_us(r, row, D_BOUNCED),
		.expired = row_us(r, row, D_EXPIRED), .removed = row_us(r, row, D_REMOVED),
		.closed = row_us(r, row, D_CLOSED),
		.bounced_after = row_us(r, row, D_BOUNCED_AFTER),
		.message_expired = row_us(r, row, D_MESSAGE_EXPIRED),
		.message_removed = row_us(r, row, D_MESSAGE_REMOVED),
		.attempts = row_int4(r, row, D_ATTEMPTS, 0),
		.deferred = row_int4(r, row, D_DEFERRED, 0),
		.suspended = row_int4(r, row, D_SUSPENDED, 0),
		.mx_attempts = row_int4(r, row, D_MX_ATTEMPTS, 0),
		.reported = row_int4(r, row, D_REPORTED, -1),
		.day = row_int4(r, row, D_DAY, 0) + PG_EPOCH_DAY,
		.arrival_seen = PQgetisnull(r, row, D_ARRIVAL_SEEN) ? -1
			: (int8_t)row_bool(r, row, D_ARRIVAL_SEEN),
		.ip_from = PQgetisnull(r, row, D_IP_FROM) ? '\0' : *PQgetvalue(r, row, D_IP_FROM),
		.handed_on = row_bool(r, row, D_HANDED_ON),
		.source_ip = row_ip(r, row, D_SOURCE_IP),
		.deferred_templates = row_ids(w, r, row, D_DEFERRED_TEMPLATES),
		.suspended_templates = row_ids(w, r, row, D_SUSPENDED_TEMPLATES),
		.facts = facts_of(w, r, row, facts), .recipient = row_text(w, r, row, D_RECIPIENT)};
}

static int load_deliveries(struct log_work *w, const struct asked *a, int64_t (*index)[2],
			   struct err *e)
{
	AUTO_PARAMS struct params p = {0};
	AUTO_RESULT PGresult *res = NULL;

	log_keys_params(w, &p, a);
	log_days_params(&p, a->from, a->to);
	if (db_exec(w->s, "SELECT " DELIVERY_COLUMNS " FROM ruadb_data.delivery WHERE "
			  "tenant_id = $1 AND queue_key = ANY ($2) AND " DAY_RANGE
			  " ORDER BY delivery_id", &p, &res, e) < 0)
		return -1;
	for (int row = 0; row < PQntuples(res); row++) {
		int64_t at = log_index_find(index, a->n, db_int8(res, row, D_QUEUE_KEY));
		struct log_loaded *l = log_loaded_of(w, a->groups[at]);

		l->rows = log_loaded_more(w, l->rows, l->n_rows, &l->cap_rows, sizeof(*l->rows));
		l->rows[l->n_rows++] = delivery_of(w, res, row);
	}
	return 0;
}

static int load_opens(struct log_work *w, const struct asked *a, int64_t (*index)[2],
		      struct err *e)
{
	static const int facts[] = {O_MESSAGE_ID, O_CAMPAIGN, O_ENVELOPE_FROM, O_ENVELOPE_DOMAIN,
				    O_HEADER_DOMAIN, O_SIZE, O_NULL_SENDER};
	AUTO_PARAMS struct params p = {0};
	AUTO_RESULT PGresult *res = NULL;

	log_keys_params(w, &p, a);
	if (db_exec(w->s, "SELECT " OPEN_COLUMNS " FROM ruadb_data.message_open WHERE "
			  "tenant_id = $1 AND queue_key = ANY ($2)", &p, &res, e) < 0)
		return -1;
	for (int row = 0; row < PQntuples(res); row++) {
		int64_t at = log_index_find(index, a->n, db_int8(res, row, O_QUEUE_KEY));
		struct log_loaded *l = log_loaded_of(w, a->groups[at]);

		l->opens = log_loaded_more(w, l->opens, l->n_opens, &l->cap_opens, sizeof(*l->opens));
		l->opens[l->n_opens++] = (struct join_open){
			.epoch = row_us(res, row, O_EPOCH), .first = row_us(res, row, O_FIRST),
			.last = row_us(res, row, O_LAST), .closed = row_us(res, row, O_CLOSED),
			.expired = row_us(res, row, O_EXPIRED),
			.removed = row_us(res, row, O_REMOVED),
			.arrival_seen = PQgetisnull(res, row, O_ARRIVAL_SEEN) ? -1
				: (int8_t)row_bool(res, row, O_ARRIVAL_SEEN),
			.facts = facts_of(w, res, row, facts)};
	}
	return 0;
}

struct join_group log_group_of(struct log_work *w, const struct log_queue_group *g)
{
	const struct log_host *h = &w->hosts[g->host];
	const struct log_loaded *l = g->loaded ? &w->loaded[g->loaded - 1] : NULL;

	return (struct join_group){
		.epoch = join_epoch((enum log_system)h->system, g->queue_id),
		.lifetime = h->lifetime,
		.no_arrivals = h->system == SYSTEM_POWERMTA || h->system == SYSTEM_KUMOMTA,
		.atts = &w->atts[g->first_att], .n_atts = g->n_atts,
		.msgs = &w->msgs[g->first_msg], .n_msgs = g->n_msgs,
		.rows = l ? l->rows : NULL, .n_rows = l ? l->n_rows : 0,
		.opens = l ? l->opens : NULL, .n_opens = l ? l->n_opens : 0};
}

static int load_asked(struct log_work *w, const struct asked *a, struct err *e)
{
	int64_t (*index)[2] = log_index_of(a->keys, a->n);
	int rc = load_deliveries(w, a, index, e);

	if (rc == 0)
		rc = load_opens(w, a, index, e);
	if (rc == 0)
		rc = log_load_attempts(w, a, index, e);
	free(index);
	return rc;
}

int log_load(struct log_work *w, struct err *e)
{
	struct asked a;
	int rc = log_hosts_lock(w, e);

	w->n_loaded = 0;
	if (rc < 0)
		return -1;
	ask_for(w, &a);
	if (a.n)
		rc = load_asked(w, &a, e);
	free(a.keys);
	free(a.groups);
	return rc;
}
