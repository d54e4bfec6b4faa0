/*
 * frame_say - what tests of frames share: frames as a worker writes them, and what a handler was
 * told. All are about one item and entries of it.
 */
#ifndef TESTS_FRAME_SAY_H
#define TESTS_FRAME_SAY_H

#include "base/frame.h"
#include "tests/unit/tap.h"

#include <stdlib.h>

enum { ITEM = 7, SLOT = 3 };

/* What the handler was told. */
struct told {
	int heads, sets, records, refused_rows, repairs, again;
	int ends, refused, not_reports, item_ends;
	uint32_t results;
	int64_t messages, begin_at, end_at;
	struct repair repair;
	char org[64], from[64], extra[128], why[64], what[64], where[64], lost[64];
	bool envelope_from_present;
	char alignment[16]; /* of a record: letters and keys, as "p1 f0" */
	uint8_t family;
};

static void copy(char *to, size_t size, struct text t)
{
	snprintf(to, size, "%.*s", (int)t.len, t.p ? t.p : "");
}

static int on_head(void *ctx, const struct report_head *h, struct err *e)
{
	struct told *t = ctx;

	(void)e;
	t->heads++;
	t->begin_at = h->begin_at;
	t->end_at = h->end_at;
	copy(t->org, sizeof(t->org), h->org_name);
	copy(t->extra, sizeof(t->extra), h->extra);
	return 0;
}

static int on_set(void *ctx, uint16_t slot, const struct auth_result *r, uint32_t n,
		  struct err *e)
{
	struct told *t = ctx;

	(void)e;
	(void)r;
	t->sets += slot == SLOT;
	t->results += n;
	return 0;
}

static int on_record(void *ctx, uint16_t slot, const struct record *r, struct err *e)
{
	struct told *t = ctx;

	(void)e;
	(void)slot;
	t->records++;
	t->messages += r->messages;
	t->family = r->source_ip.family;
	t->envelope_from_present = text_present(r->envelope_from);
	snprintf(t->alignment, sizeof(t->alignment), "%c%u %c%u", r->dkim_aligned, r->dkim_key,
		 r->spf_aligned, r->spf_key);
	copy(t->from, sizeof(t->from), r->header_from);
	copy(t->extra, sizeof(t->extra), r->extra);
	return 0;
}

static int on_row_refused(void *ctx, uint32_t record_no, int64_t messages, struct text why,
			  struct err *e)
{
	struct told *t = ctx;

	(void)e;
	(void)record_no;
	(void)messages;
	t->refused_rows++;
	copy(t->why, sizeof(t->why), why);
	return 0;
}

static int on_repair(void *ctx, const struct repair *r, struct err *e)
{
	struct told *t = ctx;

	(void)e;
	t->repairs++;
	t->repair = *r;
	copy(t->what, sizeof(t->what), r->what);
	copy(t->where, sizeof(t->where), r->where);
	return 0;
}

static int on_again(void *ctx, struct err *e)
{
	(void)e;
	((struct told *)ctx)->again++;
	return 0;
}

static int on_end(void *ctx, const struct report_sums *s, struct err *e)
{
	(void)e;
	((struct told *)ctx)->ends++;
	copy(((struct told *)ctx)->lost, sizeof(((struct told *)ctx)->lost), s->lost);
	return 0;
}

static int on_refused(void *ctx, uint32_t entry, enum err_class class, struct text why,
		      struct err *e)
{
	(void)entry;
	(void)class;
	(void)e;
	((struct told *)ctx)->refused++;
	copy(((struct told *)ctx)->why, sizeof(((struct told *)ctx)->why), why);
	return 0;
}

static int on_not_report(void *ctx, uint32_t entry, struct text what, struct err *e)
{
	(void)entry;
	(void)what;
	(void)e;
	((struct told *)ctx)->not_reports++;
	return 0;
}

static int on_item_end(void *ctx, uint32_t entries, uint64_t bytes_out, struct err *e)
{
	(void)entries;
	(void)bytes_out;
	(void)e;
	((struct told *)ctx)->item_ends++;
	return 0;
}

/* ---- writing what a worker writes ---- */

static void put_head(struct buf *b, uint32_t entry, int64_t begin_at, const char *extra)
{
	const struct report_head h = {
		.entry = entry,
		.auth = AUTH_LOCAL,
		.auth_method = METHOD_NONE,
		.auth_relation = RELATION_ABSENT,
		.schema = SCHEMA_RFC9990,
		.org_name = text_of("Example Org"),
		.report_id = text_of("<1@example.org>"),
		.begin_at = begin_at,
		.end_at = 1700086399,
		.domain = text_of("example.com"),
		.pct = -1,
		.extra = text_of(extra),
	};
	size_t at = frame_begin(b, FRAME_HEAD, ITEM);

	frame_put_head(b, &h);
	frame_finish(b, at);
}

static void put_results(struct buf *b)
{
	const struct auth_result dkim = {AUTH_DKIM, RESULT_PASS, text_of("example.com"),
					 text_of("s1"), TEXT_ABSENT};
	const struct auth_result spf = {AUTH_SPF_MFROM, RESULT_FAIL, text_of("example.net"),
					TEXT_ABSENT, text_of("hardfail")};

	frame_put_auth_result(b, &dkim);
	frame_put_auth_result(b, &spf);
}

