/*
 * KumoMTA's log: a JSON object a line. A message is known by its spool id; a line has one recipient,
 * or since 2025.12 several. num_attempts counts the tries before this one: it starts at 0.
 *
 * What KumoMTA says itself is a reply that begins with "KumoMTA internal", whatever its code. OOB is a
 * bounce that came in as a mail; its id is that mail's, so that it can't be put to a delivery.
 */
#include "parse/json_line.h"
#include "parse/log.h"
#include "parse/log_scan.h"

#include <stdio.h>
#include <strings.h>

struct kumo {
	struct text line;
	struct text type, id, sender, queue, node, source;
	struct json_value recipients, response, peer, from, headers;
	int64_t timestamp, created, attempts, size; /* -1: not there */
	struct text event_time, created_time;
	struct buf text;      /* of strings that were escaped */
};

/* ---- members ---- */

/* A string, whose text stays where it is while others are read. */
static struct text string(struct kumo *r, const struct json_value *v)
{
	return json_line_string(v, &r->text);
}

static void number(const struct json_value *v, int64_t *ret)
{
	int64_t n;

	if (json_line_integer(v, &n) && n >= 0)
		*ret = n;
}

static void member(struct kumo *r, struct text key, const struct json_value *v)
{
	const struct {
		const char *key;
		struct text *text;
		struct json_value *value;
		int64_t *number;
	} members[] = {
		{"type", &r->type, NULL, NULL}, {"id", &r->id, NULL, NULL},
		{"sender", &r->sender, NULL, NULL}, {"queue", &r->queue, NULL, NULL},
		{"nodeid", &r->node, NULL, NULL}, {"egress_source", &r->source, NULL, NULL},
		{"event_time", &r->event_time, NULL, NULL},
		{"created_time", &r->created_time, NULL, NULL},
		{"recipient", NULL, &r->recipients, NULL}, {"response", NULL, &r->response, NULL},
		{"peer_address", NULL, &r->peer, NULL}, {"source_address", NULL, &r->from, NULL},
		{"headers", NULL, &r->headers, NULL}, {"timestamp", NULL, NULL, &r->timestamp},
		{"created", NULL, NULL, &r->created}, {"num_attempts", NULL, NULL, &r->attempts},
		{"size", NULL, NULL, &r->size},
	};

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		if (!scan_is(key, members[i].key))
			continue;
		if (members[i].text && v->kind == JSON_STRING)
			*members[i].text = string(r, v);
		else if (members[i].value)
			*members[i].value = *v;
		else if (members[i].number)
			number(v, members[i].number);
	}
}

static bool read_record(struct kumo *r)
{
	struct json_line j;
	struct json_value v;
	struct text key;

	r->timestamp = r->created = r->attempts = r->size = -1;
	if (json_line_begin(&j, r->line, '{'))
		while (json_line_next(&j, &key, &v))
			member(r, key, &v);
	return json_line_whole(&j);
}

/* A member of an object, its name in any case. */
static bool find(struct text object, const char *name, struct json_value *ret)
{
	struct json_line j;
	struct text key;

	if (!object.p || !json_line_begin(&j, object, '{'))
		return false;
	while (json_line_next(&j, &key, ret))
		if (key.len == strlen(name) && strncasecmp(key.p, name, key.len) == 0)
			return true;
	return false;
}

static struct text find_string(struct kumo *r, const struct json_value *object, const char *name)
{
	struct json_value v;

	if (object->kind != JSON_OBJECT || !find(object->raw, name, &v) || v.kind != JSON_STRING)
		return TEXT_ABSENT;
	return string(r, &v);
}

/* ---- what a record says ---- */

/* event_time has the fraction that timestamp has not. */
static struct log_time time_of(struct text words, int64_t seconds)
{
	struct log_time at;

	if (words.len && scan_time(words, &at) && !at.local)
		return at;
	return (struct log_time){seconds < 0 || seconds > LIMIT_TIME ? TIME_ABSENT
								    : seconds * 1000000, false};
}

/* "campaign:tenant@domain" */
static struct text campaign_of(struct text queue)
{
	struct text campaign = scan_to(&queue, ':');

