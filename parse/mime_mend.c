/* A mail whose lines GMime would not understand, as a copy that it does. */
#include "parse/mime.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct mending {
	const struct mail_lines *lines;
	struct repairs *repairs;
	struct buf *to;
	bool header;    /* in one, as far as this can tell: boundaries begin one */
	bool semicolon; /* the field's line before ended in one */
};

static void tell(struct mending *m, const char *where, const char *what)
{
	repairs_outer(m->repairs, REPAIR_MAIL_STRUCTURE, where, text_of(what), TEXT_ABSENT);
}

/* Without NUL and CR inside. */
static void put_clean(struct mending *m, const char *p, size_t n)
{
	bool cr_end = n && p[n - 1] == '\r';

	if (!m->lines->strange || !(memchr(p, '\0', n) || memchr(p, '\r', n - cr_end))) {
		buf_add(m->to, p, n);
		return;
	}
	tell(m, "header", memchr(p, '\0', n) ? "NUL" : "carriage return in a line");
	for (size_t i = 0; i < n; i++)
		if (p[i] && (p[i] != '\r' || i + 1 == n))
			buf_addc(m->to, p[i]);
}

static void header_line(struct mending *m, const char *p, size_t n)
{
	size_t len;
	const char *meant = mail_field_meant(p, n, &len);

	if (meant) {
		repairs_outer(m->repairs, REPAIR_MAIL_FIELD_NAME, meant,
			      (struct text){p, (uint32_t)len}, text_of(meant));
		buf_adds(m->to, meant);
		p += len;
		n -= len;
	} else if (m->semicolon && *p > ' ' && !memchr(p, ':', n) && memchr(p, '=', n)) {
		tell(m, "header", "a line of a field that is not indented");
		buf_addc(m->to, ' ');
	}
	put_clean(m, p, n);
	n -= n && p[n - 1] == '\r';
	m->semicolon = n && p[n - 1] == ';';
}

/* n: without the line feed. */
static void line(struct mending *m, const char *p, size_t n)
{
	bool empty = n == 0 || (n == 1 && p[0] == '\r');

	if (m->lines->dots && n > 1 && p[0] == '.' && p[1] == '.') {
		tell(m, "mail", "dots of SMTP before lines that begin with one");
		p++;
		n--;
	}
	if (n >= 2 && p[0] == '-' && p[1] == '-') {
		m->header = true;
		m->semicolon = false;
		buf_add(m->to, p, n);
	} else if (empty) {
		m->header = false;
		buf_add(m->to, p, n);
	} else if (m->header) {
		header_line(m, p, n);
	} else {
		buf_add(m->to, p, n);
	}
}

/* The bytes [begin, end) of the mail. */
static int read_all(const void *data, int fd, size_t begin, size_t end, struct buf *ret,
		    struct err *e)
{
	char *to = buf_room(ret, end - begin);

	if (data) {
		memcpy(to, (const char *)data + begin, end - begin);
		ret->len += end - begin;
		return 0;
	}
	struct source *s = source_bytes(NULL, end, fd);
	struct block b;
	size_t at = 0;
	int r;

	while ((r = source_next(s, &b, e)) == 1) {
		size_t skip = at < begin ? begin - at : 0;

		if (skip < b.len)
			buf_add(ret, b.p + skip, b.len - skip);
		at += b.len;
	}
	source_close(s);
	return r;
}

int mail_mend(const void *data, int fd, const struct mail_lines *l, struct repairs *r,
	      struct buf *ret, struct err *e)
{
	struct mending m = {l, r, ret, true, false};
	struct buf all = {0};

	if (read_all(data, fd, l->begin, l->end, &all, e) < 0) {
		buf_free(&all);
		return -1;
	}
	if (l->cr_only) {
		tell(&m, "mail", "lines that end in a carriage return");
		for (size_t i = 0; i < all.len; i++)
			if (all.p[i] == '\r')
				all.p[i] = '\n';
		*ret = all;
		return 0;
	}
	buf_room(ret, all.len + all.len / 8);
	const char *end = all.p + all.len;

	/* SMTP's last line */
	if (l->dots && all.len >= 2 && (end[-1] == '.' || end[-2] == '.' || end[-3] == '.'))
		end = (const char *)memrchr(all.p, '.', all.len);
	for (const char *p = all.p; p < end;) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((nl ? nl : end) - p);

		line(&m, p, n);
		if (nl)
			buf_addc(ret, '\n');
		p += n + (nl != NULL);
	}
	buf_free(&all);
	return 0;
}
