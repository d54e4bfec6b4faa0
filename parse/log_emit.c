/* What readers of logs say, to pieces of LOG frames; and where a part ends. */
#include "parse/log_held.h"
#include "parse/log_inner.h"
#include "base/frame_log.h"
#include "base/reply.h"

#include <string.h>

#define KEEP 16 /* slots that the next line may need: it can't be told in two parts */

uint64_t log_hash(uint64_t seed, const void *data, size_t len)
{
	const uint8_t *p = data;
	uint64_t h = seed ^ len * 0x9e3779b97f4a7c15U, w[2];

	for (; len > 16; p += 16, len -= 16) {
		memcpy(w, p, 16);
		h = log_fold(h ^ w[0], w[1] ^ 0xe7037ed1a0b428dbU);
	}
	memset(w, 0, sizeof(w));
	if (len)
		memcpy(w, p, len);
	return log_fold(log_fold(h ^ w[0], w[1] ^ 0x8ebc6af09c88c6e3U) ^ 0xa0761d6478bd642fU,
			h ^ 0x589965cc75374cc3U);
}

/* How many bytes of UTF-8 stand at p; 0: none, or U+0000. */
static size_t sequence(const char *p, size_t left)
{
	for (size_t n = 1; n <= 4 && n <= left; n++)
		if (text_utf8_ok(p, n))
			return n;
	return 0;
}

/* A run of bytes that are no UTF-8 becomes one U+FFFD. */
static uint32_t mend(char *to, uint32_t room, struct text t)
{
	static const char replacement[] = "\xef\xbf\xbd";
	uint32_t n = 0;
	bool bad = false;

	for (uint32_t i = 0; i < t.len;) {
		size_t good = sequence(t.p + i, t.len - i), some = good ? good : 3;

		if ((good || !bad) && n + some > room)
			break;
		if (good || !bad) {
			memcpy(to + n, good ? t.p + i : replacement, some);
			n += (uint32_t)some;
		}
		bad = !good;
		i += good ? (uint32_t)good : 1;
	}
	return n;
}

struct text log_clean(struct log *l, struct text t, uint32_t most)
{
	if (!t.p)
		return t;
	if (t.len <= most && text_utf8_ok(t.p, t.len))
		return t;
	if (most > sizeof(l->scratch) - l->scratched)
		most = (uint32_t)(sizeof(l->scratch) - l->scratched);

	char *to = l->scratch + l->scratched;
	uint32_t n = mend(to, most, t);

	l->scratched += n;
	return (struct text){to, n};
}

/* ---- slots ---- */

static void forget(struct log_slots *s)
{
	s->used = 0;
	if (++s->when == 0) {
		memset(s->at, 0, sizeof(s->at));
		s->when = 1;
	}
}

/* True: *ret_slot has it already; false: it is to be told with that slot. */
static bool find_slot(struct log_slots *s, uint64_t hash, uint16_t *ret_slot)
{
	struct log_slot *a;

	for (size_t i = hash;; i++) {
		a = &s->at[i % LOG_SLOT_TABLE];
		if (a->when != s->when)
			break;
		if (a->hash == hash) {
			*ret_slot = a->slot;
			return true;
		}
	}
	*ret_slot = s->used++;
	*a = (struct log_slot){hash, *ret_slot, s->when};
	return false;
}

/* The slot that stands in for those beyond the last one. A line has few, and KEEP are kept for it. */
static uint16_t slot_of_name(struct log *l, struct log_slots *s, uint64_t hash, struct text *name,
			     bool *ret_new)
{
	uint16_t slot = 0;

	*ret_new = s->used < LIMIT_LOG_HOSTS && !find_slot(s, hash, &slot);
	if (!*ret_new)
		return slot;
	l->scratched = 0;
	*name = log_clean(l, name->p ? *name : text_of(""), LIMIT_LOG_TEXT);
	return slot;
}

uint16_t log_host(struct log *l, enum log_system system, struct text name)
{
	bool new;
	uint16_t slot = slot_of_name(l, &l->hosts, log_hash(l->key[0] + system, name.p, name.len),
				     &name, &new);

	if (new)
		frame_put_log_host(emit_log_room(l->emit, 64 + name.len), slot, system, name);
	return slot;
}

uint16_t log_service(struct log *l, struct text name)
{
	bool new;
	uint16_t slot = slot_of_name(l, &l->services, log_hash(l->key[1], name.p, name.len),
				     &name, &new);

	if (new)
		frame_put_log_service(emit_log_room(l->emit, 64 + name.len), slot, name);
	return slot;
}

/* ---- replies ---- */

/* rsyslog writes a control character as # and its octal number: a line break within a reply. */
static struct text unescape(struct log *l, struct text t)
{
	const char *p = t.p, *end = t.p + t.len, *hash;

