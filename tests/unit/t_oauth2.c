/* Tokens: what is asked, what is made of the answers, how they are kept; an endpoint in a thread. */
#include "base/secret.h"
#include "ingest/imap_conn.h"
#include "ingest/oauth2.h"
#include "tests/unit/server_played.h"
#include "tests/unit/tap.h"

#include <fcntl.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <sys/stat.h>
#include <time.h>

#define ANSWER(status, json) {.http = true, .answers = { \
	"HTTP/1.1 " status "\r\nConnection: close\r\n\r\n" json}}
#define TOKEN(token) ANSWER("200 OK", "{\"access_token\":\"" token "\",\"expires_in\":3600}")

static char root[] = "/tmp/ruadb-oauth2.XXXXXX";

static void set(struct account *a, const char *key, const char *value)
{
	struct err e = {0};

	if (account_set(a, key, value, &e) < 0)
		tap_note("%s", e.msg);
}

static char *put_key(const char *name, const char *text, mode_t mode)
{
	char *path = xasprintf("%s/%s", root, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		tap_note("%s was not written", path);
	close(fd);
	return path;
}

static struct account account_for(int port, const char *flow)
{
	AUTO_FREE char *url = xasprintf("http://127.0.0.1:%d/token", port);
	struct account a;

	account_init(&a, "test", 0);
	set(&a, "host", "imap.example.com");
	set(&a, "user", "dmarc@example.com");
	set(&a, "insecure", "yes");
	set(&a, "timeout", "20");
	set(&a, "oauth2", flow);
	set(&a, "oauth2_token_url", url);
	set(&a, "oauth2_client_id", "id&1");
	set(&a, "oauth2_client_secret", "s+c=et");
	set(&a, "oauth2_scope", "https://outlook.office365.com/.default");
	return a;
}

static void test_forms(void)
{
	const struct play plays[] = {TOKEN("t1"), ANSWER("200 OK",
		"{\"access_token\":\"t2\",\"expires_in\":\"60\",\"refresh_token\":\"r2\"}"), TOKEN("t3")};
	struct oauth2_token t = {0};
	struct err e = {0};
	struct played s;

	if (!played_start(&s, plays, 3))
		return;

	struct account a = account_for(s.port, "client_credentials");
	struct account r = account_for(s.port, "refresh_token");
	int64_t now = (int64_t)time(NULL);

	is_int(oauth2_ask(&a, NULL, NULL, NULL, &t, &e), 0, "client credentials");
	is_str(t.bearer, "t1", "give a token");
	ok(t.ends_at >= now + 3600 && t.ends_at < now + 3700 && !t.refresh_token, "that ends");
	secret_wipe(t.bearer);
	set(&r, "oauth2_refresh_token", "r1");
	is_int(oauth2_ask(&r, NULL, NULL, NULL, &t, &e), 0, "a refresh token");
	is_str(t.refresh_token, "r2", "that is changed for another");
	ok(t.ends_at >= now + 60 && t.ends_at < now + 160, "seconds in quotes are seconds");
	secret_wipe(t.bearer);
	secret_wipe(t.refresh_token);
	is_int(oauth2_ask(&r, "r2", NULL, NULL, &t, &e), 0, "which is used from then on");
	secret_wipe(t.bearer);
	played_end(&s);
	is_str(s.heard.p, "grant_type=client_credentials&client_id=id%261&scope=https%3A%2F%2Foutlook."
	       "office365.com%2F.default&client_secret=s%2Bc%3Det\n"
	       "grant_type=refresh_token&refresh_token=r1&client_id=id%261&scope=https%3A%2F%2Foutlook."
	       "office365.com%2F.default&client_secret=s%2Bc%3Det\n"
	       "grant_type=refresh_token&refresh_token=r2&client_id=id%261&scope=https%3A%2F%2Foutlook."
	       "office365.com%2F.default&client_secret=s%2Bc%3Det\n", "asked as RFC 6749 has it");
	buf_free(&s.heard);
	account_free(&a);
	account_free(&r);
}

static void test_answers(void)
{
	static const struct {
		struct play play;
		enum err_class class;
		const char *words, *name;
	} cases[] = {
		{ANSWER("401 Unauthorized", "{\"error\":\"invalid_client\",\"error_description\":\""
			"AADSTS7000215: Invalid client secret provided.\\r\\nTrace ID: 1\"}"), ERR_CONFIG,
		 "invalid_client: AADSTS7000215: Invalid client secret provided. (HTTP 401); likely: "
		 "oauth2_client_secret", "invalid_client: a person, with the server's words"},
		{ANSWER("400 Bad", "{\"error\":\"invalid_grant\"}"), ERR_CONFIG, "invalid_grant",
		 "invalid_grant"},
		{ANSWER("503 Away", "{\"error\":\"invalid_client\"}"), ERR_TEMP, "HTTP 503",
		 "a server in trouble, whatever it says"},
		{ANSWER("400 Bad", "{\"error\":\"temporarily_unavailable\"}"), ERR_TEMP, "", "or it says so"},
		{ANSWER("429 Slow", "slow down"), ERR_TEMP, "429", "too many questions"},
		{ANSWER("404 No", "<html>"), ERR_CONFIG, "404", "no such page"},
		{ANSWER("302 Go\r\nLocation: http://127.0.0.1:1/", ""), ERR_TEMP, "302",
		 "the secret is not carried elsewhere"},
		{ANSWER("200 OK", "{\"token_type\":\"mac\",\"access_token\":\"x\"}"), ERR_CONFIG, "mac",
		 "a token that is no bearer"},
		{ANSWER("200 OK", "{\"access_token\":\"a\\r\\nb\"}"), ERR_TEMP, "no token",
		 "a token that would be two lines"},
		{ANSWER("200 OK", "{}"), ERR_TEMP, "none", "no token at all"},
		{ANSWER("200 OK", "not JSON"), ERR_TEMP, "none", "no JSON"},
		{ANSWER("200 OK", "[[[["), ERR_TEMP, "none", "half of it"},
		{ANSWER("200 OK", "{\"error\":\"invalid_scope\"}"), ERR_CONFIG, "invalid_scope",
		 "an error with 200"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct oauth2_token t = {0};
		struct err e = {0};
		struct played s;

		if (!played_start(&s, &cases[i].play, 1))
			return;

		struct account a = account_for(s.port, "client_credentials");
		int rc = oauth2_ask(&a, NULL, NULL, NULL, &t, &e);

		if (!ok(rc == -1 && e.class == cases[i].class && strstr(e.msg, cases[i].words),
			cases[i].name))
			tap_note("%s: %s", err_class_name(e.class), e.msg);
		ok(!strstr(e.msg, "s+c=et") && !strstr(e.msg, "s%2Bc"), "without our secret");
		played_end(&s);
		buf_free(&s.heard);
		account_free(&a);
	}
}

static void test_urls(void)
{
	static const char *const bad[][2] = {
		{"http://127.0.0.1:1/token", "no"},
		{"http://192.0.2.1/token", "yes"},
		{"http://localhost.example.com/token", "yes"},
		{"http://127.0.0.1@192.0.2.1/token", "yes"},
		{"file:///etc/passwd", "yes"},
		{"nonsense", "yes"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct account a = account_for(1, "client_credentials");
		struct oauth2_token t;
		struct err e = {0};

		set(&a, "oauth2_token_url", bad[i][0]);
		set(&a, "insecure", bad[i][1]);
		ok(oauth2_ask(&a, NULL, NULL, NULL, &t, &e) == -1 && e.class == ERR_CONFIG,
		   "no secret goes there");
		account_free(&a);
	}
}

/* ---- keeping them */

static void *want(void *ctx)
{
	struct err e = {0};
	char *secret = NULL;

	if (login_secret(ctx, NULL, &secret, &e) < 0)
		secret = xstrdup(e.msg);
	return secret;
}

static void test_sharing(void)
{
	const struct play plays[] = {TOKEN("t1"), TOKEN("t2"), TOKEN("t3")};
	enum { THREADS = 8 };
	pthread_t threads[THREADS];
	char *secret = NULL;
	struct err e = {0};
	struct played s;
	int same = 0;

	if (!played_start(&s, plays, 3))
		return;

	struct account a = account_for(s.port, "client_credentials");
	struct login *l = login_new(&a);

	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, want, l);
	for (int i = 0; i < THREADS; i++) {
		void *got;

		pthread_join(threads[i], &got);
		same += strcmp(got, "t1") == 0;
		free(got);
	}
	is_int(same, THREADS, "all sessions of an account have one token");
	is_int(s.taken, 1, "that is asked for once");
	is_int(login_secret(l, "t1", &secret, &e), 0, "it is refused");
	is_str(secret, "t2", "and asked for anew");
	secret_wipe(secret);
	is_int(login_secret(l, "t1", &secret, &e), 0, "another session hears of it later");
	is_str(secret, "t2", "and has the new one already");
	secret_wipe(secret);
	login_free(l);
	played_end(&s);
	buf_free(&s.heard);
	account_free(&a);
}

/* Twice in trouble, then well: one login does not notice. */
static void test_trouble(void)
{
	const struct play plays[] = {ANSWER("503 Away", ""), ANSWER("500 Oh", "{}"),
		ANSWER("200 OK", "{\"access_token\":\"t1\",\"expires_in\":1}"), TOKEN("t2"),
		ANSWER("400 Bad", "{\"error\":\"invalid_grant\"}")};
	char *secret = NULL;
	struct err e = {0};
	struct played s;

	if (!played_start(&s, plays, 5))
		return;

	struct account a = account_for(s.port, "client_credentials");
	struct login *l = login_new(&a);

	is_int(login_secret(l, NULL, &secret, &e), 0, "an endpoint that fails twice");
	is_str(secret, "t1", "is asked until it gives one");
	secret_wipe(secret);
	is_int(login_secret(l, NULL, &secret, &e), 0, "one that is soon to end");
	is_str(secret, "t2", "is renewed before");
	secret_wipe(secret);
	is_int(login_secret(l, "t2", &secret, &e), -1, "what only a person can mend");
	is_int(e.class, ERR_CONFIG, "is told at once");
	is_int(login_secret(l, "t2", &secret, &e), -1, "to the next who comes as well");
	is_int(s.taken, 5, "without another question");
	login_free(l);
	played_end(&s);
	buf_free(&s.heard);
	account_free(&a);
}

static void is_file(const char *path, const char *wanted, const char *name)
{
	struct err e = {0};
	char *text = NULL;

	if (secret_read_file(path, "test", &text, &e) < 0)
		text = xstrdup(e.msg);
	is_str(text, wanted, name);
	secret_wipe(text);
}

/* A refresh token that changes with each use. */
static void test_rotation(void)
{
#define ROTATED(token, refresh) ANSWER("200 OK", "{\"access_token\":\"" token "\",\"expires_in\":1," \
				       "\"refresh_token\":\"" refresh "\"}")
	const struct play plays[] = {ROTATED("t1", "r2"), ROTATED("t2", "r2"), ROTATED("t3", "r3"),
				     ROTATED("t4", "r4")};
	AUTO_FREE char *path = put_key("refresh", "r1\n", 0600);
	AUTO_FREE char *link = xasprintf("%s/link", root), *in_the_way = xasprintf("%s.new", path);
	char *secret = NULL;
	struct err e = {0};
	struct played s;

	if (!played_start(&s, plays, 4) || symlink(path, link) < 0)
		return;

	struct account a = account_for(s.port, "refresh_token");
	struct login *l = login_new(&a);

	set(&a, "oauth2_refresh_token_file", link);
	set(&a, "oauth2_client_id", "");
	set(&a, "oauth2_client_secret", "");
	set(&a, "oauth2_scope", "");
	for (int i = 0; i < 2; i++) {
		is_int(login_secret(l, NULL, &secret, &e), 0, "a refresh token");
		secret_wipe(secret);
		is_file(path, "r2\n", "that was changed is in its file, behind a link");
		is_int(login_kept(l, &e), 0, "kept");
	}
	is_int(mkdir(in_the_way, 0700), 0, "a file that can't be written");
	for (int i = 0; i < 2; i++) {
		is_int(login_secret(l, NULL, &secret, &e), 0, "is no reason not to log in");
		secret_wipe(secret);
		ok(login_kept(l, &e) == -1 && strstr(e.msg, "can't be kept"), "but is told");
	}
	is_file(path, "r2\n", "and is left as it was");
	login_free(l);
	played_end(&s);
	is_str(s.heard.p, "grant_type=refresh_token&refresh_token=r1\n"
	       "grant_type=refresh_token&refresh_token=r2\n"
	       "grant_type=refresh_token&refresh_token=r2\n"
	       "grant_type=refresh_token&refresh_token=r3\n", "each is used once it is there");
	buf_free(&s.heard);
	account_free(&a);
}

/* ---- service accounts */

static char *new_key(EVP_PKEY **ret)
{
	EVP_PKEY *key = EVP_RSA_gen(2048);
	BIO *bio = BIO_new(BIO_s_mem());
	char *p, *pem = NULL;
	long n;

	if (key && bio && PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1) {
		n = BIO_get_mem_data(bio, &p);
		pem = xstrndup(p, (size_t)n);
	}
	BIO_free(bio);
	*ret = key;
	return pem;
}

static size_t from_base64url(const char *p, size_t n, unsigned char *to)
{
	AUTO_FREE char *text = xcalloc(1, n + 4);
	int len;

	for (size_t i = 0; i < (n + 3) / 4 * 4; i++)
		text[i] = (char)(i >= n ? '=' : p[i] == '-' ? '+' : p[i] == '_' ? '/' : p[i]);
	len = EVP_DecodeBlock(to, (unsigned char *)text, (int)((n + 3) / 4 * 4));
	return len < 0 ? 0 : (size_t)len - ((n + 3) / 4 * 4 - n);
}

/* The parts of a JWT: head, claims; its signature is checked. */
static bool open_jwt(const char *jwt, EVP_PKEY *key, char *head, char *claims)
{
	const char *dot = strchr(jwt, '.'), *dot2 = dot ? strchr(dot + 1, '.') : NULL;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char sum[512];
	bool good;
	size_t n;

	if (!dot2 || !ctx)
		return false;
	head[from_base64url(jwt, (size_t)(dot - jwt), (unsigned char *)head)] = '\0';
	claims[from_base64url(dot + 1, (size_t)(dot2 - dot - 1), (unsigned char *)claims)] = '\0';
	n = from_base64url(dot2 + 1, strlen(dot2 + 1), sum);
	good = EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	       EVP_DigestVerify(ctx, sum, n, (const unsigned char *)jwt, (size_t)(dot2 - jwt)) == 1;
	EVP_MD_CTX_free(ctx);
	return good;
}

static char *service_key(const char *pem)
{
	json_t *o = json_pack("{ss ss ss ss}", "client_email", "robot@project.example", "private_key",
			      pem, "private_key_id", "kid1", "token_uri", "https://token.example/t");
	char *text = json_dumps(o, 0), *path = put_key("service.json", text, 0600);

	free(text);
	json_decref(o);
	return path;
}

static void test_service_account(void)
{
	struct account a = account_for(1, "service_account");
	EVP_PKEY *key = NULL;
	AUTO_FREE char *pem = new_key(&key), *json = service_key(pem), *alone = put_key("pem", pem, 0600);
	AUTO_FREE char *other = put_key("other", "{\"x\":1}", 0600), *junk = put_key("junk", "x", 0600);
	char head[1024], claims[1024], *jwt = NULL, *url = NULL;
	struct err e = {0};

	set(&a, "oauth2_key_file", json);
	set(&a, "oauth2_token_url", "");
	set(&a, "oauth2_client_id", "");
	set(&a, "oauth2_scope", "");
	is_int(oauth2_assertion(&a, 1000, &jwt, &url, &e), 0, "a service account's key file");
	ok(open_jwt(jwt, key, head, claims), "signs what it asks (RS256)");
	is_str(head, "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"kid1\"}", "naming its key");
	is_str(claims, "{\"iss\":\"robot@project.example\",\"sub\":\"dmarc@example.com\",\"scope\":"
	       "\"https://mail.google.com/\",\"aud\":\"https://token.example/t\",\"iat\":1000,"
	       "\"exp\":4600}", "for the mailbox, an hour long");
	is_str(url, "https://token.example/t", "where the file says");
	secret_wipe(jwt);
	free(url);

	set(&a, "oauth2_key_file", alone);
	is_int(oauth2_assertion(&a, 0, &jwt, &url, &e), -1, "a key alone does not say who signs");
	set(&a, "oauth2_client_id", "me");
	set(&a, "oauth2_token_url", "https://elsewhere.example/");
	set(&a, "oauth2_subject", "box@example.com");
	is_int(oauth2_assertion(&a, 0, &jwt, &url, &e), 0, "but the settings may");
	ok(open_jwt(jwt, key, head, claims) && strstr(claims, "\"iss\":\"me\",\"sub\":\"box@example.com\""),
	   "and for whom");
	secret_wipe(jwt);
	free(url);

	set(&a, "oauth2_key_file", other);
	ok(oauth2_assertion(&a, 0, &jwt, &url, &e) == -1 && e.class == ERR_CONFIG, "JSON of another kind");
	set(&a, "oauth2_key_file", junk);
	ok(oauth2_assertion(&a, 0, &jwt, &url, &e) == -1 && e.class == ERR_CONFIG, "no key");
	chmod(json, 0644);
	set(&a, "oauth2_key_file", json);
	ok(oauth2_assertion(&a, 0, &jwt, &url, &e) == -1 && strstr(e.msg, "chmod"), "a key for everybody");
	EVP_PKEY_free(key);
	account_free(&a);
}

int main(void)
{
	struct err e = {0};

	if (!mkdtemp(root) || imap_conn_library(&e) < 0) {
		printf("Bail out! no folder, or no libcurl\n");
		return 1;
	}
	test_forms();
	test_answers();
	test_urls();
	test_sharing();
	test_trouble();
	test_rotation();
	test_service_account();

	AUTO_FREE char *clean = xasprintf("rm -rf '%s'", root);

	return system(clean) == 0 ? tap_done() : 1;
}
