#include "base/reply_gen.h"

#include <strings.h>

/* ---- writing ---- */

size_t reply_cut(const char *p, size_t n, size_t max)
{
	if (n <= max)
		return n;
	n = max;
	while (n && (p[n] & 0xc0) == 0x80)
		n--;
	return n;
}

void reply_add_literal(struct reply_gen *g, const char *to)
{
	size_t n = (size_t)(to - g->literal);
	size_t fits = reply_cut(g->literal, n, g->pattern_max - g->pattern->len);

	buf_add(g->pattern, g->literal, fits);
	g->literal += fits;
	g->full = fits < n;
}

void reply_add(struct reply_gen *g, enum variable v, const char *from, const char *to)
{
	static const struct { const char *name; size_t len; } names[] = {
		[VAR_ADDRESS] = {"{address}", 9}, [VAR_IP] = {"{ip}", 4},
		[VAR_HOST] = {"{host}", 6}, [VAR_ID] = {"{id}", 4},
		[VAR_NUMBER] = {"{number}", 8}, [VAR_TEXT] = {"{text}", 6},
	};
	size_t n = (size_t)(to - from);

	reply_add_literal(g, from);
	if (g->full)
		return;
	if (g->pattern_max - g->pattern->len < names[v].len ||
	    g->values_max - g->values->len < n + g->any) {
		g->full = true;
		return;
	}
	buf_add(g->pattern, names[v].name, names[v].len);
	if (g->any)
		buf_addc(g->values, REPLY_SEPARATOR);
	g->any = true;
	buf_add(g->values, from, n);
	g->literal = to;
}

/* ---- the address that the reply names as ours ---- */

bool reply_ends_with(const char *begin, const char *p, const char *word)
{
	size_t n = strlen(word);

	return (size_t)(p - begin) >= n && strncasecmp(p - n, word, n) == 0;
}

/* p: where the address begins, in "client [192.0.2.1] blocked". */
static void note_client(struct reply_gen *g, const char *p, const struct ip *ip)
{
	static const char *const before[] = {"client [", "client host [", "mail server [",
					     "messages from [", "your hostname, [", NULL};

	if (g->ret->reply_ip.family || p == g->text || p[-1] != '[')
		return;
	for (const char *const *s = before; *s; s++)
		if (reply_ends_with(g->text, p, *s))
			g->ret->reply_ip = *ip;
}

void reply_add_ip(struct reply_gen *g, const char *from, const char *to, const struct ip *ip)
{
	note_client(g, from, ip);
	reply_add(g, VAR_IP, from, to);
}

/* ---- URLs ---- */

static bool ends_url(char c)
{
	return (uint8_t)c <= ' ' || (uint8_t)c >= 0x7f || strchr("<>\"()[]{}`\\|", c);
}

int reply_hex(char c)
{
	unsigned int k = reply_char(c);

	return k & CH_DIGIT ? c - '0' : k & CH_LETTER && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* Percent-encoding taken off; 0: too long for an address, or with a NUL. */
static size_t unescape(const char *p, size_t n, char *to, size_t room)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		char c = p[i];

		if (c == '%' && i + 2 < n && reply_hex(p[i + 1]) >= 0 && reply_hex(p[i + 2]) >= 0) {
			c = (char)(reply_hex(p[i + 1]) << 4 | reply_hex(p[i + 2]));
			i += 2;
		}
		if (!c || len == room)
			return 0;
		to[len++] = c;
	}
	return len;
}

/* A part of a URL between its marks. Signs of the sentence around it that are behind an address
 * stay. */
static void url_part(struct reply_gen *g, const char *p, const char *e, bool ours)
{
	char plain[64];
	struct ip ip;

	for (const char *to = e; to > p && e - to <= 3; to--) {
		size_t n = unescape(p, (size_t)(to - p), plain, sizeof(plain));

		if (n && reply_ip(plain, n, &ip)) {
			if (ours && !g->ret->reply_ip.family)
				g->ret->reply_ip = ip;
			reply_add(g, VAR_IP, p, to);
			return;
		}
		if (to[-1] != ':' && to[-1] != '.' && to[-1] != ',' && to[-1] != ';')
			break;
	}
	while (e > p && strchr(".,:;!?'", e[-1]))
		e--;
	enum variable v = e > p ? reply_url_word(p, (size_t)(e - p), &ip) : VAR_NONE;

	if (v != VAR_NONE)
		reply_add(g, v, p, e);
}

/* Whose "ip" is the sender's. */
static bool names_sender(const char *p, const char *end)
{
	static const char *const urls[] = {"ipcheck.proofpoint.com/",
					   "support.proofpoint.com/dnsbl-lookup.cgi",
					   "csi.cloudmark.com/reset-request", NULL};

	for (const char *const *s = urls; *s; s++)
		if ((size_t)(end - p) > strlen(*s) && strncasecmp(p, *s, strlen(*s)) == 0)
			return true;
	return false;
}

const char *reply_url(struct reply_gen *g, const char *p)
{
	const char *host = p, *end = p, *part, *key;
	bool service;

	while (end < g->end && !ends_url(*end))
		end++;
	service = names_sender(host, end);
	while (p < end && !strchr("/?#", *p))
		p++;
	struct ip ip;

	if (reply_ip4(host, (size_t)(p - host), &ip))
		reply_add_ip(g, host, p, &ip);
	for (key = part = p; p <= end && !g->full; p++) {
		if (p < end && !strchr("/?=&#", *p))
			continue;
		if (p > part)
			url_part(g, part, p, service && part - key == 3 && strncasecmp(key, "ip=", 3) == 0);
		if (p == end || *p != '=')
			key = p + 1;
		part = p + 1;
	}
	return end;
}
