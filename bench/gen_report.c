#include "bench/gen_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY 86400
#define STYLES 6
#define LARGE 3 /* reporters who are the only ones of their style */

/* How a reporter writes: the shapes that real ones have, under names that nobody has. */
struct style {
	const char *org, *email, *contact, *root, *version;
	int indent; /* blanks a level; -1: all on one line */
	bool envelope, scope, fo;
};

static const struct style styles[STYLES] = {
	{"mail.example", "dmarc-reports@mail.example", "https://support.mail.example/a?x=1&amp;y=2",
	 "<feedback>", NULL, 2, false, false, false},
	{"Outer Example", "dmarcreport@outer.example", NULL,
	 "<feedback xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\""
	 " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">",
	 "1.0", 2, true, true, true},
	{"Portal Example", "postmaster@portal.example", NULL, "<feedback>", "1.0", 2, false, false, true},
	{"CLOUD-EXAMPLE", "postmaster@cloud.example", NULL, "<feedback>", "0.1", -1, true, false, true},
	{"Post Example Ltd", "reports@post.example", "https://post.example/dmarc",
	 "<feedback xmlns=\"http://dmarc.org/dmarc-xml/0.1\">", "1.0", 4, false, true, true},
	{"filter.example", "abuse@filter.example", NULL, "<feedback>", NULL, 1, false, false, false},
};

/* How often each of them writes, of 100; the last three stand for many that are small. */
static const uint32_t shares[STYLES] = {45, 20, 15, 8, 7, 5};

uint64_t rng_next(struct rng *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

uint32_t rng_below(struct rng *r, uint32_t n)
{
	return (uint32_t)((rng_next(r) >> 32) * n >> 32);
}

bool rng_permille(struct rng *r, uint32_t n)
{
	return rng_below(r, 1000) < n;
}

static const struct style *style_of(const struct gen_report *g)
{
	return &styles[g->reporter % STYLES];
}

uint32_t gen_draw_reporter(struct rng *r)
{
	uint32_t n = rng_below(r, 100), i = 0;

	while (n >= shares[i])
		n -= shares[i++];
	return i < LARGE ? i : i + STYLES * rng_below(r, GEN_REPORTERS / STYLES);
}

void pool_init(struct pool *p, uint32_t number)
{
	static const char *const tops[] = {"example.com", "example.net", "example.org", "example"};

	*p = (struct pool){0};
	snprintf(p->domain, sizeof(p->domain), "d%u.%s", number, tops[number % 4]);
}

void pool_free(struct pool *p)
{
	free(p->streams);
	*p = (struct pool){0};
}

/* An outside sender's name: few are met often. */
static uint32_t platform(struct rng *r)
{
	uint32_t n = rng_below(r, 40);

	return n < 30 ? n % 6 : n;
}

static void stream_dkim(struct stream *s, struct rng *r, uint32_t serial)
{
	static const char *const failures[] = {"fail", "permerror", "temperror", "pass"};
	uint32_t n = rng_below(r, 100);

	s->n_dkim = n < 15 ? 0 : n < 65 ? 1 : n < 95 ? 2 : 3;
	for (uint32_t i = 0; i < s->n_dkim; i++) {
		struct dkim *d = &s->dkim[i];

		if (i == 0 && s->dkim_pass) {
			memcpy(d->domain, s->header_from, sizeof(d->domain));
			d->result = "pass";
		} else {
			snprintf(d->domain, sizeof(d->domain), "p%u.example.net", platform(r));
			d->result = failures[rng_below(r, 4)];
		}
		snprintf(d->selector, sizeof(d->selector), "s%u", i ? rng_below(r, 40) : serial);
	}
	if (!s->n_dkim)
		s->dkim_pass = false;
}

static void stream_spf(struct stream *s, struct rng *r, uint32_t serial)
{
	static const char *const failures[] = {"fail", "softfail", "none", "neutral", "permerror"};

	if (s->spf_pass && s->n_dkim) {
		memcpy(s->spf_domain, s->header_from, sizeof(s->spf_domain));
		s->spf_result = "pass";
	} else {
		/* Without DKIM the SPF domain is what makes a stream's results its own. */
		s->spf_pass = false;
		snprintf(s->spf_domain, sizeof(s->spf_domain), "b%u.p%u.example.net",
			 s->n_dkim ? rng_below(r, 20) : serial, platform(r));
		s->spf_result = rng_permille(r, 400) ? "pass" : failures[rng_below(r, 5)];
	}
	memcpy(s->envelope_from, s->spf_domain, sizeof(s->envelope_from));
}

static void stream_make(struct stream *s, struct rng *r, const char *domain, uint32_t serial)
{
	static const char *const hosts[] = {"mail.", "news.", "bounce.", "shop."};
	static const char *const dispositions[] = {"none", "quarantine", "reject"};
	bool honest = rng_permille(r, 860);

	*s = (struct stream){.net = (uint32_t)rng_next(r), .ipv6 = rng_permille(r, 150)};
	snprintf(s->header_from, sizeof(s->header_from), "%s%s",
		 rng_permille(r, 900) ? "" : hosts[rng_below(r, 4)], domain);
	s->dkim_pass = rng_permille(r, honest ? 950 : 0);
	s->spf_pass = rng_permille(r, honest ? 800 : 70);
	stream_dkim(s, r, serial);
	stream_spf(s, r, serial);
	s->disposition = s->dkim_pass || s->spf_pass ? "none" : dispositions[rng_below(r, 3)];
	if (!s->dkim_pass && !s->spf_pass && rng_permille(r, 150))
		s->reason = "forwarded";
}

/* The stream that this record belongs to: a new one, or one that was met; old ones are large. */
static struct stream *pool_pick(const struct gen_report *g)
{
	struct pool *p = g->pool;

	if (p->n && !rng_permille(g->rng, g->fresh)) {
		uint64_t u = rng_next(g->rng) >> 40;

		return &p->streams[((u * u >> 24) * p->n) >> 24];
	}
	if (p->n == p->cap) {
		p->cap = p->cap ? p->cap * 2 : 16;
		p->streams = xrealloc(p->streams, p->cap * sizeof(*p->streams));
	}
	struct stream *s = &p->streams[p->n];

	stream_make(s, g->rng, p->domain, p->n++);
	return s;
}

/* ---- XML ---- */

struct xml {
	struct buf *b;
	int indent, depth;
};

static void xml_line(struct xml *x)
{
	static const char blanks[] = "                                ";

	if (x->indent < 0)
		return;
	buf_addc(x->b, '\n');
	buf_add(x->b, blanks, (size_t)(x->indent * x->depth));
}

static void xml_open(struct xml *x, const char *name)
{
	xml_line(x);
	buf_addc(x->b, '<');
	buf_adds(x->b, name);
	buf_addc(x->b, '>');
	x->depth++;
}

static void xml_close(struct xml *x, const char *name)
{
	x->depth--;
	xml_line(x);
	buf_adds(x->b, "</");
	buf_adds(x->b, name);
	buf_addc(x->b, '>');
}

static void xml_leaf(struct xml *x, const char *name, const char *value)
{
	if (!value)
		return;
	xml_line(x);
	buf_addc(x->b, '<');
	buf_adds(x->b, name);
	buf_addc(x->b, '>');
	buf_adds(x->b, value);
	buf_adds(x->b, "</");
	buf_adds(x->b, name);
	buf_addc(x->b, '>');
}

static void xml_number(struct xml *x, const char *name, uint64_t n)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%" PRIu64, n);
	xml_leaf(x, name, digits);
}

