/*
 * Is an element sound? Tags are gone through up to its own end tag, held against XML's rules and
 * one of the schemas': a record stands in no other element of a report. A scan that fails leaves
 * behind how far it went and which start tags lack an end: no text is gone through twice for that.
 */
#include "parse/mender.h"

struct open {
	struct text name;
	uint64_t at;
	enum node node;
	bool has_row;
};

struct scan {
	struct mend *m;
	const char *p, *end;
	unsigned depth; /* how many of open */
	enum node outside; /* the parent of the first */
	bool nested;    /* something in it needs mending */
	bool failed;
	struct open open[LIMIT_XML_DEPTH];
};

static uint64_t offset_of(const struct scan *s, const char *p)
{
	return s->m->base + (uint64_t)(p - s->m->in.p);
}

static void fail(struct scan *s, struct text end)
{
	struct scanned *r = &s->m->scanned;

	s->failed = true;
	r->until = offset_of(s, s->p);
	r->n_open = s->depth;
	for (unsigned i = 0; i < s->depth; i++)
		r->open[i] = s->open[i].at;
	r->end_len = end.len;
	memcpy(r->end, end.p ? end.p : "", end.len);
}

static void skip_text(struct scan *s)
{
	const char *p = s->p;

	for (;; p++) {
		while (!(char_class[(uint8_t)*p] & CHAR_MARKUP))
			p++;
		/* NUL ends the window */
		if (*p == '<' || p >= s->end)
			break;
		if (*p == '&')
			s->nested |= !reference_at(p, (size_t)(s->end - p));
		else if (*p == ']')
			s->nested |= s->end - p >= 3 && memcmp(p, "]]>", 3) == 0;
	}
	s->p = p;
}

/* A tag that no element around it, of those that the scan knows, may hold there. */
static bool is_out_of_place(struct text name, struct open *up)
{
	if (up && is_foreign(up->node))
		return false;
	if (text_is(name, "record"))
		return up != NULL;
	if (text_is(name, "row") && up && up->node == NODE_RECORD) {
		bool again = up->has_row;

		up->has_row = true;
		return again;
	}
	return up && (text_is(name, "feedback") || text_is(name, "report_metadata") ||
		      text_is(name, "policy_published"));
}

static void start(struct scan *s, const struct token *t)
{
	struct open *up = s->depth ? &s->open[s->depth - 1] : NULL;
	struct text name = local_name(t->name);
	enum node node = names_child(up ? up->node : s->outside, name);

	if (is_out_of_place(name, up) || (t->cut && node == NODE_UNKNOWN) ||
	    s->depth == LIMIT_XML_DEPTH) {
		fail(s, TEXT_ABSENT);
		return;
	}
	s->nested |= t->fault;
	if (!t->empty)
		s->open[s->depth++] = (struct open){t->name, offset_of(s, s->p), node, false};
	s->p += t->len;
}

/* Unknown ones that are open within one that ends: they are tags without an end. */
static bool drop_loose(struct scan *s, struct text name)
{
	struct scanned *r = &s->m->scanned;
	unsigned d = s->depth;

	while (d && !text_eq(s->open[d - 1].name, name) && s->open[d - 1].node == NODE_UNKNOWN &&
	       !text_is(local_name(s->open[d - 1].name), "record"))
		d--;
	if (!d || !text_eq(s->open[d - 1].name, name) || r->n_loose + s->depth - d > MOST_LOOSE)
		return false;
	while (s->depth > d)
		r->loose[r->n_loose++] = s->open[--s->depth].at;
	s->nested = true;
	return true;
}

static void end(struct scan *s, const struct token *t)
{
	if (!text_eq(s->open[s->depth - 1].name, t->name) && !drop_loose(s, t->name)) {
		fail(s, t->name);
		return;
	}
	s->nested |= t->fault;
	s->depth--;
	s->p += t->len;
}

static void tag(struct scan *s)
{
	struct token t = token_at(s->p, (size_t)(s->end - s->p));

	switch (t.kind) {
	case TOKEN_START:
		start(s, &t);
		break;
	case TOKEN_END:
		end(s, &t);
		break;
	case TOKEN_BARE:
	case TOKEN_COMMENT:
	case TOKEN_CDATA:
	case TOKEN_PI:
		s->nested |= t.fault;
		s->p += t.len;
		break;
	default:
		fail(s, TEXT_ABSENT);
	}
}

static bool is_among(uint64_t at, const uint64_t *list, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (list[i] == at)
			return true;
	return false;
}

bool scan_loose(const struct mend *m, uint64_t at)
{
	return is_among(at, m->scanned.loose, m->scanned.n_loose);
}

enum soundness scan(struct mend *m, size_t at, size_t *ret_end)
{
	struct scanned *r = &m->scanned;
	uint64_t here = m->base + at;
	struct scan s;

	if (here < r->until && is_among(here, r->open, r->n_open))
		return UNSOUND;
	if (scan_loose(m, here))
		return UNSOUND;
	s.m = m;
	s.p = m->in.p + at;
	s.end = m->in.p + (m->in.len - at < LOOK ? m->in.len : at + LOOK);
	s.depth = 0;
	s.outside = m->level[m->depth].node;
	s.nested = s.failed = false;
	r->n_loose = 0;
	do {
		tag(&s);
		if (s.depth && !s.failed)
			skip_text(&s);
		if (s.depth && s.p >= s.end && !s.failed)
			fail(&s, TEXT_ABSENT);
	} while (s.depth && !s.failed);
	if (s.failed)
		return UNSOUND;
	*ret_end = (size_t)(s.p - m->in.p);
	return s.nested ? NESTED : SOUND;
}
