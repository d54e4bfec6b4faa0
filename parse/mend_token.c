/* What begins at a `<` or `&`: a look at bytes, without any place in a document. */
#include "parse/mender.h"

#define S CHAR_NAME_START | CHAR_NAME
#define N CHAR_NAME
#define X CHAR_MARKUP

const uint8_t char_class[256] = {
	[0] = X,          ['<'] = X,        ['&'] = X,        [']'] = X,
	['A' ... 'Z'] = S, ['a' ... 'z'] = S, ['_'] = S,
	['0' ... '9'] = N, ['-'] = N,         ['.'] = N,
	[0x80 ... 0xff] = CHAR_WIDE,
};

#undef S
#undef N
#undef X

/* XML 1.0 (fifth edition), NameStartChar without the colon, from U+0080 on. */
static const struct {
	uint32_t first, last;
} name_start[] = {
	{0xc0, 0xd6},       {0xd8, 0xf6},       {0xf8, 0x2ff},      {0x370, 0x37d},
	{0x37f, 0x1fff},    {0x200c, 0x200d},   {0x2070, 0x218f},   {0x2c00, 0x2fef},
	{0x3001, 0xd7ff},   {0xf900, 0xfdcf},   {0xfdf0, 0xfffd},   {0x10000, 0xeffff},
};

/* A character of UTF-8 that is known to be well-formed; *ret: how long it is. */
static uint32_t wide_char(const char *s, size_t n, size_t *ret)
{
	const uint8_t *p = (const uint8_t *)s;
	size_t len = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;

	*ret = len;
	if (len > n)
		return 0;
	if (len == 2)
		return (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);
	if (len == 3)
		return (p[0] & 0xfu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
	return (p[0] & 7u) << 18 | (p[1] & 0x3fu) << 12 | (p[2] & 0x3fu) << 6 | (p[3] & 0x3fu);
}

static bool is_wide_name(uint32_t c, bool first)
{
	for (size_t i = 0; i < sizeof(name_start) / sizeof(*name_start); i++)
		if (c >= name_start[i].first && c <= name_start[i].last)
			return true;
	return !first && (c == 0xb7 || (c >= 0x300 && c <= 0x36f) || c == 0x203f || c == 0x2040);
}

/* Without a colon in it. */
static size_t plain_name(const char *p, size_t n)
{
	size_t i = 0, len;

	while (i < n) {
		uint8_t class = char_class[(uint8_t)p[i]];

		if (class & (i ? CHAR_NAME : CHAR_NAME_START))
			i++;
		else if (class & CHAR_WIDE && is_wide_name(wide_char(p + i, n - i, &len), i == 0))
			i += len;
		else
			break;
	}
	return i;
}

size_t name_at(const char *p, size_t n)
{
	if (n > MOST_NAME + 1)
		n = MOST_NAME + 1;
	size_t len = plain_name(p, n);

	if (len && len < n && p[len] == ':') {
		size_t local = plain_name(p + len + 1, n - len - 1);

		/* more colons, or nothing behind this one, are none of XML with namespaces */
		if (!local)
			return 0;
		len += 1 + local;
	}
	return len <= MOST_NAME ? len : 0;
}

struct text local_name(struct text name)
{
	const char *colon = name.len ? memchr(name.p, ':', name.len) : NULL;

	if (!colon)
		return name;
	return (struct text){colon + 1, name.len - (uint32_t)(colon + 1 - name.p)};
}

bool are_alike(struct text a, struct text b)
{
	uint32_t front = 0, back = 0, most = a.len > b.len ? a.len : b.len;
	uint32_t least = a.len < b.len ? a.len : b.len;

	while (front < least && a.p[front] == b.p[front])
		front++;
	while (back < least - front && a.p[a.len - 1 - back] == b.p[b.len - 1 - back])
		back++;
	return most - front - back <= 2 && front + back > 0;
}

/* References. */

static bool is_xml_char(uint32_t c)
{
	return c == 9 || c == 10 || c == 13 || (c >= 0x20 && c <= 0xd7ff) ||
	       (c >= 0xe000 && c <= 0xfffd) || (c >= 0x10000 && c <= 0x10ffff);
}

static unsigned digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10) : 99;
}

