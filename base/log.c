#include "base/log.h"
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* The log's level is one of the two things of this program that are global. */
static enum log_level wanted = LOG_INFO;
static void (*clear_line)(void);

static const char *const names[] = {"error", "warn", "info", "debug"};
static const int priorities[] = {3, 4, 6, 7}; /* syslog's */

#define VALUE_MAX 1024

void log_set_level(enum log_level level)
{
	wanted = level;
}

bool log_wants(enum log_level level)
{
	return level <= wanted;
}

void log_set_clear(void (*clear)(void))
{
	clear_line = clear;
}

/* systemd says in JOURNAL_STREAM which device and inode standard error has if it reads it. */
static bool to_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	return stream && sscanf(stream, "%llu:%llu", &dev, &ino) == 2 &&
	       fstat(STDERR_FILENO, &st) == 0 && st.st_dev == dev && st.st_ino == ino;
}

struct log_line log_begin(enum log_level level, const char *event)
{
	struct log_line l = {.level = level};

	if (!log_wants(level))
		return l;
	l.b = xcalloc(1, sizeof(*l.b));
	if (to_journal())
		buf_printf(l.b, "<%d>", priorities[level]);
	buf_printf(l.b, "level=%s", names[level]);
	if (event)
		buf_printf(l.b, " ev=%s", event);
	return l;
}

void log_text(struct log_line *l, const char *key, struct text value)
{
	struct buf seen = {0};

	if (!l->b || !text_present(value))
		return;
	if (value.len > VALUE_MAX)
		value.len = VALUE_MAX;
	text_add_visible(&seen, value);
	buf_printf(l->b, " %s=\"", key);
	for (size_t i = 0; i < seen.len; i++) {
		if (seen.p[i] == '"')
			buf_addc(l->b, '\\');
		buf_addc(l->b, seen.p[i]);
	}
	buf_addc(l->b, '"');
	buf_free(&seen);
}

void log_int(struct log_line *l, const char *key, int64_t value)
{
	if (l->b)
		buf_printf(l->b, " %s=%lld", key, (long long)value);
}

void log_end(struct log_line *l)
{
	if (!l->b)
		return;
	buf_addc(l->b, '\n');
	if (clear_line)
		clear_line();
	/* What can't be said on stderr can't be said anywhere. */
	if (write(STDERR_FILENO, l->b->p, l->b->len) < 0)
		clear_line = NULL;
	buf_free(l->b);
	free(l->b);
	l->b = NULL;
}

void log_msg(enum log_level level, const char *fmt, ...)
{
	struct log_line l = log_begin(level, NULL);
	char sentence[VALUE_MAX];
	va_list ap;

	if (!l.b)
		return;
	va_start(ap, fmt);
	vsnprintf(sentence, sizeof(sentence), fmt, ap);
	va_end(ap);
	log_text(&l, "msg", text_of(sentence));
	log_end(&l);
}
