#include "ingest/imap_parse.h"

#include "base/buf.h"

#include <stdlib.h>

enum { DEPTH_MAX = 32, KEEP = 64 << 10 /* bytes that are not given back after a response */ };

enum state { LINE, LITERAL, BODY };

/*
 * What is said is held until its response is whole; each line of it is cut into tokens as soon as it
 * is there, because only its tokens say whether a literal follows and where that has to go.
 */
struct imap_parser {
	struct imap_events events;
	enum state state;
	uint64_t left;         /* LITERAL, BODY: bytes to come */
	struct buf held;
	size_t line;           /* where in held the line that is read begins */
	struct imap_response r;
	bool begun;            /* kind and name are known: the first line is through */
	bool fetch;
	bool failed;
	unsigned depth;
	struct imap_token *tokens;
	size_t n_tokens, cap_tokens;
};

struct imap_parser *imap_parser_new(const struct imap_events *events)
{
	struct imap_parser *p = xcalloc(1, sizeof(*p));

	p->events = *events;
	return p;
}

void imap_parser_free(struct imap_parser *p)
{
	if (!p)
		return;
	buf_free(&p->held);
	free(p->tokens);
	free(p);
}

bool imap_parser_at_rest(const struct imap_parser *p)
{
	return p->state == LINE && p->held.len == 0;
}

/* Says what was read and what is wrong with it. */
static int refuse(const struct imap_parser *p, const char *what, struct err *e)
{
	struct buf b = {0};
	size_t n = p->held.len - p->line;

	text_add_visible(&b, (struct text){p->held.p + p->line, (uint32_t)(n < 80 ? n : 80)});
	err_set(e, ERR_TEMP, "the server says what is no IMAP (%s): %s", what, buf_cstr(&b));
	buf_free(&b);
	return -1;
}

static int too_long(struct err *e)
{
	return err_set(e, ERR_TEMP, "the server says more than %d MB in one response",
		       IMAP_RESPONSE_MAX >> 20);
}

/* ---- what is held ---- */

/* The texts of tokens point into what is held, and go along when that moves. */
static void grow(struct imap_parser *p, size_t n)
{
	struct buf to = {0};

	buf_room(&to, p->held.cap > n ? 2 * p->held.cap : p->held.len + n);
	buf_add(&to, p->held.p, p->held.len);
	for (size_t i = 0; i < p->n_tokens; i++)
		if (p->tokens[i].text.p)
			p->tokens[i].text.p = to.p + (p->tokens[i].text.p - p->held.p);
	if (p->r.name.p)
		p->r.name.p = to.p + (p->r.name.p - p->held.p);
	buf_free(&p->held);
	p->held = to;
}

static int hold(struct imap_parser *p, const char *bytes, size_t n, struct err *e)
{
	if (n > IMAP_RESPONSE_MAX - p->held.len)
		return too_long(e);
	if (p->held.cap - p->held.len < n)
		grow(p, n);
	buf_add(&p->held, bytes, n);
	return 0;
}

static void forget(struct imap_parser *p)
{
	if (p->held.cap > KEEP)
		buf_free(&p->held);
	if (p->cap_tokens > KEEP / sizeof(*p->tokens)) {
		free(p->tokens);
		p->tokens = NULL;
		p->cap_tokens = 0;
	}
	p->held.len = p->line = p->n_tokens = 0;
	p->begun = p->fetch = false;
	p->depth = 0;
	p->r = (struct imap_response){0};
}

static int add(struct imap_parser *p, enum imap_token_type type, const char *at, size_t n,
	       struct err *e)
{
	if (p->n_tokens == IMAP_TOKENS_MAX)
		return refuse(p, "a response of too many words", e);
	if (p->n_tokens == p->cap_tokens) {
		p->cap_tokens = p->cap_tokens ? 2 * p->cap_tokens : 64;
		p->tokens = xrealloc(p->tokens, p->cap_tokens * sizeof(*p->tokens));
	}
	p->tokens[p->n_tokens++] = (struct imap_token){type, {at, (uint32_t)n}};
	return 0;
}

/* ---- bodies ---- */

static bool names_body(struct text t)
{
	return t.len >= 5 && text_is((struct text){t.p, 5}, "body[");
}

/* What comes next is the value of BODY[..] of a FETCH. */
static bool body_is_next(const struct imap_parser *p)
{
	if (!p->fetch || !p->depth || !p->n_tokens)
		return false;
	const struct imap_token *last = p->tokens + p->n_tokens - 1;

	return last->type == IMAP_ATOM && names_body(last->text);
}

static int end_body(struct imap_parser *p, struct err *e)
{
	p->state = LINE;
	if (p->events.body_end(p->events.ctx, e) < 0)
		return -1;
	return add(p, IMAP_BODY, NULL, 0, e);
}

static int body_of_string(struct imap_parser *p, const char *at, size_t n, struct err *e)
{
	if (p->events.body_begin(p->events.ctx, n, e) < 0 ||
	    (n && p->events.body_data(p->events.ctx, at, n, e) < 0))
		return -1;
	return end_body(p, e);
}

/* ---- the tokens of a line ---- */

