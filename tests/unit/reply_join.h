/*
 * reply_join - puts the values of a generalised reply back into its pattern.
 */
#ifndef TESTS_REPLY_JOIN_H
#define TESTS_REPLY_JOIN_H

#include "base/reply.h"

#include <string.h>

/* What pattern and values say together; only what begins with a known variable is one. */
static inline bool reply_join(const struct buf *pattern, struct buf *values, struct buf *to)
{
	static const char *const kinds[] = {"{address}", "{ip}", "{host}", "{id}", "{number}",
					    "{text}", NULL};
	const char *v = buf_cstr(values), *end = values->p + values->len;
	bool first = true;

	to->len = 0;
	for (size_t i = 0; i < pattern->len;) {
		const char *p = pattern->p + i;
		size_t k = 0, n = 0;

		if (*p != '{') {
			buf_addc(to, *p);
			i++;
			continue;
		}
		while (kinds[k] && strncmp(p, kinds[k], strlen(kinds[k])) != 0)
			k++;
		if (!kinds[k] || (!first && (v == end || *v++ != REPLY_SEPARATOR)))
			return false;
		while (v + n < end && v[n] != REPLY_SEPARATOR)
			n++;
		if (!n)
			return false;
		buf_add(to, v, n);
		v += n;
		first = false;
		i += strlen(kinds[k]);
	}
	return v == end;
}

/* They give back the text, unfolded. */
static inline bool reply_comes_back(const struct buf *pattern, struct buf *values, const char *p,
				    size_t n)
{
	static char to[LIMIT_LOG_REPLY];
	static struct buf got;
	struct text t = reply_unfold((struct text){p, (uint32_t)n}, to);

	return reply_join(pattern, values, &got) && got.len == t.len && memcmp(got.p, t.p, t.len) == 0;
}

#endif
