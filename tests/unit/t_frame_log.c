/* Frames of delivery logs: what one side writes the other reads; what breaks the rules is refused. */
#include "base/frame_log.h"
#include "tests/unit/tap.h"

#include <stdlib.h>

#define ITEM 5

/* All that a handler was told, as one text. */
static struct buf said;

static void say_text(const char *name, struct text t)
{
	if (text_present(t))
		buf_printf(&said, " %s=%.*s", name, (int)t.len, t.p);
}

static void say_ip(const char *name, const struct ip *ip)
{
	if (ip->family)
		buf_printf(&said, " %s=%u:%u..%u", name, ip->family, ip->bytes[0],
			   ip->bytes[ip->family == 4 ? 3 : 15]);
}

static void say_time(const char *name, struct log_time t)
{
	if (t.us != TIME_ABSENT)
		buf_printf(&said, " %s=%lld%s", name, (long long)t.us, t.local ? "L" : "Z");
}

static int on_log_head(void *ctx, uint32_t entry, struct err *e)
{
	(void)ctx;
	(void)e;
	buf_printf(&said, "log %u\n", entry);
	return 0;
}

static int on_log_host(void *ctx, uint16_t slot, enum log_system system, struct text name,
		       struct err *e)
{
	(void)ctx;
	(void)e;
	buf_printf(&said, "host %u %c %.*s\n", slot, system, (int)name.len, name.p);
	return 0;
}

static int on_log_service(void *ctx, uint16_t slot, struct text name, struct err *e)
{
	(void)ctx;
	(void)e;
	buf_printf(&said, "service %u %.*s\n", slot, (int)name.len, name.p);
	return 0;
}

static int on_log_reply(void *ctx, uint16_t slot, const struct log_reply *r, struct err *e)
{
	(void)ctx;
	(void)e;
	buf_printf(&said, "reply %u %u%s", slot, r->smtp_code, r->truncated ? " cut" : "");
	say_text("enhanced", r->enhanced);
	say_text("pattern", r->pattern);
	buf_printf(&said, "\n");
	return 0;
}

static int on_log_message(void *ctx, const struct log_message *m, struct err *e)
{
	(void)ctx;
	(void)e;
	buf_printf(&said, "message %c %u %u", m->event, m->host, m->service);
	say_time("at", m->at);
	say_text("id", m->queue_id);
	say_text("value", m->value);
	buf_printf(&said, " size=%lld\n", (long long)m->size);
	return 0;
}

static int on_log_attempt(void *ctx, const struct log_attempt *a, struct err *e)
{
	(void)ctx;
	(void)e;
	buf_printf(&said, "attempt %c%c%c %u %u %d", a->kind, a->outcome, a->stage, a->host,
		   a->service, a->reply == LOG_NO_SLOT ? -1 : a->reply);
	say_time("at", a->at);
	say_time("arrived", a->arrived_at);
	buf_printf(&said, " key=%llx delay=%lld reported=%d", (unsigned long long)a->line_key,
		   (long long)a->delay_ms, a->attempts_reported);
	say_text("id", a->queue_id);
	say_text("to", a->recipient);
	say_text("peer", a->peer_host);
	say_ip("peer_ip", &a->peer_ip);
	say_ip("source_ip", &a->source_ip);
	say_ip("reply_ip", &a->reply_ip);
	say_text("status", a->status);
	say_text("values", a->reply_values);
	say_text("message-id", a->message_id);
	say_text("from", a->envelope_from);
	say_text("header", a->header_from);
	say_text("campaign", a->campaign);
	buf_printf(&said, "\n");
	return 0;
}

static int on_log_unreadable(void *ctx, const struct log_unreadable *u, struct err *e)
{
	(void)ctx;
	(void)e;
	buf_printf(&said, "unreadable %d", (int)u->lines);
	say_text("reason", u->reason);
	say_text("sample", u->sample);
	buf_printf(&said, "\n");
	return 0;
}

static int on_log_part(void *ctx, const struct log_sums *s, struct err *e)
{
	(void)ctx;
	(void)e;
	buf_printf(&said, "part %d bytes, %d lines, %d events, %d skipped, %d unreadable%s\n",
		   (int)s->bytes, (int)s->lines, (int)s->events, (int)s->skipped,
		   (int)s->unreadable, s->last ? ", the last" : "");
	return 0;
}

static int on_refused(void *ctx, uint32_t entry, enum err_class class, struct text why,
		      struct err *e)
{
	(void)ctx;
	(void)class;
	(void)e;
	buf_printf(&said, "refused %u: %.*s\n", entry, (int)why.len, why.p);
	return 0;
}

