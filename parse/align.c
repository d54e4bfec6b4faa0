/*
 * The caches of the machine are full with libxml2 where this runs, so that what it costs is the
 * size of its code: what is rare is kept apart.
 */
#include "parse/align.h"
#include "base/frame.h"
#include "base/mem.h"
#include "base/orgdomain.h"

#include <stdlib.h>
#include <string.h>

#define RARE __attribute__((noinline, cold))

#define NAME_BYTES 58 /* of a name that is remembered: most are shorter */
#define NAMES 2048    /* that are; a power of 2 */
#define PLACES 4      /* where one may be */

/* A name with its organizational domain, which is a tail of it. */
struct name {
	struct text t;   /* trimmed, without dots at the end; of any case */
	uint32_t org;    /* bytes of the organizational domain; 0: not looked up yet */
	uint32_t number; /* the same one: the same name; 0: too long to have one */
};
#define POLICY 1 /* number of the policy's domain in each report */

/* A name that came before, in lower case. */
struct known_name {
	uint32_t number; /* 0: none yet */
	uint8_t len, org;
	char p[NAME_BYTES];
};
_Static_assert(sizeof(struct known_name) == 64, "a line of the cache");

/* What became of a slot. */
struct known_slot {
	uint32_t from; /* number of the name it was compared with, and below it whether helo counts */
	uint32_t report;
	char dkim, spf;
	uint8_t dkim_key, spf_key;
	bool dkim_more;
};
_Static_assert(sizeof(struct known_slot) == 16, "four a line of the cache");

struct align {
	uint32_t numbers; /* given to names so far */
	uint32_t report;  /* counts them */
	bool strict[2];   /* SPF, DKIM */
	struct name policy;
	struct name from; /* the header_from that came last */
	char from_text[NAME_BYTES];
	struct known_name names[NAMES];
	struct known_slot slots[FRAME_SLOTS];
};

/* What a result is to a domain, each more than the one before: the letters of enum alignment. */
enum { NOTHING, FAILS, LINKED, PASSES };
static const char letters[] = {ALIGNED_ABSENT, ALIGNED_FAIL, ALIGNED_LINKED, ALIGNED_PASS};

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

static RARE bool same_but_case(const char *p, const char *q, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (lower(p[i]) != lower(q[i]))
			return false;
	return true;
}

static bool same_bytes(const char *p, const char *q, uint32_t n)
{
	/* names that end otherwise are other names, mostly */
	return lower(p[n - 1]) == lower(q[n - 1]) &&
	       (memcmp(p, q, n) == 0 || same_but_case(p, q, n));
}

static RARE struct text trim(struct text t)
{
	t = text_trim(t);
	while (t.len && t.p[t.len - 1] == '.')
		t.len--;
	return t;
}

static inline struct text name_part(struct text t)
{
	if (t.len && t.p[0] > ' ' && t.p[t.len - 1] > '.')
		return t;
	return trim(t);
}

/* Where the lower case bytes of a name are, or may be put: *ret_is says which. */
static struct known_name *place_of(struct align *a, const char *p, uint32_t n, uint32_t h,
				   bool *ret_is)
{
	for (uint32_t i = 0; i < PLACES; i++) {
		struct known_name *k = &a->names[(h + i) % NAMES];

		*ret_is = k->number && k->len == n && memcmp(k->p, p, n) == 0;
		if (*ret_is || !k->number)
			return k;
	}
	return &a->names[(h + a->numbers % PLACES) % NAMES];
}

static RARE void remember(struct align *a, struct known_name *k, const char *low, uint32_t len)
{
	if (++a->numbers <= POLICY || a->numbers > INT32_MAX)
		a->numbers = POLICY + 1;
	k->number = a->numbers;
	k->len = (uint8_t)len;
	k->org = (uint8_t)orgdomain_of((struct text){low, len}).len;
	memcpy(k->p, low, len);
}

/* t is a name_part. */
static __attribute__((noinline)) struct name name_of(struct align *a, struct text t)
{
	struct name n = {.t = t, .org = t.len};
	char low[ORGDOMAIN_NAME];
	uint32_t h = t.len;
	bool is;

	if (!t.len || t.len > sizeof(low))
		return n;
	for (uint32_t i = 0; i < t.len; i++) {
		low[i] = lower(t.p[i]);
		h = (h ^ (uint8_t)low[i]) * 0x01000193u;
	}
	if (t.len > NAME_BYTES) {
		n.org = orgdomain_of((struct text){low, t.len}).len;
		return n;
	}
	struct known_name *k = place_of(a, low, t.len, h ^ h >> 16, &is);

	if (!is)
		remember(a, k, low, t.len);
	n.org = k->org;
	n.number = k->number;
	return n;
}

static RARE bool tail_is_org(struct align *a, struct text t, uint32_t org)
{
	return name_of(a, t).org == org;
}

/*
 * Has t the same organizational domain? Mostly the letters say that it can not have: the last two,
 * before anything is looked up.
 */
