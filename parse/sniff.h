/*
 * sniff - what bytes are, by the bytes alone: names and media types of reports lie.
 */
#ifndef PARSE_SNIFF_H
#define PARSE_SNIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum kind {
	KIND_EMPTY,
	KIND_XML,
	KIND_GZIP,
	KIND_ZIP,
	KIND_MAIL,
	KIND_JSON,
	KIND_OTHER, /* known to be something else: see words */
	KIND_TEXT,  /* none of these */
};

struct sniffed {
	enum kind kind;
	const char *words; /* "a PNG picture" */
	size_t skip;       /* bytes before it begins: byte order mark, blanks, line ends */
};

/* The first block of something; a few KB do. */
struct sniffed sniff(const uint8_t *p, size_t len);

/* Something like <feedback or <x:feedback is there: a report, if perhaps a broken one. */
bool sniff_feedback(const uint8_t *p, size_t len);

#endif
