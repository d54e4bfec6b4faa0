/* Addresses that replies quote: whose go, and what stands for them. */
#include "store/log_mask.h"
#include "base/text.h"
#include "tests/unit/tap.h"

#include <stdlib.h>
#include <string.h>

static const char *mask(struct buf *b, const char *text, const char *recipient)
{
	b->len = 0;
	log_mask(b, text_of(text), text_of(recipient));
	return buf_cstr(b);
}

static const char *values(struct buf *b, const char *text, const char *recipient)
{
	b->len = 0;
	log_mask_values(b, text_of(text), text_of(recipient));
	return buf_cstr(b);
}

static void test_mask(struct buf *b)
{
	is_str(mask(b, "<Ann@Example.NET>: unknown", "ann@example.net"), "<[recipient]>: unknown",
	       "the recipient's, in any case");
	is_str(mask(b, "to ann@example.net.", "ann@example.net"), "to [recipient].",
	       "the sentence's dot stays");
	is_str(mask(b, "xann@example.net", "ann@example.net"), "[address]@example.net",
	       "a longer one is another's");
	is_str(mask(b, "ann@example.network", "ann@example.net"), "[address]@example.network",
	       "so is one of a longer domain");
	is_str(mask(b, "?r=ann%40example.net", "ann@example.net"), "?r=[recipient]", "in a URL");
	is_str(mask(b, "/x%40example.org", NULL), "/[address]%40example.org", "another's in a URL");
	is_str(mask(b, "\"Ann B\"@example.org", NULL), "[address]@example.org", "quoted");
	is_str(mask(b, "postmaster@example.org, Abuse@example.org", NULL),
	       "postmaster@example.org, Abuse@example.org", "roles stay");
	is_str(mask(b, "a@b@c", NULL), "[address]@[address]@c", "two signs");
	is_str(mask(b, "@ @@ \"@ %40", NULL), "@ @@ \"@ %40", "signs alone");
	is_str(mask(b, "4.2.0 no address", "ann@example.net"), "4.2.0 no address", "none");
	is_str(mask(b, "j\xc3\xb6rg@example.org", NULL), "[address]@example.org", "not ASCII");
}

static void test_values(struct buf *b)
{
	is_str(values(b, "ann\x1f" "12\x1f" "ann@example.net", "Ann@example.net"),
	       "[recipient]\x1f" "12\x1f" "[recipient]", "by name and by address");
	is_str(values(b, "\x1f\x1f", "ann@example.net"), "\x1f\x1f", "empty ones stay as many");
	is_str(values(b, "info", "info@example.net"), "info", "a role is a word, too");
	is_str(values(b, "root", "root"), "[recipient]", "a recipient without a domain");
	is_str(values(b, "a@b", NULL), "[address]@b", "no recipient");
}

/* What a stranger may write: nothing takes long, nothing is read beyond the end. */
static void test_long(struct buf *b)
{
	enum { N = 8192 };
	static const char *const units[] = {"%40", "a@", "\"@", "\"a\"@", "abuse%40", "a", "@"};

	for (size_t u = 0; u < sizeof(units) / sizeof(units[0]); u++) {
		char *p = malloc(N); /* without an end, for ASan */
		size_t n = strlen(units[u]);

		for (size_t i = 0; i < N; i++)
			p[i] = units[u][i % n];
		b->len = 0;
		log_mask(b, (struct text){p, N}, (struct text){p, n < 2 ? 1 : 2});
		ok(b->len && b->len < UINT16_MAX, units[u]);
		free(p);
	}
}

int main(void)
{
	struct buf b = {0};

	test_mask(&b);
	test_values(&b);
	test_long(&b);
	buf_free(&b);
	return tap_done();
}
