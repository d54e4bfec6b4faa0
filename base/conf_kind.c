/* Sections of which there may be several, each with a name: [account "NAME"], [source "NAME"]. */
#include "base/conf_table.h"
#include "base/mem.h"

#include <string.h>

/* ---- accounts ---- */

static size_t n_accounts(const struct conf *c)
{
	return c->n_accounts;
}

static const char *account_name(const struct conf *c, size_t i)
{
	return c->accounts[i].name;
}

static int add_account(struct conf *c, const char *name, int line, struct err *e)
{
	if (account_name_ok(name, e) < 0)
		return -1;
	c->accounts = xrealloc(c->accounts, (c->n_accounts + 1) * sizeof(*c->accounts));
	account_init(&c->accounts[c->n_accounts++], name, line);
	return 0;
}

static int set_account(struct conf *c, size_t i, const char *key, const char *value,
		       struct err *e)
{
	return account_set(&c->accounts[i], key, value, e);
}

static void forget_account_secret(struct conf *c, size_t i, const char *key)
{
	account_forget_secret(&c->accounts[i], key);
}

static void each_of_account(const struct conf *c, size_t i,
			    void (*fn)(void *ctx, const char *key, const char *value), void *ctx)
{
	account_each(&c->accounts[i], fn, ctx);
}

/* ---- sources ---- */

static size_t n_sources(const struct conf *c)
{
	return c->n_sources;
}

static const char *source_name(const struct conf *c, size_t i)
{
	return c->sources[i].name;
}

static int add_source(struct conf *c, const char *name, int line, struct err *e)
{
	if (setting_name_ok("a source", name, ACCOUNT_NAME_MAX, e) < 0)
		return -1;
	c->sources = xrealloc(c->sources, (c->n_sources + 1) * sizeof(*c->sources));
	log_source_init(&c->sources[c->n_sources++], name, line);
	return 0;
}

static int set_source(struct conf *c, size_t i, const char *key, const char *value, struct err *e)
{
	return log_source_set(&c->sources[i], key, value, e);
}

static bool never_secret(const char *key, const char *value)
{
	(void)key;
	(void)value;
	return false;
}

static void nothing_to_forget(struct conf *c, size_t i, const char *key)
{
	(void)c;
	(void)i;
	(void)key;
}

static void each_of_source(const struct conf *c, size_t i,
			   void (*fn)(void *ctx, const char *key, const char *value), void *ctx)
{
	log_source_each(&c->sources[i], fn, ctx);
}

/* ---- both ---- */

const struct conf_kind conf_kinds[CONF_KINDS] = {
	{
		.word = "account", .prefix = "RUADB_ACCOUNT_", .maker = "HOST",
		.count = n_accounts, .name = account_name, .add = add_account,
		.set = set_account, .has_key = account_has_key, .is_secret = account_is_secret,
		.forget_secret = forget_account_secret, .each = each_of_account,
	},
	{
		.word = "source", .prefix = "RUADB_SOURCE_", .maker = "HOSTS",
		.count = n_sources, .name = source_name, .add = add_source, .set = set_source,
		.has_key = log_source_has_key, .is_secret = never_secret,
		.forget_secret = nothing_to_forget, .each = each_of_source,
	},
};

bool conf_named(const struct conf *c, const struct conf_kind *k, const char *name, size_t *ret_i)
{
	for (size_t i = 0; i < k->count(c); i++)
		if (strcmp(k->name(c, i), name) == 0) {
			*ret_i = i;
			return true;
		}
	return false;
}

int conf_section_at(struct conf *c, const struct conf_kind *k, const char *name, int line,
		    size_t *ret_i, struct err *e)
{
	if (conf_named(c, k, name, ret_i))
		return 0;
	if (k->add(c, name, line, e) < 0)
		return -1;
	*ret_i = k->count(c) - 1;
	return 0;
}
