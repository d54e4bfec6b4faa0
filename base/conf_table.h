/*
 * conf_table - what the files that conf consists of share. Not for others; base/conf.h is.
 */
#ifndef BASE_CONF_TABLE_H
#define BASE_CONF_TABLE_H

#include "base/conf.h"
#include "base/setting.h"

extern const struct setting conf_settings[];
extern const size_t conf_n_settings;

/* Where a value comes from; name: "store.keep_raw", "account.NAME.host". */
struct conf_origin {
	char *name, *from;
};

/* Remembers it, in place of what it was before. */
void conf_came(struct conf *c, const char *section, const char *key, const char *from);
/* "default" where nothing was said. */
const char *conf_from(const struct conf *c, const char *section, const char *key);

/* Sections of which there may be several: [account "NAME"]. */
struct conf_kind {
	const char *word;    /* account */
	const char *prefix;  /* of its variables: RUADB_ACCOUNT_ */
	const char *maker;   /* RUADB_ACCOUNT_NAME_HOST alone makes one that the file has not */
	size_t (*count)(const struct conf *c);
	const char *(*name)(const struct conf *c, size_t i);
	int (*add)(struct conf *c, const char *name, int line, struct err *e);
	int (*set)(struct conf *c, size_t i, const char *key, const char *value, struct err *e);
	bool (*has_key)(const char *key);
	bool (*is_secret)(const char *key, const char *value);
	void (*forget_secret)(struct conf *c, size_t i, const char *key);
	void (*each)(const struct conf *c, size_t i,
		     void (*fn)(void *ctx, const char *key, const char *value), void *ctx);
};

#define CONF_KINDS 2
extern const struct conf_kind conf_kinds[CONF_KINDS];

/* Is there one of that name? Then *ret_i says which. */
bool conf_named(const struct conf *c, const struct conf_kind *k, const char *name, size_t *ret_i);
/* The one of that name, made with its defaults if there is none. line: of the file, or 0. Pointers
 * to sections of that kind end here. */
int conf_section_at(struct conf *c, const struct conf_kind *k, const char *name, int line,
		    size_t *ret_i, struct err *e) MUST_CHECK;
/* Reads what the environment has, over what the file said. */
int conf_environment(struct conf *c, struct err *e) MUST_CHECK;
/* Is there a password in a connection string? */
bool conf_has_password(const char *conninfo);

#endif
