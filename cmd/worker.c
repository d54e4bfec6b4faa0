#include "cmd/worker.h"
#include "base/buf.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

/* Jobs a worker has at once: enough that it never waits while the parent asks the database. */
#define AHEAD_JOBS 256
#define AHEAD_BYTES (512 << 10)

#define IN_SIZE (256 << 10)
#define SECOND 1000000000LL
#define EXIT_EXEC_FAILED 127

struct passing { /* a descriptor that goes out with the byte at `at` of out */
	size_t at;
	int fd;
};

struct worker {
	pid_t pid;
	int fd;
	bool alone, proved;
	struct seat seat;
	struct frame_check *check;
	struct job_list jobs;
	size_t n_jobs;
	int64_t n_bytes;
	struct buf out;
	size_t sent;
	struct passing *passing;
	size_t n_passing, passing_cap;
	int64_t test_wall;      /* ns; tests don't wait for minutes */
	int64_t oldest_since;   /* when the oldest job became it */
	uint64_t oldest_heard;  /* bytes of frames about it */
	size_t in_len;
	uint8_t in[IN_SIZE];
};

int64_t job_weight(const struct job *j)
{
	return j->bytes ? j->size : j->fd >= 0 ? LIMIT_INLINE : 0;
}

void job_push(struct job_list *l, struct job *j)
{
	if (!l->tail)
		l->tail = &l->first;
	j->next = NULL;
	*l->tail = j;
	l->tail = &j->next;
}

void job_push_front(struct job_list *l, struct job_list *more)
{
	if (!more->first)
		return;
	*more->tail = l->first;
	if (!l->first)
		l->tail = more->tail;
	l->first = more->first;
	*more = (struct job_list){0};
}

struct job *job_pop(struct job_list *l)
{
	struct job *j = l->first;

	if (!j)
		return NULL;
	l->first = j->next;
	if (!l->first)
		l->tail = &l->first;
	j->next = NULL;
	return j;
}

/* ---- start ---- */

/* In the child, between fork and exec: async-signal-safe calls only. */
static void become(const char *path, int sock)
{
	char *argv[] = {(char *)(uintptr_t)"ruadb-parse", NULL}, *envp[] = {NULL};
	sigset_t none;

	if (dup2(sock, 0) < 0)
		_exit(EXIT_EXEC_FAILED);
	/* Even standard error is closed: nothing that strangers wrote gets out but in frames. */
	if (close_range(1, ~0U, 0) < 0)
		for (int fd = 1; fd < 4096; fd++)
			close(fd);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	/* Ctrl-C on a terminal is for the parent, which ends its workers itself. */
	setpgid(0, 0);
	/* A parent that was killed leaves nobody behind. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	execve(path, argv, envp);
	_exit(EXIT_EXEC_FAILED);
}

int worker_start(const char *path, const struct frame_handler *h, void *owner,
		 struct worker **ret_w, struct err *e)
{
	struct frame_handler own = *h;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return err_set(e, ERR_TEMP, "socketpair: %s", strerror(errno));

	pid_t pid = fork();

	if (pid == 0)
		become(path, pair[1]);
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return err_set(e, ERR_TEMP, "fork: %s", strerror(errno));
	}
	int flags = fcntl(pair[0], F_GETFL);

	if (flags < 0 || fcntl(pair[0], F_SETFL, flags | O_NONBLOCK) < 0)
		abort();

	struct worker *w = xmalloc(sizeof(*w));

	/* not the pages of `in`: they stay untouched until they are used */
	memset(w, 0, offsetof(struct worker, in));
	w->pid = pid;
	w->fd = pair[0];
	w->seat.owner = owner;
	own.ctx = &w->seat;
	w->check = frame_check_new(&own);
	if (getenv("RUADB_TEST_WALL_SECONDS"))
		w->test_wall = strtoll(getenv("RUADB_TEST_WALL_SECONDS"), NULL, 10) * SECOND;
	*ret_w = w;
	return 0;
}

/* ---- giving ---- */

bool worker_wants(const struct worker *w)
{
	return !w->alone && w->n_jobs <= AHEAD_JOBS / 2 && w->n_bytes <= AHEAD_BYTES / 2;
}

bool worker_takes(const struct worker *w)
{
	return !w->alone && w->n_jobs < AHEAD_JOBS && w->n_bytes < AHEAD_BYTES;
}

bool worker_idle(const struct worker *w)
{
	return w->n_jobs == 0;
}

int64_t worker_load(const struct worker *w)
{
	/* a small report is as much work as some KB of a large one */
	return w->n_bytes + (int64_t)w->n_jobs * 4096;
}

