/*
 * What events say beside the deliveries: gateways of domains (C6), source addresses in replies
 * (C7), what a source shows by day (C5), and days whose cohorts are stale.
 *
 * Evidence for the gateway of a domain counts for days around that have none of their own by a
 * peer. domain_no_gateway knows these days: where evidence is new, those around it are stale.
 */
#include "store/log_hash.h"
#include "store/log_row.h"

#include <arpa/inet.h>
#include <stdlib.h>

enum what { GATEWAY, NO_PEER, REPLY_IP, HOST_DAY, STALE };
enum { EVENTS, ACCEPTED, DEFERRED, BOUNCED, SUSPENDED, EXPIRED, COUNTS };

struct evidence_key {
	int64_t id;             /* domain, service, host's place */
	int32_t day;
	uint32_t gateway;
	struct ip ip;
	char kind;              /* p, r */
	char what;
};

struct evidence {
	struct evidence_key key;
	struct text customer;
	int64_t n[COUNTS];
	bool flag;              /* GATEWAY: url; NO_PEER: a peer was there */
};

void log_evidence_reset(struct log_work *w)
{
	log_table_reset(w->marks);
}

static struct evidence *mark(struct log_work *w, const struct evidence_key *k, struct text customer)
{
	char bytes[sizeof(*k) + 256];
	bool new;

	memcpy(bytes, k, sizeof(*k));
	if (customer.len)
		memcpy(bytes + sizeof(*k), customer.p, customer.len);
	uint32_t i = log_table_put(w->marks, (struct text){bytes, (uint32_t)sizeof(*k) + customer.len},
				   &new);

	if (!new)
		return &w->evidence[i];
	if (!(i & (i - 1)))
		w->evidence = xrealloc(w->evidence, (i ? i * 2u : 1u) * sizeof(*w->evidence));
	w->evidence[i] = (struct evidence){.key = *k, .customer = customer};
	return &w->evidence[i];
}

/* All bytes of a key are set: it is compared as such. */
static struct evidence_key key(enum what what, int64_t id, int32_t day)
{
	struct evidence_key k;

	memset(&k, 0, sizeof(k));
	k.what = (char)what;
	k.id = id;
	k.day = day;
	return k;
}

void log_stale(struct log_work *w, int32_t day)
{
	struct evidence_key k = key(STALE, 0, day);

	mark(w, &k, TEXT_ABSENT);
}

static struct evidence *host_day(struct log_work *w, uint32_t host, int32_t day)
{
	struct evidence_key k = key(HOST_DAY, host, day);

	return mark(w, &k, TEXT_ABSENT);
}

void log_expired(struct log_work *w, uint32_t host, int64_t us)
{
	host_day(w, host, join_day(us))->n[EXPIRED]++;
}

static void count(struct log_work *w, uint32_t host, const struct join_att *a)
{
	int64_t *n = host_day(w, host, join_day(a->us))->n;

	n[EVENTS]++;
	n[SUSPENDED] += a->kind == EVENT_QUEUE_SUSPENDED;
	if (a->kind != EVENT_ATTEMPT)
		return;
	n[ACCEPTED] += a->outcome == ATTEMPT_ACCEPTED;
	n[DEFERRED] += a->outcome == ATTEMPT_DEFERRED;
	n[BOUNCED] += a->outcome == ATTEMPT_BOUNCED;
}

static void gateway(struct log_work *w, int64_t domain, int32_t day, char kind, uint32_t gateway,
		    struct text customer, bool url)
{
	struct evidence_key k = key(GATEWAY, domain, day);

	k.gateway = gateway;
	k.kind = kind;
	struct evidence *x = mark(w, &k, customer);

	x->n[EVENTS]++;
	x->flag |= url;
}

static void gateways(struct log_work *w, int64_t domain, const struct join_att *a,
		     const struct log_from *f)
{
	const struct log_peer *p = f->peer ? &w->peers[f->peer - 1] : NULL;
	const struct log_template *t = f->template ? &w->templates[f->template - 1] : NULL;
	int32_t day = join_day(a->us);
	struct evidence_key k = key(NO_PEER, domain, day);

	mark(w, &k, TEXT_ABSENT)->flag |= p && p->gateway != NO_GATEWAY;
	if (p && p->gateway != NO_GATEWAY)
		gateway(w, domain, day, 'p', p->gateway, p->customer, false);
	if (t && t->evidence != NO_GATEWAY)
		gateway(w, domain, day, 'r', t->evidence, TEXT_ABSENT, t->url);
}

