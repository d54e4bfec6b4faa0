/* The reading half of frame_log.h: nothing that a worker says is believed. */
#include "base/frame_log.h"
#include "base/frame_wire.h"

#define MICROSECONDS 1000000

static const char systems[] = {SYSTEM_POSTFIX, SYSTEM_EXIM, SYSTEM_SENDMAIL, SYSTEM_OPENSMTPD,
			       SYSTEM_POWERMTA, SYSTEM_KUMOMTA, '\0'};
static const char kinds[] = {EVENT_ATTEMPT, EVENT_MX_ATTEMPT, EVENT_QUEUE_SUSPENDED, EVENT_QUEUE,
			     EVENT_LATER_DSN, '\0'};
static const char outcomes[] = {ATTEMPT_ACCEPTED, ATTEMPT_DEFERRED, ATTEMPT_BOUNCED,
				ATTEMPT_EXPIRED, ATTEMPT_REMOVED, '\0'};
static const char stages[] = {STAGE_UNKNOWN, STAGE_CONNECT, STAGE_GREETING, STAGE_EHLO,
			      STAGE_STARTTLS, STAGE_MAIL, STAGE_RCPT, STAGE_DATA,
			      STAGE_END_OF_DATA, '\0'};
static const char events[] = {MESSAGE_ARRIVED, MESSAGE_ID, MESSAGE_SENDER, MESSAGE_HEADER_FROM,
			      MESSAGE_CAMPAIGN, MESSAGE_REMOVED, MESSAGE_REMOVED_BY_ADMIN,
			      MESSAGE_EXPIRED, '\0'};

static bool get_flag(struct cursor *c)
{
	uint8_t v = get_u8(c);

	if (v > 1)
		c->bad = true;
	return v;
}

/* absent_ok: TIME_ABSENT may stand there. */
static struct log_time get_log_time(struct cursor *c, bool absent_ok)
{
	struct log_time t = {.us = (int64_t)get_u64(c)};

	t.local = get_flag(c);
	if (t.us == TIME_ABSENT ? !absent_ok
				: t.us < 0 || t.us > LIMIT_TIME * MICROSECONDS)
		c->bad = true;
	return t;
}

static struct ip get_ip(struct cursor *c)
{
	struct ip ip = {.family = get_u8(c)};

	if (ip.family == 4)
		memcpy(ip.bytes, get(c, 4), 4);
	else if (ip.family == 6)
		memcpy(ip.bytes, get(c, 16), 16);
	else if (ip.family)
		c->bad = true;
	return ip;
}

static void set_bit(uint64_t *bits, uint16_t i)
{
	bits[i / 64] |= 1ULL << i % 64;
}

static bool has_bit(const uint64_t *bits, uint16_t i)
{
	return bits[i / 64] >> i % 64 & 1;
}

/* A slot that is used: it has to be set. */
static uint16_t get_slot(struct cursor *c, const uint64_t *bits, uint16_t most)
{
	uint16_t slot = get_u16(c);

	if (slot >= most || !has_bit(bits, slot)) {
		c->bad = true;
		return 0;
	}
	return slot;
}

static int take_host(struct log_check *c, const struct frame_handler *h, struct cursor *cur,
		     struct err *e)
{
	uint16_t slot = get_u16(cur);
	enum log_system system = (enum log_system)get_code(cur, systems);
	struct text name = get_text(cur, LIMIT_LOG_TEXT);

	if (cur->bad || slot >= LIMIT_LOG_HOSTS || !text_present(name))
		return broken(e, "a host of a log that is none");
	set_bit(c->hosts, slot);
	return h->log_host(h->ctx, slot, system, name, e);
}

static int take_service(struct log_check *c, const struct frame_handler *h, struct cursor *cur,
			struct err *e)
{
	uint16_t slot = get_u16(cur);
	struct text name = get_text(cur, LIMIT_LOG_TEXT);

	if (cur->bad || slot >= LIMIT_LOG_HOSTS || !text_present(name))
		return broken(e, "a service of a log that is none");
	set_bit(c->services, slot);
	return h->log_service(h->ctx, slot, name, e);
}

static int take_reply(struct log_check *c, const struct frame_handler *h, struct cursor *cur,
		      struct err *e)
{
	uint16_t slot = get_u16(cur);
	struct log_reply r = {.smtp_code = get_u16(cur)};

	r.truncated = get_flag(cur);
	r.enhanced = get_text(cur, 16);
	r.pattern = get_text(cur, LIMIT_LOG_REPLY);
	if (cur->bad || slot >= LIMIT_LOG_REPLIES || !text_present(r.pattern) ||
	    (r.smtp_code && (r.smtp_code < 200 || r.smtp_code > 599)))
		return broken(e, "a reply in a log that is none");
	set_bit(c->replies, slot);
	return h->log_reply(h->ctx, slot, &r, e);
}

static int take_message(struct log_check *c, const struct frame_handler *h, struct cursor *cur,
			struct err *e)
{
	struct log_message m = {.event = (enum message_event)get_code(cur, events)};

	m.host = get_slot(cur, c->hosts, LIMIT_LOG_HOSTS);
	m.service = get_slot(cur, c->services, LIMIT_LOG_HOSTS);
	m.at = get_log_time(cur, false);
	m.size = (int64_t)get_u64(cur);
	m.queue_id = get_text(cur, LIMIT_LOG_TEXT);
	m.value = get_text(cur, LIMIT_LOG_TEXT);
	if (cur->bad || !m.queue_id.len || m.size < -1)
		return broken(e, "a message of a log that is none");
	c->pieces++;
	return h->log_message(h->ctx, &m, e);
}

