/*
 * source - what the files of ingest/ share: one file that is open, and its mbox reader.
 */
#ifndef INGEST_SOURCE_H
#define INGEST_SOURCE_H

#include "ingest/ingest.h"
#include "base/buf.h"

/*
 * spool - bytes that arrive piece by piece: in memory up to LIMIT_INLINE, then in a memfd.
 * spool_end seals and gives either bytes or descriptor; the spool is empty again.
 */
struct spool {
	struct buf mem;
	int fd; /* -1 while all is in mem */
	int64_t size;
};

int spool_add(struct spool *s, const void *p, size_t n, struct err *e) MUST_CHECK;
int spool_end(struct spool *s, char **ret_bytes, int *ret_fd, struct err *e) MUST_CHECK;
void spool_drop(struct spool *s);

/* What ingest_walk_columns said. */
const char *walk_columns(const struct ingest_walk *w);

struct mbox;

/* Reads from fd (not taken) from its first byte on. */
struct mbox *mbox_new(int fd);
void mbox_free(struct mbox *m);
/* 1: one mail is in the spool (ended), *ret_last says whether it is the last; 0: no more. */
int mbox_next(struct mbox *m, struct spool *ret, bool *ret_last, struct err *e) MUST_CHECK;

#endif
