/*
 * What came in, byte for byte: as it came if that was compressed, gzipped if not, once for each
 * SHA-256. Small ones go many in one statement, large ones in parts.
 */
#include "store/pack.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#define PART (1 << 20)          /* bytes of a part: bounds our memory and libpq's */
#define READ_PIECE (64 << 10)

/* Small originals on their way. */
struct parcel {
	size_t n;
	struct buf bytes;
	size_t *at;             /* where each begins in bytes; at[n] is the end */
	struct text *sha;
	int64_t *size;
	bool *gzipped;
};

struct writer {
	struct work *w;
	const struct store_item *item;
	bool gzip;
	z_stream z;             /* used again and again: setting one up costs more than a report */
	bool z_ready;
	bool copying;           /* a COPY of the present item's parts is open */
	struct buf out;         /* of the present item */
	int32_t part;
};

static int insert_part(struct writer *wr, struct err *e)
{
	AUTO_PARAMS struct params p = {0};

	param_int8(&p, wr->w->st->tenant);
	param_bytea(&p, wr->item->sha256, 32);
	param_int4(&p, wr->part++);
	param_int8(&p, wr->item->size);
	param_text(&p, text_of(wr->gzip ? "gzip" : "identity"));
	param_bytea(&p, wr->out.len ? wr->out.p : "", wr->out.len);
	wr->out.len = 0;
	return db_exec(wr->w->s, "INSERT INTO ruadb_data.original (tenant_id, sha256, part, size, "
				 "encoding, bytes) VALUES ($1, $2, $3, $4, $5, $6) "
				 "ON CONFLICT DO NOTHING", &p, NULL, e);
}

#define COPY_ORIGINALS \
	"COPY ruadb_data.original (tenant_id, sha256, part, size, encoding, bytes) FROM STDIN " \
	"(FORMAT binary)"

static int put_row(struct work *w, const void *sha, int32_t part, int64_t size, bool gzipped,
		   struct text bytes, struct err *e)
{
	uint8_t head[8 * COPY_FIXED], *p = head;

	p = copy_tuple(p, 6);
	p = copy_int8(p, w->st->tenant);
	p = copy_bytes(p, sha, 32);
	p = copy_int4(p, part);
	p = copy_int8(p, size);
	p = copy_text(p, text_of(gzipped ? "gzip" : "identity"));
	p = copy_be32(p, bytes.len);
	if (db_copy_put(w->s, head, (size_t)(p - head), e) < 0)
		return -1;
	return bytes.len ? db_copy_put(w->s, bytes.p, bytes.len, e) : 0;
}

/* What is in out, as the next part. */
static int end_part(struct writer *wr, struct err *e)
{
	struct text bytes = {wr->out.p, (uint32_t)wr->out.len};

	if (wr->w->careful)
		return insert_part(wr, e);
	if (!wr->copying && db_copy_begin(wr->w->s, COPY_ORIGINALS, e) < 0)
		return -1;
	wr->copying = true;
	wr->out.len = 0;
	return put_row(wr->w, wr->item->sha256, wr->part++, wr->item->size, wr->gzip, bytes, e);
}

static int put_plain(struct writer *wr, const char *p, size_t n, struct err *e)
{
	while (n) {
		size_t k = PART - wr->out.len < n ? PART - wr->out.len : n;

		buf_add(&wr->out, p, k);
		p += k;
		n -= k;
		if (wr->out.len == PART && end_part(wr, e) < 0)
			return -1;
	}
	return 0;
}

static int put_gzip(struct writer *wr, const char *p, size_t n, bool last, struct err *e)
{
	wr->z.next_in = (unsigned char *)p;
	wr->z.avail_in = (unsigned)n;
	for (;;) {
		size_t room = PART - wr->out.len < READ_PIECE ? PART - wr->out.len : READ_PIECE;

		wr->z.next_out = (unsigned char *)buf_room(&wr->out, room);
		wr->z.avail_out = (unsigned)room;
		int rc = deflate(&wr->z, last ? Z_FINISH : Z_NO_FLUSH);

		wr->out.len += room - wr->z.avail_out;
		if (wr->out.len == PART && end_part(wr, e) < 0)
			return -1;
		if (rc == Z_STREAM_END || (!last && wr->z.avail_out))
			return 0;
	}
}

