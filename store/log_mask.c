#include "store/log_mask.h"
#include "base/reply.h"

#include <string.h>
#include <strings.h>

/* What may stand before the @ of an address without quotes (RFC 5321, RFC 6531). */
static bool is_atom(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (uint8_t)c >= 0x80 || (c && strchr("!#$%&'*+-/=?^_`{|}~.", c));
}

static bool is_domain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (uint8_t)c >= 0x80 || c == '.' || c == '-';
}

/* The next @ or %40 at or behind p; *ret_n: how long it is. */
static const char *next_at(const char *p, const char *end, size_t *ret_n)
{
	for (; p < end; p++) {
		if (*p == '@')
			return *ret_n = 1, p;
		if (*p == '%' && end - p > 2 && p[1] == '4' && p[2] == '0')
			return *ret_n = 3, p;
	}
	return NULL;
}

/* Where the part before the @ begins, not before `from`; at: none is there. In a URL the marks between
 * its parts end it. */
static const char *local_begin(const char *from, const char *at)
{
	const char *p = at;

	if (p > from && p[-1] == '"') { /* "John Doe"@example.com */
		for (p--; p > from && p[-1] != '"'; p--)
			;
		return p > from ? p - 1 : at;
	}
	while (p > from && is_atom(p[-1]) && (*at == '@' || !strchr("=?&/#", p[-1])))
		p--;
	return p;
}

static bool is_role(const char *p, size_t n)
{
	static const char *const roles[] = {"abuse", "admin", "contact", "help", "hostmaster",
		"info", "mailer-daemon", "marketing", "no-reply", "noc", "noreply", "postmaster",
		"sales", "security", "support", "webmaster"};

	for (size_t i = 0; i < sizeof(roles) / sizeof(*roles); i++)
		if (strlen(roles[i]) == n && strncasecmp(roles[i], p, n) == 0)
			return true;
	return false;
}

static struct text part(const char *p, const char *end)
{
	return (struct text){p, (uint32_t)(end - p)};
}

static bool same(struct text a, struct text b)
{
	return a.len == b.len && strncasecmp(a.p, b.p, a.len) == 0;
}

/* The recipient's two parts; domain is empty if there is none. */
static void split(struct text recipient, struct text *ret_local, struct text *ret_domain)
{
	const char *at = recipient.len ? memrchr(recipient.p, '@', recipient.len) : NULL;

	*ret_domain = text_of("");
	*ret_local = recipient;
	if (at) {
		*ret_local = part(recipient.p, at);
		*ret_domain = part(at + 1, recipient.p + recipient.len);
	}
}

void log_mask(struct buf *b, struct text text, struct text recipient)
{
	const char *p = text.p, *end = p + text.len, *at, *seen = p;
	struct text local, domain;
	size_t n = 0;

	split(recipient, &local, &domain);
	for (; (at = next_at(seen, end, &n)); seen = at + n) {
		const char *begin = local_begin(p, at), *to = at + n;

		while (to < end && is_domain(*to))
			to++;
		while (to > at + n && to[-1] == '.')
			to--;
		if (begin == at)
			continue;
		if (local.len && same(part(begin, at), local) && same(part(at + n, to), domain)) {
			buf_add(b, p, (size_t)(begin - p));
			buf_add(b, "[recipient]", 11);
			p = to;
		} else if (!is_role(begin, (size_t)(at - begin))) {
			buf_add(b, p, (size_t)(begin - p));
			buf_add(b, "[address]", 9);
			p = at;
		}
	}
	buf_add(b, p, (size_t)(end - p));
}

void log_mask_values(struct buf *b, struct text values, struct text recipient)
{
	const char *p = values.p, *end = p + values.len;
	struct text local, domain;

	split(recipient, &local, &domain);
	for (;;) {
		const char *sep = memchr(p, REPLY_SEPARATOR, (size_t)(end - p));
		struct text v = part(p, sep ? sep : end);

		if (local.len && same(v, local) && !is_role(v.p, v.len))
			buf_add(b, "[recipient]", 11);
		else
			log_mask(b, v, recipient);
		if (!sep)
			return;
		buf_addc(b, REPLY_SEPARATOR);
		p = sep + 1;
	}
}
