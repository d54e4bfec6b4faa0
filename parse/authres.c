/* The header's fields, and who is believed; what one field says: authres_field.c. */
#include "parse/authres_field.h"
#include "base/orgdomain.h"

#include <string.h>
#include <strings.h>

/* ---- fields of a header ---- */

struct lines {
	const char *p, *end;
	char ends_in; /* a line: LF, or CR where there is no LF at all */
	bool cut;     /* there is more of the mail than was given */
};

/* Up to the line's end, which is not of it; behind it: where the next one begins. NULL: cut off. */
static const char *line_end(const struct lines *l, const char *p, const char **ret_next)
{
	const char *nl = memchr(p, l->ends_in, (size_t)(l->end - p));

	*ret_next = nl ? nl + 1 : l->end;
	return nl ? nl : l->cut ? NULL : l->end;
}

static bool is_empty(const char *p, const char *end)
{
	return p == end || (*p == '\r' && p + 1 == end);
}

/* The next field, folded lines with it. false: no more. */
static bool next_field(struct lines *l, struct text *ret)
{
	const char *from = l->p, *next;
	const char *end = from < l->end ? line_end(l, from, &next) : NULL;

	if (!end || is_empty(from, end))
		return false;
	while (next < l->end && (*next == ' ' || *next == '\t')) {
		end = line_end(l, next, &next);
		if (!end)
			return false;
	}
	*ret = (struct text){from, (uint32_t)(end - from)};
	l->p = next;
	return true;
}

static bool is_from(const char *p, size_t n)
{
	return (n > 5 && memcmp(p, "From ", 5) == 0) || (n > 6 && memcmp(p, ">From ", 6) == 0);
}

/* Empty lines before it, and the "From " line of an mbox. */
static void skip_to_header(struct lines *l)
{
	const char *next;

	for (const char *end; l->p < l->end && (end = line_end(l, l->p, &next)); l->p = next)
		if (!is_empty(l->p, end) && !is_from(l->p, (size_t)(end - l->p)))
			return;
}

static bool is_field(struct text f, const char *name, struct authres_cursor *ret)
{
	size_t n = strlen(name);

	if (f.len <= n || f.p[n] != ':' || strncasecmp(f.p, name, n) != 0)
		return false;
	*ret = (struct authres_cursor){f.p + n + 1, f.p + f.len, false};
	return true;
}

/* No program that prints for people writes others into a header. */
static bool has_controls(const struct authres_cursor *c, char ends_in)
{
	for (const char *p = c->p; p < c->end; p++)
		if (((unsigned char)*p < ' ' && *p != '\t' && *p != ends_in &&
		     !(*p == '\r' && (p + 1 == c->end || p[1] == '\n'))) || *p == 0x7f)
			return true;
	return false;
}

/* ---- who is believed ---- */

static bool same_name(struct text id, const char *p, size_t n)
{
	n -= n > 1 && p[n - 1] == '.';
	if (n > 2 && p[0] == '*' && p[1] == '.' && id.len > n - 1) {
		id.p += id.len - (n - 1);
		id.len = (uint32_t)n - 1;
		p++;
		n--;
	}
	return id.len == n && strncasecmp(id.p, p, n) == 0;
}

static bool is_ours(const struct trust *t, struct authres_cursor *c)
{
	char room[AUTHRES_NAME + 1];
	struct text id;
	int r = authres_id(c, room, &id);
	const char *p = t->authserv_ids.p, *end = p + t->authserv_ids.len;

	if (t->form == AUTHSERV_MICROSOFT)
		return r == 0;
	while (r == 1 && p < end) {
		size_t n = 0;

		while (p + n < end && !strchr(" \t\r\n,", p[n]))
			n++;
		if (same_name(id, p, n))
			return true;
		p += n + 1;
	}
	return false;
}

