#include "base/reply_gen.h"

#include <strings.h>

/* ---- words ---- */

static bool is_text(int c)
{
	return reply_char((char)c) != 0 || (c & 0x80);
}

static bool is_key(const char *p, size_t n)
{
	static const char *const keys[] = {"from", "to", "rcpt", "sender", "email", "user",
					   "recipient", "address", "mail", "orcpt", "mailfrom",
					   "msgid", "id", NULL};

	for (const char *const *s = keys; *s; s++)
		if (strlen(*s) == n && strncasecmp(p, *s, n) == 0)
			return true;
	return false;
}

/* p to e: a word with "@". Widened by letters that are not ASCII and by "[192.0.2.1]". */
static const char *address(struct reply_gen *g, const char *p, const char *e)
{
	const char *equals = memchr(p, '=', (size_t)(e - p)), *at;

	if (equals && is_key(p, (size_t)(equals - p)))
		p = equals + 1;
	while (p > g->literal && is_text(p[-1]) && !(equals && p == equals + 1))
		p--;
	while (e < g->end && is_text(*e))
		e++;
	if (e < g->end && *e == '[' && e[-1] == '@') {
		const char *to = e + 1;

		while (to < g->end && (reply_char(*to) & (CH_ALNUM | CH_DOT) || *to == ':'))
			to++;
		e = to < g->end && *to == ']' ? to + 1 : e;
	}
	while (e > p && strchr(".!'", e[-1]))
		e--;
	at = memchr(p, '@', (size_t)(e - p));
	if (at && at > p && at + 1 < e)
		reply_add(g, VAR_ADDRESS, p, e);
	return e;
}

/* A time goes on behind its colon: 12:34:56.789Z. */
static const char *time_end(const struct reply_gen *g, const char *e)
{
	while (g->end - e > 2 && *e == ':' && reply_char(e[1]) & CH_DIGIT &&
	       reply_char(e[2]) & CH_DIGIT) {
		e += 3;
		while (e < g->end && (reply_char(*e) & (CH_DIGIT | CH_DOT) || *e == 'Z'))
			e++;
		while (e[-1] == '.')
			e--;
	}
	return e;
}

/* "Mon, 23 Nov 2026", "Nov 23": else these words would make a template a day. */
static bool is_date_word(const struct reply_gen *g, const char *p, const char *e)
{
	bool behind = g->end - e > 1 && *e == ' ' && reply_char(e[1]) & CH_DIGIT;
	bool before = p - g->text > 3 && p[-1] == ' ' && reply_char(p[-2]) & CH_DIGIT &&
		      (p[-3] == ' ' || p[-4] == ' ');

	if (reply_month(p))
		return behind || before;
	if (!reply_weekday(p))
		return false;
	if (g->end - e > 1 && *e == ',' && e[1] == ' ')
		e++;
	return g->end - e > 4 && *e == ' ' && (reply_char(e[1]) & CH_DIGIT || reply_month(e + 1));
}

/* The 550 of "550 5.1.1" in the middle of a text. */
static bool is_code_before_enhanced(const struct reply_gen *g, const char *p, const char *e)
{
	const char *to = p + 4;

	if (e - p < 3 || !strchr("245", p[0]) || g->end - p < 9 || (p[3] != ' ' && p[3] != '-') ||
	    (p[3] == ' ' && e != p + 3))
		return false;
	while (to < g->end && reply_char(*to) & (CH_DIGIT | CH_DOT))
		to++;
	while (to[-1] == '.')
		to--;
	return reply_enhanced(p + 4, (size_t)(to - p - 4));
}

static bool is_after(const struct reply_gen *g, const char *p, const char *word)
{
	return p > g->text && reply_ends_with(g->text, p, word);
}

/* A word that is more than letters. */
static const char *odd_word(struct reply_gen *g, const char *p, const char *e, unsigned int has)
{
	const char *to;
	struct ip ip;
	size_t n;

	if (has & CH_AT)
		return address(g, p, e);
	if (has & CH_EQUALS && (to = memchr(p, '=', (size_t)(e - p))) && to + 1 < e) {
		size_t i = 0;

		while (reply_char(p[i]) & (CH_LETTER | CH_SIGN))
			i++;
		if (p + i == to)
			return to + 1;
	}
	if (has & CH_SLASH && (to = memchr(p, '/', (size_t)(e - p))) && has & CH_DOT) {
		if (reply_ip4(p, (size_t)(to - p), &ip)) {
			reply_add_ip(g, p, to, &ip);
			return to;
		}
		if (has & CH_LETTER && memchr(p, '.', (size_t)(to - p)))
			return reply_url(g, p);
	}
	while (e > p && !(reply_char(e[-1]) & CH_ALNUM) && e[-1] != '=' && e[-1] != '+')
		e--;
	if (!(has & CH_LETTER) && is_code_before_enhanced(g, p, e))
		return p + 3;
	enum variable v = reply_word(p, (size_t)(e - p), has, &n, &ip);

	e = p + n;
	if (v == VAR_IP)
		reply_add_ip(g, p, e, &ip);
	else if (v == VAR_HOST && (is_after(g, p, " using ") || is_after(g, p, "listed in ")))
		;
	else if (v == VAR_NUMBER || v == VAR_ID)
		reply_add(g, v, p, e = time_end(g, e));
	else if (v != VAR_NONE)
		reply_add(g, v, p, e);
	return e;
}

