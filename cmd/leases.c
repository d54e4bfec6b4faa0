#include "cmd/leases.h"
#include "base/log.h"
#include "base/mem.h"
#include "cmd/owner.h"
#include "cmd/shared.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* What a taking gave: never changed, since items on their way point to it. */
struct taken {
	struct store_lease lease;
	struct taken *before;
};

struct held {
	char *account;
	struct taken *taken;    /* the last one first */
	size_t users;           /* sessions that share it; 0: it is given back */
	struct held *next;
};

struct leases {
	struct shared *shared;
	char *owner;
	int seconds;
	pthread_t thread;
	bool running;
	pthread_mutex_t lock;   /* of everything below; never held over a statement */
	pthread_cond_t wake;
	bool end;
	struct held *held;
};

/* With the lock. */
static struct held *find(struct leases *l, const char *account)
{
	struct held *h = l->held;

	while (h && strcmp(h->account, account) != 0)
		h = h->next;
	if (h)
		return h;
	h = xcalloc(1, sizeof(*h));
	h->account = xstrdup(account);
	h->next = l->held;
	l->held = h;
	return h;
}

/* ---- taking, asking, giving back ---- */

/* With the lock. */
static void note_taken(struct leases *l, struct held *h, int64_t token)
{
	struct taken *t;

	h->users++;
	if (h->taken && h->taken->lease.token == token)
		return;
	t = xcalloc(1, sizeof(*t));
	t->lease = (struct store_lease){.account = h->account, .owner = l->owner, .token = token};
	t->before = h->taken;
	h->taken = t;
}

struct question {
	struct leases *l;
	struct held *h;
	char *other;             /* take: who has it */
};

static struct held *held_of(struct leases *l, const struct account *a)
{
	pthread_mutex_lock(&l->lock);
	struct held *h = find(l, a->name);

	pthread_mutex_unlock(&l->lock);
	return h;
}

/* Whose holder was killed has a lease that nobody holds. */
static int end_of_dead(struct question *q, struct store *s, struct err *e)
{
	q->other[strcspn(q->other, " ")] = '\0';
	struct store_lease dead = {.account = q->h->account, .owner = q->other};

	return store_lease_end(s, &dead, e);
}

static int ask_take(void *ctx, struct store *s, struct err *e)
{
	struct question *q = ctx;
	struct store_lease wanted = {.account = q->h->account, .owner = q->l->owner};
	int rc = store_lease_take(s, &wanted, q->l->seconds, &q->other, e);

	if (rc == 0 && owner_is_gone(q->other)) {
		if (end_of_dead(q, s, e) < 0)
			return -1;
		free(q->other);
		q->other = NULL;
		rc = store_lease_take(s, &wanted, q->l->seconds, &q->other, e);
	}
	if (rc == 1) {
		pthread_mutex_lock(&q->l->lock);
		note_taken(q->l, q->h, wanted.token);
		pthread_mutex_unlock(&q->l->lock);
	}
	return rc;
}

static int take(struct leases *l, const struct account *a, struct err *e)
{
	struct question q = {.l = l, .h = held_of(l, a)};
	int rc = shared_ask(l->shared, ask_take, &q, e);

	if (rc == 0)
		err_set(e, ERR_TEMP, "account '%s' is being fetched by another process: %s",
			a->name, q.other);
	free(q.other);
	return rc;
}

/* One that ran short, since we were stopped or the database was away, is made longer, unless
 * somebody took it meanwhile. */
static int ask_check(void *ctx, struct store *s, struct err *e)
{
	struct question *q = ctx;
	const struct store_lease *mine = &q->h->taken->lease;
	int rc = store_lease_check(s, mine, e);

	return rc == 0 ? store_lease_renew(s, mine, q->l->seconds, e) : rc;
}

static int check(struct leases *l, const struct account *a, struct err *e)
{
	struct question q = {.l = l, .h = held_of(l, a)};

	if (!leases_of(l, a)) {
		err_set(e, ERR_BUG, "account '%s' was never ours", a->name);
		return 0;
	}
	int rc = shared_ask(l->shared, ask_check, &q, e);

	if (rc == 0)
		err_set(e, ERR_TEMP, "account '%s' is another process's now", a->name);
	return rc;
}

int leases_ask(struct leases *l, const struct account *a, bool taking, struct err *e)
{
	return taking ? take(l, a, e) : check(l, a, e);
}

const struct store_lease *leases_of(struct leases *l, const struct account *a)
{
	pthread_mutex_lock(&l->lock);
	const struct held *h = find(l, a->name);
	const struct store_lease *lease = h->taken ? &h->taken->lease : NULL;

	pthread_mutex_unlock(&l->lock);
	return lease;
}

/* Asked while it is our turn at the connection: whoever changes it has to wait. */
static bool is_used(struct leases *l, struct held *h)
{
	pthread_mutex_lock(&l->lock);
	bool used = h->users > 0;

	pthread_mutex_unlock(&l->lock);
	return used;
}

