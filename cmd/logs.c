#include "cmd/logs.h"
#include "base/hash.h"
#include "base/mem.h"
#include "ingest/ingest.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void log_file_begin(struct log_file *f, const struct ingest_log *l)
{
	struct hash *h = hash_new();

	*f = (struct log_file){.id = l->id, .form = l->form, .item = xstrdup(l->item)};
	f->columns = l->columns ? xstrdup(l->columns) : NULL;
	f->origin = (struct store_log_origin){
		.source = l->source, .item = f->item, .plain = l->inode != 0,
		.device = l->device, .inode = l->inode, .head_length = l->head_length,
	};
	hash_sum(h, l->head, l->head_length, f->origin.head_sha256);
	hash_free(h);
}

void log_file_end(struct log_file *f)
{
	while (f->held) {
		struct piece *next = (struct piece *)f->held->job.next;

		piece_free(f->held);
		f->held = next;
	}
	free(f->item);
	free(f->columns);
	f->item = f->columns = NULL;
}

void log_piece(struct piece *p, struct log_file *f, const struct ingest_item *it)
{
	p->log = f;
	p->log_number = f->next_in++;
	p->log_from = it->from;
	p->log_to = it->to;
	p->hint.form = f->form;
	p->hint.columns = text_of(f->columns);
}

bool log_piece_waits(const struct piece *p)
{
	return p->log && p->log_number > p->log->next_out + LOG_AHEAD;
}

void log_done(struct piece *p)
{
	struct piece **at = &p->log->held;

	while (*at && (*at)->log_number < p->log_number)
		at = (struct piece **)&(*at)->job.next;
	p->job.next = *at ? &(*at)->job : NULL;
	*at = p;
}

struct piece *log_next(struct log_file *f)
{
	struct piece *p = f->held;

	if (!p || p->log_number != f->next_out)
		return NULL;
	f->held = (struct piece *)p->job.next;
	p->job.next = NULL;
	f->next_out++;
	return p;
}

/* ---- parts ---- */

void log_part_begin(struct piece *p, struct store_stage *st)
{
	if (!p->part.log && st)
		p->part.log = store_log_begin(st);
	p->part.open = true;
}

static void free_part(struct log_part *part)
{
	store_log_free(part->log);
	*part = (struct log_part){0};
}

void log_part_drop(struct piece *p)
{
	free_part(&p->part);
}

void log_parts_free(struct piece *p)
{
	free_part(&p->part);
	for (size_t i = 0; i < p->n_parts; i++)
		free_part(&p->parts[i]);
	free(p->parts);
	p->parts = NULL;
	p->n_parts = 0;
}

void log_restart(struct piece *p)
{
	log_parts_free(p);
	p->parts_seen = 0;
}

/* Of a part that is not the last of its piece the offset does not move: the rest may be lost yet. */
static struct store_log_origin origin_of(const struct piece *p, bool last)
{
	struct store_log_origin o = {.source = p->item->source, .item = p->item->item};

	if (p->log)
		o = p->log->origin;
	o.from_offset = p->log_from;
	o.to_offset = last ? p->log_to : p->log_from;
	return o;
}

void log_part_end(struct piece *p, const struct log_sums *s)
{
	p->part.sums = *s;
	p->part.open = false;
	if (p->part.log)
		store_log_end(p->part.log, s);
	p->parts = xrealloc(p->parts, (p->n_parts + 1) * sizeof(*p->parts));
	p->parts[p->n_parts++] = p->part;
	p->part = (struct log_part){0};
}

static void put(struct batch *b, struct piece *p, struct log_part *part, bool last, int64_t now)
{
	struct store_log_origin o = origin_of(p, last);

	if (part->log)
		store_log_origin(part->log, &o);
	batch_add_log(b, part, now);
	*part = (struct log_part){0};
}

void log_part_into_batch(struct batch *b, struct piece *p, int64_t now)
{
	struct log_part *part = &p->parts[p->n_parts - 1];

	/* a second try says again what the first one said, and what is in a batch stays there */
	if (p->parts_seen++ < p->parts_given) {
		free_part(part);
	} else {
		put(b, p, part, false, now);
		p->parts_given++;
	}
	p->n_parts--;
}

/* ---- pieces of a file ---- */

/* Rows of CSV say nothing without their columns. */
static void add_columns(struct store_item *it, const char *columns)
{
	size_t n = strlen(columns);
	char *whole = xmalloc(n + 1 + (size_t)it->size);

	memcpy(whole, columns, n);
	whole[n] = '\n';
	memcpy(whole + n + 1, it->bytes, (size_t)it->size);
	free(it->bytes);
	it->bytes = whole;
	it->size += (int64_t)n + 1;
}

/* A piece by name and bytes of its own: it is in quarantine, and may be read again from there. */
static void name_it(struct piece *p)
{
	struct store_item *it = p->item;
	struct hash *h = hash_new();
	char *name = xasprintf("%s#%lld-%lld", it->item, (long long)p->log_from,
			       (long long)p->log_from + it->size);

	free(it->item);
	it->item = name;
	if (p->log->columns)
		add_columns(it, p->log->columns);
	p->job.bytes = it->bytes;
	p->job.size = it->size;
	it->mtime_ns = 0;
	it->inode = 0;
	hash_sum(h, it->bytes, (size_t)it->size, it->sha256);
	hash_free(h);
}

static bool is_quarantined(const struct piece *p)
{
	for (size_t i = 0; i < p->item->n_entries; i++)
		if (p->item->entries[i].outcome == OUTCOME_QUARANTINED)
			return true;
	return false;
}

bool log_into_batch(struct batch *b, struct piece *p, struct store_stage *st, int64_t now)
{
	bool bad = is_quarantined(p);

	p->log->any = p->log->any || p->n_parts;
	for (size_t i = 0; i < p->n_parts; i++)
		put(b, p, &p->parts[i], i + 1 == p->n_parts && !bad, now);
	if (bad && p->log->origin.plain && st) { /* the file goes on behind it */
		struct log_part passed = {.log = store_log_begin(st)};

		store_log_end(passed.log, &passed.sums);
		put(b, p, &passed, true, now);
	}
	log_parts_free(p);
	if (bad)
		name_it(p);
	else
		piece_free(p);
	return bad;
}

void log_row(struct store_item *row, const struct log_file *f)
{
	row->entries = xcalloc(1, sizeof(*row->entries));
	row->n_entries = 1;
	row->entries[0] = (struct store_entry){
		.outcome = f->any || !f->next_in ? OUTCOME_LOG : OUTCOME_NOT_REPORT};
}
