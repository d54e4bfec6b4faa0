/* Postfix: which program a line is of, its queue id, and what it says of the whole message. */
#include "parse/log_postfix.h"
#include "parse/log_scan.h"

#include <strings.h>

#define SHORT 1 /* a character of a short queue id: microseconds and inode in hexadecimal */
#define LONG 2  /* of a long one: no vowels */

static const uint8_t classes[256] = {
	['0' ... '9'] = SHORT | LONG, ['A'] = SHORT, ['E'] = SHORT,
	['B' ... 'D'] = SHORT | LONG, ['F'] = SHORT | LONG,
	['G' ... 'H'] = LONG, ['J' ... 'N'] = LONG, ['P' ... 'T'] = LONG, ['V' ... 'Z'] = LONG,
	['b' ... 'd'] = LONG, ['f' ... 'h'] = LONG, ['j' ... 'n'] = LONG, ['p' ... 't'] = LONG,
	['v' ... 'z'] = LONG,
};

/* "4JfcC62DS0z1c1C: " at the front, which is stepped over. */
static bool take_queue_id(struct text *t, struct text *ret)
{
	uint8_t all = SHORT | LONG;
	uint32_t n = 0;

	for (; n < t->len && classes[(uint8_t)t->p[n]]; n++)
		all &= classes[(uint8_t)t->p[n]];
	if (n + 2 > t->len || t->p[n] != ':' || t->p[n + 1] != ' ' || n > 64 ||
	    !((all & SHORT && n >= 6) || (all & LONG && n >= 10)))
		return false;
	*ret = (struct text){t->p, n};
	scan_skip(t, n + 2);
	return true;
}

/* ---- programs ---- */

static const struct {
	const char *name;
	uint32_t len;
	enum postfix_program program;
} programs[] = {
	{"smtp", 4, POSTFIX_CLIENT}, {"qmgr", 4, POSTFIX_QMGR}, {"smtpd", 5, POSTFIX_SERVER},
	{"cleanup", 7, POSTFIX_CLEANUP}, {"lmtp", 4, POSTFIX_CLIENT}, {"local", 5, POSTFIX_INNER},
	{"pipe", 4, POSTFIX_INNER}, {"virtual", 7, POSTFIX_INNER}, {"error", 5, POSTFIX_ERROR},
	{"retry", 5, POSTFIX_ERROR}, {"pickup", 6, POSTFIX_PICKUP}, {"oqmgr", 5, POSTFIX_QMGR},
	{"nqmgr", 5, POSTFIX_QMGR}, {"discard", 7, POSTFIX_INNER}, {"qmqpd", 5, POSTFIX_SERVER},
	{"postsuper", 9, POSTFIX_POSTSUPER}, {"bounce", 6, POSTFIX_OTHER},
	{"defer", 5, POSTFIX_OTHER}, {"trace", 5, POSTFIX_OTHER}, {"verify", 6, POSTFIX_OTHER},
	{"anvil", 5, POSTFIX_OTHER}, {"scache", 6, POSTFIX_OTHER}, {"tlsmgr", 6, POSTFIX_OTHER},
	{"master", 6, POSTFIX_OTHER}, {"postscreen", 10, POSTFIX_OTHER},
	{"tlsproxy", 8, POSTFIX_OTHER}, {"dnsblog", 7, POSTFIX_OTHER},
	{"trivial-rewrite", 15, POSTFIX_OTHER}, {"proxymap", 8, POSTFIX_OTHER},
};

/* The syslog name is the administrator's, slashes and all; the daemon's name stands behind it. */
static enum postfix_program program_of(struct text name)
{
	const char *slash = name.len ? memrchr(name.p, '/', name.len) : NULL;

	if (!slash)
		return POSTFIX_NONE;
	struct text last = scan_span(slash + 1, name.p + name.len);

	for (size_t i = 0; i < sizeof(programs) / sizeof(*programs); i++)
		if (last.len == programs[i].len &&
		    memcmp(last.p, programs[i].name, last.len) == 0)
			return programs[i].program;
	return scan_begins(name, "postfix") ? POSTFIX_OTHER : POSTFIX_NONE;
}

/* ---- of the whole message ---- */

static enum log_verdict say(struct log *l, const struct postfix_line *p, enum message_event event,
			    struct text value, int64_t size)
{
	struct log_message m = {.event = event, .at = p->line->at, .queue_id = p->queue_id,
				.value = value, .size = size};

	m.host = log_host(l, SYSTEM_POSTFIX, p->line->host);
	m.service = log_service(l, p->line->program);
	log_message(l, &m);
	return LOG_EVENT;
}

bool postfix_address(struct text *t, struct text *ret)
{
	static const char *const next[] = {"orig_to=<", "relay=", "size=", "status="};
	struct text in = *t;

	if (!scan_words(&in, "<"))
		return false;
	const char *begin = in.p, *end = in.p + in.len, *p = begin;

	if (in.len && *p == '"') {
		scan_address(&in, ">");
		p = in.len ? in.p : begin;
	}
	while ((p = memchr(p, '>', (size_t)(end - p)))) {
		struct text rest = scan_span(p + 1, end);

		if (scan_words(&rest, ", "))
			for (size_t i = 0; i < sizeof(next) / sizeof(*next); i++)
				if (scan_begins(rest, next[i])) {
					*ret = scan_span(begin, p);
					*t = rest;
					return true;
				}
		p++;
	}
	return false;
}

/* "from=<s>, size=1, nrcpt=1 (queue active)", and of expiry "from=<s>, status=expired, ..". */
static enum log_verdict from_qmgr(struct log *l, const struct postfix_line *p)
{
	struct text t = p->text, sender;
	int64_t size = -1;

