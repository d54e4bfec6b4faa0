/* `ruadb db maintain`: partitions ahead. The work itself is ruadb_data.maintain() of the schema. */
#include "store/schema.h"

int schema_maintain(struct store *s, FILE *out, struct err *e)
{
	AUTO_RESULT PGresult *res = NULL;

	if (db_exec(s, "SELECT ruadb_data.maintain()", NULL, &res, e) < 0)
		return err_wrap(e, "maintain");
	for (int i = 0; out && i < PQntuples(res); i++)
		fprintf(out, "%.*s\n", PQgetlength(res, i, 0), PQgetvalue(res, i, 0));
	if (out && !PQntuples(res))
		fprintf(out, "every month up to a year ahead has its partition\n");
	return 0;
}

int store_maintain(const struct conf *c, FILE *out, struct err *e)
{
	struct store *s;

	if (store_open(c, STORE_INGEST, &s, e) < 0)
		return -1;
	int rc = schema_maintain(s, out, e);

	store_close(s);
	return rc;
}