static void put_policy(const struct gen_report *g, struct xml *x, const struct style *st)
{
	static const char *const policies[] = {"none", "quarantine", "reject"};

	xml_open(x, "policy_published");
	xml_leaf(x, "domain", g->pool->domain);
	xml_leaf(x, "adkim", "r");
	xml_leaf(x, "aspf", "r");
	xml_leaf(x, "p", g->pool->policy ? g->pool->policy : policies[rng_below(g->rng, 3)]);
	xml_leaf(x, "sp", g->pool->policy ? g->pool->policy : policies[rng_below(g->rng, 3)]);
	xml_leaf(x, "pct", "100");
	xml_leaf(x, "fo", st->fo ? "1" : NULL);
	xml_close(x, "policy_published");
}

void gen_head(const struct gen_report *g, struct buf *b)
{
	const struct style *st = style_of(g);
	struct xml x = {b, st->indent, 1};
	char org[48];

	buf_adds(b, "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>");
	if (st->indent >= 0)
		buf_addc(b, '\n');
	buf_adds(b, st->root);
	xml_leaf(&x, "version", st->version);
	xml_open(&x, "report_metadata");
	snprintf(org, sizeof(org), g->reporter < STYLES ? "%s" : "%s %u", st->org,
		 g->reporter / STYLES);
	xml_leaf(&x, "org_name", org);
	xml_leaf(&x, "email", st->email);
	xml_leaf(&x, "extra_contact_info", st->contact);
	xml_number(&x, "report_id", g->id);
	xml_open(&x, "date_range");
	xml_number(&x, "begin", (uint64_t)g->begin);
	xml_number(&x, "end", (uint64_t)g->begin + DAY - 1);
	xml_close(&x, "date_range");
	xml_close(&x, "report_metadata");
	put_policy(g, &x, st);
	g->totals->reports++;
}

