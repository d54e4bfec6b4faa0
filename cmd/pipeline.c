#include "cmd/pipeline.h"
#include "base/log.h"
#include "base/mem.h"
#include "cmd/classify.h"
#include "cmd/committer.h"
#include "cmd/frames.h"
#include "cmd/logs.h"
#include "cmd/pool.h"
#include "cmd/progress.h"
#include "cmd/run.h"
#include "cmd/signals.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define MAX_BACKLOG 2
#define BATCH_NS 1000000000LL
#define EARLY_REPORTS 500 /* enough for a batch where nothing else is being committed */
#define EARLY_EVENTS 20000

struct pipeline {
	struct frames frames;   /* the first: frames.h wants it so of the pool's owner */
	const struct pipeline_options *o;
	struct feed *feed;
	struct counts *counts;
	struct pool *pool;
	struct store *store;    /* the commits' connection */
	struct committer *committer;
	struct classify *classify; /* NULL: no log yet */
	struct batch *open;
	struct progress progress;
	int stop_fd;
};

/* ---- batches ---- */

/* What became of it is told; nothing of it is needed any more. */
static void end_batch(struct pipeline *p, struct batch *b)
{
	batch_log(b);
	batch_count(b, p->counts);
	for (struct store_item *it = b->b->items; it; it = it->next) {
		if (it->durable && p->o->committed)
			p->o->committed(p->o->ctx, it);
		feed_settled(p->feed, it);
	}
	batch_free(b);
}

static void close_batch(struct pipeline *p)
{
	if (batch_is_empty(p->open))
		return;
	if (p->committer) {
		committer_give(p->committer, p->open);
	} else {
		batch_pretend(p->open);
		end_batch(p, p->open);
	}
	p->open = batch_new();
}

/* A committer that has nothing to do is not left waiting: commits are one behind the other, and what
 * is begun late ends late. */
static bool is_full(const struct pipeline *p, int64_t now)
{
	const struct conf *c = p->o->conf;

	if ((p->open->reports >= EARLY_REPORTS || p->open->events >= EARLY_EVENTS) &&
	    p->committer && !committer_backlog(p->committer))
		return true;
	return p->open->reports >= (size_t)c->batch_reports ||
	       p->open->bytes >= (size_t)c->batch_bytes || p->open->n >= 10000 ||
	       (!batch_is_empty(p->open) && now - p->open->since > BATCH_NS);
}

/* Pieces of a log come into the batch in their order, whoever was parsed first. */
static void add_log(struct pipeline *p, struct piece *piece, int64_t now)
{
	struct log_file *f = piece->log;

	log_done(piece);
	while ((piece = log_next(f))) {
		feed_piece_done(p->feed, piece);
		if (log_into_batch(p->open, piece, p->frames.stage, now))
			batch_add(p->open, piece, now);
		if (is_full(p, now))
			close_batch(p);
	}
}

/* A huge report is its own batch. */
static void add_item(struct pipeline *p, struct piece *piece, int64_t now)
{
	if (p->open->n && p->open->bytes + piece_bytes(piece) > (size_t)p->o->conf->batch_bytes)
		close_batch(p);
	feed_piece_done(p->feed, piece);
	batch_add(p->open, piece, now);
}

static void add(struct pipeline *p, struct piece *piece)
{
	int64_t now = now_ns();

	if (piece->log)
		add_log(p, piece, now);
	else
		add_item(p, piece, now);
	/* An mbox's own row goes behind its last mail: in this batch, or a later one. */
	for (struct store_item *row; (row = feed_take_container(p->feed));)
		batch_add_row(p->open, row, now);
	if (is_full(p, now))
		close_batch(p);
}

/* ---- what the pool tells ---- */

/* A log in an archive, or compressed: it may be large, and is stored while it is read. */
static void on_log_part(struct frames *f, struct piece *piece)
{
	struct pipeline *p = (struct pipeline *)f;
	int64_t now = now_ns();

	log_part_into_batch(p->open, piece, now);
	if (is_full(p, now))
		close_batch(p);
}

