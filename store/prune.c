/* `ruadb prune`: sql/views/88_prune.sql does it, kind by kind, in one transaction. */
#include "store/db.h"

#include <stdlib.h>
#include <string.h>

static int days_not_computed(struct store *s, int64_t days, int64_t *ret, struct err *e)
{
	AUTO_PARAMS struct params p = {0};
	AUTO_RESULT PGresult *res = NULL;

	param_int8(&p, s->tenant);
	param_int8(&p, days);
	if (db_exec(s, "SELECT count(DISTINCT day) FROM ruadb_data.cohort_stale WHERE tenant_id = $1 "
		       "AND day < (ruadb.as_of() AT TIME ZONE 'UTC')::date - $2::integer", &p, &res,
		    e) < 0)
		return -1;
	*ret = db_int8(res, 0, 0);
	return 0;
}

static int prune_kind(struct store *s, const char *kind, int64_t days, int64_t *ret_rows,
		      struct err *e)
{
	AUTO_PARAMS struct params p = {0};
	AUTO_RESULT PGresult *res = NULL;

	param_text(&p, text_of(kind));
	param_int8(&p, days);
	if (db_exec(s, "SELECT ruadb_data.prune($1, (ruadb.as_of() AT TIME ZONE 'UTC')::date - "
		       "$2::integer)", &p, &res, e) < 0)
		return -1;
	*ret_rows = db_int8(res, 0, 0);
	return 0;
}

static int prune(struct store *s, struct store_prune *kinds, size_t n, int64_t days,
		 struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		int64_t open = 0;

		if (strcmp(kinds[i].kind, "deliveries") == 0 &&
		    days_not_computed(s, days, &open, e) < 0)
			return -1;
		if (open)
			return err_set(e, ERR_TEMP, "the cohorts of %lld days are not computed yet, and "
				       "can't be without their deliveries: ruadb db refresh, then prune",
				       (long long)open);
		if (prune_kind(s, kinds[i].kind, days, &kinds[i].rows, e) < 0)
			return -1;
	}
	return 0;
}

int store_prune(struct store *s, struct store_prune *kinds, size_t n, int64_t days, bool dry_run,
		struct err *e)
{
	struct err again;

	if (db_run(s, "BEGIN", e) < 0)
		return -1;
	if (prune(s, kinds, n, days, e) == 0 && db_run(s, dry_run ? "ROLLBACK" : "COMMIT", e) == 0)
		return 0;
	if (!db_lost(s) && db_run(s, "ROLLBACK", &again) < 0)
		return -1;
	return -1;
}
