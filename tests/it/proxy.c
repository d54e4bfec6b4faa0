/*
 * proxy - a TCP proxy on loopback that makes a network as bad as a test wants it.
 *
 *   proxy LISTEN TARGET [OPTION...]     ports; LISTEN 0 takes a free one
 *     delay MS        each byte is that late, in each direction (a round trip: twice)
 *     trickle         each byte in a segment of its own, a byte every 0.2 ms at most
 *     cut up|down BYTES       cuts the connection once so many bytes went to (up) or from (down)
 *                             the server, counted for each connection
 *     cut up|down TEXT N      behind the N-th time that TEXT went by (N 1: the first), for each
 *                             connection; what TEXT stands in goes no further than its end
 *     times K         only the first K connections are cut, later ones are let through; default all
 *     hold up|down TEXT       does not cut: from TEXT on nothing is forwarded, and nothing closed
 *     run up|down TEXT COMMAND  the first time that TEXT goes by: runs `sh -c COMMAND` and waits for
 *                     it before anything goes on
 *     say TEXT        at the cut of `down`, sends TEXT (with CRLF) to the client before
 *     close           refuses: each connection is accepted and closed
 *
 * Prints the port it listens on, then one line a connection when it ends: "up N down N" and "cut"
 * if it was. Ends on SIGTERM.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOST 64           /* connections at once */
#define QUEUE (8 << 20)   /* bytes on their way, one direction */
#define PIECE 65536
#define TRICKLE_NS 200000

enum direction { UP, DOWN };

struct piece {
	int64_t due;
	size_t len, sent;
	struct piece *next;
	char bytes[];
};

struct stream {
	struct piece *first, **tail;
	size_t queued;
	uint64_t through;     /* bytes read */
	size_t matched;       /* of the text */
	unsigned seen;        /* times it went by */
	bool ended, held, shut; /* no more will come; no more goes on; told the other side */
	int64_t next;         /* trickle: not before */
};

struct connection {
	int fd[2];            /* [UP]: the client's, read for UP; [DOWN]: the server's */
	struct stream s[2];
	bool open, cut, may_cut, closing;
};

static struct {
	int64_t delay_ns;
	bool trickle, refuse, hold, do_cut;
	const char *command; /* of run; then text and where are its */
	enum direction where;
	uint64_t at_bytes;
	const char *text, *say;
	unsigned nth;
	long times;
} o = {.times = -1};

