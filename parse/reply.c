/* The code and the enhanced code in front; the text as it is. */
#include "parse/reply.h"

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static uint32_t digits(struct text t, uint32_t at)
{
	uint32_t n = at;

	while (n < t.len && digit(t.p[n]))
		n++;
	return n - at;
}

/* "4.7.0" at `at`; its length, 0: none. */
static uint32_t enhanced(struct text t, uint32_t at)
{
	uint32_t n = at, d;

	if (n >= t.len || (t.p[n] != '2' && t.p[n] != '4' && t.p[n] != '5'))
		return 0;
	for (int i = 0; i < 3; i++) {
		d = digits(t, n);
		if (d < 1 || d > 3)
			return 0;
		n += d;
		if (i < 2 && (n >= t.len || t.p[n++] != '.'))
			return 0;
	}
	return n == t.len || t.p[n] == ' ' ? n - at : 0;
}

void reply_generalise(struct text text, struct buf *pattern, struct buf *values,
		      struct reply *ret)
{
	*ret = (struct reply){0};
	if (text.len > LIMIT_LOG_REPLY)
		text.len = LIMIT_LOG_REPLY;
	if (digits(text, 0) == 3 && (text.len == 3 || text.p[3] == ' ' || text.p[3] == '-')) {
		ret->smtp_code = (uint16_t)((text.p[0] - '0') * 100 + (text.p[1] - '0') * 10 +
					    text.p[2] - '0');
		ret->enhanced.len = enhanced(text, 4);
		if (ret->enhanced.len)
			ret->enhanced.p = text.p + 4;
	}
	for (uint32_t i = 0; i < text.len && pattern->len + 6 <= LIMIT_LOG_REPLY; i++) {
		if (text.p[i] != '{' && text.p[i] != '}') {
			buf_addc(pattern, text.p[i]);
			continue;
		}
		if (values->len)
			buf_addc(values, '\x1f');
		buf_addc(values, text.p[i]);
		buf_adds(pattern, "{text}");
	}
}
