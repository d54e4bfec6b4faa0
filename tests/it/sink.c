/*
 * sink - an SMTP server that answers as a script says, and keeps its own record of what it saw.
 *
 *   sink SCRIPT RECORD
 *
 * SCRIPT, a line each; # begins a comment:
 *   listen ADDRESS PORT
 *   on ADDRESS STAGE PATTERN TIMES ACTION     ADDRESS and PATTERN are globs, TIMES a number or *
 * STAGE is what was just done: greeting (connected), ehlo, mail, rcpt, data, end (of data). PATTERN
 * is matched with the envelope sender (mail) or the recipient (rcpt; data and end: the first one
 * that was accepted); else with "". TIMES counts for each rule and each text that it matched. The
 * first rule of that stage that matches and is not used up answers; without one 250, 354 or 220.
 * ACTION: a reply ("450 4.2.0 Greylisted"; "\n" in it makes it of several lines; 421 closes the
 * connection behind it), or `hang` (no answer, never), or `drop` (closes without one).
 *
 * RECORD: a line each, fields apart by tabs: time in microseconds since 1970, number of the
 * connection, address that was connected to, stage, text (sender, recipient, accepted recipients
 * with spaces between; the client's address for a greeting), Message-ID (end), answer as in the
 * script. `closed` ends a connection. Written before the client can have the answer.
 * Prints "ready" once it listens; ends on SIGTERM.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MOST 256          /* connections at once */
#define LISTENERS 64
#define RULES 256
#define LINE 4096
#define RCPTS 4096        /* bytes of the accepted recipients of a transaction */
#define COUNTS 16384

struct rule {
	char *address, *stage, *pattern, *action;
	long times;           /* -1: always */
};

struct listener {
	int fd;
	char address[INET_ADDRSTRLEN];
};

struct client {
	int fd;               /* -1: free */
	unsigned long no;
	const struct listener *at;
	bool in_data, hangs, closing;
	size_t len;
	char line[LINE];
	char peer[INET_ADDRSTRLEN];
	char rcpts[RCPTS];    /* accepted, with spaces between */
	char message_id[LINE];
};

static struct rule rules[RULES];
static struct listener listeners[LISTENERS];
static struct client clients[MOST];
static struct {
	size_t rule;
	char *text;
	long n;
} counts[COUNTS];
static size_t n_rules, n_listeners, n_counts;
static unsigned long n_connections;
static FILE *record;

static void die(const char *what, const char *why)
{
	fprintf(stderr, "sink: %s: %s\n", what, why);
	exit(1);
}

/* ---- the script ---- */

static char *word(char **line)
{
	char *p = *line + strspn(*line, " \t");
	size_t n = strcspn(p, " \t");

	*line = p[n] ? p + n + 1 : p + n;
	p[n] = '\0';
	return *p ? strdup(p) : NULL;
}

static void listen_at(char *rest)
{
	struct listener *l = &listeners[n_listeners];
	char *address = word(&rest), *port = word(&rest);
	struct sockaddr_in a = {.sin_family = AF_INET};
	int one = 1;

	if (!address || !port || n_listeners == LISTENERS || inet_pton(AF_INET, address, &a.sin_addr) != 1)
		die("listen", "ADDRESS PORT is wanted");
	a.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
	l->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(l->fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(l->fd, 128) < 0)
		die(address, strerror(errno));
	snprintf(l->address, sizeof(l->address), "%s", address);
	n_listeners++;
	free(address);
	free(port);
}

static void add_rule(char *rest)
{
	struct rule *r = &rules[n_rules];

	r->address = word(&rest);
	r->stage = word(&rest);
	r->pattern = word(&rest);
	char *times = word(&rest);

	if (!times || !*rest || n_rules == RULES)
		die("on", "ADDRESS STAGE PATTERN TIMES ACTION is wanted");
	r->times = strcmp(times, "*") ? strtol(times, NULL, 10) : -1;
	r->action = strdup(rest);
	n_rules++;
	free(times);
}

static void read_script(const char *path)
{
	FILE *in = fopen(path, "r");
	char line[LINE];

	if (!in)
		die(path, strerror(errno));
	while (fgets(line, sizeof(line), in)) {
		line[strcspn(line, "\r\n")] = '\0';
		if (!strncmp(line, "listen ", 7))
			listen_at(line + 7);
		else if (!strncmp(line, "on ", 3))
			add_rule(line + 3);
		else if (*line && *line != '#')
			die(line, "not understood");
	}
	fclose(in);
}

