/*
 * oauth2 - access tokens from a token endpoint: client credentials (RFC 6749 4.4), refresh token
 * (RFC 6749 6), service account (RFC 7523, RS256). HTTPS verified, by the account's ca_file if it
 * has one; http:// only if the account is `insecure`, on loopback.
 *
 * Errors: what the server says (error, error_description of its JSON) stands in the message, never
 * a secret. invalid_client, invalid_grant, unauthorized_client, invalid_scope: ERR_CONFIG; the
 * rest, 5xx and network: ERR_TEMP.
 */
#ifndef INGEST_OAUTH2_H
#define INGEST_OAUTH2_H

#include "base/account.h"

struct oauth2_token {
	char *bearer;        /* secret_wipe */
	char *refresh_token; /* a new one, if the server rotates them; else NULL; secret_wipe */
	int64_t ends_at;     /* Unix seconds */
};

int oauth2_ask(const struct account *a, const char *refresh_token, struct oauth2_token *ret,
	       struct err *e) MUST_CHECK;
/* A signed JWT (RS256): claims is a JSON object's text. For the service account and the tests. */
int oauth2_jwt(const char *pem_key, const char *kid, const char *claims, char **ret_jwt,
	       struct err *e) MUST_CHECK;

#endif
