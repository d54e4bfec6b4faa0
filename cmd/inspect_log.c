/* Delivery logs: a line, or a JSON object, for each thing that a line of the log says. */
#include "cmd/inspect.h"
#include "base/reply.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Slots of the part that is being read. */
struct inspect_log {
	struct buf hosts[LIMIT_LOG_HOSTS], services[LIMIT_LOG_HOSTS];
	enum log_system systems[LIMIT_LOG_HOSTS];
	struct buf replies[LIMIT_LOG_REPLIES];
	uint32_t entry;
	struct buf value; /* scratch */
};

static struct inspect_log *log_of(struct inspect *i)
{
	if (!i->log)
		i->log = xcalloc(1, sizeof(*i->log));
	return i->log;
}

void inspect_log_free(struct inspect *i)
{
	for (size_t k = 0; i->log && k < LIMIT_LOG_HOSTS; k++) {
		buf_free(&i->log->hosts[k]);
		buf_free(&i->log->services[k]);
	}
	for (size_t k = 0; i->log && k < LIMIT_LOG_REPLIES; k++)
		buf_free(&i->log->replies[k]);
	if (i->log)
		buf_free(&i->log->value);
	free(i->log);
	i->log = NULL;
}

static void set(struct buf *b, struct text t)
{
	b->len = 0;
	buf_add(b, t.p, t.len);
	buf_cstr(b);
}

static struct text text_in(const struct buf *b)
{
	return (struct text){b->p ? b->p : "", (uint32_t)b->len};
}

/* ---- words ---- */

static const char *system_word(enum log_system s)
{
	switch (s) {
	case SYSTEM_POSTFIX:
		return "postfix";
	case SYSTEM_EXIM:
		return "exim";
	case SYSTEM_SENDMAIL:
		return "sendmail";
	case SYSTEM_OPENSMTPD:
		return "opensmtpd";
	case SYSTEM_POWERMTA:
		return "powermta";
	case SYSTEM_KUMOMTA:
		return "kumomta";
	}
	return "?";
}

static const char *message_word(enum message_event m)
{
	switch (m) {
	case MESSAGE_ARRIVED:
		return "arrived";
	case MESSAGE_ID:
		return "message_id";
	case MESSAGE_SENDER:
		return "sender";
	case MESSAGE_HEADER_FROM:
		return "header_from";
	case MESSAGE_CAMPAIGN:
		return "campaign";
	case MESSAGE_REMOVED:
		return "removed";
	case MESSAGE_REMOVED_BY_ADMIN:
		return "removed_by_admin";
	case MESSAGE_EXPIRED:
		return "expired";
	}
	return "?";
}

static const char *kind_word(enum attempt_kind k)
{
	switch (k) {
	case EVENT_ATTEMPT:
		return "attempt";
	case EVENT_MX_ATTEMPT:
		return "mx_attempt";
	case EVENT_QUEUE_SUSPENDED:
		return "queue_suspended";
	case EVENT_QUEUE:
		return "queue";
	case EVENT_LATER_DSN:
		return "later_dsn";
	}
	return "?";
}

static const char *outcome_word(enum attempt_outcome o)
{
	switch (o) {
	case ATTEMPT_ACCEPTED:
		return "accepted";
	case ATTEMPT_DEFERRED:
		return "deferred";
	case ATTEMPT_BOUNCED:
		return "bounced";
	case ATTEMPT_EXPIRED:
		return "expired";
	case ATTEMPT_REMOVED:
		return "removed";
	}
	return "?";
}

static const char *stage_word(enum smtp_stage s)
{
	switch (s) {
	case STAGE_UNKNOWN:
		return NULL;
	case STAGE_CONNECT:
		return "connect";
	case STAGE_GREETING:
		return "greeting";
	case STAGE_EHLO:
		return "ehlo";
	case STAGE_STARTTLS:
		return "starttls";
	case STAGE_MAIL:
		return "mail";
	case STAGE_RCPT:
		return "rcpt";
	case STAGE_DATA:
		return "data";
	case STAGE_END_OF_DATA:
		return "end_of_data";
	}
	return NULL;
}

