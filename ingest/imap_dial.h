/*
 * imap_dial - the way to an IMAP server with libcurl: TCP, proxy, TLS or STARTTLS, its greeting
 * and what it says that it can. No login.
 */
#ifndef INGEST_IMAP_DIAL_H
#define INGEST_IMAP_DIAL_H

#include "base/account.h"
#include "base/buf.h"

#include <curl/curl.h>

/* What the server said on the way; freed by hello_free. */
struct imap_hello {
	struct buf greeting;   /* first line, cut */
	struct buf capability; /* words of the last CAPABILITY: with TLS, of the one behind it */
	struct buf bye;        /* words of a BYE */
	char tls[32];          /* "TLSv1.3"; empty: none */
	bool preauth;          /* logged in already */
};

void imap_hello_free(struct imap_hello *h);
/* ASCII case ignored; word is upper case, "AUTH=PLAIN". */
bool imap_hello_can(const char *capability, const char *word);

/* The stop of imap_conn_open. *ret_easy: curl_easy_cleanup. Classes as imap_conn_open has them. */
int imap_dial(const struct account *a, bool (*stop)(void *ctx), void *stop_ctx,
	      struct imap_hello *h, CURL **ret_easy, struct err *e) MUST_CHECK;

#endif
