/*
 * watch - what every fuzz target holds against the frames of a worker, beside what the parent's
 * check of frames does: it looks at what that check hands on.
 *
 * Texts are read to their last byte, so that a sanitizer sees a length that lies; sums are added up
 * once more; no frame may come where none may be. watch_item reads an item with the parser and
 * wants of it what the pipeline relies on: ITEM_END at its end, and no refusal that is a bug of
 * ours. What breaks a rule ends in abort(), with a line that says which.
 */
#ifndef TESTS_FUZZ_WATCH_H
#define TESTS_FUZZ_WATCH_H

#include "base/frame.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct watch {
	struct frame_check *check;
	bool in_report, in_log, ended;
	uint64_t log_unreadable, log_lines; /* of the part, of the item */
	/* of the report that is being read, or was the last */
	struct report_sums sums;
	uint8_t results[FRAME_SLOTS]; /* in the set of a slot */
	uint64_t repairs_of_reading; /* of bytes, characters and markup: only of what was mended */
	/* of the item */
	unsigned reports, logs, refused, not_reports;
	uint64_t records; /* of all reports, refused rows too */
	int64_t messages;
	enum err_class refused_class; /* of the last that was refused */
	char reason[512];
};

static _Noreturn void watch_broken(const char *what, const char *more)
{
	fprintf(stderr, "broken: %s%s%s\n", what, *more ? ": " : "", more);
	abort();
}

static void watch_text(struct text t)
{
	if (t.p && !text_utf8_ok(t.p, t.len))
		watch_broken("a text that is no UTF-8", "");
}

static int watch_head(void *ctx, const struct report_head *h, struct err *e)
{
	const struct text texts[] = {h->org_name, h->email, h->extra_contact_info, h->report_id,
				     h->generator, h->domain, h->p, h->sp, h->np, h->adkim,
				     h->aspf, h->fo, h->testing, h->discovery_method, h->version,
				     h->extra};
	struct watch *w = ctx;

	(void)e;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		watch_text(texts[i]);
	if (w->in_report)
		watch_broken("a HEAD within a report", "");
	w->in_report = true;
	w->sums = (struct report_sums){0};
	w->repairs_of_reading = 0;
	return 0;
}

static int watch_set(void *ctx, uint16_t slot, const struct auth_result *results, uint32_t n,
		     struct err *e)
{
	(void)e;
	if (!((struct watch *)ctx)->in_report || slot >= FRAME_SLOTS || n > LIMIT_RESULTS)
		watch_broken("a set where none may be, or too large", "");
	for (uint32_t i = 0; i < n; i++) {
		watch_text(results[i].domain);
		watch_text(results[i].selector);
		watch_text(results[i].result_raw);
	}
	((struct watch *)ctx)->results[slot] = (uint8_t)n;
	return 0;
}

static bool is_letter(enum alignment a)
{
	return a == ALIGNED_ABSENT || a == ALIGNED_PASS || a == ALIGNED_LINKED ||
	       a == ALIGNED_FAIL;
}

static void watch_alignment(const struct record *r, unsigned n)
{
	if (!is_letter(r->dkim_aligned) || !is_letter(r->spf_aligned))
		watch_broken("a letter of alignment that is none", "");
	if (r->dkim_key > n || r->spf_key > n || (r->dkim_key && r->dkim_key == r->spf_key))
		watch_broken("a key that is no result's", "");
	if ((r->dkim_aligned == ALIGNED_PASS && !r->dkim_key) ||
	    (r->spf_aligned == ALIGNED_PASS && !r->spf_key))
		watch_broken("an aligned pass of nothing", "");
}

static int watch_record(void *ctx, uint16_t slot, const struct record *r, struct err *e)
{
	struct watch *w = ctx;

	(void)e;
	watch_text(r->header_from);
	watch_text(r->envelope_from);
	watch_text(r->envelope_to);
	watch_text(r->extra);
	if (!w->in_report || slot >= FRAME_SLOTS || r->messages < 0 ||
	    (r->source_ip.family != 4 && r->source_ip.family != 6))
		watch_broken("a record that can not be", "");
	watch_alignment(r, w->results[slot]);
	w->sums.records++;
	w->sums.messages += r->messages;
	return 0;
}

static int watch_row_refused(void *ctx, uint32_t record_no, int64_t messages, struct text why,
			     struct err *e)
{
	struct watch *w = ctx;

