#include "store/client.h"
#include "store/db.h"
#include "store/server.h"

#include <glob.h>
#include <stdlib.h>
#include <unistd.h>

/* "keyword='value'", as libpq reads it. */
static void add_setting(struct buf *b, const PQconninfoOption *o)
{
	buf_printf(b, "%s%s='", b->len ? " " : "", o->keyword);
	for (const char *p = o->val; *p; p++) {
		if (*p == '\'' || *p == '\\')
			buf_addc(b, '\\');
		buf_addc(b, *p);
	}
	buf_addc(b, '\'');
}

/* What is ours alone, and what the others make sense of. */
static bool is_ours(const char *keyword)
{
	return strcmp(keyword, "service") == 0 || strcmp(keyword, "options") == 0 ||
	       strcmp(keyword, "client_encoding") == 0 || strstr(keyword, "application_name");
}

static int put(const PQconninfoOption *o, struct buf *rest, struct err *e)
{
	if (o->envvar)
		setenv(o->envvar, o->val, 1);
	else if (strstr(o->keyword, "password") || strchr(o->dispchar, '*'))
		return err_set(e, ERR_CONFIG, "[store] conninfo: %s can't be handed on to "
			       "PostgreSQL's programs; put it into a service file", o->keyword);
	else
		add_setting(rest, o);
	return 0;
}

int client_environment(struct store *s, const char *options, char **ret_rest, struct err *e)
{
	PQconninfoOption *opts = PQconninfo(s->conn);
	const char *old = "";
	struct buf rest = {0};
	int rc = opts ? 0 : err_set(e, ERR_TEMP, "the database is away");

	unsetenv("PGSERVICE"); /* it would come before what is set here, and is in there already */
	for (const PQconninfoOption *o = opts; rc == 0 && o->keyword; o++) {
		if (o->val && strcmp(o->keyword, "options") == 0)
			old = o->val;
		else if (o->val && *o->val && !is_ours(o->keyword))
			rc = put(o, &rest, e);
	}
	AUTO_FREE char *all = xasprintf("%s%s%s", old, *old ? " " : "", options);

	PQconninfoFree(opts);
	if (rc < 0) {
		buf_free(&rest);
		return -1;
	}
	setenv("PGOPTIONS", all, 1);
	buf_cstr(&rest);
	*ret_rest = rest.p;
	return 0;
}

/* ---- programs ---- */

struct search {
	const char *program;
	int major, best;
	char *path;
};

/* "pg_dump (PostgreSQL) 15.20 (Debian ...)": takes it if it is nearer to what is wanted. */
static void consider(struct search *s, const char *path)
{
	const char *argv[] = {path, "--version", NULL};
	struct buf out = {0};

	if (spawn_capture(argv, &out)) {
		const char *p = strchr(buf_cstr(&out), ')');

		p = p ? strpbrk(p, "0123456789") : NULL;
		int major = p ? (int)strtol(p, NULL, 10) : 0;

		if (major >= s->major && (!s->path || major < s->best)) {
			free(s->path);
			s->path = xstrdup(path);
			s->best = major;
		}
	}
	buf_free(&out);
}

static void consider_in(struct search *s, const char *folder)
{
	AUTO_FREE char *path = xasprintf("%s/%s", folder, s->program);

	if (access(path, X_OK) == 0)
		consider(s, path);
}

int client_find(const char *program, int major, char **ret, struct err *e)
{
	struct search s = {.program = program, .major = major};
	const char *set = getenv("PG_BINDIR"), *argv[] = {"pg_config", "--bindir", NULL};
	struct buf out = {0};
	glob_t g = {0};

	if (set && *set)
		consider_in(&s, set);
	if (spawn_capture(argv, &out)) {
		while (out.len && out.p[out.len - 1] == '\n')
			out.len--;
		consider_in(&s, buf_cstr(&out));
	}
	buf_free(&out);
	glob("/usr/lib/postgresql/*/bin", 0, NULL, &g);
	glob("/usr/pgsql-*/bin", GLOB_APPEND, NULL, &g);
	glob("/usr/local/pgsql/bin", GLOB_APPEND, NULL, &g);
	for (size_t i = 0; i < g.gl_pathc; i++)
		consider_in(&s, g.gl_pathv[i]);
	globfree(&g);
	consider(&s, program);
	if (!s.path)
		return err_set(e, ERR_CONFIG, "the server is PostgreSQL %d, and no %s of that "
			       "version or a newer one is here: install postgresql-client-%d, or "
			       "set PG_BINDIR", major, program, major);
	*ret = s.path;
	return 0;
}
