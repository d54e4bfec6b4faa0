/*
 * What the parts of a transaction say, by queue id, with ids in place of names. Nothing is asked of
 * the database here.
 */
#include "store/log_hash.h"
#include "store/log_work.h"

#include <stdlib.h>

#define LIFETIME_DAYS 5      /* of what no [source] says otherwise; as setting queue_lifetime_days */
#define NAME_MAX_BYTES 253   /* of a domain; longer ones are cut, so that they fit an index */
#define US_MAX (LIMIT_TIME * 1000000LL)

/* Texts put one behind the other and hashed: an id. */
static int64_t id_of(struct log_work *w, const char *p, size_t n)
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
static void *more(void *v, uint32_t n, size_t size)
{
	if (n & (n - 1) || n == 1)
		return v;
	return xrealloc(v, (n ? n * 2u : 2u) * size);
}

/* ---- names ---- */

static int64_t clamp(int64_t us)
{
	return us < 0 ? 0 : us > US_MAX ? US_MAX : us;
}

static int64_t lifetime_of(const struct log_source *s, enum log_system system)
{
	if (s && s->queue_lifetime > 0)
		return s->queue_lifetime;
	return system == SYSTEM_POWERMTA || system == SYSTEM_KUMOMTA ? 72 * 3600
								    : LIFETIME_DAYS * 86400;
}

static uint32_t host_of(struct log_work *w, const struct store_log *l, uint16_t slot)
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
	w->hosts = more(w->hosts, i, sizeof(*w->hosts));
	struct text name = log_arena_text(w->arena, log_text_of(l, h->name));

	w->hosts[i] = (struct log_host){
		.name = name.p ? name : text_of(""), .system = h->system,
		.source = log_source_of(c->sources, c->n_sources, name),
		.oldest = INT64_MAX, .newest = INT64_MIN};
	w->hosts[i].lifetime = lifetime_of(w->hosts[i].source, h->system);
	w->hosts[i].id = id_of(w, b->p, b->len);
	return i;
}

static uint32_t service_of(struct log_work *w, const struct store_log *l, uint16_t slot,
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
	w->services = more(w->services, i, sizeof(*w->services));
	struct text name = log_arena_text(w->arena, log_text_of(l, l->services[slot]));
	const struct log_source *s = w->hosts[host].source;

	w->services[i] = (struct log_service){
		.name = name.p ? name : text_of(""), .host = host, .id = id_of(w, b->p, b->len),
		.map = s && name.p ? log_source_service(s, name) : NULL};
	return i;
}

/* name: of any case; in b. 0: absent or empty. */
static int64_t domain_id(struct log_work *w, struct text name)
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
		w->domains = more(w->domains, i, sizeof(*w->domains));
		w->domains[i] = (struct log_domain){log_table_key(w->names[LOG_DOMAINS], i),
						    id_of(w, key.p, key.len)};
	}
	return w->domains[i].id;
}

