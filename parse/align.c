#include "parse/align.h"
#include "base/frame.h"
#include "base/mem.h"
#include "base/orgdomain.h"

#include <stdlib.h>
#include <string.h>

#define NAME_BYTES 58 /* of a name that is remembered: most are shorter */
#define NAMES 2048    /* that are; a power of 2 */
#define PLACES 4      /* where one may be */

/* A name with its organizational domain, which is a tail of it. */
struct name {
	struct text t;   /* trimmed, without dots at the end; of any case */
	uint32_t org;    /* bytes of the organizational domain */
	uint32_t number; /* the same one: the same name; 0: too long to have one */
};

/* A name that came before, in lower case. */
struct known_name {
	uint32_t number; /* 0: none yet */
	uint8_t len, org;
	char p[NAME_BYTES];
};
_Static_assert(sizeof(struct known_name) == 64, "a line of the cache");

/* What became of a slot. */
struct known_slot {
	uint64_t from; /* number of the name it was compared with, and below it whether helo counts */
	uint32_t report;
	char dkim, spf;
	uint8_t dkim_key, spf_key;
	bool dkim_more;
};

struct align {
	uint32_t numbers; /* given to names so far */
	uint32_t report;  /* counts them */
	bool dkim_strict, spf_strict;
	struct name policy;
	struct name last;     /* a header_from before */
	char last_text[NAME_BYTES];
	struct known_name names[NAMES];
	struct known_slot slots[FRAME_SLOTS];
};

struct align *align_new(void)
{
	return xcalloc(1, sizeof(struct align));
}

void align_free(struct align *a)
{
	free(a);
}

static inline char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool same_bytes(const char *p, const char *q, uint32_t n)
{
	if (memcmp(p, q, n) == 0)
		return true;
	for (uint32_t i = 0; i < n; i++)
		if (lower(p[i]) != lower(q[i]))
			return false;
	return true;
}

static bool same_name(struct text a, struct text b)
{
	return a.len == b.len && a.len && same_bytes(a.p, b.p, a.len);
}

static struct text name_part(struct text t)
{
	t = text_trim(t);
	while (t.len && t.p[t.len - 1] == '.')
		t.len--;
	return t;
}

/* Where the lower case bytes of a name are, or may be put: *ret_is says which. */
static struct known_name *place_of(struct align *a, const char *p, uint32_t n, bool *ret_is)
{
	uint32_t h = n;

	for (uint32_t i = 0; i < n; i++)
		h = (h ^ (uint8_t)p[i]) * 0x01000193u;
	h ^= h >> 16;
	for (uint32_t i = 0; i < PLACES; i++) {
		struct known_name *k = &a->names[(h + i) % NAMES];

		*ret_is = k->number && k->len == n && memcmp(k->p, p, n) == 0;
		if (*ret_is || !k->number)
			return k;
	}
	return &a->names[(h + a->numbers % PLACES) % NAMES];
}

static void remember(struct align *a, struct known_name *k, const char *low, uint32_t len)
{
	if (++a->numbers == 0)
		a->numbers = 1;
	k->number = a->numbers;
	k->len = (uint8_t)len;
	k->org = (uint8_t)orgdomain_of((struct text){low, len}).len;
	memcpy(k->p, low, len);
}

static struct name name_of(struct align *a, struct text t)
{
	struct name n = {.t = name_part(t)};
	char low[ORGDOMAIN_NAME];

	n.org = n.t.len;
	if (!n.t.len || n.t.len > sizeof(low))
		return n;
	for (uint32_t i = 0; i < n.t.len; i++)
		low[i] = lower(n.t.p[i]);
	if (n.t.len > NAME_BYTES) {
		n.org = orgdomain_of((struct text){low, n.t.len}).len;
		return n;
	}
	bool is;
	struct known_name *k = place_of(a, low, n.t.len, &is);

	if (!is)
		remember(a, k, low, n.t.len);
	n.org = k->org;
	n.number = k->number;
	return n;
}

static struct text org_of(const struct name *n)
{
	return (struct text){n->t.p + n->t.len - n->org, n->org};
}

/* Is org the organizational domain of t, too? Mostly the letters say that it can not be. */
static bool has_org(struct align *a, struct text t, struct text org)
{
	if (t.len <= org.len)
		return same_name(t, org);
	const char *tail = t.p + t.len - org.len;

	return org.len && tail[-1] == '.' && same_bytes(tail, org.p, org.len) &&
	       name_of(a, t).org == org.len;
}

void align_report(struct align *a, const struct report_head *h)
{
	a->report++;
	a->policy = name_of(a, h->domain);
	a->dkim_strict = text_is(h->adkim, "s") || text_is(h->adkim, "strict");
	a->spf_strict = text_is(h->aspf, "s") || text_is(h->aspf, "strict");
}

/* The null reverse-path, or not known: then a result of scope helo counts. */
static bool is_bare(const struct record *r)
{
	return !r->envelope_from.len ||
	       (r->envelope_from.len == 2 && memcmp(r->envelope_from.p, "<>", 2) == 0);
}

