/*
 * imap - the commands of one session, over imap_conn and imap_parse: open a folder, search, sizes,
 * bodies in pipelined windows, acknowledge, idle. Works by UID only; never a bare EXPUNGE, never
 * BODY[] without PEEK. One thread a session.
 *
 * Errors: ERR_TEMP: the session is of no use any more (connection, BYE, nonsense, timeout), but
 * where a function says otherwise; ERR_CONFIG: a person has to mend it (no such folder, no right).
 * The server's own words stand in the message.
 *
 * Commands are answered in order, and windows of bodies may be under way while another command is
 * sent: bodies that arrive meanwhile are kept for imap_body_next.
 */
#ifndef INGEST_IMAP_H
#define INGEST_IMAP_H

#include "ingest/imap_conn.h"
#include "ingest/uidset.h"

struct imap;

enum imap_can { IMAP_CAN_MOVE = 1, IMAP_CAN_UIDPLUS = 2, IMAP_CAN_IDLE = 4, IMAP_CAN_ESEARCH = 8 };

/*
 * Connects, logs in, asks for capabilities, delimiter and personal namespace.
 *
 * stop (may be NULL) is asked about once a second here and whenever the session waits for its
 * server later: true gives up with ERR_TEMP, whatever is under way. So it says true only once the
 * caller has nothing left to acknowledge; who waits for news has a wake_fd. a outlives it.
 */
int imap_open(const struct account *a, struct login *l, bool (*stop)(void *ctx), void *stop_ctx,
	      const struct imap_trace *trace, struct imap **ret_i, struct err *e) MUST_CHECK;
/* LOGOUT if the session is in order (waits a second at most), and frees. */
void imap_close(struct imap *i);
unsigned imap_can(const struct imap *i);

struct imap_folder {
	uint32_t uidvalidity, uidnext, exists;
	bool read_only;        /* opened so, or the server says READ-ONLY */
	bool keywords;         /* PERMANENTFLAGS: keywords may be made */
	bool flagged, seen, deleted; /* PERMANENTFLAGS: may be set for good */
};
/* EXAMINE or SELECT. ERR_CONFIG, session in order: there is no such folder. */
int imap_select(struct imap *i, const char *folder, bool examine, struct imap_folder *ret,
		struct err *e) MUST_CHECK;
/* UIDs of all messages that are not \Deleted; ESEARCH where the server can, else in ranges. */
int imap_search(struct imap *i, struct uidset *ret, struct err *e) MUST_CHECK;

struct imap_size {
	uint32_t uid;
	int64_t size;          /* RFC822.SIZE; negative: the server does not say */
	int64_t arrived_at;    /* INTERNALDATE, Unix seconds, or TIME_ABSENT */
	bool seen, flagged, keyword; /* \Seen, \Flagged, our keyword */
};
/* UID FETCH (UID RFC822.SIZE INTERNALDATE FLAGS); messages that are gone are not told. */
int imap_sizes(struct imap *i, const struct uidset *uids,
	       int (*each)(void *ctx, const struct imap_size *s, struct err *e), void *ctx,
	       struct err *e) MUST_CHECK;

/* ---- bodies ---- */

struct imap_body {
	uint32_t uid;
	char *bytes;           /* up to LIMIT_INLINE: here, the receiver's; else NULL */
	int fd;                /* over it: sealed memfd, the receiver's; else -1 */
	int64_t size;
	bool too_large;        /* the server sent more than LIMIT_MAIL: passed over, no bytes */
};
/* Sends one UID FETCH (UID BODY.PEEK[]) and does not wait. n of 1 to IMAP_WINDOW_MAX; each UID in
 * one window at a time. *ret_window names it, for logs: windows end in the order they were asked. */
#define IMAP_WINDOW_MAX 700
int imap_bodies_ask(struct imap *i, const uint32_t *uids, size_t n, uint32_t *ret_window,
		    struct err *e) MUST_CHECK;
enum imap_got {
	IMAP_GOT_BODY,         /* *ret */
	IMAP_GOT_WINDOW_END,   /* the oldest window is through: what was not given is gone, or
	                          refused: *ret_refused, e.g. NO [SERVERBUG] */
	IMAP_GOT_WOKEN,        /* wake_fd is readable */
	IMAP_GOT_NOTHING,      /* no window is under way */
};
/* wake_fd -1: none. A server that says nothing for account.timeout seconds: ERR_TEMP. */
int imap_body_next(struct imap *i, int wake_fd, struct imap_body *ret, bool *ret_refused,
		   enum imap_got *ret_got, struct err *e) MUST_CHECK;

/* ---- acknowledgement ---- */

#define IMAP_KEYWORD "$Ruadb" /* what AFTER_FLAG sets where keywords may be made, else \Flagged */

/*
 * Does to all of uids what is asked; *ret_done says what it came to:
 *   AFTER_MOVE: UID MOVE; else UID COPY, UID STORE +FLAGS.SILENT (\Deleted), UID EXPUNGE (UIDPLUS);
 *     with neither a flag: *ret_done is AFTER_FLAG. A target that is missing is created (and
 *     subscribed). Its folder's name is encoded and prefixed here.
 *   AFTER_DELETE: UID STORE \Deleted, UID EXPUNGE; without UIDPLUS \Deleted alone.
 *   AFTER_SEEN, AFTER_FLAG: UID STORE +FLAGS.SILENT.
 * Session in order and ERR_CONFIG: the server says NO (rights, quota, no such folder, read-only).
 * The message of a *ret_done that is not what was asked is set in *ret_why (static), else NULL.
 */
int imap_acknowledge(struct imap *i, const struct uidset *uids, enum after_what what,
		     const char *folder, enum after_what *ret_done, const char **ret_why,
		     struct err *e) MUST_CHECK;

/* ---- waiting ---- */

/*
 * IDLE (or, without it, waiting with NOOP) for at most seconds, until something new comes
 * (*ret_news) or wake_fd is readable (then false). Renews IDLE itself before 29 minutes.
 */
int imap_wait(struct imap *i, int seconds, int wake_fd, bool use_idle, bool *ret_news,
	      struct err *e) MUST_CHECK;
/* Keep-alive: NOOP; reads what the server has to say. */
int imap_noop(struct imap *i, struct err *e) MUST_CHECK;

#endif
