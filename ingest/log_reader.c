#include "ingest/log.h"
#include "base/limits.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WAIT_MS 100        /* for a stream that says nothing */
#define GATHER_NS 500000000LL /* lines of a slow stream go together for so long */

/* ---- what is known of it ---- */

bool log_begin_as(struct ingest_log *l, const char *source, const char *name, const char *p,
		  size_t len, const char *columns, bool believed)
{
	static atomic_uint_least64_t last;
	struct text header;
	enum log_form form = log_look(p, len, columns, &header);

	if (form == FORM_ANY && believed)
		form = FORM_LINES;
	*l = (struct ingest_log){.form = form, .source = source};
	if (form == FORM_ANY)
		return false;
	l->id = ++last;
	l->item = xstrdup(name);
	if (text_present(header))
		l->columns = xstrndup(header.p, header.len);
	else if (form == FORM_CSV)
		l->columns = xstrdup(columns);
	l->header = text_present(header) ? header.len + 1 : 0;
	l->head_length = (uint32_t)(len < INGEST_LOG_HEAD ? len : INGEST_LOG_HEAD);
	memcpy(l->head, p, l->head_length);
	return true;
}

void log_forget(struct ingest_log *l)
{
	free(l->item);
	free(l->columns);
	*l = (struct ingest_log){0};
}

int64_t log_header_bytes(const struct ingest_log *l)
{
	return l->header;
}

/* ---- a file ---- */

static int read_at(const struct log_reader *r, char *to, size_t n, size_t *ret_got, struct err *e)
{
	*ret_got = 0;
	while (*ret_got < n) {
		ssize_t got = pread(r->fd, to + *ret_got, n - *ret_got,
				    (off_t)(r->at + (int64_t)*ret_got));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_set(e, ERR_TEMP, "read: %s", strerror(errno));
		if (got == 0)
			break;
		*ret_got += (size_t)got;
	}
	return 0;
}

/* How much of these bytes goes into a piece: whole lines; of a line without an end as much as a
 * line may have, or with `rest` all of it; 0: nothing yet. */
static size_t piece_of(const char *p, size_t len, bool rest)
{
	const char *nl = memrchr(p, '\n', len);

	if (nl)
		return (size_t)(nl - p) + 1;
	if (len > LIMIT_LOG_LINE)
		return LIMIT_LOG_LINE;
	return rest ? len : 0;
}

/* Passes over the rest of a line that was cut. 1: its end was found; 0: not yet. */
static int skip(struct log_reader *r, char *block, struct err *e)
{
	size_t got = 1;

	while (r->skipping && got) {
		if (read_at(r, block, LIMIT_INLINE, &got, e) < 0)
			return -1;
		const char *nl = memchr(block, '\n', got);

		r->skipping = !nl;
		r->at += nl ? nl - block + 1 : (int64_t)got;
	}
	return !r->skipping;
}

int log_reader_next(struct log_reader *r, bool rest, struct log_piece *ret, struct err *e)
{
	char *block = xmalloc(LIMIT_INLINE);
	size_t got, n = 0;
	int rc = skip(r, block, e);

	if (rc > 0)
		rc = read_at(r, block, LIMIT_INLINE, &got, e) < 0 ? -1 : 1;
	if (rc > 0)
		n = piece_of(block, got, rest);
	if (rc < 0 || !n) {
		free(block);
		return rc < 0 ? -1 : 0;
	}
	bool whole = block[n - 1] == '\n';
	bool cut = !whole && n == LIMIT_LOG_LINE && got > n;

	*ret = (struct log_piece){.len = n, .from = r->at};
	r->at += (int64_t)n;
	r->skipping = cut;
	ret->to = whole || cut ? r->at : ret->from;
	ret->bytes = n < LIMIT_INLINE / 2 ? xrealloc(block, n) : block;
	return 1;
}

/* ---- a stream ---- */

static int64_t monotonic(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* What is there, up to as much as a piece may have. 1: something came, or the end; 0: nothing. */
static int listen_to(struct log_reader *r, struct err *e)
{
	struct pollfd p = {.fd = r->fd, .events = POLLIN};

	if (r->eof || r->ahead.len >= LIMIT_INLINE)
		return 1;
	if (poll(&p, 1, WAIT_MS) <= 0)
		return 0;
	size_t room = LIMIT_INLINE - r->ahead.len;
	ssize_t n = read(r->fd, buf_room(&r->ahead, room), room);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (n < 0)
		return err_set(e, ERR_TEMP, "standard input: %s", strerror(errno));
	if (n > 0 && !r->ahead.len)
		r->since = monotonic();
	r->ahead.len += (size_t)n;
	r->eof = n == 0;
	return 1;
}

static void drop_front(struct log_reader *r, size_t n)
{
	memmove(r->ahead.p, r->ahead.p + n, r->ahead.len - n);
	r->ahead.len -= n;
	r->at += (int64_t)n;
}

static void skip_ahead(struct log_reader *r)
{
	const char *nl = r->ahead.len ? memchr(r->ahead.p, '\n', r->ahead.len) : NULL;

	drop_front(r, nl ? (size_t)(nl - r->ahead.p) + 1 : r->ahead.len);
	r->skipping = !nl;
}

int log_reader_next_of_stream(struct log_reader *r, struct log_piece *ret, struct err *e)
{
	size_t n;
	int rc = listen_to(r, e);

	if (rc < 0)
		return -1;
	if (r->skipping)
		skip_ahead(r);
	bool ripe = r->eof || r->ahead.len >= LIMIT_INLINE || monotonic() - r->since > GATHER_NS;

	n = ripe && r->ahead.len ? piece_of(r->ahead.p, r->ahead.len, r->eof) : 0;
	if (!n)
		return r->eof && !r->ahead.len ? 0 : 2;
	r->skipping = r->ahead.p[n - 1] != '\n' && r->ahead.len > n;
	*ret = (struct log_piece){.bytes = xmalloc(n), .len = n, .from = r->at,
				  .to = r->at + (int64_t)n};
	memcpy(ret->bytes, r->ahead.p, n);
	drop_front(r, n);
	r->since = monotonic();
	return 1;
}

void log_reader_end(struct log_reader *r)
{
	buf_free(&r->ahead);
}
