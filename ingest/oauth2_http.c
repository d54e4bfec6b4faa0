/* The way to a token endpoint. No redirects: a secret goes where the configuration says. */
#include "base/buf.h"
#include "ingest/oauth2.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ANSWER_MAX (256 << 10)

struct asking {
	struct buf *body;
	bool (*stop)(void *ctx);
	void *ctx;
};

static size_t take(char *p, size_t size, size_t n, void *ctx)
{
	struct asking *q = ctx;

	if (q->body->len + size * n > ANSWER_MAX)
		return 0;
	buf_add(q->body, p, size * n);
	return size * n;
}

static int ask_stop(void *ctx, curl_off_t dt, curl_off_t dn, curl_off_t ut, curl_off_t un)
{
	struct asking *q = ctx;

	(void)dt, (void)dn, (void)ut, (void)un;
	return q->stop && q->stop(q->ctx);
}

/* The secret in the form would go over the wire as it is. */
static int check_url(const struct account *a, const char *url, struct err *e)
{
	CURLU *u = curl_url();
	char *scheme = NULL, *host = NULL;
	bool https, loopback;

	if (!u || curl_url_set(u, CURLUPART_URL, url, 0) ||
	    curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) ||
	    curl_url_get(u, CURLUPART_HOST, &host, 0)) {
		curl_url_cleanup(u);
		curl_free(scheme);
		return err_set(e, ERR_CONFIG, "oauth2_token_url: '%s' is no URL", url);
	}
	https = strcasecmp(scheme, "https") == 0;
	loopback = strcasecmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 ||
		   strcmp(host, "[::1]") == 0;
	https = https || (strcasecmp(scheme, "http") == 0 && a->insecure && loopback);
	curl_free(scheme);
	curl_free(host);
	curl_url_cleanup(u);
	return https ? 0 : err_set(e, ERR_CONFIG, "oauth2_token_url has to begin with https://");
}

#define SET(option, value) \
	do { \
		if (!rc) \
			rc = curl_easy_setopt(c, option, value); \
	} while (0)

static CURLcode set_all(CURL *c, const struct account *a, const char *url, const char *form,
			struct asking *q, struct curl_slist *headers, char *words)
{
	CURLcode rc = curl_easy_setopt(c, CURLOPT_URL, url);

	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_POST, 1L);
	SET(CURLOPT_POSTFIELDSIZE, (long)strlen(form));
	SET(CURLOPT_POSTFIELDS, form);
	SET(CURLOPT_HTTPHEADER, headers);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_ERRORBUFFER, words);
	SET(CURLOPT_TIMEOUT, (long)a->timeout);
	SET(CURLOPT_NOPROGRESS, 0L);
	SET(CURLOPT_XFERINFOFUNCTION, ask_stop);
	SET(CURLOPT_XFERINFODATA, q);
	SET(CURLOPT_WRITEFUNCTION, take);
	SET(CURLOPT_WRITEDATA, q);
	if (!rc && a->ca_file)
		rc = curl_easy_setopt(c, CURLOPT_CAINFO, a->ca_file);
	if (!rc && a->proxy)
		rc = curl_easy_setopt(c, CURLOPT_PROXY, a->proxy);
	return rc;
}

static int say(const char *url, CURLcode rc, const char *words, struct err *e)
{
	bool config = rc == CURLE_PEER_FAILED_VERIFICATION || rc == CURLE_SSL_CACERT_BADFILE ||
		      rc == CURLE_URL_MALFORMAT || rc == CURLE_UNKNOWN_OPTION;

	if (rc == CURLE_ABORTED_BY_CALLBACK)
		words = "given up, we are to end";
	return err_set(e, config ? ERR_CONFIG : ERR_TEMP, "no token from %s: %s", url,
		       *words ? words : curl_easy_strerror(rc));
}

int oauth2_post(const struct account *a, const char *url, const char *form,
		bool (*stop)(void *ctx), void *stop_ctx, struct oauth2_answer *ret, struct err *e)
{
	char words[CURL_ERROR_SIZE] = "";
	struct asking q = {ret->body, stop, stop_ctx};
	struct curl_slist *headers;
	CURL *c;
	CURLcode rc;

	if (check_url(a, url, e) < 0)
		return -1;
	c = curl_easy_init();
	headers = curl_slist_append(NULL, "Accept: application/json");
	if (!c || !headers) {
		curl_easy_cleanup(c);
		curl_slist_free_all(headers);
		return err_set(e, ERR_TEMP, "libcurl gives no handle");
	}
	rc = set_all(c, a, url, form, &q, headers, words);
	if (!rc)
		rc = curl_easy_perform(c);
	if (!rc)
		rc = curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &ret->status);
	curl_easy_cleanup(c);
	curl_slist_free_all(headers);
	return rc ? say(url, rc, words, e) : 0;
}
