/*
 * What is known already: before a file is opened, and before its bytes are parsed.
 *
 * LATERAL (... OFFSET 0) holds the planner to one probe of an index for each key. A new ledger has
 * no statistics, and without them the planner believes that tenant_id = 1 leaves one row of 200:
 * it then reads the ledger once for each of 1000 keys.
 */
#include "store/db.h"

#include <stdlib.h>

int store_report_ids(struct store *s, int64_t *ret_first, struct err *e)
{
	AUTO_RESULT PGresult *res = NULL;

	if (db_exec(s, "SELECT nextval('ruadb_data.report_id_seq')", NULL, &res, e) < 0)
		return -1;
	*ret_first = db_int8(res, 0, 0);
	return 0;
}

/* The place of each answer's row in seen is its ordinality. */
static void mark(const PGresult *res, struct store_seen *seen, bool bytes)
{
	for (int row = 0; row < PQntuples(res); row++) {
		struct store_seen *x = &seen[db_int8(res, row, 0) - 1];

		if (bytes) {
			x->repeat = true;
			x->reports = (uint32_t)db_int8(res, row, 1);
			x->dropped = *PQgetvalue(res, row, 2);
		} else {
			x->unchanged = true;
		}
	}
}

static void numbers_param(struct params *p, const struct store_seen *seen, size_t n, int what)
{
	AUTO_FREE int64_t *v = xcalloc(n, sizeof(*v));

	for (size_t i = 0; i < n; i++)
		v[i] = what == 0 ? seen[i].size : what == 1 ? seen[i].mtime_ns
							    : (int64_t)seen[i].inode;
	copy_array_int8(param_array_begin(p), v, (uint32_t)n);
	param_array_end(p, DB_OID_INT8_ARRAY);
}

int store_lookup_files(struct store *s, struct store_seen *seen, size_t n, int parser_version,
		       struct err *e)
{
	AUTO_PARAMS struct params p = {0};
	AUTO_RESULT PGresult *res = NULL;
	uint8_t (*keys)[16] = xcalloc(n, 16);

	for (size_t i = 0; i < n; i++) {
		seen[i].unchanged = false;
		db_item_key(s, seen[i].source, text_of(seen[i].item), keys[i]);
	}
	param_int8(&p, s->tenant);
	copy_array_uuid(param_array_begin(&p), (const uint8_t (*)[16])keys, (uint32_t)n);
	param_array_end(&p, DB_OID_UUID_ARRAY);
	free(keys);
	for (int what = 0; what < 3; what++)
		numbers_param(&p, seen, n, what);
	param_int4(&p, parser_version);
	/* the ledger keeps 0 as NULL where there is no file, and such an item is never unchanged */
	if (db_exec(s, "SELECT u.no FROM unnest($2, $3, $4, $5) WITH ORDINALITY AS "
		       "u(key, size, mtime, inode, no) CROSS JOIN LATERAL (SELECT FROM "
		       "ruadb_data.ledger l WHERE l.tenant_id = $1 AND l.item_key = u.key "
		       "AND l.size = u.size AND l.mtime_ns = u.mtime AND l.inode = u.inode "
		       /* a stored item has a reason if it is one of a partial report */
		       "AND (l.parser_version >= $6 OR (l.outcome IN ('s', 'c', 'n', 'r', 'l') AND "
		       "l.reason IS NULL)) OFFSET 0) l", &p, &res, e) < 0)
		return -1;
	mark(res, seen, false);
	return 0;
}

int store_lookup_bytes(struct store *s, struct store_seen *seen, size_t n, int parser_version,
		       struct err *e)
{
	AUTO_PARAMS struct params p = {0};
	AUTO_RESULT PGresult *res = NULL;
	uint8_t (*keys)[16] = xcalloc(n, 16);
	AUTO_FREE struct text *rest = xcalloc(n, sizeof(*rest));

	for (size_t i = 0; i < n; i++) {
		seen[i].repeat = seen[i].dropped = false;
		memcpy(keys[i], seen[i].sha256, 16);
		rest[i] = (struct text){(const char *)seen[i].sha256 + 16, 16};
	}
	param_int8(&p, s->tenant);
	copy_array_uuid(param_array_begin(&p), (const uint8_t (*)[16])keys, (uint32_t)n);
	param_array_end(&p, DB_OID_UUID_ARRAY);
	free(keys);
	copy_array_bytea(param_array_begin(&p), rest, (uint32_t)n);
	param_array_end(&p, DB_OID_BYTEA_ARRAY);
	param_int4(&p, parser_version);
	/* + 0: not an index that begins with the tenant, but that of the bytes, once an outcome */
	if (db_exec(s, "SELECT u.no, l.n, l.dropped FROM unnest($2, $3) WITH ORDINALITY AS "
		       "u(key, rest, no) CROSS JOIN LATERAL (SELECT l.n, o = 'd' AS dropped FROM "
		       "unnest('{d,s,c,n,r,l}'::\"char\"[]) o CROSS JOIN LATERAL (SELECT "
		       "coalesce(l.reports, 1)::bigint AS n FROM ruadb_data.ledger l WHERE "
		       "l.tenant_id + 0 = $1 AND l.bytes_key = u.key AND l.outcome = o AND "
		       "l.parser_version = $4 AND l.sha256_rest = u.rest LIMIT 1) l LIMIT 1) l",
		    &p, &res, e) < 0)
		return -1;
	mark(res, seen, true);
	return 0;
}
