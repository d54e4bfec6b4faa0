/* Mailboxes in the settings: sections, the environment, what is refused, and what is shown. */
#include "base/buf.h"
#include "base/conf.h"
#include "base/mem.h"
#include "tests/unit/tap.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/ruadb-t_account.XXXXXX";

static char *write_file(const char *name, const char *text, mode_t mode)
{
	char *path = xasprintf("%s/%s", folder, name);
	FILE *f = fopen(path, "we");

	if (!f || fputs(text, f) < 0 || fchmod(fileno(f), mode) < 0 || fclose(f) != 0) {
		printf("Bail out! can't write %s\n", path);
		exit(1);
	}
	return path;
}

/* Loads a file with this text; gives the message without the folder, "" where it is taken. */
static const char *load_mode(struct conf *c, const char *text, mode_t mode, struct err *e)
{
	AUTO_FREE char *path = write_file("ruadb.conf", text, mode);
	size_t len = strlen(folder) + 1;

	*e = (struct err){0};
	if (conf_load(c, path, e) == 0)
		return "";
	for (char *p = e->msg; (p = strstr(p, folder)) != NULL;)
		memmove(p, p + len, strlen(p + len) + 1);
	return e->msg;
}

static const char *load(struct conf *c, const char *text, struct err *e)
{
	return load_mode(c, text, 0644, e);
}

/* What conf_check says of this section's lines. */
static const char *check(const char *lines, struct err *e)
{
	AUTO_FREE char *text = xasprintf("[account \"x\"]\n%s", lines);
	struct conf c;
	size_t len = strlen(folder) + 1;

	if (load_mode(&c, text, 0600, e)[0])
		return e->msg;
	*e = (struct err){0};
	if (conf_check(&c, e) == 0)
		e->msg[0] = '\0';
	conf_free(&c);
	if (strncmp(e->msg, folder, len - 1) == 0)
		memmove(e->msg, e->msg + len, strlen(e->msg + len) + 1);
	return e->msg;
}

static void test_defaults(void)
{
	struct conf c;
	struct err e;

	is_str(load(&c, "\n[account \"a\"]\nhost = imap.example.com\n[account \"b c\"]\nuser=u\n", &e),
	       "", "two sections");
	is_int((int64_t)c.n_accounts, 2, "are two accounts");
	const struct account *a = &c.accounts[0];

	is_str(a->name, "a", "with a name");
	is_str(c.accounts[1].name, "b c", "that may have blanks");
	is_int(a->line, 2, "at the line of the section");
	is_int(a->tls, TLS_IMPLICIT, "imaps");
	is_int(account_port(a), 993, "993");
	is_int(a->insecure, 0, "secure");
	is_int(a->login, LOGIN_AUTO, "the login that fits");
	is_int(a->flow, OAUTH2_NONE, "no oauth2");
	is_int((int64_t)a->n_folders, 1, "one folder");
	is_str(a->folders[0], "INBOX", "the inbox");
	is_int(a->after[FATE_STORED].what, AFTER_MOVE, "stored: moves");
	is_str(a->after[FATE_STORED].folder, "Archive/DMARC", "to the archive");
	is_str(a->after[FATE_REPEAT].folder, "Archive/DMARC", "repeat: the same");
	is_str(a->after[FATE_QUARANTINED].folder, "Archive/DMARC/Quarantine", "quarantined: apart");
	is_int(a->after[FATE_NOT_REPORT].what, AFTER_LEAVE, "no report: stays");
	is_int(a->poll, 300, "looks every 5 minutes");
	ok(a->idle, "IDLE");
	is_int(a->timeout, 60, "a minute");
	is_int(c.lease, 60, "a lease of a minute");
	ok(conf_account(&c, "a") == a && !conf_account(&c, "z"), "found by its name");
	conf_free(&c);
}

