#include "parse/window.h"
#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

struct window {
	struct source source;
	int fd;
	size_t begin, end, at;
	uint8_t block[SOURCE_BLOCK];
};

static int window_next(struct source *s, struct block *ret, struct err *e)
{
	struct window *w = (struct window *)s;
	size_t n = w->end - w->at;
	ssize_t got;

	if (n == 0)
		return 0;
	do {
		got = pread(w->fd, w->block, n < SOURCE_BLOCK ? n : SOURCE_BLOCK, (off_t)w->at);
	} while (got < 0 && errno == EINTR);
	if (got <= 0)
		return err_set(e, ERR_INPUT, "the file could not be read to its end");
	w->at += (size_t)got;
	*ret = (struct block){w->block, (size_t)got, w->at == w->end};
	return 1;
}

static int window_rewind(struct source *s, struct err *e)
{
	struct window *w = (struct window *)s;

	(void)e;
	w->at = w->begin;
	return 0;
}

static void window_close(struct source *s)
{
	free(s);
}

struct source *source_window(const void *data, int fd, size_t begin, size_t end)
{
	if (data)
		return source_bytes((const char *)data + begin, end - begin, -1);
	struct window *w = xmalloc(sizeof(*w));

	w->source = (struct source){window_next, window_rewind, window_close};
	w->fd = fd;
	w->begin = w->at = begin;
	w->end = end;
	return &w->source;
}
