#include "cmd/piece.h"
#include "cmd/logs.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "ingest/ingest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* gzip or zip: PostgreSQL keeps it as it is, everything else is packed first. */
static bool is_compressed(const struct ingest_item *it)
{
	unsigned char begin[4] = {0};

	if (it->bytes && it->size >= 4)
		memcpy(begin, it->bytes, 4);
	else if (!it->bytes && pread(it->fd, begin, 4, 0) != 4)
		return false;
	return (begin[0] == 0x1f && begin[1] == 0x8b) || memcmp(begin, "PK\3\4", 4) == 0;
}

/* All bytes of a descriptor, from its first on. */
static int hash_fd(struct hash *h, int fd, uint8_t ret[32], struct err *e)
{
	AUTO_FREE char *block = xmalloc(256 << 10);
	off_t at = 0;
	ssize_t n;

	hash_reset(h);
	while ((n = pread(fd, block, 256 << 10, at)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(e, ERR_TEMP, "read: %s", strerror(errno));
		hash_add(h, block, (size_t)n);
		at += n;
	}
	hash_end(h, ret);
	return 0;
}

int piece_hash(struct hash *h, const struct ingest_item *it, uint8_t ret[32], struct err *e)
{
	if (!it->bytes)
		return hash_fd(h, it->fd, ret, e);
	hash_sum(h, it->bytes, (size_t)it->size, ret);
	return 0;
}

struct piece *piece_new(struct ingest_item *it, const uint8_t sha256[32])
{
	struct piece *p = xcalloc(1, sizeof(*p));

	p->item = xcalloc(1, sizeof(*p->item));
	*p->item = (struct store_item){
		.source = it->source, .item = it->item, .size = it->size,
		.mtime_ns = it->mtime_ns, .inode = it->inode, .compressed = is_compressed(it),
		.bytes = it->bytes, .fd = it->fd,
		.arrived_at = it->mail ? it->arrived_at : TIME_ABSENT, .ctx = it->mail,
	};
	memcpy(p->item->sha256, sha256, 32);
	p->job.bytes = it->bytes;
	p->job.fd = it->fd;
	p->job.size = it->size;
	p->job.trust = it->trust; /* NULL: the pipeline's */
	/* what a stamp without a year means follows from when the file was last written */
	p->hint = (struct log_hint){.form = FORM_ANY, .now = it->mtime_ns > 0 ?
				    it->mtime_ns / 1000000000 : (int64_t)time(NULL)};
	p->job.log = &p->hint;
	it->item = it->bytes = NULL;
	it->fd = -1;
	return p;
}

struct piece *piece_refused(struct ingest_item *it)
{
	static const uint8_t unknown[32];
	struct piece *p = piece_new(it, unknown);
	struct store_entry *entry = piece_entry(p, 0, OUTCOME_QUARANTINED, NULL);

	entry->class = ERR_LIMIT;
	entry->reason = it->refused;
	it->refused = NULL;
	p->finished = true;
	return p;
}

void piece_free(struct piece *p)
{
	if (!p)
		return;
	store_report_free(p->report);
	log_parts_free(p);
	if (p->item)
		store_item_free(p->item);
	free(p->tallies);
	free(p);
}

void piece_drop_bytes(struct piece *p)
{
	free(p->item->bytes);
	if (p->item->fd >= 0)
		close(p->item->fd);
	p->item->bytes = NULL;
	p->job.bytes = NULL;
	p->item->fd = p->job.fd = -1;
}

void piece_restart(struct piece *p)
{
	store_report_free(p->report);
	p->report = NULL;
	log_restart(p);
	for (size_t i = 0; i < p->item->n_entries; i++) {
		store_report_free(p->item->entries[i].report);
		free(p->item->entries[i].reason);
	}
	p->item->n_entries = 0;
}

struct store_entry *piece_entry(struct piece *p, uint32_t entry, enum store_outcome outcome,
				struct tally **ret_tally)
{
	size_t n = p->item->n_entries++;

	if (n == p->entries_cap) {
		size_t cap = p->entries_cap ? p->entries_cap * 2 : 1;

		p->item->entries = xrealloc(p->item->entries, cap * sizeof(*p->item->entries));
		p->tallies = xrealloc(p->tallies, cap * sizeof(*p->tallies));
		p->entries_cap = cap;
	}
	p->item->entries[n] = (struct store_entry){.entry = entry, .outcome = outcome};
	p->tallies[n] = (struct tally){0};
	if (ret_tally)
		*ret_tally = &p->tallies[n];
	return &p->item->entries[n];
}

size_t piece_bytes(const struct piece *p)
{
	size_t bytes = (size_t)job_weight(&p->job);

	for (size_t i = 0; i < p->item->n_entries; i++)
		if (p->item->entries[i].report)
			bytes += store_report_bytes(p->item->entries[i].report);
	return bytes;
}

/* ---- batches ---- */

struct batch *batch_new(void)
{
	struct batch *b = xcalloc(1, sizeof(*b));

	b->b = store_batch_new();
	return b;
}

void batch_free(struct batch *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->n; i++)
		free(b->items[i].tallies);
	free(b->items);
	store_batch_free(b->b);
	free(b);
}

