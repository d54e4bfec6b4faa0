/*
 * Before GMime reads a mail: would it become too much? GMime keeps each header field and each part
 * as objects before anybody can count them, so that 30 MB of empty parts cost gigabytes. This looks
 * at the starts of lines only.
 */
#include "parse/mime.h"

#include <string.h>

#define MOST_HEADERS 16 /* of the largest size, in all */
#define LOOK 80 /* of a line, to tell a header field from text */

struct scan {
	char line[LOOK]; /* the start of this line */
	size_t len;      /* of the whole line so far */
	bool header;     /* in a header */
	bool guessed;    /* perhaps not: it may be text that looks like one */
	bool behind;     /* a header ended with the line before: that of an attached mail may begin */
	size_t header_bytes, all_headers;
	unsigned boundaries;
};

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_';
}

/* "Subject: ..", or the rest of a field that was folded. */
static bool is_field(const struct scan *s)
{
	size_t n = s->len < LOOK ? s->len : LOOK, i = 0;

	if (n && (s->line[0] == ' ' || s->line[0] == '\t'))
		return !s->behind;
	while (i < n && is_name(s->line[i]))
		i++;
	return i > 0 && i < n && s->line[i] == ':';
}

/* A line is whole. */
static void end_line(struct scan *s)
{
	bool empty = s->len == 0 || (s->len == 1 && s->line[0] == '\r');

	if (s->len >= 2 && s->line[0] == '-' && s->line[1] == '-') {
		s->boundaries++;
		s->header = true;
		s->guessed = false;
		s->header_bytes = 0;
	} else if (empty) {
		s->behind = s->header;
		s->header = false;
	} else if (s->header && (!s->guessed || is_field(s))) {
		s->header_bytes += s->len;
	} else if (s->behind && is_field(s)) {
		s->header = s->guessed = true;
		s->behind = false;
		s->header_bytes = s->len;
	} else {
		s->header = s->behind = false;
	}
	if (s->header)
		s->all_headers += s->len;
	s->len = 0;
}

static void take(struct scan *s, const char *p, size_t n)
{
	if (s->len < LOOK)
		memcpy(s->line + s->len, p, n < LOOK - s->len ? n : LOOK - s->len);
	s->len += n;
}

static int check(const struct scan *s, struct err *e)
{
	if (s->header && s->header_bytes + s->len > LIMIT_MAIL_HEADER)
		return err_set(e, ERR_LIMIT, "a mail with a header of more than %d KB",
			       LIMIT_MAIL_HEADER >> 10);
	if (s->all_headers > (size_t)LIMIT_MAIL_HEADER * MOST_HEADERS)
		return err_set(e, ERR_LIMIT, "a mail with headers of more than %d KB in all",
			       (LIMIT_MAIL_HEADER >> 10) * MOST_HEADERS);
	if (s->boundaries > LIMIT_MAIL_BOUNDARIES)
		return err_set(e, ERR_LIMIT, "a mail with more than %d boundaries of parts",
			       LIMIT_MAIL_BOUNDARIES);
	return 0;
}

static int scan_block(struct scan *s, const struct block *b, struct err *e)
{
	const char *p = (const char *)b->p, *end = p + b->len;

	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));

		take(s, p, (size_t)((nl ? nl : end) - p));
		if (check(s, e) < 0)
			return -1;
		if (nl)
			end_line(s);
		p = nl ? nl + 1 : end;
	}
	return 0;
}

int mail_scan(const void *data, size_t size, int fd, struct err *e)
{
	struct source *from = source_bytes(data, size, fd);
	struct scan s = {.header = true};
	struct block b;
	int r;

	while ((r = source_next(from, &b, e)) == 1 && (r = scan_block(&s, &b, e)) == 0)
		;
	source_close(from);
	return r;
}
