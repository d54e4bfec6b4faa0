#include "report/scan.h"

#include <ctype.h>
#include <stdint.h>
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

static const char *const casts[] = {"date", "text", "text", "bigint", "boolean", "inet"};

/* 'text', or E'text' where something in it can't be seen, or is a backslash. */
static void add_literal(struct buf *out, const char *value)
{
	bool escaped = strchr(value, '\\') != NULL;

	for (const char *p = value; *p; p++)
		escaped = escaped || (unsigned char)*p < ' ' || *p == 0x7f;
	buf_adds(out, escaped ? "E'" : "'");
	for (const char *p = value; *p; p++) {
		if (*p == '\'' || (escaped && *p == '\\'))
			buf_addc(out, *p);
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			buf_printf(out, "\\x%02x", (unsigned)(unsigned char)*p);
		else
			buf_addc(out, *p);
	}
	buf_addc(out, '\'');
}

static void add_param(struct buf *out, const struct report_file_param *p, char *const *values)
{
	const char *cast = casts[p->type];

	if (!values)
		buf_printf(out, "$%d::%s", p->number, cast);
	else if (!p->number || !values[p->number - 1])
		buf_printf(out, "NULL::%s", cast);
	else {
		add_literal(out, values[p->number - 1]);
		buf_printf(out, "::%s", cast);
	}
}

/*
 * The statement of sql into out, until that has more than `until` bytes. Returns what of sql the
 * byte at `until` comes from. values: put in as literals; NULL: $1 and so on.
 */
static size_t scan(const struct report_file *f, const char *sql, char *const *values,
		   struct buf *out, size_t until)
{
	const char *p = sql;
	char before = ' ';

	for (size_t n, at; *p; p += n, before = p[-1]) {
		at = out->len;
		n = as_it_stands(p, before);
		int i = -1;

		if (!n && *p == ':')
			i = param_at(f, p + 1, &n), n++;
		n = n ? n : 1;
		if (i >= 0)
			add_param(out, &f->params[i], values);
		else
			buf_add(out, p, n);
		if (out->len > until)
			return (size_t)(p - sql) + (i >= 0 ? 0 : until - at);
	}
	return (size_t)(p - sql);
}

/* Marks what sql asks for: PostgreSQL refuses values that a statement has no use for. */
static void number_params(struct report_file *f, const char *sql)
{
	char before = ' ';

	f->n_used = 0;
	for (size_t i = 0; i < f->n_params; i++)
		f->params[i].number = 0;
	for (size_t n; *sql; sql += n, before = sql[-1]) {
		n = as_it_stands(sql, before);
		int i = !n && *sql == ':' ? param_at(f, sql + 1, &n) : -1;

		n += i >= 0 || !n;
		if (i >= 0)
			f->params[i].number = 1;
	}
	for (size_t i = 0; i < f->n_params; i++)
		if (f->params[i].number)
			f->params[i].number = ++f->n_used;
}

char *report_scan(struct report_file *f, const char *sql)
{
	struct buf out = {0};

	number_params(f, sql);
	scan(f, sql, NULL, &out, SIZE_MAX);
	char *all = xstrdup(buf_cstr(&out));

	buf_free(&out);
	return all;
}

char *report_scan_literal(const struct report_file *f, const char *sql, char *const *values)
{
	struct buf out = {0};

	while (*sql == '\n' || strncmp(sql, "--", 2) == 0)
		sql += strcspn(sql, "\n") + (sql[strcspn(sql, "\n")] == '\n');
	scan(f, sql, values, &out, SIZE_MAX);
	while (out.len && (isspace((unsigned char)out.p[out.len - 1]) || out.p[out.len - 1] == ';'))
		out.len--;
	char *all = xstrdup(buf_cstr(&out));

	buf_free(&out);
	return all;
}

size_t report_scan_origin(const struct report_file *f, const char *sql, size_t at)
{
	struct buf out = {0};
	size_t origin = scan(f, sql, NULL, &out, at);

	buf_free(&out);
	return origin;
}

const char *report_scan_second(const char *sql)
{
	bool ended = false;
	char before = ' ';

	for (size_t n; *sql; sql += n, before = sql[-1]) {
		bool comment_here = strncmp(sql, "--", 2) == 0 || strncmp(sql, "/*", 2) == 0;

		n = as_it_stands(sql, before);
		if (ended && !comment_here && !isspace((unsigned char)*sql) && *sql != ';')
			return sql;
		ended = ended || (!n && *sql == ';');
		n = n ? n : 1;
	}
	return NULL;
}
