/*
 * log_told - what the parser says of a delivery log, as lines to compare with: its frames go through
 * the parent's check, replies are put together again out of pattern and values.
 *
 *	2026-06-01 14:20:03~ QUEUEID arrived client          ~: local time, its zone is not known
 *	2026-06-01 14:20:03.5 QUEUEID attempt deferred stage=rcpt host=.. to=.. peer=name[ip] ..
 *	unreadable 1 reason: line
 *	part lines=.. events=.. skipped=.. unreadable=..
 *
 * Lines are sorted by time where `told_sorted`; events of one line stay in their order.
 */
#ifndef TESTS_LOG_TOLD_H
#define TESTS_LOG_TOLD_H

#include "parse/parse.h"
#include "tests/unit/tap.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <time.h>

#define TOLD_ITEM 7
#define TOLD_SLOTS 4096

static struct parser *told_parser;
static struct buf told;
static char *told_hosts[TOLD_SLOTS], *told_services[TOLD_SLOTS], *told_patterns[TOLD_SLOTS];
static char *told_enhanced[TOLD_SLOTS];
static uint16_t told_codes[TOLD_SLOTS];
static bool told_truncated[TOLD_SLOTS];
static struct log_sums told_sums; /* of all parts */
static unsigned told_parts;
static struct buf told_keys;      /* line_key of each attempt */

static void told_keep(char **at, struct text t)
{
	free(*at);
	*at = t.p ? xstrndup(t.p, t.len) : NULL;
}

static int told_host(void *ctx, uint16_t slot, enum log_system system, struct text name,
		     struct err *e)
{
	char s[300];

	(void)ctx, (void)e;
	snprintf(s, sizeof(s), "%c:%.*s", system, (int)name.len, name.p);
	told_keep(&told_hosts[slot], text_of(s));
	return 0;
}

static int told_service(void *ctx, uint16_t slot, struct text name, struct err *e)
{
	(void)ctx, (void)e;
	told_keep(&told_services[slot], name);
	return 0;
}

static int told_reply(void *ctx, uint16_t slot, const struct log_reply *r, struct err *e)
{
	(void)ctx, (void)e;
	told_keep(&told_patterns[slot], r->pattern);
	told_keep(&told_enhanced[slot], r->enhanced);
	told_codes[slot] = r->smtp_code;
	told_truncated[slot] = r->truncated;
	return 0;
}

static void told_time(struct log_time t)
{
	time_t s = t.us / 1000000;
	int64_t us = t.us % 1000000;
	struct tm tm;
	char text[40];

	gmtime_r(&s, &tm);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	buf_adds(&told, text);
	if (us)
		buf_printf(&told, ".%06d", (int)us);
	if (t.local)
		buf_addc(&told, '~');
}

static void told_text(const char *name, struct text t)
{
	if (!t.p)
		return;
	buf_printf(&told, " %s=", name);
	text_add_visible(&told, t);
}

static void told_ip(const struct ip *ip)
{
	char s[INET6_ADDRSTRLEN] = "";

	if (ip->family)
		inet_ntop(ip->family == 6 ? AF_INET6 : AF_INET, ip->bytes, s, sizeof(s));
	buf_adds(&told, s);
}

static int told_message(void *ctx, const struct log_message *m, struct err *e)
{
	static const struct {
		char c;
		const char *word;
	} words[] = {{'a', "arrived"}, {'i', "message-id"}, {'f', "sender"}, {'h', "header-from"},
		     {'c', "campaign"}, {'r', "removed"}, {'d', "removed-by-admin"},
		     {'x', "expired"}};

	(void)ctx, (void)e;
	told_time(m->at);
	buf_addc(&told, ' ');
	text_add_visible(&told, m->queue_id);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].c == (char)m->event)
			buf_printf(&told, " %s", words[i].word);
	if (m->value.p) {
		buf_addc(&told, ' ');
		text_add_visible(&told, m->value);
	}
	if (m->size >= 0)
		buf_printf(&told, " size=%lld", (long long)m->size);
	buf_printf(&told, " host=%s\n", told_hosts[m->host]);
	return 0;
}

/* Puts the values back into the pattern. */
static void told_put_back(const char *pattern, struct text values)
{
	struct buf b = {0};
	const char *v = values.p, *end = values.p ? values.p + values.len : NULL;

	for (const char *p = pattern; *p; p++) {
		const char *stop = v ? memchr(v, '\x1f', (size_t)(end - v)) : NULL;

		if (*p != '{' || !v) {
			buf_addc(&b, *p);
			continue;
		}
		buf_add(&b, v, (size_t)((stop ? stop : end) - v));
		v = stop ? stop + 1 : NULL;
		p = strchr(p, '}');
	}
	text_add_visible(&told, (struct text){buf_cstr(&b), (uint32_t)b.len});
	buf_free(&b);
}

