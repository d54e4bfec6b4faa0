/*
 * authres - who sent a mail, as our own server's Authentication-Results say it (RFC 8601), and how
 * that relates to the report that was in it (definitions A3).
 *
 * The header of a mail is written by its sender, but for what our server put on top of it: of the
 * fields that bear our authserv-id only the topmost `fields` count, and none below the first
 * Received that follows the first of them. A field that can be read in two ways counts for nothing.
 * Reads bytes, knows no MIME, no network and no public keys; linear in time, no memory of its own.
 */
#ifndef PARSE_AUTHRES_H
#define PARSE_AUTHRES_H

#include "base/model.h"

#define AUTHRES_NAME 253   /* bytes of a domain */
#define AUTHRES_PASSED 32  /* domains that are kept of a mail; those behind are not heard */

/* What is believed of one mail; 0: nothing. */
struct authres {
	bool results;      /* some SPF, DKIM or DMARC was checked */
	bool dmarc_fail;
	bool torn;         /* results that contradict each other, or can be read in two ways */
	bool dmarc;        /* DMARC passed: passed[0] is its domain, and the only one */
	unsigned n_passed;
	struct {
		enum auth_method method;
		uint8_t len;
		char domain[AUTHRES_NAME]; /* ASCII lower case, no dot at the end */
	} passed[AUTHRES_PASSED];
};

/*
 * header: the mail's header as it came, up to its first empty line, or more of the mail: it ends
 * there itself. trust NULL: nobody is believed.
 */
void authres_read(const char *header, size_t len, const struct trust *trust, struct authres *ret);

/*
 * The sender of the mail against org_name and email of the report: sets auth, auth_method,
 * auth_domain (a tail of what is in *a, which has to outlive it) and auth_relation of *h.
 * a NULL: the report came out of no mail.
 */
void authres_judge(const struct authres *a, struct report_head *h);

#endif
