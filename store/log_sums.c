/*
 * What is said of parts as a whole: their lines, those that can't be read, and how far a plain file
 * is stored.
 */
#include "store/log_row.h"
#include "store/declare.h"

#include <stdlib.h>

static void item_key(struct log_work *w, const struct store_log *l, uint8_t ret[16])
{
	db_item_key(w->s, l->origin.source, text_of(l->origin.item), ret);
}

static struct text visible(struct log_work *w, struct text t)
{
	struct buf b = {0};

	if (text_utf8_ok(t.p, t.len))
		return t;
	text_add_visible(&b, t);
	t = log_arena_text(w->arena, (struct text){b.p, (uint32_t)b.len});
	buf_free(&b);
	return t;
}

/* Events of the part that were known: it is one of those whose sums are stored. */
static int64_t repeated_of(const struct log_work *w, const struct store_log *l)
{
	int64_t n = 0;

	for (uint32_t i = 0; i < w->n_atts; i++)
		n += w->from[i].log == l && w->atts[i].repeated;
	return n;
}

static int store_item(struct log_work *w, const struct store_log *l, struct err *e)
{
	AUTO_PARAMS struct params p = {0};
	uint8_t key[16];

	item_key(w, l, key);
	param_int8(&p, w->st->tenant);
	param_uuid(&p, key);
	param_text(&p, visible(w, text_of(l->origin.item)));
	param_int8(&p, (int64_t)l->sums.lines);
	param_int8(&p, (int64_t)l->sums.events);
	param_int8(&p, (int64_t)l->sums.skipped);
	param_int8(&p, (int64_t)l->sums.unreadable);
	param_int8(&p, repeated_of(w, l));
	return db_exec(w->s, "INSERT INTO ruadb_data.log_item AS i (tenant_id, item_key, item, "
		       "lines, events, skipped, unreadable, repeated) VALUES ($1, $2, $3, $4, $5, "
		       "$6, $7, $8) ON CONFLICT (tenant_id, item_key) DO UPDATE SET lines = i.lines "
		       "+ excluded.lines, events = i.events + excluded.events, skipped = i.skipped + "
		       "excluded.skipped, unreadable = i.unreadable + excluded.unreadable, repeated "
		       "= i.repeated + excluded.repeated, last_at = now()", &p, NULL, e);
}

int log_unreadable_store(struct store *s, const struct store_log *l, int64_t lines,
			 struct text reason, struct text sample, struct err *e)
{
	AUTO_PARAMS struct params p = {0};
	uint8_t key[16];

	db_item_key(s, l->origin.source, text_of(l->origin.item), key);
	param_int8(&p, l->stage->tenant);
	param_uuid(&p, key);
	param_text(&p, reason);
	param_int8(&p, lines);
	param_text(&p, sample.p ? sample : text_of(""));
	return db_exec(s, "INSERT INTO ruadb_data.log_unreadable AS u (tenant_id, item_key, reason, "
		       "lines, sample) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (tenant_id, item_key, "
		       "reason) DO UPDATE SET lines = u.lines + excluded.lines, last_at = now()", &p,
		       NULL, e);
}

static int store_unreadable(struct log_work *w, const struct store_log *l, struct err *e)
{
	for (uint32_t i = 0; i < l->n_unreadable; i++)
		if (log_unreadable_store(w->s, l, (int64_t)l->unreadable[i].lines,
					 log_text_of(l, l->unreadable[i].reason),
					 log_text_of(l, l->unreadable[i].sample), e) < 0)
			return -1;
	return 0;
}

static int store_file(struct log_work *w, const struct store_log *l, struct err *e)
{
	const struct store_log_origin *o = &l->origin;
	AUTO_PARAMS struct params p = {0};
	uint8_t bytes[16 + 32], sum[32];

	memcpy(bytes, &o->device, 8);
	memcpy(bytes + 8, &o->inode, 8);
	memcpy(bytes + 16, o->head_sha256, 32);
	hash_sum(w->s->hash, bytes, sizeof(bytes), sum);
	param_int8(&p, w->st->tenant);
	param_uuid(&p, sum);
	param_int8(&p, (int64_t)o->device);
	param_int8(&p, (int64_t)o->inode);
	param_int4(&p, (int32_t)o->head_length);
	param_bytea(&p, o->head_sha256, 32);
	param_text(&p, visible(w, text_of(o->item)));
	param_int8(&p, o->to_offset);
	param_int8(&p, (int64_t)l->sums.lines);
	return db_exec(w->s, "INSERT INTO ruadb_data.log_file AS f (tenant_id, file_key, device, "
		       "inode, head_length, head_sha256, path, at_offset, lines) VALUES ($1, $2, $3, "
		       "$4, $5, $6, $7, $8, $9) ON CONFLICT (tenant_id, file_key) DO UPDATE SET "
		       "at_offset = greatest(f.at_offset, excluded.at_offset), lines = f.lines + "
		       "excluded.lines, path = excluded.path, last_at = now()", &p, NULL, e);
}

int log_sums_store(struct log_work *w, struct err *e)
{
	for (size_t i = 0; i < w->n_pieces; i++) {
		const struct store_log *l = w->pieces[i].log;

		if (!w->pieces[i].ends)
			continue;
		w->counts.lines += (int64_t)l->sums.lines;
		w->counts.skipped += (int64_t)l->sums.skipped;
		w->counts.unreadable += (int64_t)l->sums.unreadable;
		if (!l->origin.item)
			continue;
		if (store_item(w, l, e) < 0 || store_unreadable(w, l, e) < 0 ||
		    (l->origin.plain && store_file(w, l, e) < 0))
			return -1;
	}
	return 0;
}

int log_refused(struct store *s, const struct log_piece *p, const char *why, struct err *e)
{
	const struct store_log *l = p->log;
	bool message = p->from < l->n_msgs;
	const struct log_att *a = message ? NULL : &l->atts[p->from - l->n_msgs];
	const struct log_queue *q = &l->queues[a ? a->queue : l->msgs[p->from].queue];
	struct buf reason = {0}, sample = {0};
	int rc = 0;

	buf_printf(&reason, "refused by the database: %s", why);
	buf_add(&sample, l->texts.p + q->id.at, q->id.len);
	if (a) {
		struct text to = log_att_text(l, a, ATT_PEER_HOST);

		buf_printf(&sample, ": a delivery event, peer %.*s", (int)to.len, to.len ? to.p : "");
	} else {
		buf_adds(&sample, ": an event of the message");
	}
	if (l->origin.item)
		rc = log_unreadable_store(s, l, 1, (struct text){reason.p, (uint32_t)reason.len},
					  (struct text){sample.p, (uint32_t)sample.len}, e);
	buf_free(&reason);
	buf_free(&sample);
	return rc;
}
