/*
 * OpenSMTPD, since 6.0 (mta.c, mda.c, queue.c, smtp_session.c). A message is known by the 32 bits
 * msgid, which are the front of each recipient's evpid. No line says that the queue is done with a
 * message: it is when all its recipients are final. A run tries one route after the other, and one
 * line is the outcome of the run, with its last reply.
 */
#include "parse/log.h"
#include "parse/log_scan.h"

#define MSGID 8
#define EVPID 16

/* n lower-case hex digits at the front, stepped over. */
static bool hex(struct text *t, uint32_t n, struct text *ret)
{
	if (t->len < n)
		return false;
	for (uint32_t i = 0; i < n; i++)
		if (!((t->p[i] >= '0' && t->p[i] <= '9') || (t->p[i] >= 'a' && t->p[i] <= 'f')))
			return false;
	*ret = (struct text){t->p, n};
	scan_skip(t, n);
	return true;
}

static struct text msgid_of(struct text evpid)
{
	return (struct text){evpid.p, MSGID};
}

static void message(struct log *l, const struct mail_line *line, struct text msgid,
		    enum message_event event, struct text value, int64_t size)
{
	struct log_message m = {.event = event, .at = line->at, .queue_id = msgid, .value = value,
				.size = size, .host = log_host(l, SYSTEM_OPENSMTPD, line->host),
				.service = log_service(l, line->program)};

	log_message(l, &m);
}

/* "smtp message msgid=c405e39a size=303 nrcpt=1 proto=ESMTP" */
static enum log_verdict arrival(struct log *l, const struct mail_line *line, struct text t)
{
	struct text msgid;
	int64_t size;

	if (!hex(&t, MSGID, &msgid) || !scan_words(&t, " size=") || !scan_number(&t, &size))
		return log_complain(l, line->whole, "an arrival of OpenSMTPD without a size");
	message(l, line, msgid, MESSAGE_ARRIVED, text_of(""), size);
	return LOG_EVENT;
}

/* "smtp envelope evpid=c405e39ad6bbc64f from=<..> to=<..>" */
static enum log_verdict envelope(struct log *l, const struct mail_line *line, struct text t)
{
	struct text evpid, from;

	if (!hex(&t, EVPID, &evpid) || !scan_words(&t, " from=") || !scan_bracketed(&t, &from))
		return log_complain(l, line->whole, "an envelope of OpenSMTPD without a sender");
	message(l, line, msgid_of(evpid), MESSAGE_SENDER, from, -1);
	return LOG_EVENT;
}

/* A value up to the blank, or within quotes up to the quote. */
static struct text value_of(struct text *t)
{
	struct text value;

	if (!scan_words(t, "\""))
		return scan_to(t, ' ');
	value = scan_to(t, '"');
	scan_words(t, "\"");
	return value;
}

/* "203.0.113.5 (mx.example.net)"; of a domain that was not even connected to: its name. */
static void peer_of(struct text relay, struct log_attempt *a)
{
	struct text ip = scan_to(&relay, ' ');

	if (scan_words(&ip, "[IPv6:"))
		ip = scan_to(&ip, ']');
	if (!scan_ip_port(ip, &a->peer_ip))
		return;
	if (!scan_words(&relay, " (") || !relay.len)
		return;
	relay.len -= relay.p[relay.len - 1] == ')';
	if (!scan_is(relay, "<unknown>"))
		a->peer_host = scan_host(relay);
}

/* What is behind to=<..>, up to the reply, which ends the line: the rest is a stranger's. */
static bool fields(struct text *t, struct log_attempt *a, struct text *ret_result)
{
	while (scan_words(t, " ") && !scan_begins(*t, "stat=")) {
		struct text key = scan_to(t, '=');

		if (!scan_words(t, "="))
			return false;
		if (scan_is(key, "rcpt")) {
			struct text original;

			if (!scan_bracketed(t, &original))
				return false;
			continue;
		}
		struct text value = value_of(t);

		if (scan_is(key, "source"))
			scan_ip_port(value, &a->source_ip);
		else if (scan_is(key, "relay"))
			peer_of(value, a);
		else if (scan_is(key, "delay"))
			a->delay_ms = scan_duration(value);
		else if (scan_is(key, "result"))
			*ret_result = value;
	}
	return scan_words(t, "stat=");
}

static bool outcome_of(struct text result, struct log_attempt *a)
{
	if (scan_is(result, "Ok"))
		a->outcome = ATTEMPT_ACCEPTED;
	else if (scan_is(result, "TempFail"))
		a->outcome = ATTEMPT_DEFERRED;
	else if (scan_is(result, "PermFail"))
		a->outcome = ATTEMPT_BOUNCED;
	else
		return false;
	return true;
}

