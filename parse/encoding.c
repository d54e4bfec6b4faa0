#include "parse/encoding.h"
#include "parse/charset.h"

#include <string.h>
#include <strings.h>

#define LOOK 1024 /* so far the first `<` and the end of a declaration are looked for */

enum form { BYTES, UTF16LE, UTF16BE, UTF32LE, UTF32BE };

static const struct {
	const char *name, *mark;
	unsigned unit, low; /* low: which byte of a character is ASCII's */
	unsigned mark_len;
} forms[] = {
	[BYTES] = {"UTF-8", "\xef\xbb\xbf", 1, 0, 3},
	[UTF16LE] = {"UTF-16LE", "\xff\xfe", 2, 0, 2},
	[UTF16BE] = {"UTF-16BE", "\xfe\xff", 2, 1, 2},
	[UTF32LE] = {"UTF-32LE", "\xff\xfe\0\0", 4, 0, 4},
	[UTF32BE] = {"UTF-32BE", "\0\0\xfe\xff", 4, 3, 4},
};

/* The ASCII character at p in this form; 0: none. */
static uint8_t ascii_at(const uint8_t *p, size_t left, enum form f)
{
	if (left < forms[f].unit)
		return 0;
	for (unsigned i = 0; i < forms[f].unit; i++)
		if (i != forms[f].low && p[i])
			return 0;
	return p[forms[f].low] < 0x80 ? p[forms[f].low] : 0;
}

/* Where before `until` the first `<` before an ASCII character is, in this form; else len. */
static size_t first_tag(const uint8_t *p, size_t len, size_t until, enum form f)
{
	unsigned unit = forms[f].unit;

	for (size_t i = 0; i < until && i + unit <= len; i += unit)
		if (ascii_at(p + i, len - i, f) == '<' &&
		    (len - i < 2 * unit || ascii_at(p + i + unit, len - i - unit, f)))
			return i;
	return len;
}

static bool has_mark(const uint8_t *p, size_t len, enum form f)
{
	return len >= forms[f].mark_len && memcmp(p, forms[f].mark, forms[f].mark_len) == 0;
}

/* Longer ones first: the mark of UTF-32LE begins with that of UTF-16LE. */
static enum form form_of(const uint8_t *p, size_t len, unsigned *ret_mark)
{
	static const enum form by_mark[] = {UTF32LE, UTF32BE, UTF16LE, UTF16BE};
	enum form best = BYTES;
	const size_t bytes = first_tag(p, len, len, BYTES);
	size_t first = bytes;

	*ret_mark = has_mark(p, len, BYTES) ? forms[BYTES].mark_len : 0;
	for (size_t i = 0; i < sizeof(by_mark) / sizeof(*by_mark); i++) {
		enum form f = by_mark[i];

		if (!has_mark(p, len, f))
			continue;
		/* a mark in front of plain bytes is a mistake of whoever put it there */
		size_t behind = len - forms[f].mark_len;

		if (bytes < len && first_tag(p + forms[f].mark_len, behind, behind, f) == behind) {
			*ret_mark = forms[f].mark_len;
			return BYTES;
		}
		*ret_mark = forms[f].mark_len;
		return f;
	}
	for (enum form f = UTF16LE; f <= UTF32BE; f++) {
		size_t at = first_tag(p, len, first, f);

		if (at < first) {
			first = at;
			best = f;
		}
	}
	return best;
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The value behind `encoding` in t, which is what stands between <?xml and ?>. */
static struct text value_of_encoding(struct text t)
{
	const char *end = t.p + t.len, *p = memmem(t.p, t.len, "encoding", strlen("encoding"));
	char quote = 0;

	if (!p)
		return TEXT_ABSENT;
	for (p += strlen("encoding"); p < end && is_blank(*p);)
		p++;
	if (p == end || *p != '=')
		return TEXT_ABSENT;
	for (p++; p < end && is_blank(*p);)
		p++;
	if (p < end && (*p == '"' || *p == '\''))
		quote = *p++;
	const char *value = p;

	while (p < end && *p != '"' && *p != '\'' && (quote || !is_blank(*p)))
		p++;
	return text_trim((struct text){value, (uint32_t)(p - value)});
}

/* Of the declaration in these bytes, which are one byte a character. */
static struct text declared(const char *p, size_t len)
{
	const char *decl = memmem(p, len, "<?xml", 5), *end;

	if (!decl)
		return TEXT_ABSENT;
	len -= (size_t)(decl - p);
	end = memchr(decl, '>', len);
	return end ? value_of_encoding((struct text){decl, (uint32_t)(end - decl)}) : TEXT_ABSENT;
}

static void set_said(struct encoding *e, struct text t)
{
	uint32_t n = t.len < sizeof(e->said) - 1 ? t.len : (uint32_t)sizeof(e->said) - 1;

	e->says = text_present(t);
	if (n)
		memcpy(e->said, t.p, n);
	e->said[n] = '\0';
}

static bool is_wide_name(const char *name)
{
	return strncasecmp(name, "UTF-16", 6) == 0 || strncasecmp(name, "UTF-32", 6) == 0;
}

/* Wide characters: the bytes know better than any declaration. */
static struct encoding wide(const uint8_t *p, size_t len, enum form f, unsigned mark)
{
	struct encoding e = {.iconv = forms[f].name, .name = forms[f].name, .unit = forms[f].unit,
			     .mark = mark};
	char ascii[LOOK / 2];
	size_t n = 0;

	for (size_t i = mark; i + e.unit <= len; i += e.unit)
		ascii[n++] = (char)ascii_at(p + i, len - i, f);
	set_said(&e, declared(ascii, n));
	/* UTF-16 alone would need a mark, but everybody understands it */
	e.wrong = e.says ? !is_wide_name(e.said) : !mark;
	return e;
}

static struct encoding of_bytes(const uint8_t *p, size_t len, unsigned mark)
{
	struct encoding e = {.name = "UTF-8", .unit = 1, .mark = mark};
	struct text said = declared((const char *)p, len);
	bool wide_mark = mark && mark != forms[BYTES].mark_len;

	if (!said.p && wide_mark)
		said = text_of("a byte order mark of UTF-16");
	set_said(&e, said);
	if (!e.says || wide_mark) {
		e.wrong = wide_mark;
		return e;
	}
	const char *name = charset_find(said);

	e.ascii = name && strcmp(name, "US-ASCII") == 0;
	bool utf8 = e.ascii || (name && strcmp(name, "UTF-8") == 0);

	e.unknown = !name;
	e.wrong = name && !utf8 && (mark || is_wide_name(name));
	if (name && !utf8 && !e.wrong)
		e.iconv = e.name = name;
	return e;
}

struct encoding encoding_guess(const uint8_t *p, size_t len)
{
	unsigned mark;

	len = len < LOOK ? len : LOOK;
	enum form f = form_of(p, len, &mark);

	return f == BYTES ? of_bytes(p, len, mark) : wide(p, len, f, mark);
}
