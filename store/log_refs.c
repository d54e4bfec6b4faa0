/*
 * Names that many rows of logs share: hosts, services, domains, peers, replies, gateways. Stored in
 * a short transaction of their own ahead of the rows, as those of reports are (refs.c); those that
 * this process has stored or seen before are not sent again.
 */
#include "store/declare.h"
#include "store/log_work.h"
#include "base/orgdomain.h"

#include <arpa/inet.h>
#include <stdlib.h>

#define REPLIES_KNOWN 20000 /* of which a process remembers what they say */

/* ---- names ---- */

static void ids_param(struct params *p, const int64_t *v, size_t n)
{
	copy_array_int8(param_array_begin(p), v, (uint32_t)n);
	param_array_end(p, DB_OID_INT8_ARRAY);
}

static void bools_param(struct params *p, const bool *v, size_t n)
{
	copy_array_bool(param_array_begin(p), v, (uint32_t)n);
	param_array_end(p, DB_OID_BOOL_ARRAY);
}

/* The new ones of a kind: arrays of their columns. */
struct rows {
	size_t n;
	int64_t *ids;
	uint32_t *which;
	struct text *texts; /* columns of n_all each */
	size_t n_all;
};

static void rows_begin(struct rows *r, size_t n_all, size_t columns)
{
	*r = (struct rows){.n_all = n_all};
	r->ids = xcalloc(n_all + 1, sizeof(*r->ids));
	r->which = xcalloc(n_all + 1, sizeof(*r->which));
	r->texts = xcalloc(n_all * columns + 1, sizeof(*r->texts));
}

static void rows_end(struct rows *r)
{
	free(r->ids);
	free(r->which);
	free(r->texts);
}

/* False: it is stored already. */
static bool rows_add(struct log_work *w, struct rows *r, int64_t id, uint32_t which)
{
	if (idcache_is_stored(w->st->known, id))
		return false;
	buf_add(&w->known, &id, sizeof(id));
	r->ids[r->n] = id;
	r->which[r->n++] = which;
	return true;
}

static void rows_text(const struct rows *r, size_t column, struct text t)
{
	r->texts[column * r->n_all + r->n - 1] = t;
}

static void rows_params(const struct log_work *w, struct params *p, const struct rows *r,
			size_t columns)
{
	param_int8(p, w->st->tenant);
	ids_param(p, r->ids, r->n);
	for (size_t c = 0; c < columns; c++)
		param_texts(p, r->texts + c * r->n_all, r->n);
}

static int store_domains(struct log_work *w, struct err *e)
{
	AUTO_PARAMS struct params p = {0};
	struct rows r;
	int rc = 0;

	rows_begin(&r, log_table_count(w->names[LOG_DOMAINS]), 2);
	for (uint32_t i = 0; i < r.n_all; i++)
		/* its number among policy domains is the same one: another entry here */
		if (rows_add(w, &r, w->domains[i].id ^ 1, i)) {
			r.ids[r.n - 1] = w->domains[i].id;
			rows_text(&r, 0, w->domains[i].name);
			rows_text(&r, 1, orgdomain_of(w->domains[i].name));
		}
	rows_params(w, &p, &r, 2);
	if (r.n)
		rc = db_exec(w->s, "INSERT INTO ruadb_data.log_domain (tenant_id, domain_id, name, "
			     "organizational_domain) SELECT $1, u.* FROM unnest($2, $3, $4) AS "
			     "u(id, name, org) ORDER BY u.id ON CONFLICT DO NOTHING", &p, NULL, e);
	rows_end(&r);
	return rc;
}

static int store_hosts(struct log_work *w, struct err *e)
{
	AUTO_PARAMS struct params p = {0};
	struct rows r;
	int rc = 0;

	rows_begin(&r, log_table_count(w->names[LOG_HOSTS]), 3);
	for (uint32_t i = 0; i < r.n_all; i++)
		if (rows_add(w, &r, w->hosts[i].id, i)) {
			const struct log_host *h = &w->hosts[i];

			rows_text(&r, 0, (struct text){(const char *)&h->system, 1});
			rows_text(&r, 1, h->name);
			rows_text(&r, 2, text_of(h->source ? h->source->name : NULL));
		}
	rows_params(w, &p, &r, 3);
	if (r.n)
		rc = db_exec(w->s, "INSERT INTO ruadb_data.log_host (tenant_id, host_id, system, "
			     "host, source) SELECT $1, u.id, u.system::\"char\", u.host, u.source "
			     "FROM unnest($2, $3, $4, $5) AS u(id, system, host, source) "
			     "ORDER BY u.id ON CONFLICT DO NOTHING", &p, NULL, e);
	rows_end(&r);
	return rc;
}

