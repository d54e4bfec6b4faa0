/*
 * store_home - a RUADB_HOME of a test's own with its private server. home_end stops and removes it;
 * not by atexit, since libcrypto is gone by then.
 */
#ifndef TESTS_STORE_HOME_H
#define TESTS_STORE_HOME_H

#include "base/conf.h"
#include "base/mem.h"
#include "store/store.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct conf home_conf;

static int home_remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void home_end(void)
{
	FILE *null = fopen("/dev/null", "we");
	struct err e;

	if (null && store_server_stop(&home_conf, null, &e) < 0)
		fprintf(stderr, "# %s\n", e.msg);
	if (null)
		fclose(null);
	nftw(home_conf.home, home_remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(home_conf.home);
	free(home_conf.datadir);
}

/* Ends the test when something that has nothing to do with it goes wrong. */
static void must(int rc, const struct err *e)
{
	if (rc < 0) {
		printf("Bail out! %s\n", e->msg);
		home_end();
		exit(1);
	}
}

static struct conf *home_begin(void)
{
	const char *tmp = getenv("TMPDIR"), *src = getenv("top_srcdir");
	char *home = xasprintf("%s/ruadb-unit-XXXXXX", tmp ? tmp : "/tmp");

	unsetenv("PGHOST");
	unsetenv("PGPORT");
	unsetenv("PGDATABASE");
	unsetenv("PGSERVICE");
	if (!mkdtemp(home) || chmod(home, 0755) < 0) {
		perror(home);
		exit(1);
	}
	home_conf = (struct conf){.home = home, .datadir = xstrdup(src ? src : "."), .tenant = 1,
				  .db_autostart = true, .keep_raw = KEEP_ALL,
				  .quarantine_max = 1 << 20};
	return &home_conf;
}

/* The one value of a query as text, in a buffer that the next call but seven uses again. */
static const char *value(struct store *s, const char *sql)
{
	static char texts[8][8192];
	static int next;
	char *ret = texts[next++ % 8];
	struct store_rows *rows;
	struct err e;

	if (store_query(s, sql, 0, NULL, &rows, &e) < 0) {
		snprintf(ret, sizeof(texts[0]), "%s", e.msg);
		return ret;
	}
	const char *v = store_rows_count(rows) ? store_rows_value(rows, 0, 0) : "(no row)";

	snprintf(ret, sizeof(texts[0]), "%s", v ? v : "(null)");
	store_rows_free(rows);
	return ret;
}

#endif
