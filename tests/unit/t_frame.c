/* Frames: what one side writes the other reads; what breaks the rules is refused. */
#include "tests/unit/frame_say.h"

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

/* Who sent the mail: what passed comes with its domain and relation, or nothing of it does. */
static void test_sender(void)
{
	static const struct {
		char auth, method, relation;
		const char *domain, *name;
		bool good;
	} heads[] = {
		{'l', '-', '-', NULL, "a file", true},
		{'u', '-', '-', NULL, "a mail, nobody believed", true},
		{'v', 'm', 'b', "example.org", "verified", true},
		{'v', 's', 'a', "example.org", "verified by its address", true},
		{'u', 'd', 'x', "example.org", "somebody else's", true},
		{'f', '-', '-', NULL, "failed", true},
		{'v', '-', '-', NULL, "verified by nothing", false},
		{'v', 'd', 'x', "example.org", "verified as somebody else", false},
		{'v', 'd', 'n', NULL, "verified without a domain", false},
		{'v', 'd', 'n', "", "with an empty one", false},
		{'u', '-', '-', "", "an empty domain where none passed", false},
		{'u', 'd', 'n', "example.org", "related, and unverified", false},
		{'f', 'd', 'x', "example.org", "failed and passed", false},
		{'l', 'd', 'x', "example.org", "a file that was authenticated", false},
		{'u', 'd', '-', "example.org", "a method without a relation", false},
		{'w', '-', '-', NULL, "a trust that there is not", false},
		{'u', 'q', '-', NULL, "a method that there is not", false},
		{'v', 'd', 'q', "example.org", "a relation that there is not", false},
	};
	struct buf b = {0};

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		const struct report_head h = {
			.schema = SCHEMA_RFC9990, .domain = text_of("example.com"), .pct = -1,
			.auth = (enum reporter_auth)heads[i].auth,
			.auth_method = (enum auth_method)heads[i].method,
			.auth_relation = (enum auth_relation)heads[i].relation,
			.auth_domain = text_of(heads[i].domain),
		};
		size_t at = frame_begin(&b, FRAME_HEAD, ITEM);

		frame_put_head(&b, &h);
		frame_finish(&b, at);
		put_answer(&b, FRAME_REFUSED, 0, "cut off");
		put_item_end(&b, 1);
		is_int(feed(&b, NULL), heads[i].good ? ERR_NONE : ERR_BUG, heads[i].name);
	}
	buf_free(&b);
}

static void is_trust(const struct trust *t, const char *want, const char *name)
{
	struct buf b = {0}, got = {0};
	struct frame f;
	struct trust told;
	struct log_hint log;
	uint64_t size;
	size_t used;
	bool fd;
	struct err e;
	size_t at = frame_begin(&b, FRAME_ITEM, ITEM);

	frame_put_item(&b, true, 17, t, NULL);
	frame_finish(&b, at);
	if (frame_next((const uint8_t *)b.p, b.len, &f, &used, &e) == 1 &&
	    frame_get_item(&f, &fd, &size, &told, &log, &e) == 0)
		buf_printf(&got, "%d %d %c %u %.*s", fd, (int)size, told.form, told.fields,
			   (int)told.authserv_ids.len, told.authserv_ids.p ? told.authserv_ids.p
									   : "");
	is_str(buf_cstr(&got), want, name);
	buf_free(&b);
	buf_free(&got);
}

