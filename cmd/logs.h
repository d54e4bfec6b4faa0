/*
 * logs - delivery logs on their way: what each file is, and the order of its pieces.
 *
 * A plain log is parsed by several workers at once, piece by piece; pieces go into batches in the
 * order of the file, since that is how its offset moves, and lines without a year or zone lean on
 * those before. A piece that no worker can read goes to quarantine, and the file goes on behind it.
 * Logs that are compressed or in archives are parsed by one worker, whose parts come in order.
 */
#ifndef CMD_LOGS_H
#define CMD_LOGS_H

#include "cmd/piece.h"

/* Pieces that are parsed already and wait for one before them; more are not handed out. */
#define LOG_AHEAD 24

struct ingest_log;
struct batch;

/* A file that is read in pieces; lives in the feed until its last piece is in a batch. */
struct log_file {
	uint64_t id;              /* struct ingest_log */
	struct store_log_origin origin;
	char *item, *columns;
	enum log_form form;
	uint64_t next_in, next_out;
	struct piece *held;       /* done before one in front of them; by number */
	bool any;                 /* a part of it was read */
};

void log_file_begin(struct log_file *f, const struct ingest_log *l);
void log_file_end(struct log_file *f);
/* A piece of it: which one it is, and how a worker has to read it. */
void log_piece(struct piece *p, struct log_file *f, const struct ingest_item *it);
/* Is it so far ahead of those that are not parsed yet that it has to wait? */
bool log_piece_waits(const struct piece *p);

/*
 * A piece is done, or failed: takes it. It comes back by log_next when those before it have.
 */
void log_done(struct piece *p);
struct piece *log_next(struct log_file *f);
/* What it says goes into the batch; the piece is freed, but for one that has to be quarantined:
 * true, and it is to be added as an item. st NULL: parse only. */
bool log_into_batch(struct batch *b, struct piece *p, struct store_stage *st, int64_t now);

/* The outcome of a log that was read to its end, as the one entry of its row. */
void log_row(struct store_item *row, const struct log_file *f);

/* ---- parts, while a worker speaks ---- */

void log_part_begin(struct piece *p, struct store_stage *st);
/* What was said of a part that has no end. */
void log_part_drop(struct piece *p);
/* It is the piece's, until somebody takes it. */
void log_part_end(struct piece *p, const struct log_sums *s);
/* Of an item that is read as a whole: the part that ended goes into the batch at once. */
void log_part_into_batch(struct batch *b, struct piece *p, int64_t now);
/* What was said of it does not count: for a second try. */
void log_restart(struct piece *p);
void log_parts_free(struct piece *p);

#endif
