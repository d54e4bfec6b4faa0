/*
 * Alignment recomputed: each check says a policy, a record and its results, and wants the letters
 * of DKIM and SPF and the numbers of the results that decided, as "p1 l2".
 */
#include "parse/align.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/orgdomain.h"
#include "tests/unit/tap.h"

#include <stdlib.h>

/* domain: NULL is example.com. results: kind, result, domain: "d p example.com s f a.example". */
struct given {
	const char *domain, *adkim, *aspf, *header_from, *envelope_from, *results;
};

static struct align *align;
static struct auth_result results[LIMIT_RESULTS];

static uint32_t read_results(const char *s)
{
	uint32_t n = 0;

	while (s && *s) {
		const char *domain = s + 4;
		size_t len = strcspn(domain, " ");

		results[n++] = (struct auth_result){
			.kind = (enum auth_kind)s[0], .result = (enum result)s[2],
			.domain = len ? (struct text){domain, (uint32_t)len} : TEXT_ABSENT};
		s = domain + len + (domain[len] == ' ');
	}
	return n;
}

static const char *letters(const struct record *r)
{
	static char got[32];

	snprintf(got, sizeof(got), "%c%d %c%d", r->dkim_aligned, r->dkim_key, r->spf_aligned,
		 r->spf_key);
	return got;
}

static void begin_report(const struct given *g)
{
	const char *domain = g->domain ? g->domain : "example.com";

	align_report(align, &(struct report_head){.domain = text_of(domain),
						  .adkim = text_of(g->adkim),
						  .aspf = text_of(g->aspf)});
}

static struct record record_of(const struct given *g)
{
	return (struct record){.header_from = text_of(g->header_from),
			       .envelope_from = text_of(g->envelope_from)};
}

static const char *alignment(const struct given *g)
{
	struct record r = record_of(g);

	begin_report(g);
	align_record(align, 0, results, read_results(g->results), &r);
	return letters(&r);
}

#define ALIGNED(wanted, name, ...) \
	is_str(alignment(&(struct given){__VA_ARGS__}), wanted, name)
#define FROM .header_from = "example.com"

static void test_relaxed(void)
{
	ALIGNED("p1 p2", "the same domain", FROM, .results = "d p example.com s p example.com");
	ALIGNED("p1 p2", "results of subdomains", FROM,
		.results = "d p mail.example.com s p bounce.mail.example.com");
	ALIGNED("p1 p2", "header_from a subdomain", .header_from = "news.example.com",
		.results = "d p example.com s p example.com");
	ALIGNED("p1 p2", "both, beside each other", .header_from = "news.example.com",
		.results = "d p mail.example.com s p bounce.example.com");
	ALIGNED("f0 f2", "other organizations", FROM,
		.results = "d p example.net s p notexample.com");
	ALIGNED("p1 p2", "case, blanks, dots at the end", .header_from = "Example.COM.",
		.results = "d p EXAMPLE.com s p mail.example.com..");
	ALIGNED("p1 p2", "r, and what is no s, is relaxed", FROM, .adkim = "r", .aspf = "x",
		.results = "d p a.example.com s p a.example.com");
	ALIGNED("p1 f0", "addresses are themselves", .header_from = "192.0.2.1",
		.results = "d p 192.0.2.1 s f 2.0.2.1");
	ALIGNED("f0 f2", "and have no organizational domain", .header_from = "192.0.2.1",
		.results = "d p 9.192.0.2.1 s p 2.1");
}

static void test_strict(void)
{
	ALIGNED("p1 p2", "strict: the same", FROM, .adkim = "s", .aspf = "s",
		.results = "d p example.com s p Example.com.");
	ALIGNED("l0 l2", "strict: a subdomain is linked only", FROM, .adkim = "s", .aspf = "S",
		.results = "d p mail.example.com s p mail.example.com");
	ALIGNED("l0 l2", "and so is the domain above", .header_from = "news.example.com",
		.adkim = "s", .aspf = "s", .results = "d p example.com s p example.com");
	ALIGNED("l0 p2", "each has its own", FROM, .adkim = "s",
		.results = "d p mail.example.com s p mail.example.com");
	ALIGNED("p1 l2", "the other way round", FROM, .aspf = "s",
		.results = "d p mail.example.com s p mail.example.com");
}

