/*
 * Elements within feedback: where a tag belongs that is not where it should be.
 *
 * A sound element is taken as it is, whatever stands in it: only where the tags themselves do not
 * agree are the names of the schemas asked.
 */
#include "parse/mender.h"

enum node feedback_child(struct text name)
{
	return names_child(NODE_FEEDBACK, name);
}

int open_level(struct mend *m, struct text name, enum node node, struct err *e)
{
	if (m->depth == LIMIT_XML_DEPTH)
		return err_set(e, ERR_LIMIT, "elements deeper than %d", LIMIT_XML_DEPTH);
	top(m)->has_child = true;
	m->depth++;
	*top(m) = (struct level){.node = node, .name_at = (uint32_t)m->names.len,
				 .name_len = name.len, .out_at = m->out.len};
	buf_add(&m->names, name.p, name.len);
	m->last_tag = offset(m);
	if (node == NODE_RECORD)
		m->records++;
	else if (node == NODE_ROW)
		m->level[m->depth - 1].has_row = true;
	else if (node == NODE_METADATA)
		m->has_metadata = true;
	else if (node == NODE_POLICY)
		m->has_policy = true;
	return 0;
}

void close_level(struct mend *m)
{
	write_end(m, level_name(m, m->depth));
	m->names.len = top(m)->name_at;
	m->depth--;
	m->last_tag = offset(m);
}

/* tag: what stood there instead, or absent. */
static void close_told(struct mend *m, struct text tag)
{
	size_t start = m->out.len;

	write_end(m, level_name(m, m->depth));
	m->out.len = start;
	tell(m, REPAIR_END_TAG, tag,
	     (struct text){m->out.p + start, top(m)->name_len + 3});
	close_level(m);
}

void close_to(struct mend *m, unsigned depth)
{
	while (m->depth > depth)
		close_told(m, TEXT_ABSENT);
}

static struct text here_text(const struct mend *m, size_t n)
{
	return (struct text){here(m), (uint32_t)n};
}

static void skip(struct mend *m, size_t n)
{
	m->at += n;
}

/* A tag that is text: its `<`, then what comes as text does. */
static void as_text(struct mend *m)
{
	write_text(m, 1);
	skip(m, 1);
}

/* Start tags. */

static int open_tag(struct mend *m, const struct token *t, enum node node, struct err *e)
{
	size_t out_at = m->out.len;

	if (write_start(m, t, e) < 0)
		return -1;
	if (open_level(m, t->name, node, e) < 0)
		return -1;
	top(m)->out_at = out_at;
	top(m)->sound = offset(m) < m->nested_until;
	skip(m, t->len);
	if (t->empty) {
		/* its end tag is written already */
		m->names.len = top(m)->name_at;
		m->depth--;
	}
	return 0;
}

static int open_implied(struct mend *m, const char *name, enum node node, struct err *e)
{
	size_t start = m->out.len;

	buf_addc(&m->out, '<');
	buf_adds(&m->out, name);
	buf_addc(&m->out, '>');
	tell(m, REPAIR_START_TAG, TEXT_ABSENT,
	     (struct text){m->out.p + start, (uint32_t)(m->out.len - start)});
	return open_level(m, text_of(name), node, e);
}

/* A whole element as it is. */
static int copy_element(struct mend *m, struct text name, enum node node, size_t end,
			struct err *e)
{
	if (open_level(m, name, node, e) < 0)
		return -1;
	m->names.len = top(m)->name_at;
	m->depth--;
	buf_add(&m->out, here(m), end - m->at);
	m->at = end;
	m->last_tag = offset(m);
	return 0;
}

/* An element at its place. */
static int open_element(struct mend *m, const struct token *t, enum node node,
			enum soundness sound, size_t end, struct err *e)
{
	if (sound == SOUND)
		return copy_element(m, t->name, node, end, e);
	if (sound == NESTED)
		m->nested_until = m->base + end;
	return open_tag(m, t, node, e);
}

