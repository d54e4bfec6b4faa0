/* Settings: where they may come from, who wins, what is refused and how that is said. */
#include "base/buf.h"
#include "base/conf.h"
#include "base/mem.h"
#include "tests/unit/tap.h"

#include <stdlib.h>
#include <unistd.h>

static char folder[] = "/tmp/ruadb-t_conf.XXXXXX";

/* Writes a file into the test's folder; its path is the caller's. */
static char *write_file(const char *name, const char *text)
{
	char *path = xasprintf("%s/%s", folder, name);
	FILE *f = fopen(path, "we");

	if (!f || fputs(text, f) < 0 || fclose(f) != 0) {
		printf("Bail out! can't write %s\n", path);
		exit(1);
	}
	return path;
}

/* Loads a file with this text; the message is "" where it is taken. */
static const char *load(struct conf *c, const char *text, struct err *e)
{
	AUTO_FREE char *path = write_file("ruadb.conf", text);

	*e = (struct err){0};
	if (conf_load(c, path, e) == 0)
		return "";
	const char *name = strrchr(e->msg, '/');

	/* without the folder, which has another name each time */
	return name ? name + 1 : e->msg;
}

static void test_defaults(void)
{
	struct conf c;
	struct err e = {0};

	is_str(load(&c, "", &e), "", "an empty file");
	ok(c.conninfo == NULL, "no connection string");
	is_int(c.keep_raw, KEEP_ALL, "originals are kept");
	is_int(c.quarantine_max, 1 << 30, "1 GB of quarantine");
	is_int(c.batch_reports, 2000, "2000 reports a batch");
	is_int(c.batch_bytes, 8 << 20, "8 MB a batch");
	is_int(c.tenant, 1, "tenant 1");
	ok(c.db_autostart, "the private server is started");
	is_str(c.home, "/home/of/ruadb", "RUADB_HOME");
	conf_free(&c);
}

static void test_file(void)
{
	struct conf c;
	struct err e = {0};

	is_str(load(&c,
		    "# a comment\n[store]\nconninfo = host=db user=x ; no comment\n"
		    "keep_raw=rejected\nquarantine_max = 20M\n\n[ingest]\njobs = 3\n",
		    &e),
	       "", "a file with sections");
	is_str(c.conninfo, "host=db user=x ; no comment", "a value is the rest of its line");
	is_int(c.keep_raw, KEEP_REJECTED, "a word");
	is_int(c.quarantine_max, 20 << 20, "bytes with a unit");
	is_int(c.jobs, 3, "a number");
	conf_free(&c);

	is_str(load(&c, "[store]\n\ncolour = red\n", &e),
	       "ruadb.conf:3: there is no setting 'colour' in section [store]",
	       "an unknown key is refused with file and line");
	is_int(e.class, ERR_CONFIG, "as a matter of configuration");
	is_str(load(&c, "[ingest]\njobs = many\n", &e),
	       "ruadb.conf:2: jobs: 'many' is not a number", "a number that is none");
	is_str(load(&c, "[ingest]\njobs = 65\n", &e),
	       "ruadb.conf:2: jobs: 65 is not between 0 and 64", "a number out of bounds");
	is_str(load(&c, "[store]\nkeep_raw = some\n", &e),
	       "ruadb.conf:2: keep_raw: 'some' is none of all, rejected, none", "an unknown word");
	is_str(load(&c, "[store]\nquarantine_max = 9223372036854775807K\n", &e),
	       "ruadb.conf:2: quarantine_max: '9223372036854775807K' is not a number "
	       "(bytes, with K, M, G or T behind it)",
	       "a number that overflows with its unit");
	is_str(load(&c, "[store\n", &e), "ruadb.conf:1: not a line like 'key = value'",
	       "a line that is none");
	is_int(conf_load(&c, "/nonexistent/ruadb.conf", &e), -1, "a file named must be there");
}

static void test_environment(void)
{
	AUTO_FREE char *secret = write_file("secret", "host=secret\nsecond line\n");
	struct conf c;
	struct err e = {0};

	setenv("RUADB_INGEST_JOBS", "5", 1);
	setenv("RUADB_STORE_CONNINFO_FILE", secret, 1);
	setenv("RUADB_DB_AUTOSTART", "no", 1);
	setenv("RUADB_TENANT", "7", 1);
	is_str(load(&c, "[ingest]\njobs = 3\n[store]\nconninfo = host=file\n", &e), "",
	       "file and environment");
	is_int(c.jobs, 5, "the environment wins");
	is_str(c.conninfo, "host=secret", "the first line of a .._FILE");
	ok(!c.db_autostart, "RUADB_DB_AUTOSTART=no");
	is_int(c.tenant, 7, "RUADB_TENANT");

	is_int(conf_set(&c, "ingest.jobs", "9", &e), 0, "the command line");
	is_int(c.jobs, 9, "wins over both");
	is_int(conf_set(&c, "ingest.nothing", "9", &e), -1, "an unknown name");
	is_str(e.msg, "there is no setting 'ingest.nothing'", "is named");
	is_int(conf_set(&c, "jobs", "9", &e), -1, "so is one without a section");
	conf_free(&c);

	setenv("RUADB_INGEST_JOBS", "x", 1);
	is_str(load(&c, "", &e), "RUADB_INGEST_JOBS: 'x' is not a number",
	       "a bad variable is named");
	unsetenv("RUADB_INGEST_JOBS");
	setenv("RUADB_TENANT", "0", 1);
	is_str(load(&c, "", &e), "RUADB_TENANT: 0 is not between 1 and 9223372036854775807",
	       "no tenant 0");
	unsetenv("RUADB_TENANT");
	setenv("RUADB_STORE_CONNINFO_FILE", "/nonexistent/secret", 1);
	is_int(*load(&c, "", &e) != '\0', 1, "a .._FILE must be there");
	unsetenv("RUADB_STORE_CONNINFO_FILE");
	unsetenv("RUADB_DB_AUTOSTART");
}

