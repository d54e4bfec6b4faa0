/*
 * text - strings that know whether they were there. A text does not own its bytes.
 * p == NULL: absent. p != NULL, len 0: present and empty. (RFC 9990: an empty envelope_from is the
 * null reverse-path, an absent one is not known.)
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

struct text {
	const char *p;
	uint32_t len;
};

#define TEXT_ABSENT ((struct text){NULL, 0})

static inline bool text_present(struct text t)
{
	return t.p != NULL;
}

/* A text over a C string; NULL gives absent. */
struct text text_of(const char *s);
/* Without white space (<= 0x20) at both ends; absent stays absent. */
struct text text_trim(struct text t);
bool text_eq(struct text a, struct text b);
/* ASCII case ignored. s is lower case. */
bool text_is(struct text t, const char *s);
/* True for well-formed UTF-8 without U+0000 (RFC 3629: no surrogates, nothing over U+10FFFF). */
bool text_utf8_ok(const char *p, size_t len);
/* Appends a domain or reporter name as identity wants it (definitions A1): trimmed, ASCII lower
 * case, no dot at the end. */
void text_add_name(struct buf *b, struct text t);
/* Appends for terminals and logs: C0, DEL, C1 controls and bidirectional overrides as \xNN or
 * \u{NNNN}. Invalid UTF-8 bytes as \xNN. */
void text_add_visible(struct buf *b, struct text t);
/* Appends as a JSON string with its quotes. Control characters are escaped, U+0000 never comes. */
void text_add_json(struct buf *b, struct text t);

#endif