	if (!memmem(p, t.len, "#01", 3))
		return t;
	l->text.len = 0;
	while ((hash = memmem(p, (size_t)(end - p), "#01", 3)) && end - hash >= 4) {
		bool escape = hash[3] == '1' || hash[3] == '2' || hash[3] == '5';

		buf_add(&l->text, p, (size_t)(hash - p) + (escape ? 0 : 1));
		if (escape)
			buf_addc(&l->text, ' ');
		p = hash + (escape ? 4 : 1);
	}
	buf_add(&l->text, p, (size_t)(end - p));
	return (struct text){l->text.p, (uint32_t)l->text.len};
}

static struct text of_buf(const struct buf *b)
{
	return (struct text){b->len ? b->p : "", (uint32_t)b->len};
}

static void keep_enhanced(struct log *l, struct text enhanced)
{
	l->enhanced = TEXT_ABSENT;
	if (!enhanced.p || enhanced.len > sizeof(l->said))
		return;
	memcpy(l->said, enhanced.p, enhanced.len);
	l->enhanced = (struct text){l->said, enhanced.len};
}

static uint16_t reply_slot(struct log *l, const struct log_reply *r)
{
	uint64_t h = log_hash(l->key[1] + r->smtp_code + (r->truncated ? 1000 : 0),
			      r->pattern.p, r->pattern.len);
	uint16_t slot;

	if (r->enhanced.p)
		h = log_hash(h, r->enhanced.p, r->enhanced.len);
	if (l->replies.used == LIMIT_LOG_REPLIES)
		return LOG_NO_SLOT;
	if (!find_slot(&l->replies, h, &slot))
		frame_put_log_reply(emit_log_room(l->emit, 64 + r->pattern.len), slot, r);
	return slot;
}

void log_reply(struct log *l, struct log_attempt *a, uint16_t code, struct text reply,
	       bool truncated)
{
	struct reply said = {0};

	l->scratched = 0;
	reply = log_clean(l, unescape(l, text_trim(reply)), LIMIT_LOG_REPLY);
	l->pattern.len = l->values.len = 0;
	reply_generalise(reply, a->recipient, &l->pattern, &l->values, &said);
	keep_enhanced(l, said.enhanced);

	struct log_reply r = {.smtp_code = code >= 200 && code <= 599 ? code : 0,
			      .truncated = truncated, .enhanced = l->enhanced,
			      .pattern = of_buf(&l->pattern)};

	a->reply = reply_slot(l, &r);
	a->reply_values = l->values.len ? of_buf(&l->values) : TEXT_ABSENT;
	a->reply_ip = said.reply_ip;
}

struct text log_reply_enhanced(const struct log *l)
{
	return l->enhanced;
}

/* ---- events ---- */

void log_message(struct log *l, const struct log_message *m)
{
	struct log_message clean = *m;

	if (!m->queue_id.len || m->at.us < 0 || m->at.us > LIMIT_TIME * 1000000)
		return;
	l->scratched = 0;
	clean.queue_id = log_clean(l, m->queue_id, LIMIT_LOG_TEXT);
	clean.value = log_clean(l, m->value, LIMIT_LOG_TEXT);
	frame_put_log_message(emit_log_room(l->emit,
					    64 + clean.queue_id.len + clean.value.len), &clean);
	l->pieces++;
}

static uint64_t key_of_text(const struct mail_line *line)
{
	uint64_t h = log_hash(1, line->text.p, line->text.len);

	h = log_hash(h, line->host.p, line->host.len);
	h = log_hash(h, line->program.p, line->program.len);
	return log_hash(h, line->pid.p, line->pid.len);
}

/* The next equal line of the same second gets another key, as far from it in every zone. */
static uint64_t key_of_line(struct log *l, const struct mail_line *line)
{
	uint64_t key = key_of_text(line) + LOG_KEY_SECOND * (uint64_t)(line->at.us / 1000000);

	while (l->keys[key % LOG_KEYS] == key)
		key += 0xe7037ed1a0b428dbU;
	l->keys[key % LOG_KEYS] = key;
	return key;
}

/* Peers are told in lower case, without the root's dot. */
static struct text clean_host(struct log *l, struct text t)
{
	if (t.len && t.p[t.len - 1] == '.')
		t.len--;
	for (uint32_t i = 0; i < t.len; i++) {
		if (t.p[i] < 'A' || t.p[i] > 'Z')
			continue;
		char *to = l->scratch + l->scratched;
		uint32_t n = t.len < LIMIT_LOG_TEXT ? t.len : LIMIT_LOG_TEXT;

		if (sizeof(l->scratch) - l->scratched < n)
			break;
		for (i = 0; i < n; i++)
			to[i] = (char)(t.p[i] >= 'A' && t.p[i] <= 'Z' ? t.p[i] + 32 : t.p[i]);
		l->scratched += n;
		return (struct text){to, n};
	}
	return t;
}

/*
 * What a kind can't come to is said so that it can: a log shall not be lost for a line whose fields
 * contradict each other.
 */
