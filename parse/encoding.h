/*
 * encoding - which encoding XML is in, by its first bytes: a byte order mark, the NULs around its
 * first `<` (XML 1.0, appendix F), then what its declaration says, as far as the bytes agree.
 */
#ifndef PARSE_ENCODING_H
#define PARSE_ENCODING_H

#include "base/text.h"

struct encoding {
	const char *iconv; /* the name for iconv_open; NULL: UTF-8 */
	const char *name;  /* for people */
	unsigned unit;     /* bytes of its smallest character: 1, 2 or 4 */
	unsigned mark;     /* bytes of the byte order mark */
	bool unknown;      /* the declaration names what nobody knows */
	bool wrong;        /* the bytes are of another encoding than the declaration says */
	bool ascii;        /* the declaration says ASCII: any other character is a mistake */
	bool says;
	char said[41];     /* what it says, cut */
};

/* p: the first bytes of a document; 1024 are looked at. */
struct encoding encoding_guess(const uint8_t *p, size_t len);

#endif