static void say(struct log *l, struct log_attempt *a, struct text stat)
{
	uint16_t code;

	if (scan_words(&stat, "\"") && stat.len && stat.p[stat.len - 1] == '"')
		stat.len--;
	code = scan_code(stat);
	if (!code && a->outcome == ATTEMPT_DEFERRED && !a->peer_ip.family)
		a->stage = STAGE_CONNECT;
	else if (code && a->outcome == ATTEMPT_ACCEPTED)
		a->stage = STAGE_END_OF_DATA;
	if (stat.len)
		log_reply(l, a, code, stat, false);
}

static struct log_attempt attempt_of(struct log *l, const struct mail_line *line,
				     struct text evpid)
{
	struct log_attempt a = scan_attempt(line->at);

	a.host = log_host(l, SYSTEM_OPENSMTPD, line->host);
	a.service = log_service(l, line->program);
	a.queue_id = msgid_of(evpid);
	return a;
}

/* "evpid=.. from=<..> to=<..> rcpt=<..> source=".." relay=".." delay=1s result="Ok" stat="250 .."" */
static enum log_verdict delivery(struct log *l, const struct mail_line *line, struct text t)
{
	struct text evpid, result = TEXT_ABSENT;

	if (!hex(&t, EVPID, &evpid))
		return log_complain(l, line->whole, "a delivery of OpenSMTPD without an evpid");

	struct log_attempt a = attempt_of(l, line, evpid);

	if (!scan_words(&t, " from=") || !scan_bracketed(&t, &a.envelope_from) ||
	    !scan_words(&t, " to=") || !scan_bracketed(&t, &a.recipient) || !a.recipient.len)
		return log_complain(l, line->whole, "a delivery of OpenSMTPD without a recipient");
	if (!fields(&t, &a, &result) || !outcome_of(result, &a))
		return log_complain(l, line->whole, "a delivery of OpenSMTPD without its result");
	say(l, &a, t);
	log_attempt(l, &a, line);
	return LOG_EVENT;
}

/* "relay: Expire for EVPID: from=<..>, to=<..>, rcpt=<..>, delay=4d, stat=Envelope expired" */
static enum log_verdict queue_end(struct log *l, const struct mail_line *line, struct text t)
{
	struct text evpid;
	bool expired = scan_words(&t, "Expire for ");

	if (!expired && !scan_words(&t, "Remove for "))
		return LOG_SKIPPED;
	if (!hex(&t, EVPID, &evpid))
		return log_complain(l, line->whole, "an end of OpenSMTPD's queue without an evpid");

	struct log_attempt a = attempt_of(l, line, evpid);

	a.kind = EVENT_QUEUE;
	a.outcome = expired ? ATTEMPT_EXPIRED : ATTEMPT_REMOVED;
	/* the null sender is written "<@>" here */
	if (!scan_words(&t, ": from=") || !scan_bracketed(&t, &a.envelope_from) ||
	    !scan_words(&t, ", to=") || !scan_bracketed(&t, &a.recipient) || !a.recipient.len)
		return log_complain(l, line->whole, "an end of OpenSMTPD's queue without a recipient");
	if (scan_is(a.envelope_from, "@"))
		a.envelope_from = text_of("");
	const char *delay = scan_find(t, ", delay=");

	if (delay) {
		scan_skip(&t, (size_t)(delay - t.p) + strlen(", delay="));
		a.delay_ms = scan_duration(scan_to(&t, ','));
	}
	if (scan_words(&t, ", stat=") && t.len)
		log_reply(l, &a, 0, t, false);
	log_attempt(l, &a, line);
	return LOG_EVENT;
}

enum log_verdict log_opensmtpd(struct log *l, const struct mail_line *line)
{
	struct text t = line->text, session;

	if (!scan_is(line->program, "smtpd") && !scan_is(line->program, "opensmtpd"))
		return LOG_NOT_MINE;
	if (scan_words(&t, "relay: ") || scan_words(&t, "delivery: "))
		return queue_end(l, line, t);
	if (!hex(&t, EVPID, &session) || !scan_words(&t, " "))
		return LOG_SKIPPED;
	if (scan_words(&t, "mta delivery evpid=") || scan_words(&t, "mda delivery evpid=") ||
	    scan_words(&t, "mta event=delivery evpid=") || scan_words(&t, "mda event=delivery evpid="))
		return delivery(l, line, t);
	if (scan_words(&t, "smtp message msgid=") || scan_words(&t, "smtp event=message msgid="))
		return arrival(l, line, t);
	if (scan_words(&t, "smtp envelope evpid=") || scan_words(&t, "smtp event=envelope evpid="))
		return envelope(l, line, t);
	return LOG_SKIPPED;
}
