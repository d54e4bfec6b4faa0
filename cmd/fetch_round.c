#include "cmd/fetch.h"
#include "base/log.h"
#include "base/mem.h"
#include "cmd/leases.h"
#include "cmd/mails.h"
#include "cmd/pipeline.h"
#include "cmd/pool.h"
#include "cmd/shared.h"
#include "cmd/signals.h"

#include <poll.h>
#include <stdlib.h>

#define ASK 2000         /* messages asked about at once */
#define GRACE_NS 20000000000LL

struct round {
	struct fetch *f;
	struct store *store;    /* the main thread's */
	struct shared *shared;  /* the sessions' */
	struct leases *leases;  /* NULL in a dry run */
	struct mails mails;
	struct mailboxes *mailboxes;
	bool away;              /* the database was: the round ended for that .. */
	struct err why;         /* .. although it may be back by now */
};

/* ---- what sessions ask ---- */

struct known {
	const char *const *items;
	size_t n;
	char *outcomes;
};

static int ask_known(void *ctx, struct store *s, struct err *e)
{
	struct known *k = ctx;

	return store_lookup_messages(s, k->items, k->n, PARSER_VERSION, k->outcomes, e);
}

static int known_part(struct round *r, const struct mailbox_place *at, const uint32_t *uids,
		      size_t n, enum fate *ret, struct err *e)
{
	AUTO_FREE char **items = xcalloc(n, sizeof(char *));
	AUTO_FREE char *outcomes = xcalloc(n, 1);
	struct known k = {.items = (const char *const *)items, .n = n, .outcomes = outcomes};
	int rc;

	for (size_t i = 0; i < n; i++)
		items[i] = mailbox_item(at, uids[i]);
	rc = shared_ask(r->shared, ask_known, &k, e);
	for (size_t i = 0; i < n; i++) {
		ret[i] = rc < 0 ? FATE_NONE : fate_of(outcomes[i]);
		free(items[i]);
	}
	return rc;
}

/* Not all at once: others have questions, too. */
static int on_known(void *ctx, const struct mailbox_place *at, const uint32_t *uids, size_t n,
		    enum fate *ret, struct err *e)
{
	for (size_t i = 0; i < n; i += ASK)
		if (known_part(ctx, at, uids + i, n - i < ASK ? n - i : ASK, ret + i, e) < 0)
			return -1;
	return 0;
}

static int on_lease(void *ctx, const struct account *a, bool take, struct err *e)
{
	struct round *r = ctx;

	return r->leases ? leases_ask(r->leases, a, take, e) : 1;
}

static void on_release(void *ctx, const struct account *a)
{
	struct round *r = ctx;

	if (r->leases)
		leases_release(r->leases, a);
}

static void on_acknowledged(void *ctx, const struct mailbox_place *at,
			    const struct mailbox_ack *acks, size_t n)
{
	folders_acknowledged(((struct round *)ctx)->f->folders, at, acks, n);
}

static void on_news(void *ctx, const struct mailbox_place *at, const struct mailbox_news *n)
{
	struct round *r = ctx;

	folders_news(r->f->folders, r->f->dry_run ? NULL : r->shared, at, n);
}

/* What is to be left where it is has no acknowledgement that would tell of it. */
static void on_settled(void *ctx, const struct mailbox_place *at, uint32_t uid,
		       const struct store_item *item, enum fate fate)
{
	struct round *r = ctx;
	bool left = at->account->after[fate].what == AFTER_LEAVE;

	if (fate != FATE_NONE && (left || r->f->dry_run))
		folders_left(r->f->folders, at, uid, item->size, fate, r->f->dry_run);
}

static void on_committed(void *ctx, const struct store_item *item)
{
	(void)item;
	((struct round *)ctx)->f->committed_at = now_ns();
}

/* ---- a round ---- */

static bool goes_on(void *ctx)
{
	struct round *r = ctx;

	r->away = r->away || shared_is_away(r->shared, &r->why);
	return !r->away && (!r->f->go_on || r->f->go_on(r->f));
}

static int begin(struct round *r, struct mailbox_owner *owner, struct err *e)
{
	struct fetch *f = r->f;
	const struct conf *c = &f->run->conf;
	const struct mailboxes_options o = {.watch = f->watch, .dry_run = f->dry_run};
	bool changed;

	if (store_open(c, STORE_INGEST, &r->store, e) < 0)
		return -1;
	if (!f->dry_run && (store_domains_sync(r->store, c->domains, &changed, e) < 0 ||
			    store_domains_lookup(r->store, e) < 0))
		return -1;
	r->shared = shared_new(c);
	if (!f->dry_run && leases_new(r->shared, c->lease, &r->leases, e) < 0)
		return -1;
	*owner = (struct mailbox_owner){
		.ctx = r, .known = on_known, .lease = on_lease, .release = on_release,
		.acknowledged = on_acknowledged, .news = on_news,
	};
	if (mailboxes_start(f->accounts, f->n, &o, owner, &r->mailboxes, e) < 0)
		return -1;
	r->mails = (struct mails){
		.mailboxes = r->mailboxes, .leases = r->leases, .settled = on_settled, .ctx = r,
	};
	return 0;
}

/* What is committed is acknowledged still, if that does not take too long. */
static void wait_for_sessions(struct round *r)
{
	int64_t until = now_ns() + GRACE_NS;
	struct ingest_item none;

	mailboxes_stop(r->mailboxes);
	while (!mailboxes_ended(r->mailboxes) && now_ns() < until) {
		struct pollfd p = {.fd = mailboxes_fd(r->mailboxes), .events = POLLIN};

		if (mailboxes_next(r->mailboxes, &none) == 1) /* that was handed in before */
			mailboxes_done_with(r->mailboxes, none.mail, FATE_NONE);
		else
			(void)!poll(&p, 1, 200);
		if (r->f->go_on)
			r->f->go_on(r->f);
	}
}

static void end(struct round *r)
{
	if (r->shared)
		shared_hurry(r->shared);
	if (r->mailboxes)
		wait_for_sessions(r);
	mailboxes_free(r->mailboxes);
	leases_free(r->leases);
	shared_free(r->shared);
	store_close(r->store);
}

static int run_pipeline(struct round *r, struct err *e)
{
	struct fetch *f = r->f;
	AUTO_FREE char *parser = run_parser_path(&f->run->conf);
	struct pipeline_options o = {
		.conf = &f->run->conf, .parser = parser, .quiet = true, .go_on = goes_on,
		.committed = on_committed, .ctx = r,
		.lookups = f->dry_run ? NULL : r->store,
	};
	struct feed *feed = feed_of_mails(&r->mails, r->store, &f->counts);
	int rc = pipeline_run(&o, feed, &f->counts, e);

	feed_free(feed);
	if (rc < 0 || signals_stop_asked() || (!r->away && !shared_is_away(r->shared, &r->why)))
		return rc;
	*e = r->why;
	return -1;
}

int fetch_round(struct fetch *f, bool *ret_begun, struct err *e)
{
	struct round r = {.f = f};
	struct mailbox_owner owner;
	int rc = begin(&r, &owner, e);

	*ret_begun = rc == 0;
	if (rc == 0)
		rc = run_pipeline(&r, e);
	end(&r);
	return rc;
}
