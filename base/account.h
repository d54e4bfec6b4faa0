/*
 * account - a mailbox to fetch from: a section [account "NAME"] of ruadb.conf(5). Plain data, read
 * by one table in account.c, which parses, describes and prints it.
 *
 * A setting comes from the environment (RUADB_ACCOUNT_NAME_KEY, NAME and KEY in capitals, what is
 * no letter or digit as '_'; and .._FILE: the value is in that file), else from the file. An
 * account that the file does not name may stand in the environment alone: RUADB_ACCOUNT_NAME_HOST.
 *
 * Secrets are not read here: only where they are (base/secret.h).
 */
#ifndef BASE_ACCOUNT_H
#define BASE_ACCOUNT_H

#include "base/err.h"
#include "base/model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Where a secret is; at most one of them is set. KEY, KEY_file, KEY_command, KEY_credential. */
struct secret {
	char *value;      /* the configuration itself */
	char *file;       /* first line of a file that others may not read */
	char *command;    /* first line that `sh -c` prints */
	char *credential; /* file below $CREDENTIALS_DIRECTORY (systemd LoadCredential=) */
};

enum account_tls { TLS_IMPLICIT, TLS_STARTTLS, TLS_NONE }; /* imaps, starttls, none */
enum account_login { LOGIN_AUTO, LOGIN_PLAIN, LOGIN_LOGIN, LOGIN_XOAUTH2, LOGIN_OAUTHBEARER };
enum oauth2_flow { OAUTH2_NONE, OAUTH2_CLIENT_CREDENTIALS, OAUTH2_REFRESH_TOKEN,
		   OAUTH2_SERVICE_ACCOUNT };

/* What becomes of a message in the mailbox once its COMMIT is through. */
enum after_what { AFTER_LEAVE, AFTER_MOVE, AFTER_FLAG, AFTER_SEEN, AFTER_DELETE };
struct after {
	enum after_what what;
	char *folder; /* of AFTER_MOVE: as a person writes it, UTF-8, '/' between levels */
};

/* What became of a message; `after` is set apart for each. */
enum fate { FATE_NONE, FATE_STORED, FATE_REPEAT, FATE_QUARANTINED, FATE_NOT_REPORT, FATE_COUNT };

struct account {
	char *name;
	int line;                   /* of the file; 0: environment */
	char *host;
	int port;                   /* 0: 993, or 143 for starttls and none */
	enum account_tls tls;       /* default imaps */
	bool insecure;              /* login without TLS, or without verified TLS, is what they want */
	char *ca_file;              /* PEM, in place of the system's */
	char *proxy;                /* as libcurl takes it */
	char *user;
	enum account_login login;   /* auto: OAUTHBEARER or XOAUTH2 with a token, else what the server
	                               offers with a password */
	struct secret password;
	struct secret token;        /* token_command mostly: prints a bearer token */
	/* oauth2_*: tokens that we ask for */
	enum oauth2_flow flow;      /* oauth2 = client_credentials | refresh_token | service_account */
	char *token_url, *scope, *client_id; /* oauth2_token_url, oauth2_scope, oauth2_client_id */
	struct secret client_secret, refresh_token; /* oauth2_client_secret, oauth2_refresh_token */
	char *key_file;             /* oauth2_key_file: service account's JSON, or a PEM key */
	char *subject;              /* oauth2_subject: mailbox to act for; default user */
	/* what to fetch and what to do with it */
	char **folders;             /* folders = INBOX, Reports: comma between; default INBOX */
	size_t n_folders;
	struct after after[FATE_COUNT]; /* after_stored, after_repeat, after_quarantined,
	                                   after_not_report; [FATE_NONE] is not used */
	int poll;                   /* seconds between looks where IDLE says nothing; default 300 */
	bool idle;                  /* default yes */
	int timeout;                /* seconds without a byte until a connection is given up; 60 */
	struct trust trust;         /* of what follows, and of [ingest] where it says nothing */
	char *authserv_id;          /* own; owns trust.authserv_ids' bytes */
	int authserv_form;          /* own: 0 rfc8601, 1 microsoft, -1 not set */
	int authserv_fields;        /* own; 0: not set */
};

/* The longest name; the section's line of libinih has no room for more. */
#define ACCOUNT_NAME_MAX 38
/* What account_each and account_print say in place of a secret. */
#define ACCOUNT_MASK "********"

/* May an account be called so? Not empty, one line, no '/', ';', '"' or ']': it stands in the
 * ledger's item and in the log. ERR_CONFIG. */
int account_name_ok(const char *name, struct err *e) MUST_CHECK;
/* Zero, and the defaults; name is copied. */
void account_init(struct account *a, const char *name, int line);
void account_free(struct account *a);
/* ERR_CONFIG: no such key, or no such value for it. */
int account_set(struct account *a, const char *key, const char *value, struct err *e) MUST_CHECK;
bool account_has_key(const char *key);
/* Is there a secret in this value (of password, not of password_file; of a proxy's URL)? */
bool account_is_secret(const char *key, const char *value);
/* Forgets where the secret of this key is, in whichever way it was said: before a place that goes
 * first is set. Other keys are left alone. */
void account_forget_secret(struct account *a, const char *key);
/* trust: own authserv_* settings, else those of [ingest]. */
void account_trust(struct account *a, const struct trust *ingest);
/* What only the whole shows: host and user are there, login and secrets fit each other, cleartext
 * is wanted, a folder is not moved into itself. ERR_CONFIG with account and key. */
int account_check(const struct account *a, struct err *e) MUST_CHECK;
/* One "account.key<TAB>default<TAB>meaning" line a setting. */
void account_describe(FILE *out);
/* Calls fn for each setting that has a value; secrets, and the password in a proxy, are masked. */
void account_each(const struct account *a,
		  void (*fn)(void *ctx, const char *key, const char *value), void *ctx);
/* Each setting that has a value as "key = value"; secrets as "key = ********". */
void account_print(const struct account *a, FILE *out);
int account_port(const struct account *a);

#endif