static void test_none(void)
{
	ALIGNED("-0 -0", "no results", FROM, .results = "");
	ALIGNED("-0 p1", "SPF only", FROM, .results = "s p example.com");
	ALIGNED("p1 -0", "DKIM only", FROM, .results = "d p example.com");
	ALIGNED("-0 -0", "elements without a domain and a result are none", FROM,
		.results = "d -  s - ");
	ALIGNED("f0 f0", "a domain alone, or a result alone, is one", FROM,
		.results = "d - example.com s n ");
	ALIGNED("f0 f2", "a pass without a domain is of nobody", FROM, .results = "d p  s p ");
	ALIGNED("p1 p2", "no header_from: the policy's domain",
		.results = "d p mail.example.com s p example.com");
	ALIGNED("p1 p2", "an empty one, too", .header_from = "",
		.results = "d p mail.example.com s p example.com");
	ALIGNED("p1 p2", "and one of dots", .header_from = "..",
		.results = "d p mail.example.com s p example.com");
}

static void test_linked(void)
{
	ALIGNED("l0 f0", "a DKIM signature of ours that fails, SPF of ours that fails", FROM,
		.results = "d f mail.example.com s f example.com");
	ALIGNED("l0 -0", "one that could not be checked", FROM, .results = "d t example.com");
	ALIGNED("f0 -0", "none is no signature", FROM, .results = "d n example.com");
	ALIGNED("f0 f0", "SPF is linked by a pass only", FROM,
		.results = "s s example.com d f example.net");
	/* the policy is of example.com, the From of somebody below another organization */
	ALIGNED("l0 l2", "linked to the policy's organization, not to header_from's",
		.header_from = "news.example.net", .results = "d p example.com s p example.com");
	ALIGNED("p1 p2", "aligned with header_from", .header_from = "news.example.net",
		.results = "d p example.net s p example.net");
	ALIGNED("l0 -0", "fail before linked before fail", FROM,
		.results = "d p example.net d f example.com d f example.net");
}

static void test_suffix(void)
{
	ALIGNED("f0 f2", "neighbours below a public suffix", .domain = "example.co.uk",
		.header_from = "example.co.uk", .results = "d p other.co.uk s p co.uk");
	ALIGNED("p1 p2", "below one of our own", .domain = "example.co.uk",
		.header_from = "example.co.uk",
		.results = "d p a.example.co.uk s p b.example.co.uk");
	ALIGNED("f0 f2", "a private suffix parts its users", .domain = "example.github.io",
		.header_from = "example.github.io",
		.results = "d p github.io s p other.github.io");
	ALIGNED("p1 f2", "a policy of a public suffix", .domain = "co.uk",
		.header_from = "example.co.uk",
		.results = "d p mail.example.co.uk s p other.co.uk");
	ALIGNED("f0 l2", "of that, only itself is linked", .domain = "co.uk",
		.header_from = "example.co.uk", .results = "d p other.co.uk s p co.uk");
	ALIGNED("p1 f2", "a suffix within an organization is another one",
		.domain = "amazonaws.com", .header_from = "amazonaws.com",
		.results = "d p mail.amazonaws.com s p example.s3.amazonaws.com");
	ALIGNED("p1 f2", "letters of other scripts: as they are written",
		.domain = "b\xc3\xbc" "cher.example", .header_from = "b\xc3\xbc" "cher.example",
		.results = "d p mail.b\xc3\xbc" "cher.example s p xn--bcher-kva.example");
}

static void test_helo(void)
{
	ALIGNED("-0 p1", "helo, no envelope_from", FROM, .results = "h p mail.example.com");
	ALIGNED("-0 p1", "an empty one", FROM, .envelope_from = "",
		.results = "h p mail.example.com");
	ALIGNED("-0 p1", "the null reverse-path", FROM, .envelope_from = "<>",
		.results = "h p mail.example.com");
	ALIGNED("-0 -0", "with an envelope_from it is not looked at", FROM,
		.envelope_from = "example.net", .results = "h p mail.example.com");
	ALIGNED("-0 f2", "and what is beside it counts", FROM, .envelope_from = "example.net",
		.results = "h p mail.example.com m p example.net");
	ALIGNED("-0 p2", "mfrom, and scopes that nobody knows, count always", FROM,
		.envelope_from = "example.net",
		.results = "m p example.net o p mail.example.com");
}

static void test_keys(void)
{
	ALIGNED("p3 p5", "the first aligned pass", FROM,
		.results = "d p example.net d f example.com d p a.example.com s p example.net "
			   "s p example.com d p example.com s p a.example.com");
	ALIGNED("l0 f3", "none is aligned: the first SPF pass", FROM,
		.results = "d f example.com s f example.com s p b.example s p c.example");
	ALIGNED("f0 l1", "linked does not move it", FROM, .aspf = "s",
		.results = "s p example.net s p a.example.com d p b.example");
}