/* Unless a session took it again meanwhile. */
static int ask_release(void *ctx, struct store *s, struct err *e)
{
	struct question *q = ctx;

	return is_used(q->l, q->h) ? 0 : store_lease_release(s, &q->h->taken->lease, e);
}

/* Nothing is lost if it fails: it runs out. */
static void give_back(struct leases *l, struct held *h)
{
	struct question q = {.l = l, .h = h};
	struct err e;

	if (shared_ask(l->shared, ask_release, &q, &e) < 0)
		log_msg(LOG_DEBUG, "the lease of '%s' was not given back: %s", h->account, e.msg);
}

void leases_release(struct leases *l, const struct account *a)
{
	pthread_mutex_lock(&l->lock);
	struct held *h = find(l, a->name);
	bool last = h->users && --h->users == 0;

	pthread_mutex_unlock(&l->lock);
	if (last)
		give_back(l, h);
}

/* ---- the keeper ---- */

/* At a third of it; where little is left above the margin, oftener. */
static int64_t interval_ms(const struct leases *l)
{
	int64_t third = l->seconds * 1000 / 3, half = (l->seconds - LEASE_MARGIN) * 1000 / 2;

	if (half < 1000)
		half = 1000;
	return third < half ? third : half;
}

static void complain(const char *account, int rc, const struct err *e)
{
	struct log_line line = log_begin(LOG_WARN, "lease");

	log_text(&line, "account", text_of(account));
	log_text(&line, "outcome", text_of(rc == 0 ? "lost" : "not_renewed"));
	log_text(&line, "err", text_of(rc == 0 ? "another process took it" : e->msg));
	log_end(&line);
}

/* A lease that is given back meanwhile must not be made longer behind that. */
static int ask_renew(void *ctx, struct store *s, struct err *e)
{
	struct question *q = ctx;

	return is_used(q->l, q->h) ?
	       store_lease_renew(s, &q->h->taken->lease, q->l->seconds, e) : 1;
}

static void renew_one(struct leases *l, struct held *h)
{
	struct question q = {.l = l, .h = h};
	struct err e;
	int rc = shared_ask(l->shared, ask_renew, &q, &e);

	if (rc < 1)
		complain(h->account, rc, &e);
}

/* The list grows at its front and never shrinks while the keeper runs. */
static void renew(struct leases *l)
{
	pthread_mutex_lock(&l->lock);
	struct held *h = l->held;

	pthread_mutex_unlock(&l->lock);
	for (; h; h = h->next)
		if (is_used(l, h))
			renew_one(l, h);
}

static void *keep(void *ctx)
{
	struct leases *l = ctx;
	int64_t ms = interval_ms(l);

	pthread_mutex_lock(&l->lock);
	while (!l->end) {
		struct timespec until;

		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec += ms / 1000;
		until.tv_nsec += ms % 1000 * 1000000L;
		until.tv_sec += until.tv_nsec / 1000000000L;
		until.tv_nsec %= 1000000000L;
		if (pthread_cond_timedwait(&l->wake, &l->lock, &until) != ETIMEDOUT)
			continue;
		pthread_mutex_unlock(&l->lock);
		renew(l);
		pthread_mutex_lock(&l->lock);
	}
	pthread_mutex_unlock(&l->lock);
	return NULL;
}

int leases_new(struct shared *sh, int seconds, struct leases **ret_l, struct err *e)
{
	struct leases *l = xcalloc(1, sizeof(*l));
	pthread_condattr_t monotonic;
	sigset_t all, before;

	l->shared = sh;
	l->seconds = seconds;
	l->owner = owner_new();
	pthread_mutex_init(&l->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&l->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	/* Signals are the main thread's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int rc = pthread_create(&l->thread, NULL, keep, l);

	pthread_sigmask(SIG_SETMASK, &before, NULL);
	l->running = rc == 0;
	if (rc != 0) {
		leases_free(l);
		return err_set(e, ERR_TEMP, "no thread: %s", strerror(rc));
	}
	*ret_l = l;
	return 0;
}

static void stop_keeper(struct leases *l)
{
	if (!l->running)
		return;
	pthread_mutex_lock(&l->lock);
	l->end = true;
	pthread_cond_signal(&l->wake);
	pthread_mutex_unlock(&l->lock);
	pthread_join(l->thread, NULL);
}

static void held_free(struct held *h)
{
	for (struct taken *t = h->taken, *before; t; t = before) {
		before = t->before;
		free(t);
	}
	free(h->account);
	free(h);
}

void leases_free(struct leases *l)
{
	if (!l)
		return;
	stop_keeper(l);
	for (struct held *h = l->held, *next; h; h = next) {
		next = h->next;
		if (h->users) {
			h->users = 0;
			give_back(l, h);
		}
		held_free(h);
	}
	pthread_cond_destroy(&l->wake);
	pthread_mutex_destroy(&l->lock);
	free(l->owner);
	free(l);
}
