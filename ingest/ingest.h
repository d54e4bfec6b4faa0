/*
 * ingest - the door of ingest/: where bytes come from.
 *
 * Walks files, folders (recursively, sorted), maildirs, mbox files and standard input, fetches
 * mailboxes over IMAP, and gives items one by one, with provenance. Never looks into what strangers
 * wrote further than is needed to split an mbox at its "From " lines and a log at its line ends.
 * Knows no database and no parser.
 *
 * An mbox is what begins with "From ". A mail of it begins behind a "From " line that stands at
 * the beginning or behind an empty line, and ends before the empty line in front of the next one;
 * neither line belongs to it. ">From " stays as it is: the bytes that are kept are those of the
 * file, and no report has such a line. Content-Length is not believed.
 */
#ifndef INGEST_INGEST_H
#define INGEST_INGEST_H

#include "base/account.h"
#include "base/err.h"
#include "base/model_log.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A file that was found, before it is opened. */
struct ingest_file {
	const char *path;  /* real path, "-" for standard input; the walk's, valid until freed */
	int64_t size, mtime_ns;
	uint64_t inode;
};

#define INGEST_LOG_HEAD 4096

/*
 * A plain delivery log, by its first lines: given in pieces of whole lines, of up to LIMIT_INLINE
 * bytes, in their order. A line over LIMIT_LOG_LINE is cut there. Known again by device, inode and
 * its first bytes (definitions C8).
 */
struct ingest_log {
	uint64_t id;          /* of this reading: another one for each file, and each new beginning */
	const char *source;   /* "file" or "stdin" */
	char *item;           /* real path; of standard input the SHA-256 of its first lines */
	enum log_form form;   /* FORM_LINES or FORM_CSV */
	char *columns;        /* FORM_CSV: the header line, or what a person says in place of it */
	uint64_t device, inode; /* 0: standard input, which has no offsets */
	int64_t header;       /* bytes of the header line */
	uint32_t head_length; /* INGEST_LOG_HEAD, or less of a short file */
	char head[INGEST_LOG_HEAD];
};

/* Bytes with provenance. */
struct ingest_item {
	const char *source; /* "file", "stdin" or "imap" */
	char *item;         /* owned by the receiver; real path, for standard input the SHA-256 of
	                       all of it in hex; behind it "#n" for a mail of an mbox */
	int64_t size, mtime_ns;
	uint64_t inode;
	char *bytes;        /* up to LIMIT_INLINE: here (owned by the receiver), else NULL */
	int fd;             /* over it: read-only descriptor, file or sealed memfd; else -1 */
	bool last;          /* the last item of its file (always true but for mbox and logs) */
	/* Of a log only: a piece of it. size is its bytes', mtime_ns when it was last written. */
	const struct ingest_log *log; /* valid until the next call; else NULL */
	int64_t from, to;             /* to: where to go on once this piece is committed; `from` for
	                                 an unfinished last line, which may get longer yet */
	/* Of a mailbox only: */
	struct ingest_mail *mail; /* goes back through mailboxes_done_with; else NULL */
	int64_t arrived_at;       /* INTERNALDATE, Unix seconds; TIME_ABSENT */
	const struct trust *trust;/* of its account; NULL: that of [ingest] */
	char *refused;            /* owned: why it was not downloaded (ERR_LIMIT); no bytes then */
};

struct ingest_walk;

/*
 * All regular files below the n paths, in the order given, folders sorted bytewise; a maildir's
 * tmp/ and hidden files are left out, symbolic links to files are followed, those to folders
 * are not below a path given. "-" stands for standard input. A file that is met twice is one.
 * A path or folder that does not exist or can't be read is an error of the whole call
 * (ERR_CONFIG); what vanishes meanwhile is left out.
 */
int ingest_walk_new(const char *const *paths, size_t n, struct ingest_walk **ret_w,
		    struct err *e) MUST_CHECK;
void ingest_walk_free(struct ingest_walk *w);
size_t ingest_walk_files(const struct ingest_walk *w);
int64_t ingest_walk_bytes(const struct ingest_walk *w);
const struct ingest_file *ingest_walk_file(const struct ingest_walk *w, size_t i);

/* Columns of CSV logs without a header line, as [source] names them; NULL: none. Outlives w. */
void ingest_walk_columns(struct ingest_walk *w, const char *columns);

struct ingest_source;

/* Opens file i for reading its items. A file that vanished or can't be read: ERR_TEMP. */
int ingest_open(const struct ingest_walk *w, size_t i, struct ingest_source **ret_s,
		struct err *e) MUST_CHECK;