static int put(struct writer *wr, const char *p, size_t n, bool last, struct err *e)
{
	return wr->gzip ? put_gzip(wr, p, n, last, e) : put_plain(wr, p, n, e);
}

/* 0, and *ret_whole false if the file has become shorter than it was. */
static int put_file(struct writer *wr, bool *ret_whole, struct err *e)
{
	AUTO_FREE char *piece = xmalloc(READ_PIECE);
	int64_t at = 0, size = wr->item->size;

	while (at < size) {
		size_t want = size - at < READ_PIECE ? (size_t)(size - at) : READ_PIECE;
		ssize_t n = pread(wr->item->fd, piece, want, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		if (put(wr, piece, (size_t)n, false, e) < 0)
			return -1;
		at += n;
	}
	*ret_whole = at == size;
	return put(wr, NULL, 0, true, e);
}

static void begin(struct writer *wr, const struct store_item *item)
{
	wr->item = item;
	wr->part = 0;
	wr->out.len = 0;
	wr->gzip = !item->compressed;
	if (!wr->gzip)
		return;
	if (wr->z_ready)
		deflateReset(&wr->z);
	else
		pack_deflate_init(&wr->z);
	wr->z_ready = true;
}

static int is_there(struct work *w, const struct store_item *item, bool *ret, struct err *e)
{
	AUTO_PARAMS struct params p = {0};
	AUTO_RESULT PGresult *res = NULL;

	param_int8(&p, w->st->tenant);
	param_bytea(&p, item->sha256, 32);
	if (db_exec(w->s, "SELECT FROM ruadb_data.original WHERE tenant_id = $1 AND sha256 = $2 "
			  "AND part = 0", &p, &res, e) < 0)
		return -1;
	*ret = PQntuples(res) > 0;
	return 0;
}

/* A large one. *ret_kept false: its file changed under us, and nothing of it is kept. */
static int store_large(struct writer *wr, const struct store_item *item, bool *ret_kept,
		       struct err *e)
{
	bool there;

	*ret_kept = true;
	if (is_there(wr->w, item, &there, e) < 0)
		return -1;
	if (there)
		return 0;
	begin(wr, item);
	if (item->bytes) {
		if (put(wr, item->bytes, (size_t)item->size, true, e) < 0)
			return -1;
	} else if (put_file(wr, ret_kept, e) < 0) {
		return -1;
	}
	if ((wr->out.len || !wr->part) && end_part(wr, e) < 0)
		return -1;
	if (wr->copying && db_copy_end(wr->w->s, e) < 0)
		return -1;
	wr->copying = false;
	if (*ret_kept)
		return 0;
	AUTO_PARAMS struct params p = {0};

	param_int8(&p, wr->w->st->tenant);
	param_bytea(&p, item->sha256, 32);
	return db_exec(wr->w->s, "DELETE FROM ruadb_data.original WHERE tenant_id = $1 AND "
				 "sha256 = $2", &p, NULL, e);
}

static struct text parcel_bytes(const struct parcel *pc, size_t i)
{
	return (struct text){pc->bytes.p + pc->at[i], (uint32_t)(pc->at[i + 1] - pc->at[i])};
}

static int insert_parcel(struct work *w, const struct parcel *pc, struct err *e)
{
	AUTO_PARAMS struct params p = {0};
	AUTO_FREE struct text *bytes = xcalloc(pc->n, sizeof(*bytes));
	uint32_t n = (uint32_t)pc->n;

	for (uint32_t i = 0; i < n; i++)
		bytes[i] = parcel_bytes(pc, i);
	param_int8(&p, w->st->tenant);
	copy_array_bytea(param_array_begin(&p), pc->sha, n);
	param_array_end(&p, DB_OID_BYTEA_ARRAY);
	copy_array_int8(param_array_begin(&p), pc->size, n);
	param_array_end(&p, DB_OID_INT8_ARRAY);
	copy_array_bool(param_array_begin(&p), pc->gzipped, n);
	param_array_end(&p, DB_OID_BOOL_ARRAY);
	copy_array_bytea(param_array_begin(&p), bytes, n);
	param_array_end(&p, DB_OID_BYTEA_ARRAY);
	return db_exec(w->s, "INSERT INTO ruadb_data.original (tenant_id, sha256, part, size, "
			     "encoding, bytes) SELECT $1, sha, 0, size, CASE WHEN gz THEN 'gzip' "
			     "ELSE 'identity' END, bytes FROM unnest($2, $3, $4, $5) "
			     "AS u(sha, size, gz, bytes) ON CONFLICT DO NOTHING", &p, NULL, e);
}

/* Which of them the table has. */
static int probe(struct work *w, const struct parcel *pc, bool *there, size_t *ret_n, struct err *e)
{
	AUTO_PARAMS struct params p = {0};

	param_int8(&p, w->st->tenant);
	copy_array_bytea(param_array_begin(&p), pc->sha, (uint32_t)pc->n);
	param_array_end(&p, DB_OID_BYTEA_ARRAY);
	return db_probe(w->s, "SELECT u.no FROM unnest($2) WITH ORDINALITY AS u(sha, no) "
			      "CROSS JOIN LATERAL (SELECT FROM ruadb_data.original o WHERE "
			      "o.tenant_id = $1 AND o.sha256 = u.sha AND o.part = 0 OFFSET 0) o",
			&p, there, ret_n, e);
}

/* What is not there by COPY; whoever lost a race for it (23505): ON CONFLICT DO NOTHING. */
static int send_parcel(struct work *w, struct parcel *pc, struct err *e)
{
	AUTO_FREE bool *there = xcalloc(pc->n + 1, sizeof(*there));
	size_t known = 0;
	int rc = 0;

	if (w->careful && pc->n)
		rc = insert_parcel(w, pc, e);
	else if (pc->n)
		rc = probe(w, pc, there, &known, e);
	if (rc == 0 && !w->careful && known < pc->n) {
		rc = db_copy_begin(w->s, COPY_ORIGINALS, e);
		for (size_t i = 0; rc == 0 && i < pc->n; i++) {
			bool twice = i && memcmp(pc->sha[i].p, pc->sha[i - 1].p, 32) == 0;

			if (!there[i] && !twice)
				rc = put_row(w, pc->sha[i].p, 0, pc->size[i], pc->gzipped[i],
					     parcel_bytes(pc, i), e);
		}
		if (rc == 0)
			rc = db_copy_end(w->s, e);
	}
	pc->n = 0;
	pc->bytes.len = 0;
	return rc;
}

/* In wr->out, as it is kept. */
static int pack_small(struct writer *wr, const struct store_item *item, bool *ret_kept,
		      struct err *e)
{
	begin(wr, item);
	if (item->bytes)
		return put(wr, item->bytes, (size_t)item->size, true, e);
	return put_file(wr, ret_kept, e);
}

static int add_small(struct writer *wr, struct parcel *pc, const struct work_item *wi,
		     bool *ret_kept, struct err *e)
{
	const struct store_item *item = wi->item;
	struct text ahead = pack_take(wr->w->pack, (size_t)(wi - wr->w->items));

	*ret_kept = true;
	if (!ahead.p && pack_small(wr, item, ret_kept, e) < 0)
		return -1;
	if (!*ret_kept)
		return 0;
	pc->at[pc->n] = pc->bytes.len;
	if (ahead.p)
		buf_add(&pc->bytes, ahead.p, ahead.len);
	else
		buf_add(&pc->bytes, wr->out.p, wr->out.len);
	pc->sha[pc->n] = (struct text){(const char *)item->sha256, 32};
	pc->size[pc->n] = item->size;
	pc->gzipped[pc->n++] = ahead.p || wr->gzip;
	pc->at[pc->n] = pc->bytes.len;
	return pc->bytes.len > PART ? send_parcel(wr->w, pc, e) : 0;
}

static int64_t room_in_quarantine(struct work *w, struct err *e)
{
	AUTO_PARAMS struct params p = {0};
	AUTO_RESULT PGresult *res = NULL;

	param_int8(&p, w->st->tenant);
	if (db_exec(w->s, "SELECT coalesce(sum(size), 0)::bigint FROM (SELECT DISTINCT sha256, "
			  "size FROM ruadb_data.quarantine WHERE tenant_id = $1 AND bytes_kept) q",
		    &p,
		    &res, e) < 0)
		return -1;
	int64_t used = db_int8(res, 0, 0);

	return used < w->st->quarantine_max ? w->st->quarantine_max - used : 0;
}

/*
 * keep_raw, and for what is quarantined quarantine_max as well. *room: what is left of that.
 * A partial report is one of the rejected: a later parser may read more of it.
 */
static bool is_wanted(const struct work *w, const struct work_item *i, int64_t *room)
{
	const struct store_item *item = i->item;

	/* logs are large, and who reads them has them */
	if (item->repeat_bytes || i->outcome == OUTCOME_LOG || (!item->bytes && item->fd < 0) ||
	    w->st->keep_raw == KEEP_NONE)
		return false;
	if (w->st->keep_raw == KEEP_REJECTED && !i->quarantined && !i->partial)
		return false;
	if (!i->quarantined)
		return true;
	if (item->size > *room)
		return false;
	*room -= item->size;
	return true;
}

static int by_sha(const void *a, const void *b)
{
	return memcmp((*(struct work_item *const *)a)->item->sha256,
		      (*(struct work_item *const *)b)->item->sha256, 32);
}

static int store_all(struct writer *wr, struct parcel *pc, struct work_item **order, size_t n,
		     struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		const struct store_item *item = order[i]->item;
		bool kept;
		int rc = item->size <= PACK_SMALL ? add_small(wr, pc, order[i], &kept, e)
						  : store_large(wr, item, &kept, e);

		if (rc < 0)
			return -1;
		order[i]->bytes_kept = kept;
	}
	return send_parcel(wr->w, pc, e);
}

