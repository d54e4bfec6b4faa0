/*
 * spool - bytes written once and read as often as needed: up to SPOOL_MEMORY in memory, beyond
 * that in an unlinked file that is written and read in big pieces.
 */
#ifndef STORE_SPOOL_H
#define STORE_SPOOL_H

#include "base/buf.h"
#include "base/err.h"

#define SPOOL_MEMORY (256 << 10)

struct spool {
	struct buf mem;      /* what is not in the file yet */
	uint64_t in_file;    /* bytes in the file */
	int fd;              /* 0: no file yet (0 so that a zeroed spool is an empty one) */
};

static inline uint64_t spool_bytes(const struct spool *s)
{
	return s->in_file + s->mem.len;
}

/* Moves what is in memory to the file. dir: where to make it. Disk full and the like: ERR_TEMP. */
int spool_flush(struct spool *s, const char *dir, struct err *e) MUST_CHECK;

/* To be called after each append to s->mem. */
static inline int spool_added(struct spool *s, const char *dir, struct err *e)
{
	return s->mem.len < SPOOL_MEMORY ? 0 : spool_flush(s, dir, e);
}

/* Hands all bytes, from the beginning, to `each` in pieces of at most SPOOL_MEMORY. */
int spool_read(const struct spool *s,
	       int (*each)(void *ctx, const char *p, size_t n, struct err *e),
	       void *ctx, struct err *e) MUST_CHECK;
void spool_free(struct spool *s);

/* An unlinked file in dir, which is made if it is not there. -1: ERR_TEMP. */
int spool_file(const char *dir, int *ret_fd, struct err *e) MUST_CHECK;

#endif
