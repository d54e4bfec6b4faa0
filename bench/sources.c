#include "bench/sources.h"
#include "base/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CORE 200
#define NETWORKS 14 /* that the core addresses lie in */
#define KINDS 320   /* of mail that addresses outside of the core send */
#define POOL 3000
#define REPORTERS 25
#define MAX_DOMAINS 45
#define MIN_DOMAINS 8
#define PER_REPORT 50
#define CORE_PERMILLE 490 /* of the records */
#define COUNT_POWERS 7
#define ADDRESSES (CORE + POOL)
#define DAY 86400

/* What an address sends, and what becomes of it now and then. */
struct kind {
	struct stream usual, failing, excused;
};

struct address {
	char text[48];
	uint16_t kind;
	uint32_t reported; /* the last report it was in */
	uint64_t messages;
};

struct sender {
	struct pool pool;
	struct kind kinds[NETWORKS + KINDS];
	struct address addresses[ADDRESSES];
	uint32_t weight;
	uint64_t records;
};

struct sources {
	struct rng *rng;
	struct sender *senders;
	struct sender *now; /* whose report is written */
	uint32_t n, report;
	uint32_t zipf[CORE]; /* sums of the weights up to each */
};

/* How much of the records each reporter has. */
static const uint32_t reporter_weights[REPORTERS] = {
	60, 45, 35, 28, 24, 20, 18, 16, 14, 12, 11, 10, 9, 8, 8, 7, 7, 6, 6, 5, 5, 4, 4, 3, 3,
};

static void set_dkim(struct stream *s, const char *domain, const char *selector, const char *result)
{
	struct dkim *d = &s->dkim[s->n_dkim++];

	snprintf(d->domain, sizeof(d->domain), "%s", domain);
	snprintf(d->selector, sizeof(d->selector), "%s", selector);
	d->result = result;
}

static void set_spf(struct stream *s, const char *sub, const char *domain, const char *result)
{
	snprintf(s->spf_domain, sizeof(s->spf_domain), "%s%s", sub, domain);
	memcpy(s->envelope_from, s->spf_domain, sizeof(s->envelope_from));
	s->spf_result = result;
}

/* The failing and the excused of it: a signature that broke, and a reason to be kind. */
static void finish_kind(struct kind *k, const char *policy)
{
	struct stream *s = &k->usual;

	s->disposition = s->dkim_pass || s->spf_pass ? "none" : policy;
	k->failing = *s;
	if (s->n_dkim)
		k->failing.dkim[0].result = "temperror";
	k->failing.dkim_pass = false;
	k->failing.disposition = s->spf_pass ? "none" : policy;
	k->excused = k->failing;
	if (s->n_dkim)
		k->excused.dkim[0].result = "fail";
	k->excused.reason = s->n_dkim > 1 ? "mailing_list" : "forwarded";
	k->excused.disposition = "none";
}

/* Networks of the core: mostly our own and platforms that sign, some that are set up wrong. */
static void make_core(struct kind *k, const char *domain, uint32_t i, const char *policy)
{
	struct stream *s = &k->usual;

	*s = (struct stream){0};
	snprintf(s->header_from, sizeof(s->header_from), "%s%s", i % 7 == 5 ? "news." : "", domain);
	if (i < 5 || i == 9) { /* our servers, and a suite that is in our SPF record */
		set_dkim(s, domain, i < 3 ? "s1" : "selector1", "pass");
		set_spf(s, "", domain, "pass");
		s->dkim_pass = s->spf_pass = true;
	} else if (i < 8) { /* platforms with their own bounces */
		set_dkim(s, domain, i == 5 ? "k1" : "esp", "pass");
		set_dkim(s, i == 5 ? "mailing.example" : "platform.example", "p", "pass");
		set_spf(s, "bounce.", i == 5 ? "mailing.example" : "platform.example", "pass");
		s->dkim_pass = true;
	} else if (i == 8 || i == 10) { /* SPF alone */
		set_spf(s, "em.", domain, "pass");
		s->spf_pass = true;
	} else if (i < 13) { /* signs, but with a key that nobody finds */
		set_dkim(s, domain, "app", "permerror");
		set_spf(s, "", "hosting.example", "pass");
	} else { /* nothing of ours */
		set_spf(s, "", domain, "softfail");
	}
	finish_kind(k, policy);
}

