#include "base/hash.h"
#include "base/mem.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

struct hash {
	EVP_MD *md; /* fetched once: a fetch for each sum would cost more than the sum */
	EVP_MD_CTX *ctx;
};

struct hash *hash_new(void)
{
	struct hash *h = xmalloc(sizeof(*h));

	h->md = EVP_MD_fetch(NULL, "SHA256", NULL);
	h->ctx = EVP_MD_CTX_new();
	if (!h->md || !h->ctx)
		abort();
	hash_reset(h);
	return h;
}

void hash_free(struct hash *h)
{
	if (!h)
		return;
	EVP_MD_CTX_free(h->ctx);
	EVP_MD_free(h->md);
	free(h);
}

void hash_reset(struct hash *h)
{
	if (EVP_DigestInit_ex(h->ctx, h->md, NULL) != 1)
		abort();
}

void hash_add(struct hash *h, const void *p, size_t n)
{
	if (EVP_DigestUpdate(h->ctx, p, n) != 1)
		abort();
}

void hash_end(struct hash *h, uint8_t ret[32])
{
	if (EVP_DigestFinal_ex(h->ctx, ret, NULL) != 1)
		abort();
}

void hash_sum(struct hash *h, const void *p, size_t n, uint8_t ret[32])
{
	hash_reset(h);
	hash_add(h, p, n);
	hash_end(h, ret);
}

int64_t hash_id(const uint8_t sum[32])
{
	uint64_t v = 0;

	for (int i = 0; i < 8; i++)
		v = v << 8 | sum[i];
	return v ? (int64_t)v : 1;
}

void hash_hex(const uint8_t sum[32], char ret[65])
{
	static const char digits[] = "0123456789abcdef";

	for (int i = 0; i < 32; i++) {
		ret[2 * i] = digits[sum[i] >> 4];
		ret[2 * i + 1] = digits[sum[i] & 15];
	}
	ret[64] = '\0';
}
