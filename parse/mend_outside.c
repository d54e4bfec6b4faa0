/* Before feedback and behind it: the declaration, elements around it, and what belongs nowhere. */
#include "parse/mender.h"

#define MOST_JUNK 200

/* What belongs to nothing is told once, by its beginning. */
static void take_junk(struct mend *m, size_t n)
{
	const char *p = here(m), *end = p + n;

	if (!m->junk.len) {
		m->junk_line = line_here(m);
		for (; p < end && is_blank(*p); p++)
			m->junk_line += *p == '\n';
	}
	size_t some = (size_t)(end - p), room = MOST_JUNK - m->junk.len;

	buf_add(&m->junk, p, some < room ? some : room);
}

static void tell_junk(struct mend *m, enum repair_kind kind)
{
	if (m->junk.len)
		tell_at(m, kind, text_trim((struct text){m->junk.p, (uint32_t)m->junk.len}),
			TEXT_ABSENT, m->junk_line);
	m->junk.len = 0;
}

/* Elements around feedback. */

static void keep_spaces(struct mend *m, const struct token *t)
{
	struct attributes a = attributes_of((struct text){here(m), t->len}, t->name.len);
	struct attribute one;

	while (m->spaces.len < LIMIT_LEAF && attributes_next(&a, &one))
		if (one.name.len >= 5 && memcmp(one.name.p, "xmlns", 5) == 0 && !one.fault) {
			buf_addc(&m->spaces, ' ');
			buf_add(&m->spaces, one.name.p, one.name.len);
			buf_adds(&m->spaces, "=\"");
			add_value(&m->spaces, one.value);
			buf_addc(&m->spaces, '"');
		}
}

static int open_wrapper(struct mend *m, const struct token *t, struct err *e)
{
	keep_spaces(m, t);
	if (t->empty)
		return 0;
	if (m->wrappers == LIMIT_XML_DEPTH)
		return err_set(e, ERR_LIMIT, "elements deeper than %d", LIMIT_XML_DEPTH);
	m->wrapper_at[m->wrappers++] = (uint32_t)m->wrapper_names.len;
	buf_add(&m->wrapper_names, t->name.p, t->name.len);
	return 0;
}

static struct text wrapper_name(const struct mend *m, unsigned i)
{
	size_t at = m->wrapper_at[i];
	size_t end = i + 1 < m->wrappers ? m->wrapper_at[i + 1] : m->wrapper_names.len;

	return (struct text){m->wrapper_names.p + at, (uint32_t)(end - at)};
}

static void drop_wrappers(struct mend *m, unsigned n)
{
	if (m->wrappers > n)
		m->wrapper_names.len = m->wrapper_at[n];
	m->wrappers = n;
}

/* An element around feedback, i, that is not closed. */
static void tell_wrapper(struct mend *m, unsigned i)
{
	struct text name = wrapper_name(m, i);

	m->scratch.len = 0;
	buf_addc(&m->scratch, '<');
	buf_add(&m->scratch, name.p, name.len);
	buf_addc(&m->scratch, '>');
	tell(m, REPAIR_WRAPPER, (struct text){m->scratch.p, (uint32_t)m->scratch.len}, TEXT_ABSENT);
}

/* false: it is the end of nothing. */
static bool close_wrapper(struct mend *m, const struct token *t)
{
	unsigned i = m->wrappers;

	while (i && !text_eq(wrapper_name(m, i - 1), t->name))
		i--;
	if (!i)
		return false;
	for (unsigned k = m->wrappers; k > i; k--)
		tell_wrapper(m, k - 1);
	drop_wrappers(m, i - 1);
	return true;
}

/* Before. */

/* What stands before a declaration is no part of the document. */
static void declaration(struct mend *m, const struct token *t)
{
	struct text d = {here(m), t->len};

	if (m->stage == BEFORE && (m->wrappers || m->junk.len)) {
		if (!m->junk.len)
			tell_wrapper(m, 0);
		drop_wrappers(m, 0);
		m->spaces.len = 0;
		tell_junk(m, REPAIR_TEXT_BEFORE);
	}
	if (!declaration_ok(d.p, d.len))
		tell(m, REPAIR_XML_DECLARATION, d, TEXT_ABSENT);
}

static bool begins_report(struct text name)
{
	return text_is(name, "feedback") || text_is(name, "report_metadata") ||
	       text_is(name, "policy_published");
}

/* Length of the text up to the next `<`, at most most. */
static size_t text_length(const struct mend *m)
{
	const char *open = memchr(here(m), '<', left(m));

	return open ? (size_t)(open - here(m)) : left(m);
}

static int too_long(const struct mend *m, struct err *e)
{
	if (offset(m) - m->last_tag > LIMIT_SILENCE)
		return err_set(e, ERR_LIMIT, "more than %d bytes without an element",
			       LIMIT_SILENCE);
	if (offset(m) - m->outside_since > LIMIT_RECORD_XML)
		return err_set(e, ERR_LIMIT, "more than %d bytes of XML without a record",
			       LIMIT_RECORD_XML);
	return 0;
}

static void skip(struct mend *m, size_t n, bool junk)
{
	if (junk)
		take_junk(m, n);
	m->at += n;
}

static int before_tag(struct mend *m, const struct token *t, struct err *e)
{
	bool found = t->kind == TOKEN_START && begins_report(local_name(t->name));

	m->last_tag = offset(m);
	if (found) {
		tell_junk(m, REPAIR_TEXT_BEFORE);
		m->start = offset(m);
		m->stage = AT_START;
		return 0;
	}
	if (t->kind == TOKEN_START && !t->cut) {
		if (open_wrapper(m, t, e) < 0)
			return -1;
		skip(m, t->len, false);
	} else {
		skip(m, t->len, t->kind != TOKEN_END || !close_wrapper(m, t));
	}
	return 0;
}