void log_evidence(struct log_work *w, uint32_t host, const struct join_att *a,
		  const struct log_from *f)
{
	const struct ip *ip = &f->log->atts[f->att].reply_ip;

	count(w, host, a);
	if (ip->family) {
		struct evidence_key k = key(REPLY_IP, a->service_id, join_day(a->us));

		k.ip.family = ip->family;
		memcpy(k.ip.bytes, ip->bytes, ip->family == 6 ? 16 : 4);
		mark(w, &k, TEXT_ABSENT);
	}
	if (a->to && a->handed <= 0 && a->kind != EVENT_QUEUE && a->kind != EVENT_LATER_DSN)
		gateways(w, a->to->recipient_domain, a, f);
}

/* ---- to the database ---- */

/* Rows of one kind, in columns. */
struct columns {
	size_t n;
	int64_t *ids, *counts[COUNTS];
	int32_t *days;
	char *kinds;
	bool *flags;
	struct text *gateways, *customers, *ips;
};

static int by_row(const void *pa, const void *pb)
{
	const struct evidence *a = *(struct evidence *const *)pa, *b = *(struct evidence *const *)pb;

	if (a->key.id != b->key.id)
		return a->key.id < b->key.id ? -1 : 1;
	if (a->key.day != b->key.day)
		return a->key.day < b->key.day ? -1 : 1;
	return a->key.kind - b->key.kind;
}

static void columns_free(struct columns *c)
{
	free(c->ids);
	free(c->days);
	free(c->kinds);
	free(c->flags);
	free(c->gateways);
	free(c->customers);
	free(c->ips);
	for (int i = 0; i < COUNTS; i++)
		free(c->counts[i]);
}

static int64_t id_of(const struct evidence_key *k)
{
	int64_t id = (int64_t)log_hash(k, sizeof(*k), 7);

	return id ? id : 1;
}

/* Those that need not be sent again are left out; the others are known once this is committed. */
static bool is_known(struct log_work *w, const struct evidence *x)
{
	if (x->key.what == NO_PEER && x->flag)
		return true;
	if (x->key.what != NO_PEER && x->key.what != REPLY_IP)
		return false;
	int64_t id = id_of(&x->key);

	if (idcache_is_stored(w->st->known, id))
		return true;
	buf_add(&w->known, &id, sizeof(id));
	return false;
}

static void put(struct log_work *w, struct columns *c, const struct evidence *x)
{
	char ip[INET6_ADDRSTRLEN] = "";
	size_t i = c->n++;

	c->ids[i] = x->key.what == HOST_DAY ? w->hosts[x->key.id].id : x->key.id;
	c->days[i] = x->key.day;
	c->kinds[i] = x->key.kind;
	c->flags[i] = x->flag;
	c->customers[i] = x->customer.p ? x->customer : text_of("");
	if (x->key.what == GATEWAY)
		c->gateways[i] = w->gateways[x->key.gateway].gateway;
	if (x->key.what == REPLY_IP) {
		inet_ntop(x->key.ip.family == 4 ? AF_INET : AF_INET6, x->key.ip.bytes, ip, sizeof(ip));
		c->ips[i] = log_arena_text(w->arena, text_of(ip));
	}
	for (int k = 0; k < COUNTS; k++)
		c->counts[k][i] = x->n[k];
}

static void columns_of(struct log_work *w, enum what what, struct columns *c)
{
	uint32_t all = log_table_count(w->marks);
	AUTO_FREE struct evidence **v = xcalloc(all + 1u, sizeof(struct evidence *));
	size_t n = 0;

	for (uint32_t i = 0; i < all; i++)
		if (w->evidence[i].key.what == (char)what && !is_known(w, &w->evidence[i]))
			v[n++] = &w->evidence[i];
	qsort(v, n, sizeof(*v), by_row);
	*c = (struct columns){0};
	c->ids = xcalloc(n + 1, sizeof(*c->ids));
	c->days = xcalloc(n + 1, sizeof(*c->days));
	c->kinds = xcalloc(n + 1, 1);
	c->flags = xcalloc(n + 1, sizeof(*c->flags));
	c->gateways = xcalloc(n + 1, sizeof(*c->gateways));
	c->customers = xcalloc(n + 1, sizeof(*c->customers));
	c->ips = xcalloc(n + 1, sizeof(*c->ips));
	for (int k = 0; k < COUNTS; k++)
		c->counts[k] = xcalloc(n + 1, sizeof(*c->counts[k]));
	for (size_t i = 0; i < n; i++)
		put(w, c, v[i]);
}

