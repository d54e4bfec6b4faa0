#include "report/scan.h"

#include <ctype.h>
#include <string.h>

static bool in_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

/* Length of 'text', E'text' or "name" from its first quote on. */
static size_t quoted(const char *p, bool backslash)
{
	char quote = *p;
	size_t n = 1;

	while (p[n]) {
		if (backslash && p[n] == '\\' && p[n + 1]) {
			n += 2;
		} else if (p[n] == quote && p[n + 1] == quote) {
			n += 2;
		} else if (p[n++] == quote) {
			break;
		}
	}
	return n;
}

/* Length of a comment of slash and star; they nest. */
static size_t comment(const char *p)
{
	size_t n = 2;
	int depth = 1;

	while (p[n] && depth) {
		int step = p[n] == '*' && p[n + 1] == '/' ? -1 : p[n] == '/' && p[n + 1] == '*';

		depth += step;
		n += step ? 2 : 1;
	}
	return n;
}

/* Length of $tag$ ... $tag$, 1 if this $ begins none. */
static size_t dollars(const char *p)
{
	size_t tag = 1;

	while (in_name(p[tag]))
		tag++;
	if (p[tag] != '$' || isdigit((unsigned char)p[1]))
		return 1;
	tag++;
	for (const char *q = p + tag; (q = strchr(q, '$')); q++)
		if (strncmp(q, p, tag) == 0)
			return (size_t)(q - p) + tag;
	return strlen(p);
}

/* Length of what is copied as it stands. before: the character in front of p. */
static size_t as_it_stands(const char *p, char before)
{
	if (*p == '\'')
		return quoted(p, before == 'E' || before == 'e');
	if (*p == '"')
		return quoted(p, false);
	if (p[0] == '-' && p[1] == '-')
		return strcspn(p, "\n");
	if (p[0] == '/' && p[1] == '*')
		return comment(p);
	if (*p == '$' && !in_name(before))
		return dollars(p);
	if (p[0] == ':' && p[1] == ':')
		return 2;
	return 0;
}

/* Index of the parameter whose name begins at p, -1 if there is none; *ret_n its length. */
static int param_at(const struct report_file *f, const char *p, size_t *ret_n)
{
	size_t n = 0;

	while (in_name(p[n]))
		n++;
	*ret_n = n;
	for (size_t i = 0; i < f->n_params; i++)
		if (strlen(f->params[i].name) == n && strncmp(f->params[i].name, p, n) == 0)
			return (int)i;
	return -1;
}

char *report_scan(const struct report_file *f, const char *sql)
{
	static const char *const casts[] = {"date", "text", "text", "bigint", "boolean"};
	struct buf out = {0};
	char before = ' ';

	for (size_t n; *sql; sql += n, before = sql[-1]) {
		n = as_it_stands(sql, before);
		if (!n && *sql == ':') {
			int i = param_at(f, sql + 1, &n);

			n++;
			if (i >= 0) {
				buf_printf(&out, "$%d::%s", i + 1, casts[f->params[i].type]);
				continue;
			}
		}
		n = n ? n : 1;
		buf_add(&out, sql, n);
	}
	char *all = xstrdup(buf_cstr(&out));

	buf_free(&out);
	return all;
}
