/*
 * fuzz_login - any bytes as what a server says before and during a login. The first byte says what
 * the account wants, the first line what the server can, the others are its answers. Each answer of
 * ours goes once at most; what people read of it is UTF-8, and never has the secret in it.
 */
#include "ingest/imap_auth.h"
#include "ingest/imap_dial.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static _Noreturn void broken(const char *what)
{
	fprintf(stderr, "broken: %s\n", what);
	abort();
}

#define SECRET "s3cr#t-of-ours"
#define SECRET64 "czNjciN0LW9mLW91cn" /* of its base64, where it begins a block */

static void check_error(const struct err *e)
{
	if (e->class != ERR_TEMP && e->class != ERR_CONFIG)
		broken("an error of no class");
	if (!text_utf8_ok(e->msg, strlen(e->msg)))
		broken("an error that is not UTF-8");
	if (strstr(e->msg, SECRET) || strstr(e->msg, SECRET64))
		broken("an error with the secret in it");
}

static void check_answer(const struct imap_auth *x, struct text answer, int sent_before)
{
	bool ours = sent_before < x->n && answer.p == x->answer[sent_before].p;

	if (answer.len < 2 || memcmp(answer.p + answer.len - 2, "\r\n", 2) != 0)
		broken("half a line is sent");
	if (ours ? x->sent != sent_before + 1 : answer.len > 6)
		broken("an answer that goes twice");
}

static void converse(struct imap_auth *x, const char *p, const char *end)
{
	enum imap_auth_state state = AUTH_HEAR;
	struct err e = {0};

	x->sent = 1;
	while (p < end && (state == AUTH_HEAR || state == AUTH_SEND)) {
		const char *next = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((next ? next : end) - p);
		int before = x->sent;
		struct text answer;

		/* Of its own, so that a sanitizer sees who reads behind it. */
		char *line = xmalloc(n ? n : 1);

		memcpy(line, p, n);
		if (imap_auth_line(x, line, n, &answer, &state, &e) < 0) {
			check_error(&e);
			free(line);
			return;
		}
		if (state == AUTH_SEND)
			check_answer(x, answer, before);
		if (state == AUTH_REFUSED)
			check_error(&e);
		free(line);
		p += n + 1;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data + 1, *end = (const char *)data + size, *eol;
	bool bearer = size && data[0] & 1;
	struct account a;
	struct err e = {0};
	struct imap_auth x;
	enum imap_mech m;
	char *can;

	/* libFuzzer learns from comparisons: a server that knows the secret proves nothing. */
	if (size < 2 || memmem(data, size, SECRET, sizeof(SECRET) - 1) ||
	    memmem(data, size, SECRET64, sizeof(SECRET64) - 1))
		return 0;
	account_init(&a, "fuzz", 0);
	a.host = xstrdup(data[0] & 2 ? "outlook.office365.com" : "imap.example.com");
	a.user = xstrdup("al,i=ce");
	a.login = (enum account_login)((data[0] >> 2) % 5);
	eol = memchr(p, '\n', (size_t)(end - p));
	can = xstrndup(p, (size_t)((eol ? eol : end) - p));
	m = imap_auth_pick(&a, bearer, can, &e);
	if (m == MECH_NONE) {
		check_error(&e);
	} else {
		imap_auth_init(&x, &a, m, imap_hello_can(can, "SASL-IR"), SECRET);
		converse(&x, eol ? eol + 1 : end, end);
		imap_auth_free(&x);
	}
	free(can);
	account_free(&a);
	return 0;
}
