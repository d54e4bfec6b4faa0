/*
 * days - which UTC day, or days, a report's range belongs to (definitions A4). Pure functions.
 */
#ifndef STORE_DAYS_H
#define STORE_DAYS_H

#include <stdbool.h>
#include <stdint.h>

#define DAYS_WHOLE_SECONDS (25 * 3600)      /* up to here: all of it to the day of the midpoint */
#define DAYS_SPLIT_SECONDS (31 * 86400)     /* up to here: split by overlap; longer: no day */
#define DAYS_MAX 33                         /* days that 31 x 24 h can touch, and one to spare */

struct days {
	bool swapped;                       /* end was before begin */
	bool has_day;                       /* day is set: the whole report lies on it */
	int32_t day;                        /* days since 1970-01-01 */
	uint32_t n;                         /* over 25 h, at most 31 days: days touched, else 0 */
	int32_t first;                      /* the first of them */
	int32_t seconds[DAYS_MAX];          /* of the range that lie on each */
	int32_t total;                      /* sum of seconds */
};

/* begin and end as sent. One that is TIME_ABSENT or that PostgreSQL can't hold: no day. */
void days_of(int64_t begin, int64_t end, struct days *ret);

/* count >= 0 over d->n days: integers by largest remainder, ties to the earlier day; their sum is
 * count. */
void days_split(const struct days *d, int64_t count, int64_t ret[DAYS_MAX]);

#endif