/* p: at a colon or up to four hexadecimal digits before one. NULL: no address is here. */
static const char *ip6(struct reply_gen *g, const char *p)
{
	const char *e = p;
	struct ip ip;

	while (e < g->end && e - p < 46 && (reply_hex(*e) >= 0 || *e == ':' || *e == '.'))
		e++;
	for (; e - p > 1; e--) {
		if (reply_ip(p, (size_t)(e - p), &ip)) {
			reply_add_ip(g, p, e, &ip);
			return e;
		}
		if (e[-1] != ':' && e[-1] != '.')
			break;
	}
	return NULL;
}

/* Where ids stand that look like a word or a number now and then. */
static bool names_id(const struct reply_gen *g, const char *p)
{
	if (p - g->text < 4)
		return false;
	return p[-1] == '=' ? is_after(g, p, " id=") :
	       p[-1] == ' ' && p[-2] == 's' && is_after(g, p, "queued as ");
}

/* The recipient's name without its domain, as a word of its own; with signs behind it. */
static bool is_user(const struct reply_gen *g, const char *p, const char *e)
{
	size_t n = g->user.len;

	if ((*p | 32) != (*g->user.p | 32) || strncasecmp(p, g->user.p, n) != 0)
		return false;
	for (p += n; p < e; p++)
		if (reply_char(*p) & (CH_ALNUM | CH_AT))
			return false;
	return true;
}

static const char *word(struct reply_gen *g, const char *p)
{
	const char *e, *to;
	unsigned int has = 0, c;

	while (p < g->end && (c = reply_char(*p)) && !(c & CH_ALNUM))
		p++;
	for (e = p; e < g->end && (c = reply_char(*e)); e++)
		has |= c;
	if (e == p)
		return e;
	if (e < g->end && *e == ':' && e - p <= 4 && (to = ip6(g, p)))
		return to;
	if (!(has & CH_AT) && names_id(g, p)) {
		while (reply_char(e[-1]) & CH_DOT)
			e--;
		reply_add(g, VAR_ID, p, e);
		return e;
	}
	if (g->user.p && (size_t)(e - p) >= g->user.len && is_user(g, p, e)) {
		reply_add(g, VAR_TEXT, p, p + g->user.len);
		return p + g->user.len;
	}
	if (has & ~(unsigned int)(CH_LETTER | CH_SIGN))
		return odd_word(g, p, e, has);
	if (e - p == 3 && has == CH_LETTER && is_date_word(g, p, e))
		reply_add(g, VAR_TEXT, p, e);
	else if (e - p >= 10 && (has & CH_LETTER) == CH_LETTER)
		return odd_word(g, p, e, has);
	return e;
}

/* ---- what stands between words ---- */

/* <user@example.com>, <"a b"@example.com>, a Message-ID; <jdoe>: the recipient of a server that
 * knows no domains. NULL: none of these. */
static const char *angle(struct reply_gen *g, const char *p)
{
	const char *e;
	unsigned int has = 0;
	bool at = false, plain = true;

	for (e = ++p; e < g->end && *e != '>'; e++) {
		if ((uint8_t)*e < ' ' || *e == '<' || e - p > 1000)
			return NULL;
		has |= reply_char(*e);
		plain &= (reply_char(*e) & (CH_LOWER | CH_DIGIT | CH_SIGN | CH_DOT)) != 0;
		at |= *e == '@';
	}
	if (e == g->end || e == p)
		return NULL;
	if (!at && (!plain || !(has & CH_LOWER) || has & (CH_DIGIT | CH_DOT)))
		return NULL;
	reply_add(g, at ? VAR_ADDRESS : VAR_TEXT, p, e);
	return e + 1;
}

static const char *mark(struct reply_gen *g, const char *p)
{
	const char *e;

	switch (*p) {
	case '<':
		e = angle(g, p);
		return e ? e : p + 1;
	case ':':
		if (g->end - p > 3 && p[1] == '/' && p[2] == '/')
			return reply_url(g, p + 3);
		e = g->end - p > 2 && p[1] == ':' ? ip6(g, p) : NULL;
		return e ? e : p + 1;
	case '{':
	case '}':
		for (e = p + 1; e < g->end && (*e == '{' || *e == '}'); e++)
			;
		reply_add(g, VAR_TEXT, p, e);
		return e;
	default:
		return p + 1;
	}
}

/* ---- the code at the front ---- */

/* Length of "421 " or "421"; 0: none. */
static size_t front_code(const char *p, size_t n, uint16_t *ret_code)
{
	if (n < 3 || p[0] < '2' || p[0] > '5' || !(reply_char(p[1]) & reply_char(p[2]) & CH_DIGIT) ||
	    (n > 3 && p[3] != ' ' && p[3] != '-'))
		return 0;
	*ret_code = (uint16_t)((p[0] - '0') * 100 + (p[1] - '0') * 10 + (p[2] - '0'));
	return n > 3 ? 4 : 3;
}