struct text log_ip_text(struct log_work *w, const struct ip *ip)
{
	char text[INET6_ADDRSTRLEN] = "";

	if (!ip->family)
		return TEXT_ABSENT;
	inet_ntop(ip->family == 4 ? AF_INET : AF_INET6, ip->bytes, text, sizeof(text));
	return log_arena_text(w->arena, text_of(text));
}

static void put_service(struct log_work *w, struct rows *r, size_t n, int64_t *hosts, uint32_t i)
{
	const struct log_service *v = &w->services[i];
	const struct log_host *h = &w->hosts[v->host];
	const struct log_service_map *m = v->map;
	const struct log_source *s = h->source;
	const struct ip *ip = m && m->source_ip.family ? &m->source_ip : s ? &s->source_ip : NULL;

	(void)n;
	hosts[r->n - 1] = h->id;
	rows_text(r, 0, v->name);
	rows_text(r, 1, ip ? log_ip_text(w, ip) : TEXT_ABSENT);
	rows_text(r, 2, text_of(m && m->stream ? m->stream : s ? s->stream : NULL));
	rows_text(r, 3, text_of(m && m->domain ? m->domain : s ? s->domain : NULL));
}

static int store_services(struct log_work *w, struct err *e)
{
	AUTO_PARAMS struct params p = {0};
	struct rows r;
	int rc = 0;

	rows_begin(&r, log_table_count(w->names[LOG_SERVICES]), 4);
	AUTO_FREE int64_t *hosts = xcalloc(r.n_all + 1, sizeof(*hosts));

	for (uint32_t i = 0; i < r.n_all; i++)
		if (rows_add(w, &r, w->services[i].id, i))
			put_service(w, &r, r.n_all, hosts, i);
	rows_params(w, &p, &r, 4);
	ids_param(&p, hosts, r.n);
	if (r.n)
		rc = db_exec(w->s, "INSERT INTO ruadb_data.log_service (tenant_id, service_id, "
			     "host_id, service, source_ip, stream, domain) SELECT $1, u.id, u.host, "
			     "u.service, u.ip::inet, u.stream, lower(u.domain) FROM "
			     "unnest($2, $3, $4, $5, $6, $7) AS u(id, service, ip, stream, domain, "
			     "host) ORDER BY u.id ON CONFLICT DO NOTHING", &p, NULL, e);
	rows_end(&r);
	return rc;
}

static int store_peers(struct log_work *w, struct err *e)
{
	AUTO_PARAMS struct params p = {0};
	struct rows r;
	int rc = 0;

	rows_begin(&r, log_table_count(w->names[LOG_PEERS]), 4);
	for (uint32_t i = 0; i < r.n_all; i++)
		if (rows_add(w, &r, w->peers[i].id, i)) {
			const struct log_peer *x = &w->peers[i];

			rows_text(&r, 0, x->host);
			rows_text(&r, 1, log_ip_text(w, &x->ip));
			rows_text(&r, 2, x->gateway == NO_GATEWAY ? TEXT_ABSENT :
				  w->gateways[x->gateway].gateway);
			rows_text(&r, 3, x->customer);
		}
	rows_params(w, &p, &r, 4);
	if (r.n)
		rc = db_exec(w->s, "INSERT INTO ruadb_data.peer (tenant_id, peer_id, host, ip, "
			     "gateway, gateway_customer) SELECT $1, u.id, u.host, u.ip::inet, "
			     "u.gateway, u.customer FROM unnest($2, $3, $4, $5, $6) AS u(id, host, "
			     "ip, gateway, customer) ORDER BY u.id ON CONFLICT DO NOTHING", &p, NULL,
			     e);
	rows_end(&r);
	return rc;
}

