/*
 * charset - the character sets that reports may come in, kept open for iconv.
 *
 * glibc loads a module the first time a character set is asked for; behind the sandbox that fails.
 * So all of them are opened before, both ways, and kept for the life of the process: a later
 * iconv_open of the same finds them loaded.
 */
#ifndef PARSE_CHARSET_H
#define PARSE_CHARSET_H

#include "base/text.h"

/* Opens all of them once; those that the system does not have are left out. */
void charset_open_all(void);

/*
 * The name for iconv_open of a character set that was opened, whatever is between its letters and
 * digits (`utf8`, `iso8859_1`, `Shift-JIS`); the name of its alias where it has one. NULL: unknown.
 */
const char *charset_find(struct text name);

#endif
