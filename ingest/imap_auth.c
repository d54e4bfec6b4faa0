#include "ingest/imap_auth.h"
#include "base/text.h"
#include "ingest/imap_cause.h"
#include "ingest/imap_dial.h"

#include <openssl/evp.h>
#include <string.h>
#include <strings.h>

#define TAG "login"

static const char *const names[] = {"", "PLAIN", "LOGIN", "LOGIN", "XOAUTH2", "OAUTHBEARER"};

const char *imap_auth_name(enum imap_mech m)
{
	return m == MECH_COMMAND ? "the LOGIN command" : names[m];
}

static bool offers(const char *capability, enum imap_mech m)
{
	char word[32];

	if (m == MECH_COMMAND)
		return !imap_hello_can(capability, "LOGINDISABLED");
	snprintf(word, sizeof(word), "AUTH=%s", names[m]);
	return imap_hello_can(capability, word);
}

/* What the server offers, for people: AUTH= words. */
static void add_offers(struct buf *b, const char *capability)
{
	for (const char *p = capability; *p; p += strcspn(p, " ")) {
		p += strspn(p, " ");
		if (strncasecmp(p, "AUTH=", 5) == 0) {
			buf_addc(b, ' ');
			text_add_visible(b, (struct text){p, (uint32_t)strcspn(p, " ")});
		}
	}
	if (!b->len)
		buf_adds(b, " nothing");
}

enum imap_mech imap_auth_pick(const struct account *a, bool bearer, const char *capability,
			      struct err *e)
{
	/* In the order in which we like them. */
	static const enum imap_mech ways[][4] = {
		[LOGIN_PLAIN] = {MECH_PLAIN},
		[LOGIN_LOGIN] = {MECH_LOGIN, MECH_COMMAND},
		[LOGIN_XOAUTH2] = {MECH_XOAUTH2},
		[LOGIN_OAUTHBEARER] = {MECH_OAUTHBEARER},
		[LOGIN_AUTO] = {MECH_PLAIN, MECH_LOGIN, MECH_COMMAND},
	};
	static const enum imap_mech tokens[4] = {MECH_OAUTHBEARER, MECH_XOAUTH2};
	const enum imap_mech *way = a->login == LOGIN_AUTO && bearer ? tokens : ways[a->login];
	struct buf b = {0};

	for (int i = 0; i < 4 && way[i] != MECH_NONE; i++)
		if (offers(capability, way[i]))
			return way[i];
	add_offers(&b, capability);
	err_set(e, ERR_CONFIG, "%s offers no login that fits a %s (it offers%s)%s", a->host,
		bearer ? "token" : "password", buf_cstr(&b),
		imap_cause_login(a, bearer, "no mechanism"));
	buf_free(&b);
	return MECH_NONE;
}

/* ---- what we send */

static void add_base64(struct buf *b, const void *p, size_t n)
{
	int len = EVP_EncodeBlock((unsigned char *)buf_room(b, (n + 2) / 3 * 4 + 1), p, (int)n);

	b->len += (size_t)len;
}

/* RFC 5801: ',' and '=' stand for something else in a GS2 header. */
static void add_gs2(struct buf *b, const char *s)
{
	for (; *s; s++) {
		if (*s == ',')
			buf_adds(b, "=2C");
		else if (*s == '=')
			buf_adds(b, "=3D");
		else
			buf_addc(b, *s);
	}
}

static void add_initial(struct buf *b, const struct account *a, enum imap_mech m,
			const char *secret)
{
	if (m == MECH_PLAIN) {
		buf_addc(b, '\0');
		buf_adds(b, a->user);
		buf_addc(b, '\0');
		buf_adds(b, secret);
	} else if (m == MECH_XOAUTH2) {
		buf_printf(b, "user=%s\1auth=Bearer %s\1\1", a->user, secret);
	} else if (m == MECH_OAUTHBEARER) {
		buf_adds(b, "n,a=");
		add_gs2(b, a->user);
		buf_printf(b, ",\1host=%s\1port=%d\1auth=Bearer %s\1\1", a->host, account_port(a),
			   secret);
	} else {
		buf_adds(b, a->user);
	}
}

/* An astring of RFC 3501: quoted, or a literal, whose bytes wait for the server's '+'. */
static void add_astring(struct imap_auth *x, const char *s)
{
	bool plain = true;

	for (const char *p = s; *p; p++)
		plain = plain && *p >= ' ' && *p < 0x7f;
	buf_addc(&x->answer[x->n], ' ');
	if (!plain) {
		buf_printf(&x->answer[x->n], "{%zu}\r\n", strlen(s));
		buf_adds(&x->answer[++x->n], s);
		return;
	}
	buf_addc(&x->answer[x->n], '"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			buf_addc(&x->answer[x->n], '\\');
		buf_addc(&x->answer[x->n], *s);
	}
	buf_addc(&x->answer[x->n], '"');
}

