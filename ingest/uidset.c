#include "ingest/uidset.h"

#include <stdlib.h>

void uidset_free(struct uidset *s)
{
	free(s->v);
	*s = (struct uidset){0};
}

/* The first range that ends at uid or behind it; s->n: none. */
static size_t find(const struct uidset *s, uint32_t uid)
{
	size_t from = 0, to = s->n;

	if (s->n && s->v[s->n - 1].last < uid)
		return s->n;
	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (s->v[middle].last < uid)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static void insert(struct uidset *s, size_t at, struct uid_range r)
{
	if (s->n == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 16;
		s->v = xrealloc(s->v, s->cap * sizeof(*s->v));
	}
	memmove(s->v + at + 1, s->v + at, (s->n - at) * sizeof(*s->v));
	s->v[at] = r;
	s->n++;
}

static void take_out(struct uidset *s, size_t at)
{
	s->n--;
	memmove(s->v + at, s->v + at + 1, (s->n - at) * sizeof(*s->v));
}

bool uidset_has(const struct uidset *s, uint32_t uid)
{
	size_t at = find(s, uid);

	return at < s->n && s->v[at].first <= uid;
}

void uidset_add(struct uidset *s, uint32_t uid)
{
	size_t at = find(s, uid);

	if (at < s->n && s->v[at].first <= uid)
		return;
	bool before = at && s->v[at - 1].last + 1 == uid;
	bool behind = at < s->n && s->v[at].first - 1 == uid;

	if (before && behind) {
		s->v[at - 1].last = s->v[at].last;
		take_out(s, at);
	} else if (before) {
		s->v[at - 1].last = uid;
	} else if (behind) {
		s->v[at].first = uid;
	} else {
		insert(s, at, (struct uid_range){uid, uid});
	}
}

void uidset_remove(struct uidset *s, uint32_t uid)
{
	size_t at = find(s, uid);

	if (at == s->n || s->v[at].first > uid)
		return;
	struct uid_range *r = s->v + at, behind = {uid + 1, r->last};

	if (r->first == uid && r->last == uid) {
		take_out(s, at);
	} else if (r->first == uid) {
		r->first++;
	} else if (r->last == uid) {
		r->last--;
	} else {
		r->last = uid - 1;
		insert(s, at + 1, behind);
	}
}

uint64_t uidset_count(const struct uidset *s)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += (uint64_t)s->v[i].last - s->v[i].first + 1;
	return n;
}

size_t uidset_text(const struct uidset *s, size_t from_range, size_t max, struct buf *b)
{
	size_t i = from_range, begin = b->len;

	for (; i < s->n; i++) {
		const struct uid_range *r = s->v + i;
		size_t was = b->len;

		buf_printf(b, was > begin ? ",%u" : "%u", r->first);
		if (r->last > r->first)
			buf_printf(b, ":%u", r->last);
		if (b->len - begin > max) {
			b->len = was;
			break;
		}
	}
	return i > from_range ? i - from_range : 0;
}

/* ---- many at once, in any order ---- */

static int by_first(const void *a, const void *b)
{
	const struct uid_range *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

/* Ranges one behind the other become a set: sorted, none that touches another. */
static void put_in_order(struct uidset *s)
{
	size_t to = 0;

	if (!s->n)
		return;
	qsort(s->v, s->n, sizeof(*s->v), by_first);
	for (size_t i = 1; i < s->n; i++) {
		if (s->v[i].first - 1 > s->v[to].last)
			s->v[++to] = s->v[i];
		else if (s->v[i].last > s->v[to].last)
			s->v[to].last = s->v[i].last;
	}
	s->n = to + 1;
}

void uidset_add_all(struct uidset *s, const uint32_t *uids, size_t n)
{
	bool sorted = true;

	for (size_t i = 0; i < n; i++) {
		struct uid_range *last = s->n ? s->v + s->n - 1 : NULL;

		if (last && uids[i] >= last->first && uids[i] <= last->last)
			continue;
		if (last && uids[i] == last->last + 1) {
			last->last++;
			continue;
		}
		sorted = sorted && (!last || uids[i] > last->last);
		insert(s, s->n, (struct uid_range){uids[i], uids[i]});
	}
	if (!sorted)
		put_in_order(s);
}

/* 0: no number, or none that a UID can be. */
static uint32_t number(const char **at, const char *end)
{
	uint64_t n = 0;

	for (; *at < end && **at >= '0' && **at <= '9'; (*at)++) {
		n = n * 10 + (uint64_t)(**at - '0');
		if (n > UINT32_MAX)
			return 0;
	}
	return (uint32_t)n;
}

static int refuse(struct text t, struct err *e)
{
	struct buf b = {0};

	text_add_visible(&b, (struct text){t.p, t.len < 80 ? t.len : 80});
	err_set(e, ERR_TEMP, "the server names messages in a way that is none: '%s'", buf_cstr(&b));
	buf_free(&b);
	return -1;
}

/* The range at *at, which goes behind it and its comma. False: there is none. */
static bool next_range(const char **at, const char *end, struct uid_range *ret)
{
	uint32_t a = number(at, end), b = a;

	if (*at < end && **at == ':') {
		(*at)++;
		b = number(at, end);
	}
	if (!a || !b)
		return false;
	*ret = a < b ? (struct uid_range){a, b} : (struct uid_range){b, a};
	/* a comma has another range behind it */
	if (*at < end && (**at != ',' || ++*at == end))
		return false;
	return true;
}

static int ranges(struct text t, uint64_t max, struct uidset *s, struct err *e)
{
	const char *at = t.p, *end = t.p + t.len;
	struct uid_range r;
	uint64_t n = 0;

	if (!t.len)
		return refuse(t, e);
	while (at < end) {
		if (!next_range(&at, end, &r))
			return refuse(t, e);
		n += (uint64_t)r.last - r.first + 1;
		if (n > max)
			return err_set(e, ERR_TEMP, "the server names more than %llu messages",
				       (unsigned long long)max);
		insert(s, s->n, r);
	}
	put_in_order(s);
	return 0;
}

int uidset_parse(struct text t, uint64_t max, struct uidset *ret, struct err *e)
{
	struct uidset s = {0};

	if (ranges(t, max, &s, e) < 0) {
		uidset_free(&s);
		return -1;
	}
	if (ret->n) {
		for (size_t i = 0; i < s.n; i++)
			insert(ret, ret->n, s.v[i]);
		uidset_free(&s);
		put_in_order(ret);
	} else {
		uidset_free(ret);
		*ret = s;
	}
	return 0;
}
