/* One JSON object a report, refused entry or entry that is no report, each on a line of its own. */
#include "cmd/inspect.h"

#include <string.h>

static void add_key(struct buf *b, const char *key)
{
	if (b->len && b->p[b->len - 1] != '{' && b->p[b->len - 1] != '[')
		buf_adds(b, ", ");
	buf_printf(b, "\"%s\": ", key);
}

static void add_text(struct buf *b, const char *key, struct text t)
{
	add_key(b, key);
	if (text_present(t))
		text_add_json(b, t);
	else
		buf_adds(b, "null");
}

static void add_word(struct buf *b, const char *key, const char *word)
{
	add_text(b, key, text_of(word));
}

static void add_number(struct buf *b, const char *key, int64_t n)
{
	add_key(b, key);
	buf_printf(b, "%lld", (long long)n);
}

/* JSON that is checked already, or null. */
static void add_json(struct buf *b, const char *key, struct text json)
{
	add_key(b, key);
	if (text_present(json) && json.len)
		buf_add(b, json.p, json.len);
	else
		buf_adds(b, "null");
}

/* Behind a string, array, object or word that begins at p. */
static const char *behind(const char *p, const char *end)
{
	int depth = 0;
	bool quoted = false;

	for (; p < end; p++) {
		if (quoted) {
			if (*p == '\\')
				p++;
			else if (*p == '"')
				quoted = false;
		} else if (*p == '"') {
			quoted = true;
		} else if (*p == '{' || *p == '[') {
			depth++;
		} else if (*p == '}' || *p == ']') {
			if (depth == 0)
				return p;
			depth--;
		} else if (*p == ',' && depth == 0) {
			return p;
		}
	}
	return end;
}

/* A member of an object that is known to be well-formed; absent if there is none. */
static struct text member(struct text object, const char *name)
{
	const char *end = object.p + object.len, *p = object.p;
	size_t n = strlen(name);

