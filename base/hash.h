/*
 * hash - SHA-256 (libcrypto), and the 64-bit ids that are made of it.
 * A struct hash is reused for many sums; it is not for two threads at once.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

struct hash;

struct hash *hash_new(void);
void hash_free(struct hash *h);
void hash_reset(struct hash *h);
void hash_add(struct hash *h, const void *p, size_t n);
void hash_end(struct hash *h, uint8_t ret[32]);
/* All at once: reset, add, end. */
void hash_sum(struct hash *h, const void *p, size_t n, uint8_t ret[32]);
/* The first 8 bytes, big-endian, as PostgreSQL's bigint; never 0. */
int64_t hash_id(const uint8_t sum[32]);
/* 64 lower-case hex digits and NUL. */
void hash_hex(const uint8_t sum[32], char ret[65]);

#endif
