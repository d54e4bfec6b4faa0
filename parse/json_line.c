#include "parse/json_line.h"

#include <string.h>

static void skip_blanks(struct json_line *j)
{
	while (j->p < j->end && (*j->p == ' ' || *j->p == '\t' || *j->p == '\r' || *j->p == '\n'))
		j->p++;
}

static bool take(struct json_line *j, char c)
{
	if (j->p == j->end || *j->p != c)
		return false;
	j->p++;
	return true;
}

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10
	     : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The four digits of \uXXXX; -1: they are none. */
static int32_t four(const char *p, const char *end)
{
	int32_t v = 0;

	if (end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		if (hex(p[i]) < 0)
			return -1;
		v = v << 4 | hex(p[i]);
	}
	return v;
}

static bool string(struct json_line *j, struct text *ret, bool *ret_escaped)
{
	const char *begin;

	*ret_escaped = false;
	if (!take(j, '"'))
		return false;
	for (begin = j->p; j->p < j->end && *j->p != '"'; j->p++) {
		if ((uint8_t)*j->p < ' ')
			return false;
		if (*j->p != '\\')
			continue;
		*ret_escaped = true;
		if (++j->p == j->end || !strchr("\"\\/bfnrtu", *j->p) || !*j->p ||
		    (*j->p == 'u' && four(j->p + 1, j->end) < 0))
			return false;
	}
	*ret = (struct text){begin, (uint32_t)(j->p - begin)};
	return take(j, '"');
}

static bool digits(struct json_line *j)
{
	const char *begin = j->p;

	while (j->p < j->end && *j->p >= '0' && *j->p <= '9')
		j->p++;
	return j->p > begin;
}

static bool number(struct json_line *j)
{
	take(j, '-');
	if (!take(j, '0') && !digits(j))
		return false;
	if (take(j, '.') && !digits(j))
		return false;
	if (take(j, 'e') || take(j, 'E')) {
		if (!take(j, '+'))
			take(j, '-');
		return digits(j);
	}
	return true;
}

static bool word(struct json_line *j, const char *w)
{
	size_t n = strlen(w);

	if ((size_t)(j->end - j->p) < n || memcmp(j->p, w, n) != 0)
		return false;
	j->p += n;
	return true;
}

static bool value(struct json_line *j, struct json_value *ret);

/* Passes over an object or an array, without recursion: what closes each level is kept. */
static bool nested(struct json_line *j)
{
	char close[JSON_LINE_DEPTH];
	struct json_value v;
	struct text key;
	size_t depth = 0;
	bool first = true;

	do {
		if (first && (*j->p == '{' || *j->p == '[')) {
			if (depth == JSON_LINE_DEPTH)
				return false;
			close[depth++] = *j->p++ == '{' ? '}' : ']';
		}
		skip_blanks(j);
		if (take(j, close[depth - 1])) {
			depth--;
			first = false;
			continue;
		}
		if (!first && !take(j, ','))
			return false;
		skip_blanks(j);
		if (close[depth - 1] == '}') {
			if (!string(j, &key, &v.escaped))
				return false;
			skip_blanks(j);
			if (!take(j, ':'))
				return false;
			skip_blanks(j);
		}
		if (j->p == j->end)
			return false;
		first = *j->p == '{' || *j->p == '[';
		if (!first && !value(j, &v))
			return false;
	} while (depth);
	return true;
}

static bool value(struct json_line *j, struct json_value *ret)
{
	const char *begin = j->p;
	bool good;

	*ret = (struct json_value){0};
	if (j->p == j->end)
		return false;
	ret->kind = (enum json_kind)*j->p;
	switch (*j->p) {
	case '"':
		return string(j, &ret->raw, &ret->escaped);
	case '{':
	case '[':
		good = nested(j);
		break;
	case 't':
		good = word(j, "true");
		break;
	case 'f':
		good = word(j, "false");
		break;
	case 'n':
		good = word(j, "null");
		break;
	default:
		ret->kind = JSON_NUMBER;
		good = number(j);
	}
	ret->raw = (struct text){begin, (uint32_t)(j->p - begin)};
	return good;
}

