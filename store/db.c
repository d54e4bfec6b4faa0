#include "store/db.h"
#include "store/identity.h"

#include <stdlib.h>

enum { OID_BOOL = 16, OID_BYTEA = 17, OID_INT8 = 20, OID_INT4 = 23, OID_TEXT = 25,
       OID_UUID = 2950 };

void db_autoclear(PGresult **res)
{
	PQclear(*res);
}

void params_free(struct params *p)
{
	buf_free(&p->bytes);
}

void params_reset(struct params *p)
{
	p->bytes.len = 0;
	p->n = 0;
}

static void param(struct params *p, Oid type, const void *v, size_t n)
{
	if (p->n == PARAMS_MAX)
		abort(); /* our mistake, and nobody else's */
	buf_room(&p->bytes, 1); /* an empty first one points somewhere too: NULL would be NULL */
	p->types[p->n] = type;
	p->at[p->n] = p->bytes.len;
	p->len[p->n++] = v ? (int)n : -1;
	buf_add(&p->bytes, v, v ? n : 0);
}

void param_int8(struct params *p, int64_t v)
{
	uint64_t be = __builtin_bswap64((uint64_t)v);

	param(p, OID_INT8, &be, 8);
}

void param_int4(struct params *p, int32_t v)
{
	uint32_t be = __builtin_bswap32((uint32_t)v);

	param(p, OID_INT4, &be, 4);
}

void param_bool(struct params *p, bool v)
{
	uint8_t b = v;

	param(p, OID_BOOL, &b, 1);
}

void param_text(struct params *p, struct text t)
{
	param(p, OID_TEXT, t.p, t.len);
}

void param_bytea(struct params *p, const void *v, size_t n)
{
	param(p, OID_BYTEA, v, n);
}

void param_uuid(struct params *p, const uint8_t v[16])
{
	param(p, OID_UUID, v, 16);
}

struct buf *param_array_begin(struct params *p)
{
	param(p, 0, "", 0);
	return &p->bytes;
}

void param_array_end(struct params *p, Oid array_type)
{
	p->types[p->n - 1] = array_type;
	p->len[p->n - 1] = (int)(p->bytes.len - p->at[p->n - 1]);
}

bool db_lost(const struct store *s)
{
	return !s->conn || PQstatus(s->conn) != CONNECTION_OK;
}

bool db_state_is(const struct store *s, const char *prefix)
{
	return strncmp(s->sqlstate, prefix, strlen(prefix)) == 0;
}

/* What each class of SQLSTATE means to us; the first that matches. */
static const struct {
	const char *prefix;
	enum err_class class;
	const char *what;
} meanings[] = {
	{"08", ERR_TEMP, "the connection to the database broke"},
	{"22", ERR_INPUT, "PostgreSQL does not take a value"},
	{"23", ERR_BUG, "a row breaks a rule of the database"},
	{"25006", ERR_CONFIG, "nothing may be written here"},
	{"28", ERR_CONFIG, "the database does not let us in"},
	{"3D", ERR_CONFIG, "there is no such database"},
	{"40", ERR_TEMP, "another process was at the same rows"},
	{"42501", ERR_CONFIG, "the database role may not do this"},
	{"42", ERR_CONFIG, "the database does not understand the statement"},
	{"53100", ERR_TEMP, "the database server's disk is full"},
	{"53200", ERR_TEMP, "the database server is out of memory"},
	{"53300", ERR_TEMP, "the database server has no connection left"},
	{"53", ERR_TEMP, "the database server is short of something"},
	{"54", ERR_LIMIT, "a row is larger than PostgreSQL takes"},
	{"57014", ERR_TEMP, "the statement was stopped"},
	{"57", ERR_TEMP, "the database server is going down or was told to stop"},
	{"58", ERR_TEMP, "the database server has trouble with its disk"},
	{"", ERR_TEMP, "the database refused"},
};

int db_error(struct store *s, const PGresult *res, struct err *e)
{
	const char *state = res ? PQresultErrorField(res, PG_DIAG_SQLSTATE) : NULL;
	const char *msg = res ? PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY) : NULL;
	size_t i = 0;

	s->sqlstate[0] = '\0';
	if (!state || (db_lost(s) && strncmp(state, "57", 2) == 0)) {
		AUTO_FREE char *why = xstrdup(s->conn ? PQerrorMessage(s->conn) : "not connected");

		why[strcspn(why, "\n")] = '\0';
		return err_set(e, ERR_TEMP, "the database is away: %s", msg ? msg : why);
	}
	memcpy(s->sqlstate, state, strnlen(state, 5) + 1 < 6 ? strnlen(state, 5) + 1 : 6);
	s->sqlstate[5] = '\0';
	while (strncmp(state, meanings[i].prefix, strlen(meanings[i].prefix)) != 0)
		i++;
	return err_set(e, meanings[i].class, "%s: %s (SQLSTATE %s)", meanings[i].what,
		       msg ? msg : "no message", s->sqlstate);
}

