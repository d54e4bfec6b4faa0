/* Reading the quarantine, and giving back the bytes it kept. */
#include "store/db.h"
#include "store/spool.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#define LIST_SQL \
	"SELECT quarantine_id::text, entry::text, size::text, bytes_kept::text, " \
	"to_char(at, 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), class, source, item, " \
	"encode(sha256, 'hex'), reason FROM ruadb_data.quarantine WHERE tenant_id = $1 " \
	"AND (cardinality($2) = 0 OR quarantine_id = ANY ($2)) " \
	"AND ($3::text IS NULL OR class = $3) " \
	"AND ($4::text IS NULL OR strpos(lower(reason), lower($4)) > 0) " \
	"AND at <= now() - make_interval(secs => $5::bigint) " \
	"ORDER BY quarantine.quarantine_id" /* the number, not the text of that name */

/* A stored item has a reason where it holds a partial report: what is lost. */
#define PARTIAL_SQL \
	"SELECT '0', '0', l.size::text, 'true', '', '', l.source, l.item, " \
	"encode(x.sha256, 'hex'), l.reason FROM ruadb_data.ledger l CROSS JOIN LATERAL " \
	"(SELECT uuid_send(l.bytes_key) || l.sha256_rest AS sha256) x " \
	"WHERE l.tenant_id = $1 AND l.parser_version < $2 AND l.outcome " \
	"IN ('s', 'c', 'n', 'r') AND l.reason IS NOT NULL AND EXISTS (SELECT FROM " \
	"ruadb_data.original o WHERE o.tenant_id = $1 AND o.sha256 = x.sha256 AND o.part = 0) " \
	"ORDER BY l.item"

static int64_t number(const PGresult *res, int row, int col)
{
	return strtoll(PQgetvalue(res, row, col), NULL, 10);
}

static void param_choice(struct params *p, const struct store_choice *c)
{
	copy_array_int8(param_array_begin(p), c->ids, (uint32_t)c->n_ids);
	param_array_end(p, DB_OID_INT8_ARRAY);
	param_text(p, text_of(c->class));
	param_text(p, text_of(c->reason));
	param_int8(p, c->older_than);
}

/* sql is a string constant; its columns are those of LIST_SQL. */
static int each_row(struct store *s, const char *sql, const struct params *p,
		    int (*each)(void *ctx, const struct store_quarantined *q, struct err *e),
		    void *ctx, struct err *e)
{
	AUTO_RESULT PGresult *res = NULL;

	if (db_exec(s, sql, p, &res, e) < 0)
		return -1;
	for (int row = 0; row < PQntuples(res); row++) {
		struct store_quarantined q = {
			.id = number(res, row, 0),
			.entry = (uint32_t)number(res, row, 1),
			.size = number(res, row, 2),
			.bytes_kept = *PQgetvalue(res, row, 3) == 't',
			.at = PQgetvalue(res, row, 4),
			.class = PQgetvalue(res, row, 5),
			.source = PQgetvalue(res, row, 6),
			.item = PQgetvalue(res, row, 7),
			.sha256 = PQgetvalue(res, row, 8),
			.reason = PQgetvalue(res, row, 9),
		};

		if (each(ctx, &q, e) < 0)
			return -1;
	}
	return 0;
}

int store_quarantine_each(struct store *s, const struct store_choice *choice,
			  int (*each)(void *ctx, const struct store_quarantined *q, struct err *e),
			  void *ctx, struct err *e)
{
	AUTO_PARAMS struct params p = {0};

	param_int8(&p, s->tenant);
	param_choice(&p, choice);
	return each_row(s, LIST_SQL, &p, each, ctx, e);
}

int store_partial_each(struct store *s, int parser_version,
		       int (*each)(void *ctx, const struct store_quarantined *q, struct err *e),
		       void *ctx, struct err *e)
{
	AUTO_PARAMS struct params p = {0};

	param_int8(&p, s->tenant);
	param_int4(&p, parser_version);
	return each_row(s, PARTIAL_SQL, &p, each, ctx, e);
}

