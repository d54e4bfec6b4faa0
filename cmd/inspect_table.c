/* For people: a block of lines about the report, then a line a record. */
#include "cmd/inspect.h"

#include <string.h>

/* `key     value`, made visible. */
static void say(struct inspect *i, const char *key, struct text value)
{
	if (!text_present(value) || !value.len)
		return;
	i->line.len = 0;
	buf_printf(&i->line, "  %-12s", key);
	text_add_visible(&i->line, value);
	buf_addc(&i->line, '\n');
	inspect_put_line(i);
}

static void title(struct inspect *i, const char *what, uint32_t entry)
{
	struct buf b = {0};

	text_add_visible(&b, text_of(i->item));
	if (entry)
		buf_printf(&b, ", entry %u", entry);
	page_printf(&i->page, "%s: %s\n", buf_cstr(&b), what);
	buf_free(&b);
}

static void add_tag(struct buf *b, const char *tag, struct text value)
{
	if (!text_present(value))
		return;
	buf_printf(b, "%s%s=", b->len ? "; " : "", tag);
	buf_add(b, value.p, value.len);
}

static void say_policy(struct inspect *i, const struct report_head *h)
{
	struct buf b = {0};

	add_tag(&b, "p", h->p);
	add_tag(&b, "sp", h->sp);
	add_tag(&b, "np", h->np);
	add_tag(&b, "adkim", h->adkim);
	add_tag(&b, "aspf", h->aspf);
	add_tag(&b, "fo", h->fo);
	add_tag(&b, "t", h->testing);
	if (h->pct >= 0)
		buf_printf(&b, "; pct=%d", (int)h->pct);
	say(i, "policy", (struct text){buf_cstr(&b), (uint32_t)b.len});
	buf_free(&b);
}

/* "verified: example.org by DMARC, as its name and address say" */
static void say_sender(struct inspect *i, const struct report_head *h)
{
	static const struct {
		enum auth_relation relation;
		const char *words;
	} relations[] = {
		{RELATION_BOTH, "as its name and address say"},
		{RELATION_NAME, "as its name says"},
		{RELATION_ADDRESS, "as its address says"},
		{RELATION_NONE, "which is neither its name nor its address"},
	};
	struct buf b = {0};

	if (h->auth == AUTH_LOCAL)
		return; /* it came by no mail */
	buf_adds(&b, inspect_auth(h->auth));
	if (h->auth_method != METHOD_NONE)
		buf_printf(&b, ": %.*s by %s", (int)h->auth_domain.len, h->auth_domain.p,
			   h->auth_method == METHOD_DMARC ? "DMARC" :
			   h->auth_method == METHOD_DKIM ? "DKIM" : "SPF");
	for (size_t k = 0; k < sizeof(relations) / sizeof(relations[0]); k++)
		if (relations[k].relation == h->auth_relation)
			buf_printf(&b, ", %s", relations[k].words);
	say(i, "sender", (struct text){buf_cstr(&b), (uint32_t)b.len});
	buf_free(&b);
}

static int on_head(void *ctx, const struct report_head *h, struct err *e)
{
	struct inspect *i = inspect_of(ctx);
	char from[40], to[40], range[100];

	(void)e;
	inspect_begin(i);
	title(i, "aggregate report", h->entry);
	say(i, "domain", h->domain);
	say(i, "reporter", h->org_name);
	say(i, "email", h->email);
	say_sender(i, h);
	say(i, "report id", h->report_id);
	say(i, "generator", h->generator);
	if (inspect_time(h->begin_at, from) && inspect_time(h->end_at, to)) {
		snprintf(range, sizeof(range), "%s to %s", from, to);
		say(i, "range", text_of(range));
	}
	say_policy(i, h);
	say(i, "schema", text_of(inspect_schema(h->schema)));
	say(i, "extra", h->extra);
	page_printf(&i->page, "\n  %-25s %10s  %-6s %-9s %-8s %-9s %-8s %-11s %-24s %s\n",
		    "source", "messages", "dmarc", "dkim", "aligned", "spf", "aligned",
		    "disposition", "header from", "results");
	return 0;
}

static int on_set(void *ctx, uint16_t slot, const struct auth_result *results, uint32_t n,
		  struct err *e)
{
	struct buf *b = inspect_slot(inspect_of(ctx), slot, e);

	if (!b)
		return -1;
	for (uint32_t k = 0; k < n; k++) {
		const struct auth_result *r = &results[k];
		const char *word = inspect_result(r->result);

		buf_printf(b, "%s%s ", k ? ", " : "", r->kind == AUTH_DKIM ? "dkim" : "spf");
		text_add_visible(b, r->domain);
		if (text_present(r->selector) && r->selector.len) {
			buf_addc(b, '/');
			text_add_visible(b, r->selector);
		}
		buf_printf(b, " %s", word ? word : "-");
	}
	inspect_count_slot(inspect_of(ctx), slot);
	return 0;
}

static const char *or_dash(const char *word)
{
	return word ? word : "-";
}

/* Ours, beside what the reporter says; marked where the two do not fit. */
static const char *aligned(enum alignment a, bool disagrees)
{
	if (a == ALIGNED_PASS)
		return disagrees ? "yes !" : "yes";
	if (a == ALIGNED_ABSENT)
		return "-";
	return disagrees ? "no !" : "no";
}

