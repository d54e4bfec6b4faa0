/* `ruadb db dump`: both schemas for another server, by the pg_dump that belongs to this one. */
#include "store/client.h"
#include "store/db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * The server's major version, and whether we may read as the role that owns everything (row level
 * security would hide rows of others from anybody else). Sets the environment for pg_dump.
 */
static int ask(const struct conf *c, int *ret_major, bool *ret_owner, char **ret_rest,
	       struct err *e)
{
	AUTO_RESULT PGresult *res = NULL;
	struct store *s;

	if (store_open(c, STORE_READ, &s, e) < 0)
		return -1;
	int rc = db_exec(s, "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ruadb_owner' "
			    "AND pg_has_role(session_user, oid, 'MEMBER'))", NULL, &res, e);

	if (rc == 0) {
		*ret_major = PQserverVersion(s->conn) / 10000;
		*ret_owner = *PQgetvalue(res, 0, 0);
		rc = client_environment(s, "", ret_rest, e);
	}
	store_close(s);
	return rc;
}

/* Runs it with our own standard output and error. */
static int run(const char *const argv[], struct err *e)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		execv(argv[0], (char *const *)argv);
		_exit(127);
	}
	if (pid < 0)
		return err_set(e, ERR_TEMP, "can't start %s: %m", argv[0]);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_set(e, ERR_TEMP, "can't wait for %s: %m", argv[0]);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return err_set(e, ERR_TEMP, "%s failed; what it said stands above", argv[0]);
	return 0;
}

/* No owners and no grants: `ruadb db migrate` gives them on the other server. */
static int dump(const struct conf *c, const char *file, int *ret_major, struct err *e)
{
	AUTO_FREE char *program = NULL, *rest = NULL;
	bool owner = false;
	const char *argv[20];
	size_t n = 0;

	if (ask(c, ret_major, &owner, &rest, e) < 0 ||
	    client_find("pg_dump", *ret_major, &program, e) < 0)
		return -1;
	argv[n++] = program;
	argv[n++] = "--schema=ruadb";
	argv[n++] = "--schema=ruadb_data";
	argv[n++] = "--no-owner";
	argv[n++] = "--no-privileges";
	argv[n++] = "--no-password";
	if (owner)
		argv[n++] = "--role=ruadb_owner";
	if (file) {
		argv[n++] = "--format=custom";
		argv[n++] = "-f";
		argv[n++] = file;
	}
	if (*rest) {
		argv[n++] = "-d";
		argv[n++] = rest;
	}
	argv[n] = NULL;
	return run(argv, e);
}

static void say_next(const char *file, int major, FILE *out)
{
	fprintf(out, "On the other server, PostgreSQL %d or newer:\n  createdb ruadb\n", major);
	if (file)
		fprintf(out, "  pg_restore --no-owner --exit-on-error -d ruadb %s\n", file);
	else
		fprintf(out, "  psql -v ON_ERROR_STOP=1 -d ruadb <THE-SQL\n");
	fprintf(out, "then in ruadb.conf(5), [store]:\n  conninfo = host=... dbname=ruadb user=...\n"
		"and for roles and rights:\n  ruadb db migrate\n");
}

/* Whole or not at all, and for nobody else's eyes: reports name people's mail. */
static int dump_to_file(const struct conf *c, const char *file, FILE *out, struct err *e)
{
	AUTO_FREE char *part = xasprintf("%s.part", file);
	struct stat st;
	int major = 0;

	if (stat(file, &st) == 0 && !S_ISREG(st.st_mode))
		return err_set(e, ERR_CONFIG, "%s is no file to write to", file);
	int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_set(e, ERR_CONFIG, "can't write %s: %m", part);
	close(fd);
	int rc = dump(c, part, &major, e);

	if (rc == 0 && rename(part, file) < 0)
		rc = err_set(e, ERR_TEMP, "can't rename %s to %s: %m", part, file);
	if (rc < 0) {
		unlink(part);
		return -1;
	}
	fprintf(out, "dumped to %s, %.1f MB\n", file,
		stat(file, &st) == 0 ? (double)st.st_size / 1e6 : 0.0);
	say_next(file, major, out);
	return 0;
}

int store_dump(const struct conf *c, const char *file, FILE *out, struct err *e)
{
	int major = 0;

	if (strcmp(file, "-") != 0)
		return dump_to_file(c, file, out, e);
	int rc = dump(c, NULL, &major, e);

	if (rc == 0)
		say_next(NULL, major, stderr); /* standard output is SQL */
	return rc;
}
