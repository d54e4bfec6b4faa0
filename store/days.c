#include "store/days.h"
#include "base/model.h"
#include "store/copy.h"

#include <string.h>

static int32_t day_of(int64_t second)
{
	int64_t d = second / 86400;

	return (int32_t)(second % 86400 < 0 ? d - 1 : d);
}

static bool time_ok(int64_t t)
{
	return t >= PG_TIME_MIN && t <= PG_TIME_MAX;
}

static void overlaps(struct days *d, int64_t begin, int64_t end)
{
	int32_t last = day_of(end - 1);

	d->first = day_of(begin);
	d->n = (uint32_t)(last - d->first + 1);
	d->total = (int32_t)(end - begin);
	for (uint32_t i = 0; i < d->n; i++) {
		int64_t from = ((int64_t)d->first + i) * 86400, to = from + 86400;

		d->seconds[i] = (int32_t)((end < to ? end : to) - (begin > from ? begin : from));
	}
}

void days_of(int64_t begin, int64_t end, struct days *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (!time_ok(begin) || !time_ok(end))
		return;
	if (begin > end) {
		int64_t t = begin;

		begin = end;
		end = t;
		ret->swapped = true;
	}
	int64_t sum = begin + end;

	if (end - begin <= DAYS_WHOLE_SECONDS) {
		ret->has_day = true;
		ret->day = day_of(sum / 2 - (sum % 2 < 0)); /* floor, before 1970 as well */
	} else if (end - begin <= DAYS_SPLIT_SECONDS) {
		overlaps(ret, begin, end);
	}
}

void days_split(const struct days *d, int64_t count, int64_t ret[DAYS_MAX])
{
	int64_t rest[DAYS_MAX], left = count;

	for (uint32_t i = 0; i < d->n; i++) {
		__int128 share = (__int128)count * d->seconds[i];

		ret[i] = (int64_t)(share / d->total);
		rest[i] = (int64_t)(share % d->total);
		left -= ret[i];
	}
	for (; left > 0; left--) {
		uint32_t best = 0;

		for (uint32_t i = 1; i < d->n; i++)
			if (rest[i] > rest[best])
				best = i;
		ret[best]++;
		rest[best] = -1;
	}
}