	return queue.len && !memchr(campaign.p, '@', campaign.len) ? campaign : TEXT_ABSENT;
}

static struct text header_address(struct text t)
{
	const char *open = t.len ? memrchr(t.p, '<', t.len) : NULL;

	if (open) {
		t = scan_span(open + 1, t.p + t.len);
		t = scan_to(&t, '>');
	}
	return text_trim(t);
}

static void peer_of(struct kumo *r, struct log_attempt *a)
{
	struct text name = find_string(r, &r->peer, "name");

	if (name.len)
		a->peer_host = scan_host(name);
	scan_ip(find_string(r, &r->peer, "addr"), &a->peer_ip);
	/* an address that is none, where there was no peer */
	if (a->peer_ip.family == 4 && memcmp(a->peer_ip.bytes, "\0\0\0\0", 4) == 0)
		a->peer_ip.family = 0;
}

/* {"class": 4, "subject": 7, "detail": 0} */
static bool enhanced(const struct json_value *response, char to[20])
{
	static const char *const names[] = {"class", "subject", "detail"};
	struct json_value v, part;
	int64_t n[3];

	if (!find(response->raw, "enhanced_code", &v) || v.kind != JSON_OBJECT)
		return false;
	for (int i = 0; i < 3; i++)
		if (!find(v.raw, names[i], &part) || !json_line_integer(&part, &n[i]) || n[i] < 0 ||
		    n[i] > 999)
			return false;
	snprintf(to, 20, "%d.%d.%d", (int)n[0], (int)n[1], (int)n[2]);
	return true;
}

/* The reply as it was sent: code, enhanced code and text. */
static void say(struct log *l, struct kumo *r, struct log_attempt *a)
{
	struct text content = find_string(r, &r->response, "content"), said;
	struct text command = find_string(r, &r->response, "command");
	struct json_value v;
	struct buf b = {0};
	int64_t code = 0;
	char dsn[20];

	if (r->response.kind != JSON_OBJECT)
		return;
	if (find(r->response.raw, "code", &v) && !json_line_integer(&v, &code))
		code = 0;
	bool own = scan_begins(content, "KumoMTA internal");

	if (!own && code >= 200 && code <= 599)
		buf_printf(&b, "%d ", (int)code);
	if (!own && enhanced(&r->response, dsn))
		buf_printf(&b, "%s ", dsn);
	buf_add(&b, content.p, content.len);
	for (size_t i = 0; i < b.len; i++)
		if (b.p[i] == '\n' || b.p[i] == '\r')
			b.p[i] = ' ';
	said = (struct text){b.p, (uint32_t)b.len};
	if (command.len)
		a->stage = scan_stage(command);
	else if (own && a->kind == EVENT_ATTEMPT && scan_find(content, "failed to connect"))
		a->stage = STAGE_CONNECT;
	if (said.len)
		log_reply(l, a, own || code < 200 || code > 599 ? 0 : (uint16_t)code, said, false);
	buf_free(&b);
}

static struct text message_id(struct kumo *r)
{
	return find_string(r, &r->headers, "message-id");
}

/* The string, or each string of the array. */
static bool next_recipient(struct kumo *r, struct json_line *j, bool *first, struct text *ret)
{
	struct json_value v = r->recipients;
	struct text key;
	bool one = v.kind == JSON_STRING;

	if (one ? !*first : v.kind != JSON_ARRAY || (*first && !json_line_begin(j, v.raw, '[')))
		return false;
	*first = false;
	if (!one && !json_line_next(j, &key, &v))
		return false;
	*ret = v.kind == JSON_STRING ? string(r, &v) : TEXT_ABSENT;
	return true;
}

static enum log_verdict attempts(struct log *l, struct kumo *r, const struct mail_line *line,
				 enum attempt_kind kind, enum attempt_outcome outcome)
{
	struct log_attempt a = scan_attempt(line->at);
	struct json_line j;
	bool first = true, some = false;

