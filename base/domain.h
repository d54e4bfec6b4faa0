/*
 * domain - a domain name as people write it in settings and on the command line.
 */
#ifndef BASE_DOMAIN_H
#define BASE_DOMAIN_H

#include "base/buf.h"
#include "base/err.h"
#include "base/text.h"

/*
 * Appends name as names are compared: trimmed, ASCII lower case, no dot at the end. Else
 * ERR_CONFIG, with a sentence why it is no name: labels of letters, digits, - and _ (so that names
 * as _spf.example.com are), at least two, RFC 1035's lengths, no address; not ASCII: which form to
 * write instead.
 */
int domain_parse(struct buf *b, struct text name, struct err *e) MUST_CHECK;
/* The same of a name that may have one label only: a DKIM selector. */
int domain_parse_selector(struct buf *b, struct text name, struct err *e) MUST_CHECK;
/* domain_parse of a domain that is ours: nor may it be a public suffix. */
int domain_parse_own(struct buf *b, struct text name, struct err *e) MUST_CHECK;

#endif
