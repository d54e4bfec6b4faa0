/* SAX2 events to fields. This is the hot path: no allocation, one copy of each text. */
#include "parse/gather.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct aggregate *aggregate_new(struct emit *m, struct repairs *r)
{
	struct aggregate *a = xmalloc(sizeof(*a));

	memset(a, 0, offsetof(struct aggregate, content));
	a->content.len = a->head_area.len = a->record_area.len = a->set.len = 0;
	a->emit = m;
	a->repairs = r;
	a->names = names_new();
	a->content.hash = hash_new();
	return a;
}

void aggregate_free(struct aggregate *a)
{
	if (!a)
		return;
	names_free(a->names);
	hash_free(a->content.hash);
	extra_free(&a->head_extra);
	extra_free(&a->record_extra);
	buf_free(&a->reasons_content);
	buf_free(&a->humans_content);
	buf_free(&a->path);
	buf_free(&a->attributes);
	free(a);
}

int refuse(struct aggregate *a, enum err_class class, const char *fmt, ...)
{
	va_list ap;

	if (a->refused)
		return -1;
	char msg[sizeof(a->err.msg)];

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	a->refused = true;
	xmlStopParser(a->ctxt);
	return err_set(&a->err, class, "%s", msg);
}

void aggregate_forget_names(struct aggregate *a)
{
	names_forget(a->names);
}

enum aggregate_pass aggregate_pass(const struct aggregate *a)
{
	return a->pass;
}

bool aggregate_met(const struct aggregate *a)
{
	return a->met;
}

bool aggregate_inside(const struct aggregate *a)
{
	return a->depth > 0;
}

bool aggregate_refused(const struct aggregate *a, struct err *e)
{
	if (a->refused && e)
		*e = a->err;
	return a->refused;
}

bool aggregate_many(const struct aggregate *a)
{
	return a->many;
}

bool aggregate_head_sent(const struct aggregate *a)
{
	return a->head_sent;
}

void aggregate_progress(const struct aggregate *a, uint32_t *ret_tags, uint32_t *ret_records)
{
	*ret_tags = a->tags;
	*ret_records = a->records_met;
}

void aggregate_break_off(struct aggregate *a, const char *why)
{
	a->broken_off = true;
	snprintf(a->lost, sizeof(a->lost), "%s", why);
}

void mended(struct aggregate *a, enum repair_kind kind, const char *where, struct text from,
	    struct text to)
{
	bool in_record = a->into == &a->record_area;
	const xmlParserInput *in = a->ctxt->input;

	repairs_add(a->repairs, kind, where, from, to, in_record ? a->record_no + 1 : 0,
		    in && in->line > 0 ? (uint32_t)in->line : 0);
}

void aggregate_document(struct aggregate *a, uint32_t entry, bool via_mail)
{
	a->entry = entry;
	a->via_mail = via_mail;
	a->pass = PASS_WHOLE;
	a->head_sent = a->metadata = a->policy = false;
	a->namespace_9990 = a->namespace_7489 = a->has_extension = a->has_extensions = false;
	memset(a->value, 0, sizeof(a->value));
	a->head_area.len = 0;
	extra_clear(&a->head_extra);
	a->sums = (struct report_sums){0};
	a->record_no = 0;
	repairs_begin(a->repairs);
}

void aggregate_begin(struct aggregate *a, xmlParserCtxtPtr ctxt)
{
	a->ctxt = ctxt;
	a->refused = a->met = a->closed = a->many = a->broken_off = false;
	a->depth = 0;
	a->level[0] = (struct level){NULL, NULL, NODE_OUTSIDE, false};
	a->into = &a->head_area;
	a->collect = a->collected = 0;
}

/* What was collected of the text of this element; the next text goes behind it. */
struct text take_text(struct aggregate *a)
{
	struct text t = {a->into->p + a->into->len, (uint32_t)a->collected};

	a->into->len += a->collected;
	a->into->p[a->into->len++] = ' ';
	a->collect = a->collected = 0;
	/* mostly there is nothing to trim */
	return t.len && (unsigned char)t.p[0] > ' ' && (unsigned char)t.p[t.len - 1] > ' '
		       ? t
		       : text_trim(t);
}

static void expect_text(struct aggregate *a, size_t most)
{
	if (a->into->len > AREA)
		refuse(a, ERR_LIMIT, "more than %d bytes of text in %s", AREA,
		       a->into == &a->record_area ? "a record" : "the head");
	a->collect = most;
	a->collected = 0;
}