	if (!text_present(object) || object.len < 2)
		return TEXT_ABSENT;
	for (p++; p < end && *p != '}'; p++) {
		while (p < end && (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r'))
			p++;
		const char *key = p + 1, *next = behind(p, end);
		bool is_it = (size_t)(next - p) > n + 2 && memcmp(key, name, n) == 0 &&
			     key[n] == '"';

		if (is_it) {
			const char *value = key + n + 1;

			while (value < next && (*value == ':' || *value == ' '))
				value++;
			return (struct text){value, (uint32_t)(next - value)};
		}
		p = next;
		if (p < end && *p == '}')
			break;
	}
	return TEXT_ABSENT;
}

/* ---- an entry ---- */

static void begin(struct inspect *i, uint32_t entry)
{
	struct buf *b = &i->line;

	b->len = 0;
	buf_addc(b, '{');
	add_word(b, "source", i->source);
	add_word(b, "item", i->item);
	add_number(b, "entry", entry);
}

static void end_object(struct inspect *i, const char *outcome)
{
	add_word(&i->line, "outcome", outcome);
	buf_adds(&i->line, "}\n");
	inspect_put_line(i);
	i->in_report = false;
}

/* The columns that report and record share; what only a database knows is null. */
static void render_of_report(struct inspect *i, const struct report_head *h)
{
	struct buf *b = &i->of_report, name = {0};
	char at[40];

	b->len = 0;
	add_number(b, "tenant_id", i->tenant);
	add_word(b, "report_id", NULL);
	add_text(b, "org_name", h->org_name);
	text_add_name(&name, h->domain);
	add_text(b, "policy_domain", (struct text){buf_cstr(&name), (uint32_t)name.len});
	add_word(b, "day", inspect_day(h->begin_at, h->end_at, at) ? at : NULL);
	add_word(b, "counted", NULL);
	add_word(b, "reporter_auth", inspect_auth(h->auth));
	buf_free(&name);
}

static void add_policy(struct buf *b, const struct report_head *h)
{
	add_text(b, "p", h->p);
	add_text(b, "sp", h->sp);
	add_text(b, "np", h->np);
	add_key(b, "pct");
	buf_printf(b, h->pct < 0 ? "null" : "%d", (int)h->pct);
	add_text(b, "adkim", h->adkim);
	add_text(b, "aspf", h->aspf);
	add_text(b, "fo", h->fo);
	add_text(b, "testing", h->testing);
	add_text(b, "discovery_method", h->discovery_method);
}

static int on_head(void *ctx, const struct report_head *h, struct err *e)
{
	struct inspect *i = inspect_of(ctx);
	struct buf *b = &i->line;
	bool swapped = h->begin_at != TIME_ABSENT && h->end_at != TIME_ABSENT &&
		       h->begin_at > h->end_at;
	char at[40];

	(void)e;
	inspect_begin(i);
	render_of_report(i, h);
	begin(i, h->entry);
	buf_adds(b, ", ");
	buf_add(b, i->of_report.p, i->of_report.len);
	add_text(b, "email", h->email);
	add_text(b, "extra_contact_info", h->extra_contact_info);
	add_text(b, "external_report_id", h->report_id);
	add_word(b, "begin_at", inspect_time(swapped ? h->end_at : h->begin_at, at) ? at : NULL);
	add_word(b, "end_at", inspect_time(swapped ? h->begin_at : h->end_at, at) ? at : NULL);
	add_policy(b, h);
	add_text(b, "generator", h->generator);
	add_word(b, "schema", inspect_schema(h->schema));
	add_text(b, "version", h->version);
	add_text(b, "auth_domain", h->auth_domain);
	add_word(b, "auth_method", inspect_method(h->auth_method));
	add_word(b, "auth_relation", inspect_relation(h->auth_relation));
	add_word(b, "first_seen_at", NULL);
	add_json(b, "extra", h->extra);
	add_key(b, "records");
	buf_addc(b, '[');
	inspect_put_line(i);
	return 0;
}

static void add_result(struct buf *b, const struct auth_result *r)
{
	const char *word = inspect_result(r->result);

	if (b->len && b->p[b->len - 1] != '[')
		buf_adds(b, ", ");
	buf_addc(b, '{');
	add_text(b, "domain", r->domain);
	if (r->kind == AUTH_DKIM)
		add_text(b, "selector", r->selector);
	else
		add_word(b, "scope", inspect_scope(r->kind));
	add_word(b, "result", word);
	add_text(b, "result_raw", text_present(r->result_raw) ? r->result_raw : text_of(word));
	buf_addc(b, '}');
}

static int on_set(void *ctx, uint16_t slot, const struct auth_result *results, uint32_t n,
		  struct err *e)
{
	struct inspect *i = inspect_of(ctx);
	struct buf *b = inspect_slot(i, slot, e);

	if (!b)
		return -1;
	for (int spf = 0; spf < 2; spf++) {
		buf_adds(b, spf ? ", \"spf_results\": [" : ", \"dkim_results\": [");
		for (uint32_t k = 0; k < n; k++)
			if ((results[k].kind != AUTH_DKIM) == spf)
				add_result(b, &results[k]);
		buf_addc(b, ']');
	}
	inspect_count_slot(i, slot);
	return 0;
}

static int on_record(void *ctx, uint16_t slot, const struct record *r, struct err *e)
{
	struct inspect *i = inspect_of(ctx);
	struct buf *b = &i->line;
	char ip[64];

	(void)e;
	b->len = 0;
	buf_adds(b, i->records++ ? ",\n {" : "\n {");
	buf_add(b, i->of_report.p, i->of_report.len);
	add_number(b, "record_no", r->record_no);
	add_word(b, "source_ip", inspect_ip(&r->source_ip, ip));
	add_number(b, "messages", r->messages);
	buf_printf(b, ", \"dmarc_pass\": %s", inspect_pass(r));
	add_word(b, "dkim_evaluated", inspect_result(r->dkim_evaluated));
	add_word(b, "spf_evaluated", inspect_result(r->spf_evaluated));
	buf_printf(b, ", \"dkim_aligned\": %s, \"spf_aligned\": %s, \"eval_disagrees\": %s",
		   inspect_aligned(r->dkim_aligned), inspect_aligned(r->spf_aligned),
		   inspect_disagrees(r));
	add_word(b, "disposition", inspect_disposition(r->disposition));
	add_json(b, "reasons", member(r->extra, "reasons"));
	add_text(b, "header_from", r->header_from);
	add_text(b, "envelope_from", r->envelope_from);
	add_text(b, "envelope_to", r->envelope_to);
	add_json(b, "extra", r->extra);
	buf_add(b, i->sets[slot].p, i->sets[slot].len);
	buf_addc(b, '}');
	inspect_put_line(i);
	return 0;
}

/* A row among the records that says why it is none. */
static int on_row_refused(void *ctx, uint32_t record_no, int64_t messages, struct text why,
			  struct err *e)
{
	struct inspect *i = inspect_of(ctx);
	struct buf *b = &i->line;

	(void)e;
	b->len = 0;
	buf_adds(b, i->records++ ? ",\n {" : "\n {");
	add_number(b, "record_no", record_no);
	add_number(b, "messages", messages);
	add_text(b, "refused", why);
	buf_addc(b, '}');
	inspect_put_line(i);
	return 0;
}

/* They may come between records, and are shown behind them: as in extra of the view report. */
static int on_repair(void *ctx, const struct repair *r, struct err *e)
{
	struct inspect *i = inspect_of(ctx);
	struct buf *b = &i->mended;

	(void)e;
	i->repairs += r->times;
	buf_adds(b, b->len ? ", {" : "{");
	add_text(b, "what", r->what);
	if (text_present(r->where))
		add_text(b, "where", r->where);
	if (text_present(r->from))
		add_text(b, "from", r->from);
	if (text_present(r->to))
		add_text(b, "to", r->to);
	if (r->record_no)
		add_number(b, "record_no", r->record_no);
	if (r->line)
		add_number(b, "line", r->line);
	add_number(b, "times", r->times);
	buf_addc(b, '}');
	return 0;
}

static int64_t variant_of(const uint8_t hash[32])
{
	uint64_t v = 0;

	for (int k = 0; k < 8; k++)
		v = v << 8 | hash[k];
	return (int64_t)v;
}

static int on_end(void *ctx, const struct report_sums *s, struct err *e)
{
	struct inspect *i = inspect_of(ctx);
	struct buf *b = &i->line;

	(void)e;
	b->len = 0;
	buf_adds(b, "]");
	buf_printf(b, ", \"record_count\": %llu", (unsigned long long)s->records);
	add_number(b, "messages", s->messages);
	add_number(b, "records_refused", (int64_t)s->records_refused);
	add_number(b, "messages_refused", s->messages_refused);
	add_number(b, "repairs", i->repairs);
	buf_adds(b, ", \"repair_list\": [");
	buf_add(b, i->mended.p, i->mended.len);
	buf_addc(b, ']');
	add_number(b, "variant", variant_of(s->content_hash));
	add_word(b, "state", s->state == STATE_PARTIAL ? "partial" : "complete");
	add_text(b, "lost", s->lost);
	end_object(i, "report");
	return 0;
}

/* What was read of a report that turned out to be bad would not be stored, and is not shown. */
static void refuse(struct inspect *i, uint32_t entry, enum err_class class, struct text why)
{
	inspect_take_back(i);
	begin(i, entry);
	add_word(&i->line, "class", err_class_name(class));
	add_text(&i->line, "reason", why);
	end_object(i, "quarantined");
	i->of_item++;
}

static int on_refused(void *ctx, uint32_t entry, enum err_class class, struct text why,
		      struct err *e)
{
	(void)e;
	refuse(inspect_of(ctx), entry, class, why);
	return 0;
}

static int on_not_report(void *ctx, uint32_t entry, struct text what, struct err *e)
{
	struct inspect *i = inspect_of(ctx);

	(void)e;
	begin(i, entry);
	add_text(&i->line, "reason", what);
	end_object(i, "not_report");
	return 0;
}

void inspect_json_failed(struct inspect *i, const struct err *e)
{
	inspect_restart(i);
	refuse(i, 0, e->class, text_of(e->msg));
}

const struct frame_handler inspect_json = {
	.head = on_head, .set = on_set, .record = on_record, .row_refused = on_row_refused,
	.repair = on_repair, .again = inspect_on_again, .end = on_end, .refused = on_refused,
	.not_report = on_not_report, .item_end = inspect_on_item_end, INSPECT_LOG_HANDLERS,
};
