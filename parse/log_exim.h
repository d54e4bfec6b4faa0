/*
 * log_exim - what log_exim.c and its two helpers share: the fields of a delivery line, and what its
 * diagnosis says.
 */
#ifndef PARSE_LOG_EXIM_H
#define PARSE_LOG_EXIM_H

#include "parse/log.h"

/* "=> address R=.. T=.. H=name [ip]:port .. : message": texts into the line. */
struct exim_fields {
	struct text recipient;       /* the final address; of a file or pipe, the one it is for */
	struct text from;            /* P=, else F=, without brackets; absent: not said */
	struct text transport, host;
	struct ip peer_ip, source_ip;
	struct text confirmation;    /* within C="..", as written */
	struct text error, message;  /* of the operating system; behind ": " */
	int64_t delay_ms, number;    /* QT=; of "defer (-44)" */
	bool deferred;               /* "defer (" is there */
};

/* Behind the flag and its blank. flag: of "=>", "->", ">>": '>', "==": '=', "**": '*'. */
void exim_fields(struct text t, char flag, struct exim_fields *ret);
/* "H=name [ip]:port" or "name [ip]" at the front of t. False: it is none, t as it was. */
bool exim_host(struct text *t, struct text *ret_host, struct ip *ret_ip);

struct exim_reply {
	enum smtp_stage stage;
	uint16_t code;               /* 0: no peer said it */
	struct text text;            /* the reply; of code 0 the whole message */
	struct text host;            /* old versions have it within the message; else absent */
	struct ip ip;
};

/* What a message of Exim's transport says: "SMTP error from remote mail server after ..", .. */
void exim_reply(struct text message, struct exim_reply *ret);
/* Do these words begin a message of a transport, as far as it tells of a host that failed? */
bool exim_host_failed(struct text message);

/* "Connection timed out: SMTP timeout after ..", as "**" has it: the system's words are taken off. */
struct text exim_cut_error(struct text *message);

/* Line breaks of a reply, which Exim writes as \n, and of a quoted one \" and \\, to what they were.
 * A break becomes a blank. At most `room` bytes. */
struct text exim_unescape(struct text t, bool quoted, char *to, size_t room);

#endif