static void ids_and_days(const struct log_work *w, struct params *p, const struct columns *c)
{
	param_int8(p, w->st->tenant);
	copy_array_int8(param_array_begin(p), c->ids, (uint32_t)c->n);
	param_array_end(p, DB_OID_INT8_ARRAY);
	copy_array_date(param_array_begin(p), c->days, (uint32_t)c->n);
	param_array_end(p, DB_OID_DATE_ARRAY);
}

static int store_host_days(struct log_work *w, const struct columns *c, struct err *e)
{
	AUTO_PARAMS struct params p = {0};

	ids_and_days(w, &p, c);
	for (int k = 0; k < COUNTS; k++) {
		copy_array_int8(param_array_begin(&p), c->counts[k], (uint32_t)c->n);
		param_array_end(&p, DB_OID_INT8_ARRAY);
	}
	return db_exec(w->s, "INSERT INTO ruadb_data.log_host_day AS d (tenant_id, host_id, day, "
		       "events, accepted, deferred, bounced, suspended, expired) SELECT $1, u.* FROM "
		       "unnest($2, $3, $4, $5, $6, $7, $8, $9) AS u ON CONFLICT (tenant_id, host_id, "
		       "day) DO UPDATE SET events = d.events + excluded.events, accepted = "
		       "d.accepted + excluded.accepted, deferred = d.deferred + excluded.deferred, "
		       "bounced = d.bounced + excluded.bounced, suspended = d.suspended + "
		       "excluded.suspended, expired = d.expired + excluded.expired", &p, NULL, e);
}

static int store_no_peers(struct log_work *w, const struct columns *c, struct err *e)
{
	AUTO_PARAMS struct params p = {0};

	ids_and_days(w, &p, c);
	return db_exec(w->s, "INSERT INTO ruadb_data.domain_no_gateway (tenant_id, domain_id, day) "
		       "SELECT $1, u.* FROM unnest($2, $3) AS u ON CONFLICT DO NOTHING", &p, NULL, e);
}

static int store_reply_ips(struct log_work *w, const struct columns *c, struct err *e)
{
	AUTO_PARAMS struct params p = {0};

	ids_and_days(w, &p, c);
	copy_array_text(param_array_begin(&p), c->ips, (uint32_t)c->n);
	param_array_end(&p, DB_OID_TEXT_ARRAY);
	return db_exec(w->s, "WITH new AS (INSERT INTO ruadb_data.reply_ip_day (tenant_id, "
		       "service_id, day, source_ip) SELECT $1, u.id, u.day, u.ip::inet FROM "
		       "unnest($2, $3, $4) AS u(id, day, ip) ON CONFLICT DO NOTHING RETURNING day) "
		       "INSERT INTO ruadb_data.cohort_stale (tenant_id, day) SELECT DISTINCT $1, day "
		       "FROM new", &p, NULL, e);
}

static int store_gateways(struct log_work *w, const struct columns *c, struct err *e)
{
	AUTO_PARAMS struct params p = {0};

	ids_and_days(w, &p, c);
	copy_array_char(param_array_begin(&p), c->kinds, (uint32_t)c->n);
	param_array_end(&p, DB_OID_CHAR_ARRAY);
	copy_array_text(param_array_begin(&p), c->gateways, (uint32_t)c->n);
	param_array_end(&p, DB_OID_TEXT_ARRAY);
	copy_array_text(param_array_begin(&p), c->customers, (uint32_t)c->n);
	param_array_end(&p, DB_OID_TEXT_ARRAY);
	copy_array_int8(param_array_begin(&p), c->counts[EVENTS], (uint32_t)c->n);
	param_array_end(&p, DB_OID_INT8_ARRAY);
	copy_array_bool(param_array_begin(&p), c->flags, (uint32_t)c->n);
	param_array_end(&p, DB_OID_BOOL_ARRAY);
	/* xmax 0: inserted, not updated */
	return db_exec(w->s,
		"WITH stored AS (INSERT INTO ruadb_data.domain_gateway AS g (tenant_id, domain_id, "
		"day, evidence, gateway, gateway_customer, times, url) SELECT $1, u.* FROM "
		"unnest($2, $3, $4, $5, $6, $7, $8) AS u(id, day, evidence, gateway, customer, "
		"times, url) ORDER BY 1, 2, 3, 4, 5, 6 ON CONFLICT (tenant_id, domain_id, day, "
		"evidence, gateway, gateway_customer) DO UPDATE SET times = g.times + "
		"excluded.times, url = g.url OR excluded.url RETURNING domain_id, day, evidence, "
		"xmax = 0 OR (evidence = 'r' AND times <= 2) AS new) "
		"INSERT INTO ruadb_data.cohort_stale (tenant_id, day) SELECT DISTINCT $1, n.day FROM "
		"stored s CROSS JOIN LATERAL (SELECT n.day FROM ruadb_data.domain_no_gateway n WHERE "
		"n.tenant_id = $1 AND n.domain_id = s.domain_id AND n.day BETWEEN s.day - "
		"(SELECT ruadb.setting_value('gateway_days'))::int AND s.day + (SELECT "
		"ruadb.setting_value('gateway_days'))::int OFFSET 0) n WHERE s.new", &p, NULL, e);
}

