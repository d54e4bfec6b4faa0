/* The window that the text passes through, and what is told of it. */
#include "parse/mender.h"
#include "parse/decode.h"
#include "base/mem.h"

#include <stdlib.h>

/* The window. */

static void count_lines(struct mend *m)
{
	const char *p = m->in.p + (m->line_at - m->base), *end = here(m);

	for (; p < end && (p = memchr(p, '\n', (size_t)(end - p))); p++)
		m->line++;
	m->line_at = offset(m);
}

uint32_t line_here(struct mend *m)
{
	count_lines(m);
	return m->line;
}

static void drop_front(struct mend *m)
{
	count_lines(m);
	memmove(m->in.p, here(m), left(m));
	m->base += m->at;
	m->in.len -= m->at;
	m->at = 0;
}

/* What below says next, into rest. A failure is kept: it ends the text as its end does. */
static void take_block(struct mend *m)
{
	int r = source_next(m->below, &m->rest, &m->failed);

	if (r > 0)
		return;
	m->rest.len = 0;
	m->ended = true;
	if (r == 0)
		m->failed.class = ERR_NONE;
}

/* Until LOOK bytes or the end are there. A NUL stands behind them. */
static void fill(struct mend *m)
{
	if (m->ended || left(m) >= LOOK)
		return;
	if (m->at)
		drop_front(m);
	while (!m->ended && m->in.len < WINDOW) {
		if (!m->rest.len) {
			take_block(m);
			continue;
		}
		size_t room = WINDOW - m->in.len;
		size_t some = m->rest.len < room ? m->rest.len : room;

		buf_add(&m->in, m->rest.p, some);
		m->rest.p += some;
		m->rest.len -= some;
	}
	*buf_room(&m->in, 1) = '\0';
}

/* What is told. */

/* From below feedback or record, as the paths of fields are. */
static const char *path_here(struct mend *m)
{
	unsigned d = 1;

	while (d < m->depth && (d == 1 || m->level[d].node == NODE_RECORD))
		d++;
	m->path.len = 0;
	for (; d <= m->depth && m->path.len < MOST_NAME; d++) {
		struct text name = local_name(level_name(m, d));

		if (m->path.len)
			buf_addc(&m->path, '/');
		buf_add(&m->path, name.p, name.len);
	}
	return buf_cstr(&m->path);
}

void tell_at(struct mend *m, enum repair_kind kind, struct text from, struct text to,
	     uint32_t line)
{
	bool in_record = m->depth > 1 && m->level[2].node == NODE_RECORD;

	if (!m->quiet)
		repairs_add(m->repairs, kind, m->depth ? path_here(m) : NULL, from, to,
			    in_record ? m->records : 0, line);
}

void tell(struct mend *m, enum repair_kind kind, struct text from, struct text to)
{
	if (!m->quiet)
		tell_at(m, kind, from, to, line_here(m));
}

/* The source. */

/* End tags for all that is open, in a block of their own. */
static void close_all(struct mend *m)
{
	size_t start = m->out.len;
	uint32_t line = line_here(m);
	unsigned depth = m->depth;
	size_t names = m->names.len;

	while (m->depth)
		close_level(m);
	m->depth = depth;
	m->names.len = names;
	tell_at(m, REPAIR_DOCUMENT_CUT,
		m->why.class == ERR_NONE ? TEXT_ABSENT : text_of(m->why.msg),
		(struct text){m->out.p + start, (uint32_t)(m->out.len - start)}, line);
	m->depth = 0;
	m->names.len = 0;
	m->broke_off = true;
	m->stage = OVER;
}

static int too_quiet(const struct mend *m, struct err *e)
{
	if (offset(m) - m->last_tag <= LIMIT_SILENCE)
		return 0;
	return err_set(e, ERR_LIMIT, "more than %d bytes without an element", LIMIT_SILENCE);
}

/* 0: *m is further, or its place is another one. */
static int step(struct mend *m, struct err *e)
{
	fill(m);
	switch (m->stage) {
	case BEFORE:
		return before_step(m, e);
	case AT_START:
		return begin_document(m, e);
	case INSIDE:
		return too_quiet(m, e) < 0 ? -1 : inside_step(m, e);
	case BEHIND:
		behind_step(m);
		break;
	case BROKEN:
	case OVER:
		break;
	}
	return 0;
}