/* The innermost open element of the schemas that may hold this one; 0: none. */
static unsigned find_taker(const struct mend *m, struct text name)
{
	for (unsigned d = m->depth; d; d--)
		if (m->level[d].node < NODE_EXTENSION &&
		    names_child(m->level[d].node, name) != NODE_UNKNOWN)
			return d;
	return 0;
}

/* Texts for people, in which anything may stand. */
static bool is_prose(enum node leaf)
{
	return leaf == LEAF_ORG_NAME || leaf == LEAF_EMAIL || leaf == LEAF_EXTRA_CONTACT ||
	       leaf == LEAF_ERROR || leaf == LEAF_GENERATOR || leaf == LEAF_COMMENT ||
	       leaf == LEAF_HUMAN_RESULT;
}

/* The scan of what stands here failed at the end tag of the open element: it has no end before. */
static bool ends_before_it(const struct mend *m)
{
	return text_eq((struct text){m->scanned.end, m->scanned.end_len},
		       level_name(m, m->depth));
}

static bool is_record_open(const struct mend *m)
{
	return m->depth >= 2 && m->level[2].node == NODE_RECORD;
}

/* A row without a record, or the second one of a record: a start tag <record> is missing. */
static int imply_record(struct mend *m, struct err *e)
{
	if (is_record_open(m) && !m->level[2].has_row)
		return 0;
	close_to(m, 1);
	return open_implied(m, "record", NODE_RECORD, e);
}

/* What no open element may hold: perhaps the start tag of one between is missing. */
static int imply_parent(struct mend *m, struct text name, struct err *e)
{
	enum node node;
	const char *between = names_between(top(m)->node, name, &node);

	if (!between || node == NODE_RECORD || (node == NODE_METADATA && m->has_metadata) ||
	    (node == NODE_POLICY && m->has_policy))
		return 0;
	return open_implied(m, between, node, e);
}

static unsigned count_unknown(const struct mend *m)
{
	unsigned n = 0;

	for (unsigned d = 1; d <= m->depth; d++)
		n += is_foreign(m->level[d].node) && !m->level[d].sound;
	return n;
}

/* A start tag of an element that no schema has there. */
static int start_unknown(struct mend *m, const struct token *t, struct err *e)
{
	size_t end = 0;
	enum soundness sound = scan(m, m->at, &end);

	if (sound == UNSOUND &&
	    (t->cut || top(m)->node >= FIRST_LEAF || count_unknown(m) == MOST_UNKNOWN)) {
		as_text(m);
		return 0;
	}
	return open_element(m, t, names_child(top(m)->node, local_name(t->name)), sound, end, e);
}

/* The tag is a child of level d. */
static int start_at_level(struct mend *m, const struct token *t, unsigned d, struct err *e)
{
	enum node node = names_child(m->level[d].node, local_name(t->name));
	size_t end = 0;

	close_to(m, d);
	enum soundness sound = scan(m, m->at, &end);

	return open_element(m, t, node, sound, end, e);
}

static bool is_text_in_prose(struct mend *m, struct text name)
{
	size_t end;

	return is_prose(top(m)->node) && !text_is(name, "record") &&
	       scan(m, m->at, &end) == UNSOUND && ends_before_it(m);
}

static int start_anywhere(struct mend *m, const struct token *t, struct err *e)
{
	struct text name = local_name(t->name);
	unsigned d = find_taker(m, name);

	if (is_text_in_prose(m, name)) {
		if (d) {
			as_text(m);
			return 0;
		}
	} else if (text_is(name, "row") && (!d || m->level[d].node == NODE_RECORD)) {
		if (imply_record(m, e) < 0)
			return -1;
		d = find_taker(m, name);
	} else if (!d && top(m)->node < NODE_EXTENSION) {
		if (imply_parent(m, name, e) < 0)
			return -1;
		d = find_taker(m, name);
	}
	return d ? start_at_level(m, t, d, e) : start_unknown(m, t, e);
}

