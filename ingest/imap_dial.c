#include "ingest/imap_dial.h"
#include "base/text.h"

#include <string.h>
#include <strings.h>

#define LINE_KEPT 4096
#define CAPABILITY_KEPT 65536

struct dialing {
	struct imap_hello *h;
	bool (*stop)(void *ctx);
	void *stop_ctx;
};

void imap_hello_free(struct imap_hello *h)
{
	buf_free(&h->greeting);
	buf_free(&h->capability);
	buf_free(&h->bye);
}

bool imap_hello_can(const char *capability, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = capability; *p; p += strcspn(p, " ")) {
		p += strspn(p, " ");
		if (strcspn(p, " ") == n && strncasecmp(p, word, n) == 0)
			return true;
	}
	return false;
}

/* The rest of a line behind `before`, cut to max bytes, in place of what was in b. */
static void keep(struct buf *b, const char *line, size_t n, const char *before, size_t max)
{
	size_t skip = strlen(before);

	if (n < skip || strncasecmp(line, before, skip) != 0)
		return;
	while (n > skip && (line[n - 1] == '\n' || line[n - 1] == '\r'))
		n--;
	b->len = 0;
	buf_add(b, line + skip, n - skip > max ? max : n - skip);
	buf_cstr(b);
}

/* "SSL connection using TLSv1.3 / TLS_AES_256_GCM_SHA384": libcurl tells it nowhere else that
 * does not tie us to its TLS library. */
static void hear_info(struct imap_hello *h, const char *p, size_t n)
{
	static const char using[] = "SSL connection using ";
	size_t skip = sizeof(using) - 1, k = 0;

	if (n <= skip || memcmp(p, using, skip) != 0)
		return;
	while (skip + k < n && k < sizeof(h->tls) - 1 && p[skip + k] > ' ') {
		h->tls[k] = p[skip + k];
		k++;
	}
	h->tls[k] = '\0';
}

static int hear_debug(CURL *easy, curl_infotype type, char *p, size_t n, void *ctx)
{
	struct imap_hello *h = ((struct dialing *)ctx)->h;

	(void)easy;
	if (type == CURLINFO_TEXT)
		hear_info(h, p, n);
	if (type != CURLINFO_HEADER_IN)
		return 0;
	if (!h->greeting.len) {
		keep(&h->greeting, p, n, "", LINE_KEPT);
		h->preauth = n >= 9 && strncasecmp(p, "* PREAUTH", 9) == 0;
	}
	keep(&h->capability, p, n, "* CAPABILITY ", CAPABILITY_KEPT);
	keep(&h->bye, p, n, "* BYE ", LINE_KEPT);
	return 0;
}

static int ask_stop(void *ctx, curl_off_t dt, curl_off_t dn, curl_off_t ut, curl_off_t un)
{
	struct dialing *d = ctx;

	(void)dt, (void)dn, (void)ut, (void)un;
	return d->stop && d->stop(d->stop_ctx);
}

static size_t swallow(char *p, size_t size, size_t n, void *ctx)
{
	(void)p, (void)ctx;
	return size * n;
}

/* An IPv6 address needs brackets in a URL. */
static char *url_of(const struct account *a)
{
	bool bare = strchr(a->host, ':') && a->host[0] != '[';

	return xasprintf("%s://%s%s%s:%d/", a->tls == TLS_IMPLICIT ? "imaps" : "imap",
			 bare ? "[" : "", a->host, bare ? "]" : "", account_port(a));
}

static CURLcode set_tls(CURL *c, const struct account *a)
{
	long verify = a->insecure ? 0 : 1;
	CURLcode rc = curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);

	if (!rc)
		rc = curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, verify);
	if (!rc)
		rc = curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, verify ? 2L : 0L);
	if (!rc && a->tls == TLS_STARTTLS)
		rc = curl_easy_setopt(c, CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
	if (!rc && a->ca_file)
		rc = curl_easy_setopt(c, CURLOPT_CAINFO, a->ca_file);
	/* In place of the system's: libcurl would believe the folder of those as well. */
	if (!rc && a->ca_file)
		rc = curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
	return rc;
}

static CURLcode set_proxy(CURL *c, const struct account *a)
{
	CURLcode rc = curl_easy_setopt(c, CURLOPT_HTTPPROXYTUNNEL, 1L);

	if (!rc && a->proxy)
		rc = curl_easy_setopt(c, CURLOPT_PROXY, a->proxy);
	return rc;
}

#define SET(option, value) \
	do { \
		if (!rc) \
			rc = curl_easy_setopt(c, option, value); \
	} while (0)

static CURLcode set_all(CURL *c, const struct account *a, struct dialing *d, char *words)
{
	AUTO_FREE char *url = url_of(a);
	CURLcode rc = set_tls(c, a);

	if (!rc)
		rc = set_proxy(c, a);
	SET(CURLOPT_URL, url);
	SET(CURLOPT_PROTOCOLS_STR, "imap,imaps");
	SET(CURLOPT_CONNECT_ONLY, 1L);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_ERRORBUFFER, words);
	SET(CURLOPT_CONNECTTIMEOUT, (long)a->timeout);
	SET(CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)a->timeout);
	SET(CURLOPT_TCP_KEEPALIVE, 1L);
	SET(CURLOPT_NOPROGRESS, 0L);
	SET(CURLOPT_XFERINFOFUNCTION, ask_stop);
	SET(CURLOPT_XFERINFODATA, d);
	SET(CURLOPT_VERBOSE, 1L);
	SET(CURLOPT_DEBUGFUNCTION, hear_debug);
	SET(CURLOPT_DEBUGDATA, d);
	SET(CURLOPT_WRITEFUNCTION, swallow);
	SET(CURLOPT_HEADERFUNCTION, swallow);
	return rc;
}

