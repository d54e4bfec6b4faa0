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

/* The account of that name, made with its defaults if there is none. line: as in struct account.
 * Pointers to accounts end here. */
int conf_account_at(struct conf *c, const char *name, int line, struct account **ret_a,
		    struct err *e) MUST_CHECK;
/* Reads what the environment has, over what the file said. */
int conf_environment(struct conf *c, struct err *e) MUST_CHECK;
/* Is there a password in a connection string? */
bool conf_has_password(const char *conninfo);

#endif