static void settle(struct log_attempt *c)
{
	bool ended = c->outcome == ATTEMPT_EXPIRED || c->outcome == ATTEMPT_REMOVED;

	if (c->kind == EVENT_MX_ATTEMPT) {
		c->recipient = TEXT_ABSENT;
		c->outcome = ATTEMPT_DEFERRED;
	} else if (c->kind == EVENT_LATER_DSN) {
		c->outcome = ATTEMPT_BOUNCED;
	} else if (ended) {
		c->kind = EVENT_QUEUE;
	} else if (c->kind == EVENT_QUEUE_SUSPENDED && c->outcome != ATTEMPT_DEFERRED) {
		c->kind = c->outcome == ATTEMPT_BOUNCED ? EVENT_QUEUE : EVENT_ATTEMPT;
	} else if (c->kind == EVENT_QUEUE && c->outcome != ATTEMPT_BOUNCED) {
		c->kind = c->outcome == ATTEMPT_DEFERRED ? EVENT_QUEUE_SUSPENDED : EVENT_ATTEMPT;
	}
	if (c->delay_ms < -1 || c->delay_ms > LIMIT_TIME * 1000)
		c->delay_ms = -1;
	if (c->attempts_reported < -1)
		c->attempts_reported = -1;
	if (c->arrived_at.us < 0 || c->arrived_at.us > LIMIT_TIME * 1000000)
		c->arrived_at.us = TIME_ABSENT;
}

void log_attempt(struct log *l, struct log_attempt *a, const struct mail_line *line)
{
	struct log_attempt c = *a;
	struct text *const texts[] = {&c.queue_id, &c.recipient, &c.peer_host, &c.message_id,
				      &c.envelope_from, &c.header_from, &c.campaign};
	size_t size = 256 + a->reply_values.len;

	settle(&c);
	if (!a->queue_id.len || a->at.us < 0 || a->at.us > LIMIT_TIME * 1000000 ||
	    (!c.recipient.len && c.kind != EVENT_MX_ATTEMPT))
		return;
	a->line_key = c.line_key = key_of_line(l, line);
	l->scratched = 0;
	c.peer_host = clean_host(l, c.peer_host);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		*texts[i] = log_clean(l, *texts[i], LIMIT_LOG_TEXT);
		size += texts[i]->len;
	}
	c.status = log_clean(l, c.status, 16);
	frame_put_log_attempt(emit_log_room(l->emit, size), &c);
	l->pieces++;
}

enum log_verdict log_complain(struct log *l, struct text line, const char *why)
{
	l->complaint = why;
	l->complained = line;
	return LOG_UNREADABLE;
}

/* ---- parts ---- */

static struct log_reason *reason_of(struct log *l, const char *why)
{
	for (uint32_t i = 0; i < l->n_reasons; i++)
		if (strcmp(l->reasons[i].why, why) == 0)
			return &l->reasons[i];
	if (l->n_reasons == LIMIT_LOG_REASONS)
		return &l->reasons[LIMIT_LOG_REASONS - 1];
	l->reasons[l->n_reasons] = (struct log_reason){.why = why};
	return &l->reasons[l->n_reasons++];
}

static void count_unreadable(struct log *l, struct text line)
{
	struct log_reason *r = reason_of(l, l->complaint ? l->complaint
							 : "a line that can't be read");
	struct text sample = text_trim(l->complaint ? l->complained : line);

	l->sums.unreadable++;
	if (!r->lines++) {
		l->scratched = 0;
		sample = log_clean(l, sample, LIMIT_LOG_SAMPLE);
		memcpy(r->sample, sample.p, sample.len);
		r->len = sample.len;
	}
	l->complaint = NULL;
}

void log_count(struct log *l, enum log_verdict v, struct text line, size_t bytes)
{
	l->sums.lines++;
	l->sums.bytes += bytes;
	if (v == LOG_EVENT)
		l->sums.events++;
	else if (v == LOG_UNREADABLE)
		count_unreadable(l, line);
	else
		l->sums.skipped++;
	if (l->pieces >= LIMIT_LOG_PART_EVENTS || l->sums.bytes >= LIMIT_LOG_PART_BYTES ||
	    l->hosts.used > LIMIT_LOG_HOSTS - KEEP || l->services.used > LIMIT_LOG_HOSTS - KEEP ||
	    l->replies.used > LIMIT_LOG_REPLIES - KEEP - LOG_HELD_LINES)
		log_end_part(l, false);
}

static void begin_part(struct log *l)
{
	forget(&l->hosts);
	forget(&l->services);
	forget(&l->replies);
	l->sums = (struct log_sums){0};
	l->pieces = l->n_reasons = 0;
}

void log_begin(struct log *l, uint32_t entry)
{
	begin_part(l);
	memset(l->keys, 0, sizeof(l->keys));
	emit_log_head(l->emit, entry);
}

struct log_held *log_held_of(struct log *l)
{
	return l->held;
}

void log_end_part(struct log *l, bool last)
{
	log_held_end(l);
	for (uint32_t i = 0; i < l->n_reasons; i++) {
		const struct log_reason *r = &l->reasons[i];
		struct log_unreadable u = {r->lines, text_of(r->why), {r->sample, r->len}};

		frame_put_log_unreadable(emit_log_room(l->emit, 64 + u.reason.len + u.sample.len),
					 &u);
	}
	l->sums.last = last;
	emit_log_part(l->emit, &l->sums);
	begin_part(l);
}
