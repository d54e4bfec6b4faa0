#include "report/render.h"
#include "base/buf.h"
#include "base/text.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/* Texts are cut to no less than this where the terminal is too narrow: room for most addresses. */
#define LEAST_WIDTH 16
#define WORDS_WIDTH 100
#define GAP "  "

/* One character of well-formed UTF-8 at p: its bytes, and the columns it takes in *ret_columns. */
static size_t character(const char *p, size_t left, int *ret_columns)
{
	const unsigned char *s = (const unsigned char *)p;
	size_t n = s[0] < 0x80 ? 1 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	wchar_t c = n == 1 ? s[0] : s[0] & (0x7f >> n);

	n = n < left ? n : left;
	for (size_t i = 1; i < n; i++)
		c = c << 6 | (s[i] & 0x3f);
	int columns = wcwidth(c);

	*ret_columns = columns < 0 ? 1 : columns;
	return n;
}

static int columns_of(const char *p, size_t n)
{
	int sum = 0, columns;

	for (size_t i = 0; i < n; sum += columns)
		i += character(p + i, n - i, &columns);
	return sum;
}

/* Appends a cell of exactly that width; what is longer is cut and ends with an ellipsis. */
static void add_cell(struct buf *b, const char *p, size_t n, int width, bool right)
{
	int have = columns_of(p, n), columns;

	if (have > width) {
		int sum = 0;

		for (size_t i = 0; i < n;) {
			size_t step = character(p + i, n - i, &columns);

			if (sum + columns > width - 1)
				break;
			buf_add(b, p + i, step);
			sum += columns;
			i += step;
		}
		buf_adds(b, "\u2026");
		buf_printf(b, "%*s", width - 1 - sum, "");
		return;
	}
	if (right)
		buf_printf(b, "%*s", width - have, "");
	buf_add(b, p, n);
	if (!right)
		buf_printf(b, "%*s", width - have, "");
}

static void add_value(struct buf *b, const struct store_rows *rows, int row, int column, int width)
{
	struct buf value = {0};

	render_add_value(&value, rows, row, column);
	add_cell(b, value.p ? value.p : "", value.len, width, store_rows_is_number(rows, column));
	buf_free(&value);
}

/* Width of each column, its name included. */
static int *widths(const struct store_rows *rows)
{
	int n = store_rows_columns(rows);
	int *w = xcalloc((size_t)n + 1, sizeof(*w));
	struct buf value = {0};

	for (int k = 0; k < n; k++) {
		const char *name = store_rows_name(rows, k);

		w[k] = columns_of(name, strlen(name));
		for (int i = 0; i < store_rows_count(rows); i++) {
			value.len = 0;
			render_add_value(&value, rows, i, k);
			int have = columns_of(value.p ? value.p : "", value.len);

			w[k] = have > w[k] ? have : w[k];
		}
	}
	buf_free(&value);
	return w;
}

static int width_of(const int *w, int n)
{
	int sum = -(int)strlen(GAP);

	for (int k = 0; k < n; k++)
		sum += w[k] + (int)strlen(GAP);
	return sum;
}

/*
 * How many columns there is room for, at least one: those on the right are left out until the rest
 * fits, with texts cut to LEAST_WIDTH where they must; numbers are never cut.
 */
static int columns_that_fit(const struct store_rows *rows, const int *w, int width)
{
	int n = store_rows_columns(rows), sum = -(int)strlen(GAP);

	for (int k = 0; width && k < n; k++) {
		bool cut = !store_rows_is_number(rows, k) && w[k] > LEAST_WIDTH;

		sum += (cut ? LEAST_WIDTH : w[k]) + (int)strlen(GAP);
		if (k && sum > width)
			return k;
	}
	return n;
}

/* Takes from the widest text columns until all fits. Returns the number of columns to print. */
static int narrow(const struct store_rows *rows, int *w, int width)
{
	int n = columns_that_fit(rows, w, width);

	for (int over = width ? width_of(w, n) - width : 0; over > 0; over--) {
		int widest = -1;

		for (int k = 0; k < n; k++)
			if (!store_rows_is_number(rows, k) && w[k] > LEAST_WIDTH &&
			    (widest < 0 || w[k] > w[widest]))
				widest = k;
		if (widest < 0)
			break;
		w[widest]--;
	}
	return n;
}

