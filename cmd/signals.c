#include "cmd/signals.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* A handler has no other way to be told: these are global. */
static volatile sig_atomic_t asked, reload;
static int wake_fd = -1;

static void handle(int sig)
{
	const unsigned long long one = 1;
	int saved = errno;

	if (sig == SIGHUP) {
		reload = 1;
	} else {
		asked = 1;
		/* the next one finds the default: it ends the process */
		signal(SIGINT, SIG_DFL);
		signal(SIGTERM, SIG_DFL);
	}
	if (write(wake_fd, &one, sizeof(one)) < 0)
		errno = saved; /* poll is interrupted by the signal itself */
	errno = saved;
}

int signals_begin(void)
{
	struct sigaction sa = {.sa_handler = handle}, old;

	if (wake_fd >= 0)
		return wake_fd;
	wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (wake_fd < 0)
		abort();
	sigemptyset(&sa.sa_mask);
	/* `nohup` and shells in the background ignore SIGINT: it stays so */
	if (sigaction(SIGINT, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
		sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	return wake_fd;
}

bool signals_stop_asked(void)
{
	return asked;
}

void signals_want_reload(void)
{
	struct sigaction sa = {.sa_handler = handle};

	signals_begin();
	sigemptyset(&sa.sa_mask);
	sigaction(SIGHUP, &sa, NULL);
}

bool signals_reload_asked(void)
{
	uint64_t ignored;

	if (!reload)
		return false;
	reload = 0;
	/* an end that was asked for meanwhile is asked for still: whoever polls looks at that first */
	if (read(wake_fd, &ignored, sizeof(ignored)) < 0)
		return true;
	return true;
}
