/* Finding PostgreSQL's programs, and making the private server's data. */
#include "store/server.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAJOR_MIN 15

/*
 * For data that is kept: a committed report must survive a power cut, since its mail may be gone.
 * wal_level minimal: nobody replicates from here, and fresh tables are loaded without WAL.
 */
static const char settings[] =
	"\n# Written by ruadb when it made this server.\n"
	"listen_addresses = ''\n"
	"unix_socket_permissions = 0700\n"
	"max_connections = 50\n"
	"fsync = on\n"
	"synchronous_commit = on\n"
	"full_page_writes = on\n"
	"shared_buffers = 128MB\n"
	"wal_level = minimal\n"
	"max_wal_senders = 0\n"
	"max_wal_size = 2GB\n"
	"jit = off\n"
	"timezone = 'UTC'\n"
	"log_timezone = 'UTC'\n"
	"logging_collector = off\n"
	"log_line_prefix = '%m [%p] '\n";

/* "postgres (PostgreSQL) 15.20 (Debian ...)" gives 15; 0: no server there. */
static int major_of(const char *bindir)
{
	AUTO_FREE char *initdb = xasprintf("%s/initdb", bindir);
	AUTO_FREE char *postgres = xasprintf("%s/postgres", bindir);
	const char *argv[] = {postgres, "--version", NULL};
	struct buf out = {0};
	int major = 0;

	if (access(initdb, X_OK) == 0 && spawn_capture(argv, &out)) {
		const char *p = strpbrk(buf_cstr(&out), "0123456789");

		major = p ? (int)strtol(p, NULL, 10) : 0;
	}
	buf_free(&out);
	return major;
}

/* Takes bindir if it is what is wanted: major `want`, or with want 0 the newest. */
static void consider(struct server *sv, const char *bindir, int want, int *best)
{
	int major = major_of(bindir);

	if (major < MAJOR_MIN || (want ? major != want : major <= *best))
		return;
	*best = major;
	free(sv->bindir);
	sv->bindir = xstrdup(bindir);
}

static void consider_installed(struct server *sv, int want, int *best)
{
	glob_t g = {0};

	glob("/usr/lib/postgresql/*/bin", 0, NULL, &g);
	glob("/usr/pgsql-*/bin", GLOB_APPEND, NULL, &g);
	glob("/usr/local/pgsql/bin", GLOB_APPEND, NULL, &g);
	for (size_t i = 0; i < g.gl_pathc; i++)
		consider(sv, g.gl_pathv[i], want, best);
	globfree(&g);
}

/* The major version of the data; 0: there is no data. */
static int data_major(const struct server *sv)
{
	AUTO_FREE char *path = xasprintf("%s/PG_VERSION", sv->data);
	FILE *f = fopen(path, "re");
	char line[32] = "";

	if (!f)
		return 0;
	if (!fgets(line, sizeof(line), f))
		line[0] = '\0';
	fclose(f);
	return (int)strtol(line, NULL, 10);
}

