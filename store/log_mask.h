/*
 * log_mask - takes the names of people out of what replies and lines of logs quote, where recipients
 * are not to be stored in clear ([logs] recipients = hash or domain). For store/ only.
 */
#ifndef STORE_LOG_MASK_H
#define STORE_LOG_MASK_H

#include "base/buf.h"
#include "base/model.h"

/*
 * Appends text to b. Of an address goes what is before its @ (or %40): the recipient's becomes
 * "[recipient]", whole; another one "[address]@example.com". Roles (RFC 2142: postmaster, abuse,
 * support ..) stay, they are nobody's name. recipient: an address, or absent.
 */
void log_mask(struct buf *b, struct text text, struct text recipient);

/* The same of the values of a reply, U+001F between; one that is the recipient's name without its
 * domain goes too. As many values come out as went in. */
void log_mask_values(struct buf *b, struct text values, struct text recipient);

#endif
