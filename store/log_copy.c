/* What log_write.c has made goes to the database: rows that go, rows that change, rows that come. */
#include "store/declare.h"
#include "store/log_row.h"

#include <stdlib.h>

static int copy_all(struct log_work *w, const char *sql, const struct buf *b, struct err *e)
{
	const size_t step = 1 << 20;

	if (!b->len)
		return 0;
	if (db_copy_begin(w->s, sql, e) < 0)
		return -1;
	for (size_t at = 0; at < b->len; at += step)
		if (db_copy_put(w->s, b->p + at, b->len - at < step ? b->len - at : step, e) < 0)
			return -1;
	return db_copy_end(w->s, e);
}

static void int8s(struct params *p, const struct buf *b)
{
	copy_array_int8(param_array_begin(p), (const int64_t *)(const void *)b->p,
			(uint32_t)(b->len / 8));
	param_array_end(p, DB_OID_INT8_ARRAY);
}

static void day_range(struct params *p, const struct buf *b)
{
	int32_t from = INT32_MAX, to = INT32_MIN;

	for (size_t at = 0; at + 4 <= b->len; at += 4) {
		int32_t day;

		memcpy(&day, b->p + at, 4);
		from = day < from ? day : from;
		to = day > to ? day : to;
	}
	param_int4(p, from - PG_EPOCH_DAY);
	param_int4(p, to - PG_EPOCH_DAY);
}

static int delete_orphans(struct log_work *w, struct err *e)
{
	AUTO_PARAMS struct params p = {0};

	if (!w->orphans.len)
		return 0;
	param_int8(&p, w->st->tenant);
	int8s(&p, &w->orphans);
	day_range(&p, &w->orphan_days);
	int8s(&p, &w->orphan_lines);
	return db_exec(w->s, "DELETE FROM ruadb_data.attempt a USING unnest($2, $5) AS u(delivery, "
		       "line) WHERE a.tenant_id = $1 AND a.delivery_id = ANY ($2) AND a.delivery_id "
		       "= u.delivery AND a.line_key = u.line AND a.day BETWEEN date '2000-01-01' + $3 "
		       "AND date '2000-01-01' + $4", &p, NULL, e);
}

static int delete_old(struct log_work *w, struct err *e)
{
	AUTO_PARAMS struct params p = {0};

	param_int8(&p, w->st->tenant);
	if (w->gone.len) {
		int8s(&p, &w->gone);
		day_range(&p, &w->gone_days);
		if (db_exec(w->s, "DELETE FROM ruadb_data.delivery WHERE tenant_id = $1 AND "
				  "delivery_id = ANY ($2) AND day BETWEEN date '2000-01-01' + $3 "
				  "AND date '2000-01-01' + $4", &p, NULL, e) < 0)
			return -1;
	}
	if (!w->open_keys.len)
		return 0;
	params_reset(&p);
	param_int8(&p, w->st->tenant);
	int8s(&p, &w->open_keys);
	if (db_exec(w->s, "DELETE FROM ruadb_data.message_open WHERE tenant_id = $1 AND "
			  "queue_key = ANY ($2)", &p, NULL, e) < 0)
		return -1;
	return db_exec(w->s, "DELETE FROM ruadb_data.attempt_open WHERE tenant_id = $1 AND "
			     "queue_key = ANY ($2)", &p, NULL, e);
}

static void ips_param(struct log_work *w, struct params *p, const struct buf *b)
{
	size_t n = b->len / sizeof(struct ip);
	AUTO_FREE struct text *v = xcalloc(n + 1, sizeof(*v));

	for (size_t i = 0; i < n; i++) {
		struct ip ip;

		memcpy(&ip, b->p + i * sizeof(ip), sizeof(ip));
		v[i] = log_ip_text(w, &ip);
	}
	param_texts(p, v, n);
}

static int move_attempts(struct log_work *w, struct err *e)
{
	AUTO_PARAMS struct params p = {0};

	if (!w->moved_from.len)
		return 0;
	param_int8(&p, w->st->tenant);
	int8s(&p, &w->moved_from);
	day_range(&p, &w->moved_days);
	int8s(&p, &w->moved_line);
	int8s(&p, &w->moved_to);
	int8s(&p, &w->moved_service);
	ips_param(w, &p, &w->moved_ips);
	return db_exec(w->s, "UPDATE ruadb_data.attempt a SET delivery_id = u.later, service_id = "
		       "nullif(u.service, 0), source_ip = u.ip::inet FROM unnest($2, $5, $6, $7, $8) "
		       "AS u(earlier, line, later, service, ip) WHERE a.tenant_id = $1 AND "
		       "a.delivery_id = ANY ($2) AND a.delivery_id = u.earlier AND "
		       "a.line_key = u.line AND a.day BETWEEN date '2000-01-01' + $3 AND "
		       "date '2000-01-01' + $4", &p, NULL, e);
}

int log_old_away(struct log_work *w, struct err *e)
{
	if (delete_old(w, e) < 0 || delete_orphans(w, e) < 0)
		return -1;
	return move_attempts(w, e);
}

int log_deliveries_begin(struct log_work *w, struct err *e)
{
	return db_copy_begin(w->s, "COPY ruadb_data.delivery (tenant_id, " DELIVERY_COLUMNS
			     ") FROM STDIN (FORMAT binary)", e);
}

int log_deliveries_put(struct log_work *w, size_t over, struct err *e)
{
	if (w->deliveries.len <= over)
		return 0;
	int rc = db_copy_put(w->s, w->deliveries.p, w->deliveries.len, e);

	w->deliveries.len = 0;
	return rc;
}

int log_tuples_store(struct log_work *w, struct err *e)
{
	if (copy_all(w, "COPY ruadb_data.attempt (tenant_id, " ATTEMPT_COLUMNS ") FROM STDIN "
		     "(FORMAT binary)", &w->attempts, e) < 0 ||
	    copy_all(w, "COPY ruadb_data.message_open (tenant_id, " OPEN_COLUMNS ") FROM STDIN "
		     "(FORMAT binary)", &w->opens, e) < 0)
		return -1;
	return copy_all(w, "COPY ruadb_data.attempt_open (tenant_id, " ATTEMPT_OPEN_COLUMNS ") "
			"FROM STDIN (FORMAT binary)", &w->attempts_open, e);
}
