#include "base/conf.h"
#include "base/buf.h"
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <limits.h>
#include <pwd.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum kind { TEXT, INT, BYTES, KEEP };

struct setting {
	const char *section, *key;
	enum kind kind;
	size_t at;
	const char *standard;
	int64_t least, most;
	const char *meaning;
};

#define AT(field) offsetof(struct conf, field)

/* The one table: it parses, describes itself and is compared with ruadb.conf(5) by a test. */
static const struct setting settings[] = {
	{"store", "conninfo", TEXT, AT(conninfo), NULL, 0, 0,
	 "libpq connection string; without it PG* of the environment, else a private server"},
	{"store", "keep_raw", KEEP, AT(keep_raw), "all", 0, 0,
	 "originals to keep: all, rejected or none"},
	{"store", "quarantine_max", BYTES, AT(quarantine_max), "1G", 0, INT64_MAX,
	 "bytes of quarantined originals to keep"},
	{"ingest", "jobs", INT, AT(jobs), "0", 0, 64,
	 "worker processes; 0: as many as cores, at most 8"},
	{"ingest", "batch_reports", INT, AT(batch_reports), "2000", 1, 10000,
	 "reports in one transaction"},
	{"ingest", "batch_bytes", BYTES, AT(batch_bytes), "8M", 65536, 64 << 20,
	 "bytes of rows in one transaction"},
	{"ingest", "authserv_id", TEXT, AT(authserv_id), NULL, 0, 0,
	 "name by which our own mail server signs its Authentication-Results"},
	{"report", "reports_dir", TEXT, AT(reports_dir), NULL, 0, 0,
	 "folder of report files of your own"},
	{"domains", "names", TEXT, AT(domains), NULL, 0, 0,
	 "domains that are ours, separated by spaces; empty: all"},
};

#define N_SETTINGS (sizeof(settings) / sizeof(settings[0]))

static int number(const char *value, bool suffix, int64_t least, int64_t most, int64_t *ret,
		  struct err *e)
{
	static const char units[] = "kmgt";
	char *end;

	errno = 0;
	long long n = strtoll(value, &end, 10);
	bool ok = end != value && errno == 0 && (isdigit((unsigned char)*value) || *value == '-');

	if (ok && suffix && *end) {
		const char *unit = strchr(units, tolower((unsigned char)*end));
		int shift = unit ? 10 * (int)(unit - units + 1) : 0;

		ok = unit && n >= 0 && n <= INT64_MAX >> shift;
		if (ok) {
			n <<= shift;
			end++;
		}
	}
	if (!ok || *end)
		return err_set(e, ERR_CONFIG, "'%s' is not a number%s", value,
			       suffix ? " (bytes, with K, M, G or T behind it)" : "");
	if (n < least || n > most)
		return err_set(e, ERR_CONFIG, "%s is not between %lld and %lld", value,
			       (long long)least, (long long)most);
	*ret = n;
	return 0;
}

static int keep_of(const char *value, int *ret, struct err *e)
{
	static const char *const words[] = {"all", "rejected", "none"};

	for (int i = 0; i < 3; i++)
		if (strcmp(words[i], value) == 0) {
			*ret = i;
			return 0;
		}
	return err_set(e, ERR_CONFIG, "'%s' is none of all, rejected, none", value);
}

static int put(struct conf *c, const struct setting *s, const char *value, struct err *e)
{
	void *to = (char *)c + s->at;
	char **string = to;
	int64_t n;

	switch (s->kind) {
	case TEXT:
		free(*string);
		*string = *value ? xstrdup(value) : NULL;
		return 0;
	case KEEP:
		return keep_of(value, to, e);
	case INT:
		if (number(value, false, s->least, s->most, &n, e) < 0)
			return -1;
		*(int *)to = (int)n;
		return 0;
	case BYTES:
		return number(value, true, s->least, s->most, to, e);
	}
	return -1;
}

static const struct setting *find(const char *section, const char *key)
{
	for (size_t i = 0; i < N_SETTINGS; i++)
		if (strcmp(settings[i].section, section) == 0 && strcmp(settings[i].key, key) == 0)
			return &settings[i];
	return NULL;
}

