#include "parse/emit.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define NOT_OPEN SIZE_MAX
#define FLUSH_AT 65536
#define PIECE 60000          /* of extra in an EXTRA frame */
#define MOST_INLINE 4000     /* of extra in the piece it belongs to */
#define SETS_CONTENT (2 << 20)

struct slot {
	uint64_t hash;
	uint32_t when, len; /* when: the generation that put it there */
	uint32_t at;        /* in content */
};

struct emit {
	struct parse_sink *sink;
	uint64_t item;
	size_t records; /* where the RECORDS frame that is open begins in sink->out */
	bool failed;
	struct err err;
	uint32_t now;   /* generation: slots of others are empty */
	uint32_t content_len;
	struct slot slots[FRAME_SLOTS];
	uint8_t content[SETS_CONTENT];
};

struct emit *emit_new(void)
{
	struct emit *m = xmalloc(sizeof(*m));

	/* the content's pages stay untouched until they are used */
	memset(m, 0, offsetof(struct emit, content));
	m->now = 1;
	m->records = NOT_OPEN;
	return m;
}

void emit_free(struct emit *m)
{
	free(m);
}

void emit_start(struct emit *m, uint64_t item, struct parse_sink *sink)
{
	m->sink = sink;
	m->item = item;
	m->records = NOT_OPEN;
	m->failed = false;
}

bool emit_failed(const struct emit *m, struct err *e)
{
	if (m->failed && e)
		*e = m->err;
	return m->failed;
}

static void flush(struct emit *m)
{
	if (m->failed)
		m->sink->out.len = 0;
	else if (m->sink->flush(m->sink->ctx, &m->sink->out, &m->err) < 0)
		m->failed = true;
}

static void close_records(struct emit *m)
{
	if (m->records == NOT_OPEN)
		return;
	frame_finish(&m->sink->out, m->records);
	m->records = NOT_OPEN;
	if (m->sink->out.len > FLUSH_AT)
		flush(m);
}

/* A RECORDS frame with room for n bytes. */
static struct buf *records_room(struct emit *m, size_t n)
{
	struct buf *out = &m->sink->out;

	if (m->records != NOT_OPEN && out->len - m->records - FRAME_HEADER + n > LIMIT_FRAME)
		close_records(m);
	if (m->records == NOT_OPEN)
		m->records = frame_begin(out, FRAME_RECORDS, m->item);
	return out;
}

static size_t begin(struct emit *m, enum frame_type type)
{
	close_records(m);
	return frame_begin(&m->sink->out, type, m->item);
}

static void finish(struct emit *m, size_t at)
{
	frame_finish(&m->sink->out, at);
	if (m->sink->out.len > FLUSH_AT)
		flush(m);
}

/* What is too long to go with its piece goes before it. */
static void extra_first(struct emit *m, struct text *extra)
{
	if (extra->len <= MOST_INLINE)
		return;
	while (extra->len) {
		uint32_t n = extra->len < PIECE ? extra->len : PIECE;
		size_t at = begin(m, FRAME_EXTRA);

		buf_add(&m->sink->out, extra->p, n);
		finish(m, at);
		extra->p += n;
		extra->len -= n;
	}
}

/* Forgets all sets: the parent keeps its slots until HEAD, so this costs a repetition at most. */
static void forget_sets(struct emit *m)
{
	m->content_len = 0;
	if (++m->now == 0) {
		memset(m->slots, 0, sizeof(m->slots));
		m->now = 1;
	}
}

void emit_head(struct emit *m, struct report_head *h)
{
	forget_sets(m);
	extra_first(m, &h->extra);
	size_t at = begin(m, FRAME_HEAD);

	frame_put_head(&m->sink->out, h);
	finish(m, at);
}

