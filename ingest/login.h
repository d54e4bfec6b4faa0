/*
 * login - what an account logs in with: a password, or a bearer token that is asked for, kept and
 * renewed (ingest/oauth2.h) before it ends and once after a refusal. One an account, shared by the
 * connections of its folders (locked inside): who comes while one asks, waits for its answer.
 *
 * Passwords are read anew at each login, so that a file that was changed needs no restart. A token
 * endpoint that is in trouble is asked three times; then, for some seconds, everybody gets the same
 * error, so that a hundred folders are not a hundred questions.
 *
 * A refresh token that the server changes for another is written back to its file: the old one may
 * be worth nothing from then on, or end some day.
 */
#ifndef INGEST_LOGIN_H
#define INGEST_LOGIN_H

#include "base/account.h"

struct login;

struct login *login_new(const struct account *a);
void login_free(struct login *l);
/* True: a bearer token; false: a password. */
bool login_is_bearer(const struct login *l);
/* -1: the server gave another refresh token, and it could not be kept: *e says why. */
int login_kept(struct login *l, struct err *e) MUST_CHECK;
/* refused (may be NULL): the secret that the server has just refused: a bearer that is still this
 * one is asked for anew. *ret_secret is the caller's: secret_wipe. */
int login_secret(struct login *l, const char *refused, char **ret_secret,
		 struct err *e) MUST_CHECK;
/* The same; stop (may be NULL) is asked about once a second: true gives up (ERR_TEMP). */
int login_secret_until(struct login *l, const char *refused, bool (*stop)(void *ctx),
		       void *stop_ctx, char **ret_secret, struct err *e) MUST_CHECK;

#endif