bool json_line_begin(struct json_line *j, struct text t, char open)
{
	*j = (struct json_line){t.p, t.p + t.len, open == '{' ? '}' : ']', true, false, false};
	skip_blanks(j);
	j->bad = !t.p || !take(j, open);
	return !j->bad;
}

static bool member(struct json_line *j, struct text *ret_key, struct json_value *ret)
{
	bool escaped;

	*ret_key = TEXT_ABSENT;
	if (!j->first && !take(j, ','))
		return false;
	skip_blanks(j);
	if (j->close == '}') {
		if (!string(j, ret_key, &escaped))
			return false;
		skip_blanks(j);
		if (!take(j, ':'))
			return false;
		skip_blanks(j);
	}
	return value(j, ret);
}

bool json_line_next(struct json_line *j, struct text *ret_key, struct json_value *ret)
{
	if (j->bad || j->closed)
		return false;
	skip_blanks(j);
	if (take(j, j->close)) {
		j->closed = true;
		return false;
	}
	j->bad = !member(j, ret_key, ret);
	j->first = false;
	return !j->bad;
}

bool json_line_whole(const struct json_line *j)
{
	struct json_line rest = *j;

	skip_blanks(&rest);
	return !j->bad && j->closed && rest.p == rest.end;
}

/* ---- values ---- */

static void add_utf8(struct buf *b, uint32_t c)
{
	if (c < 0x80) {
		buf_addc(b, (char)c);
		return;
	}
	if (c < 0x800) {
		buf_addc(b, (char)(0xc0 | c >> 6));
	} else {
		if (c < 0x10000) {
			buf_addc(b, (char)(0xe0 | c >> 12));
		} else {
			buf_addc(b, (char)(0xf0 | c >> 18));
			buf_addc(b, (char)(0x80 | (c >> 12 & 0x3f)));
		}
		buf_addc(b, (char)(0x80 | (c >> 6 & 0x3f)));
	}
	buf_addc(b, (char)(0x80 | (c & 0x3f)));
}

/* Behind "\u": its character, with the low surrogate that follows a high one. */
static const char *add_unicode(struct buf *b, const char *p, const char *end)
{
	int32_t c = four(p, end), low;

	p += 4;
	if (c >= 0xd800 && c <= 0xdfff) {
		low = c < 0xdc00 && end - p >= 6 && p[0] == '\\' && p[1] == 'u'
			      ? four(p + 2, end) : -1;
		if (low < 0xdc00 || low > 0xdfff) {
			add_utf8(b, 0xfffd);
			return p;
		}
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
		p += 6;
	}
	add_utf8(b, (uint32_t)c);
	return p;
}

struct text json_line_string(const struct json_value *v, struct buf *b)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	const char *p = v->raw.p, *end = v->raw.p + v->raw.len;
	size_t at = b->len;

	if (v->kind != JSON_STRING)
		return TEXT_ABSENT;
	if (!v->escaped)
		return v->raw;
	while (p < end) {
		const char *back = memchr(p, '\\', (size_t)(end - p)), *which;

		buf_add(b, p, (size_t)((back ? back : end) - p));
		if (!back)
			break;
		p = back + 2;
		which = strchr(from, back[1]);
		if (back[1] == 'u')
			p = add_unicode(b, p, end);
		else
			buf_addc(b, which ? to[which - from] : back[1]);
	}
	buf_cstr(b);
	return (struct text){b->p + at, (uint32_t)(b->len - at)};
}

bool json_line_integer(const struct json_value *v, int64_t *ret)
{
	struct text t = v->raw;
	bool minus = t.len && *t.p == '-';
	int64_t n = 0;
	uint32_t i = minus;

	if (v->kind != JSON_NUMBER || memchr(t.p, 'e', t.len) || memchr(t.p, 'E', t.len))
		return false;
	for (; i < t.len && t.p[i] != '.'; i++) {
		if (i - minus >= 18)
			return false;
		n = n * 10 + (t.p[i] - '0');
	}
	*ret = minus ? -n : n;
	return true;
}