static int on_logs_begin(struct frames *f, struct err *e)
{
	struct pipeline *p = (struct pipeline *)f;
	const struct conf *c = p->o->conf;

	if (!p->o->lookups)
		return 0;
	if (store_log_sources_sync(p->o->lookups, c->sources, c->n_sources, e) < 0 ||
	    classify_new(c, &p->classify, e) < 0)
		return -1;
	store_stage_classify(p->frames.stage, classify_store(p->classify));
	return 0;
}

static void on_done(void *owner, struct job *j)
{
	add(owner, (struct piece *)j);
}

static void on_restart(void *owner, struct job *j)
{
	(void)owner;
	piece_restart((struct piece *)j);
}

static void on_failed(void *owner, struct job *j, const struct err *e)
{
	struct piece *piece = (struct piece *)j;
	struct store_entry *entry = piece_entry(piece, 0, OUTCOME_QUARANTINED, NULL);

	entry->class = e->class;
	entry->reason = xstrdup(e->msg);
	add(owner, piece);
}

/* ---- the loop ---- */

static int committed(struct pipeline *p, struct err *e)
{
	struct batch *b = committer_take_done(p->committer);

	while (b) {
		struct batch *next = b->next;

		end_batch(p, b);
		b = next;
	}
	return committer_check(p->committer, e);
}

static bool must_wait(const struct pipeline *p)
{
	return p->committer && committer_backlog(p->committer) >= MAX_BACKLOG;
}

/* Mails are believed as their account says, also when they come out of quarantine; an item begins with
 * its name. */
static const struct trust *trust_of(const struct conf *c, const struct store_item *it)
{
	for (size_t i = 0; i < c->n_accounts && strcmp(it->source, "imap") == 0; i++) {
		size_t n = strlen(c->accounts[i].name);

		if (strncmp(it->item, c->accounts[i].name, n) == 0 && it->item[n] == '/')
			return &c->accounts[i].trust;
	}
	return &c->trust;
}

/* Pieces that are ready go to the pool; what needs no worker goes straight into a batch. */
static void hand_over(struct pipeline *p)
{
	struct piece *piece;

	while (pool_wants(p->pool) && (piece = feed_take(p->feed))) {
		if (piece->finished) {
			piece_drop_bytes(piece);
			add(p, piece);
		} else {
			if (!piece->job.trust)
				piece->job.trust = trust_of(p->o->conf, piece->item);
			pool_add(p->pool, &piece->job);
		}
	}
}

static void show(struct pipeline *p)
{
	p->progress.files_done = feed_files_done(p->feed);
	p->progress.bytes_done = feed_bytes_done(p->feed);
	p->progress.reports = p->counts->reports_stored + p->counts->reports_repeat;
	p->progress.records = p->counts->records;
	progress_show(&p->progress, now_ns());
}

/* How long poll may wait: not at all while the feed has work, else to the next thing due. */
static int wait_ms(const struct pipeline *p, bool feed_works)
{
	int ms = pool_timeout(p->pool);

	if (feed_works)
		return 0;
	/* a feed that waits, and has nothing to be woken by, is asked again soon */
	bool blind = feed_waits(p->feed) && feed_fd(p->feed) < 0;

	if ((blind || !batch_is_empty(p->open)) && (ms < 0 || ms > 200))
		ms = 200;
	return ms < 0 || ms > 1000 ? 1000 : ms;
}

static int poll_once(struct pipeline *p, bool feed_works, struct err *e)
{
	size_t max = pool_max_fds(p->pool) + 3;
	struct pollfd fds[66 + 3];
	size_t n = 0;

	if (max > sizeof(fds) / sizeof(*fds))
		return err_set(e, ERR_BUG, "too many workers");
	n = pool_poll(p->pool, fds, !must_wait(p));
	fds[n] = (struct pollfd){.fd = p->stop_fd, .events = POLLIN};
	fds[n + 1] = (struct pollfd){.fd = -1, .events = POLLIN};
	if (p->committer)
		fds[n + 1].fd = committer_wake_fd(p->committer);
	fds[n + 2] = (struct pollfd){.fd = -1, .events = POLLIN};
	if (!must_wait(p) && !feed_is_full(p->feed))
		fds[n + 2].fd = feed_fd(p->feed);
	if (poll(fds, n + 3, wait_ms(p, feed_works)) < 0 && errno != EINTR)
		return err_set(e, ERR_BUG, "poll: %s", strerror(errno));
	if (p->committer && committed(p, e) < 0)
		return -1;
	return pool_handle(p->pool, fds, n, e);
}