#define MOST_DIGITS 12

/* &#38; or &#x26; whatever character it means, in *ret. */
static size_t number_at(const char *p, size_t n, uint32_t *ret)
{
	size_t i = 2;
	unsigned base = 10;
	uint64_t c = 0;

	if (n > 2 && p[2] == 'x') {
		base = 16;
		i = 3;
	}
	size_t first = i;

	while (i < n && i - first < MOST_DIGITS && digit_of(p[i]) < base)
		c = c * base + digit_of(p[i++]);
	if (i == first || i == n || p[i] != ';')
		return 0;
	*ret = c <= 0x10ffff ? (uint32_t)c : 0;
	return i + 1;
}

size_t reference_at(const char *p, size_t n)
{
	static const char *const known[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&apos;"};
	uint32_t c;

	if (n > 1 && p[1] == '#') {
		size_t len = number_at(p, n, &c);

		return len && is_xml_char(c) ? len : 0;
	}
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		size_t len = strlen(known[i]);

		if (n >= len && memcmp(p, known[i], len) == 0)
			return len;
	}
	return 0;
}

size_t strange_reference_at(const char *p, size_t n)
{
	uint32_t c;

	if (n > 1 && p[1] == '#')
		return number_at(p, n, &c);
	size_t len = n > 1 ? plain_name(p + 1, n - 1 < 40 ? n - 1 : 40) : 0;

	return len && len + 1 < n && p[len + 1] == ';' ? len + 2 : 0;
}

/* Attributes. */

struct attributes attributes_of(struct text tag, size_t name_len)
{
	return (struct attributes){.p = tag.p + 1 + name_len, .end = tag.p + tag.len};
}

/* Where an attribute's value ends that begins at p with a quote; NULL: the quote is not closed. */
static const char *quoted_end(const char *p, const char *end, bool *fault)
{
	const char *close = memchr(p + 1, *p, (size_t)(end - p - 1));
	const char *open = close ? memchr(p, '<', (size_t)(close - p)) : NULL;

	if (open) {
		/* `a="x<y"`, or a quote that is missing: then tags come before the next one */
		*fault = true;
		if (memchr(p, '>', (size_t)(close - p)))
			return NULL;
	}
	return close;
}

static bool references_ok(const char *p, const char *end)
{
	while ((p = memchr(p, '&', (size_t)(end - p)))) {
		size_t len = reference_at(p, (size_t)(end - p));

		if (!len)
			return false;
		p += len;
	}
	return true;
}

/* p: behind the `=` and blanks. Returns behind the value. */
static const char *take_value(struct attributes *a, const char *p, struct attribute *ret)
{
	const char *s = p;

	if (*p == '"' || *p == '\'') {
		const char *close = quoted_end(p, a->end, &ret->fault);

		if (close) {
			ret->value = (struct text){p + 1, (uint32_t)(close - p - 1)};
			ret->fault |= !references_ok(p + 1, close);
			a->after_quote = true;
			return close + 1;
		}
		for (s = ++p; s < a->end && *s != '>' && *s != '<';)
			s++;
	} else {
		while (s < a->end && !is_blank(*s) && *s != '>' && *s != '<')
			s++;
	}
	if (s < a->end && *s == '>' && s > p && s[-1] == '/')
		s--;
	ret->fault = true;
	ret->value = (struct text){p, (uint32_t)(s - p)};
	return s;
}

static const char *skip_blanks(const char *p, const char *end)
{
	while (p < end && is_blank(*p))
		p++;
	return p;
}

static bool tag_ends(struct attributes *a, const char *p)
{
	if (p == a->end) {
		a->state = TAG_UNFINISHED;
	} else if (*p == '>') {
		a->state = TAG_ENDS;
		p++;
	} else if (*p == '<') {
		a->state = TAG_CUT;
	} else if (*p == '/' && a->end - p > 1 && p[1] == '>') {
		a->state = TAG_ENDS_EMPTY;
		p += 2;
	} else {
		return false;
	}
	a->p = p;
	return true;
}

