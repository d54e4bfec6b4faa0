/*
 * rules - the door of rules/: what a reply means, and whose gateway a host is.
 *
 * Rules are data files, ruadb-rules(5): ours below DATADIR/rules, a user's in [logs] rules_dir, whose
 * rules go first, and replace ours of the same name. A reply is judged by its fingerprint (a pattern
 * of PCRE2 on the whole text), then by rules of the gateway it came from, then its enhanced status
 * (RFC 3463), then its basic code (RFC 5321). Hosts are judged by their name's end, at a label
 * boundary, gateways before mailbox providers.
 *
 * A reply's template (base/reply.h) means the same as the reply: no rule of ours looks at what
 * varies, and a test holds them to it.
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
	struct text reply;     /* whole text, code included; or its template */
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
	const char *pattern;   /* that matched; NULL: the rule has none */
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

/* A rule about replies, as it stands; in the order in which they are asked. */
struct rule_info {
	const char *name, *category, *meaning, *source, *file, *gives;
	int line;
	char kind;             /* as matched */
	const char *const *patterns, *const *examples, *const *from; /* NULL at their end */
};
void rules_each(const struct rules *r, void (*each)(void *ctx, const struct rule_info *i), void *ctx);

/* The words that a rule may give, NULL at their end; those of view category. */
extern const char *const rules_categories[];
/* "fingerprint" for 'f'; what struct rule_hit calls matched, in a word. */
const char *rules_matched_word(char matched);

#endif
