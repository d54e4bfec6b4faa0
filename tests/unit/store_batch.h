/*
 * store_batch - what tests of batches share: the connection, and reports and items made by hand.
 * The test that includes it opens s and st.
 */
#ifndef TESTS_STORE_BATCH_H
#define TESTS_STORE_BATCH_H

#include "store/commit.h"
#include "tests/unit/store_home.h"
#include "tests/unit/tap.h"

#include <pthread.h>

#define BEGIN 1790000000

static struct conf *conf;
static struct store *s;
static struct store_stage *st;
static struct err e;

/* What a report of a test says; the rest is always the same. */
struct say {
	const char *id, *domain, *extra; /* extra: of its first record */
	int content;                     /* stands for the content hash */
	int records;
	int64_t each;                    /* messages of each record */
	bool mail, partial;
	int64_t begin, end;              /* 0: a day */
};

static struct store_report *make_report(struct store *ids, struct store_stage *stage,
					const struct say *x)
{
	static int64_t next, left;
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

	pthread_mutex_lock(&lock);
	if (!left) {
		must(store_report_ids(ids, &next, &e), &e);
		left = 1000;
	}
	int64_t id = next++;

	left--;
	pthread_mutex_unlock(&lock);
	struct report_head h = {
		.org_name = text_of("Receiver.example"), .email = text_of("a@receiver.example"),
		.report_id = text_of(x->id),
		.domain = text_of(x->domain ? x->domain : "example.com"),
		.begin_at = x->begin ? x->begin : BEGIN,
		.end_at = x->end ? x->end : (x->begin ? x->begin : BEGIN) + 86399,
		.schema = SCHEMA_RFC7489, .pct = -1, .p = text_of("none"), .auth = x->mail ? AUTH_UNVERIFIED : AUTH_LOCAL,
		.auth_method = METHOD_NONE, .auth_relation = RELATION_ABSENT};
	struct store_report *r = store_report_begin(stage, id, &h, TIME_ABSENT);
	struct auth_result results[] = {{.kind = AUTH_DKIM, .result = RESULT_PASS,
					 .domain = h.domain, .selector = text_of("s1")}};
	struct report_sums sums = {.state = x->partial ? STATE_PARTIAL : STATE_COMPLETE,
				   .lost = x->partial ? text_of("its end is lost") : TEXT_ABSENT};
	struct err mine;

	must(store_report_set(r, 7, results, 1, &mine), &mine);
	for (int i = 0; i < x->records; i++) {
		struct record rec = {
			.record_no = (uint32_t)i + 1, .messages = x->each,
			.source_ip = {.family = 4, .bytes = {192, 0, 2, (uint8_t)i}},
			.disposition = DISPOSITION_NONE, .dkim_evaluated = RESULT_PASS,
			.spf_evaluated = RESULT_FAIL, .dkim_aligned = ALIGNED_PASS,
			.spf_aligned = ALIGNED_ABSENT, .dkim_key = 1, .header_from = h.domain,
			.extra = i == 0 ? text_of(x->extra) : TEXT_ABSENT};

		must(store_report_record(r, 7, &rec, &mine), &mine);
		sums.records++;
		sums.messages += x->each;
	}
	sums.content_hash[3] = (uint8_t)(x->content >> 8);
	sums.content_hash[4] = (uint8_t)x->content;
	sums.content_hash[0] = 1;
	must(store_report_end(r, &sums, &mine), &mine);
	return r;
}

static struct store_item *make_item(const char *path, size_t n_entries)
{
	struct store_item *i = xcalloc(1, sizeof(*i));

	i->source = "file";
	i->item = xstrdup(path);
	i->bytes = xstrdup(path);
	i->size = (int64_t)strlen(path);
	i->mtime_ns = 5;
	i->inode = 6;
	i->fd = -1;
	snprintf((char *)i->sha256, sizeof(i->sha256), "%s", path);
	i->n_entries = n_entries;
	i->entries = xcalloc(n_entries, sizeof(*i->entries));
	for (size_t k = 0; k < n_entries; k++)
		i->entries[k].entry = n_entries > 1 ? (uint32_t)k + 1 : 0;
	return i;
}

static void add_report(struct store_batch *b, const struct say *x)
{
	static int n;
	char path[64];

	snprintf(path, sizeof(path), "/reports/%d.xml", __atomic_add_fetch(&n, 1,
		 __ATOMIC_RELAXED));
	struct store_item *i = make_item(path, 1);

	i->entries[0].report = make_report(s, st, x);
	store_batch_add(b, i);
}

__attribute__((unused)) static enum store_outcome commit_one(struct say x)
{
	struct store_batch *b = store_batch_new();

	x.records = x.records ? x.records : 1;
	add_report(b, &x);
	must(store_commit(s, st, b, &e), &e);
	enum store_outcome o = b->items->entries[0].outcome;

	ok(b->items->durable, "durable");
	store_batch_free(b);
	return o;
}

#endif