int server_find_programs(struct server *sv, struct err *e)
{
	const char *set = getenv("PG_BINDIR"), *argv[] = {"pg_config", "--bindir", NULL};
	int want = data_major(sv), best = 0;
	struct buf out = {0};

	free(sv->bindir);
	sv->bindir = NULL;
	if (set && *set)
		consider(sv, set, want, &best);
	if (!sv->bindir && spawn_capture(argv, &out)) {
		while (out.len && out.p[out.len - 1] == '\n')
			out.len--;
		consider(sv, buf_cstr(&out), want, &best);
	}
	buf_free(&out);
	if (!sv->bindir)
		consider_installed(sv, want, &best);
	if (sv->bindir)
		return 0;
	if (want)
		return err_set(e, ERR_CONFIG, "the data in %s is of PostgreSQL %d, and no server "
			       "of that version is installed; nothing was changed. Install "
			       "postgresql-%d, or move the folder away and ingest again",
			       sv->data, want, want);
	return err_set(e, ERR_CONFIG, "no PostgreSQL server (%d or newer) is installed here: "
		       "install postgresql, set PG_BINDIR, or name a server in [store] conninfo",
		       MAJOR_MIN);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int write_file(const char *path, const char *text, int flags, const struct service_account *a,
		      struct err *e)
{
	AUTO_CLOSE int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
	size_t n = strlen(text);

	if (fd < 0 || write(fd, text, n) != (ssize_t)n || (geteuid() == 0 &&
							  fchown(fd, a->uid, a->gid) < 0))
		return err_set(e, ERR_TEMP, "can't write %s: %m", path);
	return 0;
}

void server_last_words(const struct server *sv, char *ret, size_t size)
{
	FILE *f = fopen(sv->log, "re");
	char line[256];

	snprintf(ret, size, "nothing in its log");
	if (!f)
		return;
	bool telling = false;

	if (fseek(f, sv->log_from, SEEK_SET) < 0)
		rewind(f);
	while (fgets(line, sizeof(line), f)) {
		bool tells = strstr(line, "FATAL") || strstr(line, "PANIC") ||
			     strstr(line, "error") || strstr(line, "could not");

		line[strcspn(line, "\n")] = '\0';
		/* pg_ctl's own lines say only where to look */
		if (!line[0] || strncmp(line, "pg_ctl", 6) == 0 ||
		    strstr(line, "Examine the log") || (telling && !tells))
			continue;
		telling = tells;
		snprintf(ret, size, "%s", line);
	}
	fclose(f);
}

/*
 * `-A trust` with a fixed role instead of peer: the server may run as a service account while root
 * connects, and then names never agree. What guards it is the socket's folder: 0700, the
 * account's own; nobody else but root gets to the socket.
 */
static int run_initdb(struct server *sv, const char *fresh, struct err *e)
{
	AUTO_FREE char *initdb = xasprintf("%s/initdb", sv->bindir);
	const char *argv[] = {initdb, "-D", fresh, "-U", SERVER_ROLE, "-A", "trust", "-E", "UTF8",
			      "--locale=C.UTF-8", "--no-instructions", NULL};
	char why[256];
	int status;

	if (spawn_run(&sv->account, argv, NULL, sv->log, &status, e) < 0)
		return -1;
	if (status == 0)
		return 0;
	server_last_words(sv, why, sizeof(why));
	return err_set(e, ERR_TEMP, "initdb could not make the private server in %s: %s", sv->dir,
		       why);
}

/* The database itself, by a server without anybody else: so it is there from the first start. */
static int make_database(struct server *sv, const char *fresh, struct err *e)
{
	AUTO_FREE char *postgres = xasprintf("%s/postgres", sv->bindir);
	AUTO_FREE char *input = xasprintf("%s/create.sql", sv->dir);
	const char *argv[] = {postgres, "--single", "-D", fresh, "postgres", NULL};
	char why[256];
	int status;

	unlink(input);
	if (write_file(input, "CREATE DATABASE " SERVER_ROLE ";\n", O_CREAT | O_EXCL, &sv->account,
		       e) < 0 ||
	    spawn_run(&sv->account, argv, input, sv->log, &status, e) < 0)
		return -1;
	unlink(input);
	if (status == 0)
		return 0;
	server_last_words(sv, why, sizeof(why));
	return err_set(e, ERR_TEMP, "can't make the database in %s: %s", sv->dir, why);
}

int server_make_data(struct server *sv, struct err *e)
{
	AUTO_FREE char *fresh = xasprintf("%s/data.new", sv->dir);
	AUTO_FREE char *conf = xasprintf("%s/postgresql.conf", fresh);

	/* what an attempt that was killed left behind; only whole data gets its name */
	if (nftw(fresh, remove_one, 16, FTW_DEPTH | FTW_PHYS) < 0 && errno != ENOENT)
		return err_set(e, ERR_TEMP, "can't remove %s: %m", fresh);
	if (run_initdb(sv, fresh, e) < 0 ||
	    write_file(conf, settings, O_APPEND, &sv->account, e) < 0 ||
	    make_database(sv, fresh, e) < 0)
		return -1;
	if (rename(fresh, sv->data) < 0)
		return err_set(e, ERR_TEMP, "can't rename %s to %s: %m", fresh, sv->data);
	return 0;
}
