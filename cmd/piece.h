/*
 * piece - one item on its way through the pipeline: its bytes as a job for a worker, and what
 * comes out of it as a store_item. And batch: finished pieces that are committed together.
 */
#ifndef CMD_PIECE_H
#define CMD_PIECE_H

#include "cmd/counts.h"
#include "cmd/worker.h"
#include "store/store.h"

struct ingest_item;

/* What we count of an entry, beside what store keeps of it. */
struct tally {
	int64_t records, refused, messages, messages_refused;
	int64_t repairs; /* things mended */
	bool partial;
};

/* An mbox: its own row is written behind those of its mails. */
struct container {
	struct store_item *item;
	size_t open;   /* mails that are not in a batch yet */
	bool read_all; /* no more will come */
};

struct log_file;

/* What was said of one part of a log. */
struct log_part {
	struct store_log *log; /* NULL: parse only */
	struct log_sums sums;
	int64_t attempts;
	bool open;             /* not at its end yet */
};

struct piece {
	struct job job;              /* the first: a job of the pool is a piece */
	struct store_item *item;
	size_t entries_cap;
	struct tally *tallies;       /* one an entry, as many as there is room for */
	struct store_report *report; /* between HEAD and END */
	uint32_t report_entry;
	int64_t repairs;             /* in it, so far */
	struct container *container; /* or NULL */
	bool finished;               /* needs no worker: its bytes are known, or refused */
	struct log_hint hint;        /* for its job */
	/* Delivery logs (cmd/logs.h): */
	struct log_file *log;        /* that it is a piece of, or NULL */
	uint64_t log_number;         /* in the file */
	int64_t log_from, log_to;
	uint32_t log_entry;          /* the log that a worker speaks of */
	struct log_part part, *parts;/* the one that is heard, and those that ended */
	size_t n_parts, parts_seen, parts_given;
};

struct hash;

/* The SHA-256 of its bytes. ERR_TEMP: they can't be read. */
int piece_hash(struct hash *h, const struct ingest_item *it, uint8_t ret[32],
	       struct err *e) MUST_CHECK;
/* Takes item and bytes of *it. */
struct piece *piece_new(struct ingest_item *it, const uint8_t sha256[32]);
/* Of a mail that was not downloaded: it goes to quarantine, by its name and with the reason. */
struct piece *piece_refused(struct ingest_item *it);
void piece_free(struct piece *p);
/* Its bytes are known, and not needed any more. */
void piece_drop_bytes(struct piece *p);
/* Forgets what was said of it, for a second try. */
void piece_restart(struct piece *p);
/* A further entry; *ret_tally may be NULL. */
struct store_entry *piece_entry(struct piece *p, uint32_t entry, enum store_outcome outcome,
				struct tally **ret_tally);
/* What it costs until it is committed: memory, or a descriptor (job_weight). */
size_t piece_bytes(const struct piece *p);

/* One item of a batch, as we count it. */
struct batch_item {
	size_t n_tallies;
	struct tally *tallies;
};

struct batch {
	struct store_batch *b;
	struct batch_item *items;
	size_t n, cap;
	size_t n_logs, events; /* parts of logs, and what is in them */
	struct store_log_counts said; /* parse only: what became of them, as if */
	size_t bytes, reports;
	int64_t since; /* when its first item or part came */
	struct batch *next;
};

static inline bool batch_is_empty(const struct batch *b)
{
	return !b->n && !b->n_logs;
}

struct batch *batch_new(void);
void batch_free(struct batch *b);
/* Takes the piece. */
void batch_add(struct batch *b, struct piece *p, int64_t now);
/* Takes the part's log. */
void batch_add_log(struct batch *b, const struct log_part *part, int64_t now);
/* An item that nothing is counted of: an mbox's own row. */
void batch_add_row(struct batch *b, struct store_item *item, int64_t now);
/* Parse only: as if it were committed. */
void batch_pretend(struct batch *b);
/* After the commit, successful or not: what became of everything that is durable. */
void batch_count(const struct batch *b, struct counts *c);
/* One line a quarantined entry or partial report, and with -v one for each entry. */
void batch_log(const struct batch *b);

#endif
