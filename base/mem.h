/*
 * mem - allocation that ends the process instead of failing (exit 71; the next run goes on),
 * and cleanup for handles of libraries. Safe because limits bound each item and a commit is whole
 * or nothing.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

/* At the beginning of main: the heap keeps what it has grown by instead of giving it back to the
 * kernel behind each mail, and being given it again, cleared, for the next one. */
void mem_keep(void);

void *xmalloc(size_t n) __attribute__((malloc, returns_nonnull));
void *xcalloc(size_t n, size_t size) __attribute__((malloc, returns_nonnull));
void *xrealloc(void *p, size_t n) __attribute__((returns_nonnull));
char *xstrdup(const char *s) __attribute__((malloc, returns_nonnull));
char *xstrndup(const char *s, size_t n) __attribute__((malloc, returns_nonnull));
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2), returns_nonnull));

/* free() for __attribute__((cleanup)): `AUTO_FREE char *s = xstrdup(x);` */
void mem_autofree(void *pp);
/* close() for an int that is >= 0. */
void mem_autoclose(int *fd);

#define AUTO_FREE __attribute__((cleanup(mem_autofree)))
#define AUTO_CLOSE __attribute__((cleanup(mem_autoclose)))

#endif
