/*
 * identity - what makes a report the same report (definitions A1), and ids made of contents.
 */
#ifndef STORE_IDENTITY_H
#define STORE_IDENTITY_H

#include "base/buf.h"
#include "base/hash.h"
#include "base/model.h"

/* Appends the reporter's name: org_name, normalised; empty: the domain of email; else ''. */
void identity_reporter(struct buf *b, const struct report_head *h);

/* Appends a length and the bytes; absent and empty differ. What every id here is made of. */
void identity_pack(struct buf *b, struct text t);

/*
 * ret_identity: the first 16 bytes of the hash over tenant, reporter, domain, report id, begin and
 * end; *ret_set_key: an id over the same without report id. reporter and domain are normalised.
 */
void identity_of(struct hash *hash, int64_t tenant, struct text reporter, struct text domain,
		 const struct report_head *h, uint8_t ret_identity[16], int64_t *ret_set_key);

#endif
