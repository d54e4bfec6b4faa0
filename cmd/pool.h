/*
 * pool - several workers side by side, and what happens when one ends (design 2).
 *
 * Jobs go in, answers come out through the frame_handler; whatever the worker does, each job is
 * answered, has failed, or is given back by pool_free. Workers are started when there is work.
 *
 * When a worker ends by a fault of its own, breaks the rules or passes a deadline, its oldest job
 * is tried once more, alone, in a fresh worker; a second end is that job's failure: ERR_LIMIT for
 * memory, CPU time and deadline, else ERR_BUG. When somebody else killed it, its oldest job is
 * tried again without being blamed. Its other jobs are queued again in any case.
 */
#ifndef CMD_POOL_H
#define CMD_POOL_H

#include "cmd/worker.h"

#include <poll.h>

struct pool;

struct pool_events {
	struct frame_handler frames; /* ctx is a struct seat: owner, and the job that is answered */
	/* The job is answered. */
	void (*done)(void *owner, struct job *j);
	/* What was said about the job so far does not count: it begins anew. */
	void (*restart)(void *owner, struct job *j);
	/* It can't be read: e says which class and why. */
	void (*failed)(void *owner, struct job *j, const struct err *e);
};

struct pool *pool_new(const char *path, int workers, const struct pool_events *events,
		      void *owner);
/* Ends the workers; jobs that are not answered are given back in *ret_left. */
void pool_free(struct pool *p, struct job_list *ret_left);

void pool_add(struct pool *p, struct job *j);
/* True while the jobs that no worker has yet are few, and small. */
bool pool_wants(const struct pool *p);
bool pool_idle(const struct pool *p);

/* Starts workers and gives them jobs, as far as there is room. */
int pool_work(struct pool *p, struct err *e) MUST_CHECK;
/* What to poll: fills up to pool_max_fds entries, returns how many. listen false: answers stay
 * where they are, the workers have to wait, and their deadlines with them. */
size_t pool_max_fds(const struct pool *p);
size_t pool_poll(struct pool *p, struct pollfd *fds, bool listen);
/* Milliseconds to the next deadline, -1 for none. */
int pool_timeout(const struct pool *p);
/* After poll: sends, hears, buries. -1: the whole run has to end (ERR_TEMP, ERR_CONFIG). */
int pool_handle(struct pool *p, const struct pollfd *fds, size_t n, struct err *e) MUST_CHECK;

int64_t now_ns(void);

#endif
