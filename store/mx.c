/* MX snapshots: evidence for the gateways of recipient domains, dated (definitions C6). */
#include "base/hash.h"
#include "store/declare.h"
#include "store/identity.h"

#include <stdlib.h>

struct snapshot {
	const struct store_mx *mx;
	size_t n;
	int64_t at;
};

static void param_ids(struct store *s, struct params *p, const struct snapshot *all)
{
	AUTO_FREE int64_t *ids = xcalloc(all->n, sizeof(*ids));
	uint8_t sum[32];

	for (size_t i = 0; i < all->n; i++) {
		hash_sum(s->hash, all->mx[i].domain.p, all->mx[i].domain.len, sum);
		ids[i] = hash_id(sum);
	}
	copy_array_int8(param_array_begin(p), ids, (uint32_t)all->n);
	param_array_end(p, DB_OID_INT8_ARRAY);
}

static void param_column(struct params *p, const struct snapshot *all, size_t at)
{
	AUTO_FREE struct text *v = xcalloc(all->n, sizeof(*v));

	for (size_t i = 0; i < all->n; i++)
		v[i] = *(const struct text *)(const void *)((const char *)&all->mx[i] + at);
	param_texts(p, v, all->n);
}

/* Days around that have no peer's evidence of their own are to be computed anew. */
static int add(struct store *s, void *ctx, struct err *e)
{
	const struct snapshot *all = ctx;
	AUTO_PARAMS struct params p = {0};

	param_int8(&p, s->tenant);
	param_int8(&p, all->at);
	param_ids(s, &p, all);
	param_column(&p, all, offsetof(struct store_mx, gateway));
	param_column(&p, all, offsetof(struct store_mx, customer));
	param_column(&p, all, offsetof(struct store_mx, title));
	param_column(&p, all, offsetof(struct store_mx, family));
	if (db_exec(s, "WITH given AS (SELECT u.*, (to_timestamp($2) AT TIME ZONE 'UTC')::date AS day "
		       "FROM unnest($3, $4, $5, $6, $7) AS u(id, gateway, customer, title, family)), "
		       "stored AS (INSERT INTO ruadb_data.domain_gateway AS g (tenant_id, domain_id, "
		       "day, evidence, gateway, gateway_customer, times, url) SELECT $1, n.id, n.day, "
		       "'m', n.gateway, coalesce(n.customer, ''), count(*), false FROM given n "
		       "WHERE n.gateway IS NOT NULL GROUP BY 2, 3, 5, 6 ORDER BY 2, 3, 5, 6 "
		       "ON CONFLICT (tenant_id, domain_id, day, evidence, gateway, gateway_customer) "
		       "DO UPDATE SET times = excluded.times RETURNING domain_id, day) "
		       "INSERT INTO ruadb_data.cohort_stale (tenant_id, day) SELECT DISTINCT $1, n.day "
		       "FROM stored s JOIN ruadb_data.domain_no_gateway n ON n.tenant_id = $1 AND "
		       "n.domain_id = s.domain_id AND n.day BETWEEN s.day - "
		       "(SELECT ruadb.setting_value('gateway_days'))::int AND s.day + "
		       "(SELECT ruadb.setting_value('gateway_days'))::int", &p, NULL, e) < 0)
		return -1;
	params_reset(&p);
	param_int8(&p, s->tenant);
	param_column(&p, all, offsetof(struct store_mx, gateway));
	param_column(&p, all, offsetof(struct store_mx, title));
	param_column(&p, all, offsetof(struct store_mx, family));
	AUTO_FREE bool *provider = xcalloc(all->n, sizeof(*provider));

	for (size_t i = 0; i < all->n; i++)
		provider[i] = all->mx[i].mailbox_provider;
	copy_array_bool(param_array_begin(&p), provider, (uint32_t)all->n);
	param_array_end(&p, DB_OID_BOOL_ARRAY);
	return db_exec(s, "INSERT INTO ruadb_data.gateway (tenant_id, gateway, title, family, "
			  "mailbox_provider) SELECT DISTINCT ON (u.gateway) $1, u.* FROM unnest($2, $3, "
			  "$4, $5) AS u(gateway, title, family, provider) WHERE u.gateway IS NOT NULL "
			  "ORDER BY u.gateway ON CONFLICT DO NOTHING", &p, NULL, e);
}

int store_mx_add(struct store *s, const struct store_mx *mx, size_t n, int64_t at, struct err *e)
{
	struct snapshot all = {mx, n, at};

	return n ? declare_transaction(s, "domain_gateway", add, &all, e) : 0;
}