static void append(struct batch *b, const struct batch_item *item, struct store_item *stored,
		   int64_t now)
{
	if (b->n == b->cap) {
		b->cap = b->cap ? b->cap * 2 : 64;
		b->items = xrealloc(b->items, b->cap * sizeof(*b->items));
	}
	if (batch_is_empty(b))
		b->since = now;
	b->items[b->n++] = *item;
	store_batch_add(b->b, stored);
}

void batch_add(struct batch *b, struct piece *p, int64_t now)
{
	const struct batch_item item = {
		.n_tallies = p->item->n_entries, .tallies = p->tallies,
	};

	b->bytes += piece_bytes(p);
	for (size_t i = 0; i < p->item->n_entries; i++)
		b->reports += p->item->entries[i].report != NULL;
	append(b, &item, p->item, now);
	p->item = NULL;
	p->tallies = NULL;
	piece_free(p);
}

void batch_add_log(struct batch *b, const struct log_part *part, int64_t now)
{
	const struct log_sums *s = &part->sums;

	if (batch_is_empty(b))
		b->since = now;
	b->n_logs++;
	b->events += (size_t)s->events;
	if (part->log) {
		b->bytes += store_log_bytes(part->log);
		store_batch_add_log(b->b, part->log);
		return;
	}
	b->said.lines += (int64_t)s->lines;
	b->said.events += (int64_t)s->events;
	b->said.skipped += (int64_t)s->skipped;
	b->said.unreadable += (int64_t)s->unreadable;
	b->said.attempts += part->attempts;
}

void batch_add_row(struct batch *b, struct store_item *item, int64_t now)
{
	const struct batch_item none = {
		.n_tallies = item->n_entries,
		.tallies = xcalloc(item->n_entries, sizeof(struct tally)),
	};

	append(b, &none, item, now);
}

/* The gravest of its entries, as store_commit has it. */
static enum store_outcome gravest(const struct store_item *it)
{
	enum store_outcome worst = it->repeat_bytes ? OUTCOME_REPEAT : OUTCOME_NOT_REPORT;

	for (size_t k = 0; k < it->n_entries; k++) {
		enum store_outcome outcome = it->entries[k].outcome;

		if (outcome == OUTCOME_QUARANTINED || worst == OUTCOME_NOT_REPORT)
			worst = outcome;
	}
	return worst;
}

void batch_pretend(struct batch *b)
{
	for (struct store_item *it = b->b->items; it; it = it->next) {
		it->outcome = gravest(it);
		it->durable = true;
	}
	b->b->log_counts = b->said;
}

/* ---- what became of it ---- */

static void count_logs(const struct store_log_counts *l, struct counts *c)
{
	c->events += l->events;
	c->attempts += l->attempts;
	c->deliveries += l->deliveries;
	c->log_lines += l->lines;
	c->log_skipped += l->skipped;
	c->log_unreadable += l->unreadable;
	c->log_repeated += l->repeated;
}

