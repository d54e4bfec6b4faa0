#include "cmd/signals.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* A handler has no other way to be told: these two are global. */
static volatile sig_atomic_t asked;
static int wake_fd = -1;

static void handle(int sig)
{
	const unsigned long long one = 1;
	int saved = errno;

	(void)sig;
	asked = 1;
	/* the next one finds the default: it ends the process */
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	if (write(wake_fd, &one, sizeof(one)) < 0)
		asked = 1; /* poll is interrupted by the signal itself */
	errno = saved;
}

int signals_begin(void)
{
	struct sigaction sa = {.sa_handler = handle}, old;

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