static size_t front_enhanced(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && i < 10 && reply_char(p[i]) & (CH_DIGIT | CH_DOT))
		i++;
	if (i < n && p[i] != ' ' && p[i] != ':' && p[i] != '\r' && p[i] != '\n')
		return 0;
	return reply_enhanced(p, i) ? i : 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\r';
}

/* Where the next line of a multi-line reply begins: behind a blank, a line end, or "\n" as Exim
 * writes it, is the code again. *ret_text: behind that; *ret_last: no further line. */
static bool next_line(const char *p, const char *end, const char *code, const char **ret_text,
		      bool *ret_last)
{
	const char *q = p;

	if (*q == '\\' && end - q > 2 && q[1] == 'n')
		q += 2;
	else
		while (q < end && is_blank(*q))
			q++;
	if (q == p || end - q < 3 || memcmp(q, code, 3) != 0 ||
	    (end - q > 3 && q[3] != '-' && q[3] != ' '))
		return false;
	*ret_last = end - q == 3 || q[3] == ' ';
	*ret_text = end - q == 3 ? q + 3 : q + 4;
	return true;
}

struct text reply_unfold(struct text text, char *to)
{
	const char *p = text.p, *next;
	const char *end = p + reply_cut(p, text.len, LIMIT_LOG_REPLY);
	uint16_t code;
	bool last = false;
	size_t front = front_code(p, (size_t)(end - p), &code), n = 0, enhanced;

	if (front < 4 || p[3] != '-')
		return (struct text){p, (uint32_t)(end - p)};
	enhanced = front_enhanced(p + 4, (size_t)(end - p - 4));
	memcpy(to, p, 3);
	to[3] = ' ';
	for (n = 4, p += 4; p < end;) {
		if (last || (!is_blank(*p) && *p != '\\') ||
		    !next_line(p, end, text.p, &next, &last)) {
			do
				to[n++] = *p++;
			while (p < end && is_blank(p[-1]) && is_blank(*p));
			continue;
		}
		p = next;
		if (enhanced && (size_t)(end - p) >= enhanced &&
		    memcmp(p, text.p + 4, enhanced) == 0 &&
		    ((size_t)(end - p) == enhanced || is_blank(p[enhanced]) || p[enhanced] == '\\'))
			p += enhanced + (p + enhanced < end && p[enhanced] == ' ');
		if (p < end && !is_blank(*p) && *p != '\\')
			to[n++] = ' ';
	}
	return (struct text){to, (uint32_t)n};
}

/* Names of recipients that may well be words of the reply's own. */
static bool is_word_of_replies(const char *p, size_t n)
{
	static const struct { const char *p; size_t n; } words[] = {
#define W(s) {s, sizeof(s) - 1}
		W("user"), W("users"), W("mail"), W("email"), W("mailbox"), W("info"), W("support"),
		W("service"), W("spam"), W("abuse"), W("postmaster"), W("admin"), W("contact"),
		W("error"), W("host"), W("test"), W("office"), W("sales"), W("account"),
		W("recipient"), W("address"), W("help"), W("news"), W("unknown"), W("message"),
		W("server"), W("the"), W("not"), W("noreply"),
#undef W
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (words[i].n == n && *words[i].p == (*p | 32) && strncasecmp(words[i].p, p, n) == 0)
			return true;
	return false;
}

/* What is in front of the recipient's @. */
static struct text user_of(struct text recipient)
{
	const char *at = recipient.len ? memrchr(recipient.p, '@', recipient.len) : NULL;
	size_t n = at ? (size_t)(at - recipient.p) : recipient.len;

	if (n < 3 || n > 64 || is_word_of_replies(recipient.p, n))
		return TEXT_ABSENT;
	return (struct text){recipient.p, (uint32_t)n};
}

void reply_generalise(struct text text, struct text recipient, struct buf *pattern,
		      struct buf *values, struct reply *ret)
{
	char unfolded[LIMIT_LOG_REPLY];
	struct text t;
	size_t front, enhanced = 0;

	*ret = (struct reply){0};
	if (!text.len)
		return;
	t = reply_unfold(text, unfolded);
	front = front_code(t.p, t.len, &ret->smtp_code);
	if (front && front < t.len && t.p[front] == '#')
		front++; /* as Cisco writes it: 550 #5.1.0 */
	if (front)
		enhanced = front_enhanced(t.p + front, t.len - front);
	if (enhanced)
		ret->enhanced = (struct text){text.p + front, (uint32_t)enhanced};

	struct reply_gen g = {.text = t.p, .end = t.p + t.len, .literal = t.p, .pattern = pattern,
			.values = values, .pattern_max = pattern->len + LIMIT_LOG_REPLY,
			.values_max = values->len + LIMIT_LOG_REPLY, .user = user_of(recipient),
			.ret = ret};
	const char *p = t.p + front + enhanced;

	while (p < g.end && !g.full)
		p = reply_char(*p) ? word(&g, p) : mark(&g, p);
	if (!g.full)
		reply_add_literal(&g, g.end);
}
