#include "base/mem.h"
#include "rules/inner.h"

#include <stdlib.h>
#include <string.h>

/* ---- lists ---- */

void words_add(struct words *w, const char *p, size_t n)
{
	w->v = xrealloc(w->v, (w->n + 2) * sizeof(*w->v));
	w->v[w->n++] = xstrndup(p, n);
	w->v[w->n] = NULL;
}

bool words_have(const struct words *w, struct text t)
{
	for (size_t i = 0; i < w->n; i++)
		if (strlen(w->v[i]) == t.len && memcmp(w->v[i], t.p, t.len) == 0)
			return true;
	return false;
}

void words_free(struct words *w)
{
	for (size_t i = 0; i < w->n; i++)
		free(w->v[i]);
	free(w->v);
	*w = (struct words){0};
}

/* Words apart by blanks or commas. */
static void split(struct words *w, const char *value)
{
	for (size_t n; *value; value += n) {
		value += strspn(value, " \t,");
		n = strcspn(value, " \t,");
		if (n)
			words_add(w, value, n);
	}
}

static int set_once(char **to, const char *value, struct err *e)
{
	if (*to)
		return err_set(e, ERR_CONFIG, "is there twice");
	*to = xstrdup(value);
	return 0;
}

static int set_yes(bool *to, const char *value, struct err *e)
{
	if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
		return err_set(e, ERR_CONFIG, "'%s' is neither yes nor no", value);
	*to = *value == 'y';
	return 0;
}

/* ---- codes ---- */

/* "421", "4xx" or "none". */
static int add_code(struct rule *r, const char *word, struct err *e)
{
	int first, last;

	if (strcmp(word, "none") == 0) {
		first = last = 0;
	} else if (strlen(word) == 3 && word[0] >= '2' && word[0] <= '5' &&
		   strcmp(word + 1, "xx") == 0) {
		first = (word[0] - '0') * 100;
		last = first + 99;
	} else if (strlen(word) == 3 && word[0] >= '2' && word[0] <= '5' &&
		   strspn(word, "0123456789") == 3) {
		first = last = (word[0] - '0') * 100 + (word[1] - '0') * 10 + (word[2] - '0');
	} else {
		return err_set(e, ERR_CONFIG, "'%s' is not like 421, 4xx or none", word);
	}
	for (int i = first; i <= last; i++)
		r->codes[i / 8] |= (uint8_t)(1 << i % 8);
	return 0;
}

static int set_codes(struct rule *r, const char *value, struct err *e)
{
	struct words w = {0};
	int rc = 0;

	split(&w, value);
	for (size_t i = 0; i < w.n && rc == 0; i++)
		rc = add_code(r, w.v[i], e);
	words_free(&w);
	r->codes_said = true;
	return rc;
}

/* A number of up to three digits at *p, or x: -1. */
static bool number_or_x(const char **p, int *ret)
{
	size_t n = strspn(*p, "0123456789");

	if (n > 3 || (!n && **p != 'x'))
		return false;
	*ret = n ? (int)strtol(*p, NULL, 10) : -1;
	*p += n ? n : 1;
	return true;
}

static int add_status(struct rule *r, const char *word, struct err *e)
{
	struct status s;
	const char *p = word;
	bool good = number_or_x(&p, &s.class) && *p++ == '.' && number_or_x(&p, &s.subject) &&
		    *p++ == '.' && number_or_x(&p, &s.first);

	s.last = s.first;
	if (good && *p == '-' && s.first >= 0) {
		p++;
		good = number_or_x(&p, &s.last) && s.last >= s.first;
	}
	if (!good || *p || (s.class != 2 && s.class != 4 && s.class != 5 && s.class != -1))
		return err_set(e, ERR_CONFIG, "'%s' is not like 4.7.1, x.7.1 or 4.7.500-699", word);
	r->statuses = xrealloc(r->statuses, (r->n_statuses + 1) * sizeof(s));
	r->statuses[r->n_statuses++] = s;
	return 0;
}

static int set_statuses(struct rule *r, const char *value, struct err *e)
{
	struct words w = {0};
	int rc = 0;

	split(&w, value);
	for (size_t i = 0; i < w.n && rc == 0; i++)
		rc = add_status(r, w.v[i], e);
	words_free(&w);
	return rc;
}

/* ---- rules ---- */

static int set_match(struct rule *r, const char *value, struct err *e)
{
	struct pattern *p = pattern_new(value, e);

	if (!p)
		return -1;
	words_add(&r->patterns, value, strlen(value));
	r->compiled = xrealloc(r->compiled, r->patterns.n * sizeof(struct pattern *));
	r->compiled[r->patterns.n - 1] = p;
	return 0;
}

