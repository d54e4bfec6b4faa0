/*
 * PowerMTA's accounting files: CSV (RFC 4180), a row a recipient and event, columns by the header
 * line (record-fields), in any order; the first one is the type.
 *
 * There is no queue id in it. The key of a delivery is made of what all rows of one message and
 * recipient have alike: timeQueued, orig, rcpt and jobId; without timeQueued the envId or the
 * Message-ID stands for it, and rows with neither can't be put together at all. The virtual MTA is
 * none of it: a pool gives the same message another one for the next try. Nor is there a name of the
 * server that wrote it: srcMta is who handed the message in.
 *
 * A reply is one line here; a quoted field with a line break in it is two lines, neither of them read.
 */
#include "parse/log_held.h"
#include "parse/log_scan.h"

#include <stdlib.h>
#include <strings.h>

#define COLUMNS 255 /* beyond: not looked at */

enum column {
	TYPE, LOGGED, QUEUED, ORIG, RCPT, STATUS, DIAG, MTA, CATEGORY, SOURCE_IP, DESTINATION_IP,
	SIZE, VMTA, JOB, ENVELOPE, QUEUE, MESSAGE, FROM, KNOWN
};

static const char *const names[KNOWN] = {
	"type", "timelogged", "timequeued", "orig", "rcpt", "dsnstatus", "dsndiag", "dsnmta",
	"bouncecat", "dlvsourceip", "dlvdestinationip", "dlvsize", "vmta", "jobid", "envid", "queue",
	"header_message-id", "header_from",
};

struct log_csv {
	uint8_t column[COLUMNS];     /* KNOWN: any other */
	uint32_t n;
	uint32_t used;               /* of text */
	char text[2 * LIMIT_LOG_LINE]; /* fields with doubled quotes, and what is put together */
};

struct row {
	const struct mail_line *line;
	struct text of[KNOWN];       /* absent: no such column, or nothing in it */
	char key[17];
};

/* ---- rows ---- */

/* The text of a quoted field behind its first quote; false: it does not end. */
static bool quoted(struct log_csv *c, struct text *t, struct text *ret)
{
	uint32_t from = c->used, n = 0;
	bool doubled = false;
	const char *start = t->p;

	for (; t->len; scan_skip(t, 1)) {
		if (t->p[0] == '"') {
			scan_skip(t, 1);
			if (!t->len || t->p[0] != '"') {
				*ret = doubled ? (struct text){c->text + from, n}
					       : scan_span(start, t->p - 1);
				c->used += doubled ? n : 0;
				return true;
			}
			doubled = true;
		}
		if (c->used + n < sizeof(c->text))
			c->text[c->used + n++] = t->p[0];
	}
	return false;
}

/* The next field and the comma behind it. */
static bool next_field(struct log_csv *c, struct text *t, struct text *ret, bool *more)
{
	if (scan_words(t, "\"")) {
		if (!quoted(c, t, ret))
			return false;
	} else {
		*ret = scan_to(t, ',');
	}
	*more = scan_words(t, ",");
	return *more || !t->len;
}

static bool read_row(struct log_csv *c, struct text t, struct row *r)
{
	struct text field;
	bool more = true;

	c->used = 0;
	for (uint32_t i = 0; more && i < c->n; i++) {
		if (!next_field(c, &t, &field, &more))
			return false;
		field = text_trim(field);
		if (c->column[i] < KNOWN && field.len)
			r->of[c->column[i]] = field;
	}
	return true;
}

static enum column column_of(struct text name)
{
	for (int i = 0; i < KNOWN; i++)
		if (text_is(name, names[i]))
			return (enum column)i;
	return KNOWN;
}

struct log_csv *log_csv_new(struct text header)
{
	struct log_csv *c = xcalloc(1, sizeof(*c));
	struct text t = text_trim(header), name;
	bool more = true, logged = false;

	scan_words(&t, "\xef\xbb\xbf");
	scan_words(&t, "#");
	for (; more && c->n < COLUMNS; c->n++) {
		if (!next_field(c, &t, &name, &more))
			break;
		c->column[c->n] = (uint8_t)column_of(text_trim(name));
		logged |= c->column[c->n] == LOGGED;
	}
	if (logged && c->column[0] == TYPE)
		return c;
	free(c);
	return NULL;
}

void log_csv_free(struct log_csv *c)
{
	free(c);
}

/* ---- what a row says ---- */

static void make_key(struct row *r)
{
	static const char hex[] = "0123456789abcdef";
	struct text when = r->of[QUEUED].len ? r->of[QUEUED] :
			   r->of[ENVELOPE].len ? r->of[ENVELOPE] : r->of[MESSAGE];
	uint64_t key = LOG_KEY_START;

	key = log_key_add(key, when);
	key = log_key_add(key, r->of[ORIG]);
	key = log_key_add(key, r->of[RCPT]);
	key = log_key_add(key, r->of[JOB]);
	for (int i = 0; i < 16; i++)
		r->key[i] = hex[key >> (60 - 4 * i) & 15];
}

