/*
 * Further members: reports that come to a set which has some (definitions A1, A2).
 *
 * They are told apart by what their set holds: repeats need no lock; a further member locks its
 * set's member 0, in sorted order. Who counts is decided again for the whole set: at first by what
 * is known of its members (counted.h), and once the rows are copied by the records of variants
 * that contradict each other: where they share no sender they supplement each other, and all count.
 */
#include "store/counted.h"
#include "store/work.h"

#include <stdlib.h>

#define MEMBER_MAX INT16_MAX

/* Members of sets, by set_key and member. */
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
	x->counted = x->was_counted = *PQgetvalue(res, row, 9);
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
			claimed_settle(c, OUTCOME_REPEAT);
		else
			left++;
	}
	return left;
}

static void too_many(struct claimed *c)
{
	claimed_settle(c, OUTCOME_QUARANTINED);
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
			set->v[same].raised = c->r;
		}
		claimed_settle(c, OUTCOME_REPEAT);
		return;
	}
	x.no = set->n ? set->v[set->n - 1].no + 1 : 0;
	if (x.no > MEMBER_MAX) {
		too_many(c);
		return;
	}
	x.near_repeat = st == STANDS_NEAR_REPEAT;
	*members_add(set) = x;
	claimed_settle(c, outcomes[st]);
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
static void decide(struct work *w, const struct members *m, struct members *ret)
{
	size_t at = 0;

	for (size_t i = 0; i < w->n_reports;) {
		int64_t key = w->reports[i].r->set_key;
		struct members set = {0};

		while (at < m->n && m->v[at].set_key < key)
			at++;
		for (; at < m->n && m->v[at].set_key == key; at++)
			*members_add(&set) = m->v[at];
		for (; i < w->n_reports && w->reports[i].r->set_key == key; i++)
			if (!w->reports[i].settled)
				join_set(&w->reports[i], &set);
		choose_counted(set.v, set.n);
		for (size_t k = 0; k < set.n; k++)
			*members_add(ret) = set.v[k];
		free(set.v);
	}
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

/* What goes with a trust that was raised: who sent the mail, and when it came. */
static int update_raised(struct work *w, const struct members *m, size_t n, struct err *e)
{
	AUTO_FREE int64_t *ids = xcalloc(n, sizeof(*ids)), *arrived = xcalloc(n, sizeof(*arrived));
	AUTO_FREE struct text *domains = xcalloc(n, sizeof(*domains));
	AUTO_FREE char *methods = xcalloc(n, 1), *relations = xcalloc(n, 1);
	AUTO_PARAMS struct params p = {0};
	uint32_t k = 0;

	for (size_t i = 0; i < m->n; i++) {
		const struct store_report *by = m->v[i].raised;

		if (!by)
			continue;
		ids[k] = m->v[i].report_id;
		domains[k] = by->auth_domain;
		methods[k] = (char)by->auth_method;
		relations[k] = (char)by->auth_relation;
		arrived[k++] = by->arrived_at == TIME_ABSENT ? 0 : by->arrived_at;
	}
	param_int8(&p, w->st->tenant);
	copy_array_int8(param_array_begin(&p), ids, k);
	param_array_end(&p, DB_OID_INT8_ARRAY);
	copy_array_text(param_array_begin(&p), domains, k);
	param_array_end(&p, DB_OID_TEXT_ARRAY);
	copy_array_char(param_array_begin(&p), methods, k);
	param_array_end(&p, DB_OID_CHAR_ARRAY);
	copy_array_char(param_array_begin(&p), relations, k);
	param_array_end(&p, DB_OID_CHAR_ARRAY);
	copy_array_int8(param_array_begin(&p), arrived, k);
	param_array_end(&p, DB_OID_INT8_ARRAY);
	return db_exec(w->s, "UPDATE ruadb_data.report SET auth_domain = f.domain, "
			     "auth_method = nullif(f.method, '-'), "
			     "auth_relation = nullif(f.relation, '-'), "
			     "arrived_at = coalesce(arrived_at, to_timestamp(nullif(f.arrived, 0))) "
			     "FROM unnest($2, $3, $4, $5, $6) AS f(id, domain, method, relation, "
			     "arrived) WHERE tenant_id = $1 AND report_id = f.id AND "
			     "report_id = ANY ($2)", &p, NULL, e);
}

/* The newcomers, with what is known of who counts. */
static int insert_members(struct work *w, struct members *m, struct err *e)
{
	struct changes fresh = {0};
	int rc = 0;

	for (size_t i = 0; i < m->n; i++) {
		struct member *x = &m->v[i];

		if (!x->is_new)
			continue;
		changes_add(&fresh, x, m->n);
		x->was_counted = x->counted;
	}
	if (fresh.n)
		rc = insert_further(w, &fresh, e);
	changes_free(&fresh);
	return rc;
}

/* ---- variants that supplement each other ---- */

/*
 * Whether two of these reports of one set have a record with the same sender. Texts are compared
 * as they are stored: '=' stands for the same in all of them, as the domain is the same.
 */
static int share_sender(struct work *w, const struct store_report *r, const int64_t *ids, size_t n,
			bool *ret, struct err *e)
{
	AUTO_PARAMS struct params p = {0};
	AUTO_RESULT PGresult *res = NULL;

	param_int8(&p, w->st->tenant);
	copy_array_int8(param_array_begin(&p), ids, (uint32_t)n);
	param_array_end(&p, DB_OID_INT8_ARRAY);
	param_int8(&p, r->domain_id);
	if (r->days.has_day)
		param_int4(&p, r->days.day);
	if (db_exec(w->s, r->days.has_day ?
		    "SELECT FROM ruadb_data.record WHERE tenant_id = $1 AND domain_id = $3 AND "
		    "day = date '1970-01-01' + $4 AND report_id = ANY ($2) GROUP BY source_ip, "
		    "header_from, envelope_from, disposition HAVING min(report_id) <> "
		    "max(report_id) LIMIT 1" :
		    "SELECT FROM ruadb_data.record WHERE tenant_id = $1 AND domain_id = $3 AND "
		    "day IS NULL AND report_id = ANY ($2) GROUP BY source_ip, header_from, "
		    "envelope_from, disposition HAVING min(report_id) <> max(report_id) LIMIT 1",
		    &p, &res, e) < 0)
		return -1;
	*ret = PQntuples(res) > 0;
	return 0;
}

static int count_supplements(struct work *w, const struct store_report *r, struct member *set,
			     size_t n, size_t cluster, struct err *e)
{
	AUTO_FREE int64_t *ids = xcalloc(n, sizeof(*ids));
	size_t k = 0;
	bool shared;

	for (size_t i = 0; i < n; i++)
		if (set[i].cluster == cluster && set[i].candidate)
			ids[k++] = set[i].report_id;
	if (k < 2)
		return 0;
	if (share_sender(w, r, ids, k, &shared, e) < 0)
		return -1;
	for (size_t i = 0; !shared && i < n; i++)
		if (set[i].cluster == cluster && set[i].candidate)
			set[i].counted = true;
	return 0;
}

/* r: a report of the set. Clusters that nothing came to stay as they were decided. */
static int settle_set(struct work *w, const struct store_report *r, struct member *set, size_t n,
		      struct err *e)
{
	AUTO_FREE bool *touched = xcalloc(n, sizeof(*touched));

	for (size_t i = 0; i < n; i++)
		if (set[i].is_new || set[i].raised)
			touched[set[i].cluster] = true;
	for (size_t i = 0; i < n; i++)
		if (!touched[set[i].cluster])
			set[i].counted = set[i].was_counted;
	for (size_t c = 0; c < n; c++)
		if (touched[c] && count_supplements(w, r, set, n, c, e) < 0)
			return -1;
	return 0;
}

static int update_members(struct work *w, struct members *m, struct err *e)
{
	struct changes changed = {0};
	size_t at = 0, raised = 0;
	int rc = 0;

	for (size_t i = 0; i < m->n; i++) {
		const struct member *x = &m->v[i];

		while (w->reports[at].r->set_key != x->set_key)
			at++;
		if (x->counted == x->was_counted && !x->raised)
			continue;
		changes_add(&changed, x, m->n);
		raised += x->raised != NULL;
		w->reports[at].recount |= !x->is_new; /* all of a set lie on the same days */
	}
	if (changed.n)
		rc = update_changed(w, &changed, e);
	if (rc == 0 && raised)
		rc = update_raised(w, m, raised, e);
	changes_free(&changed);
	return rc;
}

/* ---- the two steps ---- */

int further_claim(struct work *w, struct err *e)
{
	struct members m = {0};
	int rc = read_members(w, false, &m, e);

	if (rc == 0 && settle_repeats(w, &m) > 0) {
		rc = read_members(w, true, &m, e);
		if (rc == 0) {
			w->further = xcalloc(1, sizeof(*w->further));
			decide(w, &m, w->further);
			rc = insert_members(w, w->further, e);
		}
	}
	free(m.v);
	return rc;
}

int further_settle(struct work *w, struct err *e)
{
	struct members *m = w->further;
	size_t at = 0;

	if (!m)
		return 0;
	for (size_t i = 0, n; i < m->n; i += n) {
		for (n = 1; i + n < m->n && m->v[i + n].set_key == m->v[i].set_key;)
			n++;
		while (w->reports[at].r->set_key != m->v[i].set_key)
			at++;
		if (settle_set(w, w->reports[at].r, m->v + i, n, e) < 0)
			return -1;
	}
	return update_members(w, m, e);
}

void further_free(struct work *w)
{
	if (w->further)
		free(w->further->v);
	free(w->further);
	w->further = NULL;
}
