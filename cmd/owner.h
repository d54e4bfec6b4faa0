/*
 * owner - who holds a lease, as a name: "host:pid:machine:start". A person finds the process by it,
 * and so do we: one of this machine that was killed does not hold up its successor.
 */
#ifndef CMD_OWNER_H
#define CMD_OWNER_H

#include <stdbool.h>

/* Of this process; the caller's. */
char *owner_new(void);
/* True if it was a process of this boot and this PID namespace, and is no more. text may go on
 * behind the name, after a blank. */
bool owner_is_gone(const char *text);

#endif
