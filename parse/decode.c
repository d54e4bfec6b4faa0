#include "parse/decode.h"
#include "parse/encoding.h"
#include "base/mem.h"

#include <errno.h>
#include <iconv.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW 4096
#define OUT 16384
#define ROOM 16      /* bytes that one step may give or take: a character and what it becomes */
#define SLOTS 256
#define MOST_TOLD 64 /* different changes of a document or block; of more only how many */
#define MOST_WAITING 2048 /* changes that the next stage has not come to */
#define MOST_DOCUMENTS 10000 /* whose changes are kept apart */
#define KINDS 3

/* Bytes from at on wait; there may be more where they came from. */
struct window {
	size_t at, len;
	uint8_t p[WINDOW];
};

enum change { TO_1252, TO_REPLACEMENT, TO_NOTHING };

/* A change, and how often up to the end of the document or block. */
struct told {
	uint64_t at; /* the first of them, in the text that is given */
	enum change change;
	uint32_t line, times;
	uint8_t n, from[4]; /* n 0: several, that found no room */
};

struct decode {
	struct source source, *below;
	struct repairs *repairs;
	struct encoding encoding;
	iconv_t conversion;   /* where encoding.iconv is set */
	bool begun, at_start; /* the encoding is known; no character was given yet */
	bool ended, failed;   /* below has no more; because of why */
	bool flushed;         /* what iconv held back was taken */
	struct err why;
	struct block in;      /* what is left of the block of below */
	uint32_t line;
	size_t dropped;       /* bytes left out since the last character */
	uint64_t changes, changes_told; /* in this reading; in the longest one */
	uint64_t given; /* bytes of text before this block */
	struct told *waiting; /* MOST_WAITING of them; NULL before the first */
	size_t told, n_waiting;
	unsigned n_different, documents;
	/* index in waiting + 1, by the bytes, 0: none; then those without bytes, one a kind */
	uint16_t slot[SLOTS + KINDS];
	struct window raw, text; /* as sent; converted */
	uint8_t out[OUT];
};

static size_t left(const struct window *w)
{
	return w->len - w->at;
}

/* The windows-1252 of 0x80 to 0x9f in UTF-8; five of them are no character. */
static const char of_1252[32][4] = {
	"€", "", "‚", "ƒ", "„", "…", "†", "‡", "ˆ", "‰", "Š", "‹", "Œ", "", "Ž", "",
	"", "‘", "’", "“", "”", "•", "–", "—", "˜", "™", "š", "›", "œ", "", "ž", "Ÿ",
};

/* Puts what n bytes become at to; how much it is. */
static size_t put_changed(enum change change, const uint8_t *from, size_t n, uint8_t *to)
{
	static const char replacement[] = "\xef\xbf\xbd";
	size_t len = 0;

	if (change == TO_NOTHING)
		return 0;
	for (size_t i = 0; i < (change == TO_1252 ? n : 0); i++) {
		if (from[i] >= 0xa0) {
			to[len++] = (uint8_t)(from[i] < 0xc0 ? 0xc2 : 0xc3);
			to[len++] = (uint8_t)(0x80 | (from[i] & 0x3f));
			continue;
		}
		const char *s = of_1252[from[i] - 0x80];

		s = *s ? s : replacement;
		memcpy(to + len, s, strlen(s));
		len += strlen(s);
	}
	if (change == TO_1252)
		return len;
	memcpy(to, replacement, strlen(replacement));
	return strlen(replacement);
}

static void tell_one(struct decode *d, const struct told *t)
{
	uint8_t to[ROOM];
	size_t n = put_changed(t->change, t->from, t->n, to);
	struct text taken = {(char *)to, (uint32_t)n}, sent = TEXT_ABSENT;
	struct buf from = {0};

	for (unsigned k = 0; k < t->n; k++)
		buf_printf(&from, "\\x%02x", t->from[k]);
	if (t->n)
		sent = (struct text){from.p, (uint32_t)from.len};
	repairs_add_times(d->repairs,
			  t->change == TO_NOTHING ? REPAIR_CONTROL_CHARACTER : REPAIR_INVALID_BYTES,
			  NULL, sent, t->n ? taken : TEXT_ABSENT, 0, t->line, t->times);
	buf_free(&from);
}