static void count_stored(const struct tally *t, struct counts *c)
{
	c->reports_stored++;
	c->reports_partial += t->partial;
	c->reports_mended += t->repairs > 0;
	c->repairs += t->repairs;
	c->records += t->records;
	c->records_refused += t->refused;
	c->messages += t->messages;
	c->messages_refused += t->messages_refused;
}

static void count_entry(const struct store_entry *entry, const struct tally *t,
			struct counts *c)
{
	int64_t rows = t->records + t->refused;

	c->rows_seen += rows;
	switch (entry->outcome) {
	case OUTCOME_CONFLICT:
		c->reports_conflict++;
		count_stored(t, c);
		return;
	case OUTCOME_NEAR_REPEAT:
		c->reports_near_repeat++;
		count_stored(t, c);
		return;
	case OUTCOME_STORED:
		count_stored(t, c);
		return;
	case OUTCOME_REPEAT:
		c->reports_repeat++;
		c->rows_repeat += rows;
		return;
	case OUTCOME_QUARANTINED:
		c->quarantined++;
		c->rows_quarantined += rows;
		return;
	case OUTCOME_NOT_REPORT:
		c->not_reports++;
		return;
	case OUTCOME_LOG:
		return;
	}
}

void batch_count(const struct batch *b, struct counts *c)
{
	const struct store_item *it = b->b->items;

	count_logs(&b->b->log_counts, c);
	for (size_t i = 0; it && i < b->n; i++, it = it->next) {
		c->left += it->lease_lost;
		if (!it->durable)
			continue;
		if (it->repeat_bytes)
			c->reports_repeat += it->repeat_reports;
		for (size_t k = 0; k < it->n_entries && k < b->items[i].n_tallies; k++)
			count_entry(&it->entries[k], &b->items[i].tallies[k], c);
	}
}

static const char *outcome_name(enum store_outcome outcome)
{
	switch (outcome) {
	case OUTCOME_STORED:
		return "stored";
	case OUTCOME_CONFLICT:
		return "conflict";
	case OUTCOME_NEAR_REPEAT:
		return "near_repeat";
	case OUTCOME_REPEAT:
		return "repeat";
	case OUTCOME_QUARANTINED:
		return "quarantined";
	case OUTCOME_NOT_REPORT:
		return "not_report";
	case OUTCOME_LOG:
		return "log";
	}
	return "?";
}

/* Something is lost that was not known before. */
static bool is_news(const struct store_entry *entry, const struct tally *t)
{
	return entry->outcome == OUTCOME_QUARANTINED ||
	       (t->partial && entry->outcome != OUTCOME_REPEAT);
}

static void log_entry(const struct store_item *it, const struct store_entry *entry,
		      const struct tally *t)
{
	bool bad = entry->outcome == OUTCOME_QUARANTINED;
	struct log_line l = log_begin(is_news(entry, t) ? LOG_WARN : LOG_DEBUG, "item");

	log_text(&l, "src", text_of(it->source));
	log_text(&l, "item", text_of(it->item));
	if (entry->entry)
		log_int(&l, "entry", entry->entry);
	log_text(&l, "outcome", text_of(outcome_name(entry->outcome)));
	if (bad)
		log_text(&l, "class", text_of(err_class_name(entry->class)));
	if (t->partial)
		log_text(&l, "state", text_of("partial"));
	if (t->repairs)
		log_int(&l, "repairs", t->repairs);
	log_text(&l, t->partial && !bad ? "lost" : "err", text_of(entry->reason));
	log_end(&l);
}

void batch_log(const struct batch *b)
{
	const struct store_item *it = b->b->items;

	for (size_t i = 0; it && i < b->n; i++, it = it->next)
		for (size_t k = 0; it->durable && k < it->n_entries; k++)
			if (log_wants(LOG_DEBUG) ||
			    is_news(&it->entries[k], &b->items[i].tallies[k]))
				log_entry(it, &it->entries[k], &b->items[i].tallies[k]);
}
