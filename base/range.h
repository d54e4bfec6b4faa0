/*
 * range - address ranges as people write them, as the CIDR blocks they consist of.
 */
#ifndef BASE_RANGE_H
#define BASE_RANGE_H

#include "base/err.h"
#include "base/text.h"

/* "2001:db8:ffff:ffff:ffff:ffff:255.255.255.255/128" and less. */
#define RANGE_TEXT 56

struct range {
	char (*blocks)[RANGE_TEXT]; /* "192.0.2.0/24", from the lowest on */
	size_t n;
};

/*
 * A network (192.0.2.0/24), an address, or first and last address (192.0.2.10-192.0.2.19), of IPv4
 * or IPv6; ::ffff:a.b.c.d is IPv4. ERR_CONFIG with a sentence: none of these, bits set behind the
 * network, or so wide (shorter than /8, IPv6 /16) that it is a slip. range_free in any case.
 */
int range_parse(struct range *r, const char *text, struct err *e) MUST_CHECK;
void range_free(struct range *r);

#endif
