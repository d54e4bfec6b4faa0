#include "report/doc.h"
#include "report/file.h"
#include "base/text.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

/* ---- what holds for all of it ---- */

struct part {
	const char *section; /* NULL: goes on */
	const char *words, *code;
};

static const struct part parts[] = {
	{"Description",
	 "Schema ruadb holds the views that reports, dashboards and people read. Schema ruadb_data "
	 "holds the tables below them; their shape may change with any version. The names in ruadb "
	 "are stable: columns are added at the end, and a renaming needs a reason in the CHANGELOG.",
	 NULL},
	{NULL,
	 "messages is always a number of messages, never of records. Totals are sums over what is "
	 "counted: of reports that contradict or repeat each other one counts, and reports for "
	 "domains that are not ours count in nothing. A column messages_of_record repeats the count "
	 "of a record in several rows: do not sum it.", NULL},
	{NULL,
	 "A message passes DMARC, fails, or it is unknown, where a reporter does not say enough: then "
	 "dmarc_pass is NULL. The pass rate is pass / (pass + fail). What the reporter evaluated "
	 "(dkim_evaluated, spf_evaluated), its raw results (dkim_result, spf_result) and alignment as "
	 "recomputed from these (dkim_aligned, spf_aligned) are three things. A figure that can not be "
	 "given honestly is NULL, never 0.", NULL},
	{NULL,
	 "day is a date in UTC. Every column whose name ends in _at is an instant (timestamptz). "
	 "Figures that depend on the time are as of as_of(), which is now; SET ruadb.as_of = "
	 "'2026-11-20 00:00Z' looks back.", NULL},
	{NULL,
	 "tenant_id is 1 for a single user; tenant() is the one of the session. It is the first "
	 "column of every index: WHERE tenant_id = tenant() makes a query fast.", NULL},
	{"Connecting",
	 "With psql, as a reader with search_path = ruadb:",
	 "ruadb sql\nruadb sql -c 'SELECT policy_domain, sum(messages) FROM counted_record GROUP BY 1'"},
	{NULL, "A connection string for other programs, without a password:", "ruadb db url"},
	{NULL,
	 "The private server listens on a Unix socket that only its own account may open. Grafana, "
	 "Metabase and others therefore read a server of your own (ruadb db dump moves the data "
	 "there). Give them a role that may read and nothing else:",
	 "CREATE ROLE dashboards LOGIN PASSWORD '...' IN ROLE ruadb_read;\n"
	 "ALTER ROLE dashboards SET search_path = ruadb;\n"
	 "ALTER ROLE dashboards SET timezone = 'UTC';"},
	{NULL,
	 "Grafana: data source PostgreSQL, with that role. A time series needs an instant in a column "
	 "time and comes from a day so, whatever the session's time zone is; $__timeFilter takes the "
	 "same expression:",
	 "SELECT day::timestamp AT TIME ZONE 'UTC' AS time, sum(messages) AS messages\n"
	 "FROM report_day\n"
	 "WHERE tenant_id = tenant() AND counted AND $__timeFilter(day::timestamp AT TIME ZONE 'UTC')\n"
	 "GROUP BY day ORDER BY day"},
	{NULL,
	 "Metabase: database PostgreSQL, with that role and only schema ruadb. Its question editor reads "
	 "the comments below as descriptions. Set its report time zone to UTC, so that instants fall "
	 "on the days that ruadb counts by.", NULL},
};

static void add_parts(struct buf *b, const struct doc_form *form)
{
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (parts[i].section)
			form->section(b, parts[i].section);
		form->words(b, parts[i].words);
		if (parts[i].code)
			form->code(b, parts[i].code);
	}
}

/* ---- out of the database ---- */

static int ask(struct store *s, const struct conf *c, const char *query, struct store_rows **ret,
	       struct err *e)
{
	struct report_file f = {0};

	if (report_query_find(c, query, &f, e) < 0)
		return -1;
	int rc = store_query(s, f.sql, 0, NULL, ret, e);

	if (rc < 0)
		err_wrap(e, "%s", f.path);
	report_file_free(&f);
	return rc;
}

static const char *cell(const struct store_rows *rows, int row, int column)
{
	const char *value = store_rows_value(rows, row, column);

	return value ? value : "";
}

