/*
 * oauth2 - access tokens from a token endpoint: client credentials (RFC 6749 4.4), refresh token
 * (RFC 6749 6), service account (RFC 7523, RS256). HTTPS always verified, by the account's ca_file
 * beside the system's; http:// only if the account is `insecure`, on loopback.
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

/* refresh_token: the last one that the server gave, or NULL: the account's. stop as in login.h. */
int oauth2_ask(const struct account *a, const char *refresh_token, bool (*stop)(void *ctx),
	       void *stop_ctx, struct oauth2_token *ret, struct err *e) MUST_CHECK;

/* ---- oauth2_jwt.c ---- */

/* A signed JWT (RS256): claims is a JSON object's text; kid may be NULL. */
int oauth2_jwt(const char *pem_key, const char *kid, const char *claims, char **ret_jwt,
	       struct err *e) MUST_CHECK;
/* The assertion of a service account out of its key_file. *ret_token_url: the key file's own, or
 * NULL; both are the caller's, the first for secret_wipe. */
int oauth2_assertion(const struct account *a, int64_t now, char **ret_jwt, char **ret_token_url,
		     struct err *e) MUST_CHECK;

/* ---- oauth2_http.c ---- */

struct oauth2_answer {
	long status;
	struct buf *body;
};

/* POSTs a form. 0: there is an answer, whatever it says. */
int oauth2_post(const struct account *a, const char *url, const char *form,
		bool (*stop)(void *ctx), void *stop_ctx, struct oauth2_answer *ret,
		struct err *e) MUST_CHECK;

#endif
