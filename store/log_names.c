/*
 * Names in logs, and the numbers that they have here: hosts, services, domains, gateways, peers,
 * replies. Ids are hashes of what they stand for, so nothing is asked of the database.
 */
#include "store/log_work.h"

#include <stdlib.h>

#define NAME_MAX_BYTES 253   /* of a domain; longer ones are cut, so that they fit an index */

/* Texts put one behind the other and hashed: an id. */
int64_t log_id(struct log_work *w, const char *p, size_t n)
{
	uint8_t sum[32];

	hash_sum(w->s->hash, p, n, sum);
	return hash_id(sum);
}

static void pack(struct buf *b, struct text t)
{
	uint32_t len = t.p ? t.len : UINT32_MAX;

	buf_add(b, &len, sizeof(len));
	buf_add(b, t.p, t.p ? t.len : 0);
}

static struct text scratch(const struct buf *b)
{
	return (struct text){b->p, (uint32_t)b->len};
}

/* Room for one more in an array that grows with its table. */
void *log_more(void *v, uint32_t n, size_t size)
{
	if (n & (n - 1) || n == 1)
		return v;
	return xrealloc(v, (n ? n * 2u : 2u) * size);
}

/* ---- names ---- */

uint32_t log_host_of(struct log_work *w, const struct store_log *l, uint16_t slot)
{
	const struct log_slot_host *h = &l->hosts[slot];
	struct buf *b = &w->st->scratch_logs;
	const struct conf *c = w->st->conf;
	bool new;

	b->len = 0;
	buf_addc(b, (char)h->system);
	pack(b, log_text_of(l, h->name));
	uint32_t i = log_table_put(w->names[LOG_HOSTS], scratch(b), &new);

	if (!new)
		return i;
	w->hosts = log_more(w->hosts, i, sizeof(*w->hosts));
	struct text name = log_arena_text(w->arena, log_text_of(l, h->name));

	w->hosts[i] = (struct log_host){
		.name = name.p ? name : text_of(""), .system = h->system,
		.source = log_source_of(c->sources, c->n_sources, name),
		.oldest = INT64_MAX, .newest = INT64_MIN};
	w->hosts[i].id = log_id(w, b->p, b->len);
	return i;
}

uint32_t log_service_of(struct log_work *w, const struct store_log *l, uint16_t slot,
			   uint32_t host)
{
	struct buf *b = &w->st->scratch_logs;
	bool new;

	b->len = 0;
	buf_add(b, &w->hosts[host].id, 8);
	pack(b, log_text_of(l, l->services[slot]));
	uint32_t i = log_table_put(w->names[LOG_SERVICES], scratch(b), &new);

	if (!new)
		return i;
	w->services = log_more(w->services, i, sizeof(*w->services));
	struct text name = log_arena_text(w->arena, log_text_of(l, l->services[slot]));
	const struct log_source *s = w->hosts[host].source;

	w->services[i] = (struct log_service){
		.name = name.p ? name : text_of(""), .host = host, .id = log_id(w, b->p, b->len),
		.map = s && name.p ? log_source_service(s, name) : NULL};
	return i;
}

/* name: of any case; in b. 0: absent or empty. */
int64_t log_domain_of(struct log_work *w, struct text name)
{
	struct buf *b = &w->st->scratch_logs;
	bool new;

	b->len = 0;
	if (!name.p)
		return 0;
	text_add_name(b, name);
	if (b->len > NAME_MAX_BYTES) {
		b->len = NAME_MAX_BYTES;
		while (b->len && !text_utf8_ok(b->p, b->len))
			b->len--;
	}
	struct text key = b->len ? scratch(b) : text_of("");
	uint32_t i = log_table_put(w->names[LOG_DOMAINS], key, &new);

	if (new) {
		w->domains = log_more(w->domains, i, sizeof(*w->domains));
		w->domains[i] = (struct log_domain){log_table_key(w->names[LOG_DOMAINS], i),
						    log_id(w, key.p, key.len)};
	}
	return w->domains[i].id;
}

struct text log_domain_part(struct text address)
{
	const char *at = address.len ? memrchr(address.p, '@', address.len) : NULL;

	if (!at)
		return text_of("");
	return (struct text){at + 1, (uint32_t)(address.p + address.len - at - 1)};
}

static uint32_t gateway_of(struct log_work *w, struct text gateway, struct text title,
			   struct text family, bool mailbox_provider)
{
	bool new;

	if (!gateway.p || !gateway.len)
		return NO_GATEWAY;
	uint32_t i = log_table_put(w->names[LOG_GATEWAYS], gateway, &new);

	if (new) {
		w->gateways = log_more(w->gateways, i, sizeof(*w->gateways));
		w->gateways[i] = (struct log_gateway){
			log_table_key(w->names[LOG_GATEWAYS], i),
			log_arena_text(w->arena, title.p ? title : gateway),
			log_arena_text(w->arena, family.p ? family : gateway), mailbox_provider};
	}
	return i;
}

uint32_t log_gateway_named(struct log_work *w, const struct log_reply_known *k)
{
	return gateway_of(w, k->gateway, k->title, k->family, k->mailbox_provider);
}

/* ---- peers ---- */

