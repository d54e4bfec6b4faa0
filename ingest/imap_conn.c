#include "ingest/imap_conn.h"
#include "base/secret.h"
#include "ingest/imap_auth.h"
#include "ingest/imap_dial.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LINE_MAX_LOGIN 65536
#define LINES_MAX_LOGIN 1000
#define LEFT_MAX (1 << 20)
#define STOP_MS 500

struct imap_conn {
	const struct account *a;
	CURL *easy;
	int fd;
	bool (*stop)(void *ctx);
	void *stop_ctx;
	struct buf left;   /* received and not given yet, from left_at on */
	size_t left_at;
};

int imap_conn_library(struct err *e)
{
	CURLcode rc = curl_global_init(CURL_GLOBAL_ALL);

	return rc ? err_set(e, ERR_CONFIG, "libcurl does not start: %s", curl_easy_strerror(rc)) : 0;
}

void imap_conn_close(struct imap_conn *c)
{
	if (!c)
		return;
	if (c->easy)
		curl_easy_cleanup(c->easy);
	buf_free(&c->left);
	free(c);
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int lost(struct imap_conn *c, const char *words, struct err *e)
{
	return err_set(e, ERR_TEMP, "connection to %s:%d lost: %s", c->a->host, account_port(c->a),
		       words);
}

/* 1: *ret_n bytes; 0: none now; 2: closed; -1. */
static int receive(struct imap_conn *c, char *to, size_t room, size_t *ret_n, struct err *e)
{
	CURLcode rc = curl_easy_recv(c->easy, to, room, ret_n);

	if (rc == CURLE_AGAIN)
		return 0;
	if (rc)
		return lost(c, curl_easy_strerror(rc), e);
	return *ret_n ? 1 : 2;
}

/* A server that can't get rid of what it says does not listen either: takes it meanwhile. */
static int take_meanwhile(struct imap_conn *c, struct err *e)
{
	size_t n = 0;
	int rc = receive(c, buf_room(&c->left, 16384), 16384, &n, e);

	if (rc == 2)
		return lost(c, "the server closed it", e);
	if (rc == 1)
		c->left.len += n;
	return rc < 0 ? -1 : 0;
}

int imap_conn_send(struct imap_conn *c, const char *p, size_t n, struct err *e)
{
	int64_t until = now_ms() + c->a->timeout * 1000LL;

	while (n) {
		size_t sent = 0;
		CURLcode rc = curl_easy_send(c->easy, p, n, &sent);

		if (rc && rc != CURLE_AGAIN)
			return lost(c, curl_easy_strerror(rc), e);
		if (!rc && sent) {
			p += sent;
			n -= sent;
			until = now_ms() + c->a->timeout * 1000LL;
			continue;
		}
		if (now_ms() >= until)
			return lost(c, "it takes nothing any more", e);
		if (c->stop && c->stop(c->stop_ctx))
			return lost(c, "given up, we are to end", e);

		bool room = c->left.len - c->left_at < LEFT_MAX;
		struct pollfd f = {c->fd, (short)(POLLOUT | (room ? POLLIN : 0)), 0};

		if (poll(&f, 1, STOP_MS) > 0 && (f.revents & POLLIN) && take_meanwhile(c, e) < 0)
			return -1;
	}
	return 0;
}

static size_t give_left(struct imap_conn *c, char *to, size_t room)
{
	size_t n = c->left.len - c->left_at;

	n = n > room ? room : n;
	memcpy(to, c->left.p + c->left_at, n);
	c->left_at += n;
	if (c->left_at == c->left.len) {
		buf_free(&c->left);
		c->left_at = 0;
	}
	return n;
}

int imap_conn_hear(struct imap_conn *c, char *to, size_t room, int wake_fd, int ms, size_t *ret_n,
		   enum imap_heard *ret_what, struct err *e)
{
	int64_t until = ms < 0 ? INT64_MAX : now_ms() + ms;

	if (c->left.len > c->left_at) {
		*ret_n = give_left(c, to, room);
		*ret_what = IMAP_BYTES;
		return 0;
	}
	for (;;) {
		int rc = receive(c, to, room, ret_n, e);

		if (rc < 0)
			return -1;
		if (rc) {
			*ret_what = rc == 1 ? IMAP_BYTES : IMAP_CLOSED;
			return 0;
		}

		int64_t left = ms < 0 ? -1 : until - now_ms();
		struct pollfd f[2] = {{c->fd, POLLIN, 0}, {wake_fd, POLLIN, 0}};

		if (ms >= 0 && left < 0)
			left = 0;
		rc = poll(f, 2, (int)left);
		if (rc < 0 && errno != EINTR)
			return lost(c, strerror(errno), e);
		if (rc > 0 && !f[0].revents && f[1].revents) {
			*ret_what = IMAP_WOKEN;
			return 0;
		}
		if (rc <= 0 && ms >= 0 && now_ms() >= until) {
			*ret_what = IMAP_NOTHING;
			return 0;
		}
	}
}

/* ---- logging in */

/* The first whole line of what is left, without its line end; TEXT_ABSENT: there is none. */
static struct text left_line(struct imap_conn *c)
{
	char *from = c->left.p + c->left_at;
	char *end = c->left.len ? memchr(from, '\n', c->left.len - c->left_at) : NULL;
	struct text line;

	if (!end)
		return TEXT_ABSENT;
	line = (struct text){from, (uint32_t)(end - from)};
	c->left_at += line.len + 1;
	if (line.len && line.p[line.len - 1] == '\r')
		line.len--;
	return line;
}

/* One line of the server's, valid until the next; waits account.timeout seconds. */
static int hear_line(struct imap_conn *c, struct text *ret, struct err *e)
{
	int64_t until = now_ms() + c->a->timeout * 1000LL;

	for (;;) {
		*ret = left_line(c);
		if (text_present(*ret))
			return 0;
		if (c->left.len - c->left_at > LINE_MAX_LOGIN)
			return lost(c, "it answers the login with an endless line", e);
		if (now_ms() >= until)
			return lost(c, "it does not answer the login", e);
		if (c->stop && c->stop(c->stop_ctx))
			return lost(c, "given up, we are to end", e);

		struct pollfd f = {c->fd, POLLIN, 0};
		size_t n = 0;
		int rc = receive(c, buf_room(&c->left, 4096), 4096, &n, e);

		if (rc == 2)
			return lost(c, "the server closed it during the login", e);
		if (rc < 0)
			return -1;
		c->left.len += rc ? n : 0;
		if (rc == 0)
			poll(&f, 1, STOP_MS);
	}
}

/* 0: logged in; 1: the secret is refused, *e says how; -1. */
static int converse(struct imap_conn *c, struct imap_auth *x, struct err *e)
{
	enum imap_auth_state state = AUTH_SEND;
	struct text out = {x->answer[0].p, (uint32_t)x->answer[0].len}, line;

	x->sent = 1;
	for (int i = 0; i < LINES_MAX_LOGIN; i++) {
		if (state == AUTH_SEND && imap_conn_send(c, out.p, out.len, e) < 0)
			return -1;
		if (hear_line(c, &line, e) < 0) {
			if (x->bye.len)
				err_set(e, ERR_TEMP, "%s sends us away during the login: %s",
					c->a->host, x->bye.p);
			return -1;
		}
		if (imap_auth_line(x, line.p, line.len, &out, &state, e) < 0)
			return -1;
		if (state == AUTH_IN || state == AUTH_REFUSED)
			return state == AUTH_REFUSED;
	}
	return lost(c, "it answers the login without an end", e);
}

static void tell(const struct imap_trace *t, bool ok, const struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
static void tell(const struct imap_trace *t, bool ok, const struct err *e, const char *fmt, ...)
{
	char what[512];
	va_list ap;

	if (!t || !t->step)
		return;
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	t->step(t->ctx, what, ok, ok ? NULL : e->msg);
}

static int log_in(struct imap_conn *c, const struct imap_hello *h, bool bearer, const char *secret,
		  const struct imap_trace *t, struct err *e)
{
	const char *can = h->capability.len ? h->capability.p : "";
	enum imap_mech m = imap_auth_pick(c->a, bearer, can, e);
	struct imap_auth x;
	int rc;

	if (m == MECH_NONE) {
		tell(t, false, e, "login");
		return -1;
	}
	imap_auth_init(&x, c->a, m, imap_hello_can(can, "SASL-IR"), secret);
	rc = converse(c, &x, e);
	if (rc)
		tell(t, false, e, "login");
	else
		tell(t, true, NULL, "login as '%s' by %s", c->a->user, imap_auth_name(m));
	imap_auth_free(&x);
	return rc;
}

static int dial(struct imap_conn *c, struct imap_hello *h, const struct imap_trace *t, struct err *e)
{
	const struct account *a = c->a;
	curl_socket_t fd = CURL_SOCKET_BAD;
	char *ip = NULL;
	int rc = imap_dial(a, c->stop, c->stop_ctx, h, &c->easy, e);

	if (rc < 0) {
		tell(t, false, e, "connection");
		return -1;
	}
	if (curl_easy_getinfo(c->easy, CURLINFO_ACTIVESOCKET, &fd) || fd == CURL_SOCKET_BAD)
		return lost(c, "the server closed it", e);
	c->fd = (int)fd;
	curl_easy_getinfo(c->easy, CURLINFO_PRIMARY_IP, &ip);
	tell(t, true, NULL, "connection to %s:%d (%s)", a->host, account_port(a), ip ? ip : "?");
	if (a->tls == TLS_NONE)
		tell(t, true, NULL, "no TLS, as insecure = yes allows");
	else
		tell(t, true, NULL, "%s%s, %s", a->tls == TLS_STARTTLS ? "STARTTLS, " : "",
		     h->tls[0] ? h->tls : "TLS", a->insecure ?
		     "certificate not verified, as insecure = yes allows" : "certificate verified");
	return 0;
}

/* One connection and one login: 0, 1: refused, -1. */
static int attempt(struct imap_conn *c, bool bearer, const char *secret, const struct imap_trace *t,
		   struct err *e)
{
	struct imap_hello h = {0};
	int rc = dial(c, &h, t, e);

	if (rc == 0 && h.preauth)
		tell(t, true, NULL, "the server takes us as logged in already");
	else if (rc == 0)
		rc = log_in(c, &h, bearer, secret, t, e);
	imap_hello_free(&h);
	return rc;
}

static struct imap_conn *conn_new(const struct account *a, bool (*stop)(void *ctx), void *stop_ctx)
{
	struct imap_conn *c = xcalloc(1, sizeof(*c));

	*c = (struct imap_conn){.a = a, .fd = -1, .stop = stop, .stop_ctx = stop_ctx};
	return c;
}

/* *secret is what is tried, and what was tried last. */
static int open_with(struct imap_conn **c, struct login *l, char **secret,
		     const struct imap_trace *t, struct err *e)
{
	struct imap_conn *was = *c;
	bool bearer = login_is_bearer(l);
	struct err renewal = {0}, refusal;
	char *renewed = NULL;
	int rc = attempt(*c, bearer, *secret, t, e);

	if (rc != 1)
		return rc;
	/* Once more with a new one; a password only if there is another now. */
	refusal = *e;
	if (login_secret_until(l, *secret, was->stop, was->stop_ctx, &renewed,
			       &renewal) < 0)
		return err_set(e, renewal.class, "%s; and no new one: %s", refusal.msg, renewal.msg);
	if (strcmp(renewed, *secret) == 0) {
		secret_wipe(renewed);
		return -1;
	}
	secret_wipe(*secret);
	*secret = renewed;
	tell(t, true, NULL, "a new %s after the refusal", bearer ? "token" : "password");
	*c = conn_new(was->a, was->stop, was->stop_ctx);
	imap_conn_close(was);
	return attempt(*c, bearer, *secret, t, e) == 0 ? 0 : -1;
}

int imap_conn_open(const struct account *a, struct login *l, bool (*stop)(void *ctx), void *stop_ctx,
		   const struct imap_trace *trace, struct imap_conn **ret_c, struct err *e)
{
	struct imap_conn *c;
	char *secret = NULL;
	bool bearer = login_is_bearer(l);
	int rc = login_secret_until(l, NULL, stop, stop_ctx, &secret, e);

	tell(trace, rc == 0, e, bearer ? "token" : "password");
	if (rc < 0)
		return -1;
	c = conn_new(a, stop, stop_ctx);
	rc = open_with(&c, l, &secret, trace, e);
	secret_wipe(secret);
	if (rc == 0)
		*ret_c = c;
	else
		imap_conn_close(c);
	return rc == 0 ? 0 : -1;
}
