/*
 * mails - mailboxes as the feed sees them: what their sessions hand in comes with the lease of its
 * account, and each mail goes back to its session once, with what became of it.
 */
#ifndef CMD_MAILS_H
#define CMD_MAILS_H

#include "ingest/ingest.h"
#include "store/store.h"

struct leases;

struct mails {
	struct mailboxes *mailboxes;
	struct leases *leases;  /* NULL: nothing is stored, so nothing has to be fenced */
	/* Called for each mail before it goes back; may be NULL. */
	void (*settled)(void *ctx, const struct mailbox_place *at, uint32_t uid,
			const struct store_item *item, enum fate fate);
	void *ctx;
	bool empty;             /* the last look found nothing */
};

/* What an item of this outcome came to. */
enum fate fate_of(char outcome);

/* 1: *ret_item; 0: none now. */
int mails_next(struct mails *m, struct ingest_item *ret_item);
int mails_fd(const struct mails *m);
/* True until mails_fd is readable. */
bool mails_wait(const struct mails *m);
/* True if no session will hand in more before it hears of what it handed in. */
bool mails_are_quiet(const struct mails *m);
bool mails_ended(const struct mails *m);
/* Under which the mail may be stored: valid as long as m->leases. */
const struct store_lease *mails_lease(const struct mails *m, const struct ingest_mail *mail);
/* The item of a mail leaves the pipeline, durable or not. */
void mails_settled(struct mails *m, struct store_item *item);
/* One that never became an item. */
void mails_give_back(struct mails *m, struct ingest_mail *mail);

#endif