/* What comes now is counted apart. */
static void separate(struct decode *d)
{
	if (d->n_different || d->slot[SLOTS] || d->slot[SLOTS + 1] || d->slot[SLOTS + 2])
		memset(d->slot, 0, sizeof(d->slot));
	d->n_different = 0;
}

void decode_taken(struct source *s, uint64_t offset)
{
	struct decode *d = (struct decode *)s;
	size_t before = d->told;

	while (d->told < d->n_waiting && d->waiting[d->told].at <= offset)
		tell_one(d, &d->waiting[d->told++]);
	if (d->told == before)
		return;
	separate(d);
	if (d->told == d->n_waiting)
		d->told = d->n_waiting = 0;
}

/* Where a change is counted. A million of them must cost no more than to be counted. */
static uint16_t *slot_of(struct decode *d, const struct told *t)
{
	uint16_t *slot = &d->slot[(t->from[0] + 37u * t->from[1] + 101u * t->from[2]) % SLOTS];
	const struct told *o = *slot ? &d->waiting[*slot - 1] : NULL;

	if (o ? o->change == t->change && o->n == t->n && memcmp(o->from, t->from, 4) == 0
	      : d->n_different < MOST_TOLD)
		return slot;
	return &d->slot[SLOTS + t->change];
}

static void changed(struct decode *d, enum change change, const uint8_t *from, size_t n,
		    size_t out)
{
	struct told t = {d->given + out, change, d->line, 1, (uint8_t)n, {0}};

	if (++d->changes <= d->changes_told)
		return;
	d->changes_told = d->changes;
	memcpy(t.from, from, n);
	if (!d->waiting)
		d->waiting = xmalloc(MOST_WAITING * sizeof(*d->waiting));
	uint16_t *slot = slot_of(d, &t);

	if (*slot) {
		d->waiting[*slot - 1].times++;
		return;
	}
	if (d->n_waiting == MOST_WAITING) {
		decode_taken(&d->source, UINT64_MAX);
		slot = slot_of(d, &t);
	}
	if (slot >= d->slot + SLOTS) {
		t.n = 0;
		memset(t.from, 0, sizeof(t.from));
	}
	d->n_different++;
	d->waiting[d->n_waiting++] = t;
	*slot = (uint16_t)d->n_waiting;
}

/* Fills the window as far as it can be, so that how it was cut into blocks is forgotten. */
static void fill(struct decode *d)
{
	struct window *w = &d->raw;

	memmove(w->p, w->p + w->at, left(w));
	w->len -= w->at;
	w->at = 0;
	while (w->len < WINDOW) {
		if (!d->in.len && !d->ended) {
			int r = source_next(d->below, &d->in, &d->why);

			d->ended = r <= 0;
			d->failed = r < 0;
			if (r <= 0)
				d->in.len = 0;
		}
		size_t n = WINDOW - w->len < d->in.len ? WINDOW - w->len : d->in.len;

		if (!n)
			return;
		memcpy(w->p + w->len, d->in.p, n);
		w->len += n;
		d->in.p += n;
		d->in.len -= n;
	}
}

static void begin(struct decode *d)
{
	struct encoding *e = &d->encoding;
	bool again = d->begun;

	fill(d);
	if (!again)
		*e = encoding_guess(d->raw.p, d->raw.len);
	d->raw.at = e->mark < d->raw.len ? e->mark : d->raw.len;
	d->begun = d->at_start = true;
	d->line = 1;
	if (!again && e->iconv) {
		d->conversion = iconv_open("UTF-8", e->iconv);
		if (d->conversion == (iconv_t)-1) {
			e->iconv = NULL;
			e->name = "UTF-8";
			e->unknown = true;
		}
	}
	if (!again && (e->unknown || e->wrong))
		repairs_add(d->repairs,
			    e->unknown ? REPAIR_ENCODING_UNKNOWN : REPAIR_ENCODING_WRONG,
			    NULL, e->says ? text_of(e->said) : TEXT_ABSENT, text_of(e->name), 0, 1);
}

