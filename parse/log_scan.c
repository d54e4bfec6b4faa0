#include "parse/log_scan.h"

#include "parse/values.h"

bool scan_number(struct text *t, int64_t *ret)
{
	int64_t n = 0;
	uint32_t i = 0;

	for (; i < t->len && i < 18 && t->p[i] >= '0' && t->p[i] <= '9'; i++)
		n = n * 10 + (t->p[i] - '0');
	if (!i)
		return false;
	scan_skip(t, i);
	*ret = n;
	return true;
}

struct text scan_address(struct text *t, const char *ends)
{
	bool quoted = false;
	uint32_t i = 0;

	for (; i < t->len; i++) {
		char c = t->p[i];

		if (quoted && c == '\\' && i + 1 < t->len)
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && strchr(ends, c) && c)
			break;
	}
	struct text address = {t->p, i};

	scan_skip(t, i);
	return address;
}

bool scan_bracketed(struct text *t, struct text *ret)
{
	struct text in = *t;

	if (!scan_words(&in, "<"))
		return false;
	struct text address = scan_address(&in, ">");

	if (!scan_words(&in, ">"))
		return false;
	*ret = address;
	*t = in;
	return true;
}

bool scan_ip(struct text t, struct ip *ret)
{
	const char *why;
	struct ip ip = {0};
	bool odd;

	/* What values.c mends is none here: a port is taken off before. */
	if (t.len < 2 || t.len > 63 || !value_ip(t, &ip, &odd, &why) || odd)
		return false;
	*ret = ip;
	return true;
}

bool scan_ip_port(struct text t, struct ip *ret)
{
	if (scan_words(&t, "[")) {
		struct text in = scan_to(&t, ']');

		if (!scan_words(&t, "]") || (t.len && t.p[0] != ':'))
			return false;
		/* RFC 5321's literal, as sendmail's relay= has it. */
		if (scan_begins(in, "IPv6:"))
			scan_skip(&in, 5);
		return scan_ip(in, ret);
	}
	if (scan_ip(t, ret))
		return true;
	struct text in = scan_to(&t, ':');

	return scan_ip(in, ret);
}

uint16_t scan_code(struct text t)
{
	if (t.len < 3 || t.p[0] < '2' || t.p[0] > '5' || t.p[1] < '0' || t.p[1] > '9' ||
	    t.p[2] < '0' || t.p[2] > '9')
		return 0;
	if (t.len > 3 && t.p[3] != ' ' && t.p[3] != '-')
		return 0;
	return (uint16_t)((t.p[0] - '0') * 100 + (t.p[1] - '0') * 10 + (t.p[2] - '0'));
}

struct text scan_host(struct text t)
{
	if (t.len > 1 && t.p[t.len - 1] == '.')
		t.len--;
	return t;
}

static int64_t unit_ms(char c)
{
	switch (c) {
	case 'w':
		return 7 * 86400000LL;
	case 'd':
		return 86400000LL;
	case 'h':
		return 3600000LL;
	case 'm':
		return 60000LL;
	case 's':
		return 1000LL;
	default:
		return 0;
	}
}

/* The digits behind a point, as thousandths. */
static int64_t thousandths(struct text *t)
{
	int64_t ms = 0, worth = 100;

	for (; t->len && t->p[0] >= '0' && t->p[0] <= '9'; scan_skip(t, 1), worth /= 10)
		ms += worth * (t->p[0] - '0');
	return ms;
}

int64_t scan_duration(struct text t)
{
	int64_t sum = 0, n;

	if (!t.len)
		return -1;
	while (t.len) {
		int64_t part = 0, unit;

		if (!scan_number(&t, &n) || n > 100000000)
			return -1;
		if (scan_words(&t, "."))
			part = thousandths(&t);
		unit = t.len ? unit_ms(t.p[0]) : 0;
		if (!unit)
			return -1;
		scan_skip(&t, 1);
		sum += n * unit + part * (unit / 1000);
	}
	return sum;
}

/* Exactly n digits. */
static bool digits(struct text *t, uint32_t n, int *ret)
{
	int v = 0;

	if (t->len < n)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		if (t->p[i] < '0' || t->p[i] > '9')
			return false;
		v = v * 10 + (t->p[i] - '0');
	}
	scan_skip(t, n);
	*ret = v;
	return true;
}