void imap_auth_init(struct imap_auth *x, const struct account *a, enum imap_mech m, bool ir,
		    const char *secret)
{
	struct buf raw = {0};

	*x = (struct imap_auth){.a = a, .mech = m, .ir = ir};
	if (m == MECH_COMMAND) {
		for (int i = 0; i < 3; i++)
			buf_room(&x->answer[i], 2 * (strlen(a->user) + strlen(secret)) + 64);
		buf_adds(&x->answer[0], TAG " LOGIN");
		add_astring(x, a->user);
		add_astring(x, secret);
		buf_adds(&x->answer[x->n++], "\r\n");
		return;
	}
	/* All at once: a buffer that grows leaves a copy of the secret behind. */
	buf_room(&raw, strlen(a->user) * 3 + strlen(a->host) + strlen(secret) + 64);
	add_initial(&raw, a, m, secret);
	buf_printf(&x->answer[0], TAG " AUTHENTICATE %s", names[m]);
	buf_room(&x->answer[0], raw.len * 2 + 64);
	buf_adds(&x->answer[0], ir ? " " : "\r\n");
	x->n = ir ? 0 : 1;
	buf_room(&x->answer[x->n], raw.len * 2 + 64);
	add_base64(&x->answer[x->n], raw.p, raw.len);
	buf_adds(&x->answer[x->n++], "\r\n");
	buf_wipe(&raw);
	if (m == MECH_LOGIN) {
		buf_room(&x->answer[x->n], strlen(secret) * 2 + 64);
		add_base64(&x->answer[x->n], secret, strlen(secret));
		buf_adds(&x->answer[x->n++], "\r\n");
	}
}

void imap_auth_free(struct imap_auth *x)
{
	for (int i = 0; i < 3; i++)
		buf_wipe(&x->answer[i]);
	buf_free(&x->reason);
	buf_free(&x->bye);
}

/* ---- what it answers */

/* "+ eyJzdGF0dXMiOiI0MDAi..": JSON, in base64 mostly. */
static void keep_reason(struct imap_auth *x, const char *p, size_t n)
{
	struct buf b = {0};

	while (n && *p == ' ')
		p++, n--;
	if (n > 4096)
		n = 4096;
	x->reason.len = 0;
	if (n && *p == '{') {
		buf_add(&b, p, n);
	} else if (n) {
		int len = EVP_DecodeBlock((unsigned char *)buf_room(&b, n), (const unsigned char *)p,
					  (int)(n / 4 * 4));

		b.len = len > 0 ? (size_t)len : 0;
		while (b.len && b.p[b.len - 1] == '\0')
			b.len--;
	}
	text_add_visible(&x->reason, (struct text){b.p, (uint32_t)b.len});
	buf_free(&b);
}

/* The next answer to a '+': what is left, else what ends a refused token, else "*": no more. */
static struct text next_answer(struct imap_auth *x, const char *words, size_t n)
{
	bool bearer = x->mech == MECH_XOAUTH2 || x->mech == MECH_OAUTHBEARER;

	if (x->sent < x->n) {
		struct buf *b = &x->answer[x->sent++];

		return (struct text){b->p, (uint32_t)b->len};
	}
	if (!bearer || x->sent++ > x->n)
		return text_of("*\r\n");
	keep_reason(x, words, n);
	return text_of(x->mech == MECH_XOAUTH2 ? "\r\n" : "AQ==\r\n");
}

static void keep_words(struct buf *b, const char *p, size_t n)
{
	b->len = 0;
	text_add_visible(b, (struct text){p, (uint32_t)n});
	buf_cstr(b);
}

static bool begins(const char *p, size_t n, const char *with)
{
	size_t k = strlen(with);

	return n >= k && strncasecmp(p, with, k) == 0;
}

/* A server that repeats what it was sent would bring it into the log and the database. */
static bool repeats_secret(const struct imap_auth *x, const struct buf *words)
{
	for (int i = 0; i < x->n; i++) {
		const char *p = x->answer[i].p;
		size_t n = x->answer[i].len;
		const char *space;

		while (n && (p[n - 1] == '\r' || p[n - 1] == '\n' || p[n - 1] == '"'))
			n--;
		space = memrchr(p, ' ', n);
		if (space) {
			n -= (size_t)(space + 1 - p);
			p = space + 1;
		}
		if (n && *p == '"')
			p++, n--;
		if (n >= 4 && memmem(words->p, words->len, p, n))
			return true;
	}
	return false;
}

static int hear_no(struct imap_auth *x, const char *p, size_t n, enum imap_auth_state *ret_state,
		   struct err *e)
{
	bool bearer = x->mech == MECH_XOAUTH2 || x->mech == MECH_OAUTHBEARER;
	struct buf words = {0};
	bool later;

	keep_words(&words, p, n);
	if (x->reason.len)
		buf_printf(&words, " %s", buf_cstr(&x->reason));
	if (repeats_secret(x, &words)) {
		words.len = 0;
		buf_adds(&words, "NO (with the words that it was sent, which are not shown)");
		buf_cstr(&words);
	}
	later = imap_cause_later(buf_cstr(&words));
	err_set(e, later ? ERR_TEMP : ERR_CONFIG, "%s %s the login of '%s' by %s: %s%s", x->a->host,
		later ? "puts off" : "refuses", x->a->user, imap_auth_name(x->mech), words.p,
		later ? "" : imap_cause_login(x->a, bearer, words.p));
	buf_free(&words);
	*ret_state = AUTH_REFUSED;
	return later ? -1 : 0;
}

int imap_auth_line(struct imap_auth *x, const char *line, size_t n, struct text *ret_answer,
		   enum imap_auth_state *ret_state, struct err *e)
{
	*ret_state = AUTH_HEAR;
	if (n && *line == '+') {
		*ret_answer = next_answer(x, line + 1, n - 1);
		*ret_state = AUTH_SEND;
		return 0;
	}
	if (begins(line, n, "* BYE "))
		keep_words(&x->bye, line + 6, n - 6);
	if (begins(line, n, TAG " OK"))
		*ret_state = AUTH_IN;
	if (begins(line, n, TAG " NO") || begins(line, n, TAG " BAD"))
		return hear_no(x, line + sizeof(TAG), n - sizeof(TAG), ret_state, e);
	if (n == 0 || (*line != '*' && !begins(line, n, TAG " ")))
		return err_set(e, ERR_TEMP, "%s answers the login with what is no IMAP", x->a->host);
	return 0;
}
