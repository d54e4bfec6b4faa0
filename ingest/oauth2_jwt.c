#include "base/buf.h"
#include "base/secret.h"
#include "base/text.h"
#include "ingest/oauth2.h"

#include <jansson.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#define LIFE 3600 /* seconds; Google takes no more */

static void add_base64url(struct buf *b, const void *p, size_t n)
{
	char *to = buf_room(b, (n + 2) / 3 * 4 + 1);
	int len = EVP_EncodeBlock((unsigned char *)to, p, (int)n);

	for (int i = 0; i < len; i++) {
		if (to[i] == '=')
			break;
		to[i] = to[i] == '+' ? '-' : to[i] == '/' ? '_' : to[i];
		b->len++;
	}
}

/* A key with a pass phrase would be asked for at the terminal. */
static int no_phrase(char *to, int size, int writing, void *ctx)
{
	(void)to, (void)size, (void)writing, (void)ctx;
	return 0;
}

static EVP_PKEY *read_key(const char *pem, struct err *e)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_phrase, NULL) : NULL;

	BIO_free(bio);
	if (!key || EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA) {
		EVP_PKEY_free(key);
		err_set(e, ERR_CONFIG, "no RSA key in PEM without a pass phrase");
		return NULL;
	}
	return key;
}

static int add_signature(struct buf *b, EVP_PKEY *key, struct err *e)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char sum[1024];
	size_t n = sizeof(sum);
	bool ok = ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
		  EVP_DigestSign(ctx, sum, &n, (const unsigned char *)b->p, b->len) == 1;

	EVP_MD_CTX_free(ctx);
	if (!ok)
		return err_set(e, ERR_CONFIG, "the key does not sign (RS256)");
	buf_addc(b, '.');
	add_base64url(b, sum, n);
	return 0;
}

int oauth2_jwt(const char *pem_key, const char *kid, const char *claims, char **ret_jwt,
	       struct err *e)
{
	struct buf head = {0}, b = {0};
	EVP_PKEY *key = read_key(pem_key, e);
	int rc;

	if (!key)
		return -1;
	buf_adds(&head, "{\"alg\":\"RS256\",\"typ\":\"JWT\"");
	if (kid) {
		buf_adds(&head, ",\"kid\":");
		text_add_json(&head, text_of(kid));
	}
	buf_addc(&head, '}');
	add_base64url(&b, head.p, head.len);
	buf_addc(&b, '.');
	add_base64url(&b, claims, strlen(claims));
	rc = add_signature(&b, key, e);
	EVP_PKEY_free(key);
	if (rc == 0)
		*ret_jwt = xstrdup(buf_cstr(&b));
	if (b.p)
		explicit_bzero(b.p, b.cap);
	buf_free(&b);
	buf_free(&head);
	return rc;
}

static const char *member(const json_t *o, const char *name)
{
	return json_string_value(json_object_get(o, name));
}

/* RFC 7523 3: who asks, for whom, what, whom, when. */
static char *claims_of(const struct account *a, const char *issuer, const char *url, int64_t now)
{
	const char *scope = a->scope ? a->scope : "https://mail.google.com/";
	json_t *o = json_pack("{ss ss ss ss sI sI}", "iss", issuer, "sub",
			      a->subject ? a->subject : a->user, "scope", scope, "aud", url, "iat",
			      (json_int_t)now, "exp", (json_int_t)now + LIFE);
	char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;
	char *copy = text ? xstrdup(text) : NULL;

	json_decref(o);
	free(text);
	return copy;
}

/* The key file is Google's JSON, or a PEM key alone with oauth2_client_id as issuer. */
static int sign(const struct account *a, const char *file, int64_t now, char **ret_jwt,
		char **ret_url, struct err *e)
{
	json_t *o = json_loads(file, 0, NULL);
	const char *key = o ? member(o, "private_key") : file;
	const char *issuer = a->client_id ? a->client_id : member(o, "client_email");
	const char *url = a->token_url ? a->token_url : member(o, "token_uri");
	AUTO_FREE char *claims = NULL;
	int rc = -1;

	if (!key)
		err_set(e, ERR_CONFIG, "it is JSON without \"private_key\": no key of a service account");
	else if (!issuer)
		err_set(e, ERR_CONFIG, "it does not say who signs (\"client_email\"), nor does "
			"oauth2_client_id");
	else if (!url)
		err_set(e, ERR_CONFIG, "it has no \"token_uri\", and oauth2_token_url is not set");
	else if (!(claims = claims_of(a, issuer, url, now)))
		err_set(e, ERR_CONFIG, "user, oauth2_subject or oauth2_scope is not UTF-8");
	else
		rc = oauth2_jwt(key, o ? member(o, "private_key_id") : NULL, claims, ret_jwt, e);
	if (rc == 0)
		*ret_url = xstrdup(url);
	/* jansson keeps a copy of the key. */
	if (o && key)
		explicit_bzero((char *)(uintptr_t)key, strlen(key));
	json_decref(o);
	return rc;
}

int oauth2_assertion(const struct account *a, int64_t now, char **ret_jwt, char **ret_token_url,
		     struct err *e)
{
	AUTO_FREE char *what = xasprintf("oauth2_key_file of account '%s'", a->name);
	char *file = NULL;
	int rc;

	if (!a->key_file)
		return err_set(e, ERR_CONFIG, "%s is not set", what);
	if (secret_read_file(a->key_file, what, &file, e) < 0)
		return -1;
	rc = sign(a, file, now, ret_jwt, ret_token_url, e);
	secret_wipe(file);
	return rc < 0 ? err_wrap(e, "%s '%s'", what, a->key_file) : 0;
}
