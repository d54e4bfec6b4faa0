#include "report/file.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* "2026-11-01", or "30d" and "4w": so many days or weeks back from today (UTC). */
static int bind_date(const char *value, char **ret, struct err *e)
{
	int year, month, day, end = 0;
	char unit = 0;
	struct tm tm = {0};

	if (sscanf(value, "%4d-%2d-%2d%n", &year, &month, &day, &end) == 3 && !value[end]) {
		tm = (struct tm){.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day};
		time_t t = timegm(&tm);

		/* timegm makes 1 March of 29 February; a day that it changed was none. */
		if (t != (time_t)-1 && tm.tm_mday == day && tm.tm_mon == month - 1) {
			*ret = xstrdup(value);
			return 0;
		}
	} else if (sscanf(value, "%5d%c%n", &day, &unit, &end) == 2 && !value[end] && day >= 0 &&
		   (unit == 'd' || unit == 'w')) {
		time_t t = time(NULL) - (time_t)day * (unit == 'w' ? 7 : 1) * 86400;

		gmtime_r(&t, &tm);
		*ret = xasprintf("%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
		return 0;
	}
	return err_set(e, ERR_CONFIG, "'%s' is not a day like 2026-11-01, nor like 30d or 4w",
		       value);
}

/* An address or a range, as PostgreSQL's inet reads it; ::ffff:192.0.2.1 is IPv4. */
static int bind_address(const char *value, char **ret, struct err *e)
{
	size_t n = strcspn(value, "/");
	AUTO_FREE char *address = xstrndup(value, n);
	const char *mapped = strncasecmp(address, "::ffff:", 7) == 0 ? address + 7 : address;
	struct in6_addr bytes;
	bool four = inet_pton(AF_INET, mapped, &bytes) == 1;

	if (four || inet_pton(AF_INET6, address, &bytes) == 1) {
		const char *digits = value + n + (value[n] == '/');
		size_t len = strspn(digits, "0123456789");
		long bits = strtol(digits, NULL, 10);

		if (four && mapped != address && *digits)
			bits -= 96;
		if (!value[n]) {
			*ret = xstrdup(four ? mapped : address);
			return 0;
		}
		if (len && len <= 3 && !digits[len] && bits >= 0 && bits <= (four ? 32 : 128)) {
			*ret = xasprintf("%s/%ld", four ? mapped : address, bits);
			return 0;
		}
	}
	return err_set(e, ERR_CONFIG, "'%s' is neither an address nor a range like "
		       "192.0.2.0/24 or 2001:db8::/32", value);
}

static int bind_value(enum param_type type, const char *value, char **ret, struct err *e)
{
	struct buf name = {0};
	const char *digits;

	switch (type) {
	case PARAM_DATE:
		return bind_date(value, ret, e);
	case PARAM_DOMAIN:
		text_add_name(&name, text_of(value));
		*ret = xstrdup(buf_cstr(&name));
		buf_free(&name);
		return 0;
	case PARAM_INTEGER:
		digits = value + (*value == '-');
		if (!*digits || strspn(digits, "0123456789") != strlen(digits) || strlen(digits) > 18)
			return err_set(e, ERR_CONFIG, "'%s' is not a whole number", value);
		break;
	case PARAM_BOOLEAN:
		if (strcmp(value, "yes") && strcmp(value, "no"))
			return err_set(e, ERR_CONFIG, "'%s' is neither yes nor no", value);
		break;
	case PARAM_ADDRESS:
		return bind_address(value, ret, e);
	case PARAM_TEXT:
		break;
	}
	*ret = xstrdup(value);
	return 0;
}

int report_file_check(enum param_type type, const char *value, struct err *e)
{
	char *bound = NULL;
	int rc = bind_value(type, value, &bound, e);

	free(bound);
	return rc;
}

static int unknown(const struct report_file *f, const char *name, struct err *e)
{
	struct buf there = {0};

	for (size_t i = 0; i < f->n_params; i++)
		buf_printf(&there, "%s%s", i ? ", " : "", f->params[i].name);
	err_set(e, ERR_CONFIG, "this report takes no '%s'; it takes: %s", name,
		there.len ? buf_cstr(&there) : "nothing");
	buf_free(&there);
	return -1;
}

int report_file_bind(const struct report_file *f, const struct report_param *params, size_t n,
		     char *ret_values[REPORT_PARAMS], struct err *e)
{
	memset(ret_values, 0, REPORT_PARAMS * sizeof(*ret_values));
	for (size_t k = 0; k < n; k++) {
		size_t i = 0;

		while (i < f->n_params && strcmp(f->params[i].name, params[k].name))
			i++;
		if (i == f->n_params)
			return unknown(f, params[k].name, e);
	}
	for (size_t i = 0; i < f->n_params; i++) {
		const struct report_file_param *p = &f->params[i];
		const char *value = p->standard;
		bool given = p->has_standard;

		for (size_t k = 0; k < n; k++)
			if (strcmp(params[k].name, p->name) == 0) {
				value = strcmp(params[k].value, "all") ? params[k].value : NULL;
				given = true;
			}
		if (!given)
			return err_set(e, ERR_CONFIG, "this report needs a value for '%s'%s%s", p->name,
				       *p->meaning ? ": " : "", p->meaning);
		char *bound = NULL;

		if (value && bind_value(p->type, value, &bound, e) < 0)
			return err_wrap(e, "%s", p->name);
		if (p->number)
			ret_values[p->number - 1] = bound;
		else
			free(bound);
	}
	return 0;
}
