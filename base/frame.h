/*
 * frame - how ruadb and ruadb-parse talk: one AF_UNIX stream socketpair, frames with a header of
 * 16 bytes, all integers little-endian.
 *
 *   u32 length of the payload (<= LIMIT_FRAME), u8 type, u8 version, u16 zero, u64 item
 *
 * To the worker:
 *   ITEM      u8 how (0 inline, 1 descriptor), u8 form, u8 fields, u8 zero, u32 zero, u64 size,
 *             text authserv_ids: struct trust, whose Authentication-Results are believed;
 *             u8 form, i64 now, text columns: struct log_hint
 *             how 0: DATA frames with exactly size bytes follow. how 1: one descriptor came along
 *             (SCM_RIGHTS) with the bytes of this frame; the k-th descriptor belongs to the k-th
 *             ITEM with how 1. It is read-only; size is what fstat said.
 *   DATA      bytes
 * From the worker, for each item in the order of the ITEMs:
 *   (HEAD, (RECORDS | REPAIR)*, END)* , REFUSED or NOT_REPORT for an entry, at last ITEM_END.
 *   A report that turns out to be bad after its HEAD ends with REFUSED (same entry) in place of
 *   END, or with AGAIN: the parent drops what it spooled.
 *   HEAD       fixed fields, then texts (frame_put_head); `extra` may be preceded by EXTRA frames
 *   EXTRA      a piece of JSON that belongs in front of the extra of the next HEAD or the next
 *              record in RECORDS (whose own piece of it is then present, and may be empty)
 *   RECORDS    pieces, each a tag byte and its fields (frame_put_*):
 *                'r' auth_result: goes to the set under construction
 *                's' set: u16 slot (0..FRAME_SLOTS-1): the set under construction (may be empty)
 *                    becomes that slot's, for this report
 *                'R' record: its u16 slot, then its fields
 *                'x' row refused: u32 record_no, i64 messages, text reason
 *              A piece never straddles frames. Slots are forgotten at HEAD; those of a report
 *              are used from 0 on, so that a small one needs few.
 *   REPAIR     u32 times, u32 record_no, u32 line, text what, where, from, to: struct
 *              repair, what was mended in this report
 *   AGAIN      nothing: the report was not well-formed and is read once more, mended.
 *              The entry has no outcome yet.
 *   END        struct report_sums
 *   REFUSED    u32 entry, u8 err_class (ERR_INPUT or ERR_LIMIT or ERR_BUG), text reason
 *   NOT_REPORT u32 entry, text what ("a PNG picture", "XML without feedback")
 *   ITEM_END   u32 entries seen, u64 bytes that came out of the item
 *
 * A delivery log is an entry as well: LOG_HEAD, (LOG*, LOG_PART)+, the last part with its flag; or
 * REFUSED (same entry) where it breaks off: the parts before stay good. Parts are whole in
 * themselves: slots are forgotten at each, and a part may be stored while the next one is read.
 *   LOG_HEAD   u32 entry
 *   LOG        pieces, each a tag byte and its fields (frame_log.h)
 *   LOG_PART   struct log_sums
 *
 * Each entry of an item has one outcome; entries come in ascending order, but for 0, which is the
 * item itself and may come at any place (an archive that breaks after its second entry).
 * A text is u16 length and bytes; length 0xffff means absent.
 * Reading checks everything as if an enemy had written it: lengths, codes, UTF-8, order of frames,
 * sums against records seen. struct frame_check holds the state of one worker's stream. What
 * breaks the rules is ERR_BUG: the worker is killed, the item tried again alone, then quarantined.
 */
#ifndef BASE_FRAME_H
#define BASE_FRAME_H

#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/model.h"
#include "base/model_log.h"

#define FRAME_VERSION 5
/* Raised whenever a better parser would read more: `repeat without parsing` asks for it. */
#define PARSER_VERSION 4
#define FRAME_HEADER 16
#define FRAME_SLOTS 16384

enum frame_type {
	FRAME_ITEM = 1,
	FRAME_DATA = 2,
	FRAME_HEAD = 16,
	FRAME_EXTRA,
	FRAME_RECORDS,
	FRAME_REPAIR,
	FRAME_AGAIN,
	FRAME_END,
	FRAME_REFUSED,
	FRAME_NOT_REPORT,
	FRAME_ITEM_END,
	FRAME_LOG_HEAD,
	FRAME_LOG,
	FRAME_LOG_PART,
};

