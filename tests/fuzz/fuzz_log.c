/*
 * fuzz_log - any bytes as a delivery log, of whatever mail server. The first byte says how it comes:
 * by its content, as lines, or as CSV whose first line is the header; the second in how small pieces
 * the reader gets it, which must make no difference to a single byte of what it says.
 */
#include "parse/emit.h"
#include "parse/log.h"
#include "tests/fuzz/watch_item.h"

#include <string.h>

#define NOW 1796000000

struct pieces {
	struct source source;
	const uint8_t *p;
	size_t left, piece;
};

static int next_piece(struct source *s, struct block *ret, struct err *e)
{
	struct pieces *k = (struct pieces *)s;
	size_t n = k->left < k->piece ? k->left : k->piece;

	(void)e;
	*ret = (struct block){k->p, n, false};
	k->p += n;
	k->left -= n;
	return n > 0;
}

/* Frames are kept, and go through the check when all are there. */
static int keep_frames(void *ctx, struct buf *out, struct err *e)
{
	(void)e;
	buf_add(ctx, out->p, out->len);
	out->len = 0;
	return 0;
}

static struct buf read_in_pieces(struct emit *emit, struct log *log, const struct log_hint *hint,
				 const uint8_t *data, size_t size, size_t piece)
{
	struct buf frames = {0};
	struct parse_sink sink = {.ctx = &frames, .flush = keep_frames};
	struct pieces k = {{next_piece, NULL, NULL}, data, size, piece};
	struct err e = {0};

	emit_start(emit, WATCH_ITEM, &sink);
	if (log_read(log, &k.source, NULL, hint, 0, &e) < 0)
		watch_broken("a log that breaks off without a reason", e.msg);
	emit_item_end(emit, 1, size);
	buf_free(&sink.out);
	return frames;
}

static void both_ways(const struct log_hint *hint, const uint8_t *data, size_t size, size_t piece)
{
	static struct emit *emit;
	static struct log *log;
	struct watch w;
	struct err e = {0};

	if (!emit) {
		watch_parser();
		emit = emit_new();
		log = log_new(emit);
	}
	struct buf whole = read_in_pieces(emit, log, hint, data, size, size ? size : 1);
	struct buf some = read_in_pieces(emit, log, hint, data, size, piece);

	if (whole.len != some.len || memcmp(whole.p, some.p, whole.len) != 0)
		watch_broken("in small pieces it reads otherwise", "");
	watch_begin(&w);
	frame_check_expect(w.check, WATCH_ITEM);
	watch_frames(w.check, &whole, &e);
	watch_verdict(&w, 0, &e);
	buf_free(&whole);
	buf_free(&some);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct log_hint hint = {.form = FORM_LINES, .now = NOW};
	struct watch w;

	if (size < 2)
		return 0;
	uint8_t form = data[0] % 3, piece = data[1];

	data += 2;
	size -= 2;
	if (form == 0) {
		watch_item(&w, data, size, -1);
		return 0;
	}
	if (form == 2) {
		const uint8_t *end = memchr(data, '\n', size);
		size_t n = end ? (size_t)(end - data) : size;

		hint.form = FORM_CSV;
		hint.columns = (struct text){(const char *)data, (uint32_t)(n < 4096 ? n : 4096)};
	}
	both_ways(&hint, data, size, (size_t)piece + 1);
	return 0;
}
