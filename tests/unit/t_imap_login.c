/* Connections and logins, against servers that a test writes. TLS is t_login.sh's, with Dovecot. */
#include "ingest/imap_auth.h"
#include "ingest/imap_cause.h"
#include "ingest/imap_conn.h"
#include "tests/unit/server_played.h"
#include "tests/unit/tap.h"

#include <fcntl.h>
#include <openssl/evp.h>

#define HI "* OK hello\r\n"
#define CAN(words) "* CAPABILITY IMAP4rev1 " words "\r\n$ OK\r\n"

static char root[] = "/tmp/ruadb-login.XXXXXX";

static struct account account_for(const struct played *s, const char *key, const char *value)
{
	AUTO_FREE char *port = xasprintf("%d", s->port);
	const char *set[][2] = {{"host", "127.0.0.1"}, {"port", port}, {"tls", "none"},
				{"insecure", "yes"}, {"user", "alice"}, {"timeout", "20"},
				{"password", "s3cret"}, {key, value}};
	struct account a;
	struct err e = {0};

	account_init(&a, "test", 0);
	for (size_t i = 0; i < sizeof(set) / sizeof(*set); i++)
		if (account_set(&a, set[i][0], set[i][1], &e) < 0)
			tap_note("%s", e.msg);
	return a;
}

struct outcome {
	int rc;
	struct err e;
	char heard[1024];   /* by the server */
	int connections;
	char behind[256];   /* bytes that came behind the login */
};

static void hear_behind(struct imap_conn *c, struct outcome *o)
{
	enum imap_heard what = IMAP_BYTES;
	size_t n = 0, got;

	/* A few at a time, so that what is left is given in pieces. */
	while (n + 8 < sizeof(o->behind) && what == IMAP_BYTES &&
	       imap_conn_hear(c, o->behind + n, 7, -1, 5000, &got, &what, &o->e) == 0)
		n += what == IMAP_BYTES ? got : 0;
	o->behind[n] = '\0';
}

/* key and value: a setting beside those of account_for. */
static struct outcome try(const struct play *plays, int n, const char *key, const char *value)
{
	struct outcome o = {.rc = -2};
	struct imap_conn *c = NULL;
	struct played s;
	struct login *l;

	if (!played_start(&s, plays, n))
		return o;

	struct account a = account_for(&s, key, value);

	l = login_new(&a);
	o.rc = imap_conn_open(&a, l, NULL, NULL, NULL, &c, &o.e);
	if (o.rc == 0)
		hear_behind(c, &o);
	imap_conn_close(c);
	played_end(&s);
	o.connections = s.taken;
	snprintf(o.heard, sizeof(o.heard), "%s", s.heard.len ? s.heard.p : "");
	buf_free(&s.heard);
	login_free(l);
	account_free(&a);
	return o;
}

