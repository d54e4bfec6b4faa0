/* Well-formed text and tags. */
#include "parse/mender.h"

/* What one character of text becomes, and what it is called; NULL: it stays. */
static const char *escape_of(const char *p, const char *start, const char *end,
			     enum repair_kind *ret_kind, size_t *ret_len)
{
	*ret_kind = REPAIR_BARE_MARKUP;
	*ret_len = 1;
	if (*p == '<')
		return "&lt;";
	/* at the start, something that is left out may have stood between it and `]]` */
	if (*p == '>' && (p == start || p[-1] == ']') && (p - start < 2 || p[-2] == ']'))
		return "&gt;";
	if (*p != '&')
		return NULL;
	*ret_len = reference_at(p, (size_t)(end - p));
	if (*ret_len)
		return NULL;
	*ret_len = strange_reference_at(p, (size_t)(end - p));
	if (*ret_len)
		*ret_kind = REPAIR_ENTITY;
	else
		*ret_len = 1;
	return "&amp;";
}

/* Some of the text from p on, for a repair: a word, or a tag. */
static struct text snippet(const char *p, const char *end)
{
	const char *s = p + 1;
	const char *most = end - p > MOST_SNIPPET ? p + MOST_SNIPPET : end;

	while (s < most && *s != '>' && *s != '<' && *s != '&' && *s != '\n' &&
	       (*p == '<' || !is_blank(*s)))
		s++;
	s += s < most && *s == '>';
	while (s < end && ((unsigned char)*s & 0xc0) == 0x80)
		s--; /* not in the middle of a character */
	return (struct text){p, (uint32_t)(s - p)};
}

static void tell_escape(struct mend *m, enum repair_kind kind, struct text from)
{
	if (m->quiet)
		return;
	m->scratch.len = 0;
	add_escaped(&m->scratch, from.p, from.len);
	tell(m, kind, from, (struct text){m->scratch.p, (uint32_t)m->scratch.len});
}

void add_escaped(struct buf *b, const char *p, size_t n)
{
	const char *end = p + n, *start = p, *from = p;
	enum repair_kind kind;
	size_t len;

	while (p < end) {
		const char *to = escape_of(p, start, end, &kind, &len);

		if (to) {
			buf_add(b, from, (size_t)(p - from));
			buf_adds(b, to);
			from = ++p;
		} else {
			p += len;
		}
	}
	buf_add(b, from, (size_t)(end - from));
}

void write_text(struct mend *m, size_t n)
{
	const char *start = here(m), *p = start, *from = start, *end = start + n;
	/* a repair shows what stands behind the text's end as well, if it is a tag */
	const char *shown = m->in.p + m->in.len;
	enum repair_kind kind;
	size_t len;

	for (; p < end; p += len) {
		len = 1;
		if (!(char_class[(uint8_t)*p] & CHAR_MARKUP) && *p != '>')
			continue;
		const char *to = escape_of(p, start, end, &kind, &len);

		if (!to)
			continue;
		buf_add(&m->out, from, (size_t)(p - from));
		buf_adds(&m->out, to);
		if (kind == REPAIR_ENTITY)
			tell_escape(m, kind, (struct text){p, (uint32_t)len});
		else if (*p != '>')
			tell_escape(m, kind, snippet(p, *p == '<' ? shown : end));
		else if (p - start >= 2)
			tell_escape(m, kind, (struct text){p - 2, 3});
		len = 1;
		from = p + 1;
	}
	buf_add(&m->out, from, (size_t)(end - from));
}

/* Tags. */

void add_value(struct buf *b, struct text v)
{
	for (uint32_t i = 0; i < v.len; i++) {
		char c = v.p[i];

		if (c == '<')
			buf_adds(b, "&lt;");
		else if (c == '"')
			buf_adds(b, "&quot;");
		else if (c == '&' && !reference_at(v.p + i, v.len - i))
			buf_adds(b, "&amp;");
		else
			buf_addc(b, c);
	}
}

static bool is_among(struct text name, const struct text *list, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (text_eq(name, list[i]))
			return true;
	return false;
}

int write_attributes(struct buf *b, struct text tag, size_t name_len)
{
	struct attributes a = attributes_of(tag, name_len);
	struct text seen[LIMIT_ATTRIBUTES];
	struct attribute one;
	unsigned n = 0;

	while (attributes_next(&a, &one)) {
		if (name_at(one.name.p, one.name.len) != one.name.len ||
		    is_among(one.name, seen, n))
			continue;
		if (n == LIMIT_ATTRIBUTES)
			return -1;
		seen[n++] = one.name;
		buf_addc(b, ' ');
		buf_add(b, one.name.p, one.name.len);
		buf_adds(b, "=\"");
		add_value(b, one.value);
		buf_addc(b, '"');
	}
	return 0;
}

int write_start(struct mend *m, const struct token *t, struct err *e)
{
	struct text tag = {here(m), t->len};
	size_t start = m->out.len;

	if (!t->fault) {
		buf_add(&m->out, tag.p, tag.len);
		return 0;
	}
	buf_addc(&m->out, '<');
	buf_add(&m->out, t->name.p, t->name.len);
	if (write_attributes(&m->out, tag, t->name.len) < 0)
		return err_set(e, ERR_LIMIT, "a tag of more than %d attributes", LIMIT_ATTRIBUTES);
	buf_adds(&m->out, t->empty ? "/>" : ">");
	tell(m, REPAIR_START_TAG, tag,
	     (struct text){m->out.p + start, (uint32_t)(m->out.len - start)});
	return 0;
}

void write_end(struct mend *m, struct text name)
{
	buf_adds(&m->out, "</");
	buf_add(&m->out, name.p, name.len);
	buf_addc(&m->out, '>');
}
