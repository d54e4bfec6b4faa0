#include "store/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PASSWD_BYTES 16384 /* an entry with all its texts */

/* The _r kind, here and below: several threads connect. */
static bool by_name(const char *name, struct service_account *ret)
{
	AUTO_FREE char *texts = xmalloc(PASSWD_BYTES);
	struct passwd entry, *pw = NULL;

	if (getpwnam_r(name, &entry, texts, PASSWD_BYTES, &pw) != 0 || !pw || pw->pw_uid == 0)
		return false;
	ret->uid = pw->pw_uid;
	ret->gid = pw->pw_gid;
	snprintf(ret->name, sizeof(ret->name), "%s", name);
	return true;
}

static void oneself(struct service_account *ret)
{
	AUTO_FREE char *texts = xmalloc(PASSWD_BYTES);
	struct passwd entry, *pw = NULL;
	bool found = getpwuid_r(geteuid(), &entry, texts, PASSWD_BYTES, &pw) == 0 && pw;

	ret->uid = geteuid();
	ret->gid = getegid();
	snprintf(ret->name, sizeof(ret->name), "%s", found ? pw->pw_name : "this user");
}

int account_find(struct service_account *ret, struct err *e)
{
	if (geteuid() != 0) {
		oneself(ret);
		return 0;
	}
	if (by_name("ruadb", ret) || by_name("postgres", ret))
		return 0;
	return err_set(e, ERR_CONFIG, "PostgreSQL does not run as root, and there is neither an "
		       "account ruadb nor postgres to run it: useradd --system ruadb");
}

static void child_environment(void)
{
	const char *path = getenv("PATH");
	AUTO_FREE char *keep = xstrdup(path ? path : "/usr/bin:/bin");

	clearenv();
	setenv("PATH", keep, 1);
	setenv("LC_ALL", "C.UTF-8", 1);
	setenv("TZ", "UTC", 1);
}

static int open_at(int fd, const char *path, int flags)
{
	int got = open(path, flags, 0600);

	if (got < 0 || (got != fd && dup2(got, fd) < 0))
		return -1;
	return 0;
}

static void __attribute__((noreturn)) child(const struct service_account *a, const char *const argv[],
					    const char *input, const char *log)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	setsid();
	umask(077);
	if (geteuid() == 0 && a->uid != 0 &&
	    (setgroups(0, NULL) < 0 || setgid(a->gid) < 0 || setuid(a->uid) < 0))
		_exit(126);
	if (open_at(0, input ? input : "/dev/null", O_RDONLY) < 0 ||
	    open_at(1, log, O_WRONLY | O_APPEND | O_CREAT) < 0 || dup2(1, 2) < 0 ||
	    chdir("/") < 0)
		_exit(126);
	close_range(3, ~0U, 0);
	child_environment();
	execv(argv[0], (char *const *)argv);
	_exit(127);
}

int spawn_run(const struct service_account *a, const char *const argv[], const char *input,
	      const char *log, int *ret_status, struct err *e)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		return err_set(e, ERR_TEMP, "can't start %s: %m", argv[0]);
	if (pid == 0)
		child(a, argv, input, log);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_set(e, ERR_TEMP, "can't wait for %s: %m", argv[0]);
	*ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return 0;
}

bool spawn_capture(const char *const argv[], struct buf *ret_out)
{
	int fds[2], status = -1;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return false;
	pid_t pid = fork();

	if (pid == 0) {
		dup2(fds[1], 1);
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	close(fds[1]);
	for (ssize_t n = 1; pid > 0 && n > 0;) {
		n = read(fds[0], buf_room(ret_out, 256), 256);
		ret_out->len += n > 0 ? (size_t)n : 0;
	}
	close(fds[0]);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
