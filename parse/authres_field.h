/*
 * authres_field - one Authentication-Results field to what it says; for authres.c and its tests.
 *
 * Takes RFC 8601 with what servers write beside it: Microsoft's field without an authserv-id,
 * properties without a ptype, unquoted base64. Comments and quoted strings are passed over as a whole;
 * one that two readers may end at different places makes the field torn.
 */
#ifndef PARSE_AUTHRES_FIELD_H
#define PARSE_AUTHRES_FIELD_H

#include "parse/authres.h"

/* A field's value, folded as it came. */
struct authres_cursor {
	const char *p, *end;
	bool torn;
};

/*
 * The authserv-id with the version behind it; c stands before the results then. 1: *ret is the id,
 * valid in room, and c is torn if the version is not 1; 0: there is none, results begin at once;
 * -1: what begins there is no name.
 */
int authres_id(struct authres_cursor *c, char room[AUTHRES_NAME + 1], struct text *ret);
/* All results from c on; adds to *ret. */
void authres_results(struct authres_cursor *c, struct authres *ret);

#endif
