#include "report/report.h"
#include "report/file.h"
#include "report/foot.h"
#include "report/mistake.h"
#include "report/render.h"
#include "report/sections.h"
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int report_format_of(const char *name, enum report_format *ret_f, struct err *e)
{
	static const char *const names[] = {"table", "json", "jsonl", "csv", "tsv", "markdown"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0) {
			*ret_f = (enum report_format)i;
			return 0;
		}
	return err_set(e, ERR_CONFIG, "there is no format '%s'; there are: table, json, jsonl, "
		       "csv, tsv, markdown", name);
}

/* The value given for the parameter `domain`; NULL if it takes none, or all. */
static const char *domain_of(const struct report_file *f, char *const values[REPORT_PARAMS])
{
	for (size_t i = 0; i < f->n_params; i++)
		if (f->params[i].number && strcmp(f->params[i].name, "domain") == 0)
			return values[f->params[i].number - 1];
	return NULL;
}

/* Runs the statement with its values and prints the rows. */
static int print_rows(struct store *s, const struct conf *c, const struct report_file *file,
		      char *const values[REPORT_PARAMS], enum report_format f, FILE *out,
		      char **ret_excerpt, struct err *e)
{
	struct store_rows *rows = NULL;
	struct render_how how = render_how_of(out);
	AUTO_FREE char *foot = NULL;

	if (store_query(s, file->sql, file->n_used, (const char *const *)values, &rows,
			e) < 0) {
		*ret_excerpt = report_mistake(file, store_mistake(s), e);
		return -1;
	}
	int rc = 0;

	if (file->evidence && (f == REPORT_TABLE || f == REPORT_MARKDOWN))
		rc = report_foot(s, c, domain_of(file, values), &foot, e);
	how.title = file->title;
	how.about = file->about;
	how.foot = foot;
	how.lines = file->lines;
	if (rc == 0) {
		render(rows, f, &how, out);
		if (fflush(out) != 0 || ferror(out))
			rc = err_set(e, ERR_TEMP, "writing the report: %s", strerror(errno));
	}
	store_rows_free(rows);
	return rc;
}

/* Frees file. */
static int run(struct store *s, const struct conf *c, struct report_file *file,
	       const struct report_param *params, size_t n_params, enum report_format f, FILE *out,
	       char **ret_excerpt, struct err *e)
{
	char *values[REPORT_PARAMS] = {0};

	if (file->n_sections) {
		int done = report_sections(s, c, file, params, n_params, f, out, ret_excerpt, e);

		report_file_free(file);
		return done;
	}
	int rc = report_file_bind(file, params, n_params, values, e);

	if (rc == 0)
		rc = print_rows(s, c, file, values, f, out, ret_excerpt, e);
	for (int i = 0; i < file->n_used; i++)
		free(values[i]);
	report_file_free(file);
	return rc;
}

int report_run(struct store *s, const struct conf *c, const char *name,
	       const struct report_param *params, size_t n_params, enum report_format f, FILE *out,
	       char **ret_excerpt, struct err *e)
{
	struct report_file file = {0};

	*ret_excerpt = NULL;
	if (report_file_find(c, name, &file, e) < 0 || store_snapshot(s, e) < 0) {
		report_file_free(&file);
		return -1;
	}
	return run(s, c, &file, params, n_params, f, out, ret_excerpt, e);
}

int report_query(struct store *s, const struct conf *c, const char *name,
		 const struct report_param *params, size_t n_params, enum report_format f,
		 FILE *out, struct err *e)
{
	struct report_file file = {0};
	AUTO_FREE char *excerpt = NULL;

	if (report_query_find(c, name, &file, e) < 0)
		return -1;
	return run(s, c, &file, params, n_params, f, out, &excerpt, e);
}

int report_query_rows(struct store *s, const struct conf *c, const char *name,
		      const struct report_param *params, size_t n_params,
		      struct store_rows **ret_rows, struct err *e)
{
	struct report_file file = {0};
	char *values[REPORT_PARAMS] = {0};

	if (report_query_find(c, name, &file, e) < 0)
		return -1;
	int rc = report_file_bind(&file, params, n_params, values, e);

	if (rc == 0)
		rc = store_query(s, file.sql, file.n_used, (const char *const *)values, ret_rows,
				 e);
	for (int i = 0; i < file.n_used; i++)
		free(values[i]);
	report_file_free(&file);
	return rc;
}

/* "--since DATE", "--param days=INTEGER" */
static void add_option(struct buf *b, const struct report_file_param *p)
{
	static const char *const options[] = {"since", "domain", "source", "ip", "gateway",
					     "limit"};
	struct buf option = {0};
	bool own = true;

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		own = own && strcmp(p->name, options[i]) != 0;
	buf_printf(&option, own ? "--param %s=" : "--%s ", p->name);
	for (const char *t = report_file_type(p->type); *t; t++)
		buf_addc(&option, (char)(*t - 'a' + 'A'));
	buf_printf(b, "  %-28s ", buf_cstr(&option));
	buf_free(&option);
}

int report_help(const struct conf *c, const char *name, FILE *out, struct err *e)
{
	struct report_file file = {0};
	struct buf b = {0};

	if (report_file_find(c, name, &file, e) < 0)
		return -1;
	text_add_visible(&b, text_of(file.title));
	buf_addc(&b, '\n');
	if (file.about)
		render_add_wrapped(&b, file.about, 0);
	buf_adds(&b, file.n_params ? "\n" : "\nIt takes no parameters.\n");
	for (size_t i = 0; i < file.n_params; i++) {
		const struct report_file_param *p = &file.params[i];

		add_option(&b, p);
		text_add_visible(&b, text_of(p->meaning));
		if (p->has_standard) {
			buf_adds(&b, *p->meaning ? " (default " : "(default ");
			text_add_visible(&b, text_of(p->standard ? p->standard : "all"));
			buf_addc(&b, ')');
		} else {
			buf_adds(&b, *p->meaning ? " (needed)" : "(needed)");
		}
		buf_addc(&b, '\n');
	}
	buf_printf(&b, "\nIts SQL is in ");
	text_add_visible(&b, text_of(file.path));
	buf_addc(&b, '\n');
	fwrite(b.p, 1, b.len, out);
	buf_free(&b);
	report_file_free(&file);
	return 0;
}

struct listing {
	const struct conf *c;
	FILE *out;
	int width; /* of the names */
};

static int widen(void *ctx, const char *name, const char *path, struct err *e)
{
	struct listing *l = ctx;
	int n = (int)strlen(name);

	(void)path;
	(void)e;
	l->width = n > l->width ? n : l->width;
	return 0;
}

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
	buf_printf(&line, "%*s", (int)line.len < l->width ? l->width - (int)line.len : 0, "");
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
	struct listing l = {c, out, 0};

	if (report_file_each(c, widen, &l, e) < 0)
		return -1;
	return report_file_each(c, list_one, &l, e);
}
