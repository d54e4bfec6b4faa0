/*
 * idcache - which domains, reporters and sets of authentication results are known to be stored,
 * so that their rows are not sent again. A bounded cache: what it forgot is sent once more, which
 * is harmless. Ids are hashes of contents, so one cache serves all three.
 *
 * An id is claimed by the report that spools its row, and becomes stored when that is durable.
 * For two threads at once: the staging one claims, the committing one marks.
 */
#ifndef STORE_IDCACHE_H
#define STORE_IDCACHE_H

#include <stdbool.h>
#include <stdint.h>

struct idcache;

struct idcache *idcache_new(void);
void idcache_free(struct idcache *c);
/* True: report `owner` (> 0) has to spool the row; false: it is stored or this report did. */
bool idcache_claim(struct idcache *c, int64_t id, int64_t owner);
void idcache_stored(struct idcache *c, int64_t id);
/* Spooled, and stored meanwhile by another report's transaction: need not be sent. */
bool idcache_is_stored(struct idcache *c, int64_t id);

#endif
