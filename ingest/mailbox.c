#include "ingest/mailbox.h"

#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#define GATHER_MS 10 /* a COMMIT gives its mails back one by one: they shall be one lot */

struct mailbox_place mailbox_here(const struct mailbox *b)
{
	return (struct mailbox_place){b->account, b->folder, b->uidvalidity};
}

void mailbox_say(struct mailbox *b, enum mailbox_state state, const struct err *e,
		 int retry_seconds)
{
	struct mailbox_news n = b->counts;
	struct mailbox_place at = mailbox_here(b);

	n.state = state;
	n.retry_seconds = retry_seconds;
	if (e)
		n.err = *e;
	if (state == MAILBOX_LOOKED || state == MAILBOX_CAUGHT_UP)
		b->said_at = mailbox_now();
	b->all->owner->news(b->all->owner->ctx, &at, &n);
}

int mailbox_lease(struct mailbox *b, struct err *e)
{
	int got = b->all->owner->lease(b->all->owner->ctx, b->account, false, e);

	if (got == 1)
		return 0;
	b->elsewhere = got == 0;
	return -1;
}

/* ---- one connection ---- */

/* Asked while the session waits for its server: true once nothing is owed to anybody, or the grace
 * is over. */
static bool give_up(void *ctx)
{
	struct mailbox *b = ctx;
	bool yes;

	mailbox_lock(b);
	yes = b->all->stopping && (mailbox_now() >= b->all->deadline ||
				   (!b->handed && !b->done && !b->n_owed && !b->acknowledging));
	mailbox_unlock(b);
	return yes;
}

/* What was remembered is of another UIDVALIDITY: all is looked at anew. */
static void forget(struct mailbox *b)
{
	uids_clear(&b->left);
	uids_clear(&b->not_reports);
	uids_clear(&b->told);
	uids_clear(&b->suspects);
	uids_clear(&b->bad);
}

static int enter(struct mailbox *b, struct err *e)
{
	if (imap_open(b->account, b->login, give_up, b, NULL, &b->imap, e) < 0)
		return -1;
	if (imap_select(b->imap, b->folder, b->all->o.dry_run, &b->opened, e) < 0)
		return -1;
	if (b->opened.uidvalidity != b->uidvalidity)
		forget(b);
	b->uidvalidity = b->opened.uidvalidity;
	b->counts = (struct mailbox_news){.messages = b->opened.exists, .backlog = -1,
					  .oldest_waiting_at = TIME_ABSENT};
	mailbox_say(b, MAILBOX_CONNECTED, NULL, 0);
	return 0;
}

/* All that one connection remembers. */
static void leave_off(struct mailbox *b)
{
	mailbox_drop_windows(b);
	imap_close(b->imap);
	b->imap = NULL;
	b->plan.n = b->planned = 0;
	b->n_owed = 0;
	uids_clear(&b->out);
	uids_clear(&b->alone);
	uids_clear(&b->missed);
	uids_clear(&b->later);
	uids_clear(&b->unsized);
	b->cut = false;
	b->polled_at = 0;
	b->told_downgrade = b->not_stored = false;
	for (int fate = 0; fate < FATE_COUNT; fate++)
		b->refused[fate] = false;
	b->refusal = (struct err){0};
}

/* Everything is read, and the owner has some of it still. */
static int wait_for_commit(struct mailbox *b, struct err *e)
{
	int64_t since = mailbox_now();

	mailbox_sleep(b, mailbox_pace.keep_alive);
	if (mailbox_stopping(b))
		return 0;
	if (mailbox_now() - since >= mailbox_pace.keep_alive)
		return imap_noop(b->imap, e);
	mailbox_sleep(b, GATHER_MS);
	return 0;
}

