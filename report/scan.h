/*
 * scan - the statement of a report: :names of parameters to $1.., where they are no part of a
 * string, a quoted name, a comment or a cast.
 */
#ifndef REPORT_SCAN_H
#define REPORT_SCAN_H

#include "report/file.h"

/* The caller frees it. A :name that is no parameter stays as it is. Numbers f's parameters. */
char *report_scan(struct report_file *f, const char *sql);
/* The same with the values in their places, as literals, without the comments in front: for people to
 * run. values: as report_file_bind gives them. The caller frees it. */
char *report_scan_literal(const struct report_file *f, const char *sql, char *const *values);
/* Where in sql the byte at `at` of what report_scan makes of it comes from. */
size_t report_scan_origin(const struct report_file *f, const char *sql, size_t at);
/* The begin of a second statement; NULL if there is none. */
const char *report_scan_second(const char *sql);

#endif
