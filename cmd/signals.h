/*
 * signals - SIGINT and SIGTERM ask for a clean end; the second one ends at once. SIGHUP, for who
 * wants it, asks to read the configuration again.
 */
#ifndef CMD_SIGNALS_H
#define CMD_SIGNALS_H

#include <stdbool.h>

/* From now on, or still; a descriptor to poll that is readable once an end was asked for, and when
 * SIGHUP came, until signals_reload_asked. */
int signals_begin(void);
bool signals_stop_asked(void);

/* SIGHUP is ours from now on. */
void signals_want_reload(void);
/* Did SIGHUP come since the last question? */
bool signals_reload_asked(void);

#endif
