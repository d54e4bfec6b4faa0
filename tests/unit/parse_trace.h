/*
 * parse_trace - what the parser says of some bytes, as lines to compare with: its frames go through
 * the parent's check, and each thing that the check hands on becomes a line.
 */
#ifndef TESTS_PARSE_TRACE_H
#define TESTS_PARSE_TRACE_H

#include "parse/parse.h"
#include "tests/unit/tap.h"

#include <stdlib.h>
#include <unistd.h>

#define ITEM 7

static struct parser *trace_parser;
static struct buf trace;      /* the lines */
static uint8_t trace_hash[32]; /* of the last report */
static char trace_lost[500];   /* of the last report, if it is a part */
static unsigned trace_sets;
static size_t trace_report;  /* where the lines of this report begin */
static bool trace_quiet;      /* no lines for records and sets */

static void put_field(const char *name, struct text t)
{
	if (t.p)
		buf_printf(&trace, " %s=%.*s", name, (int)t.len, t.p);
}

static int on_head(void *ctx, const struct report_head *h, struct err *e)
{
	(void)ctx, (void)e;
	trace_report = trace.len;
	buf_printf(&trace, "head %u %c%s", h->entry, h->schema, h->auth == AUTH_LOCAL ? "" : " mail");
	if (h->auth_domain.p)
		buf_printf(&trace, " %c:%c:%.*s:%c", h->auth, h->auth_method,
			   (int)h->auth_domain.len, h->auth_domain.p, h->auth_relation);
	else if (h->auth == AUTH_FAILED)
		buf_adds(&trace, " failed");
	if (h->begin_at != TIME_ABSENT)
		buf_printf(&trace, " begin=%lld", (long long)h->begin_at);
	if (h->end_at != TIME_ABSENT)
		buf_printf(&trace, " end=%lld", (long long)h->end_at);
	put_field("org", h->org_name);
	put_field("email", h->email);
	put_field("contact", h->extra_contact_info);
	put_field("id", h->report_id);
	put_field("generator", h->generator);
	put_field("domain", h->domain);
	put_field("p", h->p);
	put_field("sp", h->sp);
	put_field("np", h->np);
	put_field("adkim", h->adkim);
	put_field("aspf", h->aspf);
	put_field("fo", h->fo);
	put_field("testing", h->testing);
	put_field("discovery", h->discovery_method);
	put_field("version", h->version);
	if (h->pct >= 0)
		buf_printf(&trace, " pct=%d", h->pct);
	put_field("extra", h->extra);
	buf_addc(&trace, '\n');
	return 0;
}

static int on_set(void *ctx, uint16_t slot, const struct auth_result *r, uint32_t n,
		  struct err *e)
{
	(void)ctx, (void)slot, (void)e;
	trace_sets++;
	if (trace_quiet)
		return 0;
	buf_adds(&trace, "set");
	for (uint32_t i = 0; i < n; i++) {
		buf_printf(&trace, " [%c%c", r[i].kind, r[i].result);
		put_field("d", r[i].domain);
		put_field("s", r[i].selector);
		put_field("raw", r[i].result_raw);
		buf_addc(&trace, ']');
	}
	buf_addc(&trace, '\n');
	return 0;
}

static int on_record(void *ctx, uint16_t slot, const struct record *r, struct err *e)
{
	(void)ctx, (void)slot, (void)e;
	if (trace_quiet)
		return 0;
	buf_printf(&trace, "record %u ", r->record_no);
	for (int i = 0; i < (r->source_ip.family == 4 ? 4 : 16); i++)
		buf_printf(&trace, "%02x", r->source_ip.bytes[i]);
	buf_printf(&trace, " %lld %c%c%c", (long long)r->messages, r->disposition,
		   r->dkim_evaluated, r->spf_evaluated);
	put_field("from", r->header_from);
	put_field("env", r->envelope_from);
	put_field("to", r->envelope_to);
	put_field("extra", r->extra);
	buf_addc(&trace, '\n');
	return 0;
}

static int on_row_refused(void *ctx, uint32_t record_no, int64_t messages, struct text why,
			  struct err *e)
{
	(void)ctx, (void)e;
	buf_printf(&trace, "row %u refused %lld %.*s\n", record_no, (long long)messages,
		   (int)why.len, why.p);
	return 0;
}

static int on_repair(void *ctx, const struct repair *r, struct err *e)
{
	(void)ctx, (void)e;
	buf_printf(&trace, "repair %.*s", (int)r->what.len, r->what.p);
	put_field("where", r->where);
	put_field("from", r->from);
	put_field("to", r->to);
	if (r->times > 1)
		buf_printf(&trace, " x%u", r->times);
	buf_addc(&trace, '\n');
	return 0;
}

/* Nothing of the report that was begun counts: its lines go. */
static int on_again(void *ctx, struct err *e)
{
	(void)ctx, (void)e;
	trace.len = trace_report;
	trace_sets = 0;
	return 0;
}