static int on_not_report(void *ctx, uint32_t entry, struct text what, struct err *e)
{
	(void)ctx;
	(void)entry;
	(void)what;
	(void)e;
	return 0;
}

static int on_item_end(void *ctx, uint32_t entries, uint64_t bytes_out, struct err *e)
{
	(void)ctx;
	(void)e;
	buf_printf(&said, "end %u %llu\n", entries, (unsigned long long)bytes_out);
	return 0;
}

static const struct frame_handler handler = {
	.refused = on_refused, .not_report = on_not_report, .item_end = on_item_end,
	.log_head = on_log_head, .log_host = on_log_host, .log_service = on_log_service,
	.log_reply = on_log_reply, .log_message = on_log_message, .log_attempt = on_log_attempt,
	.log_unreadable = on_log_unreadable, .log_part = on_log_part,
};

/* Feeds what is in b and empties it; what was told is in said. The error's class. */
static enum err_class feed(struct buf *b)
{
	struct frame_check *check = frame_check_new(&handler);
	const uint8_t *p = (const uint8_t *)b->p;
	size_t left = b->len, used = 0;
	struct err e = {0};
	struct frame f;
	int got = 0;

	said.len = 0;
	frame_check_expect(check, ITEM);
	while (left && (got = frame_next(p, left, &f, &used, &e)) == 1) {
		if (frame_check_feed(check, &f, &e) < 0)
			break;
		p += used;
		left -= used;
	}
	frame_check_free(check);
	b->len = 0;
	return e.class;
}

/* ---- writing what a worker writes ---- */

static const struct log_attempt deferred = {
	.kind = EVENT_ATTEMPT, .outcome = ATTEMPT_DEFERRED, .stage = STAGE_RCPT, .host = 1,
	.service = 2, .reply = 3, .at = {1780000000000000, true}, .line_key = 0xfeedface,
	.queue_id = {"4XYZabc", 7}, .recipient = {"a@example.net", 13},
	.peer_host = {"mx0a-00123456.pphosted.com", 26}, .peer_ip = {4, {203, 0, 113, 7}},
	.source_ip = {6, {0x20, [15] = 9}}, .reply_ip = {4, {192, 0, 2, 1}}, .delay_ms = 1500,
	.attempts_reported = 2, .status = {"4.0.0", 5}, .reply_values = {"192.0.2.1\x1f""x", 11},
	.message_id = {"<1@example.com>", 15}, .envelope_from = {"", 0},
	.header_from = {"news@example.com", 16}, .campaign = {"june", 4},
	.arrived_at = {1779999998500000, false},
};

static void put_head(struct buf *b, uint32_t entry)
{
	size_t at = frame_begin(b, FRAME_LOG_HEAD, ITEM);

	frame_put_u32(b, entry);
	frame_finish(b, at);
}

static void put_slots(struct buf *b)
{
	const struct log_reply r = {421, false, TEXT_ABSENT, text_of("421 Deferred - see {ip}")};

	frame_put_log_host(b, 1, SYSTEM_POSTFIX, text_of("mx1"));
	frame_put_log_service(b, 2, text_of("postfix/smtp"));
	frame_put_log_reply(b, 3, &r);
}

static void put_attempt(struct buf *b, const struct log_attempt *a, bool slots)
{
	size_t at = frame_begin(b, FRAME_LOG, ITEM);

	if (slots)
		put_slots(b);
	frame_put_log_attempt(b, a);
	frame_finish(b, at);
}

static void put_part(struct buf *b, const struct log_sums *s)
{
	size_t at = frame_begin(b, FRAME_LOG_PART, ITEM);

	frame_put_log_sums(b, s);
	frame_finish(b, at);
}

static void put_end(struct buf *b, uint32_t entries)
{
	size_t at = frame_begin(b, FRAME_ITEM_END, ITEM);

	frame_put_u32(b, entries);
	frame_put_u64(b, 3LL << 30);
	frame_finish(b, at);
}

static const struct log_sums one = {.bytes = 100, .lines = 1, .events = 1, .last = true};

/* One log of one part with one attempt. */
static enum err_class feed_attempt(const struct log_attempt *a)
{
	struct buf b = {0};

	put_head(&b, 0);
	put_attempt(&b, a, true);
	put_part(&b, &one);
	put_end(&b, 1);
	enum err_class class = feed(&b);

	buf_free(&b);
	return class;
}

/* ---- tests ---- */