struct frame {
	enum frame_type type;
	uint64_t item;
	const uint8_t *payload;
	uint32_t len;
};

/*
 * Takes the next frame from the len bytes at p. 1: *ret_f is set (it points into p) and *ret_used
 * says how much it took; 0: not all there yet; -1: not a frame.
 */
int frame_next(const uint8_t *p, size_t len, struct frame *ret_f, size_t *ret_used,
	       struct err *e) MUST_CHECK;

/* Writing: appends to b. frame_begin leaves the header open; frame_finish sets its length. */
size_t frame_begin(struct buf *b, enum frame_type type, uint64_t item);
void frame_finish(struct buf *b, size_t at);

void frame_put_text(struct buf *b, struct text t);
void frame_put_u32(struct buf *b, uint32_t v);
void frame_put_u64(struct buf *b, uint64_t v);

/* Payloads. The caller opens and finishes the frame and keeps it under LIMIT_FRAME. */
/* trust NULL: nobody is believed. log NULL: FORM_ANY, of now. */
void frame_put_item(struct buf *b, bool by_descriptor, uint64_t size, const struct trust *trust,
		    const struct log_hint *log);
void frame_put_head(struct buf *b, const struct report_head *h);
void frame_put_auth_result(struct buf *b, const struct auth_result *r);
void frame_put_set(struct buf *b, uint16_t slot);
void frame_put_record(struct buf *b, uint16_t slot, const struct record *r);
void frame_put_row_refused(struct buf *b, uint32_t record_no, int64_t messages, struct text why);
void frame_put_repair(struct buf *b, const struct repair *r);
void frame_put_sums(struct buf *b, const struct report_sums *s);

/* Worker's side of ITEM. The texts of *ret_trust and *ret_log point into the frame. */
int frame_get_item(const struct frame *f, bool *ret_by_descriptor, uint64_t *ret_size,
		   struct trust *ret_trust, struct log_hint *ret_log, struct err *e) MUST_CHECK;

/*
 * The parent's check: what it calls for each thing that a good stream says. Any callback may
 * return -1 with *e set; that ends frame_check_feed. Texts are valid until it returns.
 */
struct frame_handler {
	void *ctx;
	int (*head)(void *ctx, const struct report_head *h, struct err *e);
	/* A set of auth results takes a slot. results is valid during the call only. */
	int (*set)(void *ctx, uint16_t slot, const struct auth_result *results, uint32_t n,
		   struct err *e);
	int (*record)(void *ctx, uint16_t slot, const struct record *r, struct err *e);
	int (*row_refused)(void *ctx, uint32_t record_no, int64_t messages, struct text why,
			   struct err *e);
	int (*repair)(void *ctx, const struct repair *r, struct err *e);
	int (*again)(void *ctx, struct err *e); /* the report whose head came is no more */
	int (*end)(void *ctx, const struct report_sums *s, struct err *e);
	int (*refused)(void *ctx, uint32_t entry, enum err_class class, struct text why,
		       struct err *e);
	int (*not_report)(void *ctx, uint32_t entry, struct text what, struct err *e);
	int (*item_end)(void *ctx, uint32_t entries, uint64_t bytes_out, struct err *e);
	/* Of a log. Slots of hosts, services and replies are set before they are used. */
	int (*log_head)(void *ctx, uint32_t entry, struct err *e);
	int (*log_host)(void *ctx, uint16_t slot, enum log_system system, struct text name,
			struct err *e);
	int (*log_service)(void *ctx, uint16_t slot, struct text name, struct err *e);
	int (*log_reply)(void *ctx, uint16_t slot, const struct log_reply *r, struct err *e);
	int (*log_message)(void *ctx, const struct log_message *m, struct err *e);
	int (*log_attempt)(void *ctx, const struct log_attempt *a, struct err *e);
	int (*log_unreadable)(void *ctx, const struct log_unreadable *u, struct err *e);
	int (*log_part)(void *ctx, const struct log_sums *s, struct err *e);
};

struct frame_check;

/* h is copied. */
struct frame_check *frame_check_new(const struct frame_handler *h);
void frame_check_free(struct frame_check *c);
/* What the worker must answer next; call when an item begins to be its oldest unanswered one. */
void frame_check_expect(struct frame_check *c, uint64_t item);
/* One frame of the worker. -1: rules broken (ERR_BUG) or a callback failed (its class). */
int frame_check_feed(struct frame_check *c, const struct frame *f, struct err *e) MUST_CHECK;

#endif
