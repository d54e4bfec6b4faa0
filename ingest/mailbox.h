/*
 * mailbox - what the files of the mailboxes' part share: the door with its queue (mailboxes.c), a
 * session's thread (mailbox.c), what is new (mailbox_look.c), bodies (mailbox_get.c),
 * acknowledgements (mailbox_ack.c), messages that end connections (mailbox_suspect.c), and sums without I/O (mailbox_plan.c).
 *
 * One lock, mailboxes.lock, guards what two threads touch; it is never held over a call to the
 * server, to the owner, or to another lock. A session is woken by its eventfd alone: a mail came
 * back, there is room in the queue, stop. It waits on that wherever it waits, so that it hears of
 * acknowledgements while it waits for room.
 */
#ifndef INGEST_MAILBOX_H
#define INGEST_MAILBOX_H

#include "ingest/imap.h"
#include "ingest/ingest.h"

#include <pthread.h>

/* Milliseconds; a test may shorten them before mailboxes_start. */
struct mailbox_pace {
	int64_t retry, retry_person, retry_most; /* backoff: first, after ERR_CONFIG, at most */
	int64_t elsewhere;   /* another process has the lease */
	int64_t look;        /* at least between two looks */
	int64_t grace;       /* from mailboxes_stop until acknowledgements are given up */
	int64_t grace_free;  /* from mailboxes_free */
	int64_t silence;     /* a download that gives nothing for so long keeps no batch open */
	int64_t keep_alive;  /* NOOP while waiting for a COMMIT */
	int64_t progress;    /* between two LOOKED of one long download */
	int64_t quick;       /* to the next try where the connection ended over a message */
	int64_t bad;         /* until a message that ended connections is tried again */
	int64_t owed, owed_most; /* LOT_ACK, any at all, are acknowledged after so long */
};
extern struct mailbox_pace mailbox_pace;

#define QUEUE_BYTES (8 << 20)     /* handed in and not taken, of all sessions together */
#define MAIL_COST 1024            /* what a mail takes beside its bytes */
#define WINDOW_BYTES (1 << 20)
#define WINDOW_MESSAGES 500
#define WINDOWS 8                 /* under way; servers answer some of them at the same time, .. */
#define UNDER_WAY (4 << 20)       /* .. so that this is what counts: bytes asked for, not here yet */
#define SIZE_UNKNOWN (64 << 10)   /* where a server does not tell a size: a guess */
#define LOT_FIRST 1000            /* messages whose sizes are asked for at once: soon to begin, */
#define LOT_SIZES 5000            /* then many */
#define LOT_KNOWN 10000           /* messages the owner is asked about at once */
#define LOT_ACK 500               /* acknowledged while there is no room, .. */
#define LOT_ACK_LATE 10000        /* .. while the download goes on: it stands still for that */
#define LOT_ACK_MOST 1000         /* by one command: a lease is asked for each */

/* A message that came or is on its way to the owner. */
struct ingest_mail {
	struct ingest_mail *next;
	struct mailbox *box;
	struct mailbox_place place;
	uint32_t uid;
	int64_t size;
	enum fate fate;
	size_t cost;
	struct ingest_item item;  /* while it is in the queue */
};

struct message {
	uint32_t uid;
	int64_t size, arrived_at;
	bool given;
};

struct messages {
	struct message *v;
	size_t n, cap;
};

struct window {
	struct message *v;
	size_t n;
	int64_t bytes;             /* that did not come yet */
};

/* An acknowledgement that is owed. */
struct owed {
	uint32_t uid;
	int64_t size;
	enum fate fate;
	bool again;
};

/* A session: an account's folder. */
struct mailbox {
	/* fixed */
	struct mailboxes *all;
	const struct account *account;
	struct login *login;
	const char *folder;
	int wake;                  /* eventfd */
	pthread_t thread;

	/* guarded by all->lock */
	struct ingest_mail *done;  /* given back, not looked at yet */
	size_t handed;             /* in the queue or with the owner */
	bool busy;                 /* may hand in more by itself .. */
	int64_t moved_at;          /* .. and did so then */
	bool wants_room, ended;

	/* the thread's own; of one UIDVALIDITY */
	struct imap *imap;
	struct imap_folder opened;
	uint32_t uidvalidity;
	struct uidset here;        /* what the last search found */
	struct uidset left;        /* known, and nothing is to be done with them */
	struct uidset not_reports; /* of them: no reports */
	struct uidset out;         /* handed in, or an acknowledgement is owed */
	struct uidset todo;        /* to be read; sizes not asked for yet */
	struct uidset again[FATE_COUNT]; /* known, to be acknowledged */
	struct uidset alone;       /* their window was refused: one by one */
	struct uidset missed;      /* not given: gone, or refused */
	struct uidset later;       /* not committed, or not acknowledged: until the next poll */
	struct uidset told;        /* that the server does not give them */
	bool cut;                  /* the server ended it, or the network, and not the owner */
	int64_t asked_at;          /* what was under way when it ended was waited for since then */
	struct uidset unsized;     /* sizes were asked for, and the connection ended */
	struct uidset suspects;    /* it ended over one of them */
	struct uidset asked_group; /* those of them that are asked for now */
	struct uidset bad;         /* it ended over each of them: left */
	int64_t bad_since;
	size_t group;              /* suspects to be asked for at once */
	unsigned quick;            /* tries in a row */
	struct messages plan;
	size_t planned;            /* of the plan: asked for */
	bool plan_alone;           /* one message a window */
	struct window windows[WINDOWS];
	size_t n_windows;
	int64_t under_way;         /* bytes of them that did not come yet */
	struct owed *owed;
	size_t n_owed, cap_owed;
	int64_t owed_since;
	bool acknowledging;        /* some that were owed are under way */
	bool refused[FATE_COUNT];  /* the server will not do what is to be done with them .. */
	struct err refusal;        /* .. and says why */
	bool told_downgrade;
	bool elsewhere;            /* another process has the lease */
	bool not_stored;           /* a mail came back uncommitted: is the lease ours still? */
	struct mailbox_news counts;
	int64_t looked_at, polled_at, said_at;
	bool first_lot;
	unsigned failures;         /* one behind the other */
};

