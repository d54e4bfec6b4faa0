#include "store/identity.h"

void identity_reporter(struct buf *b, const struct report_head *h)
{
	size_t at = b->len;

	text_add_name(b, h->org_name);
	if (b->len > at || !h->email.p)
		return;
	const char *host = memrchr(h->email.p, '@', h->email.len);

	if (!host)
		return;
	struct text domain = {host + 1, (uint32_t)(h->email.p + h->email.len - host - 1)};

	/* <dmarc@example.com>, as GoDaddy has it */
	if (domain.len && domain.p[domain.len - 1] == '>')
		domain.len--;
	text_add_name(b, domain);
}

void identity_pack(struct buf *b, struct text t)
{
	uint32_t n = t.p ? t.len : UINT32_MAX;

	n = __builtin_bswap32(n); /* one byte order, so that ids are the same everywhere */
	buf_add(b, &n, 4);
	buf_add(b, t.p, t.len);
}

static void pack_int(struct buf *b, int64_t v)
{
	uint64_t be = __builtin_bswap64((uint64_t)v);

	buf_add(b, &be, 8);
}

void identity_of(struct hash *hash, int64_t tenant, struct text reporter, struct text domain,
		 const struct report_head *h, uint8_t ret_identity[16], int64_t *ret_set_key)
{
	struct text id = text_trim(h->report_id);
	struct buf b = {0};
	uint8_t sum[32];

	pack_int(&b, tenant);
	identity_pack(&b, reporter);
	identity_pack(&b, domain);
	pack_int(&b, h->begin_at);
	pack_int(&b, h->end_at);
	hash_sum(hash, b.p, b.len, sum);
	*ret_set_key = hash_id(sum);
	/* an absent report id is an empty one: neither says which report it is */
	identity_pack(&b, id.p ? id : (struct text){"", 0});
	hash_sum(hash, b.p, b.len, sum);
	memcpy(ret_identity, sum, 16);
	buf_free(&b);
}
