/*
 * client - PostgreSQL's own client programs (psql, pg_dump): where they are, and how they get to
 * the database. What connects them goes through the environment, so that nothing secret is in an
 * argument, which every user of the machine can read. For store/ only.
 */
#ifndef STORE_CLIENT_H
#define STORE_CLIENT_H

#include "base/conf.h"
#include "base/err.h"

struct store;

/*
 * Sets the PG* environment of this process to what s is connected with, whatever conninfo, service
 * file and environment each said. options go behind those of the connection ("" for none). What
 * has no variable and is no secret is *ret_rest, for -d; "" if there is nothing. The caller frees
 * it.
 */
int client_environment(struct store *s, const char *options, char **ret_rest,
		       struct err *e) MUST_CHECK;

/*
 * Path of a program that talks to a server of this major version: of the same version, else of the
 * next newer one; ERR_CONFIG if there is none. The caller frees it.
 */
int client_find(const char *program, int major, char **ret, struct err *e) MUST_CHECK;

#endif
