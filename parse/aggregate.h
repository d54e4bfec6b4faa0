/*
 * aggregate - an aggregate report out of SAX2 events: the handlers, and what they gather.
 *
 * HEAD leaves before the first record. If records begin before report_metadata and
 * policy_published are whole (their order is free in the wild), the pass goes on for the head
 * only, and a second one over the same bytes reads the records.
 *
 * Memory is flat: the texts of the head and of one record lie in two areas of fixed size.
 */
#ifndef PARSE_AGGREGATE_H
#define PARSE_AGGREGATE_H

#include "parse/authres.h"
#include "parse/repairs.h"

#include <libxml/parser.h>

struct aggregate;

/* r gathers what is mended, and is sent before each END. */
struct aggregate *aggregate_new(struct emit *m, struct repairs *r);
void aggregate_free(struct aggregate *a);

/* The handlers; their user data is the struct aggregate. */
void aggregate_handlers(xmlSAXHandler *sax);

/* Before a document: entry as HEAD wants it, and who sent the mail that it is in (or NULL). */
void aggregate_document(struct aggregate *a, uint32_t entry, const struct authres *sender);
/* Before each pass over it. ctxt: what to stop when the report is refused. */
void aggregate_begin(struct aggregate *a, xmlParserCtxtPtr ctxt);
/* The dictionary that names were interned in is gone. */
void aggregate_forget_names(struct aggregate *a);

/* An element `feedback` was met. */
bool aggregate_met(const struct aggregate *a);
/* An element is open. */
bool aggregate_inside(const struct aggregate *a);
/* The document was stopped: *e says why. */
bool aggregate_refused(const struct aggregate *a, struct err *e);
/* It was stopped for a second feedback in it. */
bool aggregate_many(const struct aggregate *a);
/* HEAD has left. */
bool aggregate_head_sent(const struct aggregate *a);
/* How far it is: tags and records met; each grows and wraps around. */
void aggregate_progress(const struct aggregate *a, uint32_t *ret_tags, uint32_t *ret_records);
/*
 * The document ends here, and should not: the record that is open is refused, the report partial.
 * why: a sentence without its dot ("gzip that ends in the middle").
 */
void aggregate_break_off(struct aggregate *a, const char *why);

/*
 * The document is at its end and well-formed. 1: the report is out, END and all; 0: once more,
 * for the records; -1: refused.
 */
int aggregate_end(struct aggregate *a, struct err *e) MUST_CHECK;

#endif
