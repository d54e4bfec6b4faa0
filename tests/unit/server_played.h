/*
 * server_played - a server on loopback that plays what a test wrote: a thread that takes one
 * connection after the other and answers line by line. IMAP, or HTTP with one answer a connection.
 */
#ifndef TESTS_SERVER_PLAYED_H
#define TESTS_SERVER_PLAYED_H

#include "base/buf.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define PLAY_LINES 12

/* One connection. '$' in an answer stands for the tag of the last line that had one. */
struct play {
	const char *greeting;             /* NULL: says nothing, and waits for the other to go */
	const char *answers[PLAY_LINES];  /* to each line that comes; NULL: closes */
	bool trickle;                     /* a byte at a time */
	bool http;                        /* answers[0] to a request with a body */
	size_t flood;                     /* says so many bytes before it hears so many again */
};

#define PLAY(hello, ...) (struct play){.greeting = (hello), .answers = {__VA_ARGS__}}

struct played {
	int listener, port;
	const struct play *plays;
	int n, taken;                     /* connections */
	struct buf heard;                 /* lines, each with '\n'; of HTTP the bodies */
	pthread_t thread;
};

static void played_say(int fd, const char *text, const char *tag, bool trickle)
{
	for (; *text; text++) {
		const char *p = *text == '$' ? tag : text;
		size_t n = *text == '$' ? strlen(tag) : trickle ? 1 : strcspn(text, "$");

		if (send(fd, p, n, MSG_NOSIGNAL) < 0)
			return;
		if (*text != '$')
			text += n - 1;
		if (trickle)
			usleep(200);
	}
}

/* One line without its end; false: closed. */
static bool played_line(int fd, struct buf *line)
{
	char c;

	line->len = 0;
	while (recv(fd, &c, 1, 0) == 1) {
		if (c == '\n') {
			buf_cstr(line);
			return true;
		}
		if (c != '\r')
			buf_addc(line, c);
	}
	return false;
}

static void played_imap(struct played *s, const struct play *p, int fd)
{
	struct buf line = {0};
	char tag[32] = "";

	played_say(fd, p->greeting, "", p->trickle);
	for (int i = 0; i < PLAY_LINES && p->answers[i] && played_line(fd, &line); i++) {
		buf_adds(&s->heard, line.p);
		buf_addc(&s->heard, '\n');
		/* What continues a command has no blank, or the tag of nothing. */
		if (strchr(line.p, ' ') && strcspn(line.p, " ") < sizeof(tag))
			snprintf(tag, sizeof(tag), "%.*s", (int)strcspn(line.p, " "), line.p);
		played_say(fd, p->answers[i], tag, p->trickle);
	}
	buf_free(&line);
}

static void played_http(struct played *s, const struct play *p, int fd)
{
	struct buf line = {0};
	size_t length = 0;
	char c;

	while (played_line(fd, &line) && line.len)
		if (strncasecmp(line.p, "Content-Length:", 15) == 0)
			length = strtoul(line.p + 15, NULL, 10);
	while (length-- && recv(fd, &c, 1, 0) == 1)
		buf_addc(&s->heard, c);
	buf_addc(&s->heard, '\n');
	played_say(fd, p->answers[0], "", false);
	buf_free(&line);
}

static void played_flood(const struct play *p, int fd)
{
	char bytes[4096];
	int small = 4096;

	memset(bytes, 'x', sizeof(bytes));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	for (size_t n = 0; n < p->flood; n += sizeof(bytes))
		if (send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL) < 0)
			return;
	while (recv(fd, bytes, sizeof(bytes), 0) > 0)
		;
}

static void *played_run(void *ctx)
{
	struct played *s = ctx;

	for (int i = 0; i < s->n; i++) {
		const struct play *p = &s->plays[i];
		int fd = accept(s->listener, NULL, NULL);
		char c;

		if (fd < 0)
			return NULL;
		s->taken++;
		if (p->http)
			played_http(s, p, fd);
		else if (p->greeting)
			played_imap(s, p, fd);
		if (p->flood)
			played_flood(p, fd);
		/* Open until the other goes, where nothing says that we close. */
		while (!p->greeting && !p->http && recv(fd, &c, 1, 0) == 1)
			;
		close(fd);
	}
	return NULL;
}

/* plays outlive it. */
__attribute__((unused)) static bool played_start(struct played *s, const struct play *plays, int n)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(at);

	*s = (struct played){.plays = plays, .n = n};
	s->listener = socket(AF_INET, SOCK_STREAM, 0);
	if (s->listener < 0 || bind(s->listener, (struct sockaddr *)&at, len) < 0 ||
	    listen(s->listener, 8) < 0 ||
	    getsockname(s->listener, (struct sockaddr *)&at, &len) < 0)
		return false;
	s->port = ntohs(at.sin_port);
	return pthread_create(&s->thread, NULL, played_run, s) == 0;
}

/* Connections that nobody made are not waited for. *s->heard stays: buf_free. */
__attribute__((unused)) static void played_end(struct played *s)
{
	shutdown(s->listener, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	close(s->listener);
	buf_cstr(&s->heard);
}

#endif
