#include "report/report.h"
#include "report/file.h"
#include "report/render.h"
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int report_format_of(const char *name, enum report_format *ret_f, struct err *e)
{
	static const char *const names[] = {"table", "json", "csv", "markdown"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0) {
			*ret_f = (enum report_format)i;
			return 0;
		}
	return err_set(e, ERR_CONFIG, "there is no format '%s'; there are: table, json, csv, "
		       "markdown", name);
}

/* Frees file. */
static int run(struct store *s, struct report_file *file, const struct report_param *params,
	       size_t n_params, enum report_format f, FILE *out, struct err *e)
{
	struct store_rows *rows = NULL;
	char *values[REPORT_PARAMS] = {0};
	int rc = -1;

	if (report_file_bind(file, params, n_params, values, e) < 0)
		goto out;
	if (store_query(s, file->sql, (int)file->n_params, (const char *const *)values, &rows,
			e) < 0) {
		/* The server away stays TEMP; all else is the file's fault. */
		if (e && e->class != ERR_TEMP)
			e->class = ERR_CONFIG;
		err_wrap(e, "%s", file->path);
		goto out;
	}
	struct render_how how = render_how_of(out);

	how.title = file->title;
	how.about = file->about;
	how.lines = file->lines;
	render(rows, f, &how, out);
	rc = 0;
	if (fflush(out) != 0 || ferror(out))
		rc = err_set(e, ERR_TEMP, "writing the report: %s", strerror(errno));
out:
	if (rows)
		store_rows_free(rows);
	for (size_t i = 0; i < file->n_params; i++)
		free(values[i]);
	report_file_free(file);
	return rc;
}

int report_run(struct store *s, const struct conf *c, const char *name,
	       const struct report_param *params, size_t n_params, enum report_format f, FILE *out,
	       struct err *e)
{
	struct report_file file = {0};

	if (report_file_find(c, name, &file, e) < 0)
		return -1;
	return run(s, &file, params, n_params, f, out, e);
}

int report_query(struct store *s, const struct conf *c, const char *name,
		 const struct report_param *params, size_t n_params, enum report_format f,
		 FILE *out, struct err *e)
{
	struct report_file file = {0};

	if (report_query_find(c, name, &file, e) < 0)
		return -1;
	return run(s, &file, params, n_params, f, out, e);
}

#define NAME_WIDTH 12

struct listing {
	const struct conf *c;
	FILE *out;
};

/* A file that can't be used is listed with the reason: the others stay of use. */
static int list_one(void *ctx, const char *name, const char *path, struct err *e)
{
	struct listing *l = ctx;
	struct report_file file = {0};
	struct buf line = {0};
	struct err why;

	(void)path;
	(void)e;
	int rc = report_file_find(l->c, name, &file, &why);

	text_add_visible(&line, text_of(name));
	buf_printf(&line, "%*s", line.len < NAME_WIDTH ? (int)(NAME_WIDTH - line.len) : 0, "");
	buf_adds(&line, rc < 0 ? "  can't be used: " : "  ");
	text_add_visible(&line, text_of(rc < 0 ? why.msg : file.title));
	for (size_t i = 0; i < file.n_params; i++)
		buf_printf(&line, "%s%s", i ? ", " : "  (", file.params[i].name);
	buf_adds(&line, file.n_params ? ")\n" : "\n");
	fwrite(line.p, 1, line.len, l->out);
	buf_free(&line);
	report_file_free(&file);
	return 0;
}

int report_list(const struct conf *c, FILE *out, struct err *e)
{
	struct listing l = {c, out};

	return report_file_each(c, list_one, &l, e);
}
