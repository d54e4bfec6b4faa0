/*
 * edit - one change in the XML of an invented report, by the path of the element.
 *
 * Knows the text that gen_report writes, no other XML: a start tag that is to be found has no
 * attributes but feedback's, no element lies in one of its own name, and no comment is anywhere.
 */
#ifndef BENCH_EDIT_H
#define BENCH_EDIT_H

#include "base/buf.h"

#include <limits.h>

enum edit_how {
	EDIT_TEXT = 1, /* what is in the element becomes text */
	EDIT_ELEMENT,  /* the element becomes text; "" takes it out */
	EDIT_START,    /* its start tag becomes text */
	EDIT_END,      /* its end tag becomes text */
	EDIT_NAME,     /* both its tags are named text */
	EDIT_BEFORE,   /* text goes in front of the element */
	EDIT_BEHIND,   /* text goes behind the element */
	EDIT_PREPEND,  /* text goes in front of what is in it */
	EDIT_APPEND,   /* text goes behind what is in it */
	EDIT_FRONT,    /* the first child named text goes in front of all others */
};

#define EDIT_EACH 0 /* a most that is none */

struct edit {
	const char *path; /* "record/row/count"; begins anywhere. "?xml": the declaration */
	enum edit_how how;
	const char *text;
	unsigned most; /* so many elements at most, the first ones; or EDIT_EACH */
};

/* How many elements were changed. */
unsigned edit_apply(struct buf *xml, const struct edit *e);
/* How often word is in xml. */
unsigned edit_count(const struct buf *xml, const char *word);
/* The first element of that path, tags and all, into ret. Stops the program if there is none. */
void edit_take(const struct buf *xml, const char *path, struct buf *ret);

#endif
