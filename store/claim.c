/*
 * Claiming: which reports are new (design 4 and 5).
 *
 * The index says of which sets there is nothing yet: a report that is alone in such a set is new,
 * and its head is copied straight into the table. The heads of the others go to a temporary table,
 * and one INSERT .. ON CONFLICT DO NOTHING RETURNING, sorted by set, says which are new: first of
 * their identity, variant and set. The few that are not are told apart by what their set holds:
 * repeats need no lock; a further member locks its set's member 0, in sorted order, and `counted`
 * is decided again for the whole set. Whoever loses a race for a set (23505) tries again
 * carefully: all heads by way of the temporary table.
 */
#include "store/counted.h"
#include "store/work.h"

#include <stdlib.h>

#define MEMBER_MAX INT16_MAX

static void settle(struct claimed *c, enum store_outcome outcome)
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
		settle(&w->reports[i], OUTCOME_STORED);
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
			settle(*hit, OUTCOME_STORED);
	}
}

/* The members of the sets of all reports that are not settled, by set_key and member. */
struct members {
	struct member *v;
	size_t n, cap;
};

static struct member *members_add(struct members *m)
{
	if (m->n == m->cap) {
		m->cap = m->cap ? m->cap * 2 : 64;
		m->v = xrealloc(m->v, m->cap * sizeof(*m->v));
	}
	memset(&m->v[m->n], 0, sizeof(*m->v));
	return &m->v[m->n++];
}

static void take_member(struct members *m, const PGresult *res, int row)
{
	struct member *x = members_add(m);

	x->set_key = db_int8(res, row, 0);
	x->report_id = db_int8(res, row, 1);
	x->variant = db_int8(res, row, 2);
	x->messages = db_int8(res, row, 3);
	memcpy(x->identity, PQgetvalue(res, row, 4), 16);
	x->no = read_be16(PQgetvalue(res, row, 5));
	x->state = *PQgetvalue(res, row, 6);
	x->auth = *PQgetvalue(res, row, 7);
	x->near_repeat = *PQgetvalue(res, row, 8);
	x->counted = *PQgetvalue(res, row, 9);
}

static void unsettled_sets(const struct work *w, struct params *p)
{
	AUTO_FREE int64_t *keys = xcalloc(w->n_reports, sizeof(*keys));
	size_t n = 0;

	for (size_t i = 0; i < w->n_reports; i++)
		if (!w->reports[i].settled && (!n || keys[n - 1] != w->reports[i].r->set_key))
			keys[n++] = w->reports[i].r->set_key;
	param_int8(p, w->st->tenant);
	copy_array_int8(param_array_begin(p), keys, (uint32_t)n);
	param_array_end(p, DB_OID_INT8_ARRAY);
}

/* locked: first takes the lock of each set, so that nobody else adds or decides meanwhile. */
static int read_members(struct work *w, bool locked, struct members *ret, struct err *e)
{
	AUTO_PARAMS struct params p = {0};
	AUTO_RESULT PGresult *res = NULL;

	ret->n = 0;
	unsettled_sets(w, &p);
	/* OFFSET 0: key by key, through the index, while there are no statistics yet. A new database
	 * read the tenant's whole index once a batch before. */
	if (locked && db_exec(w->s, "SELECT FROM (SELECT k FROM unnest($2) k ORDER BY k) u "
				    "CROSS JOIN LATERAL (SELECT FROM ruadb_data.report "
				    "WHERE tenant_id = $1 AND set_key = u.k AND member = 0 "
				    "OFFSET 0 FOR UPDATE) r", &p, NULL, e) < 0)
		return -1;
	if (db_exec(w->s, "SELECT r.* FROM unnest($2) k CROSS JOIN LATERAL (SELECT set_key, "
			  "report_id, variant, messages, identity, member, state, reporter_auth, "
			  "near_repeat, counted FROM ruadb_data.report WHERE tenant_id = $1 AND "
			  "set_key = k OFFSET 0) r ORDER BY set_key, member", &p, &res, e) < 0)
		return -1;
	for (int row = 0; row < PQntuples(res); row++)
		take_member(ret, res, row);
	return 0;
}