/* What results are compared with; mostly it is the same as before. */
static struct name from_of(struct align *a, const struct record *r)
{
	struct text t = r->header_from;

	if (!t.len || (t.len == a->policy.t.len && memcmp(t.p, a->policy.t.p, t.len) == 0))
		return a->policy;
	if (t.len == a->last.t.len && memcmp(t.p, a->last_text, t.len) == 0) {
		struct name n = a->last;

		n.t.p = t.p;
		return n;
	}
	struct name n = name_of(a, t);

	if (!n.t.len)
		return a->policy;
	/* only one that is as it was sent is found again */
	if (n.number && n.t.len == t.len) {
		memcpy(a->last_text, t.p, t.len);
		a->last = n;
	}
	return n;
}

/* What known_slot says it is from; 0: not to be remembered. */
static uint64_t known_as(const struct name *from, const struct record *r)
{
	return from->number ? (uint64_t)from->number << 1 | is_bare(r) : 0;
}

bool align_again(struct align *a, uint16_t slot, struct record *r)
{
	const struct known_slot *k = &a->slots[slot];

	if (k->report != a->report || !k->from)
		return false;
	struct name from = from_of(a, r);

	if (k->from != known_as(&from, r))
		return false;
	r->dkim_aligned = (enum alignment)k->dkim;
	r->spf_aligned = (enum alignment)k->spf;
	r->dkim_key = k->dkim_key;
	r->spf_key = k->spf_key;
	r->dkim_more = k->dkim_more;
	return true;
}

static bool is_aligned(struct align *a, struct text domain, const struct name *from, bool strict)
{
	return same_name(domain, from->t) || (!strict && has_org(a, domain, org_of(from)));
}

/* What is there already stays if it says more. */
static void at_least(enum alignment *to, enum alignment what)
{
	if (*to == ALIGNED_ABSENT || (*to == ALIGNED_FAIL && what == ALIGNED_LINKED))
		*to = what;
}

/* A signature of ours, whatever became of it. */
static bool is_ours(struct align *a, const struct auth_result *result, struct text domain)
{
	return result->result != RESULT_NONE && result->result != RESULT_ABSENT &&
	       has_org(a, domain, org_of(&a->policy));
}

static void take_dkim(struct align *a, const struct auth_result *result, uint8_t number,
		      const struct name *from, struct record *r)
{
	struct text domain = name_part(result->domain);

	if (r->dkim_aligned == ALIGNED_PASS) {
		r->dkim_more |= is_ours(a, result, domain);
	} else if (result->result == RESULT_PASS && is_aligned(a, domain, from, a->dkim_strict)) {
		r->dkim_aligned = ALIGNED_PASS;
		r->dkim_key = number;
	} else if (is_ours(a, result, domain)) {
		r->dkim_more = true;
		at_least(&r->dkim_aligned, ALIGNED_LINKED);
	} else {
		at_least(&r->dkim_aligned, ALIGNED_FAIL);
	}
}

static void take_spf(struct align *a, const struct auth_result *result, uint8_t number,
		     const struct name *from, struct record *r)
{
	struct text domain = name_part(result->domain);

	if (result->result != RESULT_PASS) {
		at_least(&r->spf_aligned, ALIGNED_FAIL);
		return;
	}
	if (is_aligned(a, domain, from, a->spf_strict)) {
		r->spf_aligned = ALIGNED_PASS;
		r->spf_key = number;
		return;
	}
	at_least(&r->spf_aligned,
		 has_org(a, domain, org_of(&a->policy)) ? ALIGNED_LINKED : ALIGNED_FAIL);
	if (!r->spf_key)
		r->spf_key = number;
}

void align_record(struct align *a, uint16_t slot, const struct auth_result *results, uint32_t n,
		  struct record *r)
{
	struct name from = from_of(a, r);
	bool bare = is_bare(r);

	r->dkim_aligned = r->spf_aligned = ALIGNED_ABSENT;
	r->dkim_key = r->spf_key = 0;
	r->dkim_more = false;
	for (uint32_t i = 0; i < n; i++) {
		const struct auth_result *result = &results[i];

		if (!result->domain.len && result->result == RESULT_ABSENT)
			continue;
		if (result->kind == AUTH_DKIM)
			take_dkim(a, result, (uint8_t)(i + 1), &from, r);
		else if (r->spf_aligned != ALIGNED_PASS &&
			 (bare || result->kind != AUTH_SPF_HELO))
			take_spf(a, result, (uint8_t)(i + 1), &from, r);
	}
	a->slots[slot] = (struct known_slot){
		.from = known_as(&from, r), .report = a->report,
		.dkim = (char)r->dkim_aligned, .spf = (char)r->spf_aligned,
		.dkim_key = r->dkim_key, .spf_key = r->spf_key, .dkim_more = r->dkim_more};
}