static void test_values(void)
{
	struct conf c;
	struct err e;

	is_str(load(&c,
		    "[account \"a\"]\ntls = starttls\nfolders = INBOX, Lists/D, , Ä ö \n"
		    "after_stored = delete\nafter_repeat = flag\nafter_quarantined = seen\n"
		    "after_not_report = move: Other stuff \nidle = no\ninsecure = yes\n"
		    "login = oauthbearer\noauth2 = service_account\n", &e),
	       "", "values");
	const struct account *a = &c.accounts[0];

	is_int(account_port(a), 143, "starttls: 143");
	is_int((int64_t)a->n_folders, 3, "three folders");
	is_str(a->folders[2], "Ä ö", "the last one");
	is_int(a->after[FATE_STORED].what, AFTER_DELETE, "delete");
	ok(a->after[FATE_STORED].folder == NULL, "has no folder any more");
	is_int(a->after[FATE_REPEAT].what, AFTER_FLAG, "flag");
	is_int(a->after[FATE_QUARANTINED].what, AFTER_SEEN, "seen");
	is_str(a->after[FATE_NOT_REPORT].folder, "Other stuff", "a folder with a blank");
	ok(!a->idle && a->insecure, "yes and no");
	is_int(a->login, LOGIN_OAUTHBEARER, "a login");
	is_int(a->flow, OAUTH2_SERVICE_ACCOUNT, "a flow");
	conf_free(&c);
}

static void test_refused(void)
{
	static const struct {
		const char *text, *said, *name;
	} all[] = {
		{"[account \"a\"]\ncolour = red\n",
		 "ruadb.conf:2: there is no setting 'colour' of an account", "an unknown key"},
		{"[account \"a\"]\npassword_files = x\n",
		 "ruadb.conf:2: there is no setting 'password_files' of an account",
		 "a place of a secret that is none"},
		{"[account \"a\"]\nhost_file = x\n",
		 "ruadb.conf:2: there is no setting 'host_file' of an account",
		 "places are of secrets only"},
		{"[account \"a\"]\nafter_stored = burn\n",
		 "ruadb.conf:2: after_stored: 'burn' is none of leave, move:FOLDER, flag, seen, delete",
		 "an unknown end"},
		{"[account \"a\"]\nafter_stored = move: \n",
		 "ruadb.conf:2: after_stored: 'move:' is none of leave, move:FOLDER, flag, seen, delete",
		 "a move to nowhere"},
		{"[account \"a\"]\ntls = ssl\n",
		 "ruadb.conf:2: tls: 'ssl' is none of imaps, starttls, none", "an unknown word"},
		{"[account \"a\"]\nidle = maybe\n",
		 "ruadb.conf:2: idle: 'maybe' is neither yes nor no", "neither yes nor no"},
		{"[account \"a\"]\nport = 65536\n",
		 "ruadb.conf:2: port: 65536 is not between 0 and 65535", "no such port"},
		{"[account \"a\"]\nuser = a\tb\n",
		 "ruadb.conf:2: user: the value has a control character", "a control character"},
		{"[account \"a\"]\nuser = a\xff\n", "ruadb.conf:2: user: the value is not UTF-8",
		 "bytes that are no text"},
		{"[account]\nhost = x\n",
		 "ruadb.conf:2: [account]: not like [account \"NAME\"], with a name of at most 38 bytes",
		 "no name"},
		{"[account reports]\nhost = x\n",
		 "ruadb.conf:2: [account reports]: not like [account \"NAME\"], with a name of at most "
		 "38 bytes", "a name without quotes"},
		{"[account \"a/b\"]\nhost = x\n",
		 "ruadb.conf:2: the name of an account has no / ; \" or ] in it",
		 "a name that ends at a slash"},
		{"[accounts]\nhost = x\n",
		 "ruadb.conf:2: there is no setting 'host' in section [accounts]", "another section"},
		{"[fetch]\nlease = 11\n", "ruadb.conf:2: lease: 11 is not between 12 and 3600",
		 "a lease that ends before it is renewed"},
		{"[account \"a-b\"]\nhost = x\n[account \"a b\"]\nhost = x\n",
		 "accounts 'a-b' and 'a b' have one name in the environment (RUADB_ACCOUNT_A_B_..): "
		 "call one of them otherwise", "two that the environment takes for one"},
	};
	struct conf c;
	struct err e;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		is_str(load(&c, all[i].text, &e), all[i].said, all[i].name);
		is_int(e.class, ERR_CONFIG, "is a matter of configuration");
	}
	is_str(load(&c, "[account \"12345678901234567890123456789012345678\"]\nport = 1\n", &e), "",
	       "a name of 38 bytes");
	conf_free(&c);
	ok(*load(&c, "[account \"123456789012345678901234567890123456789\"]\nport = 1\n", &e),
	   "one more is not cut, but refused");
}