/* What no character is made of: one unit of it, told where it is met. */
static void replace(struct decode *d, size_t n, size_t out)
{
	changed(d, TO_REPLACEMENT, d->raw.p + d->raw.at, n, out);
	d->text.len += put_changed(TO_REPLACEMENT, NULL, 0, d->text.p + d->text.len);
	d->raw.at += n;
}

/* From raw to text, which is empty. */
static void convert(struct decode *d, size_t out_len)
{
	struct window *r = &d->raw, *t = &d->text;
	char *in = (char *)r->p + r->at, *out = (char *)t->p;
	size_t n_in = left(r), n_out = WINDOW, unit = d->encoding.unit;

	t->at = t->len = 0;
	if (!n_in && d->flushed)
		return;
	/* there is always something, but at the end: then iconv gives what it held back */
	d->flushed = !n_in;
	size_t done = iconv(d->conversion, n_in ? &in : NULL, &n_in, &out, &n_out);
	int why = done == (size_t)-1 ? errno : 0;

	r->at = r->len - n_in;
	t->len = WINDOW - n_out;
	/* the lines before it are counted when what stands before it is given */
	if (t->len || why == 0 || why == E2BIG)
		return;
	if (why == EINVAL && !d->ended)
		return;
	replace(d, n_in < unit ? n_in : unit, out_len);
}

enum class { GOOD, BAD, FORBIDDEN, CUT };

/* What stands at s, and how long it is; of what is no character, the longest start of one. */
static enum class classify(const uint8_t *s, size_t n, size_t *ret_len)
{
	uint8_t c = s[0], low = 0x80, high = 0xbf;
	size_t want = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;

	*ret_len = 1;
	if (c < 0x80)
		return c >= ' ' || c == '\t' || c == '\n' || c == '\r' ? GOOD : FORBIDDEN;
	if (c < 0xc2 || c > 0xf4)
		return BAD;
	if (c == 0xe0)
		low = 0xa0;
	else if (c == 0xf0)
		low = 0x90;
	else if (c == 0xf4)
		high = 0x8f;
	for (size_t i = 1; i < want; i++, low = 0x80, high = 0xbf) {
		*ret_len = i;
		if (i == n)
			return CUT;
		if (s[i] < low || s[i] > high)
			return BAD;
	}
	*ret_len = want;
	/* surrogates; U+FFFE and U+FFFF */
	if ((c == 0xed && s[1] >= 0xa0) || (c == 0xef && s[1] == 0xbf && s[2] >= 0xbe))
		return FORBIDDEN;
	return GOOD;
}

/* A byte order mark at the very beginning, behind one that was skipped or behind a conversion. */
static bool is_mark(const struct decode *d, const uint8_t *s, size_t n)
{
	return d->at_start && n == 3 && memcmp(s, "\xef\xbb\xbf", 3) == 0;
}

static void not_ascii(struct decode *d)
{
	d->encoding.ascii = false;
	repairs_add(d->repairs, REPAIR_ENCODING_WRONG, NULL, text_of(d->encoding.said),
		    text_of(d->encoding.name), 0, d->line);
}

/* What follows may be of another document. */
static bool ends_document(struct decode *d, size_t out)
{
	return out >= 9 && memcmp(d->out + out - 9, "feedback>", 9) == 0 &&
	       ++d->documents < MOST_DOCUMENTS;
}

/* The next character of w, or what stands in its place. False: more bytes are needed. */
static bool step(struct decode *d, struct window *w, bool more, size_t *out)
{
	const uint8_t *s = w->p + w->at;
	size_t n;
	enum class class = classify(s, left(w), &n);

	if (class == CUT && more)
		return false;
	if (s[0] >= 0x80 && d->encoding.ascii)
		not_ascii(d);
	if (class == GOOD && !is_mark(d, s, n)) {
		memcpy(d->out + *out, s, n);
		*out += n;
		d->line += s[0] == '\n';
		if (s[0] == '>' && ends_document(d, *out))
			separate(d);
		d->at_start = false;
		d->dropped = 0;
	} else {
		enum change change = class == BAD || class == CUT ? TO_1252 : TO_NOTHING;

		changed(d, change, s, n, *out);
		*out += put_changed(change, s, n, d->out + *out);
		d->dropped = change == TO_NOTHING ? d->dropped + n : 0;
		d->at_start = d->at_start && change == TO_NOTHING;
	}
	w->at += n;
	return true;
}

