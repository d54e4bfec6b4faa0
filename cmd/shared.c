#include "cmd/shared.h"
#include "base/mem.h"
#include "cmd/pool.h"
#include "store/store.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#define PATIENCE (10 * 1000000000LL)
#define PAUSE_MS 100
#define LEAVE_IT 1000000000LL /* after a try that failed: answers without another one */

struct shared {
	const struct conf *conf;
	pthread_mutex_t turn;    /* of store and tried_at */
	struct store *store;
	int64_t tried_at;
	atomic_bool hurry;
	pthread_mutex_t lock;    /* of away and why */
	bool away;
	struct err why;
};

struct shared *shared_new(const struct conf *c)
{
	struct shared *sh = xcalloc(1, sizeof(*sh));

	sh->conf = c;
	pthread_mutex_init(&sh->turn, NULL);
	pthread_mutex_init(&sh->lock, NULL);
	return sh;
}

void shared_free(struct shared *sh)
{
	if (!sh)
		return;
	store_close(sh->store);
	pthread_mutex_destroy(&sh->turn);
	pthread_mutex_destroy(&sh->lock);
	free(sh);
}

static void say(struct shared *sh, bool away, const struct err *e)
{
	pthread_mutex_lock(&sh->lock);
	sh->away = away;
	if (away)
		sh->why = *e;
	pthread_mutex_unlock(&sh->lock);
}

bool shared_is_away(struct shared *sh, struct err *ret_why)
{
	pthread_mutex_lock(&sh->lock);
	bool away = sh->away;

	if (away)
		*ret_why = sh->why;
	pthread_mutex_unlock(&sh->lock);
	return away;
}

void shared_hurry(struct shared *sh)
{
	sh->hurry = true;
}

/* A server that restarts is back in a second or two: nobody has to hear of that. */
static int open_it(struct shared *sh, struct err *e)
{
	const struct timespec pause = {0, PAUSE_MS * 1000000L};
	int64_t until = now_ns() + PATIENCE;

	if (shared_is_away(sh, e)) {
		if (sh->hurry || now_ns() - sh->tried_at < LEAVE_IT)
			return -1;
		until = 0;
	}
	while (store_open(sh->conf, STORE_INGEST, &sh->store, e) < 0) {
		sh->store = NULL;
		sh->tried_at = now_ns();
		if (e->class != ERR_TEMP || sh->hurry || sh->tried_at >= until) {
			say(sh, true, e);
			return -1;
		}
		nanosleep(&pause, NULL);
	}
	say(sh, false, NULL);
	return 0;
}

int shared_ask(struct shared *sh, int (*ask)(void *ctx, struct store *s, struct err *e), void *ctx,
	       struct err *e)
{
	int rc = -1;

	pthread_mutex_lock(&sh->turn);
	for (bool again = true; again;) {
		again = sh->store;
		if (!sh->store && open_it(sh, e) < 0)
			break;
		rc = ask(ctx, sh->store, e);
		again = again && rc < 0 && e->class == ERR_TEMP;
		if (rc < 0) {
			store_close(sh->store);
			sh->store = NULL;
		}
	}
	pthread_mutex_unlock(&sh->turn);
	return rc;
}
