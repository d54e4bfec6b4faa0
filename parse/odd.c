/* What is told of elements and values that are not as the RFCs have them. */
#include "parse/gather.h"

void mended(struct aggregate *a, enum repair_kind kind, const char *where, struct text from,
	    struct text to)
{
	const xmlParserInput *in = a->ctxt->input;

	/* what closes behind a break was cut: it is no word of the reporter's */
	if (a->broken_off)
		return;
	repairs_add(a->repairs, kind, where, from, to, a->in_record ? a->record_no + 1 : 0,
		    in && in->line > 0 ? (uint32_t)in->line : 0);
}

const char *here(struct aggregate *a)
{
	unsigned from = 1;

	for (unsigned i = 1; i <= a->depth; i++)
		if (a->level[i].node == NODE_FEEDBACK || a->level[i].node == NODE_RECORD)
			from = i + 1;
	a->path.len = 0;
	for (unsigned i = from; i <= a->depth; i++) {
		if (a->path.len)
			buf_addc(&a->path, '/');
		buf_adds(&a->path, a->level[i].name);
		/* written again for each element that is told or kept: long ones would cost time */
		if (a->path.len > LIMIT_LEAF) {
			refuse(a, ERR_LIMIT, "elements whose names are longer than %d bytes in all",
			       LIMIT_LEAF);
			break;
		}
	}
	if (!a->path.len)
		buf_adds(&a->path, a->level[a->depth].name);
	return buf_cstr(&a->path);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* A leaf's text with the white space that was cut. */
static struct text as_sent(const struct aggregate *a, enum node leaf)
{
	struct text t = a->value[leaf];
	const struct area *in = leaf < FIRST_RECORD_LEAF ? &a->head_area : &a->record_area;
	const char *from = t.p, *to = t.p + t.len;

	if (!(a->trimmed & BIT(leaf)))
		return t;
	while (from > in->p && is_blank(from[-1]))
		from--;
	while (is_blank(*to)) /* BEHIND is none */
		to++;
	return (struct text){from, (uint32_t)(to - from)};
}

void tell_no_value(struct aggregate *a, enum node leaf, const char *where)
{
	mended(a, a->value[leaf].p ? REPAIR_ELEMENT_EMPTY : REPAIR_ELEMENT_MISSING,
	       where ? where : names_path(leaf), TEXT_ABSENT, TEXT_ABSENT);
}

void tell_repeated(struct aggregate *a)
{
	mended(a, REPAIR_ELEMENT_REPEATED, here(a), TEXT_ABSENT, TEXT_ABSENT);
}

void tell_misplaced(struct aggregate *a, enum node node)
{
	mended(a, REPAIR_ELEMENT_MISPLACED, here(a), TEXT_ABSENT, text_of(names_path(node)));
}

void tell_stray_text(struct aggregate *a)
{
	size_t before = a->into->len;
	struct text t = take_text(a);

	if (t.len)
		mended(a, REPAIR_STRAY_TEXT, here(a), t, TEXT_ABSENT);
	a->into->len = before; /* there may be any number of them */
}

void tell_form(struct aggregate *a, enum repair_kind kind, enum node leaf, const char *to)
{
	mended(a, kind, names_path(leaf), a->value[leaf], text_of(to));
}

static void tell_word(struct aggregate *a, enum node leaf, const struct word *w, const char *where)
{
	static const enum repair_kind kinds[] = {
		[FORM_CANONICAL] = REPAIR_WORD_FORM, /* but for blanks */
		[FORM_CASE] = REPAIR_WORD_FORM,
		[FORM_SYNONYM] = REPAIR_WORD_SYNONYM,
		[FORM_UNKNOWN] = REPAIR_WORD_UNKNOWN,
	};

	mended(a, kinds[w->form], where ? where : names_path(leaf), as_sent(a, leaf),
	       w->form == FORM_UNKNOWN ? TEXT_ABSENT : text_of(w->text));
}

struct word find_word(struct aggregate *a, enum node leaf, enum vocabulary v, const char *where)
{
	struct word w = word_find(v, a->value[leaf]);

	if (w.form != FORM_CANONICAL || a->trimmed & BIT(leaf))
		tell_word(a, leaf, &w, where);
	return w;
}
