/*
 * sections - a report of several SELECTs: all of them are run, then all is printed, so that it is
 * whole or absent. JSON: one object with a member a section: title, rows, and query if the head
 * says so. Table and Markdown: each below its title. The other formats hold one table only.
 */
#ifndef REPORT_SECTIONS_H
#define REPORT_SECTIONS_H

#include "report/file.h"

struct store;

int report_sections(struct store *s, const struct conf *c, const struct report_file *file,
		    const struct report_param *params, size_t n_params, enum report_format f,
		    FILE *out, char **ret_excerpt, struct err *e) MUST_CHECK;

#endif
