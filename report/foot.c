#include "report/foot.h"
#include "base/buf.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

/* The value of the column in the first row; NULL if there is neither. */
static const char *cell(const struct store_rows *rows, const char *name)
{
	for (int k = 0; store_rows_count(rows) && k < store_rows_columns(rows); k++)
		if (strcmp(store_rows_name(rows, k), name) == 0)
			return store_rows_value(rows, 0, k);
	return NULL;
}

/* "1 message", "30 messages" */
static void add_count(struct buf *b, const char *n, const char *thing)
{
	buf_printf(b, "%s %s%s", n, thing, strcmp(n, "1") == 0 ? "" : "s");
}

static char *sentence(const struct store_rows *rows)
{
	const char *as_of = cell(rows, "as_of"), *settled = cell(rows, "last_settled_day");
	const char *seen = cell(rows, "reporters_seen"), *of = cell(rows, "reporters_expected");
	const char *messages = cell(rows, "unverified_messages");
	const char *reports = cell(rows, "unverified_reports");
	struct buf b = {0};

	if (as_of) /* "2026-11-22 04:10:33.5+00": to the minute */
		buf_printf(&b, "As of %.16s UTC; ", as_of);
	if (settled)
		buf_printf(&b, "settled to %s", settled);
	else
		buf_adds(&b, "no day is settled yet");
	/* Those seen are not all of those expected, nor the other way round: two numbers. */
	if (seen) {
		buf_adds(&b, "; ");
		add_count(&b, seen, "reporter");
		buf_adds(&b, " seen");
	}
	if (of)
		buf_printf(&b, ", %s expected", of);
	if (messages && reports && strcmp(reports, "0") != 0) {
		buf_adds(&b, "; + ");
		add_count(&b, messages, "message");
		buf_adds(&b, " in ");
		add_count(&b, reports, "unverified report");
	}
	buf_adds(&b, ".");
	char *all = xstrdup(buf_cstr(&b));

	buf_free(&b);
	return all;
}

int report_foot(struct store *s, const struct conf *c, const char *domain, char **ret,
		struct err *e)
{
	struct report_file f = {0};
	struct store_rows *rows = NULL;
	char *values[REPORT_PARAMS] = {0};
	struct report_param given = {"domain", domain ? domain : "all"};

	if (report_query_find(c, "evidence", &f, e) < 0)
		return -1;
	int rc = report_file_bind(&f, &given, f.n_params ? 1 : 0, values, e);

	if (rc == 0)
		rc = store_query(s, f.sql, f.n_used, (const char *const *)values, &rows, e);
	if (rc == 0)
		*ret = sentence(rows);
	else
		err_wrap(e, "%s", f.path);
	store_rows_free(rows);
	for (int i = 0; i < f.n_used; i++)
		free(values[i]);
	report_file_free(&f);
	return rc;
}