static bool fine(const PGresult *res)
{
	ExecStatusType st = PQresultStatus(res);

	return st == PGRES_COMMAND_OK || st == PGRES_TUPLES_OK || st == PGRES_EMPTY_QUERY;
}

int db_run(struct store *s, const char *sql, struct err *e)
{
	AUTO_RESULT PGresult *res = PQexec(s->conn, sql);

	return fine(res) ? 0 : db_error(s, res, e);
}

/* The statement's name is its place in s->prepared. */
static int prepare(struct store *s, const char *sql, const struct params *p, char name[24],
		   struct err *e)
{
	int i = 0;

	while (i < s->n_prepared && s->prepared[i] != sql)
		i++;
	snprintf(name, 24, "ruadb_%d", i);
	if (i < s->n_prepared)
		return 0;
	if (i == DB_STATEMENTS)
		abort(); /* more statements than the table has room for: our mistake */
	AUTO_RESULT PGresult *res = PQprepare(s->conn, name, sql, p ? p->n : 0,
					      p ? p->types : NULL);

	if (!fine(res))
		return db_error(s, res, e);
	s->prepared[s->n_prepared++] = sql;
	return 0;
}

int db_exec(struct store *s, const char *sql, const struct params *p, PGresult **ret_res,
	    struct err *e)
{
	const char *values[PARAMS_MAX];
	int formats[PARAMS_MAX], n = p ? p->n : 0;
	char name[24];

	if (prepare(s, sql, p, name, e) < 0)
		return -1;
	for (int i = 0; i < n; i++) {
		values[i] = p->len[i] < 0 ? NULL : p->bytes.p + p->at[i];
		formats[i] = 1;
	}
	PGresult *res = PQexecPrepared(s->conn, name, n, values, p ? p->len : NULL, formats, 1);

	if (!fine(res)) {
		db_error(s, res, e);
		PQclear(res);
		return -1;
	}
	if (ret_res)
		*ret_res = res;
	else
		PQclear(res);
	return 0;
}

int db_probe(struct store *s, const char *sql, const struct params *p, bool *there, size_t *ret_n,
	     struct err *e)
{
	AUTO_RESULT PGresult *res = NULL;

	if (db_exec(s, sql, p, &res, e) < 0)
		return -1;
	for (int row = 0; row < PQntuples(res); row++)
		there[db_int8(res, row, 0) - 1] = true;
	*ret_n = (size_t)PQntuples(res);
	return 0;
}

int db_copy_begin(struct store *s, const char *sql, struct err *e)
{
	AUTO_RESULT PGresult *res = PQexec(s->conn, sql);

	if (PQresultStatus(res) != PGRES_COPY_IN)
		return db_error(s, res, e);
	return db_copy_put(s, COPY_HEADER, COPY_HEADER_LEN, e);
}

/* Reads what the server says at the end of a COPY, until it is ready for the next command. */
static int copy_result(struct store *s, struct err *e)
{
	PGresult *res;
	int rc = 0;

	while ((res = PQgetResult(s->conn)) != NULL) {
		ExecStatusType st = PQresultStatus(res);

		if (!fine(res) && rc == 0)
			rc = db_error(s, res, e);
		PQclear(res);
		if (st == PGRES_COPY_IN)
			break;
	}
	if (rc == 0 && db_lost(s))
		rc = db_error(s, NULL, e);
	return rc;
}

void db_copy_abort(struct store *s)
{
	struct err ignored;

	if (PQputCopyEnd(s->conn, "the program gave up") == 1 && copy_result(s, &ignored) == 0)
		s->sqlstate[0] = '\0';
}

int db_copy_put(struct store *s, const void *p, size_t n, struct err *e)
{
	/* An error that the server had meanwhile comes with the result: db_copy_end fetches it. */
	if (PQputCopyData(s->conn, p, (int)n) == 1)
		return 0;
	return db_error(s, NULL, e);
}

int db_copy_end(struct store *s, struct err *e)
{
	if (db_copy_put(s, COPY_TRAILER, COPY_TRAILER_LEN, e) < 0)
		return -1;
	if (PQputCopyEnd(s->conn, NULL) != 1)
		return db_error(s, NULL, e);
	return copy_result(s, e);
}

void db_item_key(struct store *s, const char *source, struct text item, uint8_t ret[16])
{
	struct buf b = {0};
	uint8_t sum[32];

	identity_pack(&b, text_of(source));
	identity_pack(&b, item);
	hash_sum(s->hash, b.p, b.len, sum);
	memcpy(ret, sum, 16);
	buf_free(&b);
}