	(void)e;
	watch_text(why);
	if (!w->in_report || messages < 0 || record_no == 0)
		watch_broken("a refused row that can not be", "");
	w->sums.records_refused++;
	w->sums.messages_refused += messages;
	return 0;
}

static bool is_of_reading(struct text what)
{
	static const char *const words[] = {
		"encoding_unknown", "encoding_wrong", "invalid_bytes", "control_character",
		"text_before", "text_behind", "xml_declaration", "bare_markup", "entity",
		"start_tag", "end_tag", "wrapper", "comment", "document_cut",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (text_is(what, words[i]))
			return true;
	return false;
}

static int watch_repair(void *ctx, const struct repair *r, struct err *e)
{
	struct watch *w = ctx;

	(void)e;
	watch_text(r->what);
	watch_text(r->where);
	watch_text(r->from);
	watch_text(r->to);
	if (!w->in_report || r->times == 0)
		watch_broken("a repair that can not be", "");
	w->repairs_of_reading += is_of_reading(r->what);
	return 0;
}

static int watch_again(void *ctx, struct err *e)
{
	struct watch *w = ctx;

	(void)e;
	if (!w->in_report)
		watch_broken("AGAIN without a report", "");
	w->in_report = false;
	return 0;
}

static int watch_end(void *ctx, const struct report_sums *sums, struct err *e)
{
	struct watch *w = ctx;

	(void)e;
	watch_text(sums->lost);
	if (!w->in_report || sums->records != w->sums.records ||
	    sums->records_refused != w->sums.records_refused ||
	    sums->messages != w->sums.messages ||
	    sums->messages_refused != w->sums.messages_refused)
		watch_broken("sums that are not those of the records", "");
	if ((sums->state == STATE_PARTIAL) != text_present(sums->lost))
		watch_broken("a partial report says what is lost, a complete one nothing", "");
	w->in_report = false;
	w->reports++;
	w->records += sums->records + sums->records_refused;
	w->messages += sums->messages;
	w->sums.state = sums->state;
	return 0;
}

#include "tests/fuzz/watch_log.h"

static int watch_refused(void *ctx, uint32_t entry, enum err_class class, struct text why,
			 struct err *e)
{
	struct watch *w = ctx;

	(void)entry;
	(void)e;
	watch_text(why);
	if (class != ERR_INPUT && class != ERR_LIMIT && class != ERR_BUG)
		watch_broken("a refusal of a class that none may have", "");
	w->in_report = w->in_log = false;
	w->refused++;
	w->refused_class = class;
	snprintf(w->reason, sizeof(w->reason), "%.*s", (int)why.len, why.p);
	return 0;
}

static int watch_not_report(void *ctx, uint32_t entry, struct text what, struct err *e)
{
	struct watch *w = ctx;

	(void)entry;
	(void)e;
	watch_text(what);
	if (w->in_report || w->in_log)
		watch_broken("no report within a report", "");
	w->not_reports++;
	return 0;
}

static int watch_item_end(void *ctx, uint32_t entries, uint64_t bytes_out, struct err *e)
{
	struct watch *w = ctx;

	(void)e;
	if (w->in_report || w->in_log || entries == 0 || bytes_out > LIMIT_LOG_OUTPUT)
		watch_broken("the end of an item that can not be", "");
	w->ended = true;
	return 0;
}

static void watch_begin(struct watch *w)
{
	const struct frame_handler handler = {
		.ctx = w,
		.head = watch_head,
		.set = watch_set,
		.record = watch_record,
		.row_refused = watch_row_refused,
		.repair = watch_repair,
		.again = watch_again,
		.end = watch_end,
		.refused = watch_refused,
		.not_report = watch_not_report,
		.item_end = watch_item_end,
		.log_head = watch_log_head,
		.log_host = watch_log_host,
		.log_service = watch_log_service,
		.log_reply = watch_log_reply,
		.log_message = watch_log_message,
		.log_attempt = watch_log_attempt,
		.log_unreadable = watch_log_unreadable,
		.log_part = watch_log_part,
	};

	*w = (struct watch){.check = frame_check_new(&handler)};
}

static void watch_end_of_all(struct watch *w)
{
	frame_check_free(w->check);
	w->check = NULL;
}

#endif
