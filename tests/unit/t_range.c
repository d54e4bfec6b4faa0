/* Address ranges and domain names as people write them. */
#include "base/domain.h"
#include "base/range.h"
#include "tests/unit/tap.h"

#include <arpa/inet.h>
#include <stdlib.h>

/* Do the blocks cover first..last, each address once, with no two that could be one? */
static bool covers(const struct range *r, uint32_t first, uint32_t last)
{
	uint64_t at = first;
	int before = -1;

	for (size_t i = 0; i < r->n; i++) {
		char address[RANGE_TEXT];
		struct in_addr a;
		int length;

		if (sscanf(r->blocks[i], "%55[^/]/%d", address, &length) != 2 ||
		    inet_pton(AF_INET, address, &a) != 1 || ntohl(a.s_addr) != at)
			return false;
		uint64_t size = 1ull << (32 - length);

		if (at % size || (length == before && at % (2 * size)))
			return false;
		before = length;
		at += size;
	}
	return at == (uint64_t)last + 1;
}

static void test_split(void)
{
	unsigned seed = 7;
	int bad = 0;

	for (int i = 0; i < 20000; i++) {
		uint32_t base = i % 2 ? 0xc0000200u : 0xffffff00u;
		uint32_t a = base + (uint32_t)rand_r(&seed) % 256, b = base + (uint32_t)rand_r(&seed) % 256;
		struct in_addr first = {htonl(a < b ? a : b)}, last = {htonl(a < b ? b : a)};
		char text[64], end[INET_ADDRSTRLEN];
		struct range r;
		struct err e;

		inet_ntop(AF_INET, &last, end, sizeof(end));
		inet_ntop(AF_INET, &first, text, INET_ADDRSTRLEN);
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "-%s", end);
		if (range_parse(&r, text, &e) < 0 || !covers(&r, a < b ? a : b, a < b ? b : a)) {
			tap_note("%s", text);
			bad++;
		}
		range_free(&r);
	}
	is_int(bad, 0, "rows of addresses are split into the fewest networks");
}

/* The blocks, blanks between; or the error. */
static const char *blocks(const char *text)
{
	static char said[4096];
	struct range r;
	struct err e;

	said[0] = '\0';
	if (range_parse(&r, text, &e) < 0)
		snprintf(said, sizeof(said), "%s", e.msg);
	else
		for (size_t i = 0; i < r.n; i++)
			snprintf(said + strlen(said), sizeof(said) - strlen(said), "%s%s",
				 i ? " " : "", r.blocks[i]);
	range_free(&r);
	return said;
}

static void test_v6(void)
{
	is_str(blocks("2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"), "2001:db8::/32",
	       "a whole IPv6 network");
	is_str(blocks("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
	       "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127", "up to the last address there is");
	is_int((int64_t)strlen(blocks("2001:db8::1-2001:db9::fffe")) > 1000, 1, "many blocks");
	is_str(blocks("::ffff:0:0/90"), "'::ffff:0:0/90' is no network: the length behind the / is "
	       "wrong", "wider than what is IPv4 in it");
}

static const char *domain(const char *name)
{
	static char said[600];
	struct buf b = {0};
	struct err e;

	if (domain_parse(&b, text_of(name), &e) < 0)
		snprintf(said, sizeof(said), "%s", e.msg);
	else
		snprintf(said, sizeof(said), "%s", buf_cstr(&b));
	buf_free(&b);
	return said;
}

static void test_domains(void)
{
	char label[] = "a234567890123456789012345678901234567890123456789012345678901234.example";
	char name[300] = "", wanted[400];

	is_str(domain(" _SPF.Example.COM. "), "_spf.example.com", "as names are compared");
	is_str(domain("xn--mller-kva.example"), "xn--mller-kva.example", "an A-label");
	is_str(domain("a-.example"), "'a-.example' is not a domain name", "- at an end");
	is_str(domain("..."), "'...' is not a domain name", "dots alone");
	snprintf(wanted, sizeof(wanted), "'%s' is not a domain name", label);
	is_str(domain(label), wanted, "a label of 64 bytes");
	is_str(domain(label + 1), label + 1, "one of 63");
	for (int i = 0; i < 127; i++)
		memcpy(name + 2 * i, "a.", 3);
	name[253] = '\0';
	is_str(domain(name), name, "253 bytes");
	memcpy(name + 253, "b", 2);
	is_int(strstr(domain(name), "is longer than a domain name may be") != NULL, 1, "254 bytes");
}

int main(void)
{
	test_split();
	test_v6();
	test_domains();
	return tap_done();
}