static void test_ways(void)
{
	struct outcome o;

	o = try(&PLAY(HI, CAN("SASL-IR AUTH=PLAIN AUTH=LOGIN"),
				    "$ OK [CAPABILITY x] in\r\n* 3 EXISTS\r\n* BYE"), 1,
		"password", "s3cret");
	is_int(o.rc, 0, "PLAIN");
	is_str(o.heard, "A001 CAPABILITY\nlogin AUTHENTICATE PLAIN AGFsaWNlAHMzY3JldA==\n",
	       "goes with the command where the server takes it");
	is_str(o.behind, "* 3 EXISTS\r\n* BYE", "and what comes behind the OK is not lost");

	o = try(&PLAY(HI, CAN("AUTH=PLAIN"), "+ \r\n", "* OK so\r\n$ OK\r\n"), 1,
		"password", "s3cret");
	is_str(o.heard, "A001 CAPABILITY\nlogin AUTHENTICATE PLAIN\nAGFsaWNlAHMzY3JldA==\n",
	       "else it waits to be asked");
	is_int(o.rc, 0, "and takes no other line for the answer");

	o = try(&PLAY(HI, CAN("AUTH=LOGIN"), "+ VXNlcm5hbWU6\r\n", "+ UGFzc3dvcmQ6\r\n",
				    "$ OK\r\n"), 1, "password", "s3cret");
	is_str(o.heard, "A001 CAPABILITY\nlogin AUTHENTICATE LOGIN\nYWxpY2U=\nczNjcmV0\n", "LOGIN");

	o = try(&PLAY(HI, CAN(""), "$ OK\r\n"), 1, "password", "a \"b\\c");
	is_str(o.heard, "A001 CAPABILITY\nlogin LOGIN \"alice\" \"a \\\"b\\\\c\"\n",
	       "no mechanism at all: the LOGIN command, quoted");
	o = try(&PLAY(HI, CAN(""), "+ go\r\n", "$ OK\r\n"), 1, "password", "gr\xc3\xbc\xc3\x9f");
	is_str(o.heard, "A001 CAPABILITY\nlogin LOGIN \"alice\" {6}\ngr\xc3\xbc\xc3\x9f\n",
	       "or as a literal");
	is_int(o.rc, 0, "which is taken");

	o = try(&PLAY("* PREAUTH hi\r\n", CAN("AUTH=PLAIN")), 1, "password", "x");
	is_int(o.rc, 0, "PREAUTH");
	is_str(o.heard, "A001 CAPABILITY\n", "wants no login");

	o = try(&(struct play){.greeting = HI, .trickle = true,
				    .answers = {CAN("SASL-IR AUTH=PLAIN"), "$ OK in\r\n* 1 EXISTS\r\n"}},
		1, "password", "x");
	is_str(o.behind, "* 1 EXISTS\r\n", "a server that sends byte by byte");
}

static void test_refusals(void)
{
	static const struct {
		const char *says;
		enum err_class class;
		const char *name;
	} no[] = {
		{"$ NO [AUTHENTICATIONFAILED] no\r\n", ERR_CONFIG, "AUTHENTICATIONFAILED: a person"},
		{"$ NO [UNAVAILABLE] not now\r\n", ERR_TEMP, "UNAVAILABLE: later"},
		{"$ NO [LIMIT] x\r\n", ERR_TEMP, "LIMIT: later"},
		{"$ NO [INUSE] x\r\n", ERR_TEMP, "INUSE: later"},
		{"$ NO Server Unavailable. 15\r\n", ERR_TEMP, "Exchange: later"},
		{"$ NO [ALERT] Too many simultaneous connections. (Failure)\r\n", ERR_TEMP,
		 "Gmail: later"},
		{"$ NO\r\n", ERR_CONFIG, "NO without a word"},
		{"$ BAD what?\r\n", ERR_CONFIG, "BAD"},
		{"$ BAD what is AGFsaWNlAHMzY3JldA==?\r\n", ERR_CONFIG, "what was sent, repeated"},
		{"* BYE overloaded\r\n", ERR_TEMP, "BYE"},
		{"", ERR_TEMP, "closed in the midst of it"},
		{"what is this\r\n", ERR_TEMP, "no IMAP"},
	};

	for (size_t i = 0; i < sizeof(no) / sizeof(*no); i++) {
		struct play p = PLAY(HI, CAN("SASL-IR AUTH=PLAIN"), no[i].says);
		struct outcome o = try(&p, 1, "password", "s3cret");

		is_int(o.rc == -1 ? (int)o.e.class : -1, no[i].class, no[i].name);
		ok(!strstr(o.e.msg, "s3cret") && !strstr(o.e.msg, "AGFsa"), "without the secret");
		is_int(o.connections, 1, "and is not tried again with the same password");
	}

	struct outcome o = try(&PLAY(HI, CAN("LOGINDISABLED AUTH=XOAUTH2")), 1, "password",
			       "x");

	is_str(o.heard, "A001 CAPABILITY\n", "nothing offered that fits: nothing sent");
	ok(o.e.class == ERR_CONFIG && strstr(o.e.msg, "AUTH=XOAUTH2"), "and it says what is offered");
	o = try(&PLAY(HI, CAN("AUTH=PLAIN")), 1, "tls", "starttls");
	is_str(o.heard, "A001 CAPABILITY\n", "no STARTTLS: no login in clear");
	ok(o.e.class == ERR_CONFIG && strstr(o.e.msg, "no STARTTLS"), "and it says so");
	o = try(&PLAY("* PREAUTH in\r\n", CAN("STARTTLS")), 1, "tls", "starttls");
	ok(o.rc == -1 && o.e.class == ERR_CONFIG, "nor a session in clear that needs no login");
	o = try(&PLAY("* BYE too many of you\r\n", NULL), 1, "password", "x");
	ok(o.e.class == ERR_TEMP && strstr(o.e.msg, "too many of you"), "BYE for a greeting: later");
}