/* A domain of n bytes that ends with ".example.com". */
static char *long_domain(char *to, uint32_t n)
{
	memset(to, 'a', n);
	for (uint32_t i = 50; i < n; i += 50)
		to[i] = '.';
	memcpy(to + n - 12, ".example.com", 13);
	return to;
}

static void test_lengths(void)
{
	char p[5000], q[5000];
	AUTO_FREE char *same = NULL, *both = NULL;

	for (uint32_t n = 50; n <= 70; n++) {
		AUTO_FREE char *below = xasprintf("d p mail.%s", long_domain(p, n));

		ALIGNED("p1 -0", "names about as long as those that are remembered",
			.header_from = p, .results = below);
	}
	same = xasprintf("d p %s s p mail.%s", long_domain(p, 4000), p);
	ALIGNED("p1 f2", "longer than any name: only the same is aligned", .header_from = p,
		.results = same);
	both = xasprintf("d p %s s p %s", long_domain(p, 253), long_domain(q, 254));
	ALIGNED("p1 f2", "the longest name, and one byte more", FROM, .results = both);
	ALIGNED("f0 -0", "a policy's domain that is longer", .domain = long_domain(p, 300),
		.header_from = "example.com", .results = "d p a.example");
	memset(p, '.', 400);
	p[400] = '\0';
	ALIGNED("-0 p1", "a name of dots is none", .header_from = p, .results = "s p example.com");
}

static const char *again(const struct given *g, uint16_t slot)
{
	struct record r = record_of(g);

	return align_again(align, slot, &r) ? letters(&r) : "no";
}

#define AGAIN(wanted, slot, name, ...) \
	is_str(again(&(struct given){__VA_ARGS__}, slot), wanted, name)

static void test_again(void)
{
	const struct given g = {.domain = "example.com", FROM, .results = "d p example.com"};
	struct record r = record_of(&g);

	begin_report(&g);
	AGAIN("no", 9, "a slot that did not come", FROM);
	align_record(align, 9, results, read_results(g.results), &r);
	AGAIN("p1 -0", 9, "came before", FROM);
	AGAIN("p1 -0", 9, "no header_from: the policy's domain",);
	AGAIN("no", 9, "another header_from", .header_from = "example.net");
	AGAIN("no", 9, "an envelope_from: helo would not count", FROM,
	      .envelope_from = "example.com");
	AGAIN("no", 8, "another slot", FROM);
	begin_report(&g);
	AGAIN("no", 9, "another report", FROM);
}

/* More names than there is room for: forgotten ones are looked up again, none is mixed up. */
static void test_many(void)
{
	uint32_t wrong = 0;

	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 20000; i++) {
			AUTO_FREE char *from = xasprintf("d%d.example", i);
			AUTO_FREE char *of = xasprintf("d p mail.%s s p d%d.example", from,
						       i + 1);
			const struct given g = {.domain = "example.com", .header_from = from,
						.results = of};

			wrong += strcmp(alignment(&g), "p1 f2") != 0;
		}
	is_int(wrong, 0, "40000 records of 20000 domains");
}

static bool more(const char *of)
{
	const struct given g = {.header_from = "example.com", .results = of};
	struct record r = record_of(&g);

	begin_report(&g);
	align_record(align, 1, results, read_results(of), &r);
	bool first = r.dkim_more;

	r.dkim_more = !first;
	ok(align_again(align, 1, &r) && r.dkim_more == first, "the slot again");
	return first;
}

/* Signatures of ours beside the first aligned one that passes. */
static void test_more(void)
{
	ok(!more("d p example.com s p mail.example.com"), "one that passes: no further one");
	ok(!more("d p esp.example d p example.com d p esp.example"), "others' are none of ours");
	ok(more("d p example.com d f news.example.com"), "a second one that fails");
	ok(more("d f example.com d p example.com"), "a first one that fails");
	ok(more("d p example.com d p example.com"), "a second one that passes");
	ok(more("d f example.com"), "the only one, which fails");
	ok(!more("d n example.com"), "none is no signature");
}

int main(void)
{
	orgdomain_load();
	align = align_new();
	test_relaxed();
	test_strict();
	test_none();
	test_linked();
	test_suffix();
	test_helo();
	test_keys();
	test_lengths();
	test_again();
	test_more();
	test_many();
	align_free(align);
	align_free(NULL);
	return tap_done();
}