static bool ends_name(char c)
{
	return is_blank(c) || c == '=' || c == '>' || c == '<' || c == '/' || c == '"' || c == '\'';
}

bool attributes_next(struct attributes *a, struct attribute *ret)
{
	const char *p = skip_blanks(a->p, a->end), *s;

	*ret = (struct attribute){.fault = p == a->p};
	for (; !tag_ends(a, p); p++) {
		for (s = p; s < a->end && !ends_name(*s);)
			s++;
		if (s == p) {
			a->fault = true; /* a quote, `=` or `/` that belongs to nothing */
			continue;
		}
		ret->name = (struct text){p, (uint32_t)(s - p)};
		a->after_quote = false;
		ret->fault |= name_at(p, ret->name.len) != ret->name.len;
		p = skip_blanks(s, a->end);
		if (p < a->end && *p == '=') {
			p = skip_blanks(p + 1, a->end);
			if (p < a->end)
				p = take_value(a, p, ret);
		} else {
			ret->fault = true;
			ret->value = (struct text){p, 0};
		}
		a->p = p;
		a->fault |= ret->fault;
		return true;
	}
	return false;
}

/* Tags. */

#define MOST_COMPARED 16 /* attributes; a tag that has more is written anew, which looks at each */

static void start_at(const char *p, size_t n, struct token *t)
{
	struct text seen[MOST_COMPARED];
	unsigned n_seen = 0;
	struct attribute one;
	size_t most = n < LIMIT_TAG ? n : LIMIT_TAG;
	struct attributes a = attributes_of((struct text){p, (uint32_t)most}, t->name.len);

	t->kind = TOKEN_START;
	while (attributes_next(&a, &one)) {
		for (unsigned i = 0; i < n_seen && !t->fault; i++)
			t->fault = text_eq(seen[i], one.name);
		if (n_seen < MOST_COMPARED)
			seen[n_seen++] = one.name;
		else
			t->fault = true;
	}
	t->fault |= a.fault || a.state == TAG_CUT;
	t->cut = a.state == TAG_CUT;
	t->empty = a.state == TAG_ENDS_EMPTY;
	t->len = (uint32_t)(a.p - p);
	if (a.state == TAG_UNFINISHED)
		t->kind = n < LIMIT_TAG ? TOKEN_CUT : TOKEN_LONG;
}

/* </name>, and what looks like it. */
static void end_at(const char *p, size_t n, struct token *t)
{
	bool whole = n <= MOST_NAME * 2;
	const char *end = p + (whole ? n : MOST_NAME * 2);

	while (!whole && ((uint8_t)*end & 0xc0) == 0x80)
		end--; /* not within a character */
	const char *s = skip_blanks(p + 2, end);
	size_t len = name_at(s, (size_t)(end - s));

	t->name = (struct text){s, (uint32_t)len};
	t->fault = s != p + 2;
	s = skip_blanks(s + len, end);
	for (; s < end && *s != '>' && *s != '<'; s++)
		t->fault = true;
	t->cut = s == end || *s == '<';
	t->fault |= t->cut;
	t->len = (uint32_t)(s - p) + !t->cut;
	/* at the end of the text only that of feedback is sure to be whole */
	if (s == end && whole && !text_is(local_name(t->name), "feedback"))
		t->kind = TOKEN_CUT;
	else if (len)
		t->kind = TOKEN_END;
	else
		t->len = 1;
}

/*
 * From a mark to its end. Where the mark comes once more before that, this one lacks its end: so
 * nothing that is meant to be read disappears in it. What is looked through here holds no mark.
 */
