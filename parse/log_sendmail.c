/*
 * Sendmail. "from=" is a message's arrival, each "to=" a try. No line says that the queue is done
 * with a message (but "done;" at a high LogLevel): it is when all its recipients are final.
 *
 * A run that tries several MX hosts writes a line for each that answered with a temporary failure.
 * Lines of one run have the same pri=, which rises from run to run; so a deferral is held, and is an
 * MX host more if another line of that run and recipient follows (definitions C1).
 *
 * Of a reply, its first line is kept, and no more than some 200 bytes with its middle cut out.
 */
#include "parse/log_held.h"
#include "parse/log_scan.h"

#define STAT_BYTES 200 /* a status so long has lost its middle */

struct sent {
	struct text id, list;  /* of recipients, as written */
	struct text mailer, relay, status, reply, stat, run;
	int64_t delay_ms, xdelay_ms;
	bool has_stat;
};

/* "00:08:18", "1+05:19:58" */
static int64_t delay_of(struct text t)
{
	int64_t days = 0, n, s = 0;
	const char *plus = scan_find(t, "+");

	if (plus && (!scan_number(&t, &days) || !scan_words(&t, "+") || days > 100000))
		return -1;
	for (int i = 0; i < 3; i++) {
		if ((i && !scan_words(&t, ":")) || !scan_number(&t, &n) || n > 1000000)
			return -1;
		s = s * 60 + n;
	}
	return t.len ? -1 : (days * 86400 + s) * 1000;
}

/* One recipient of a list, its brackets taken off. False: the list ends. */
static bool next_recipient(struct text *list, struct text *ret)
{
	struct text rest = *list;

	scan_words(&rest, ",");
	if (!rest.len || rest.p[0] == ' ')
		return false;
	if (!scan_bracketed(&rest, ret))
		*ret = scan_address(&rest, ", ");
	*list = rest;
	return ret->len > 0;
}

static struct text list_of(struct text *t)
{
	struct text list = *t, one;

	while (next_recipient(t, &one))
		;
	list.len = (uint32_t)(t->p - list.p);
	scan_words(t, ", [more]"); /* the next line has the rest of them */
	return list;
}

static void keep(struct sent *s, struct text key, struct text value)
{
	if (scan_is(key, "delay"))
		s->delay_ms = delay_of(value);
	else if (scan_is(key, "xdelay"))
		s->xdelay_ms = delay_of(value);
	else if (scan_is(key, "mailer"))
		s->mailer = value;
	else if (scan_is(key, "pri"))
		s->run = value;
	else if (scan_is(key, "relay"))
		s->relay = value;
	else if (scan_is(key, "dsn"))
		s->status = value;
	else if (scan_is(key, "reply"))
		s->reply = value;
}

/* A value is without ", "; but who asked for it may have a quoted address, and a reply is anything:
 * what comes of the try stands in front of it, in dsn=. */
static struct text value_of(struct text key, struct text *t)
{
	struct text value = *t;
	const char *end;

	if (scan_is(key, "ctladdr")) {
		struct text address;

		if (!scan_bracketed(t, &address))
			scan_address(t, ",");
	}
	end = scan_find(*t, scan_is(key, "reply") ? ", stat=" : ", ");
	scan_skip(t, end ? (size_t)(end - t->p) : t->len);
	value.len = (uint32_t)(t->p - value.p);
	return value;
}

/* "to=<a>,<b>, ctladdr=.., delay=.., xdelay=.., mailer=.., pri=.., relay=.., dsn=.., stat=.." */
static void read_sent(struct text t, struct sent *s)
{
	s->delay_ms = s->xdelay_ms = -1;
	s->list = list_of(&t);
	while (scan_words(&t, ", ")) {
		struct text key = scan_to(&t, '=');

		if (!scan_words(&t, "="))
			return;
		if (scan_is(key, "stat")) {
			s->stat = t;
			s->has_stat = true;
			return;
		}
		keep(s, key, value_of(key, &t));
	}
}

/* By dsn=, which no stranger wrote; else by the words of stat=. */
static enum attempt_outcome outcome_of(const struct sent *s)
{
	char class = s->status.len ? s->status.p[0] : 0;

	if (class == '2' || (!class && scan_begins(s->stat, "Sent")))
		return ATTEMPT_ACCEPTED;
	if (class == '4' || (!class && scan_begins(s->stat, "Deferred")))
		return ATTEMPT_DEFERRED;
	return ATTEMPT_BOUNCED;
}

