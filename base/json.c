#include "base/json.h"

#include <string.h>

#define DEPTH 8
#define DIGITS 18

struct cursor {
	const char *p, *end;
};

static bool value_ok(struct cursor *c, int depth);

static bool take(struct cursor *c, char want)
{
	if (c->p == c->end || *c->p != want)
		return false;
	c->p++;
	return true;
}

static bool take_word(struct cursor *c, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(c->end - c->p) < n || memcmp(c->p, word, n) != 0)
		return false;
	c->p += n;
	return true;
}

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* What follows a backslash. */
static bool escape_ok(struct cursor *c)
{
	if (c->p == c->end)
		return false;
	char what = *c->p++;

	if (what != 'u')
		return strchr("\"\\/bfnrt", what) && what != '\0';
	if (c->end - c->p < 4 || c->p[0] != '0' || c->p[1] != '0')
		return false;
	int high = hex(c->p[2]), low = hex(c->p[3]);

	c->p += 4;
	return high >= 0 && high < 8 && low >= 0 && high + low > 0;
}

static bool string_ok(struct cursor *c)
{
	if (!take(c, '"'))
		return false;
	while (c->p < c->end) {
		char ch = *c->p++;

		if (ch == '"')
			return true;
		if ((unsigned char)ch < 0x20 || (ch == '\\' && !escape_ok(c)))
			return false;
	}
	return false;
}

static bool number_ok(struct cursor *c)
{
	const char *start;

	take(c, '-');
	start = c->p;
	while (c->p < c->end && *c->p >= '0' && *c->p <= '9')
		c->p++;
	return c->p > start && c->p - start <= DIGITS && (*start != '0' || c->p - start == 1);
}

/* After the opening bracket, up to and with the closing one. */
static bool list_ok(struct cursor *c, char close, bool keys, int depth)
{
	if (take(c, close))
		return true;
	do {
		if (keys && !(string_ok(c) && take(c, ':')))
			return false;
		if (!value_ok(c, depth))
			return false;
	} while (take(c, ','));
	return take(c, close);
}

static bool value_ok(struct cursor *c, int depth)
{
	if (depth == DEPTH || c->p == c->end)
		return false;
	switch (*c->p) {
	case '{':
		c->p++;
		return list_ok(c, '}', true, depth + 1);
	case '[':
		c->p++;
		return list_ok(c, ']', false, depth + 1);
	case '"':
		return string_ok(c);
	case 't':
		return take_word(c, "true");
	case 'f':
		return take_word(c, "false");
	case 'n':
		return take_word(c, "null");
	default:
		return number_ok(c);
	}
}

bool json_object_ok(struct text t)
{
	struct cursor c = {t.p, t.p + t.len};

	return t.len && *t.p == '{' && value_ok(&c, 0) && c.p == c.end;
}
