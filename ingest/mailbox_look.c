#include "ingest/mailbox.h"

#include <stdlib.h>

#define MESSAGES_MOST (16 << 20) /* in a folder: who says more talks nonsense */

/* What is gone is forgotten. */
static void forget_gone(struct mailbox *b)
{
	struct uidset *sets[] = {&b->left, &b->not_reports, &b->later, &b->told};

	for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++)
		uids_and(sets[i], &b->here);
}

/* Known ones by their fate; with nothing to be done they are left. */
static void sort_known(struct mailbox *b, const uint32_t *uids, const enum fate *fates, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		enum fate fate = fates[i];

		if (fate <= FATE_NONE || fate >= FATE_COUNT)
			uidset_add(&b->todo, uids[i]);
		else if (b->all->o.dry_run || b->account->after[fate].what == AFTER_LEAVE ||
			 uidset_has(&b->suspects, uids[i])) /* no size: it may be what is bad */
			mailbox_owe(b, uids[i], -1, fate, true);
		else
			uidset_add(&b->again[fate], uids[i]);
	}
}

static int ask_known(struct mailbox *b, struct uidset *asked, struct err *e)
{
	const struct mailbox_owner *owner = b->all->owner;
	struct mailbox_place at = mailbox_here(b);
	int rc = 0;

	while (rc == 0 && asked->n && !mailbox_stopping(b)) {
		struct uidset lot = {0};
		size_t n;

		uids_take(asked, LOT_KNOWN, &lot);

		AUTO_FREE uint32_t *uids = uids_list(&lot, &n);
		AUTO_FREE enum fate *fates = xcalloc(n, sizeof(*fates));

		uidset_free(&lot);
		rc = owner->known(owner->ctx, &at, uids, n, fates, e);
		if (rc == 0)
			sort_known(b, uids, fates, n);
	}
	return rc;
}

/* here without what we know what to do with. */
static struct uidset unknown(struct mailbox *b)
{
	struct uidset asked = {0};

	for (size_t i = 0; i < b->here.n; i++)
		uids_add_range(&asked, b->here.v[i].first, b->here.v[i].last);
	uids_minus(&asked, &b->left);
	uids_minus(&asked, &b->out);
	uids_minus(&asked, &b->later);
	return asked;
}

static int search(struct mailbox *b, struct err *e)
{
	uidset_free(&b->here);
	if (imap_search(b->imap, &b->here, e) < 0)
		return -1;
	if (uidset_count(&b->here) > MESSAGES_MOST)
		return err_set(e, ERR_TEMP, "the server names %llu messages: that can't be",
			       (unsigned long long)uidset_count(&b->here));
	return 0;
}

int mailbox_look(struct mailbox *b, struct err *e)
{
	struct uidset asked;
	int rc;

	b->looked_at = mailbox_now();
	if (b->looked_at - b->polled_at >= b->account->poll * 1000LL) {
		uids_clear(&b->later);
		b->polled_at = b->looked_at;
	}
	uids_clear(&b->todo);
	for (int fate = 0; fate < FATE_COUNT; fate++)
		uids_clear(&b->again[fate]);
	if (search(b, e) < 0)
		return -1;
	forget_gone(b);
	b->counts.messages = (int64_t)uidset_count(&b->here);
	b->counts.not_reports = (int64_t)uidset_count(&b->not_reports);
	b->counts.backlog = b->counts.messages - (int64_t)uidset_count(&b->left);
	b->counts.oldest_waiting_at = TIME_ABSENT;
	b->first_lot = true;
	asked = unknown(b);
	rc = ask_known(b, &asked, e);
	uidset_free(&asked);
	mailbox_sort_suspects(b);
	return rc;
}

/* ---- sizes ---- */

struct lot {
	struct mailbox *box;
	struct uidset uids;    /* not told yet */
	enum fate fate;        /* of all of them; FATE_NONE: to be read */
};

/* What was to be done with it was done before: it stays where it is all the same. */
static bool is_marked(const struct mailbox *b, enum fate fate, const struct imap_size *s)
{
	bool flagged = b->opened.keywords ? s->keyword : s->flagged;

	switch (b->account->after[fate].what) {
	case AFTER_SEEN:
		return s->seen;
	case AFTER_FLAG:
		return flagged;
	case AFTER_MOVE:
		return flagged && !(imap_can(b->imap) & (IMAP_CAN_MOVE | IMAP_CAN_UIDPLUS));
	case AFTER_LEAVE:
	case AFTER_DELETE:
		break;
	}
	return false;
}