/* ---- one member of a line ---- */

static void add(struct inspect *i, const char *key, struct text t)
{
	struct buf *b = &i->line;

	if (!text_present(t) || (!t.len && !i->json))
		return;
	if (i->json) {
		buf_printf(b, ", \"%s\": ", key);
		text_add_json(b, t);
		return;
	}
	buf_addc(b, ' ');
	if (*key)
		buf_printf(b, "%s=", key);
	text_add_visible(b, t);
}

/* In a table its place says what it is. */
static void add_bare(struct inspect *i, const char *key, struct text t)
{
	add(i, i->json ? key : "", t);
}

static void add_number(struct inspect *i, const char *key, int64_t n)
{
	if (i->json)
		buf_printf(&i->line, ", \"%s\": %lld", key, (long long)n);
	else
		buf_printf(&i->line, " %s=%lld", key, (long long)n);
}

static void add_ip(struct inspect *i, const char *key, const struct ip *ip)
{
	char text[64];

	if (ip->family)
		add(i, key, text_of(inspect_ip(ip, text)));
}

/* A stamp that has no zone is shown without one. */
static void add_time(struct inspect *i, const char *key, struct log_time at)
{
	char text[48];
	time_t s = (time_t)(at.us / 1000000);
	struct tm tm;
	size_t n;

	if (at.us == TIME_ABSENT || !gmtime_r(&s, &tm))
		return;
	n = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	if (at.us % 1000000)
		n += (size_t)snprintf(text + n, sizeof(text) - n, ".%06d",
				      (int)((at.us % 1000000 + 1000000) % 1000000));
	snprintf(text + n, sizeof(text) - n, "%s", at.local ? "" : "+00:00");
	add(i, key, text_of(text));
}

static void begin(struct inspect *i, const char *event)
{
	struct buf *b = &i->line;

	b->len = 0;
	if (!i->json) {
		buf_adds(b, " ");
		return;
	}
	buf_adds(b, "{\"source\": ");
	text_add_json(b, text_of(i->source));
	buf_adds(b, ", \"item\": ");
	text_add_json(b, text_of(i->item));
	buf_printf(b, ", \"entry\": %u, \"outcome\": \"log\", \"event\": \"%s\"", log_of(i)->entry,
		   event);
}

static void end(struct inspect *i)
{
	buf_adds(&i->line, i->json ? "}\n" : "\n");
	inspect_put_line(i);
}

static void add_place(struct inspect *i, struct log_time at, uint16_t host, uint16_t service,
		      struct text queue_id)
{
	struct inspect_log *l = log_of(i);

	add_time(i, i->json ? "at" : "", at);
	add_bare(i, "host", text_in(&l->hosts[host]));
	if (i->json)
		add(i, "system", text_of(system_word(l->systems[host])));
	add_bare(i, "service", text_in(&l->services[service]));
	add_bare(i, "queue_id", queue_id);
}

/* ---- what a worker says ---- */

int inspect_log_head(void *ctx, uint32_t entry, struct err *e)
{
	struct inspect *i = inspect_of(ctx);

	(void)e;
	log_of(i)->entry = entry;
	if (i->json || i->log_named)
		return 0;
	i->line.len = 0;
	text_add_visible(&i->line, text_of(i->item));
	if (entry)
		buf_printf(&i->line, ", entry %u", entry);
	buf_adds(&i->line, ": a delivery log\n");
	inspect_put_line(i);
	i->log_named = i->log_of_file;
	return 0;
}

int inspect_log_host(void *ctx, uint16_t slot, enum log_system system, struct text name,
		     struct err *e)
{
	struct inspect_log *l = log_of(inspect_of(ctx));

	(void)e;
	set(&l->hosts[slot], name);
	l->systems[slot] = system;
	return 0;
}

int inspect_log_service(void *ctx, uint16_t slot, struct text name, struct err *e)
{
	(void)e;
	set(&log_of(inspect_of(ctx))->services[slot], name);
	return 0;
}

int inspect_log_reply(void *ctx, uint16_t slot, const struct log_reply *r, struct err *e)
{
	(void)e;
	set(&log_of(inspect_of(ctx))->replies[slot], r->pattern);
	return 0;
}

