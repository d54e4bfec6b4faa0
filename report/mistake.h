/*
 * mistake - what PostgreSQL says of a statement, told of the file it was written in: the place in
 * the statement with $1.. is brought back to file, line and column.
 */
#ifndef REPORT_MISTAKE_H
#define REPORT_MISTAKE_H

#include "report/file.h"
#include "store/store.h"

/*
 * Puts the file, and where it is known line and column, before the message of *e. Returns the line
 * with a mark below the place, and what PostgreSQL advises; NULL if there is neither. The caller
 * frees it. An error that is not the file's (the server is away) stays what it is.
 */
char *report_mistake(const struct report_file *f, const struct store_mistake *m, struct err *e);

#endif
