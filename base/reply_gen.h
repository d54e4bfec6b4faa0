/*
 * reply_gen - a reply that is being generalised: what its files share. Not for others; base/reply.h
 * is.
 */
#ifndef BASE_REPLY_GEN_H
#define BASE_REPLY_GEN_H

#include "base/reply.h"
#include "base/reply_word.h"

struct reply_gen {
	const char *text, *end;
	struct text user;     /* the part of the recipient before its @, if it is no word of replies */
	const char *literal;  /* what stays and is not in the pattern yet begins here */
	struct buf *pattern, *values;
	size_t pattern_max, values_max;
	bool any;             /* a value is there: the next one needs a separator */
	bool full;
	struct reply *ret;
};

/* What is before `to` stays. */
void reply_add_literal(struct reply_gen *g, const char *to);
/* [from, to) is a variable; what is before it stays. */
void reply_add(struct reply_gen *g, enum variable v, const char *from, const char *to);
/* And may be the sender's, by what stands before it. */
void reply_add_ip(struct reply_gen *g, const char *from, const char *to, const struct ip *ip);
/* A URL, p behind its "://"; its host stays. Returns where it ends. */
const char *reply_url(struct reply_gen *g, const char *p);

/* How much of n bytes fits into max, in whole characters: a cut one is no UTF-8. */
size_t reply_cut(const char *p, size_t n, size_t max);
/* Does what is between begin and p end with this word? */
bool reply_ends_with(const char *begin, const char *p, const char *word);
/* Value of a hexadecimal digit; -1: it is none. */
int reply_hex(char c);

#endif