void authres_read(const char *header, size_t len, const struct trust *trust, struct authres *ret)
{
	struct lines l = {header, header + len, '\n', false};
	unsigned found = 0;
	struct authres_cursor c;
	struct text f;

	memset(ret, 0, sizeof(*ret));
	if (!trust || (!trust->authserv_ids.len && trust->form != AUTHSERV_MICROSOFT))
		return;
	if (len > LIMIT_MAIL_HEADER) {
		l.end = header + LIMIT_MAIL_HEADER;
		l.cut = true;
	}
	if (!memchr(l.p, '\n', (size_t)(l.end - l.p)))
		l.ends_in = '\r';
	skip_to_header(&l);
	while (found < (trust->fields ? trust->fields : 1U) && next_field(&l, &f)) {
		if (found && is_field(f, "Received", &c))
			return;
		if (!is_field(f, "Authentication-Results", &c))
			continue;
		bool torn = has_controls(&c, l.ends_in);

		if (!is_ours(trust, &c))
			continue;
		found++;
		authres_results(&c, ret);
		ret->torn |= torn;
	}
}

/* ---- and what it means for a report ---- */

static bool same_org(const struct authres_name *passed, const char *p, size_t n)
{
	char name[AUTHRES_NAME];
	struct text a = {passed->p, passed->len}, b = {name, (uint32_t)n};

	if (!n || n > sizeof(name))
		return false;
	for (size_t i = 0; i < n; i++)
		name[i] = p[i] >= 'A' && p[i] <= 'Z' ? (char)(p[i] | 0x20) : p[i];
	return text_eq(orgdomain_of(a), orgdomain_of(b));
}

static bool relates_to(const struct authres_name *passed, struct text t)
{
	t = text_trim(t);
	if (t.len && t.p[t.len - 1] == '>')
		t.len--;
	if (t.len && t.p[t.len - 1] == '.')
		t.len--;
	return same_org(passed, t.p, t.len);
}

static struct text behind_at(struct text email)
{
	const char *at = email.p ? memrchr(email.p, '@', email.len) : NULL;

	if (!at)
		return TEXT_ABSENT;
	return (struct text){at + 1, (uint32_t)(email.p + email.len - at - 1)};
}

static enum auth_relation relation_of(const struct authres_name *passed,
				      const struct report_head *h)
{
	bool name = relates_to(passed, h->org_name);
	bool address = relates_to(passed, behind_at(h->email));

	if (name)
		return address ? RELATION_BOTH : RELATION_NAME;
	return address ? RELATION_ADDRESS : RELATION_NONE;
}

/* Takes it if it is the first, or nearer than what was taken. */
static void consider(struct report_head *h, enum auth_method method,
		     const struct authres_name *name)
{
	static const char near[] = {RELATION_ABSENT, RELATION_NONE, RELATION_ADDRESS,
				    RELATION_NAME, RELATION_BOTH, '\0'};
	enum auth_relation relation = relation_of(name, h);

	if (strchr(near, (int)relation) <= strchr(near, (int)h->auth_relation))
		return;
	h->auth_method = method;
	h->auth_relation = relation;
	h->auth_domain = (struct text){name->p, name->len};
}

void authres_judge(const struct authres *a, struct report_head *h)
{
	h->auth = a ? AUTH_UNVERIFIED : AUTH_LOCAL;
	h->auth_method = METHOD_NONE;
	h->auth_relation = RELATION_ABSENT;
	h->auth_domain = TEXT_ABSENT;
	if (!a || (a->torn && !a->dmarc_fail))
		return;
	if (a->dmarc_fail || (a->results && !a->passes)) {
		h->auth = AUTH_FAILED;
		return;
	}
	if (a->dmarc && a->dmarc_name.len)
		consider(h, METHOD_DMARC, &a->dmarc_name);
	else
		for (unsigned i = 0; i < a->n_passed; i++)
			consider(h, a->passed[i].method, &a->passed[i].name);
	if (h->auth_relation != RELATION_ABSENT && h->auth_relation != RELATION_NONE)
		h->auth = AUTH_VERIFIED;
}