static struct text key_of(const struct row *r)
{
	return (struct text){r->key, 16};
}

static struct text without_brackets(struct text t)
{
	struct text address;

	return scan_bracketed(&t, &address) && !t.len ? address : t;
}

/* "4.7.0 (delivery not authorized)" */
static struct text status_of(const struct row *r)
{
	struct text t = r->of[STATUS];

	return scan_to(&t, ' ');
}

/* "mx.example.net (203.0.113.5)" */
static void peer_of(const struct row *r, struct log_attempt *a)
{
	struct text t = r->of[MTA], host;

	scan_words(&t, "dns;");
	host = scan_host(scan_to(&t, ' '));
	if (host.len && !scan_ip(host, &a->peer_ip))
		a->peer_host = host;
	if (scan_words(&t, " ("))
		scan_ip(scan_to(&t, ')'), &a->peer_ip);
	if (!a->peer_ip.family)
		scan_ip(r->of[DESTINATION_IP], &a->peer_ip);
}

/* "smtp;421 .."; of our own words, without a code. */
static void say(struct log *l, const struct row *r, struct log_attempt *a)
{
	struct text t = r->of[DIAG];
	uint16_t code;

	if (!scan_words(&t, "smtp;"))
		scan_words(&t, "x-pmta;");
	t = text_trim(t);
	code = scan_code(t);
	if (a->outcome == ATTEMPT_ACCEPTED)
		a->stage = STAGE_END_OF_DATA;
	else if (a->kind == EVENT_ATTEMPT && a->outcome == ATTEMPT_DEFERRED && !code)
		a->stage = STAGE_CONNECT;
	if (!t.len) /* what it made of it: "4.4.1 (no answer from host)" */
		t = r->of[STATUS];
	if (t.len && (code || a->outcome != ATTEMPT_ACCEPTED))
		log_reply(l, a, code, t, false);
}

/* The virtual MTA: its own column, or what is behind the domain in "domain/vmta". */
static struct text service_of(const struct row *r)
{
	struct text t = r->of[QUEUE];

	if (r->of[VMTA].len)
		return r->of[VMTA];
	scan_to(&t, '/');
	return scan_words(&t, "/") ? t : TEXT_ABSENT;
}

/* "Name <address>", "address" */
static struct text header_address(struct text t)
{
	const char *open = t.len ? memrchr(t.p, '<', t.len) : NULL;
	struct text address = t;

	if (open) {
		address = scan_span(open + 1, t.p + t.len);
		address = scan_to(&address, '>');
	}
	return text_trim(address);
}

/* With its brackets, which some configurations leave out. */
static struct text message_id(struct log_csv *c, struct text id)
{
	char *to = c->text + c->used;

	if (!id.len || id.p[0] == '<' || id.len + 2 > sizeof(c->text) - c->used)
		return id.len ? id : TEXT_ABSENT;
	to[0] = '<';
	memcpy(to + 1, id.p, id.len);
	to[id.len + 1] = '>';
	c->used += id.len + 2;
	return (struct text){to, id.len + 2};
}

static enum log_verdict attempt(struct log *l, struct log_csv *c, const struct row *r,
				enum attempt_kind kind, enum attempt_outcome outcome)
{
	struct log_attempt a = scan_attempt(r->line->at);

	a.kind = kind;
	a.outcome = outcome;
	a.host = log_host(l, SYSTEM_POWERMTA, TEXT_ABSENT);
	a.service = log_service(l, service_of(r));
	a.queue_id = key_of(r);
	a.recipient = without_brackets(r->of[RCPT]);
	a.envelope_from = text_present(r->of[ORIG]) ? without_brackets(r->of[ORIG]) : TEXT_ABSENT;
	a.header_from = header_address(r->of[FROM]);
	a.message_id = message_id(c, r->of[MESSAGE]);
	a.campaign = r->of[JOB];
	a.status = status_of(r);
	scan_ip(r->of[SOURCE_IP], &a.source_ip);
	if (!scan_time(r->of[QUEUED], &a.arrived_at))
		a.arrived_at = (struct log_time){TIME_ABSENT, false};
	peer_of(r, &a);
	say(l, r, &a);
	log_attempt(l, &a, r->line);
	return LOG_EVENT;
}

static enum log_verdict bounced(struct log *l, struct log_csv *c, const struct row *r)
{
	struct text status = status_of(r);
	bool old = scan_is(status, "4.4.7") || scan_is(status, "5.4.7") ||
		   scan_is(r->of[CATEGORY], "message-expired");

