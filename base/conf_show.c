/* Settings as people see them: what there is, what it is set to, and by what. */
#include "base/buf.h"
#include "base/conf_table.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

void conf_came(struct conf *c, const char *section, const char *key, const char *from)
{
	AUTO_FREE char *name = xasprintf("%s.%s", section, key);

	for (size_t i = 0; i < c->n_origins; i++)
		if (strcmp(c->origins[i].name, name) == 0) {
			free(c->origins[i].from);
			c->origins[i].from = xstrdup(from);
			return;
		}
	c->origins = xrealloc(c->origins, (c->n_origins + 1) * sizeof(*c->origins));
	c->origins[c->n_origins++] = (struct conf_origin){xstrdup(name), xstrdup(from)};
}

const char *conf_from(const struct conf *c, const char *section, const char *key)
{
	AUTO_FREE char *name = xasprintf("%s.%s", section, key);

	for (size_t i = 0; i < c->n_origins; i++)
		if (strcmp(c->origins[i].name, name) == 0)
			return c->origins[i].from;
	return "default";
}

void conf_describe(FILE *out)
{
	for (size_t i = 0; i < conf_n_settings; i++) {
		const struct setting *s = &conf_settings[i];

		fprintf(out, "%s.%s\t%s\t%s\n", s->section, s->key, s->standard ? s->standard : "",
			s->meaning);
	}
}

/* Where the password of a connection string begins and how long it is: of the form
 * scheme://user:PASSWORD@host, or password=.. in either form, maybe in quotes. */
static const char *password_in(const char *conninfo, size_t *ret_len)
{
	const char *scheme = strstr(conninfo, "://"), *p;

	if (scheme) {
		size_t len = strcspn(scheme + 3, "/?");
		const char *at = memrchr(scheme + 3, '@', len);
		const char *colon = at ? memchr(scheme + 3, ':', (size_t)(at - scheme - 3)) : NULL;

		if (colon && at > colon + 1) {
			*ret_len = (size_t)(at - colon - 1);
			return colon + 1;
		}
	}
	for (p = conninfo; (p = strcasestr(p, "password")) != NULL; p++) {
		const char *v = p + strlen("password");

		v += strspn(v, " ");
		if (*v != '=')
			continue; /* passfile, or a database of that name */
		v += 1 + strspn(v + 1, " ");
		*ret_len = strcspn(v, scheme ? "&" : " ");
		if (*v == '\'')
			*ret_len = strlen(v); /* to the end: quotes in it are not looked for */
		if (*ret_len)
			return v;
	}
	return NULL;
}

bool conf_has_password(const char *conninfo)
{
	size_t len;

	return password_in(conninfo, &len) != NULL;
}

static void mask(struct buf *value)
{
	AUTO_FREE char *rest = xstrdup(buf_cstr(value));
	const char *from = rest, *secret;
	size_t len;

	value->len = 0;
	while ((secret = password_in(from, &len)) != NULL) {
		buf_add(value, from, (size_t)(secret - from));
		buf_adds(value, ACCOUNT_MASK);
		from = secret + len;
	}
	buf_adds(value, from);
}

struct showing {
	const struct conf *c;
	const char *word, *name; /* of a section with a name */
	void (*fn)(void *ctx, const char *section, const char *key, const char *value,
		   const char *from);
	void *ctx;
};

static void show_named(void *ctx, const char *key, const char *value)
{
	const struct showing *s = ctx;
	AUTO_FREE char *own = xasprintf("%s.%s", s->word, s->name);
	AUTO_FREE char *section = xasprintf("%s \"%s\"", s->word, s->name);

	s->fn(s->ctx, section, key, value, conf_from(s->c, own, key));
}

void conf_each(const struct conf *c,
	       void (*fn)(void *ctx, const char *section, const char *key, const char *value,
			  const char *from),
	       void *ctx)
{
	struct showing s = {.c = c, .fn = fn, .ctx = ctx};
	struct buf value = {0};

	for (size_t i = 0; i < conf_n_settings; i++) {
		const struct setting *set = &conf_settings[i];

		value.len = 0;
		bool there = setting_get(c, set, &value);

		if (set->at == offsetof(struct conf, conninfo))
			mask(&value);
		fn(ctx, set->section, set->key, there ? buf_cstr(&value) : NULL,
		   conf_from(c, set->section, set->key));
	}
	for (const struct conf_kind *k = conf_kinds; k < conf_kinds + CONF_KINDS; k++)
		for (size_t i = 0; i < k->count(c); i++) {
			s.word = k->word;
			s.name = k->name(c, i);
			k->each(c, i, show_named, &s);
		}
	buf_free(&value);
}