/* token1, token2, ..: another one each time. */
static char *token_command(void)
{
	return xasprintf("cd '%s' && echo x >>n && printf 'token%%d\\n' $(wc -l <n)", root);
}

static void clear_tokens(void)
{
	AUTO_FREE char *n = xasprintf("%s/n", root);

	unlink(n);
}

/* The n-th long word of what was heard, out of base64, with '|' for '\1'. */
static const char *decoded(const char *heard, const char *before)
{
	static char out[512];
	const char *p = strstr(heard, before);
	int n;

	if (!p)
		return "";
	p += strlen(before);
	n = EVP_DecodeBlock((unsigned char *)out, (const unsigned char *)p, (int)strcspn(p, "\n "));
	for (int i = 0; i < n; i++)
		out[i] = out[i] == '\1' ? '|' : out[i];
	out[n < 0 ? 0 : n] = '\0';
	return out;
}

static void test_tokens(void)
{
	AUTO_FREE char *command = token_command();
	const struct play refused = PLAY(HI, CAN("SASL-IR AUTH=XOAUTH2"),
		"+ eyJzdGF0dXMiOiI0MDEifQ==\r\n", "$ NO [AUTHENTICATIONFAILED] no\r\n");
	const struct play taken = PLAY(HI, CAN("SASL-IR AUTH=XOAUTH2"), "$ OK\r\n");
	const struct play both = PLAY(HI, CAN("SASL-IR AUTH=PLAIN AUTH=XOAUTH2 AUTH=OAUTHBEARER"),
		"+ {\"status\":\"invalid_token\"}\r\n", "$ NO no\r\n");
	struct outcome o;
	AUTO_FREE char *first = NULL;

	o = try((struct play[]){refused, taken}, 2, "token_command", command);
	is_int(o.rc, 0, "a token that is refused is renewed and tried once more");
	is_int(o.connections, 2, "on a connection of its own");
	is_str(decoded(o.heard, "XOAUTH2 "), "user=alice|auth=Bearer token1||", "first the old one");
	ok(strstr(o.heard, "=\n\nA001"), "whose refusal is answered by an empty line");
	first = xstrdup(strstr(o.heard, "\nA001") ? strstr(o.heard, "\nA001") : "");
	is_str(decoded(first, "XOAUTH2 "), "user=alice|auth=Bearer token2||", "then the new one");

	clear_tokens();
	o = try((struct play[]){refused, refused, taken}, 3, "token_command", command);
	is_int(o.rc == -1 ? (int)o.e.class : -1, ERR_CONFIG, "refused twice: a person");
	is_int(o.connections, 2, "and no third time");
	ok(strstr(o.e.msg, "{\"status\":\"401\"}"), "with the server's JSON");

	clear_tokens();
	o = try((struct play[]){both, both}, 2, "token_command", command);
	ok(strncmp(decoded(o.heard, "OAUTHBEARER "), "n,a=alice,|host=127.0.0.1|port=", 31) == 0 &&
	   strstr(decoded(o.heard, "OAUTHBEARER "), "|auth=Bearer token1||"), "OAUTHBEARER, if there");
	ok(strstr(o.heard, "\nAQ==\n"), "and its refusal is answered as RFC 7628 has it");
	ok(strstr(o.e.msg, "invalid_token"), "JSON that is not in base64");

	o = try(&PLAY(HI, CAN("AUTH=XOAUTH2"), "+ \r\n", "$ NO [UNAVAILABLE] x\r\n"), 1,
		"token_command", command);
	is_int(o.connections, 1, "UNAVAILABLE is not for want of a new token");
	o = try((struct play[]){refused}, 1, "token", "fixed");
	is_int(o.connections, 1, "nor is a token tried again that is the same");
}

