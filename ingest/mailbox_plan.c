#include "ingest/mailbox.h"
#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

void uids_clear(struct uidset *s)
{
	s->n = 0;
}

void uids_add_range(struct uidset *s, uint32_t first, uint32_t last)
{
	if (s->n && (uint64_t)s->v[s->n - 1].last + 1 >= first) {
		if (last > s->v[s->n - 1].last)
			s->v[s->n - 1].last = last;
		return;
	}
	if (s->n == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 16;
		s->v = xrealloc(s->v, s->cap * sizeof(*s->v));
	}
	s->v[s->n++] = (struct uid_range){.first = first, .last = last};
}

static void replace(struct uidset *a, struct uidset *with)
{
	uidset_free(a);
	*a = *with;
}

void uids_and(struct uidset *a, const struct uidset *b)
{
	struct uidset both = {0};
	size_t i = 0, j = 0;

	while (i < a->n && j < b->n) {
		const struct uid_range *x = &a->v[i], *y = &b->v[j];
		uint32_t first = x->first > y->first ? x->first : y->first;
		uint32_t last = x->last < y->last ? x->last : y->last;

		if (first <= last)
			uids_add_range(&both, first, last);
		if (x->last < y->last)
			i++;
		else
			j++;
	}
	replace(a, &both);
}

void uids_minus(struct uidset *a, const struct uidset *b)
{
	struct uidset rest = {0};
	size_t j = 0;

	if (!a->n || !b->n)
		return;
	for (size_t i = 0; i < a->n; i++) {
		uint64_t at = a->v[i].first, last = a->v[i].last;

		while (j < b->n && b->v[j].last < at)
			j++;
		for (size_t k = j; k < b->n && b->v[k].first <= last; k++) {
			if (b->v[k].first > at)
				uids_add_range(&rest, (uint32_t)at, b->v[k].first - 1);
			at = (uint64_t)b->v[k].last + 1;
		}
		if (at <= last)
			uids_add_range(&rest, (uint32_t)at, (uint32_t)last);
	}
	replace(a, &rest);
}

void uids_take(struct uidset *from, size_t n, struct uidset *to)
{
	size_t i = 0;

	while (n && i < from->n) {
		struct uid_range *r = &from->v[i];
		uint64_t here = (uint64_t)r->last - r->first + 1;

		if (here > n) {
			uids_add_range(to, r->first, r->first + (uint32_t)(n - 1));
			r->first += (uint32_t)n;
			break;
		}
		uids_add_range(to, r->first, r->last);
		n -= (size_t)here;
		i++;
	}
	from->n -= i;
	if (i)
		memmove(from->v, from->v + i, from->n * sizeof(*from->v));
}

uint32_t *uids_list(const struct uidset *s, size_t *ret_n)
{
	uint32_t *v = xmalloc((uidset_count(s) + 1) * sizeof(*v));
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		for (uint64_t uid = s->v[i].first; uid <= s->v[i].last; uid++)
			v[n++] = (uint32_t)uid;
	*ret_n = n;
	return v;
}

void messages_add(struct messages *m, const struct message *x)
{
	if (m->n == m->cap) {
		m->cap = m->cap ? 2 * m->cap : 64;
		m->v = xrealloc(m->v, m->cap * sizeof(*m->v));
	}
	m->v[m->n++] = *x;
}

static int by_uid(const void *a, const void *b)
{
	uint32_t x = ((const struct message *)a)->uid, y = ((const struct message *)b)->uid;

	return (x > y) - (x < y);
}

void messages_sort(struct messages *m)
{
	size_t n = 0;

	if (m->n)
		qsort(m->v, m->n, sizeof(*m->v), by_uid);
	for (size_t i = 0; i < m->n; i++)
		if (n == 0 || m->v[n - 1].uid != m->v[i].uid)
			m->v[n++] = m->v[i];
	m->n = n;
}

struct message *messages_find(struct message *v, size_t n, uint32_t uid)
{
	struct message key = {.uid = uid};

	return n ? bsearch(&key, v, n, sizeof(*v), by_uid) : NULL;
}

size_t window_length(const struct message *v, size_t n, int64_t *ret_bytes)
{
	int64_t bytes = 0;
	size_t k = 0;

	while (k < n && k < WINDOW_MESSAGES && v[k].size <= LIMIT_MAIL) {
		int64_t size = v[k].size < 0 ? SIZE_UNKNOWN : v[k].size;

		if (k && bytes + size > WINDOW_BYTES)
			break;
		bytes += size;
		k++;
	}
	*ret_bytes = bytes;
	return k;
}

int64_t backoff(unsigned failures, int64_t first, int64_t most, uint32_t random)
{
	int64_t ms = first;

	while (failures > 1 && ms < most) {
		ms *= 2;
		failures--;
	}
	if (ms > most)
		ms = most;
	return ms * 3 / 4 + (int64_t)(random % (uint32_t)(ms / 2 + 1));
}