struct mailboxes {
	struct mailboxes_options o;
	const struct mailbox_owner *owner;
	struct mailbox *boxes;
	size_t n_boxes, n_threads;
	struct login **logins;
	size_t n_logins;
	int poll_fd, event_fd, timer_fd; /* epoll over the two others; eventfd, timerfd */

	pthread_mutex_t lock;
	struct ingest_mail *first, *last_mail;
	size_t queued;             /* cost of them */
	size_t running;
	bool stopping;
	int64_t deadline;          /* of the grace */
};

/* ---- mailboxes.c ---- */

int64_t mailbox_now(void); /* milliseconds, monotonic */
void mailbox_lock(struct mailbox *b);
void mailbox_unlock(struct mailbox *b);
/* Says whether this session may hand in more by itself. */
void mailbox_set_busy(struct mailbox *b, bool busy);
bool mailbox_stopping(struct mailbox *b);
/* Puts it into the queue if there is room (or frees it: stop); false: wake is written once there
 * may be room. */
bool mailbox_push(struct mailbox *b, struct ingest_mail *mail);
/* Handed in, and not given back or not looked at yet. */
size_t mailbox_handed(struct mailbox *b);
/* Waits for wake, at most ms, and takes it back. */
void mailbox_sleep(struct mailbox *b, int64_t ms);
void mailbox_drain(struct mailbox *b);
void mailbox_mail_free(struct ingest_mail *mail);
void mailbox_ended(struct mailbox *b);

/* ---- mailbox.c ---- */

void *mailbox_thread(void *box);
void mailbox_free(struct mailbox *b);
/* counts, with this state; e NULL: none. */
void mailbox_say(struct mailbox *b, enum mailbox_state state, const struct err *e,
		 int retry_seconds);
struct mailbox_place mailbox_here(const struct mailbox *b);
/* Is the lease ours still? Another's: -1, and elsewhere is set. */
int mailbox_lease(struct mailbox *b, struct err *e) MUST_CHECK;

/* ---- mailbox_look.c ---- */

/* Searches, asks what is known, fills todo and again. */
int mailbox_look(struct mailbox *b, struct err *e) MUST_CHECK;
/* Sizes of the next lot into plan or owed; *ret_any: there was one. */
int mailbox_refill(struct mailbox *b, bool *ret_any, struct err *e) MUST_CHECK;
/* What was not given, and is still there: says so. */
int mailbox_look_for_missed(struct mailbox *b, struct err *e) MUST_CHECK;

/* ---- mailbox_get.c ---- */

/* Asks for windows of the plan, as many as may be under way. */
int mailbox_ask(struct mailbox *b, struct err *e) MUST_CHECK;
/* Takes what comes next of them. */
int mailbox_receive(struct mailbox *b, struct err *e) MUST_CHECK;
void mailbox_drop_windows(struct mailbox *b);

/* ---- mailbox_suspect.c ---- */

/* The connection ended: what had no answer is suspect. True: there is some, try again soon. */
bool mailbox_suspect(struct mailbox *b, const struct err *why);
/* A group of suspects, if it is their turn. */
bool mailbox_take_suspects(struct mailbox *b, struct uidset *lot);
/* Of todo: suspects wait, bad ones are left. */
void mailbox_sort_suspects(struct mailbox *b);

/* ---- mailbox_ack.c ---- */

/* Mails that came back: what is to be done with them is owed then. */
void mailbox_take_done(struct mailbox *b);
/* Nothing is to be done with it (any more), and it stays where it is. */
void mailbox_leave(struct mailbox *b, uint32_t uid, enum fate fate);
void mailbox_owe(struct mailbox *b, uint32_t uid, int64_t size, enum fate fate, bool again);
/* How many have to be owed to be acknowledged while there are messages to download. */
size_t mailbox_owed_enough(const struct mailbox *b);
/* Acknowledges one lot, if at least `least` are owed. */
int mailbox_acknowledge(struct mailbox *b, size_t least, struct err *e) MUST_CHECK;

/* ---- mailbox_plan.c ---- */

void uids_clear(struct uidset *s);
void uids_add_range(struct uidset *s, uint32_t first, uint32_t last); /* behind all that is there */
void uids_and(struct uidset *a, const struct uidset *b);
void uids_minus(struct uidset *a, const struct uidset *b);
/* Moves the first n (or all) of from to the end of to. */
void uids_take(struct uidset *from, size_t n, struct uidset *to);
/* All of them as numbers; the caller's. */
uint32_t *uids_list(const struct uidset *s, size_t *ret_n);

void messages_add(struct messages *m, const struct message *x);
/* By UID; the same UID once. */
void messages_sort(struct messages *m);
struct message *messages_find(struct message *v, size_t n, uint32_t uid);
/* How many of the first n fit into one window, at least one; none over LIMIT_MAIL. */
size_t window_length(const struct message *v, size_t n, int64_t *ret_bytes);
/* Milliseconds until try number failures (from 1), with jitter out of random. */
int64_t backoff(unsigned failures, int64_t first, int64_t most, uint32_t random);

#endif
