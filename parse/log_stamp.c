/*
 * The stamps of logs. That of the line before is kept: most lines have its second, or its day.
 */
#include "parse/log_inner.h"

#include <string.h>

#define DAY 86400
#define CLASSIC 15 /* "Jun  1 14:20:03" */

/* Days since 1970 of a date of the Gregorian calendar. */
static int64_t days_of(int year, int month, int day)
{
	int y = year - (month <= 2);
	int era = y / 400, of_era = y % 400;
	int of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return (int64_t)era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year -
	       719468;
}

static bool is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static bool date_ok(int year, int month, int day)
{
	static const uint8_t days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] &&
	       (month != 2 || day < 29 || is_leap(year));
}

static int year_of(int64_t seconds)
{
	int year = (int)(seconds / 31556952) + 1970;

	while (days_of(year + 1, 1, 1) * DAY <= seconds)
		year++;
	while (year > 1970 && days_of(year, 1, 1) * DAY > seconds)
		year--;
	return year;
}

void log_clock_init(struct log_clock *c, int64_t now)
{
	*c = (struct log_clock){.now = now};
	c->latest = (now < 0 ? 0 : now > LIMIT_TIME ? LIMIT_TIME : now) + DAY;
	c->year = year_of(c->latest);
}

void log_clock_set(struct log *l, int64_t now)
{
	if (now != l->clock.now || !l->clock.year)
		log_clock_init(&l->clock, now);
}

static inline bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Two digits; a blank may stand for the first where blank says so. -1: none. */
static inline int two(const char *p, bool blank)
{
	if (!is_digit(p[1]) || !(is_digit(p[0]) || (blank && p[0] == ' ')))
		return -1;
	return (p[0] == ' ' ? 0 : p[0] - '0') * 10 + p[1] - '0';
}

/* "14:20:03" in seconds of the day; -1: none. A leap second is the one before it. */
static int time_of_day(const char *p)
{
	int h = two(p, false), m = two(p + 3, false), s = two(p + 6, false);

	if (p[2] != ':' || p[5] != ':' || h < 0 || h > 23 || m < 0 || m > 59 || s < 0 || s > 60)
		return -1;
	return h * 3600 + m * 60 + (s == 60 ? 59 : s);
}

/* ".123456" behind the seconds; as many bytes as are taken. */
static size_t fraction(struct text t, int64_t *ret_us)
{
	int64_t us = 0, unit = 100000;
	size_t n = 1;

	*ret_us = 0;
	if (t.len < 2 || (t.p[0] != '.' && t.p[0] != ',') || !is_digit(t.p[1]))
		return 0;
	for (; n < t.len && is_digit(t.p[n]); n++, unit /= 10)
		us += (t.p[n] - '0') * unit;
	*ret_us = us;
	return n;
}

/* "Z", "+02:00", "+0200", "+02", " +0200"; as many bytes as are taken, 0: no zone. */
static size_t zone(struct text t, int64_t *ret_seconds)
{
	size_t at = t.len > 5 && t.p[0] == ' ' && (t.p[1] == '+' || t.p[1] == '-');

	*ret_seconds = 0;
	if (t.len && (t.p[0] == 'Z' || t.p[0] == 'z'))
		return 1;
	if (t.len < at + 3 || (t.p[at] != '+' && t.p[at] != '-'))
		return 0;
	int h = two(t.p + at + 1, false), m = 0;
	size_t n = at + 3, colon = t.len > n && t.p[n] == ':';

	if (h < 0 || h > 23)
		return 0;
	if (t.len >= n + colon + 2 && (m = two(t.p + n + colon, false)) >= 0 && m < 60)
		n += colon + 2;
	else
		m = 0;
	*ret_seconds = (t.p[at] == '-' ? -1 : 1) * (h * 3600 + m * 60);
	return n;
}

static bool is_end(struct text t, size_t n)
{
	return n >= t.len || (uint8_t)t.p[n] <= ' ' || t.p[n] == ':' || t.p[n] == ',' ||
	       t.p[n] == '"' || t.p[n] == ';';
}

