/*
 * fetch - `ruadb fetch`: what its parts share. A round is everything between two connections to the
 * database: sessions of mailboxes, the pipeline over what they hand in, and an orderly end.
 */
#ifndef CMD_FETCH_H
#define CMD_FETCH_H

#include "cmd/counts.h"
#include "cmd/folders.h"
#include "cmd/run.h"

struct fetch {
	struct run *run;
	const char *const *names;       /* of the command line; none: all accounts */
	size_t n_names;
	const struct account **accounts;
	size_t n;
	const char *jobs;               /* --jobs, or NULL */
	bool watch, dry_run, check, json, no_refresh;
	struct counts counts;
	double acknowledged_seconds;
	int64_t committed_at;           /* now_ns of the last COMMIT; 0: there was none */
	struct folders *folders;
	/* Asked at least once a second in a round: false ends it. May be NULL. */
	bool (*go_on)(struct fetch *f);
};

/* The accounts that c has, and the command line names; *ret_v is the caller's. ERR_CONFIG: there
 * are none, or one is not whole. */
int fetch_choose(const struct fetch *f, const struct conf *c, const struct account ***ret_v,
		 size_t *ret_n, struct err *e) MUST_CHECK;

/*
 * One round: until all sessions ended (once), an end was asked for, go_on said so, or the database
 * went away (ERR_TEMP). *ret_begun: the sessions had been started.
 */
int fetch_round(struct fetch *f, bool *ret_begun, struct err *e) MUST_CHECK;

/* Prints the steps of each account; the exit status. */
int fetch_check(struct fetch *f);
/* For ever; the exit status. */
int fetch_watch(struct fetch *f);

#endif