static void make_other(struct kind *k, const char *domain, struct rng *r, const char *policy)
{
	static const char *const selectors[] = {"s1", "s1", "selector1", "k1", "esp"};
	struct stream *s = &k->usual;
	uint32_t what = rng_below(r, 100);
	char name[32];

	*s = (struct stream){0};
	memcpy(s->header_from, domain, strlen(domain) + 1);
	snprintf(name, sizeof(name), "f%u.example.net", rng_below(r, 900));
	if (what < 35) { /* forwards as it came */
		set_dkim(s, domain, selectors[rng_below(r, 5)], "pass");
		set_spf(s, "", name, rng_permille(r, 700) ? "pass" : "none");
		s->dkim_pass = true;
	} else if (what < 55) { /* a list that breaks the signature */
		set_dkim(s, domain, selectors[rng_below(r, 5)], "fail");
		set_dkim(s, name, "list", "pass");
		set_spf(s, "", name, "pass");
	} else if (what < 85) { /* a spoofer */
		bool own = rng_permille(r, 400);

		set_spf(s, "", own ? name : domain, own ? "pass" : "fail");
	} else {
		set_spf(s, "host.", name, rng_permille(r, 500) ? "none" : "neutral");
	}
	finish_kind(k, policy);
}

static void make_address(struct address *a, struct rng *r, uint32_t i, uint32_t net)
{
	*a = (struct address){0};
	if (i < CORE) {
		uint32_t range = i % NETWORKS, host = i / NETWORKS * 3 + 1;

		a->kind = (uint16_t)range;
		net += range * 0x1357;
		if (range % 7 == 3)
			snprintf(a->text, sizeof(a->text), "2001:db8:%x:%x::%x", net >> 16 & 0xffff,
				 net & 0xffff, host);
		else
			snprintf(a->text, sizeof(a->text), "%u.%u.%u.%u", 1 + net % 223,
				 net >> 8 & 255, net >> 16 & 255, host);
		return;
	}
	a->kind = (uint16_t)(NETWORKS + rng_below(r, KINDS));
	net = (uint32_t)rng_next(r);
	snprintf(a->text, sizeof(a->text), "%u.%u.%u.%u", 1 + net % 223, net >> 8 & 255,
		 net >> 16 & 255, 1 + (net >> 24) % 254);
}

static void make_sender(struct sender *d, struct rng *r, uint32_t number)
{
	static const char *const policies[] = {"none", "quarantine", "reject"};
	const char *policy = policies[number % 3];
	uint32_t net = (uint32_t)rng_next(r);

	/* each an organizational domain of its own */
	snprintf(d->pool.domain, sizeof(d->pool.domain), "d%u.example", number);
	d->pool.policy = policy;
	d->weight = 100000 / (number + 6);
	for (uint32_t i = 0; i < NETWORKS; i++)
		make_core(&d->kinds[i], d->pool.domain, i, policy);
	for (uint32_t i = 0; i < KINDS; i++)
		make_other(&d->kinds[NETWORKS + i], d->pool.domain, r, policy);
	for (uint32_t i = 0; i < ADDRESSES; i++)
		make_address(&d->addresses[i], r, i, net);
}

/* ---- records ---- */

