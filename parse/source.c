#include "parse/source.h"
#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static double cpu_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int budget_spend(struct budget *b, size_t bytes, struct err *e)
{
	uint64_t most = b->in_log ? LIMIT_LOG_OUTPUT : LIMIT_ITEM_OUTPUT + b->of_logs;

	b->out += bytes;
	if (b->out > most)
		return err_set(e, ERR_LIMIT, "more than %llu bytes come out of it",
			       (unsigned long long)most);
	if (b->out <= SOURCE_BLOCK)
		return 0; /* a small report: its clock is not worth reading */
	if (b->sink && b->sink->progress)
		b->sink->progress(b->sink->ctx, b->out);
	double now = cpu_now();

	if (b->cpu_start == 0)
		b->cpu_start = now;
	if (now - b->cpu_start > LIMIT_CPU_SECONDS + LIMIT_CPU_SECONDS_PER_100MB *
							     (double)b->out / 1e8)
		return err_set(e, ERR_LIMIT, "it takes more than %.0f seconds of computing",
			       now - b->cpu_start);
	return 0;
}

int budget_spend_new(struct budget *b, struct spending *s, size_t bytes, struct err *e)
{
	uint64_t had = s->most;

	s->at += bytes;
	if (s->at > s->most)
		s->most = s->at;
	return budget_spend(b, (size_t)(s->most - had), e);
}

/* Bytes in memory or in a file. */

struct bytes {
	struct source source;
	const uint8_t *data;
	size_t size, at;
	int fd;
	uint8_t block[];
};

static int bytes_next(struct source *s, struct block *ret, struct err *e)
{
	struct bytes *b = (struct bytes *)s;
	size_t n = b->size - b->at;

	if (n == 0)
		return 0;
	if (b->data) {
		*ret = (struct block){b->data + b->at, n, true};
		b->at = b->size;
		return 1;
	}
	ssize_t got;

	do {
		got = pread(b->fd, b->block, n < SOURCE_BLOCK ? n : SOURCE_BLOCK, (off_t)b->at);
	} while (got < 0 && errno == EINTR);
	if (got <= 0)
		return err_set(e, ERR_INPUT, "the file could not be read to its end");
	b->at += (size_t)got;
	*ret = (struct block){b->block, (size_t)got, b->at == b->size};
	return 1;
}

static int bytes_rewind(struct source *s, struct err *e)
{
	(void)e;
	((struct bytes *)s)->at = 0;
	return 0;
}

static void bytes_close(struct source *s)
{
	free(s);
}

struct source *source_bytes(const void *data, size_t size, int fd)
{
	struct bytes *b = xmalloc(sizeof(*b) + (data ? 0 : SOURCE_BLOCK));

	b->source = (struct source){bytes_next, bytes_rewind, bytes_close};
	b->data = data;
	b->size = size;
	b->at = 0;
	b->fd = fd;
	return &b->source;
}
