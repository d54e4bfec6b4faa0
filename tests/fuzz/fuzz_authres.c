/*
 * fuzz_authres - any bytes as the header of a mail, and as what its sender can have our own server
 * write. The first byte says who is believed. Whatever is found keeps the rules of HEAD frames; and
 * nobody becomes Google who is not: by what stands below our server's field, nor within a quoted
 * string or a comment of it.
 */
#include "parse/authres.h"
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define OURS "Authentication-Results: mx.example.net; "

static const struct trust trusts[] = {
	{{"mx.example.net", 14}, AUTHSERV_RFC8601, 1},
	{{"mx.example.org *.example.net", 28}, AUTHSERV_RFC8601, 3},
	{{NULL, 0}, AUTHSERV_MICROSOFT, 1},
};

static _Noreturn void broken(const char *what)
{
	fprintf(stderr, "broken: %s\n", what);
	abort();
}

static void keeps_rules(const struct report_head *h)
{
	bool passed = h->auth_method != METHOD_NONE;
	bool related = passed && h->auth_relation != RELATION_NONE;

	if ((h->auth_relation != RELATION_ABSENT) != passed || (h->auth_domain.len > 0) != passed)
		broken("half of what passed");
	if ((h->auth == AUTH_VERIFIED) != related)
		broken("verified without a relation");
	if (h->auth == AUTH_LOCAL || (h->auth == AUTH_FAILED && passed))
		broken("a mail that is none, or failed and passed");
	if (passed && !text_utf8_ok(h->auth_domain.p, h->auth_domain.len))
		broken("a domain that is no text");
}

static enum reporter_auth judge(const struct trust *t, const char *p, size_t n)
{
	static struct authres a;
	struct report_head h = {.org_name = text_of("google.com"),
				.email = text_of("a@mail.google.com")};

	authres_read(p, n, t, &a);
	authres_judge(&a, &h);
	keeps_rules(&h);
	return h.auth;
}

/* The sender's bytes in our server's field: between these quotes, or parentheses. */
static void within(struct buf *b, const char *before, const uint8_t *data, size_t size,
		   const char *escaped, const char *behind)
{
	b->len = 0;
	buf_adds(b, before);
	for (size_t i = 0; i < size; i++) {
		if (data[i] && strchr(escaped, data[i]))
			buf_addc(b, '\\');
		if (data[i] >= ' ') /* a line end would be one more field */
			buf_addc(b, (char)data[i]);
	}
	buf_adds(b, behind);
	if (judge(&trusts[0], b->p, b->len) == AUTH_VERIFIED)
		broken(before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf b = {0};

	if (!size)
		return 0;
	uint8_t first = *data++;

	size--;
	(void)judge(&trusts[first % 3], (const char *)data, size);
	buf_adds(&b, OURS "dmarc=fail header.from=google.com\nReceived: from evil.example\n");
	buf_add(&b, data, size);
	if (judge(&trusts[first % 2], b.p, b.len) != AUTH_FAILED)
		broken("what stands below ours counts");
	within(&b, OURS "spf=pass smtp.mailfrom=\"", data, size, "\"\\", "\"@evil.example\n\n");
	within(&b, OURS "spf=pass (domain of ", data, size, "\"\\()", "@evil.example) "
	       "smtp.mailfrom=evil.example\n\n");
	buf_free(&b);
	return 0;
}