#define WHOLE "host = h\nuser = u\npassword = p\n"

static void test_whole(void)
{
	static const struct {
		const char *lines, *said, *name;
	} all[] = {
		{WHOLE, "", "a password"},
		{"host = 2001:db8::7\nuser = u\ntoken_command = t\n", "", "a token"},
		{"host = h\nuser = u\noauth2 = service_account\noauth2_key_file = k\n", "",
		 "a service account"},
		{"user = u\n", "host is missing", "no host"},
		{"host = h\n", "user is missing", "no user"},
		{"host = h:993\nuser = u\npassword = p\n",
		 "host: 'h:993' is not the name of a server; its port is a setting 'port', imaps a "
		 "setting 'tls'", "a port in the host"},
		{"host = imaps://h\nuser = u\npassword = p\n",
		 "host: 'imaps://h' is not the name of a server; its port is a setting 'port', imaps "
		 "a setting 'tls'", "a URL as host"},
		{"host = h\nuser = u\n",
		 "nothing to log in with: set password_file (or _command, _credential), "
		 "token_command or oauth2", "no secret"},
		{WHOLE "password_file = f\n",
		 "password: only one of password, password_file, password_command and "
		 "password_credential", "two places"},
		{WHOLE "token = t\n", "only one of password, token and oauth2", "two secrets"},
		{WHOLE "tls = none\n",
		 "tls = none sends the password in clear: use imaps or starttls, or say insecure = yes",
		 "in clear"},
		{WHOLE "tls = none\ninsecure = yes\n", "", "in clear, as they want it"},
		{WHOLE "login = xoauth2\n", "login = xoauth2 needs a token or oauth2, not a password",
		 "a token's login with a password"},
		{"host = h\nuser = u\ntoken = t\nlogin = plain\n",
		 "login = plain needs a password, not a token", "a password's login with a token"},
		{WHOLE "oauth2_scope = s\n",
		 "oauth2_...: 'oauth2 = client_credentials', 'refresh_token' or 'service_account' is "
		 "missing", "oauth2 without a flow"},
		{"host = h\nuser = u\noauth2 = client_credentials\noauth2_token_url = https://t\n",
		 "oauth2 = client_credentials needs oauth2_client_id", "no client id"},
		{"host = h\nuser = u\noauth2 = refresh_token\noauth2_token_url = https://t\n"
		 "oauth2_client_id = c\n",
		 "oauth2 = refresh_token needs oauth2_refresh_token_file (or another place of it)",
		 "no refresh token"},
		{WHOLE "folders = a, INBOX, inbox\n", "folders: 'inbox' twice", "a folder twice"},
		{WHOLE "folders = INBOX, Archive/DMARC\n",
		 "after_stored = move:Archive/DMARC: that folder is one of folders and would be "
		 "fetched again", "moved into what is fetched"},
	};
	struct err e;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		AUTO_FREE char *want =
			*all[i].said ? xasprintf("ruadb.conf:1: account 'x': %s", all[i].said) :
				       xstrdup("");

		is_str(check(all[i].lines, &e), want, all[i].name);
	}
}