/* Rows of view, about, name, type, words: a list each time that the view is another one. */
static int add_views(struct store *s, const struct conf *c, struct buf *b,
		     const struct doc_form *form, struct err *e)
{
	struct store_rows *rows;

	if (ask(s, c, "doc-views", &rows, e) < 0)
		return -1;
	form->section(b, "The views");
	for (int i = 0; i < store_rows_count(rows); i++) {
		if (!i || strcmp(cell(rows, i, 0), cell(rows, i - 1, 0)) != 0) {
			if (i)
				form->list_end(b);
			form->heading(b, cell(rows, i, 0));
			form->words(b, cell(rows, i, 1));
			form->list(b, "column");
		}
		form->entry(b, cell(rows, i, 2), cell(rows, i, 3), cell(rows, i, 4));
	}
	if (store_rows_count(rows))
		form->list_end(b);
	store_rows_free(rows);
	return 0;
}

/* Rows of name, type, words. */
static int add_list(struct store *s, const struct conf *c, struct buf *b,
		    const struct doc_form *form, const char *query, const char *what,
		    struct err *e)
{
	struct store_rows *rows;

	if (ask(s, c, query, &rows, e) < 0)
		return -1;
	form->list(b, what);
	for (int i = 0; i < store_rows_count(rows); i++)
		form->entry(b, cell(rows, i, 0), cell(rows, i, 1), cell(rows, i, 2));
	form->list_end(b);
	store_rows_free(rows);
	return 0;
}

/* ---- questions ---- */

/* The words behind "-- KEY: " if the line is that. */
static const char *behind(const char *line, const char *key)
{
	size_t n = strlen(key);

	return strncmp(line, "-- ", 3) == 0 && strncmp(line + 3, key, n) == 0 &&
	       strncmp(line + 3 + n, ": ", 2) == 0 ? line + n + 5 : NULL;
}

static void add_statement(struct buf *b, const struct doc_form *form, struct buf *notes,
			  struct buf *sql)
{
	while (sql->len && strchr("\n ", sql->p[sql->len - 1]))
		sql->len--;
	if (notes->len)
		form->words(b, buf_cstr(notes));
	if (sql->len)
		form->code(b, buf_cstr(sql));
	notes->len = sql->len = 0;
}

/* "-- question: ...", "-- note: ..." and a statement, again and again. */
static void add_questions(struct buf *b, const struct doc_form *form, const char *text)
{
	struct buf notes = {0}, sql = {0};
	bool begun = false;

	for (const char *p = text; *p;) {
		size_t n = strcspn(p, "\n");
		AUTO_FREE char *line = xstrndup(p, n);
		const char *question = behind(line, "question"), *note = behind(line, "note");

		if (question) {
			add_statement(b, form, &notes, &sql);
			form->heading(b, question);
			begun = true;
		} else if (note) {
			buf_printf(&notes, "%s%s", notes.len ? " " : "", note);
		} else if (begun) {
			buf_printf(&sql, "%s\n", line);
		}
		p += n + (p[n] == '\n');
	}
	add_statement(b, form, &notes, &sql);
	buf_free(&notes);
	buf_free(&sql);
}

static int add_all(struct store *s, const struct conf *c, struct buf *b, const struct doc_form *form,
		   struct err *e)
{
	AUTO_FREE char *questions = NULL;

	if (report_query_text(c, "questions", &questions, e) < 0)
		return -1;
	form->begin(b);
	add_parts(b, form);
	if (add_views(s, c, b, form, e) < 0)
		return -1;
	form->section(b, "The functions");
	if (add_list(s, c, b, form, "doc-functions", "function", e) < 0)
		return -1;
	form->section(b, "The settings");
	form->words(b, "Numbers in the definitions that are a choice; ruadb settings set NAME VALUE changes "
		       "one, view setting shows what holds.");
	if (add_list(s, c, b, form, "doc-settings", "setting", e) < 0)
		return -1;
	form->section(b, "Twelve questions");
	form->words(b, "Each is one statement for psql, Grafana or Metabase, with search_path = ruadb. They "
		       "lie in sql/queries/questions.sql.");
	add_questions(b, form, questions);
	form->end(b);
	return 0;
}

int report_schema_doc(struct store *s, const struct conf *c, bool man, FILE *out, struct err *e)
{
	struct buf b = {0};
	int rc = add_all(s, c, &b, man ? &doc_man : &doc_markdown, e);

	if (rc == 0)
		fwrite(b.p, 1, b.len, out);
	buf_free(&b);
	return rc;
}