/* 1: *ret_item is set; 0: no more; 2: nothing yet, of standard input that is a log; -1: *e. An mbox
 * gives its mails one by one. A mail over
 * LIMIT_MAIL is still given, by descriptor and cut one byte behind the limit: the parser refuses
 * it by name. Standard input over LIMIT_PLAIN_FILE: ERR_LIMIT. */
int ingest_next(struct ingest_source *s, struct ingest_item *ret_item, struct err *e) MUST_CHECK;
/* True when this source is an mbox: its own ledger row tells that it is unchanged. Says so from
 * ingest_open on. */
bool ingest_is_mbox(const struct ingest_source *s);
/* What it is read as if it is a plain log, else NULL. Says so from ingest_open on. */
const struct ingest_log *ingest_log_of(const struct ingest_source *s);
/* Before the first ingest_next: what lies before this offset is known. */
void ingest_log_begin(struct ingest_source *s, int64_t offset);
/* After the last: its last line has no end, and was written a moment ago: it was not given. */
bool ingest_log_unfinished(const struct ingest_source *s);
void ingest_close(struct ingest_source *s);

/* ---- following logs (ingest/follow*.c) ---- */

/*
 * Logs that are still written: lines are given as they come, from where they were read to before.
 * A file that is renamed is read to its end, under its old name, and for some minutes on, for who
 * writes it may not have heard; one that is truncated (copytruncate) begins anew, and what was not
 * read of it yet is looked for in its copy. A file that is not there is waited for. What was
 * rotated while nobody followed is found beside it, unless it is compressed already. Noticed by
 * inotify, else within a second.
 */
struct follow;

struct follow_owner {
	void *ctx;
	/* How far is this log read? 0: it is not known. */
	int (*offset)(void *ctx, const struct ingest_log *l, int64_t *ret, struct err *e);
	/* When anything of a file of this path was stored last, Unix seconds; TIME_ABSENT: never. */
	int (*last_read)(void *ctx, const char *path, int64_t *ret, struct err *e);
	/* What a person should know: it can't be read, it was rotated. */
	void (*news)(void *ctx, const char *path, const char *what, bool trouble);
};

/* paths: of files, which need not be there. No folder that a file could be in: ERR_CONFIG. */
int follow_new(const char *const *paths, size_t n, struct follow **ret_f, struct err *e) MUST_CHECK;
void follow_free(struct follow *f);
/* Before the first follow_next, and whenever what was given may be lost as far as it was not stored:
 * where to go on is asked (anew) of the owner given. columns: as ingest_walk_columns. Both outlive
 * it, or its next beginning. */
void follow_begin(struct follow *f, const struct follow_owner *owner, const char *columns);
/* 1: *ret_item is a piece of a log; 0: nothing now; -1: what the owner was asked failed. */
int follow_next(struct follow *f, struct ingest_item *ret_item, struct err *e) MUST_CHECK;
/* Readable when follow_next may give something; -1: not before some time has passed. */
int follow_fd(const struct follow *f);
/* How many files are open, and how many of those asked for are not there. */
size_t follow_open(const struct follow *f, size_t *ret_missing);

/* ---- mailboxes (ingest/mailbox*.c, ingest/imap*.c, ingest/login.c, ingest/oauth2.c) ---- */

/*
 * A thread for each (account, folder): connects, logs in, looks which messages are new, downloads
 * them pipelined, and acknowledges each once its COMMIT is told. Knows no database: what it needs
 * from there it asks through mailbox_owner, in its own threads, several at once.
 */
struct mailboxes;
struct ingest_mail;

/* Where a message lies. */
struct mailbox_place {
	const struct account *account;
	const char *folder;   /* as configured */
	uint32_t uidvalidity; /* 0: not known yet */
};

enum mailbox_state {
	MAILBOX_CONNECTED,    /* logged in, the folder is open */
	MAILBOX_LOOKED,       /* searched: messages, backlog, oldest, not_reports are known */
	MAILBOX_CAUGHT_UP,    /* everything that was there is acknowledged */
	MAILBOX_FAILED,       /* err; tries again in retry_seconds (--watch), or never (once). Not told
	                         where the connection ended in the middle of messages: it is opened
	                         again at once, to find the one that it may have ended over */
	MAILBOX_TROUBLE,      /* err: goes on, but a person should know: a message that the server
	                         does not give, a MOVE that had to become a flag */
	MAILBOX_ELSEWHERE,    /* another process has the lease; err says which */
	MAILBOX_ENDED,
};

