#include "store/server.h"
#include "base/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SOCKET_PATH_MAX 107         /* sun_path, less its NUL */
#define SOCKET_NAME_LEN 14          /* "/.s.PGSQL.5432" */
#define STALE_SECONDS 12            /* children of a killed server may hold its memory a while */
#define STOP_SECONDS 60

bool server_is_private(const struct conf *c)
{
	static const char *const names[] = {"PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE",
					    "PGSERVICE"};

	if (c->conninfo && *c->conninfo)
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *v = getenv(names[i]);

		if (v && *v)
			return false;
	}
	return true;
}

/* A short name that only this home has, whatever its length. */
static void home_hash(const char *home, char ret[13])
{
	struct hash *h = hash_new();
	uint8_t sum[32];
	char hex[65];

	hash_sum(h, home, strlen(home), sum);
	hash_free(h);
	hash_hex(sum, hex);
	memcpy(ret, hex, 12);
	ret[12] = '\0';
}

/* /run for root (nobody else makes names there), the user's runtime folder, else /tmp. */
static char *socket_folder(const char *home)
{
	const char *run = getenv("XDG_RUNTIME_DIR");
	char hash[13];
	struct stat st;

	home_hash(home, hash);
	if (geteuid() == 0)
		return xasprintf("%s/ruadb-%s", access("/run", W_OK) == 0 ? "/run" : "/tmp", hash);
	if (run && *run == '/' && stat(run, &st) == 0 && st.st_uid == geteuid() &&
	    strlen(run) + sizeof("/ruadb-") + sizeof(hash) + SOCKET_NAME_LEN < SOCKET_PATH_MAX)
		return xasprintf("%s/ruadb-%s", run, hash);
	return xasprintf("/tmp/ruadb-%u-%s", (unsigned)geteuid(), hash);
}

/* May everybody pass through the folders above and including path, as far as they exist? */
static bool way_is_open(const char *path)
{
	AUTO_FREE char *p = xstrdup(path);
	struct stat st;

	for (char *slash = p + 1; *slash; slash++)
		if (*slash == '/') {
			*slash = '\0';
			if (stat(p, &st) == 0 && !(st.st_mode & S_IXOTH))
				return false;
			*slash = '/';
		}
	return stat(p, &st) < 0 || (st.st_mode & S_IXOTH);
}

/*
 * Where the server lies. As root with a home below a closed folder (/root, mostly) the account
 * that runs the server could not get there: then beside root's default home, by the home's hash.
 */
static char *server_folder(const char *home)
{
	char hash[13];

	if (geteuid() != 0 || way_is_open(home))
		return xasprintf("%s/pg", home);
	home_hash(home, hash);
	return xasprintf("/var/lib/ruadb/homes/%s/pg", hash);
}

int server_look(const struct conf *c, struct server *ret, struct err *e)
{
	memset(ret, 0, sizeof(*ret));
	if (!c->home || c->home[0] != '/')
		return err_set(e, ERR_CONFIG, "RUADB_HOME has to be an absolute path");
	if (account_find(&ret->account, e) < 0)
		return -1;
	ret->dir = server_folder(c->home);
	ret->data = xasprintf("%s/data", ret->dir);
	ret->log = xasprintf("%s/server.log", ret->dir);
	ret->socket = socket_folder(c->home);
	server_read_pid(ret);
	return 0;
}

void server_free(struct server *sv)
{
	free(sv->dir);
	free(sv->data);
	free(sv->log);
	free(sv->socket);
	free(sv->bindir);
	memset(sv, 0, sizeof(*sv));
}

char *server_conninfo(const struct server *sv)
{
	/* quoted: a folder's name may hold spaces */
	struct buf b = {0};

	buf_adds(&b, "host='");
	for (const char *p = sv->socket; *p; p++) {
		if (*p == '\'' || *p == '\\')
			buf_addc(&b, '\\');
		buf_addc(&b, *p);
	}
	buf_adds(&b, "' port=5432 dbname=" SERVER_ROLE " user=" SERVER_ROLE);
	buf_cstr(&b);
	return b.p;
}

/* A folder of ours that only the account may enter; one that somebody else made is refused. */
static int own_folder(const char *path, const struct service_account *a, struct err *e)
{
	struct stat st;

	if (mkdir(path, 0700) == 0 && geteuid() == 0 && lchown(path, a->uid, a->gid) < 0)
		return err_set(e, ERR_TEMP, "can't give %s to %s: %m", path, a->name);
	if (lstat(path, &st) < 0)
		return err_set(e, ERR_TEMP, "can't make the folder %s: %m", path);
	/* As root: made before the account `ruadb` was there, say, when postgres ran the server. */
	if (geteuid() == 0 && S_ISDIR(st.st_mode) && st.st_uid != a->uid && !(st.st_mode & 077))
		return err_set(e, ERR_CONFIG, "%s belongs to another account than %s, which runs "
			       "the private server now: end the server that runs there and "
			       "chown -R %s: %s", path, a->name, a->name, path);
	if (!S_ISDIR(st.st_mode) || st.st_uid != a->uid || (st.st_mode & 077))
		return err_set(e, ERR_CONFIG, "%s is not a folder that %s alone may enter; "
			       "somebody else made it, or its mode was changed", path, a->name);
	return 0;
}

