#include "base/conf_table.h"
#include "base/mem.h"
#include "base/text.h"

#include <errno.h>
#include <ini.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define AT(field) offsetof(struct conf, field)

static const char *const keep_words[] = {"all", "rejected", "none", NULL};
static const char *const recipient_words[] = {"hash", "domain", "full", NULL};
static const char *const form_words[] = {"rfc8601", "microsoft", NULL};

/* The one table: it parses, describes itself and is compared with ruadb.conf(5) by a test. */
const struct setting conf_settings[] = {
	{"store", "conninfo", SETTING_TEXT, AT(conninfo), NULL, 0, 0, NULL,
	 "libpq connection string; without it PG* of the environment, else a private server"},
	{"store", "keep_raw", SETTING_WORD, AT(keep_raw), "all", 0, 0, keep_words,
	 "originals to keep: all, rejected or none"},
	{"store", "quarantine_max", SETTING_BYTES, AT(quarantine_max), "1G", 0, INT64_MAX, NULL,
	 "bytes of quarantined originals to keep"},
	{"ingest", "jobs", SETTING_INT, AT(jobs), "0", 0, 64, NULL,
	 "worker processes; 0: as many as cores, at most 8"},
	{"ingest", "batch_reports", SETTING_INT, AT(batch_reports), "2000", 1, 10000, NULL,
	 "reports in one transaction"},
	{"ingest", "batch_bytes", SETTING_BYTES, AT(batch_bytes), "8M", 65536, 64 << 20, NULL,
	 "bytes of rows in one transaction"},
	{"ingest", "authserv_id", SETTING_NAMES, AT(authserv_id), NULL, 0, 0, NULL,
	 "name by which our own mail server signs its Authentication-Results"},
	{"ingest", "authserv_form", SETTING_WORD, AT(authserv_form), "rfc8601", 0, 0, form_words,
	 "rfc8601, or microsoft: the topmost field, which has no name"},
	{"ingest", "authserv_fields", SETTING_INT, AT(authserv_fields), "1", 1, 10, NULL,
	 "how many such fields our server adds: only the topmost ones count"},
	{"fetch", "lease", SETTING_INT, AT(lease), "60", 12, 3600, NULL,
	 "seconds for which a process holds an account without renewing"},
	{"logs", "recipients", SETTING_WORD, AT(recipients), "hash", 0, 0, recipient_words,
	 "what is kept of a recipient: hash, domain or full"},
	{"logs", "rules_dir", SETTING_TEXT, AT(rules_dir), NULL, 0, 0, NULL,
	 "folder of rules of your own for replies and gateways"},
	{"report", "reports_dir", SETTING_TEXT, AT(reports_dir), NULL, 0, 0, NULL,
	 "folder of report files of your own"},
	{"domains", "names", SETTING_TEXT, AT(domains), NULL, 0, 0, NULL,
	 "domains that are ours, separated by spaces; empty: all"},
};

const size_t conf_n_settings = sizeof(conf_settings) / sizeof(conf_settings[0]);

static const struct setting *find(const char *section, const char *key)
{
	for (size_t i = 0; i < conf_n_settings; i++)
		if (strcmp(conf_settings[i].section, section) == 0 &&
		    strcmp(conf_settings[i].key, key) == 0)
			return &conf_settings[i];
	return NULL;
}

const struct account *conf_account(const struct conf *c, const char *name)
{
	for (size_t i = 0; i < c->n_accounts; i++)
		if (strcmp(c->accounts[i].name, name) == 0)
			return &c->accounts[i];
	return NULL;
}

const char *conf_columns(const struct conf *c)
{
	for (size_t i = 0; i < c->n_sources; i++)
		if (c->sources[i].columns)
			return c->sources[i].columns;
	return NULL;
}

/* Whose Authentication-Results are believed follows from settings of several sources. */
static void settle_trust(struct conf *c)
{
	c->trust = (struct trust){
		.authserv_ids = text_of(c->authserv_id),
		.form = c->authserv_form ? AUTHSERV_MICROSOFT : AUTHSERV_RFC8601,
		.fields = (uint8_t)c->authserv_fields,
	};
	for (size_t i = 0; i < c->n_accounts; i++)
		account_trust(&c->accounts[i], &c->trust);
}

/* "account.NAME.key"; a name may have dots, a key has none. */
static int set_named(struct conf *c, const struct conf_kind *k, const char *name,
		     const char *value, struct err *e)
{
	const char *key = strrchr(name, '.') + 1;
	const char *from = name + strlen(k->word) + 1;
	AUTO_FREE char *of = key > from ? xstrndup(from, (size_t)(key - 1 - from)) : NULL;
	size_t i;

	if (!of || !conf_named(c, k, of, &i))
		return err_set(e, ERR_CONFIG, "%s: there is no %s '%s'", name, k->word,
			       of ? of : "");
	if (k->is_secret(key, value))
		return err_set(e, ERR_CONFIG,
			       "%s: others can see a command line; say it in the file, or where it "
			       "is by a setting ..._file or ..._command", name);
	k->forget_secret(c, i, key);
	if (k->set(c, i, key, value, e) < 0)
		return err_wrap(e, "%s '%s'", k->word, of);
	AUTO_FREE char *section = xasprintf("%s.%s", k->word, of);

	conf_came(c, section, key, "--set");
	return 0;
}