struct mailbox_news {
	enum mailbox_state state;
	int64_t messages;     /* in the folder */
	int64_t backlog;      /* of them: not read yet, or not acknowledged; negative: not known */
	int64_t not_reports;  /* of them: known to be no report, and left there */
	int64_t oldest_waiting_at; /* INTERNALDATE of the oldest of the backlog; TIME_ABSENT */
	struct err err;       /* MAILBOX_FAILED, MAILBOX_TROUBLE, MAILBOX_ELSEWHERE */
	int retry_seconds;
};

/* What was done with a message in the mailbox, or that it could not be. */
struct mailbox_ack {
	uint32_t uid;
	int64_t size;         /* negative: not known */
	enum fate fate;
	enum after_what what;
	const char *folder;   /* it was moved to, or NULL */
	bool again;           /* known from an earlier run, whose acknowledgement was lost */
};

struct mailbox_owner {
	void *ctx;
	/* What is known of these messages? FATE_NONE: nothing, they are to be read. */
	int (*known)(void *ctx, const struct mailbox_place *at, const uint32_t *uids, size_t n,
		     enum fate *ret, struct err *e);
	/*
	 * The account's lease. take: takes it, or shares that of this process. Else: is it still ours
	 * for 10 s by the database's clock? Asked before each acknowledgement. 1: yes; 0: it is
	 * another's, *e says whose; -1: ERR_TEMP.
	 */
	int (*lease)(void *ctx, const struct account *a, bool take, struct err *e);
	/* This folder's session gives the lease back: the last one of the process releases it. */
	void (*release)(void *ctx, const struct account *a);
	void (*acknowledged)(void *ctx, const struct mailbox_place *at,
			     const struct mailbox_ack *acks, size_t n);
	void (*news)(void *ctx, const struct mailbox_place *at, const struct mailbox_news *n);
};

struct mailboxes_options {
	bool watch;   /* for ever: IDLE, poll, backoff; else once through */
	bool dry_run; /* nothing in the mailbox is changed: EXAMINE, no acknowledgement */
};

/* accounts and owner outlive it. */
int mailboxes_start(const struct account *const *accounts, size_t n,
		    const struct mailboxes_options *o, const struct mailbox_owner *owner,
		    struct mailboxes **ret_m, struct err *e) MUST_CHECK;
/* For the main thread. Readable when mailboxes_next may give something, or what mailboxes_quiet
 * or mailboxes_ended say may have changed; until mailboxes_next gives 0. */
int mailboxes_fd(const struct mailboxes *m);
/* 1: *ret_item is set (source "imap", item "ACCOUNT/FOLDER;UIDVALIDITY=n/;UID=n"); 0: none now.
 * What is given and not yet taken is bounded by bytes: sessions wait. */
int mailboxes_next(struct mailboxes *m, struct ingest_item *ret_item);
/* True while no session will hand in more before it hears of what it handed in: all wait for a
 * COMMIT, idle, or back off. An open batch has nothing to wait for then. */
bool mailboxes_quiet(const struct mailboxes *m);
/* True when all sessions have ended (once: everything acknowledged, or failed) and all that they
 * handed in is taken. */
bool mailboxes_ended(const struct mailboxes *m);
/*
 * Each mail comes back once: durable with its fate, or FATE_NONE: its COMMIT did not happen, and
 * the message stays as it is. Frees it.
 */
void mailboxes_done_with(struct mailboxes *m, struct ingest_mail *mail, enum fate fate);
/* Where the mail lies, and its UID; valid until it is given back. */
const struct mailbox_place *ingest_mail_place(const struct ingest_mail *mail, uint32_t *ret_uid);
/* "ACCOUNT/FOLDER;UIDVALIDITY=n/;UID=n": the item of a message, the caller's. */
char *mailbox_item(const struct mailbox_place *at, uint32_t uid);
/* Asks all to end: what is handed in may still be acknowledged (grace), then they log out. */
void mailboxes_stop(struct mailboxes *m);
/* Stops, waits for the threads (a second or two), frees. Mails that were not given back: the
 * caller gives them back before. */
void mailboxes_free(struct mailboxes *m);

/* One step of `ruadb fetch --check`: what was tried, whether it works, and if not the likely
 * cause and what to do. */
struct mailbox_step {
	const char *what;  /* "TLS 1.3 to imap.example.com:993, certificate verified" */
	bool ok;
	const char *cause; /* sentence, or NULL */
};
/* Tries all of it without changing anything; calls step for each. 0: all works; -1: *e the first
 * that does not. */
int mailbox_check(const struct account *a, void (*step)(void *ctx, const struct mailbox_step *s),
		  void *ctx, struct err *e) MUST_CHECK;

#endif
