#include "store/counted.h"
#include "base/mem.h"
#include "base/model.h"

#include <stdlib.h>
#include <string.h>

int trust_rank(char auth)
{
	static const char order[] = {AUTH_VERIFIED, AUTH_LOCAL, AUTH_UNVERIFIED, AUTH_FAILED};
	int i = 0;

	while (i < 4 && order[i] != auth)
		i++;
	return i;
}

enum standing standing_of(const struct member *newcomer, const struct member *m, size_t n,
			  size_t *ret_same)
{
	enum standing s = STANDS_NEW;

	for (size_t i = 0; i < n; i++) {
		bool identity = memcmp(m[i].identity, newcomer->identity, 16) == 0;

		if (identity && m[i].variant == newcomer->variant) {
			*ret_same = i;
			return STANDS_REPEAT;
		}
		if (m[i].variant == newcomer->variant)
			s = STANDS_NEAR_REPEAT;
		else if (identity && s == STANDS_NEW && m[i].state == STATE_COMPLETE &&
			 newcomer->state == STATE_COMPLETE)
			s = STANDS_CONFLICT;
	}
	return s;
}

/* The representative of a member's cluster; paths are made short on the way. */
static size_t root(size_t *up, size_t i)
{
	while (up[i] != i)
		i = up[i] = up[up[i]];
	return i;
}

struct place {
	const struct member *m;
	size_t at, cluster;
};

static int by_identity(const void *pa, const void *pb)
{
	const struct place *a = pa, *b = pb;

	return memcmp(a->m->identity, b->m->identity, 16);
}

static int by_variant(const void *pa, const void *pb)
{
	const struct place *a = pa, *b = pb;

	return a->m->variant < b->m->variant ? -1 : a->m->variant > b->m->variant;
}

/* By cluster; within one, the member that is to count comes first. */
static int by_preference(const void *pa, const void *pb)
{
	const struct place *x = pa, *y = pb;
	const struct member *a = x->m, *b = y->m;

	if (x->cluster != y->cluster)
		return x->cluster < y->cluster ? -1 : 1;
	if (a->state != b->state) /* a complete report supersedes a partial one */
		return a->state == STATE_COMPLETE ? -1 : 1;
	int c = trust_rank(a->auth) - trust_rank(b->auth);

	if (c)
		return c;
	if (a->messages != b->messages)
		return a->messages > b->messages ? -1 : 1;
	return a->no < b->no ? -1 : a->no > b->no;
}

static void join(struct place *by, size_t n, size_t *up,
		 int (*order)(const void *, const void *))
{
	qsort(by, n, sizeof(*by), order);
	for (size_t i = 1; i < n; i++)
		if (order(&by[i - 1], &by[i]) == 0)
			up[root(up, by[i].at)] = root(up, by[i - 1].at);
}

static int by_content(const void *pa, const void *pb)
{
	const struct place *x = pa, *y = pb;
	int c = by_variant(x, y);

	return c ? c : (x->m->no > y->m->no) - (x->m->no < y->m->no);
}

/* Of candidates with the same content, which are of one cluster, one is enough: the first. */
static void first_of_contents(struct member *m, struct place *by, size_t n)
{
	const struct member *first = NULL;

	qsort(by, n, sizeof(*by), by_content);
	for (size_t i = 0; i < n; i++) {
		struct member *x = &m[by[i].at];

		if (!x->candidate)
			continue;
		if (first && first->variant == x->variant)
			x->candidate = false;
		else
			first = x;
	}
}

/*
 * Members that share an identity (a conflict) or a content (near repeats) are accounts of the same
 * mail, and so are those that hang together through a third: one of each such cluster counts,
 * in whatever order they came.
 */
void choose_counted(struct member *m, size_t n)
{
	AUTO_FREE struct place *by = xcalloc(n, sizeof(*by));
	AUTO_FREE size_t *up = xcalloc(n, sizeof(*up));
	const struct member *best = NULL;

	for (size_t i = 0; i < n; i++) {
		up[i] = i;
		by[i] = (struct place){.m = &m[i], .at = i};
	}
	join(by, n, up, by_identity);
	join(by, n, up, by_variant);
	for (size_t i = 0; i < n; i++)
		by[i].cluster = root(up, by[i].at);
	qsort(by, n, sizeof(*by), by_preference);
	for (size_t i = 0; i < n; i++) {
		struct member *x = &m[by[i].at];

		if (i == 0 || by[i - 1].cluster != by[i].cluster)
			best = x;
		x->cluster = by[i].cluster;
		x->counted = x == best;
		x->candidate = x->state == STATE_COMPLETE && x->auth == best->auth;
	}
	first_of_contents(m, by, n);
}