/* The folders above dir. */
static int make_home(const char *dir, struct err *e)
{
	AUTO_FREE char *path = xstrdup(dir);

	*strrchr(path, '/') = '\0';
	for (char *p = path + 1; *p; p++)
		if (*p == '/') {
			*p = '\0';
			mkdir(path, 0755);
			*p = '/';
		}
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return err_set(e, ERR_CONFIG, "can't make %s: %m", path);
	return 0;
}

/* As root the server's account has to get through to its folder. */
static int check_way(const struct server *sv, struct err *e)
{
	const char *argv[] = {"/usr/bin/test", "-w", sv->dir, NULL};
	int status = 0;

	if (geteuid() == 0 && spawn_run(&sv->account, argv, NULL, "/dev/null", &status, e) < 0)
		return -1;
	if (status)
		return err_set(e, ERR_CONFIG, "the account %s, which runs the private server for "
			       "root, can't enter %s: set RUADB_HOME to a folder that it can "
			       "reach, or name a server in [store] conninfo",
			       sv->account.name, sv->dir);
	return 0;
}

static int lock(const struct server *sv, int *ret_fd, struct err *e)
{
	AUTO_FREE char *path = xasprintf("%s/lock", sv->dir);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return err_set(e, ERR_TEMP, "can't open %s: %m", path);
	while (flock(fd, LOCK_EX) < 0)
		if (errno != EINTR) {
			close(fd);
			return err_set(e, ERR_TEMP, "can't lock %s: %m", path);
		}
	*ret_fd = fd;
	return 0;
}

static void pause_ms(long ms)
{
	nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

/* pg_ctl once; 0 and *ret_up false: it did not come up, and the log says why. */
static int run_pg_ctl(struct server *sv, bool *ret_up, struct err *e)
{
	AUTO_FREE char *pg_ctl = xasprintf("%s/pg_ctl", sv->bindir);
	AUTO_FREE char *options = xasprintf("-c listen_addresses='' -c port=5432 "
					    "-c unix_socket_directories='%s'", sv->socket);
	AUTO_FREE char *seconds = xasprintf("%d", SERVER_START_SECONDS);
	const char *argv[] = {pg_ctl, "-D", sv->data, "-w", "-t", seconds, "-s", "-l", sv->log,
			      "-o", options, "start", NULL};
	int status;

	if (spawn_run(&sv->account, argv, NULL, sv->log, &status, e) < 0)
		return -1;
	server_read_pid(sv);
	*ret_up = status == 0 && sv->pid;
	return 0;
}

static int start_locked(struct server *sv, struct err *e)
{
	time_t began = time(NULL);
	bool up = false;
	struct stat log;
	char why[256];

	server_read_pid(sv);
	server_wait(sv);
	if (sv->pid)
		return 0; /* another process started it while we waited for the lock */
	if (server_find_programs(sv, e) < 0)
		return -1;
	if (access(sv->data, F_OK) < 0 && server_make_data(sv, e) < 0)
		return -1;
	server_drop_stale_pid(sv);
	for (;;) {
		sv->log_from = stat(sv->log, &log) == 0 ? (long)log.st_size : 0;
		if (run_pg_ctl(sv, &up, e) < 0)
			return -1;
		if (up)
			return 0;
		server_last_words(sv, why, sizeof(why));
		/* killed with SIGKILL, a server leaves children for a moment */
		if (!strstr(why, "still in use") && !strstr(why, "lock file"))
			break;
		if (time(NULL) - began > STALE_SECONDS)
			break;
		pause_ms(500);
	}
	return err_set(e, ERR_TEMP, "the private server in %s does not start: %s (more in %s)",
		       sv->dir, why, sv->log);
}

int server_start(struct server *sv, struct err *e)
{
	int fd = -1;

	if (strlen(sv->socket) + SOCKET_NAME_LEN > SOCKET_PATH_MAX)
		return err_set(e, ERR_CONFIG, "the socket's path %s is longer than the %d bytes "
			       "that a Unix socket takes", sv->socket, SOCKET_PATH_MAX);
	if (make_home(sv->dir, e) < 0 || own_folder(sv->dir, &sv->account, e) < 0 ||
	    check_way(sv, e) < 0 || lock(sv, &fd, e) < 0)
		return -1;
	int rc = own_folder(sv->socket, &sv->account, e);

	if (rc == 0)
		rc = start_locked(sv, e);
	close(fd);
	return rc;
}

int server_stop(struct server *sv, struct err *e)
{
	pid_t pid = sv->pid;

	if (!pid)
		return 0;
	if (kill(pid, SIGINT) < 0 && errno != ESRCH) /* "fast": ends sessions, then a checkpoint */
		return err_set(e, ERR_CONFIG, "can't stop the server (pid %d): %m", (int)pid);
	for (int i = 0; i < STOP_SECONDS * 20; i++) {
		if (!server_is_alive(pid)) {
			sv->pid = 0;
			rmdir(sv->socket);
			return 0;
		}
		/* a server that was just recovering from a crash may have missed it; at last
		 * SIGQUIT, "immediate", which costs a recovery and no data */
		if (i % 100 == 99)
			kill(pid, i < STOP_SECONDS * 15 ? SIGINT : SIGQUIT);
		pause_ms(50);
	}
	return err_set(e, ERR_TEMP, "the server (pid %d) did not stop within %d s", (int)pid,
		       STOP_SECONDS);
}
