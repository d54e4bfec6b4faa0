#include "tests/unit/fake_owner.h"
#include "ingest/mailbox.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LONG_ENOUGH 20000 /* ms: a test that waits so long has failed */

struct owner owner = {.lock = PTHREAD_MUTEX_INITIALIZER};

static enum fate *row(const char *folder, uint32_t uidvalidity, uint32_t uid)
{
	size_t k = strcmp(folder, "INBOX") == 0 ? 0 : 1;

	return &owner.known[k][uidvalidity % 2][uid <= FAKE_MESSAGES ? uid : 0];
}

enum fate owner_knows(const char *folder, uint32_t uidvalidity, uint32_t uid)
{
	enum fate fate;

	pthread_mutex_lock(&owner.lock);
	fate = *row(folder, uidvalidity, uid);
	pthread_mutex_unlock(&owner.lock);
	return fate;
}

static bool is_committed(const char *folder, uint32_t uidvalidity, uint32_t uid)
{
	return owner_knows(folder, uidvalidity, uid) != FATE_NONE;
}

/* ---- what sessions ask ---- */

static int known(void *ctx, const struct mailbox_place *at, const uint32_t *uids, size_t n,
		 enum fate *ret, struct err *e)
{
	int rc = 0;

	(void)ctx;
	pthread_mutex_lock(&owner.lock);
	owner.known_asked += (int)n;
	if (owner.fail_known > 0) {
		owner.fail_known--;
		rc = err_set(e, ERR_TEMP, "the database is away");
	}
	for (size_t i = 0; i < n; i++)
		ret[i] = *row(at->folder, at->uidvalidity, uids[i]);
	pthread_mutex_unlock(&owner.lock);
	return rc;
}

static int lease(void *ctx, const struct account *a, bool take, struct err *e)
{
	int got;

	(void)ctx;
	pthread_mutex_lock(&owner.lock);
	got = take ? owner.take : owner.lease;
	owner.takes += take && got == 1;
	owner.leases += !take;
	pthread_mutex_unlock(&owner.lock);
	if (got != 1)
		err_set(e, ERR_TEMP, "account '%s' is another's", a->name);
	return got;
}

static void release(void *ctx, const struct account *a)
{
	(void)ctx;
	(void)a;
	OWNER_SET(releases, owner.releases + 1);
}

static void acknowledged(void *ctx, const struct mailbox_place *at, const struct mailbox_ack *acks,
			 size_t n)
{
	(void)ctx;
	(void)at;
	pthread_mutex_lock(&owner.lock);
	owner.ack_calls++;
	for (size_t i = 0; i < n; i++) {
		owner.acks++;
		owner.again += acks[i].again;
		owner.by_what[acks[i].what]++;
		snprintf(owner.last_folder, sizeof(owner.last_folder), "%s",
			 acks[i].folder ? acks[i].folder : "-");
	}
	pthread_mutex_unlock(&owner.lock);
}

static void news(void *ctx, const struct mailbox_place *at, const struct mailbox_news *n)
{
	(void)ctx;
	(void)at;
	pthread_mutex_lock(&owner.lock);
	owner.states[n->state]++;
	owner.last[n->state] = *n;
	pthread_mutex_unlock(&owner.lock);
}

static const struct mailbox_owner callbacks = {
	.known = known, .lease = lease, .release = release, .acknowledged = acknowledged,
	.news = news,
};

/* ---- the main thread ---- */

struct account *owner_account(const char *name)
{
	struct account *a = xcalloc(1, sizeof(*a));

	a->name = xstrdup(name);
	a->host = xstrdup("imap.example.com");
	a->folders = xcalloc(2, sizeof(char *));
	a->folders[0] = xstrdup("INBOX");
	a->n_folders = 1;
	a->after[FATE_STORED] = a->after[FATE_REPEAT] =
		(struct after){AFTER_MOVE, (char *)(uintptr_t)"Archive"};
	a->after[FATE_QUARANTINED] = (struct after){AFTER_MOVE, (char *)(uintptr_t)"Archive/Q"};
	a->poll = 300;
	a->idle = true;
	a->timeout = 60;
	return a;
}

