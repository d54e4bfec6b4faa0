/*
 * frame_log - pieces of LOG frames (frame.h): what a part of a delivery log says.
 *
 *   'h' host: u16 slot, u8 system, text name
 *   'v' service: u16 slot, text name (syslog name, virtual MTA, egress source)
 *   'p' reply: u16 slot, u16 smtp_code, u8 truncated, text enhanced, text pattern
 *   'm' message event: struct log_message
 *   'a' attempt: struct log_attempt
 *   'u' unreadable: u64 lines, text reason, text sample
 *
 * A piece never straddles frames. Slots belong to their part: LOG_PART forgets them.
 */
#ifndef BASE_FRAME_LOG_H
#define BASE_FRAME_LOG_H

#include "base/frame.h"

/* The caller opens and finishes the frame and keeps it under LIMIT_FRAME: a piece is up to
 * FRAME_LOG_PIECE bytes long, if texts are within their limits. */
#define FRAME_LOG_PIECE (8 * LIMIT_LOG_TEXT + LIMIT_LOG_REPLY + 256)

void frame_put_log_host(struct buf *b, uint16_t slot, enum log_system system, struct text name);
void frame_put_log_service(struct buf *b, uint16_t slot, struct text name);
void frame_put_log_reply(struct buf *b, uint16_t slot, const struct log_reply *r);
void frame_put_log_message(struct buf *b, const struct log_message *m);
void frame_put_log_attempt(struct buf *b, const struct log_attempt *a);
void frame_put_log_unreadable(struct buf *b, const struct log_unreadable *u);
/* The whole payload of LOG_PART. */
void frame_put_log_sums(struct buf *b, const struct log_sums *s);

/* ---- for frame_check.c ---- */

struct cursor;

/* What was said of the part that is being read. */
struct log_check {
	uint64_t hosts[LIMIT_LOG_HOSTS / 64], services[LIMIT_LOG_HOSTS / 64];
	uint64_t replies[LIMIT_LOG_REPLIES / 64];
	uint64_t pieces, unreadable;
	uint32_t reasons;
};

int frame_log_check(struct log_check *c, const struct frame_handler *h, struct cursor *cur,
		    struct err *e) MUST_CHECK;
/* *ret_last: it was the last part. */
int frame_log_check_part(struct log_check *c, const struct frame_handler *h, struct cursor *cur,
			 bool *ret_last, struct err *e) MUST_CHECK;

#endif
