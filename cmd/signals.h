/*
 * signals - SIGINT and SIGTERM ask for a clean end; the second one ends at once.
 */
#ifndef CMD_SIGNALS_H
#define CMD_SIGNALS_H

#include <stdbool.h>

/* From now on; a descriptor to poll that is readable once an end was asked for. */
int signals_begin(void);
bool signals_stop_asked(void);

#endif
