#include "base/account.h"
#include "base/buf.h"
#include "base/setting.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static const char *const tls_words[] = {"imaps", "starttls", "none", NULL};
static const char *const login_words[] = {"auto", "plain", "login", "xoauth2", "oauthbearer", NULL};
static const char *const flow_words[] = {"none", "client_credentials", "refresh_token",
					 "service_account", NULL};
static const char *const form_words[] = {"rfc8601", "microsoft", NULL};

#define AT(field) offsetof(struct account, field)

/* The one table, as in conf.c; a test compares it with ruadb.conf(5). */
static const struct setting settings[] = {
	{"account", "host", SETTING_TEXT, AT(host), NULL, 0, 0, NULL, "name of the IMAP server"},
	{"account", "port", SETTING_INT, AT(port), "0", 0, 65535, NULL,
	 "port; 0: 993 for imaps, else 143"},
	{"account", "tls", SETTING_WORD, AT(tls), "imaps", 0, 0, tls_words,
	 "imaps, starttls or none"},
	{"account", "insecure", SETTING_YES, AT(insecure), "no", 0, 0, NULL,
	 "log in without TLS, or with an unverified certificate"},
	{"account", "ca_file", SETTING_TEXT, AT(ca_file), NULL, 0, 0, NULL,
	 "certificates (PEM) to verify the server by, in place of the system's"},
	{"account", "proxy", SETTING_TEXT, AT(proxy), NULL, 0, 0, NULL,
	 "proxy, as libcurl takes it: socks5h://host:port"},
	{"account", "user", SETTING_TEXT, AT(user), NULL, 0, 0, NULL,
	 "name to log in by; with a token the mailbox's address"},
	{"account", "login", SETTING_WORD, AT(login), "auto", 0, 0, login_words,
	 "auto, plain, login, xoauth2 or oauthbearer"},
	{"account", "password", SETTING_SECRET, AT(password), NULL, 0, 0, NULL, "the password"},
	{"account", "token", SETTING_SECRET, AT(token), NULL, 0, 0, NULL,
	 "a bearer token that something else asks for"},
	{"account", "oauth2", SETTING_WORD, AT(flow), "none", 0, 0, flow_words,
	 "how to ask for a token: none, client_credentials, refresh_token or service_account"},
	{"account", "oauth2_token_url", SETTING_TEXT, AT(token_url), NULL, 0, 0, NULL,
	 "where tokens are asked for"},
	{"account", "oauth2_scope", SETTING_TEXT, AT(scope), NULL, 0, 0, NULL,
	 "what the token is to be good for"},
	{"account", "oauth2_client_id", SETTING_TEXT, AT(client_id), NULL, 0, 0, NULL,
	 "id of the application"},
	{"account", "oauth2_client_secret", SETTING_SECRET, AT(client_secret), NULL, 0, 0, NULL,
	 "secret of the application"},
	{"account", "oauth2_refresh_token", SETTING_SECRET, AT(refresh_token), NULL, 0, 0, NULL,
	 "refresh token of the user"},
	{"account", "oauth2_key_file", SETTING_TEXT, AT(key_file), NULL, 0, 0, NULL,
	 "key of the service account: its JSON file, or a PEM key"},
	{"account", "oauth2_subject", SETTING_TEXT, AT(subject), NULL, 0, 0, NULL,
	 "mailbox to act for, if it is not user"},
	{"account", "folders", SETTING_FOLDERS, AT(folders), "INBOX", 0, 0, NULL,
	 "folders to fetch, comma between"},
	{"account", "after_stored", SETTING_AFTER, AT(after[FATE_STORED]), "move:Archive/DMARC", 0,
	 0, NULL, "what becomes of a mail whose reports are stored"},
	{"account", "after_repeat", SETTING_AFTER, AT(after[FATE_REPEAT]), "move:Archive/DMARC", 0,
	 0, NULL, "of a mail whose reports were known"},
	{"account", "after_quarantined", SETTING_AFTER, AT(after[FATE_QUARANTINED]),
	 "move:Archive/DMARC/Quarantine", 0, 0, NULL, "of a mail that can't be read"},
	{"account", "after_not_report", SETTING_AFTER, AT(after[FATE_NOT_REPORT]), "leave", 0, 0,
	 NULL, "of a mail that is no report"},
	{"account", "poll", SETTING_INT, AT(poll), "300", 5, 86400, NULL,
	 "seconds between looks, where the server says nothing by itself"},
	{"account", "idle", SETTING_YES, AT(idle), "yes", 0, 0, NULL,
	 "let the server say when mail comes (IDLE)"},
	{"account", "timeout", SETTING_INT, AT(timeout), "60", 1, 3600, NULL,
	 "seconds without a byte until a connection is given up"},
	{"account", "authserv_id", SETTING_NAMES, AT(authserv_id), NULL, 0, 0, NULL,
	 "as in [ingest], for this account"},
	{"account", "authserv_form", SETTING_WORD, AT(authserv_form), NULL, 0, 0, form_words,
	 "as in [ingest], for this account"},
	{"account", "authserv_fields", SETTING_INT, AT(authserv_fields), NULL, 1, 10, NULL,
	 "as in [ingest], for this account"},
};

