/*
 * Refresh: what keeps the rollup by source, the cohorts of deliveries and the table of classes up to
 * date, after ingest and by hand. The work itself is SQL (sql/views/74_refresh.sql and
 * 84_impact_refresh.sql), in portions, each a transaction.
 *
 * It only reads what ingest writes, deletes rows of live_day and cohort_stale that its snapshot saw,
 * and locks no row that ingest looks at: nobody waits for it.
 */
#include "store/db.h"

#include <stdlib.h>
#include <time.h>

#define REFRESH_LOCK "7236838002000" /* with the tenant added: one at a time for each */
#define PORTION_RECORDS 250000
#define PORTION_DOMAINS 500
#define SERIAL_TRIES 20

struct refresh {
	struct store *s;
	bool (*stop)(void);
	struct store_refreshed *ret;
};

/* It can be made again from the records: it need not reach the disk at once. And it joins large
 * tables, while ingest asks by key alone (connect.c). */
static int settings(struct store *s, struct err *e)
{
	return db_run(s, "SET enable_seqscan = on; SET synchronous_commit = off; "
			 "SET work_mem = '64MB'; SET temp_buffers = '64MB'", e);
}

static int lock(struct store *s, bool *ret_locked, struct err *e)
{
	AUTO_RESULT PGresult *res = NULL;

	if (db_exec(s, "SELECT pg_try_advisory_lock(" REFRESH_LOCK " + ruadb.tenant())", NULL, &res,
		    e) < 0)
		return -1;
	*ret_locked = *PQgetvalue(res, 0, 0);
	return 0;
}

static int unlock(struct store *s, struct err *e)
{
	return db_exec(s, "SELECT pg_advisory_unlock(" REFRESH_LOCK " + ruadb.tenant())", NULL, NULL,
		       e);
}

/* One call in a REPEATABLE READ transaction, again if another one was at the same rows. ret: what
 * it answers, a bigint. */
static int call(struct store *s, const char *sql, const struct params *p, int64_t *ret,
		struct err *e)
{
	for (int tries = 0;; tries++) {
		AUTO_RESULT PGresult *res = NULL;
		struct err again;

		if (db_run(s, "BEGIN ISOLATION LEVEL REPEATABLE READ", e) == 0 &&
		    db_exec(s, sql, p, &res, e) == 0 && db_run(s, "COMMIT", e) == 0) {
			*ret = db_int8(res, 0, 0);
			return 0;
		}
		bool serial = db_state_is(s, "40");

		if (db_lost(s) || db_run(s, "ROLLBACK", &again) < 0 || !serial ||
		    tries >= SERIAL_TRIES)
			return -1;
		nanosleep(&(struct timespec){0, 10000000}, NULL);
	}
}

static int call_with(struct store *s, const char *sql, int32_t n, int64_t *ret, struct err *e)
{
	AUTO_PARAMS struct params p = {0};

	param_int4(&p, n);
	return call(s, sql, &p, ret, e);
}

static bool stopped(const struct refresh *r)
{
	return r->stop && r->stop();
}

static int statistics(struct refresh *r, struct err *e)
{
	return db_exec(r->s, "SELECT ruadb_data.refresh_statistics()", NULL, NULL, e);
}

static int days(struct refresh *r, struct err *e)
{
	int64_t portions, n;

	if (call_with(r->s, "SELECT ruadb_data.refresh_plan($1)::bigint", PORTION_RECORDS,
		      &portions, e) < 0)
		return -1;
	for (int32_t i = 0; i < portions && !stopped(r); i++) {
		if (call_with(r->s, "SELECT ruadb_data.refresh_days($1)", i, &n, e) < 0)
			return -1;
		r->ret->days += n;
	}
	return 0;
}

static int cohorts(struct refresh *r, struct err *e)
{
	int64_t planned, n;

	if (call(r->s, "SELECT ruadb_data.refresh_impact_plan()::bigint", NULL, &planned, e) < 0)
		return -1;
	for (int32_t i = 1; i <= planned && !stopped(r); i++) {
		if (call_with(r->s, "SELECT ruadb_data.refresh_impact_day($1)", i, &n, e) < 0)
			return -1;
		r->ret->cohort_days++;
	}
	return 0;
}

/* Cohorts tell which envelope domains there are; what reports show of those tells cohorts more. */
static int impact(struct refresh *r, struct err *e)
{
	int64_t changed = 0;

	if (cohorts(r, e) < 0)
		return -1;
	if (!stopped(r) && call(r->s, "SELECT ruadb_data.refresh_envelopes()", NULL, &changed, e) < 0)
		return -1;
	if (changed > 0 && cohorts(r, e) < 0)
		return -1;
	return stopped(r) ? 0 : call(r->s, "SELECT ruadb_data.refresh_stream_sources()", NULL,
				     &changed, e);
}

static int classes(struct refresh *r, struct err *e)
{
	int64_t n = 1;

	while (n > 0 && !stopped(r)) {
		if (call_with(r->s, "SELECT ruadb_data.refresh_classes($1)", PORTION_DOMAINS, &n,
			      e) < 0)
			return -1;
		r->ret->domains += n;
	}
	return 0;
}

static int refresh(struct refresh *r, struct err *e)
{
	int64_t none;

	if (statistics(r, e) < 0 ||
	    call(r->s, "SELECT 0::bigint FROM ruadb_data.refresh_lags()", NULL, &none, e) < 0 ||
	    days(r, e) < 0 || impact(r, e) < 0 || statistics(r, e) < 0)
		return -1;
	return classes(r, e);
}

/* Ingest has stored something that no refresh has seen, or somebody declared something. */
static int is_due(struct store *s, bool *ret_due, struct err *e)
{
	AUTO_RESULT PGresult *res = NULL;

	if (db_exec(s, "SELECT EXISTS (SELECT FROM ruadb_data.live_day WHERE tenant_id = "
		       "ruadb.tenant() AND unsettled IS NULL) OR EXISTS (SELECT FROM "
		       "ruadb_data.class_stale WHERE tenant_id = ruadb.tenant()) OR EXISTS (SELECT "
		       "FROM ruadb_data.cohort_stale WHERE tenant_id = ruadb.tenant())", NULL, &res,
		    e) < 0)
		return -1;
	*ret_due = *PQgetvalue(res, 0, 0);
	return 0;
}

/*
 * Whoever stores something while a refresh runs finds it running and goes away. So it looks once
 * more, after it has given the lock back: then either sees the other.
 */
static int refresh_all(struct refresh *r, struct err *e)
{
	bool locked, due = true;

	for (int rounds = 0; due && rounds < 10 && !stopped(r); rounds++) {
		if (lock(r->s, &locked, e) < 0)
			return -1;
		if (!locked) {
			r->ret->busy = rounds == 0;
			return 0;
		}
		if (refresh(r, e) < 0 || unlock(r->s, e) < 0 || is_due(r->s, &due, e) < 0)
			return -1;
	}
	return 0;
}

static double now_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int store_refresh(const struct conf *c, bool (*stop)(void), struct store_refreshed *ret,
		  struct err *e)
{
	struct refresh r = {.stop = stop, .ret = ret};
	double begin = now_seconds();

	*ret = (struct store_refreshed){0};
	if (store_open(c, STORE_INGEST, &r.s, e) < 0)
		return -1;
	int rc = store_domains_lookup(r.s, e);

	if (rc == 0)
		rc = settings(r.s, e) < 0 ? -1 : refresh_all(&r, e);

	store_close(r.s);
	ret->seconds = now_seconds() - begin;
	return rc;
}