/* The most of it: printable ASCII up to the next end of a tag. */
static void copy_plain(struct decode *d, struct window *w, size_t *out)
{
	size_t n = left(w) < OUT - *out ? left(w) : OUT - *out, i = 0;
	const uint8_t *s = w->p + w->at;

	for (; i < n && (uint8_t)(s[i] - 0x20) < 0x60 && s[i] != '>'; i++)
		d->out[*out + i] = s[i];
	*out += i;
	w->at += i;
	d->at_start = d->at_start && !i;
	d->dropped = i ? 0 : d->dropped;
}

/* Characters of w until it is empty, or the block full. */
static void filter(struct decode *d, struct window *w, bool more, size_t *out)
{
	for (;;) {
		copy_plain(d, w, out);
		if (!left(w) || *out + ROOM > OUT || !step(d, w, more, out))
			return;
	}
}

/* Padding of a gigabyte, which may be packed in a megabyte, is not read to its end. */
static void give_up(struct decode *d)
{
	d->ended = d->failed = d->flushed = true;
	d->in.len = 0;
	d->raw.at = d->raw.len = d->text.at = d->text.len = 0;
	(void)err_set(&d->why, ERR_LIMIT, "more than %d NULs or control characters in a row",
		      LIMIT_SILENCE);
}

/* The windows hold what can be given. */
static void advance(struct decode *d, size_t *out)
{
	if (d->encoding.iconv) {
		if (!left(&d->text))
			convert(d, *out);
		filter(d, &d->text, false, out);
	} else {
		filter(d, &d->raw, !d->ended, out);
	}
}

static bool is_dry(const struct decode *d)
{
	return d->ended && !left(&d->raw) && !left(&d->text) &&
	       (d->flushed || !d->encoding.iconv);
}

static int decode_next(struct source *s, struct block *ret, struct err *e)
{
	struct decode *d = (struct decode *)s;
	size_t out = 0;

	separate(d);
	if (!d->begun || !d->line)
		begin(d);
	while (out + ROOM <= OUT && !is_dry(d)) {
		if (left(&d->raw) < ROOM)
			fill(d);
		advance(d, &out);
		if (d->dropped > LIMIT_SILENCE)
			give_up(d);
	}
	d->given += out;
	if (out) {
		*ret = (struct block){d->out, out, is_dry(d) && !d->failed};
		return 1;
	}
	if (!d->failed)
		return 0;
	*e = d->why;
	return -1;
}

static int decode_rewind(struct source *s, struct err *e)
{
	struct decode *d = (struct decode *)s;

	d->ended = d->failed = d->flushed = false;
	d->in.len = 0;
	d->line = 0;
	d->changes = d->given = 0;
	d->dropped = 0;
	d->raw.at = d->raw.len = d->text.at = d->text.len = 0;
	if (d->begun && d->encoding.iconv)
		iconv(d->conversion, NULL, NULL, NULL, NULL);
	return source_rewind(d->below, e);
}

static void decode_close(struct source *s)
{
	struct decode *d = (struct decode *)s;

	if (d->begun && d->encoding.iconv)
		iconv_close(d->conversion);
	free(d->waiting);
	free(d);
}

struct source *decode_open(struct source *below, struct repairs *r)
{
	struct decode *d = xmalloc(sizeof(*d));

	memset(d, 0, offsetof(struct decode, raw));
	d->raw.at = d->raw.len = d->text.at = d->text.len = 0;
	d->source = (struct source){decode_next, decode_rewind, decode_close};
	d->below = below;
	d->repairs = r;
	return &d->source;
}
