#include "report/render.h"
#include "base/buf.h"
#include "base/text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct render_how render_how_of(FILE *out)
{
	struct render_how how = {0};
	struct winsize size = {0};
	const char *none = getenv("NO_COLOR"), *term = getenv("TERM");

	how.terminal = isatty(fileno(out)) == 1;
	if (!how.terminal)
		return how;
	if (ioctl(fileno(out), TIOCGWINSZ, &size) == 0)
		how.width = size.ws_col;
	how.colour = !(none && *none) && term && strcmp(term, "dumb") != 0;
	return how;
}

void render(const struct store_rows *rows, enum report_format f, const struct render_how *how,
	    FILE *out)
{
	switch (f) {
	case REPORT_TABLE:
		render_table(rows, how, out);
		break;
	case REPORT_JSON:
		render_json(rows, out);
		break;
	case REPORT_CSV:
		render_csv(rows, how, out);
		break;
	case REPORT_MARKDOWN:
		render_markdown(rows, how, out);
		break;
	}
}

void render_add_value(struct buf *b, const struct store_rows *rows, int row, int column)
{
	const char *value = store_rows_value(rows, row, column);

	if (!value)
		buf_addc(b, '-');
	else if (store_rows_is_bool(rows, column))
		buf_adds(b, *value == 't' ? "yes" : "no");
	else
		text_add_visible(b, text_of(value));
}

/* ---- JSON ---- */

/*
 * As text_add_json; what a terminal obeys or hides beyond ASCII (C1 controls, marks of direction
 * and of width zero) is escaped too, which says the same to a program.
 */
static void add_json(struct buf *b, const char *s)
{
	struct buf plain = {0};

	text_add_json(&plain, text_of(s));
	for (size_t i = 0; i < plain.len; i++) {
		const unsigned char *p = (const unsigned char *)plain.p + i;
		size_t left = plain.len - i;
		unsigned c = 0;

		if (p[0] == 0xc2 && left > 1 && p[1] < 0xa0) {
			c = p[1];
			i += 1;
		} else if ((p[0] == 0xe2 || p[0] == 0xef) && left > 2) {
			c = (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
			bool hides = (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
				     (c >= 0x2060 && c <= 0x2069) || c == 0xfeff;

			i += hides ? 2 : 0;
			c = hides ? c : 0;
		}
		if (c)
			buf_printf(b, "\\u%04x", c);
		else
			buf_addc(b, (char)*p);
	}
	buf_free(&plain);
}

/* PostgreSQL's numbers are JSON's, but for NaN and Infinity. */
static void add_json_value(struct buf *b, const struct store_rows *rows, int row, int column)
{
	const char *value = store_rows_value(rows, row, column);

	if (!value)
		buf_adds(b, "null");
	else if (store_rows_is_bool(rows, column))
		buf_adds(b, *value == 't' ? "true" : "false");
	else if (store_rows_is_json(rows, column) ||
		 (store_rows_is_number(rows, column) && !strpbrk(value, "NI")))
		buf_adds(b, value);
	else
		add_json(b, value);
}

void render_json(const struct store_rows *rows, FILE *out)
{
	struct buf b = {0};

	fputs("[", out);
	for (int i = 0; i < store_rows_count(rows); i++) {
		b.len = 0;
		buf_adds(&b, i ? ",\n {" : "\n {");
		for (int k = 0; k < store_rows_columns(rows); k++) {
			buf_adds(&b, k ? ", " : "");
			add_json(&b, store_rows_name(rows, k));
			buf_adds(&b, ": ");
			add_json_value(&b, rows, i, k);
		}
		buf_addc(&b, '}');
		fwrite(b.p, 1, b.len, out);
	}
	fputs(store_rows_count(rows) ? "\n]\n" : "]\n", out);
	buf_free(&b);
}

/* ---- CSV (RFC 4180) ---- */

/*
 * A cell that begins like a formula gets an apostrophe in front, or a spreadsheet would run what a
 * stranger wrote. Numbers stay as they are.
 */
static void add_csv(struct buf *b, const char *s, bool text, bool visible)
{
	struct buf cell = {0};

	if (text && *s && strchr("=+-@\t\r", *s))
		buf_addc(&cell, '\'');
	if (visible)
		text_add_visible(&cell, text_of(s));
	else
		buf_adds(&cell, s);
	const char *p = buf_cstr(&cell);

	if (!strpbrk(p, ",\"\r\n")) {
		buf_adds(b, p);
	} else {
		buf_addc(b, '"');
		for (; *p; p++) {
			if (*p == '"')
				buf_addc(b, '"');
			buf_addc(b, *p);
		}
		buf_addc(b, '"');
	}
	buf_free(&cell);
}

void render_csv(const struct store_rows *rows, const struct render_how *how, FILE *out)
{
	struct buf b = {0};
	int n = store_rows_columns(rows);

	for (int k = 0; k < n; k++) {
		buf_adds(&b, k ? "," : "");
		add_csv(&b, store_rows_name(rows, k), true, how->terminal);
	}
	buf_adds(&b, "\r\n");
	for (int i = 0; i < store_rows_count(rows); i++) {
		for (int k = 0; k < n; k++) {
			const char *value = store_rows_value(rows, i, k);

			buf_adds(&b, k ? "," : "");
			if (value && store_rows_is_bool(rows, k))
				buf_adds(&b, *value == 't' ? "true" : "false");
			else if (value)
				add_csv(&b, value, !store_rows_is_number(rows, k), how->terminal);
		}
		buf_adds(&b, "\r\n");
		fwrite(b.p, 1, b.len, out);
		b.len = 0;
	}
	fwrite(b.p ? b.p : "", 1, b.len, out);
	buf_free(&b);
}

/* ---- Markdown ---- */

/* Marks that Markdown or HTML in it would act on are escaped. */
static void add_markdown(struct buf *b, const char *s, size_t n)
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
	add_markdown(b, value.p ? value.p : "", value.len);
	buf_free(&value);
}

static void add_markdown_name(struct buf *b, const struct store_rows *rows, int column)
{
	const char *name = store_rows_name(rows, column);

	add_markdown(b, name, strlen(name));
}

static void markdown_lines(struct buf *b, const struct store_rows *rows)
{
	for (int i = 0; i < store_rows_count(rows); i++) {
		buf_adds(b, i ? "\n| | |\n|---|---:|\n" : "| | |\n|---|---:|\n");
		for (int k = 0; k < store_rows_columns(rows); k++) {
			buf_adds(b, "| ");
			add_markdown_name(b, rows, k);
			buf_adds(b, " | ");
			add_markdown_value(b, rows, i, k);
			buf_adds(b, " |\n");
		}
	}
}

static void markdown_table(struct buf *b, const struct store_rows *rows)
{
	int n = store_rows_columns(rows);

	for (int k = 0; k < n; k++) {
		buf_adds(b, "| ");
		add_markdown_name(b, rows, k);
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
		add_markdown(&b, how->title, strlen(how->title));
		buf_adds(&b, "\n\n");
	}
	if (!store_rows_count(rows))
		buf_adds(&b, "No rows.\n");
	else if (how->lines)
		markdown_lines(&b, rows);
	else
		markdown_table(&b, rows);
	fwrite(b.p ? b.p : "", 1, b.len, out);
	buf_free(&b);
}