static void section_at(const char *p, size_t n, const char *mark, const char *end, struct token *t)
{
	size_t room = n < LOOK ? n : LOOK, mark_len = strlen(mark), end_len = strlen(end);
	const char *inside = p + mark_len;

	room -= mark_len;
	const char *again = memmem(inside, room, mark, mark_len);
	const char *close = memmem(inside, again ? (size_t)(again - inside) : room, end, end_len);

	t->fault = !close;
	t->len = (uint32_t)(close ? (size_t)(close - p) + end_len : mark_len);
}

static void comment_at(const char *p, size_t n, struct token *t)
{
	t->kind = TOKEN_COMMENT;
	section_at(p, n, "<!--", "-->", t);
	/* `--` may not be in it, nor a `-` at its end */
	if (!t->fault && t->len > 7)
		t->fault = memmem(p + 4, t->len - 6, "--", 2) != NULL;
}

static bool is_ci(const char *p, size_t n, const char *word)
{
	size_t len = strlen(word);

	return n >= len && text_is((struct text){p, (uint32_t)len}, word);
}

/* <?target ...?>; one that holds a `<` lacks its end. */
static void pi_at(const char *p, size_t n, struct token *t)
{
	size_t most = n < LIMIT_TAG ? n : LIMIT_TAG, name = name_at(p + 2, most - 2);
	const char *open = memchr(p + 1, '<', most - 1);
	size_t room = open ? (size_t)(open - p) : most;
	const char *close = memmem(p + 2, room - 2, "?>", 2);

	if (!name)
		return;
	t->kind = name == 3 && is_ci(p + 2, 3, "xml") ? TOKEN_XML : TOKEN_PI;
	t->fault = !close || !(is_blank(p[2 + name]) || p[2 + name] == '?') ||
		   memchr(p + 2, ':', name);
	if (!close)
		close = memchr(p, '>', room);
	if (close)
		t->len = (uint32_t)(close - p) + (*close == '?' ? 2 : 1);
	else if (open)
		t->len = (uint32_t)room;
	else
		t->kind = most == n ? TOKEN_CUT : TOKEN_BARE;
}

struct token token_at(const char *p, size_t n)
{
	struct token t = {.kind = TOKEN_BARE, .fault = true, .len = 1};

	if (n < 2) {
		t.kind = TOKEN_CUT;
		return t;
	}
	t.fault = false;
	if (p[1] == '/') {
		end_at(p, n, &t);
	} else if (p[1] == '?') {
		pi_at(p, n, &t);
	} else if (p[1] != '!') {
		size_t len = name_at(p + 1, n - 1);

		t.name = (struct text){p + 1, (uint32_t)len};
		if (len && 1 + len == n)
			t.kind = TOKEN_CUT;
		else if (len && (is_blank(p[1 + len]) || memchr("/><", p[1 + len], 3)))
			start_at(p, n, &t);
	} else if (n >= 4 && memcmp(p, "<!--", 4) == 0) {
		comment_at(p, n, &t);
	} else if (n >= 9 && memcmp(p, "<![CDATA[", 9) == 0) {
		t.kind = TOKEN_CDATA;
		section_at(p, n, "<![CDATA[", "]]>", &t);
	} else if (is_ci(p, n, "<!doctype")) {
		t.kind = TOKEN_DOCTYPE;
	}
	t.fault |= t.kind == TOKEN_BARE;
	return t;
}

/* <?xml version="1.0" encoding=".." standalone=".."?>, XML 1.0 section 2.8. */
bool declaration_ok(const char *p, size_t n)
{
	static const char *const names[] = {"version", "encoding", "standalone"};
	struct attribute one;
	size_t next = 0;

	if (n < 7 || p[n - 2] != '?')
		return false;
	struct attributes a = {.p = p + 5, .end = p + n - 2};

	while (attributes_next(&a, &one)) {
		while (next && next < 3 && !text_eq(one.name, text_of(names[next])))
			next++;
		if (next == 3 || one.fault || !text_eq(one.name, text_of(names[next])))
			return false;
		if (next++ == 0 && !(one.value.len == 3 && memcmp(one.value.p, "1.", 2) == 0))
			return false;
	}
	return next > 0 && !a.fault && a.state == TAG_UNFINISHED;
}
