/* An mbox in an archive or a mail; ingest takes one apart that is a file, by the same rule. */
#include "parse/mail.h"
#include "base/mboxline.h"

#include <string.h>

struct mbox {
	struct item *it;
	struct mboxline line; /* at its end */
	struct buf mail;
	size_t line_at;       /* where the line that is read begins, in mail */
	size_t empty;         /* length of the empty line before it */
	bool from;            /* in a "From " line */
	bool in_mail;         /* one has begun */
	bool over;            /* and it is too long: only the starts of its lines are kept */
	bool full;            /* more mails than may be */
};

static void end_mail(struct mbox *m, const struct err *cut)
{
	struct item *it = m->it;
	struct err e;

	if (m->in_mail && it->mbox_mails == LIMIT_ARCHIVE_MAILS) {
		err_set(&e, ERR_LIMIT, "an archive of more than %d mails: the first ones were read",
			LIMIT_ARCHIVE_MAILS);
		item_refused(it, &e);
		m->full = true;
	} else if (m->in_mail) {
		it->numbered = true;
		it->mbox_mails++;
		if (m->over || m->mail.len > LIMIT_MAIL) {
			err_set(&e, ERR_LIMIT, "a mail of more than %d MB", LIMIT_MAIL >> 20);
			item_refused(it, &e);
		} else {
			mail_read_bytes(it, m->mail.p ? m->mail.p : "", m->mail.len, -1, cut);
		}
		m->full = it->full;
	}
	m->mail.len = m->line_at = m->empty = 0;
	m->over = false;
}

/* The line that begins at line_at is long enough to tell what it is. */
static void begin_line(struct mbox *m)
{
	const char *p = m->mail.p + m->line_at;
	size_t n = m->mail.len - m->line_at;

	if (!mboxline_is_from(&m->line, p, n))
		return;
	m->mail.len = m->line_at - m->empty; /* what stood before it belongs to no mail */
	end_mail(m, NULL);
	m->from = m->in_mail = true;
}

/* A piece of a line: to its end, or to that of the block. */
static void take(struct mbox *m, const char *p, size_t n, bool whole)
{
	size_t had = m->mail.len - m->line_at;

	if (!m->from) {
		size_t room = m->over && n > MBOX_FROM + 1 ? MBOX_FROM + 1 : n;

		buf_add(&m->mail, p, room);
		if (had < MBOX_FROM && m->mail.len - m->line_at >= MBOX_FROM)
			begin_line(m);
	}
	if (!whole)
		return;
	if (m->from) {
		m->line = (struct mboxline){.start = true};
		m->from = false;
		return;
	}
	n = m->mail.len - m->line_at;
	m->line.start = true;
	m->empty = mboxline_pass(&m->line, m->mail.p + m->line_at, n) ? n : 0;
	m->line.start = true;
	if (m->over || m->mail.len > LIMIT_MAIL) {
		m->over = true;
		m->mail.len = m->line_at;
		m->empty = 0;
	}
	m->line_at = m->mail.len;
}

static void take_block(struct mbox *m, const struct block *b)
{
	const char *p = (const char *)b->p, *end = p + b->len;

	while (p < end && !m->full) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		const char *next = nl ? nl + 1 : end;

		/* a line of its own may be too long */
		if (m->mail.len > LIMIT_MAIL && m->mail.len - m->line_at > MBOX_FROM) {
			m->over = true;
			m->mail.len = m->line_at + MBOX_FROM;
		}
		take(m, p, (size_t)(next - p), nl != NULL);
		p = next;
	}
}

void mbox_read(struct item *it, struct source *s)
{
	struct mbox m = {.it = it, .line = MBOXLINE_BEGIN};
	struct block b;
	struct err e;
	int r = 0;

	while (!m.full && (r = source_next(s, &b, &e)) == 1)
		take_block(&m, &b);
	if (m.full)
		r = 0;
	else
		end_mail(&m, r < 0 ? &e : NULL);
	/* behind the mail that is cut there may have been others */
	if (r < 0)
		item_refused(it, &e);
	buf_free(&m.mail);
}
