/*
 * db - libpq for store/: statements with binary parameters and results, COPY, and what an SQL
 * error means to us. One struct store is one connection, for one thread at a time.
 */
#ifndef STORE_DB_H
#define STORE_DB_H

#include "base/hash.h"
#include "store/copy.h"
#include "store/store.h"

#include <libpq-fe.h>

#define DB_STATEMENTS 128

struct store {
	const struct conf *conf;         /* the caller's; outlives this */
	enum store_role role;
	int64_t tenant;
	PGconn *conn;
	struct hash *hash;
	char sqlstate[6];                /* of the last error; "" if the connection broke */
	const char *prepared[DB_STATEMENTS]; /* SQL texts prepared on this connection */
	int n_prepared;
	struct store_mistake mistake;    /* of store_query */
	PGcancel *volatile cancel;       /* of the connection; for store_cancel */
	bool has_work_tables;            /* this connection's temporary tables (commit.c) */
};

#define AUTO_RESULT __attribute__((cleanup(db_autoclear)))
void db_autoclear(PGresult **res);

/* Parameters of one statement, binary. Reused by params_reset. At most PARAMS_MAX. */
#define PARAMS_MAX 16
struct params {
	struct buf bytes;
	int n;
	Oid types[PARAMS_MAX];
	size_t at[PARAMS_MAX];
	int len[PARAMS_MAX];             /* -1: NULL */
};

#define AUTO_PARAMS __attribute__((cleanup(params_free)))
void params_free(struct params *p);
void params_reset(struct params *p);
void param_int8(struct params *p, int64_t v);
void param_int4(struct params *p, int32_t v);
void param_bool(struct params *p, bool v);
void param_text(struct params *p, struct text t);
void param_bytea(struct params *p, const void *v, size_t n);
void param_uuid(struct params *p, const uint8_t v[16]);
/* Arrays: the caller appends one copy_array_* to the buffer between begin and end. */
struct buf *param_array_begin(struct params *p);
void param_array_end(struct params *p, Oid array_type);

enum { DB_OID_BOOL_ARRAY = 1000, DB_OID_BYTEA_ARRAY = 1001, DB_OID_CHAR_ARRAY = 1002,
       DB_OID_INT2_ARRAY = 1005, DB_OID_TEXT_ARRAY = 1009, DB_OID_INT8_ARRAY = 1016,
       DB_OID_DATE_ARRAY = 1182, DB_OID_UUID_ARRAY = 2951 };

/* One or several commands without parameters; rows are thrown away. */
int db_run(struct store *s, const char *sql, struct err *e) MUST_CHECK;

/*
 * One statement; sql is a string constant: it is prepared at its first use on this connection.
 * Rows are binary. ret_res may be NULL; else the caller clears it.
 */
int db_exec(struct store *s, const char *sql, const struct params *p, PGresult **ret_res,
	    struct err *e) MUST_CHECK;

/*
 * A statement that answers with the places (from 1 on, bigint) of those asked about that are
 * there: marks them. ret_n: how many.
 */
int db_probe(struct store *s, const char *sql, const struct params *p, bool *there, size_t *ret_n,
	     struct err *e) MUST_CHECK;

/* COPY .. FROM STDIN (FORMAT binary): begin, any number of puts of whole or broken tuples, end.
 * After a put failed, db_copy_end is not called. */
int db_copy_begin(struct store *s, const char *sql, struct err *e) MUST_CHECK;
int db_copy_put(struct store *s, const void *p, size_t n, struct err *e) MUST_CHECK;
int db_copy_end(struct store *s, struct err *e) MUST_CHECK;
/* Ends a COPY that can't go on for a reason of ours. */
void db_copy_abort(struct store *s);

/* True when the connection is gone (and not merely a statement failed). */
bool db_lost(const struct store *s);
/* The last error is of this SQLSTATE class: "40", "22". */
bool db_state_is(const struct store *s, const char *prefix);
/* Fills *e and s->sqlstate from a failed result, or from the connection if res is NULL. -1. */
int db_error(struct store *s, const PGresult *res, struct err *e);

static inline int64_t db_int8(const PGresult *res, int row, int col)
{
	return read_be64(PQgetvalue(res, row, col));
}

/* connect.c: a connection that is ready for work: role, tenant, settings. Starts the private
 * server where it has to. Also after a lost one. */
int db_connect(struct store *s, struct err *e) MUST_CHECK;

/* The key of an item in ledger, report and quarantine. */
void db_item_key(struct store *s, const char *source, struct text item, uint8_t ret[16]);

#endif