/* The kind of sections that have this word; NULL: none. */
static const struct conf_kind *kind_of(const char *word)
{
	for (size_t i = 0; i < CONF_KINDS; i++)
		if (strcmp(conf_kinds[i].word, word) == 0)
			return &conf_kinds[i];
	return NULL;
}

int conf_set(struct conf *c, const char *name, const char *value, struct err *e)
{
	const char *dot = strchr(name, '.');
	AUTO_FREE char *section = dot ? xstrndup(name, (size_t)(dot - name)) : NULL;
	const struct setting *s = dot ? find(section, dot + 1) : NULL;
	const struct conf_kind *k = dot ? kind_of(section) : NULL;

	if (k) {
		if (set_named(c, k, name, value, e) < 0)
			return -1;
	} else if (!s) {
		return err_set(e, ERR_CONFIG, "there is no setting '%s'", name);
	} else {
		if (setting_put(c, s, value, e) < 0)
			return err_wrap(e, "%s", name);
		conf_came(c, section, dot + 1, "--set");
	}
	settle_trust(c);
	return 0;
}

/* ---- the file ---- */

struct reading {
	struct conf *c;
	const char *path;
	FILE *in;
	int line;
	int section; /* line of the last [section] */
	int secret;  /* line of the first secret; 0: none */
	struct err *e;
	bool failed;
};

/* inih hands over no line number, but asks for one line after the other. */
static char *read_line(char *to, int size, void *ctx)
{
	struct reading *r = ctx;
	char *line = fgets(to, size, r->in);

	if (line)
		r->line++;
	if (line && line[strspn(line, " \t")] == '[')
		r->section = r->line;
	return line;
}

/* [account "NAME"]: 1: it is one of that kind, with *ret_name (the caller's); 0: another section. */
static int named_section(const struct conf_kind *k, const char *section, char **ret_name,
			 struct err *e)
{
	const char *p = section + strlen(k->word);
	size_t len;

	if (strncmp(section, k->word, strlen(k->word)) != 0 || (*p && !strchr(" \t\"", *p)))
		return 0;
	p += strspn(p, " \t");
	len = strlen(p);
	if (len < 3 || p[0] != '"' || p[len - 1] != '"')
		return err_set(e, ERR_CONFIG,
			       "[%s]: not like [%s \"NAME\"], with a name of at most %d bytes",
			       section, k->word, ACCOUNT_NAME_MAX);
	*ret_name = xstrndup(p + 1, len - 2);
	return 1;
}

static int take_named(struct reading *r, const struct conf_kind *k, const char *of,
		      const char *key, const char *value)
{
	size_t i;

	if (conf_section_at(r->c, k, of, r->section, &i, r->e) < 0 ||
	    k->set(r->c, i, key, value, r->e) < 0)
		return -1;
	if (k->is_secret(key, value) && !r->secret)
		r->secret = r->line;
	return 0;
}

static int take_setting(struct reading *r, const char *section, const char *key,
			const char *value)
{
	const struct setting *s = find(section, key);

	if (!s)
		return err_set(r->e, ERR_CONFIG, "there is no setting '%s' in section [%s]", key,
			       section);
	if (setting_put(r->c, s, value, r->e) < 0)
		return err_wrap(r->e, "%s", key);
	if (s->at == AT(conninfo) && conf_has_password(value) && !r->secret)
		r->secret = r->line;
	return 0;
}

static int take(void *ctx, const char *section, const char *name, const char *value)
{
	struct reading *r = ctx;
	const struct conf_kind *k = conf_kinds;
	AUTO_FREE char *of = NULL;
	int rc = 0;

	if (r->failed)
		return 0;
	while (k < conf_kinds + CONF_KINDS && (rc = named_section(k, section, &of, r->e)) == 0)
		k++;
	if (rc >= 0)
		rc = of ? take_named(r, k, of, name, value) : take_setting(r, section, name, value);
	if (rc < 0) {
		r->failed = true;
		err_wrap(r->e, "%s:%d", r->path, r->line);
		return 0;
	}
	AUTO_FREE char *own = of ? xasprintf("%s.%s", k->word, of) : xstrdup(section);
	AUTO_FREE char *from = xasprintf("%s:%d", r->path, r->line);

	conf_came(r->c, own, name, from);
	return 1;
}

/* Asked of the descriptor that was read, not of the name. */
static int check_private(const struct reading *r)
{
	struct stat st;

	if (!r->secret || fstat(fileno(r->in), &st) < 0 || !(st.st_mode & 0077))
		return 0;
	return err_set(r->e, ERR_CONFIG,
		       "%s:%d: a password stands in a file that others may read or write (mode "
		       "%04o): chmod 600 '%s', or keep the password in a file of its own", r->path,
		       r->secret, (unsigned int)(st.st_mode & 07777), r->path);
}