static const char *told_word(char c, const char *words)
{
	static char word[24];
	const char *at = words;

	while (at && *at != c)
		at = (at = strchr(at, ' ')) ? at + 1 : NULL;
	snprintf(word, sizeof(word), "%.*s", at ? (int)strcspn(at + 2, " ") : 1, at ? at + 2 : "?");
	return word;
}

static void told_said(const struct log_attempt *a)
{
	if (a->status.p)
		told_text("status", a->status);
	if (a->reply_ip.family) {
		buf_adds(&told, " names=");
		told_ip(&a->reply_ip);
	}
	if (a->reply == LOG_NO_SLOT)
		return;
	if (told_enhanced[a->reply])
		buf_printf(&told, " enhanced=%s", told_enhanced[a->reply]);
	buf_printf(&told, " code=%u%s says=", told_codes[a->reply],
		   told_truncated[a->reply] ? "..." : "");
	told_put_back(told_patterns[a->reply], a->reply_values);
}

static int told_attempt(void *ctx, const struct log_attempt *a, struct err *e)
{
	(void)ctx, (void)e;
	told_time(a->at);
	buf_addc(&told, ' ');
	text_add_visible(&told, a->queue_id);
	buf_printf(&told, " %s", told_word((char)a->kind, "a:attempt m:mx s:suspended q:queue l:later"));
	buf_printf(&told, " %s",
		   told_word((char)a->outcome, "a:accepted d:deferred b:bounced x:expired r:removed"));
	buf_printf(&told, " stage=%s",
		   told_word((char)a->stage, "-:- c:connect g:greeting e:ehlo t:starttls m:mail r:rcpt "
					     "d:data .:end"));
	buf_printf(&told, " host=%s service=%s", told_hosts[a->host], told_services[a->service]);
	told_text("to", a->recipient);
	if (a->peer_host.p || a->peer_ip.family) {
		told_text("peer", a->peer_host);
		buf_addc(&told, '[');
		told_ip(&a->peer_ip);
		buf_addc(&told, ']');
	}
	if (a->source_ip.family) {
		buf_adds(&told, " source=");
		told_ip(&a->source_ip);
	}
	if (a->delay_ms >= 0)
		buf_printf(&told, " delay=%lld", (long long)a->delay_ms);
	if (a->attempts_reported >= 0)
		buf_printf(&told, " tries=%d", a->attempts_reported);
	told_text("from", a->envelope_from);
	told_text("header", a->header_from);
	told_text("id", a->message_id);
	told_text("campaign", a->campaign);
	if (a->arrived_at.us != TIME_ABSENT) {
		buf_adds(&told, " since=");
		told_time(a->arrived_at);
	}
	told_said(a);
	buf_addc(&told, '\n');
	buf_add(&told_keys, &a->line_key, sizeof(a->line_key));
	return 0;
}

static int told_unreadable(void *ctx, const struct log_unreadable *u, struct err *e)
{
	(void)ctx, (void)e;
	buf_printf(&told, "unreadable %llu ", (unsigned long long)u->lines);
	text_add_visible(&told, u->reason);
	buf_adds(&told, ": ");
	text_add_visible(&told, u->sample);
	buf_addc(&told, '\n');
	return 0;
}

static int told_part(void *ctx, const struct log_sums *s, struct err *e)
{
	(void)ctx, (void)e;
	told_parts++;
	told_sums.lines += s->lines;
	told_sums.events += s->events;
	told_sums.skipped += s->skipped;
	told_sums.unreadable += s->unreadable;
	return 0;
}

static int told_head(void *ctx, uint32_t entry, struct err *e)
{
	(void)ctx, (void)entry, (void)e;
	return 0;
}

static int told_item_end(void *ctx, uint32_t entries, uint64_t bytes_out, struct err *e)
{
	(void)ctx, (void)entries, (void)bytes_out, (void)e;
	return 0;
}

static int told_not_report(void *ctx, uint32_t entry, struct text what, struct err *e)
{
	(void)ctx, (void)entry, (void)e;
	buf_printf(&told, "not a report: %.*s\n", (int)what.len, what.p);
	return 0;
}

static int told_refused(void *ctx, uint32_t entry, enum err_class class, struct text why,
			struct err *e)
{
	(void)ctx, (void)entry, (void)class, (void)e;
	buf_printf(&told, "refused: %.*s\n", (int)why.len, why.p);
	return 0;
}