#define N_SETTINGS (sizeof(settings) / sizeof(settings[0]))

/* Ways to say where a secret is. */
static const struct {
	const char *suffix, *meaning;
	size_t at;
} places[] = {
	{"", "in this file", offsetof(struct secret, value)},
	{"_file", "first line of that file", offsetof(struct secret, file)},
	{"_command", "first line that this shell command prints", offsetof(struct secret, command)},
	{"_credential", "a systemd credential of that name", offsetof(struct secret, credential)},
};

#define N_PLACES (sizeof(places) / sizeof(places[0]))

int account_name_ok(const char *name, struct err *e)
{
	return setting_name_ok("an account", name, ACCOUNT_NAME_MAX, e);
}

/* The row of a key; of a secret's also which place. */
static const struct setting *find(const char *key, size_t *ret_place)
{
	for (size_t i = 0; i < N_SETTINGS; i++) {
		size_t len = strlen(settings[i].key);
		size_t n = settings[i].kind == SETTING_SECRET ? N_PLACES : 1;

		for (size_t j = 0; j < n && strncmp(key, settings[i].key, len) == 0; j++)
			if (strcmp(key + len, places[j].suffix) == 0) {
				*ret_place = j;
				return &settings[i];
			}
	}
	return NULL;
}

static void *field_of(const struct account *a, const struct setting *s)
{
	return (void *)((uintptr_t)a + s->at);
}

static char **place_of(const struct secret *s, size_t place)
{
	return (char **)((uintptr_t)s + places[place].at);
}

static void free_folders(struct account *a)
{
	for (size_t i = 0; i < a->n_folders; i++)
		free(a->folders[i]);
	free(a->folders);
	a->folders = NULL;
	a->n_folders = 0;
}

static int put_folders(struct account *a, const char *value, struct err *e)
{
	if (!text_trim(text_of(value)).len)
		return err_set(e, ERR_CONFIG, "no folder");
	free_folders(a);
	for (const char *p = value;;) {
		size_t len = strcspn(p, ",");
		struct text t = text_trim((struct text){p, (uint32_t)len});

		if (t.len) {
			a->folders = xrealloc(a->folders, (a->n_folders + 1) * sizeof(char *));
			a->folders[a->n_folders++] = xstrndup(t.p, t.len);
		}
		if (!p[len])
			return 0;
		p += len + 1;
	}
}

static const char *const after_words[] = {
	[AFTER_LEAVE] = "leave",
	[AFTER_MOVE] = "move:",
	[AFTER_FLAG] = "flag",
	[AFTER_SEEN] = "seen",
	[AFTER_DELETE] = "delete",
};

static int put_after(struct after *to, const char *value, struct err *e)
{
	struct text folder = {0};
	int what = -1;

	for (int i = 0; i < 5; i++)
		if (i == AFTER_MOVE ? strncmp(value, after_words[i], 5) == 0 :
				      strcmp(value, after_words[i]) == 0)
			what = i;
	if (what == AFTER_MOVE)
		folder = text_trim(text_of(value + 5));
	if (what < 0 || (what == AFTER_MOVE && !folder.len))
		return err_set(e, ERR_CONFIG, "'%s' is none of leave, move:FOLDER, flag, seen, delete",
			       value);
	free(to->folder);
	to->folder = folder.len ? xstrndup(folder.p, folder.len) : NULL;
	to->what = (enum after_what)what;
	return 0;
}

static int put(struct account *a, const struct setting *s, size_t place, const char *value,
	       struct err *e)
{
	if (setting_one_line(value, e) < 0)
		return -1;
	switch (s->kind) {
	case SETTING_SECRET: {
		char **to = place_of(field_of(a, s), place);

		free(*to);
		*to = *value ? xstrdup(value) : NULL;
		return 0;
	}
	case SETTING_FOLDERS:
		return put_folders(a, value, e);
	case SETTING_AFTER:
		return put_after(field_of(a, s), value, e);
	default:
		return setting_put(a, s, value, e);
	}
}

void account_init(struct account *a, const char *name, int line)
{
	*a = (struct account){.name = xstrdup(name), .line = line, .authserv_form = -1};
	for (size_t i = 0; i < N_SETTINGS; i++)
		if (settings[i].standard && put(a, &settings[i], 0, settings[i].standard, NULL) < 0)
			abort();
}

static void free_secret(struct secret *s)
{
	for (size_t i = 0; i < N_PLACES; i++) {
		char **p = place_of(s, i);

		if (*p)
			explicit_bzero(*p, strlen(*p));
		free(*p);
		*p = NULL;
	}
}

void account_free(struct account *a)
{
	for (size_t i = 0; i < N_SETTINGS; i++) {
		void *field = field_of(a, &settings[i]);

		if (settings[i].kind == SETTING_SECRET)
			free_secret(field);
		else if (settings[i].kind == SETTING_AFTER)
			free(((struct after *)field)->folder);
		else
			setting_free(a, &settings[i]);
	}
	free_folders(a);
	free(a->name);
	*a = (struct account){0};
}