static void leaf_text(struct aggregate *a, enum node leaf)
{
	struct text t = take_text(a);

	if (leaf == LEAF_ERROR) {
		if (t.len)
			extra_error(&a->head_extra, t, a->lang);
	} else if (leaf == LEAF_HUMAN_RESULT) {
		record_human(a, t);
	} else if (!a->value[leaf].p && !(leaf <= LAST_HEAD_LEAF && a->head_sent)) {
		a->value[leaf] = t;
	} else if (t.len) {
		keep_element(a, TEXT_ABSENT, t);
	}
}

/* Start of elements. */

static bool ends_with(const char *uri, const char *tail)
{
	size_t n = uri ? strlen(uri) : 0, t = strlen(tail);

	return n >= t && strcmp(uri + n - t, tail) == 0;
}

static void open_feedback(struct aggregate *a, const char *uri)
{
	if (a->met) {
		refuse(a, ERR_INPUT, "more than one feedback in a document");
		a->many = true;
	}
	a->met = true;
	a->namespace_9990 = ends_with(uri, "dmarc-2.0");
	a->namespace_7489 = ends_with(uri, "dmarc-xml/0.1");
}

static enum node open_record(struct aggregate *a)
{
	a->records_met++;
	if (a->pass == PASS_WHOLE && !a->head_sent) {
		if (!a->metadata || !a->policy)
			a->pass = PASS_HEAD;
		else
			head_send(a);
	}
	if (a->pass == PASS_HEAD)
		return NODE_SKIPPED;
	record_open(a);
	return NODE_RECORD;
}

static void open_result(struct aggregate *a)
{
	if (++a->results > LIMIT_RESULTS)
		refuse(a, ERR_LIMIT, "more than %d results in record %u", LIMIT_RESULTS,
		       a->record_no + 1);
	memset(&a->value[LEAF_DOMAIN], 0, sizeof(a->value[0]) * (LEAF_RESULT - LEAF_DOMAIN + 1));
}

static void open_reason(struct aggregate *a)
{
	if (++a->reasons > LIMIT_REASONS)
		refuse(a, ERR_LIMIT, "more than %d reasons in record %u", LIMIT_REASONS,
		       a->record_no + 1);
	a->value[LEAF_TYPE] = a->value[LEAF_COMMENT] = a->lang = TEXT_ABSENT;
	expect_text(a, LIMIT_COMMENT);
}

/* What the schema has twice, but the policy and the metadata once: the first holds. */
static enum node open_node(struct aggregate *a, enum node node, const char *uri)
{
	switch (node) {
	case NODE_FEEDBACK:
		open_feedback(a, uri);
		break;
	case NODE_METADATA:
		return a->metadata ? NODE_UNKNOWN : node;
	case NODE_POLICY:
		return a->policy ? NODE_UNKNOWN : node;
	case NODE_RECORD:
		return open_record(a);
	case NODE_DKIM:
	case NODE_SPF:
		open_result(a);
		break;
	case NODE_REASON:
		open_reason(a);
		break;
	default:
		break;
	}
	return node;
}

/* Some write the type of a reason without an element of its own. */
static void bare_type(struct aggregate *a)
{
	struct text t = take_text(a);

	if (t.len)
		a->value[LEAF_TYPE] = t;
}

/* A child ends the text that its parent may have had before it. */
static enum node below(struct aggregate *a, struct level *up, const char *name)
{
	up->has_children = true;
	if (!a->collect)
		;
	else if (up->node == NODE_REASON)
		bare_type(a);
	else if (up->node < FIRST_LEAF)
		keep_text(a);
	else
		leaf_text(a, up->node);
	return up->node < FIRST_LEAF ? names_node(a->names, up->node, name) : NODE_UNKNOWN;
}

/* What opens an element that has children; the node may become another by it. */
static void start_node(struct aggregate *a, const struct level *up, struct level *l)
{
	enum node node = open_node(a, l->node, l->uri);

	l->node = node;
	if (node == NODE_EXTENSION && up->node == NODE_FEEDBACK) {
		char end = l->name[strlen("extension")]; /* drafts had `extensions` */

		a->has_extensions |= end == 's';
		a->has_extension |= end == '\0';
	}
	if (node == NODE_UNKNOWN || node == NODE_EXTENSION)
		expect_text(a, LIMIT_COMMENT);
}