/* A second connection, when there is something to store: a run that finds nothing needs none. */
static int begin_storing(struct pipeline *p, struct err *e)
{
	const struct conf *c = p->o->conf;

	if (p->committer || !p->o->lookups || !feed_ready(p->feed))
		return 0;
	if (store_open(c, STORE_INGEST, &p->store, e) < 0)
		return -1;
	p->frames.stage = store_stage_new(c, PARSER_VERSION);
	return committer_new(p->store, p->frames.stage, &p->committer, e);
}

static bool goes_on(const struct pipeline *p)
{
	return !p->o->go_on || p->o->go_on(p->o->ctx);
}

static int loop(struct pipeline *p, struct err *e)
{
	while (!signals_stop_asked()) {
		bool feed_works = !feed_is_done(p->feed) && !feed_is_full(p->feed) &&
				  !must_wait(p);

		if (!goes_on(p))
			return 0;
		if (feed_works && feed_step(p->feed, e) < 0)
			return -1;
		feed_works = feed_works && !feed_waits(p->feed);
		if (begin_storing(p, e) < 0)
			return -1;
		hand_over(p);
		if (pool_work(p->pool, e) < 0)
			return -1;
		if (feed_is_done(p->feed) && pool_idle(p->pool))
			return 0;
		if (poll_once(p, feed_works, e) < 0)
			return -1;
		if (is_full(p, now_ns()) || (feed_is_quiet(p->feed) && pool_idle(p->pool)))
			close_batch(p);
		show(p);
	}
	p->counts->interrupted = true;
	return 0;
}

static void drop_unfinished(struct pipeline *p)
{
	struct job_list left;
	struct job *j;

	pool_free(p->pool, &left);
	while ((j = job_pop(&left))) {
		feed_settled(p->feed, ((struct piece *)j)->item);
		piece_free((struct piece *)j);
	}
}

/* Large items and large reports cost a descriptor each while they are on their way. */
static void allow_descriptors(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) < 0 || r.rlim_cur >= 4096)
		return;
	r.rlim_cur = r.rlim_max < 4096 ? r.rlim_max : 4096;
	if (setrlimit(RLIMIT_NOFILE, &r) < 0)
		log_msg(LOG_DEBUG, "the limit of open files stays as it is");
}

static void set_up(struct pipeline *p)
{
	const struct pipeline_options *o = p->o;
	const struct pool_events events = {
		.frames = frames_handler, .done = on_done, .restart = on_restart,
		.failed = on_failed,
	};

	allow_descriptors();
	p->open = batch_new();
	p->pool = pool_new(o->parser, run_jobs(o->conf), &events, p);
	if (o->walk) {
		p->progress.files = ingest_walk_files(o->walk);
		p->progress.bytes = ingest_walk_bytes(o->walk);
	}
}

int pipeline_run(const struct pipeline_options *o, struct feed *feed, struct counts *counts,
		 struct err *e)
{
	struct pipeline p = {.o = o, .feed = feed, .counts = counts};
	struct err late = {0};
	int rc;

	p.frames.ids = o->lookups;
	p.frames.log_part = on_log_part;
	p.frames.logs_begin = on_logs_begin;
	p.stop_fd = signals_begin();
	progress_begin(o->quiet);
	set_up(&p);
	rc = loop(&p, e);
	drop_unfinished(&p);
	/* What is finished is committed, unless the database is what failed. */
	if (rc == 0)
		close_batch(&p);
	if (p.committer) {
		committer_finish(p.committer);
		if (committed(&p, &late) < 0 && rc == 0) {
			*e = late;
			rc = -1;
		}
		committer_free(p.committer);
	}
	progress_end();
	for (struct store_item *it = p.open->b->items; it; it = it->next)
		feed_settled(p.feed, it);
	batch_free(p.open);
	store_stage_free(p.frames.stage);
	classify_free(p.classify);
	store_close(p.store);
	return rc;
}
