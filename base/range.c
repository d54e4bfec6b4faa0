#include "base/range.h"
#include "base/mem.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_BITS4 8  /* wider is a slip */
#define LEAST_BITS6 16
#define MAPPED_BITS 96 /* ::ffff:0:0/96 is IPv4 */
#define LONGEST 120    /* of a text */

struct address {
	int family, bits; /* 32 or 128 */
	uint8_t b[16];
};

static int refuse(struct err *e, const char *text, const char *why)
{
	return err_set(e, ERR_CONFIG, "'%.80s' %s", text, why);
}

/* *ret_cut: how many bits of prefix are not of the address any more, as it was mapped. */
static bool parse_address(const char *s, struct address *a, int *ret_cut)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	*a = (struct address){0};
	*ret_cut = 0;
	if (inet_pton(AF_INET, s, a->b) == 1) {
		a->family = AF_INET;
		a->bits = 32;
		return true;
	}
	if (inet_pton(AF_INET6, s, a->b) != 1)
		return false;
	a->family = AF_INET6;
	a->bits = 128;
	if (memcmp(a->b, mapped, sizeof(mapped)) == 0) {
		memmove(a->b, a->b + 12, 4);
		memset(a->b + 4, 0, 12);
		a->family = AF_INET;
		a->bits = 32;
		*ret_cut = MAPPED_BITS;
	}
	return true;
}

static bool bit(const struct address *a, int i)
{
	return a->b[i / 8] >> (7 - i % 8) & 1;
}

/* Sets all bits from `from` on to v. */
static void fill(struct address *a, int from, bool v)
{
	for (int i = from; i < a->bits; i++) {
		uint8_t mask = (uint8_t)(1u << (7 - i % 8));

		a->b[i / 8] = (uint8_t)(v ? a->b[i / 8] | mask : a->b[i / 8] & ~mask);
	}
}

/* The next one; false: there is none. */
static bool step(struct address *a)
{
	for (int i = a->bits / 8 - 1; i >= 0; i--)
		if (++a->b[i])
			return true;
	return false;
}

static void print(const struct address *a, int length, char to[RANGE_TEXT])
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(a->family, a->b, text, sizeof(text));
	snprintf(to, RANGE_TEXT, "%s/%d", text, length);
}

static int add(struct range *r, const char *text, const struct address *a, int length,
	       struct err *e)
{
	bool v4 = a->family == AF_INET;

	if (length < (v4 ? LEAST_BITS4 : LEAST_BITS6))
		return refuse(e, text, v4 ? "is wider than a /8, which nobody sends from: a slip?" :
			      "is wider than a /16, which nobody sends from: a slip?");
	r->blocks = xrealloc(r->blocks, (r->n + 1) * sizeof(*r->blocks));
	print(a, length, r->blocks[r->n++]);
	return 0;
}

/* The blocks from first to last, each as large as fits. */
static int split(struct range *r, const char *text, struct address first,
		 const struct address *last, struct err *e)
{
	for (;;) {
		int length = first.bits;

		while (length > 0) { /* one bit wider: begins there, and ends no later than last */
			struct address end = first;

			fill(&end, length - 1, true);
			if (bit(&first, length - 1) || memcmp(end.b, last->b, 16) > 0)
				break;
			length--;
		}
		if (add(r, text, &first, length, e) < 0)
			return -1;
		fill(&first, length, true);
		if (memcmp(first.b, last->b, 16) >= 0 || !step(&first))
			return 0;
	}
}

static int parse_pair(struct range *r, const char *text, const char *one, const char *other,
		      struct err *e)
{
	struct address first, last;
	int cut;

	if (!parse_address(one, &first, &cut) || !parse_address(other, &last, &cut))
		return refuse(e, text, "is no range: both ends are to be addresses");
	if (first.family != last.family)
		return refuse(e, text, "is no range: one end is IPv4, the other IPv6");
	if (memcmp(first.b, last.b, 16) > 0)
		return refuse(e, text, "is no range: the last address stands before the first");
	return split(r, text, first, &last, e);
}

static int parse_network(struct range *r, const char *text, const char *address,
			 const char *length, struct err *e)
{
	struct address a, network;
	int cut, n;
	char meant[RANGE_TEXT];

	if (!parse_address(address, &a, &cut))
		return refuse(e, text, "is no address: 192.0.2.0/24, 192.0.2.7, "
			      "192.0.2.10-192.0.2.19 and IPv6 like it are");
	n = length ? (int)strtol(length, NULL, 10) - cut : a.bits;
	if (length && (!*length || strspn(length, "0123456789") != strlen(length) ||
		       strlen(length) > 3 || n < 0 || n > a.bits))
		return refuse(e, text, "is no network: the length behind the / is wrong");
	network = a;
	fill(&network, n, false);
	if (memcmp(network.b, a.b, 16) != 0) {
		print(&network, n, meant);
		return err_set(e, ERR_CONFIG, "'%.80s' has bits set behind the /%d: is %s meant?",
			       text, n, meant);
	}
	return add(r, text, &a, n, e);
}

int range_parse(struct range *r, const char *text, struct err *e)
{
	struct text t = text_trim(text_of(text));
	char copy[LONGEST + 1], *mark;

	*r = (struct range){0};
	if (!t.len)
		return err_set(e, ERR_CONFIG, "an address is empty");
	if (t.len > LONGEST)
		return refuse(e, text, "is no address");
	memcpy(copy, t.p, t.len);
	copy[t.len] = '\0';
	if ((mark = strchr(copy, '-')) != NULL) {
		char *end = mark;

		while (end > copy && (end[-1] == ' ' || end[-1] == '\t'))
			end--;
		*end = '\0';
		return parse_pair(r, text, copy, mark + 1 + strspn(mark + 1, " \t"), e);
	}
	if ((mark = strchr(copy, '/')) != NULL)
		*mark++ = '\0';
	return parse_network(r, text, copy, mark, e);
}

void range_free(struct range *r)
{
	free(r->blocks);
	*r = (struct range){0};
}