static int add_size(void *ctx, const struct imap_size *s, struct err *e)
{
	struct lot *lot = ctx;
	struct mailbox *b = lot->box;

	(void)e;
	if (!uidset_has(&lot->uids, s->uid))
		return 0;
	uidset_remove(&lot->uids, s->uid);
	if (lot->fate != FATE_NONE && is_marked(b, lot->fate, s)) {
		mailbox_leave(b, s->uid, lot->fate);
		return 0;
	}
	if (s->arrived_at != TIME_ABSENT && (b->counts.oldest_waiting_at == TIME_ABSENT ||
					     s->arrived_at < b->counts.oldest_waiting_at))
		b->counts.oldest_waiting_at = s->arrived_at;
	if (lot->fate != FATE_NONE) {
		mailbox_owe(b, s->uid, s->size, lot->fate, true);
		return 0;
	}
	messages_add(&b->plan, &(struct message){.uid = s->uid, .size = s->size,
						  .arrived_at = s->arrived_at});
	return 0;
}

/* New ones first, then those that were refused, then suspects, then what was read already. */
static bool take_lot(struct mailbox *b, struct lot *lot)
{
	size_t most = b->first_lot ? LOT_FIRST : LOT_SIZES;

	b->plan_alone = !b->todo.n && b->alone.n;
	if (b->todo.n || b->alone.n) {
		uids_take(b->todo.n ? &b->todo : &b->alone, most, &lot->uids);
		return true;
	}
	if (b->suspects.n || b->asked_group.n) {
		if (b->n_windows)
			return false; /* nothing else is to be under way */
		if (mailbox_take_suspects(b, &lot->uids))
			return true;
	}
	for (int fate = FATE_STORED; fate < FATE_COUNT; fate++)
		if (b->again[fate].n) {
			lot->fate = (enum fate)fate;
			uids_take(&b->again[fate], most, &lot->uids);
			return true;
		}
	return false;
}

/* The oldest that waits is looked for in the first lot only: UIDs rise as messages come. */
int mailbox_refill(struct mailbox *b, bool *ret_any, struct err *e)
{
	struct lot lot = {.box = b};
	struct uidset asked = {0};
	int rc = 0;

	*ret_any = false;
	if (b->planned < b->plan.n || !take_lot(b, &lot))
		return 0;
	b->plan.n = b->planned = 0;
	for (size_t i = 0; i < lot.uids.n; i++)
		uids_add_range(&asked, lot.uids.v[i].first, lot.uids.v[i].last);
	b->asked_at = mailbox_now();
	rc = imap_sizes(b->imap, &asked, add_size, &lot, e);
	uidset_free(&asked);
	if (rc < 0) {
		b->cut = true;
		uidset_free(&b->unsized);
		b->unsized = lot.uids;
		return -1;
	}
	b->counts.backlog -= (int64_t)uidset_count(&lot.uids); /* vanished */
	uidset_free(&lot.uids);
	messages_sort(&b->plan);
	b->first_lot = false;
	*ret_any = true;
	return 0;
}

/* ---- what was not given ---- */

static int still_there(void *ctx, const struct imap_size *s, struct err *e)
{
	struct lot *lot = ctx;

	(void)e;
	if (uidset_has(&lot->box->missed, s->uid))
		uidset_add(&lot->uids, s->uid);
	return 0;
}

/* Said once of each; it is tried again with the next poll. */
static void say_not_given(struct mailbox *b, const struct uidset *uids)
{
	size_t n, fresh = 0;
	AUTO_FREE uint32_t *v = uids_list(uids, &n);
	uint32_t first = 0;
	struct err e;

	for (size_t i = 0; i < n; i++) {
		uidset_add(&b->later, v[i]);
		if (uidset_has(&b->told, v[i]))
			continue;
		uidset_add(&b->told, v[i]);
		if (fresh++ == 0)
			first = v[i];
	}
	if (!fresh)
		return;
	err_set(&e, ERR_TEMP, "the server does not give %zu message%s (the first has UID %u): left "
		"there, the others go on", fresh, fresh == 1 ? "" : "s", first);
	mailbox_say(b, MAILBOX_TROUBLE, &e, 0);
}

int mailbox_look_for_missed(struct mailbox *b, struct err *e)
{
	struct lot lot = {.box = b};
	int rc;

	if (imap_noop(b->imap, e) < 0)
		return -1;
	rc = imap_sizes(b->imap, &b->missed, still_there, &lot, e);
	if (rc == 0) {
		b->counts.backlog -= (int64_t)(uidset_count(&b->missed) - uidset_count(&lot.uids));
		say_not_given(b, &lot.uids);
	}
	uids_clear(&b->missed);
	uidset_free(&lot.uids);
	return rc;
}