/* Days from 1970-01-01 (proleptic Gregorian); March is the year's first month. */
static int64_t days_of(int year, int month, int day)
{
	int64_t y = month > 2 ? year : year - 1, m = (month + 9) % 12;

	return y * 365 + y / 4 - y / 100 + y / 400 + (m * 306 + 5) / 10 + day - 1 - 719468;
}

static bool clock_of(struct text *t, int64_t *ret_seconds)
{
	int h, m, s;

	if (!digits(t, 2, &h) || !scan_words(t, ":") || !digits(t, 2, &m) || !scan_words(t, ":") ||
	    !digits(t, 2, &s) || h > 23 || m > 59 || s > 60)
		return false;
	*ret_seconds = h * 3600 + m * 60 + s;
	return true;
}

/* What is behind the clock: a fraction, and a zone that ends t. */
static bool zone_of(struct text *t, int64_t *us, bool *local)
{
	int h, m;

	if (scan_words(t, ".")) {
		int64_t worth = 100000;

		for (; t->len && t->p[0] >= '0' && t->p[0] <= '9'; scan_skip(t, 1), worth /= 10)
			*us += worth * (t->p[0] - '0');
	}
	*local = t->len == 0;
	if (*local || scan_is(*t, "Z"))
		return true;
	scan_words(t, " ");
	bool west = t->len && t->p[0] == '-';

	if (!scan_words(t, "+") && !scan_words(t, "-"))
		return false;
	if (!digits(t, 2, &h))
		return false;
	scan_words(t, ":");
	if (!digits(t, 2, &m) || t->len || h > 15 || m > 59)
		return false;
	*us -= (west ? -1 : 1) * (h * 3600 + m * 60) * 1000000LL;
	return true;
}

bool scan_time(struct text t, struct log_time *ret)
{
	int year, month, day;
	int64_t n, seconds;
	bool local;
	struct text all = t;

	if (scan_number(&all, &n) && all.len == 0) {
		*ret = (struct log_time){n * 1000000, false};
		return n > 0 && n < 100000000000;
	}
	if (!digits(&t, 4, &year) || !scan_words(&t, "-") || !digits(&t, 2, &month) ||
	    !scan_words(&t, "-") || !digits(&t, 2, &day) || year < 1970 || month < 1 || month > 12 ||
	    day < 1 || day > 31)
		return false;
	if ((!scan_words(&t, " ") && !scan_words(&t, "T")) || !clock_of(&t, &seconds))
		return false;
	int64_t us = (days_of(year, month, day) * 86400 + seconds) * 1000000;

	if (!zone_of(&t, &us, &local))
		return false;
	*ret = (struct log_time){us, local};
	return true;
}

enum smtp_stage scan_stage(struct text command)
{
	static const struct {
		const char *words;
		enum smtp_stage stage;
	} stages[] = {
		{"initial connection", STAGE_GREETING}, {"greeting", STAGE_GREETING},
		{"EHLO", STAGE_EHLO}, {"HELO", STAGE_EHLO}, {"LHLO", STAGE_EHLO},
		{"AUTH", STAGE_EHLO}, {"STARTTLS", STAGE_STARTTLS}, {"MAIL", STAGE_MAIL},
		{"RCPT", STAGE_RCPT}, {"end of data", STAGE_END_OF_DATA},
		{"DATA final-dot", STAGE_END_OF_DATA}, {"sending data block", STAGE_END_OF_DATA},
		{"BDAT", STAGE_END_OF_DATA}, {"DATA", STAGE_DATA}, {".", STAGE_END_OF_DATA},
	};
	bool more = true;

	while (more)
		more = scan_words(&command, "pipelined ") || scan_words(&command, "client ");
	for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++)
		if (scan_begins(command, stages[i].words))
			return stages[i].stage;
	return STAGE_UNKNOWN;
}

struct log_attempt scan_attempt(struct log_time at)
{
	return (struct log_attempt){
		.kind = EVENT_ATTEMPT,
		.outcome = ATTEMPT_DEFERRED,
		.stage = STAGE_UNKNOWN,
		.reply = LOG_NO_SLOT,
		.at = at,
		.delay_ms = -1,
		.attempts_reported = -1,
		.arrived_at = {TIME_ABSENT, false},
	};
}
