/*
 * json_line - a JSON value of one line, member by member (RFC 8259, strictly). No tree, no copies: a
 * string is unescaped when it is asked for. Nested values are looked through for their form, up to 32
 * deep, and can be read in their turn.
 *
 *   struct json_line j;
 *   if (json_line_begin(&j, line, '{'))
 *       while (json_line_next(&j, &key, &value))
 *           ..
 *   if (!json_line_whole(&j)) it is no JSON, or something stands behind it
 */
#ifndef PARSE_JSON_LINE_H
#define PARSE_JSON_LINE_H

#include "base/buf.h"
#include "base/text.h"

#define JSON_LINE_DEPTH 32

enum json_kind {
	JSON_STRING = '"',
	JSON_NUMBER = '0',
	JSON_OBJECT = '{',
	JSON_ARRAY = '[',
	JSON_TRUE = 't',
	JSON_FALSE = 'f',
	JSON_NULL = 'n',
};

struct json_value {
	enum json_kind kind;
	bool escaped;     /* a string with a backslash in it */
	struct text raw;  /* a string without its quotes; anything else as it stands */
};

struct json_line {
	const char *p, *end;
	char close;       /* of the object or array that is read */
	bool first, closed, bad;
};

/* What begins in t, '{' or '['. false: it does not. */
bool json_line_begin(struct json_line *j, struct text t, char open);
/* The next member; of an array ret_key is absent. Keys are raw. false: behind the last, or bad. */
bool json_line_next(struct json_line *j, struct text *ret_key, struct json_value *ret);
/* Was read to its end, and nothing but blanks follows. */
bool json_line_whole(const struct json_line *j);

/*
 * A string's text: as it stands where nothing is escaped, else appended to b, where it is valid until
 * b is next written to. A lone surrogate becomes U+FFFD. Anything else than a string: absent.
 */
struct text json_line_string(const struct json_value *v, struct buf *b);
/* An integer; a number's fraction is cut. false: it is no number, or too large. */
bool json_line_integer(const struct json_value *v, int64_t *ret);

#endif
