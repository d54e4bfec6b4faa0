/* Reading for report/ and cmd/: one statement with text parameters, rows as text. */
#include "store/db.h"

#include <stdlib.h>

struct store_rows {
	PGresult *res;
};

/* Types of pg_type.dat; they never change. */
enum { OID_BOOL = 16, OID_INT8 = 20, OID_INT2 = 21, OID_INT4 = 23, OID_OID = 26, OID_JSON = 114,
       OID_FLOAT4 = 700, OID_FLOAT8 = 701, OID_NUMERIC = 1700, OID_JSONB = 3802 };

int store_snapshot(struct store *s, struct err *e)
{
	return db_run(s, "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY", e);
}

void store_cancel(struct store *s)
{
	char why[256];

	if (s->cancel)
		(void)PQcancel(s->cancel, why, sizeof(why)); /* if it fails the next signal ends us */
}

const struct store_mistake *store_mistake(const struct store *s)
{
	return &s->mistake;
}

static void note_mistake(struct store *s, const PGresult *res)
{
	const char *position = PQresultErrorField(res, PG_DIAG_STATEMENT_POSITION);
	const char *hint = PQresultErrorField(res, PG_DIAG_MESSAGE_HINT);

	s->mistake.position = position ? (int)strtol(position, NULL, 10) : 0;
	snprintf(s->mistake.hint, sizeof(s->mistake.hint), "%s", hint ? hint : "");
}

int store_query(struct store *s, const char *sql, int n_params, const char *const *params,
		struct store_rows **ret_rows, struct err *e)
{
	PGresult *res = PQexecParams(s->conn, sql, n_params, NULL, params, NULL, NULL, 0);

	if (PQresultStatus(res) != PGRES_TUPLES_OK && PQresultStatus(res) != PGRES_COMMAND_OK) {
		note_mistake(s, res);
		db_error(s, res, e);
		PQclear(res);
		return -1;
	}
	*ret_rows = xmalloc(sizeof(**ret_rows));
	(*ret_rows)->res = res;
	return 0;
}

int store_rows_count(const struct store_rows *r)
{
	return PQntuples(r->res);
}

int store_rows_columns(const struct store_rows *r)
{
	return PQnfields(r->res);
}

const char *store_rows_name(const struct store_rows *r, int column)
{
	return PQfname(r->res, column);
}

bool store_rows_is_number(const struct store_rows *r, int column)
{
	switch (PQftype(r->res, column)) {
	case OID_INT8:
	case OID_INT2:
	case OID_INT4:
	case OID_OID:
	case OID_FLOAT4:
	case OID_FLOAT8:
	case OID_NUMERIC:
		return true;
	default:
		return false;
	}
}

bool store_rows_is_bool(const struct store_rows *r, int column)
{
	return PQftype(r->res, column) == OID_BOOL;
}

bool store_rows_is_json(const struct store_rows *r, int column)
{
	return PQftype(r->res, column) == OID_JSON || PQftype(r->res, column) == OID_JSONB;
}

const char *store_rows_value(const struct store_rows *r, int row, int column)
{
	return PQgetisnull(r->res, row, column) ? NULL : PQgetvalue(r->res, row, column);
}

void store_rows_free(struct store_rows *r)
{
	if (!r)
		return;
	PQclear(r->res);
	free(r);
}

/* ---- what is too large for memory ---- */

static int each_result(struct store *s,
		       int (*each)(void *ctx, const struct store_rows *row, struct err *e), void *ctx,
		       struct err *e)
{
	PGresult *res;

	while ((res = PQgetResult(s->conn))) {
		struct store_rows row = {res};
		int rc = 0;

		if (PQresultStatus(res) == PGRES_SINGLE_TUPLE || PQresultStatus(res) == PGRES_TUPLES_OK)
			rc = each(ctx, &row, e);
		else
			rc = db_error(s, res, e);
		PQclear(res);
		if (rc < 0)
			return -1;
	}
	return 0;
}

/* The rest of the statement is not wanted. */
static void give_up(struct store *s)
{
	PGcancel *cancel = PQgetCancel(s->conn);
	PGresult *res;
	char why[256];

	if (cancel)
		PQcancel(cancel, why, sizeof(why));
	PQfreeCancel(cancel);
	while ((res = PQgetResult(s->conn)))
		PQclear(res);
}

int store_query_each(struct store *s, const char *sql, int n_params, const char *const *params,
		     int (*each)(void *ctx, const struct store_rows *row, struct err *e), void *ctx,
		     struct err *e)
{
	if (!PQsendQueryParams(s->conn, sql, n_params, NULL, params, NULL, NULL, 0))
		return db_error(s, NULL, e);
	PQsetSingleRowMode(s->conn);
	int rc = each_result(s, each, ctx, e);

	if (rc < 0)
		give_up(s);
	return rc;
}