/* Within an element that is nested as XML wants it, the names say nothing: but a record does. */
static bool is_nested(struct mend *m, struct text name)
{
	if (offset(m) >= m->nested_until)
		return false;
	if (!text_is(name, "record") && !text_is(name, "feedback"))
		return true;
	for (unsigned d = m->depth; d; d--)
		if (is_foreign(m->level[d].node) && m->level[d].sound)
			return true;
	return false;
}

static void break_off(struct mend *m, const struct err *why);

static int start_tag(struct mend *m, const struct token *t, struct err *e)
{
	struct text name = local_name(t->name);

	if (is_nested(m, name)) {
		if (scan_loose(m, offset(m))) {
			as_text(m);
			return 0;
		}
		return open_tag(m, t, names_child(top(m)->node, name), e);
	}
	m->nested_until = 0;
	if (!text_is(name, "feedback"))
		return start_anywhere(m, t, e);
	if (is_text_in_prose(m, name)) {
		as_text(m);
	} else if (m->depth == 1 && !top(m)->has_child) {
		tell(m, REPAIR_START_TAG, here_text(m, t->len), TEXT_ABSENT);
		skip(m, t->len);
	} else {
		struct err why;

		(void)err_set(&why, ERR_INPUT, "another report begins before the end of this one");
		m->more = true;
		break_off(m, &why);
	}
	return 0;
}

/* End tags. */

/* The next tag from n bytes behind here on is the end tag of the open element. */
static bool ends_next(const struct mend *m, size_t n)
{
	const char *end = m->in.p + m->in.len;
	const char *p = memchr(here(m) + n, '<', left(m) - n);
	struct text name = level_name(m, m->depth);

	return p && (size_t)(end - p) > name.len + 2 && p[1] == '/' &&
	       memcmp(p + 2, name.p, name.len) == 0;
}

static bool tag_follows(const struct mend *m, size_t n)
{
	const char *p = here(m) + n;

	while (is_blank(*p))
		p++;
	return *p == '<' || p == m->in.p + m->in.len;
}

static unsigned find_open(const struct mend *m, struct text name)
{
	struct text local = local_name(name);

	for (unsigned d = m->depth; d; d--)
		if (text_eq(local_name(level_name(m, d)), local))
			return d;
	return 0;
}

/* Of feedback nothing is closed yet: what stands behind it may still be of it. */
static void end_feedback(struct mend *m, const struct token *t)
{
	if (t->fault || !text_is(local_name(t->name), "feedback"))
		tell(m, REPAIR_END_TAG, here_text(m, t->len), text_of("</feedback>"));
	m->stage = BEHIND;
	m->outside_since = offset(m);
}

static void end_of_nothing(struct mend *m, const struct token *t)
{
	bool leaf = top(m)->node >= FIRST_LEAF;

	if (leaf && (ends_next(m, t->len) || !tag_follows(m, t->len))) {
		as_text(m);
		return;
	}
	if (!leaf && !are_alike(t->name, level_name(m, m->depth)))
		tell(m, REPAIR_END_TAG, here_text(m, t->len), TEXT_ABSENT);
	else if (m->depth == 1)
		end_feedback(m, t);
	else
		close_told(m, here_text(m, t->len));
	skip(m, t->len);
}

static void end_tag(struct mend *m, const struct token *t)
{
	unsigned d = find_open(m, t->name);

	if (d != m->depth)
		m->nested_until = 0;
	if (!d) {
		end_of_nothing(m, t);
		return;
	}
	if (d < m->depth && is_prose(top(m)->node) && ends_next(m, t->len)) {
		as_text(m);
		return;
	}
	close_to(m, d);
	if (d == 1)
		end_feedback(m, t);
	else if (t->fault || !text_eq(t->name, level_name(m, d)))
		close_told(m, here_text(m, t->len));
	else
		close_level(m);
	skip(m, t->len);
}

