/*
 * fuzz_reply - any text as a reply: its first line is the recipient. Pattern and values give the text
 * back, are UTF-8, and none is longer than allowed.
 */
#include "tests/unit/reply_join.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static _Noreturn void broken(const char *what)
{
	fprintf(stderr, "broken: %s\n", what);
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct buf pattern, values;
	const char *p = (const char *)data, *line = size ? memchr(p, '\n', size) : NULL;
	struct text recipient = {p, (uint32_t)(line ? line - p : 0)};
	size_t n = line ? size - (size_t)(line + 1 - p) : size;
	const char *text = line ? line + 1 : p;
	struct reply r;

	/* What the worker hands over is UTF-8, and not longer. */
	if (!n || n > LIMIT_LOG_REPLY / 8 || !text_utf8_ok(text, n))
		return 0;
	pattern.len = values.len = 0;
	reply_generalise((struct text){text, (uint32_t)n}, recipient, &pattern, &values, &r);
	if (!reply_comes_back(&pattern, &values, text, n))
		broken("the text does not come back");
	if (!text_utf8_ok(pattern.p, pattern.len) || !text_utf8_ok(values.p, values.len))
		broken("half a character");
	if (pattern.len > LIMIT_LOG_REPLY || values.len > LIMIT_LOG_REPLY)
		broken("too long");
	if (r.enhanced.p && (r.enhanced.p < text || r.enhanced.p + r.enhanced.len > text + n))
		broken("an enhanced code of nowhere");
	return 0;
}
