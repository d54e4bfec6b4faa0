/* For spreadsheets and programs that read cells: CSV (RFC 4180) and tab-separated values. */
#include "report/render.h"
#include "base/buf.h"
#include "base/text.h"

#include <string.h>

/*
 * A cell that begins like a formula gets an apostrophe in front, or a spreadsheet would run what a
 * stranger wrote. Numbers stay as they are.
 */
static bool is_formula(const char *s)
{
	return *s && strchr("=+-@\t\r", *s);
}

static void add_csv(struct buf *b, const char *s, bool text, bool visible)
{
	struct buf cell = {0};

	if (text && is_formula(s))
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

/*
 * As COPY takes it (FORMAT text), whose escapes text_add_visible's are: so what is hidden or what a
 * terminal obeys is escaped, and comes out of COPY as it was.
 */
static void add_tsv(struct buf *b, const char *s, bool text, bool visible)
{
	static const char special[] = "\t\n\r\\", letters[] = "tnr\\";

	(void)visible;
	if (text && is_formula(s))
		buf_addc(b, '\'');
	while (*s) {
		size_t n = strcspn(s, special);

		text_add_visible(b, (struct text){s, (uint32_t)n});
		s += n;
		if (*s)
			buf_printf(b, "\\%c", letters[strchr(special, *s++) - special]);
	}
}

typedef void add_cell_fn(struct buf *b, const char *s, bool text, bool visible);

/* A line of names, then a line a row; NULL is an empty cell. */
static void render_cells(const struct store_rows *rows, const struct render_how *how, FILE *out,
			 add_cell_fn *add, const char *gap, const char *end)
{
	struct buf b = {0};
	int n = store_rows_columns(rows);

	for (int k = 0; k < n; k++) {
		buf_adds(&b, k ? gap : "");
		add(&b, store_rows_name(rows, k), true, how->terminal);
	}
	buf_adds(&b, end);
	for (int i = 0; i < store_rows_count(rows); i++) {
		for (int k = 0; k < n; k++) {
			const char *value = store_rows_value(rows, i, k);

			buf_adds(&b, k ? gap : "");
			if (value && store_rows_is_bool(rows, k))
				buf_adds(&b, *value == 't' ? "true" : "false");
			else if (value)
				add(&b, value, !store_rows_is_number(rows, k), how->terminal);
		}
		buf_adds(&b, end);
		fwrite(b.p, 1, b.len, out);
		b.len = 0;
	}
	fwrite(b.p ? b.p : "", 1, b.len, out);
	buf_free(&b);
}

void render_csv(const struct store_rows *rows, const struct render_how *how, FILE *out)
{
	render_cells(rows, how, out, add_csv, ",", "\r\n");
}

void render_tsv(const struct store_rows *rows, const struct render_how *how, FILE *out)
{
	render_cells(rows, how, out, add_tsv, "\t", "\n");
}
