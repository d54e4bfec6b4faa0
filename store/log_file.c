/* How far plain log files are read (definitions C8). */
#include "store/log_row.h"

#include <stdlib.h>

int store_log_offset(struct store *s, uint64_t device, uint64_t inode, const void *head,
		     uint32_t head_length, int64_t *ret_offset, struct err *e)
{
	AUTO_PARAMS struct params p = {0};
	AUTO_RESULT PGresult *res = NULL;
	uint8_t sum[32];

	param_int8(&p, s->tenant);
	param_int8(&p, (int64_t)device);
	param_int8(&p, (int64_t)inode);
	/* the longest head first: a file that grew past it is the same one */
	if (db_exec(s, "SELECT head_length, head_sha256, at_offset FROM ruadb_data.log_file WHERE "
		       "tenant_id = $1 AND device = $2 AND inode = $3 ORDER BY head_length DESC, "
		       "at_offset DESC", &p, &res, e) < 0)
		return -1;
	*ret_offset = 0;
	for (int row = 0; row < PQntuples(res); row++) {
		int32_t n = read_be32(PQgetvalue(res, row, 0));

		if (n < 0 || (uint32_t)n > head_length || PQgetlength(res, row, 1) != 32)
			continue;
		hash_sum(s->hash, head, (size_t)n, sum);
		if (memcmp(sum, PQgetvalue(res, row, 1), 32) == 0) {
			*ret_offset = db_int8(res, row, 2);
			return 0;
		}
	}
	return 0;
}
