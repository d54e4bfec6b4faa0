/*
 * mboxline - what separates the mails of an mbox: a line that begins with "From " behind an empty
 * line or at the very beginning (RFC 4155; the form mboxo). One rule for an mbox on disk and for
 * one in an archive, so that both have the same mails. Lengths that headers tell are not asked.
 */
#ifndef BASE_MBOXLINE_H
#define BASE_MBOXLINE_H

#include <stdbool.h>
#include <stddef.h>

#define MBOX_FROM 5 /* bytes that tell such a line */

/* Where in its mails a reader is: before a line, or in one that is longer than its block. */
struct mboxline {
	bool start;       /* a line begins */
	bool after_empty; /* and the one before it was empty, or there is none */
};

#define MBOXLINE_BEGIN {.start = true, .after_empty = true}

/* Does a mail begin with the n bytes at p? They are MBOX_FROM or more, or all that is left. */
bool mboxline_is_from(const struct mboxline *l, const char *p, size_t n);

/* The n bytes at p, up to a line end or without one, are behind us. True: they were an empty line,
 * which belongs to the mail only if no "From " follows. */
bool mboxline_pass(struct mboxline *l, const char *p, size_t n);

#endif
