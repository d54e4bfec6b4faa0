/*
 * imap_tell - what the parser of IMAP says, as text, so that two ways of feeding it can be compared:
 * "<abc>" a body, then the response in one line: kind, number, name, code, words or tokens.
 */
#ifndef TESTS_IMAP_TELL_H
#define TESTS_IMAP_TELL_H

#include "base/buf.h"
#include "ingest/imap_parse.h"

#include <stdlib.h>

struct told {
	struct buf text;
	uint64_t left; /* of the body that is read */
	bool in_body;
	unsigned responses;
	bool fail; /* the callback is to fail */
};

static void tell_text(struct buf *b, struct text t)
{
	buf_add(b, t.p, t.len);
}

static void tell_token(struct buf *b, const struct imap_token *t)
{
	static const char *const before[] = {" ", " '", " NIL", " (", " )", " BODY"};

	buf_adds(b, before[t->type]);
	if (t->type == IMAP_ATOM || t->type == IMAP_STRING)
		tell_text(b, t->text);
	if (t->type == IMAP_STRING)
		buf_addc(b, '\'');
}

static int tell_response(void *ctx, const struct imap_response *r, struct err *e)
{
	struct told *t = ctx;
	struct buf *b = &t->text;

	if (t->in_body)
		abort();
	t->responses++;
	buf_addc(b, "*T+"[r->kind]);
	if (r->kind == IMAP_TAGGED)
		tell_text(b, r->tag);
	if (r->has_number)
		buf_printf(b, " #%u", r->number);
	buf_addc(b, ' ');
	tell_text(b, r->name);
	if (text_present(r->code)) {
		buf_adds(b, " [");
		tell_text(b, r->code);
		if (text_present(r->code_args)) {
			buf_addc(b, '|');
			tell_text(b, r->code_args);
		}
		buf_addc(b, ']');
	}
	if (text_present(r->words)) {
		buf_adds(b, " :");
		tell_text(b, r->words);
	}
	for (size_t i = 0; i < r->n_tokens; i++)
		tell_token(b, r->tokens + i);
	buf_addc(b, '\n');
	return t->fail ? err_set(e, ERR_BUG, "as asked") : 0;
}

static int tell_body_begin(void *ctx, uint64_t size, struct err *e)
{
	struct told *t = ctx;

	(void)e;
	if (t->in_body)
		abort();
	t->in_body = true;
	t->left = size;
	buf_printf(&t->text, "%llu<", (unsigned long long)size);
	return 0;
}

static int tell_body_data(void *ctx, const char *p, size_t n, struct err *e)
{
	struct told *t = ctx;

	(void)e;
	if (!t->in_body || !n || n > t->left)
		abort();
	t->left -= n;
	buf_add(&t->text, p, n);
	return 0;
}

static int tell_body_end(void *ctx, struct err *e)
{
	struct told *t = ctx;

	(void)e;
	if (!t->in_body || t->left)
		abort();
	t->in_body = false;
	buf_adds(&t->text, ">\n");
	return 0;
}

#endif
