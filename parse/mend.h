/*
 * mend - a report that is not well-formed XML, as well-formed XML: the one place where recovery is.
 *
 * A source over a source. What it gives is UTF-8 without a declaration, and parses strictly; what
 * it had to change on the way is told to the struct repairs: nothing is left out without a word
 * (libxml2's own recovery loses text and nests what follows a broken end tag inside it). It knows
 * the element names of the schemas (names.h), to tell a tag that is missing from one that is not
 * of a report.
 *
 * Strict reading comes first; this is for what fails there.
 *
 * A file may hold several documents one behind the other: mend_open gives the first, mend_more says
 * whether another one begins, mend_next goes on to it. rewind goes back to the beginning of the
 * document that is being read; the second time nothing is told to the struct repairs.
 *
 * Where the source below fails or ends within feedback, what is open is closed by a block of its own,
 * the last one; with it mend_broke_off becomes true. A record that is open then is not whole. What the
 * source below says behind feedback is none of ours: it tells the struct repairs itself.
 *
 * Refuses (next gives -1): a DOCTYPE (ERR_INPUT); a tag, a comment or a text of more than the
 * limits of base/limits.h (ERR_LIMIT).
 */
#ifndef PARSE_MEND_H
#define PARSE_MEND_H

#include "parse/repairs.h"
#include "parse/source.h"

/* below: at its beginning; stays the caller's. What comes out of it is not counted by budgets. */
struct source *mend_open(struct source *below, struct repairs *r);
/* The document is not whole. why: what the source below said (ERR_NONE: it ended quietly). */
bool mend_broke_off(const struct source *mend, struct err *why);
/* Behind the document that was read to its end: another one? -1: a limit. */
int mend_more(struct source *mend, struct err *e) MUST_CHECK;
void mend_next(struct source *mend);

#endif
