#include "report/sections.h"
#include "report/foot.h"
#include "report/mistake.h"
#include "report/render.h"
#include "report/scan.h"
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct section {
	struct report_file file;
	struct store_rows *rows;
	char *query; /* with its values; NULL: not wanted */
};

struct sections {
	const struct report_file *whole;
	struct section *v;
	size_t n;
	char *foot;
};

static void sections_free(struct sections *all)
{
	for (size_t i = 0; i < all->n; i++) {
		store_rows_free(all->v[i].rows);
		free(all->v[i].query);
		report_file_free(&all->v[i].file);
	}
	free(all->v);
	free(all->foot);
}

/* Reads one section and runs it; *ret_domain (if it has none yet) the value of its parameter. */
static int run_one(struct store *s, struct sections *all, const struct report_param *params,
		   size_t n_params, char **ret_domain, char **ret_excerpt, struct err *e)
{
	struct section *x = &all->v[all->n];
	char *values[REPORT_PARAMS] = {0};

	if (report_file_section(all->whole, all->n, &x->file, e) < 0)
		return -1;
	all->n++;
	int rc = report_file_bind(&x->file, params, n_params, values, e);

	if (rc == 0 && (rc = store_query(s, x->file.sql, x->file.n_used,
					 (const char *const *)values, &x->rows, e)) < 0)
		*ret_excerpt = report_mistake(&x->file, store_mistake(s), e);
	if (rc == 0 && x->file.queries)
		x->query = report_scan_literal(&x->file, x->file.source, values);
	for (size_t i = 0; rc == 0 && i < x->file.n_params; i++) {
		const struct report_file_param *p = &x->file.params[i];

		if (!*ret_domain && p->number && strcmp(p->name, "domain") == 0 &&
		    values[p->number - 1])
			*ret_domain = xstrdup(values[p->number - 1]);
	}
	for (int i = 0; i < x->file.n_used; i++)
		free(values[i]);
	return rc;
}

static bool left_out(const struct section *x)
{
	return x->file.optional && !store_rows_count(x->rows);
}

/* ---- table and Markdown ---- */

static void put(struct buf *b, FILE *out)
{
	fwrite(b->p ? b->p : "", 1, b->len, out);
	buf_free(b);
}

static void print_heading(const char *title, const char *marks, bool markdown, FILE *out)
{
	struct buf b = {0};

	if (markdown) {
		buf_printf(&b, "%s ", marks);
		render_add_markdown(&b, title, strlen(title));
		buf_adds(&b, "\n\n");
	} else {
		text_add_visible(&b, text_of(title));
		buf_addc(&b, '\n');
	}
	put(&b, out);
}

/* The first column of each row as a line. */
static void print_words(const struct store_rows *rows, const struct render_how *how, bool markdown,
			FILE *out)
{
	struct buf b = {0}, value = {0};

	for (int i = 0; i < store_rows_count(rows); i++) {
		value.len = 0;
		render_add_value(&value, rows, i, 0);
		buf_adds(&b, "- ");
		if (markdown) {
			render_add_markdown(&b, value.p ? value.p : "", value.len);
			buf_addc(&b, '\n');
		} else {
			render_add_wrapped(&b, buf_cstr(&value), how->width ? how->width - 2 : 0);
		}
	}
	if (!store_rows_count(rows))
		buf_adds(&b, markdown ? "No rows.\n" : "no rows\n");
	buf_free(&value);
	put(&b, out);
}

static void print_about(const char *about, const struct render_how *how, bool markdown, FILE *out)
{
	struct buf b = {0};

	if (!about)
		return;
	if (markdown) {
		render_add_markdown(&b, about, strlen(about));
		buf_addc(&b, '\n');
	} else {
		render_add_wrapped(&b, about, how->width);
	}
	put(&b, out);
}

