/*
 * orgdomain - the organizational domain of a name (RFC 7489 section 3.2) by the public suffix list,
 * the newer one of what libpsl brings along and what the system has (package publicsuffix).
 * Both parts of the list count, ICANN's and the private one.
 *
 * One list a process, read once by orgdomain_load; without it orgdomain_of uses what libpsl was
 * built with. After loading, threads may call orgdomain_of side by side.
 */
#ifndef BASE_ORGDOMAIN_H
#define BASE_ORGDOMAIN_H

#include "base/text.h"

#include <stdint.h>

#define ORGDOMAIN_NAME 253 /* bytes of the longest name (RFC 1035 2.3.4, without its last dot) */

/* Reads the system's list if it is newer. Call it before a sandbox closes the files. */
void orgdomain_load(void);

/*
 * The organizational domain of name, which is trimmed, ASCII lower case, without a dot at the end:
 * a tail of name itself, so it lives as long as that. What has none (a public suffix, a single
 * label, an address, more than 253 bytes, not UTF-8) is its own. Absent gives absent.
 */
struct text orgdomain_of(struct text name);

/* Is name a public suffix, below which anybody may register? */
bool orgdomain_is_suffix(struct text name);

/* When the list was made, Unix seconds; 0: not known. */
int64_t orgdomain_list_time(void);

#endif