	if (scan_begins(t, "to=<"))
		return postfix_delivery(l, p);
	if (scan_is(t, "removed"))
		return say(l, p, MESSAGE_REMOVED, TEXT_ABSENT, -1);
	if (!scan_words(&t, "from="))
		return LOG_SKIPPED;
	if (!postfix_address(&t, &sender))
		return log_complain(l, p->line->whole, "a queue manager's line without an end");
	if (scan_begins(t, "status=expired") || scan_begins(t, "status=force-expired"))
		return say(l, p, MESSAGE_EXPIRED, TEXT_ABSENT, -1);
	if (!scan_words(&t, "size=") || !scan_number(&t, &size))
		return LOG_SKIPPED;
	return say(l, p, MESSAGE_SENDER, sender, size);
}

/* The first address of a From field, up to 200 bytes of which were logged; what follows is ours. */
static bool header_address(struct text t, struct text *ret)
{
	struct text name = scan_address(&t, "<@");

	if (t.len && *t.p == '<') {
		if (!scan_bracketed(&t, ret))
			return false;
	} else if (t.len) {
		const char *begin = name.p + name.len;

		while (begin > name.p && begin[-1] != ' ' && begin[-1] != ',')
			begin--;
		scan_to(&t, ' ');
		*ret = scan_span(begin, t.p);
	} else {
		return false;
	}
	const char *at = ret->len <= 320 ? memchr(ret->p, '@', ret->len) : NULL;

	return at && at > ret->p && at + 1 < ret->p + ret->len && !memchr(ret->p, ' ', ret->len);
}

static bool take_field(struct text *t, const char *name)
{
	size_t n = strlen(name);

	if (t->len <= n || strncasecmp(t->p, name, n) != 0)
		return false;
	scan_skip(t, n);
	*t = text_trim(*t);
	return true;
}

/* header_checks with INFO or WARN: "header From: Name <a@b> from client[ip]; from=<s> to=<r> ..". */
static enum log_verdict header(struct log *l, const struct postfix_line *p, struct text t)
{
	static const char *const campaigns[] = {"X-Campaign:", "X-Campaign-ID:", "X-CampaignID:",
						"X-Campaign-Name:"};
	struct text address;

	if (take_field(&t, "From:"))
		return header_address(t, &address)
			       ? say(l, p, MESSAGE_HEADER_FROM, address, -1)
			       : log_complain(l, p->line->whole,
					      "a header From without an address");
	for (size_t i = 0; i < sizeof(campaigns) / sizeof(*campaigns); i++) {
		if (!take_field(&t, campaigns[i]))
			continue;
		const char *end = scan_find(t, " from ");

		if (!end)
			end = scan_find(t, "; from=<");
		if (!end || end == t.p)
			return LOG_SKIPPED;
		return say(l, p, MESSAGE_CAMPAIGN, scan_span(t.p, end), -1);
	}
	return LOG_SKIPPED;
}

static enum log_verdict from_cleanup(struct log *l, const struct postfix_line *p)
{
	struct text t = p->text;

	if (scan_words(&t, "message-id=")) {
		const char *end = t.len && *t.p == '<' ? memchr(t.p, '>', t.len) : NULL;

		t = text_trim(end ? scan_span(t.p, end + 1) : t);
		if (!t.len || scan_is(t, "<>"))
			return LOG_SKIPPED;
		return say(l, p, MESSAGE_ID, t, -1);
	}
	if (scan_words(&t, "info: header ") || scan_words(&t, "warning: header "))
		return header(l, p, t);
	return scan_begins(t, "to=<") ? postfix_delivery(l, p) : LOG_SKIPPED;
}

/* "client=mx.example.com[192.0.2.1], sasl_method=PLAIN, ..". */
static enum log_verdict from_server(struct log *l, const struct postfix_line *p)
{
	struct text t = p->text;

	if (!scan_words(&t, "client="))
		return LOG_SKIPPED;
	return say(l, p, MESSAGE_ARRIVED, scan_to(&t, ','), -1);
}

/* "uid=0 from=<root>". */
static enum log_verdict from_pickup(struct log *l, const struct postfix_line *p)
{
	struct text t = p->text;

	if (!scan_begins(t, "uid="))
		return LOG_SKIPPED;
	return say(l, p, MESSAGE_ARRIVED, scan_to(&t, ' '), -1);
}

enum log_verdict log_postfix(struct log *l, const struct mail_line *line)
{
	struct postfix_line p = {line, program_of(line->program), TEXT_ABSENT, line->text};

	if (p.program == POSTFIX_NONE)
		return LOG_NOT_MINE;
	if (p.program == POSTFIX_OTHER || !take_queue_id(&p.text, &p.queue_id))
		return LOG_SKIPPED;
	switch (p.program) {
	case POSTFIX_CLIENT:
		return scan_begins(p.text, "to=<") ? postfix_delivery(l, &p)
						   : postfix_mx_attempt(l, &p);
	case POSTFIX_INNER:
	case POSTFIX_ERROR:
		return scan_begins(p.text, "to=<") ? postfix_delivery(l, &p) : LOG_SKIPPED;
	case POSTFIX_QMGR:
		return from_qmgr(l, &p);
	case POSTFIX_CLEANUP:
		return from_cleanup(l, &p);
	case POSTFIX_SERVER:
		return from_server(l, &p);
	case POSTFIX_PICKUP:
		return from_pickup(l, &p);
	case POSTFIX_POSTSUPER:
		return scan_is(p.text, "removed")
			       ? say(l, &p, MESSAGE_REMOVED_BY_ADMIN, TEXT_ABSENT, -1)
			       : LOG_SKIPPED;
	case POSTFIX_NONE:
	case POSTFIX_OTHER:
		break;
	}
	return LOG_SKIPPED;
}