static void test_private(void)
{
	static const char in_section[] =
		"# others\n[account \"a\"]\nhost = h\noauth2_client_secret = s\n";
	AUTO_FREE char *path = xasprintf("%s/ruadb.conf", folder);
	AUTO_FREE char *said = xasprintf(
		"ruadb.conf:4: a password stands in a file that others may read or write (mode "
		"0640): chmod 600 'ruadb.conf', or keep the password in a file of its own");
	struct conf c;
	struct err e;

	is_str(load_mode(&c, in_section, 0640, &e), said, "a secret that a group reads");
	ok(*load_mode(&c, in_section, 0602, &e), "that others write");
	is_str(load_mode(&c, in_section, 0400, &e), "", "that nobody else reads");
	is_str(c.accounts[0].client_secret.value, "s", "is taken");
	conf_free(&c);
	unlink(path);
	ok(*load(&c, "[store]\nconninfo = host=db password=x\n", &e), "a password of the database");
	ok(*load(&c, "[store]\nconninfo = postgresql://u:x@db/r\n", &e), "in the other form");
	is_str(load(&c, "[store]\nconninfo = postgresql://u@db/r?passfile=/x\n", &e), "",
	       "one without");
	conf_free(&c);
	is_str(load(&c, "[account \"a\"]\npassword_file = /x\ntoken_command = y\n", &e), "",
	       "where a secret is is none");
	conf_free(&c);
}

static void test_environment(void)
{
	AUTO_FREE char *user = write_file("user", "somebody\n", 0600);
	struct conf c;
	struct err e;

	setenv("RUADB_ACCOUNT_A_B_PASSWORD_FILE", "/run/secret", 1);
	setenv("RUADB_ACCOUNT_A_B_USER_FILE", user, 1);
	setenv("RUADB_ACCOUNT_A_B_CA_FILE", "/ca.pem", 1);
	setenv("RUADB_ACCOUNT_A_PORT", "7", 1);
	setenv("RUADB_ACCOUNT_ALONE_HOST", "h", 1);
	setenv("RUADB_ACCOUNT_ALONE_PASSWORD", " p ", 1);
	setenv("RUADB_FETCH_LEASE", "30", 1);
	is_str(load(&c, "[account \"a.b\"]\npassword_command = x\nca_file = /old\n"
			"[account \"a\"]\nhost = h\n", &e), "", "file and environment");
	const struct account *a = conf_account(&c, "a.b");

	ok(a && !a->password.command, "a place in the environment is in place of the file's");
	is_str(a->password.file, "/run/secret", "_FILE of a secret is read at login");
	is_str(a->user, "somebody", "of anything else at once");
	is_str(a->ca_file, "/ca.pem", "and a key may end so itself");
	is_int(a->port, 0, "the longest name is meant");
	is_int(conf_account(&c, "a")->port, 7, "not the shorter one");
	ok(conf_account(&c, "alone") != NULL, "an account of the environment alone");
	is_str(conf_account(&c, "alone")->password.value, " p ", "with its password, blanks and all");
	is_int(conf_account(&c, "alone")->line, 0, "stands in no line");
	is_int(c.lease, 30, "[fetch] too");
	conf_free(&c);

	is_str(load(&c, "", &e),
	       "RUADB_ACCOUNT_A_B_PASSWORD_FILE: there is no such account: no section of the file, "
	       "and no RUADB_ACCOUNT_NAME_HOST", "a variable of no account");
	unsetenv("RUADB_ACCOUNT_A_B_PASSWORD_FILE");
	unsetenv("RUADB_ACCOUNT_A_B_USER_FILE");
	unsetenv("RUADB_ACCOUNT_A_B_CA_FILE");
	unsetenv("RUADB_ACCOUNT_A_PORT");
	setenv("RUADB_ACCOUNT_ALONE_PASSWROD", "p", 1);
	is_str(load(&c, "", &e),
	       "RUADB_ACCOUNT_ALONE_PASSWROD: there is no setting 'passwrod' of an account",
	       "a variable of no key");
	unsetenv("RUADB_ACCOUNT_ALONE_PASSWROD");
	setenv("RUADB_ACCOUNT_ALONE_USER", "u\r\nLOGOUT", 1);
	is_str(load(&c, "", &e), "RUADB_ACCOUNT_ALONE_USER: user: the value has a control character",
	       "a command behind a value");
	unsetenv("RUADB_ACCOUNT_ALONE_USER");
	unsetenv("RUADB_ACCOUNT_ALONE_HOST");
	unsetenv("RUADB_ACCOUNT_ALONE_PASSWORD");
	unsetenv("RUADB_FETCH_LEASE");
}