int conf_set(struct conf *c, const char *name, const char *value, struct err *e)
{
	const char *dot = strchr(name, '.');
	AUTO_FREE char *section = dot ? xstrndup(name, (size_t)(dot - name)) : NULL;
	const struct setting *s = dot ? find(section, dot + 1) : NULL;

	if (!s)
		return err_set(e, ERR_CONFIG, "there is no setting '%s'", name);
	if (put(c, s, value, e) < 0)
		return err_wrap(e, "%s", name);
	return 0;
}

/* ---- the file ---- */

struct reading {
	struct conf *c;
	const char *path;
	FILE *in;
	int line;
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
	return line;
}

static int take(void *ctx, const char *section, const char *name, const char *value)
{
	struct reading *r = ctx;
	const struct setting *s = find(section, name);

	if (r->failed)
		return 0;
	if (!s)
		err_set(r->e, ERR_CONFIG, "there is no setting '%s' in section [%s]", name, section);
	if (s && put(r->c, s, value, r->e) == 0)
		return 1;
	if (s)
		err_wrap(r->e, "%s", name);
	r->failed = true;
	err_wrap(r->e, "%s:%d", r->path, r->line);
	return 0;
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
	ini_max_line = 65536;
	ini_allow_multiline = false;
	ini_allow_inline_comments = false;

	int bad = ini_parse_stream(read_line, &r, take, &r);

	fclose(r.in);
	if (r.failed)
		return -1;
	if (bad)
		return err_set(e, ERR_CONFIG, "%s:%d: not a line like 'key = value'", path, bad);
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

/* ---- the environment ---- */

/* The first line of a file that holds a secret. */
static int first_line(const char *path, char **ret, struct err *e)
{
	FILE *in = fopen(path, "re");
	size_t cap = 0;
	char *line = NULL;

	if (!in)
		return err_set(e, ERR_CONFIG, "%s: %s", path, strerror(errno));
	if (getline(&line, &cap, in) < 0) {
		free(line);
		line = xstrdup("");
	}
	fclose(in);
	line[strcspn(line, "\r\n")] = '\0';
	*ret = line;
	return 0;
}

static int from_environment(struct conf *c, const struct setting *s, struct err *e)
{
	struct buf name = {0};
	int rc = 0;

	buf_printf(&name, "RUADB_%s_%s", s->section, s->key);
	for (size_t i = 0; i < name.len; i++)
		name.p[i] = (char)toupper((unsigned char)name.p[i]);

	const char *value = getenv(buf_cstr(&name));

	if (value) {
		rc = put(c, s, value, e);
	} else {
		buf_adds(&name, "_FILE");
		const char *path = getenv(buf_cstr(&name));

		if (path) {
			AUTO_FREE char *line = NULL;

			rc = first_line(path, &line, e);
			if (rc == 0)
				rc = put(c, s, line, e);
		}
	}
	if (rc < 0)
		err_wrap(e, "%s", buf_cstr(&name));
	buf_free(&name);
	return rc;
}

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
	if (tenant && *tenant && number(tenant, false, 1, INT64_MAX, &c->tenant, e) < 0)
		return err_wrap(e, "RUADB_TENANT");
	return 0;
}

int conf_load(struct conf *c, const char *file, struct err *e)
{
	*c = (struct conf){0};
	for (size_t i = 0; i < N_SETTINGS; i++)
		if (settings[i].standard && put(c, &settings[i], settings[i].standard, e) < 0)
			goto fail;
	if (not_in_the_file(c, e) < 0 || read_first_file(c, file, e) < 0)
		goto fail;
	for (size_t i = 0; i < N_SETTINGS; i++)
		if (from_environment(c, &settings[i], e) < 0)
			goto fail;
	return 0;
fail:
	conf_free(c);
	return -1;
}

void conf_free(struct conf *c)
{
	for (size_t i = 0; i < N_SETTINGS; i++)
		if (settings[i].kind == TEXT)
			free(*(char **)(void *)((char *)c + settings[i].at));
	free(c->home);
	free(c->datadir);
	free(c->libexecdir);
	*c = (struct conf){0};
}

void conf_describe(FILE *out)
{
	for (size_t i = 0; i < N_SETTINGS; i++)
		fprintf(out, "%s.%s\t%s\t%s\n", settings[i].section, settings[i].key,
			settings[i].standard ? settings[i].standard : "", settings[i].meaning);
}
