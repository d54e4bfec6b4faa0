/*
 * inner - what the files of rules/ share. Not for others; rules/rules.h is.
 */
#ifndef RULES_INNER_H
#define RULES_INNER_H

#include "rules/rules.h"

#include <stddef.h>
#include <stdio.h>

/* A list of strings with NULL behind the last. */
struct words {
	char **v;
	size_t n;
};
void words_add(struct words *w, const char *p, size_t n);
bool words_have(const struct words *w, struct text t);
void words_free(struct words *w);

/* ---- patterns (rules/pattern.c) ---- */

/* What a thread needs for matching: limits and room. */
struct matcher;
struct pattern;

struct matcher *matcher_new(void);
void matcher_free(struct matcher *m);
/* NULL: *e says where and why it is no pattern. */
struct pattern *pattern_new(const char *text, struct err *e);
void pattern_free(struct pattern *p);
/* Somewhere in t. ret_group (may be NULL): what the first group matched, absent if it did not. */
bool pattern_match(struct matcher *m, const struct pattern *p, struct text t,
		   struct text *ret_group);

/* ---- rules ---- */

/* x.7.1, 4.7.500-699: -1 is any. */
struct status {
	int class, subject, first, last;
};

struct rule {
	char *name, *meaning, *source, *gives;
	const char *category, *file;
	int line;
	bool user, off, url, codes_said;
	char kind;
	struct words patterns, examples, from;
	struct pattern **compiled;  /* of patterns */
	struct status *statuses;
	size_t n_statuses;
	uint8_t codes[600 / 8];     /* a bit each; 0: our own server's words */
};

struct gateway {
	char *name, *title, *family, *source;
	const char *file;
	int line;
	bool user, off, mailboxes;
	struct words hosts;
	char *customer_text;
	struct pattern *customer;
};

struct rules {
	struct rule *rules;
	size_t n_rules;
	struct gateway *gateways;
	size_t n_gateways;
	struct words files;
	struct matcher *matcher;
};

const char *category_word(const char *word);
/* Puts value to a rule's or a gateway's key: 0, -1 with *e (without file and line), 1: no such key. */
int rule_set(struct rule *r, const char *key, const char *value, struct err *e) MUST_CHECK;
int gateway_set(struct gateway *g, const char *key, const char *value, struct err *e) MUST_CHECK;
/* Is it whole? Decides its kind. */
int rule_check(struct rule *r, struct err *e) MUST_CHECK;
int gateway_check(struct gateway *g, struct err *e) MUST_CHECK;
void rule_free(struct rule *r);
void gateway_free(struct gateway *g);

/* Reads blocks out of a file into r; user: of a user's own folder. */
int rules_read(struct rules *r, FILE *in, const char *path, bool user, struct err *e) MUST_CHECK;

#endif
