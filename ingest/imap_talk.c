#include "ingest/imap_session.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define STOP_MS 1000

int64_t imap_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void imap_begin(struct imap *i, struct imap_command *c)
{
	*c = (struct imap_command){.no = ++i->last_no, .next = i->commands};
	i->commands = c;
	buf_printf(&i->out, "r%u ", c->no);
}

void imap_say(struct imap *i, struct imap_command *c, const char *fmt, ...)
{
	char line[512];
	va_list ap;

	imap_begin(i, c);
	va_start(ap, fmt);
	int n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	buf_add(&i->out, line, n < 0 ? 0 : (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1);
	buf_adds(&i->out, "\r\n");
}

/* Nobody waits for answers any more: commands on stacks are forgotten. */
static int broken(struct imap *i, struct err *e)
{
	i->commands = NULL;
	if (i->broken.class == ERR_NONE)
		err_set(&i->broken, ERR_BUG, "the session ended without saying why");
	if (e)
		*e = i->broken;
	return -1;
}

int imap_break(struct imap *i, enum err_class class, struct err *e, const char *fmt, ...)
{
	char msg[sizeof(i->broken.msg)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	if (i->broken.class == ERR_NONE)
		err_set(&i->broken, class, "%s", msg);
	return broken(i, e);
}

int imap_send(struct imap *i, struct err *e)
{
	if (i->broken.class != ERR_NONE)
		return broken(i, e);
	if (i->out.len == 0)
		return 0;
	if (imap_conn_send(i->conn, i->out.p, i->out.len, &i->broken) < 0)
		return broken(i, e);
	i->out.len = 0;
	return 0;
}

static int ask_stop(struct imap *i, int64_t now, struct err *e)
{
	if (!i->stop || now - i->stop_asked_at < STOP_MS)
		return 0;
	i->stop_asked_at = now;
	if (i->stop(i->stop_ctx))
		return imap_break(i, ERR_TEMP, e, "asked to stop");
	return 0;
}

static int silence(struct imap *i, int64_t since, int64_t now, struct err *e)
{
	if (now - since < (int64_t)i->account->timeout * 1000)
		return 0;
	return imap_break(i, ERR_TEMP, e, "the server said nothing for %d seconds",
			  i->account->timeout);
}

int imap_hear(struct imap *i, int wake_fd, int64_t until, bool impatient,
	      enum imap_heard *ret_what, struct err *e)
{
	int64_t since = imap_now_ms(), now = since;
	size_t n = 0;

	do {
		int64_t ms = until - now < STOP_MS ? until - now : STOP_MS;

		if (i->broken.class != ERR_NONE)
			return broken(i, e);
		if (imap_conn_hear(i->conn, i->in, IMAP_IN_SIZE, wake_fd, ms < 0 ? 0 : (int)ms, &n,
				   ret_what, &i->broken) < 0)
			return broken(i, e);
		now = imap_now_ms();
		if (*ret_what == IMAP_CLOSED)
			return imap_break(i, ERR_TEMP, e, "the server closed the connection");
		if (*ret_what == IMAP_BYTES && imap_parser_feed(i->parser, i->in, n, &i->broken) < 0)
			return broken(i, e);
		if (ask_stop(i, now, e) < 0)
			return -1;
		if (*ret_what == IMAP_NOTHING && impatient && silence(i, since, now, e) < 0)
			return -1;
	} while (*ret_what == IMAP_NOTHING && now < until);
	return 0;
}

int imap_finish(struct imap *i, const struct imap_command *c, struct err *e)
{
	enum imap_heard what;

	if (imap_send(i, e) < 0)
		return -1;
	while (!c->done)
		if (imap_hear(i, -1, INT64_MAX, true, &what, e) < 0)
			return -1;
	return 0;
}

bool imap_code_is(const struct imap_command *c, const char *code)
{
	return text_is(text_of(c->code), code);
}

static bool one_of(const char *text, const char *const *list)
{
	for (; *list; list++)
		if (strcasestr(text, *list))
			return true;
	return false;
}

/* Codes of RFC 5530 and 9051, and the words of Exchange and Gmail, which use few codes. */
bool imap_busy(const struct imap_command *c)
{
	static const char *const codes[] = {"UNAVAILABLE", "INUSE", "LIMIT", "THROTTLED", NULL};
	static const char *const words[] = {"throttled", "bandwidth limits", "server unavailable",
					    "server busy", "try again", "temporar", "too many", NULL};

	return c->answer != ANSWER_OK && (one_of(c->code, codes) || one_of(c->words, words));
}

/* Refusals that may be gone by the next time. */
static bool may_pass(const struct imap_command *c)
{
	return imap_busy(c) || imap_code_is(c, "serverbug") || imap_code_is(c, "expungeissued");
}

/* Exchange lets an application log in whose service principal may not open the mailbox, and says
 * so at the next command only. */
static const char *advice(const struct imap_command *c)
{
	return strstr(c->words, "authenticated but not connected")
		? " (Exchange: the login is right, but may not open this mailbox; give it access"
		  " with Add-MailboxPermission, by the Enterprise application's object id)"
		: "";
}

int imap_refused(struct imap *i, const struct imap_command *c, struct err *e, const char *fmt, ...)
{
	static const char *const said[] = {"OK", "NO", "BAD"};
	const char *hint = advice(c);
	bool config = *hint || (c->answer == ANSWER_NO && !may_pass(c));
	char what[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	err_set(e, config ? ERR_CONFIG : ERR_TEMP, "%s: the server says %s%s%s%s %s%s", what,
		said[c->answer], *c->code ? " [" : "", c->code, *c->code ? "]" : "", c->words, hint);
	if (config)
		return -1;
	if (i->broken.class == ERR_NONE)
		i->broken = *e;
	return broken(i, e);
}
