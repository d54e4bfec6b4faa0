/*
 * imap_conn - an authenticated stream of bytes to an IMAP server. libcurl with
 * CURLOPT_CONNECT_ONLY does TCP, proxy, TLS or STARTTLS and from then on carries bytes; the login
 * is ours (imap_auth.h), so that no byte that comes behind it is lost in libcurl, and the server's
 * reason for a refusal is seen. Verified TLS 1.2 at least; never a login in clear unless the
 * account is `insecure`.
 *
 * One thread a connection. login.h gives the secrets; what is refused is asked for anew once.
 */
#ifndef INGEST_IMAP_CONN_H
#define INGEST_IMAP_CONN_H

#include "base/account.h"
#include "ingest/login.h"

struct imap_conn;

/* What happens on the way, for `fetch --check`: all texts valid during the call, without secrets. */
struct imap_trace {
	void *ctx;
	void (*step)(void *ctx, const char *what, bool ok, const char *cause);
};

/*
 * stop (may be NULL) is asked about once a second: true gives up (ERR_TEMP). ERR_CONFIG: what a
 * person has to mend (certificate, login refused, no such mechanism), with the server's own words
 * and the likely cause for Microsoft and Google; ERR_TEMP: what may pass (network, server busy).
 */
int imap_conn_open(const struct account *a, struct login *l, bool (*stop)(void *ctx), void *stop_ctx,
		   const struct imap_trace *trace, struct imap_conn **ret_c,
		   struct err *e) MUST_CHECK;
void imap_conn_close(struct imap_conn *c);

/* All n bytes; ERR_TEMP after account.timeout seconds without progress. */
int imap_conn_send(struct imap_conn *c, const char *p, size_t n, struct err *e) MUST_CHECK;

enum imap_heard { IMAP_BYTES, IMAP_NOTHING /* ms passed */, IMAP_WOKEN /* wake_fd is readable */,
		  IMAP_CLOSED };
/*
 * Waits at most ms (negative: for ever) for bytes or for wake_fd (-1: none). IMAP_BYTES sets
 * *ret_n > 0. Bytes that are there come before wake_fd. -1: ERR_TEMP.
 */
int imap_conn_hear(struct imap_conn *c, char *to, size_t room, int wake_fd, int ms, size_t *ret_n,
		   enum imap_heard *ret_what, struct err *e) MUST_CHECK;

/* Once a process, before threads: curl_global_init. */
int imap_conn_library(struct err *e) MUST_CHECK;

#endif
