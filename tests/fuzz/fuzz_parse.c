/*
 * fuzz_parse - any bytes as an item: the parser must answer with frames that the parent's check
 * takes, ITEM_END the last. So each of the two watches the other.
 */
#include "base/frame.h"
#include "parse/parse.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ITEM = 1 };

/* Where a broken rule ends: with what the check said, for the log. */
static _Noreturn void broken(const char *what, const struct err *e)
{
	fprintf(stderr, "fuzz_parse: %s: %s\n", what, e->msg);
	abort();
}

static int on_head(void *ctx, const struct report_head *h, struct err *e)
{
	(void)ctx;
	(void)h;
	(void)e;
	return 0;
}

static int on_set(void *ctx, uint16_t slot, const struct auth_result *r, uint32_t n,
		  struct err *e)
{
	(void)ctx;
	(void)slot;
	(void)r;
	(void)n;
	(void)e;
	return 0;
}

static int on_record(void *ctx, uint16_t slot, const struct record *r, struct err *e)
{
	(void)ctx;
	(void)slot;
	(void)r;
	(void)e;
	return 0;
}

static int on_row_refused(void *ctx, uint32_t record_no, int64_t messages, struct text why,
			  struct err *e)
{
	(void)ctx;
	(void)record_no;
	(void)messages;
	(void)why;
	(void)e;
	return 0;
}

static int on_repair(void *ctx, const struct repair *r, struct err *e)
{
	(void)ctx;
	(void)r;
	(void)e;
	return 0;
}

static int on_again(void *ctx, struct err *e)
{
	(void)ctx;
	(void)e;
	return 0;
}

static int on_end(void *ctx, const struct report_sums *s, struct err *e)
{
	(void)ctx;
	(void)s;
	(void)e;
	return 0;
}

static int on_refused(void *ctx, uint32_t entry, enum err_class class, struct text why,
		      struct err *e)
{
	(void)ctx;
	(void)entry;
	(void)e;
	if (class == ERR_BUG) {
		fprintf(stderr, "fuzz_parse: refused as a bug: %.*s\n", (int)why.len, why.p);
		abort();
	}
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

/* The context is whether the item has ended. */
static int on_item_end(void *ctx, uint32_t entries, uint64_t bytes_out, struct err *e)
{
	(void)entries;
	(void)bytes_out;
	(void)e;
	*(bool *)ctx = true;
	return 0;
}

/* The sink's context is the check. */
static int check_frames(void *ctx, struct buf *out, struct err *e)
{
	size_t at = 0, used;
	struct frame f;

	while (at < out->len) {
		if (frame_next((const uint8_t *)out->p + at, out->len - at, &f, &used, e) != 1)
			broken("not a whole frame", e);
		if (frame_check_feed(ctx, &f, e) < 0)
			broken("the check does not take it", e);
		at += used;
	}
	out->len = 0;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct parser *parser;
	bool ended = false;
	const struct frame_handler handler = {&ended,     on_head,       on_set,
					      on_record,  on_row_refused, on_repair,     on_again,
					      on_end,     on_refused,    on_not_report,
					      on_item_end};
	struct frame_check *check = frame_check_new(&handler);
	struct parse_sink sink = {.ctx = check, .flush = check_frames};
	struct err e = {0};

	if (!parser)
		parser = parser_new();
	frame_check_expect(check, ITEM);
	if (parse_item(parser, ITEM, data, size, -1, &sink, &e) < 0)
		broken("parse_item", &e);
	if (!ended)
		broken("no ITEM_END", &e);
	buf_free(&sink.out);
	frame_check_free(check);
	return 0;
}
