/*
 * mend - a report that is not well-formed XML, as well-formed XML: the one place where recovery is.
 *
 * A source over a source. What it gives is UTF-8 without a declaration, and always parses strictly;
 * what it had to change on the way is told to the struct repairs, with the path of the open
 * element, the record and the line: nothing is left out without a word (libxml2's own recovery
 * loses text and nests what follows a broken end tag inside it).
 *
 * What is nested as XML wants it stays as it is, whatever its names. Where tags do not agree, the
 * names of the schemas (names.h) decide which of them is missing, misspelled or no tag at all. A
 * start tag of a record, and a row that stands in none, always comes out as a record. The text
 * alone decides, not in what blocks it comes. Time is linear, memory flat (1 MB).
 *
 * A file may hold several documents one behind the other: mend_open gives the first, mend_more says
 * whether another one begins, mend_next goes on to it. rewind goes back to the beginning of the
 * document that is being read; the second time nothing is told to the struct repairs.
 *
 * Where the source below fails or ends within feedback, or another report begins there, what is
 * open is closed by a block of its own, the last one; with it mend_broke_off becomes true. A record
 * that is open then is not whole; an element that is cut in its text is left out. What the source
 * below says behind feedback is none of ours: it tells the struct repairs itself.
 *
 * Refuses (next gives -1): a DOCTYPE (ERR_INPUT); more than the limits of base/limits.h, which what
 * the source below says of a limit is as well (ERR_LIMIT).
 */
#ifndef PARSE_MEND_H
#define PARSE_MEND_H

#include "parse/repairs.h"
#include "parse/source.h"

/* below: at its beginning; stays the caller's. What comes out of it is not counted by budgets. */
struct source *mend_open(struct source *below, struct repairs *r);
/* What is larger than LIMIT_MENDED is not mended: -1, and *e says so. */
int mend_too_large(struct err *e);
/* The document is not whole. why: a sentence without its dot; ERR_NONE: it ended quietly. */
bool mend_broke_off(const struct source *mend, struct err *why);
/* Behind the document that was read to its end: another one? -1: a limit. */
int mend_more(struct source *mend, struct err *e) MUST_CHECK;
void mend_next(struct source *mend);

#endif
