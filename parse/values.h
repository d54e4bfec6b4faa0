/*
 * values - addresses, counts and times as reporters write them.
 *
 * What can mean one thing only is taken, and *ret_odd says that it was not written as the RFCs
 * have it; what can mean two things is not. Texts are given without white space around them.
 */
#ifndef PARSE_VALUES_H
#define PARSE_VALUES_H

#include "base/model.h"

/*
 * An IPv4 or IPv6 address (RFC 3986 section 3.2.2); ::ffff:a.b.c.d is IPv4. Odd: in brackets, with
 * IPv6: before it, with a port, a zone (RFC 4007) or a length that is that of one address. False:
 * *ret_why ends a sentence, "which is no address".
 */
bool value_ip(struct text t, struct ip *ret_ip, bool *ret_odd, const char **ret_why);
void value_ip_text(const struct ip *ip, char ret[64]);

/*
 * A whole number from 0 to LIMIT_COUNT, as xs:integer has it (leading zeroes, a plus). Odd: with a
 * fraction that is nothing (5.0). False: *ret_why, as above.
 */
bool value_count(struct text t, int64_t *ret_n, bool *ret_odd, const char **ret_why);
/* pct: 0 to 100. Odd: also with a percent sign. */
bool value_percent(struct text t, int32_t *ret_n, bool *ret_odd);

/*
 * Seconds since 1970, UTC. Odd: with a fraction, which is cut; 13 or 16 digits that are a time from
 * 2010 to 2100 if they are milliseconds or microseconds; or ISO 8601's 2026-11-01T00:00:00, with a
 * blank for the T, with a zone or without one (UTC then). No other date: 01/02/2026 is two days.
 */
bool value_time(struct text t, int64_t *ret_time, bool *ret_odd);

#endif
