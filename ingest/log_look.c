/*
 * Does a file begin as a delivery log does? A cheap look: what it takes for one is read in pieces,
 * and the parser says of each line what it is.
 */
#include "ingest/log.h"
#include "base/limits.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define LOOK_LINES 32

static bool has(struct text t, const char *word)
{
	return memmem(t.p, t.len, word, strlen(word)) != NULL;
}

static bool has_in_any_case(struct text t, const char *word)
{
	size_t n = strlen(word);

	for (uint32_t i = 0; i + n <= t.len; i++)
		if (strncasecmp(t.p + i, word, n) == 0)
			return true;
	return false;
}

static bool begins(struct text t, const char *word)
{
	return t.len >= strlen(word) && memcmp(t.p, word, strlen(word)) == 0;
}

/* pattern: 9 a digit, A a capital, a a small letter, ? a digit or a blank; else itself. */
static bool is_like(struct text t, const char *pattern)
{
	if (t.len < strlen(pattern))
		return false;
	for (size_t i = 0; pattern[i]; i++) {
		unsigned char c = (unsigned char)t.p[i];
		bool fits = pattern[i] == '9' ? isdigit(c) :
			    pattern[i] == 'A' ? isupper(c) :
			    pattern[i] == 'a' ? islower(c) :
			    pattern[i] == '?' ? isdigit(c) || c == ' ' : c == (unsigned char)pattern[i];

		if (!fits)
			return false;
	}
	return true;
}

static struct text behind(struct text t, size_t n)
{
	return (struct text){t.p + n, t.len - (uint32_t)n};
}

static struct text skip_until_blank(struct text t)
{
	while (t.len && *t.p != ' ')
		t = behind(t, 1);
	return t.len ? behind(t, 1) : t;
}

/* What stands behind a stamp; absent: there is none. */
static struct text behind_stamp(struct text t)
{
	if (begins(t, "<")) { /* a priority in front */
		const char *end = memchr(t.p, '>', t.len < 5 ? t.len : 5);

		t = end ? behind(t, (size_t)(end + 1 - t.p)) : t;
	}
	if (is_like(t, "Aaa ?9 99:99:99 "))
		return behind(t, 16);
	if (is_like(t, "Aaa ?9 9999 99:99:99 "))
		return behind(t, 21);
	if (!is_like(t, "9999-99-99T99:99:99") && !is_like(t, "9999-99-99 99:99:99"))
		return TEXT_ABSENT;
	t = skip_until_blank(behind(t, 19)); /* fraction and zone */
	if (is_like(t, "+9999 ") || is_like(t, "-9999 "))
		t = behind(t, 6);
	return t;
}

/* "host program[pid]: ", or without a host. */
static bool is_header(struct text t)
{
	for (int words = 0; words < 2; words++) {
		uint32_t n = 0;

		while (n < t.len && t.p[n] != ' ' && (isalnum((unsigned char)t.p[n]) ||
						      strchr("._-/@:[]()+%", t.p[n])))
			n++;
		if (!n || n == t.len || t.p[n] != ' ')
			return false;
		if (t.p[n - 1] == ':' && n > 1)
			return true;
		t = behind(t, n + 1);
	}
	return false;
}

/* An id of Exim's: letters and digits, two dashes between; or what its main log says without one. */
static bool is_exim(struct text t)
{
	static const char *const words[] = {"exim ", "Start queue run", "End queue run", "SMTP ",
					    "H=", "no host name found", "unexpected "};
	int dashes = 0;
	uint32_t n = 0;

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (begins(t, words[i]))
			return true;
	if (begins(t, "["))
		t = skip_until_blank(t);
	for (; n < t.len && t.p[n] != ' '; n++) {
		if (!isalnum((unsigned char)t.p[n]) && t.p[n] != '-')
			return false;
		dashes += t.p[n] == '-';
	}
	return n && dashes == 2;
}

static bool is_json(struct text t)
{
	return begins(t, "{") && (has(t, "\"__REALTIME_TIMESTAMP\"") || has(t, "\"__CURSOR\"") ||
				  begins(t, "{\"type\":\"") || has(t, "\"num_attempts\""));
}

static bool looks_so(struct text t)
{
	struct text docker = t;

	if (is_json(t))
		return true;
	struct text rest = behind_stamp(t);

	if (!text_present(rest)) { /* "mail-1  | Jun  1 14:20:03 ..." */
		const char *bar = memchr(t.p, '|', t.len < 64 ? t.len : 64);

		if (!bar || (size_t)(bar - t.p) + 2 > t.len)
			return false;
		docker = behind(t, (size_t)(bar - t.p) + 2);
		rest = behind_stamp(docker);
	}
	/* docker's own stamp stands before that of the program */
	if (text_present(rest) && text_present(behind_stamp(rest)))
		rest = behind_stamp(rest);
	return text_present(rest) && (is_header(rest) || is_exim(rest));
}

static bool is_csv_header(struct text t)
{
	if (begins(t, "\xef\xbb\xbf"))
		t = behind(t, 3);
	return (begins(t, "type,") || begins(t, "#type,") || begins(t, "\"type\",")) &&
	       has_in_any_case(t, "timelogged");
}

static unsigned commas(struct text t)
{
	unsigned n = 0;

	for (uint32_t i = 0; i < t.len; i++)
		n += t.p[i] == ',';
	return n;
}

/* A row under columns that a person names: its type is a short word, and it has as many. */
static bool is_csv_row(struct text t, const char *columns)
{
	struct text c = text_of(columns);
	const char *comma = t.len ? memchr(t.p, ',', t.len) : NULL;

	return columns && comma && comma > t.p && comma - t.p <= 4 && islower((unsigned char)*t.p) &&
	       commas(t) + 2 >= commas(c);
}

enum log_form log_look(const char *p, size_t len, const char *columns, struct text *ret_header)
{
	struct text all = {p, (uint32_t)(len < INGEST_LOG_HEAD ? len : INGEST_LOG_HEAD)};
	unsigned lines = 0, good = 0;

	*ret_header = TEXT_ABSENT;
	while (all.len && lines < LOOK_LINES) {
		const char *eol = memchr(all.p, '\n', all.len);
		struct text line = {all.p, (uint32_t)(eol ? (size_t)(eol - all.p) : all.len)};

		all = behind(all, eol ? line.len + 1 : line.len);
		if (!text_trim(line).len || begins(line, "-- ")) /* journalctl's, between boots */
			continue;
		if (!lines && is_csv_header(line) && eol) {
			*ret_header = line;
			return FORM_CSV;
		}
		if (!lines && is_csv_row(line, columns))
			return FORM_CSV;
		/* a last line that is cut says little */
		if (!eol && lines && !looks_so(line))
			break;
		lines++;
		good += looks_so(line);
		if (lines == 2 && !good)
			return FORM_ANY;
	}
	return good && good * 2 >= lines ? FORM_LINES : FORM_ANY;
}
