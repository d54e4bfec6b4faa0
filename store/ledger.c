/*
 * The ledger: what became of each item; and quarantine, where what can't be read waits.
 *
 * Items that the index does not have are copied straight into the table; the others, and all of
 * them for whoever lost a race (23505), take the way of a temporary table and ON CONFLICT.
 */
#include "store/work.h"

#include <stdlib.h>

#define REASON_MAX 2000

/* One row: of an item, or of an entry of an item that has several. */
struct line {
	uint8_t key[16];
	size_t item;
	const struct store_entry *entry; /* NULL: the item itself */
	size_t seq;
};

static int by_key(const void *pa, const void *pb)
{
	const struct line *a = pa, *b = pb;
	int c = memcmp(a->key, b->key, 16);

	return c ? c : a->seq < b->seq ? -1 : a->seq > b->seq;
}

static size_t collect(struct work *w, struct line **ret_lines)
{
	size_t n = 0, cap = 0;
	struct buf name = {0};

	for (size_t i = 0; i < w->n_items; i++)
		cap += 1 + w->items[i].item->n_entries;
	struct line *lines = xcalloc(cap, sizeof(*lines));

	for (size_t i = 0; i < w->n_items; i++) {
		const struct store_item *item = w->items[i].item;

		memcpy(lines[n].key, w->items[i].key, 16);
		lines[n] = (struct line){.item = i, .seq = n};
		memcpy(lines[n++].key, w->items[i].key, 16);
		for (size_t k = 0; item->n_entries > 1 && k < item->n_entries; k++) {
			name.len = 0;
			buf_printf(&name, "%s#%u", item->item, item->entries[k].entry);
			lines[n] = (struct line){.item = i, .entry = &item->entries[k], .seq = n};
			db_item_key(w->s, item->source, (struct text){name.p, (uint32_t)name.len},
				    lines[n++].key);
		}
	}
	buf_free(&name);
	qsort(lines, n, sizeof(*lines), by_key);
	*ret_lines = lines;
	return n;
}

static bool is_zero(const uint8_t sha[32])
{
	static const uint8_t zero[32];

	return memcmp(sha, zero, 32) == 0;
}

/* A reason of at most REASON_MAX bytes, as valid UTF-8. */
static struct text reason_text(const char *reason, struct buf *b)
{
	struct text t = text_of(reason);

	b->len = 0;
	if (!t.p)
		return t;
	if (t.len > REASON_MAX)
		for (t.len = REASON_MAX; t.len && ((unsigned char)t.p[t.len] & 0xc0) == 0x80;)
			t.len--;
	if (text_utf8_ok(t.p, t.len))
		return t;
	text_add_visible(b, t);
	return (struct text){b->p, (uint32_t)b->len};
}

static uint8_t *put_file_fields(uint8_t *p, const struct store_item *item, bool entry)
{
	if (entry || is_zero(item->sha256))
		p = copy_null(p);
	else
		p = copy_uuid(p, item->sha256);
	p = entry ? copy_null(p) : copy_int8(p, item->size);
	p = entry ? copy_null(p) : copy_int8_or_null(p, item->mtime_ns);
	return entry ? copy_null(p) : copy_int8_or_null(p, (int64_t)item->inode);
}

/* How many reports the item holds; most hold one. */
static int reports_of(const struct store_item *item)
{
	int n = (int)item->repeat_reports;

	for (size_t k = 0; k < item->n_entries; k++)
		n += item->entries[k].report != NULL;
	return n < INT16_MAX ? n : INT16_MAX;
}

static int put_line(struct work *w, const struct line *l, bool known, struct buf *b,
		    struct buf *reason_buf, struct err *e)
{
	const struct work_item *wi = &w->items[l->item];
	struct text name = work_item_text(wi);
	struct text reason = reason_text(l->entry ? l->entry->reason : wi->reason, reason_buf);
	struct buf full = {0};

	buf_add(&full, name.p, name.len);
	if (l->entry)
		buf_printf(&full, "#%u", l->entry->entry);
	b->len = 0;
	uint8_t *p = (uint8_t *)buf_room(b, 16 * COPY_FIXED + full.len + reason.len +
					    strlen(wi->item->source));

	int reports = l->entry ? 1 : reports_of(wi->item);

