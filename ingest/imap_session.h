/*
 * imap_session - what the files of imap.h share: the session, its commands and their answers.
 *
 * A command is begun (its tag stands in the buffer), written on and sent with others in one send;
 * imap_finish hears until it is answered. What the server says besides goes where it belongs:
 * bodies into the queue, sizes and UIDs to who asked for them, EXISTS and EXPUNGE into the
 * session. The first error of a session is its last word: `broken`.
 */
#ifndef INGEST_IMAP_SESSION_H
#define INGEST_IMAP_SESSION_H

#include "ingest/imap.h"
#include "ingest/imap_parse.h"
#include "ingest/source.h"

#define IMAP_LINE_MAX 8000     /* bytes of a set in a command: RFC 7162 has lines of 8192 at most */
#define IMAP_PIPELINED 4       /* commands sent in one: what is not read yet fits into sockets */
#define IMAP_IN_SIZE (256 << 10) /* bytes heard at once */
#define IMAP_UIDS_MAX (16 << 20)

enum imap_answer { ANSWER_OK, ANSWER_NO, ANSWER_BAD };

struct imap_command {
	uint32_t no;           /* its tag: "r" and this */
	bool done;
	enum imap_answer answer;
	char code[32];         /* TRYCREATE, or "" */
	char words[256];
	struct imap_command *next; /* under way */
};

struct imap_window {
	struct imap_command command;
	struct uidset asked;   /* and not come yet */
	size_t queued;         /* bodies in the queue */
	bool nil;              /* a body was NIL: not to be had, or gone */
	struct imap_window *next;
};

struct imap_arrived {
	struct imap_body body;
	struct imap_window *window;
};

struct imap {
	const struct account *account;
	bool (*stop)(void *ctx);
	void *stop_ctx;
	int64_t stop_asked_at; /* ms */
	struct imap_conn *conn;
	struct imap_parser *parser;
	struct buf out;        /* commands that are not sent yet */
	char *in;
	struct err broken;
	bool leaving;          /* LOGOUT is sent: BYE is fine */
	uint32_t last_no;
	struct imap_command *commands;
	struct imap_window *windows, **windows_tail; /* the oldest first */
	unsigned can;
	char delimiter;        /* '\0': no levels */
	char *prefix;          /* of personal folders, as the server names it */
	struct buf others;     /* other namespaces' prefixes, each with its NUL */
	/* of the folder that is open */
	struct imap_folder folder;
	bool told_permanent;
	bool news;             /* EXISTS rose since the last search */
	bool continued;        /* '+' came */
	/* who asked */
	struct uidset *search;
	uint64_t searched;     /* UIDs told so far, the same one more than once, too */
	int (*each)(void *ctx, const struct imap_size *s, struct err *e);
	void *each_ctx;
	/* the body that comes in just now, then those that nobody took yet */
	bool body_there, body_unwanted, body_large;
	int64_t body_size;
	struct spool body;
	struct imap_arrived *queue;
	size_t queue_from, queue_n, queue_cap;
	int64_t queue_bytes;
};

/* ---- imap_talk.c: commands and waiting ---- */

int64_t imap_now_ms(void);
/* Appends the tag. What follows, with CRLF, is the caller's to append to i->out. */
void imap_begin(struct imap *i, struct imap_command *c);
/* All of a command. */
void imap_say(struct imap *i, struct imap_command *c, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
int imap_send(struct imap *i, struct err *e) MUST_CHECK;
/* Sends what is not sent yet, and hears until c is answered. */
int imap_finish(struct imap *i, const struct imap_command *c, struct err *e) MUST_CHECK;
/* Hears once: bytes (which are then dealt with), wake_fd, or until (imap_now_ms). Silence over
 * account.timeout is an error where impatient. */
int imap_hear(struct imap *i, int wake_fd, int64_t until, bool impatient,
	      enum imap_heard *ret_what, struct err *e) MUST_CHECK;
/* The session ends with this error; returns -1. */
int imap_break(struct imap *i, enum err_class class, struct err *e, const char *fmt, ...)
	PRINTF_LIKE(4, 5);
/* c was not answered by OK: *e says what was tried and what the server said. Breaks the session
 * if that may pass (ERR_TEMP); else ERR_CONFIG. Returns -1. */
int imap_refused(struct imap *i, const struct imap_command *c, struct err *e, const char *fmt, ...)
	PRINTF_LIKE(4, 5);
/* Refused because the server has too much to do, or we asked too much: it would refuse more. */
bool imap_busy(const struct imap_command *c);
bool imap_code_is(const struct imap_command *c, const char *code);

/* ---- imap_answer.c: what the server says ---- */

void imap_listen(struct imap *i);
/* Is word (lower case) in a list of words with blanks and parentheses between? */
bool imap_has_word(struct text list, const char *word);
int64_t imap_number(struct text t);

/* ---- imap_fetch.c ---- */

int imap_on_fetch(struct imap *i, const struct imap_response *r, struct err *e) MUST_CHECK;
int imap_on_body_begin(void *ctx, uint64_t size, struct err *e) MUST_CHECK;
int imap_on_body_data(void *ctx, const char *p, size_t n, struct err *e) MUST_CHECK;
int imap_on_body_end(void *ctx, struct err *e) MUST_CHECK;
void imap_bodies_drop(struct imap *i);

/* ---- imap.c ---- */

/* Appends the server's name of a folder, quoted. */
void imap_add_folder(const struct imap *i, const char *folder, struct buf *b);

#endif