static int write_all(int fd, const void *bytes, size_t n, struct err *e)
{
	const char *p = bytes;

	while (n) {
		ssize_t k = write(fd, p, n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return err_set(e, ERR_TEMP, "can't write a temporary file: %m");
		p += k;
		n -= (size_t)k;
	}
	return 0;
}

/* One part of what we gzipped ourselves goes on where the part before it ended. */
static int inflate_part(z_stream *z, const char *p, size_t n, int fd, struct err *e)
{
	unsigned char out[65536];

	z->next_in = (unsigned char *)p;
	z->avail_in = (unsigned)n;
	for (;;) {
		z->next_out = out;
		z->avail_out = sizeof(out);
		int rc = inflate(z, Z_NO_FLUSH);

		if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
			return err_set(e, ERR_BUG, "an original of ours does not unpack: %s",
				       z->msg ? z->msg : "damaged");
		if (write_all(fd, out, sizeof(out) - z->avail_out, e) < 0)
			return -1;
		if (rc == Z_STREAM_END || z->avail_out)
			return 0;
	}
}

/* All parts of one original into fd. *ret_parts: how many there were. */
static int write_original(struct store *s, const void *sha, int fd, int *ret_parts, struct err *e)
{
	z_stream z = {0};
	int rc = 0;

	if (inflateInit2(&z, 15 + 16) != Z_OK)
		abort();
	for (*ret_parts = 0; rc == 0; ++*ret_parts) {
		AUTO_PARAMS struct params p = {0};
		AUTO_RESULT PGresult *res = NULL;

		param_int8(&p, s->tenant);
		param_bytea(&p, sha, 32);
		param_int4(&p, *ret_parts);
		rc = db_exec(s, "SELECT encoding, bytes FROM ruadb_data.original WHERE tenant_id = "
				"$1 AND sha256 = $2 AND part = $3", &p, &res, e);
		if (rc < 0 || !PQntuples(res))
			break;
		size_t n = (size_t)PQgetlength(res, 0, 1);
		const char *bytes = PQgetvalue(res, 0, 1);

		rc = strcmp(PQgetvalue(res, 0, 0), "gzip") == 0 ? inflate_part(&z, bytes, n, fd, e)
								: write_all(fd, bytes, n, e);
	}
	inflateEnd(&z);
	return rc;
}

/* 64 hexadecimal digits, as PostgreSQL gave them. */
static void read_hash(const char *hex, uint8_t ret[32])
{
	for (int i = 0; i < 32; i++) {
		const char digits[3] = {hex[2 * i], hex[2 * i + 1], '\0'};

		ret[i] = (uint8_t)strtoul(digits, NULL, 16);
	}
}

int store_quarantine_bytes(struct store *s, const struct store_quarantined *q, int *ret_fd,
			   struct err *e)
{
	uint8_t sha[32];
	int fd, parts;

	read_hash(q->sha256, sha);
	if (spool_file(s->conf->home ? s->conf->home : "/var/tmp", &fd, e) < 0)
		return -1;
	int rc = write_original(s, sha, fd, &parts, e);

	if (rc == 0 && !parts)
		rc = err_set(e, ERR_INPUT, "the bytes of number %lld were not kept (keep_raw, "
			     "quarantine_max)", (long long)q->id);
	if (rc == 0 && lseek(fd, 0, SEEK_SET) < 0)
		rc = err_set(e, ERR_TEMP, "can't read a temporary file back: %m");
	if (rc == 0)
		*ret_fd = fd;
	else
		close(fd);
	return rc;
}

int store_quarantine_forget(struct store *s, int64_t id, struct err *e)
{
	AUTO_PARAMS struct params p = {0};

	param_int8(&p, s->tenant);
	param_int8(&p, id);
	return db_exec(s, "DELETE FROM ruadb_data.quarantine WHERE tenant_id = $1 AND "
			  "quarantine_id = $2", &p, NULL, e);
}
