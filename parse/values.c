#include "parse/values.h"
#include "base/limits.h"

#include <arpa/inet.h>
#include <string.h>

#define YEAR_2010 1262304000
#define YEAR_2100 4102444800

/* inet_pton(AF_INET) by hand: it is met once a record, and the text has no NUL behind it. */
static bool ipv4(struct text t, uint8_t ret[4])
{
	const char *p = t.p, *end = t.p + t.len;

	for (int i = 0; i < 4; i++) {
		unsigned v = 0;
		const char *start = p;

		for (; p < end && *p >= '0' && *p <= '9' && p - start < 3; p++)
			v = v * 10 + (unsigned)(*p - '0');
		if (p == start || v > 255 || (*start == '0' && p - start > 1))
			return false;
		ret[i] = (uint8_t)v;
		if (i < 3 && (p == end || *p++ != '.'))
			return false;
	}
	return p == end;
}

static bool plain_ip(struct text t, struct ip *ret_ip)
{
	static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
	char s[INET6_ADDRSTRLEN + 1];

	if (ipv4(t, ret_ip->bytes)) {
		ret_ip->family = 4;
		return true;
	}
	if (t.len == 0 || t.len >= sizeof(s) || memchr(t.p, '\0', t.len))
		return false;
	memcpy(s, t.p, t.len);
	s[t.len] = '\0';
	if (inet_pton(AF_INET6, s, ret_ip->bytes) != 1)
		return false;
	ret_ip->family = 6;
	if (memcmp(ret_ip->bytes, mapped, sizeof(mapped)) == 0) {
		memmove(ret_ip->bytes, ret_ip->bytes + 12, 4);
		ret_ip->family = 4;
	}
	return true;
}

static bool digits_only(const char *p, const char *end)
{
	if (p == end)
		return false;
	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p == end;
}

/* Takes :PORT off the end of t. */
static bool cut_port(struct text *t)
{
	const char *colon = memrchr(t->p, ':', t->len), *end = t->p + t->len;

	if (!colon || end - colon > 6 || !digits_only(colon + 1, end))
		return false;
	t->len = (uint32_t)(colon - t->p);
	return true;
}

/* [ADDRESS] or [ADDRESS]:PORT: what is within the brackets. */
static struct text unbracketed(struct text t)
{
	if (t.len < 2 || t.p[0] != '[')
		return t;
	struct text in = t;

	if (in.p[in.len - 1] != ']' && (!cut_port(&in) || in.p[in.len - 1] != ']'))
		return t;
	in.p++;
	in.len -= 2;
	if (in.len > 5 && text_is((struct text){in.p, 5}, "ipv6:")) {
		in.p += 5;
		in.len -= 5;
	}
	return in;
}

/* ADDRESS%ZONE, ADDRESS/32 or /128, 192.0.2.1:PORT: without what is behind. */
static struct text cut_behind(struct text t)
{
	const char *slash = memchr(t.p, '/', t.len), *zone = memchr(t.p, '%', t.len);
	bool six = memchr(t.p, ':', t.len) && !memchr(t.p, '.', t.len);

	if (slash) {
		struct text length = {slash, (uint32_t)(t.p + t.len - slash)};

		if (text_is(length, six ? "/128" : "/32"))
			t.len = (uint32_t)(slash - t.p);
	} else if (zone && six && zone + 1 < t.p + t.len) {
		t.len = (uint32_t)(zone - t.p);
	} else if (!six) {
		struct text host = t;

		if (cut_port(&host) && !memchr(host.p, ':', host.len))
			t = host;
	}
	return t;
}

/* Four numbers with dots between: it looks like an address. */
static bool dotted(struct text t)
{
	unsigned dots = 0;

	for (uint32_t i = 0; i < t.len; i++) {
		if (t.p[i] == '.')
			dots++;
		else if (t.p[i] < '0' || t.p[i] > '9')
			return false;
	}
	return dots == 3;
}