static int read_file(struct conf *c, const char *path, bool must, struct err *e)
{
	struct reading r = {.c = c, .path = path, .e = e, .in = fopen(path, "re")};

	if (!r.in) {
		if (!must && (errno == ENOENT || errno == ENOTDIR || errno == EACCES))
			return 1;
		return err_set(e, ERR_CONFIG, "%s: %s", path, strerror(errno));
	}
	/* A value is the line as it stands: no continuation lines, no comments behind it. */
	ini_use_stack = false;
	ini_max_line = ini_initial_alloc = 65536;
	ini_allow_multiline = false;
	ini_allow_inline_comments = false;

	int bad = ini_parse_stream(read_line, &r, take, &r);
	int rc = r.failed ? -1 : check_private(&r);

	fclose(r.in);
	if (rc < 0)
		return -1;
	if (bad)
		return err_set(e, ERR_CONFIG, "%s:%d: not a line like 'key = value'", path, bad);
	c->file = xstrdup(path);
	return 0;
}

static int read_first_file(struct conf *c, const char *file, struct err *e)
{
	const char *env = getenv("RUADB_CONFIG"), *xdg = getenv("XDG_CONFIG_HOME");
	const char *user = getenv("HOME");

	if (file || (env && *env))
		return read_file(c, file ? file : env, true, e);
	if ((xdg && *xdg) || (user && *user)) {
		AUTO_FREE char *own = xdg && *xdg ?
			xasprintf("%s/ruadb/ruadb.conf", xdg) :
			xasprintf("%s/.config/ruadb/ruadb.conf", user);
		int got = read_file(c, own, false, e);

		if (got <= 0)
			return got;
	}
	return read_file(c, "/etc/ruadb/ruadb.conf", false, e) < 0 ? -1 : 0;
}

/* ---- neither ---- */

static char *home_folder(void)
{
	const char *env = getenv("RUADB_HOME"), *xdg = getenv("XDG_DATA_HOME");
	const char *user = getenv("HOME");

	if (env && *env)
		return xstrdup(env);
	if (geteuid() == 0)
		return xstrdup("/var/lib/ruadb");
	if (xdg && *xdg == '/')
		return xasprintf("%s/ruadb", xdg);
	if (!user || !*user) {
		const struct passwd *pw = getpwuid(geteuid());

		user = pw ? pw->pw_dir : "/nonexistent";
	}
	return xasprintf("%s/.local/share/ruadb", user);
}

static bool is_no(const char *s)
{
	struct text t = text_of(s);

	return text_is(t, "no") || text_is(t, "0") || text_is(t, "off") || text_is(t, "false");
}

static int not_in_the_file(struct conf *c, struct err *e)
{
	const char *tenant = getenv("RUADB_TENANT"), *autostart = getenv("RUADB_DB_AUTOSTART");
	const char *data = getenv("RUADB_DATADIR");

	c->home = home_folder();
	c->datadir = data && *data ? xstrdup(data) : NULL;
	c->tenant = 1;
	c->db_autostart = !(autostart && is_no(autostart));
	if (tenant && *tenant &&
	    setting_number(tenant, false, 1, INT64_MAX, &c->tenant, e) < 0)
		return err_wrap(e, "RUADB_TENANT");
	return 0;
}

int conf_load(struct conf *c, const char *file, struct err *e)
{
	*c = (struct conf){0};
	for (size_t i = 0; i < conf_n_settings; i++)
		if (conf_settings[i].standard &&
		    setting_put(c, &conf_settings[i], conf_settings[i].standard, e) < 0)
			goto fail;
	if (not_in_the_file(c, e) < 0 || read_first_file(c, file, e) < 0 ||
	    conf_environment(c, e) < 0)
		goto fail;
	settle_trust(c);
	return 0;
fail:
	conf_free(c);
	return -1;
}

int conf_check(const struct conf *c, struct err *e)
{
	for (size_t i = 0; i < c->n_accounts; i++) {
		const struct account *a = &c->accounts[i];

		if (account_check(a, e) == 0)
			continue;
		if (a->line)
			err_wrap(e, "%s:%d", c->file, a->line);
		return -1;
	}
	return 0;
}

void conf_free(struct conf *c)
{
	for (size_t i = 0; i < conf_n_settings; i++)
		setting_free(c, &conf_settings[i]);
	for (size_t i = 0; i < c->n_accounts; i++)
		account_free(&c->accounts[i]);
	for (size_t i = 0; i < c->n_sources; i++)
		log_source_free(&c->sources[i]);
	for (size_t i = 0; i < c->n_origins; i++) {
		free(c->origins[i].name);
		free(c->origins[i].from);
	}
	free(c->accounts);
	free(c->sources);
	free(c->origins);
	free(c->home);
	free(c->datadir);
	free(c->libexecdir);
	free(c->file);
	*c = (struct conf){0};
}
