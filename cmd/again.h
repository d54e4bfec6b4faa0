/*
 * again - how programs that go on for ever wait for a database that is away.
 */
#ifndef CMD_AGAIN_H
#define CMD_AGAIN_H

#include "base/err.h"

#include <stdint.h>

/* How long to wait after so many failures: doubling, up to a minute; a quarter more or less, so that
 * many do not come at once. */
int64_t again_pause_ms(unsigned failures);
/* Says so, to the log and to systemd. */
void again_complain(const struct err *e, int64_t ms);

#endif
