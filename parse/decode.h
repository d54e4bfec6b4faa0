/*
 * decode - whatever bytes a broken document consists of, as characters of XML: the first stage of
 * mending (mend.h); where strict reading succeeds nobody asks for it.
 *
 * A source over a source. What it gives is UTF-8 without a byte order mark and made only of the
 * characters that XML 1.0 allows (section 2.2, Char); the XML declaration stays in it as it is.
 * Blocks may cut a character.
 *
 * The encoding is guessed (encoding.h) and converted by iconv. In what is UTF-8 or says nothing,
 * bytes that are none are taken for windows-1252, which is what they are where people paste; what
 * no character can be made of becomes U+FFFD; NULs and control characters are left out. All of it
 * is told to the struct repairs, with the line (of the text, from 1 on), when decode_taken says
 * that the next stage has come so far: it reads ahead, and several documents may stand in one file.
 *
 * Refuses (ERR_LIMIT): more than LIMIT_SILENCE characters in a row that have to be left out.
 *
 * Where the source below fails, all that came before is given first, then -1. rewind begins again;
 * what was told once is not told again. Memory is flat, time linear.
 */
#ifndef PARSE_DECODE_H
#define PARSE_DECODE_H

#include "parse/repairs.h"
#include "parse/source.h"

/* below: at its beginning; stays the caller's. */
struct source *decode_open(struct source *below, struct repairs *r);
/* Of the text that d has given, what stands before offset is done with: tells what it has to. */
void decode_taken(struct source *d, uint64_t offset);

#endif
