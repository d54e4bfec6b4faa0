/* age - how long ago, as people write it on a command line. */
#ifndef CMD_AGE_H
#define CMD_AGE_H

#include <stdbool.h>
#include <stdint.h>

/* "90d", "4w", "12h" to seconds; false: it is none. */
bool age_parse(const char *text, int64_t *ret);

#endif
