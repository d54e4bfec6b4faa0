#include "base/mboxline.h"

#include <string.h>

bool mboxline_is_from(const struct mboxline *l, const char *p, size_t n)
{
	return l->start && l->after_empty && n >= MBOX_FROM && memcmp(p, "From ", MBOX_FROM) == 0;
}

bool mboxline_pass(struct mboxline *l, const char *p, size_t n)
{
	bool whole = n && p[n - 1] == '\n';
	bool empty = l->start && whole && (n == 1 || (n == 2 && p[0] == '\r'));

	l->start = whole;
	l->after_empty = empty;
	return empty;
}