/* Fast and not for secrets: what collides costs a repetition, content is compared. */
static uint64_t mix(const uint8_t *p, size_t len)
{
	uint64_t h = len * 0x9e3779b97f4a7c15u, w;

	for (; len >= 8; p += 8, len -= 8) {
		memcpy(&w, p, 8);
		h = (h ^ w) * 0xff51afd7ed558ccdu;
		h ^= h >> 32;
	}
	w = 0;
	memcpy(&w, p, len);
	h = (h ^ w) * 0xc4ceb9fe1a85ec53u;
	return h ^ h >> 32;
}

bool emit_find_set(struct emit *m, const uint8_t *packed, size_t len, uint16_t *ret_slot)
{
	uint64_t hash = mix(packed, len);
	struct slot *s = &m->slots[hash % FRAME_SLOTS];

	*ret_slot = (uint16_t)(hash % FRAME_SLOTS);
	if (s->when == m->now && s->hash == hash && s->len == len &&
	    memcmp(m->content + s->at, packed, len) == 0)
		return true;
	s->when = 0;
	if (len > SETS_CONTENT)
		return false;
	if (len > SETS_CONTENT - m->content_len)
		forget_sets(m);
	*s = (struct slot){hash, m->now, (uint32_t)len, m->content_len};
	memcpy(m->content + m->content_len, packed, len);
	m->content_len += (uint32_t)len;
	return false;
}

void emit_auth_result(struct emit *m, const struct auth_result *r)
{
	frame_put_auth_result(
		records_room(m, 16 + r->domain.len + r->selector.len + r->result_raw.len), r);
}

void emit_set(struct emit *m, uint16_t slot)
{
	frame_put_set(records_room(m, 3), slot);
}

void emit_record(struct emit *m, uint16_t slot, struct record *r)
{
	extra_first(m, &r->extra);
	frame_put_record(records_room(m, 64 + r->header_from.len + r->envelope_from.len +
						 r->envelope_to.len + r->extra.len),
			 slot, r);
}

void emit_row_refused(struct emit *m, uint32_t record_no, int64_t messages, const char *why)
{
	struct text t = text_of(why);

	frame_put_row_refused(records_room(m, 16 + t.len), record_no, messages, t);
}

void emit_repair(struct emit *m, const char *what, struct text where, struct text from,
		 struct text to)
{
	size_t at = begin(m, FRAME_REPAIR);

	frame_put_text(&m->sink->out, text_of(what));
	frame_put_text(&m->sink->out, where);
	frame_put_text(&m->sink->out, from);
	frame_put_text(&m->sink->out, to);
	finish(m, at);
}

void emit_end(struct emit *m, const struct report_sums *s)
{
	size_t at = begin(m, FRAME_END);

	frame_put_sums(&m->sink->out, s);
	finish(m, at);
}

void emit_refused(struct emit *m, uint32_t entry, const struct err *why)
{
	size_t at = begin(m, FRAME_REFUSED);
	struct buf msg = {0};

	text_add_visible(&msg, text_of(why->msg)); /* names of elements may be in it */
	frame_put_u32(&m->sink->out, entry);
	buf_addc(&m->sink->out, (char)(why->class == ERR_INPUT || why->class == ERR_LIMIT
					       ? why->class
					       : ERR_BUG));
	frame_put_text(&m->sink->out, (struct text){msg.p, (uint32_t)msg.len});
	buf_free(&msg);
	finish(m, at);
}

void emit_not_report(struct emit *m, uint32_t entry, const char *what)
{
	size_t at = begin(m, FRAME_NOT_REPORT);

	frame_put_u32(&m->sink->out, entry);
	frame_put_text(&m->sink->out, text_of(what));
	finish(m, at);
}

void emit_item_end(struct emit *m, uint32_t entries, uint64_t bytes_out)
{
	size_t at = begin(m, FRAME_ITEM_END);

	frame_put_u32(&m->sink->out, entries);
	frame_put_u64(&m->sink->out, bytes_out);
	finish(m, at);
	flush(m);
}