static int told_frames(void *ctx, struct buf *out, struct err *e)
{
	struct frame f;
	size_t used;

	for (size_t at = 0; at < out->len; at += used)
		if (frame_next((const uint8_t *)out->p + at, out->len - at, &f, &used, e) != 1 ||
		    frame_check_feed(ctx, &f, e) < 0) {
			buf_printf(&told, "frames: %s\n", e->msg);
			return -1;
		}
	out->len = 0;
	return 0;
}

/* 2026-11-22 12:00 UTC */
#define TOLD_NOW 1795348800

/* The lines for a log. columns NULL: FORM_LINES, or by content if by_content. */
static const char *told_of(const char *log, size_t size, const char *columns, bool by_content)
{
	static const struct frame_handler h = {
		.refused = told_refused, .not_report = told_not_report, .item_end = told_item_end,
		.log_head = told_head, .log_host = told_host, .log_service = told_service,
		.log_reply = told_reply, .log_message = told_message, .log_attempt = told_attempt,
		.log_unreadable = told_unreadable, .log_part = told_part,
	};
	struct log_hint hint = {.form = columns ? FORM_CSV : by_content ? FORM_ANY : FORM_LINES,
				.now = TOLD_NOW, .columns = text_of(columns)};
	struct frame_check *check = frame_check_new(&h);
	struct parse_sink sink = {.ctx = check, .flush = told_frames};
	struct err e;

	if (!told_parser)
		told_parser = parser_new();
	told.len = told_keys.len = 0;
	told_sums = (struct log_sums){0};
	told_parts = 0;
	parser_log(told_parser, &hint);
	frame_check_expect(check, TOLD_ITEM);
	if (parse_item(told_parser, TOLD_ITEM, log, size, -1, &sink, &e) < 0)
		buf_printf(&told, "sink: %s\n", e.msg);
	frame_check_free(check);
	buf_free(&sink.out);
	return buf_cstr(&told);
}

static const char *told_lines(const char *log)
{
	return told_of(log, strlen(log), NULL, false);
}

__attribute__((unused)) static void told_is(const char *log, const char *wanted, const char *name)
{
	is_str(told_lines(log), wanted, name);
}

/* A file below the source directory's root; the caller frees. */
__attribute__((unused)) static char *told_file(const char *path, size_t *ret_size)
{
	const char *root = getenv("top_srcdir");
	char *name = xasprintf("%s/%s", root ? root : ".", path);
	FILE *f = fopen(name, "rb");
	struct buf b = {0};
	size_t n;

	free(name);
	while (f && (n = fread(buf_room(&b, 65536), 1, 65536, f)) > 0)
		b.len += n;
	if (f)
		fclose(f);
	*ret_size = b.len;
	buf_cstr(&b);
	return b.p;
}

/* tests/logs/NAME.EXT gives tests/logs/NAME.truth, by its content. */
__attribute__((unused)) static void told_sample(const char *name, const char *ext)
{
	char *log_path = xasprintf("tests/logs/%s.%s", name, ext);
	char *truth_path = xasprintf("tests/logs/%s.truth", name);
	size_t size, wanted_size;
	char *log = told_file(log_path, &size), *wanted = told_file(truth_path, &wanted_size);
	const char *got = told_of(log, size, NULL, true);

	buf_printf(&told, "lines=%llu events=%llu skipped=%llu unreadable=%llu\n",
		   (unsigned long long)told_sums.lines, (unsigned long long)told_sums.events,
		   (unsigned long long)told_sums.skipped, (unsigned long long)told_sums.unreadable);
	got = buf_cstr(&told);
	ok(size > 0 && strcmp(got, wanted) == 0, truth_path);
	for (const char *g = got, *w = wanted; size && (*g || *w);) {
		size_t gn = strcspn(g, "\n"), wn = strcspn(w, "\n");

		if (gn != wn || memcmp(g, w, gn) != 0)
			tap_note("got    %.*s\n# wanted %.*s", (int)gn, g, (int)wn, w);
		g += gn + (g[gn] == '\n');
		w += wn + (w[wn] == '\n');
	}
	free(log);
	free(wanted);
	free(log_path);
	free(truth_path);
}

__attribute__((unused)) static int told_done(void)
{
	parser_free(told_parser);
	for (size_t i = 0; i < TOLD_SLOTS; i++) {
		free(told_hosts[i]);
		free(told_services[i]);
		free(told_patterns[i]);
		free(told_enhanced[i]);
	}
	buf_free(&told);
	buf_free(&told_keys);
	return tap_done();
}

#endif