static void test_command_line(void)
{
	struct conf c;
	struct err e;

	is_str(load(&c, "[account \"a.b\"]\nhost = h\npassword_file = f\n", &e), "", "loaded");
	is_int(conf_set(&c, "account.a.b.host", "g", &e), 0, "--set account.a.b.host=g");
	is_str(c.accounts[0].host, "g", "sets it");
	is_int(conf_set(&c, "account.a.b.password_command", "x", &e), 0, "another place");
	ok(!c.accounts[0].password.file, "is in place of the file's");
	is_int(conf_set(&c, "account.a.b.password", "x", &e), -1, "no secret in argv");
	is_str(e.msg, "account.a.b.password: others can see a command line; say it in the file, or "
		      "where it is by a setting ..._file or ..._command", "says what to do");
	is_int(conf_set(&c, "account.z.host", "x", &e), -1, "no account comes of it");
	is_str(e.msg, "account.z.host: there is no account 'z'", "says so");
	is_int(conf_set(&c, "account.host", "x", &e), -1, "without a name");
	is_int(conf_set(&c, "account.", "x", &e), -1, "without anything");
	conf_free(&c);
}

static void test_trust(void)
{
	struct conf c;
	struct err e;

	is_str(load(&c,
		    "[account \"as ingest\"]\nhost = h\n"
		    "[account \"own\"]\nauthserv_id = mx3\n"
		    "[account \"microsoft\"]\nauthserv_form = microsoft\n"
		    "[account \"more\"]\nauthserv_fields = 4\n"
		    "[ingest]\nauthserv_id = mx1, mx2\nauthserv_fields = 2\n", &e),
	       "", "loaded");
	is_str(c.trust.authserv_ids.p, "mx1  mx2", "names have blanks between");
	is_int(c.trust.fields, 2, "two fields");
	is_int(c.trust.form, AUTHSERV_RFC8601, "with names");
	is_str(c.accounts[0].trust.authserv_ids.p, "mx1  mx2", "an account has those of [ingest]");
	is_int(c.accounts[0].trust.fields, 2, "as many fields");
	is_str(c.accounts[1].trust.authserv_ids.p, "mx3", "or its own");
	is_int(c.accounts[1].trust.fields, 1, "with the default beside it");
	is_int(c.accounts[2].trust.form, AUTHSERV_MICROSOFT, "or Microsoft's form");
	ok(!text_present(c.accounts[2].trust.authserv_ids), "without the names of [ingest]");
	is_str(c.accounts[3].trust.authserv_ids.p, "mx1  mx2", "names of [ingest]");
	is_int(c.accounts[3].trust.fields, 4, "and a number of its own");
	is_int(conf_set(&c, "ingest.authserv_id", "mx9", &e), 0, "--set");
	is_str(c.accounts[0].trust.authserv_ids.p, "mx9", "reaches the accounts");
	conf_free(&c);

	is_str(load(&c, "[ingest]\nauthserv_form = microsoft\n"
			"[account \"own\"]\nauthserv_id = mx3\n", &e), "", "loaded");
	is_int(c.accounts[0].trust.form, AUTHSERV_RFC8601, "a name of its own: with names");
	conf_free(&c);
}

static void show(void *ctx, const char *section, const char *key, const char *value,
		 const char *from)
{
	struct buf *b = ctx;
	const char *name = strrchr(from, '/');

	buf_printf(b, "[%s] %s=%s (%s)\n", section, key, value ? value : "-", name ? name + 1 : from);
}

