/*
 * A server that ends the connection over one message (Dovecot does, where a message is not as long
 * as it remembers) would end it in every run, and nothing behind that message would ever be read.
 * So what was asked for and not answered is asked for again behind all others, in groups that
 * become smaller, until the connection ends over a single message: that one is left.
 */
#include "ingest/mailbox.h"

#include <stdlib.h>

#define GROUP_SHARE 8      /* a group that failed is divided by that */
#define GROUP_MOST 256
#define QUICK_MOST 20      /* connections in a row that are opened again at once */

static void add_all(struct uidset *to, const struct uidset *from)
{
	size_t n;
	AUTO_FREE uint32_t *v = uids_list(from, &n);

	for (size_t i = 0; i < n; i++)
		uidset_add(to, v[i]);
}

static void leave_bad(struct mailbox *b, uint32_t uid, const struct err *why)
{
	struct err e;

	uidset_remove(&b->suspects, uid);
	if (!b->bad.n)
		b->bad_since = mailbox_now();
	uidset_add(&b->bad, uid);
	err_set(&e, ERR_TEMP, "the connection ends over the message with UID %u, which is left there "
		"(the others go on): %s", uid, why->msg);
	mailbox_say(b, MAILBOX_TROUBLE, &e, 0);
}

bool mailbox_suspect(struct mailbox *b, const struct err *why)
{
	struct uidset s = {0};
	uint64_t n;

	if (!b->cut)
		return false;
	add_all(&s, &b->unsized);
	for (size_t k = 0; k < b->n_windows; k++)
		for (size_t i = 0; i < b->windows[k].n; i++)
			if (!b->windows[k].v[i].given)
				uidset_add(&s, b->windows[k].v[i].uid);
	n = uidset_count(&s);
	if (n == 1 && uidset_has(&b->suspects, s.v[0].first)) {
		leave_bad(b, s.v[0].first, why);
	} else if (n) {
		add_all(&b->suspects, &s);
		b->group = n > GROUP_SHARE ? (size_t)n / GROUP_SHARE : 1;
	}
	uidset_free(&s);
	/* who says nothing is given time, as one that is away */
	return n && mailbox_now() - b->asked_at < b->account->timeout * 1000LL &&
	       b->quick++ < QUICK_MOST;
}

bool mailbox_take_suspects(struct mailbox *b, struct uidset *lot)
{
	if (b->asked_group.n) {
		uids_minus(&b->suspects, &b->asked_group);
		uids_clear(&b->asked_group);
		b->group = b->group < GROUP_MOST ? 2 * b->group : GROUP_MOST;
	}
	if (!b->suspects.n)
		return false;
	uids_take(&b->suspects, b->group, lot);
	add_all(&b->asked_group, lot);
	add_all(&b->suspects, lot); /* until they are through */
	return true;
}

void mailbox_sort_suspects(struct mailbox *b)
{
	if (b->bad.n && mailbox_now() - b->bad_since >= mailbox_pace.bad)
		uids_clear(&b->bad);
	uids_clear(&b->asked_group);
	uids_and(&b->suspects, &b->todo);
	uids_minus(&b->suspects, &b->bad);
	uids_minus(&b->todo, &b->bad);
	uids_minus(&b->todo, &b->suspects);
}
