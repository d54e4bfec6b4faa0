#include "parse/authres_field.h"

#include <string.h>
#include <strings.h>

/* A word or a value, unquoted. */
struct value {
	char p[AUTHRES_NAME + 3]; /* room for "<" and ">." as well */
	size_t len;
	bool quoted; /* all of it, in one pair */
	bool odd;    /* quoted here and there, or too long to be a name */
};

/* The domains that one result names: the one that counts, and the one in its stead. */
struct named {
	struct authres_name first, second;
	bool first_odd, second_odd;
};

static const struct {
	const char *method, *property;
	bool second;
} properties[] = {
	{"dmarc", "header.from", false},  {"dkim", "header.d", false},
	{"dkim", "header.i", true},       {"spf", "smtp.mailfrom", false},
	{"spf", "smtp.mfrom", false},     {"spf", "smtp.mail", false},
	{"spf", "smtp.helo", true},
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_token(char c)
{
	return (unsigned char)c > ' ' && c != 0x7f && !strchr("()<>@,;:\\\"/[]?=", c);
}

/* ---- words ---- */

/*
 * A comment, with those in it. Servers put what the sender said in there, and not all quote it:
 * a parenthesis between quotation marks ends the comment for one reader and not for another.
 */
static void skip_comment(struct authres_cursor *c)
{
	unsigned depth = 0;
	bool quoted = false;

	for (; c->p < c->end; c->p++) {
		if (*c->p == '\\' && c->p + 1 < c->end) {
			c->p++;
		} else if (*c->p == '"') {
			quoted = !quoted;
		} else if (*c->p == '(' || *c->p == ')') {
			c->torn |= quoted;
			if (*c->p == '(') {
				depth++;
			} else if (--depth == 0) {
				c->p++;
				return;
			}
		}
	}
	c->torn = true;
}

static void skip_blanks(struct authres_cursor *c)
{
	while (c->p < c->end && (is_blank(*c->p) || *c->p == '('))
		if (*c->p == '(')
			skip_comment(c);
		else
			c->p++;
}

static void add(struct value *v, char ch)
{
	if (v->len < sizeof(v->p))
		v->p[v->len++] = ch;
	else
		v->odd = true;
}

static void take_quoted(struct authres_cursor *c, struct value *v)
{
	for (c->p++; c->p < c->end && *c->p != '"'; c->p++) {
		if (*c->p == '\\' && c->p + 1 < c->end)
			c->p++;
		if (*c->p != '\r' && *c->p != '\n')
			add(v, *c->p);
	}
	if (c->p == c->end)
		c->torn = true;
	else
		c->p++;
}

/* Of an address, what stands behind its @: the local part may be quoted, and hold one as well. */
static void take_value(struct authres_cursor *c, struct value *v)
{
	bool at = false;

	*v = (struct value){.len = 0};
	for (; c->p < c->end && !is_blank(*c->p) && *c->p != ';' && *c->p != '('; ) {
		if (*c->p == '"') {
			v->odd |= at || v->len || v->quoted;
			take_quoted(c, v);
			v->quoted = true;
		} else if (*c->p == '@') {
			*v = (struct value){.len = 0};
			at = true;
			c->p++;
		} else {
			v->odd |= v->quoted;
			add(v, *c->p++);
		}
	}
}

static struct text take_word(struct authres_cursor *c)
{
	const char *from = c->p;

	while (c->p < c->end && is_token(*c->p))
		c->p++;
	return (struct text){from, (uint32_t)(c->p - from)};
}

static bool take_sign(struct authres_cursor *c, char sign)
{
	skip_blanks(c);
	if (c->p == c->end || *c->p != sign)
		return false;
	c->p++;
	skip_blanks(c);
	return true;
}

/* ---- domains ---- */

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
	       c == '.' || (unsigned char)c >= 0x80;
}

/* false: there is something, and it is no domain. */
static bool take_name(struct value *v, struct authres_name *ret)
{
	const char *p = v->p, *at = v->quoted ? memrchr(p, '@', v->len) : NULL;
	size_t n = v->len;

	if (at) {
		n -= (size_t)(at + 1 - p);
		p = at + 1;
	}
	if (n && *p == '<') {
		p++;
		n--;
	}
	n -= n && p[n - 1] == '>';
	n -= n && p[n - 1] == '.';
	ret->len = 0;
	if (v->odd || n > AUTHRES_NAME || !text_utf8_ok(p, n))
		return false;
	for (size_t i = 0; i < n; i++) {
		ret->p[i] = p[i] >= 'A' && p[i] <= 'Z' ? (char)(p[i] | 0x20) : p[i];
		if (!is_name(ret->p[i]))
			return false;
	}
	ret->len = (uint8_t)n;
	return true;
}

static void put_name(struct value *v, struct authres_name *to, bool *odd)
{
	struct authres_name name;

	if (!take_name(v, &name))
		*odd = true;
	else if (!to->len)
		*to = name;
	else if (name.len && (name.len != to->len || memcmp(name.p, to->p, name.len) != 0))
		*odd = true; /* it says two things */
}