void owner_account_free(struct account *a)
{
	for (size_t i = 0; i < a->n_folders; i++)
		free(a->folders[i]);
	free(a->folders);
	free(a->host);
	free(a->name);
	free(a);
}

static enum fate stored(uint32_t uid)
{
	(void)uid;
	return FATE_STORED;
}

void owner_reset(struct main_part *p)
{
	fake_reset();
	pthread_mutex_lock(&owner.lock);
	memset(owner.known, 0, sizeof(owner.known));
	owner.take = owner.lease = 1;
	owner.fail_known = owner.takes = owner.releases = owner.leases = owner.known_asked = 0;
	owner.acks = owner.again = owner.ack_calls = 0;
	memset(owner.by_what, 0, sizeof(owner.by_what));
	memset(owner.states, 0, sizeof(owner.states));
	pthread_mutex_unlock(&owner.lock);
	FAKE_SET(committed, is_committed);
	*p = (struct main_part){.batch = 300, .fate_of = stored};
}

int owner_start(struct main_part *p, const struct account *const *accounts, size_t n, bool watch,
		bool dry_run)
{
	struct mailboxes_options o = {.watch = watch, .dry_run = dry_run};
	struct err e = {0};

	return mailboxes_start(accounts, n, &o, &callbacks, &p->m, &e);
}

static void take(struct main_part *p, struct ingest_item *it)
{
	uint32_t uid;

	ingest_mail_place(it->mail, &uid);
	p->disorder |= uid <= p->last_uid;
	p->last_uid = uid;
	p->given++;
	p->bytes += it->size;
	p->fds += it->fd >= 0;
	snprintf(p->last_item, sizeof(p->last_item), "%s", it->item);
	if (it->refused) {
		p->refused++;
		snprintf(p->last_refused, sizeof(p->last_refused), "%s", it->refused);
	}
	if (it->fd >= 0)
		close(it->fd);
	free(it->item);
	free(it->bytes);
	free(it->refused);
	p->mails[p->n++] = it->mail;
}

void owner_commit(struct main_part *p)
{
	for (size_t i = 0; i < p->n && !p->abort; i++) {
		uint32_t uid;
		const struct mailbox_place *at = ingest_mail_place(p->mails[i], &uid);
		enum fate fate = p->fate_of(uid);

		pthread_mutex_lock(&owner.lock);
		p->twice += *row(at->folder, at->uidvalidity, uid) != FATE_NONE;
		*row(at->folder, at->uidvalidity, uid) = fate;
		pthread_mutex_unlock(&owner.lock);
	}
	for (size_t i = 0; i < p->n; i++) {
		uint32_t uid;

		ingest_mail_place(p->mails[i], &uid);
		mailboxes_done_with(p->m, p->mails[i], p->abort ? FATE_NONE : p->fate_of(uid));
	}
	p->commits += p->n > 0;
	p->n = 0;
}

bool owner_run(struct main_part *p, bool (*over)(struct main_part *p))
{
	int64_t until = mailbox_now() + LONG_ENOUGH;

	while (!over(p)) {
		struct pollfd f = {.fd = mailboxes_fd(p->m), .events = POLLIN};
		struct ingest_item it;

		if (mailbox_now() > until)
			return false;
		poll(&f, p->stuck ? 0 : 1, 5);
		while (!p->stuck && p->n < p->batch && mailboxes_next(p->m, &it) == 1)
			take(p, &it);
		if (!p->stuck && !p->keep &&
		    (p->n >= p->batch || (p->n && mailboxes_quiet(p->m))))
			owner_commit(p);
	}
	return true;
}

bool owner_ended(struct main_part *p)
{
	return mailboxes_ended(p->m);
}

void owner_stop(struct main_part *p)
{
	mailboxes_stop(p->m);
	owner_commit(p);
	mailboxes_free(p->m);
	p->m = NULL;
}