int account_set(struct account *a, const char *key, const char *value, struct err *e)
{
	size_t place;
	const struct setting *s = find(key, &place);

	if (!s)
		return err_set(e, ERR_CONFIG, "there is no setting '%s' of an account", key);
	if (put(a, s, place, value, e) < 0)
		return err_wrap(e, "%s", key);
	return 0;
}

bool account_has_key(const char *key)
{
	size_t place;

	return find(key, &place) != NULL;
}

/* socks5h://user:PASSWORD@host */
static bool password_of_url(const char *url, size_t *ret_at, size_t *ret_len)
{
	const char *scheme = strstr(url, "://"), *from = scheme ? scheme + 3 : url;
	const char *end = strrchr(from, '@');
	const char *colon = end ? memchr(from, ':', (size_t)(end - from)) : NULL;

	if (!colon)
		return false;
	*ret_at = (size_t)(colon + 1 - url);
	*ret_len = (size_t)(end - colon - 1);
	return *ret_len > 0;
}

bool account_is_secret(const char *key, const char *value)
{
	size_t place, at, len;
	const struct setting *s = find(key, &place);

	if (s && s->at == AT(proxy))
		return password_of_url(value, &at, &len);
	return s && s->kind == SETTING_SECRET && place == 0 && *value;
}

void account_forget_secret(struct account *a, const char *key)
{
	size_t place;
	const struct setting *s = find(key, &place);

	if (s && s->kind == SETTING_SECRET)
		free_secret(field_of(a, s));
}

/* What belongs to an id or form of its own is not mixed with what [ingest] says of another. */
void account_trust(struct account *a, const struct trust *ingest)
{
	bool own = a->authserv_id || a->authserv_form >= 0;

	a->trust = own ? (struct trust){.form = AUTHSERV_RFC8601, .fields = 1} : *ingest;
	if (own)
		a->trust.authserv_ids = text_of(a->authserv_id);
	if (a->authserv_form == 1)
		a->trust.form = AUTHSERV_MICROSOFT;
	if (a->authserv_form == 0 && !a->authserv_id)
		a->trust.authserv_ids = ingest->authserv_ids;
	if (a->authserv_fields)
		a->trust.fields = (uint8_t)a->authserv_fields;
}

int account_port(const struct account *a)
{
	if (a->port)
		return a->port;
	return a->tls == TLS_IMPLICIT ? 993 : 143;
}

void account_describe(FILE *out)
{
	for (size_t i = 0; i < N_SETTINGS; i++) {
		const struct setting *s = &settings[i];
		size_t n = s->kind == SETTING_SECRET ? N_PLACES : 1;

		for (size_t j = 0; j < n; j++)
			fprintf(out, "account.%s%s\t%s\t%s%s%s\n", s->key, places[j].suffix,
				s->standard ? s->standard : "", s->meaning, n > 1 ? ": " : "",
				n > 1 ? places[j].meaning : "");
	}
}

static void mask_url(struct buf *b)
{
	size_t len, at;

	if (!password_of_url(buf_cstr(b), &at, &len))
		return;
	AUTO_FREE char *rest = xstrdup(b->p + at + len);

	b->len = at;
	buf_printf(b, "%s%s", ACCOUNT_MASK, rest);
}

static bool get(const struct account *a, const struct setting *s, size_t place, struct buf *to)
{
	const struct after *after = field_of(a, s);
	const char *text;

	switch (s->kind) {
	case SETTING_SECRET:
		text = *place_of(field_of(a, s), place);
		if (text)
			buf_adds(to, place ? text : ACCOUNT_MASK);
		return text != NULL;
	case SETTING_FOLDERS:
		for (size_t i = 0; i < a->n_folders; i++)
			buf_printf(to, "%s%s", i ? ", " : "", a->folders[i]);
		return true;
	case SETTING_AFTER:
		buf_printf(to, "%s%s", after_words[after->what],
			   after->folder ? after->folder : "");
		return true;
	default:
		if (!setting_get(a, s, to))
			return false;
		if (s->at == AT(proxy))
			mask_url(to);
		return true;
	}
}

void account_each(const struct account *a,
		  void (*fn)(void *ctx, const char *key, const char *value), void *ctx)
{
	struct buf key = {0}, value = {0};

	for (size_t i = 0; i < N_SETTINGS; i++) {
		const struct setting *s = &settings[i];
		size_t n = s->kind == SETTING_SECRET ? N_PLACES : 1;

		for (size_t j = 0; j < n; j++) {
			key.len = value.len = 0;
			buf_printf(&key, "%s%s", s->key, places[j].suffix);
			if (get(a, s, j, &value))
				fn(ctx, buf_cstr(&key), buf_cstr(&value));
		}
	}
	buf_free(&key);
	buf_free(&value);
}

static void print_one(void *out, const char *key, const char *value)
{
	fprintf(out, "%s = %s\n", key, value);
}

void account_print(const struct account *a, FILE *out)
{
	account_each(a, print_one, out);
}