	a.kind = kind;
	a.outcome = outcome;
	a.host = log_host(l, SYSTEM_KUMOMTA, r->node);
	a.service = log_service(l, r->source);
	a.queue_id = r->id;
	a.envelope_from = r->sender;
	a.message_id = message_id(r);
	a.header_from = header_address(find_string(r, &r->headers, "from"));
	a.campaign = campaign_of(r->queue);
	a.arrived_at = time_of(r->created_time, r->created);
	if (a.arrived_at.us != TIME_ABSENT && line->at.us >= a.arrived_at.us)
		a.delay_ms = (line->at.us - a.arrived_at.us) / 1000;
	if (kind == EVENT_ATTEMPT && r->attempts >= 0 && r->attempts < 1000000)
		a.attempts_reported = (int32_t)r->attempts + 1;
	scan_ip_port(find_string(r, &r->from, "address"), &a.source_ip);
	if (kind == EVENT_ATTEMPT)
		peer_of(r, &a);
	say(l, r, &a);
	while (next_recipient(r, &j, &first, &a.recipient)) {
		if (!a.recipient.len)
			continue;
		log_attempt(l, &a, line);
		some = true;
	}
	return some ? LOG_EVENT
		    : log_complain(l, r->line, "a record of KumoMTA without a recipient");
}

static void message(struct log *l, const struct kumo *r, struct log_time at,
		    enum message_event event, struct text value, int64_t size)
{
	struct log_message m = {.event = event, .at = at, .queue_id = r->id, .value = value,
				.size = size, .host = log_host(l, SYSTEM_KUMOMTA, r->node),
				.service = log_service(l, r->source)};

	if (text_present(value))
		log_message(l, &m);
}

static enum log_verdict reception(struct log *l, struct kumo *r, struct log_time at)
{
	struct text name = find_string(r, &r->peer, "name");

	message(l, r, at, MESSAGE_ARRIVED, text_present(name) ? name : text_of(""), r->size);
	message(l, r, at, MESSAGE_SENDER, r->sender, r->size);
	message(l, r, at, MESSAGE_ID, message_id(r), -1);
	message(l, r, at, MESSAGE_HEADER_FROM,
		header_address(find_string(r, &r->headers, "from")), -1);
	message(l, r, at, MESSAGE_CAMPAIGN, campaign_of(r->queue), -1);
	return LOG_EVENT;
}

static enum log_verdict tell(struct log *l, struct kumo *r)
{
	static const struct {
		const char *type;
		enum attempt_kind kind;
		enum attempt_outcome outcome;
	} types[] = {
		{"Delivery", EVENT_ATTEMPT, ATTEMPT_ACCEPTED},
		{"TransientFailure", EVENT_ATTEMPT, ATTEMPT_DEFERRED},
		{"Bounce", EVENT_ATTEMPT, ATTEMPT_BOUNCED},
		{"Expiration", EVENT_QUEUE, ATTEMPT_EXPIRED},
		{"AdminBounce", EVENT_QUEUE, ATTEMPT_REMOVED},
	};
	struct mail_line line = {.at = time_of(r->event_time, r->timestamp), .host = r->node,
				 .text = r->line, .whole = r->line};
	size_t i = 0;

	for (; i < sizeof(types) / sizeof(types[0]); i++)
		if (scan_is(r->type, types[i].type))
			break;
	if (scan_is(r->type, "OOB"))
		return log_complain(l, r->line, "a later bounce of KumoMTA, which names no delivery");
	if (i == sizeof(types) / sizeof(types[0]) && !scan_is(r->type, "Reception"))
		return LOG_SKIPPED;
	if (line.at.us == TIME_ABSENT)
		return log_complain(l, r->line, "a record of KumoMTA without its time");
	if (i < sizeof(types) / sizeof(types[0]))
		return attempts(l, r, &line, types[i].kind, types[i].outcome);
	return reception(l, r, line.at);
}

enum log_verdict log_kumomta(struct log *l, struct text line)
{
	struct kumo r = {.line = line};
	enum log_verdict v;

	/* A string that was escaped points into this: it must not move. */
	buf_room(&r.text, line.len + 1);
	bool whole = read_record(&r);

	if (!r.id.len || !r.type.len)
		v = LOG_NOT_MINE;
	else if (!whole)
		v = log_complain(l, line, "a record of KumoMTA that is no JSON");
	else
		v = tell(l, &r);
	buf_free(&r.text);
	return v;
}