/* ---- what it answers ---- */

/* How often rule answered text; it did once more. */
static bool used_up(size_t rule, const char *text)
{
	size_t i = 0;

	if (rules[rule].times < 0)
		return false;
	while (i < n_counts && (counts[i].rule != rule || strcmp(counts[i].text, text) != 0))
		i++;
	if (i == COUNTS)
		die("counts", "too many");
	if (i == n_counts) {
		counts[i].rule = rule;
		counts[i].text = strdup(text);
		n_counts++;
	}
	return counts[i].n >= rules[rule].times || (counts[i].n++, false);
}

static const char *action_of(const struct client *c, const char *stage, const char *text,
			     const char *otherwise)
{
	for (size_t i = 0; i < n_rules; i++)
		if (!strcmp(rules[i].stage, stage) && !fnmatch(rules[i].address, c->at->address, 0) &&
		    !fnmatch(rules[i].pattern, text, 0) && !used_up(i, text))
			return rules[i].action;
	return otherwise;
}

static void note(const struct client *c, const char *stage, const char *text, const char *id,
		 const char *answer)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	fprintf(record, "%lld\t%lu\t%s\t%s\t%s\t%s\t%s\n",
		(long long)t.tv_sec * 1000000 + t.tv_nsec / 1000, c->no, c->at->address, stage, text, id,
		answer);
	fflush(record);
}

static void close_client(struct client *c)
{
	note(c, "closed", "", "", "");
	close(c->fd);
	c->fd = -1;
}

/* All lines of a reply in one segment: "421 a\nb" is "421-a", "421 b". */
static void say(struct client *c, const char *reply)
{
	char out[2 * LINE];
	size_t n = 0;

	for (const char *p = reply + 4; p;) {
		const char *next = strstr(p, "\\n");
		int len = next ? (int)(next - p) : (int)strlen(p);

		n += (size_t)snprintf(out + n, sizeof(out) - n, "%.3s%c%.*s\r\n", reply, next ? '-' : ' ',
				      len, p);
		if (n >= sizeof(out))
			die("reply", "too long");
		p = next ? next + 2 : NULL;
	}
	if (send(c->fd, out, n, MSG_NOSIGNAL) != (ssize_t)n)
		c->closing = true;
	if (!strncmp(reply, "421", 3))
		c->closing = true;
}

/* Answers a stage; true: it was a reply of success. */
static bool answer(struct client *c, const char *stage, const char *text, const char *id,
		   const char *otherwise)
{
	const char *a = action_of(c, stage, text, otherwise);

	note(c, stage, *stage == 'g' ? c->peer : *stage == 'e' && *id ? c->rcpts : text, id, a);
	if (!strcmp(a, "hang"))
		c->hangs = true;
	else if (!strcmp(a, "drop"))
		c->closing = true;
	else
		say(c, a);
	return *a == '2' || *a == '3';
}

/* ---- the protocol ---- */

/* The address between < and >. */
static void path_of(const char *line, char *ret, size_t size)
{
	const char *p = strchr(line, '<'), *end = p ? strchr(p, '>') : NULL;

	snprintf(ret, size, "%.*s", end ? (int)(end - p - 1) : 0, end ? p + 1 : "");
}

static void first_rcpt(const struct client *c, char *ret, size_t size)
{
	snprintf(ret, size, "%.*s", (int)strcspn(c->rcpts, " "), c->rcpts);
}

static void rcpt(struct client *c, const char *line)
{
	char address[LINE];
	size_t n = strlen(c->rcpts);

	path_of(line, address, sizeof(address));
	if (answer(c, "rcpt", address, "", "250 2.1.5 Ok") && n + strlen(address) + 2 < RCPTS)
		snprintf(c->rcpts + n, RCPTS - n, "%s%s", n ? " " : "", address);
}

static void data(struct client *c)
{
	char first[LINE];

	first_rcpt(c, first, sizeof(first));
	snprintf(c->message_id, LINE, "-");
	c->in_data = answer(c, "data", first, "",
			    *first ? "354 End data with <CR><LF>.<CR><LF>" : "503 5.5.1 No valid recipients");
}

