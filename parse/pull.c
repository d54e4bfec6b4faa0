#include "parse/pull.h"

#include <string.h>

void pull_begin(struct pull *l, struct source *below)
{
	memset(l, 0, offsetof(struct pull, seam));
	l->below = below;
}

static bool fetch(struct pull *l)
{
	struct block b;
	int r = l->over ? 0 : source_next(l->below, &b, &l->broke);

	if (r <= 0) {
		if (r == 0 && !l->over)
			l->broke.class = ERR_NONE;
		l->over = true;
		return false;
	}
	l->next = b.p;
	l->next_len = b.len;
	l->sewn = 0;
	return true;
}

/* Behind what is left of one block, the beginning of the next. */
static void sew(struct pull *l, size_t want)
{
	memmove(l->seam, l->p, l->len);
	l->p = l->seam;
	while (l->len < want && (l->next_len || fetch(l))) {
		size_t n = want - l->len < l->next_len ? want - l->len : l->next_len;

		memcpy(l->seam + l->len, l->next, n);
		l->len += n;
		l->next += n;
		l->next_len -= n;
		l->sewn += n;
	}
}

/* Out of the seam again, as soon as all that is left of it is of the later block. */
static void unsew(struct pull *l)
{
	l->p = l->next - l->len;
	l->len += l->next_len;
	l->next_len = l->sewn = 0;
}

size_t pull_peek(struct pull *l, size_t want)
{
	if (l->len <= l->sewn && l->sewn)
		unsew(l);
	if (l->len == 0 && fetch(l))
		unsew(l);
	if (l->len && l->len < want)
		sew(l, want);
	return l->len;
}

void pull_take(struct pull *l, size_t n)
{
	l->p += n;
	l->len -= n;
	l->at += n;
}

uint64_t pull_skip(struct pull *l, uint64_t n)
{
	uint64_t left = n;

	while (left && pull_peek(l, 1)) {
		size_t some = left < l->len ? (size_t)left : l->len;

		pull_take(l, some);
		left -= some;
	}
	return n - left;
}

int pull_goto(struct pull *l, uint64_t at, struct err *e)
{
	if (at < l->at) {
		if (source_rewind(l->below, e) < 0)
			return -1;
		pull_begin(l, l->below);
	}
	uint64_t n = at - l->at;

	if (pull_skip(l, n) == n)
		return 0;
	if (l->broke.class != ERR_NONE) {
		*e = l->broke;
		return -1;
	}
	return err_set(e, ERR_INPUT, "it reads otherwise the second time");
}
