#include "ingest/mailbox.h"
#include "base/limits.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROOM_MS 10000 /* somebody wakes us: only for what is owed for long */

static struct ingest_mail *new_mail(struct mailbox *b, const struct message *msg)
{
	struct ingest_mail *mail = xcalloc(1, sizeof(*mail));
	const struct account *a = b->account;

	mail->box = b;
	mail->place = mailbox_here(b);
	mail->uid = msg->uid;
	mail->size = msg->size;
	mail->item = (struct ingest_item){
		.source = "imap", .size = msg->size, .fd = -1, .last = true,
		.arrived_at = msg->arrived_at,
		.item = mailbox_item(&mail->place, msg->uid),
	};
	mail->item.trust = &a->trust; /* what [ingest] says is in it, where it holds */
	return mail;
}

/*
 * Waits until there is room. Meanwhile mails come back, and are acknowledged: what waits for a
 * COMMIT that waits for us would wait for ever.
 */
static int hand_in(struct mailbox *b, struct ingest_mail *mail, struct err *e)
{
	mail->cost = MAIL_COST;
	if (!mail->item.refused)
		mail->cost += (size_t)mail->item.size;
	uidset_add(&b->out, mail->uid);
	while (!mailbox_push(b, mail)) {
		size_t enough = mailbox_owed_enough(b);

		mailbox_take_done(b);
		if (enough > LOT_ACK)
			enough = LOT_ACK;
		if (!b->n_owed || b->n_owed < enough) {
			mailbox_sleep(b, ROOM_MS);
		} else if (mailbox_acknowledge(b, enough, e) < 0) {
			mailbox_mail_free(mail);
			return -1;
		}
	}
	return 0;
}

/* Never downloaded: its row says why. */
static int hand_in_refused(struct mailbox *b, const struct message *msg, struct err *e)
{
	struct ingest_mail *mail = new_mail(b, msg);

	if (msg->size > LIMIT_MAIL)
		mail->item.refused = xasprintf("a mail of more than %d MB: %lld bytes, not downloaded",
					       LIMIT_MAIL >> 20, (long long)msg->size);
	else
		mail->item.refused = xasprintf("a mail of more than %d MB, though its server says "
					       "%lld bytes", LIMIT_MAIL >> 20,
					       (long long)msg->size);
	return hand_in(b, mail, e);
}

static int ask_window(struct mailbox *b, const struct message *v, size_t n, int64_t bytes,
		      struct err *e)
{
	AUTO_FREE uint32_t *uids = xmalloc(n * sizeof(*uids));
	struct window *w = &b->windows[b->n_windows++];
	uint32_t id;

	*w = (struct window){.v = xmalloc(n * sizeof(*v)), .n = n, .bytes = bytes};
	memcpy(w->v, v, n * sizeof(*v));
	for (size_t i = 0; i < n; i++)
		uids[i] = v[i].uid;
	b->under_way += bytes;
	b->cut = imap_bodies_ask(b->imap, uids, n, &id, e) < 0;
	return b->cut ? -1 : 0;
}

/* Many sessions share what memory they may take: bodies wait in it behind an answer to come. */
static int64_t under_way_most(const struct mailbox *b)
{
	int64_t share = 4 * UNDER_WAY / (int64_t)b->all->n_boxes;

	return share > UNDER_WAY ? UNDER_WAY : share < WINDOW_BYTES ? WINDOW_BYTES : share;
}

int mailbox_ask(struct mailbox *b, struct err *e)
{
	while (b->n_windows < WINDOWS && b->planned < b->plan.n) {
		const struct message *v = &b->plan.v[b->planned];
		size_t n = b->plan_alone ? 1 : b->plan.n - b->planned;
		int64_t bytes;

		if (v->size > LIMIT_MAIL) {
			b->planned++;
			if (hand_in_refused(b, v, e) < 0)
				return -1;
			continue;
		}
		n = window_length(v, n, &bytes);
		if (b->n_windows && b->under_way + bytes > under_way_most(b))
			return 0;
		b->planned += n;
		if (ask_window(b, v, n, bytes, e) < 0)
			return -1;
	}
	return 0;
}

static void drop_first_window(struct mailbox *b)
{
	b->under_way -= b->windows[0].bytes;
	free(b->windows[0].v);
	b->n_windows--;
	memmove(b->windows, b->windows + 1, b->n_windows * sizeof(b->windows[0]));
}

void mailbox_drop_windows(struct mailbox *b)
{
	while (b->n_windows)
		drop_first_window(b);
}

static int64_t guessed_size(const struct message *msg)
{
	return msg->size < 0 ? SIZE_UNKNOWN : msg->size;
}

/* Which of those asked for and not here yet; servers answer several windows at the same time. */
static struct message *asked_for(struct mailbox *b, uint32_t uid)
{
	for (size_t i = 0; i < b->n_windows; i++) {
		struct window *w = &b->windows[i];
		struct message *msg = messages_find(w->v, w->n, uid);

		if (!msg || msg->given)
			continue;
		msg->given = true;
		w->bytes -= guessed_size(msg);
		b->under_way -= guessed_size(msg);
		return msg;
	}
	return NULL;
}

static int take_body(struct mailbox *b, struct imap_body *body, struct err *e)
{
	struct message *msg = asked_for(b, body->uid);
	struct ingest_mail *mail;

	if (!msg) {
		free(body->bytes);
		if (body->fd >= 0)
			close(body->fd);
		return 0;
	}
	if (body->too_large) {
		free(body->bytes);
		if (body->fd >= 0)
			close(body->fd);
		return hand_in_refused(b, msg, e);
	}
	mail = new_mail(b, msg);
	mail->size = mail->item.size = body->size;
	mail->item.bytes = body->bytes;
	mail->item.fd = body->fd;
	return hand_in(b, mail, e);
}

/*
 * What was not given is gone, or something is wrong with one of them: where the whole window was
 * refused each is asked for alone, so that one bad message holds back no other.
 */
static void end_window(struct mailbox *b, bool refused)
{
	const struct window *w = &b->windows[0];

	for (size_t i = 0; i < w->n; i++)
		if (!w->v[i].given)
			uidset_add(refused && w->n > 1 ? &b->alone : &b->missed, w->v[i].uid);
	drop_first_window(b);
}

int mailbox_receive(struct mailbox *b, struct err *e)
{
	struct imap_body body = {.fd = -1};
	enum imap_got got = IMAP_GOT_NOTHING;
	bool refused = false;

	b->asked_at = mailbox_now();
	if (imap_body_next(b->imap, b->wake, &body, &refused, &got, e) < 0) {
		b->cut = true;
		return -1;
	}
	switch (got) {
	case IMAP_GOT_BODY:
		return take_body(b, &body, e);
	case IMAP_GOT_WINDOW_END:
		end_window(b, refused);
		return 0;
	case IMAP_GOT_WOKEN:
		mailbox_drain(b);
		return 0;
	case IMAP_GOT_NOTHING:
		break;
	}
	return err_set(e, ERR_BUG, "messages were asked for, and no answer is under way");
}