/* The end in the middle. */

/* A leaf that is cut holds less than was sent: it goes. */
static void drop_cut_leaf(struct mend *m)
{
	for (unsigned d = 2; d <= m->depth; d++) {
		if (m->level[d].node < FIRST_LEAF)
			continue;
		if (m->level[d].out_at == SIZE_MAX)
			return;
		m->out.len = m->level[d].out_at;
		m->names.len = m->level[d].name_at;
		m->depth = d - 1;
	}
}

static void break_off(struct mend *m, const struct err *why)
{
	drop_cut_leaf(m);
	m->why = *why;
	m->stage = BROKEN;
}

/* Everything else. */

/* Where in n bytes of a leaf's text its end tag stands that lacks the `<`: 5/count>. Else n. */
static size_t bare_end(const struct mend *m, size_t n)
{
	struct text name = level_name(m, m->depth), t = text_trim(here_text(m, n));
	const char *end = t.p + t.len, *p = end - name.len - 2;

	if (m->level[m->depth].node < FIRST_LEAF || offset(m) < m->nested_until ||
	    t.len < name.len + 2 || *p != '/' || end[-1] != '>' ||
	    memcmp(p + 1, name.p, name.len) != 0)
		return n;
	return (size_t)(p - here(m));
}

/* Up to the next `<`; at the end of what is there, what may be the start of a reference stays. */
static void text(struct mend *m)
{
	const char *open = memchr(here(m), '<', left(m));
	size_t n = open ? (size_t)(open - here(m)) : left(m);

	if (!open && m->ended) {
		/* the text is cut: it would say something else than was sent */
		skip(m, n);
		break_off(m, &m->failed);
		return;
	}
	if (!open)
		n -= MOST_SNIPPET;
	size_t end = open ? bare_end(m, n) : n;

	write_text(m, end);
	skip(m, end);
	if (end < n) {
		close_told(m, here_text(m, n - end));
		skip(m, n - end);
	}
}

/* Comments, CDATA and processing instructions: of what lacks its end only the mark is taken. */
static void section(struct mend *m, const struct token *t)
{
	struct text mark = here_text(m, t->len);

	if (t->kind == TOKEN_CDATA && !t->fault) {
		buf_add(&m->out, mark.p, mark.len);
	} else if (t->kind == TOKEN_COMMENT && text_is(mark, "<!--")) {
		tell(m, REPAIR_COMMENT, mark, text_of("&lt;!--"));
		buf_adds(&m->out, "&lt;!--");
	} else if (t->fault || t->kind == TOKEN_XML) {
		tell(m, t->kind == TOKEN_XML ? REPAIR_XML_DECLARATION : REPAIR_COMMENT, mark,
		     TEXT_ABSENT);
	}
	skip(m, t->len);
}

int inside_step(struct mend *m, struct err *e)
{
	if (!left(m)) {
		break_off(m, &m->failed);
		return 0;
	}
	if (*here(m) != '<') {
		text(m);
		return 0;
	}
	struct token t = token_at(here(m), left(m));

	switch (t.kind) {
	case TOKEN_START:
		return start_tag(m, &t, e);
	case TOKEN_END:
		end_tag(m, &t);
		return 0;
	case TOKEN_COMMENT:
	case TOKEN_CDATA:
	case TOKEN_PI:
	case TOKEN_XML:
		section(m, &t);
		return 0;
	case TOKEN_LONG:
		return err_set(e, ERR_LIMIT, "a tag of more than %d bytes", LIMIT_TAG);
	case TOKEN_CUT:
		m->at = m->in.len;
		break_off(m, &m->failed);
		return 0;
	case TOKEN_DOCTYPE:
		if (top(m)->node < FIRST_LEAF)
			return err_set(e, ERR_INPUT, "a DOCTYPE, which no report has");
		break;
	case TOKEN_BARE:
		break;
	}
	as_text(m);
	return 0;
}