/* Downloads as far as something is to be downloaded; *ret_more: there may be more at once. */
static int download(struct mailbox *b, bool *ret_more, struct err *e)
{
	bool any = false;

	*ret_more = true;
	if (mailbox_refill(b, &any, e) < 0)
		return -1;
	if (any && b->said_at < b->looked_at)
		mailbox_say(b, MAILBOX_LOOKED, NULL, 0);
	if (mailbox_ask(b, e) < 0)
		return -1;
	if (b->n_windows)
		return mailbox_receive(b, e);
	if (any || b->planned < b->plan.n)
		return 0;
	if (b->missed.n)
		return mailbox_look_for_missed(b, e);
	*ret_more = false;
	return 0;
}

/* Until all that the last look found is read and acknowledged, or stop. */
static int work(struct mailbox *b, struct err *e)
{
	mailbox_set_busy(b, true);
	while (!mailbox_stopping(b)) {
		bool more;

		mailbox_take_done(b);
		if (mailbox_acknowledge(b, mailbox_owed_enough(b), e) < 0 ||
		    download(b, &more, e) < 0)
			return -1;
		if (more)
			continue;
		mailbox_set_busy(b, false);
		if (b->n_owed) {
			if (mailbox_acknowledge(b, 1, e) < 0)
				return -1;
		} else if (!mailbox_handed(b)) {
			return 0;
		} else if (wait_for_commit(b, e) < 0) {
			return -1;
		}
	}
	return 0;
}

/* What came of it all; -1: the server refused what was to be done with messages, or the lease is
 * another's: nothing but a COMMIT tells of that where nothing is acknowledged. */
static int conclude(struct mailbox *b, struct err *e)
{
	if (b->not_stored && mailbox_lease(b, e) < 0)
		return -1;
	b->not_stored = false;
	if (b->refusal.class != ERR_NONE) {
		*e = b->refusal;
		return -1;
	}
	b->failures = b->quick = 0;
	mailbox_say(b, b->counts.backlog > 0 ? MAILBOX_LOOKED : MAILBOX_CAUGHT_UP, NULL, 0);
	return 0;
}

static int wait_for_news(struct mailbox *b, struct err *e)
{
	bool news = false;

	mailbox_set_busy(b, false);
	mailbox_sleep(b, b->looked_at + mailbox_pace.look - mailbox_now());
	while (!news && !mailbox_stopping(b)) {
		int64_t rest = b->polled_at + b->account->poll * 1000LL - mailbox_now();

		if (rest <= 0)
			break;
		if (imap_wait(b->imap, (int)((rest + 999) / 1000), b->wake, b->account->idle, &news,
			      e) < 0)
			return -1;
		mailbox_drain(b);
	}
	return mailbox_stopping(b) ? 0 : mailbox_lease(b, e);
}

/* Messages that came while others were read are found by another look: no server has to tell. */
static int visit(struct mailbox *b, struct err *e)
{
	while (!mailbox_stopping(b)) {
		bool fresh;

		mailbox_set_busy(b, true);
		if (mailbox_look(b, e) < 0)
			return -1;
		fresh = b->todo.n;
		if (work(b, e) < 0)
			return -1;
		if (mailbox_stopping(b))
			return 0;
		if (conclude(b, e) < 0)
			return -1;
		if (!b->all->o.watch)
			return 0;
		if (!fresh && wait_for_news(b, e) < 0)
			return -1;
	}
	return 0;
}

/* Stop: what is committed within the grace is acknowledged. */
static void finish(struct mailbox *b)
{
	struct err e = {0};

	mailbox_set_busy(b, false);
	for (;;) {
		int64_t rest;

		mailbox_take_done(b);
		if (b->n_owed) {
			if (give_up(b) || mailbox_acknowledge(b, 1, &e) < 0)
				return;
			continue;
		}
		mailbox_lock(b);
		rest = b->all->deadline - mailbox_now();
		mailbox_unlock(b);
		if (!mailbox_handed(b) || rest <= 0)
			return;
		mailbox_sleep(b, rest);
		mailbox_sleep(b, GATHER_MS);
	}
}

