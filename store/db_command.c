/* What `ruadb db ...` and `ruadb sql` do beside maintain and migrate. */
#include "store/client.h"
#include "store/db.h"
#include "store/server.h"

#include <stdlib.h>
#include <unistd.h>

static int no_private_server(const struct conf *c, const char *what, struct err *e)
{
	return err_set(e, ERR_CONFIG, "the database is not ruadb's own (%s names it), so there is "
		       "nothing to %s", c->conninfo && *c->conninfo ? "[store] conninfo"
								   : "the PG* environment", what);
}

static int external_status(const struct conf *c, FILE *out, bool *ret_running)
{
	PGPing p = PQping(c->conninfo && *c->conninfo ? c->conninfo : "");

	*ret_running = p == PQPING_OK;
	fprintf(out, "server: %s, not ruadb's own (%s)\n", *ret_running ? "answers" :
		p == PQPING_REJECT ? "starting or stopping" : "does not answer",
		c->conninfo && *c->conninfo ? "[store] conninfo" : "PG* environment");
	return 0;
}

int store_server_status(const struct conf *c, FILE *out, bool *ret_running, struct err *e)
{
	struct server sv;

	if (!server_is_private(c))
		return external_status(c, out, ret_running);
	int rc = server_look(c, &sv, e);

	if (rc == 0) {
		*ret_running = sv.pid > 0;
		if (sv.pid)
			fprintf(out, "server: %s, pid %d\n", sv.ready ? "running" :
				"starting or stopping", (int)sv.pid);
		else
			fprintf(out, "server: %s\n", access(sv.data, F_OK) == 0 ? "stopped"
									       : "not made yet");
		fprintf(out, "data: %s\nlog: %s\naccount: %s\n", sv.data, sv.log, sv.account.name);
		if (sv.pid)
			fprintf(out, "socket: %s\n", sv.socket);
	}
	server_free(&sv);
	return rc;
}

int store_server_start(const struct conf *c, FILE *out, struct err *e)
{
	struct server sv;

	if (!server_is_private(c))
		return no_private_server(c, "start", e);
	int rc = server_look(c, &sv, e);

	if (rc == 0)
		server_wait(&sv);
	if (rc == 0 && sv.pid)
		fprintf(out, "already running, pid %d\n", (int)sv.pid);
	else if (rc == 0 && (rc = server_start(&sv, e)) == 0)
		fprintf(out, "started, pid %d\n", (int)sv.pid);
	server_free(&sv);
	return rc;
}

int store_server_stop(const struct conf *c, FILE *out, struct err *e)
{
	struct server sv;

	if (!server_is_private(c))
		return no_private_server(c, "stop", e);
	int rc = server_look(c, &sv, e);
	pid_t pid = rc == 0 ? sv.pid : 0;

	if (rc == 0 && !pid)
		fprintf(out, "not running\n");
	else if (rc == 0 && (rc = server_stop(&sv, e)) == 0)
		fprintf(out, "stopped, was pid %d\n", (int)pid);
	server_free(&sv);
	return rc;
}

static void add_escaped(struct buf *b, const char *s)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if ((c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') ||
		    strchr("-._~", c))
			buf_addc(b, (char)c);
		else
			buf_printf(b, "%%%02X", c);
	}
}

/* A URI of the options that are set, but for passwords; search_path goes into `options`. */
static void add_uri(struct buf *b, const PQconninfoOption *opts)
{
	const char *dbname = "", *options = "";

	for (const PQconninfoOption *o = opts; o->keyword; o++) {
		if (o->val && strcmp(o->keyword, "dbname") == 0)
			dbname = o->val;
		if (o->val && strcmp(o->keyword, "options") == 0)
			options = o->val;
	}
	buf_adds(b, "postgresql:///");
	add_escaped(b, dbname);
	buf_adds(b, "?options=");
	add_escaped(b, options);
	buf_adds(b, *options ? "%20-csearch_path%3Druadb" : "-csearch_path%3Druadb");
	for (const PQconninfoOption *o = opts; o->keyword; o++) {
		if (!o->val || !*o->val || strcmp(o->keyword, "dbname") == 0 ||
		    strcmp(o->keyword, "options") == 0 || strstr(o->keyword, "password") ||
		    strchr(o->dispchar, '*'))
			continue;
		buf_printf(b, "&%s=", o->keyword);
		add_escaped(b, o->val);
	}
}

