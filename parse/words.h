/*
 * words - what reporters write, as what we mean: codes of model.h, addresses, numbers, times.
 * Case and white space around a word do not matter; an empty word is an absent one.
 */
#ifndef PARSE_WORDS_H
#define PARSE_WORDS_H

#include "base/model.h"

/*
 * The code of a word. *ret_raw is true where the word is not the canonical one, but for case, and
 * has to be kept beside the code (`hardfail` is fail; what no RFC knows is OTHER).
 */
enum result word_result(struct text t, bool *ret_raw);
enum disposition word_disposition(struct text t);
/* The kind of an SPF result: which identity its scope names. */
enum auth_kind word_scope(struct text t);

/* An IPv4 or IPv6 address (RFC 3986: no zone); ::ffff:a.b.c.d is IPv4. */
bool word_ip(struct text t, struct ip *ret_ip);
/* Decimal digits, nothing else, not over INT64_MAX. */
bool word_count(struct text t, int64_t *ret_n);
/* Seconds since 1970; a fraction is cut. *ret_raw: there was more than digits. */
bool word_time(struct text t, int64_t *ret_time, bool *ret_raw);

#endif
