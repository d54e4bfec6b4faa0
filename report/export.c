/*
 * The shapes of parsedmarc (its versions 10): the JSON of its aggregate reports and its CSV. What a
 * row holds is SQL (sql/queries/parsedmarc-*.sql); here it is written as that program writes it.
 */
#include "report/file.h"
#include "report/indent.h"
#include "report/report.h"
#include "base/orgdomain.h"
#include "base/text.h"
#include "store/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int report_shape_of(const char *name, enum report_shape *ret_s, struct err *e)
{
	static const char *const names[] = {"parsedmarc-json", "parsedmarc-csv"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0) {
			*ret_s = (enum report_shape)i;
			return 0;
		}
	return err_set(e, ERR_CONFIG, "there is no shape '%s'; there are: parsedmarc-json, "
		       "parsedmarc-csv", name);
}

/* ---- the parameters that are ours: zone and names ---- */

/* Name of the local time zone, as PostgreSQL knows it. The caller's to free. */
static char *local_zone(void)
{
	const char *tz = getenv("TZ"), *at;
	char link[256];
	ssize_t n;

	if (tz && *tz == ':')
		tz++;
	if (tz && *tz)
		return xstrdup(tz);
	n = readlink("/etc/localtime", link, sizeof(link) - 1);
	if (n > 0) {
		link[n] = '\0';
		at = strstr(link, "zoneinfo/");
		if (at)
			return xstrdup(at + strlen("zoneinfo/"));
	}
	return xstrdup("UTC");
}

/* One name of a reporter; a name with a blank is no domain and stays. */
static int add_name(void *ctx, const struct store_rows *row, struct err *e)
{
	struct buf *b = ctx, lower = {0};

	(void)e;
	if (!store_rows_count(row) || !store_rows_value(row, 0, 0))
		return 0;
	const char *name = store_rows_value(row, 0, 0);

	if (!*name || strchr(name, ' '))
		return 0;
	text_add_name(&lower, text_of(name));
	struct text whole = text_of(buf_cstr(&lower)), org = orgdomain_of(whole);

	/* what has no organizational domain, like Yahoo, keeps its capitals */
	if (org.len != whole.len || memchr(whole.p, '.', whole.len)) {
		buf_adds(b, b->len > 1 ? "," : "");
		text_add_json(b, text_of(name));
		buf_addc(b, ':');
		text_add_json(b, org);
	}
	buf_free(&lower);
	return 0;
}

/* {"mail.example.com":"example.com", ..} for all reporters there are. The caller's to free. */
static char *org_names(struct store *s, struct err *e)
{
	struct buf b = {0};

	orgdomain_load();
	buf_addc(&b, '{');
	if (store_query_each(s, "SELECT DISTINCT org_name FROM dmarc_aggregate_report "
				"WHERE tenant_id = tenant()", 0, NULL, add_name, &b, e) < 0) {
		buf_free(&b);
		return NULL;
	}
	buf_addc(&b, '}');
	buf_cstr(&b);
	return b.p;
}

/* ---- writing ---- */

#define OURS 4 /* columns that say who sent a report */

struct writer {
	FILE *out;
	bool begun;    /* the header, or a report */
	bool records;  /* of the open report */
	int left_out;  /* columns at the end that parsedmarc does not have */
	struct buf line;
};

static int flush_line(struct writer *w, struct err *e)
{
	if (w->line.len && fwrite(w->line.p, 1, w->line.len, w->out) != w->line.len)
		return err_set(e, ERR_TEMP, "writing: %s", strerror(errno));
	w->line.len = 0;
	return 0;
}

/* As Python's csv module; but what a spreadsheet would take for a formula gets an apostrophe. */
static void add_cell(struct buf *b, const char *s, bool text)
{
	bool formula = text && *s && strchr("=+-@\t\r", *s);

	if (!strpbrk(s, ",\"\r\n")) {
		buf_printf(b, "%s%s", formula ? "'" : "", s);
		return;
	}
	buf_adds(b, formula ? "\"'" : "\"");
	for (; *s; s++) {
		if (*s == '"')
			buf_addc(b, '"');
		buf_addc(b, *s);
	}
	buf_addc(b, '"');
}

