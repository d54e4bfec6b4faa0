#include "cmd/refresher.h"
#include "base/log.h"
#include "base/mem.h"
#include "cmd/pool.h"
#include "store/store.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#define SECOND 1000000000LL
#define IDLE (10 * SECOND)   /* since the last COMMIT */
#define EVERY (300 * SECOND) /* at most */
#define LATEST (900 * SECOND)/* although commits never pause */

struct refresher {
	const struct conf *conf;
	int64_t committed, refreshed; /* reports: so far, and when it was refreshed last */
	int64_t changed_at, due_since, began_at;
	pthread_t thread;
	bool running;
	atomic_bool done;
};

/* store_refresh asks without an argument: this is the one refresher's of the program. */
static atomic_bool stop;

static bool stop_asked(void)
{
	return stop;
}

struct refresher *refresher_new(const struct conf *c)
{
	struct refresher *r = xcalloc(1, sizeof(*r));

	r->conf = c;
	r->began_at = now_ns() - EVERY;
	stop = false;
	return r;
}

static void *work(void *ctx)
{
	struct refresher *r = ctx;
	struct store_refreshed done;
	struct err e;

	if (store_refresh(r->conf, stop_asked, &done, &e) < 0)
		log_msg(LOG_WARN, "the classes of senders are as of before, and reports may be "
			"slow: %s", e.msg);
	else if (!done.busy)
		log_msg(LOG_DEBUG, "refreshed in %lld ms", (long long)(done.seconds * 1000));
	r->done = true;
	return NULL;
}

static void join(struct refresher *r)
{
	if (r->running)
		pthread_join(r->thread, NULL);
	r->running = false;
}

void refresher_free(struct refresher *r)
{
	if (!r)
		return;
	stop = true;
	join(r);
	free(r);
}

static void start(struct refresher *r, int64_t now)
{
	sigset_t all, before;

	r->began_at = now;
	r->refreshed = r->committed;
	r->due_since = 0;
	r->done = false;
	/* Signals are the main thread's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r->running = pthread_create(&r->thread, NULL, work, r) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void refresher_tick(struct refresher *r, int64_t committed)
{
	int64_t now = now_ns();

	if (r->running && r->done)
		join(r);
	if (committed != r->committed)
		r->changed_at = now;
	r->committed = committed;
	if (committed == r->refreshed)
		return;
	if (!r->due_since)
		r->due_since = now;
	if (r->running || now - r->began_at < EVERY)
		return;
	if (now - r->changed_at >= IDLE || now - r->due_since >= LATEST)
		start(r, now);
}
