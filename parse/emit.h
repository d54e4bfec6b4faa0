/*
 * emit - frames out: keeps each under its limit, flushes the sink, interns sets of results.
 *
 * Sets: packed is the caller's own form of a set's raw values; equal bytes, equal set. What has a
 * slot is found by 96 bits of a keyed hash, in a table that forgets at each HEAD by a number, so
 * that a small report pays for what it uses only. A set that is pushed out is sent again.
 */
#ifndef PARSE_EMIT_H
#define PARSE_EMIT_H

#include "parse/parse.h"

struct emit;

struct emit *emit_new(void);
void emit_free(struct emit *m);
void emit_start(struct emit *m, uint64_t item, struct parse_sink *sink);
/* True once the sink has failed; *e then holds why. Whatever is emitted after it goes nowhere. */
bool emit_failed(const struct emit *m, struct err *e);

void emit_head(struct emit *m, struct report_head *h);
/* The set of the next record. Ahead of emit_find_set, by as much as can be: memory is far away. */
void emit_next_set(struct emit *m, const uint8_t *packed, size_t len);
/* It has a slot already? Then *ret_slot is it; else the slot to give it. */
bool emit_find_set(struct emit *m, uint16_t *ret_slot);
void emit_auth_result(struct emit *m, const struct auth_result *r);
void emit_set(struct emit *m, uint16_t slot);
void emit_record(struct emit *m, uint16_t slot, struct record *r);
void emit_row_refused(struct emit *m, uint32_t record_no, int64_t messages, const char *why);
void emit_repair(struct emit *m, const struct repair *r);
/* The report whose HEAD is out is read once more from its beginning. */
void emit_again(struct emit *m);
void emit_end(struct emit *m, const struct report_sums *s);
/* Of a log. Room for a piece of up to n bytes, to be written by frame_log.h at once. */
void emit_log_head(struct emit *m, uint32_t entry);
struct buf *emit_log_room(struct emit *m, size_t n);
void emit_log_part(struct emit *m, const struct log_sums *s);
void emit_refused(struct emit *m, uint32_t entry, const struct err *why);
void emit_not_report(struct emit *m, uint32_t entry, const char *what);
void emit_item_end(struct emit *m, uint32_t entries, uint64_t bytes_out);

#endif
