#include "store/log_join.h"

/* Of the long queue id: digits and letters without vowels, base 52; inode in base 51, without z. */
static const char postfix[] = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz";
static const char exim[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

#define EPOCH_MIN 631152000  /* 1990: before that there was neither of them */
#define EPOCH_MAX 7258118400 /* 2200 */

static bool number(const char *digits, int64_t base, const char *p, size_t n, int64_t *ret)
{
	int64_t v = 0;

	for (size_t i = 0; i < n; i++) {
		const char *d = memchr(digits, p[i], (size_t)base);

		if (!d || v > INT64_MAX / base - 1)
			return false;
		v = v * base + (d - digits);
	}
	*ret = v;
	return n > 0;
}

static int64_t of_postfix(struct text id)
{
	int64_t seconds, us, inode;
	const char *z = memrchr(id.p, 'z', id.len);

	if (!z || z - id.p < 10 || z - id.p > 12)
		return TIME_ABSENT;
	size_t at = (size_t)(z - id.p);

	if (!number(postfix, 52, id.p, at - 4, &seconds) ||
	    !number(postfix, 52, z - 4, 4, &us) ||
	    !number(postfix, 51, z + 1, id.len - at - 1, &inode) ||
	    us >= 1000000 || seconds < EPOCH_MIN || seconds > EPOCH_MAX)
		return TIME_ABSENT;
	return seconds * 1000000 + us;
}

/* 6-6-2, or 6-11-4 since 4.97. */
static int64_t of_exim(struct text id)
{
	int64_t seconds;

	if (!((id.len == 16 && id.p[6] == '-' && id.p[13] == '-') ||
	      (id.len == 23 && id.p[6] == '-' && id.p[18] == '-')) ||
	    !number(exim, 62, id.p, 6, &seconds) || seconds < EPOCH_MIN || seconds > EPOCH_MAX)
		return TIME_ABSENT;
	return seconds * 1000000;
}

int64_t join_epoch(enum log_system system, struct text queue_id)
{
	if (!queue_id.p)
		return TIME_ABSENT;
	if (system == SYSTEM_POSTFIX)
		return of_postfix(queue_id);
	if (system == SYSTEM_EXIM)
		return of_exim(queue_id);
	return TIME_ABSENT;
}
