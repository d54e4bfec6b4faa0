/*
 * Exim's main log. A message ends with "Completed".
 *
 * Of a host that failed as a whole (no connection, greeting, EHLO, TLS) a line without a flag is
 * written for each host, and the last one stands once more on "==" or "**"; of a reply to MAIL, RCPT
 * or DATA it is written only where more hosts are to come (transports/smtp.c). So a line without a
 * flag is held, and a line with the address that says the same of the same host takes it back.
 */
#include "parse/log_exim.h"
#include "parse/log_held.h"
#include "parse/log_scan.h"

#define AGAIN_US 300000000 /* "==" comes when all hosts of the run have been tried */

/* 6-6-2 characters, since 4.97 6-11-4. */
static uint32_t id_length(struct text t)
{
	static const uint32_t dashes[][3] = {{6, 13, 16}, {6, 18, 23}};

	for (size_t i = 0; i < 2; i++) {
		uint32_t n = dashes[i][2], at;

		if (t.len < n || (t.len > n && t.p[n] != ' '))
			continue;
		for (at = 0; at < n; at++) {
			char c = t.p[at];
			bool dash = at == dashes[i][0] || at == dashes[i][1];

			if (dash ? c != '-' : !((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
						(c >= 'a' && c <= 'z')))
				break;
		}
		if (at == n)
			return n;
	}
	return 0;
}

struct exim_line {
	const struct mail_line *line;
	struct text id, rest; /* rest: from the flag on */
	bool cut;             /* syslog's first piece of a long line */
};

static void message(struct log *l, const struct exim_line *x, enum message_event event,
		    struct text value, int64_t size)
{
	struct log_message m = {.event = event, .at = x->line->at, .queue_id = x->id,
				.value = value, .size = size,
				.host = log_host(l, SYSTEM_EXIM, x->line->host),
				.service = log_service(l, TEXT_ABSENT)};

	log_message(l, &m);
}

/* ---- arrival ---- */

static void message_id(struct log *l, const struct exim_line *x, struct text id)
{
	char with[LIMIT_LOG_TEXT];

	if (!id.len || id.len > sizeof(with) - 2)
		return;
	with[0] = '<';
	memcpy(with + 1, id.p, id.len);
	with[id.len + 1] = '>';
	if (id.p[0] == '<')
		message(l, x, MESSAGE_ID, id, -1);
	else
		message(l, x, MESSAGE_ID, (struct text){with, id.len + 2}, -1);
}

/* "H=name (helo) [ip]:port": a client's name may be in brackets, and have no blanks. */
static struct text client(struct text *t)
{
	struct text in = *t;
	const char *end = scan_find(in, "]");

	if (!end || memchr(in.p, '=', (size_t)(end - in.p)))
		return scan_to(t, ' ');
	in.len = (uint32_t)(end + 1 - in.p);
	scan_skip(t, in.len);
	scan_to(t, ' ');
	return in;
}

/* "<= sender R=.. H=.. U=.. P=.. S=1234 id=.. T=".. from <..> for ..". */
static enum log_verdict arrival(struct log *l, const struct exim_line *x)
{
	struct text t = x->rest, sender, id = TEXT_ABSENT, from = TEXT_ABSENT;
	int64_t size = -1;

	if (!scan_words(&t, "<>")) {
		sender = scan_address(&t, " ");
		if (!sender.len)
			return log_complain(l, x->line->whole, "an arrival of Exim without a sender");
	} else {
		sender = text_of("");
	}
	while (scan_words(&t, " ") && t.len && !scan_begins(t, "T=\"") && !scan_begins(t, "from <")) {
		if (scan_words(&t, "H="))
			from = client(&t);
		else if (!text_present(from) && scan_words(&t, "U="))
			from = scan_to(&t, ' ');
		else if (size < 0 && scan_words(&t, "S=") && !scan_number(&t, &size))
			scan_to(&t, ' ');
		else if (scan_words(&t, "id="))
			id = scan_to(&t, ' ');
		else
			scan_to(&t, ' ');
	}
	message(l, x, MESSAGE_ARRIVED, text_present(from) ? from : text_of(""), -1);
	message(l, x, MESSAGE_SENDER, sender, size);
	message_id(l, x, id);
	return LOG_EVENT;
}

/* ---- deliveries ---- */

static uint64_t key_of(struct text id, const struct ip *ip, enum smtp_stage stage, uint16_t code)
{
	const char said[] = {(char)stage, (char)(code >> 8), (char)code};
	uint64_t key = log_key_add(LOG_KEY_START, id);

	key = log_key_add(key, (struct text){(const char *)ip->bytes, ip->family == 6 ? 16 : 4});
	return log_key_add(key, (struct text){said, sizeof(said)});
}

static uint64_t message_key(const struct exim_line *x)
{
	return log_key_add(LOG_KEY_START, x->id);
}

/* The line without a flag that says the same of that host. */
static void take_back(struct log *l, const struct exim_line *x, const struct log_attempt *a,
		      const struct exim_reply *r)
{
	uint64_t key = key_of(x->id, &a->peer_ip, r->stage, r->code);
	int64_t at;

	if (a->peer_ip.family && log_held_at(l, key, &at) && x->line->at.us - at <= AGAIN_US)
		log_held_drop(l, key);
}

/* Exim's words, and the system's behind them; into `to` if there are both. */
static struct text diagnosis(struct text words, struct text error, char *to, size_t room)
{
	struct text t = {to, 0};

	if (!error.len || !words.len)
		return words.len ? words : error;
	if (words.len + error.len + 2 > room)
		return words;
	memcpy(to, words.p, words.len);
	memcpy(to + words.len, ": ", 2);
	memcpy(to + words.len + 2, error.p, error.len);
	t.len = words.len + error.len + 2;
	return t;
}

static void say(struct log *l, const struct exim_line *x, struct log_attempt *a,
		const struct exim_reply *r, struct text error)
{
	char text[LIMIT_LOG_REPLY];

	if (r->code)
		log_reply(l, a, r->code, exim_unescape(r->text, false, text, sizeof(text)), x->cut);
	else if (r->text.len || error.len)
		log_reply(l, a, 0, diagnosis(r->text, error, text, sizeof(text)), x->cut);
}

static struct log_attempt attempt_of(struct log *l, const struct exim_line *x,
				     const struct exim_fields *f)
{
	struct log_attempt a = scan_attempt(x->line->at);

	a.host = log_host(l, SYSTEM_EXIM, x->line->host);
	a.service = log_service(l, f->transport);
	a.queue_id = x->id;
	a.recipient = f->recipient;
	a.envelope_from = f->from;
	a.peer_host = f->host;
	a.peer_ip = f->peer_ip;
	a.source_ip = f->source_ip;
	a.delay_ms = f->delay_ms;
	return a;
}

static enum log_verdict accepted(struct log *l, const struct exim_line *x,
				 const struct exim_fields *f)
{
	struct log_attempt a = attempt_of(l, x, f);
	char text[LIMIT_LOG_REPLY];

	if (!f->transport.len)
		return log_complain(l, x->line->whole, "a delivery of Exim without its transport");
	a.outcome = ATTEMPT_ACCEPTED;
	if (f->confirmation.len) {
		struct text said = exim_unescape(f->confirmation, true, text, sizeof(text));

		a.stage = STAGE_END_OF_DATA;
		log_reply(l, &a, scan_code(said), said, x->cut);
	}
	log_attempt(l, &a, x->line);
	return LOG_EVENT;
}

/* Old versions name the host within the message. */
static void peer(struct log_attempt *a, const struct exim_reply *r)
{
	if (!a->peer_ip.family && r->ip.family) {
		a->peer_host = r->host;
		a->peer_ip = r->ip;
	}
}

/* Errors below -50 are the queue's own: nobody was asked. Which is which differs from version to
 * version (macros.h), the words do not: a retry time has not come, or, by configuration, it is not to
 * be delivered now. */
static enum log_verdict deferred(struct log *l, const struct exim_line *x,
				 const struct exim_fields *f)
{
	struct log_attempt a = attempt_of(l, x, f);
	struct exim_reply r = {0};

	if (!f->deferred)
		return log_complain(l, x->line->whole, "a deferral of Exim without its reason");
	bool early = scan_begins(f->message, "retry time not reached");

	if (f->number < -50 && !early)
		return LOG_SKIPPED;
	exim_reply(f->message, &r);
	peer(&a, &r);
	a.stage = r.stage;
	if (early) {
		a.kind = EVENT_QUEUE_SUSPENDED;
		a.stage = STAGE_UNKNOWN;
	}
	take_back(l, x, &a, &r);
	say(l, x, &a, &r, f->error);
	log_attempt(l, &a, x->line);
	return LOG_EVENT;
}

static bool cut_end(struct text *t, const char *words)
{
	size_t n = strlen(words);

	if (t->len < n || memcmp(t->p + t->len - n, words, n) != 0)
		return false;
	t->len -= (uint32_t)n;
	return true;
}

/* Too old: by its last failure, or by hosts that were not even asked any more. A reply that is
 * final can't be meant, whatever its words. */
static bool too_old(struct text *m)
{
	struct text rest = *m;
	struct exim_reply r = {0};

	if (scan_begins(rest, "all hosts") && scan_find(rest, "failing for a long time"))
		return true;
	if (!cut_end(&rest, "retry timeout exceeded"))
		return false;
	cut_end(&rest, ": ");
	exim_reply(rest, &r);
	if (r.code >= 500)
		return false;
	*m = rest;
	return true;
}

/* The run's own try comes before the queue's end of it, where a host was asked. */
static enum log_verdict failed(struct log *l, const struct exim_line *x, struct exim_fields *f)
{
	struct log_attempt a = attempt_of(l, x, f);
	struct exim_reply r = {0};

	if (!f->message.len)
		return log_complain(l, x->line->whole, "a failure of Exim without its reason");
	bool old = too_old(&f->message);

	f->error = exim_cut_error(&f->message);
	exim_reply(f->message, &r);
	peer(&a, &r);
	if (a.peer_ip.family || r.code) {
		a.stage = r.stage;
		a.outcome = old ? ATTEMPT_DEFERRED : ATTEMPT_BOUNCED;
		take_back(l, x, &a, &r);
		say(l, x, &a, &r, f->error);
		log_attempt(l, &a, x->line);
		if (!old)
			return LOG_EVENT;
		f->error = TEXT_ABSENT;
		a.stage = STAGE_UNKNOWN;
		a.reply = LOG_NO_SLOT;
		a.reply_values = TEXT_ABSENT;
		a.reply_ip.family = 0;
		r.text = text_of("retry timeout exceeded");
		r.code = 0;
	}
	if (old)
		a.kind = EVENT_QUEUE;
	a.outcome = old ? ATTEMPT_EXPIRED : ATTEMPT_BOUNCED;
	if (scan_is(f->message, "delivery cancelled by administrator")) {
		a.kind = EVENT_QUEUE;
		a.outcome = ATTEMPT_REMOVED;
	}
	if (!r.text.len)
		r.text = text_of("retry timeout exceeded");
	say(l, x, &a, &r, f->error);
	log_attempt(l, &a, x->line);
	return LOG_EVENT;
}

static enum log_verdict delivery(struct log *l, const struct exim_line *x, char flag)
{
	struct exim_fields f;

	exim_fields(x->rest, flag, &f);
	if (!f.recipient.len)
		return log_complain(l, x->line->whole, "a delivery of Exim without a recipient");
	log_held_pass(l, message_key(x)); /* what comes of the run's hosts: a host after it is of the next */
	if (flag == '=')
		return deferred(l, x, &f);
	return flag == '*' ? failed(l, x, &f) : accepted(l, x, &f);
}

/* ---- lines without a flag ---- */

static bool find_line(struct log *l, const struct mail_line *line, struct exim_line *ret);

static void tell_host(struct log *l, const struct mail_line *line, uint64_t key, bool followed)
{
	struct exim_line x;
	struct exim_fields f = {.delay_ms = -1};
	struct exim_reply r = {0};

	(void)key, (void)followed;
	if (!find_line(l, line, &x) || !exim_host(&x.rest, &f.host, &f.peer_ip))
		return;
	if (!scan_words(&x.rest, ": "))
		scan_words(&x.rest, " ");
	exim_reply(x.rest, &r);

	struct log_attempt a = attempt_of(l, &x, &f);

	a.kind = EVENT_MX_ATTEMPT;
	a.stage = r.stage;
	say(l, &x, &a, &r, TEXT_ABSENT);
	log_attempt(l, &a, line);
}

static enum log_verdict host_line(struct log *l, const struct exim_line *x)
{
	struct text t = x->rest, host;
	struct exim_reply r = {0};
	struct ip ip;
	int64_t at;

	if (!exim_host(&t, &host, &ip) || (!scan_words(&t, ": ") && !scan_words(&t, " ")) ||
	    !exim_host_failed(t))
		return LOG_SKIPPED;
	exim_reply(t, &r);
	uint64_t key = key_of(x->id, &ip, r.stage, r.code);

	/* A host is asked for many recipients: one line each, one host. */
	if (!log_held_at(l, key, &at) || log_held_passed(l, key, message_key(x)))
		log_hold(l, key, 0, x->line, tell_host);
	return LOG_EVENT;
}

static enum log_verdict other(struct log *l, const struct exim_line *x)
{
	static const struct {
		const char *words;
		bool whole;
		enum message_event event;
	} ends[] = {
		{"Completed", true, MESSAGE_REMOVED},
		{"Completed ", false, MESSAGE_REMOVED}, /* QT= */
		{"removed by ", false, MESSAGE_REMOVED_BY_ADMIN},
		{"has been removed by ", false, MESSAGE_REMOVED_BY_ADMIN},
		{"cancelled by timeout_frozen_after", true, MESSAGE_EXPIRED},
		{"cancelled by ", false, MESSAGE_REMOVED_BY_ADMIN},
	};

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (ends[i].whole ? scan_is(x->rest, ends[i].words)
				  : scan_begins(x->rest, ends[i].words)) {
			message(l, x, ends[i].event, TEXT_ABSENT, -1);
			return LOG_EVENT;
		}
	return host_line(l, x);
}

/* ---- a line ---- */

/* Syslog's pieces of a long line: "[1/3] .." begins it, "[2\3] .." go on. */
static bool piece(struct text *t, int64_t *ret_n)
{
	struct text in = *t;
	int64_t n, of;

	if (!scan_words(&in, "[") || !scan_number(&in, &n) ||
	    !(scan_words(&in, "/") || scan_words(&in, "\\")) || !scan_number(&in, &of) ||
	    !scan_words(&in, "] "))
		return false;
	*t = in;
	*ret_n = n;
	return true;
}

static void skip_pid(struct text *t)
{
	struct text in = *t;
	int64_t pid;

	if (scan_words(&in, "[") && scan_number(&in, &pid) && scan_words(&in, "] "))
		*t = in;
}

/* Is it a line of a message? */
static bool find_line(struct log *l, const struct mail_line *line, struct exim_line *x)
{
	struct text t = line->text;
	struct log_time own;
	int64_t n = 1;
	uint32_t id;

	*x = (struct exim_line){.line = line};
	x->cut = piece(&t, &n);
	if (n != 1)
		return false;
	/* syslog's stamp stays: all hosts of a log have it alike */
	if (text_present(line->program))
		scan_skip(&t, log_stamp(l, t, &own));
	scan_words(&t, " ");
	skip_pid(&t);
	id = id_length(t);
	if (!id)
		return false;
	x->id = (struct text){t.p, id};
	scan_skip(&t, id);
	if (!scan_words(&t, " "))
		return false;
	x->rest = t;
	return true;
}

enum log_verdict log_exim(struct log *l, const struct mail_line *line)
{
	static const char flags[][4] = {"=> ", "-> ", ">> ", "== ", "** "};
	struct exim_line x;

	if (text_present(line->program) && !scan_begins(line->program, "exim"))
		return LOG_NOT_MINE;
	if (!find_line(l, line, &x))
		return text_present(line->program) ? LOG_SKIPPED : LOG_NOT_MINE;
	if (scan_words(&x.rest, "<= "))
		return arrival(l, &x);
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (scan_words(&x.rest, flags[i]))
			return delivery(l, &x, i < 3 ? '>' : flags[i][0]);
	return other(l, &x);
}
