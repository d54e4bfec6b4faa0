/*
 * authres - who sent a mail, as our own server's Authentication-Results say it (RFC 8601), and how
 * that relates to the report that was in it (definitions A3).
 *
 * The header of a mail is written by its sender, but for what our server put on top of it: of the
 * fields that bear our authserv-id only the topmost `fields` count, and none below the first
 * Received that follows the first of them. What can be read in two ways counts for nothing.
 * Reads bytes, knows no MIME, no network and no keys; linear in time, no memory of its own.
 */
#ifndef PARSE_AUTHRES_H
#define PARSE_AUTHRES_H

#include "base/limits.h"
#include "base/model.h"

#define AUTHRES_NAME 253   /* bytes of a domain */

/* A domain: ASCII lower case, no dot at the end. */
struct authres_name {
	uint8_t len;
	char p[AUTHRES_NAME];
};

/* What is believed of one mail; all 0: nothing. */
struct authres {
	bool results;    /* SPF, DKIM or DMARC was checked */
	bool passes;     /* one of them passed, of whatever domain */
	bool dmarc_fail;
	bool torn;       /* they contradict each other, or can be read in two ways */
	bool dmarc_seen, dmarc; /* there is a DMARC result; it is pass */
	struct authres_name dmarc_name; /* then: of what; nothing beside it counts */
	unsigned n_passed;
	struct {
		enum auth_method method;
		struct authres_name name;
	} passed[LIMIT_AUTH_DOMAINS]; /* those behind are not heard */
};

/*
 * header: the mail as it came, from its beginning; it is read up to the end of the header, and of
 * LIMIT_MAIL_HEADER. trust NULL: nobody is believed. An authserv-id "*.example.com" in it stands for
 * all names below example.com.
 */
void authres_read(const char *header, size_t len, const struct trust *trust, struct authres *ret);

/*
 * The sender of the mail against org_name and email of the report: sets auth, auth_method,
 * auth_domain (which points into *a) and auth_relation of *h. a NULL: it came out of no mail.
 */
void authres_judge(const struct authres *a, struct report_head *h);

#endif