static int store_gateways(struct log_work *w, struct err *e)
{
	AUTO_PARAMS struct params p = {0};
	struct rows r;
	int rc = 0;

	rows_begin(&r, log_table_count(w->names[LOG_GATEWAYS]), 3);
	AUTO_FREE bool *providers = xcalloc(r.n_all + 1, sizeof(*providers));

	for (uint32_t i = 0; i < r.n_all; i++) {
		const struct log_gateway *g = &w->gateways[i];
		uint8_t sum[32];

		hash_sum(w->s->hash, g->gateway.p, g->gateway.len, sum);
		if (!rows_add(w, &r, hash_id(sum) ^ 2, i))
			continue;
		rows_text(&r, 0, g->gateway);
		rows_text(&r, 1, g->title);
		rows_text(&r, 2, g->family);
		providers[r.n - 1] = g->mailbox_provider;
	}
	param_int8(&p, w->st->tenant);
	for (size_t c = 0; c < 3; c++)
		param_texts(&p, r.texts + c * r.n_all, r.n);
	bools_param(&p, providers, r.n);
	if (r.n)
		rc = db_exec(w->s, "INSERT INTO ruadb_data.gateway AS gateway (tenant_id, gateway, title, "
			     "family, mailbox_provider) SELECT $1, u.* FROM unnest($2, $3, $4, $5) "
			     "AS u(gateway, title, family, provider) ORDER BY u.gateway "
			     "ON CONFLICT (tenant_id, gateway) DO UPDATE SET title = excluded.title, "
			     "family = excluded.family, mailbox_provider = excluded.mailbox_provider "
			     "WHERE gateway.title = gateway.gateway", &p, NULL, e);
	rows_end(&r);
	return rc;
}

/* ---- replies ---- */

static void classify(struct log_work *w, const struct log_template *t, struct store_reply_class *ret)
{
	const struct store_classify *c = w->st->classify;

	*ret = (struct store_reply_class){.category = text_of("undefined"), .matched = '-'};
	if (c)
		c->reply(c->ctx, t->gateway == NO_GATEWAY ? TEXT_ABSENT :
			 w->gateways[t->gateway].gateway, t->smtp_code, t->enhanced, t->sample, ret);
}

/* Which evidence each of them gives: asked once a process. */
static void evidence_of_replies(struct log_work *w)
{
	struct log_known *k = log_known_of(w->st);

	if (log_table_count(k->replies) > REPLIES_KNOWN) { /* a process may run for months */
		log_table_reset(k->replies);
		log_arena_reset(k->arena);
	}
	for (uint32_t i = 0; i < log_table_count(w->names[LOG_TEMPLATES]); i++) {
		struct log_template *t = &w->templates[i];
		struct store_reply_class c;
		bool new;
		uint32_t n = log_table_put(k->replies, (struct text){(const char *)&t->id, 8}, &new);

		if (new) {
			if (!(n & (n - 1)))
				k->reply = xrealloc(k->reply, (n ? n * 2u : 1u) * sizeof(*k->reply));
			classify(w, t, &c);
			k->reply[n] = (struct log_reply_known){
				log_arena_text(k->arena, c.gateway.len ? c.gateway : TEXT_ABSENT),
				log_arena_text(k->arena, c.title), log_arena_text(k->arena, c.family),
				c.url, c.mailbox_provider};
		}
		t->url = k->reply[n].url;
		t->evidence = log_gateway_named(w, &k->reply[n]);
	}
}

struct templates {
	struct rows r;
	bool *there, *truncated;
	int16_t *codes;
	char *matched;
	struct buf kept; /* texts of the classes: they live until the next call */
};

static int probe_templates(struct log_work *w, struct templates *t, size_t *ret_n, struct err *e)
{
	AUTO_PARAMS struct params p = {0};

	param_int8(&p, w->st->tenant);
	ids_param(&p, t->r.ids, t->r.n);
	return db_probe(w->s, "SELECT u.no FROM unnest($2) WITH ORDINALITY AS u(id, no) CROSS JOIN "
			"LATERAL (SELECT FROM ruadb_data.reply_template t WHERE t.tenant_id = $1 "
			"AND t.template_id = u.id OFFSET 0) t", &p, t->there, ret_n, e);
}

static void put_template(struct log_work *w, struct templates *t, size_t at, uint32_t i)
{
	const struct log_template *x = &w->templates[i];
	struct text *column = t->r.texts + at;
	struct store_reply_class c;
	const size_t n = t->r.n_all;

	classify(w, x, &c);
	t->r.ids[at] = x->id;
	column[0] = x->gateway == NO_GATEWAY ? TEXT_ABSENT : w->gateways[x->gateway].gateway;
	column[n] = x->enhanced;
	column[2 * n] = x->pattern;
	column[3 * n] = log_arena_text(w->arena, c.category);
	column[4 * n] = log_arena_text(w->arena, c.rule.len ? c.rule : TEXT_ABSENT);
	column[5 * n] = log_arena_text(w->arena, c.meaning.len ? c.meaning : TEXT_ABSENT);
	column[6 * n] = x->sample;
	t->codes[at] = (int16_t)(x->smtp_code > 999 ? 999 : x->smtp_code);
	t->truncated[at] = x->truncated;
	t->matched[at] = c.matched;
}

