/*
 * Claiming: which reports are new (design 4 and 5).
 *
 * The index says of which sets there is nothing yet: a report that is alone in such a set is new,
 * and its head is copied straight into the table. The heads of the others go to a temporary table,
 * and one INSERT .. ON CONFLICT DO NOTHING RETURNING, sorted by set, says which are new: first of
 * their identity, variant and set. The few that are not go on in further.c. Whoever loses a race
 * for a set (23505) tries again carefully: all heads by way of the temporary table.
 */
#include "store/work.h"

#include <stdlib.h>

void claimed_settle(struct claimed *c, enum store_outcome outcome)
{
	c->settled = true;
	c->entry->outcome = outcome;
	c->is_new = outcome != OUTCOME_REPEAT && outcome != OUTCOME_QUARANTINED;
}

/* ---- reports that are alone in a new set ---- */

#define FIRST_FIELDS (HEAD_FIELDS - HEAD_AT_COMMIT + 5)

/* As the first of its set: the staged fields, behind another count of them, and what is certain. */
static int put_first(struct work *w, const struct claimed *c, struct err *e)
{
	uint8_t count[2], tail[5 * COPY_FIXED], *p = tail;

	copy_tuple(count, FIRST_FIELDS);
	p = copy_uuid(p, w->items[c->item].key);
	p = copy_int8(p, w->batch_id);
	p = copy_int2(p, 0);
	p = copy_bool(p, true);
	p = copy_bool(p, false);
	if (db_copy_put(w->s, count, 2, e) < 0 ||
	    db_copy_put(w->s, c->r->head.p + 2, c->r->head.len - 2, e) < 0)
		return -1;
	return db_copy_put(w->s, tail, (size_t)(p - tail), e);
}

static bool is_alone(const struct work *w, size_t i)
{
	int64_t key = w->reports[i].r->set_key;

	return (!i || w->reports[i - 1].r->set_key != key) &&
	       (i + 1 == w->n_reports || w->reports[i + 1].r->set_key != key);
}

static int probe_sets(struct work *w, bool *there, size_t *ret_n, struct err *e)
{
	AUTO_FREE int64_t *keys = xcalloc(w->n_reports, sizeof(*keys));
	AUTO_PARAMS struct params p = {0};

	for (size_t i = 0; i < w->n_reports; i++)
		keys[i] = w->reports[i].r->set_key;
	param_int8(&p, w->st->tenant);
	copy_array_int8(param_array_begin(&p), keys, (uint32_t)w->n_reports);
	param_array_end(&p, DB_OID_INT8_ARRAY);
	/* ORDER BY: by the index of sets. Of a table that was small when it was analysed the planner
	 * may think that any index that begins with the tenant will do, and reads all of it a key. */
	return db_probe(w->s, "SELECT u.no FROM unnest($2) WITH ORDINALITY AS u(key, no) "
			      "CROSS JOIN LATERAL (SELECT FROM ruadb_data.report r WHERE "
			      "r.tenant_id = $1 AND r.set_key = u.key ORDER BY r.member LIMIT 1) r",
			&p, there, ret_n, e);
}

static int claim_first(struct work *w, struct err *e)
{
	AUTO_FREE bool *there = xcalloc(w->n_reports, sizeof(*there));
	size_t n;

	if (probe_sets(w, there, &n, e) < 0)
		return -1;
	if (n == w->n_reports)
		return 0;
	if (db_copy_begin(w->s, "COPY ruadb_data.report (" HEAD_COLUMNS ", item_key, batch_id, "
				"member, counted, near_repeat) FROM STDIN (FORMAT binary)", e) < 0)
		return -1;
	for (size_t i = 0; i < w->n_reports; i++) {
		if (there[i] || !is_alone(w, i))
			continue;
		if (put_first(w, &w->reports[i], e) < 0)
			return -1;
		claimed_settle(&w->reports[i], OUTCOME_STORED);
	}
	return db_copy_end(w->s, e);
}

/* ---- all others ---- */

/* What is known at the commit only: HEAD_AT_COMMIT. */
static int put_tail(struct work *w, const struct claimed *c, struct err *e)
{
	uint8_t tail[HEAD_AT_COMMIT * COPY_FIXED], *p = tail;

	p = copy_uuid(p, w->items[c->item].key);
	p = copy_int4(p, (int32_t)c->seq);
	return db_copy_put(w->s, tail, (size_t)(p - tail), e);
}

static int copy_heads(struct work *w, struct err *e)
{
	if (db_copy_begin(w->s, "COPY pg_temp.ruadb_claim (" HEAD_COLUMNS ", item_key, seq) "
				"FROM STDIN (FORMAT binary)", e) < 0)
		return -1;
	for (size_t i = 0; i < w->n_reports; i++) {
		const struct claimed *c = &w->reports[i];

		if (c->settled)
			continue;
		if (db_copy_put(w->s, c->r->head.p, c->r->head.len, e) < 0 ||
		    put_tail(w, c, e) < 0)
			return -1;
	}
	return db_copy_end(w->s, e);
}

static int by_id(const void *pa, const void *pb)
{
	int64_t a = (*(struct claimed *const *)pa)->r->report_id;
	int64_t b = (*(struct claimed *const *)pb)->r->report_id;

	return a < b ? -1 : a > b;
}

/* The INSERT gives back the ids of what is new. */
static void take_new(struct work *w, const PGresult *res)
{
	AUTO_FREE struct claimed **by = xcalloc(w->n_reports, sizeof(struct claimed *));

	for (size_t i = 0; i < w->n_reports; i++)
		by[i] = &w->reports[i];
	qsort(by, w->n_reports, sizeof(struct claimed *), by_id);
	for (int row = 0; row < PQntuples(res); row++) {
		struct store_report r = {.report_id = db_int8(res, row, 0)};
		struct claimed key = {.r = &r}, *pkey = &key;
		struct claimed **hit = bsearch(&pkey, by, w->n_reports, sizeof(*by), by_id);

		if (hit)
			claimed_settle(*hit, OUTCOME_STORED);
	}
}

static int claim_others(struct work *w, size_t n, struct err *e)
{
	AUTO_PARAMS struct params p = {0};
	AUTO_RESULT PGresult *res = NULL;

	param_int8(&p, w->batch_id);
	if (copy_heads(w, e) < 0 ||
	    db_exec(w->s, "INSERT INTO ruadb_data.report (" HEAD_COLUMNS ", item_key, batch_id, "
			  "member, counted, near_repeat) SELECT " HEAD_COLUMNS ", item_key, $1, 0, "
			  "true, false FROM pg_temp.ruadb_claim ORDER BY set_key, seq "
			  "ON CONFLICT DO NOTHING RETURNING report_id", &p, &res, e) < 0)
		return -1;
	take_new(w, res);
	return (size_t)PQntuples(res) < n ? further_claim(w, e) : 0;
}

int claim_reports(struct work *w, struct err *e)
{
	size_t left = 0;

	further_free(w);
	if (!w->n_reports)
		return 0;
	for (size_t i = 0; i < w->n_reports; i++)
		w->reports[i].settled = w->reports[i].is_new = w->reports[i].recount = false;
	if (!w->careful && claim_first(w, e) < 0)
		return -1;
	for (size_t i = 0; i < w->n_reports; i++)
		left += !w->reports[i].settled;
	return left ? claim_others(w, left, e) : 0;
}
