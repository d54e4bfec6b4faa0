#include "cmd/pool.h"
#include "base/log.h"
#include "base/mem.h"

#include <stdlib.h>
#include <time.h>

#define WAITING_JOBS 1024
#define WAITING_WEIGHT (4 << 20)
#define MAX_DEATHS 2   /* the second is the job's failure */
#define MAX_KILLS 10   /* from outside, over one job: then this machine has another problem */
#define MAX_USELESS 5  /* workers one after the other that ended without an answer */

struct pool {
	char *path;
	size_t n;
	struct worker **workers; /* n slots, NULL where there is none */
	struct pool_events events;
	void *owner;
	struct job_list waiting, alone;
	size_t n_waiting, n_jobs;
	int64_t waiting_weight;
	uint64_t next_id;
	int useless;
	int64_t deaf_since; /* 0: we listen */
};

int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

struct pool *pool_new(const char *path, int workers, const struct pool_events *events,
		      void *owner)
{
	struct pool *p = xcalloc(1, sizeof(*p));

	p->path = xstrdup(path);
	p->n = (size_t)workers;
	p->workers = xcalloc(p->n, sizeof(struct worker *));
	p->events = *events;
	p->owner = owner;
	return p;
}

void pool_free(struct pool *p, struct job_list *ret_left)
{
	struct job *j;

	*ret_left = (struct job_list){0};
	if (!p)
		return;
	for (size_t i = 0; i < p->n; i++) {
		struct job_list left;
		struct err e;

		if (!p->workers[i])
			continue;
		(void)worker_end(p->workers[i], worker_idle(p->workers[i]), &left, &e);
		while ((j = job_pop(&left)))
			job_push(ret_left, j);
	}
	while ((j = job_pop(&p->alone)) || (j = job_pop(&p->waiting)))
		job_push(ret_left, j);
	free(p->workers);
	free(p->path);
	free(p);
}

void pool_add(struct pool *p, struct job *j)
{
	j->id = ++p->next_id;
	j->deaths = j->kills = 0;
	job_push(&p->waiting, j);
	p->waiting_weight += job_weight(j);
	p->n_waiting++;
	p->n_jobs++;
}

bool pool_wants(const struct pool *p)
{
	return p->n_waiting < WAITING_JOBS && p->waiting_weight < WAITING_WEIGHT;
}

bool pool_idle(const struct pool *p)
{
	return p->n_jobs == 0;
}

/* ---- giving ---- */

static int start(struct pool *p, size_t slot, struct err *e)
{
	return worker_start(p->path, &p->events.frames, p->owner, &p->workers[slot], e);
}

/* Jobs that have to be alone get a fresh worker, in the slot of one that ended or idles. */
static int give_alone(struct pool *p, int64_t now, struct err *e)
{
	for (size_t i = 0; i < p->n && p->alone.first; i++) {
		struct worker *w = p->workers[i];
		struct job_list none;

		if (w && (!worker_idle(w) || worker_has_output(w)))
			continue;
		if (w)
			(void)worker_end(w, true, &none, e);
		p->workers[i] = NULL;
		if (start(p, i, e) < 0)
			return -1;
		worker_give(p->workers[i], job_pop(&p->alone), now);
		worker_set_alone(p->workers[i], true);
	}
	return 0;
}

static struct worker *least_busy(const struct pool *p)
{
	struct worker *best = NULL;

	for (size_t i = 0; i < p->n; i++) {
		struct worker *w = p->workers[i];

		if (w && worker_wants(w) && (!best || worker_load(w) < worker_load(best)))
			best = w;
	}
	return best;
}

static bool any_idle(const struct pool *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->workers[i] && worker_idle(p->workers[i]))
			return true;
	return false;
}

/* Another one, if there is a slot and everybody has something to do. */
static int start_another(struct pool *p, struct err *e)
{
	if (any_idle(p))
		return 0;
	for (size_t i = 0; i < p->n; i++)
		if (!p->workers[i])
			return start(p, i, e);
	return 0;
}

int pool_work(struct pool *p, struct err *e)
{
	int64_t now = now_ns();
	struct worker *w;

	for (size_t i = 0; i < p->n; i++)
		if (p->workers[i] && worker_idle(p->workers[i]))
			worker_set_alone(p->workers[i], false); /* it has proved itself */
	if (give_alone(p, now, e) < 0)
		return -1;
	while (p->n_waiting) {
		if (start_another(p, e) < 0)
			return -1;
		w = least_busy(p);
		if (!w)
			break;
		/* an equal part of what waits, so that the other workers get theirs */
		size_t part = p->n_waiting / p->n + 1;

		while (p->n_waiting && part-- && worker_takes(w)) {
			p->waiting_weight -= job_weight(p->waiting.first);
			worker_give(w, job_pop(&p->waiting), now);
			p->n_waiting--;
		}
		worker_send(w);
	}
	return 0;
}

/* ---- when a worker ends ---- */

