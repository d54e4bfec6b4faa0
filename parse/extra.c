#include "parse/extra.h"
#include "base/limits.h"

static const struct {
	const char *key;
	char open, close;
} parts[EXTRA_PARTS] = {
	[EXTRA_RAW] = {"raw", '{', '}'},
	[EXTRA_ERRORS] = {"errors", '[', ']'},
	[EXTRA_REASONS] = {"reasons", '[', ']'},
	[EXTRA_HUMAN] = {"human_results", '[', ']'},
	[EXTRA_EXTENSIONS] = {"extensions", '[', ']'},
	[EXTRA_ATTRIBUTES] = {"attributes", '[', ']'},
	[EXTRA_UNKNOWN] = {"unknown", '[', ']'},
};

void extra_free(struct extra *x)
{
	for (int i = 0; i < EXTRA_PARTS; i++)
		buf_free(&x->part[i]);
	buf_free(&x->whole);
}

void extra_clear(struct extra *x)
{
	if (!x->any)
		return;
	for (int i = 0; i < EXTRA_PARTS; i++)
		x->part[i].len = 0;
	x->any = false;
}

/* The buffer of a part, a comma behind what is there. One over its limit takes nothing more. */
static struct buf *more(struct extra *x, enum extra_part part)
{
	struct buf *b = &x->part[part];

	x->any = true;
	if (b->len)
		buf_addc(b, ',');
	return b;
}

static void member(struct buf *b, const char *key, struct text value)
{
	if (!value.p)
		return;
	if (b->p[b->len - 1] != '{')
		buf_addc(b, ',');
	text_add_json(b, text_of(key));
	buf_addc(b, ':');
	text_add_json(b, value);
}

static bool full(struct extra *x, enum extra_part part)
{
	return x->part[part].len > LIMIT_EXTRA;
}

void extra_raw(struct extra *x, const char *what, struct text word)
{
	if (full(x, EXTRA_RAW))
		return;
	struct buf *b = more(x, EXTRA_RAW);

	text_add_json(b, text_of(what));
	buf_addc(b, ':');
	text_add_json(b, word);
}

void extra_error(struct extra *x, struct text text, struct text lang)
{
	if (full(x, EXTRA_ERRORS))
		return;
	struct buf *b = more(x, EXTRA_ERRORS);

	buf_addc(b, '{');
	member(b, "text", text);
	member(b, "lang", lang);
	buf_addc(b, '}');
}

void extra_reason(struct extra *x, struct text type, struct text comment, struct text lang)
{
	struct buf *b = more(x, EXTRA_REASONS);

	buf_addc(b, '{');
	member(b, "type", type);
	member(b, "comment", comment);
	member(b, "lang", lang);
	buf_addc(b, '}');
}

void extra_human(struct extra *x, unsigned no, struct text text, struct text lang)
{
	if (full(x, EXTRA_HUMAN))
		return;
	struct buf *b = more(x, EXTRA_HUMAN);

	buf_printf(b, "{\"no\":%u", no);
	member(b, "text", text);
	member(b, "lang", lang);
	buf_addc(b, '}');
}

void extra_element(struct extra *x, enum extra_part part, struct text path, struct text ns,
		   struct text attributes, struct text text)
{
	if (full(x, part))
		return;
	struct buf *b = more(x, part);

	buf_addc(b, '{');
	member(b, "name", path);
	member(b, "ns", ns);
	if (attributes.p) {
		buf_adds(b, ",\"attributes\":");
		buf_add(b, attributes.p, attributes.len);
	}
	member(b, "text", text);
	buf_addc(b, '}');
}

int extra_finish(struct extra *x, struct text *ret, struct err *e)
{
	size_t total = 0;

	*ret = TEXT_ABSENT;
	if (!x->any)
		return 0;
	x->whole.len = 0;
	buf_addc(&x->whole, '{');
	for (int i = 0; i < EXTRA_PARTS; i++) {
		total += x->part[i].len;
		if (!x->part[i].len || total > LIMIT_EXTRA)
			continue;
		if (x->whole.len > 1)
			buf_addc(&x->whole, ',');
		text_add_json(&x->whole, text_of(parts[i].key));
		buf_addc(&x->whole, ':');
		buf_addc(&x->whole, parts[i].open);
		buf_add(&x->whole, x->part[i].p, x->part[i].len);
		buf_addc(&x->whole, parts[i].close);
	}
	buf_addc(&x->whole, '}');
	if (total > LIMIT_EXTRA || x->whole.len > LIMIT_EXTRA)
		return err_set(e, ERR_LIMIT, "more than %d bytes beside the known fields",
			       LIMIT_EXTRA);
	if (!text_utf8_ok(x->whole.p, x->whole.len))
		return err_set(e, ERR_INPUT, "bytes that are no UTF-8 beside the known fields");
	*ret = (struct text){x->whole.p, (uint32_t)x->whole.len};
	return 0;
}
