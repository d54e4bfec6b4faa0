/*
 * page - output that is held back until it is known to stand: the first PAGE_MEMORY bytes in
 * memory, what is more in an unlinked file below TMPDIR (default /var/tmp). What was added can be
 * taken back to any point.
 *
 * Adding never fails: what went wrong on the way, like a full disk, is told by page_print.
 * A zeroed struct page is an empty one; page_free gives back what it holds.
 */
#ifndef CMD_PAGE_H
#define CMD_PAGE_H

#include "base/buf.h"
#include "base/err.h"

#include <stdio.h>

#define PAGE_MEMORY (256 << 10)

struct page {
	struct buf mem;
	FILE *file;      /* NULL until mem is full */
	int64_t in_file; /* bytes of it that count */
	struct err err;  /* the first that went wrong; class ERR_NONE: nothing did */
};

void page_add(struct page *p, const void *bytes, size_t n);
void page_printf(struct page *p, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* How long it is now; page_back makes it so long again. */
int64_t page_at(const struct page *p);
void page_back(struct page *p, int64_t at);
/* Copies it to out and empties it. -1: it is not whole (ERR_TEMP); errors of out are out's. */
int page_print(struct page *p, FILE *out, struct err *e) MUST_CHECK;
void page_free(struct page *p);

#endif
