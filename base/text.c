#include "base/text.h"
#include "base/buf.h"

#include <string.h>

struct text text_of(const char *s)
{
	return s ? (struct text){s, (uint32_t)strlen(s)} : TEXT_ABSENT;
}

struct text text_trim(struct text t)
{
	if (!t.p)
		return t;
	while (t.len && (unsigned char)t.p[0] <= 0x20) {
		t.p++;
		t.len--;
	}
	while (t.len && (unsigned char)t.p[t.len - 1] <= 0x20)
		t.len--;
	return t;
}

bool text_eq(struct text a, struct text b)
{
	if (!a.p || !b.p)
		return !a.p && !b.p;
	return a.len == b.len && memcmp(a.p, b.p, a.len) == 0;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool text_is(struct text t, const char *s)
{
	uint32_t i;

	for (i = 0; i < t.len && s[i]; i++)
		if (lower(t.p[i]) != s[i])
			return false;
	return t.p && i == t.len && !s[i];
}

/* Length of the well-formed sequence at s, 0 if there is none. */
static size_t sequence(const unsigned char *s, size_t left)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};

	if (s[0] < 0x80)
		return s[0] != 0;
	size_t n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	uint32_t c = s[0] & (0xffu >> (n + 1));

	if (s[0] < 0xc2 || s[0] > 0xf4 || n > left)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	return c >= least[n] && c <= 0x10ffff && (c < 0xd800 || c > 0xdfff) ? n : 0;
}

bool text_utf8_ok(const char *p, size_t len)
{
	const unsigned char *s = (const unsigned char *)p;

	while (len) {
		uint64_t w;

		if (len >= 8) {
			memcpy(&w, s, 8);
			/* no high bit and no zero byte: eight ASCII characters at once */
			if (!((w | (w - 0x0101010101010101u)) & 0x8080808080808080u)) {
				s += 8;
				len -= 8;
				continue;
			}
		}
		size_t n = sequence(s, len);

		if (!n)
			return false;
		s += n;
		len -= n;
	}
	return true;
}

void text_add_name(struct buf *b, struct text t)
{
	t = text_trim(t);
	while (t.len && t.p[t.len - 1] == '.')
		t.len--;
	char *to = buf_take(b, t.len);

	for (uint32_t i = 0; i < t.len; i++)
		to[i] = lower(t.p[i]);
}

static bool hidden(const unsigned char *s, size_t n)
{
	if (n == 1)
		return s[0] < 0x20 || s[0] == 0x7f;
	if (n == 2)
		return s[0] == 0xc2 && s[1] < 0xa0;
	/* U+200B..U+200F, U+202A..U+202E, U+2060..U+2069, U+FEFF: text that hides or turns text */
	return n == 3 && ((s[0] == 0xe2 && s[1] == 0x80 && ((s[2] >= 0x8b && s[2] <= 0x8f) ||
							     (s[2] >= 0xaa && s[2] <= 0xae))) ||
			  (s[0] == 0xe2 && s[1] == 0x81 && s[2] >= 0xa0 && s[2] <= 0xa9) ||
			  (s[0] == 0xef && s[1] == 0xbb && s[2] == 0xbf));
}

void text_add_visible(struct buf *b, struct text t)
{
	const unsigned char *s = (const unsigned char *)t.p;
	size_t left = t.len;

	while (left) {
		size_t n = sequence(s, left);

		if (n && !hidden(s, n)) {
			buf_add(b, s, n);
		} else {
			if (!n)
				n = 1;
			for (size_t i = 0; i < n; i++)
				buf_printf(b, "\\x%02x", s[i]);
		}
		s += n;
		left -= n;
	}
}

void text_add_json(struct buf *b, struct text t)
{
	buf_addc(b, '"');
	for (uint32_t i = 0; i < t.len; i++) {
		unsigned char c = (unsigned char)t.p[i];

		if (c == '"' || c == '\\') {
			buf_addc(b, '\\');
			buf_addc(b, (char)c);
		} else if (c < 0x20 || c == 0x7f) {
			buf_printf(b, "\\u%04x", c);
		} else {
			buf_addc(b, (char)c);
		}
	}
	buf_addc(b, '"');
}
