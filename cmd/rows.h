/*
 * rows - the ledger's rows of files that are given in several pieces, an mbox or a log: written when
 * everything in them is, and only then, for they say that the file need not be opened again.
 */
#ifndef CMD_ROWS_H
#define CMD_ROWS_H

#include "cmd/logs.h"

struct ingest_file;
struct ingest_log;

struct row {
	struct container c; /* the first: a piece's container is one */
	bool is_log;
	struct log_file log;
	struct row *next;
};

/* A new one in front of *rows. */
struct row *row_begin(struct row **rows, const struct ingest_file *file);
/* That of this log, which has no end: a new one if there is none. */
struct row *row_of_log(struct row **rows, const struct ingest_log *l);
/* Forgets that there is something to be written: a part of the file is left for the next run. */
void row_leave(struct row *r);
/* One that may be written now, the caller's; NULL: none. Rows that are through are freed. */
struct store_item *rows_take(struct row **rows);
void rows_free(struct row *rows);

#endif
