#include "ingest/oauth2.h"
#include "base/buf.h"
#include "base/secret.h"
#include "base/text.h"
#include "ingest/imap_cause.h"

#include <ctype.h>
#include <jansson.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define FORM_ROOM (4 * SECRET_MAX)
#define LIFE_UNSAID 600

static void add_field(struct buf *form, const char *name, const char *value)
{
	if (form->len)
		buf_addc(form, '&');
	buf_adds(form, name);
	buf_addc(form, '=');
	for (const char *p = value; *p; p++) {
		if (isalnum((unsigned char)*p) || strchr("-._~", *p))
			buf_addc(form, *p);
		else
			buf_printf(form, "%%%02X", (unsigned char)*p);
	}
}

static int add_secret(struct buf *form, const char *name, const struct account *a,
		      const struct secret *s, const char *setting, struct err *e)
{
	AUTO_FREE char *what = xasprintf("%s of account '%s'", setting, a->name);
	char *value;

	if (secret_read(s, what, &value, e) < 0)
		return -1;
	add_field(form, name, value);
	secret_wipe(value);
	return 0;
}

static int add_client(struct buf *form, const struct account *a, struct err *e)
{
	if (a->client_id)
		add_field(form, "client_id", a->client_id);
	if (a->scope)
		add_field(form, "scope", a->scope);
	if (!secret_is_set(&a->client_secret))
		return 0;
	return add_secret(form, "client_secret", a, &a->client_secret, "oauth2_client_secret", e);
}

/* What is asked; *ret_url: the key file's own token URL, or NULL. */
static int make_form(struct buf *form, const struct account *a, const char *refresh_token,
		     char **ret_url, struct err *e)
{
	char *jwt;

	switch (a->flow) {
	case OAUTH2_CLIENT_CREDENTIALS:
		add_field(form, "grant_type", "client_credentials");
		return add_client(form, a, e);
	case OAUTH2_REFRESH_TOKEN:
		add_field(form, "grant_type", "refresh_token");
		if (refresh_token)
			add_field(form, "refresh_token", refresh_token);
		else if (add_secret(form, "refresh_token", a, &a->refresh_token,
				    "oauth2_refresh_token", e) < 0)
			return -1;
		return add_client(form, a, e);
	case OAUTH2_SERVICE_ACCOUNT:
		if (oauth2_assertion(a, (int64_t)time(NULL), &jwt, ret_url, e) < 0)
			return -1;
		add_field(form, "grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer");
		add_field(form, "assertion", jwt);
		secret_wipe(jwt);
		return 0;
	case OAUTH2_NONE:
		break;
	}
	return err_set(e, ERR_BUG, "account '%s' asks for no token", a->name);
}

static const char *member(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s ? s : "";
}

/* A number, or one in quotes as some servers send it. */
static int64_t seconds(const json_t *o, const char *name)
{
	const json_t *v = json_object_get(o, name);
	double n = json_is_string(v) ? strtod(json_string_value(v), NULL) : json_number_value(v);

	return n >= 1 && n < 10 * 365 * 86400.0 ? (int64_t)n : LIFE_UNSAID;
}

/* RFC 6749 5.2, and what is likely wrong. */
static int say(const struct account *a, const char *url, long status, const json_t *o,
	       struct err *e)
{
	static const char *const config[] = {"invalid_client", "invalid_grant", "invalid_scope",
					     "unauthorized_client", "unsupported_grant_type",
					     "invalid_request", "access_denied"};
	const char *error = member(o, "error"), *words = member(o, "error_description");
	enum err_class class = status == 400 || status == 401 || status == 403 || status == 404
			       ? ERR_CONFIG : ERR_TEMP;
	struct buf b = {0};

	/* A server in trouble says so by its status; the words may be any. */
	for (size_t i = 0; status < 500 && i < sizeof(config) / sizeof(*config); i++)
		if (strcmp(error, config[i]) == 0)
			class = ERR_CONFIG;
	if (strcmp(error, "temporarily_unavailable") == 0 || strcmp(error, "server_error") == 0 ||
	    strcmp(error, "slow_down") == 0)
		class = ERR_TEMP;
	/* The first sentences: trace ids and times follow. */
	text_add_visible(&b, (struct text){words, (uint32_t)strcspn(words, "\r\n")});
	if (b.len > 200)
		b.len = 200;
	err_set(e, class, "no token from %s: %s%s%s (HTTP %ld)%s", url,
		*error ? error : "no reason given", b.len ? ": " : "", buf_cstr(&b), status,
		imap_cause_token(a, error, words));
	buf_free(&b);
	return -1;
}

static int take_token(const json_t *o, const char *url, struct oauth2_token *ret, struct err *e)
{
	const char *bearer = member(o, "access_token"), *type = member(o, "token_type");
	const char *refresh = member(o, "refresh_token");

	if (*type && strcasecmp(type, "bearer") != 0)
		return err_set(e, ERR_CONFIG, "%s gives a token of type '%s', not Bearer", url, type);
	/* It goes into a line of its own; RFC 6750 has no such bytes. */
	for (const char *p = bearer; *p; p++)
		if (*p <= ' ' || *p >= 0x7f)
			return err_set(e, ERR_TEMP, "%s gives what is no token", url);
	*ret = (struct oauth2_token){
		.bearer = xstrdup(bearer),
		.refresh_token = *refresh ? xstrdup(refresh) : NULL,
		.ends_at = (int64_t)time(NULL) + seconds(o, "expires_in"),
	};
	return 0;
}

static int take_answer(const struct account *a, const char *url, const struct oauth2_answer *r,
		       struct oauth2_token *ret, struct err *e)
{
	json_t *o = json_loadb(r->body->p ? r->body->p : "", r->body->len, 0, NULL);
	int rc;

	if (r->status == 200 && *member(o, "access_token"))
		rc = take_token(o, url, ret, e);
	else if (r->status == 200 && !*member(o, "error"))
		rc = err_set(e, ERR_TEMP, "no token from %s: it answers with none", url);
	else
		rc = say(a, url, r->status, o, e);
	json_decref(o);
	return rc;
}

int oauth2_ask(const struct account *a, const char *refresh_token, bool (*stop)(void *ctx),
	       void *stop_ctx, struct oauth2_token *ret, struct err *e)
{
	struct buf form = {0}, body = {0};
	struct oauth2_answer answer = {0, &body};
	AUTO_FREE char *own_url = NULL;
	const char *url;
	int rc;

	/* Room for all of it: a buffer that grows leaves a copy of the secret behind. */
	buf_room(&form, FORM_ROOM);
	rc = make_form(&form, a, refresh_token, &own_url, e);
	url = a->token_url ? a->token_url : own_url;
	if (rc == 0 && !url)
		rc = err_set(e, ERR_CONFIG, "oauth2_token_url of account '%s' is not set", a->name);
	if (rc == 0)
		rc = oauth2_post(a, url, buf_cstr(&form), stop, stop_ctx, &answer, e);
	if (rc == 0)
		rc = take_answer(a, url, &answer, ret, e);
	buf_wipe(&form);
	buf_wipe(&body);
	return rc;
}
