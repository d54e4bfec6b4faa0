#include "cmd/frames.h"
#include "base/mem.h"
#include "cmd/logs.h"

#include <stdlib.h>

#define REASON_MAX 1000

static struct frames *frames_of(void *ctx)
{
	return ((struct seat *)ctx)->owner;
}

static struct piece *piece_of(void *ctx)
{
	return (struct piece *)((struct seat *)ctx)->job;
}

static int next_id(struct frames *f, int64_t *ret, struct err *e)
{
	if (!f->ids_left) {
		if (store_report_ids(f->ids, &f->next_id, e) < 0)
			return -1;
		f->ids_left = 1000;
	}
	f->ids_left--;
	*ret = f->next_id++;
	return 0;
}

static int on_head(void *ctx, const struct report_head *h, struct err *e)
{
	struct frames *f = frames_of(ctx);
	struct piece *p = piece_of(ctx);
	int64_t id;

	p->report_entry = h->entry;
	p->repairs = 0;
	if (!f->stage)
		return 0;
	if (next_id(f, &id, e) < 0)
		return -1;
	p->report = store_report_begin(f->stage, id, h, p->item->arrived_at);
	return 0;
}

static int on_set(void *ctx, uint16_t slot, const struct auth_result *results, uint32_t n,
		  struct err *e)
{
	struct piece *p = piece_of(ctx);

	return p->report ? store_report_set(p->report, slot, results, n, e) : 0;
}

static int on_record(void *ctx, uint16_t slot, const struct record *r, struct err *e)
{
	struct piece *p = piece_of(ctx);

	return p->report ? store_report_record(p->report, slot, r, e) : 0;
}

static int on_row_refused(void *ctx, uint32_t record_no, int64_t messages, struct text why,
			  struct err *e)
{
	struct piece *p = piece_of(ctx);

	(void)e;
	if (p->report)
		store_report_refused_row(p->report, record_no, messages, why);
	return 0;
}

static int on_repair(void *ctx, const struct repair *r, struct err *e)
{
	struct piece *p = piece_of(ctx);

	(void)e;
	p->repairs += r->times;
	if (p->report)
		store_report_repair(p->report, r);
	return 0;
}

static int on_again(void *ctx, struct err *e)
{
	struct piece *p = piece_of(ctx);

	(void)e;
	store_report_free(p->report);
	p->report = NULL;
	return 0;
}

/* A sentence is enough: ten thousand entries of 64 KB each would not be. */
static char *reason_of(struct text why)
{
	if (why.len > REASON_MAX)
		for (why.len = REASON_MAX; why.len &&
		     ((unsigned char)why.p[why.len] & 0xc0) == 0x80;)
			why.len--;
	return xstrndup(why.p, why.len);
}

static int on_end(void *ctx, const struct report_sums *s, struct err *e)
{
	struct piece *p = piece_of(ctx);
	struct store_entry *entry;
	struct tally *t;

	if (p->report && store_report_end(p->report, s, e) < 0)
		return -1;
	entry = piece_entry(p, p->report_entry, OUTCOME_STORED, &t);
	entry->report = p->report;
	if (s->state == STATE_PARTIAL)
		entry->reason = reason_of(s->lost);
	p->report = NULL;
	*t = (struct tally){
		.records = (int64_t)s->records, .refused = (int64_t)s->records_refused,
		.messages = s->messages, .messages_refused = s->messages_refused,
		.repairs = p->repairs, .partial = s->state == STATE_PARTIAL,
	};
	return 0;
}

static void end_without_report(struct piece *p, uint32_t number, enum store_outcome outcome,
			       enum err_class class, struct text why)
{
	struct store_entry *entry;

	store_report_free(p->report);
	p->report = NULL;
	log_part_drop(p);
	entry = piece_entry(p, number, outcome, NULL);
	entry->class = class;
	entry->reason = reason_of(why);
}

static int on_refused(void *ctx, uint32_t entry, enum err_class class, struct text why,
		      struct err *e)
{
	(void)e;
	end_without_report(piece_of(ctx), entry, OUTCOME_QUARANTINED, class, why);
	return 0;
}

static int on_not_report(void *ctx, uint32_t entry, struct text what, struct err *e)
{
	(void)e;
	end_without_report(piece_of(ctx), entry, OUTCOME_NOT_REPORT, ERR_NONE, what);
	return 0;
}

static int on_item_end(void *ctx, uint32_t entries, uint64_t bytes_out, struct err *e)
{
	(void)ctx;
	(void)entries;
	(void)bytes_out;
	(void)e;
	return 0;
}

/* ---- logs ---- */

static int on_log_head(void *ctx, uint32_t entry, struct err *e)
{
	struct frames *f = frames_of(ctx);
	struct piece *p = piece_of(ctx);

	p->log_entry = entry;
	if (!f->logs_begun && f->logs_begin(f, e) < 0)
		return -1;
	f->logs_begun = true;
	log_part_begin(p, f->stage);
	return 0;
}

static int on_log_host(void *ctx, uint16_t slot, enum log_system system, struct text name,
		       struct err *e)
{
	struct piece *p = piece_of(ctx);

	(void)e;
	if (p->part.log)
		store_log_host(p->part.log, slot, system, name);
	return 0;
}

static int on_log_service(void *ctx, uint16_t slot, struct text name, struct err *e)
{
	struct piece *p = piece_of(ctx);

	(void)e;
	if (p->part.log)
		store_log_service(p->part.log, slot, name);
	return 0;
}

static int on_log_reply(void *ctx, uint16_t slot, const struct log_reply *r, struct err *e)
{
	struct piece *p = piece_of(ctx);

	(void)e;
	if (p->part.log)
		store_log_reply(p->part.log, slot, r);
	return 0;
}

static int on_log_message(void *ctx, const struct log_message *m, struct err *e)
{
	struct piece *p = piece_of(ctx);

	(void)e;
	if (p->part.log)
		store_log_message(p->part.log, m);
	return 0;
}

static int on_log_attempt(void *ctx, const struct log_attempt *a, struct err *e)
{
	struct piece *p = piece_of(ctx);

	(void)e;
	p->part.attempts += a->kind == EVENT_ATTEMPT;
	if (p->part.log)
		store_log_attempt(p->part.log, a);
	return 0;
}

static int on_log_unreadable(void *ctx, const struct log_unreadable *u, struct err *e)
{
	struct piece *p = piece_of(ctx);

	(void)e;
	if (p->part.log)
		store_log_unreadable(p->part.log, u);
	return 0;
}

static int on_log_part(void *ctx, const struct log_sums *s, struct err *e)
{
	struct frames *f = frames_of(ctx);
	struct piece *p = piece_of(ctx);

	(void)e;
	log_part_end(p, s);
	if (s->last && !p->log)
		piece_entry(p, p->log_entry, OUTCOME_LOG, NULL);
	if (!s->last)
		log_part_begin(p, f->stage);
	if (!p->log)
		f->log_part(f, p);
	return 0;
}

const struct frame_handler frames_handler = {
	.head = on_head, .set = on_set, .record = on_record, .row_refused = on_row_refused,
	.repair = on_repair, .again = on_again, .end = on_end, .refused = on_refused,
	.not_report = on_not_report, .item_end = on_item_end, .log_head = on_log_head,
	.log_host = on_log_host, .log_service = on_log_service, .log_reply = on_log_reply,
	.log_message = on_log_message, .log_attempt = on_log_attempt,
	.log_unreadable = on_log_unreadable, .log_part = on_log_part,
};