static struct connection all[MOST];
static long n_cut;

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void die(const char *what)
{
	fprintf(stderr, "proxy: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void queue_add(struct stream *s, const char *p, size_t n, int64_t due)
{
	struct piece *x = malloc(sizeof(*x) + n);

	if (!x)
		die("memory");
	*x = (struct piece){.due = due, .len = n};
	memcpy(x->bytes, p, n);
	*(s->first ? s->tail : &s->first) = x;
	s->tail = &x->next;
	s->queued += n;
}

static void queue_drop(struct stream *s)
{
	while (s->first) {
		struct piece *x = s->first;

		s->first = x->next;
		free(x);
	}
	s->queued = 0;
}

/* How many of the bytes are let through; fewer: here it is cut, or held. */
static size_t look(struct connection *c, enum direction d, const char *p, size_t n)
{
	struct stream *s = &c->s[d];

	if (!(o.do_cut || o.hold || o.command) || d != o.where || !c->may_cut)
		return n;
	if (!o.text)
		return s->through + n < o.at_bytes ? n : (size_t)(o.at_bytes - s->through);
	for (size_t i = 0; i < n; i++) {
		if (p[i] == o.text[s->matched])
			s->matched++;
		else
			s->matched = p[i] == o.text[0];
		if (!o.text[s->matched]) {
			s->matched = 0;
			if (++s->seen == o.nth)
				return i + 1;
		}
	}
	return n;
}

static void run(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", o.command, (char *)NULL);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	o.command = NULL;
}

static void take(struct connection *c, enum direction d, char *p, size_t n)
{
	struct stream *s = &c->s[d];
	int64_t due = now_ns() + o.delay_ns;
	size_t let = s->held ? 0 : look(c, d, p, n);

	if (o.command && d == o.where && s->seen == o.nth) {
		run();
		let = n;
	}
	bool reached = !s->held && c->may_cut && d == o.where && (o.do_cut || o.hold) &&
		       (let < n || (o.text ? s->seen == o.nth && s->matched == 0 : s->through + n >= o.at_bytes));

	s->through += n;
	if (let)
		queue_add(s, p, let, due);
	if (!reached)
		return;
	if (o.hold) {
		s->held = true;
		return;
	}
	if (o.say) {
		queue_add(&c->s[DOWN], o.say, strlen(o.say), due);
		queue_add(&c->s[DOWN], "\r\n", 2, due);
	}
	c->cut = c->closing = true;
	n_cut++;
}

static void end(struct connection *c)
{
	printf("up %llu down %llu%s\n", (unsigned long long)c->s[UP].through,
	       (unsigned long long)c->s[DOWN].through, c->cut ? " cut" : "");
	fflush(stdout);
	for (int d = 0; d < 2; d++) {
		queue_drop(&c->s[d]);
		close(c->fd[d]);
	}
	c->open = false;
}

/* Reads what direction d brings. */
static void hear(struct connection *c, enum direction d)
{
	static char piece[PIECE];
	ssize_t n = read(c->fd[d], piece, sizeof(piece));

	if (n > 0)
		take(c, d, piece, (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		c->s[d].ended = true;
}

/* Sends what is due. */
static void send_due(struct connection *c, enum direction d, int64_t now)
{
	struct stream *s = &c->s[d];
	int to = c->fd[!d];

	while (s->first && s->first->due <= now && s->next <= now) {
		struct piece *x = s->first;
		size_t want = o.trickle ? 1 : x->len - x->sent;
		ssize_t n = send(to, x->bytes + x->sent, want, MSG_NOSIGNAL);

		if (n < 0) {
			if (errno != EAGAIN && errno != EINTR) {
				queue_drop(s);
				s->ended = true;
				c->closing = true;
			}
			return;
		}
		x->sent += (size_t)n;
		s->queued -= (size_t)n;
		if (o.trickle)
			s->next = now + TRICKLE_NS;
		if (x->sent == x->len) {
			s->first = x->next;
			free(x);
		}
	}
	if (s->ended && !s->first && !s->shut) {
		shutdown(to, SHUT_WR);
		s->shut = true;
	}
}

static int port_of(int fd)
{
	struct sockaddr_in a;
	socklen_t n = sizeof(a);

	if (getsockname(fd, (struct sockaddr *)&a, &n) < 0)
		die("getsockname");
	return ntohs(a.sin_port);
}

static int loopback(int port, bool listening)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port),
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(fd, IPPROTO_TCP, 1 /* TCP_NODELAY */, &one, sizeof(one));
	if (listening ? bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(fd, 64) < 0
		      : connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
		if (listening)
			die("listen");
		close(fd);
		return -1;
	}
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

static void begin(int listener, int target)
{
	int one = 1, client = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (client < 0)
		return;
	int server = o.refuse ? -1 : loopback(target, false);

	for (int i = 0; server >= 0 && i < MOST; i++)
		if (!all[i].open) {
			setsockopt(client, IPPROTO_TCP, 1, &one, sizeof(one));
			all[i] = (struct connection){.fd = {client, server}, .open = true,
				.may_cut = o.times < 0 || n_cut < o.times};
			return;
		}
	close(client);
	if (server >= 0)
		close(server);
}

/* What it waits for, and how long at most. */
static size_t gather(struct pollfd *fds, int64_t now, int *ret_ms)
{
	int64_t due = INT64_MAX;
	size_t n = 1;

	for (int i = 0; i < MOST; i++)
		for (int d = 0; d < 2; d++) {
			struct connection *c = &all[i];
			struct stream *in = &c->s[d], *out = &c->s[!d];

			fds[n] = (struct pollfd){.fd = c->open ? c->fd[d] : -1};
			if (c->open && !in->ended && !c->closing && in->queued < QUEUE)
				fds[n].events |= POLLIN;
			if (c->open && out->first) {
				int64_t at = out->first->due > out->next ? out->first->due : out->next;

				if (at <= now)
					fds[n].events |= POLLOUT;
				else if (at < due)
					due = at;
			}
			if (!fds[n].events)
				fds[n].fd = -1;
			n++;
		}
	*ret_ms = due == INT64_MAX ? 1000 : (int)((due - now) / 1000000);
	return n;
}

static void serve(int listener, int target)
{
	struct pollfd fds[1 + 2 * MOST];

	for (;;) {
		int64_t now = now_ns();
		int ms;
		size_t n = gather(fds, now, &ms);

		fds[0] = (struct pollfd){.fd = listener, .events = POLLIN};
		/* below a millisecond poll would sleep too long */
		if (poll(fds, n, ms) < 0 && errno != EINTR)
			die("poll");
		now = now_ns();
		for (int i = 0; i < MOST; i++) {
			struct connection *c = &all[i];

			for (int d = 0; d < 2 && c->open; d++)
				if (fds[1 + 2 * i + d].revents & (POLLIN | POLLHUP | POLLERR) &&
				    fds[1 + 2 * i + d].events & POLLIN)
					hear(c, (enum direction)d);
			for (int d = 0; d < 2 && c->open; d++)
				send_due(c, (enum direction)d, now);
			if (c->open && ((c->closing && !c->s[UP].first && !c->s[DOWN].first) ||
					(c->s[UP].shut && c->s[DOWN].shut)))
				end(c);
		}
		if (fds[0].revents)
			begin(listener, target);
	}
}

static void options(int argc, char **argv)
{
	for (int i = 3; i < argc; i++) {
		bool cut = !strcmp(argv[i], "cut"), hold = !strcmp(argv[i], "hold");

		if (!strcmp(argv[i], "delay") && i + 1 < argc) {
			o.delay_ns = strtoll(argv[++i], NULL, 10) * 1000000;
		} else if (!strcmp(argv[i], "trickle")) {
			o.trickle = true;
		} else if (!strcmp(argv[i], "close")) {
			o.refuse = true;
		} else if (!strcmp(argv[i], "times") && i + 1 < argc) {
			o.times = strtol(argv[++i], NULL, 10);
		} else if (!strcmp(argv[i], "say") && i + 1 < argc) {
			o.say = argv[++i];
		} else if (!strcmp(argv[i], "run") && i + 3 < argc) {
			o.where = !strcmp(argv[++i], "up") ? UP : DOWN;
			o.text = argv[++i];
			o.nth = 1;
			o.command = argv[++i];
		} else if ((cut || hold) && i + 2 < argc) {
			char *rest;

			o.do_cut = cut;
			o.hold = hold;
			o.where = !strcmp(argv[++i], "up") ? UP : DOWN;
			o.at_bytes = strtoull(argv[++i], &rest, 10);
			o.nth = 1;
			if (*rest || !*argv[i]) {
				o.text = argv[i];
				if (cut && i + 1 < argc)
					o.nth = (unsigned)strtoul(argv[++i], NULL, 10);
			}
		} else {
			fprintf(stderr, "proxy: what is '%s'?\n", argv[i]);
			exit(64);
		}
	}
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		fputs("usage: proxy LISTEN TARGET [OPTION...]\n", stderr);
		return 64;
	}
	options(argc, argv);
	signal(SIGPIPE, SIG_IGN);

	int listener = loopback((int)strtol(argv[1], NULL, 10), true);

	printf("%d\n", port_of(listener));
	fflush(stdout);
	serve(listener, (int)strtol(argv[2], NULL, 10));
}