static bool not_connected(struct text t)
{
	static const char *const words[] = {
		"Connection timed out", "Connection refused", "Connection reset", "No route to host",
		"Network is unreachable", "Operation timed out", "Name server", "Host unknown",
		"host name lookup failure", "Host name lookup failure",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (scan_begins(t, words[i]))
			return true;
	return false;
}

static bool timed_out(struct text stat)
{
	return scan_begins(stat, "Cannot send message for ") ||
	       scan_begins(stat, "Message timed out") || scan_begins(stat, "message timeout");
}

/* "mx.example.net. [203.0.113.5]"; of a peer without a name the address is twice. */
static void peer_of(struct text relay, struct log_attempt *a)
{
	struct text name = scan_to(&relay, ' '), ip;

	if (scan_begins(name, "["))
		scan_ip_port(name, &a->peer_ip);
	else if (name.len)
		a->peer_host = scan_host(name);
	scan_words(&relay, " ");
	ip = scan_to(&relay, ' ');
	if (scan_begins(ip, "["))
		scan_ip_port(ip, &a->peer_ip);
}

static bool is_local(struct text mailer)
{
	return scan_is(mailer, "local") || scan_is(mailer, "prog") || scan_is(mailer, "*file*") ||
	       scan_is(mailer, "*include*") || scan_is(mailer, "procmail") || scan_is(mailer, "cyrusv2");
}

/* The reply, or what sendmail says of it: "Sent (text)" without its code. */
static void say(struct log *l, const struct sent *s, struct log_attempt *a)
{
	struct text t = s->stat;
	bool cut = t.len >= STAT_BYTES;
	uint16_t code;

	if (a->outcome == ATTEMPT_ACCEPTED) {
		if (!scan_words(&t, "Sent (") || !t.len)
			return;
		t.len -= t.p[t.len - 1] == ')';
		a->stage = a->peer_ip.family ? STAGE_END_OF_DATA : STAGE_UNKNOWN;
		log_reply(l, a, a->peer_ip.family ? 250 : 0, t, cut);
		return;
	}
	if (scan_words(&t, "Deferred"))
		scan_words(&t, ": ");
	if (scan_code(s->reply))
		t = s->reply;
	code = scan_code(t);
	if (not_connected(t))
		a->stage = STAGE_CONNECT;
	if (t.len)
		log_reply(l, a, code, t, cut || (code && t.len > 3 && t.p[3] == '-'));
}

static struct log_attempt attempt_of(struct log *l, const struct mail_line *line,
				     const struct sent *s)
{
	struct log_attempt a = scan_attempt(line->at);

	a.host = log_host(l, SYSTEM_SENDMAIL, line->host);
	a.service = log_service(l, line->program);
	a.queue_id = s->id;
	a.status = s->status;
	a.delay_ms = s->delay_ms;
	a.outcome = outcome_of(s);
	if (!is_local(s->mailer))
		peer_of(s->relay, &a);
	if (timed_out(s->stat)) {
		a.kind = EVENT_QUEUE;
		a.outcome = ATTEMPT_EXPIRED;
	}
	/* A host that does not answer takes its time: this is what the run knew of it. */
	if (a.outcome == ATTEMPT_DEFERRED && s->xdelay_ms == 0 &&
	    scan_begins(s->stat, "Deferred: Connection timed out"))
		a.kind = EVENT_QUEUE_SUSPENDED;
	say(l, s, &a);
	return a;
}

static uint64_t key_of(const struct sent *s, struct text recipient)
{
	return log_key_add(log_key_add(LOG_KEY_START, s->id), recipient);
}

static bool find_id(const struct mail_line *line, struct text *ret_id, struct text *ret_rest);

/* A deferral that was held. A host is one, however many recipients it deferred. */
static void tell(struct log *l, const struct mail_line *line, uint64_t key, bool followed)
{
	struct sent s = {0};
	struct text rest, list, recipient;
	bool first = true;

	if (!find_id(line, &s.id, &rest) || !scan_words(&rest, "to="))
		return;
	read_sent(rest, &s);

	struct log_attempt a = attempt_of(l, line, &s);

	list = s.list;
	for (; next_recipient(&list, &recipient); first = false) {
		if (key_of(&s, recipient) != key)
			continue;
		if (followed && !first)
			return;
		a.kind = followed ? EVENT_MX_ATTEMPT : a.kind;
		a.recipient = followed ? TEXT_ABSENT : recipient;
		log_attempt(l, &a, line);
		return;
	}
}

static enum log_verdict sent(struct log *l, const struct mail_line *line, struct sent *s,
			     struct text rest)
{
	struct text list, recipient;

	read_sent(rest, s);
	if (!s->has_stat)
		return log_complain(l, line->whole, "a delivery of Sendmail without its status");
	if (!s->list.len)
		return log_complain(l, line->whole, "a delivery of Sendmail without a recipient");
	if (scan_begins(s->stat, "queued"))
		return LOG_SKIPPED;

	struct log_attempt a = attempt_of(l, line, s);
	uint64_t run = log_key_add(LOG_KEY_START, s->run);
	bool held = s->run.len && a.kind == EVENT_ATTEMPT && a.outcome == ATTEMPT_DEFERRED &&
		    a.peer_ip.family;

	list = s->list;
	while (next_recipient(&list, &recipient)) {
		uint64_t key = key_of(s, recipient);

		if (held) {
			log_hold(l, key, run, line, tell);
			continue;
		}
		log_held_follow(l, key, run);
		a = attempt_of(l, line, s); /* its reply: what was held has said another */
		a.recipient = recipient;
		log_attempt(l, &a, line);
	}
	return LOG_EVENT;
}

static void message(struct log *l, const struct mail_line *line, struct text id,
		    enum message_event event, struct text value, int64_t size)
{
	struct log_message m = {.event = event, .at = line->at, .queue_id = id, .value = value,
				.size = size, .host = log_host(l, SYSTEM_SENDMAIL, line->host),
				.service = log_service(l, line->program)};

	log_message(l, &m);
}

/* "from=<..>, size=.., class=.., nrcpts=.., msgid=<..>, bodytype=.., proto=.., daemon=.., relay=.." */
static enum log_verdict arrival(struct log *l, const struct mail_line *line, struct text id,
				struct text t)
{
	struct text sender, msgid = TEXT_ABSENT, relay = text_of("");
	int64_t size = -1;
	const char *at;

	if (!scan_bracketed(&t, &sender))
		sender = scan_address(&t, ",");
	if (!scan_words(&t, ", size=") || !scan_number(&t, &size))
		return log_complain(l, line->whole, "an arrival of Sendmail without a size");
	at = scan_find(t, ", msgid=<");
	if (at) {
		scan_skip(&t, (size_t)(at - t.p) + strlen(", msgid="));
		msgid = scan_to(&t, '>');
		msgid.len += scan_words(&t, ">");
	}
	at = scan_find(t, ", relay=");
	if (at)
		relay = scan_span(at + strlen(", relay="), t.p + t.len);
	message(l, line, id, MESSAGE_ARRIVED, relay, -1);
	message(l, line, id, MESSAGE_SENDER, sender, size);
	if (msgid.len)
		message(l, line, id, MESSAGE_ID, msgid, -1);
	return LOG_EVENT;
}

/* 14 letters and digits, 8 in old versions; then ": ". */
static bool find_id(const struct mail_line *line, struct text *ret_id, struct text *ret_rest)
{
	struct text t = line->text, id;
	bool digit = false;

	id = scan_to(&t, ':');
	if (id.len < 8 || id.len > 20 || !scan_words(&t, ": "))
		return false;
	for (uint32_t i = 0; i < id.len; i++) {
		char c = id.p[i];

		digit |= c >= '0' && c <= '9';
		if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')))
			return false;
	}
	*ret_id = id;
	*ret_rest = t;
	return digit;
}

/* "52L6NEW: return to sender: Cannot send message for 5 days", by whom it is told to. */
static bool is_expiry(struct text t)
{
	static const char *const words[] = {": return to sender: ", ": sender notify: ",
					    ": postmaster notify: "};

	scan_to(&t, ':');
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (scan_words(&t, words[i]))
			return timed_out(t);
	return false;
}

enum log_verdict log_sendmail(struct log *l, const struct mail_line *line)
{
	struct sent s = {0};
	struct text rest;

	if (!text_present(line->program) ||
	    !(scan_is(line->program, "sendmail") || scan_begins(line->program, "sm-")))
		return LOG_NOT_MINE;
	if (!find_id(line, &s.id, &rest))
		return LOG_SKIPPED;
	if (scan_words(&rest, "to="))
		return sent(l, line, &s, rest);
	if (scan_words(&rest, "from="))
		return arrival(l, line, s.id, rest);
	if (scan_begins(rest, "done; delay="))
		message(l, line, s.id, MESSAGE_REMOVED, TEXT_ABSENT, -1);
	else if (is_expiry(rest))
		message(l, line, s.id, MESSAGE_EXPIRED, TEXT_ABSENT, -1);
	else
		return LOG_SKIPPED;
	return LOG_EVENT;
}
