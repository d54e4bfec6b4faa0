/*
 * Stored attempts of deliveries that have to be made anew, and those that wait for a delivery; and
 * the lock of hosts, behind which all of that is looked at.
 */
#include "store/log_load.h"

#include <stdlib.h>

/* ---- hosts ---- */

int log_hosts_lock(struct log_work *w, struct err *e)
{
	uint32_t n = log_table_count(w->names[LOG_HOSTS]);
	AUTO_FREE int64_t *ids = xcalloc(n + 1u, sizeof(*ids));
	AUTO_PARAMS struct params p = {0};
	AUTO_RESULT PGresult *res = NULL;

	for (uint32_t i = 0; i < n; i++)
		ids[i] = w->hosts[i].id;
	param_int8(&p, w->st->tenant);
	copy_array_int8(param_array_begin(&p), ids, n);
	param_array_end(&p, DB_OID_INT8_ARRAY);
	if (db_exec(w->s, "SELECT host_id, oldest_at, newest_at FROM ruadb_data.log_host WHERE "
			  "tenant_id = $1 AND host_id = ANY ($2) ORDER BY host_id FOR UPDATE", &p,
		    &res, e) < 0)
		return -1;
	for (uint32_t i = 0; i < n; i++)
		w->hosts[i].was_oldest = w->hosts[i].was_newest = TIME_ABSENT;
	for (int row = 0; row < PQntuples(res); row++)
		for (uint32_t i = 0; i < n; i++)
			if (w->hosts[i].id == db_int8(res, row, 0)) {
				w->hosts[i].was_oldest = row_us(res, row, 1);
				w->hosts[i].was_newest = row_us(res, row, 2);
			}
	return 0;
}

/* ---- attempts ---- */

static struct join_att *next_att(struct log_work *w, struct log_loaded *l)
{
	uint32_t cap = l->cap_atts;

	l->stored = log_loaded_more(w, l->stored, l->n_atts, &cap, sizeof(*l->stored));
	l->atts = log_loaded_more(w, l->atts, l->n_atts, &l->cap_atts, sizeof(*l->atts));
	l->stored[l->n_atts] = (struct log_stored){0};
	return &l->atts[l->n_atts++];
}

static int load_attempts_open(struct log_work *w, const struct asked *a, int64_t (*index)[2],
			      struct err *e)
{
	AUTO_PARAMS struct params p = {0};
	AUTO_RESULT PGresult *res = NULL;

	log_keys_params(w, &p, a);
	if (db_exec(w->s, "SELECT " ATTEMPT_OPEN_COLUMNS " FROM ruadb_data.attempt_open WHERE "
			  "tenant_id = $1 AND queue_key = ANY ($2)", &p, &res, e) < 0)
		return -1;
	for (int row = 0; row < PQntuples(res); row++) {
		int64_t at = log_index_find(index, a->n, db_int8(res, row, 0));
		struct log_loaded *l = log_loaded_of(w, a->groups[at]);

		*next_att(w, l) = (struct join_att){
			.line_key = (uint64_t)db_int8(res, row, 1), .us = row_us(res, row, 4),
			.template_id = row_int8(res, row, 2), .peer_id = row_int8(res, row, 3),
			.arrived = TIME_ABSENT, .reported = -1, .kind = EVENT_MX_ATTEMPT,
			.outcome = ATTEMPT_DEFERRED, .handed = -1, .open = true};
		l->stored[l->n_atts - 1] = (struct log_stored){
			.stage = (uint8_t)*PQgetvalue(res, row, 5),
			.status = row_text(w, res, row, 6), .source_ip = row_ip(res, row, 7),
			.reply_ip = row_ip(res, row, 8), .values = row_text(w, res, row, 9)};
	}
	return 0;
}

/* Of those whose attempts are wanted: deliveries and where they are. */
struct wanted {
	int64_t *ids;
	uint32_t (*where)[2]; /* loaded, row */
	size_t n;
	int32_t from, to;
};

static void want(struct log_work *w, const struct asked *a, struct wanted *x)
{
	size_t cap = 0;

	*x = (struct wanted){.from = INT32_MAX, .to = INT32_MIN};
	for (uint32_t i = 0; i < w->n_loaded; i++)
		cap += w->loaded[i].n_rows;
	x->ids = xcalloc(cap + 1, sizeof(*x->ids));
	x->where = xcalloc(cap + 1, sizeof(*x->where));
	for (size_t i = 0; i < a->n; i++) {
		const struct log_queue_group *q = &w->groups[a->groups[i]];
		struct join_group g = log_group_of(w, q);

		if (!g.n_rows || !join_wants_attempts(&g))
			continue;
		w->loaded[q->loaded - 1].wants = true;
		for (uint32_t k = 0; k < g.n_rows; k++) {
			int32_t to = join_day(g.rows[k].last), after = g.rows[k].bounced_after ==
				TIME_ABSENT ? to : join_day(g.rows[k].bounced_after);

			x->from = g.rows[k].day < x->from ? g.rows[k].day : x->from;
			x->to = to > x->to ? to : x->to;
			x->to = after > x->to ? after : x->to;
			x->where[x->n][0] = q->loaded - 1;
			x->where[x->n][1] = k;
			x->ids[x->n++] = g.rows[k].delivery_id;
		}
	}
}

