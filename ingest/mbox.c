#include "ingest/source.h"
#include "base/limits.h"
#include "base/mboxline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK 65536

struct mbox {
	int fd;
	off_t at;            /* of what is read next */
	size_t begin, end;   /* of what is not looked at yet, in block */
	bool eof;
	struct mboxline line; /* at block[begin] */
	bool in_mail;        /* a "From " line was seen */
	uint8_t empty_len;   /* length of an empty line that is held back: it may be the last */
	char empty[2];
	char block[BLOCK];
};

struct mbox *mbox_new(int fd)
{
	struct mbox *m = xcalloc(1, sizeof(*m));

	m->fd = fd;
	m->line = (struct mboxline)MBOXLINE_BEGIN;
	return m;
}

void mbox_free(struct mbox *m)
{
	free(m);
}

/* Reads on; what is not looked at yet stays. */
static int fill(struct mbox *m, struct err *e)
{
	memmove(m->block, m->block + m->begin, m->end - m->begin);
	m->end -= m->begin;
	m->begin = 0;
	while (!m->eof && m->end < BLOCK) {
		ssize_t n = pread(m->fd, m->block + m->end, BLOCK - m->end, m->at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(e, ERR_TEMP, "read: %s", strerror(errno));
		m->eof = n == 0;
		m->end += (size_t)n;
		m->at += n;
	}
	return 0;
}

/* One byte behind the limit is enough to be refused: a mail of many GB needs no room here. */
static int keep(struct spool *to, const char *p, size_t n, struct err *e)
{
	int64_t room = LIMIT_MAIL + 1 - to->size;

	if (room <= 0)
		return 0;
	return spool_add(to, p, (int64_t)n < room ? n : (size_t)room, e);
}

/* The piece of a line that is there: all of it, or as much as the block holds. */
static int take_line(struct mbox *m, struct spool *to, struct err *e)
{
	const char *p = m->block + m->begin;
	const char *nl = memchr(p, '\n', m->end - m->begin);
	size_t n = nl ? (size_t)(nl - p) + 1 : m->end - m->begin;

	if (m->empty_len) {
		if (keep(to, m->empty, m->empty_len, e) < 0)
			return -1;
		m->empty_len = 0;
	}
	if (mboxline_pass(&m->line, p, n)) {
		memcpy(m->empty, p, n);
		m->empty_len = (uint8_t)n;
	} else if (keep(to, p, n, e) < 0) {
		return -1;
	}
	m->begin += n;
	return 0;
}

/* The "From " line is no part of the mail; it may be longer than the block. */
static int skip_line(struct mbox *m, struct err *e)
{
	for (;;) {
		const char *p = m->block + m->begin;
		const char *nl = memchr(p, '\n', m->end - m->begin);

		m->begin = nl ? (size_t)(nl - m->block) + 1 : m->end;
		if (nl || m->eof)
			break;
		if (fill(m, e) < 0)
			return -1;
	}
	m->line = (struct mboxline){.start = true};
	m->in_mail = true;
	m->empty_len = 0; /* it stood between two mails */
	return 0;
}

/* True if a mail begins here. Needs five bytes, or the end. */
static bool at_from(const struct mbox *m)
{
	return mboxline_is_from(&m->line, m->block + m->begin, m->end - m->begin);
}

int mbox_next(struct mbox *m, struct spool *ret, bool *ret_last, struct err *e)
{
	for (;;) {
		if (m->end - m->begin < MBOX_FROM && !m->eof && fill(m, e) < 0)
			return -1;
		if (m->begin == m->end) {
			bool had = m->in_mail;

			m->in_mail = false;
			*ret_last = true;
			return had;
		}
		if (at_from(m)) {
			bool had = m->in_mail;

			if (skip_line(m, e) < 0)
				return -1;
			if (had) {
				*ret_last = false;
				return 1;
			}
			continue;
		}
		if (take_line(m, ret, e) < 0)
			return -1;
	}
}
