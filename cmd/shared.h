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
 * Waits for its turn, and up to ten seconds for a database that went away; NULL: *e (nothing has
 * to be given back). Else shared_give follows, with the result of what was asked: a negative one
 * gives the connection up.
 */
struct store *shared_take(struct shared *sh, struct err *e) MUST_CHECK;
void shared_give(struct shared *sh, int rc);

/* True if the last try to connect found no database; *ret_why says it. */
bool shared_is_away(struct shared *sh, struct err *ret_why);
/* From now on nobody waits for a database that is away. */
void shared_hurry(struct shared *sh);

#endif