/* What libcurl says, and what it mostly means. */
static const struct {
	const char *says, *means;
	bool config;
} known_words[] = {
	{"has expired", "its operator has to renew it, or the clock of this machine is wrong", true},
	{"not yet valid", "the clock of this machine is wrong, or the certificate is", true},
	{"no alternative certificate subject", "host has to be the name in the certificate", true},
	{"does not match target host", "host has to be the name in the certificate", true},
	{"self-signed", "nobody that this machine trusts signed it: name its CA with ca_file", true},
	{"self signed", "nobody that this machine trusts signed it: name its CA with ca_file", true},
	{"local issuer", "nobody that this machine trusts signed it: name its CA with ca_file", true},
	{"wrong version number", "no TLS at this port: tls = starttls, or another port", true},
	{"packet length", "no TLS at this port: tls = starttls, or another port", true},
	{"unsupported protocol", "the server speaks only TLS that is older than 1.2", true},
	{"protocol version", "the server speaks only TLS that is older than 1.2", true},
	{"unexpected message", "no TLS at this port: tls = starttls, or another port", true},
	{"resolve host", "host is misspelt, or no name server answers here", false},
	{"Failed to connect", "no server at this port, or a firewall between", false},
	{"setting certificate", "ca_file is no such file; or the system's CAs are missing (package "
	 "ca-certificates)", true},
	{"407", "the proxy wants a login: proxy = http://user:password@host:port", true},
};

static bool is_config(CURLcode rc)
{
	switch (rc) {
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
	case CURLE_SSL_ENGINE_NOTFOUND:
	case CURLE_USE_SSL_FAILED:
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_UNKNOWN_OPTION:
	case CURLE_NOT_BUILT_IN:
	case CURLE_BAD_FUNCTION_ARGUMENT:
		return true;
	default:
		return false;
	}
}

/* A server that says "* BYE Too many connections" in place of a greeting. */
static int say_bye(const struct account *a, const struct imap_hello *h, struct err *e)
{
	struct buf b = {0};

	text_add_visible(&b, (struct text){h->bye.p, (uint32_t)h->bye.len});
	err_set(e, ERR_TEMP, "%s:%d sends us away: %s", a->host, account_port(a), buf_cstr(&b));
	buf_free(&b);
	return -1;
}

static int say(const struct account *a, CURLcode rc, const char *words, const struct imap_hello *h,
	       struct err *e)
{
	const char *host = a->host, *means = NULL;
	int port = account_port(a);
	bool config = is_config(rc);

	if (rc == CURLE_ABORTED_BY_CALLBACK)
		return err_set(e, ERR_TEMP, "%s:%d: given up, we are to end", host, port);
	if (h->bye.len)
		return say_bye(a, h, e);
	if (!*words)
		words = curl_easy_strerror(rc);
	if (rc == CURLE_USE_SSL_FAILED)
		return err_set(e, ERR_CONFIG, "%s:%d offers no STARTTLS, and without TLS nobody logs in "
			       "(tls = imaps with port 993 is what most servers want)", host, port);
	if (rc == CURLE_OPERATION_TIMEDOUT && a->tls != TLS_IMPLICIT && !h->greeting.len)
		means = "no server there, a firewall, or a port that wants tls = imaps";
	if (rc == CURLE_WEIRD_SERVER_REPLY)
		means = "no IMAP at this port, or a server in trouble";
	for (size_t i = 0; !means && i < sizeof(known_words) / sizeof(*known_words); i++)
		if (strstr(words, known_words[i].says)) {
			means = known_words[i].means;
			config = config || known_words[i].config;
		}
	return err_set(e, config ? ERR_CONFIG : ERR_TEMP, "%s:%d: %s%s%s", host, port, words,
		       means ? "; likely: " : "", means ? means : "");
}

int imap_dial(const struct account *a, bool (*stop)(void *ctx), void *stop_ctx,
	      struct imap_hello *h, CURL **ret_easy, struct err *e)
{
	char words[CURL_ERROR_SIZE] = "";
	struct dialing d = {h, stop, stop_ctx};
	CURL *c;
	CURLcode rc;

	if (a->tls == TLS_NONE && !a->insecure)
		return err_set(e, ERR_CONFIG, "%s:%d: tls = none sends password and mails in clear; it "
			       "wants insecure = yes beside it", a->host, account_port(a));
	c = curl_easy_init();
	if (!c)
		return err_set(e, ERR_TEMP, "libcurl gives no handle");
	rc = set_all(c, a, &d, words);
	if (!rc)
		rc = curl_easy_perform(c);
	if (rc) {
		say(a, rc, words, h, e);
		curl_easy_cleanup(c);
		return -1;
	}
	/* These live on our stack. */
	curl_easy_setopt(c, CURLOPT_VERBOSE, 0L);
	curl_easy_setopt(c, CURLOPT_DEBUGFUNCTION, NULL);
	curl_easy_setopt(c, CURLOPT_NOPROGRESS, 1L);
	curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, NULL);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, NULL);
	*ret_easy = c;
	return 0;
}