static int on_record(void *ctx, uint16_t slot, const struct record *r, struct err *e)
{
	struct inspect *i = inspect_of(ctx);
	const char *pass = inspect_pass(r);
	struct buf *b = &i->line, from = {0};
	char ip[64];

	(void)e;
	b->len = 0;
	text_add_visible(&from, r->header_from);
	buf_printf(b, "  %-25s %10lld  %-6s %-9s %-8s %-9s %-8s %-11s %-24s ",
		   or_dash(inspect_ip(&r->source_ip, ip)), (long long)r->messages,
		   *pass == 't' ? "pass" : *pass == 'f' ? "fail" : "-",
		   or_dash(inspect_result(r->dkim_evaluated)),
		   aligned(r->dkim_aligned, inspect_dkim_disagrees(r)),
		   or_dash(inspect_result(r->spf_evaluated)),
		   aligned(r->spf_aligned, inspect_spf_disagrees(r)),
		   or_dash(inspect_disposition(r->disposition)), buf_cstr(&from));
	buf_add(b, i->sets[slot].p, i->sets[slot].len);
	buf_addc(b, '\n');
	buf_free(&from);
	i->disagrees += inspect_dkim_disagrees(r) || inspect_spf_disagrees(r);
	inspect_put_line(i);
	return 0;
}

static int on_row_refused(void *ctx, uint32_t record_no, int64_t messages, struct text why,
			  struct err *e)
{
	struct inspect *i = inspect_of(ctx);
	struct buf *b = &i->line;

	(void)e;
	b->len = 0;
	buf_printf(b, "  record %u, %lld messages, refused: ", record_no, (long long)messages);
	text_add_visible(b, why);
	buf_addc(b, '\n');
	inspect_put_line(i);
	return 0;
}

/* Where, in words: `row/source_ip of record 3, line 120`. */
static void add_place(struct buf *b, const struct repair *r)
{
	const char *between = " at ";

	if (text_present(r->where)) {
		buf_adds(b, between);
		text_add_visible(b, r->where);
		between = ", ";
	}
	if (r->record_no)
		buf_printf(b, "%srecord %u", between, r->record_no);
	if (r->line)
		buf_printf(b, ", line %u", r->line);
	if (r->times > 1)
		buf_printf(b, " (%u times)", r->times);
}

static void add_quoted(struct buf *b, const char *before, struct text t)
{
	buf_adds(b, before);
	buf_addc(b, '\'');
	text_add_visible(b, t);
	buf_addc(b, '\'');
}

/* They may come between records, and are shown behind them. */
static int on_repair(void *ctx, const struct repair *r, struct err *e)
{
	struct buf *b = &inspect_of(ctx)->mended;

	(void)e;
	buf_adds(b, "  mended: ");
	text_add_visible(b, r->what);
	add_place(b, r);
	if (text_present(r->from))
		add_quoted(b, ": ", r->from);
	if (text_present(r->to))
		add_quoted(b, text_present(r->from) ? " taken as " : ": taken as ", r->to);
	buf_addc(b, '\n');
	return 0;
}

static int on_end(void *ctx, const struct report_sums *s, struct err *e)
{
	struct inspect *i = inspect_of(ctx);

	(void)e;
	page_add(&i->page, i->mended.p, i->mended.len);
	page_printf(&i->page, "  %llu records, %lld messages", (unsigned long long)s->records,
		(long long)s->messages);
	if (s->records_refused)
		page_printf(&i->page, "; %llu records, %lld messages refused",
			(unsigned long long)s->records_refused, (long long)s->messages_refused);
	page_printf(&i->page, "%s\n", s->state == STATE_PARTIAL ? "; only a part of it" : "");
	say(i, "lost", s->lost);
	if (i->disagrees)
		page_printf(&i->page, "  ! dkim or spf is otherwise than the results bear out: "
			    "%lld of the records\n", (long long)i->disagrees);
	page_printf(&i->page, "\n");
	i->in_report = false;
	return 0;
}

static int on_refused(void *ctx, uint32_t entry, enum err_class class, struct text why,
		      struct err *e)
{
	struct inspect *i = inspect_of(ctx);

	(void)e;
	inspect_take_back(i);
	title(i, "would be quarantined", entry);
	say(i, err_class_name(class), why);
	i->of_item++;
	return 0;
}

static int on_not_report(void *ctx, uint32_t entry, struct text what, struct err *e)
{
	struct inspect *i = inspect_of(ctx);

	(void)e;
	title(i, "not a report", entry);
	say(i, "it is", what);
	return 0;
}

void inspect_table_failed(struct inspect *i, const struct err *e)
{
	inspect_restart(i);
	title(i, "would be quarantined", 0);
	say(i, err_class_name(e->class), text_of(e->msg));
	i->of_item++;
}

const struct frame_handler inspect_table = {
	.head = on_head, .set = on_set, .record = on_record, .row_refused = on_row_refused,
	.repair = on_repair, .again = inspect_on_again, .end = on_end, .refused = on_refused,
	.not_report = on_not_report, .item_end = inspect_on_item_end, INSPECT_LOG_HANDLERS,
};
