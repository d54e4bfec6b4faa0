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
		else if (identity && s == STANDS_NEW)
			s = STANDS_CONFLICT;
	}
	return s;
}

/* By identity; within one, the row that is to count comes first. */
static int preference(const void *pa, const void *pb)
{
	const struct member *a = *(const struct member *const *)pa;
	const struct member *b = *(const struct member *const *)pb;
	int c = memcmp(a->identity, b->identity, 16);

	if (c)
		return c;
	if (a->near_repeat != b->near_repeat)
		return a->near_repeat ? 1 : -1;
	if (a->state != b->state) /* a complete report supersedes a partial one */
		return a->state == STATE_COMPLETE ? -1 : 1;
	c = trust_rank(a->auth) - trust_rank(b->auth);
	if (c)
		return c;
	if (a->messages != b->messages)
		return a->messages > b->messages ? -1 : 1;
	return a->no < b->no ? -1 : a->no > b->no;
}

void choose_counted(struct member *m, size_t n)
{
	AUTO_FREE struct member **by = xcalloc(n, sizeof(struct member *));

	for (size_t i = 0; i < n; i++)
		by[i] = &m[i];
	qsort(by, n, sizeof(struct member *), preference);
	for (size_t i = 0; i < n; i++) {
		bool first = i == 0 || memcmp(by[i - 1]->identity, by[i]->identity, 16) != 0;
		bool counted = first && !by[i]->near_repeat;

		if (by[i]->counted != counted)
			by[i]->changed = true;
		by[i]->counted = counted;
	}
}
