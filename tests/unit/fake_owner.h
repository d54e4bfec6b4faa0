/*
 * fake_owner - the owner of mailboxes for their test: a database in memory, a lease that the test
 * holds or loses, and the main thread's loop: takes mails, commits them in batches, gives them back.
 */
#ifndef TESTS_FAKE_OWNER_H
#define TESTS_FAKE_OWNER_H

#include "tests/unit/fake_imap.h"
#include "ingest/ingest.h"

#define OWNER_MAILS 16384

struct owner {
	pthread_mutex_t lock;
	/* [folder][uidvalidity % 2][uid] */
	enum fate known[FAKE_FOLDERS][2][FAKE_MESSAGES + 1];
	int take, lease;           /* what the owner answers */
	int fail_known;            /* so many times ERR_TEMP */
	int takes, releases, leases, known_asked;
	int acks, again, ack_calls, by_what[AFTER_DELETE + 1];
	char last_folder[100];
	int states[MAILBOX_ENDED + 1];
	struct mailbox_news last[MAILBOX_ENDED + 1];
};
extern struct owner owner;

/* The main thread's part. */
struct main_part {
	struct mailboxes *m;
	struct ingest_mail *mails[OWNER_MAILS]; /* taken, not given back */
	size_t n;
	size_t batch;              /* commits at so many, or when it is quiet */
	bool stuck;                /* takes none */
	bool keep;                 /* commits none */
	bool abort;                /* commits fail: FATE_NONE */
	enum fate (*fate_of)(uint32_t uid);
	size_t given, refused, commits, fds, turns, twice;
	uint32_t last_uid;
	bool disorder;
	char last_item[200], last_refused[200];
	int64_t bytes;
};

/* account of one folder INBOX: move to Archive, quarantined to Archive/Q, no reports left. */
struct account *owner_account(const char *name);
void owner_account_free(struct account *a);
/* Forgets all, and the server too. */
void owner_reset(struct main_part *p);
int owner_start(struct main_part *p, const struct account *const *accounts, size_t n, bool watch,
		bool dry_run);
/* Until over says so; false after some seconds. */
bool owner_run(struct main_part *p, bool (*over)(struct main_part *p));
bool owner_ended(struct main_part *p);
/* Gives all back that was taken: commits (or not). */
void owner_commit(struct main_part *p);
void owner_stop(struct main_part *p);
enum fate owner_knows(const char *folder, uint32_t uidvalidity, uint32_t uid);

#define OWNER_GET(field) \
	({ \
		pthread_mutex_lock(&owner.lock); \
		__typeof__(owner.field) got = owner.field; \
		pthread_mutex_unlock(&owner.lock); \
		got; \
	})
#define OWNER_SET(field, value) \
	do { \
		pthread_mutex_lock(&owner.lock); \
		owner.field = (value); \
		pthread_mutex_unlock(&owner.lock); \
	} while (0)

#endif
