/*
 * Which days of which domains have to be read from their records from now on: live_day, into which
 * ingest only inserts (migration 0003), so that it waits for nobody and nobody for it. A refresh
 * takes out what it has rolled up.
 */
#include "store/work.h"

#include <stdlib.h>

struct live {
	int64_t domain_id;
	int32_t day;
	bool recount; /* an older report counts now, or no longer */
};

struct lives {
	struct live *v;
	size_t n, cap;
};

static void add(struct lives *l, struct live x)
{
	struct live *last = l->n ? &l->v[l->n - 1] : NULL;

	if (last && last->domain_id == x.domain_id && last->day == x.day) {
		last->recount |= x.recount;
		return;
	}
	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 64;
		l->v = xrealloc(l->v, l->cap * sizeof(*l->v));
	}
	l->v[l->n++] = x;
}

static int by_pair(const void *pa, const void *pb)
{
	const struct live *a = pa, *b = pb;

	if (a->domain_id != b->domain_id)
		return a->domain_id < b->domain_id ? -1 : 1;
	return a->day < b->day ? -1 : a->day > b->day;
}

static void collect(const struct work *w, struct lives *l)
{
	size_t n;

	for (size_t i = 0; i < w->n_reports; i++) {
		const struct claimed *c = &w->reports[i];
		const struct days *d = &c->r->days;
		struct live x = {c->r->domain_id, d->day, c->recount};

		if (!c->is_new && !c->recount)
			continue;
		if (d->has_day)
			add(l, x);
		for (uint32_t k = 0; k < d->n; k++) {
			x.day = d->first + (int32_t)k;
			add(l, x);
		}
	}
	if (!l->n)
		return;
	qsort(l->v, l->n, sizeof(*l->v), by_pair);
	n = l->n;
	l->n = 0;
	for (size_t i = 0; i < n; i++)
		add(l, l->v[i]);
}

static int insert(struct work *w, const struct lives *l, struct err *e)
{
	AUTO_FREE int64_t *ids = xcalloc(l->n, sizeof(*ids));
	AUTO_FREE int32_t *days = xcalloc(l->n, sizeof(*days));
	AUTO_FREE bool *recount = xcalloc(l->n, sizeof(*recount));
	AUTO_PARAMS struct params p = {0};

	for (size_t i = 0; i < l->n; i++) {
		ids[i] = l->v[i].domain_id;
		days[i] = l->v[i].day;
		recount[i] = l->v[i].recount;
	}
	param_int8(&p, w->st->tenant);
	copy_array_int8(param_array_begin(&p), ids, (uint32_t)l->n);
	param_array_end(&p, DB_OID_INT8_ARRAY);
	copy_array_date(param_array_begin(&p), days, (uint32_t)l->n);
	param_array_end(&p, DB_OID_DATE_ARRAY);
	copy_array_bool(param_array_begin(&p), recount, (uint32_t)l->n);
	param_array_end(&p, DB_OID_BOOL_ARRAY);
	return db_exec(w->s, "INSERT INTO ruadb_data.live_day (tenant_id, domain_id, day, recount) "
			     "SELECT $1, * FROM unnest($2, $3, $4)", &p, NULL, e);
}

int live_store(struct work *w, struct err *e)
{
	struct lives l = {0};

	collect(w, &l);
	int rc = l.n ? insert(w, &l, e) : 0;

	free(l.v);
	return rc;
}
