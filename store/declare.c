#include "store/declare.h"

static int begin_locked(struct store *s, const char *table, struct err *e)
{
	char sql[128];

	snprintf(sql, sizeof(sql), "BEGIN; LOCK TABLE ruadb_data.%s IN SHARE ROW EXCLUSIVE MODE",
		 table);
	return db_run(s, sql, e);
}

int declare_transaction(struct store *s, const char *table,
			int (*work)(struct store *s, void *ctx, struct err *e), void *ctx,
			struct err *e)
{
	struct err ignored;

	if (begin_locked(s, table, e) == 0 && work(s, ctx, e) == 0 && db_run(s, "COMMIT", e) == 0)
		return 0;
	if (!db_lost(s) && db_run(s, "ROLLBACK", &ignored) < 0)
		return -1;
	return -1;
}

int declare_all_stale(struct store *s, struct err *e)
{
	AUTO_PARAMS struct params p = {0};

	param_int8(&p, s->tenant);
	return db_exec(s, "INSERT INTO ruadb_data.class_stale (tenant_id, organizational_domain) "
			  "SELECT DISTINCT $1, coalesce(d.organizational_domain, d.name) "
			  "FROM ruadb_data.domain d WHERE d.tenant_id = $1 AND NOT "
			  "d.is_foreign", &p,
		       NULL, e);
}
