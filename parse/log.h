/*
 * log - delivery logs: lines to events of messages and deliveries (base/model_log.h).
 *
 * Each line is read by its own look: a stamp (RFC 3164, RFC 3339, `journalctl -o short-iso`, Exim's
 * own, with docker's prefix or not), JSON (`journalctl -o json`, KumoMTA), CSV (PowerMTA). A mail
 * server's reader (log_reader) is given the text behind the stamp and says what it is. Lines of
 * other programs are counted and skipped; a line that matters but can't be read is counted with a
 * reason and a sample. Nothing is joined here: each event names its queue id, store/ puts them
 * together.
 *
 * Hostile by nature: a remote server chooses the text of its replies, a client its addresses. Fields
 * are found from the front in their fixed order, never searched behind the text that a stranger
 * wrote.
 */
#ifndef PARSE_LOG_H
#define PARSE_LOG_H

#include "base/buf.h"
#include "base/model_log.h"
#include "parse/emit.h"
#include "parse/source.h"

struct log;

/* ---- what readers share (parse/log.c) ---- */

/* One line, its stamp taken off. Texts point into the line, and are bytes: whatever leaves through
 * log_message and log_attempt is made UTF-8 there. */
struct mail_line {
	struct log_time at;
	struct text host;      /* as written; Exim and CSV: absent */
	struct text program;   /* postfix/smtp, sm-mta, smtpd; Exim: absent */
	struct text pid;       /* or absent */
	struct text text;      /* behind "program[pid]: " */
	struct text whole;     /* the line */
};

enum log_verdict {
	LOG_SKIPPED,           /* of no interest */
	LOG_EVENT,             /* it said something, by log_message or log_attempt */
	LOG_UNREADABLE,        /* log_complain said why */
	LOG_NOT_MINE,          /* of another mail server */
};

/* A mail server's reader: parse/log_postfix.c, log_exim.c, log_sendmail.c, log_opensmtpd.c of lines
 * with a stamp; log_powermta.c of CSV; log_kumomta.c of JSON. */
enum log_verdict log_postfix(struct log *l, const struct mail_line *line);
enum log_verdict log_exim(struct log *l, const struct mail_line *line);
enum log_verdict log_sendmail(struct log *l, const struct mail_line *line);
enum log_verdict log_opensmtpd(struct log *l, const struct mail_line *line);

/* PowerMTA: columns by the header line. */
struct log_csv;
/* NULL: it is no header of PowerMTA's accounting file. */
struct log_csv *log_csv_new(struct text header);
void log_csv_free(struct log_csv *c);
enum log_verdict log_powermta(struct log *l, struct log_csv *c, struct text line);
enum log_verdict log_kumomta(struct log *l, struct text line);
/* A line of JSON: journalctl's, whose MESSAGE goes to the readers above, or KumoMTA's. */
enum log_verdict log_json(struct log *l, struct text line);

/* Slots. system: of the reader. name absent: "". */
uint16_t log_host(struct log *l, enum log_system system, struct text name);
uint16_t log_service(struct log *l, struct text name);
/*
 * A reply, its variable parts taken out. reply: as the log has it, line breaks unfolded. code 0: our
 * own server says it, and text is its diagnosis. Sets a->reply, reply_values, reply_ip.
 */
void log_reply(struct log *l, struct log_attempt *a, uint16_t code, struct text reply,
	       bool truncated);
/* The enhanced code of the last one, until the next; or absent. */
struct text log_reply_enhanced(const struct log *l);
void log_message(struct log *l, const struct log_message *m);
/* line_key is set here: by line->whole's host, second, program and text, so that the same event in
 * another stamp's form has the same; an equal line that follows in the same second has another. */
void log_attempt(struct log *l, struct log_attempt *a, const struct mail_line *line);
/* why: static words. The line is shown. */
enum log_verdict log_complain(struct log *l, struct text line, const char *why);

/* A stamp at p ("2026-06-01T14:20:03.5+02:00", "2026-06-01 14:20:03", "Jun  1 14:20:03"): how many
 * bytes it is long, 0: none is there. */
size_t log_stamp(struct log *l, struct text p, struct log_time *ret);

/* ---- lines that wait for what follows them (parse/log_held.h) ---- */

struct log_held;
struct log_held *log_held_new(void);
void log_held_free(struct log_held *h);
/* That of l; parse/log.c makes it with l. */
struct log_held *log_held_of(struct log *l);
/* Before each part's end: what is still held is told, by log_attempt. */
void log_held_end(struct log *l);

/* ---- reading (parse/log.c) ---- */

struct log *log_new(struct emit *emit);
void log_free(struct log *l);
/* Does it look like a delivery log: the first block of an item. */
bool log_looks_so(const uint8_t *p, size_t len);
/*
 * Whole item or entry, its parts and all; s is at its beginning. hint NULL: by content, of now.
 * spend: where s is plain, and its bytes have to be paid for here; else NULL.
 * -1: the source broke off, *e says how; the parts that could be had are out, and the entry waits
 * for its refusal. Else it has its outcome.
 */
int log_read(struct log *l, struct source *s, struct budget *spend, const struct log_hint *hint,
	     uint32_t entry, struct err *e) MUST_CHECK;

#endif
