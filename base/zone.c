/* Local time of a host: libc reads the tz database, we keep what is near to today. */
#include "base/log_source.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DAY 86400
#define YEAR (366 * DAY)
#define PAST (12 * YEAR)   /* logs are not kept longer */
#define FUTURE (2 * YEAR)  /* a program that is not started anew */
#define SECOND 1000000LL
#define NEAR (1800 * SECOND)

/* From `from` on (Unix seconds, UTC) local time is ahead by offset. */
struct span {
	int64_t from;
	int64_t offset;
};

struct zone {
	size_t n;
	struct span spans[];  /* the first one begins long ago, the last one never ends */
};

static int64_t offset_at(int64_t t)
{
	time_t at = (time_t)t;
	struct tm tm;

	return localtime_r(&at, &tm) ? tm.tm_gmtoff : 0;
}

/* The first second in (from, to] with the offset of `to`. */
static int64_t change_between(int64_t from, int64_t to)
{
	int64_t wanted = offset_at(to);

	while (to - from > 1) {
		int64_t middle = from + (to - from) / 2;

		if (offset_at(middle) == wanted)
			to = middle;
		else
			from = middle;
	}
	return to;
}

/* As libc has it now: day by day, since no zone changes twice in one. */
static struct zone *read_zone(void)
{
	int64_t now = (int64_t)time(NULL), t = now - PAST, offset = offset_at(t);
	struct zone *z = xmalloc(sizeof(*z) + sizeof(struct span));

	z->n = 1;
	z->spans[0] = (struct span){INT64_MIN / 4 / SECOND, offset};
	for (; t < now + FUTURE; t += DAY) {
		int64_t next = offset_at(t + DAY);

		if (next == offset)
			continue;
		z = xrealloc(z, sizeof(*z) + (z->n + 1) * sizeof(struct span));
		z->spans[z->n++] = (struct span){change_between(t, t + DAY), next};
		offset = next;
	}
	return z;
}

/* libc takes a zone that it does not know for UTC, and says nothing. */
static int look_for(const char *name, struct err *e)
{
	const char *env = getenv("TZDIR");
	const char *folder = env && *env == '/' ? env : "/usr/share/zoneinfo";
	AUTO_FREE char *path = xasprintf("%s/%s", folder, name);

	if (*name == '/' || *name == ':' || strstr(name, "..") || strlen(name) > 100)
		return err_set(e, ERR_CONFIG, "'%.100s' is no time zone: Europe/Berlin is one",
			       name);
	if (access(folder, R_OK | X_OK) < 0)
		return err_set(e, ERR_CONFIG, "there is no tz database below %s: install tzdata",
			       folder);
	if (access(path, R_OK) < 0 || name[strlen(name) - 1] == '/')
		return err_set(e, ERR_CONFIG, "there is no time zone '%s': Europe/Berlin is one",
			       name);
	return 0;
}

int zone_load(const char *name, struct zone **ret_z, struct err *e)
{
	const char *set = getenv("TZ");
	AUTO_FREE char *before = set ? xstrdup(set) : NULL;

	if (!name || !*name) {
		tzset();
		*ret_z = read_zone();
		return 0;
	}
	/* libc knows these two without a database */
	if (strcmp(name, "UTC") != 0 && strcmp(name, "GMT") != 0 && look_for(name, e) < 0)
		return -1;
	setenv("TZ", name, 1);
	tzset();
	*ret_z = read_zone();
	if (before)
		setenv("TZ", before, 1);
	else
		unsetenv("TZ");
	tzset();
	return 0;
}

void zone_free(struct zone *z)
{
	free(z);
}

/* Microseconds of local time at which span i ends. */
static int64_t local_end(const struct zone *z, size_t i)
{
	return i + 1 < z->n ? (z->spans[i + 1].from + z->spans[i].offset) * SECOND : INT64_MAX;
}

static int64_t local_begin(const struct zone *z, size_t i)
{
	return (z->spans[i].from + z->spans[i].offset) * SECOND;
}

int64_t zone_to_utc(const struct zone *z, int64_t us, int64_t after)
{
	size_t low = 0, high = z->n - 1;

	/* the first span that ends behind it */
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (local_end(z, middle) > us)
			high = middle;
		else
			low = middle + 1;
	}
	/* The clock jumped over it: as if it had not yet. */
	if (low && us < local_begin(z, low))
		return us - z->spans[low - 1].offset * SECOND;

	int64_t first = us - z->spans[low].offset * SECOND;

	if (low + 1 < z->n && us >= local_begin(z, low + 1) && after != TIME_ABSENT &&
	    first <= after - NEAR)
		return us - z->spans[low + 1].offset * SECOND;
	return first;
}
