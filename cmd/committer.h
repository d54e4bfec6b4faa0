/*
 * committer - the store thread: commits batches while the main thread goes on.
 *
 * Batches are committed in the order given. After the first failure nothing more is committed.
 * wake_fd is readable when something happened.
 */
#ifndef CMD_COMMITTER_H
#define CMD_COMMITTER_H

#include "cmd/piece.h"

struct committer;

/* s and st are used by its thread until committer_free. */
int committer_new(struct store *s, struct store_stage *st, struct committer **ret_c,
		  struct err *e) MUST_CHECK;
/* Commits what was given, unless something failed before; then its thread is gone. */
void committer_finish(struct committer *c);
void committer_free(struct committer *c);

int committer_wake_fd(const struct committer *c);
/* Takes b. */
void committer_give(struct committer *c, struct batch *b);
/* Batches that are not committed yet. */
size_t committer_backlog(struct committer *c);
/* Batches that are through, in their order, the caller's now; NULL: none. Resets wake_fd. What of
 * them is committed says store_item.durable. */
struct batch *committer_take_done(struct committer *c);
/* -1: a commit failed; *e says why. */
int committer_check(struct committer *c, struct err *e) MUST_CHECK;

#endif