static void put_record(struct buf *b, uint32_t record_no, int64_t messages, const char *extra)
{
	const struct record r = {
		.record_no = record_no,
		.source_ip = {6, {0x20, 0x01, 0x0d, 0xb8}},
		.messages = messages,
		.disposition = DISPOSITION_NONE,
		.dkim_evaluated = RESULT_PASS,
		.spf_evaluated = RESULT_ABSENT,
		.dkim_aligned = ALIGNED_ABSENT,
		.spf_aligned = ALIGNED_ABSENT,
		.header_from = text_of("example.com"),
		.envelope_from = text_of(""),
		.extra = text_of(extra),
	};

	frame_put_record(b, SLOT, &r);
}

/* A report whose one record has this alignment, with the results of put_results. */
static void put_aligned(struct buf *b, char dkim, char spf, uint8_t dkim_key, uint8_t spf_key)
{
	const struct record r = {
		.record_no = 1, .source_ip = {4, {192, 0, 2, 1}}, .messages = 1,
		.disposition = DISPOSITION_NONE, .dkim_evaluated = RESULT_PASS,
		.spf_evaluated = RESULT_FAIL, .dkim_aligned = (enum alignment)dkim,
		.spf_aligned = (enum alignment)spf, .dkim_key = dkim_key, .spf_key = spf_key};
	size_t at;

	put_head(b, 0, 0, NULL);
	at = frame_begin(b, FRAME_RECORDS, ITEM);
	put_results(b);
	frame_put_set(b, SLOT);
	frame_put_record(b, SLOT, &r);
	frame_finish(b, at);
}

/* Two records of 5 and 2 messages and a refused row of 4. */
static void put_rows(struct buf *b)
{
	size_t at = frame_begin(b, FRAME_RECORDS, ITEM);

	put_results(b);
	frame_put_set(b, SLOT);
	put_record(b, 1, 5, NULL);
	frame_put_row_refused(b, 2, 4, text_of("no such address"));
	put_record(b, 3, 2, "{\"reasons\":[]}");
	frame_finish(b, at);
}

static void put_sums(struct buf *b, uint64_t records, int64_t messages)
{
	const struct report_sums s = {
		.records = records,
		.records_refused = 1,
		.messages = messages,
		.messages_refused = 4,
		.state = STATE_COMPLETE,
	};
	size_t at = frame_begin(b, FRAME_END, ITEM);

	frame_put_sums(b, &s);
	frame_finish(b, at);
}

static void put_item_end(struct buf *b, uint32_t entries)
{
	size_t at = frame_begin(b, FRAME_ITEM_END, ITEM);

	frame_put_u32(b, entries);
	frame_put_u64(b, 1000);
	frame_finish(b, at);
}

static void put_answer(struct buf *b, enum frame_type type, uint32_t entry, const char *why)
{
	static const char class = ERR_INPUT;
	size_t at = frame_begin(b, type, ITEM);

	frame_put_u32(b, entry);
	if (type == FRAME_REFUSED)
		buf_add(b, &class, 1);
	frame_put_text(b, text_of(why));
	frame_finish(b, at);
}

static void put_repair(struct buf *b, const char *what, uint32_t times)
{
	const struct repair r = {
		.what = text_of(what), .where = text_of("row/count"), .from = text_of(" 5"),
		.record_no = 3, .line = 120, .times = times,
	};
	size_t at = frame_begin(b, FRAME_REPAIR, ITEM);

	frame_put_repair(b, &r);
	frame_finish(b, at);
}

static void put_again(struct buf *b)
{
	frame_finish(b, frame_begin(b, FRAME_AGAIN, ITEM));
}

/* The END of a report without records. */
static void put_end(struct buf *b, enum report_state state, const char *lost)
{
	const struct report_sums s = {.state = state, .lost = text_of(lost)};
	size_t at = frame_begin(b, FRAME_END, ITEM);

	frame_put_sums(b, &s);
	frame_finish(b, at);
}

/* ---- reading it ---- */

/* Feeds what is in b and empties it. 0: all of it kept the rules; else the error's class. */
static enum err_class feed(struct buf *b, struct told *ret)
{
	struct told told = {0};
	const struct frame_handler handler = {
		.ctx = &told, .head = on_head, .set = on_set, .record = on_record,
		.row_refused = on_row_refused, .repair = on_repair, .again = on_again,
		.end = on_end, .refused = on_refused, .not_report = on_not_report,
		.item_end = on_item_end,
	};
	struct frame_check *check = frame_check_new(&handler);
	const uint8_t *p = (const uint8_t *)b->p;
	size_t left = b->len, used = 0;
	struct err e = {0};
	struct frame f;
	int got = 0;

	frame_check_expect(check, ITEM);
	while (left && (got = frame_next(p, left, &f, &used, &e)) == 1) {
		if (frame_check_feed(check, &f, &e) < 0)
			break;
		p += used;
		left -= used;
	}
	frame_check_free(check);
	b->len = 0;
	if (ret)
		*ret = told;
	return e.class;
}

#endif
