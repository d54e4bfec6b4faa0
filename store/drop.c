/* Dropping from quarantine: the rows, what the ledger says of them, and the originals. */
#include "store/db.h"

#include <stdlib.h>

static void param_ids(struct params *p, const struct store_quarantined *q, size_t n)
{
	AUTO_FREE int64_t *ids = xcalloc(n, sizeof(*ids));

	for (size_t i = 0; i < n; i++)
		ids[i] = q[i].id;
	copy_array_int8(param_array_begin(p), ids, (uint32_t)n);
	param_array_end(p, DB_OID_INT8_ARRAY);
}

/* The keys in the ledger of the entries' own rows. */
static void param_entry_keys(struct store *s, struct params *p, const struct store_quarantined *q,
			     size_t n)
{
	uint8_t (*keys)[16] = xcalloc(n, 16);
	struct buf name = {0};

	for (size_t i = 0; i < n; i++) {
		name.len = 0;
		buf_printf(&name, "%s#%u", q[i].item, q[i].entry);
		db_item_key(s, q[i].source, (struct text){name.p, (uint32_t)name.len}, keys[i]);
	}
	copy_array_uuid(param_array_begin(p), (const uint8_t (*)[16])keys, (uint32_t)n);
	param_array_end(p, DB_OID_UUID_ARRAY);
	buf_free(&name);
	free(keys);
}

/* An entry that has a row of its own; and the item's row, when nothing of it is left there. */
#define LEDGER_SQL \
	"UPDATE ruadb_data.ledger l SET outcome = 'd' WHERE l.tenant_id = $1 AND l.outcome = 'q' " \
	"AND (l.item_key = ANY ($3) OR l.item_key IN (SELECT q.item_key FROM " \
	"ruadb_data.quarantine q WHERE q.tenant_id = $1 AND q.quarantine_id = ANY ($2) AND NOT " \
	"EXISTS (SELECT FROM ruadb_data.quarantine o WHERE o.tenant_id = $1 AND o.item_key = " \
	"q.item_key AND o.quarantine_id <> ALL ($2))))"

/*
 * Others in quarantine, and items whose row in the ledger says that they hold reports (NULL: one)
 * or were no reports, refer to an original by its bytes.
 */
#define ORIGINALS_SQL \
	"WITH gone AS (SELECT DISTINCT q.sha256 FROM ruadb_data.quarantine q WHERE q.tenant_id = " \
	"$1 AND q.quarantine_id = ANY ($2) AND NOT EXISTS (SELECT FROM ruadb_data.quarantine o " \
	"WHERE o.tenant_id = $1 AND o.sha256 = q.sha256 AND o.quarantine_id <> ALL ($2)) AND NOT " \
	"EXISTS (SELECT FROM ruadb_data.ledger l WHERE l.tenant_id + 0 = $1 AND l.bytes_key = " \
	"encode(substr(q.sha256, 1, 16), 'hex')::uuid AND l.sha256_rest = substr(q.sha256, 17) " \
	"AND (l.reports IS DISTINCT FROM 0 OR l.outcome = 'x'))), deleted AS (DELETE FROM " \
	"ruadb_data.original o USING gone WHERE o.tenant_id = $1 AND o.sha256 = gone.sha256 " \
	"RETURNING o.part) SELECT count(*) FROM deleted WHERE part = 0"

static int drop(struct store *s, const struct store_quarantined *q, size_t n,
		int64_t *ret_originals, struct err *e)
{
	AUTO_PARAMS struct params p = {0};
	AUTO_RESULT PGresult *res = NULL;

	param_int8(&p, s->tenant);
	param_ids(&p, q, n);
	if (db_exec(s, ORIGINALS_SQL, &p, &res, e) < 0)
		return -1;
	*ret_originals = db_int8(res, 0, 0);
	param_entry_keys(s, &p, q, n);
	if (db_exec(s, LEDGER_SQL, &p, NULL, e) < 0)
		return -1;
	params_reset(&p);
	param_int8(&p, s->tenant);
	param_ids(&p, q, n);
	return db_exec(s, "DELETE FROM ruadb_data.quarantine WHERE tenant_id = $1 AND "
			  "quarantine_id = ANY ($2)", &p, NULL, e);
}

int store_quarantine_drop(struct store *s, const struct store_quarantined *q, size_t n,
			  int64_t *ret_originals, struct err *e)
{
	struct err again;

	*ret_originals = 0;
	if (!n)
		return 0;
	if (db_run(s, "BEGIN", e) < 0)
		return -1;
	if (drop(s, q, n, ret_originals, e) == 0 && db_run(s, "COMMIT", e) == 0)
		return 0;
	if (!db_lost(s) && db_run(s, "ROLLBACK", &again) < 0)
		return -1;
	return -1;
}
