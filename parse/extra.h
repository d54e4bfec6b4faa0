/*
 * extra - the JSON of what has no field of its own: every field of a report is kept.
 *
 *   {"raw": {"disposition": "softfail"},        words beside a code that does not say them
 *    "errors": [{"text": .., "lang": ..}],      of report_metadata
 *    "reasons": [{"type": .., "comment": .., "lang": ..}],
 *    "human_results": [{"no": 1, "text": .., "lang": ..}],   no: the result's place in its set
 *    "extensions": [{"name": "extension/summary/chains", "ns": .., "attributes": {..}},
 *                   {"name": .., "text": ..}],  RFC 9990's, flat: one object a text or attributes
 *    "attributes": [..],                        of elements that have a field, in the same form
 *    "unknown": [..]}                           elements that no schema knows, in the same form
 *
 * Texts are copied when they are added. Absent ones are left out.
 */
#ifndef PARSE_EXTRA_H
#define PARSE_EXTRA_H

#include "base/buf.h"
#include "base/err.h"
#include "base/text.h"

enum extra_part {
	EXTRA_RAW,
	EXTRA_ERRORS,
	EXTRA_REASONS,
	EXTRA_HUMAN,
	EXTRA_EXTENSIONS,
	EXTRA_ATTRIBUTES,
	EXTRA_UNKNOWN,
	EXTRA_PARTS
};

struct extra {
	struct buf part[EXTRA_PARTS];
	struct buf whole;
	bool any;
};

void extra_free(struct extra *x);
void extra_clear(struct extra *x);

void extra_raw(struct extra *x, const char *what, struct text word);
void extra_error(struct extra *x, struct text text, struct text lang);
void extra_reason(struct extra *x, struct text type, struct text comment, struct text lang);
void extra_human(struct extra *x, unsigned no, struct text text, struct text lang);
/* part: one of the last three. attributes is a JSON object, or absent. */
void extra_element(struct extra *x, enum extra_part part, struct text path, struct text ns,
		   struct text attributes, struct text text);

/* All of it as one object, absent if there is nothing. -1: over LIMIT_EXTRA, or no UTF-8. */
int extra_finish(struct extra *x, struct text *ret, struct err *e) MUST_CHECK;

#endif
