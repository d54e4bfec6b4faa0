/*
 * naive - the obvious way to store reports: what batching, claiming and COPY are held against.
 *
 *   naive CONNINFO N DIR
 *
 * The same parser, the same tables and the same columns as ruadb ingest; but one process, prepared
 * INSERTs, one round trip a row and one COMMIT a report. Reads N files of DIR and prints the
 * seconds that it took, reports and records. keep_raw = all: originals are stored too.
 */
#include "bench/files.h"
#include "bench/naive_rows.h"
#include "parse/parse.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct run {
	struct naive n;
	struct naive_keys keys;
	struct report_head head; /* its texts lie in `texts` */
	struct buf texts;
	struct naive_sums sums;
	int64_t slots[FRAME_SLOTS];
	const struct naive_file *file;
	uint64_t reports, records;
};

/* Texts of a head die with the call that hands it over; the row is written at its end. */
static void keep_head(struct run *r, const struct report_head *h)
{
	struct text *texts[] = {
		&r->head.org_name, &r->head.email, &r->head.extra_contact_info, &r->head.report_id,
		&r->head.generator, &r->head.domain, &r->head.p, &r->head.sp, &r->head.np,
		&r->head.adkim, &r->head.aspf, &r->head.fo, &r->head.testing,
		&r->head.discovery_method, &r->head.version, &r->head.extra};
	size_t need = 0;

	r->head = *h;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		need += texts[i]->len;
	r->texts.len = 0;
	buf_room(&r->texts, need + 1); /* from here on the bytes stay where they are */
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		if (!text_present(*texts[i]))
			continue;
		const char *at = r->texts.p + r->texts.len;

		buf_add(&r->texts, texts[i]->p, texts[i]->len);
		texts[i]->p = at;
	}
}

static int on_head(void *ctx, const struct report_head *h, struct err *e)
{
	struct run *r = ctx;
	time_t middle = (time_t)((h->begin_at + h->end_at) / 2);
	struct tm tm;
	uint8_t sum[32];

	(void)e;
	keep_head(r, h);
	r->sums = (struct naive_sums){0};
	r->keys.report_id++;
	hash_sum(r->n.hash, r->file->path, strlen(r->file->path), sum);
	memcpy(r->keys.item_key, sum, sizeof(r->keys.item_key));
	gmtime_r(&middle, &tm);
	strftime(r->keys.day, sizeof(r->keys.day), "%Y-%m-%d", &tm);
	naive_run(&r->n, "BEGIN");
	naive_batch(&r->n);
	r->keys.domain = r->head.domain;
	r->keys.domain_id = naive_domain(&r->n, r->head.domain);
	r->keys.reporter_id = naive_reporter(&r->n, &r->head);
	return 0;
}

static int on_set(void *ctx, uint16_t slot, const struct auth_result *results, uint32_t n,
		  struct err *e)
{
	struct run *r = ctx;

	(void)e;
	r->slots[slot] = naive_auth_set(&r->n, results, n);
	return 0;
}

static int on_record(void *ctx, uint16_t slot, const struct record *rec, struct err *e)
{
	struct run *r = ctx;
	bool pass = rec->dkim_evaluated == RESULT_PASS || rec->spf_evaluated == RESULT_PASS;
	bool known = rec->dkim_evaluated != RESULT_ABSENT && rec->spf_evaluated != RESULT_ABSENT;

	(void)e;
	naive_record(&r->n, &r->keys, r->slots[slot], rec);
	*(pass ? &r->sums.pass : known ? &r->sums.fail : &r->sums.unknown) += rec->messages;
	if (rec->disposition == DISPOSITION_NONE)
		r->sums.none += rec->messages;
	else if (rec->disposition == DISPOSITION_PASS)
		r->sums.accepted += rec->messages;
	else if (rec->disposition == DISPOSITION_QUARANTINE)
		r->sums.quarantine += rec->messages;
	else if (rec->disposition == DISPOSITION_REJECT)
		r->sums.reject += rec->messages;
	r->records++;
	return 0;
}

