#include "cmd/senders.h"
#include "base/buf.h"
#include "base/domain.h"
#include "base/range.h"
#include "base/text.h"

#include <stdlib.h>

#define WORD_BYTES 200

void sender_list_free(struct sender_list *l)
{
	for (size_t i = 0; i < l->n_texts; i++)
		free(l->texts[i]);
	free(l->texts);
	free(l->v);
	*l = (struct sender_list){0};
}

/* Keeps a copy. */
static const char *keep(struct sender_list *l, const char *p, size_t n)
{
	if (l->n_texts == l->cap_texts) {
		l->cap_texts = l->cap_texts ? l->cap_texts * 2 : 64;
		l->texts = xrealloc(l->texts, l->cap_texts * sizeof(*l->texts));
	}
	return l->texts[l->n_texts++] = xstrndup(p, n);
}

static struct store_sender *add(struct sender_list *l, const struct store_sender *of)
{
	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 64;
		l->v = xrealloc(l->v, l->cap * sizeof(*l->v));
	}
	l->v[l->n] = *of;
	return &l->v[l->n++];
}

int sender_add_address(struct sender_list *l, const struct store_sender *of, const char *value,
		       struct err *e)
{
	struct range r;
	int rc = range_parse(&r, value, e);

	for (size_t i = 0; rc == 0 && i < r.n; i++)
		add(l, of)->network = keep(l, r.blocks[i], strlen(r.blocks[i]));
	range_free(&r);
	return rc;
}

/* A domain, or a selector, as names are compared. */
static int name_of(struct sender_list *l, const char *value, bool selector, const char **ret,
		   struct err *e)
{
	struct buf b = {0};
	int rc = selector ? domain_parse_selector(&b, text_of(value), e)
			  : domain_parse(&b, text_of(value), e);

	if (rc == 0)
		*ret = keep(l, b.p, b.len);
	buf_free(&b);
	return rc;
}

int sender_add_dkim(struct sender_list *l, const struct store_sender *of, const char *domain,
		    const char *selector, struct err *e)
{
	const char *d, *s = NULL;

	if (name_of(l, domain, false, &d, e) < 0 ||
	    (selector && *selector && name_of(l, selector, true, &s, e) < 0))
		return -1;
	struct store_sender *to = add(l, of);

	to->dkim_domain = d;
	to->dkim_selector = s;
	to->dedicated = false;
	return 0;
}

int sender_add_spf(struct sender_list *l, const struct store_sender *of, const char *value,
		   struct err *e)
{
	const char *d;

	if (name_of(l, value, false, &d, e) < 0)
		return -1;
	struct store_sender *to = add(l, of);

	to->spf_domain = d;
	to->dedicated = false;
	return 0;
}

/* What can't be seen would make two names look like one. */
static bool is_visible(struct text t)
{
	struct buf b = {0};

	text_add_visible(&b, t);
	bool same = b.len == t.len && memcmp(b.p, t.p, t.len) == 0;

	buf_free(&b);
	return same;
}

int sender_word(struct sender_list *l, const char *what, const char *value, const char **ret,
		struct err *e)
{
	struct text t = text_trim(text_of(value));

	if (!t.len)
		return err_set(e, ERR_CONFIG, "the %s is empty", what);
	if (t.len > WORD_BYTES)
		return err_set(e, ERR_CONFIG, "the %s is longer than %d bytes", what, WORD_BYTES);
	if (!text_utf8_ok(t.p, t.len) || !is_visible(t))
		return err_set(e, ERR_CONFIG, "the %s '%.*s' has characters in it that can't be "
			       "seen, or is not UTF-8", what, (int)t.len, t.p);
	/* so does an export mark what a spreadsheet would take for a formula */
	if (t.len > 1 && t.p[0] == '\'' && strchr("=+-@", t.p[1]))
		return err_set(e, ERR_CONFIG, "the %s %.*s begins with an apostrophe that a "
			       "spreadsheet takes for a mark", what, (int)t.len, t.p);
	*ret = keep(l, t.p, t.len);
	return 0;
}
