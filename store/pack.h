/*
 * pack - small originals are gzipped in a thread of their own while the transaction's other rows are on
 * their way: packing takes as long as a fifth of the transaction, and PostgreSQL would wait for it.
 * For store/ only.
 */
#ifndef STORE_PACK_H
#define STORE_PACK_H

#include "store/work.h"

#include <zlib.h>

#define PACK_SMALL (128 << 10)  /* up to here an original goes with others */

struct pack;

/* What keep_raw keeps none or few of is not packed ahead: NULL. The items stay as they are until
 * pack_end. */
struct pack *pack_begin(const struct work *w);
/* The gzipped bytes of an item of the work; absent: it was not packed ahead. Waits for the thread. */
struct text pack_take(struct pack *p, size_t item);
void pack_end(struct pack *p);

/* A deflate that writes gzip as we store it. */
void pack_deflate_init(z_stream *z);

#endif