/* The connection string of the private server (started if need be) or of conninfo; "" for the
 * PG* environment. The caller frees it. */
static int conninfo_of(const struct conf *c, char **ret, struct err *e)
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

/* The URI of the database; the caller frees it. */
static int uri_of(const struct conf *c, char **ret, struct err *e)
{
	AUTO_FREE char *conninfo = NULL;
	char *why = NULL;
	struct buf b = {0};

	if (conninfo_of(c, &conninfo, e) < 0)
		return -1;
	/* where conninfo is empty the environment says it all, and a dashboard may not have it */
	PQconninfoOption *opts = *conninfo ? PQconninfoParse(conninfo, &why) : PQconndefaults();

	if (!opts) {
		err_set(e, ERR_CONFIG, "[store] conninfo: %s", why ? why : "can't be read");
		PQfreemem(why);
		return -1;
	}
	add_uri(&b, opts);
	PQconninfoFree(opts);
	buf_cstr(&b);
	*ret = b.p;
	return 0;
}

int store_url(const struct conf *c, FILE *out, struct err *e)
{
	AUTO_FREE char *uri = NULL;

	if (uri_of(c, &uri, e) < 0)
		return -1;
	fprintf(out, "%s\n", uri);
	return 0;
}

/* psql beside the private server's other programs, else the one in PATH. */
static char *find_psql(const struct conf *c)
{
	struct server sv;
	struct err ignored;
	char *psql = NULL;

	if (server_is_private(c)) {
		if (server_look(c, &sv, &ignored) == 0 &&
		    server_find_programs(&sv, &ignored) == 0) {
			psql = xasprintf("%s/psql", sv.bindir);
			if (access(psql, X_OK) < 0) {
				free(psql);
				psql = NULL;
			}
		}
		server_free(&sv);
	}
	return psql ? psql : xstrdup("psql");
}

/* Sets the environment for psql as reader. Opening as reader has made the schema as well. */
static int reader_environment(const struct conf *c, char **ret_rest, struct err *e)
{
	AUTO_RESULT PGresult *res = NULL;
	struct store *s;

	if (store_open(c, STORE_READ, &s, e) < 0)
		return -1;
	/* does the database have ruadb_read for us? */
	int rc = db_exec(s, "SELECT current_user = 'ruadb_read'", NULL, &res, e);

	if (rc == 0) {
		AUTO_FREE char *options = xasprintf("-c search_path=ruadb -c ruadb.tenant_id=%lld%s",
						    (long long)s->tenant, *PQgetvalue(res, 0, 0) ?
						    " -c role=ruadb_read" : "");

		rc = client_environment(s, options, ret_rest, e);
	}
	store_close(s);
	return rc;
}

int store_exec_psql(const struct conf *c, char **args, struct err *e)
{
	AUTO_FREE char *rest = NULL, *psql = NULL;
	size_t n = 0, at = 0;

	if (reader_environment(c, &rest, e) < 0)
		return -1;
	while (args && args[n])
		n++;
	AUTO_FREE const char **argv = xcalloc(n + 4, sizeof(char *));

	psql = find_psql(c);
	argv[at++] = psql;
	if (*rest) {
		argv[at++] = "-d";
		argv[at++] = rest;
	}
	for (size_t i = 0; i < n; i++)
		argv[at++] = args[i];
	execvp(psql, (char *const *)argv);
	return err_set(e, ERR_CONFIG, "can't run %s: %m; it comes with postgresql-client", psql);
}