static void test_shown(void)
{
	static const char *const lines[] = {
		"[store] conninfo=host=db password=******** user=u (ruadb.conf:2)",
		"[store] quarantine_max=20M (ruadb.conf:3)",
		"[ingest] jobs=0 (default)",
		"[fetch] lease=30 (RUADB_FETCH_LEASE)",
		"[report] reports_dir=- (default)",
		"[account \"a\"] password=******** (ruadb.conf:6)",
		"[account \"a\"] proxy=http://u:********@p:1 (ruadb.conf:7)",
		"[account \"a\"] host=g (--set)",
		"[account \"a\"] folders=INBOX (default)",
		"[account \"a\"] after_not_report=move:Ä (ruadb.conf:8)",
		"[account \"a\"] token_command=secret x (RUADB_ACCOUNT_A_TOKEN_COMMAND)",
	};
	struct conf c;
	struct err e;
	struct buf b = {0};

	setenv("RUADB_FETCH_LEASE", "30", 1);
	setenv("RUADB_ACCOUNT_A_TOKEN_COMMAND", "secret x", 1);
	is_str(load_mode(&c,
			 "[store]\nconninfo = host=db password=hidden user=u\n"
			 "quarantine_max = 20480K\n[account \"a\"]\nhost = h\npassword = hidden\n"
			 "proxy = http://u:hidden@p:1\nafter_not_report = move:Ä\n", 0600, &e),
	       "", "loaded");
	is_int(conf_set(&c, "account.a.host", "g", &e), 0, "--set");
	conf_each(&c, show, &b);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		ok(strstr(buf_cstr(&b), lines[i]) != NULL, lines[i]);
	ok(!strstr(buf_cstr(&b), "hidden"), "no secret is shown");
	ok(!strstr(buf_cstr(&b), "token="), "nor what is not set of an account");
	free(c.conninfo);
	c.conninfo = xstrdup("postgresql://u:hid%20den@h/d?sslpassword=hidden&x=y");
	b.len = 0;
	conf_each(&c, show, &b);
	ok(strstr(buf_cstr(&b), "=postgresql://u:********@h/d?sslpassword=********") != NULL,
	   "both passwords of a URL");
	ok(!strstr(buf_cstr(&b), "hid"), "are masked");
	unsetenv("RUADB_FETCH_LEASE");
	unsetenv("RUADB_ACCOUNT_A_TOKEN_COMMAND");
	conf_free(&c);
	buf_free(&b);
}

static void test_printed(void)
{
	AUTO_FREE char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct account a, again;
	struct err e;

	account_init(&a, "a", 0);
	is_int(account_set(&a, "password", "hidden", &e), 0, "a password");
	is_int(account_set(&a, "folders", "A, B", &e), 0, "folders");
	is_int(account_set(&a, "nothing", "x", &e), -1, "an unknown key");
	if (!out) {
		printf("Bail out! no memory\n");
		exit(1);
	}
	account_print(&a, out);
	fclose(out);
	ok(strstr(text, "password = " ACCOUNT_MASK "\n") && !strstr(text, "hidden"), "masked");
	ok(strstr(text, "after_stored = move:Archive/DMARC\n") != NULL, "a move");

	/* what is printed can be read again */
	account_init(&again, "again", 0);
	for (char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
		char *value = strstr(line, " = ");

		*end = *value = '\0';
		if (account_set(&again, line, value + 3, &e) < 0)
			printf("# %s\n", e.msg);
	}
	is_int((int64_t)again.n_folders, 2, "read again");
	is_int(again.authserv_form, -1, "what was not set is not");
	account_free(&a);
	account_free(&again);
	ok(account_is_secret("token", "x") && !account_is_secret("token_file", "x") &&
	   account_is_secret("proxy", "u:p@h:1") && !account_is_secret("proxy", "http://u@h:1"),
	   "which values are secrets");
}

int main(void)
{
	static const char *const files[] = {"ruadb.conf", "user"};

	if (!mkdtemp(folder)) {
		printf("Bail out! no folder\n");
		return 1;
	}
	for (char **v = environ; *v;) {
		/* nothing of whoever runs the test */
		if (strncmp(*v, "RUADB_", 6) == 0) {
			AUTO_FREE char *name = xstrndup(*v, strcspn(*v, "="));

			unsetenv(name);
			v = environ;
		} else {
			v++;
		}
	}
	test_defaults();
	test_values();
	test_refused();
	test_whole();
	test_private();
	test_environment();
	test_command_line();
	test_trust();
	test_shown();
	test_printed();
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		AUTO_FREE char *path = xasprintf("%s/%s", folder, files[i]);

		unlink(path);
	}
	rmdir(folder);
	return tap_done();
}