static struct member newcomer(const struct store_report *r)
{
	struct member m = {.set_key = r->set_key, .report_id = r->report_id, .variant = r->variant,
			   .messages = r->roll[ROLL_MESSAGES], .state = (char)r->state,
			   .auth = (char)r->auth, .is_new = true};

	memcpy(m.identity, r->identity, 16);
	return m;
}

/* Repeats that change nothing are settled without a lock. */
static size_t settle_repeats(struct work *w, const struct members *m)
{
	size_t at = 0, left = 0;

	for (size_t i = 0; i < w->n_reports; i++) {
		struct claimed *c = &w->reports[i];
		size_t n = 0, same;

		if (c->settled)
			continue;
		struct member x = newcomer(c->r);

		while (at < m->n && m->v[at].set_key < x.set_key)
			at++;
		while (at + n < m->n && m->v[at + n].set_key == x.set_key)
			n++;
		if (standing_of(&x, m->v + at, n, &same) == STANDS_REPEAT &&
		    trust_rank(x.auth) >= trust_rank(m->v[at + same].auth))
			settle(c, OUTCOME_REPEAT);
		else
			left++;
	}
	return left;
}

static void too_many(struct claimed *c)
{
	settle(c, OUTCOME_QUARANTINED);
	c->entry->class = ERR_LIMIT;
	free(c->entry->reason);
	c->entry->reason = xasprintf("more than %d reports of one reporter for the same domain and "
				     "time", MEMBER_MAX);
}

/* One report that comes to a set of which sofar members are known, old and new ones. */
static void join_set(struct claimed *c, struct members *set)
{
	static const enum store_outcome outcomes[] = {OUTCOME_STORED, OUTCOME_REPEAT,
						      OUTCOME_CONFLICT, OUTCOME_NEAR_REPEAT};
	struct member x = newcomer(c->r);
	size_t same = 0;
	enum standing st = standing_of(&x, set->v, set->n, &same);

	if (st == STANDS_REPEAT) {
		if (trust_rank(x.auth) < trust_rank(set->v[same].auth)) {
			set->v[same].auth = x.auth;
			set->v[same].changed = set->v[same].raised = true;
		}
		settle(c, OUTCOME_REPEAT);
		return;
	}
	x.no = set->n ? set->v[set->n - 1].no + 1 : 0;
	if (x.no > MEMBER_MAX) {
		too_many(c);
		return;
	}
	x.near_repeat = st == STANDS_NEAR_REPEAT;
	*members_add(set) = x;
	settle(c, outcomes[st]);
}

/* What has to be written: further members, and old ones that changed. */
struct changes {
	size_t n;
	int64_t *ids;
	int16_t *no;
	bool *counted, *near_repeat;
	char *auth;
};

static void changes_add(struct changes *c, const struct member *m, size_t room)
{
	if (!c->ids) {
		c->ids = xcalloc(room, sizeof(*c->ids));
		c->no = xcalloc(room, sizeof(*c->no));
		c->counted = xcalloc(room, sizeof(*c->counted));
		c->near_repeat = xcalloc(room, sizeof(*c->near_repeat));
		c->auth = xcalloc(room, 1);
	}
	c->ids[c->n] = m->report_id;
	c->no[c->n] = (int16_t)m->no;
	c->counted[c->n] = m->counted;
	c->near_repeat[c->n] = m->near_repeat;
	c->auth[c->n++] = m->auth;
}

static void changes_free(struct changes *c)
{
	free(c->ids);
	free(c->no);
	free(c->counted);
	free(c->near_repeat);
	free(c->auth);
}

/* Set by set: members as they are, the newcomers in their order, then who counts. */
static void decide(struct work *w, const struct members *m, struct changes *ret_new,
		   struct changes *ret_changed)
{
	size_t room = m->n + w->n_reports, at = 0;
	struct members set = {0};

	for (size_t i = 0; i < w->n_reports;) {
		struct claimed *first = &w->reports[i];
		int64_t key = first->r->set_key;

		set.n = 0;
		while (at < m->n && m->v[at].set_key < key)
			at++;
		for (; at < m->n && m->v[at].set_key == key; at++)
			*members_add(&set) = m->v[at];
		for (; i < w->n_reports && w->reports[i].r->set_key == key; i++)
			if (!w->reports[i].settled)
				join_set(&w->reports[i], &set);
		choose_counted(set.v, set.n);
		for (size_t k = 0; k < set.n; k++) {
			const struct member *x = &set.v[k];

			if (x->is_new)
				changes_add(ret_new, x, room);
			if (x->is_new ? x->raised : x->changed) {
				changes_add(ret_changed, x, room);
				first->recount = true; /* all of a set lie on the same days */
			}
		}
	}
	free(set.v);
}

