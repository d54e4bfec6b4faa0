/* What only the whole of an account shows. */
#include "base/account.h"

#include <string.h>
#include <strings.h>

static bool is_set(const struct secret *s)
{
	return s->value || s->file || s->command || s->credential;
}

static int one_place(const struct secret *s, const char *key, struct err *e)
{
	int n = !!s->value + !!s->file + !!s->command + !!s->credential;

	if (n > 1)
		return err_set(e, ERR_CONFIG,
			       "%s: only one of %s, %s_file, %s_command and %s_credential", key, key,
			       key, key, key);
	return 0;
}

static int check_secrets(const struct account *a, struct err *e)
{
	if (one_place(&a->password, "password", e) < 0 || one_place(&a->token, "token", e) < 0 ||
	    one_place(&a->client_secret, "oauth2_client_secret", e) < 0 ||
	    one_place(&a->refresh_token, "oauth2_refresh_token", e) < 0)
		return -1;
	return 0;
}

static int check_server(const struct account *a, struct err *e)
{
	const char *colon = a->host ? strchr(a->host, ':') : NULL;

	if (!a->host)
		return err_set(e, ERR_CONFIG, "host is missing");
	/* two colons: an IPv6 address */
	if (strpbrk(a->host, "/ ") || (colon && !strchr(colon + 1, ':')))
		return err_set(e, ERR_CONFIG,
			       "host: '%s' is not the name of a server; its port is a setting "
			       "'port', imaps a setting 'tls'", a->host);
	if (!a->user)
		return err_set(e, ERR_CONFIG, "user is missing");
	if (a->tls == TLS_NONE && !a->insecure)
		return err_set(e, ERR_CONFIG,
			       "tls = none sends the password in clear: use imaps or starttls, or "
			       "say insecure = yes");
	return 0;
}

static int needs(bool there, const char *flow, const char *key, struct err *e)
{
	return there ? 0 : err_set(e, ERR_CONFIG, "oauth2 = %s needs %s", flow, key);
}

static int check_flow(const struct account *a, struct err *e)
{
	static const char cc[] = "client_credentials", rt[] = "refresh_token";

	switch (a->flow) {
	case OAUTH2_NONE:
		if (a->token_url || a->scope || a->client_id || a->key_file || a->subject ||
		    is_set(&a->client_secret) || is_set(&a->refresh_token))
			return err_set(e, ERR_CONFIG,
				       "oauth2_...: 'oauth2 = client_credentials', 'refresh_token' "
				       "or 'service_account' is missing");
		return 0;
	case OAUTH2_CLIENT_CREDENTIALS:
		if (needs(a->token_url, cc, "oauth2_token_url", e) < 0 ||
		    needs(a->client_id, cc, "oauth2_client_id", e) < 0 ||
		    needs(is_set(&a->client_secret), cc, "oauth2_client_secret_file (or another "
			  "place of it)", e) < 0)
			return -1;
		return 0;
	case OAUTH2_REFRESH_TOKEN:
		if (needs(a->token_url, rt, "oauth2_token_url", e) < 0 ||
		    needs(a->client_id, rt, "oauth2_client_id", e) < 0 ||
		    needs(is_set(&a->refresh_token), rt, "oauth2_refresh_token_file (or another "
			  "place of it)", e) < 0)
			return -1;
		return 0;
	case OAUTH2_SERVICE_ACCOUNT:
		return needs(a->key_file, "service_account", "oauth2_key_file", e);
	}
	return 0;
}

static int check_login(const struct account *a, struct err *e)
{
	bool password = is_set(&a->password), token = is_set(&a->token);
	bool asks = a->flow != OAUTH2_NONE;
	int n = password + token + asks;

	if (n == 0)
		return err_set(e, ERR_CONFIG,
			       "nothing to log in with: set password_file (or _command, "
			       "_credential), token_command or oauth2");
	if (n > 1)
		return err_set(e, ERR_CONFIG, "only one of password, token and oauth2");
	if ((a->login == LOGIN_PLAIN || a->login == LOGIN_LOGIN) && !password)
		return err_set(e, ERR_CONFIG, "login = %s needs a password, not a token",
			       a->login == LOGIN_PLAIN ? "plain" : "login");
	if ((a->login == LOGIN_XOAUTH2 || a->login == LOGIN_OAUTHBEARER) && password)
		return err_set(e, ERR_CONFIG, "login = %s needs a token or oauth2, not a password",
			       a->login == LOGIN_XOAUTH2 ? "xoauth2" : "oauthbearer");
	return check_flow(a, e);
}

/* RFC 9051: INBOX in any case is one folder. */
static bool same_folder(const char *a, const char *b)
{
	return strcmp(a, b) == 0 || (strcasecmp(a, "INBOX") == 0 && strcasecmp(b, "INBOX") == 0);
}

static int check_folders(const struct account *a, struct err *e)
{
	static const char *const keys[] = {"", "after_stored", "after_repeat", "after_quarantined",
					   "after_not_report"};

	if (!a->n_folders)
		return err_set(e, ERR_CONFIG, "folders: none");
	for (size_t i = 0; i < a->n_folders; i++)
		for (size_t j = 0; j < i; j++)
			if (same_folder(a->folders[i], a->folders[j]))
				return err_set(e, ERR_CONFIG, "folders: '%s' twice", a->folders[i]);
	for (int f = FATE_STORED; f < FATE_COUNT; f++)
		for (size_t i = 0; i < a->n_folders; i++)
			if (a->after[f].what == AFTER_MOVE &&
			    same_folder(a->after[f].folder, a->folders[i]))
				return err_set(e, ERR_CONFIG,
					       "%s = move:%s: that folder is one of folders and "
					       "would be fetched again", keys[f], a->folders[i]);
	return 0;
}

int account_check(const struct account *a, struct err *e)
{
	if (check_server(a, e) < 0 || check_secrets(a, e) < 0 || check_login(a, e) < 0 ||
	    check_folders(a, e) < 0)
		return err_wrap(e, "account '%s'", a->name);
	return 0;
}
