#include "parse/words.h"

#include <endian.h>
#include <string.h>

#define IN(v) (1u << (v))
#define ANY_RESULT (IN(WORDS_DKIM) | IN(WORDS_SPF))

struct known {
	char word[24];    /* its first 8 bytes are compared as one number */
	uint8_t len;      /* 0: the end of a table */
	char code;
	uint8_t is;       /* the index of the word it means: mostly its own */
	uint16_t in;      /* the places that have it */
};

#define WORD(word, code, is, in) {word, sizeof(word) - 1, code, is, in}

/* The most frequent ones first: most are the first or the second. */
static const struct known results[] = {
	WORD("pass", RESULT_PASS, 0, ANY_RESULT | IN(WORDS_EVALUATED)),
	WORD("fail", RESULT_FAIL, 1, ANY_RESULT | IN(WORDS_EVALUATED)),
	WORD("none", RESULT_NONE, 2, ANY_RESULT),
	WORD("softfail", RESULT_SOFTFAIL, 3, IN(WORDS_SPF)),
	WORD("neutral", RESULT_NEUTRAL, 4, ANY_RESULT),
	WORD("temperror", RESULT_TEMPERROR, 5, ANY_RESULT),
	WORD("permerror", RESULT_PERMERROR, 6, ANY_RESULT),
	WORD("policy", RESULT_POLICY, 7, ANY_RESULT), /* of SPF: RFC 9990 */
	WORD("hardfail", RESULT_FAIL, 1, ANY_RESULT | IN(WORDS_EVALUATED)), /* some SPF filters' */
	{"", 0, RESULT_OTHER, 0, 0},
};

static const struct known dispositions[] = {
	WORD("none", DISPOSITION_NONE, 0, IN(WORDS_DISPOSITION)),
	WORD("reject", DISPOSITION_REJECT, 1, IN(WORDS_DISPOSITION)),
	WORD("quarantine", DISPOSITION_QUARANTINE, 2, IN(WORDS_DISPOSITION)),
	WORD("pass", DISPOSITION_PASS, 3, IN(WORDS_DISPOSITION)),
	{"", 0, DISPOSITION_OTHER, 0, 0},
};

static const struct known scopes[] = {
	WORD("mfrom", AUTH_SPF_MFROM, 0, IN(WORDS_SCOPE)),
	WORD("helo", AUTH_SPF_HELO, 1, IN(WORDS_SCOPE)),
	{"", 0, AUTH_SPF_OTHER, 0, 0},
};

/* Of both RFCs: forwarded and sampled_out are RFC 7489's, policy_test_mode is RFC 9990's. */
static const struct known reasons[] = {
	WORD("local_policy", 0, 0, IN(WORDS_REASON)),
	WORD("forwarded", 0, 1, IN(WORDS_REASON)),
	WORD("mailing_list", 0, 2, IN(WORDS_REASON)),
	WORD("trusted_forwarder", 0, 3, IN(WORDS_REASON)),
	WORD("sampled_out", 0, 4, IN(WORDS_REASON)),
	WORD("policy_test_mode", 0, 5, IN(WORDS_REASON)),
	WORD("other", 0, 6, IN(WORDS_REASON)),
	{"", 0, 0, 0, 0},
};

static const struct known head_words[] = {
	WORD("none", 0, 0, IN(WORDS_POLICY)),
	WORD("quarantine", 0, 1, IN(WORDS_POLICY)),
	WORD("reject", 0, 2, IN(WORDS_POLICY)),
	WORD("r", 0, 3, IN(WORDS_ALIGNMENT)),
	WORD("s", 0, 4, IN(WORDS_ALIGNMENT)),
	WORD("relaxed", 0, 3, IN(WORDS_ALIGNMENT)),
	WORD("strict", 0, 4, IN(WORDS_ALIGNMENT)),
	WORD("n", 0, 7, IN(WORDS_TESTING)),
	WORD("y", 0, 8, IN(WORDS_TESTING)),
	WORD("treewalk", 0, 9, IN(WORDS_DISCOVERY)),
	WORD("psl", 0, 10, IN(WORDS_DISCOVERY)),
	{"", 0, 0, 0, 0},
};

static const struct known *const tables[] = {
	[WORDS_DKIM] = results,
	[WORDS_SPF] = results,
	[WORDS_EVALUATED] = results,
	[WORDS_DISPOSITION] = dispositions,
	[WORDS_SCOPE] = scopes,
	[WORDS_REASON] = reasons,
	[WORDS_POLICY] = head_words,
	[WORDS_ALIGNMENT] = head_words,
	[WORDS_TESTING] = head_words,
	[WORDS_DISCOVERY] = head_words,
};

static struct word as_found(const struct known *table, const struct known *k, enum vocabulary v,
			    enum word_form form)
{
	const struct known *is = &table[k->is];

	if (!(k->in & IN(v)))
		form = FORM_UNKNOWN;
	else if (is != k)
		form = FORM_SYNONYM;
	return (struct word){is->word, k->code, form};
}

static inline uint64_t eight_bytes(const char *p)
{
	uint64_t w;

	memcpy(&w, p, 8);
	return le64toh(w);
}

/* Every record comes here some times, mostly with the first word or the second. */
struct word word_find(enum vocabulary v, struct text t)
{
	const struct known *table = tables[v], *k;
	uint64_t start = eight_bytes(t.p);

	if (t.len < 8)
		start &= (UINT64_C(1) << t.len * 8) - 1;
	for (k = table; k->len; k++)
		if (k->len == t.len && eight_bytes(k->word) == start &&
		    (t.len <= 8 || memcmp(k->word, t.p, t.len) == 0))
			return as_found(table, k, v, FORM_CANONICAL);
	char other = k->code;

	for (k = table; k->len; k++)
		if (text_is(t, k->word))
			return as_found(table, k, v, FORM_CASE);
	return (struct word){NULL, other, FORM_UNKNOWN};
}

enum word_form word_fo(struct text t)
{
	enum word_form form = FORM_CANONICAL;

	for (uint32_t i = 0; i < t.len; i++) {
		char c = t.p[i];

		if (i % 2 ? c != ':' : !strchr("01dsDS", c))
			return FORM_UNKNOWN;
		if (c == 'D' || c == 'S')
			form = FORM_CASE;
	}
	return t.len % 2 ? form : FORM_UNKNOWN;
}
