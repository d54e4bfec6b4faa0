/*
 * log_trace - the part of parse_trace.h that is of delivery logs: a line for each message event,
 * attempt and unreadable reason, with the names that their slots stand for.
 *
 *   message KIND QUEUE-ID TIME host service value size=N
 *   attempt KIND OUTCOME STAGE QUEUE-ID TIME host service to=.. peer=HOST[IP] code=.. reply=..
 *   (the reply's text, put together of pattern and values)
 *   unreadable LINES reason
 *   part LINES events=N skipped=N unreadable=N[ last]
 */
#ifndef TESTS_LOG_TRACE_H
#define TESTS_LOG_TRACE_H

#include <arpa/inet.h>
#include <time.h>

static const char *trace_text(const char *s);

static char trace_hosts[LIMIT_LOG_HOSTS][80], trace_services[LIMIT_LOG_HOSTS][80];
static char trace_replies[LIMIT_LOG_REPLIES][100], *trace_patterns[LIMIT_LOG_REPLIES];
static uint64_t trace_keys[1000]; /* of attempts, in their order */
static size_t trace_n_keys;

static int on_log_head(void *ctx, uint32_t entry, struct err *e)
{
	(void)ctx, (void)e;
	buf_printf(&trace, "log %u\n", entry);
	return 0;
}

static int on_log_host(void *ctx, uint16_t slot, enum log_system system, struct text name,
		       struct err *e)
{
	(void)ctx, (void)e;
	snprintf(trace_hosts[slot], sizeof(trace_hosts[0]), "%c:%.*s", system, (int)name.len, name.p);
	return 0;
}

static int on_log_service(void *ctx, uint16_t slot, struct text name, struct err *e)
{
	(void)ctx, (void)e;
	snprintf(trace_services[slot], sizeof(trace_services[0]), "%.*s", (int)name.len, name.p);
	return 0;
}

static int on_log_reply(void *ctx, uint16_t slot, const struct log_reply *r, struct err *e)
{
	(void)ctx, (void)e;
	snprintf(trace_replies[slot], sizeof(trace_replies[0]), " code=%u%s%s%.*s", r->smtp_code,
		 r->truncated ? " truncated" : "", r->enhanced.p ? " enhanced=" : "",
		 (int)r->enhanced.len, r->enhanced.p ? r->enhanced.p : "");
	free(trace_patterns[slot]);
	trace_patterns[slot] = xstrndup(r->pattern.p, r->pattern.len);
	return 0;
}

/* A pattern's braces are those of its variables only. */
static void put_reply(const char *pattern, struct text values)
{
	const char *open, *value = values.p, *end = values.p + values.len, *stop;

	buf_adds(&trace, " reply=");
	for (; (open = strchr(pattern, '{')); pattern = strchr(open, '}') + 1) {
		stop = value ? memchr(value, '\x1f', (size_t)(end - value)) : NULL;
		stop = stop ? stop : end;
		buf_add(&trace, pattern, (size_t)(open - pattern));
		if (value)
			buf_add(&trace, value, (size_t)(stop - value));
		value = stop && stop < end ? stop + 1 : NULL;
	}
	buf_adds(&trace, pattern);
}

static void put_time(struct log_time t)
{
	time_t s = (time_t)(t.us / 1000000);
	struct tm tm;
	char text[40];

	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", gmtime_r(&s, &tm));
	buf_printf(&trace, " %s", text);
	if (t.us % 1000000)
		buf_printf(&trace, ".%06lld", (long long)(t.us % 1000000));
	buf_adds(&trace, t.local ? "L" : "Z");
}

static void put_ip(const char *name, const struct ip *ip)
{
	char text[INET6_ADDRSTRLEN];

	if (ip->family)
		buf_printf(&trace, " %s=%s", name,
			   inet_ntop(ip->family == 4 ? AF_INET : AF_INET6, ip->bytes, text,
				     sizeof(text)));
}

static int on_log_message(void *ctx, const struct log_message *m, struct err *e)
{
	(void)ctx, (void)e;
	buf_printf(&trace, "message %c %.*s", m->event, (int)m->queue_id.len, m->queue_id.p);
	put_time(m->at);
	buf_printf(&trace, " %s %s", trace_hosts[m->host], trace_services[m->service]);
	put_field("value", m->value);
	if (m->size >= 0)
		buf_printf(&trace, " size=%lld", (long long)m->size);
	buf_addc(&trace, '\n');
	return 0;
}

static int on_log_attempt(void *ctx, const struct log_attempt *a, struct err *e)
{
	(void)ctx, (void)e;
	if (trace_n_keys < sizeof(trace_keys) / sizeof(*trace_keys))
		trace_keys[trace_n_keys++] = a->line_key;
	buf_printf(&trace, "attempt %c %c %c %.*s", a->kind, a->outcome, a->stage,
		   (int)a->queue_id.len, a->queue_id.p);
	put_time(a->at);
	buf_printf(&trace, " %s %s", trace_hosts[a->host], trace_services[a->service]);
	put_field("to", a->recipient);
	put_field("peer", a->peer_host);
	put_ip("ip", &a->peer_ip);
	put_ip("source", &a->source_ip);
	put_ip("named", &a->reply_ip);
	if (a->delay_ms >= 0)
		buf_printf(&trace, " delay=%lld", (long long)a->delay_ms);
	if (a->attempts_reported >= 0)
		buf_printf(&trace, " attempts=%d", a->attempts_reported);
	put_field("status", a->status);
	put_field("id", a->message_id);
	put_field("from", a->envelope_from);
	put_field("header", a->header_from);
	put_field("campaign", a->campaign);
	if (a->arrived_at.us != TIME_ABSENT)
		put_time(a->arrived_at);
	if (a->reply != LOG_NO_SLOT) {
		buf_adds(&trace, trace_replies[a->reply]);
		put_reply(trace_patterns[a->reply], a->reply_values);
	}
	buf_addc(&trace, '\n');
	return 0;
}

static int on_log_unreadable(void *ctx, const struct log_unreadable *u, struct err *e)
{
	(void)ctx, (void)e;
	buf_printf(&trace, "unreadable %llu %.*s\n", (unsigned long long)u->lines,
		   (int)u->reason.len, u->reason.p);
	return 0;
}

static int on_log_part(void *ctx, const struct log_sums *s, struct err *e)
{
	(void)ctx, (void)e;
	buf_printf(&trace, "part %llu events=%llu skipped=%llu unreadable=%llu%s\n",
		   (unsigned long long)s->lines, (unsigned long long)s->events,
		   (unsigned long long)s->skipped, (unsigned long long)s->unreadable,
		   s->last ? " last" : "");
	return 0;
}

/* The lines for a log of these lines, as the parent hands them over: written at that time. */
__attribute__((unused)) static const char *trace_log(const char *lines, int64_t now)
{
	struct log_hint hint = {.form = FORM_LINES, .now = now};
	const char *got;

	if (!trace_parser)
		trace_parser = parser_new();
	parser_log(trace_parser, &hint);
	got = trace_text(lines);
	parser_log(trace_parser, NULL);
	return got;
}

#define LOG_TRACE \
	.log_head = on_log_head, .log_host = on_log_host, .log_service = on_log_service, \
	.log_reply = on_log_reply, .log_message = on_log_message, .log_attempt = on_log_attempt, \
	.log_unreadable = on_log_unreadable, .log_part = on_log_part

#endif
