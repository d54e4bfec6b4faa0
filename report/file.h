/*
 * file - a report is one SQL file. Finds it, reads the comment lines at its head, and turns the
 * :names of its parameters into $1, $2 ...
 *
 *	-- title: Senders by pass and fail
 *	-- about: One line or several: what the rows are.
 *	-- param: since date default all First day (UTC), or 30d: that many days back
 *	-- layout: lines
 *
 * A parameter has a name, a type (date, text, domain, integer, boolean, address), may have a
 * default, and words that say what it is. `all` as a value is NULL: the statement must take NULL
 * for "any". In the statement :since becomes $1::date and so on; not in strings, quoted names or
 * comments. layout: lines prints each row as lines of name and value, in table and Markdown.
 * evidence: yes adds what the figures rest on below them, there too (report/foot.h).
 *
 * A report may have several sections, each a SELECT of its own behind a line
 *
 *	-- section: KEY Title of the section
 *
 * and lines about, layout and optional of its own. layout: words prints a row's one text as a line
 * of its own; optional: yes leaves a section without rows out. queries: yes, in the head, prints the
 * statement of each section with the values in it.
 * Lines with other words are ignored, so that a file may say more to a later version.
 *
 * Does not know the database. A struct report_file owns its memory: report_file_free.
 */
#ifndef REPORT_FILE_H
#define REPORT_FILE_H

#include "base/buf.h"
#include "base/conf.h"
#include "base/err.h"
#include "report/report.h"

#include <stdbool.h>

#define REPORT_PARAMS 16

enum param_type { PARAM_DATE, PARAM_TEXT, PARAM_DOMAIN, PARAM_INTEGER, PARAM_BOOLEAN,
		  PARAM_ADDRESS };

struct report_file_param {
	char *name, *meaning;
	enum param_type type;
	bool has_standard;
	char *standard; /* NULL: all */
	int number;     /* it is $number; 0: the statement has no use for it */
};

struct report_file {
	char *path, *title, *about;
	bool lines, words, evidence, optional, queries;
	char *section, *section_title; /* of report_file_section */
	size_t n_sections; /* then sql is NULL */
	struct report_file_param params[REPORT_PARAMS];
	size_t n_params;
	int n_used;
	char *source; /* the file */
	char *sql;    /* with $1.. in it */
};

/* Parses the text of a file. Owns nothing of text. A mistake is told with its line. */
int report_file_parse(struct report_file *f, const char *path, const char *text, bool titled,
		      struct err *e) MUST_CHECK;
/* Finds NAME.sql, first in [report] reports_dir, then in the shipped folder; ERR_CONFIG with the
 * names there are if there is none. */
int report_file_find(const struct conf *c, const char *name, struct report_file *f,
		     struct err *e) MUST_CHECK;
/* The same for sql/queries/NAME.sql, which only the program itself runs and which needs no title. */
int report_query_find(const struct conf *c, const char *name, struct report_file *f,
		      struct err *e) MUST_CHECK;
/* The text of sql/queries/NAME.sql, which may hold several statements; the caller frees it. */
int report_query_text(const struct conf *c, const char *name, char **ret,
		      struct err *e) MUST_CHECK;
void report_file_free(struct report_file *f);
/* Section i (from 0 on) of a file that has some, as a file of its own: line numbers are those of the
 * whole, parameters those that this section uses. */
int report_file_section(const struct report_file *whole, size_t i, struct report_file *ret_f,
			struct err *e) MUST_CHECK;
const char *report_file_type(enum param_type type);
/* Is that a value of this type? */
int report_file_check(enum param_type type, const char *value, struct err *e) MUST_CHECK;

/*
 * The values for $1.. to $n_used; NULL is SQL's NULL. Unknown names, missing and malformed values
 * are ERR_CONFIG. All of ret_values are the caller's to free, also after -1.
 */
int report_file_bind(const struct report_file *f, const struct report_param *params, size_t n,
		     char *ret_values[REPORT_PARAMS], struct err *e) MUST_CHECK;

/* Calls each for every report there is, sorted by name; one of reports_dir hides a shipped one. */
int report_file_each(const struct conf *c,
		     int (*each)(void *ctx, const char *name, const char *path, struct err *e),
		     void *ctx, struct err *e) MUST_CHECK;

#endif
