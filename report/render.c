#include "report/render.h"
#include "base/buf.h"
#include "base/text.h"

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
	case REPORT_JSONL:
		render_jsonl(rows, out);
		break;
	case REPORT_CSV:
		render_csv(rows, how, out);
		break;
	case REPORT_TSV:
		render_tsv(rows, how, out);
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
