/*
 * buf - a growing byte buffer. Grows by doubling; out of memory ends the process (mem.h).
 * The owner calls buf_free. Pointers into it die with the next append.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/mem.h"

#include <stdint.h>
#include <string.h>

struct buf {
	char *p;
	size_t len, cap;
};

/* Room for n more bytes; len unchanged; returns where they go. */
char *buf_room(struct buf *b, size_t n);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_free(struct buf *b);
/* The same, of one that held a secret: overwritten before. */
void buf_wipe(struct buf *b);
/* NUL after the contents, not counted in len; returns p. */
const char *buf_cstr(struct buf *b);

static inline char *buf_take(struct buf *b, size_t n)
{
	char *p = b->cap - b->len >= n ? b->p + b->len : buf_room(b, n);

	b->len += n;
	return p;
}

static inline void buf_add(struct buf *b, const void *p, size_t n)
{
	if (n)
		memcpy(buf_take(b, n), p, n);
}

static inline void buf_adds(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

static inline void buf_addc(struct buf *b, char c)
{
	*buf_take(b, 1) = c;
}

#endif
