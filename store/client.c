#include "store/client.h"
#include "store/db.h"
#include "store/server.h"

#include <glob.h>
#include <stdlib.h>
#include <unistd.h>

int client_conninfo(const struct conf *c, char **ret, struct err *e)
{
	struct server sv;

	if (!server_is_private(c)) {
		*ret = xstrdup(c->conninfo ? c->conninfo : "");
		return 0;
	}
	int rc = server_look(c, &sv, e);

	if (rc == 0)
		server_wait(&sv);
	if (rc == 0 && !sv.pid && c->db_autostart)
		rc = server_start(&sv, e);
	if (rc == 0)
		*ret = server_conninfo(&sv);
	server_free(&sv);
	return rc;
}

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

int client_environment(const struct conf *c, const char *options, char **ret_rest, struct err *e)
{
	AUTO_FREE char *conninfo = NULL;
	char *why = NULL;
	struct buf rest = {0};
	int rc = 0;

	if (client_conninfo(c, &conninfo, e) < 0)
		return -1;
	PQconninfoOption *opts = PQconninfoParse(conninfo, &why);

	if (!opts) {
		err_set(e, ERR_CONFIG, "[store] conninfo: %s", why ? why : "can't be read");
		PQfreemem(why);
		return -1;
	}
	for (const PQconninfoOption *o = opts; o->keyword && rc == 0; o++)
		if (o->val && *o->val)
			rc = put(o, &rest, e);
	PQconninfoFree(opts);
	if (rc == 0) {
		const char *old = getenv("PGOPTIONS");
		AUTO_FREE char *all = xasprintf("%s%s%s", old ? old : "", old ? " " : "", options);

		setenv("PGOPTIONS", all, 1);
		buf_cstr(&rest);
		*ret_rest = rest.p;
		return 0;
	}
	buf_free(&rest);
	return -1;
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
