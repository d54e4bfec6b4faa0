/*
 * The command that prints a secret. A child of a process with threads: posix_spawn, a group of its
 * own so that all of it can be ended, and no wait for what it leaves behind (an agent that keeps
 * the pipe open).
 */
#include "base/mem.h"
#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COMPLAINT_MAX 300
#define LOOK_MS 50

extern char **environ;

struct child {
	pid_t pid;
	int seconds;              /* that it may take */
	int out, err;             /* our ends; -1: at their end */
	bool ended;
	int status;
	char *to;                 /* what it says, up to room - 1 bytes */
	size_t n, room;
	char complaint[COMPLAINT_MAX];
	size_t n_complaint;
};

static int start(struct child *c, const char *command)
{
	char *const argv[] = {(char[]){"sh"}, (char[]){"-c"}, (char *)(uintptr_t)command, NULL};
	int out[2], err[2] = {-1, -1}, rc;
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, all;

	if (pipe2(out, O_CLOEXEC) < 0)
		return errno;
	if (pipe2(err, O_CLOEXEC) < 0) {
		rc = errno;
		close(out[0]);
		close(out[1]);
		return rc;
	}
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, out[1], 1);
	posix_spawn_file_actions_adddup2(&files, err[1], 2);
	posix_spawnattr_init(&attr);
	/* Our threads block signals and ignore some; both would be inherited. */
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
				 POSIX_SPAWN_SETSIGDEF);
	rc = posix_spawn(&c->pid, "/bin/sh", &files, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	close(out[1]);
	close(err[1]);
	c->out = out[0];
	c->err = err[0];
	return rc;
}

static void shut(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* One read; what has no room is thrown away. */
static void take(int *fd, char *to, size_t *n, size_t room)
{
	char rest[512];
	bool full = *n + 1 >= room;
	ssize_t got = read(*fd, full ? rest : to + *n, full ? sizeof(rest) : room - 1 - *n);

	if (got > 0 && !full)
		*n += (size_t)got;
	if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN))
		shut(fd);
	explicit_bzero(rest, sizeof(rest));
}

/* Waits a moment, takes what is there. False: nothing was. */
static bool listen_to(struct child *c, int ms)
{
	struct pollfd p[2] = {{.fd = c->out, .events = POLLIN}, {.fd = c->err, .events = POLLIN}};
	int n = poll(p, 2, ms);

	if (n <= 0)
		return false;
	if (p[0].revents)
		take(&c->out, c->to, &c->n, c->room);
	if (p[1].revents)
		take(&c->err, c->complaint, &c->n_complaint, sizeof(c->complaint));
	return true;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Until it has ended and what it had said is read. */
static void hear_out(struct child *c)
{
	int64_t until = now_ms() + c->seconds * 1000LL;

	while (now_ms() < until) {
		bool heard = listen_to(c, c->ended ? 0 : LOOK_MS);

		if (c->ended && !heard)
			return;
		if (!c->ended && waitpid(c->pid, &c->status, WNOHANG) == c->pid)
			c->ended = true;
	}
	if (c->ended)
		return;
	kill(-c->pid, SIGKILL);
	while (waitpid(c->pid, &c->status, 0) < 0 && errno == EINTR)
		;
}

static int judge(struct child *c, const char *what, struct err *e)
{
	const char *says = c->n_complaint ? "; it says: " : "";

	c->to[c->n] = '\0';
	while (c->n_complaint && c->complaint[c->n_complaint - 1] == '\n')
		c->n_complaint--;
	c->complaint[c->n_complaint] = '\0';
	if (!c->ended)
		return err_set(e, ERR_TEMP, "%s: the command did not end within %d s%s%s", what,
			       c->seconds, says, c->complaint);
	if (WIFSIGNALED(c->status))
		return err_set(e, ERR_TEMP, "%s: the command was ended by signal %d%s%s", what,
			       WTERMSIG(c->status), says, c->complaint);
	/* 126, 127: what sh says of a command that it can't run or find. */
	if (WEXITSTATUS(c->status) != 0)
		return err_set(e, WEXITSTATUS(c->status) >= 126 ? ERR_CONFIG : ERR_TEMP,
			       "%s: the command failed with %d%s%s", what, WEXITSTATUS(c->status), says,
			       c->complaint);
	if (memchr(c->to, '\0', c->n))
		return err_set(e, ERR_CONFIG, "%s: the command printed a NUL byte", what);
	c->n = strcspn(c->to, "\r\n");
	if (c->n == c->room - 1)
		return err_set(e, ERR_CONFIG, "%s: the command printed a line over %d bytes: no secret",
			       what, SECRET_MAX);
	if (c->n == 0)
		return err_set(e, ERR_CONFIG, "%s: the command printed nothing on its first line%s%s",
			       what, says, c->complaint);
	c->to[c->n] = '\0';
	return 0;
}

int secret_command(const char *command, const char *what, int seconds, char *to, size_t room,
		   struct err *e)
{
	struct child c = {.out = -1, .err = -1, .seconds = seconds, .to = to, .room = room};
	int rc = start(&c, command);

	if (rc)
		err_set(e, ERR_TEMP, "%s: the command does not start: %s", what, strerror(rc));
	else
		hear_out(&c);
	shut(&c.out);
	shut(&c.err);
	return rc ? -1 : judge(&c, what, e);
}