static int set_category(struct rule *r, const char *value, struct err *e)
{
	r->category = category_word(value);
	return r->category ? 0 :
	       err_set(e, ERR_CONFIG, "'%s' is no category; ruadb-rules(5) lists them", value);
}

/* "cloudmark", or "proofpoint-enterprise by url" */
static int set_gives(struct rule *r, const char *value, struct err *e)
{
	size_t n = strcspn(value, " \t");
	const char *rest = value + n + strspn(value + n, " \t");

	if (*rest && strcmp(rest, "by url") != 0)
		return err_set(e, ERR_CONFIG, "'%s' is not like NAME or NAME by url", value);
	r->url = *rest;
	AUTO_FREE char *name = xstrndup(value, n);

	return set_once(&r->gives, name, e);
}

int rule_set(struct rule *r, const char *key, const char *value, struct err *e)
{
	if (strcmp(key, "match") == 0)
		return set_match(r, value, e);
	if (strcmp(key, "code") == 0)
		return set_codes(r, value, e);
	if (strcmp(key, "enhanced") == 0)
		return set_statuses(r, value, e);
	if (strcmp(key, "from") == 0)
		split(&r->from, value);
	else if (strcmp(key, "gives") == 0)
		return set_gives(r, value, e);
	else if (strcmp(key, "category") == 0)
		return set_category(r, value, e);
	else if (strcmp(key, "meaning") == 0)
		return set_once(&r->meaning, value, e);
	else if (strcmp(key, "source") == 0)
		return set_once(&r->source, value, e);
	else if (strcmp(key, "example") == 0)
		words_add(&r->examples, value, strlen(value));
	else if (strcmp(key, "off") == 0)
		return set_yes(&r->off, value, e);
	else
		return 1;
	return 0;
}

int rule_check(struct rule *r, struct err *e)
{
	if (r->off)
		return 0;
	if (!r->category)
		return err_set(e, ERR_CONFIG, "[%s] has no category", r->name);
	if (!r->patterns.n && !r->n_statuses && !r->codes_said && !r->from.n)
		return err_set(e, ERR_CONFIG, "[%s] says no match, enhanced, code or from: it would be "
			       "true of every reply", r->name);
	/* Whoever accepts a mail may praise it in any words. */
	if (!r->codes_said) {
		struct err none;

		if (set_codes(r, "none 4xx 5xx", &none) < 0)
			return err_set(e, ERR_BUG, "codes: %s", none.msg);
	}
	r->kind = r->user ? 'u' : r->from.n ? 'g' : r->patterns.n ? 'f' : r->n_statuses ? 'e' : 'b';
	return 0;
}

void rule_free(struct rule *r)
{
	for (size_t i = 0; i < r->patterns.n; i++)
		pattern_free(r->compiled[i]);
	free(r->compiled);
	words_free(&r->patterns);
	words_free(&r->examples);
	words_free(&r->from);
	free(r->statuses);
	free(r->name);
	free(r->meaning);
	free(r->source);
	free(r->gives);
}

/* ---- gateways ---- */

int gateway_set(struct gateway *g, const char *key, const char *value, struct err *e)
{
	if (strcmp(key, "hosts") == 0) {
		split(&g->hosts, value);
		return 0;
	}
	if (strcmp(key, "title") == 0)
		return set_once(&g->title, value, e);
	if (strcmp(key, "family") == 0)
		return set_once(&g->family, value, e);
	if (strcmp(key, "source") == 0)
		return set_once(&g->source, value, e);
	if (strcmp(key, "mailboxes") == 0)
		return set_yes(&g->mailboxes, value, e);
	if (strcmp(key, "off") == 0)
		return set_yes(&g->off, value, e);
	if (strcmp(key, "customer") != 0)
		return 1;
	if (set_once(&g->customer_text, value, e) < 0)
		return -1;
	g->customer = pattern_new(value, e);
	return g->customer ? 0 : -1;
}

int gateway_check(struct gateway *g, struct err *e)
{
	if (g->off)
		return 0;
	for (size_t i = 0; i < g->hosts.n; i++) {
		char *h = g->hosts.v[i];

		if (!*h || *h == '.' || h[strlen(h) - 1] == '.' ||
		    strspn(h, "abcdefghijklmnopqrstuvwxyz0123456789.-_") != strlen(h))
			return err_set(e, ERR_CONFIG, "[%s]: '%s' is no end of a host name: lower case, "
				       "no dot at its ends", g->name, h);
	}
	if (!g->family)
		g->family = xstrdup(g->name);
	if (!g->title)
		g->title = xstrdup(g->name);
	return 0;
}

void gateway_free(struct gateway *g)
{
	words_free(&g->hosts);
	pattern_free(g->customer);
	free(g->customer_text);
	free(g->name);
	free(g->title);
	free(g->family);
	free(g->source);
}
