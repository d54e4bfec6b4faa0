/*
 * align - alignment recomputed from the raw results of a record (RFC 7489 section 3.1), beside what
 * the reporter says of it: struct record's dkim_aligned, spf_aligned, dkim_key, spf_key and
 * dkim_more.
 *
 * Identifiers are compared with header_from, or with the policy's domain where there is none:
 * equal under adkim or aspf s, else of the same organizational domain. Names: trimmed, ASCII case
 * and dots at the end ignored. A result without a domain and a result is not there. SPF of scope
 * helo counts only where envelope_from is absent, empty or <>: else DMARC looks at MAIL FROM.
 * Linked: of the same organizational domain as the policy's domain.
 *
 * The same sets and names come again and again: what became of a slot (frame.h) is remembered for
 * the report, organizational domains as long as there is room for them.
 */
#ifndef PARSE_ALIGN_H
#define PARSE_ALIGN_H

#include "base/model.h"

struct align;

struct align *align_new(void);
void align_free(struct align *a);

/* The report whose records follow, as HEAD has it. Its domain's text stays as long as they come. */
void align_report(struct align *a, const struct report_head *h);
/* True: the slot came with such a record before, and r has its five fields. */
bool align_again(struct align *a, uint16_t slot, struct record *r);
/* Sets the five fields of r out of the results of its slot, at most LIMIT_RESULTS. */
void align_record(struct align *a, uint16_t slot, const struct auth_result *results, uint32_t n,
		  struct record *r);

#endif
