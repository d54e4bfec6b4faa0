/*
 * conf - settings: command line, then environment RUADB_SECTION_KEY (and .._FILE: the value is in
 * that file), then the file (ruadb.conf(5)), then the default. One table in conf.c parses, prints
 * and documents; a test compares it with the man page. Mailboxes are sections [account "NAME"]
 * (base/account.h), in the environment RUADB_ACCOUNT_NAME_KEY; what is said of mail servers whose
 * logs are read, sections [source "NAME"] (base/log_source.h), RUADB_SOURCE_NAME_KEY.
 */
#ifndef BASE_CONF_H
#define BASE_CONF_H

#include "base/account.h"
#include "base/err.h"
#include "base/log_source.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum keep_raw { KEEP_ALL, KEEP_REJECTED, KEEP_NONE };
/* What is kept of a recipient: a keyed hash; one whose key is dropped once the delivery is final, so
 * that only the domain is left; the address. */
enum recipients { RECIPIENTS_HASH, RECIPIENTS_DOMAIN, RECIPIENTS_FULL };

struct conf {
	/* [store] */
	char *conninfo;         /* libpq connection string; NULL: PG* environment or private */
	int keep_raw;           /* enum keep_raw */
	int64_t quarantine_max; /* bytes of quarantined originals kept */
	/* [ingest] */
	int jobs;               /* worker processes; 0: number of cores, at most 8 */
	int batch_reports;
	int64_t batch_bytes;
	char *authserv_id;
	int authserv_form;      /* enum: 0 rfc8601, 1 microsoft */
	int authserv_fields;
	struct trust trust;     /* of mails from files: the three above */
	/* [fetch] */
	int lease;              /* seconds a process holds an account without renewing; 60 */
	/* [account "NAME"] */
	struct account *accounts;
	size_t n_accounts;
	/* [logs] */
	int recipients;         /* enum recipients */
	char *rules_dir;        /* rules of the user's own, which go first; NULL: none */
	/* [source "NAME"] */
	struct log_source *sources;
	size_t n_sources;
	/* [report] */
	char *reports_dir;
	/* [domains] names: domains that are ours, space separated */
	char *domains;
	/* not in the file */
	char *home;             /* RUADB_HOME */
	char *datadir;          /* where sql/ lies */
	char *libexecdir;       /* where ruadb-parse lies */
	int64_t tenant;         /* --tenant, RUADB_TENANT; default 1 */
	bool db_autostart;      /* RUADB_DB_AUTOSTART */
	char *file;             /* that was read; NULL: there is none */
	struct conf_origin *origins; /* where what is no default comes from */
	size_t n_origins;
};

/*
 * Reads all of it. file: -c, else RUADB_CONFIG, else ~/.config/ruadb/ruadb.conf, else
 * /etc/ruadb/ruadb.conf; one named by -c or RUADB_CONFIG must exist. Unknown keys are ERR_CONFIG
 * with file and line; so is a secret in a file that others than its owner may read or write.
 * Whether accounts are whole is not looked at: who only reads reports needs no password.
 */
int conf_load(struct conf *c, const char *file, struct err *e) MUST_CHECK;
/* account_check of each account, with file and line. Before they are fetched from. */
int conf_check(const struct conf *c, struct err *e) MUST_CHECK;
/* Columns of CSV logs without a header line: of the first source that names some; NULL: none. */
const char *conf_columns(const struct conf *c);
/* NULL: no such account. */
const struct account *conf_account(const struct conf *c, const char *name);
/* Command line: "store.keep_raw", "none"; "account.NAME.host", "imap.example.com", of an account
 * that there is, but no secret: others see a command line; "source.NAME.zone", the same. */
int conf_set(struct conf *c, const char *name, const char *value, struct err *e) MUST_CHECK;
void conf_free(struct conf *c);
/*
 * Calls fn for each setting, also those at their default; value NULL: none. Secrets, and passwords
 * in conninfo, are masked. section: "store", or `account "NAME"`,
 * `source "NAME"`. from: "default", "FILE:LINE", the
 * variable's name, or "--set".
 */
void conf_each(const struct conf *c,
	       void (*fn)(void *ctx, const char *section, const char *key, const char *value,
			  const char *from),
	       void *ctx);
/* One "section.key<TAB>default<TAB>meaning" line a setting; the test of the man page reads it. */
void conf_describe(FILE *out);

#endif