	p = copy_tuple(p, known ? 11 : 14);
	if (!known) {
		p = copy_int8(p, w->st->tenant);
		p = copy_int8(p, w->batch_id);
		p = copy_int2(p, (int16_t)w->st->parser_version);
	}
	p = copy_uuid(p, l->key);
	p = put_file_fields(p, wi->item, l->entry != NULL);
	p = reports != 1 ? copy_int2(p, (int16_t)reports) : copy_null(p);
	p = copy_char(p, (int)(l->entry ? l->entry->outcome : wi->outcome));
	p = copy_text(p, text_of(wi->item->source));
	p = copy_bytes(p, full.p, (uint32_t)full.len);
	p = l->entry || is_zero(wi->item->sha256) ? copy_null(p)
						  : copy_bytes(p, wi->item->sha256 + 16, 16);
	p = copy_text(p, reason);
	buf_free(&full);
	return db_copy_put(w->s, b->p, (size_t)(p - (uint8_t *)b->p), e);
}

#define LINE_COLUMNS \
	"item_key, bytes_key, size, mtime_ns, inode, reports, outcome, source, item, " \
	"sha256_rest, reason"

/* known: those that are there already, to the temporary table; else the others, to the ledger. */
static int copy_lines(struct work *w, const struct line *lines, size_t n, const bool *there,
		      bool known, struct err *e)
{
	struct buf b = {0}, reason = {0};
	int rc = db_copy_begin(w->s, known ?
		"COPY pg_temp.ruadb_seen (" LINE_COLUMNS ") FROM STDIN (FORMAT binary)" :
		"COPY ruadb_data.ledger (tenant_id, batch_id, parser_version, " LINE_COLUMNS ") "
		"FROM STDIN (FORMAT binary)", e);

	for (size_t i = 0; rc == 0 && i < n; i++)
		if (there[i] == known)
			rc = put_line(w, &lines[i], known, &b, &reason, e);
	buf_free(&b);
	buf_free(&reason);
	return rc < 0 ? -1 : db_copy_end(w->s, e);
}

/* An item that comes twice in a transaction has one row: of its last coming. */
static size_t last_of_each(struct line *lines, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (i + 1 == n || memcmp(lines[i].key, lines[i + 1].key, 16) != 0)
			lines[kept++] = lines[i];
	return kept;
}

static int probe(struct work *w, const struct line *lines, size_t n, bool *there, size_t *ret_there,
		 struct err *e)
{
	AUTO_PARAMS struct params p = {0};
	uint8_t (*keys)[16] = xcalloc(n, 16);

	for (size_t i = 0; i < n; i++)
		memcpy(keys[i], lines[i].key, 16);
	param_int8(&p, w->st->tenant);
	copy_array_uuid(param_array_begin(&p), (const uint8_t (*)[16])keys, (uint32_t)n);
	param_array_end(&p, DB_OID_UUID_ARRAY);
	free(keys);
	return db_probe(w->s, "SELECT u.no FROM unnest($2) WITH ORDINALITY AS u(key, no) "
			      "CROSS JOIN LATERAL (SELECT FROM ruadb_data.ledger l WHERE "
			      "l.tenant_id = $1 AND l.item_key = u.key OFFSET 0) l",
			&p, there, ret_there, e);
}

/* Bytes that were stored stay `stored` if they come again from the same place; dropped ones too. */
static int upsert(struct work *w, struct err *e)
{
	AUTO_PARAMS struct params p = {0};

	param_int8(&p, w->st->tenant);
	param_int8(&p, w->batch_id);
	param_int4(&p, w->st->parser_version);
	return db_exec(w->s,
		"INSERT INTO ruadb_data.ledger AS l (tenant_id, item_key, bytes_key, batch_id, "
		"size, mtime_ns, inode, parser_version, reports, outcome, source, item, "
		"sha256_rest, reason) SELECT $1, item_key, bytes_key, $2, size, mtime_ns, inode, "
		"$3, reports, outcome, source, item, sha256_rest, reason FROM pg_temp.ruadb_seen "
		"ORDER BY item_key ON CONFLICT (tenant_id, item_key) DO UPDATE SET "
		"bytes_key = excluded.bytes_key, sha256_rest = excluded.sha256_rest, "
		"batch_id = excluded.batch_id, first_batch_id = coalesce(l.first_batch_id, "
		"l.batch_id), size = excluded.size, mtime_ns = excluded.mtime_ns, inode = "
		"excluded.inode, last_seen_at = now(), times = coalesce(l.times, 1) + 1, "
		"parser_version = excluded.parser_version, reports = excluded.reports, reason = "
		"excluded.reason, outcome = CASE WHEN excluded.outcome = 'r' AND l.outcome IN "
		"('s', 'c', 'n', 'd', 'l') AND l.bytes_key IS NOT DISTINCT FROM excluded.bytes_key THEN "
		"l.outcome ELSE excluded.outcome END",
		&p, NULL, e);
}