static int insert_templates(struct log_work *w, const struct templates *t, size_t n,
			    struct err *e)
{
	AUTO_PARAMS struct params p = {0};

	param_int8(&p, w->st->tenant);
	ids_param(&p, t->r.ids, n);
	for (size_t c = 0; c < 7; c++)
		param_texts(&p, t->r.texts + c * t->r.n_all, n);
	copy_array_int2(param_array_begin(&p), t->codes, (uint32_t)n);
	param_array_end(&p, DB_OID_INT2_ARRAY);
	bools_param(&p, t->truncated, n);
	copy_array_char(param_array_begin(&p), t->matched, (uint32_t)n);
	param_array_end(&p, DB_OID_CHAR_ARRAY);
	return db_exec(w->s, "INSERT INTO ruadb_data.reply_template (tenant_id, template_id, "
		       "gateway, smtp_code, enhanced, text, truncated, category, matched, rule, "
		       "meaning, samples) SELECT $1, u.id, u.gateway, nullif(u.code, 0), "
		       "u.enhanced, u.text, u.truncated, u.category, u.matched, u.rule, u.meaning, "
		       "ARRAY[u.sample] FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) "
		       "AS u(id, gateway, enhanced, text, category, rule, meaning, sample, code, "
		       "truncated, matched) ORDER BY u.id ON CONFLICT DO NOTHING", &p, NULL, e);
}

static int store_new_templates(struct log_work *w, struct templates *t, struct err *e)
{
	const size_t known = w->known.len;
	size_t there, n = 0;

	for (uint32_t i = 0; i < t->r.n_all; i++)
		rows_add(w, &t->r, w->templates[i].id, i);
	if (!t->r.n)
		return 0;
	AUTO_FREE uint32_t *new = xcalloc(t->r.n, sizeof(*new));

	if (probe_templates(w, t, &there, e) < 0)
		return -1;
	for (size_t i = 0; i < t->r.n; i++)
		if (!t->there[i])
			new[n++] = t->r.which[i];
	if (log_templates_bound(w, new, n, e) < 0)
		return -1;
	w->known.len = known; /* by the ids that they have now */
	for (size_t i = 0; i < t->r.n; i++)
		buf_add(&w->known, &w->templates[t->r.which[i]].id, sizeof(int64_t));
	for (size_t i = 0; i < n; i++)
		put_template(w, t, i, new[i]);
	return n ? insert_templates(w, t, n, e) : 0;
}

static int store_templates(struct log_work *w, struct err *e)
{
	struct templates t = {0};

	rows_begin(&t.r, log_table_count(w->names[LOG_TEMPLATES]), 7);
	t.there = xcalloc(t.r.n_all + 1, sizeof(*t.there));
	t.truncated = xcalloc(t.r.n_all + 1, sizeof(*t.truncated));
	t.codes = xcalloc(t.r.n_all + 1, sizeof(*t.codes));
	t.matched = xcalloc(t.r.n_all + 1, sizeof(*t.matched));
	int rc = store_new_templates(w, &t, e);

	rows_end(&t.r);
	free(t.there);
	free(t.truncated);
	free(t.codes);
	free(t.matched);
	return rc;
}

/* ---- all of it ---- */

int log_refs_store(struct log_work *w, struct err *e)
{
	w->known.len = 0;
	if (log_secret(w, e) < 0 || log_lifetimes(w, e) < 0)
		return -1;
	log_recipients_hash(w);
	evidence_of_replies(w);
	if (db_run(w->s, "BEGIN; SET LOCAL synchronous_commit = off", e) < 0 ||
	    store_hosts(w, e) < 0 || store_services(w, e) < 0 || store_domains(w, e) < 0 ||
	    store_gateways(w, e) < 0 || store_peers(w, e) < 0 || store_templates(w, e) < 0)
		return -1;
	return db_run(w->s, "COMMIT", e);
}

void log_refs_known(struct log_work *w)
{
	for (size_t at = 0; at + 8 <= w->known.len; at += 8) {
		int64_t id;

		memcpy(&id, w->known.p + at, 8);
		idcache_stored(w->st->known, id);
	}
}