static int on_end(void *ctx, const struct report_sums *s, struct err *e)
{
	(void)ctx, (void)e;
	buf_printf(&trace, "end %llu %lld %llu %lld %c\n", (unsigned long long)s->records,
		   (long long)s->messages, (unsigned long long)s->records_refused,
		   (long long)s->messages_refused, s->state);
	memcpy(trace_hash, s->content_hash, sizeof(trace_hash));
	snprintf(trace_lost, sizeof(trace_lost), "%.*s", (int)s->lost.len,
		 s->lost.p ? s->lost.p : "");
	return 0;
}

static int on_refused(void *ctx, uint32_t entry, enum err_class class, struct text why,
		      struct err *e)
{
	(void)ctx, (void)e;
	buf_printf(&trace, "refused %u %s: %.*s\n", entry, err_class_name(class), (int)why.len,
		   why.p);
	return 0;
}

static int on_not_report(void *ctx, uint32_t entry, struct text what, struct err *e)
{
	(void)ctx, (void)e;
	buf_printf(&trace, "not %u %.*s\n", entry, (int)what.len, what.p);
	return 0;
}

static int on_item_end(void *ctx, uint32_t entries, uint64_t bytes_out, struct err *e)
{
	(void)ctx, (void)entries, (void)bytes_out, (void)e;
	return 0;
}

#include "tests/unit/log_trace.h"

/* The sink: each frame through the check; ctx is it. */
static int trace_frames(void *ctx, struct buf *out, struct err *e)
{
	size_t at = 0, used;
	struct frame f;

	while (at < out->len) {
		if (frame_next((const uint8_t *)out->p + at, out->len - at, &f, &used, e) != 1 ||
		    frame_check_feed(ctx, &f, e) < 0) {
			buf_printf(&trace, "CHECK: %s\n", e->msg);
			break;
		}
		at += used;
	}
	out->len = 0;
	return 0;
}

/* The lines for an item: size bytes at data, or of fd if data is NULL. */
__attribute__((unused)) static const char *trace_item(const void *data, size_t size, int fd)
{
	static const struct frame_handler h = {
		.head = on_head, .set = on_set, .record = on_record,
		.row_refused = on_row_refused, .repair = on_repair, .again = on_again,
		.end = on_end, .refused = on_refused, .not_report = on_not_report,
		.item_end = on_item_end,
		LOG_TRACE,
	};
	struct frame_check *check = frame_check_new(&h);
	struct parse_sink sink = {.ctx = check, .flush = trace_frames};
	struct err e;

	if (!trace_parser)
		trace_parser = parser_new();
	trace.len = 0;
	trace_sets = 0;
	frame_check_expect(check, ITEM);
	if (parse_item(trace_parser, ITEM, data, size, fd, &sink, &e) < 0)
		buf_printf(&trace, "FAILED: %s\n", e.msg);
	frame_check_free(check);
	buf_free(&sink.out);
	return buf_cstr(&trace);
}

__attribute__((unused)) static const char *trace_text(const char *s)
{
	return trace_item(s, strlen(s), -1);
}

/* A document out of pieces of XML. */
#define METADATA \
	"<report_metadata><org_name>mx</org_name><email>e@mx</email><report_id>1</report_id>" \
	"<date_range><begin>1792195200</begin><end>1792281599</end></date_range></report_metadata>"
#define POLICY "<policy_published><domain>a.example</domain><p>none</p></policy_published>"
#define ROW \
	"<row><source_ip>192.0.2.1</source_ip><count>3</count><policy_evaluated>" \
	"<disposition>none</disposition><dkim>pass</dkim><spf>fail</spf></policy_evaluated></row>"
#define IDENTIFIERS "<identifiers><header_from>a.example</header_from></identifiers>"
#define DKIM \
	"<dkim><domain>a.example</domain><selector>s</selector><result>pass</result></dkim>"
#define SPF "<spf><domain>b.example</domain><scope>mfrom</scope><result>fail</result></spf>"
#define RECORD \
	"<record>" ROW IDENTIFIERS "<auth_results>" DKIM SPF "</auth_results></record>"
#define REPORT(records) "<feedback>" METADATA POLICY records "</feedback>"

#define HEAD_LINE \
	"head 0 d begin=1792195200 end=1792281599 org=mx email=e@mx id=1 domain=a.example p=none\n"
#define SET_LINE "set [dp d=a.example s=s] [mf d=b.example]\n"
#define RECORD_LINE(no) "record " no " c0000201 3 npf from=a.example\n"

__attribute__((unused)) static void trace_contains(const char *got, const char *wanted,
						   const char *name)
{
	if (!ok(strstr(got, wanted) != NULL, name))
		tap_note("wanted %s\n# in %s", wanted, got);
}

__attribute__((unused)) static int trace_done(void)
{
	parser_free(trace_parser);
	buf_free(&trace);
	return tap_done();
}

#endif
