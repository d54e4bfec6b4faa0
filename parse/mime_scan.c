/*
 * Before GMime reads a mail: would it become too much, and has it to be mended? GMime keeps each
 * header field and each part as objects before anybody can count them, so that 30 MB of empty parts
 * cost gigabytes. This looks at the starts of lines only.
 */
#include "parse/mime.h"

#include <string.h>
#include <strings.h>

#define MOST_HEADERS 16 /* of the largest size, in all */
#define LOOK 80 /* of a line, to tell a header field from text */

struct scan {
	struct mail_lines *ret;
	char start[LOOK]; /* of a line that began in the block before */
	size_t at;        /* offset of this line */
	size_t len;       /* of it, in the blocks before */
	size_t lines;
	bool top;         /* in the header of the mail itself */
	bool header;      /* in a header */
	bool semicolon;   /* the field's line before ended in one: more of it is to come */
	size_t header_at, header_bytes, all_headers;
	unsigned boundaries;
	size_t dots, other_dots; /* lines that begin with two dots; with one */
	bool last_dot;           /* this line is a dot alone */
};

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_';
}

/* "Subject: .." */
static bool is_field(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && is_name(p[i]))
		i++;
	return i > 0 && i < n && p[i] == ':';
}

/* With hyphens, in the order in which they are looked for. */
static const char *const mime_fields[] = {
	"Content-Type", "Content-Transfer-Encoding", "Content-Disposition", "MIME-Version",
};

const char *mail_field_meant(const char *p, size_t len, size_t *ret_len)
{
	char name[32];
	size_t n = 0, i = 0;

	for (; i < len && p[i] != ':'; i++) {
		if (p[i] == '-' || p[i] == '_' || p[i] == ' ')
			continue;
		if (!is_name(p[i]) || n == sizeof(name))
			return NULL;
		name[n++] = p[i];
	}
	if (i == len)
		return NULL;
	for (size_t f = 0; f < sizeof(mime_fields) / sizeof(mime_fields[0]); f++) {
		const char *want = mime_fields[f];
		size_t k = 0;

		for (; *want && k < n; want++)
			if (*want != '-' && (*want | 0x20) != (name[k++] | 0x20))
				break;
		if (*want || k < n)
			continue;
		*ret_len = i;
		bool same = i == strlen(mime_fields[f]) && strncasecmp(p, mime_fields[f], i) == 0;

		return same ? NULL : mime_fields[f];
	}
	return NULL;
}

static bool is_mime_field(const char *p, size_t n)
{
	return (n > 8 && strncasecmp(p, "content-", 8) == 0) ||
	       (n > 13 && strncasecmp(p, "mime-version:", 13) == 0);
}

/* n: of the line that are in memory, without its line end; s->len and n: all of it. */
static void header_line(struct scan *s, const char *p, size_t n)
{
	size_t len;

	if (n && p[n - 1] == '\r')
		n--;
	s->header_bytes += s->len + n;
	s->all_headers += s->len + n;
	if (memchr(p, '\0', n) || memchr(p, '\r', n))
		s->ret->strange = true;
	if (s->semicolon && n && *p > ' ' && !is_field(p, n))
		s->ret->unfolded = true;
	if (n && ((*p | 0x20) == 'c' || (*p | 0x20) == 'm')) {
		if (mail_field_meant(p, n, &len))
			s->ret->fields = true;
		else if (s->top && !s->ret->mime && is_mime_field(p, n))
			s->ret->mime = s->at;
	}
	s->semicolon = n && p[n - 1] == ';';
}

static void dot_line(struct scan *s, const char *p, size_t n)
{
	s->last_dot = n == 1 || (n == 2 && p[1] == '\r');
	if (n > 1 && p[1] == '.')
		s->dots++;
	else if (!s->last_dot)
		s->other_dots++;
}

