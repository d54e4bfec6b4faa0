/*
 * log_scan - small steps that the readers of delivery logs take through a line, from its front.
 *
 * A text that is stepped through is shortened at its front. Nothing is searched behind what a
 * stranger wrote: each function says where it stops.
 */
#ifndef PARSE_LOG_SCAN_H
#define PARSE_LOG_SCAN_H

#include "base/model_log.h"

#include <string.h>

static inline struct text scan_span(const char *from, const char *to)
{
	return (struct text){from, (uint32_t)(to - from)};
}

static inline void scan_skip(struct text *t, size_t n)
{
	t->p += n;
	t->len -= (uint32_t)n;
}

/* Does t begin with the words? Then they are stepped over. */
static inline bool scan_words(struct text *t, const char *words)
{
	size_t n = strlen(words);

	if (t->len < n || memcmp(t->p, words, n) != 0)
		return false;
	scan_skip(t, n);
	return true;
}

static inline bool scan_begins(struct text t, const char *words)
{
	return scan_words(&t, words);
}

static inline bool scan_is(struct text t, const char *words)
{
	return scan_words(&t, words) && t.len == 0;
}

/* Where the words are in t first, or NULL. */
static inline const char *scan_find(struct text t, const char *words)
{
	return t.len ? memmem(t.p, t.len, words, strlen(words)) : NULL;
}

/* Up to the character, or to the end; the character stays. */
static inline struct text scan_to(struct text *t, char c)
{
	const char *end = t->len ? memchr(t->p, c, t->len) : NULL;
	struct text part = *t;

	if (end)
		part.len = (uint32_t)(end - t->p);
	scan_skip(t, part.len);
	return part;
}

/* Digits up to 18, stepped over; false: there are none. */
bool scan_number(struct text *t, int64_t *ret);
/* An address at the front, with a quoted local part or without one, up to the first of `ends` that is
 * in no quotes. An open quote goes to the end of t. */
struct text scan_address(struct text *t, const char *ends);
/* "<address>" at the front, its brackets taken off; false: it is none. */
bool scan_bracketed(struct text *t, struct text *ret);
/* All of t is an IP address. */
bool scan_ip(struct text t, struct ip *ret);
/* All of t is "[address]" or "address", with a port (":25", "]:25") or without one. */
bool scan_ip_port(struct text t, struct ip *ret);
/* A reply's code at the front of t ("421 4.7.0 ..", "421-..", "421"): 200 to 599, else 0. */
uint16_t scan_code(struct text t);
/* Host name as attempts have it: no dot at the end. (Lower case is made where it leaves.) */
struct text scan_host(struct text t);
/* A duration of units behind numbers ("1d2h3m4s", "4s", "0.123s"), all of t; ms, or -1. */
int64_t scan_duration(struct text t);
/* "2026-06-01 14:20:03", T for the blank, a fraction, a zone (Z, +02:00, +0200, with a blank before
 * it) behind it; or Unix seconds. All of t. */
bool scan_time(struct text t, struct log_time *ret);
/* The stage of a command: "MAIL FROM:<..>", "end of data", "client EHLO", ".". */
enum smtp_stage scan_stage(struct text command);

/* An attempt of which nothing is known yet but when it was. */
struct log_attempt scan_attempt(struct log_time at);

#endif
