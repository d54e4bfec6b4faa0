#include "store/db.h"

int store_log_last_read(struct store *s, const char *path, int64_t *ret_at, struct err *e)
{
	AUTO_PARAMS struct params p = {0};
	AUTO_RESULT PGresult *res = NULL;

	param_int8(&p, s->tenant);
	param_text(&p, text_of(path));
	if (db_exec(s, "SELECT floor(extract(epoch FROM max(last_at)))::bigint FROM "
		       "ruadb_data.log_file WHERE tenant_id = $1 AND path = $2", &p, &res, e) < 0)
		return -1;
	*ret_at = PQgetisnull(res, 0, 0) ? TIME_ABSENT : db_int8(res, 0, 0);
	return 0;
}
