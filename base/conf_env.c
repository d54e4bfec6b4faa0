/* Settings of the environment: RUADB_SECTION_KEY, RUADB_ACCOUNT_NAME_KEY, RUADB_SOURCE_NAME_KEY, and
 * .._FILE of each. */
#include "base/buf.h"
#include "base/conf_table.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The first line of a file that holds a value. */
static int first_line(const char *path, char **ret, struct err *e)
{
	FILE *in = fopen(path, "re");
	size_t cap = 0;
	char *line = NULL;

	if (!in)
		return err_set(e, ERR_CONFIG, "%s: %s", path, strerror(errno));
	if (getline(&line, &cap, in) < 0) {
		free(line);
		line = xstrdup("");
	}
	fclose(in);
	line[strcspn(line, "\r\n")] = '\0';
	*ret = line;
	return 0;
}

static int from_environment(struct conf *c, const struct setting *s, struct err *e)
{
	struct buf name = {0};
	AUTO_FREE char *line = NULL;
	int rc = 0;

	buf_printf(&name, "RUADB_%s_%s", s->section, s->key);
	for (size_t i = 0; i < name.len; i++)
		name.p[i] = (char)toupper((unsigned char)name.p[i]);

	const char *value = getenv(buf_cstr(&name));

	if (!value) {
		buf_adds(&name, "_FILE");
		const char *path = getenv(buf_cstr(&name));

		rc = path ? first_line(path, &line, e) : 0;
		value = line;
	}
	if (rc == 0 && value)
		rc = setting_put(c, s, value, e);
	if (rc < 0)
		err_wrap(e, "%s", buf_cstr(&name));
	else if (value)
		conf_came(c, s->section, s->key, buf_cstr(&name));
	buf_free(&name);
	return rc;
}

/* ---- accounts and sources: what there may be follows from what there is ---- */

/* As a name stands in the environment: capitals, digits, and '_' for the rest. */
static char *env_name(const char *name)
{
	char *up = xstrdup(name);

	for (char *p = up; *p; p++)
		*p = isalnum((unsigned char)*p) ? (char)toupper((unsigned char)*p) : '_';
	return up;
}

/* Two that are one in the environment would get each other's secrets. */
static int names_differ(const struct conf *c, const struct conf_kind *k, struct err *e)
{
	for (size_t i = 0; i < k->count(c); i++)
		for (size_t j = 0; j < i; j++) {
			AUTO_FREE char *a = env_name(k->name(c, i));
			AUTO_FREE char *b = env_name(k->name(c, j));

			if (strcmp(a, b) == 0)
				return err_set(e, ERR_CONFIG,
					       "%ss '%s' and '%s' have one name in the "
					       "environment (%s%s_..): call one of them otherwise",
					       k->word, k->name(c, j), k->name(c, i), k->prefix, a);
		}
	return 0;
}

/* A variable "NAME_HOST" of the environment alone makes an account "name". */
static int made_by(struct conf *c, const struct conf_kind *k, const char *name, size_t len,
		   struct err *e)
{
	static const char *const ends[] = {"", "_FILE"};

	for (size_t i = 0; i < 2; i++) {
		AUTO_FREE char *last = xasprintf("_%s%s", k->maker, ends[i]);
		size_t end = strlen(last), at;

		if (len <= end || memcmp(name + len - end, last, end) != 0)
			continue;
		AUTO_FREE char *of = xstrndup(name, len - end);

		for (size_t j = 0; j < k->count(c); j++) {
			AUTO_FREE char *known = env_name(k->name(c, j));

			if (strcmp(known, of) == 0)
				return 0;
		}
		for (char *p = of; *p; p++)
			*p = (char)tolower((unsigned char)*p);
		return conf_section_at(c, k, of, 0, &at, e);
	}
	return 0;
}

/* The section that a variable is of: the longest name that it begins with. */
static bool named_by(const struct conf *c, const struct conf_kind *k, const char *name,
		     size_t *ret_i, size_t *ret_len)
{
	*ret_len = 0;
	for (size_t i = 0; i < k->count(c); i++) {
		AUTO_FREE char *known = env_name(k->name(c, i));
		size_t len = strlen(known);

		if (strncmp(name, known, len) == 0 && name[len] == '_' && len > *ret_len) {
			*ret_i = i;
			*ret_len = len;
		}
	}
	return *ret_len > 0;
}

/* KEY, or KEY_FILE where no key has that name (password_file has: the file is read at login). */
static int set_named(struct conf *c, const struct conf_kind *k, size_t i, const char *name,
		     const char *value, char **ret_key, struct err *e)
{
	AUTO_FREE char *key = xstrdup(name);
	AUTO_FREE char *line = NULL;
	size_t len = strlen(key);

	for (char *p = key; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	if (!k->has_key(key) && len > 5 && strcmp(key + len - 5, "_file") == 0) {
		key[len - 5] = '\0';
		if (k->has_key(key) && first_line(value, &line, e) < 0)
			return -1;
	}
	k->forget_secret(c, i, key);
	if (k->set(c, i, key, line ? line : value, e) < 0)
		return -1;
	*ret_key = xstrdup(key);
	return 0;
}

static int take_variable(struct conf *c, const struct conf_kind *k, const char *variable,
			 struct err *e)
{
	const char *equals = strchr(variable, '=');
	AUTO_FREE char *name = xstrndup(variable, (size_t)(equals - variable));
	const char *rest = name + strlen(k->prefix);
	AUTO_FREE char *key = NULL;
	size_t len, i;

	if (!named_by(c, k, rest, &i, &len))
		return err_set(e, ERR_CONFIG,
			       "%s: there is no such %s: no section of the file, and no %sNAME_%s",
			       name, k->word, k->prefix, k->maker);
	if (set_named(c, k, i, rest + len + 1, equals + 1, &key, e) < 0)
		return err_wrap(e, "%s", name);
	AUTO_FREE char *section = xasprintf("%s.%s", k->word, k->name(c, i));

	conf_came(c, section, key, name);
	return 0;
}

static bool is_of(const struct conf_kind *k, const char *variable)
{
	return strncmp(variable, k->prefix, strlen(k->prefix)) == 0 && strchr(variable, '=');
}

static int sections(struct conf *c, const struct conf_kind *k, struct err *e)
{
	for (char **v = environ; *v; v++) {
		const char *name = *v + strlen(k->prefix);

		if (is_of(k, *v) && made_by(c, k, name, strcspn(name, "="), e) < 0)
			return err_wrap(e, "%.*s", (int)strcspn(*v, "="), *v);
	}
	if (names_differ(c, k, e) < 0)
		return -1;
	for (char **v = environ; *v; v++)
		if (is_of(k, *v) && take_variable(c, k, *v, e) < 0)
			return -1;
	return 0;
}

int conf_environment(struct conf *c, struct err *e)
{
	for (size_t i = 0; i < conf_n_settings; i++)
		if (from_environment(c, &conf_settings[i], e) < 0)
			return -1;
	for (size_t i = 0; i < CONF_KINDS; i++)
		if (sections(c, &conf_kinds[i], e) < 0)
			return -1;
	return 0;
}
