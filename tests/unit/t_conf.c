/* Settings: where they may come from, who wins, what is refused and how that is said. */
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
	test_environment();
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		AUTO_FREE char *path = xasprintf("%s/%s", folder, files[i]);

		unlink(path);
	}
	rmdir(folder);
	return tap_done();
}