static void print_section(const struct section *x, const struct render_how *of, bool markdown,
			  FILE *out)
{
	struct render_how how = *of;

	how.lines = x->file.lines;
	fputc('\n', out);
	print_heading(x->file.section_title, "###", markdown, out);
	print_about(x->file.about, &how, markdown, out);
	if (x->file.about && markdown)
		fputc('\n', out);
	if (x->file.words)
		print_words(x->rows, &how, markdown, out);
	else
		render(x->rows, markdown ? REPORT_MARKDOWN : REPORT_TABLE, &how, out);
}

/* Values of parameters are in it as literals: no line of it can be a fence. */
static void print_queries(const struct sections *all, bool markdown, FILE *out)
{
	struct buf b = {0};

	buf_adds(&b, markdown ? "\n### Queries\n\n" : "\nQueries\n");
	buf_adds(&b, "Each section is what its query gives; `ruadb sql` runs it.\n");
	for (size_t i = 0; i < all->n; i++) {
		const struct section *x = &all->v[i];

		if (left_out(x) || !x->query)
			continue;
		if (markdown) {
			buf_adds(&b, "\n");
			render_add_markdown(&b, x->file.section_title,
					    strlen(x->file.section_title));
			buf_printf(&b, ":\n\n```sql\n%s;\n```\n", x->query);
		} else {
			buf_printf(&b, "\n-- %s\n%s;\n", x->file.section_title, x->query);
		}
	}
	put(&b, out);
}

static void print_text(const struct sections *all, bool markdown, FILE *out)
{
	struct render_how how = render_how_of(out);

	how.plain_names = true;
	print_heading(all->whole->title, "##", markdown, out);
	print_about(all->whole->about, &how, markdown, out);
	for (size_t i = 0; i < all->n; i++)
		if (!left_out(&all->v[i]))
			print_section(&all->v[i], &how, markdown, out);
	if (all->foot) {
		fputc('\n', out);
		print_about(all->foot, &how, markdown, out);
	}
	if (all->whole->queries)
		print_queries(all, markdown, out);
}

/* ---- JSON ---- */

static void print_json(const struct sections *all, FILE *out)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct section *x = &all->v[i];
		struct buf b = {0};

		buf_adds(&b, i ? ", " : "{");
		text_add_json(&b, text_of(x->file.section));
		buf_adds(&b, ": {\"title\": ");
		text_add_json(&b, text_of(x->file.section_title));
		if (x->query) {
			buf_adds(&b, ", \"query\": ");
			text_add_json(&b, text_of(x->query));
		}
		buf_adds(&b, ", \"rows\": ");
		put(&b, out);
		render_json(x->rows, out);
		fputc('}', out);
	}
	fputs("}\n", out);
}

int report_sections(struct store *s, const struct conf *c, const struct report_file *file,
		    const struct report_param *params, size_t n_params, enum report_format f,
		    FILE *out, char **ret_excerpt, struct err *e)
{
	struct sections all = {.whole = file};
	AUTO_FREE char *domain = NULL;
	int rc = 0;

	if (f != REPORT_TABLE && f != REPORT_JSON && f != REPORT_MARKDOWN)
		return err_set(e, ERR_CONFIG, "this report has several sections: its formats are "
			       "table, json and markdown");
	all.v = xcalloc(file->n_sections, sizeof(*all.v));
	while (rc == 0 && all.n < file->n_sections)
		rc = run_one(s, &all, params, n_params, &domain, ret_excerpt, e);
	if (rc == 0 && file->evidence && f != REPORT_JSON)
		rc = report_foot(s, c, domain, &all.foot, e);
	if (rc == 0 && f == REPORT_JSON)
		print_json(&all, out);
	else if (rc == 0)
		print_text(&all, f == REPORT_MARKDOWN, out);
	if (rc == 0 && (fflush(out) != 0 || ferror(out)))
		rc = err_set(e, ERR_TEMP, "writing the report: %s", strerror(errno));
	sections_free(&all);
	return rc;
}