static int insert_further(struct work *w, const struct changes *c, struct err *e)
{
	AUTO_PARAMS struct params p = {0};
	uint32_t n = (uint32_t)c->n;

	param_int8(&p, w->batch_id);
	copy_array_int8(param_array_begin(&p), c->ids, n);
	param_array_end(&p, DB_OID_INT8_ARRAY);
	copy_array_int2(param_array_begin(&p), c->no, n);
	param_array_end(&p, DB_OID_INT2_ARRAY);
	copy_array_bool(param_array_begin(&p), c->counted, n);
	param_array_end(&p, DB_OID_BOOL_ARRAY);
	copy_array_bool(param_array_begin(&p), c->near_repeat, n);
	param_array_end(&p, DB_OID_BOOL_ARRAY);
	return db_exec(w->s, "INSERT INTO ruadb_data.report (" HEAD_COLUMNS ", item_key, batch_id, "
			     "member, counted, near_repeat) SELECT " HEAD_COLUMNS ", item_key, $1, "
			     "f.no, f.c, f.nr FROM unnest($2, $3, $4, $5) AS f(id, no, c, nr) "
			     "JOIN pg_temp.ruadb_claim ON report_id = f.id", &p, NULL, e);
}

static int update_changed(struct work *w, const struct changes *c, struct err *e)
{
	AUTO_PARAMS struct params p = {0};
	uint32_t n = (uint32_t)c->n;

	param_int8(&p, w->st->tenant);
	copy_array_int8(param_array_begin(&p), c->ids, n);
	param_array_end(&p, DB_OID_INT8_ARRAY);
	copy_array_bool(param_array_begin(&p), c->counted, n);
	param_array_end(&p, DB_OID_BOOL_ARRAY);
	copy_array_char(param_array_begin(&p), c->auth, n);
	param_array_end(&p, DB_OID_CHAR_ARRAY);
	/* = ANY: by the index, even where there are no statistics yet */
	return db_exec(w->s, "UPDATE ruadb_data.report SET "
			     "counted = ($3)[array_position($2, report_id)], "
			     "reporter_auth = ($4)[array_position($2, report_id)] "
			     "WHERE tenant_id = $1 AND report_id = ANY ($2)", &p, NULL, e);
}

static int claim_further(struct work *w, struct members *m, struct err *e)
{
	struct changes fresh = {0}, changed = {0};
	int rc = read_members(w, true, m, e);

	if (rc == 0) {
		decide(w, m, &fresh, &changed);
		if (fresh.n)
			rc = insert_further(w, &fresh, e);
		if (rc == 0 && changed.n)
			rc = update_changed(w, &changed, e);
	}
	changes_free(&fresh);
	changes_free(&changed);
	return rc;
}

static int claim_others(struct work *w, size_t n, struct err *e)
{
	AUTO_PARAMS struct params p = {0};
	AUTO_RESULT PGresult *res = NULL;
	struct members m = {0};
	int rc = 0;

	param_int8(&p, w->batch_id);
	if (copy_heads(w, e) < 0 ||
	    db_exec(w->s, "INSERT INTO ruadb_data.report (" HEAD_COLUMNS ", item_key, batch_id, "
			  "member, counted, near_repeat) SELECT " HEAD_COLUMNS ", item_key, $1, 0, "
			  "true, false FROM pg_temp.ruadb_claim ORDER BY set_key, seq "
			  "ON CONFLICT DO NOTHING RETURNING report_id", &p, &res, e) < 0)
		return -1;
	take_new(w, res);
	if ((size_t)PQntuples(res) < n) {
		rc = read_members(w, false, &m, e);
		if (rc == 0 && settle_repeats(w, &m) > 0)
			rc = claim_further(w, &m, e);
	}
	free(m.v);
	return rc;
}

int claim_reports(struct work *w, struct err *e)
{
	size_t left = 0;

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
