#include "base/buf.h"
#include "base/secret.h"
#include "base/text.h"
#include "cmd/run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

enum { O_FORMAT = 256 };

static const struct option options[] = {
	{"format", required_argument, NULL, O_FORMAT},
	{NULL, 0, NULL, 0},
};

static void put_visible(const char *s)
{
	struct buf b = {0};

	text_add_visible(&b, text_of(s));
	fputs(buf_cstr(&b), stdout);
	buf_free(&b);
}

/* ---- show ---- */

struct table {
	size_t key, value; /* widths */
	char *section;     /* the one that is being printed */
};

static void measure(void *ctx, const char *section, const char *key, const char *value,
		    const char *from)
{
	struct table *t = ctx;
	size_t len = value ? strlen(value) : 1;

	(void)section;
	(void)from;
	if (strlen(key) > t->key)
		t->key = strlen(key);
	if (len > t->value && len <= 40)
		t->value = len;
}

static void print_row(void *ctx, const char *section, const char *key, const char *value,
		      const char *from)
{
	struct table *t = ctx;
	size_t len = value ? strlen(value) : 1;

	if (!t->section || strcmp(t->section, section) != 0) {
		printf("%s[", t->section ? "\n" : "");
		put_visible(section);
		puts("]");
		free(t->section);
		t->section = xstrdup(section);
	}
	printf("%-*s  ", (int)t->key, key);
	put_visible(value ? value : "-");
	printf("%*s  ", len < t->value ? (int)(t->value - len) : 0, "");
	put_visible(from);
	putchar('\n');
}

static void print_object(void *ctx, const char *section, const char *key, const char *value,
			 const char *from)
{
	struct buf b = {0};
	size_t *n = ctx;

	buf_printf(&b, "%s\n  {\"section\": ", (*n)++ ? "," : "");
	text_add_json(&b, text_of(section));
	buf_printf(&b, ", \"key\": \"%s\", \"value\": ", key);
	if (value)
		text_add_json(&b, text_of(value));
	else
		buf_adds(&b, "null");
	buf_adds(&b, ", \"from\": ");
	text_add_json(&b, text_of(from));
	buf_addc(&b, '}');
	fputs(buf_cstr(&b), stdout);
	buf_free(&b);
}

static int show(const struct run *r, bool json)
{
	struct table t = {0};
	struct buf file = {0};
	size_t n = 0;

	if (json) {
		if (r->conf.file)
			text_add_json(&file, text_of(r->conf.file));
		else
			buf_adds(&file, "null");
		printf("{\"file\": %s, \"settings\": [", buf_cstr(&file));
		conf_each(&r->conf, print_object, &n);
		puts("\n]}");
	} else {
		conf_each(&r->conf, measure, &t);
		conf_each(&r->conf, print_row, &t);
	}
	free(t.section);
	buf_free(&file);
	return run_flushed(0);
}

/* ---- check ---- */

struct checking {
	int status;
	int problems;
};

static void problem(struct checking *c, const struct err *e)
{
	int status = run_failed(e);

	c->problems++;
	if (c->status != EX_CONFIG)
		c->status = status;
}

/* What can be looked at without doing anything: no command is run, no server asked. */
static void check_secret(struct checking *c, const struct account *a, const struct secret *s,
			 const char *key)
{
	AUTO_FREE char *what = xasprintf("account '%s': %s", a->name, key);
	char *secret = NULL;
	struct err e;

	if (s->command) {
		printf("account '%s': not tried: %s_command\n", a->name, key);
	} else if (s->credential && !getenv("CREDENTIALS_DIRECTORY")) {
		printf("account '%s': not tried: %s_credential, which only a systemd unit has\n",
		       a->name, key);
	} else if (secret_is_set(s)) {
		if (secret_read(s, what, &secret, &e) < 0)
			problem(c, &e);
		else
			secret_wipe(secret);
	}
}

static void check_readable(struct checking *c, const struct account *a, const char *key,
			   const char *path, bool private)
{
	struct err e;
	int rc = 0;

	if (!path)
		return;
	if (access(path, R_OK) < 0)
		rc = err_set(&e, ERR_CONFIG, "'%s': %s", path, strerror(errno));
	else if (private)
		rc = secret_file_private(path, &e);
	if (rc < 0) {
		err_wrap(&e, "account '%s': %s", a->name, key);
		problem(c, &e);
	}
}

static void check_account(struct checking *c, const struct conf *conf, const struct account *a)
{
	int before = c->problems;
	struct err e;

	if (account_check(a, &e) < 0) {
		if (a->line)
			err_wrap(&e, "%s:%d", conf->file, a->line);
		problem(c, &e);
		return;
	}
	check_secret(c, a, &a->password, "password");
	check_secret(c, a, &a->token, "token");
	check_secret(c, a, &a->client_secret, "oauth2_client_secret");
	check_secret(c, a, &a->refresh_token, "oauth2_refresh_token");
	check_readable(c, a, "ca_file", a->ca_file, false);
	check_readable(c, a, "oauth2_key_file", a->key_file, true);
	if (c->problems > before)
		return;
	printf("account '%s': well written: ", a->name);
	put_visible(a->user);
	fputs(" at ", stdout);
	put_visible(a->host);
	printf(", port %d\n", account_port(a));
}

static void check_folder(struct checking *c, const char *key, const char *path)
{
	struct stat st;
	struct err e;

	if (!path || (stat(path, &st) == 0 && S_ISDIR(st.st_mode)))
		return;
	err_set(&e, ERR_CONFIG, "%s: there is no folder '%s'", key, path);
	problem(c, &e);
}

/* How it is written was looked at when it was read; whom it is of shows here. */
static void say_source(const struct log_source *s)
{
	printf("source '%s': well written:", s->name);
	for (size_t i = 0; i < s->n_hosts; i++) {
		putchar(' ');
		put_visible(s->hosts[i]);
	}
	printf("%s, zone %s\n", s->n_hosts ? "" : " all hosts that no other one names",
	       s->zone_name ? s->zone_name : "of this machine");
}

static int check(const struct run *r)
{
	const struct conf *conf = &r->conf;
	struct checking c = {0};

	if (conf->file) {
		put_visible(conf->file);
		puts(": read");
	} else {
		puts("no file of settings: defaults and environment only");
	}
	check_folder(&c, "[report] reports_dir", conf->reports_dir);
	check_folder(&c, "[logs] rules_dir", conf->rules_dir);
	for (size_t i = 0; i < conf->n_sources; i++)
		say_source(&conf->sources[i]);
	for (size_t i = 0; i < conf->n_accounts; i++)
		check_account(&c, conf, &conf->accounts[i]);
	if (!c.problems && conf->n_accounts)
		puts("nothing wrong; `ruadb fetch --check` tries the logins");
	else if (!c.problems)
		puts("nothing wrong; no [account \"NAME\"] to fetch from");
	return run_flushed(c.status);
}

int cmd_config(struct run *r, int argc, char **argv)
{
	int option, status;
	bool json = false, table = false;

	while ((option = run_option(r, argc, argv, "", options, &status)) != OPTION_END) {
		if (option == OPTION_EXIT)
			return status;
		json = strcmp(optarg, "json") == 0;
		table = strcmp(optarg, "table") == 0;
		if (!json && !table)
			return run_usage(r, "--format is table or json, not '%s'", optarg);
	}
	const char *what = optind < argc ? argv[optind++] : "";
	int n = argc - optind;

	if (strcmp(what, "show") == 0 && n == 0)
		return show(r, json);
	if (strcmp(what, "check") == 0 && n == 0 && !json && !table)
		return check(r);
	return run_usage(r, "check or show?");
}
