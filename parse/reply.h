/*
 * reply - takes the variable parts out of an SMTP reply, so that 4 million replies are 40 templates.
 *
 * What varies is replaced by its kind: {address} an address, {ip} an IP address, {host} a host name
 * beside one, {id} a queue id or other opaque word, {number}; {text} anything else, a literal brace
 * among it. Codes (421, 4.7.0, S844, [CS01]) and words stay. Joined with their values in order,
 * pattern gives back the very text. Unfolds a multi-line reply as Postfix logs it: a code that is
 * repeated in front of each line is taken out (and put back by nobody: the text says the same).
 */
#ifndef PARSE_REPLY_H
#define PARSE_REPLY_H

#include "base/buf.h"
#include "base/limits.h"
#include "base/model.h"

struct reply {
	uint16_t smtp_code;    /* at the front of the text; 0: none */
	struct text enhanced;  /* behind it, into the text; or absent */
	struct ip reply_ip;    /* source address that the reply names: in ipcheck's, dnsbl-lookup's and
	                          Cloudmark's URL, or as "[192.0.2.1]" of a "client" that is blocked;
	                          family 0: none */
};

/* text: valid UTF-8. Appends to pattern and values (U+001F between values). At most
 * LIMIT_LOG_REPLY bytes each: what is beyond is cut from the text, never from one alone. */
void reply_generalise(struct text text, struct buf *pattern, struct buf *values,
		      struct reply *ret);

#endif