static void take_attempt(struct log_work *w, struct log_loaded *l, struct join_row *owner,
			 const PGresult *res, int row)
{
	char kind = *PQgetvalue(res, row, 5), outcome = *PQgetvalue(res, row, 6);
	int64_t us = row_us(res, row, 4), peer = row_int8(res, row, 3);
	int32_t delay = row_int4(res, row, 7, -1);
	struct ip ip = row_ip(res, row, 9);
	struct join_att *x = next_att(w, l);

	*x = (struct join_att){
		.line_key = (uint64_t)db_int8(res, row, 1), .template_id = row_int8(res, row, 2),
		.peer_id = peer, .us = us, .kind = (uint8_t)kind, .outcome = (uint8_t)outcome,
		.arrived = delay >= 0 ? us - 1000LL * delay : TIME_ABSENT,
		.reported = PQgetisnull(res, row, 8) ? -1 : read_be16(PQgetvalue(res, row, 8)),
		.recipient_domain = owner->recipient_domain,
		.service_id = PQgetisnull(res, row, 10) ? owner->service_id
			: db_int8(res, row, 10),
		.stored_service = row_int8(res, row, 10), .stored_ip = ip,
		.source_ip = ip.family ? ip : owner->source_ip,
		.ip_from = owner->ip_from, .stored = true,
		.handed = peer || outcome == ATTEMPT_ACCEPTED ? owner->handed_on : -1};
	x->src = (uint32_t)(owner - l->rows);
	if (kind == EVENT_MX_ATTEMPT) /* it may have to wait for a delivery again */
		l->stored[l->n_atts - 1] = (struct log_stored){
			.stage = (uint8_t)*PQgetvalue(res, row, 11),
			.status = row_text(w, res, row, 12), .reply_ip = row_ip(res, row, 13),
			.values = row_text(w, res, row, 14), .source_ip = x->source_ip};
}

/* Its row is whole if all attempts that it counts are there. */
static void settle_wanted(struct log_loaded *l)
{
	for (uint32_t i = 0; i < l->n_rows; i++) {
		struct join_row *r = &l->rows[i];
		int32_t a = 0, s = 0, m = 0;

		for (uint32_t k = 0; k < l->n_atts; k++) {
			struct join_att *x = &l->atts[k];

			if (!x->stored || x->src != i)
				continue;
			x->owner = r;
			a += x->kind == EVENT_ATTEMPT;
			s += x->kind == EVENT_QUEUE_SUSPENDED;
			m += x->kind == EVENT_MX_ATTEMPT;
			r->n_loaded++;
		}
		r->whole = r->n_loaded && a == r->attempts && s == r->suspended &&
			   m == r->mx_attempts;
	}
}

static int load_attempts(struct log_work *w, const struct wanted *x, struct err *e)
{
	int64_t (*index)[2] = log_index_of(x->ids, x->n);
	AUTO_PARAMS struct params p = {0};
	AUTO_RESULT PGresult *res = NULL;

	param_int8(&p, w->st->tenant);
	copy_array_int8(param_array_begin(&p), x->ids, (uint32_t)x->n);
	param_array_end(&p, DB_OID_INT8_ARRAY);
	log_days_params(&p, x->from, x->to);
	int rc = db_exec(w->s, "SELECT delivery_id, line_key, template_id, peer_id, at, kind, "
			 "outcome, delay_ms, attempt_reported, source_ip, service_id, stage, "
			 "status, reply_ip, reply_values FROM ruadb_data.attempt "
			 "WHERE tenant_id = $1 AND delivery_id = ANY ($2) AND " DAY_RANGE, &p, &res,
			 e);

	for (int row = 0; rc == 0 && row < PQntuples(res); row++) {
		int64_t at = log_index_find(index, x->n, db_int8(res, row, 0));
		struct log_loaded *l = &w->loaded[x->where[at][0]];

		take_attempt(w, l, &l->rows[x->where[at][1]], res, row);
	}
	for (uint32_t i = 0; i < w->n_loaded; i++)
		if (w->loaded[i].wants)
			settle_wanted(&w->loaded[i]);
	free(index);
	return rc;
}

int log_load_attempts(struct log_work *w, const struct asked *a, int64_t (*index)[2],
		      struct err *e)
{
	struct wanted x = {0};
	int rc = load_attempts_open(w, a, index, e);

	if (rc == 0) {
		want(w, a, &x);
		if (x.n)
			rc = load_attempts(w, &x, e);
	}
	free(x.ids);
	free(x.where);
	return rc;
}