int originals_store(struct work *w, struct err *e)
{
	/* in the order of their hashes, so that two processes with the same files never deadlock */
	AUTO_FREE struct work_item **order = xcalloc(w->n_items, sizeof(struct work_item *));
	struct parcel pc = {0};
	struct writer wr = {.w = w};
	int64_t room = 0;
	bool quarantine = false;
	size_t n = 0;

	for (size_t i = 0; i < w->n_items; i++)
		quarantine = quarantine || w->items[i].quarantined;
	if (quarantine && (room = room_in_quarantine(w, e)) < 0)
		return -1;
	for (size_t i = 0; i < w->n_items; i++)
		if (is_wanted(w, &w->items[i], &room))
			order[n++] = &w->items[i];
	if (!n)
		return 0;
	qsort(order, n, sizeof(struct work_item *), by_sha);
	pc.at = xcalloc(n + 1, sizeof(*pc.at));
	pc.sha = xcalloc(n, sizeof(*pc.sha));
	pc.size = xcalloc(n, sizeof(*pc.size));
	pc.gzipped = xcalloc(n, sizeof(*pc.gzipped));
	int rc = store_all(&wr, &pc, order, n, e);

	if (wr.z_ready)
		deflateEnd(&wr.z);
	buf_free(&wr.out);
	buf_free(&pc.bytes);
	free(pc.at);
	free(pc.sha);
	free(pc.size);
	free(pc.gzipped);
	return rc;
}