static void take_property(const char *method, struct text property, struct value *v,
			  struct named *n)
{
	for (size_t i = 0; i < sizeof(properties) / sizeof(properties[0]); i++) {
		if (strcmp(properties[i].method, method) != 0 ||
		    !text_is(property, properties[i].property))
			continue;
		if (properties[i].second)
			put_name(v, &n->second, &n->second_odd);
		else
			put_name(v, &n->first, &n->first_odd);
	}
}

/* ---- results ---- */

static const char *const methods[] = {"dmarc", "dkim", "spf"};

static void add_passed(struct authres *a, enum auth_method method, const struct authres_name *name)
{
	if (name->len && a->n_passed < LIMIT_AUTH_DOMAINS) {
		a->passed[a->n_passed].method = method;
		a->passed[a->n_passed++].name = *name;
	}
}

/* There is one DMARC result a mail: what says another thing was not written by our server alone. */
static void add_dmarc(struct authres *a, struct text result, const struct authres_name *name)
{
	bool pass = text_is(result, "pass");

	if (text_is(result, "fail"))
		a->dmarc_fail = true;
	if (a->dmarc_seen && (pass != a->dmarc || (pass && (name->len != a->dmarc_name.len ||
	    memcmp(name->p, a->dmarc_name.p, name->len) != 0))))
		a->torn = true;
	a->dmarc_seen = true;
	a->dmarc = pass;
	if (pass)
		a->dmarc_name = *name;
}

static void add_result(struct authres *a, const char *method, struct text result,
		       const struct named *n)
{
	static const struct authres_name none = {0};
	const struct authres_name *name = n->first_odd ? &none : &n->first;

	if (!n->first_odd && !n->first.len && !n->second_odd)
		name = &n->second;
	a->results = true;
	a->passes |= text_is(result, "pass");
	if (strcmp(method, "dmarc") == 0)
		add_dmarc(a, result, name);
	else if (text_is(result, "pass"))
		add_passed(a, strcmp(method, "dkim") == 0 ? METHOD_DKIM : METHOD_SPF, name);
}

/* Behind the sign: a value, or nothing, where the next property begins behind a blank. */
static void take_assigned(struct authres_cursor *c, bool blank, struct value *v)
{
	struct authres_cursor ahead = *c;
	struct text word = take_word(&ahead);

	if (blank && memchr(word.p, '.', word.len) && ahead.p < ahead.end && *ahead.p == '=')
		*v = (struct value){.len = 0};
	else
		take_value(c, v);
}

/* Whatever stands before the next semicolon; false at the field's end. */
static bool skip_rest(struct authres_cursor *c)
{
	struct value v;

	for (skip_blanks(c); c->p < c->end && *c->p != ';'; skip_blanks(c))
		take_value(c, &v);
	if (c->p == c->end)
		return false;
	c->p++;
	return true;
}

/* One result with its properties, up to the semicolon; or what is none. */
static void take_result(struct authres_cursor *c, struct authres *ret)
{
	const char *method = NULL;
	struct text word = take_word(c), result;
	struct named n = {0};
	struct value v;
	bool version = true;

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (text_is(word, methods[i]))
			method = methods[i];
	if (take_sign(c, '/'))
		version = text_is(take_word(c), "1");
	if (!take_sign(c, '='))
		return;
	result = take_word(c);
	for (skip_blanks(c); c->p < c->end && *c->p != ';'; skip_blanks(c)) {
		const char *from = c->p;

		word = take_word(c);
		if (word.len && take_sign(c, '='))
			take_assigned(c, c->p[-1] != '=', &v);
		else if (c->p == from)
			take_value(c, &v); /* something else, of no meaning */
		else
			continue;
		if (method && word.len)
			take_property(method, word, &v, &n);
	}
	if (method && version)
		add_result(ret, method, result, &n);
}

void authres_results(struct authres_cursor *c, struct authres *ret)
{
	do {
		skip_blanks(c);
		take_result(c, ret);
	} while (skip_rest(c));
	ret->torn |= c->torn;
}

int authres_id(struct authres_cursor *c, char room[AUTHRES_NAME + 1], struct text *ret)
{
	struct authres_cursor ahead;
	struct value v = {.len = 0};
	struct text version;

	skip_blanks(c);
	ahead = *c;
	if (take_word(&ahead).len && (take_sign(&ahead, '/') ? take_word(&ahead).len : true) &&
	    take_sign(&ahead, '='))
		return 0;
	if (c->p < c->end && *c->p == '"')
		take_quoted(c, &v);
	else
		while (c->p < c->end && !is_blank(*c->p) && *c->p != ';' && *c->p != '(')
			add(&v, *c->p++);
	skip_blanks(c);
	version = take_word(c);
	skip_rest(c);
	v.len -= v.len && v.p[v.len - 1] == '.';
	if (!v.len || v.odd || v.len > AUTHRES_NAME)
		return -1;
	c->torn |= version.len && !text_is(version, "1");
	memcpy(room, v.p, v.len);
	*ret = (struct text){room, (uint32_t)v.len};
	return 1;
}
