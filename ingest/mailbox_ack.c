#include "ingest/mailbox.h"

#include <stdlib.h>
#include <string.h>

void mailbox_leave(struct mailbox *b, uint32_t uid, enum fate fate)
{
	uidset_remove(&b->out, uid);
	uidset_add(&b->left, uid);
	b->counts.backlog--;
	if (fate == FATE_NOT_REPORT) {
		uidset_add(&b->not_reports, uid);
		b->counts.not_reports++;
	}
}

static void put_off(struct mailbox *b, uint32_t uid)
{
	uidset_remove(&b->out, uid);
	uidset_add(&b->later, uid);
}

void mailbox_owe(struct mailbox *b, uint32_t uid, int64_t size, enum fate fate, bool again)
{
	if (b->all->o.dry_run || b->account->after[fate].what == AFTER_LEAVE) {
		mailbox_leave(b, uid, fate);
		return;
	}
	if (b->refused[fate]) {
		put_off(b, uid);
		return;
	}
	if (b->n_owed == b->cap_owed) {
		b->cap_owed = b->cap_owed ? 2 * b->cap_owed : 64;
		b->owed = xrealloc(b->owed, b->cap_owed * sizeof(*b->owed));
	}
	if (!b->n_owed)
		b->owed_since = mailbox_now();
	uidset_add(&b->out, uid);
	b->owed[b->n_owed++] = (struct owed){uid, size, fate, again};
}

/* They were put in front of one another: this is their order again. */
static struct ingest_mail *reversed(struct ingest_mail *list)
{
	struct ingest_mail *first = NULL;

	while (list) {
		struct ingest_mail *next = list->next;

		list->next = first;
		first = list;
		list = next;
	}
	return first;
}

static void take_back(struct mailbox *b, const struct ingest_mail *mail)
{
	if (mail->fate != FATE_NONE) {
		mailbox_owe(b, mail->uid, mail->size, mail->fate, false);
		return;
	}
	put_off(b, mail->uid);
	b->not_stored = true;
}

/* Without a session nothing is owed: the next look asks what is known of them. */
void mailbox_take_done(struct mailbox *b)
{
	struct ingest_mail *list, *next;

	mailbox_lock(b);
	list = b->done;
	b->done = NULL;
	mailbox_unlock(b);
	for (list = reversed(list); list; list = next) {
		next = list->next;
		if (list->fate != FATE_NONE)
			b->failures = 0;
		if (b->imap && list->place.uidvalidity == b->uidvalidity)
			take_back(b, list);
		mailbox_mail_free(list);
	}
}

static bool same_after(const struct after *a, const struct after *b)
{
	return a->what == b->what &&
	       (a->what != AFTER_MOVE || strcmp(a->folder, b->folder) == 0);
}

/* Moves what is owed to the same place as the first to the lot; returns how many. */
static size_t take_lot(struct mailbox *b, struct owed *lot, struct uidset *uids)
{
	const struct after *after = &b->account->after[b->owed[0].fate];
	size_t n = 0, rest = 0;

	for (size_t i = 0; i < b->n_owed; i++) {
		const struct owed *o = &b->owed[i];

		if (n < LOT_ACK_MOST && same_after(&b->account->after[o->fate], after)) {
			lot[n++] = *o;
			uidset_add(uids, o->uid);
		} else {
			b->owed[rest++] = *o;
		}
	}
	b->n_owed = rest;
	return n;
}

/* The session is in order, but a person has to mend this: no more of the kind by this session. */
static void refuse(struct mailbox *b, const struct owed *lot, size_t n, const struct err *e)
{
	const struct after *after = &b->account->after[lot[0].fate];
	size_t rest = 0;

	b->refusal = *e;
	for (int fate = FATE_STORED; fate < FATE_COUNT; fate++)
		if (same_after(&b->account->after[fate], after))
			b->refused[fate] = true;
	for (size_t i = 0; i < n; i++)
		put_off(b, lot[i].uid);
	for (size_t i = 0; i < b->n_owed; i++)
		if (b->refused[b->owed[i].fate])
			put_off(b, b->owed[i].uid);
		else
			b->owed[rest++] = b->owed[i];
	b->n_owed = rest;
}

/* A server that can't do what is asked: said once a session. */
static void say_downgrade(struct mailbox *b, const char *why)
{
	struct err e;

	if (!why || b->told_downgrade)
		return;
	b->told_downgrade = true;
	err_set(&e, ERR_CONFIG, "%s", why);
	mailbox_say(b, MAILBOX_TROUBLE, &e, 0);
}

static void settle(struct mailbox *b, const struct owed *lot, size_t n, enum after_what done)
{
	const struct after *after = &b->account->after[lot[0].fate];
	struct mailbox_ack *acks = xcalloc(n, sizeof(*acks));
	struct mailbox_place at = mailbox_here(b);

	for (size_t i = 0; i < n; i++) {
		acks[i] = (struct mailbox_ack){
			.uid = lot[i].uid, .size = lot[i].size, .fate = lot[i].fate, .what = done,
			.folder = done == AFTER_MOVE ? after->folder : NULL, .again = lot[i].again,
		};
		if (done == AFTER_MOVE || done == AFTER_DELETE) {
			uidset_remove(&b->out, lot[i].uid);
			b->counts.messages--;
			b->counts.backlog--;
		} else {
			mailbox_leave(b, lot[i].uid, lot[i].fate);
		}
	}
	b->all->owner->acknowledged(b->all->owner->ctx, &at, acks, n);
	free(acks);
	if (mailbox_now() - b->said_at > mailbox_pace.progress)
		mailbox_say(b, MAILBOX_LOOKED, NULL, 0);
}

size_t mailbox_owed_enough(const struct mailbox *b)
{
	int64_t age = b->n_owed ? mailbox_now() - b->owed_since : 0;

	return age >= mailbox_pace.owed_most ? 1 : age >= mailbox_pace.owed ? LOT_ACK : LOT_ACK_LATE;
}

int mailbox_acknowledge(struct mailbox *b, size_t least, struct err *e)
{
	AUTO_FREE struct owed *lot = NULL;
	enum after_what done = AFTER_LEAVE;
	const char *why = NULL;
	struct uidset uids = {0};
	size_t n;
	int rc;

	if (!b->n_owed || b->n_owed < least)
		return 0;
	if (mailbox_lease(b, e) < 0)
		return -1;
	lot = xcalloc(LOT_ACK_MOST, sizeof(*lot));
	n = take_lot(b, lot, &uids);
	b->owed_since = mailbox_now();

	const struct after *after = &b->account->after[lot[0].fate];

	b->acknowledging = true;
	b->asked_at = mailbox_now();
	rc = imap_acknowledge(b->imap, &uids, after->what, after->folder, &done, &why, e);
	b->acknowledging = false;
	uidset_free(&uids);
	if (rc < 0 && e->class != ERR_CONFIG) {
		b->cut = true;
		return -1;
	}
	if (rc < 0) {
		refuse(b, lot, n, e);
		return 0;
	}
	settle(b, lot, n, done);
	say_downgrade(b, why);
	return 0;
}
