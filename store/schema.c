/* Reading the SQL files. */
#include "store/schema.h"

#include <errno.h>
#include <glob.h>
#include <stdlib.h>

static int read_file(const char *path, struct buf *b, struct err *e)
{
	FILE *f = fopen(path, "re");
	size_t n;

	if (!f)
		return err_set(e, ERR_CONFIG, "can't open %s: %m", path);
	do {
		n = fread(buf_room(b, 8192), 1, 8192, f);
		b->len += n;
	} while (n);
	int bad = ferror(f);

	fclose(f);
	return bad ? err_set(e, ERR_CONFIG, "can't read %s", path) : 0;
}

static void checksum(struct schema_file *f)
{
	struct hash *h = hash_new();
	uint8_t sum[32];

	hash_sum(h, f->sql, strlen(f->sql), sum);
	hash_hex(sum, f->sha256);
	hash_free(h);
}

static int read_migration(const char *path, int expected, struct schema_file *ret, struct err *e)
{
	const char *name = strrchr(path, '/') + 1;
	struct buf b = {0};

	ret->version = (int)strtol(name, NULL, 10);
	ret->name = xstrdup(name);
	int rc = read_file(path, &b, e);

	buf_cstr(&b);
	ret->sql = b.p;
	if (rc == 0 && ret->version != expected)
		rc = err_set(e, ERR_CONFIG, "%s: number %d was expected", path, expected);
	if (rc == 0)
		checksum(ret);
	return rc;
}

static int read_migrations(const char *datadir, struct schema_set *sc, struct err *e)
{
	AUTO_FREE char *pattern = xasprintf("%s/sql/migrations/[0-9][0-9][0-9][0-9]_*.sql",
					    datadir);
	glob_t g = {0};
	int rc = 0;

	if (glob(pattern, 0, NULL, &g) != 0)
		rc = err_set(e, ERR_CONFIG, "no migrations in %s/sql/migrations: is ruadb "
			     "installed whole? RUADB_DATADIR says where its files lie", datadir);
	sc->migrations = xcalloc(g.gl_pathc, sizeof(*sc->migrations));
	for (size_t i = 0; rc == 0 && i < g.gl_pathc; i++) {
		sc->n_migrations = i + 1;
		rc = read_migration(g.gl_pathv[i], (int)i + 1, &sc->migrations[i], e);
	}
	globfree(&g);
	return rc;
}

static int read_views(const char *datadir, struct schema_set *sc, struct err *e)
{
	AUTO_FREE char *pattern = xasprintf("%s/sql/views/*.sql", datadir);
	struct buf b = {0};
	glob_t g = {0};
	int rc = 0;

	glob(pattern, 0, NULL, &g);
	for (size_t i = 0; rc == 0 && i < g.gl_pathc; i++) {
		rc = read_file(g.gl_pathv[i], &b, e);
		buf_adds(&b, "\n;\n");
	}
	globfree(&g);
	buf_cstr(&b);
	sc->views.name = xstrdup("views");
	sc->views.sql = b.p;
	checksum(&sc->views);
	return rc;
}

int schema_read(const char *datadir, struct schema_set *ret, struct err *e)
{
	memset(ret, 0, sizeof(*ret));
	if (!datadir)
		return err_set(e, ERR_CONFIG, "RUADB_DATADIR is not set");
	return read_migrations(datadir, ret, e) < 0 ? -1 : read_views(datadir, ret, e);
}

void schema_free(struct schema_set *sc)
{
	for (size_t i = 0; i < sc->n_migrations; i++) {
		free(sc->migrations[i].name);
		free(sc->migrations[i].sql);
	}
	free(sc->migrations);
	free(sc->views.name);
	free(sc->views.sql);
}