static const char *why_no_ip(struct text t)
{
	const char *slash = memchr(t.p, '/', t.len);
	uint8_t four[4];
	struct ip ip;

	if (dotted(t) && !ipv4(t, four)) {
		for (uint32_t i = 0; i + 1 < t.len; i++)
			if (t.p[i] == '0' && t.p[i + 1] != '.' && (i == 0 || t.p[i - 1] == '.'))
				return "which may be two addresses: some read 010 as 10, some as 8";
		return "which is no address: a number in it is over 255 or missing";
	}
	if (slash && plain_ip((struct text){t.p, (uint32_t)(slash - t.p)}, &ip))
		return "which is a network and no address";
	return "which is no address";
}

bool value_ip(struct text t, struct ip *ret_ip, bool *ret_odd, const char **ret_why)
{
	*ret_odd = false;
	if (plain_ip(t, ret_ip))
		return true;
	if (!t.len || t.len > 255) {
		*ret_why = "which is no address";
		return false;
	}
	struct text bare = text_trim(cut_behind(unbracketed(t)));

	*ret_odd = true;
	if (plain_ip(bare, ret_ip))
		return true;
	*ret_why = why_no_ip(bare);
	return false;
}

void value_ip_text(const struct ip *ip, char ret[64])
{
	if (!inet_ntop(ip->family == 4 ? AF_INET : AF_INET6, ip->bytes, ret, 64))
		ret[0] = '\0';
}

/* The digits at the start of t: how many there are, and, if no int64_t holds them, false. */
static bool digits(struct text t, int64_t *ret_n, uint32_t *ret_len)
{
	int64_t n = 0;
	bool fits = true;
	uint32_t i;

	for (i = 0; i < t.len && t.p[i] >= '0' && t.p[i] <= '9'; i++)
		fits = fits && !__builtin_mul_overflow(n, 10, &n) &&
		       !__builtin_add_overflow(n, t.p[i] - '0', &n);
	*ret_n = n;
	*ret_len = i;
	return fits;
}

/* What is behind the digits is `.` and zeroes; 1.000 may be a thousand. */
static bool no_fraction(struct text t)
{
	if (t.len < 2 || t.p[0] != '.' || t.len == 4)
		return false;
	for (uint32_t i = 1; i < t.len; i++)
		if (t.p[i] != '0')
			return false;
	return true;
}

/* The number that a macro stands for, as a string. */
#define LITERAL(n) LITERAL_OF(n)
#define LITERAL_OF(n) #n

static const char *why_no_count(struct text t, uint32_t used, bool fits)
{
	char next = used < t.len ? t.p[used] : '\0';

	if (t.p[0] == '-')
		return "which is less than nothing";
	if (used && !fits &&
	    (used == t.len || no_fraction((struct text){t.p + used, t.len - used})))
		return "which is more than " LITERAL(LIMIT_COUNT) ", and no number of messages";
	if (used && (next == ',' || next == '\'' || next == ' ' || (unsigned char)next >= 0x80 ||
		     (next == '.' && t.len - used == 4)))
		return "which can be read as thousands or as a fraction";
	if (used && next == '.')
		return "which is no whole number";
	if (used && (next == 'e' || next == 'E'))
		return "which is a number with an exponent, and no count";
	return "which is no number";
}

bool value_count(struct text t, int64_t *ret_n, bool *ret_odd, const char **ret_why)
{
	uint32_t used;
	struct text plain = t;

	*ret_odd = false;
	if (plain.len > 1 && plain.p[0] == '+') {
		plain.p++;
		plain.len--;
	}
	bool fits = digits(plain, ret_n, &used) && *ret_n <= LIMIT_COUNT;

	if (used && fits) {
		if (used == plain.len)
			return true;
		*ret_odd = true;
		if (no_fraction((struct text){plain.p + used, plain.len - used}))
			return true;
	}
	*ret_why = t.len ? why_no_count(plain, used, fits) : "which is no number";
	return false;
}

bool value_percent(struct text t, int32_t *ret_n, bool *ret_odd)
{
	const char *why;
	struct text number = t;
	int64_t n;

	if (number.len && number.p[number.len - 1] == '%') {
		number.len--;
		number = text_trim(number);
	}
	if (!value_count(number, &n, ret_odd, &why) || n > 100)
		return false;
	*ret_odd |= number.len != t.len;
	*ret_n = (int32_t)n;
	return true;
}

