/* Is it a delivery log? Its first lines have stamps, or are what the readers of JSON and CSV know. */
#include "parse/log_inner.h"

#include <string.h>

#define LOOK_BYTES 65536
#define LOOK_LINES 32

static bool has(struct text t, const char *word)
{
	return memmem(t.p, t.len, word, strlen(word)) != NULL;
}

static bool is_json(struct text t)
{
	return has(t, "\"__REALTIME_TIMESTAMP\"") ||
	       (has(t, "\"log\"") && has(t, "\"stream\"") && has(t, "postfix/")) ||
	       (has(t, "\"type\"") && has(t, "\"num_attempts\"") && has(t, "\"egress_pool\""));
}

/* Groups of letters and digits, two dashes between: an id of Exim's in front. */
static bool is_exim(struct text t)
{
	unsigned dashes = 0;

	if (t.len && *t.p == '[') { /* pid, where it is asked for */
		const char *end = memchr(t.p, ']', t.len);

		if (!end || end + 2 > t.p + t.len)
			return false;
		t.len -= (uint32_t)(end + 2 - t.p);
		t.p = end + 2;
	}
	for (uint32_t i = 0; i < t.len && t.p[i] != ' '; i++) {
		char c = t.p[i];

		dashes += c == '-';
		if (c != '-' && !(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z') &&
		    !(c >= 'a' && c <= 'z'))
			return false;
	}
	return dashes == 2;
}

static bool is_exim_word(struct text t)
{
	static const char *const words[] = {"exim ", "Start queue run", "End queue run", "SMTP ",
					    "H=", "no host name found", "unexpected "};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (t.len > strlen(words[i]) && memcmp(t.p, words[i], strlen(words[i])) == 0)
			return true;
	return false;
}

static bool line_looks_so(struct log_clock *c, struct text t)
{
	struct mail_line m = {.whole = t};

	switch (log_look_at(c, t, &m)) {
	case LOOK_JSON:
		return is_json(m.text);
	case LOOK_HEADER:
		return true;
	case LOOK_OWN:
		return is_exim(m.text) || is_exim_word(m.text) || log_take_header(&m, m.text);
	case LOOK_OTHER:
		break;
	}
	return false;
}

static bool is_csv(struct text t)
{
	struct log_csv *csv = memchr(t.p, ',', t.len) ? log_csv_new(t) : NULL;
	bool is = csv != NULL;

	log_csv_free(csv);
	return is;
}

/* journalctl's words between boots; lines of blanks. */
static bool says_nothing(struct text t)
{
	return text_trim(t).len == 0 || (t.len > 3 && memcmp(t.p, "-- ", 3) == 0);
}

/* The first line may be the rest of one; but then it is no mail's. */
bool log_looks_so(const uint8_t *p, size_t len)
{
	const char *at = (const char *)p, *end = at + (len < LOOK_BYTES ? len : LOOK_BYTES);
	unsigned lines = 0, good = 0;
	struct log_clock clock;
	bool first = false;

	log_clock_init(&clock, LIMIT_TIME);
	while (at < end && lines < LOOK_LINES) {
		const char *eol = memchr(at, '\n', (size_t)(end - at));
		struct text t = {at, (uint32_t)((eol ? eol : end) - at)};

		at = eol ? eol + 1 : end;
		if (says_nothing(t))
			continue;
		bool looks = line_looks_so(&clock, t);

		if (!lines++) {
			if (is_csv(t))
				return true;
			first = looks;
		}
		good += looks;
		if (lines == 2 && !good)
			return false;
	}
	return good * 2 >= lines && good && (first || !sniff_mail(p, len));
}