	if (old)
		return attempt(l, c, r, EVENT_QUEUE, ATTEMPT_EXPIRED);
	return attempt(l, c, r, EVENT_ATTEMPT, ATTEMPT_BOUNCED);
}

static void message(struct log *l, const struct row *r, enum message_event event,
		    struct text value, int64_t size)
{
	struct log_message m = {.event = event, .at = r->line->at, .queue_id = key_of(r),
				.value = value, .size = size,
				.host = log_host(l, SYSTEM_POWERMTA, TEXT_ABSENT),
				.service = log_service(l, service_of(r))};

	log_message(l, &m);
}

static enum log_verdict received(struct log *l, struct log_csv *c, const struct row *r)
{
	struct text digits = r->of[SIZE];
	int64_t size = -1;

	if (!scan_number(&digits, &size))
		size = -1;
	message(l, r, MESSAGE_ARRIVED, text_of(""), size);
	if (r->of[ORIG].len)
		message(l, r, MESSAGE_SENDER, without_brackets(r->of[ORIG]), -1);
	if (r->of[MESSAGE].len)
		message(l, r, MESSAGE_ID, message_id(c, r->of[MESSAGE]), -1);
	if (r->of[FROM].len)
		message(l, r, MESSAGE_HEADER_FROM, header_address(r->of[FROM]), -1);
	if (r->of[JOB].len)
		message(l, r, MESSAGE_CAMPAIGN, r->of[JOB], -1);
	return LOG_EVENT;
}

/* ---- a line ---- */

enum type { DELIVERED, BOUNCED, TRANSIENT, QUEUE_TRANSIENT, RECEIVED, REMOTE_BOUNCE, OTHER, NONE };

static enum type type_of(struct text t)
{
	static const struct {
		const char *words[2];
		enum type type;
	} types[] = {
		{{"d", "delivery"}, DELIVERED}, {{"b", "bounce"}, BOUNCED},
		{{"t", "transient"}, TRANSIENT}, {{"tq", "transient-queue"}, QUEUE_TRANSIENT},
		{{"r", "receipt"}, RECEIVED}, {{"rb", "remote-bounce"}, REMOTE_BOUNCE},
		{{"rs", "remote-status"}, OTHER}, {{"f", "feedback-loop"}, OTHER},
		{{"p", "pickup"}, OTHER}, {{"type", "#type"}, OTHER}, /* a header line again */
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (text_is(t, types[i].words[0]) || text_is(t, types[i].words[1]))
			return types[i].type;
	return t.len >= 1 && t.len <= 2 ? OTHER : NONE;
}

/* What keeps a row from being put to its delivery; NULL: nothing. */
static const char *fault(const struct row *r, struct mail_line *line)
{
	if (!scan_time(r->of[LOGGED], &line->at))
		return "an accounting row without timeLogged";
	if (!without_brackets(r->of[RCPT]).len)
		return "an accounting row without rcpt";
	if (!r->of[QUEUED].len && !r->of[ENVELOPE].len && !r->of[MESSAGE].len)
		return "an accounting row without timeQueued, envId or header_Message-Id";
	return NULL;
}

enum log_verdict log_powermta(struct log *l, struct log_csv *c, struct text text)
{
	struct mail_line line = {.text = text, .whole = text};
	struct row r = {.line = &line};
	const char *why;

	if (!text_trim(text).len)
		return LOG_SKIPPED;
	if (!read_row(c, text, &r))
		return log_complain(l, text, "an accounting row whose quotes do not close");
	enum type type = type_of(r.of[TYPE]);

	if (type == NONE)
		return log_complain(l, text, "an accounting row without a type");
	if (type == OTHER || (type == QUEUE_TRANSIENT && !r.of[RCPT].len)) /* of a whole queue */
		return LOG_SKIPPED;
	why = fault(&r, &line);
	if (why)
		return log_complain(l, text, why);
	make_key(&r);
	switch (type) {
	case DELIVERED:
		return attempt(l, c, &r, EVENT_ATTEMPT, ATTEMPT_ACCEPTED);
	case BOUNCED:
		return bounced(l, c, &r);
	case TRANSIENT:
		return attempt(l, c, &r, EVENT_ATTEMPT, ATTEMPT_DEFERRED);
	case QUEUE_TRANSIENT:
		return attempt(l, c, &r, EVENT_QUEUE_SUSPENDED, ATTEMPT_DEFERRED);
	case REMOTE_BOUNCE:
		return attempt(l, c, &r, EVENT_LATER_DSN, ATTEMPT_BOUNCED);
	default:
		return received(l, c, &r);
	}
}
