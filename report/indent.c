#include "report/indent.h"
#include "base/buf.h"

#include <string.h>

static void line(struct buf *b, int depth)
{
	buf_addc(b, '\n');
	while (depth-- > 0)
		buf_adds(b, "  ");
}

static const char *blank(const char *p)
{
	return p + strspn(p, " \t\r\n");
}

/* A string with its quotes; returns what is behind it. */
static const char *string(struct buf *b, const char *p)
{
	const char *end = p + 1;

	while (*end && *end != '"')
		end += end[0] == '\\' && end[1] ? 2 : 1;
	end += *end == '"';
	buf_add(b, p, (size_t)(end - p));
	return end;
}

void json_indent(struct buf *b, const char *json, int depth)
{
	for (const char *p = blank(json); *p; p = blank(p)) {
		if (*p == '"') {
			p = string(b, p);
		} else if ((*p == '{' || *p == '[') && (*blank(p + 1) == '}' || *blank(p + 1) == ']')) {
			buf_add(b, *p == '{' ? "{}" : "[]", 2);
			p = blank(p + 1) + 1;
		} else if (*p == '{' || *p == '[') {
			buf_addc(b, *p++);
			line(b, ++depth);
		} else if (*p == '}' || *p == ']') {
			line(b, --depth);
			buf_addc(b, *p++);
		} else if (*p == ',') {
			buf_addc(b, *p++);
			line(b, depth);
		} else if (*p == ':') {
			buf_adds(b, ": ");
			p++;
		} else {
			buf_addc(b, *p++);
		}
	}
}
