/*
 * inspect - what would be stored. An item's output is a page (page.h) that is printed when all of
 * the item is read: a report that is read once more, or a worker that died, leaves nothing behind.
 * In memory are only a report's sets of results and what was mended in it, so that a report of a
 * million records needs no more than a small one.
 */
#ifndef CMD_INSPECT_H
#define CMD_INSPECT_H

#include "base/buf.h"
#include "base/frame.h"
#include "cmd/page.h"

#define INSPECT_SETS_MAX (16 << 20) /* bytes of the sets of a report, rendered */

/* Owner of the pool's jobs while inspecting. */
struct inspect {
	struct page page;          /* of the item that is being read */
	const char *source, *item; /* that is */
	const struct trust *trust; /* who is believed of mails */
	int64_t began;             /* where in page the report that is being read begins */
	bool in_report;
	int64_t tenant, records;
	int64_t repairs;           /* of the report: times of all */
	struct buf mended;         /* and rendered */
	int64_t disagrees;         /* of the report: records that say otherwise than we */
	struct buf of_report;      /* what each record repeats of its report, rendered */
	struct buf sets[FRAME_SLOTS]; /* rendered, by slot */
	size_t sets_bytes;
	struct buf line;           /* scratch */
	bool json;
	struct inspect_log *log;   /* NULL: there was none yet */
	bool log_of_file, log_named; /* a piece of a log, whose name was said with the first one */
	int64_t quarantined, of_item; /* entries: of all items before, and of this one */
};

/* Both are handlers for a pool whose owner is a struct inspect. */
extern const struct frame_handler inspect_json;
extern const struct frame_handler inspect_table;

/* Out of a frame_handler's ctx. */
struct inspect *inspect_of(void *ctx);
/* A report begins: what belongs to the one before is forgotten. */
void inspect_begin(struct inspect *i);
/* The report that is being read, if there is one, leaves the page. */
void inspect_take_back(struct inspect *i);
/* The scratch line goes to the page. */
void inspect_put_line(struct inspect *i);
/* A frame that says nothing to people. */
int inspect_on_item_end(void *ctx, uint32_t entries, uint64_t bytes_out, struct err *e);
int inspect_on_again(void *ctx, struct err *e);
/* Room for a set's text, the old one forgotten. NULL, *e ERR_LIMIT: too much. */
struct buf *inspect_slot(struct inspect *i, uint16_t slot, struct err *e);
void inspect_count_slot(struct inspect *i, uint16_t slot);

/* Of logs, for both. */
int inspect_log_head(void *ctx, uint32_t entry, struct err *e);
int inspect_log_host(void *ctx, uint16_t slot, enum log_system system, struct text name,
		     struct err *e);
int inspect_log_service(void *ctx, uint16_t slot, struct text name, struct err *e);
int inspect_log_reply(void *ctx, uint16_t slot, const struct log_reply *r, struct err *e);
int inspect_log_message(void *ctx, const struct log_message *m, struct err *e);
int inspect_log_attempt(void *ctx, const struct log_attempt *a, struct err *e);
int inspect_log_unreadable(void *ctx, const struct log_unreadable *u, struct err *e);
int inspect_log_part(void *ctx, const struct log_sums *s, struct err *e);
void inspect_log_free(struct inspect *i);
#define INSPECT_LOG_HANDLERS \
	.log_head = inspect_log_head, .log_host = inspect_log_host, \
	.log_service = inspect_log_service, .log_reply = inspect_log_reply, \
	.log_message = inspect_log_message, .log_attempt = inspect_log_attempt, \
	.log_unreadable = inspect_log_unreadable, .log_part = inspect_log_part

/* The worker died, and the item is read from its beginning. */
void inspect_restart(struct inspect *i);
/* The item can't be read at all. */
void inspect_json_failed(struct inspect *i, const struct err *e);
void inspect_table_failed(struct inspect *i, const struct err *e);

/* Words of the views; NULL for absent. */
const char *inspect_result(enum result r);
const char *inspect_disposition(enum disposition d);
const char *inspect_scope(enum auth_kind k);
const char *inspect_schema(enum schema s);
const char *inspect_auth(enum reporter_auth a);
const char *inspect_method(enum auth_method m);     /* NULL: none passed */
const char *inspect_relation(enum auth_relation r); /* likewise */
const char *inspect_pass(const struct record *r); /* "true", "false", "null" */
/* Alignment recomputed, and whether the reporter says otherwise: in all, and of either kind. */
const char *inspect_aligned(enum alignment a);
const char *inspect_disagrees(const struct record *r); /* "true", "false", "null" */
bool inspect_dkim_disagrees(const struct record *r);
bool inspect_spf_disagrees(const struct record *r);
/* An address in text form, into to. */
const char *inspect_ip(const struct ip *ip, char to[64]);
/* UTC, "2026-01-31T00:00:00+00:00"; false if there is none. */
bool inspect_time(int64_t at, char to[40]);
/* The day of a report of at most 25 h (definitions A4). */
bool inspect_day(int64_t begin, int64_t end, char to[40]);

#endif
