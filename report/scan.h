/*
 * scan - the statement of a report: :names of parameters to $1.., where they are no part of a
 * string, a quoted name, a comment or a cast.
 */
#ifndef REPORT_SCAN_H
#define REPORT_SCAN_H

#include "report/file.h"

/* The caller frees it. A :name that is no parameter stays as it is. */
char *report_scan(const struct report_file *f, const char *sql);

#endif
