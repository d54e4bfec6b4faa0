/*
 * commit - what tests may turn to make bad luck happen. For store/ and its tests only.
 */
#ifndef STORE_COMMIT_H
#define STORE_COMMIT_H

#include "store/db.h"

/* How long a lost database is waited for. */
extern int store_reconnect_ms;
/* Runs the COMMIT of a batch; db_run but in tests. */
extern int (*store_commit_hook)(struct store *s, const char *sql, struct err *e);

#endif
