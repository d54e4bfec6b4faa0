/*
 * Who held a lease, and is no more: a process that lives must never be taken for one that is gone,
 * also where /proc does not show the processes of others.
 */
#include "base/mem.h"
#include "cmd/owner.h"
#include "tests/unit/tap.h"

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t holder;

/* Another process that waits for its end; its name, the caller's. */
static char *begin_holder(void)
{
	char name[512] = "";
	int said[2];

	if (pipe(said) < 0)
		exit(1);
	holder = fork();
	if (holder == 0) {
		AUTO_FREE char *own = owner_new();

		if (write(said[1], own, strlen(own)) < 0)
			_exit(1);
		for (;;)
			pause();
	}
	ssize_t n = read(said[0], name, sizeof(name) - 1);

	close(said[0]);
	close(said[1]);
	return xstrndup(name, n > 0 ? (size_t)n : 0);
}

static void end_holder(void)
{
	kill(holder, SIGKILL);
	waitpid(holder, NULL, 0);
}

/* In a child: as nobody, under a /proc that shows nobody else's. 0: gone; 1: not; 77: can't try. */
static int asked_from_outside(const char *name)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		    mount("proc", "/proc", "proc", 0, "hidepid=2") < 0 || setgid(65534) < 0 ||
		    setuid(65534) < 0 || prctl(PR_SET_DUMPABLE, 1) < 0) /* its own /proc is its own */
			_exit(77);
		_exit(owner_is_gone(name) ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int main(void)
{
	AUTO_FREE char *name = begin_holder();
	AUTO_FREE char *with_time = xasprintf("%s until 2026-01-01 00:00:00 UTC", name);
	AUTO_FREE char *later = xasprintf("%s7", name);
	int outside = asked_from_outside(name);

	ok(!owner_is_gone(name) && !owner_is_gone(with_time), "one that lives");
	if (outside == 77)
		ok(true, "one that /proc hides # SKIP no mount here");
	else
		is_int(outside, 1, "one that /proc hides lives, too");
	ok(owner_is_gone(later), "its number is another process's now");
	ok(!owner_is_gone("host:1:-:2") && !owner_is_gone("host:1") && !owner_is_gone(""),
	   "one of which nothing is known");
	end_holder();
	ok(owner_is_gone(name) && owner_is_gone(with_time), "one that was killed");
	return tap_done();
}
