/* What people looked up elsewhere, by hand: the table lookup. The view of that name reads it. */
#include "store/declare.h"

int store_lookup_add(struct store *s, const struct store_lookup *l, int64_t *ret_id, struct err *e)
{
	AUTO_PARAMS struct params p = {0};
	AUTO_RESULT PGresult *res = NULL;

	param_int8(&p, s->tenant);
	param_text(&p, text_of(l->kind));
	param_text(&p, text_of(l->ip));
	param_text(&p, text_of(l->domain));
	param_text(&p, text_of(l->list));
	param_text(&p, text_of(l->value));
	param_text(&p, text_of(l->checker));
	param_int8(&p, l->at);
	if (db_exec(s, "INSERT INTO ruadb_data.lookup (tenant_id, kind, source_ip, domain, list, "
		       "value, checker, checked_at) VALUES ($1, $2, $3::text::inet, $4, $5, $6, $7, "
		       "coalesce(to_timestamp(nullif($8, -1)), now())) RETURNING lookup_id", &p, &res,
		    e) < 0)
		return -1;
	*ret_id = db_int8(res, 0, 0);
	return 0;
}

struct ids {
	const int64_t *v;
	size_t n;
};

static int remove_them(struct store *s, void *ctx, struct err *e)
{
	const struct ids *ids = ctx;
	AUTO_PARAMS struct params p = {0};
	AUTO_RESULT PGresult *res = NULL;

	param_int8(&p, s->tenant);
	copy_array_int8(param_array_begin(&p), ids->v, (uint32_t)ids->n);
	param_array_end(&p, DB_OID_INT8_ARRAY);
	if (db_exec(s, "SELECT id FROM unnest($2) AS g (id) WHERE NOT EXISTS (SELECT FROM "
		       "ruadb_data.lookup l WHERE l.tenant_id = $1 AND l.lookup_id = g.id) "
		       "LIMIT 1", &p, &res, e) < 0)
		return -1;
	if (PQntuples(res))
		return err_set(e, ERR_INPUT, "there is no lookup %lld",
			       (long long)db_int8(res, 0, 0));
	return db_exec(s, "DELETE FROM ruadb_data.lookup WHERE tenant_id = $1 AND lookup_id = "
			  "ANY ($2)", &p, NULL, e);
}

int store_lookup_remove(struct store *s, const int64_t *ids, size_t n, struct err *e)
{
	struct ids all = {ids, n};

	return declare_transaction(s, "lookup", remove_them, &all, e);
}
