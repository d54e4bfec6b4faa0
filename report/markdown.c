#include "report/render.h"
#include "base/buf.h"

#include <string.h>

void render_add_markdown(struct buf *b, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (strchr("\\`*_[]<>|~&#!", s[i]))
			buf_addc(b, '\\');
		buf_addc(b, s[i]);
	}
}

static void add_markdown_value(struct buf *b, const struct store_rows *rows, int row, int column)
{
	struct buf value = {0};

	render_add_value(&value, rows, row, column);
	render_add_markdown(b, value.p ? value.p : "", value.len);
	buf_free(&value);
}

static void add_markdown_name(struct buf *b, const struct store_rows *rows, int column,
			      const struct render_how *how)
{
	AUTO_FREE char *name = xstrdup(store_rows_name(rows, column));

	for (char *p = name; how->plain_names && *p; p++)
		*p = *p == '_' ? ' ' : *p;
	render_add_markdown(b, name, strlen(name));
}

static void markdown_lines(struct buf *b, const struct store_rows *rows,
			   const struct render_how *how)
{
	for (int i = 0; i < store_rows_count(rows); i++) {
		buf_printf(b, "%s| | |\n|---|---%s|\n", i ? "\n" : "", how->plain_names ? "" : ":");
		for (int k = 0; k < store_rows_columns(rows); k++) {
			buf_adds(b, "| ");
			add_markdown_name(b, rows, k, how);
			buf_adds(b, " | ");
			add_markdown_value(b, rows, i, k);
			buf_adds(b, " |\n");
		}
	}
}

static void markdown_table(struct buf *b, const struct store_rows *rows,
			   const struct render_how *how)
{
	int n = store_rows_columns(rows);

	for (int k = 0; k < n; k++) {
		buf_adds(b, "| ");
		add_markdown_name(b, rows, k, how);
		buf_addc(b, ' ');
	}
	buf_adds(b, "|\n");
	for (int k = 0; k < n; k++)
		buf_adds(b, store_rows_is_number(rows, k) ? "|---:" : "|---");
	buf_adds(b, "|\n");
	for (int i = 0; i < store_rows_count(rows); i++) {
		for (int k = 0; k < n; k++) {
			buf_adds(b, "| ");
			add_markdown_value(b, rows, i, k);
			buf_addc(b, ' ');
		}
		buf_adds(b, "|\n");
	}
}

void render_markdown(const struct store_rows *rows, const struct render_how *how, FILE *out)
{
	struct buf b = {0};

	if (how->title) {
		buf_adds(&b, "## ");
		render_add_markdown(&b, how->title, strlen(how->title));
		buf_adds(&b, "\n\n");
	}
	if (!store_rows_count(rows))
		buf_adds(&b, "No rows.\n");
	else if (how->lines)
		markdown_lines(&b, rows, how);
	else
		markdown_table(&b, rows, how);
	if (how->foot) {
		buf_addc(&b, '\n');
		render_add_markdown(&b, how->foot, strlen(how->foot));
		buf_addc(&b, '\n');
	}
	fwrite(b.p ? b.p : "", 1, b.len, out);
	buf_free(&b);
}
