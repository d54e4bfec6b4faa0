#include "report/mistake.h"
#include "report/scan.h"
#include "base/buf.h"
#include "base/text.h"

#include <ctype.h>
#include <string.h>

/* Of a longer line only what is around the place is shown. */
#define SHOWN_BEFORE 80
#define SHOWN_AFTER 40

static bool continues(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* The byte at which character n (from 1 on) of s begins. */
static size_t byte_of(const char *s, int n)
{
	size_t i = 0;

	for (; s[i] && n > 1; n--)
		do
			i++;
		while (continues(s[i]));
	return i;
}

static size_t characters(const char *s, size_t n)
{
	size_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += !continues(s[i]);
	return sum;
}

/* Appends n bytes of a line, a tab as one blank, so that the mark stands where it belongs. */
static void add_part(struct buf *b, const char *s, size_t n)
{
	AUTO_FREE char *part = xstrndup(s, n);

	for (char *p = part; *p; p++)
		*p = *p == '\t' ? ' ' : *p;
	text_add_visible(b, text_of(part));
}

/* The line around `at` bytes of text, and a mark below that place. */
static void add_excerpt(struct buf *b, const char *text, size_t at)
{
	size_t from = at, to = at, before;

	while (from && text[from - 1] != '\n' && (at - from < SHOWN_BEFORE || continues(text[from])))
		from--;
	while (text[to] && text[to] != '\n' && (to - at < SHOWN_AFTER || continues(text[to])))
		to++;
	while (from < at && (text[from] == '\t' || text[from] == ' '))
		from++;
	buf_adds(b, "    ");
	before = b->len;
	add_part(b, text + from, at - from);
	before = characters(b->p + before, b->len - before);
	add_part(b, text + at, to - at);
	buf_printf(b, "\n    %*s^\n", (int)before, "");
}

/* A :name that no head line declares is what a slip of the pen looks like. */
static void add_undeclared(struct buf *b, const char *p)
{
	size_t n = 0;

	if (*p != ':')
		return;
	while (isalnum((unsigned char)p[1 + n]) || p[1 + n] == '_')
		n++;
	if (n)
		buf_printf(b, "    The head has no line '-- param: %.*s TYPE ...'\n", (int)n, p + 1);
}

char *report_mistake(const struct report_file *f, const struct store_mistake *m, struct err *e)
{
	struct buf b = {0};

	if (e->class == ERR_TEMP)
		return NULL;
	e->class = ERR_CONFIG;
	if (m->position) {
		size_t at = report_scan_origin(f, f->source, byte_of(f->sql, m->position));
		size_t begin = at;
		int line = 1;

		/* at the end of input: behind the last thing that is there */
		if (!f->source[at + strspn(f->source + at, " \t\r\n")])
			while (at && isspace((unsigned char)f->source[at - 1]))
				at--;
		for (begin = at; begin && f->source[begin - 1] != '\n'; begin--)
			;
		for (size_t i = 0; i < begin; i++)
			line += f->source[i] == '\n';
		err_wrap(e, "%s:%d:%zu", f->path, line,
			 characters(f->source + begin, at - begin) + 1);
		add_excerpt(&b, f->source, at);
		add_undeclared(&b, f->source + at);
	} else {
		err_wrap(e, "%s", f->path);
	}
	if (*m->hint) {
		buf_adds(&b, "    ");
		text_add_visible(&b, text_of(m->hint));
		buf_addc(&b, '\n');
	}
	if (!b.len)
		return NULL;
	buf_cstr(&b);
	return b.p;
}
