#include "parse/words.h"
#include "base/limits.h"

#include <arpa/inet.h>
#include <string.h>

struct word {
	const char *word;
	char code;
	bool raw;
};

static const struct word results[] = {
	{"pass", RESULT_PASS, false},
	{"fail", RESULT_FAIL, false},
	{"none", RESULT_NONE, false},
	{"softfail", RESULT_SOFTFAIL, false},
	{"neutral", RESULT_NEUTRAL, false},
	{"temperror", RESULT_TEMPERROR, false},
	{"permerror", RESULT_PERMERROR, false},
	{"policy", RESULT_POLICY, false},
	{"hardfail", RESULT_FAIL, true}, /* RFC 4408's word in some filters for fail */
	{NULL, RESULT_OTHER, true},
};

static const struct word dispositions[] = {
	{"none", DISPOSITION_NONE, false},
	{"reject", DISPOSITION_REJECT, false},
	{"quarantine", DISPOSITION_QUARANTINE, false},
	{"pass", DISPOSITION_PASS, false},
	{NULL, DISPOSITION_OTHER, true},
};

static const struct word scopes[] = {
	{"mfrom", AUTH_SPF_MFROM, false},
	{"helo", AUTH_SPF_HELO, false},
	{NULL, AUTH_SPF_OTHER, true},
};

static const struct word *find(const struct word *w, struct text t)
{
	while (w->word && !text_is(t, w->word))
		w++;
	return w;
}

enum result word_result(struct text t, bool *ret_raw)
{
	*ret_raw = false;
	if (!t.len)
		return RESULT_ABSENT;
	if (t.len == 4 && memcmp(t.p, "pass", 4) == 0) /* most of them are */
		return RESULT_PASS;
	const struct word *w = find(results, t);

	*ret_raw = w->raw;
	return (enum result)w->code;
}

enum disposition word_disposition(struct text t)
{
	return t.len ? (enum disposition)find(dispositions, t)->code : DISPOSITION_ABSENT;
}

enum auth_kind word_scope(struct text t)
{
	return t.len ? (enum auth_kind)find(scopes, t)->code : AUTH_SPF;
}

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

bool word_ip(struct text t, struct ip *ret_ip)
{
	static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
	char s[INET6_ADDRSTRLEN + 1];

	if (ipv4(t, ret_ip->bytes)) {
		ret_ip->family = 4;
		return true;
	}
	if (t.len == 0 || t.len >= sizeof(s))
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

/* The digits at the start of t; false if there are none or too many. */
static bool digits(struct text t, int64_t *ret_n, uint32_t *ret_len)
{
	int64_t n = 0;
	uint32_t i;

	for (i = 0; i < t.len && t.p[i] >= '0' && t.p[i] <= '9'; i++)
		if (i >= 19 || __builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, t.p[i] - '0', &n))
			return false;
	*ret_n = n;
	*ret_len = i;
	return i > 0;
}

bool word_count(struct text t, int64_t *ret_n)
{
	uint32_t used;

	return digits(t, ret_n, &used) && used == t.len;
}

bool word_time(struct text t, int64_t *ret_time, bool *ret_raw)
{
	uint32_t used;

	if (!digits(t, ret_time, &used) || *ret_time > LIMIT_TIME)
		return false;
	*ret_raw = used < t.len;
	if (used < t.len && t.p[used++] != '.')
		return false;
	while (used < t.len && t.p[used] >= '0' && t.p[used] <= '9')
		used++;
	return used == t.len;
}
