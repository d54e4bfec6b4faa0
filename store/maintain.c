/*
 * `ruadb db maintain`: partitions ahead. The work itself is ruadb_data.maintain() of the schema. It
 * locks all of the records, and whoever asks for such a lock makes everybody behind it wait for
 * those before it, a refresh say: so it asks for a moment only, and again later.
 */
#include "store/schema.h"

#include <time.h>

#define LOCK_TIMEOUT "500ms"
#define TRIES 60
#define PAUSE_SECONDS 1

/* ret_busy: somebody held a lock, and nothing was done. */
static int try_maintain(struct store *s, FILE *out, bool *ret_busy, struct err *e)
{
	AUTO_RESULT PGresult *res = NULL;

	*ret_busy = false;
	if (db_exec(s, "SELECT ruadb_data.maintain()", NULL, &res, e) < 0) {
		*ret_busy = db_state_is(s, "55P03");
		return err_wrap(e, "maintain");
	}
	for (int i = 0; out && i < PQntuples(res); i++)
		fprintf(out, "%.*s\n", PQgetlength(res, i, 0), PQgetvalue(res, i, 0));
	if (out && !PQntuples(res))
		fprintf(out, "every month up to a year ahead has its partition\n");
	return 0;
}

int schema_maintain(struct store *s, int tries, FILE *out, bool *ret_busy, struct err *e)
{
	int rc = -1;

	if (db_run(s, "SET lock_timeout = '" LOCK_TIMEOUT "'", e) < 0)
		return -1;
	for (int i = 0; i < tries; i++) {
		rc = try_maintain(s, out, ret_busy, e);
		if (rc == 0 || !*ret_busy)
			break;
		if (i + 1 < tries)
			nanosleep(&(struct timespec){PAUSE_SECONDS, 0}, NULL);
	}
	struct err again;

	if (!db_lost(s) && db_run(s, "RESET lock_timeout", rc == 0 ? e : &again) < 0)
		rc = -1;
	return rc;
}

int store_maintain(const struct conf *c, FILE *out, struct err *e)
{
	struct store *s;
	bool busy;

	if (store_open(c, STORE_INGEST, &s, e) < 0)
		return -1;
	int rc = schema_maintain(s, TRIES, out, &busy, e);

	store_close(s);
	return rc;
}
