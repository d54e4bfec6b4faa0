/*
 * watch_item - the parser under the eyes of watch.h: one for the life of the process, as in the
 * worker, so that what one item leaves behind meets the next one.
 */
#ifndef TESTS_FUZZ_WATCH_ITEM_H
#define TESTS_FUZZ_WATCH_ITEM_H

#include "parse/parse.h"
#include "tests/fuzz/watch.h"

#include <sys/mman.h>
#include <unistd.h>

#define WATCH_ITEM 1

static struct parser *watch_parser(void)
{
	static struct parser *parser;

	if (!parser)
		parser = parser_new();
	return parser;
}

/* The sink's context is the check. */
static int watch_frames(void *ctx, struct buf *out, struct err *e)
{
	size_t at = 0, used;
	struct frame f;

	while (at < out->len) {
		if (frame_next((const uint8_t *)out->p + at, out->len - at, &f, &used, e) != 1)
			watch_broken("not a whole frame", e->msg);
		if (frame_check_feed(ctx, &f, e) < 0)
			watch_broken("the check does not take it", e->msg);
		at += used;
	}
	out->len = 0;
	return 0;
}

static void watch_verdict(struct watch *w, int r, const struct err *e)
{
	watch_end_of_all(w);
	if (r < 0)
		watch_broken("the parser failed", e->msg);
	if (!w->ended)
		watch_broken("no ITEM_END", "");
	if (w->refused_class == ERR_BUG)
		watch_broken("refused as a bug", w->reason);
}

/* An item as parse_item wants it; *w holds what came of it. */
__attribute__((unused)) static void watch_item(struct watch *w, const void *data, size_t size,
					       int fd)
{
	struct parse_sink sink = {.flush = watch_frames};
	struct err e = {0};

	watch_begin(w);
	sink.ctx = w->check;
	frame_check_expect(w->check, WATCH_ITEM);
	int r = parse_item(watch_parser(), WATCH_ITEM, data, size, fd, &sink, &e);

	buf_free(&sink.out);
	watch_verdict(w, r, &e);
}

/*
 * In memory, as parts of mails come, and by descriptor, as files come and are read in pieces: both
 * must come to the same.
 */
__attribute__((unused)) static void watch_both(const void *data, size_t size)
{
	struct watch a, b;
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		watch_broken("memfd_create", "");
	watch_item(&a, data, size, -1);
	watch_item(&b, NULL, size, fd);
	close(fd);
	if (a.reports != b.reports || a.logs != b.logs || a.refused != b.refused ||
	    a.not_reports != b.not_reports || a.records != b.records || a.messages != b.messages)
		watch_broken("by descriptor it reads otherwise than in memory", b.reason);
}

/* A document of XML. */
__attribute__((unused)) static void watch_xml(struct watch *w, const void *data, size_t size)
{
	struct parse_sink sink = {.flush = watch_frames};
	struct err e = {0};

	watch_begin(w);
	sink.ctx = w->check;
	frame_check_expect(w->check, WATCH_ITEM);
	int r = parse_xml(watch_parser(), WATCH_ITEM, 0, data, size, &sink, &e);

	buf_free(&sink.out);
	watch_verdict(w, r, &e);
}

#endif