static void test_good(void)
{
	const struct log_message m = {.event = MESSAGE_SENDER, .host = 1, .service = 2,
				      .at = {1780000000000001, false}, .size = 5000,
				      .queue_id = text_of("4XYZabc"), .value = text_of("")};
	const struct log_unreadable u = {2, text_of("no status"), text_of("to=<")};
	const struct log_sums first = {.bytes = 1000, .lines = 9, .events = 2, .skipped = 5,
				       .unreadable = 2};
	struct buf b = {0};
	size_t at;

	put_head(&b, 0);
	at = frame_begin(&b, FRAME_LOG, ITEM);
	put_slots(&b);
	frame_put_log_message(&b, &m);
	frame_put_log_attempt(&b, &deferred);
	frame_put_log_unreadable(&b, &u);
	frame_finish(&b, at);
	put_part(&b, &first);
	put_attempt(&b, &deferred, true);
	put_part(&b, &one);
	put_end(&b, 1);
	is_int(feed(&b), ERR_NONE, "a log of two parts keeps the rules");
	is_str(buf_cstr(&said),
	       "log 0\n"
	       "host 1 p mx1\n"
	       "service 2 postfix/smtp\n"
	       "reply 3 421 pattern=421 Deferred - see {ip}\n"
	       "message f 1 2 at=1780000000000001Z id=4XYZabc value= size=5000\n"
	       "attempt adr 1 2 3 at=1780000000000000L arrived=1779999998500000Z key=feedface "
	       "delay=1500 reported=2 id=4XYZabc to=a@example.net "
	       "peer=mx0a-00123456.pphosted.com peer_ip=4:203..7 source_ip=6:32..9 "
	       "reply_ip=4:192..1 status=4.0.0 values=192.0.2.1\x1f""x "
	       "message-id=<1@example.com> from= header=news@example.com campaign=june\n"
	       "unreadable 2 reason=no status sample=to=<\n"
	       "part 1000 bytes, 9 lines, 2 events, 5 skipped, 2 unreadable\n"
	       "host 1 p mx1\n"
	       "service 2 postfix/smtp\n"
	       "reply 3 421 pattern=421 Deferred - see {ip}\n"
	       "attempt adr 1 2 3 at=1780000000000000L arrived=1779999998500000Z key=feedface "
	       "delay=1500 reported=2 id=4XYZabc to=a@example.net "
	       "peer=mx0a-00123456.pphosted.com peer_ip=4:203..7 source_ip=6:32..9 "
	       "reply_ip=4:192..1 status=4.0.0 values=192.0.2.1\x1f""x "
	       "message-id=<1@example.com> from= header=news@example.com campaign=june\n"
	       "part 100 bytes, 1 lines, 1 events, 0 skipped, 0 unreadable, the last\n"
	       "end 1 3221225472\n", "and all of it arrives; a log may be over 2 GB");
	put_head(&b, 2);
	put_attempt(&b, &deferred, true);
	at = frame_begin(&b, FRAME_REFUSED, ITEM);
	frame_put_u32(&b, 2);
	buf_add(&b, (const char[]){ERR_INPUT}, 1);
	frame_put_text(&b, text_of("the gzip breaks off"));
	frame_finish(&b, at);
	put_end(&b, 1);
	is_int(feed(&b), ERR_NONE, "a log that breaks off");
	buf_free(&b);
}

static void test_slots(void)
{
	struct log_attempt a = deferred;
	struct buf b = {0};

	put_head(&b, 0);
	put_attempt(&b, &deferred, true);
	put_part(&b, &(struct log_sums){.bytes = 100, .lines = 1, .events = 1});
	put_attempt(&b, &deferred, false);
	is_int(feed(&b), ERR_BUG, "slots of the part before are forgotten");
	a.host = 2;
	is_int(feed_attempt(&a), ERR_BUG, "a host's slot that nothing is in");
	a = deferred;
	a.service = 60000;
	is_int(feed_attempt(&a), ERR_BUG, "a service's slot out of bounds");
	a = deferred;
	a.reply = 4;
	is_int(feed_attempt(&a), ERR_BUG, "a reply's slot that nothing is in");
	a.reply = LOG_NO_SLOT;
	is_int(feed_attempt(&a), ERR_NONE, "no reply is fine");
	buf_free(&b);
}

