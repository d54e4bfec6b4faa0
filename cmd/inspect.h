/*
 * inspect - what would be stored, printed as it comes: nothing of a report is kept but its sets
 * of results, so that a report of a million records needs no memory.
 */
#ifndef CMD_INSPECT_H
#define CMD_INSPECT_H

#include "base/buf.h"
#include "base/frame.h"

#include <stdio.h>

#define INSPECT_SETS_MAX (16 << 20) /* bytes of the sets of a report, rendered */

/* Owner of the pool's jobs while inspecting. */
struct inspect {
	FILE *out;
	const char *source, *item; /* that is being read */
	bool in_report;            /* an object, or a table, is begun */
	int64_t tenant, records, repairs;
	struct buf of_report;      /* what each record repeats of its report, rendered */
	struct buf sets[FRAME_SLOTS]; /* rendered, by slot */
	size_t sets_bytes;
	struct buf line;           /* scratch */
	int64_t quarantined;
};

/* Both are handlers for a pool whose owner is a struct inspect. */
extern const struct frame_handler inspect_json;
extern const struct frame_handler inspect_table;

/* Out of a frame_handler's ctx. */
struct inspect *inspect_of(void *ctx);
/* A report begins: the sets of the one before are forgotten. */
void inspect_begin(struct inspect *i);
/* Room for a set's text, the old one forgotten. NULL, *e ERR_LIMIT: too much. */
struct buf *inspect_slot(struct inspect *i, uint16_t slot, struct err *e);
void inspect_count_slot(struct inspect *i, uint16_t slot);

/* What the object has left open is closed: the worker died, it begins anew. */
void inspect_json_break(struct inspect *i);
void inspect_table_break(struct inspect *i);
/* The item can't be read at all. */
void inspect_json_failed(struct inspect *i, const struct err *e);
void inspect_table_failed(struct inspect *i, const struct err *e);

/* Words of the views; NULL for absent. */
const char *inspect_result(enum result r);
const char *inspect_disposition(enum disposition d);
const char *inspect_scope(enum auth_kind k);
const char *inspect_schema(enum schema s);
const char *inspect_pass(const struct record *r); /* "true", "false", "null" */
/* An address in text form, into to. */
const char *inspect_ip(const struct ip *ip, char to[64]);
/* UTC, "2026-01-31T00:00:00+00:00"; false if there is none. */
bool inspect_time(int64_t at, char to[40]);
/* The day of a report of at most 25 h (definitions A4). */
bool inspect_day(int64_t begin, int64_t end, char to[40]);

#endif
