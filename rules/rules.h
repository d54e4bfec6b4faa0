/*
 * rules - the door of rules/: what a reply means, and whose gateway a host is.
 *
 * Rules are data files, ours below DATADIR/rules, a user's in [logs] rules_dir, which go first (and
 * may take ours out by name). A reply is judged by its fingerprint (a pattern of PCRE2 on the whole
 * text), then by rules of the gateway it came from, then its enhanced status (RFC 3463), then its
 * basic code (RFC 5321). Hosts are judged by their name's end, at a label boundary, gateways before
 * mailbox providers.
 *
 * Matching is bounded: JIT where there is one, and limits on matches, depth and heap; what exceeds
 * them does not match. Not thread-safe; one struct rules a thread.
 */
#ifndef RULES_RULES_H
#define RULES_RULES_H

#include "base/err.h"
#include "base/model.h"

#include <stdbool.h>
#include <stdint.h>

struct rules;

/* datadir: where rules/ of the program lies; user_dir: NULL or a folder. A mistake in a file:
 * ERR_CONFIG with file, line and what is wrong. */
int rules_load(const char *datadir, const char *user_dir, struct rules **ret_r,
	       struct err *e) MUST_CHECK;
void rules_free(struct rules *r);

struct rule_reply {
	struct text gateway;   /* of the peer (rules_gateway), or absent */
	uint16_t smtp_code;    /* 0: no peer said it */
	struct text enhanced;  /* of the reply, else the queue's status; or absent */
	struct text reply;     /* whole text, code included */
};

/* Valid until rules_free. */
struct rule_hit {
	const char *category;  /* a word of view category; "undefined" if nothing matched */
	char matched;          /* u user, f fingerprint, g gateway, e enhanced, b basic code, - nothing */
	const char *rule;      /* its name, or NULL */
	const char *meaning;   /* plain words, or NULL */
	const char *source;    /* where we have it from, or NULL */
	const char *file;      /* and where it stands: file and line, or NULL */
	int line;
	const char *gateway;   /* that the reply gives away by itself (C6), or NULL */
	bool url;              /* .. by a URL of that gateway: one reply is enough */
};
void rules_classify(struct rules *r, const struct rule_reply *reply, struct rule_hit *ret_hit);

struct gateway_hit {
	const char *gateway;   /* proofpoint-enterprise */
	const char *title;     /* Proofpoint Enterprise */
	const char *family;    /* proofpoint: gateways of one family are one in the guide's share */
	bool mailbox_provider; /* whose own mailboxes are behind it: google, not mimecast */
	struct text customer;  /* out of the host's name (C6), or absent; points into host */
	const char *file;
	int line;
};
/* host in lower case without a dot at the end. false: no gateway that we know. */
bool rules_gateway(const struct rules *r, struct text host, struct gateway_hit *ret_hit);
/* By its word, as rules name it. */
bool rules_gateway_named(const struct rules *r, const char *gateway, struct gateway_hit *ret_hit);

#endif