/* at: behind the quote. Backslashes are taken out where the string stands. */
static int quoted(struct imap_parser *p, char *at, char *end, char **ret_behind, struct err *e)
{
	char *to = at, *from = at;

	for (; from < end && *from != '"'; from++) {
		if (*from == '\\' && ++from == end)
			break;
		*to++ = *from;
	}
	if (from >= end)
		return refuse(p, "a string without its end", e);
	*ret_behind = from + 1;
	if (body_is_next(p))
		return body_of_string(p, at, (size_t)(to - at), e);
	return add(p, IMAP_STRING, at, (size_t)(to - at), e);
}

/* "{12}" or "{12+}" or "~{12}" at the end of a line; nowhere else may a brace begin a word. */
static bool literal_size(const char *at, const char *end, uint64_t *ret)
{
	uint64_t n = 0;

	at += *at == '~';
	if (end - at < 3 || *at != '{' || end[-1] != '}')
		return false;
	end -= end[-2] == '+' ? 2 : 1;
	if (++at == end)
		return false;
	for (; at < end; at++) {
		if (*at < '0' || *at > '9' || n > (INT64_MAX - 9) / 10)
			return false;
		n = n * 10 + (uint64_t)(*at - '0');
	}
	*ret = n;
	return true;
}

/* 1, or -1. */
static int begin_literal(struct imap_parser *p, const char *at, const char *end, struct err *e)
{
	uint64_t size;

	if (!literal_size(at, end, &size))
		return refuse(p, "a brace that begins no literal", e);
	bool body = body_is_next(p);

	if (!body && size > IMAP_LITERAL_MAX)
		return refuse(p, "a literal that is too long", e);
	if (body && p->events.body_begin(p->events.ctx, size, e) < 0)
		return -1;
	p->state = body ? BODY : LITERAL;
	p->left = size;
	return 1;
}

/* Behind "BODY[": its own ']', which may stand behind names of fields in quotes. NULL: not there. */
static char *end_of_section(char *at, char *end)
{
	bool in_quotes = false;

	for (; at < end; at++) {
		if (in_quotes && *at == '\\')
			at++;
		else if (*at == '"')
			in_quotes = !in_quotes;
		else if (*at == ']' && !in_quotes)
			return at + 1;
	}
	return NULL;
}

static int atom(struct imap_parser *p, char *at, char *end, char **ret_behind, struct err *e)
{
	char *to = at;

	if (p->fetch && names_body((struct text){at, (uint32_t)(end - at)}) &&
	    !(to = end_of_section(at + 5, end)))
		return refuse(p, "BODY[ without its end", e);
	while (to < end && *to != ' ' && *to != '(' && *to != ')')
		to++;
	*ret_behind = to;
	bool nil = text_is((struct text){at, (uint32_t)(to - at)}, "nil");

	return add(p, nil ? IMAP_NIL : IMAP_ATOM, at, (size_t)(to - at), e);
}

static int paren(struct imap_parser *p, const char *at, struct err *e)
{
	if (*at == '(' && p->depth == DEPTH_MAX)
		return refuse(p, "parentheses that are too deep", e);
	if (*at == ')' && p->depth == 0)
		return refuse(p, "a parenthesis that none opened", e);
	p->depth += *at == '(' ? 1 : -1U;
	return add(p, *at == '(' ? IMAP_OPEN : IMAP_CLOSE, at, 1, e);
}

/* 1: a literal follows the line; 0: the response is whole. */
static int tokens_of(struct imap_parser *p, char *at, char *end, struct err *e)
{
	while (at < end) {
		int r = 0;

		if (*at == ' ')
			at++;
		else if (*at == '(' || *at == ')')
			r = paren(p, at++, e);
		else if (*at == '"')
			r = quoted(p, at + 1, end, &at, e);
		else if (*at == '{' || (*at == '~' && end - at > 1 && at[1] == '{'))
			return begin_literal(p, at, end, e);
		else
			r = atom(p, at, end, &at, e);
		if (r < 0)
			return -1;
	}
	return p->depth ? refuse(p, "a parenthesis that is not closed", e) : 0;
}

/* ---- the first line ---- */

/* The word at *at, which goes behind it and the space that follows. */
static struct text word(char **at, char *end)
{
	char *begin = *at, *to = begin;

	while (to < end && *to != ' ' && *to != '(')
		to++;
	*at = to < end && *to == ' ' ? to + 1 : to;
	return (struct text){begin, (uint32_t)(to - begin)};
}

static bool is_status(struct text name)
{
	return text_is(name, "ok") || text_is(name, "no") || text_is(name, "bad") ||
	       text_is(name, "bye") || text_is(name, "preauth");
}

/* "[UIDVALIDITY 12] words" */
static void status_of(struct imap_response *r, char *at, char *end)
{
	char *close = at < end && *at == '[' ? memchr(at, ']', (size_t)(end - at)) : NULL;

	if (close) {
		at++;
		char *args = memchr(at, ' ', (size_t)(close - at));

		r->code = (struct text){at, (uint32_t)((args ? args : close) - at)};
		if (args)
			r->code_args = (struct text){args + 1, (uint32_t)(close - args - 1)};
		at = close + 1;
		at += at < end && *at == ' ';
	}
	r->words = (struct text){at, (uint32_t)(end - at)};
}