static int quarantine_entry(struct work *w, const struct work_item *wi,
			    const struct store_entry *en, struct err *e)
{
	AUTO_PARAMS struct params p = {0};
	struct buf b = {0};
	struct text reason = reason_text(en->reason, &b);

	param_int8(&p, w->st->tenant);
	param_uuid(&p, wi->key);
	param_int4(&p, (int32_t)en->entry);
	param_int8(&p, wi->item->size);
	param_int4(&p, w->st->parser_version);
	param_bool(&p, wi->bytes_kept);
	param_text(&p, text_of(err_class_name(en->class)));
	param_text(&p, text_of(wi->item->source));
	param_text(&p, work_item_text(wi));
	param_bytea(&p, wi->item->sha256, 32);
	param_text(&p, reason.p ? reason : text_of("no reason given"));
	buf_free(&b);
	return db_exec(w->s,
		"INSERT INTO ruadb_data.quarantine AS q (tenant_id, item_key, entry, size, "
		"parser_version, bytes_kept, class, source, item, sha256, reason) "
		"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) "
		"ON CONFLICT (tenant_id, item_key, entry) DO UPDATE SET size = excluded.size, "
		"parser_version = excluded.parser_version, class = excluded.class, at = now(), "
		"bytes_kept = excluded.bytes_kept OR (q.bytes_kept AND q.sha256 = "
		"excluded.sha256), sha256 = excluded.sha256, reason = excluded.reason",
		&p, NULL, e);
}

/* Of an item that is in quarantine still, the entries that are not any more leave it. */
static int forget_entries(struct work *w, const struct work_item *wi, struct err *e)
{
	AUTO_PARAMS struct params p = {0};
	AUTO_FREE int64_t *left = xcalloc(wi->item->n_entries, sizeof(*left));
	uint32_t n = 0;

	for (size_t k = 0; k < wi->item->n_entries; k++)
		if (wi->item->entries[k].outcome == OUTCOME_QUARANTINED)
			left[n++] = wi->item->entries[k].entry;
	param_int8(&p, w->st->tenant);
	param_uuid(&p, wi->key);
	copy_array_int8(param_array_begin(&p), left, n);
	param_array_end(&p, DB_OID_INT8_ARRAY);
	return db_exec(w->s, "DELETE FROM ruadb_data.quarantine WHERE tenant_id = $1 AND "
			     "item_key = $2 AND entry <> ALL ($3)", &p, NULL, e);
}

/* What of these items was in quarantine and is not any more, leaves it. */
static int forget_mended(struct work *w, struct err *e)
{
	AUTO_PARAMS struct params p = {0};
	uint8_t (*keys)[16] = xcalloc(w->n_items, 16);
	uint32_t n = 0;

	for (size_t i = 0; i < w->n_items; i++)
		if (!w->items[i].quarantined && !w->items[i].item->repeat_bytes)
			memcpy(keys[n++], w->items[i].key, 16);
	param_int8(&p, w->st->tenant);
	copy_array_uuid(param_array_begin(&p), (const uint8_t (*)[16])keys, n);
	param_array_end(&p, DB_OID_UUID_ARRAY);
	free(keys);
	return n ? db_exec(w->s, "DELETE FROM ruadb_data.quarantine WHERE tenant_id = $1 AND "
				 "item_key = ANY ($2)", &p, NULL, e) : 0;
}

static int quarantine(struct work *w, struct err *e)
{
	for (size_t i = 0; i < w->n_items; i++) {
		const struct work_item *wi = &w->items[i];

		for (size_t k = 0; wi->quarantined && k < wi->item->n_entries; k++)
			if (wi->item->entries[k].outcome == OUTCOME_QUARANTINED &&
			    quarantine_entry(w, wi, &wi->item->entries[k], e) < 0)
				return -1;
		if (wi->quarantined && forget_entries(w, wi, e) < 0)
			return -1;
	}
	return forget_mended(w, e);
}

static int store_lines(struct work *w, struct line *lines, size_t n, struct err *e)
{
	AUTO_FREE bool *there = xcalloc(n, sizeof(*there));
	size_t known = n;

	if (w->careful)
		memset(there, true, n);
	else if (probe(w, lines, n, there, &known, e) < 0)
		return -1;
	if (known < n && copy_lines(w, lines, n, there, false, e) < 0)
		return -1;
	if (!known)
		return 0;
	return copy_lines(w, lines, n, there, true, e) < 0 ? -1 : upsert(w, e);
}

int ledger_store(struct work *w, struct err *e)
{
	struct line *lines;
	size_t n = collect(w, &lines);

	n = last_of_each(lines, n);
	int rc = store_lines(w, lines, n, e);

	free(lines);
	return rc < 0 ? -1 : quarantine(w, e);
}