static void data_line(struct client *c, const char *line)
{
	char first[LINE];

	if (!strncasecmp(line, "Message-ID:", 11) && !strcmp(c->message_id, "-"))
		snprintf(c->message_id, LINE, "%s", line + 11 + strspn(line + 11, " \t"));
	if (strcmp(line, ".") != 0)
		return;
	c->in_data = false;
	first_rcpt(c, first, sizeof(first));
	answer(c, "end", first, c->message_id, "250 2.0.0 Ok: queued");
	c->rcpts[0] = '\0';
}

static void command(struct client *c, const char *line)
{
	char address[LINE];

	if (c->in_data) {
		data_line(c, line);
	} else if (!strncasecmp(line, "EHLO", 4) || !strncasecmp(line, "HELO", 4)) {
		answer(c, "ehlo", "", "", "250 sink.example.net");
	} else if (!strncasecmp(line, "MAIL", 4)) {
		c->rcpts[0] = '\0';
		path_of(line, address, sizeof(address));
		answer(c, "mail", address, "", "250 2.1.0 Ok");
	} else if (!strncasecmp(line, "RCPT", 4)) {
		rcpt(c, line);
	} else if (!strncasecmp(line, "DATA", 4)) {
		data(c);
	} else if (!strncasecmp(line, "QUIT", 4)) {
		say(c, "221 2.0.0 Bye");
		c->closing = true;
	} else {
		c->rcpts[0] = '\0';
		say(c, !strncasecmp(line, "RSET", 4) || !strncasecmp(line, "NOOP", 4) ? "250 2.0.0 Ok"
			: "502 5.5.2 Not implemented");
	}
}

static void hear(struct client *c)
{
	ssize_t n = recv(c->fd, c->line + c->len, LINE - 1 - c->len, 0);
	char *end;

	if (n <= 0) {
		if (n == 0 || (errno != EAGAIN && errno != EINTR))
			close_client(c);
		return;
	}
	c->len += (size_t)n;
	while (!c->closing && !c->hangs && (end = memchr(c->line, '\n', c->len))) {
		size_t used = (size_t)(end - c->line) + 1;

		*end = '\0';
		if (end > c->line && end[-1] == '\r')
			end[-1] = '\0';
		command(c, c->line);
		memmove(c->line, c->line + used, c->len - used);
		c->len -= used;
	}
	if (c->len == LINE - 1 || c->hangs)
		c->len = 0; /* longer than anything that matters */
	if (c->closing)
		close_client(c);
}

static void greet(const struct listener *at)
{
	struct sockaddr_in a;
	socklen_t len = sizeof(a);
	int fd = accept4(at->fd, (struct sockaddr *)&a, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	size_t i = 0;

	while (i < MOST && clients[i].fd >= 0)
		i++;
	if (fd < 0 || i == MOST) {
		if (fd >= 0)
			close(fd);
		return;
	}
	clients[i] = (struct client){.fd = fd, .no = ++n_connections, .at = at};
	inet_ntop(AF_INET, &a.sin_addr, clients[i].peer, sizeof(clients[i].peer));
	answer(&clients[i], "greeting", "", "", "220 sink.example.net ESMTP");
	if (clients[i].closing)
		close_client(&clients[i]);
}

int main(int argc, char **argv)
{
	struct pollfd fds[LISTENERS + MOST];

	if (argc != 3) {
		fputs("usage: sink SCRIPT RECORD\n", stderr);
		return 64;
	}
	record = fopen(argv[2], "ae");
	if (!record)
		die(argv[2], strerror(errno));
	read_script(argv[1]);
	for (size_t i = 0; i < MOST; i++)
		clients[i].fd = -1;
	puts("ready");
	fflush(stdout);
	for (;;) {
		for (size_t i = 0; i < n_listeners; i++)
			fds[i] = (struct pollfd){.fd = listeners[i].fd, .events = POLLIN};
		for (size_t i = 0; i < MOST; i++)
			fds[n_listeners + i] = (struct pollfd){.fd = clients[i].fd, .events = POLLIN};
		if (poll(fds, n_listeners + MOST, -1) < 0 && errno != EINTR)
			die("poll", strerror(errno));
		for (size_t i = 0; i < MOST; i++)
			if (fds[n_listeners + i].revents && clients[i].fd >= 0)
				hear(&clients[i]);
		for (size_t i = 0; i < n_listeners; i++)
			if (fds[i].revents)
				greet(&listeners[i]);
	}
}