static void draw_address(const struct gen_report *g, const struct stream *s, char *a, size_t size)
{
	uint32_t host = rng_below(g->rng, 4096), n = s->net;

	if (s->ipv6)
		snprintf(a, size, "2001:db8:%x:%x::%x", n >> 16, n & 0xffff, host + 1);
	else
		snprintf(a, size, "%u.%u.%u.%u", 1 + n % 223, n >> 8 & 255,
			 (n >> 16 & 0xf0) | host >> 8, host & 255);
}

/* 1 mostly, hundreds of thousands now and then: each doubling half as likely. */
static uint64_t message_count(struct rng *r)
{
	uint32_t power = (uint32_t)__builtin_ctzll(rng_next(r) | 1u << 17);

	return (1u << power) + rng_below(r, 1u << power);
}

static void put_row(struct xml *x, const struct gen_drawn *d)
{
	const struct stream *s = d->stream;

	xml_open(x, "row");
	xml_leaf(x, "source_ip", d->address);
	xml_number(x, "count", d->messages);
	xml_open(x, "policy_evaluated");
	xml_leaf(x, "disposition", s->disposition);
	xml_leaf(x, "dkim", s->dkim_pass ? "pass" : "fail");
	xml_leaf(x, "spf", s->spf_pass ? "pass" : "fail");
	if (s->reason) {
		xml_open(x, "reason");
		xml_leaf(x, "type", s->reason);
		xml_leaf(x, "comment", "looks forwarded, downgrade to none &amp; logged");
		xml_close(x, "reason");
	}
	xml_close(x, "policy_evaluated");
	xml_close(x, "row");
}

static void put_auth(struct xml *x, const struct style *st, const struct stream *s)
{
	xml_open(x, "auth_results");
	for (uint32_t i = 0; i < s->n_dkim; i++) {
		xml_open(x, "dkim");
		xml_leaf(x, "domain", s->dkim[i].domain);
		xml_leaf(x, "selector", s->dkim[i].selector);
		xml_leaf(x, "result", s->dkim[i].result);
		xml_close(x, "dkim");
	}
	xml_open(x, "spf");
	xml_leaf(x, "domain", s->spf_domain);
	xml_leaf(x, "scope", st->scope ? "mfrom" : NULL);
	xml_leaf(x, "result", s->spf_result);
	xml_close(x, "spf");
	xml_close(x, "auth_results");
}

/* A record of the pool; its address is written to `address`. */
static void draw_of_pool(const struct gen_report *g, char *address, size_t size,
			 struct gen_drawn *ret)
{
	struct stream *s = pool_pick(g);
	bool scope = style_of(g)->scope;

	g->totals->sets += !s->seen[scope];
	s->seen[scope] = true;
	draw_address(g, s, address, size);
	*ret = (struct gen_drawn){s, address, message_count(g->rng)};
}

void gen_record(const struct gen_report *g, struct buf *b)
{
	static const char *const recipients[] = {"home.example", "inbox.example", "live.example"};
	const struct style *st = style_of(g);
	struct xml x = {b, st->indent, 1};
	struct gen_drawn drawn;
	char address[64];

	if (g->draw)
		g->draw(g, &drawn);
	else
		draw_of_pool(g, address, sizeof(address), &drawn);
	const struct stream *s = drawn.stream;

	xml_open(&x, "record");
	put_row(&x, &drawn);
	xml_open(&x, "identifiers");
	if (st->envelope) {
		xml_leaf(&x, "envelope_to", recipients[rng_below(g->rng, 3)]);
		xml_leaf(&x, "envelope_from", s->envelope_from);
	}
	xml_leaf(&x, "header_from", s->header_from);
	xml_close(&x, "identifiers");
	put_auth(&x, st, s);
	xml_close(&x, "record");
	g->totals->records++;
	g->totals->results += s->n_dkim + 1;
}

void gen_tail(const struct gen_report *g, struct buf *b)
{
	if (style_of(g)->indent >= 0)
		buf_addc(b, '\n');
	buf_adds(b, "</feedback>\n");
}

void gen_file_name(const struct gen_report *g, struct buf *b)
{
	const char *mail = style_of(g)->email;

	buf_printf(b, "%s!%s!%" PRId64 "!%" PRId64 "!%" PRIu64, strchr(mail, '@') + 1,
		   g->pool->domain, g->begin, g->begin + DAY - 1, g->id);
}