/* 1: it is a number, of 32 bits; 0: none; -1: too large. */
static int number_of(struct text t, uint32_t *ret)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < t.len; i++) {
		if (t.p[i] < '0' || t.p[i] > '9')
			return 0;
		n = n * 10 + (uint64_t)(t.p[i] - '0');
		if (n > UINT32_MAX)
			return -1;
	}
	*ret = (uint32_t)n;
	return t.len > 0;
}

static int untagged(struct imap_parser *p, char **at, char *end, struct err *e)
{
	struct imap_response *r = &p->r;

	r->kind = IMAP_UNTAGGED;
	r->name = word(at, end);
	int is_number = number_of(r->name, &r->number);

	if (is_number < 0)
		return refuse(p, "a number that is too large", e);
	if (is_number) {
		r->has_number = true;
		r->name = word(at, end);
	}
	p->fetch = is_number && text_is(r->name, "fetch");
	return r->name.len ? 0 : refuse(p, "a response without a name", e);
}

/* Sets kind, tag, name and number; *at goes behind them. */
static int begin(struct imap_parser *p, char **at, char *end, struct err *e)
{
	struct imap_response *r = &p->r;
	struct text first = word(at, end);

	p->begun = true;
	if (text_is(first, "*"))
		return untagged(p, at, end, e);
	if (text_is(first, "+")) {
		r->kind = IMAP_CONTINUE;
		return 0;
	}
	r->kind = IMAP_TAGGED;
	r->tag = first;
	r->name = word(at, end);
	if (!first.len || !is_status(r->name))
		return refuse(p, "no response", e);
	return 0;
}

/* ---- lines ---- */

static int tell(struct imap_parser *p, struct err *e)
{
	p->r.tokens = p->tokens;
	p->r.n_tokens = p->n_tokens;
	if (p->events.response(p->events.ctx, &p->r, e) < 0)
		return -1;
	forget(p);
	return 0;
}

/* A line is whole. */
static int take_line(struct imap_parser *p, struct err *e)
{
	char *at = p->held.p + p->line, *end = p->held.p + p->held.len - 1;

	end -= end > at && end[-1] == '\r';
	if (memchr(at, '\0', (size_t)(end - at)) || memchr(at, '\r', (size_t)(end - at)))
		return refuse(p, "a NUL or CR in it", e);
	if (!p->begun) {
		if (begin(p, &at, end, e) < 0)
			return -1;
		if (p->r.kind != IMAP_UNTAGGED || (!p->r.has_number && is_status(p->r.name))) {
			status_of(&p->r, at, end);
			return tell(p, e);
		}
	}
	int r = tokens_of(p, at, end, e);

	p->line = p->held.len;
	return r == 0 ? tell(p, e) : r;
}

/* Each of these takes of the n bytes what it can, at least one, and says how many. */
static int feed_line(struct imap_parser *p, const char *bytes, size_t n, size_t *ret, struct err *e)
{
	const char *nl = memchr(bytes, '\n', n);

	*ret = nl ? (size_t)(nl - bytes) + 1 : n;
	if (hold(p, bytes, *ret, e) < 0)
		return -1;
	return nl ? take_line(p, e) : 0;
}

static int feed_literal(struct imap_parser *p, const char *bytes, size_t n, size_t *ret,
			struct err *e)
{
	*ret = p->left < n ? (size_t)p->left : n;
	p->left -= *ret;
	return hold(p, bytes, *ret, e);
}

static int feed_body(struct imap_parser *p, const char *bytes, size_t n, size_t *ret, struct err *e)
{
	*ret = p->left < n ? (size_t)p->left : n;
	p->left -= *ret;
	return p->events.body_data(p->events.ctx, bytes, *ret, e);
}

/* Nothing of it is to come: what follows is a line again. */
static int end_of_literal(struct imap_parser *p, struct err *e)
{
	if (p->state == BODY)
		return end_body(p, e);
	const char *at = p->held.p + p->line;
	size_t n = p->held.len - p->line;

	p->state = LINE;
	p->line = p->held.len;
	return add(p, IMAP_STRING, at, n, e);
}

static int feed_some(struct imap_parser *p, const char *bytes, size_t n, size_t *ret, struct err *e)
{
	int r = p->state == LINE      ? feed_line(p, bytes, n, ret, e)
		: p->state == LITERAL ? feed_literal(p, bytes, n, ret, e)
				      : feed_body(p, bytes, n, ret, e);

	if (r >= 0 && p->state != LINE && p->left == 0)
		return end_of_literal(p, e);
	return r;
}

int imap_parser_feed(struct imap_parser *p, const char *bytes, size_t n, struct err *e)
{
	if (p->failed)
		return err_set(e, ERR_TEMP, "the connection is of no use any more");
	for (size_t used; n; bytes += used, n -= used) {
		if (feed_some(p, bytes, n, &used, e) < 0) {
			p->failed = true;
			return -1;
		}
	}
	return 0;
}