int before_step(struct mend *m, struct err *e)
{
	if (too_long(m, e) < 0)
		return -1;
	if (!left(m)) {
		m->stage = OVER;
		if (m->failed.class == ERR_NONE)
			return 0;
		*e = m->failed;
		return -1;
	}
	if (*here(m) != '<') {
		skip(m, text_length(m), !m->wrappers);
		return 0;
	}
	struct token t = token_at(here(m), left(m));

	switch (t.kind) {
	case TOKEN_START:
	case TOKEN_END:
		return before_tag(m, &t, e);
	case TOKEN_DOCTYPE:
		return err_set(e, ERR_INPUT, "a DOCTYPE, which no report has");
	case TOKEN_LONG:
		return err_set(e, ERR_LIMIT, "a tag of more than %d bytes", LIMIT_TAG);
	case TOKEN_XML:
		declaration(m, &t);
		break;
	case TOKEN_COMMENT:
	case TOKEN_PI:
		if (t.fault)
			tell(m, REPAIR_COMMENT, (struct text){here(m), t.len}, TEXT_ABSENT);
		break;
	case TOKEN_CDATA:
		t.len = (uint32_t)strlen("<![CDATA["); /* feedback may be in it */
		skip(m, t.len, true);
		return 0;
	case TOKEN_BARE:
	case TOKEN_CUT:
		skip(m, t.kind == TOKEN_CUT ? left(m) : t.len, true);
		return 0;
	}
	skip(m, t.len, false);
	return 0;
}

static int too_many(struct err *e)
{
	return err_set(e, ERR_LIMIT, "a tag of more than %d attributes", LIMIT_ATTRIBUTES);
}

/* xmlns of the elements around it, which are left out, go into the tag of feedback. */
static int write_feedback(struct mend *m, struct text tag, size_t name_len, struct err *e)
{
	struct buf *b = &m->scratch;

	b->len = 0;
	buf_add(b, tag.p, 1 + name_len);
	if (write_attributes(b, tag, name_len) < 0)
		return too_many(e);
	buf_add(b, m->spaces.p, m->spaces.len);
	buf_addc(b, '>');
	/* once more: each only once */
	buf_add(&m->out, tag.p, 1 + name_len);
	if (write_attributes(&m->out, (struct text){b->p, (uint32_t)b->len}, name_len) < 0)
		return too_many(e);
	buf_addc(&m->out, '>');
	return 0;
}

int begin_document(struct mend *m, struct err *e)
{
	static const struct text implied = {"<feedback>", 10};
	struct token t = token_at(here(m), left(m));
	struct text tag = {here(m), t.len};
	size_t start = m->out.len;

	m->last_tag = offset(m);
	m->stage = INSIDE;
	if (!text_is(local_name(t.name), "feedback")) {
		tag = implied;
		t = (struct token){.name = {implied.p + 1, 8}};
		tell(m, REPAIR_START_TAG, TEXT_ABSENT, implied);
	}
	if (write_feedback(m, tag, t.name.len, e) < 0)
		return -1;
	if (t.fault)
		tell(m, REPAIR_START_TAG, tag,
		     (struct text){m->out.p + start, (uint32_t)(m->out.len - start)});
	if (open_level(m, t.name, NODE_FEEDBACK, e) < 0)
		return -1;
	m->at += t.len;
	if (t.empty)
		m->stage = BEHIND;
	m->outside_since = offset(m);
	return 0;
}

/* Behind. */

static void end_document(struct mend *m)
{
	tell_junk(m, REPAIR_TEXT_BEHIND);
	if (!m->more)
		for (unsigned i = m->wrappers; i; i--)
			tell_wrapper(m, i - 1);
	close_level(m);
	m->stage = OVER;
}

/* Its end came too early: elements of a report go on behind it. */
static void reopen(struct mend *m)
{
	tell_junk(m, REPAIR_TEXT_BEHIND);
	tell(m, REPAIR_END_TAG, text_of("</feedback>"), TEXT_ABSENT);
	m->stage = INSIDE;
}

static void behind_start(struct mend *m, const struct token *t)
{
	struct err deep;
	struct text name = local_name(t->name);

	if (text_is(name, "feedback") ||
	    (text_is(name, "report_metadata") && m->has_metadata)) {
		m->more = true;
		end_document(m);
	} else if (feedback_child(name) != NODE_UNKNOWN || text_is(name, "row")) {
		reopen(m);
	} else if (m->wrappers && !t->cut && open_wrapper(m, t, &deep) == 0) {
		skip(m, t->len, false);
	} else {
		skip(m, t->len, true);
	}
}

/* The report is whole: what fails here is told when it is asked for what follows. */
void behind_step(struct mend *m)
{
	if (!left(m) || too_long(m, &m->limit) < 0) {
		if (!left(m) && m->failed.class > ERR_INPUT)
			m->limit = m->failed;
		end_document(m);
		return;
	}
	if (*here(m) != '<') {
		skip(m, text_length(m), !m->wrappers);
		return;
	}
	struct token t = token_at(here(m), left(m));

	if (t.kind == TOKEN_START)
		behind_start(m, &t);
	else if (t.kind == TOKEN_END)
		skip(m, t.len, !close_wrapper(m, &t));
	else if (t.kind == TOKEN_CUT || t.kind == TOKEN_LONG)
		skip(m, t.kind == TOKEN_CUT ? left(m) : 1, true);
	else
		skip(m, t.kind == TOKEN_CDATA ? 9 : t.len,
		     t.kind == TOKEN_BARE || t.kind == TOKEN_CDATA || t.kind == TOKEN_DOCTYPE);
}