static void test_item(void)
{
	char *ids = xmalloc(70000);

	memset(ids, 'a', 70000);
	is_trust(NULL, "1 17 r 0 ", "an item, and nobody is believed");
	is_trust(&(struct trust){{"mx.example mx\xff", 14}, AUTHSERV_RFC8601, 2},
		 "1 17 r 2 mx.example mx\xff", "names as they were configured");
	is_trust(&(struct trust){.form = AUTHSERV_MICROSOFT, .fields = 1}, "1 17 m 1 ",
		 "Microsoft's form");
	is_trust(&(struct trust){{ids, 70000}, AUTHSERV_RFC8601, 1}, "1 17 r 0 ",
		 "a list that no frame holds: nobody");
	free(ids);
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
	put_record(&b, 1, LIMIT_COUNT + 1, NULL);
	frame_finish(&b, at);
	is_int(feed(&b, NULL), ERR_BUG, "a record of more messages than the limit");
	put_head(&b, 0, 0, NULL);
	at = frame_begin(&b, FRAME_RECORDS, ITEM);
	frame_put_row_refused(&b, 1, LIMIT_COUNT + 1, text_of("no source_ip"));
	frame_finish(&b, at);
	is_int(feed(&b, NULL), ERR_BUG, "a refused row of more messages than the limit");
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

/* The set is a DKIM result, then one of SPF: 1 and 2. */
static void test_alignment(void)
{
	static const struct {
		char dkim, spf;
		uint8_t dkim_key, spf_key;
		const char *name;
	} bad[] = {
		{'x', 'f', 0, 0, "a letter of DKIM that is none"},
		{'f', '\0', 0, 0, "a letter of SPF that is none"},
		{'p', 'f', 0, 0, "an aligned DKIM pass that is nowhere"},
		{'l', 'f', 1, 0, "a DKIM key without an aligned pass"},
		{'p', 'f', 2, 0, "a DKIM key that is a result of SPF"},
		{'p', 'f', 3, 0, "a DKIM key behind the results"},
		{'p', 'f', 255, 0, "far behind them"},
		{'f', 'p', 0, 0, "an aligned SPF pass that is nowhere"},
		{'f', '-', 0, 2, "an SPF pass where there is no SPF"},
		{'f', 'p', 0, 1, "an SPF key that is a result of DKIM"},
		{'f', 'l', 0, 200, "an SPF key behind the results"},
	};
	struct buf b = {0};
	struct told t;

	put_aligned(&b, 'p', 'l', 1, 2);
	is_int(feed(&b, &t), ERR_NONE, "an alignment that the results bear out");
	is_str(t.alignment, "p1 l2", "arrives");
	put_aligned(&b, '-', 'f', 0, 2);
	is_int(feed(&b, NULL), ERR_NONE, "an SPF pass that is not aligned has a key");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		put_aligned(&b, bad[i].dkim, bad[i].spf, bad[i].dkim_key, bad[i].spf_key);
		is_int(feed(&b, NULL), ERR_BUG, bad[i].name);
	}
	buf_free(&b);
}

static void test_repairs(void)
{
	struct buf b = {0};
	struct told t;
	size_t at;

	put_head(&b, 0, 0, NULL);
	put_repair(&b, "number_form", 7);
	put_rows(&b);
	put_repair(&b, "time_form", 1);
	put_sums(&b, 2, 7);
	put_item_end(&b, 1);
	is_int(feed(&b, &t), ERR_NONE, "repairs before and behind records");
	is_int(t.repairs, 2, "arrive");
	is_str(t.what, "time_form", "with what");
	is_str(t.where, "row/count", "where");
	ok(t.repair.record_no == 3 && t.repair.line == 120 && t.repair.times == 1 &&
	   text_present(t.repair.from) && !text_present(t.repair.to),
	   "record, line, times, and a text that is absent");

	put_head(&b, 0, 0, NULL);
	put_repair(&b, "time_form", 0);
	is_int(feed(&b, NULL), ERR_BUG, "a repair that happened no time");
	put_head(&b, 0, 0, NULL);
	put_repair(&b, "", 1);
	is_int(feed(&b, NULL), ERR_BUG, "one of no kind");
	put_repair(&b, "time_form", 1);
	is_int(feed(&b, NULL), ERR_BUG, "one outside a report");
	put_head(&b, 0, 0, NULL);
	at = frame_begin(&b, FRAME_REPAIR, ITEM);
	frame_put_u32(&b, 1);
	frame_finish(&b, at);
	is_int(feed(&b, NULL), ERR_BUG, "one that is cut short");
	put_head(&b, 0, 0, NULL);
	for (int i = 0; i < LIMIT_REPAIRS; i++)
		put_repair(&b, "time_form", 1);
	put_end(&b, STATE_COMPLETE, NULL);
	put_item_end(&b, 1);
	is_int(feed(&b, &t), ERR_NONE, "as many repairs as there may be");
	is_int(t.repairs, LIMIT_REPAIRS, "all of them arrive");
	put_head(&b, 0, 0, NULL);
	for (int i = 0; i <= LIMIT_REPAIRS; i++)
		put_repair(&b, "time_form", 1);
	is_int(feed(&b, NULL), ERR_BUG, "one more than there may be");
	put_head(&b, 0, 0, NULL);
	for (int i = 0; i < LIMIT_REPAIRS; i++)
		put_repair(&b, "time_form", 1);
	put_again(&b);
	put_head(&b, 0, 0, NULL);
	put_repair(&b, "time_form", 1);
	is_int(feed(&b, NULL), ERR_NONE, "a report that begins again begins to count again");
	buf_free(&b);
}