static void start_leaf(struct aggregate *a, enum node leaf)
{
	if (leaf == LEAF_ERROR || leaf == LEAF_HUMAN_RESULT)
		a->lang = TEXT_ABSENT;
	expect_text(a, leaf == LEAF_ERROR || leaf == LEAF_EXTRA_CONTACT || leaf == LEAF_COMMENT ||
				       leaf == LEAF_HUMAN_RESULT
			       ? LIMIT_COMMENT
			       : LIMIT_LEAF);
}

static void on_start(void *ctx, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
		     int n_ns, const xmlChar **ns, int n_attr, int n_default, const xmlChar **attr)
{
	struct aggregate *a = ctx;
	struct level *up = &a->level[a->depth], *l = up + 1;

	(void)prefix, (void)n_ns, (void)ns, (void)n_default;
	if (a->refused)
		return;
	a->tags++;
	if (a->depth == LIMIT_XML_DEPTH) {
		refuse(a, ERR_LIMIT, "elements deeper than %d", LIMIT_XML_DEPTH);
		return;
	}
	enum node node = below(a, up, (const char *)name);

	/* the second pass has the head already */
	if (a->pass == PASS_RECORDS && up->node == NODE_FEEDBACK && node != NODE_RECORD)
		node = NODE_SKIPPED;
	*l = (struct level){(const char *)name, (const char *)uri, node, false};
	a->depth++;
	if (node < FIRST_LEAF)
		start_node(a, up, l);
	else
		start_leaf(a, node);
	if (n_attr > 0 && l->node != NODE_OUTSIDE && l->node != NODE_SKIPPED)
		keep_attributes(a, l->node, n_attr, attr);
}

static void on_text(void *ctx, const xmlChar *p, int len)
{
	struct aggregate *a = ctx;
	size_t n = (size_t)len;

	if (!a->collect || a->refused)
		return;
	if (n > a->collect - a->collected) {
		refuse(a, ERR_LIMIT, "%s is longer than %zu bytes", a->level[a->depth].name,
		       a->collect);
		return;
	}
	memcpy(a->into->p + a->into->len + a->collected, p, n);
	a->collected += n;
}

/* End of elements. */

static void close_reason(struct aggregate *a)
{
	if (a->collect)
		bare_type(a);
	record_reason(a);
}

static void close_node(struct aggregate *a, enum node node)
{
	switch (node) {
	case NODE_FEEDBACK:
		a->closed = true;
		break;
	case NODE_METADATA:
		a->metadata = true;
		break;
	case NODE_POLICY:
		a->policy = true;
		break;
	case NODE_RECORD:
		record_close(a);
		break;
	case NODE_DKIM:
	case NODE_SPF:
		record_result(a, node);
		break;
	case NODE_REASON:
		close_reason(a);
		break;
	case NODE_EXTENSION:
	case NODE_UNKNOWN:
		if (a->collect)
			keep_text(a);
		break;
	default:
		break;
	}
}

static void on_end(void *ctx, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
	struct aggregate *a = ctx;

	(void)name, (void)prefix, (void)uri;
	if (a->refused)
		return;
	a->tags++;
	enum node node = a->level[a->depth].node;

	if (node < FIRST_LEAF)
		close_node(a, node);
	else if (a->collect)
		leaf_text(a, node);
	a->depth--;
}

static void on_doctype(void *ctx, const xmlChar *name, const xmlChar *external,
		       const xmlChar *system)
{
	(void)name, (void)external, (void)system;
	refuse(ctx, ERR_INPUT, "a DOCTYPE, which no report has");
}

/* None but the five that every XML has; libxml2 knows those by itself. */
static xmlEntityPtr no_entity(void *ctx, const xmlChar *name)
{
	(void)ctx, (void)name;
	return NULL;
}

void aggregate_handlers(xmlSAXHandler *sax)
{
	sax->initialized = XML_SAX2_MAGIC;
	sax->startElementNs = on_start;
	sax->endElementNs = on_end;
	sax->characters = on_text;
	sax->cdataBlock = on_text;
	sax->ignorableWhitespace = on_text;
	sax->internalSubset = on_doctype;
	sax->getEntity = no_entity;
}

int aggregate_end(struct aggregate *a, struct err *e)
{
	if (!a->head_sent && !a->refused)
		head_send(a);
	if (!a->refused && a->pass == PASS_HEAD) {
		a->pass = PASS_RECORDS;
		return 0;
	}
	if (!a->refused) {
		report_end(a);
		return 1;
	}
	*e = a->err;
	return -1;
}
