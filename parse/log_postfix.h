/*
 * log_postfix - what log_postfix.c, log_postfix_delivery.c and log_postfix_reason.c share.
 *
 * The forms are those of Postfix's source: log_adhoc.c (delivery lines), smtp_trouble.c, smtp_proto.c
 * and smtp_connect.c (reasons), qmgr_active.c, cleanup_message.c.
 */
#ifndef PARSE_LOG_POSTFIX_H
#define PARSE_LOG_POSTFIX_H

#include "parse/log.h"

/* What of Postfix writes a line, as far as it makes a difference. */
enum postfix_program {
	POSTFIX_NONE,      /* another program */
	POSTFIX_OTHER,     /* of Postfix, but of no interest */
	POSTFIX_CLIENT,    /* smtp, lmtp: delivers to a peer */
	POSTFIX_INNER,     /* local, virtual, pipe, discard: delivers here */
	POSTFIX_ERROR,     /* error, retry: nobody is asked */
	POSTFIX_QMGR,
	POSTFIX_CLEANUP,
	POSTFIX_SERVER,    /* smtpd, qmqpd */
	POSTFIX_PICKUP,
	POSTFIX_POSTSUPER,
};

/* A line of Postfix behind its queue id. */
struct postfix_line {
	const struct mail_line *line;
	enum postfix_program program;
	struct text queue_id;
	struct text text;
};

/* What a delivery line says in its parentheses, or a line of an MX host that was given up. */
struct postfix_reason {
	bool suspended;         /* an earlier failure is quoted */
	bool known;             /* of a form that names a peer */
	enum smtp_stage stage;
	struct text peer_host;  /* or absent */
	struct ip peer_ip;
	uint16_t code;
	struct text reply;      /* without what our server put around it */
};

/* cut: it ends in the middle. Texts point into reason. */
struct postfix_reason postfix_reason(struct text reason, bool cut);
/* "mx.example.com[192.0.2.1]:25"; false: it has no brackets. */
bool postfix_peer(struct text t, struct text *ret_host, struct ip *ret_ip);

/*
 * "<address>" at the front of *t and ", " behind it. Old releases do not quote: the address ends
 * where one of the fields that come next begins behind it.
 */
bool postfix_address(struct text *t, struct text *ret);

/* "to=<..>, relay=..": an attempt. */
enum log_verdict postfix_delivery(struct log *l, const struct postfix_line *p);
/* "host H said: ..": an MX host that was given up for the next one. */
enum log_verdict postfix_mx_attempt(struct log *l, const struct postfix_line *p);

#endif