static void test_lost(void)
{
	struct buf b = {0};
	struct told t;

	put_head(&b, 0, 0, NULL);
	put_end(&b, STATE_PARTIAL, "the document ends in record 3");
	put_item_end(&b, 1);
	is_int(feed(&b, &t), ERR_NONE, "a partial report");
	is_str(t.lost, "the document ends in record 3", "says what is lost");
	put_head(&b, 0, 0, NULL);
	put_end(&b, STATE_PARTIAL, NULL);
	is_int(feed(&b, NULL), ERR_BUG, "a partial report that does not say what is lost");
	put_head(&b, 0, 0, NULL);
	put_end(&b, STATE_PARTIAL, "");
	is_int(feed(&b, NULL), ERR_BUG, "nor one that says nothing");
	put_head(&b, 0, 0, NULL);
	put_end(&b, STATE_COMPLETE, "something");
	is_int(feed(&b, NULL), ERR_BUG, "a complete one of which something is lost");
	put_head(&b, 0, 0, NULL);
	put_end(&b, (enum report_state)'x', NULL);
	is_int(feed(&b, NULL), ERR_BUG, "a state that is none");
	buf_free(&b);
}

/* HEAD, rows, a repair, AGAIN. */
static void put_begun(struct buf *b, uint32_t entry)
{
	put_head(b, entry, 0, NULL);
	put_rows(b);
	put_repair(b, "time_form", 1);
	put_again(b);
}

static void test_again(void)
{
	struct buf b = {0};
	struct told t;
	size_t at;

	for (uint32_t entry = 0; entry < 3; entry++) {
		put_begun(&b, entry);
		put_head(&b, entry, 0, NULL);
		put_rows(&b);
		put_sums(&b, 2, 7);
		put_item_end(&b, 1);
		is_int(feed(&b, &t), ERR_NONE, "a report that begins again");
	}
	is_int(t.again, 1, "is taken back");
	is_int(t.ends, 1, "and ends once, with its own sums");

	put_begun(&b, 3);
	put_answer(&b, FRAME_REFUSED, 3, "cut off");
	put_item_end(&b, 1);
	is_int(feed(&b, &t), ERR_NONE, "refused when it is read again");
	is_int(t.refused, 1, "the refusal arrives");
	put_begun(&b, 3);
	put_answer(&b, FRAME_NOT_REPORT, 3, "text");
	put_item_end(&b, 1);
	is_int(feed(&b, NULL), ERR_NONE, "or no report after all");
	put_begun(&b, 3);
	put_answer(&b, FRAME_NOT_REPORT, 4, "text");
	put_item_end(&b, 1);
	is_int(feed(&b, NULL), ERR_NONE, "or followed by another entry");

	put_begun(&b, 3);
	put_item_end(&b, 1);
	is_int(feed(&b, NULL), ERR_BUG, "an entry that was taken back has no answer yet");
	put_begun(&b, 3);
	put_sums(&b, 2, 7);
	is_int(feed(&b, NULL), ERR_BUG, "nor an END");
	put_begun(&b, 3);
	put_again(&b);
	is_int(feed(&b, NULL), ERR_BUG, "and can't be taken back twice");
	put_again(&b);
	is_int(feed(&b, NULL), ERR_BUG, "AGAIN of nothing");
	put_answer(&b, FRAME_REFUSED, 0, "cut off");
	put_again(&b);
	is_int(feed(&b, NULL), ERR_BUG, "what has its answer can't be taken back");
	put_head(&b, 0, 0, NULL);
	at = frame_begin(&b, FRAME_AGAIN, ITEM);
	frame_put_u32(&b, 0);
	frame_finish(&b, at);
	is_int(feed(&b, NULL), ERR_BUG, "AGAIN that carries something");
	put_begun(&b, 0);
	put_head(&b, 0, 0, NULL);
	at = frame_begin(&b, FRAME_RECORDS, ITEM);
	put_record(&b, 1, 1, NULL);
	frame_finish(&b, at);
	is_int(feed(&b, NULL), ERR_BUG, "slots from before AGAIN are empty");
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
	test_sender();
	test_item();
	test_order();
	test_sums();
	test_alignment();
	test_repairs();
	test_lost();
	test_again();
	test_bytes();
	return tap_done();
}