static struct text domain_part(struct text address)
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
		w->gateways = more(w->gateways, i, sizeof(*w->gateways));
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
static uint32_t peer_of(struct log_work *w, struct text host, const struct ip *ip)
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
	w->peers = more(w->peers, i, sizeof(*w->peers));
	struct log_peer *p = &w->peers[i];

	*p = (struct log_peer){.host = log_arena_text(w->arena, host.len ? host : TEXT_ABSENT),
			       .ip = *ip, .id = id_of(w, b->p, b->len),
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
static uint32_t template_of(struct log_work *w, const struct store_log *l, const struct log_att *a,
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
	w->templates = more(w->templates, i, sizeof(*w->templates));
	struct log_template *t = &w->templates[i];
	struct text pattern = log_text_of(l, r->pattern);

	*t = (struct log_template){
		.id = id_of(w, b->p, b->len), .gateway = gateway, .evidence = NO_GATEWAY,
		.truncated = r->truncated, .smtp_code = r->smtp_code,
		.enhanced = log_arena_text(w->arena, enhanced),
		.pattern = log_arena_text(w->arena, pattern.p ? pattern : text_of(""))};
	sample_of(w, t, log_att_text(l, a, ATT_VALUES));
	return i + 1;
}

/* ---- queue ids ---- */

static uint32_t group_of(struct log_work *w, const struct store_log *l, const struct log_queue *q,
			 uint32_t host)
{
	struct buf *b = &w->st->scratch_logs;
	bool new;

	b->len = 0;
	buf_add(b, &host, sizeof(host));
	buf_add(b, l->texts.p + q->id.at, q->id.len);
	uint32_t i = log_table_put(w->queues, scratch(b), &new);

	if (!new)
		return i;
	w->groups = more(w->groups, i, sizeof(*w->groups));
	struct text key = log_table_key(w->queues, i);

	w->groups[i] = (struct log_queue_group){
		.queue_id = {key.p + sizeof(host), q->id.len}, .host = host};
	b->len = 0;
	buf_add(b, &w->hosts[host].id, 8);
	buf_add(b, l->texts.p + q->id.at, q->id.len);
	w->groups[i].key = id_of(w, b->p, b->len);
	return i;
}

/* What a piece's slots and queue ids are here; NONE: not looked at yet. */
#define NONE UINT32_MAX
struct slots {
	uint32_t host[LIMIT_LOG_HOSTS];
	uint32_t service[LIMIT_LOG_HOSTS], service_host[LIMIT_LOG_HOSTS];
	uint32_t *group;        /* of each of its queues */
};

static void slots_begin(struct log_work *w, const struct store_log *l, struct slots *s)
{
	memset(s, 0xff, sizeof(*s));
	s->group = xmalloc((l->n_queues + 1u) * sizeof(*s->group));
	for (uint32_t i = 0; i < l->n_queues; i++) {
		const struct log_queue *q = &l->queues[i];

		if (s->host[q->host] == NONE)
			s->host[q->host] = host_of(w, l, q->host);
		s->group[i] = group_of(w, l, q, s->host[q->host]);
	}
}

static uint32_t slot_service(struct log_work *w, const struct store_log *l, struct slots *s,
			     uint16_t slot, uint32_t host)
{
	if (s->service[slot] == NONE || s->service_host[slot] != host) {
		s->service[slot] = service_of(w, l, slot, host);
		s->service_host[slot] = host;
	}
	return s->service[slot];
}

static void seen_at(struct log_host *h, int64_t us)
{
	h->oldest = us < h->oldest ? us : h->oldest;
	h->newest = us > h->newest ? us : h->newest;
}

/* ---- events ---- */

/* Several that lines of attempts carry with them. */
static uint32_t facts_in(const struct log_att *a)
{
	uint32_t n = 0;

	for (int i = ATT_MESSAGE_ID; i <= ATT_CAMPAIGN; i++)
		n += a->len[i] != LOG_ABSENT;
	return n + (a->arrived_us != TIME_ABSENT);
}

static void count(struct log_work *w, const struct log_piece *p, const struct slots *s)
{
	const struct store_log *l = p->log;

	for (uint32_t i = p->from; i < p->to; i++) {
		const struct log_att *a = i < l->n_msgs ? NULL : &l->atts[i - l->n_msgs];
		struct log_queue_group *g = &w->groups[s->group[a ? a->queue : l->msgs[i].queue]];

		g->n_msgs += a ? facts_in(a) : 1;
		g->n_atts += a != NULL;
		w->n_msgs += a ? facts_in(a) : 1;
		w->n_atts += a != NULL;
	}
}

/* Places of each group's events; the counts are counted again while they are put there. */
static void lay_out(struct log_work *w)
{
	uint32_t atts = 0, msgs = 0;

	for (uint32_t i = 0; i < log_table_count(w->queues); i++) {
		struct log_queue_group *g = &w->groups[i];

		g->first_att = atts;
		g->first_msg = msgs;
		atts += g->n_atts;
		msgs += g->n_msgs;
		g->n_atts = g->n_msgs = 0;
	}
	w->atts = xmalloc((atts + 1u) * sizeof(*w->atts));
	w->from = xmalloc((atts + 1u) * sizeof(*w->from));
	w->msgs = xmalloc((msgs + 1u) * sizeof(*w->msgs));
}

static struct join_msg *next_msg(struct log_work *w, struct log_queue_group *g, int64_t us,
				 enum message_event event)
{
	struct join_msg *m = &w->msgs[g->first_msg + g->n_msgs++];

	*m = (struct join_msg){.us = us, .size = -1, .event = (uint8_t)event};
	return m;
}

static void put_fact(struct log_work *w, struct log_queue_group *g, int64_t us,
		     enum message_event event, struct text value, int32_t size)
{
	struct join_msg *m = next_msg(w, g, us, event);
	bool full = w->st->conf->recipients == RECIPIENTS_FULL;

	m->size = size;
	if (event == MESSAGE_SENDER) {
		m->domain = value.len ? domain_id(w, domain_part(value)) : 0;
		m->text = full && value.len ? value : TEXT_ABSENT;
	} else if (event == MESSAGE_HEADER_FROM) {
		bool address = value.len && memchr(value.p, '@', value.len);

		m->domain = value.len ? domain_id(w, address ? domain_part(value) : value) : 0;
	} else {
		m->text = value.len ? value : TEXT_ABSENT;
	}
}

static void put_msg(struct log_work *w, const struct store_log *l, const struct slots *s,
		    const struct log_msg *m)
{
	struct log_queue_group *g = &w->groups[s->group[m->queue]];
	int64_t us = clamp(m->us);

	seen_at(&w->hosts[g->host], us);
	put_fact(w, g, us, (enum message_event)m->event, log_text_of(l, m->value), m->size);
}

static void put_carried(struct log_work *w, struct log_queue_group *g, const struct store_log *l,
			const struct log_att *a, int64_t us)
{
	static const struct { enum log_att_text text; enum message_event event; } kinds[] = {
		{ATT_MESSAGE_ID, MESSAGE_ID}, {ATT_ENVELOPE_FROM, MESSAGE_SENDER},
		{ATT_HEADER_FROM, MESSAGE_HEADER_FROM}, {ATT_CAMPAIGN, MESSAGE_CAMPAIGN}};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (a->len[kinds[i].text] != LOG_ABSENT)
			put_fact(w, g, us, kinds[i].event, log_att_text(l, a, kinds[i].text), -1);
	if (a->arrived_us != TIME_ABSENT)
		next_msg(w, g, clamp(a->arrived_us), MESSAGE_ARRIVED);
}

/* Where it went: to a relay of ours, a private address or locally; or to no peer (C3). */
static int8_t handed(const struct log_work *w, const struct log_host *h, const struct log_att *a,
		     uint32_t peer)
{
	const struct log_peer *p = peer ? &w->peers[peer - 1] : NULL;

	if (p && (p->internal || (h->source &&
	    log_source_is_relay(h->source, p->host.p ? p->host : text_of(""), &p->ip))))
		return 1;
	if (p && p->ip.family)
		return 0;
	if (a->outcome == ATTEMPT_ACCEPTED && h->system != SYSTEM_POWERMTA &&
	    h->system != SYSTEM_KUMOMTA)
		return 1;
	return p ? 0 : -1;
}

static void take_ip(struct join_att *x, const struct log_att *a, const struct log_host *h,
		    const struct log_service *v)
{
	bool platform = h->system == SYSTEM_POWERMTA || h->system == SYSTEM_KUMOMTA;

	x->source_ip = a->source_ip;
	x->ip_from = platform ? 'e' : 'l';
	if (x->source_ip.family || !h->source)
		return;
	x->source_ip = v->map && v->map->source_ip.family ? v->map->source_ip
							  : h->source->source_ip;
	x->ip_from = 'm';
}

static void put_att(struct log_work *w, struct store_log *l, struct slots *s, uint32_t i)
{
	const struct log_att *a = &l->atts[i];
	struct log_queue_group *g = &w->groups[s->group[a->queue]];
	struct log_host *h = &w->hosts[g->host];
	int64_t us = clamp(a->us);
	uint32_t at = g->first_att + g->n_atts++;
	struct join_att *x = &w->atts[at];
	struct log_from *f = &w->from[at];
	struct text recipient = log_att_text(l, a, ATT_RECIPIENT);
	uint32_t service = slot_service(w, l, s, a->service, g->host);

	*f = (struct log_from){l, i, peer_of(w, log_att_text(l, a, ATT_PEER_HOST), &a->peer_ip), 0};
	if (a->reply != LOG_NO_SLOT && a->reply < l->n_replies && l->replies[a->reply].there)
		f->template = template_of(w, l, a, f->peer ? w->peers[f->peer - 1].gateway
								 : NO_GATEWAY);
	*x = (struct join_att){
		.us = us, .line_key = a->line_key, .service_id = w->services[service].id,
		.template_id = f->template ? w->templates[f->template - 1].id : 0,
		.peer_id = f->peer ? w->peers[f->peer - 1].id : 0,
		.arrived = a->arrived_us != TIME_ABSENT ? clamp(a->arrived_us) :
			   a->delay_ms >= 0 ? us - 1000LL * a->delay_ms : TIME_ABSENT,
		.reported = a->reported, .kind = a->kind, .outcome = a->outcome, .src = at,
		.handed = handed(w, h, a, f->peer)};
	if (a->kind != EVENT_MX_ATTEMPT)
		x->recipient_domain = domain_id(w, domain_part(recipient));
	if (w->st->conf->recipients == RECIPIENTS_FULL && recipient.len)
		x->recipient_text = recipient;
	take_ip(x, a, h, &w->services[service]);
	seen_at(h, us);
	put_carried(w, g, l, a, us);
}

static void put(struct log_work *w, const struct log_piece *p, struct slots *s)
{
	struct store_log *l = p->log;

	for (uint32_t i = p->from; i < p->to; i++) {
		if (i < l->n_msgs)
			put_msg(w, l, s, &l->msgs[i]);
		else
			put_att(w, l, s, i - l->n_msgs);
	}
}

/* ---- all of it ---- */

struct log_work *log_gather(struct store *s, struct store_stage *st, struct log_piece *pieces,
			    size_t n)
{
	struct log_work *w = xcalloc(1, sizeof(*w));
	AUTO_FREE struct slots *slots = xcalloc(n, sizeof(*slots));

	*w = (struct log_work){.s = s, .st = st, .pieces = pieces, .n_pieces = n};
	w->arena = log_arena_new();
	for (size_t i = 0; i < sizeof(w->names) / sizeof(w->names[0]); i++)
		w->names[i] = log_table_new();
	w->queues = log_table_new();
	w->marks = log_table_new();
	w->join = join_new((enum join_recipients)st->conf->recipients);
	for (size_t i = 0; i < n; i++) {
		slots_begin(w, pieces[i].log, &slots[i]);
		count(w, &pieces[i], &slots[i]);
	}
	lay_out(w);
	for (size_t i = 0; i < n; i++) {
		put(w, &pieces[i], &slots[i]);
		free(slots[i].group);
	}
	return w;
}

void log_work_free(struct log_work *w)
{
	struct buf *bufs[] = {&w->deliveries, &w->attempts, &w->opens, &w->attempts_open, &w->gone,
			      &w->gone_days, &w->open_keys, &w->moved_from, &w->moved_line,
			      &w->moved_to, &w->moved_service, &w->moved_ips, &w->moved_days,
			      &w->orphans, &w->orphan_lines, &w->orphan_days, &w->known};

	for (size_t i = 0; i < sizeof(bufs) / sizeof(bufs[0]); i++)
		buf_free(bufs[i]);
	for (size_t i = 0; i < sizeof(w->names) / sizeof(w->names[0]); i++)
		log_table_free(w->names[i]);
	log_table_free(w->queues);
	log_table_free(w->marks);
	log_arena_free(w->arena);
	join_free(w->join);
	free(w->hosts);
	free(w->services);
	free(w->domains);
	free(w->peers);
	free(w->templates);
	free(w->gateways);
	free(w->groups);
	free(w->atts);
	free(w->from);
	free(w->msgs);
	free(w->loaded);
	free(w->evidence);
	free(w);
}
