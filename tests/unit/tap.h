/*
 * tap - the Test Anything Protocol for unit tests in C: one line a check, the plan at the end.
 *
 *	int main(void)
 *	{
 *		is_int(add(1, 2), 3, "adds");
 *		return tap_done();
 *	}
 */
#ifndef TESTS_TAP_H
#define TESTS_TAP_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static int tap_run, tap_failed;

/* What was got and wanted goes below a failed check, as a comment. */
__attribute__((format(printf, 1, 2), unused)) static void tap_note(const char *fmt, ...)
{
	va_list ap;

	fputs("# ", stdout);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

static inline bool tap_ok(bool passed, const char *name, const char *file, int line)
{
	tap_run++;
	printf("%sok %d - %s\n", passed ? "" : "not ", tap_run, name);
	if (!passed) {
		tap_failed++;
		tap_note("at %s:%d", file, line);
	}
	/* A test that crashes shall not lose what passed before. */
	fflush(stdout);
	return passed;
}

static inline bool tap_is_int(int64_t got, int64_t wanted, const char *name, const char *file,
			      int line)
{
	bool same = got == wanted;

	tap_ok(same, name, file, line);
	if (!same)
		tap_note("got %" PRId64 ", wanted %" PRId64, got, wanted);
	return same;
}

static inline bool tap_is_str(const char *got, const char *wanted, const char *name,
			      const char *file, int line)
{
	bool same = got && wanted ? strcmp(got, wanted) == 0 : got == wanted;

	tap_ok(same, name, file, line);
	if (!same) {
		tap_note("got    %s", got ? got : "(NULL)");
		tap_note("wanted %s", wanted ? wanted : "(NULL)");
	}
	return same;
}

static inline void tap_skip(const char *why)
{
	tap_run++;
	printf("ok %d # SKIP %s\n", tap_run, why);
}

/* Prints the plan; what main returns. */
static inline int tap_done(void)
{
	printf("1..%d\n", tap_run);
	return tap_failed ? 1 : 0;
}

#define ok(passed, name) tap_ok((passed), (name), __FILE__, __LINE__)
#define is_int(got, wanted, name) \
	tap_is_int((int64_t)(got), (int64_t)(wanted), (name), __FILE__, __LINE__)
#define is_str(got, wanted, name) tap_is_str((got), (wanted), (name), __FILE__, __LINE__)

#endif
