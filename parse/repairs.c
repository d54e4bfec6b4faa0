#include "parse/repairs.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define MOST_OUTER 25 /* of containers: few are nested */
#define MOST_WHERE 120

/* A repair with texts of its own; len UINT16_MAX: absent. */
struct mended {
	enum repair_kind kind;
	uint32_t record_no, line, times;
	uint16_t where_len, from_len, to_len;
	char where[MOST_WHERE], from[MOST_REPAIR_TEXT], to[MOST_REPAIR_TEXT];
};

#define ABSENT UINT16_MAX

struct repairs {
	size_t n, n_outer;
	uint64_t key[2];
	uint64_t hash[MOST_REPAIRS]; /* of the report's; see hash_of */
	uint32_t more[REPAIR_KIND_COUNT]; /* of the report's, without texts */
	struct mended of_report[MOST_REPAIRS], outer[MOST_OUTER];
};

#define REPAIR_WORD(kind, word) word,
static const char *const words[REPAIR_KIND_COUNT] = {REPAIR_KINDS(REPAIR_WORD)};
#undef REPAIR_WORD

struct repairs *repairs_new(void)
{
	struct repairs *r = xcalloc(1, sizeof(*r));

	/* a key of our own: nobody makes two repairs that are one to us */
	if (getrandom(r->key, sizeof(r->key), 0) != sizeof(r->key))
		abort();
	return r;
}

void repairs_free(struct repairs *r)
{
	free(r);
}

void repairs_begin(struct repairs *r)
{
	if (r->n)
		memset(r->more, 0, sizeof(r->more));
	r->n = 0;
}

/* The longest start of t of at most most bytes that is whole UTF-8. */
static uint32_t cut(struct text t, uint32_t most)
{
	uint32_t n = t.len;

	if (n <= most)
		return n;
	for (n = most; n && ((unsigned char)t.p[n] & 0xc0) == 0x80;)
		n--;
	return n;
}

/* Copies t; what is no UTF-8 is written as \xNN. */
static uint16_t copy(char *to, uint32_t most, struct text t)
{
	struct buf visible = {0};
	uint16_t n;

	if (!t.p)
		return ABSENT;
	if (!text_utf8_ok(t.p, t.len)) {
		text_add_visible(&visible, (struct text){t.p, t.len < most ? t.len : most});
		t = (struct text){visible.p, (uint32_t)visible.len};
	}
	n = (uint16_t)cut(t, most);
	memcpy(to, t.p, n);
	buf_free(&visible);
	return n;
}

static bool equal(const struct mended *a, const struct mended *b)
{
	return a->kind == b->kind && a->where_len == b->where_len && a->from_len == b->from_len &&
	       a->to_len == b->to_len &&
	       (a->where_len == ABSENT || memcmp(a->where, b->where, a->where_len) == 0) &&
	       (a->from_len == ABSENT || memcmp(a->from, b->from, a->from_len) == 0) &&
	       (a->to_len == ABSENT || memcmp(a->to, b->to, a->to_len) == 0);
}

static void fill(struct mended *m, enum repair_kind kind, const char *where, struct text from,
		 struct text to)
{
	m->kind = kind;
	m->record_no = m->line = 0;
	m->times = 1;
	m->where_len = copy(m->where, MOST_WHERE, text_of(where));
	m->from_len = copy(m->from, MOST_REPAIR_TEXT, from);
	m->to_len = copy(m->to, MOST_REPAIR_TEXT, to);
}

static struct mended *find(struct mended *in, size_t n, const struct mended *m)
{
	for (size_t i = 0; i < n; i++)
		if (equal(&in[i], m))
			return &in[i];
	return NULL;
}

static uint64_t fold(uint64_t a, uint64_t b)
{
	unsigned __int128 r = (unsigned __int128)a * b;

	return (uint64_t)r ^ (uint64_t)(r >> 64);
}

static uint64_t hash_text(const struct repairs *r, uint64_t h, struct text t)
{
	uint64_t w;

	h = fold(h ^ (t.p ? t.len : UINT64_MAX), r->key[1]);
	for (; t.len >= 8; t.p += 8, t.len -= 8) {
		memcpy(&w, t.p, 8);
		h = fold(h ^ w, r->key[1]);
	}
	if (t.len) {
		w = 0;
		memcpy(&w, t.p, t.len);
		h = fold(h ^ w, r->key[1]);
	}
	return h;
}

/*
 * A reporter who gets a word wrong does so in each record, of which there may be millions: a repair
 * that was met is found by this alone, a multiplication for each 8 bytes, without looking at texts.
 */
static uint64_t hash_of(const struct repairs *r, enum repair_kind kind, const char *where,
			struct text from, struct text to)
{
	struct text place = text_of(where);

	place.len = cut(place, MOST_WHERE);
	uint64_t h = hash_text(r, r->key[0] ^ kind, place);

	from.len = cut(from, MOST_REPAIR_TEXT);
	to.len = cut(to, MOST_REPAIR_TEXT);
	return hash_text(r, hash_text(r, h, from), to);
}

static void add(uint32_t *to, uint32_t n)
{
	*to = n < UINT32_MAX - *to ? *to + n : UINT32_MAX;
}

void repairs_add_times(struct repairs *r, enum repair_kind kind, const char *where,
		       struct text from, struct text to, uint32_t record_no, uint32_t line,
		       uint32_t times)
{
	uint64_t hash = hash_of(r, kind, where, from, to);
	size_t i = 0;

	while (i < r->n && r->hash[i] != hash)
		i++;
	if (i < r->n) {
		add(&r->of_report[i].times, times);
	} else if (i == MOST_REPAIRS) {
		add(&r->more[kind], times);
	} else {
		struct mended *m = &r->of_report[r->n];

		fill(m, kind, where, from, to);
		m->record_no = record_no;
		m->line = line;
		m->times = times;
		r->hash[r->n++] = hash;
	}
}

void repairs_add(struct repairs *r, enum repair_kind kind, const char *where, struct text from,
		 struct text to, uint32_t record_no, uint32_t line)
{
	repairs_add_times(r, kind, where, from, to, record_no, line, 1);
}

void repairs_outer(struct repairs *r, enum repair_kind kind, const char *where, struct text from,
		   struct text to)
{
	struct mended m;

	fill(&m, kind, where, from, to);
	if (r->n_outer < MOST_OUTER && !find(r->outer, r->n_outer, &m))
		r->outer[r->n_outer++] = m;
}

size_t repairs_mark(const struct repairs *r)
{
	return r->n_outer;
}

void repairs_restore(struct repairs *r, size_t mark)
{
	r->n_outer = mark;
}

static struct text present(const char *p, uint16_t len)
{
	return len == ABSENT ? TEXT_ABSENT : (struct text){p, len};
}

static void send_all(struct emit *to, const struct mended *m, size_t n)
{
	for (; n; m++, n--) {
		const struct repair out = {
			.what = text_of(words[m->kind]), .where = present(m->where, m->where_len),
			.from = present(m->from, m->from_len), .to = present(m->to, m->to_len),
			.record_no = m->record_no, .line = m->line, .times = m->times,
		};

		emit_repair(to, &out);
	}
}

void repairs_send(const struct repairs *r, struct emit *m)
{
	send_all(m, r->outer, r->n_outer);
	send_all(m, r->of_report, r->n);
	for (int k = 0; r->n == MOST_REPAIRS && k < REPAIR_KIND_COUNT; k++) {
		const struct repair out = {.what = text_of(words[k]), .times = r->more[k]};

		if (out.times)
			emit_repair(m, &out);
	}
}