/* A leaf that is open may turn out to be cut: it is held back, if it is not large. */
static bool is_block(const struct mend *m)
{
	if (m->out.len < SOURCE_BLOCK)
		return false;
	return m->level[m->depth].node < FIRST_LEAF || m->out.len > LOOK;
}

static void release_block(struct mend *m)
{
	m->out.len = 0;
	for (unsigned d = 1; d <= m->depth; d++)
		m->level[d].out_at = SIZE_MAX;
}

int mend_too_large(struct err *e)
{
	return err_set(e, ERR_LIMIT, "not well-formed XML of more than %lld MB: that much is not "
				     "mended", LIMIT_MENDED >> 20);
}

static int mend_next_block(struct source *s, struct block *ret, struct err *e)
{
	struct mend *m = (struct mend *)s;

	release_block(m);
	if (offset(m) > LIMIT_MENDED)
		return mend_too_large(e);
	if (m->stage == BROKEN) {
		if (m->why.class > ERR_INPUT) {
			*e = m->why;
			return -1;
		}
		close_all(m);
	}
	while (m->stage < BROKEN && !is_block(m))
		if (step(m, e) < 0)
			return -1;
	decode_taken(m->below, offset(m));
	if (!m->out.len)
		return m->stage == BROKEN ? mend_next_block(s, ret, e) : 0;
	*ret = (struct block){(const uint8_t *)m->out.p, m->out.len, false};
	return 1;
}

/* All that belongs to one document. */
static void forget_document(struct mend *m)
{
	m->depth = 0;
	m->names.len = m->junk.len = 0;
	m->nested_until = 0;
	m->scanned = (struct scanned){0};
	m->records = 0;
	m->has_metadata = m->has_policy = m->broke_off = m->more = false;
	m->limit.class = m->why.class = ERR_NONE;
}

static int mend_rewind(struct source *s, struct err *e)
{
	struct mend *m = (struct mend *)s;

	m->skipped += m->start;
	if (m->skipped > LIMIT_DOCUMENTS_AGAIN)
		return err_set(e, ERR_LIMIT,
			       "too many reports in one file that are read twice, for "
			       "their records come before the head");
	if (source_rewind(m->below, e) < 0)
		return -1;
	forget_document(m);
	m->quiet = true;
	m->ended = false;
	m->rest.len = m->in.len = m->at = 0;
	m->base = m->line_at = 0;
	m->line = 1;
	fill(m);
	while (offset(m) < m->start && left(m)) {
		uint64_t more = m->start - offset(m);

		m->at += more < left(m) ? more : left(m);
		fill(m);
	}
	m->stage = AT_START;
	return 0;
}

static void mend_close(struct source *s)
{
	struct mend *m = (struct mend *)s;

	source_close(m->below);
	buf_free(&m->in);
	buf_free(&m->names);
	buf_free(&m->wrapper_names);
	buf_free(&m->spaces);
	buf_free(&m->junk);
	buf_free(&m->out);
	buf_free(&m->path);
	buf_free(&m->scratch);
	free(m);
}

struct source *mend_open(struct source *below, struct repairs *r)
{
	struct mend *m = xcalloc(1, sizeof(*m));

	m->source = (struct source){mend_next_block, mend_rewind, mend_close};
	m->below = decode_open(below, r);
	m->repairs = r;
	m->stage = BEFORE;
	m->line = 1;
	m->documents = 1;
	return &m->source;
}

bool mend_broke_off(const struct source *mend, struct err *why)
{
	const struct mend *m = (const struct mend *)mend;

	*why = m->why;
	return m->broke_off;
}

int mend_more(struct source *mend, struct err *e)
{
	struct mend *m = (struct mend *)mend;

	if (m->limit.class != ERR_NONE) {
		*e = m->limit;
		return -1;
	}
	if (m->more && m->documents == LIMIT_DOCUMENTS)
		return err_set(e, ERR_LIMIT, "more than %d reports one behind the other",
			       LIMIT_DOCUMENTS);
	return m->more;
}

void mend_next(struct source *mend)
{
	struct mend *m = (struct mend *)mend;

	forget_document(m);
	m->documents++;
	m->quiet = false;
	m->start = offset(m);
	m->stage = AT_START;
}