/* Who has no recipient, and what may become of each kind of event. */
static bool attempt_ok(const struct log_attempt *a)
{
	if ((a->kind == EVENT_MX_ATTEMPT) == (a->recipient.len > 0) || !a->queue_id.len)
		return false;
	switch (a->kind) {
	case EVENT_ATTEMPT:
		return a->outcome == ATTEMPT_ACCEPTED || a->outcome == ATTEMPT_DEFERRED ||
		       a->outcome == ATTEMPT_BOUNCED;
	case EVENT_MX_ATTEMPT:
	case EVENT_QUEUE_SUSPENDED:
		return a->outcome == ATTEMPT_DEFERRED;
	case EVENT_QUEUE:
		return a->outcome != ATTEMPT_ACCEPTED && a->outcome != ATTEMPT_DEFERRED;
	case EVENT_LATER_DSN:
		return a->outcome == ATTEMPT_BOUNCED;
	}
	return false;
}

static int take_attempt(struct log_check *c, const struct frame_handler *h, struct cursor *cur,
			struct err *e)
{
	struct log_attempt a = {.kind = (enum attempt_kind)get_code(cur, kinds)};

	a.outcome = (enum attempt_outcome)get_code(cur, outcomes);
	a.stage = (enum smtp_stage)get_code(cur, stages);
	a.host = get_slot(cur, c->hosts, LIMIT_LOG_HOSTS);
	a.service = get_slot(cur, c->services, LIMIT_LOG_HOSTS);
	a.reply = get_u16(cur);
	if (a.reply != LOG_NO_SLOT &&
	    (a.reply >= LIMIT_LOG_REPLIES || !has_bit(c->replies, a.reply)))
		cur->bad = true;
	a.at = get_log_time(cur, false);
	a.line_key = get_u64(cur);
	a.delay_ms = (int64_t)get_u64(cur);
	a.attempts_reported = (int32_t)get_u32(cur);
	a.arrived_at = get_log_time(cur, true);
	a.peer_ip = get_ip(cur);
	a.source_ip = get_ip(cur);
	a.reply_ip = get_ip(cur);

	struct text *const texts[] = {&a.queue_id, &a.recipient, &a.peer_host, &a.status,
				      &a.reply_values, &a.message_id, &a.envelope_from,
				      &a.header_from, &a.campaign};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		*texts[i] = get_text(cur, texts[i] == &a.reply_values ? LIMIT_LOG_REPLY
								       : LIMIT_LOG_TEXT);
	if (cur->bad || a.delay_ms < -1 || a.delay_ms > LIMIT_TIME * 1000 ||
	    a.attempts_reported < -1 || a.status.len > 16 || !attempt_ok(&a))
		return broken(e, "an attempt of a log that is none");
	c->pieces++;
	return h->log_attempt(h->ctx, &a, e);
}

static int take_unreadable(struct log_check *c, const struct frame_handler *h,
			   struct cursor *cur, struct err *e)
{
	struct log_unreadable u = {.lines = get_u64(cur)};

	u.reason = get_text(cur, LIMIT_LOG_SAMPLE);
	u.sample = get_text(cur, 4 * LIMIT_LOG_SAMPLE);
	if (cur->bad || !u.lines || u.lines > INT64_MAX - c->unreadable || !u.reason.len ||
	    ++c->reasons > LIMIT_LOG_REASONS)
		return broken(e, "an unreadable line that is none");
	c->unreadable += u.lines;
	return h->log_unreadable(h->ctx, &u, e);
}

int frame_log_check(struct log_check *c, const struct frame_handler *h, struct cursor *cur,
		    struct err *e)
{
	int rc = 0;

	while (rc == 0 && cur->p < cur->end) {
		switch (get_u8(cur)) {
		case 'a':
			rc = take_attempt(c, h, cur, e);
			break;
		case 'm':
			rc = take_message(c, h, cur, e);
			break;
		case 'p':
			rc = take_reply(c, h, cur, e);
			break;
		case 'h':
			rc = take_host(c, h, cur, e);
			break;
		case 'v':
			rc = take_service(c, h, cur, e);
			break;
		case 'u':
			rc = take_unreadable(c, h, cur, e);
			break;
		default:
			rc = broken(e, "an unknown piece in LOG");
		}
	}
	if (rc == 0 && c->pieces > 4ULL * LIMIT_LOG_PART_EVENTS)
		return broken(e, "a part of a log without an end");
	return rc;
}

int frame_log_check_part(struct log_check *c, const struct frame_handler *h, struct cursor *cur,
			 bool *ret_last, struct err *e)
{
	struct log_sums s = {.bytes = get_u64(cur)};

	s.lines = get_u64(cur);
	s.events = get_u64(cur);
	s.skipped = get_u64(cur);
	s.unreadable = get_u64(cur);
	s.last = get_flag(cur);
	if (cur->bad || cur->p != cur->end || s.lines > s.bytes || s.events > s.lines ||
	    s.skipped > s.lines - s.events ||
	    s.unreadable != s.lines - s.events - s.skipped || s.unreadable != c->unreadable)
		return broken(e, "sums of a log that do not fit its lines");
	memset(c, 0, sizeof(*c));
	*ret_last = s.last;
	return h->log_part(h->ctx, &s, e);
}
