/*
 * fuzz_imap - any bytes as what an IMAP server says. The first byte says how the rest is cut: what is
 * told must not depend on that. Texts of tokens are read to their last byte; a body is as long as it
 * was said to be, whole before its response comes, and there is a token for each; parentheses are
 * even. Whatever is named as a set of messages is read as one, and written and read again.
 */
#include "tests/unit/imap_tell.h"
#include "ingest/uidset.h"

#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static _Noreturn void broken(const char *what)
{
	fprintf(stderr, "broken: %s\n", what);
	abort();
}

struct seen {
	struct told told; /* first: the ctx of both */
	unsigned bodies;  /* since the last response */
};

static void same_again(const struct uidset *s)
{
	struct uidset again = {0};
	struct buf b = {0};
	struct err e;

	if (uidset_text(s, 0, SIZE_MAX, &b) != s->n)
		broken("a set that is not written whole");
	if (uidset_parse((struct text){b.p, (uint32_t)b.len}, UINT32_MAX, &again, &e) < 0)
		broken(e.msg);
	if (again.n != s->n || memcmp(again.v, s->v, s->n * sizeof(*s->v)) != 0)
		broken("a set that is another when it is read again");
	buf_free(&b);
	uidset_free(&again);
}

static void as_set(struct text t)
{
	struct uidset s = {0};
	struct err e;

	if (uidset_parse(t, UINT32_MAX, &s, &e) == 0) {
		for (size_t i = 0; i < s.n; i++)
			if (!s.v[i].first || s.v[i].first > s.v[i].last ||
			    (i && s.v[i].first - 1 <= s.v[i - 1].last))
				broken("a set that is out of order");
		same_again(&s);
	}
	uidset_free(&s);
}

static void check_tokens(const struct imap_response *r, unsigned bodies)
{
	unsigned depth = 0, n_bodies = 0;

	for (size_t i = 0; i < r->n_tokens; i++) {
		const struct imap_token *t = r->tokens + i;

		if (t->type == IMAP_CLOSE && depth-- == 0)
			broken("a parenthesis that closes none");
		depth += t->type == IMAP_OPEN;
		n_bodies += t->type == IMAP_BODY;
		if (t->type == IMAP_ATOM && !t->text.len)
			broken("an atom of nothing");
		if (t->type == IMAP_ATOM && i < 64)
			as_set(t->text);
	}
	if (depth)
		broken("a parenthesis that is not closed");
	if (n_bodies != bodies)
		broken("bodies that no token stands for, or the other way round");
}

static int on_response(void *ctx, const struct imap_response *r, struct err *e)
{
	struct seen *s = ctx;

	check_tokens(r, s->bodies);
	s->bodies = 0;
	if (text_present(r->code_args))
		as_set(r->code_args);
	return tell_response(&s->told, r, e);
}

static int on_body_end(void *ctx, struct err *e)
{
	((struct seen *)ctx)->bodies++;
	return tell_body_end(ctx, e);
}

/* The next piece: all, one, or of a length that changes. */
static size_t piece(uint8_t how, size_t at, size_t left)
{
	size_t n = how == 0 ? left : how == 1 ? 1 : 1 + (at * 31 + how) % how;

	return n < left ? n : left;
}

static int read_in_pieces(struct seen *s, uint8_t how, const uint8_t *data, size_t size,
			  bool *ret_rest)
{
	const struct imap_events events = {s, on_response, tell_body_begin, tell_body_data,
					   on_body_end};
	struct imap_parser *p = imap_parser_new(&events);
	struct err e = {0};
	int r = 0;

	for (size_t at = 0, n; r == 0 && at < size; at += n) {
		n = piece(how, at, size - at);
		char *copy = xmalloc(n);

		memcpy(copy, data + at, n);
		r = imap_parser_feed(p, copy, n, &e);
		free(copy);
	}
	if (r < 0 && (e.class != ERR_TEMP || !*e.msg))
		broken("a refusal of another class, or without a word");
	*ret_rest = imap_parser_at_rest(p);
	if (r == 0 && *ret_rest && s->told.in_body)
		broken("at rest within a body");
	imap_parser_free(p);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen whole = {0}, cut = {0};
	bool rest_whole, rest_cut;

	if (size < 2)
		return 0;
	int a = read_in_pieces(&whole, 0, data + 1, size - 1, &rest_whole);
	int b = read_in_pieces(&cut, data[0] ? data[0] : 1, data + 1, size - 1, &rest_cut);

	if (a != b || rest_whole != rest_cut ||
	    strcmp(buf_cstr(&whole.told.text), buf_cstr(&cut.told.text)) != 0)
		broken("what is told depends on how it was cut");
	buf_free(&whole.told.text);
	buf_free(&cut.told.text);
	return 0;
}
