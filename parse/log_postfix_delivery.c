/* Postfix: lines of one recipient, and of an MX host. Their fields stand in a fixed order. */
#include "parse/log_postfix.h"
#include "parse/log_scan.h"

/* The fields of "to=<r>, relay=h[ip]:25, delay=1.5, delays=.., dsn=2.0.0, status=sent (why)". */
struct fields {
	struct text to, relay, delay, dsn, status, reason;
	bool cut; /* the reason's end is not there */
};

/* "relay=" and the like: small letters, and = behind them. */
static bool take_key(struct text *t, struct text *ret)
{
	uint32_t n = 0;

	while (n < t->len && ((t->p[n] >= 'a' && t->p[n] <= 'z') || t->p[n] == '_'))
		n++;
	if (!n || n == t->len || t->p[n] != '=')
		return false;
	*ret = (struct text){t->p, n};
	scan_skip(t, n + 1);
	return true;
}

/* Up to ", " and the next key. */
static bool take_value(struct text *t, struct text *ret)
{
	const char *begin = t->p, *end = t->p + t->len, *p = begin;
	struct text key;

	while ((p = memchr(p, ',', (size_t)(end - p)))) {
		struct text next = scan_span(p, end), rest;

		rest = next;
		if (scan_words(&rest, ", ") && (next = rest, take_key(&next, &key))) {
			*ret = scan_span(begin, p);
			*t = rest;
			return true;
		}
		p++;
	}
	return false;
}

/* "sent (250 2.0.0 Ok)": all the rest of the line. */
static void take_status(struct text t, struct fields *f)
{
	f->status = scan_to(&t, ' ');
	f->cut = true;
	f->reason = text_of("");
	if (!scan_words(&t, " ("))
		return;
	f->cut = !t.len || t.p[t.len - 1] != ')';
	t.len -= !f->cut;
	f->reason = t;
}

static bool take_fields(struct text t, struct fields *f)
{
	struct text key, value;

	*f = (struct fields){0};
	scan_words(&t, "to=");
	if (!postfix_address(&t, &f->to))
		return false;
	if (scan_words(&t, "orig_to=") && !postfix_address(&t, &value))
		return false;
	while (take_key(&t, &key)) {
		if (scan_is(key, "status")) {
			take_status(t, f);
			return f->status.len > 0;
		}
		if (!take_value(&t, &value))
			return false;
		if (scan_is(key, "relay"))
			f->relay = value;
		else if (scan_is(key, "delay"))
			f->delay = value;
		else if (scan_is(key, "dsn"))
			f->dsn = value;
	}
	return false;
}

/* "163652", "0.03" in seconds. */
static int64_t delay_ms(struct text t)
{
	int64_t s, ms = 0, unit = 100;

	if (!scan_number(&t, &s) || s > LIMIT_TIME)
		return -1;
	if (scan_words(&t, "."))
		for (; t.len && *t.p >= '0' && *t.p <= '9'; scan_skip(&t, 1), unit /= 10)
			ms += (*t.p - '0') * unit;
	return s * 1000 + ms;
}

/* false: a probe's, or a word that is none. */
static bool outcome_of(struct text status, enum attempt_outcome *ret)
{
	if (scan_is(status, "sent"))
		*ret = ATTEMPT_ACCEPTED;
	else if (scan_is(status, "deferred") || scan_is(status, "SOFTBOUNCE"))
		*ret = ATTEMPT_DEFERRED; /* soft_bounce=yes keeps it in the queue */
	else if (scan_is(status, "bounced"))
		*ret = ATTEMPT_BOUNCED;
	else if (scan_is(status, "expired"))
		*ret = ATTEMPT_EXPIRED;
	else
		return false;
	return true;
}

/*
 * error(8) and the queue manager ask nobody: they pass on what is known already. What they defer
 * uses an earlier failure again, whether it says so or not; what they bounce is the queue's own end.
 */
static enum attempt_kind kind_of(const struct postfix_line *p, enum attempt_outcome outcome,
				 bool suspended)
{
	bool nobody = p->program != POSTFIX_CLIENT && p->program != POSTFIX_INNER;

	if (outcome == ATTEMPT_EXPIRED)
		return EVENT_QUEUE;
	if (outcome == ATTEMPT_DEFERRED && (suspended || nobody))
		return EVENT_QUEUE_SUSPENDED;
	if (outcome == ATTEMPT_BOUNCED && (suspended || nobody))
		return EVENT_QUEUE;
	return EVENT_ATTEMPT;
}

static struct log_attempt begin(struct log *l, const struct postfix_line *p)
{
	struct log_attempt a = scan_attempt(p->line->at);

	a.host = log_host(l, SYSTEM_POSTFIX, p->line->host);
	a.service = log_service(l, p->line->program);
	a.queue_id = p->queue_id;
	return a;
}

/* Who said it: the reason names it; else the relay is it. */
static void set_peer(struct log_attempt *a, const struct postfix_reason *r, struct text relay)
{
	a->peer_host = r->peer_host;
	a->peer_ip = r->peer_ip;
	if (!r->known && !r->peer_host.p && !r->peer_ip.family)
		postfix_peer(relay, &a->peer_host, &a->peer_ip);
}

static void set_reply(struct log *l, struct log_attempt *a, const struct postfix_reason *r,
		      bool cut, struct text dsn)
{
	if (!r->reply.len) {
		a->status = dsn.len ? dsn : TEXT_ABSENT;
		return;
	}
	log_reply(l, a, r->code, r->reply, cut);
	if (dsn.len && dsn.len <= 16 && !text_eq(dsn, log_reply_enhanced(l)))
		a->status = dsn;
}

enum log_verdict postfix_delivery(struct log *l, const struct postfix_line *p)
{
	struct fields f;

	if (!take_fields(p->text, &f))
		return log_complain(l, p->line->whole, "a delivery line without its status");

	struct log_attempt a = begin(l, p);

	if (scan_is(f.status, "deliverable") || scan_is(f.status, "undeliverable"))
		return LOG_SKIPPED; /* a probe of address verification */
	if (!outcome_of(f.status, &a.outcome))
		return log_complain(l, p->line->whole, "a delivery line with an unknown status");
	if (!f.to.len)
		return LOG_SKIPPED;
	struct postfix_reason r = postfix_reason(f.reason, f.cut);

	a.kind = kind_of(p, a.outcome, r.suspended);
	a.recipient = f.to;
	a.delay_ms = delay_ms(f.delay);
	a.stage = r.stage;
	if (a.outcome == ATTEMPT_ACCEPTED && r.code)
		a.stage = STAGE_END_OF_DATA;
	set_peer(&a, &r, f.relay);
	set_reply(l, &a, &r, f.cut, f.dsn);
	log_attempt(l, &a, p->line);
	return LOG_EVENT;
}

enum log_verdict postfix_mx_attempt(struct log *l, const struct postfix_line *p)
{
	struct postfix_reason r = postfix_reason(p->text, false);

	if (!r.known || r.suspended)
		return LOG_SKIPPED;
	struct log_attempt a = begin(l, p);

	a.kind = EVENT_MX_ATTEMPT;
	a.outcome = ATTEMPT_DEFERRED;
	a.stage = r.stage;
	set_peer(&a, &r, TEXT_ABSENT);
	set_reply(l, &a, &r, false, TEXT_ABSENT);
	log_attempt(l, &a, p->line);
	return LOG_EVENT;
}