/* A large item fills a worker: what would queue behind it goes to others. */
static int64_t weight(const struct job *j)
{
	return j->size < AHEAD_BYTES ? j->size : AHEAD_BYTES;
}

static void oldest_changed(struct worker *w, int64_t now)
{
	w->seat.job = w->jobs.first;
	w->oldest_since = now;
	w->oldest_heard = 0;
	if (w->seat.job)
		frame_check_expect(w->check, w->seat.job->id);
}

static void pass(struct worker *w, size_t at, int fd)
{
	if (w->n_passing == w->passing_cap) {
		w->passing_cap = w->passing_cap ? w->passing_cap * 2 : 8;
		w->passing = xrealloc(w->passing, w->passing_cap * sizeof(*w->passing));
	}
	w->passing[w->n_passing++] = (struct passing){at, fd};
}

void worker_give(struct worker *w, struct job *j, int64_t now)
{
	const char *p = j->bytes;
	size_t left = p ? (size_t)j->size : 0;
	size_t at = frame_begin(&w->out, FRAME_ITEM, j->id);

	if (!p)
		pass(w, at, j->fd);
	frame_put_item(&w->out, !p, (uint64_t)j->size, j->trust, j->log);
	frame_finish(&w->out, at);
	while (left) {
		size_t n = left < LIMIT_FRAME ? left : LIMIT_FRAME;

		at = frame_begin(&w->out, FRAME_DATA, j->id);
		buf_add(&w->out, p, n);
		frame_finish(&w->out, at);
		p += n;
		left -= n;
	}
	job_push(&w->jobs, j);
	w->n_jobs++;
	w->n_bytes += weight(j);
	if (w->n_jobs == 1)
		oldest_changed(w, now);
}

/* One sendmsg: up to the next descriptor, or with it up to the one after. */
static ssize_t send_some(struct worker *w)
{
	size_t next = w->n_passing, to = w->out.len;
	int fd = -1;

	if (w->n_passing && w->passing[0].at == w->sent) {
		fd = w->passing[0].fd;
		next = 1;
	} else if (w->n_passing) {
		next = 0;
	}
	if (next < w->n_passing)
		to = w->passing[next].at;

	struct iovec iov = {w->out.p + w->sent, to - w->sent};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control;

	if (fd >= 0) {
		memset(&control, 0, sizeof(control));
		m.msg_control = control.room;
		m.msg_controllen = sizeof(control.room);
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);

		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(int));
	}
	ssize_t n = sendmsg(w->fd, &m, MSG_NOSIGNAL);

	if (n > 0 && fd >= 0) {
		w->n_passing--;
		memmove(w->passing, w->passing + 1, w->n_passing * sizeof(*w->passing));
	}
	return n;
}

static void forget_sent(struct worker *w)
{
	memmove(w->out.p, w->out.p + w->sent, w->out.len - w->sent);
	for (size_t i = 0; i < w->n_passing; i++)
		w->passing[i].at -= w->sent;
	w->out.len -= w->sent;
	w->sent = 0;
}

void worker_send(struct worker *w)
{
	while (w->sent < w->out.len) {
		ssize_t n = send_some(w);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			w->sent = w->out.len; /* it is gone: worker_hear says so */
		if (n < 0)
			break;
		w->sent += (size_t)n;
	}
	if (w->sent == w->out.len) {
		w->sent = w->out.len = 0;
		w->n_passing = 0;
	} else if (w->sent >= AHEAD_BYTES) {
		forget_sent(w);
	}
}

int worker_fd(const struct worker *w)
{
	return w->fd;
}

bool worker_has_output(const struct worker *w)
{
	return w->sent < w->out.len;
}

/* ---- hearing ---- */

static int take_frames(struct worker *w, int64_t now, void (*done)(void *ctx, struct job *j),
		       void *ctx, struct err *e)
{
	size_t at = 0, used;
	struct frame f;
	int got;

	while ((got = frame_next(w->in + at, w->in_len - at, &f, &used, e)) == 1) {
		at += used;
		w->oldest_heard += used;
		if (!w->seat.job)
			return err_set(e, ERR_BUG, "the parser speaks without being asked");
		if (frame_check_feed(w->check, &f, e) < 0)
			return -1;
		w->proved = true;
		if (f.type == FRAME_ITEM_END) {
			struct job *j = job_pop(&w->jobs);

			w->n_jobs--;
			w->n_bytes -= weight(j);
			oldest_changed(w, now);
			done(ctx, j);
		}
	}
	if (got < 0)
		return -1;
	memmove(w->in, w->in + at, w->in_len - at);
	w->in_len -= at;
	return 0;
}

