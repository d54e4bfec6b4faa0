#include "cmd/mails.h"
#include "cmd/leases.h"

enum fate fate_of(char outcome)
{
	switch (outcome) {
	case OUTCOME_STORED:
	case OUTCOME_CONFLICT:
	case OUTCOME_NEAR_REPEAT:
	case OUTCOME_LOG:
		return FATE_STORED;
	case OUTCOME_REPEAT:
		return FATE_REPEAT;
	case OUTCOME_QUARANTINED:
	case 'd': /* a person dropped it from quarantine: the mail stays where such mails go */
		return FATE_QUARANTINED;
	case OUTCOME_NOT_REPORT:
		return FATE_NOT_REPORT;
	}
	return FATE_NONE;
}

int mails_next(struct mails *m, struct ingest_item *ret_item)
{
	int got = mailboxes_next(m->mailboxes, ret_item);

	m->empty = got == 0;
	return got;
}

int mails_fd(const struct mails *m)
{
	return mailboxes_fd(m->mailboxes);
}

bool mails_wait(const struct mails *m)
{
	return m->empty;
}

bool mails_are_quiet(const struct mails *m)
{
	return m->empty && mailboxes_quiet(m->mailboxes);
}

bool mails_ended(const struct mails *m)
{
	return mailboxes_ended(m->mailboxes);
}

const struct store_lease *mails_lease(const struct mails *m, const struct ingest_mail *mail)
{
	uint32_t uid;

	return m->leases ? leases_of(m->leases, ingest_mail_place(mail, &uid)->account) : NULL;
}

void mails_settled(struct mails *m, struct store_item *item)
{
	struct ingest_mail *mail = item->ctx;
	enum fate fate = item->durable ? fate_of((char)item->outcome) : FATE_NONE;
	uint32_t uid;

	if (m->settled) {
		const struct mailbox_place *at = ingest_mail_place(mail, &uid);

		m->settled(m->ctx, at, uid, item, fate);
	}
	item->ctx = NULL;
	mailboxes_done_with(m->mailboxes, mail, fate);
}

void mails_give_back(struct mails *m, struct ingest_mail *mail)
{
	mailboxes_done_with(m->mailboxes, mail, FATE_NONE);
}