/* Exactly n digits at *p; moves it. */
static bool take_digits(const char **p, const char *end, int n, int *ret)
{
	int v = 0;

	if (end - *p < n)
		return false;
	for (int i = 0; i < n; i++) {
		char c = (*p)[i];

		if (c < '0' || c > '9')
			return false;
		v = v * 10 + (c - '0');
	}
	*p += n;
	*ret = v;
	return true;
}

static bool take_char(const char **p, const char *end, const char *any_of)
{
	if (*p == end || !**p || !strchr(any_of, **p))
		return false;
	++*p;
	return true;
}

/* Days from 1970-01-01 (the civil calendar in eras of 400 years that begin in March). */
static int64_t days_from_date(int y, int m, int d)
{
	y -= m <= 2;
	int era = y / 400, of_era = y - era * 400;
	int of_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;

	return (int64_t)era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int days_of_month(int y, int m)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;

	return days[m - 1] + (m == 2 && leap);
}

/* Z, UTC, +01:00, -0500, +01, or nothing: seconds east of UTC. */
static bool take_zone(const char **p, const char *end, int *ret)
{
	int h, m = 0;

	*ret = 0;
	while (*p < end && **p == ' ')
		++*p;
	if (*p == end)
		return true;
	struct text rest = {*p, (uint32_t)(end - *p)};

	if (text_is(rest, "z") || text_is(rest, "utc") || text_is(rest, "gmt")) {
		*p = end;
		return true;
	}
	bool west = **p == '-';

	if (!take_char(p, end, "+-") || !take_digits(p, end, 2, &h))
		return false;
	take_char(p, end, ":");
	if (*p < end && !take_digits(p, end, 2, &m))
		return false;
	*ret = (west ? -1 : 1) * (h * 3600 + m * 60);
	return h <= 14 && m <= 59;
}

/* 2026-11-01T00:00:00.5+01:00 */
static bool iso_time(struct text t, int64_t *ret)
{
	const char *p = t.p, *end = t.p + t.len;
	int y, mo, d, h, mi, s = 0, zone, digit;

	if (!take_digits(&p, end, 4, &y) || !take_char(&p, end, "-") ||
	    !take_digits(&p, end, 2, &mo) || !take_char(&p, end, "-") ||
	    !take_digits(&p, end, 2, &d) || !take_char(&p, end, "Tt ") ||
	    !take_digits(&p, end, 2, &h) || !take_char(&p, end, ":") ||
	    !take_digits(&p, end, 2, &mi))
		return false;
	if (take_char(&p, end, ":") && !take_digits(&p, end, 2, &s))
		return false;
	if (take_char(&p, end, ".,"))
		while (take_digits(&p, end, 1, &digit))
			;
	if (!take_zone(&p, end, &zone) || p != end || y < 1970 || mo < 1 || mo > 12 || d < 1 ||
	    d > days_of_month(y, mo) || h > 23 || mi > 59 || s > 60)
		return false;
	*ret = days_from_date(y, mo, d) * 86400 + h * 3600 + mi * 60 + s - zone;
	return *ret >= 0;
}

bool value_time(struct text t, int64_t *ret_time, bool *ret_odd)
{
	uint32_t used;
	int64_t n, scale;

	*ret_odd = false;
	if (t.len > 1 && t.p[0] == '+') { /* xs:integer may have one */
		t.p++;
		t.len--;
	}
	if (!digits(t, &n, &used) || !used)
		return false;
	if (used < t.len) {
		*ret_odd = true;
		if (t.p[used] != '.')
			return iso_time(t, ret_time);
		for (uint32_t i = used + 1; i < t.len; i++)
			if (t.p[i] < '0' || t.p[i] > '9')
				return false;
	} else if (used == 13 || used == 16) {
		scale = used == 13 ? 1000 : 1000000;
		*ret_odd = true;
		n /= scale;
		if (n < YEAR_2010 || n >= YEAR_2100)
			return false;
	}
	*ret_time = n;
	return n <= LIMIT_TIME;
}