static void add_left_out(struct buf *b, const struct store_rows *rows, int from)
{
	if (from == store_rows_columns(rows))
		return;
	buf_adds(b, "(no room for: ");
	for (int k = from; k < store_rows_columns(rows); k++)
		buf_printf(b, "%s%s", k > from ? ", " : "", store_rows_name(rows, k));
	buf_adds(b, ")\n");
}

static void end_line(struct buf *b)
{
	while (b->len && b->p[b->len - 1] == ' ')
		b->len--;
	buf_addc(b, '\n');
}

static void add_bold(struct buf *b, const struct render_how *how, const char *on)
{
	if (how->colour)
		buf_adds(b, on);
}

static void columns_layout(struct buf *b, const struct store_rows *rows,
			   const struct render_how *how)
{
	AUTO_FREE int *w = widths(rows);
	int n = narrow(rows, w, how->width);

	for (int k = 0; k < n; k++) {
		const char *name = store_rows_name(rows, k);

		buf_adds(b, k ? GAP : "");
		add_cell(b, name, strlen(name), w[k], store_rows_is_number(rows, k));
	}
	end_line(b);
	for (int k = 0; k < n; k++) {
		buf_adds(b, k ? GAP : "");
		for (int i = 0; i < w[k]; i++)
			buf_addc(b, '-');
	}
	end_line(b);
	for (int i = 0; i < store_rows_count(rows); i++) {
		for (int k = 0; k < n; k++) {
			buf_adds(b, k ? GAP : "");
			add_value(b, rows, i, k, w[k]);
		}
		end_line(b);
	}
	add_left_out(b, rows, n);
}

static void lines_layout(struct buf *b, const struct store_rows *rows)
{
	AUTO_FREE int *w = widths(rows);
	int n = store_rows_columns(rows), names = 0, values = 0;

	for (int k = 0; k < n; k++) {
		const char *name = store_rows_name(rows, k);
		int have = columns_of(name, strlen(name));

		names = have > names ? have : names;
		for (int i = 0; i < store_rows_count(rows); i++) {
			const char *value = store_rows_value(rows, i, k);
			int wide = store_rows_is_number(rows, k) && value ? (int)strlen(value) : 1;

			values = wide > values ? wide : values;
		}
	}
	for (int i = 0; i < store_rows_count(rows); i++) {
		buf_adds(b, i ? "\n" : "");
		for (int k = 0; k < n; k++) {
			const char *name = store_rows_name(rows, k);
			bool number = store_rows_is_number(rows, k);

			add_cell(b, name, strlen(name), names, false);
			buf_adds(b, GAP);
			add_value(b, rows, i, k, number ? values : w[k]);
			end_line(b);
		}
	}
}

void render_add_wrapped(struct buf *b, const char *words, int width)
{
	struct buf text = {0};
	int column = 0;

	if (!width || width > WORDS_WIDTH)
		width = WORDS_WIDTH;
	text_add_visible(&text, text_of(words));
	for (const char *p = buf_cstr(&text); *p;) {
		size_t n = strcspn(p, " ");
		int columns = columns_of(p, n);

		if (column && column + 1 + columns > width) {
			buf_addc(b, '\n');
			column = 0;
		}
		if (column) {
			buf_addc(b, ' ');
			column++;
		}
		buf_add(b, p, n);
		column += columns;
		p += n + strspn(p + n, " ");
	}
	buf_addc(b, '\n');
	buf_free(&text);
}

static void add_title(struct buf *b, const struct render_how *how)
{
	if (!how->title)
		return;
	add_bold(b, how, "\033[1m");
	text_add_visible(b, text_of(how->title));
	add_bold(b, how, "\033[0m");
	buf_addc(b, '\n');
	if (how->about)
		render_add_wrapped(b, how->about, how->width);
	buf_addc(b, '\n');
}

/* Column names keep their underscores: so SQL and the other formats call them. */
void render_table(const struct store_rows *rows, const struct render_how *how, FILE *out)
{
	/* wcwidth wants a locale that knows more than ASCII, whatever the user's is. */
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	locale_t before = utf8 ? uselocale(utf8) : (locale_t)0;
	struct buf b = {0};

	add_title(&b, how);
	if (!store_rows_count(rows))
		buf_adds(&b, "no rows\n");
	else if (how->lines)
		lines_layout(&b, rows);
	else
		columns_layout(&b, rows, how);
	if (how->foot) {
		buf_addc(&b, '\n');
		render_add_wrapped(&b, how->foot, how->width);
	}
	fwrite(b.p ? b.p : "", 1, b.len, out);
	buf_free(&b);
	if (utf8) {
		uselocale(before);
		freelocale(utf8);
	}
}
