#include "cmd/committer.h"
#include "base/mem.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct queue {
	struct batch *first, *last;
};

struct committer {
	pthread_t thread;
	bool running;
	struct store *store;
	struct store_stage *stage;
	int wake_fd;
	pthread_mutex_t lock; /* of everything below */
	pthread_cond_t more;
	struct queue todo, done;
	size_t backlog;
	bool finish, failed;
	struct err err;
};

static void push(struct queue *q, struct batch *b)
{
	b->next = NULL;
	if (q->last)
		q->last->next = b;
	else
		q->first = b;
	q->last = b;
}

static struct batch *pop(struct queue *q)
{
	struct batch *b = q->first;

	if (b)
		q->first = b->next;
	if (!q->first)
		q->last = NULL;
	return b;
}

static void wake(const struct committer *c)
{
	uint64_t one = 1;

	if (write(c->wake_fd, &one, sizeof(one)) < 0)
		abort(); /* an eventfd takes it, unless it was counted up 2^64 times */
}

/* The next batch; NULL: no more will come. */
static struct batch *wait_for_batch(struct committer *c)
{
	struct batch *b;

	pthread_mutex_lock(&c->lock);
	while (!(b = pop(&c->todo)) && !c->finish)
		pthread_cond_wait(&c->more, &c->lock);
	pthread_mutex_unlock(&c->lock);
	return b;
}

static void *work(void *ctx)
{
	struct committer *c = ctx;
	bool failed = false;
	struct batch *b;

	while ((b = wait_for_batch(c))) {
		struct err e = {0};

		if (!failed)
			failed = store_commit(c->store, c->stage, b->b, &e) < 0;
		pthread_mutex_lock(&c->lock);
		c->backlog--;
		if (failed && !c->failed) {
			c->failed = true;
			c->err = e;
		}
		push(&c->done, b); /* of a failed one, too, some items may be durable */
		pthread_mutex_unlock(&c->lock);
		wake(c);
	}
	return NULL;
}

int committer_new(struct store *s, struct store_stage *st, struct committer **ret_c,
		  struct err *e)
{
	struct committer *c = xcalloc(1, sizeof(*c));
	sigset_t all, before;

	c->store = s;
	c->stage = st;
	c->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (c->wake_fd < 0) {
		free(c);
		return err_set(e, ERR_TEMP, "eventfd: %s", strerror(errno));
	}
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->more, NULL);
	/* Signals are the main thread's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int rc = pthread_create(&c->thread, NULL, work, c);

	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc != 0) {
		committer_free(c);
		return err_set(e, ERR_TEMP, "no thread: %s", strerror(rc));
	}
	c->running = true;
	*ret_c = c;
	return 0;
}

void committer_finish(struct committer *c)
{
	if (!c->running)
		return;
	pthread_mutex_lock(&c->lock);
	c->finish = true;
	pthread_cond_signal(&c->more);
	pthread_mutex_unlock(&c->lock);
	pthread_join(c->thread, NULL);
	c->running = false;
}

void committer_free(struct committer *c)
{
	struct batch *b;

	if (!c)
		return;
	committer_finish(c);
	while ((b = pop(&c->done)) || (b = pop(&c->todo)))
		batch_free(b);
	pthread_cond_destroy(&c->more);
	pthread_mutex_destroy(&c->lock);
	close(c->wake_fd);
	free(c);
}

int committer_wake_fd(const struct committer *c)
{
	return c->wake_fd;
}

void committer_give(struct committer *c, struct batch *b)
{
	pthread_mutex_lock(&c->lock);
	push(&c->todo, b);
	c->backlog++;
	pthread_cond_signal(&c->more);
	pthread_mutex_unlock(&c->lock);
}

size_t committer_backlog(struct committer *c)
{
	pthread_mutex_lock(&c->lock);
	size_t n = c->backlog;

	pthread_mutex_unlock(&c->lock);
	return n;
}

struct batch *committer_take_done(struct committer *c)
{
	uint64_t ignored;
	ssize_t n = read(c->wake_fd, &ignored, sizeof(ignored));

	(void)n; /* nothing to reset is fine, too */
	pthread_mutex_lock(&c->lock);
	struct batch *first = c->done.first;

	c->done = (struct queue){0};
	pthread_mutex_unlock(&c->lock);
	return first;
}

int committer_check(struct committer *c, struct err *e)
{
	pthread_mutex_lock(&c->lock);
	bool failed = c->failed;

	if (failed)
		*e = c->err;
	pthread_mutex_unlock(&c->lock);
	return failed ? -1 : 0;
}