/* ---- the thread ---- */

/* The lease is kept as long as the owner has mails of ours: their COMMIT needs it. */
static void release(struct mailbox *b)
{
	for (;;) {
		bool over;

		mailbox_take_done(b);
		mailbox_lock(b);
		over = b->all->stopping && mailbox_now() >= b->all->deadline;
		mailbox_unlock(b);
		if (over || !mailbox_handed(b))
			break;
		mailbox_sleep(b, 1000);
	}
	b->all->owner->release(b->all->owner->ctx, b->account);
}

/* Milliseconds until the next try. */
static int64_t pause_for(struct mailbox *b, const struct err *e)
{
	const struct mailbox_pace *p = &mailbox_pace;
	uint32_t random = 0;

	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		random = (uint32_t)mailbox_now();
	if (b->elsewhere)
		return backoff(1, p->elsewhere, p->elsewhere, random);
	b->failures++;
	return backoff(b->failures, e->class == ERR_CONFIG ? p->retry_person : p->retry,
		       p->retry_most, random);
}

/* Says that it failed; returns how long to wait. */
static int64_t say_failed(struct mailbox *b, const struct err *e)
{
	int64_t ms = pause_for(b, e);
	int seconds = b->all->o.watch ? (int)((ms + 999) / 1000) : 0;

	b->counts.backlog = -1;
	mailbox_say(b, b->elsewhere ? MAILBOX_ELSEWHERE : MAILBOX_FAILED, e, seconds);
	return ms;
}

/* *ret_again: once more in *ret_ms. */
static void try(struct mailbox *b, bool *ret_again, int64_t *ret_ms)
{
	const struct mailbox_owner *owner = b->all->owner;
	struct err e = {0};
	int got = owner->lease(owner->ctx, b->account, true, &e), rc = -1;
	bool quick = false;

	b->elsewhere = got == 0;
	if (got == 1) {
		rc = enter(b, &e) < 0 ? -1 : visit(b, &e);
		if (rc == 0 && mailbox_stopping(b))
			finish(b);
		quick = rc < 0 && e.class == ERR_TEMP && !b->elsewhere && !mailbox_stopping(b) &&
			mailbox_suspect(b, &e);
		leave_off(b);
	}
	mailbox_set_busy(b, false);
	*ret_ms = mailbox_pace.quick;
	if (rc < 0 && !quick && !mailbox_stopping(b))
		*ret_ms = say_failed(b, &e);
	*ret_again = rc < 0 && (quick || b->all->o.watch);
	if (got == 1)
		release(b);
}

void *mailbox_thread(void *box)
{
	struct mailbox *b = box;
	bool again = true;
	int64_t ms = 0;

	b->counts = (struct mailbox_news){.messages = -1, .backlog = -1, .not_reports = -1,
					  .oldest_waiting_at = TIME_ABSENT};
	while (again && !mailbox_stopping(b)) {
		int64_t until;

		try(b, &again, &ms);
		until = mailbox_now() + ms;
		while (again && !mailbox_stopping(b) && mailbox_now() < until)
			mailbox_sleep(b, until - mailbox_now());
	}
	mailbox_say(b, MAILBOX_ENDED, NULL, 0);
	mailbox_ended(b);
	return NULL;
}

void mailbox_free(struct mailbox *b)
{
	struct uidset *sets[] = {&b->here, &b->left, &b->not_reports, &b->out, &b->todo, &b->alone,
				 &b->missed, &b->later, &b->told, &b->unsized,
				 &b->suspects, &b->asked_group, &b->bad};

	for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++)
		uidset_free(sets[i]);
	for (int fate = 0; fate < FATE_COUNT; fate++)
		uidset_free(&b->again[fate]);
	free(b->plan.v);
	free(b->owed);
	if (b->wake >= 0)
		close(b->wake);
}