int inspect_log_message(void *ctx, const struct log_message *m, struct err *e)
{
	struct inspect *i = inspect_of(ctx);

	(void)e;
	begin(i, message_word(m->event));
	add_place(i, m->at, m->host, m->service, m->queue_id);
	if (!i->json)
		buf_printf(&i->line, " %s", message_word(m->event));
	add_bare(i, "value", m->value);
	if (m->size >= 0)
		add_number(i, "size", m->size);
	end(i);
	return 0;
}

/* The reply as it was: its values put back into the pattern. */
static struct text whole_reply(struct inspect_log *l, const struct log_attempt *a)
{
	const struct buf *pattern = &l->replies[a->reply];
	const char *p = pattern->p, *stop = p + pattern->len;
	struct text v = a->reply_values;

	l->value.len = 0;
	while (p < stop) {
		const char *close = *p == '{' ? memchr(p, '}', (size_t)(stop - p)) : NULL;

		if (!close) {
			buf_addc(&l->value, *p++);
			continue;
		}
		const char *next = v.len ? memchr(v.p, REPLY_SEPARATOR, v.len) : NULL;
		uint32_t n = next ? (uint32_t)(next - v.p) : v.len;

		buf_add(&l->value, v.p, n);
		n += next != NULL;
		v = (struct text){v.p + n, v.len - n};
		p = close + 1;
	}
	return text_in(&l->value);
}

int inspect_log_attempt(void *ctx, const struct log_attempt *a, struct err *e)
{
	struct inspect *i = inspect_of(ctx);

	(void)e;
	begin(i, kind_word(a->kind));
	add_place(i, a->at, a->host, a->service, a->queue_id);
	if (!i->json)
		buf_printf(&i->line, " %s", kind_word(a->kind));
	add_bare(i, "result", text_of(outcome_word(a->outcome)));
	add(i, "recipient", a->recipient);
	add(i, "peer_host", a->peer_host);
	add_ip(i, "peer_ip", &a->peer_ip);
	add_ip(i, "source_ip", &a->source_ip);
	add_ip(i, "reply_ip", &a->reply_ip);
	add(i, "stage", text_of(stage_word(a->stage)));
	add(i, "status", a->status);
	if (a->delay_ms >= 0)
		add_number(i, "delay_ms", a->delay_ms);
	if (a->attempts_reported >= 0)
		add_number(i, "attempts_reported", a->attempts_reported);
	add_time(i, "arrived_at", a->arrived_at);
	add(i, "message_id", a->message_id);
	add(i, "envelope_from", a->envelope_from);
	add(i, "header_from", a->header_from);
	add(i, "campaign", a->campaign);
	if (a->reply != LOG_NO_SLOT)
		add(i, "reply", whole_reply(log_of(i), a));
	end(i);
	return 0;
}

int inspect_log_unreadable(void *ctx, const struct log_unreadable *u, struct err *e)
{
	struct inspect *i = inspect_of(ctx);

	(void)e;
	begin(i, "unreadable");
	if (!i->json)
		buf_adds(&i->line, " can't be read:");
	add_number(i, "unreadable", (int64_t)u->lines);
	add(i, "reason", u->reason);
	add(i, "sample", u->sample);
	end(i);
	return 0;
}

int inspect_log_part(void *ctx, const struct log_sums *s, struct err *e)
{
	struct inspect *i = inspect_of(ctx);

	(void)e;
	begin(i, "part");
	if (i->json) {
		add_number(i, "lines", (int64_t)s->lines);
		add_number(i, "events", (int64_t)s->events);
		add_number(i, "skipped", (int64_t)s->skipped);
		add_number(i, "unreadable", (int64_t)s->unreadable);
	} else {
		buf_printf(&i->line, " %llu lines: %llu events, %llu of other programs or no interest, "
			   "%llu that can't be read", (unsigned long long)s->lines,
			   (unsigned long long)s->events, (unsigned long long)s->skipped,
			   (unsigned long long)s->unreadable);
	}
	end(i);
	return 0;
}
