/*
 * words - the words that reporters write, as codes of model.h or as the RFC's own words.
 *
 * A word is given without white space around it; case does not matter. What a place may hold is
 * what RFC 7489, RFC 9990 and the drafts have there: DKIM knows no softfail.
 */
#ifndef PARSE_WORDS_H
#define PARSE_WORDS_H

#include "base/model.h"

/* A place, and so what may stand there. */
enum vocabulary {
	WORDS_DKIM,        /* auth_results/dkim/result: enum result */
	WORDS_SPF,         /* auth_results/spf/result: enum result */
	WORDS_EVALUATED,   /* policy_evaluated/dkim and spf: enum result */
	WORDS_DISPOSITION, /* enum disposition */
	WORDS_SCOPE,       /* auth_results/spf/scope: enum auth_kind */
	WORDS_REASON,      /* reason/type; like all below it without a code */
	WORDS_POLICY,      /* p, sp, np */
	WORDS_ALIGNMENT,   /* adkim, aspf */
	WORDS_TESTING,
	WORDS_DISCOVERY,
};

/* How far a word is from the RFC's. */
enum word_form {
	FORM_CANONICAL,
	FORM_CASE,    /* the word, but for case */
	FORM_SYNONYM, /* another word that means one of the RFC's: hardfail */
	FORM_UNKNOWN, /* no RFC has it in this place; it may have a code nevertheless (softfail) */
};

struct word {
	const char *text;  /* the RFC's word; NULL: nobody knows this one */
	char code;         /* of model.h; ..._OTHER where text is NULL */
	enum word_form form;
};

/* t: not empty; 8 bytes at it can be read, however short it is. */
struct word word_find(enum vocabulary v, struct text t);
/* fo: any of 0, 1, d, s with colons between (RFC 7489 section 6.3). Its form; never a synonym. */
enum word_form word_fo(struct text t);

#endif
