#include "parse/emit.h"
#include "base/frame_log.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define NOT_OPEN SIZE_MAX
#define FLUSH_AT 65536
#define PIECE 60000          /* of extra in an EXTRA frame */
#define MOST_INLINE 4000     /* of extra in the piece it belongs to */
#define WAYS 4               /* sets whose place is the same; a line of the cache */

/* A set that has a slot. */
struct known {
	uint64_t hash;
	uint32_t check; /* of another hash */
	uint16_t slot;
	uint16_t when;  /* the generation it is of; others' are free */
};

struct emit {
	struct parse_sink *sink;
	uint64_t item;
	size_t open;    /* where the frame of pieces that is open begins in sink->out */
	bool failed;
	struct err err;
	uint16_t now;   /* generation, never 0 */
	uint16_t slots; /* used by this report, from 0 on */
	unsigned turn;  /* whose turn it is to be pushed out */
	uint64_t key[3];
	struct known next, *place; /* the set that is looked for, and where it would be */
	_Alignas(64) struct known known[FRAME_SLOTS / WAYS][WAYS];
};

struct emit *emit_new(void)
{
	struct emit *m = aligned_alloc(_Alignof(struct emit), sizeof(*m));

	if (!m)
		abort();
	memset(m, 0, sizeof(*m));
	m->now = 1;
	m->open = NOT_OPEN;
	/* a key of our own: nobody makes two sets that are one to us */
	if (getrandom(m->key, sizeof(m->key), 0) != sizeof(m->key))
		abort();
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
	m->open = NOT_OPEN;
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

static void close_pieces(struct emit *m)
{
	if (m->open == NOT_OPEN)
		return;
	frame_finish(&m->sink->out, m->open);
	m->open = NOT_OPEN;
	if (m->sink->out.len > FLUSH_AT)
		flush(m);
}

/* A frame of pieces with room for n bytes. All that are open at once are of one type. */
static inline struct buf *pieces_room(struct emit *m, enum frame_type type, size_t n)
{
	struct buf *out = &m->sink->out;

	if (m->open != NOT_OPEN && out->len - m->open - FRAME_HEADER + n > LIMIT_FRAME)
		close_pieces(m);
	if (m->open == NOT_OPEN)
		m->open = frame_begin(out, type, m->item);
	return out;
}

static struct buf *records_room(struct emit *m, size_t n)
{
	return pieces_room(m, FRAME_RECORDS, n);
}

static size_t begin(struct emit *m, enum frame_type type)
{
	close_pieces(m);
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

static void forget_sets(struct emit *m)
{
	m->slots = 0;
	if (++m->now == 0) {
		memset(m->known, 0, sizeof(m->known));
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

static uint64_t fold(uint64_t a, uint64_t b)
{
	unsigned __int128 r = (unsigned __int128)a * b;

	return (uint64_t)r ^ (uint64_t)(r >> 64);
}

/* Two keyed hashes in one pass (multiply and fold): 64 bits, and 32 more in *ret_check. */
static uint64_t hash_set(const struct emit *m, const uint8_t *p, size_t len, uint32_t *ret_check)
{
	uint64_t a = m->key[0] ^ len, b = m->key[1], w[2];

	for (; len > 16; p += 16, len -= 16) {
		memcpy(w, p, 16);
		a = fold(a ^ w[0], w[1] ^ m->key[2]);
		b = fold(b ^ w[1], w[0] ^ m->key[0]);
	}
	memset(w, 0, sizeof(w));
	memcpy(w, p, len);
	*ret_check = (uint32_t)(fold(b ^ w[1], w[0] ^ m->key[2]) >> 16);
	return fold(a ^ w[0], w[1] ^ m->key[1]);
}

void emit_next_set(struct emit *m, const uint8_t *packed, size_t len)
{
	m->next.hash = hash_set(m, packed, len, &m->next.check);
	m->place = m->known[m->next.hash % (FRAME_SLOTS / WAYS)];
	__builtin_prefetch(m->place);
}

bool emit_find_set(struct emit *m, uint16_t *ret_slot)
{
	const struct known *next = &m->next;
	struct known *way = m->place, *to = NULL;

	for (int i = 0; i < WAYS; i++) {
		if (way[i].when != m->now) {
			to = &way[i];
		} else if (way[i].hash == next->hash && way[i].check == next->check) {
			*ret_slot = way[i].slot;
			return true;
		}
	}
	/* a place that is free brings a slot of its own: there are as many of both */
	*ret_slot = to ? m->slots++ : way[m->turn % WAYS].slot;
	if (!to)
		to = &way[m->turn++ % WAYS];
	*to = (struct known){next->hash, next->check, *ret_slot, m->now};
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

void emit_repair(struct emit *m, const struct repair *r)
{
	size_t at = begin(m, FRAME_REPAIR);

	frame_put_repair(&m->sink->out, r);
	finish(m, at);
}

void emit_again(struct emit *m)
{
	finish(m, begin(m, FRAME_AGAIN));
}

void emit_end(struct emit *m, const struct report_sums *s)
{
	size_t at = begin(m, FRAME_END);

	frame_put_sums(&m->sink->out, s);
	finish(m, at);
}

void emit_log_head(struct emit *m, uint32_t entry)
{
	size_t at = begin(m, FRAME_LOG_HEAD);

	frame_put_u32(&m->sink->out, entry);
	finish(m, at);
}

struct buf *emit_log_room(struct emit *m, size_t n)
{
	return pieces_room(m, FRAME_LOG, n);
}

void emit_log_part(struct emit *m, const struct log_sums *s)
{
	size_t at = begin(m, FRAME_LOG_PART);

	frame_put_log_sums(&m->sink->out, s);
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