static int on_end(void *ctx, const struct report_sums *s, struct err *e)
{
	struct run *r = ctx;

	(void)e;
	naive_report(&r->n, &r->keys, &r->head, s, &r->sums);
	r->reports++;
	return 0;
}

static int on_item_end(void *ctx, uint32_t entries, uint64_t bytes_out, struct err *e)
{
	struct run *r = ctx;

	(void)entries, (void)bytes_out, (void)e;
	naive_item(&r->n, &r->keys, r->file);
	naive_run(&r->n, "COMMIT");
	return 0;
}

static int on_refused(void *ctx, uint32_t entry, enum err_class class, struct text why,
		      struct err *e)
{
	const struct run *r = ctx;

	(void)entry, (void)why;
	return err_set(e, class, "%s was refused", r->file->path);
}

static int on_not_report(void *ctx, uint32_t entry, struct text what, struct err *e)
{
	return on_refused(ctx, entry, ERR_INPUT, what, e);
}

static int on_row_refused(void *ctx, uint32_t record_no, int64_t messages, struct text why,
			  struct err *e)
{
	(void)messages;
	return on_refused(ctx, record_no, ERR_INPUT, why, e);
}

static int on_repair(void *ctx, const struct repair *r, struct err *e)
{
	(void)ctx, (void)r, (void)e;
	return 0;
}

static int on_again(void *ctx, struct err *e)
{
	(void)ctx, (void)e;
	return 0;
}

/* The frames of one item are all in memory: reports here are small. */
static int keep_frames(void *ctx, struct buf *out, struct err *e)
{
	(void)ctx, (void)out, (void)e;
	return 0;
}

static void store_file(struct run *r, struct parser *p, struct frame_check *check, uint64_t item)
{
	struct parse_sink sink = {.flush = keep_frames};
	struct frame f;
	struct err e = {0};
	size_t used;
	int rc = 1;

	if (parse_item(p, item, r->file->bytes, r->file->size, -1, &sink, &e) < 0)
		bench_die(r->file->path, e.msg);
	frame_check_expect(check, item);
	for (size_t at = 0; at < sink.out.len; at += used) {
		rc = frame_next((const uint8_t *)sink.out.p + at, sink.out.len - at, &f, &used, &e);
		if (rc < 1 || frame_check_feed(check, &f, &e) < 0)
			bench_die(r->file->path, e.msg);
	}
	buf_free(&sink.out);
}

static void connect_and_prepare(struct run *r, const char *conninfo)
{
	r->n.conn = PQconnectdb(conninfo);
	if (PQstatus(r->n.conn) != CONNECTION_OK)
		bench_die(conninfo, PQerrorMessage(r->n.conn));
	r->n.hash = hash_new();
	naive_prepare(&r->n);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	static struct run r;
	const struct frame_handler handler = {
		.ctx = &r, .head = on_head, .set = on_set, .record = on_record,
		.row_refused = on_row_refused, .repair = on_repair, .again = on_again,
		.end = on_end,
		.refused = on_refused, .not_report = on_not_report, .item_end = on_item_end};

	if (argc != 4) {
		fputs("usage: naive CONNINFO N DIR\n", stderr);
		return 64;
	}
	struct files files = files_load(argv[3], strtoul(argv[2], NULL, 10));
	struct parser *p = parser_new();
	struct frame_check *check = frame_check_new(&handler);

	connect_and_prepare(&r, argv[1]);
	double begin = now();

	for (size_t i = 0; i < files.n; i++) {
		struct naive_file f = {files.v[i].path, files.v[i].bytes, files.v[i].size};

		r.file = &f;
		store_file(&r, p, check, i + 1);
	}
	printf("%.4f %" PRIu64 " %" PRIu64 "\n", now() - begin, r.reports, r.records);
	frame_check_free(check);
	parser_free(p);
	hash_free(r.n.hash);
	PQfinish(r.n.conn);
	buf_free(&r.texts);
	files_free(&files);
	return 0;
}
