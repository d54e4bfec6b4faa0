#include "ingest/imap_cause.h"

#include <string.h>
#include <strings.h>

static bool ends_with(const char *host, const char *domain)
{
	size_t n = strlen(host), k = strlen(domain);

	return n >= k && strcasecmp(host + n - k, domain) == 0 &&
	       (n == k || host[n - k - 1] == '.');
}

enum provider imap_cause_provider(const char *host)
{
	static const struct {
		const char *domain;
		enum provider provider;
	} known[] = {
		{"office365.com", PROVIDER_MICROSOFT},
		{"outlook.com", PROVIDER_MICROSOFT},
		{"office365.us", PROVIDER_MICROSOFT},
		{"outlook.cn", PROVIDER_MICROSOFT},
		{"office.com", PROVIDER_MICROSOFT},
		{"gmail.com", PROVIDER_GOOGLE},
		{"googlemail.com", PROVIDER_GOOGLE},
		{"google.com", PROVIDER_GOOGLE},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (ends_with(host, known[i].domain))
			return known[i].provider;
	return PROVIDER_OTHER;
}

bool imap_cause_later(const char *words)
{
	static const char *const say[] = {
		"[UNAVAILABLE]", "[LIMIT]", "[INUSE]", "[SERVERBUG]", "[THROTTLED]", "[OVERQUOTA]",
		"Server Unavailable", "temporar", "try again", "too many", "exceeded", "throttl",
		"\"status\":\"5", "server busy",
	};

	/* RFC 5530: what these codes say stands, whatever the words beside them. */
	if (strcasestr(words, "[AUTHENTICATIONFAILED]") || strcasestr(words, "[EXPIRED]") ||
	    strcasestr(words, "[AUTHORIZATIONFAILED]"))
		return false;
	for (size_t i = 0; i < sizeof(say) / sizeof(*say); i++)
		if (strcasestr(words, say[i]))
			return true;
	return false;
}

static const char *of_microsoft(bool bearer, const char *words)
{
	if (!bearer)
		return "; likely: Microsoft 365 takes no passwords over IMAP; it wants oauth2 = "
		       "client_credentials";
	if (strcasestr(words, "not connected"))
		return "; likely: the token is good, but there is no such mailbox, or the app has no "
		       "right to it (Add-MailboxPermission .. -AccessRights FullAccess)";
	return "; likely one of: no IMAP.AccessAsApp with admin consent; New-ServicePrincipal with the "
	       "object ID of the app registration and not of the enterprise application; no "
	       "Add-MailboxPermission for it; IMAP is switched off for the mailbox";
}

static const char *of_google(const struct account *a, bool bearer, const char *words)
{
	if (!bearer)
		return "; likely: Google wants an app password (which needs 2-step verification), not "
		       "the account's own, and IMAP switched on";
	if (a->flow == OAUTH2_SERVICE_ACCOUNT)
		return "; likely: no domain-wide delegation of https://mail.google.com/ to the service "
		       "account, user is no mailbox of the domain, or IMAP is off for it";
	(void)words;
	return "; likely: a token of another user, or without the scope https://mail.google.com/; "
	       "or IMAP is switched off";
}

const char *imap_cause_login(const struct account *a, bool bearer, const char *words)
{
	switch (imap_cause_provider(a->host)) {
	case PROVIDER_MICROSOFT:
		return of_microsoft(bearer, words);
	case PROVIDER_GOOGLE:
		return of_google(a, bearer, words);
	case PROVIDER_OTHER:
		break;
	}
	if (bearer)
		return strcasestr(words, "no mechanism") ? "" :
		       "; likely: the token has ended, is for another user or has another scope";
	return strcasestr(words, "[AUTHENTICATIONFAILED]") ? "; likely: user or password is wrong" : "";
}

/* Entra's codes stand in error_description. */
static const struct {
	const char *code, *means;
} of_entra[] = {
	{"AADSTS7000215", "; likely: oauth2_client_secret is the secret's ID, not its Value"},
	{"AADSTS7000222", "; likely: the client secret has expired; make a new one in the app "
			  "registration"},
	{"AADSTS700016", "; likely: oauth2_client_id is not of this tenant (the one in "
			 "oauth2_token_url)"},
	{"AADSTS90002", "; likely: there is no such tenant: look at oauth2_token_url"},
	{"AADSTS900023", "; likely: there is no such tenant: look at oauth2_token_url"},
	{"AADSTS1002012", "; likely: oauth2_scope has to be https://outlook.office365.com/.default"},
	{"AADSTS70011", "; likely: oauth2_scope has to be https://outlook.office365.com/.default"},
	{"AADSTS700082", "; likely: the refresh token was not used for too long; log in anew"},
	{"AADSTS50173", "; likely: the password was changed since; log in anew"},
	{"AADSTS65001", "; likely: nobody has consented to the app's permission"},
};

const char *imap_cause_token(const struct account *a, const char *error, const char *description)
{
	bool google = a->token_url ? strstr(a->token_url, "google") != NULL
				   : a->flow == OAUTH2_SERVICE_ACCOUNT;

	for (size_t i = 0; i < sizeof(of_entra) / sizeof(*of_entra); i++)
		/* The code is followed by ':', and one may begin another. */
		if (strstr(description, of_entra[i].code) &&
		    strstr(description, of_entra[i].code)[strlen(of_entra[i].code)] == ':')
			return of_entra[i].means;
	if (a->flow == OAUTH2_SERVICE_ACCOUNT && strcmp(error, "unauthorized_client") == 0)
		return "; likely: no domain-wide delegation for this client ID and scope (Admin "
		       "console, Security, API controls); a new one takes minutes";
	if (a->flow == OAUTH2_SERVICE_ACCOUNT && strcmp(error, "invalid_grant") == 0)
		return "; likely: no such mailbox, a key that was taken back, or a wrong clock here";
	if (google && strcmp(error, "invalid_grant") == 0)
		return "; likely: the refresh token was taken back, or has ended (7 days while the "
		       "consent screen is in testing)";
	if (strcmp(error, "invalid_client") == 0)
		return "; likely: client ID or secret is wrong";
	return "";
}
