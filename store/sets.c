/*
 * Sets of authentication results on their way into auth_set.
 *
 * Reports of one transaction share many: each is sent once. The index is asked which are there
 * already; the new ones are copied straight into the table, the others only compared. Who loses a
 * race for a new one (23505) tries again carefully: by way of a temporary table, ON CONFLICT.
 */
#include "store/work.h"

#include <stdlib.h>

#define IN_MEMORY (2 << 20)   /* more than that goes by way of the temporary table */
#define ID_AT (2 + 4 + 8 + 4) /* in a tuple: count of fields, tenant_id, the length of the id */

struct tuple {
	int64_t id;
	const char *p;
	size_t len;
};

struct tuples {
	struct buf bytes;
	struct tuple *v;
	bool *there; /* in the table already */
	size_t n;
};

static size_t tuple_len(const char *p)
{
	size_t at = 2;

	for (int i = 0; i < AUTH_SET_FIELDS; i++) {
		int32_t n = read_be32(p + at);

		at += 4 + (n > 0 ? (size_t)n : 0);
	}
	return at;
}

static int by_id(const void *pa, const void *pb)
{
	const struct tuple *a = pa, *b = pb;

	return a->id < b->id ? -1 : a->id > b->id;
}

static int add_bytes(void *ctx, const char *p, size_t n, struct err *e)
{
	(void)e;
	buf_add(ctx, p, n);
	return 0;
}

/*
 * Every set of the transaction once, by id, but for those that an earlier transaction stored since
 * they were spooled.
 */
static int collect(const struct work *w, struct tuples *t, struct err *e)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n_reports; i++)
		if (spool_read(&w->reports[i].r->sets, add_bytes, &t->bytes, e) < 0)
			return -1;
	for (size_t at = 0; at < t->bytes.len; at += t->v[n++].len) {
		const char *p = t->bytes.p + at;

		t->v[n] = (struct tuple){read_be64(p + ID_AT), p, tuple_len(p)};
	}
	qsort(t->v, n, sizeof(*t->v), by_id);
	for (size_t i = 0; i < n; i++) {
		struct tuple *last = t->n ? &t->v[t->n - 1] : NULL, *x = &t->v[i];

		if (idcache_is_stored(w->st->known, x->id))
			continue;
		if (!last || last->id != x->id)
			t->v[t->n++] = *x;
		else if (last->len != x->len || memcmp(last->p, x->p, x->len) != 0)
			return refs_collision(w->s, "sets of results", e);
	}
	return 0;
}

/* *ret_there: how many are in the table. */
static int probe(struct work *w, struct tuples *t, size_t *ret_there, struct err *e)
{
	AUTO_FREE int64_t *ids = xcalloc(t->n, sizeof(*ids));
	AUTO_PARAMS struct params p = {0};

	for (size_t i = 0; i < t->n; i++)
		ids[i] = t->v[i].id;
	param_int8(&p, w->st->tenant);
	copy_array_int8(param_array_begin(&p), ids, (uint32_t)t->n);
	param_array_end(&p, DB_OID_INT8_ARRAY);
	return db_probe(w->s, "SELECT u.no FROM unnest($2) WITH ORDINALITY AS u(id, no) "
			      "CROSS JOIN LATERAL (SELECT FROM ruadb_data.auth_set a WHERE "
			      "a.tenant_id = $1 AND a.auth_set_id = u.id OFFSET 0) a",
			&p, t->there, ret_there, e);
}

static int copy_some(struct work *w, const char *sql, const struct tuples *t, bool there,
		     struct err *e)
{
	if (db_copy_begin(w->s, sql, e) < 0)
		return -1;
	for (size_t i = 0; i < t->n; i++)
		if (t->there[i] == there && db_copy_put(w->s, t->v[i].p, t->v[i].len, e) < 0)
			return -1;
	return db_copy_end(w->s, e);
}

#define COPY_TO_TEMP "COPY pg_temp.ruadb_set (" AUTH_SET_COLUMNS ") FROM STDIN (FORMAT binary)"

/* What lies in the temporary table and in auth_set has to be the same. */
static int compare(struct work *w, struct err *e)
{
	AUTO_RESULT PGresult *differs = NULL;

	if (db_exec(w->s, "SELECT FROM pg_temp.ruadb_set n CROSS JOIN LATERAL (SELECT * FROM "
			  "ruadb_data.auth_set a WHERE a.tenant_id = n.tenant_id AND "
			  "a.auth_set_id = n.auth_set_id OFFSET 0) a WHERE (a.kinds, a.results, "
			  "a.domains, a.selectors, a.results_raw) IS DISTINCT FROM (n.kinds, "
			  "n.results, n.domains, n.selectors, n.results_raw) LIMIT 1",
		    NULL, &differs, e) < 0)
		return -1;
	return PQntuples(differs) ? refs_collision(w->s, "sets of results", e) : 0;
}

static int store_new(struct work *w, struct tuples *t, struct err *e)
{
	size_t there = 0;

	if (collect(w, t, e) < 0)
		return -1;
	if (!t->n)
		return 0;
	if (probe(w, t, &there, e) < 0)
		return -1;
	if (there < t->n &&
	    copy_some(w, "COPY ruadb_data.auth_set (" AUTH_SET_COLUMNS ") FROM STDIN (FORMAT binary)",
		      t, false, e) < 0)
		return -1;
	if (!there)
		return 0;
	return copy_some(w, COPY_TO_TEMP, t, true, e) < 0 ? -1 : compare(w, e);
}

static int put(void *ctx, const char *p, size_t n, struct err *e)
{
	return db_copy_put(ctx, p, n, e);
}

/* Of a report that has more of them than memory, and of whoever lost a race. */
static int store_carefully(struct work *w, struct err *e)
{
	if (db_copy_begin(w->s, COPY_TO_TEMP, e) < 0)
		return -1;
	for (size_t i = 0; i < w->n_reports; i++)
		if (spool_read(&w->reports[i].r->sets, put, w->s, e) < 0) {
			db_copy_abort(w->s);
			return -1;
		}
	if (db_copy_end(w->s, e) < 0 ||
	    db_exec(w->s, "INSERT INTO ruadb_data.auth_set (" AUTH_SET_COLUMNS ") "
			  "SELECT " AUTH_SET_COLUMNS " FROM pg_temp.ruadb_set ORDER BY auth_set_id "
			  "ON CONFLICT DO NOTHING", NULL, NULL, e) < 0)
		return -1;
	return compare(w, e);
}

int sets_store(struct work *w, size_t n, struct err *e)
{
	struct tuples t = {0};
	uint64_t bytes = 0;

	for (size_t i = 0; i < w->n_reports; i++)
		bytes += spool_bytes(&w->reports[i].r->sets);
	if (w->careful || bytes > IN_MEMORY)
		return store_carefully(w, e);
	t.v = xcalloc(n, sizeof(*t.v));
	t.there = xcalloc(n, sizeof(*t.there));
	int rc = store_new(w, &t, e);

	buf_free(&t.bytes);
	free(t.v);
	free(t.there);
	return rc;
}