static bool same_org(struct align *a, struct text t, struct name *as)
{
	const char *end = t.p + t.len, *as_end = as->t.p + as->t.len;

	if (t.len < 2 || as->t.len < 2 || lower(end[-1]) != lower(as_end[-1]) ||
	    lower(end[-2]) != lower(as_end[-2]))
		return t.len == as->t.len && t.len == 1 && lower(*t.p) == lower(*as->t.p);
	if (!as->org)
		as->org = name_of(a, as->t).org;
	uint32_t org = as->org;

	if (t.len < org || !same_bytes(end - org, as_end - org, org))
		return false;
	return t.len == org || (end[-1 - (ptrdiff_t)org] == '.' && tail_is_org(a, t, org));
}

void align_report(struct align *a, const struct report_head *h)
{
	a->report++;
	a->policy = (struct name){.t = name_part(h->domain), .number = POLICY};
	a->strict[true] = text_is(h->adkim, "s");
	a->strict[false] = text_is(h->aspf, "s");
}

/* The null reverse-path, or not known: then a result of scope helo counts. */
static inline bool is_bare(const struct record *r)
{
	return !r->envelope_from.len ||
	       (r->envelope_from.len == 2 && memcmp(r->envelope_from.p, "<>", 2) == 0);
}

/* Another header_from than the policy's domain, and than that of the record before. */
static RARE struct name *new_from(struct align *a, struct text t)
{
	struct text part = name_part(t);

	if (!part.len)
		return &a->policy;
	a->from = name_of(a, part);
	if (a->from.number)
		memcpy(a->from_text, part.p, part.len);
	return &a->from;
}

/* What results are compared with. */
static struct name *from_of(struct align *a, const struct record *r)
{
	struct text t = r->header_from;

	if (!t.len || (t.len == a->policy.t.len && memcmp(t.p, a->policy.t.p, t.len) == 0))
		return &a->policy;
	if (!a->from.number || t.len != a->from.t.len || memcmp(t.p, a->from_text, t.len) != 0)
		return new_from(a, t);
	a->from.t.p = t.p; /* the bytes of the record before are gone */
	return &a->from;
}

/* What known_slot says it is from; 0: not to be remembered. */
static inline uint32_t known_as(const struct name *from, const struct record *r)
{
	return from->number ? from->number << 1 | is_bare(r) : 0;
}

static inline void put(struct record *r, const struct known_slot *k)
{
	r->dkim_aligned = (enum alignment)k->dkim;
	r->spf_aligned = (enum alignment)k->spf;
	r->dkim_key = k->dkim_key;
	r->spf_key = k->spf_key;
	r->dkim_more = k->dkim_more;
}

bool align_again(struct align *a, uint16_t slot, struct record *r)
{
	const struct known_slot *k = &a->slots[slot];

	if (k->report != a->report || !k->from || k->from != known_as(from_of(a, r), r))
		return false;
	put(r, k);
	return true;
}

/* A signature is one whatever became of it; SPF says something only if it passes. */
static inline bool says(const struct auth_result *result)
{
	return result->result == RESULT_PASS ||
	       (result->kind == AUTH_DKIM && result->result != RESULT_NONE &&
		result->result != RESULT_ABSENT);
}

/* Of a result that says something; from NULL: it is not to be aligned. */
static int worth(struct align *a, const struct auth_result *result, struct name *from)
{
	struct text t = name_part(result->domain);

	if (!t.len)
		return FAILS;
	if (from && result->result == RESULT_PASS &&
	    ((t.len == from->t.len && same_bytes(t.p, from->t.p, t.len)) ||
	     (!a->strict[result->kind == AUTH_DKIM] && same_org(a, t, from))))
		return PASSES;
	return same_org(a, t, &a->policy) ? LINKED : FAILS;
}

static inline bool counts(const struct auth_result *result, const struct record *r)
{
	if (!result->domain.len && result->result == RESULT_ABSENT)
		return false;
	return result->kind != AUTH_SPF_HELO || is_bare(r);
}

void align_record(struct align *a, uint16_t slot, const struct auth_result *results, uint32_t n,
		  struct record *r)
{
	struct name *from = from_of(a, r);
	struct known_slot k = {.from = known_as(from, r), .report = a->report};
	int best[2] = {NOTHING, NOTHING}; /* SPF, DKIM */
	uint8_t key[2] = {0, 0};

	for (uint32_t i = 0; i < n; i++) {
		bool dkim = results[i].kind == AUTH_DKIM, found = best[dkim] == PASSES;

		if ((found && !dkim) || !counts(&results[i], r))
			continue;
		int w = says(&results[i]) ? worth(a, &results[i], found ? NULL : from) : FAILS;

		if (w > best[dkim])
			best[dkim] = w;
		if (w == PASSES || (!dkim && !key[false] && results[i].result == RESULT_PASS))
			key[dkim] = (uint8_t)(i + 1);
		k.dkim_more |= dkim && w == LINKED;
	}
	k.dkim = letters[best[true]];
	k.spf = letters[best[false]];
	k.dkim_key = key[true];
	k.spf_key = key[false];
	a->slots[slot] = k;
	put(r, &k);
}
