/*
 * client - PostgreSQL's own client programs (psql, pg_dump): where they are, and how they get to
 * the database. What connects them goes through the environment, so that nothing secret is in an
 * argument, which every user of the machine can read. For store/ only.
 */
#ifndef STORE_CLIENT_H
#define STORE_CLIENT_H

#include "base/conf.h"
#include "base/err.h"

/*
 * The connection string of the private server (started if need be) or of conninfo; "" for the PG*
 * environment. The caller frees it.
 */
int client_conninfo(const struct conf *c, char **ret, struct err *e) MUST_CHECK;

/*
 * Sets the PG* environment of this process to the database's. options go behind PGOPTIONS (""
 * for none). What has no variable and is no secret is *ret_rest, for -d; "" if there is nothing.
 * The caller frees it.
 */
int client_environment(const struct conf *c, const char *options, char **ret_rest,
		       struct err *e) MUST_CHECK;

/*
 * Path of a program that talks to a server of this major version: of the same version, else of the
 * next newer one; ERR_CONFIG if there is none. The caller frees it.
 */
int client_find(const char *program, int major, char **ret, struct err *e) MUST_CHECK;

#endif
