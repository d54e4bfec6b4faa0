/*
 * foot - the line below a report with `evidence: yes` that says what its figures rest on: as of
 * when, settled to which day, how many of the reporters, what nobody has proven. Out of
 * sql/queries/evidence.sql, whose columns it knows by name.
 */
#ifndef REPORT_FOOT_H
#define REPORT_FOOT_H

#include "report/file.h"

struct store;

/* domain: the report's parameter of that name; NULL for all. The caller frees *ret. */
int report_foot(struct store *s, const struct conf *c, const char *domain, char **ret,
		struct err *e) MUST_CHECK;

#endif
