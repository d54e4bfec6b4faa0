/* Frames: what one side writes the other reads; what breaks the rules is refused. */
#include "base/frame.h"
#include "tests/unit/tap.h"

#include <stdlib.h>

enum { ITEM = 7, SLOT = 3 };

/* What the handler was told. */
struct told {
	int heads, sets, records, refused_rows, repairs, again, ends, refused, not_reports, item_ends;
	uint32_t results;
	int64_t messages, begin_at, end_at;
	char org[64], from[64], extra[128], why[64];
	bool envelope_from_present;
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
	(void)r;
	(void)e;
	((struct told *)ctx)->repairs++;
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
	(void)s;
	(void)e;
	((struct told *)ctx)->ends++;
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
		.header_from = text_of("example.com"),
		.envelope_from = text_of(""),
		.extra = text_of(extra),
	};

	frame_put_record(b, SLOT, &r);
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

/* ---- reading it ---- */

/* Feeds what is in b and empties it. 0: all of it kept the rules; else the error's class. */
static enum err_class feed(struct buf *b, struct told *ret)
{
	struct told told = {0};
	const struct frame_handler handler = {&told,          on_head,    on_set,
					      on_record,      on_row_refused, on_repair,
					      on_again,
					      on_end,         on_refused, on_not_report,
					      on_item_end};
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

static void test_good(void)
{
	struct buf b = {0};
	struct told t;

	put_head(&b, 0, 1700000000, "{\"errors\":[\"x\"]}");
	put_rows(&b);
	put_sums(&b, 2, 7);
	put_item_end(&b, 1);
	is_int(feed(&b, &t), ERR_NONE, "a report keeps the rules");
	is_str(t.org, "Example Org", "its head arrives");
	is_int(t.sets, 1, "its set of results");
	is_int(t.results, 2, "with both results");
	is_int(t.records, 2, "its records");
	is_int(t.messages, 7, "with their messages");
	is_int(t.family, 6, "and address");
	ok(t.envelope_from_present, "an empty envelope_from is present");
	is_str(t.from, "example.com", "and the texts");
	is_str(t.extra, "{\"reasons\":[]}", "a record's extra arrives");
	is_int(t.refused_rows, 1, "a refused row");
	is_str(t.why, "no such address", "with its reason");
	is_int(t.ends, 1, "END");
	is_int(t.item_ends, 1, "ITEM_END");

	put_head(&b, 0, TIME_ABSENT, NULL);
	put_answer(&b, FRAME_REFUSED, 0, "cut off");
	put_item_end(&b, 1);
	is_int(feed(&b, &t), ERR_NONE, "a report without times, refused after its head");
	ok(t.begin_at == TIME_ABSENT, "an absent time arrives as one");
	is_int(t.refused, 1, "the refusal arrives");

	put_answer(&b, FRAME_NOT_REPORT, 1, "a PNG picture");
	put_head(&b, 2, 0, NULL);
	put_rows(&b);
	put_sums(&b, 2, 7);
	put_answer(&b, FRAME_REFUSED, 0, "the archive breaks off");
	put_item_end(&b, 3);
	is_int(feed(&b, &t), ERR_NONE, "an archive: a picture, a report, and a break");
	buf_free(&b);
}

static void test_extra(void)
{
	static const char piece[] = "{\"reasons\":\"";
	struct buf b = {0};
	struct told t;
	size_t at;

	put_head(&b, 0, 0, NULL);
	at = frame_begin(&b, FRAME_EXTRA, ITEM);
	buf_add(&b, piece, sizeof(piece) - 1);
	frame_finish(&b, at);
	at = frame_begin(&b, FRAME_RECORDS, ITEM);
	frame_put_set(&b, SLOT);
	put_record(&b, 1, 1, "long\"}");
	frame_finish(&b, at);
	is_int(feed(&b, &t), ERR_NONE, "an extra in two pieces");
	is_str(t.extra, "{\"reasons\":\"long\"}", "arrives as one");

	put_head(&b, 0, 0, "{\"a\":");
	is_int(feed(&b, NULL), ERR_BUG, "an extra that is no JSON is refused");
	buf_free(&b);
}

/* Each must be refused; what is written before it is good. */
static void test_order(void)
{
	struct buf b = {0};

	put_rows(&b);
	is_int(feed(&b, NULL), ERR_BUG, "records without a head");
	put_head(&b, 0, 0, NULL);
	put_head(&b, 1, 0, NULL);
	is_int(feed(&b, NULL), ERR_BUG, "a head within a report");
	put_head(&b, 0, 0, NULL);
	put_item_end(&b, 1);
	is_int(feed(&b, NULL), ERR_BUG, "the item's end within a report");
	put_item_end(&b, 0);
	is_int(feed(&b, NULL), ERR_BUG, "an item without an answer");
	put_answer(&b, FRAME_NOT_REPORT, 1, "text");
	put_item_end(&b, 2);
	is_int(feed(&b, NULL), ERR_BUG, "more entries than answers");
	put_answer(&b, FRAME_NOT_REPORT, 2, "text");
	put_answer(&b, FRAME_NOT_REPORT, 1, "text");
	is_int(feed(&b, NULL), ERR_BUG, "entries that go backwards");
	put_answer(&b, FRAME_REFUSED, 0, "");
	is_int(feed(&b, NULL), ERR_BUG, "a refusal without a reason");
	buf_free(&b);
}

static void test_sums(void)
{
	struct buf b = {0};
	size_t at;

	put_head(&b, 0, 0, NULL);
	put_rows(&b);
	put_sums(&b, 3, 7);
	is_int(feed(&b, NULL), ERR_BUG, "another number of records than came");
	put_head(&b, 0, 0, NULL);
	put_rows(&b);
	put_sums(&b, 2, 8);
	is_int(feed(&b, NULL), ERR_BUG, "another sum of messages than came");

	put_head(&b, 0, 0, NULL);
	at = frame_begin(&b, FRAME_RECORDS, ITEM);
	put_record(&b, 1, 1, NULL);
	frame_finish(&b, at);
	is_int(feed(&b, NULL), ERR_BUG, "a record with an empty slot");
	put_head(&b, 0, 0, NULL);
	at = frame_begin(&b, FRAME_RECORDS, ITEM);
	frame_put_set(&b, SLOT);
	put_record(&b, 2, 1, NULL);
	frame_finish(&b, at);
	is_int(feed(&b, NULL), ERR_BUG, "rows that do not begin with 1");
	put_head(&b, 0, 0, NULL);
	at = frame_begin(&b, FRAME_RECORDS, ITEM);
	frame_put_set(&b, SLOT);
	put_record(&b, 1, INT64_MAX, NULL);
	put_record(&b, 2, 1, NULL);
	frame_finish(&b, at);
	is_int(feed(&b, NULL), ERR_BUG, "a sum of messages that no number holds");
	put_head(&b, 0, 0, NULL);
	at = frame_begin(&b, FRAME_RECORDS, ITEM);
	frame_put_set(&b, SLOT);
	put_record(&b, 1, -1, NULL);
	frame_finish(&b, at);
	is_int(feed(&b, NULL), ERR_BUG, "a negative number of messages");
	put_head(&b, 0, 0, NULL);
	at = frame_begin(&b, FRAME_RECORDS, ITEM);
	for (int i = 0; i <= LIMIT_RESULTS / 2; i++)
		put_results(&b);
	frame_finish(&b, at);
	is_int(feed(&b, NULL), ERR_BUG, "a set of more results than the limit");
	buf_free(&b);
}

static void test_bytes(void)
{
	struct buf b = {0};
	struct frame f;
	struct err e = {0};
	size_t used = 99, whole;

	put_head(&b, 0, 0, NULL);
	whole = b.len;
	is_int(frame_next((const uint8_t *)b.p, 0, &f, &used, &e), 0, "nothing is no frame yet");
	is_int(frame_next((const uint8_t *)b.p, 15, &f, &used, &e), 0, "nor half a header");
	is_int(frame_next((const uint8_t *)b.p, whole - 1, &f, &used, &e), 0,
	       "nor a payload cut short");
	is_int(frame_next((const uint8_t *)b.p, whole, &f, &used, &e), 1, "all of it is");
	is_int(used, whole, "and says how much it took");
	b.p[5] = FRAME_VERSION + 1;
	is_int(frame_next((const uint8_t *)b.p, whole, &f, &used, &e), -1, "another version");
	b.p[5] = FRAME_VERSION;
	b.p[3] = 0x7f;
	is_int(frame_next((const uint8_t *)b.p, whole, &f, &used, &e), -1,
	       "a length over the limit is refused before the bytes are there");
	b.len = 0;

	put_head(&b, 0, 0, NULL);
	b.p[8] = ITEM + 1;
	is_int(feed(&b, NULL), ERR_BUG, "a frame for another item");
	put_head(&b, 0, 0, NULL);
	b.p[FRAME_HEADER + 5] = 'X';
	is_int(feed(&b, NULL), ERR_BUG, "an unknown schema");
	put_head(&b, 0, 0, "{\"a\":\"\xff\"}");
	is_int(feed(&b, NULL), ERR_BUG, "a text that is no UTF-8");
	put_item_end(&b, 1);
	b.p[4] = FRAME_DATA;
	is_int(feed(&b, NULL), ERR_BUG, "a frame that only the parent sends");
	buf_free(&b);
}

int main(void)
{
	test_good();
	test_extra();
	test_order();
	test_sums();
	test_bytes();
	return tap_done();
}