/* What conf_each says of one key; the caller's. */
struct wanted {
	const char *section, *key;
	char *said;
};

static void look(void *ctx, const char *section, const char *key, const char *value,
		 const char *from)
{
	struct wanted *w = ctx;

	if (strcmp(section, w->section) != 0 || strcmp(key, w->key) != 0)
		return;
	const char *name = strrchr(from, '/');

	free(w->said);
	w->said = xasprintf("%s %s", value ? value : "-", name ? name + 1 : from);
}

static void is_shown(const struct conf *c, const char *section, const char *key,
		     const char *wanted, const char *name)
{
	struct wanted w = {section, key, NULL};

	conf_each(c, look, &w);
	is_str(w.said ? w.said : "", wanted, name);
	free(w.said);
}

static void test_logs(void)
{
	struct conf c;
	struct err e = {0};

	is_str(load(&c, "[logs]\nrecipients = full\nrules_dir = /etc/ruadb/rules\n"
		    "[source \"a\"]\nhosts = mx1, MX2.example.com\nzone = Europe/Berlin\n"
		    "[account \"a\"]\nhost = imap.example.com\n", &e),
	       "", "a file with a source, and an account of the same name");
	is_int(c.recipients, RECIPIENTS_FULL, "recipients");
	is_str(c.rules_dir, "/etc/ruadb/rules", "rules_dir");
	is_int((int64_t)c.n_sources, 1, "one source");
	is_str(c.sources[0].name, "a", "its name");
	is_int(c.sources[0].line, 4, "its line");
	is_int((int64_t)c.sources[0].n_hosts, 2, "two hosts");
	is_shown(&c, "source \"a\"", "hosts", "mx1 mx2.example.com ruadb.conf:5", "shown so");
	is_int(conf_set(&c, "source.a.zone", "UTC", &e), 0, "--set of a source");
	is_shown(&c, "source \"a\"", "zone", "UTC --set", "shown so");
	is_int(conf_set(&c, "source.b.zone", "UTC", &e), -1, "--set of a source that is none");
	is_str(e.msg, "source.b.zone: there is no source 'b'", "is named");
	conf_free(&c);

	setenv("RUADB_SOURCE_A_STREAM", "sales", 1);
	setenv("RUADB_SOURCE_NEW_ONE_HOSTS", "", 1);
	setenv("RUADB_SOURCE_NEW_ONE_QUEUE_LIFETIME", "72h", 1);
	is_str(load(&c, "[source \"a\"]\nstream = other\n", &e), "", "sources of the environment");
	is_int((int64_t)c.n_sources, 2, "are two");
	is_str(c.sources[0].stream, "sales", "a variable goes before the file");
	is_str(c.sources[1].name, "new_one", "and .._HOSTS makes a new one");
	is_int(c.sources[1].queue_lifetime, 72 * 3600, "with what is said of it");
	conf_free(&c);
	unsetenv("RUADB_SOURCE_A_STREAM");
	is_str(load(&c, "[source \"new one\"]\nstream = other\n", &e), "", "a name with a blank");
	is_int((int64_t)c.n_sources, 1, "is the same in the environment");
	conf_free(&c);
	unsetenv("RUADB_SOURCE_NEW_ONE_HOSTS");
	is_str(load(&c, "", &e), "RUADB_SOURCE_NEW_ONE_QUEUE_LIFETIME: there is no such source: no "
	       "section of the file, and no RUADB_SOURCE_NAME_HOSTS", "a variable of no source");
	unsetenv("RUADB_SOURCE_NEW_ONE_QUEUE_LIFETIME");

	is_str(load(&c, "[source \"a\"]\n\ncolour = red\n", &e),
	       "ruadb.conf:3: there is no setting 'colour' of a source", "an unknown key");
	is_str(load(&c, "[source a]\nzone = UTC\n", &e),
	       "ruadb.conf:2: [source a]: not like [source \"NAME\"], with a name of at most 38 bytes",
	       "a name without quotes");
	ok(*load(&c, "[source \"a\"]\nzone = Mars\n", &e) != '\0' &&
	   strstr(e.msg, "ruadb.conf:2: zone: there is no time zone 'Mars'"), "a zone that is none");
}

/* Lists of domains, hosts and services grow long. */
static void test_long_line(void)
{
	struct buf b = {0};
	struct conf c;
	struct err e;

	buf_adds(&b, "[domains]\nnames =");
	for (int i = 0; i < 1000; i++)
		buf_printf(&b, " d%d.example.com", i);
	is_str(load(&c, buf_cstr(&b), &e), "", "a line of 17 kB is one line");
	is_int((long)strlen(c.domains), (long)(b.len - strlen("[domains]\nnames = ")), "all of it is there");
	conf_free(&c);
	buf_free(&b);
}

int main(void)
{
	static const char *const files[] = {"ruadb.conf", "secret"};

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
	setenv("RUADB_HOME", "/home/of/ruadb", 1);
	test_defaults();
	test_file();
	test_long_line();
	test_environment();
	test_logs();
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		AUTO_FREE char *path = xasprintf("%s/%s", folder, files[i]);

		unlink(path);
	}
	rmdir(folder);
	return tap_done();
}