/* A line is whole; n bytes of it at p, the first ones if it came in several blocks. */
static void end_line(struct scan *s, const char *p, size_t n)
{
	s->lines++;
	if (n == 0 || (n == 1 && p[0] == '\r')) {
		if (s->header && s->lines == 1) {
			s->lines = 0; /* not begun yet */
			s->ret->begin = s->at + n + 1;
			return;
		}
		s->header = s->top = false;
		return;
	}
	if (s->lines == 1 && n > 5 &&
	    (memcmp(p, "From ", 5) == 0 || memcmp(p, ">From ", 6) == 0)) {
		s->lines = 0;
		s->ret->begin = s->at + s->len + n + 1;
		return;
	}
	s->last_dot = false;
	if (p[0] == '.')
		dot_line(s, p, n);
	if (n >= 2 && p[0] == '-' && p[1] == '-') {
		s->boundaries++;
		s->header = true;
		s->semicolon = s->top = false;
		s->header_bytes = 0;
		s->header_at = s->at;
	} else if (s->header) {
		header_line(s, p, n);
	}
}

/* more: bytes of this line that are not counted yet. */
static int check(const struct scan *s, size_t more, struct err *e)
{
	if (s->header && s->header_bytes + more > LIMIT_MAIL_HEADER)
		return err_set(e, ERR_LIMIT, "a mail with a header of more than %d KB: what stands "
			       "before it was read", LIMIT_MAIL_HEADER >> 10);
	if (s->all_headers + (s->header ? more : 0) > (size_t)LIMIT_MAIL_HEADER * MOST_HEADERS)
		return err_set(e, ERR_LIMIT, "a mail with headers of more than %d KB in all: the "
			       "first ones were read", (LIMIT_MAIL_HEADER >> 10) * MOST_HEADERS);
	if (s->boundaries > LIMIT_MAIL_BOUNDARIES)
		return err_set(e, ERR_LIMIT, "a mail with more than %d boundaries of parts: the "
			       "first ones were read", LIMIT_MAIL_BOUNDARIES);
	return 0;
}

/* The piece of a line up to nl, or without an end. -1: a limit. */
static int take(struct scan *s, const char *p, size_t n, bool whole)
{
	if (whole && !s->len) {
		end_line(s, p, n);
	} else {
		if (s->len < LOOK)
			memcpy(s->start + s->len, p, n < LOOK - s->len ? n : LOOK - s->len);
		s->len += n;
		if (whole) {
			size_t kept = s->len < LOOK ? s->len : LOOK;

			n = s->len;
			s->len -= kept;
			end_line(s, s->start, kept);
		}
	}
	if (!whole)
		return check(s, s->len, &s->ret->limit);
	s->at += n + 1;
	s->len = 0;
	return check(s, 0, &s->ret->limit);
}

/* 0; 1: a limit is met. */
static int scan_block(struct scan *s, const struct block *b)
{
	const char *p = (const char *)b->p, *end = p + b->len;

	if (s->at == 0 && s->len == 0 && !memchr(p, '\n', b->len) && memchr(p, '\r', b->len)) {
		s->ret->cr_only = true;
		return 1;
	}
	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));

		if (take(s, p, (size_t)((nl ? nl : end) - p), nl != NULL) < 0)
			return 1;
		p = nl ? nl + 1 : end;
	}
	return 0;
}

int mail_scan(const void *data, size_t size, int fd, struct mail_lines *ret, struct err *e)
{
	struct source *from = source_bytes(data, size, fd);
	struct scan s = {.ret = ret, .top = true, .header = true};
	struct block b;
	int r;

	*ret = (struct mail_lines){.end = size};
	while ((r = source_next(from, &b, e)) == 1 && (r = scan_block(&s, &b)) == 0)
		;
	source_close(from);
	if (s.last_dot && s.dots && !s.other_dots)
		ret->dots = true;
	if (ret->limit.class != ERR_NONE)
		ret->end = s.header ? s.header_at : s.at;
	if (ret->begin > ret->end)
		ret->begin = ret->end;
	if (ret->mime < ret->begin || ret->mime > ret->end)
		ret->mime = ret->begin;
	return r < 0 ? -1 : 0;
}