/* What was begun of the oldest job is dropped. */
static void blame(struct pool *p, struct job *j, enum end_cause cause, struct err *e)
{
	struct log_line l = log_begin(LOG_DEBUG, "worker_end");

	log_int(&l, "job", (int64_t)j->id);
	log_text(&l, "err", text_of(e->msg));
	log_end(&l);
	p->events.restart(p->owner, j);
	if (cause == END_OUTSIDE)
		j->kills++;
	else
		j->deaths++;
	if (j->deaths < MAX_DEATHS) {
		job_push(&p->alone, j);
		return;
	}
	p->n_jobs--;
	p->events.failed(p->owner, j, e);
}

static int bury(struct pool *p, size_t slot, bool gone, enum end_cause cause, struct err *e)
{
	struct worker *w = p->workers[slot];
	bool proved = worker_proved(w);
	struct job_list left;
	struct err why;
	enum end_cause found = worker_end(w, gone, &left, &why);
	struct job *oldest = job_pop(&left);

	p->workers[slot] = NULL;
	if (gone)
		cause = found;
	else
		why = *e;
	for (struct job *j = left.first; j; j = j->next) {
		p->waiting_weight += job_weight(j);
		p->n_waiting++;
	}
	job_push_front(&p->waiting, &left);
	if (oldest)
		blame(p, oldest, cause, &why);
	p->useless = proved ? 0 : p->useless + 1;
	if (cause == END_CONFIG && !proved)
		return err_set(e, ERR_CONFIG, "%s: %s", p->path, why.msg);
	if (cause == END_OUTSIDE && oldest && oldest->kills > MAX_KILLS)
		return err_set(e, ERR_TEMP, "%s, again and again", why.msg);
	if (!oldest && p->useless > MAX_USELESS)
		return err_set(e, ERR_CONFIG, "%s ends at once: %s", p->path, why.msg);
	return 0;
}

/* ---- poll ---- */

size_t pool_max_fds(const struct pool *p)
{
	return p->n;
}

static void note_deafness(struct pool *p, bool listen)
{
	int64_t now = now_ns();

	if (listen && p->deaf_since)
		for (size_t i = 0; i < p->n; i++)
			if (p->workers[i])
				worker_excuse(p->workers[i], now - p->deaf_since);
	if (listen)
		p->deaf_since = 0;
	else if (!p->deaf_since)
		p->deaf_since = now;
}

/* One entry a slot, so that pool_handle finds its worker again; fd -1 is skipped by poll. */
size_t pool_poll(struct pool *p, struct pollfd *fds, bool listen)
{
	note_deafness(p, listen);
	for (size_t i = 0; i < p->n; i++) {
		struct worker *w = p->workers[i];
		short events = listen ? POLLIN : 0;

		if (w && worker_has_output(w))
			events |= POLLOUT;
		/* poll reports a hang-up even where nothing is asked: not to spin, it is not asked */
		fds[i] = (struct pollfd){.fd = w && events ? worker_fd(w) : -1, .events = events};
	}
	return p->n;
}

int pool_timeout(const struct pool *p)
{
	int64_t first = INT64_MAX, left;

	for (size_t i = 0; i < p->n; i++) {
		int64_t d = p->workers[i] ? worker_deadline(p->workers[i]) : INT64_MAX;

		first = d < first ? d : first;
	}
	if (p->deaf_since || first == INT64_MAX)
		return -1;
	left = (first - now_ns()) / 1000000 + 1;
	return left < 0 ? 0 : left > 60000 ? 60000 : (int)left;
}

static void answered(void *ctx, struct job *j)
{
	struct pool *p = ctx;

	p->n_jobs--;
	p->events.done(p->owner, j);
}

static int hear(struct pool *p, size_t slot, int64_t now, struct err *e)
{
	int got = worker_hear(p->workers[slot], now, answered, p, e);

	if (got > 0)
		return 0;
	if (got == 0)
		return bury(p, slot, true, END_BUG, e);
	/* our own disk is full, or the like: no fault of the worker */
	if (e->class == ERR_TEMP || e->class == ERR_CONFIG)
		return -1;
	return bury(p, slot, false, END_BUG, e);
}

static int check_deadline(struct pool *p, size_t slot, int64_t now, struct err *e)
{
	struct err late;

	if (!p->workers[slot] || p->deaf_since || worker_deadline(p->workers[slot]) > now)
		return 0;
	err_set(&late, ERR_LIMIT, "the parser took too long");
	if (bury(p, slot, false, END_LIMIT, &late) < 0) {
		*e = late;
		return -1;
	}
	return 0;
}

int pool_handle(struct pool *p, const struct pollfd *fds, size_t n, struct err *e)
{
	int64_t now = now_ns();

	for (size_t i = 0; i < n; i++) {
		if (!p->workers[i] || fds[i].fd < 0)
			continue;
		if (fds[i].revents & POLLOUT)
			worker_send(p->workers[i]);
		if (fds[i].events & POLLIN && fds[i].revents & (POLLIN | POLLHUP | POLLERR) &&
		    hear(p, i, now, e) < 0)
			return -1;
		if (check_deadline(p, i, now, e) < 0)
			return -1;
	}
	return 0;
}
