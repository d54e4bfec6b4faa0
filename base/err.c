#include "base/err.h"

#include <stdio.h>
#include <string.h>

static const char *const names[] = {"none", "input", "limit", "temp", "config", "bug"};

/* Control characters of strangers' text would reach terminals and logs: one '?' each. */
static void make_visible(char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = '?';
}

/* snprintf may cut a UTF-8 sequence in two at the end of the buffer: take the half away. */
static void mend_cut(char *s)
{
	size_t n = strlen(s), back = 0;

	while (back < 3 && back < n && ((unsigned char)s[n - 1 - back] & 0xc0) == 0x80)
		back++;
	if (back == n)
		return;
	unsigned char lead = (unsigned char)s[n - 1 - back];
	size_t want = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;

	if (want > back)
		s[n - 1 - back] = '\0';
}

int err_set(struct err *e, enum err_class class, const char *fmt, ...)
{
	va_list ap;

	if (!e)
		return -1;
	e->class = class;
	va_start(ap, fmt);
	vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
	va_end(ap);
	make_visible(e->msg);
	mend_cut(e->msg);
	return -1;
}

int err_wrap(struct err *e, const char *fmt, ...)
{
	char prefix[256], old[sizeof(e->msg)];
	va_list ap;

	if (!e)
		return -1;
	va_start(ap, fmt);
	vsnprintf(prefix, sizeof(prefix), fmt, ap);
	va_end(ap);
	memcpy(old, e->msg, sizeof(old));
	if (snprintf(e->msg, sizeof(e->msg), "%s: %s", prefix, old) < 0)
		e->msg[0] = '\0';
	make_visible(e->msg);
	mend_cut(e->msg);
	return -1;
}

const char *err_class_name(enum err_class class)
{
	return class <= ERR_BUG ? names[class] : "bug";
}

enum err_class err_class_of(const char *name)
{
	for (int i = 0; i <= ERR_BUG; i++)
		if (strcmp(names[i], name) == 0)
			return (enum err_class)i;
	return ERR_BUG;
}