static int csv_row(void *ctx, const struct store_rows *row, struct err *e)
{
	struct writer *w = ctx;
	int n = store_rows_columns(row) - w->left_out;

	for (int k = 0; !w->begun && k < n; k++)
		buf_printf(&w->line, "%s%s", k ? "," : "", store_rows_name(row, k));
	buf_adds(&w->line, w->begun ? "" : "\r\n");
	w->begun = true;
	for (int k = 0; store_rows_count(row) && k < n; k++) {
		const char *value = store_rows_value(row, 0, k);

		buf_adds(&w->line, k ? "," : "");
		if (value && store_rows_is_bool(row, k))
			buf_adds(&w->line, *value == 't' ? "True" : "False");
		else if (value)
			add_cell(&w->line, value, !store_rows_is_number(row, k));
	}
	buf_adds(&w->line, store_rows_count(row) ? "\r\n" : "");
	return flush_line(w, e);
}

static void end_report(struct writer *w)
{
	if (w->begun)
		buf_adds(&w->line, w->records ? "\n    ]\n  }" : "]\n  }");
}

/* A report's head is an object that is open until its records have come. */
static int json_row(void *ctx, const struct store_rows *row, struct err *e)
{
	struct writer *w = ctx;

	if (!store_rows_count(row))
		return 0;
	const char *head = store_rows_value(row, 0, 0), *record = store_rows_value(row, 0, 1);

	if (head) {
		end_report(w);
		buf_adds(&w->line, w->begun ? ",\n  " : "[\n  ");
		json_indent(&w->line, head, 1);
		w->line.len -= strlen("\n  }");
		buf_adds(&w->line, ",\n    \"records\": [");
		w->begun = true;
		w->records = false;
	}
	if (record) {
		buf_adds(&w->line, w->records ? ",\n      " : "\n      ");
		json_indent(&w->line, record, 3);
		w->records = true;
	}
	return flush_line(w, e);
}

static int write_all(struct store *s, const struct report_file *f, char *const *values,
		     enum report_shape shape, bool sender, FILE *out, struct err *e)
{
	struct writer w = {.out = out, .left_out = sender ? 0 : OURS};
	int rc = store_query_each(s, f->sql, f->n_used, (const char *const *)values,
				  shape == REPORT_PARSEDMARC_CSV ? csv_row : json_row, &w, e);

	if (rc == 0 && shape == REPORT_PARSEDMARC_JSON) {
		end_report(&w);
		buf_adds(&w.line, w.begun ? "\n]\n" : "[]\n");
		rc = flush_line(&w, e);
	}
	buf_free(&w.line);
	if (rc == 0 && (fflush(out) != 0 || ferror(out)))
		rc = err_set(e, ERR_TEMP, "writing: %s", strerror(errno));
	return rc;
}

int report_export(struct store *s, const struct conf *c, enum report_shape shape, bool sender,
		  const struct report_param *params, size_t n_params, FILE *out, struct err *e)
{
	AUTO_FREE char *zone = local_zone(), *names = org_names(s, e);
	struct report_param all[5];
	char *values[REPORT_PARAMS] = {0};
	struct report_file f = {0};
	size_t n = 0;
	int rc = -1;

	if (!names)
		return -1;
	for (size_t i = 0; i < n_params && i < 2; i++)
		all[n++] = params[i];
	all[n++] = (struct report_param){"names", names};
	if (shape == REPORT_PARSEDMARC_JSON) {
		all[n++] = (struct report_param){"zone", zone};
		all[n++] = (struct report_param){"sender", sender ? "yes" : "no"};
	}
	const char *name = shape == REPORT_PARSEDMARC_CSV ? "parsedmarc-csv" : "parsedmarc-json";

	if (report_query_find(c, name, &f, e) < 0)
		return -1;
	if (report_file_bind(&f, all, n, values, e) == 0)
		rc = write_all(s, &f, values, shape, sender, out, e);
	if (rc < 0 && e->class != ERR_TEMP)
		e->class = ERR_CONFIG; /* a time zone that the server does not know, a broken file */
	for (int i = 0; i < f.n_used; i++)
		free(values[i]);
	report_file_free(&f);
	return rc;
}
