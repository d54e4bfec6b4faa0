/*
 * classify - what store/ asks about peers and replies of logs, answered by the rules.
 */
#ifndef CMD_CLASSIFY_H
#define CMD_CLASSIFY_H

#include "base/conf.h"
#include "store/store.h"

struct classify;

/* Reads the rules. ERR_CONFIG: a mistake in one of them. */
int classify_new(const struct conf *c, struct classify **ret_c, struct err *e) MUST_CHECK;
/* Valid until classify_free; for one thread at a time. */
const struct store_classify *classify_store(const struct classify *c);
void classify_free(struct classify *c);

#endif
