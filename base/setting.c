#include "base/setting.h"
#include "base/buf.h"
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

int setting_number(const char *value, bool suffix, int64_t least, int64_t most, int64_t *ret,
		   struct err *e)
{
	static const char letters[] = "kmgt";
	char *end;

	errno = 0;
	long long n = strtoll(value, &end, 10);
	bool ok = end != value && errno == 0 && (isdigit((unsigned char)*value) || *value == '-');

	if (ok && suffix && *end) {
		const char *unit = strchr(letters, tolower((unsigned char)*end));
		int shift = unit ? 10 * (int)(unit - letters + 1) : 0;

		ok = unit && n >= 0 && n <= INT64_MAX >> shift;
		if (ok) {
			n <<= shift;
			end++;
		}
	}
	if (!ok || *end)
		return err_set(e, ERR_CONFIG, "'%s' is not a number%s", value,
			       suffix ? " (bytes, with K, M, G or T behind it)" : "");
	if (n < least || n > most)
		return err_set(e, ERR_CONFIG, "%s is not between %lld and %lld", value,
			       (long long)least, (long long)most);
	*ret = n;
	return 0;
}

static const struct {
	char letter;
	int64_t seconds;
} units[] = {{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}};

#define N_UNITS (sizeof(units) / sizeof(units[0]))

int setting_seconds(const char *value, int64_t most, int64_t *ret, struct err *e)
{
	struct text t = text_trim(text_of(value));
	AUTO_FREE char *number = xstrndup(t.p, t.len);
	int64_t n = 0, factor = 0;

	for (size_t i = 0; t.len && i < N_UNITS; i++)
		if (tolower((unsigned char)number[t.len - 1]) == units[i].letter)
			factor = units[i].seconds;
	if (factor)
		number[t.len - 1] = '\0';
	if (t.len && (!factor ||
		      setting_number(number, false, 1, most / factor, &n, NULL) < 0))
		return err_set(e, ERR_CONFIG, "'%.40s' is no time up to %lldd: 5d and 72h are",
			       value, (long long)(most / 86400));
	*ret = n * factor;
	return 0;
}

bool setting_add_seconds(int64_t seconds, struct buf *ret)
{
	for (size_t i = 0; seconds && i < N_UNITS; i++)
		if (seconds % units[i].seconds == 0) {
			buf_printf(ret, "%lld%c", (long long)(seconds / units[i].seconds),
				   units[i].letter);
			return true;
		}
	return false;
}

int setting_name_ok(const char *what, const char *name, size_t most, struct err *e)
{
	size_t len = strlen(name);

	if (!len || len > most)
		return err_set(e, ERR_CONFIG, "the name of %s has 1 to %zu bytes", what, most);
	if (strpbrk(name, "/;\"]") || !text_utf8_ok(name, len))
		return err_set(e, ERR_CONFIG, "the name of %s has no / ; \" or ] in it", what);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)name[i] < ' ' || name[i] == 0x7f)
			return err_set(e, ERR_CONFIG, "the name of %s is one line of text", what);
	if (name[0] == ' ' || name[len - 1] == ' ')
		return err_set(e, ERR_CONFIG, "the name of %s has a blank at an end: '%s'", what,
			       name);
	return 0;
}

static int word_of(const char *value, const char *const *words, int *ret, struct err *e)
{
	struct buf all = {0};

	for (int i = 0; words[i]; i++) {
		if (strcmp(words[i], value) == 0) {
			*ret = i;
			buf_free(&all);
			return 0;
		}
		buf_printf(&all, "%s%s", i ? ", " : "", words[i]);
	}
	err_set(e, ERR_CONFIG, "'%s' is none of %s", value, buf_cstr(&all));
	buf_free(&all);
	return -1;
}

static int yes_of(const char *value, bool *ret, struct err *e)
{
	static const char *const words[] = {"no", "yes", "off", "on", "false", "true", "0", "1"};
	struct text t = text_of(value);

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (text_is(t, words[i])) {
			*ret = i % 2 == 1;
			return 0;
		}
	return err_set(e, ERR_CONFIG, "'%s' is neither yes nor no", value);
}

/* From a variable a value may have anything in it; it goes to servers and to terminals. */
int setting_one_line(const char *value, struct err *e)
{
	for (const char *p = value; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return err_set(e, ERR_CONFIG, "the value has a control character");
	if (!text_utf8_ok(value, strlen(value)))
		return err_set(e, ERR_CONFIG, "the value is not UTF-8");
	return 0;
}

static void put_text(char **to, const char *value, bool names)
{
	struct text t = text_trim(text_of(value));

	free(*to);
	*to = t.len ? xstrndup(t.p, t.len) : NULL;
	for (char *p = names ? *to : NULL; p && *p; p++)
		if (*p == ',')
			*p = ' ';
}

int setting_put(void *to, const struct setting *s, const char *value, struct err *e)
{
	void *field = (char *)to + s->at;
	int64_t n;

	if (s->kind != SETTING_TEXT && setting_one_line(value, e) < 0)
		return -1;
	switch (s->kind) {
	case SETTING_TEXT:
	case SETTING_NAMES:
		put_text(field, value, s->kind == SETTING_NAMES);
		return 0;
	case SETTING_WORD:
		return word_of(value, s->words, field, e);
	case SETTING_YES:
		return yes_of(value, field, e);
	case SETTING_INT:
		if (setting_number(value, false, s->least, s->most, &n, e) < 0)
			return -1;
		*(int *)field = (int)n;
		return 0;
	case SETTING_BYTES:
		return setting_number(value, true, s->least, s->most, field, e);
	case SETTING_SECRET:
	case SETTING_FOLDERS:
	case SETTING_AFTER:
		break;
	}
	return err_set(e, ERR_BUG, "setting %s has no kind", s->key);
}

static void get_bytes(int64_t n, struct buf *ret)
{
	static const char letters[] = "TGMK";

	for (int i = 0; i < 4; i++) {
		int shift = 10 * (4 - i);

		if (n && n % (1LL << shift) == 0) {
			buf_printf(ret, "%lld%c", (long long)(n >> shift), letters[i]);
			return;
		}
	}
	buf_printf(ret, "%lld", (long long)n);
}

bool setting_get(const void *from, const struct setting *s, struct buf *ret)
{
	const void *field = (const char *)from + s->at;
	const char *text;
	int n;

	switch (s->kind) {
	case SETTING_TEXT:
	case SETTING_NAMES:
		text = *(char *const *)field;
		if (text)
			buf_adds(ret, text);
		return text != NULL;
	case SETTING_WORD:
		n = *(const int *)field;
		if (n >= 0)
			buf_adds(ret, s->words[n]);
		return n >= 0;
	case SETTING_YES:
		buf_adds(ret, *(const bool *)field ? "yes" : "no");
		return true;
	case SETTING_INT:
		n = *(const int *)field;
		if (n || s->standard)
			buf_printf(ret, "%d", n);
		return n || s->standard;
	case SETTING_BYTES:
		get_bytes(*(const int64_t *)field, ret);
		return true;
	case SETTING_SECRET:
	case SETTING_FOLDERS:
	case SETTING_AFTER:
		break;
	}
	return false;
}

void setting_free(void *of, const struct setting *s)
{
	char **text = (void *)((char *)of + s->at);

	if (s->kind == SETTING_TEXT || s->kind == SETTING_NAMES) {
		free(*text);
		*text = NULL;
	}
}
