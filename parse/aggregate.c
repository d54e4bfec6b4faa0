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
	a->align = align_new();
	a->names = names_new();
	a->content.hash = hash_new();
	return a;
}

void aggregate_free(struct aggregate *a)
{
	if (!a)
		return;
	align_free(a->align);
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

bool head_whole(const struct aggregate *a)
{
	return a->metadata && a->policy && (a->value[LEAF_BEGIN].p || a->value[LEAF_END].p);
}

void aggregate_break_off(struct aggregate *a, const char *why)
{
	if (!head_whole(a) && !a->head_sent)
		refuse(a, ERR_INPUT,
		       "%s, before report_metadata and policy_published are whole", why);
	a->broken_off = a->stray = true; /* the leaf that is open is not to be taken */
	snprintf(a->lost, sizeof(a->lost), "%s", why);
}

void aggregate_document(struct aggregate *a, uint32_t entry, const struct authres *sender)
{
	a->entry = entry;
	a->sender = sender;
	a->pass = PASS_WHOLE;
	a->head_sent = a->metadata = a->policy = false;
	a->namespace_9990 = a->namespace_7489 = a->has_extension = a->has_extensions = false;
	memset(a->value, 0, sizeof(a->value));
	a->trimmed = a->elsewhere = 0;
	a->head_area.len = 0;
	extra_clear(&a->head_extra);
	a->sums = (struct report_sums){0};
	a->record_no = 0;
	repairs_begin(a->repairs);
}

void aggregate_begin(struct aggregate *a, xmlParserCtxtPtr ctxt)
{
	a->ctxt = ctxt;
	a->refused = a->met = a->many = false;
	a->broken_off = a->cut_record = false;
	a->depth = 0;
	a->level[0] = (struct level){.node = NODE_OUTSIDE};
	a->into = &a->head_area;
	a->collect = a->collected = 0;
	a->stray = a->in_record = false;
}

/* What was collected of the text of this element; the next text goes behind it. */
struct text take_text(struct aggregate *a)
{
	struct text t = {a->into->p + a->into->len, (uint32_t)a->collected};

	a->into->len += a->collected;
	a->into->p[a->into->len++] = BEHIND;
	a->collect = a->collected = 0;
	a->stray = false;
	/* mostly there is nothing to trim */
	return t.len && (unsigned char)t.p[0] > ' ' && (unsigned char)t.p[t.len - 1] > ' '
		       ? t
		       : text_trim(t);
}

static void set_value(struct aggregate *a, enum node leaf, struct text t, size_t len)
{
	uint64_t bit = BIT(leaf);

	a->value[leaf] = t;
	if (t.len != len)
		a->trimmed |= bit;
	/* a row that was refused without it has no hash to keep */
	if (a->level[a->depth].elsewhere && leaf != LEAF_SOURCE_IP && leaf != LEAF_COUNT)
		a->elsewhere |= bit;
}

/* A leaf that came before, or behind the head that has left: the first one holds. */
static void further_leaf(struct aggregate *a, enum node leaf, struct text t)
{
	struct text first = a->value[leaf];

	if (!t.len)
		return;
	if (first.p && !text_eq(first, t))
		mended(a, REPAIR_ELEMENT_REPEATED, here(a), t, first);
	keep_element(a, TEXT_ABSENT, t);
}

static void leaf_text(struct aggregate *a, enum node leaf)
{
	size_t len = a->collected;
	struct text t = take_text(a);

	if (leaf == LEAF_ERROR) {
		if (t.len)
			extra_error(&a->head_extra, t, a->lang);
	} else if (leaf == LEAF_HUMAN_RESULT) {
		record_human(a, t);
	} else if (!a->value[leaf].p && !(leaf <= LAST_HEAD_LEAF && a->head_sent)) {
		set_value(a, leaf, t, len);
	} else {
		further_leaf(a, leaf, t);
	}
}

/* Start of elements. */

/* Some write the type of a reason without an element of its own. */
static void bare_type(struct aggregate *a)
{
	struct text t = take_text(a);

	if (!t.len)
		return;
	set_value(a, LEAF_TYPE, t, t.len);
	mended(a, REPAIR_STRAY_TEXT, names_path(NODE_REASON), t, text_of("type"));
}

/* The text of the open element is at its end: it is closed, or a child begins. */
static void end_text(struct aggregate *a, enum node node)
{
	if (node >= FIRST_LEAF && !a->stray)
		leaf_text(a, node);
	else if (a->broken_off) /* it was cut: nothing says what it was going to be */
		a->collect = a->collected = 0;
	else if (a->stray)
		tell_stray_text(a);
	else if (node == NODE_REASON)
		bare_type(a);
	else
		keep_text(a);
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
	if (n_attr + n_ns > LIMIT_ATTRIBUTES) {
		refuse(a, ERR_LIMIT, "an element with more than %d attributes", LIMIT_ATTRIBUTES);
		return;
	}
	up->has_children = true;
	if (a->collect)
		end_text(a, up->node);
	*l = (struct level){.name = (const char *)name, .uri = (const char *)uri};
	a->depth++;
	element_opens(a, up, l);
	/* whoever refuses stops libxml2, which frees what the attributes point into */
	if (a->refused)
		return;
	if (n_attr > 0 && l->node != NODE_OUTSIDE && l->node != NODE_SKIPPED)
		keep_attributes(a, l->node, n_attr, attr);
}

/* Not 0: one of the 8 bytes is 0x21 or more. */
static inline uint64_t not_blank(uint64_t w)
{
	return ((w + 0x5f5f5f5f5f5f5f5fu) | w) & 0x8080808080808080u;
}

static inline uint64_t eight(const char *p)
{
	uint64_t w;

	memcpy(&w, p, 8);
	return w;
}

static inline uint64_t four(const char *p)
{
	uint32_t w;

	memcpy(&w, p, 4);
	return w;
}

/*
 * Only white space: XML has no other control characters. There is some between most elements, so
 * it has to be quick: words that overlap in place of a loop over bytes.
 */
static inline bool all_blank(const char *p, size_t n)
{
	if (n < 4)
		return n == 0 || !not_blank((uint64_t)(unsigned char)p[0] |
					    (uint64_t)(unsigned char)p[n / 2] << 8 |
					    (uint64_t)(unsigned char)p[n - 1] << 16);
	if (n < 8)
		return !not_blank(four(p) << 32 | four(p + n - 4));
	uint64_t no = not_blank(eight(p)) | not_blank(eight(p + n - 8));

	for (size_t i = 8; i + 8 < n; i += 8)
		no |= not_blank(eight(p + i));
	return !no;
}

static void add_text(struct aggregate *a, const char *p, size_t n)
{
	if (n > a->collect - a->collected) {
		refuse(a, ERR_LIMIT, "%s is longer than %zu bytes", a->level[a->depth].name,
		       a->collect);
		return;
	}
	memcpy(a->into->p + a->into->len + a->collected, p, n);
	a->collected += n;
}

/* Text where none is expected: told, or kept with what is unknown. */
static __attribute__((noinline)) void unexpected_text(struct aggregate *a, const char *p, size_t n)
{
	enum node node = a->level[a->depth].node;

	if (node == NODE_OUTSIDE || node == NODE_SKIPPED ||
	    (node == NODE_FEEDBACK && a->pass == PASS_RECORDS)) /* the first pass told of it */
		return;
	expect_text(a, LIMIT_COMMENT);
	a->stray = node != NODE_UNKNOWN && node != NODE_EXTENSION;
	if (!a->refused) /* libxml2 has freed the text */
		add_text(a, p, n);
}

static void on_text(void *ctx, const xmlChar *text, int len)
{
	struct aggregate *a = ctx;
	const char *p = (const char *)text;
	size_t n = (size_t)len;

	if (a->refused)
		return;
	if (a->collect)
		add_text(a, p, n);
	else if (!all_blank(p, n))
		unexpected_text(a, p, n);
}

/* End of elements. */

static void close_node(struct aggregate *a, enum node node)
{
	switch (node) {
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
		record_reason(a);
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

	if (a->collect)
		end_text(a, node);
	if (node < FIRST_LEAF)
		close_node(a, node);
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
