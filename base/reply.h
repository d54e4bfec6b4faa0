/*
 * reply - takes the variable parts out of an SMTP reply, so that 4 million replies are 40 templates.
 *
 * What varies is replaced by its kind: {address} an address or Message-ID, {ip} an IP address,
 * {host} a host name, {id} a queue id or other opaque word, {number} a number, date or time; {text}
 * anything else, a literal brace among it. Codes (421, 4.7.0, S844, [CS01], AUP#1310), words, and
 * the sites that a reply refers to (https://ipcheck.proofpoint.com/, zen.spamhaus.org) stay. Joined
 * with their values in order, pattern gives back the very text: each "{" in a pattern begins a
 * variable.
 *
 * A multi-line reply is unfolded first: a code that is repeated in front of each line, and an
 * enhanced code behind it that is, are taken out (and put back by nobody: the text says the same).
 * That is all that is lost.
 *
 * Whom the reply is about is taken out too, where that is known: "unknown user jdoe".
 *
 * In base/, since both the worker and `ruadb rules test` do it. No allocation but what the buffers
 * grow by.
 */
#ifndef BASE_REPLY_H
#define BASE_REPLY_H

#include "base/buf.h"
#include "base/limits.h"
#include "base/model.h"

#define REPLY_SEPARATOR '\x1f' /* between values */

struct reply {
	uint16_t smtp_code;    /* at the front of the text; 0: none */
	struct text enhanced;  /* behind it, into the text; or absent */
	struct ip reply_ip;    /* source address that the reply names: in the URLs of ipcheck,
	                          dnsbl-lookup and Cloudmark's reset-request, or as "[192.0.2.1]" of
	                          a "client", "client host", "mail server" or of "messages from";
	                          family 0: none */
};

/* text: valid UTF-8. recipient: whose reply it is, an address, or absent. Appends to pattern and
 * values (REPLY_SEPARATOR between values). At most LIMIT_LOG_REPLY bytes each: what is beyond is cut
 * from the text, never from one alone. */
void reply_generalise(struct text text, struct text recipient, struct buf *pattern,
		      struct buf *values, struct reply *ret);

/* A multi-line reply as one line, cut to LIMIT_LOG_REPLY; what reply_generalise does first. to:
 * room for LIMIT_LOG_REPLY bytes, used only if something is to be taken out. */
struct text reply_unfold(struct text text, char *to);

#endif