static bool yes(void *ctx)
{
	(void)ctx;
	return true;
}

static void test_stop(void)
{
	const struct play mute = PLAY(NULL, NULL);
	const struct play slow = PLAY(HI, CAN("SASL-IR AUTH=PLAIN"), "* OK\r\n", "* OK\r\n");
	const struct play *const plays[] = {&mute, &slow};

	for (int i = 0; i < 2; i++) {
		struct played s;
		struct imap_conn *c = NULL;
		struct err e = {0};

		if (!played_start(&s, plays[i], 1))
			return;

		struct account a = account_for(&s, "password", "x");
		struct login *l = login_new(&a);

		is_int(imap_conn_open(&a, l, yes, NULL, NULL, &c, &e), -1, "asked to stop");
		ok(e.class == ERR_TEMP && strstr(e.msg, "to end"), "gives up");
		played_end(&s);
		login_free(l);
		account_free(&a);
		buf_free(&s.heard);
	}
}

static void test_stream(void)
{
	const struct play p = {.greeting = HI, .answers = {CAN("SASL-IR AUTH=PLAIN"), "$ OK\r\n"},
			       .flood = 512 << 10};
	size_t n = 8 << 20, got = 0, all = 0;
	AUTO_FREE char *bytes = xcalloc(1, n);
	enum imap_heard what = IMAP_CLOSED;
	struct imap_conn *c = NULL;
	struct err e = {0};
	struct played s;
	int wake[2];

	if (!played_start(&s, &p, 1) || pipe(wake) < 0)
		return;

	struct account a = account_for(&s, "password", "x");
	struct login *l = login_new(&a);

	is_int(imap_conn_open(&a, l, NULL, NULL, NULL, &c, &e), 0, "a server that does not listen");
	is_int(imap_conn_send(c, bytes, n, &e), 0, "while it speaks: what it says is taken meanwhile");
	while (all < p.flood && imap_conn_hear(c, bytes, n, -1, 5000, &got, &what, &e) == 0 &&
	       what == IMAP_BYTES)
		all += got;
	is_int(all, p.flood, "and not lost");
	is_int(imap_conn_hear(c, bytes, n, wake[0], 1, &got, &what, &e), 0, "nothing comes");
	is_int(what, IMAP_NOTHING, "as it says");
	ok(write(wake[1], "x", 1) == 1 &&
	   imap_conn_hear(c, bytes, n, wake[0], -1, &got, &what, &e) == 0 && what == IMAP_WOKEN,
	   "until it is woken");
	imap_conn_close(c);
	played_end(&s);
	login_free(l);
	account_free(&a);
	buf_free(&s.heard);
	close(wake[0]);
	close(wake[1]);
}

static void test_causes(void)
{
	struct account a;
	struct err e = {0};

	account_init(&a, "m", 0);
	if (account_set(&a, "host", "outlook.office365.com", &e) < 0)
		return;
	ok(strstr(imap_cause_login(&a, false, ""), "takes no passwords"), "Microsoft and a password");
	ok(strstr(imap_cause_login(&a, true, "NO AUTHENTICATE failed."), "enterprise application"),
	   "Microsoft and a token");
	ok(strstr(imap_cause_token(&a, "invalid_client", "AADSTS7000215: Invalid client secret."),
		  "Value"), "Entra's own codes");
	is_int(imap_cause_provider("imap.gmail.com"), PROVIDER_GOOGLE, "imap.gmail.com is Google's");
	is_int(imap_cause_provider("notgmail.com"), PROVIDER_OTHER, "notgmail.com is not");
	account_free(&a);
}

int main(void)
{
	struct err e = {0};

	if (!mkdtemp(root) || imap_conn_library(&e) < 0) {
		printf("Bail out! no folder, or no libcurl\n");
		return 1;
	}
	test_ways();
	test_refusals();
	test_tokens();
	test_stop();
	test_stream();
	test_causes();
	clear_tokens();
	rmdir(root);
	return tap_done();
}