int worker_hear(struct worker *w, int64_t now, void (*done)(void *ctx, struct job *j),
		void *ctx, struct err *e)
{
	for (;;) {
		ssize_t n = recv(w->fd, w->in + w->in_len, IN_SIZE - w->in_len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return 1;
		if (n <= 0)
			return 0;
		w->in_len += (size_t)n;
		if (take_frames(w, now, done, ctx, e) < 0)
			return -1;
		/* A full buffer was not all: others want to be heard, too, so poll comes first. */
		return 1;
	}
}

/*
 * Four times the CPU time that the item may use. What came out of it is not known before it ends;
 * frames are at least an eighth of the XML they are made of, in all reports that we have seen.
 */
int64_t worker_deadline(const struct worker *w)
{
	if (!w->seat.job)
		return INT64_MAX;
	if (w->test_wall)
		return w->oldest_since + w->test_wall;
	int64_t out = (int64_t)w->oldest_heard * 8;

	if (out < w->seat.job->size)
		out = w->seat.job->size;
	if (out > LIMIT_LOG_OUTPUT)
		out = LIMIT_LOG_OUTPUT;
	return w->oldest_since + SECOND * LIMIT_WALL_FACTOR *
		(LIMIT_CPU_SECONDS + LIMIT_CPU_SECONDS_PER_100MB * out / 100000000);
}

void worker_excuse(struct worker *w, int64_t ns)
{
	w->oldest_since += ns;
}

bool worker_proved(const struct worker *w)
{
	return w->proved;
}

void worker_set_alone(struct worker *w, bool alone)
{
	w->alone = alone;
}

/* ---- the end ---- */

/*
 * Near the limit of memory: it said so (71), or it crashed while it had, at any time of its life,
 * three quarters of what it may have. Libraries that can't allocate often end by a signal.
 */
static bool out_of_memory(int status, const struct rusage *ru)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == EX_OSERR)
		return true;
	return (int64_t)ru->ru_maxrss * 1024 >= LIMIT_WORKER_MEMORY / 4 * 3;
}

static enum end_cause judge(int status, const struct rusage *ru, struct err *e)
{
	int sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	if (out_of_memory(status, ru)) {
		err_set(e, ERR_LIMIT, "the parser ran out of memory (%lld MB)",
			LIMIT_WORKER_MEMORY >> 20);
		return END_LIMIT;
	}
	if (sig == SIGXCPU) {
		err_set(e, ERR_LIMIT, "the parser ran out of CPU time");
		return END_LIMIT;
	}
	if (sig == SIGKILL || sig == SIGTERM || sig == SIGINT || sig == SIGHUP) {
		err_set(e, ERR_TEMP, "the parser was killed from outside (signal %d)", sig);
		return END_OUTSIDE;
	}
	if (sig) {
		err_set(e, ERR_BUG, "the parser crashed (signal %d, %s)", sig, strsignal(sig));
		return END_BUG;
	}
	int code = WEXITSTATUS(status);

	if (code == EXIT_EXEC_FAILED || code == EX_CONFIG) {
		err_set(e, ERR_CONFIG, "ruadb-parse can't run here (exit status %d)", code);
		return END_CONFIG;
	}
	err_set(e, ERR_BUG, "the parser ended in the middle (exit status %d)", code);
	return END_BUG;
}

/*
 * Waits for its end, up to two seconds: its end of the socket closes a moment before there is a
 * status to fetch. 0: it still runs.
 */
static pid_t wait_for(struct worker *w, int *ret_status, struct rusage *ret_ru)
{
	const struct timespec bit = {0, 1000000};
	pid_t got = 0;

	for (int i = 0; i < 2000 && got == 0; i++) {
		if (i)
			nanosleep(&bit, NULL);
		got = wait4(w->pid, ret_status, WNOHANG, ret_ru);
	}
	return got;
}

enum end_cause worker_end(struct worker *w, bool gone, struct job_list *ret_left, struct err *e)
{
	struct rusage ru = {0};
	int status = 0;
	bool killed = false;

	*ret_left = (struct job_list){0};
	while (w->jobs.first)
		job_push(ret_left, job_pop(&w->jobs));
	if (!gone)
		kill(w->pid, SIGKILL);
	else
		shutdown(w->fd, SHUT_RDWR);
	if (wait_for(w, &status, &ru) == 0) {
		killed = true;
		kill(w->pid, SIGKILL);
		while (wait4(w->pid, &status, 0, &ru) < 0 && errno == EINTR)
			;
	}
	close(w->fd);
	frame_check_free(w->check);
	buf_free(&w->out);
	free(w->passing);
	free(w);
	if (killed) {
		err_set(e, ERR_BUG, "the parser hung up without ending");
		return END_BUG;
	}
	return judge(status, &ru, e);
}
