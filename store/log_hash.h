/*
 * log_hash - a fast hash of bytes for tables in memory; for store/ only. Keyed with a number of
 * chance for each process, since strangers choose what is put in.
 */
#ifndef STORE_LOG_HASH_H
#define STORE_LOG_HASH_H

#include <stdint.h>
#include <string.h>

extern uint64_t log_hash_key;
/* Before the first use; again is harmless. */
void log_hash_begin(void);

static inline uint64_t log_hash_mix(uint64_t a, uint64_t b)
{
	__uint128_t m = (__uint128_t)a * b;

	return (uint64_t)m ^ (uint64_t)(m >> 64);
}

static inline uint64_t log_hash(const void *p, size_t n, uint64_t seed)
{
	const unsigned char *c = p;
	uint64_t h = (seed ^ log_hash_key) + n * 0x9e3779b97f4a7c15u, a, b;

	while (n > 16) {
		memcpy(&a, c, 8);
		memcpy(&b, c + 8, 8);
		h = log_hash_mix(a ^ log_hash_key, b ^ h);
		c += 16;
		n -= 16;
	}
	a = b = 0;
	if (n > 8) {
		memcpy(&a, c, 8);
		memcpy(&b, c + 8, n - 8);
	} else if (n) {
		memcpy(&a, c, n);
	}
	h = log_hash_mix(a ^ 0xa0761d6478bd642fu ^ log_hash_key, b ^ h);
	return log_hash_mix(h ^ 0xe7037ed1a0b428dbu, log_hash_key | 1);
}

#endif
