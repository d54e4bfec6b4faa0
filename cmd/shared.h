/*
 * shared - one connection to the database for the questions of several threads: one statement at a
 * time, each short. After an error it is opened again at the next question.
 */
#ifndef CMD_SHARED_H
#define CMD_SHARED_H

#include "base/err.h"

#include <stdbool.h>

struct conf;
struct shared;
struct store;

/* Connects at the first question. c outlives it. */
struct shared *shared_new(const struct conf *c);
void shared_free(struct shared *sh);

/*
 * Calls ask when it is our turn, and gives back what that says. One that fails although the
 * connection was in order before (the server was restarted meanwhile) is asked once more on a new
 * one, for which up to ten seconds are waited. -1 without a call: *e.
 */
int shared_ask(struct shared *sh, int (*ask)(void *ctx, struct store *s, struct err *e), void *ctx,
	       struct err *e) MUST_CHECK;

/* True if the last try to connect found no database; *ret_why says it. */
bool shared_is_away(struct shared *sh, struct err *ret_why);
/* From now on nobody waits for a database that is away. */
void shared_hurry(struct shared *sh);

#endif