static void test_events(void)
{
	static const struct {
		enum attempt_kind kind;
		enum attempt_outcome outcome;
		bool recipient, good;
		const char *name;
	} cases[] = {
		{EVENT_ATTEMPT, ATTEMPT_ACCEPTED, true, true, "an attempt is accepted"},
		{EVENT_ATTEMPT, ATTEMPT_EXPIRED, true, false, "no attempt expires"},
		{EVENT_ATTEMPT, ATTEMPT_DEFERRED, false, false, "an attempt has a recipient"},
		{EVENT_MX_ATTEMPT, ATTEMPT_DEFERRED, false, true, "one more host has none"},
		{EVENT_MX_ATTEMPT, ATTEMPT_DEFERRED, true, false, "and must have none"},
		{EVENT_MX_ATTEMPT, ATTEMPT_ACCEPTED, false, false, "nor is it accepted"},
		{EVENT_QUEUE_SUSPENDED, ATTEMPT_BOUNCED, true, false, "suspended is deferred"},
		{EVENT_QUEUE, ATTEMPT_EXPIRED, true, true, "the queue's end is expiry"},
		{EVENT_QUEUE, ATTEMPT_DEFERRED, true, false, "and no deferral"},
		{EVENT_LATER_DSN, ATTEMPT_BOUNCED, true, true, "a later DSN bounces"},
		{(enum attempt_kind)'z', ATTEMPT_BOUNCED, true, false, "another kind is none"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct log_attempt a = deferred;

		a.kind = cases[i].kind;
		a.outcome = cases[i].outcome;
		if (!cases[i].recipient)
			a.recipient = TEXT_ABSENT;
		is_int(feed_attempt(&a), cases[i].good ? ERR_NONE : ERR_BUG, cases[i].name);
	}
}

static void test_values(void)
{
	struct log_attempt a = deferred;

	a.at.us = -1;
	is_int(feed_attempt(&a), ERR_BUG, "a time before 1970");
	a.at.us = TIME_ABSENT;
	is_int(feed_attempt(&a), ERR_BUG, "no time");
	a = deferred;
	a.arrived_at.us = TIME_ABSENT;
	is_int(feed_attempt(&a), ERR_NONE, "an arrival that nobody told");
	a = deferred;
	a.delay_ms = -2;
	is_int(feed_attempt(&a), ERR_BUG, "a delay below none");
	a = deferred;
	a.queue_id = TEXT_ABSENT;
	is_int(feed_attempt(&a), ERR_BUG, "no queue id");
	a = deferred;
	a.message_id = text_of("\xff");
	is_int(feed_attempt(&a), ERR_BUG, "a text that is no UTF-8");
	a = deferred;
	a.status = text_of("4.0.0 and then some");
	is_int(feed_attempt(&a), ERR_BUG, "a status that is none");
}

static void test_sums(void)
{
	static const struct log_sums bad[] = {
		{.bytes = 1, .lines = 2, .events = 2, .last = true},
		{.bytes = 9, .lines = 2, .events = 3, .last = true},
		{.bytes = 9, .lines = 3, .events = 1, .skipped = 1, .last = true},
		{.bytes = 9, .lines = 3, .events = 1, .skipped = 1, .unreadable = 1, .last = true},
		{.bytes = 9, .lines = 1, .events = 1, .skipped = UINT64_MAX, .unreadable = 1},
	};
	struct buf b = {0};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		put_head(&b, 0);
		put_part(&b, &bad[i]);
		is_int(feed(&b), ERR_BUG, "sums that do not fit");
	}
	put_head(&b, 0);
	put_end(&b, 1);
	is_int(feed(&b), ERR_BUG, "an item that ends within a log");
	put_attempt(&b, &deferred, true);
	is_int(feed(&b), ERR_BUG, "events outside a log");
	put_head(&b, 0);
	put_head(&b, 1);
	is_int(feed(&b), ERR_BUG, "a log within a log");
	put_head(&b, 0);
	put_part(&b, &one);
	put_head(&b, 0);
	is_int(feed(&b), ERR_BUG, "two logs for one entry");
	buf_free(&b);
}

static void test_item(void)
{
	const struct log_hint hint = {FORM_CSV, 1780000000, text_of("type,timeLogged")};
	struct buf b = {0};
	struct trust trust;
	struct log_hint got;
	struct frame f;
	struct err e;
	uint64_t size;
	size_t used, at = frame_begin(&b, FRAME_ITEM, ITEM);
	bool fd;

	frame_put_item(&b, false, 17, NULL, &hint);
	frame_finish(&b, at);
	ok(frame_next((const uint8_t *)b.p, b.len, &f, &used, &e) == 1 &&
		   frame_get_item(&f, &fd, &size, &trust, &got, &e) == 0 &&
		   got.form == FORM_CSV && got.now == 1780000000 &&
		   text_eq(got.columns, hint.columns),
	   "the hint arrives");
	b.p[FRAME_HEADER + 16 + 2] = 'z';
	ok(frame_next((const uint8_t *)b.p, b.len, &f, &used, &e) != 1 ||
		   frame_get_item(&f, &fd, &size, &trust, &got, &e) < 0,
	   "a form that is none");
	buf_free(&b);
}

int main(void)
{
	test_good();
	test_slots();
	test_events();
	test_values();
	test_sums();
	test_item();
	buf_free(&said);
	return tap_done();
}
