/* Every field is kept: elements and attributes that no field is for. */
#include "parse/gather.h"

static struct text own_namespace(const struct level *l)
{
	return l->uri && !strstr(l->uri, "dmarc") ? text_of(l->uri) : TEXT_ABSENT;
}

void keep_element(struct aggregate *a, struct text attributes, struct text text)
{
	const struct level *l = &a->level[a->depth];
	struct text path = text_of(here(a));
	bool of_record = a->into == &a->record_area;
	enum extra_part part = l->node == NODE_EXTENSION ? EXTRA_EXTENSIONS
			       : l->node == NODE_UNKNOWN || !attributes.p ? EXTRA_UNKNOWN
									  : EXTRA_ATTRIBUTES;

	if (of_record || !a->head_sent) {
		extra_element(of_record ? &a->record_extra : &a->head_extra, part, path,
			      own_namespace(l), attributes, text);
		return;
	}
	/* the head has left, and with it the place for what comes behind the records */
	if (path.len > LIMIT_LEAF || text.len > LIMIT_LEAF || attributes.len > LIMIT_LEAF)
		refuse(a, ERR_LIMIT, "an element of more than %d bytes behind the records",
		       LIMIT_LEAF);
	else if (!text_utf8_ok(path.p, path.len) || !text_utf8_ok(text.p, text.len))
		refuse(a, ERR_INPUT, "bytes that are no UTF-8 behind the records");
	else
		mended(a, REPAIR_ELEMENT_MISPLACED, path.p, text.p ? text : attributes,
		       TEXT_ABSENT);
}

static bool is_xsi(const xmlChar *uri)
{
	return uri && strstr((const char *)uri, "XMLSchema-instance");
}

/* Appends a value; an `&` in it comes from libxml2 as the reference to it. */
static void add_value(struct buf *b, struct text value)
{
	static const char reference[] = "&#38;";
	const size_t len = sizeof(reference) - 1;
	struct buf plain = {0};
	const char *p = value.p, *end = p + value.len, *at;

	while ((at = memmem(p, (size_t)(end - p), reference, len))) {
		buf_add(&plain, p, (size_t)(at + 1 - p));
		p = at + len;
	}
	if (plain.len) {
		buf_add(&plain, p, (size_t)(end - p));
		value = (struct text){plain.p, (uint32_t)plain.len};
	}
	text_add_json(b, value);
	buf_free(&plain);
}

void keep_attributes(struct aggregate *a, enum node node, int n, const xmlChar **at)
{
	/* at: local name, prefix, URI, value, end of value */
	bool lang_has_place = node == LEAF_ERROR || node == LEAF_COMMENT ||
			      node == LEAF_HUMAN_RESULT;

	a->attributes.len = 0;
	buf_addc(&a->attributes, '{');
	for (int i = 0; i < n; i++, at += 5) {
		struct text value = {(const char *)at[3], (uint32_t)(at[4] - at[3])};

		if (is_xsi(at[2]))
			continue;
		if (value.len > LIMIT_LEAF) {
			refuse(a, ERR_LIMIT, "an attribute of more than %d bytes", LIMIT_LEAF);
			return;
		}
		if (!text_utf8_ok(value.p, value.len)) {
			refuse(a, ERR_INPUT, "an attribute has bytes that are no UTF-8");
			return;
		}
		if (lang_has_place && value.len <= MOST_LANG &&
		    strcmp((const char *)at[0], "lang") == 0) {
			memcpy(a->lang_text, value.p, value.len);
			a->lang = (struct text){a->lang_text, value.len};
			continue;
		}
		if (a->attributes.len > 1)
			buf_addc(&a->attributes, ',');
		text_add_json(&a->attributes, text_of((const char *)at[0]));
		buf_addc(&a->attributes, ':');
		add_value(&a->attributes, value);
	}
	buf_addc(&a->attributes, '}');
	if (a->attributes.len > 2)
		keep_element(a, (struct text){a->attributes.p, (uint32_t)a->attributes.len},
			     TEXT_ABSENT);
}

void keep_text(struct aggregate *a)
{
	struct text t = take_text(a);

	if (t.len || !a->level[a->depth].has_children)
		keep_element(a, TEXT_ABSENT, t);
}
