/* JSON: an array of objects, or an object a line. */
#include "report/render.h"
#include "base/buf.h"
#include "base/text.h"

#include <string.h>

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

static void add_object(struct buf *b, const struct store_rows *rows, int row)
{
	buf_addc(b, '{');
	for (int k = 0; k < store_rows_columns(rows); k++) {
		buf_adds(b, k ? ", " : "");
		add_json(b, store_rows_name(rows, k));
		buf_adds(b, ": ");
		add_json_value(b, rows, row, k);
	}
	buf_addc(b, '}');
}

void render_json(const struct store_rows *rows, FILE *out)
{
	struct buf b = {0};

	fputs("[", out);
	for (int i = 0; i < store_rows_count(rows); i++) {
		b.len = 0;
		buf_adds(&b, i ? ",\n " : "\n ");
		add_object(&b, rows, i);
		fwrite(b.p, 1, b.len, out);
	}
	fputs(store_rows_count(rows) ? "\n]\n" : "]\n", out);
	buf_free(&b);
}

void render_jsonl(const struct store_rows *rows, FILE *out)
{
	struct buf b = {0};

	for (int i = 0; i < store_rows_count(rows); i++) {
		b.len = 0;
		add_object(&b, rows, i);
		buf_addc(&b, '\n');
		fwrite(b.p, 1, b.len, out);
	}
	buf_free(&b);
}