static bool starts(const struct ip *ip, uint8_t a, uint8_t mask_of_first, uint8_t b, uint8_t mask)
{
	return (ip->bytes[0] & mask_of_first) == a && (ip->bytes[1] & mask) == b;
}

/* Loopback, private (RFC 1918, RFC 4193), link-local, unspecified. CGNAT is none of them: it is
 * said as it is, and does not join (B1). */
static bool is_internal(const struct ip *ip)
{
	static const uint8_t zeros[15];

	if (ip->family == 4)
		return starts(ip, 10, 255, 0, 0) || starts(ip, 127, 255, 0, 0) ||
		       starts(ip, 172, 255, 16, 240) || starts(ip, 192, 255, 168, 255) ||
		       starts(ip, 169, 255, 254, 255) || starts(ip, 0, 255, 0, 0);
	if (ip->family == 6)
		return starts(ip, 0xfc, 0xfe, 0, 0) || starts(ip, 0xfe, 255, 0x80, 0xc0) ||
		       (memcmp(ip->bytes, zeros, 15) == 0 && ip->bytes[15] <= 1);
	return false;
}

/* + 1; 0: nobody is named. */
uint32_t log_peer_of(struct log_work *w, struct text host, const struct ip *ip)
{
	struct buf *b = &w->st->scratch_logs;
	struct store_peer_class c = {0};
	bool new;

	if (!host.len && !ip->family)
		return 0;
	b->len = 0;
	buf_addc(b, (char)ip->family);
	buf_add(b, ip->bytes, ip->family == 6 ? 16 : ip->family == 4 ? 4 : 0);
	buf_add(b, host.p, host.len);
	uint32_t i = log_table_put(w->names[LOG_PEERS], scratch(b), &new);

	if (!new)
		return i + 1;
	w->peers = log_more(w->peers, i, sizeof(*w->peers));
	struct log_peer *p = &w->peers[i];

	*p = (struct log_peer){.host = log_arena_text(w->arena, host.len ? host : TEXT_ABSENT),
			       .ip = *ip, .id = log_id(w, b->p, b->len),
			       .internal = is_internal(ip)};
	if (host.len && w->st->classify)
		w->st->classify->peer(w->st->classify->ctx, host, &c);
	p->gateway = gateway_of(w, c.gateway, c.title, c.family, c.mailbox_provider);
	p->customer = log_arena_text(w->arena, c.customer.len ? c.customer : TEXT_ABSENT);
	if (p->customer.len > NAME_MAX_BYTES)
		p->customer = TEXT_ABSENT;
	return i + 1;
}

/* ---- replies ---- */

struct text log_reply_text(struct buf *b, struct text pattern, struct text values)
{
	const char *p = pattern.p, *end = p + pattern.len;
	const char *v = values.p, *v_end = v ? v + values.len : NULL;

	b->len = 0;
	while (p < end) {
		const char *open = memchr(p, '{', (size_t)(end - p));
		const char *close = open ? memchr(open, '}', (size_t)(end - open)) : NULL;

		if (!close || !v) {
			buf_add(b, p, (size_t)(end - p));
			break;
		}
		const char *sep = memchr(v, '\x1f', (size_t)(v_end - v));

		buf_add(b, p, (size_t)(open - p));
		buf_add(b, v, (size_t)((sep ? sep : v_end) - v));
		v = sep ? sep + 1 : NULL;
		p = close + 1;
	}
	return b->len ? scratch(b) : text_of("");
}

static void sample_of(struct log_work *w, struct log_template *t, struct text values)
{
	t->sample = log_arena_text(w->arena, log_reply_text(&w->st->scratch_logs, t->pattern,
							    values));
}

/* + 1. */
uint32_t log_template_of(struct log_work *w, const struct store_log *l, const struct log_att *a,
			    uint32_t gateway)
{
	const struct log_slot_reply *r = &l->replies[a->reply];
	/* what our own server says has the queue's status for its own */
	struct text enhanced = log_text_of(l, r->enhanced);
	struct buf *b = &w->st->scratch_logs;
	bool new;

	b->len = 0;
	pack(b, gateway == NO_GATEWAY ? TEXT_ABSENT : w->gateways[gateway].gateway);
	buf_add(b, &r->smtp_code, 2);
	buf_addc(b, r->truncated);
	if (!enhanced.len)
		enhanced = r->smtp_code ? TEXT_ABSENT : log_att_text(l, a, ATT_STATUS);
	pack(b, enhanced);
	pack(b, log_text_of(l, r->pattern));
	uint32_t i = log_table_put(w->names[LOG_TEMPLATES], scratch(b), &new);

	if (!new)
		return i + 1;
	w->templates = log_more(w->templates, i, sizeof(*w->templates));
	struct log_template *t = &w->templates[i];
	struct text pattern = log_text_of(l, r->pattern);

	*t = (struct log_template){
		.id = log_id(w, b->p, b->len), .gateway = gateway, .evidence = NO_GATEWAY,
		.truncated = r->truncated, .smtp_code = r->smtp_code,
		.enhanced = log_arena_text(w->arena, enhanced),
		.pattern = log_arena_text(w->arena, pattern.p ? pattern : text_of(""))};
	sample_of(w, t, log_att_text(l, a, ATT_VALUES));
	return i + 1;
}