static uint32_t pick_core(const struct sources *c)
{
	uint32_t n = rng_below(c->rng, c->zipf[CORE - 1]), low = 0, high = CORE - 1;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (n < c->zipf[middle])
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* Some of the pool are met often: u * u. */
static uint32_t pick_other(const struct sources *c)
{
	uint64_t u = rng_next(c->rng) >> 40;

	return CORE + (uint32_t)(((u * u >> 24) * POOL) >> 24);
}

static uint64_t core_count(struct rng *r)
{
	uint32_t power = (uint32_t)__builtin_ctzll(rng_next(r) | 1u << COUNT_POWERS);

	return (1u << power) + rng_below(r, 1u << power);
}

/* The next record of the report: an address once, unless the report is very large. */
static void draw(const struct gen_report *g, struct gen_drawn *ret)
{
	struct sources *c = g->ctx;
	bool core = rng_permille(c->rng, CORE_PERMILLE);
	struct address *a = NULL;

	for (int tries = 0; tries < 6; tries++) {
		a = &c->now->addresses[core ? pick_core(c) : pick_other(c)];
		if (a->reported != c->report)
			break;
	}
	const struct kind *k = &c->now->kinds[a->kind];
	uint32_t chance = rng_below(c->rng, 1000);

	a->reported = c->report;
	ret->address = a->text;
	ret->messages = core ? core_count(c->rng) : 1 + rng_below(c->rng, 2);
	ret->stream = chance < 15 ? &k->failing : &k->usual;
	if (!core && chance >= 950)
		ret->stream = &k->excused;
	a->messages += ret->messages;
}

/* ---- the corpus ---- */

static int descending(const void *a, const void *b)
{
	const struct address *x = a, *y = b;

	return (x->messages < y->messages) - (x->messages > y->messages);
}

static void print_made(struct sources *c)
{
	uint64_t all = 0, top = 0, addresses = 0;

	for (uint32_t i = 0; i < c->n; i++) {
		struct address *a = c->senders[i].addresses;

		qsort(a, ADDRESSES, sizeof(*a), descending);
		for (uint32_t k = 0; k < ADDRESSES; k++) {
			all += a[k].messages;
			top += k < CORE ? a[k].messages : 0;
			addresses += a[k].messages > 0;
		}
	}
	printf("# sources corpus: domains=%u days=%u+1 reporters=%u messages=%" PRIu64
	       " addresses=%" PRIu64 "\n", c->n, SOURCES_DAYS, REPORTERS, all, addresses);
	printf("messages_of_200_addresses_percent=%.1f\n", 100.0 * (double)top / (double)all);
}

/*
 * The reports of one day. What rounding leaves of a report's records goes on to the next, so that
 * the sum is right. On a weekend there are fewer.
 */
static void make_day(struct sources *c, struct gen_report *g, uint32_t day, uint64_t of_day,
		     sources_emit *emit, void *ctx)
{
	uint64_t weights = 0, sum = 0, left = 0;

	for (uint32_t i = 0; i < REPORTERS; i++)
		sum += reporter_weights[i];
	for (uint32_t i = 0; i < c->n; i++)
		weights += c->senders[i].weight;
	weights *= sum;
	for (uint32_t i = 0; i < c->n; i++) {
		c->now = &c->senders[i];
		g->pool = &c->now->pool;
		for (g->reporter = 0; g->reporter < REPORTERS; g->reporter++) {
			left += of_day * c->now->weight * reporter_weights[g->reporter];
			uint32_t records = (uint32_t)(left / weights);

			left %= weights;
			if (!records)
				continue;
			c->report++;
			c->now->records += records;
			g->id = rng_next(c->rng);
			emit(ctx, g, day, records);
		}
	}
}

void sources_make(uint64_t records, struct rng *r, struct gen_totals *totals, sources_emit *emit,
		  void *ctx)
{
	uint64_t domains = records / (REPORTERS * SOURCES_DAYS * PER_REPORT);
	struct sources c = {.rng = r};
	struct gen_report g = {.rng = r, .totals = totals, .draw = draw, .ctx = &c};
	int64_t today = (int64_t)time(NULL) / DAY;

	c.n = domains < MIN_DOMAINS ? MIN_DOMAINS : domains > MAX_DOMAINS ? MAX_DOMAINS
									   : (uint32_t)domains;
	c.senders = xcalloc(c.n, sizeof(*c.senders));
	for (uint32_t i = 0; i < CORE; i++)
		c.zipf[i] = (i ? c.zipf[i - 1] : 0) + 100000 / (i + 10);
	for (uint32_t i = 0; i < c.n; i++)
		make_sender(&c.senders[i], r, i);
	for (uint32_t day = 0; day <= SOURCES_DAYS; day++) {
		int64_t date = today - SOURCES_PAST - SOURCES_DAYS + 1 + (int64_t)day;
		bool weekend = (date + 3) % 7 >= 5;

		g.begin = date * DAY;
		/* 5 working days and 2 others of half as much make 6 */
		make_day(&c, &g, day, records * 7 / 6 / SOURCES_DAYS / (weekend ? 2 : 1), emit, ctx);
	}
	print_made(&c);
	free(c.senders);
}