static int store_stale(struct log_work *w, const struct columns *c, struct err *e)
{
	AUTO_PARAMS struct params p = {0};

	param_int8(&p, w->st->tenant);
	copy_array_date(param_array_begin(&p), c->days, (uint32_t)c->n);
	param_array_end(&p, DB_OID_DATE_ARRAY);
	return db_exec(w->s, "INSERT INTO ruadb_data.cohort_stale (tenant_id, day) SELECT $1, u.* "
		       "FROM unnest($2) AS u", &p, NULL, e);
}

/* timestamptz[]: as bigint[], from PostgreSQL's epoch on. */
static void times_param(struct params *p, const int64_t *us, uint32_t n)
{
	enum { TIMESTAMPTZ = 1184, TIMESTAMPTZ_ARRAY = 1185 };
	struct buf *b = param_array_begin(p);

	copy_array_begin(b, TIMESTAMPTZ, n);
	uint8_t *at = (uint8_t *)buf_room(b, 12 * (size_t)n);

	for (uint32_t i = 0; i < n; i++)
		at = copy_us(at, us[i]);
	b->len = (size_t)((char *)at - b->p);
	param_array_end(p, TIMESTAMPTZ_ARRAY);
}

static int store_hosts(struct log_work *w, struct err *e)
{
	uint32_t n = log_table_count(w->names[LOG_HOSTS]);
	AUTO_FREE int64_t *v = xcalloc(3 * (size_t)n + 1, sizeof(*v));
	AUTO_PARAMS struct params p = {0};
	uint32_t k = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (w->hosts[i].oldest > w->hosts[i].newest)
			continue;
		v[k] = w->hosts[i].id;
		v[n + k] = w->hosts[i].oldest;
		v[2 * (size_t)n + k++] = w->hosts[i].newest;
	}
	if (!k)
		return 0;
	param_int8(&p, w->st->tenant);
	copy_array_int8(param_array_begin(&p), v, k);
	param_array_end(&p, DB_OID_INT8_ARRAY);
	times_param(&p, v + n, k);
	times_param(&p, v + 2 * (size_t)n, k);
	return db_exec(w->s, "UPDATE ruadb_data.log_host h SET oldest_at = least(h.oldest_at, "
		       "u.oldest), newest_at = greatest(h.newest_at, u.newest) FROM "
		       "unnest($2, $3, $4) AS u(id, oldest, newest) WHERE h.tenant_id = $1 AND "
		       "h.host_id = u.id", &p, NULL, e);
}

int log_evidence_store(struct log_work *w, struct err *e)
{
	static int (*const stores[])(struct log_work *, const struct columns *, struct err *) = {
		[HOST_DAY] = store_host_days, [NO_PEER] = store_no_peers,
		[REPLY_IP] = store_reply_ips, [GATEWAY] = store_gateways, [STALE] = store_stale};
	static const enum what order[] = {HOST_DAY, NO_PEER, REPLY_IP, GATEWAY, STALE};

	if (store_hosts(w, e) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		struct columns c;
		int rc = 0;

		columns_of(w, order[i], &c);
		if (c.n)
			rc = stores[order[i]](w, &c, e);
		columns_free(&c);
		if (rc < 0)
			return -1;
	}
	return 0;
}