/* Behind the date and the blank or T: its time of day, fraction and zone. */
static size_t clock_time(struct text t, int64_t date_s, struct log_time *ret)
{
	int64_t us, off;
	int s = t.len < 8 ? -1 : time_of_day(t.p);
	size_t n = 8, of_zone;

	if (s < 0)
		return 0;
	n += fraction((struct text){t.p + n, t.len - (uint32_t)n}, &us);
	of_zone = zone((struct text){t.p + n, t.len - (uint32_t)n}, &off);
	n += of_zone;
	if (!is_end(t, n))
		return 0;
	ret->us = (date_s + s - off) * 1000000 + us;
	ret->local = !of_zone;
	return ret->us < 0 ? 0 : n;
}

static int number(const char *p, int n)
{
	int v = 0;

	for (int i = 0; i < n; i++) {
		if (!is_digit(p[i]))
			return -1;
		v = v * 10 + p[i] - '0';
	}
	return v;
}

/* 2026-06-01T14:20:03.5+02:00, 2026-06-01 14:20:03. */
static size_t iso(struct log_clock *c, struct text t, struct log_time *ret)
{
	if (t.len < 19 || (t.p[10] != 'T' && t.p[10] != ' ' && t.p[10] != 't'))
		return 0;
	if (memcmp(t.p, c->date, sizeof(c->date)) != 0) {
		int year = number(t.p, 4), month = number(t.p + 5, 2), day = number(t.p + 8, 2);

		if (t.p[4] != '-' || t.p[7] != '-' || year < 1970 || !date_ok(year, month, day))
			return 0;
		memcpy(c->date, t.p, sizeof(c->date));
		c->date_s = days_of(year, month, day) * DAY;
	}
	size_t n = clock_time((struct text){t.p + 11, t.len - 11}, c->date_s, ret);

	return n ? 11 + n : 0;
}

static int month_of(const char *p)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (int i = 0; i < 12; i++)
		if (memcmp(p, names + 3 * i, 3) == 0)
			return i + 1;
	return 0;
}

/* The last year that puts it before `latest` and has that day; TIME_ABSENT: there is none. */
static int64_t without_year(const struct log_clock *c, int month, int day, int s)
{
	for (int year = c->year; year >= 1970 && year > c->year - 10; year--) {
		if (!date_ok(year, month, day))
			continue;
		int64_t at = days_of(year, month, day) * DAY + s;

		if (at <= c->latest)
			return at;
	}
	return TIME_ABSENT;
}

/* "Jun  1 14:20:03", also with a year behind the day. */
static size_t classic(struct log_clock *c, struct text t, struct log_time *ret)
{
	int64_t us;

	if (t.len < CLASSIC)
		return 0;
	if (memcmp(t.p, c->classic, CLASSIC) != 0) {
		int month = month_of(t.p), day = two(t.p + 4, true), s = time_of_day(t.p + 7);
		int year = number(t.p + 7, 4);

		if (!month || t.p[3] != ' ' || t.p[6] != ' ')
			return 0;
		if (s < 0 && t.len >= 20 && t.p[11] == ' ' && year >= 1970 &&
		    date_ok(year, month, day)) {
			size_t n = clock_time((struct text){t.p + 12, t.len - 12},
					      days_of(year, month, day) * DAY, ret);

			return n ? n + 12 : 0;
		}
		int64_t at = s < 0 || day < 1 ? TIME_ABSENT : without_year(c, month, day, s);

		if (at == TIME_ABSENT)
			return 0;
		memcpy(c->classic, t.p, CLASSIC);
		c->classic_s = at;
	}
	size_t n = CLASSIC + fraction((struct text){t.p + CLASSIC, t.len - CLASSIC}, &us);

	if (!is_end(t, n))
		return 0;
	*ret = (struct log_time){c->classic_s * 1000000 + us, true};
	return n;
}

size_t log_stamp_of(struct log_clock *c, struct text p, struct log_time *ret)
{
	return p.len && is_digit(p.p[0]) ? iso(c, p, ret) : classic(c, p, ret);
}

size_t log_stamp(struct log *l, struct text p, struct log_time *ret)
{
	return log_stamp_of(&l->clock, p, ret);
}
