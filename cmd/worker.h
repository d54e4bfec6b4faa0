/*
 * worker - one ruadb-parse process: started, fed, heard, ended.
 *
 * Fork and exec with an empty environment; its only descriptor is its end of a socketpair. Jobs
 * are handed over as frames (base/frame.h), several ahead, and answered in their order. What it
 * says goes through a frame_check to the frame_handler given, whose ctx is a struct seat. Nothing
 * blocks: pool.c polls, and decides what becomes of the jobs of a worker that ended.
 */
#ifndef CMD_WORKER_H
#define CMD_WORKER_H

#include "base/err.h"
#include "base/frame.h"

#include <stdbool.h>
#include <stdint.h>

/* Bytes to be parsed. The owner keeps them until the job is answered or has failed. */
struct job {
	uint64_t id;       /* set by the pool */
	const void *bytes; /* up to LIMIT_INLINE, or NULL */
	int fd;            /* without bytes: a descriptor */
	int64_t size;
	const struct trust *trust; /* who is believed of a mail; NULL: nobody. Outlives it */
	const struct log_hint *log; /* how to read it as a log; NULL: by content. Outlives it */
	int deaths;        /* workers that ended over it by a fault of its own */
	int kills;         /* and by somebody else's hand */
	struct job *next;
};

struct job_list {
	struct job *first, **tail; /* tail NULL: empty, never used */
};

/* What a job costs while it waits: memory, or a descriptor, of which there are few. */
int64_t job_weight(const struct job *j);
void job_push(struct job_list *l, struct job *j);
/* The jobs of `more` come before those of l; more is empty then. */
void job_push_front(struct job_list *l, struct job_list *more);
struct job *job_pop(struct job_list *l);

/* What a frame_handler's ctx points to. */
struct seat {
	void *owner;     /* of the pool */
	struct job *job; /* that is being answered */
};

struct worker;

/* h's ctx is not used: each worker has a seat of its own for owner. */
int worker_start(const char *path, const struct frame_handler *h, void *owner,
		 struct worker **ret_w, struct err *e) MUST_CHECK;

/* Room for more jobs. Says yes only when about half of what it had is answered, so that jobs go
 * out, and answers come in, by the dozen. */
bool worker_wants(const struct worker *w);
/* True while more may be given in this round. */
bool worker_takes(const struct worker *w);
bool worker_idle(const struct worker *w);
int64_t worker_load(const struct worker *w);
void worker_give(struct worker *w, struct job *j, int64_t now);

int worker_fd(const struct worker *w);
bool worker_has_output(const struct worker *w);
/* Sends what it can. What can't be sent because the worker is gone shows when it is heard. */
void worker_send(struct worker *w);

/*
 * Hears what is there. 1: go on; 0: the worker is gone; -1: *e: it broke the rules, or a handler
 * failed. done is called for each job that is answered.
 */
int worker_hear(struct worker *w, int64_t now, void (*done)(void *ctx, struct job *j),
		void *ctx, struct err *e) MUST_CHECK;

/* When the oldest job's time is over (monotonic ns); INT64_MAX without one. */
int64_t worker_deadline(const struct worker *w);
/* The clock of the oldest job stood still for so long: we did not listen. */
void worker_excuse(struct worker *w, int64_t ns);
/* True if it has answered anything in its life. */
bool worker_proved(const struct worker *w);
/* Set by the pool: has one job only, and gets no other. */
void worker_set_alone(struct worker *w, bool alone);

enum end_cause {
	END_LIMIT,   /* memory or CPU time: ERR_LIMIT */
	END_BUG,     /* it crashed, or ended without being asked to */
	END_OUTSIDE, /* somebody killed it: ERR_TEMP */
	END_CONFIG,  /* it can't work here at all */
};

/*
 * Ends and frees it. gone: it hung up, or is asked to: it may end by itself; else it is killed.
 * *ret_left gets the jobs it has not answered, the oldest first. For one that was gone the cause
 * says why, and *e says it in words.
 */
enum end_cause worker_end(struct worker *w, bool gone, struct job_list *ret_left, struct err *e);

#endif
