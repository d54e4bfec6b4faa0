/*
 * imap_auth - the login: AUTHENTICATE PLAIN, LOGIN, XOAUTH2, OAUTHBEARER (RFC 4616, 7628, SASL-IR
 * RFC 4959), or the LOGIN command where the server offers no mechanism.
 *
 * What the server says when it refuses stands in the error, a token's JSON decoded; secrets never.
 */
#ifndef INGEST_IMAP_AUTH_H
#define INGEST_IMAP_AUTH_H

#include "base/account.h"
#include "base/buf.h"
#include "base/err.h"

enum imap_mech { MECH_NONE, MECH_PLAIN, MECH_LOGIN, MECH_COMMAND, MECH_XOAUTH2, MECH_OAUTHBEARER };

/* What an account takes of what a server offers; MECH_NONE and ERR_CONFIG: nothing. */
enum imap_mech imap_auth_pick(const struct account *a, bool bearer, const char *capability,
			      struct err *e);
const char *imap_auth_name(enum imap_mech m);

/* One login: what is sent, and what came of it. */
struct imap_auth {
	const struct account *a;
	enum imap_mech mech;
	bool ir;             /* SASL-IR: the first answer goes with the command */
	struct buf answer[3];/* what is sent now and at each '+', whole lines with CRLF */
	int n, sent;
	struct buf reason;   /* JSON of a refused token */
	struct buf bye;
};

void imap_auth_init(struct imap_auth *x, const struct account *a, enum imap_mech m, bool ir,
		    const char *secret);
void imap_auth_free(struct imap_auth *x);

enum imap_auth_state { AUTH_SEND, AUTH_HEAR, AUTH_IN, AUTH_REFUSED /* the secret */ };
/*
 * A line of the server's without its CRLF. 0: *ret_state; AUTH_SEND: *ret_answer is to be sent.
 * AUTH_REFUSED sets *e too: ERR_CONFIG. -1: anything else, e.g. ERR_TEMP: not now.
 */
int imap_auth_line(struct imap_auth *x, const char *line, size_t n, struct text *ret_answer,
		   enum imap_auth_state *ret_state, struct err *e) MUST_CHECK;

#endif
