/*
 * report - the door of report/: from SQL files to what people read.
 *
 * A report is one SQL file whose first comment lines say title and parameters (see
 * sql/reports/README in the tree and ruadb(1)). No report is written in C. Rows are rendered as
 * table, JSON, CSV, TSV or Markdown; what strangers wrote is escaped for where it goes.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "base/conf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdio.h>

struct store;
struct store_rows;

enum report_format { REPORT_TABLE, REPORT_JSON, REPORT_JSONL, REPORT_CSV, REPORT_TSV,
		     REPORT_MARKDOWN };

/* -1 for an unknown name (ERR_CONFIG with the list of names). */
int report_format_of(const char *name, enum report_format *ret_f, struct err *e) MUST_CHECK;

struct report_param {
	const char *name, *value;
};

/*
 * Finds NAME.sql in [report] reports_dir and in the shipped folder, runs it, prints it to out: all
 * of it in one transaction that only reads. A mistake in the file is told with its line and column,
 * and *ret_excerpt is that line with a mark below (the caller's to free; NULL if there is none).
 */
int report_run(struct store *s, const struct conf *c, const char *name,
	       const struct report_param *params, size_t n_params, enum report_format f, FILE *out,
	       char **ret_excerpt, struct err *e) MUST_CHECK;
/* The same for sql/queries/NAME.sql: lists that commands print. */
int report_query(struct store *s, const struct conf *c, const char *name,
		 const struct report_param *params, size_t n_params, enum report_format f,
		 FILE *out, struct err *e) MUST_CHECK;
/* The same, and gives the rows (store_rows_free) in place of printing them. */
int report_query_rows(struct store *s, const struct conf *c, const char *name,
		      const struct report_param *params, size_t n_params,
		      struct store_rows **ret_rows, struct err *e) MUST_CHECK;
/* What the report is, and its parameters. */
int report_help(const struct conf *c, const char *name, FILE *out, struct err *e) MUST_CHECK;
/* The schema explained, as Markdown or as the manual page ruadb-schema(7). */
int report_schema_doc(struct store *s, const struct conf *c, bool man, FILE *out,
		      struct err *e) MUST_CHECK;
/* One line a report: name, title. */
int report_list(const struct conf *c, FILE *out, struct err *e) MUST_CHECK;

/* `ruadb export`: the stored reports in the shape of another program's output. */
enum report_shape { REPORT_PARSEDMARC_JSON, REPORT_PARSEDMARC_CSV };

/* -1 for an unknown name (ERR_CONFIG with the list of names). */
int report_shape_of(const char *name, enum report_shape *ret_s, struct err *e) MUST_CHECK;
/*
 * Prints all counted reports, one after the other, in flat memory. params: since, domain.
 * sender: who sent each, too, behind what the shape has.
 * Times that the shape has in local time are of TZ, else of the system's time zone.
 */
int report_export(struct store *s, const struct conf *c, enum report_shape shape, bool sender,
		  const struct report_param *params, size_t n_params, FILE *out,
		  struct err *e) MUST_CHECK;

#endif
