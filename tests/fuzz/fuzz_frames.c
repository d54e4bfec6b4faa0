/*
 * fuzz_frames - plays an enemy worker: whatever it writes, the parent's check of frames must not
 * crash, read out of bounds or hand on what breaks the rules. What is handed on is looked at here:
 * texts are read to their last byte, so that a sanitizer sees a length that lies, and the sums are
 * added up once more.
 */
#include "base/frame.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What the target has seen of the report that it is in. */
struct seen {
	bool in_report;
	uint64_t records, refused;
	int64_t messages;
};

static void look(struct text t)
{
	if (t.p && !text_utf8_ok(t.p, t.len))
		abort();
}

static int on_head(void *ctx, const struct report_head *h, struct err *e)
{
	const struct text texts[] = {h->org_name, h->email, h->extra_contact_info, h->report_id,
				     h->generator, h->domain, h->p, h->sp, h->np, h->adkim,
				     h->aspf, h->fo, h->testing, h->discovery_method, h->version,
				     h->extra};

	(void)e;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		look(texts[i]);
	*(struct seen *)ctx = (struct seen){.in_report = true};
	return 0;
}

static int on_set(void *ctx, uint16_t slot, const struct auth_result *results, uint32_t n,
		  struct err *e)
{
	(void)e;
	if (!((struct seen *)ctx)->in_report || slot >= FRAME_SLOTS || n > LIMIT_RESULTS)
		abort();
	for (uint32_t i = 0; i < n; i++) {
		look(results[i].domain);
		look(results[i].selector);
		look(results[i].result_raw);
	}
	return 0;
}

static int on_record(void *ctx, uint16_t slot, const struct record *r, struct err *e)
{
	struct seen *s = ctx;

	(void)e;
	look(r->header_from);
	look(r->envelope_from);
	look(r->envelope_to);
	look(r->extra);
	if (!s->in_report || slot >= FRAME_SLOTS || r->messages < 0 ||
	    (r->source_ip.family != 4 && r->source_ip.family != 6))
		abort();
	s->records++;
	s->messages += r->messages;
	return 0;
}

static int on_row_refused(void *ctx, uint32_t record_no, int64_t messages, struct text why,
			  struct err *e)
{
	(void)e;
	(void)record_no;
	look(why);
	if (messages < 0)
		abort();
	((struct seen *)ctx)->refused++;
	return 0;
}

static int on_repair(void *ctx, const struct repair *r, struct err *e)
{
	(void)ctx;
	(void)e;
	look(r->what);
	look(r->where);
	look(r->from);
	look(r->to);
	return 0;
}

static int on_again(void *ctx, struct err *e)
{
	(void)ctx;
	(void)e;
	return 0;
}

static int on_end(void *ctx, const struct report_sums *sums, struct err *e)
{
	struct seen *s = ctx;

	(void)e;
	if (!s->in_report || sums->records != s->records || sums->records_refused != s->refused ||
	    sums->messages != s->messages)
		abort();
	s->in_report = false;
	return 0;
}

static int on_refused(void *ctx, uint32_t entry, enum err_class class, struct text why,
		      struct err *e)
{
	(void)entry;
	(void)e;
	look(why);
	if (class != ERR_INPUT && class != ERR_LIMIT && class != ERR_BUG)
		abort();
	((struct seen *)ctx)->in_report = false;
	return 0;
}

static int on_not_report(void *ctx, uint32_t entry, struct text what, struct err *e)
{
	(void)entry;
	(void)e;
	look(what);
	if (((struct seen *)ctx)->in_report)
		abort();
	return 0;
}

static int on_item_end(void *ctx, uint32_t entries, uint64_t bytes_out, struct err *e)
{
	(void)e;
	if (((struct seen *)ctx)->in_report || entries == 0 || bytes_out > LIMIT_ITEM_OUTPUT)
		abort();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen seen = {0};
	const struct frame_handler handler = {
		.ctx = &seen,
		.head = on_head,
		.set = on_set,
		.record = on_record,
		.row_refused = on_row_refused,
		.repair = on_repair,
		.again = on_again,
		.end = on_end,
		.refused = on_refused,
		.not_report = on_not_report,
		.item_end = on_item_end,
	};
	struct frame_check *check = frame_check_new(&handler);
	struct err e = {0};
	struct frame f;
	size_t used = 0;
	bool first = true;

	/* As the pipeline does: the first rule broken ends the worker. */
	while (frame_next(data, size, &f, &used, &e) == 1) {
		if (first)
			frame_check_expect(check, f.item);
		first = false;
		if (frame_check_feed(check, &f, &e) < 0)
			break;
		data += used;
		size -= used;
	}
	frame_check_free(check);
	return 0;
}
