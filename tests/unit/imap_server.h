/*
 * imap_server - an imap_conn whose other end is a list of answers, for unit tests; included once.
 *
 * A command is answered by the first answer for it that was not used yet, else by BAD. What opens
 * and ends a session is answered apart.
 */
#ifndef TESTS_IMAP_SERVER_H
#define TESTS_IMAP_SERVER_H

#include "ingest/imap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct answer {
	const char *command; /* without its tag */
	const char *says;    /* '%': the tag */
};

static struct {
	const struct answer *answers;
	bool used[64];
	const char *capability, *list, *namespace;
	size_t piece;        /* bytes a hear at most */
	bool closes;         /* when there is nothing more to say */
	bool wakes;          /* then, too */
	bool endless;        /* it never stops talking, and answers no LOGOUT */
	struct buf sent;     /* commands without tags, '|' between */
	struct buf line;     /* not whole yet */
	struct buf says;     /* from heard on not heard yet */
	size_t heard;
} server;

static struct account server_account = {.timeout = 0};

static inline void server_begin(void)
{
	buf_free(&server.sent);
	buf_free(&server.line);
	buf_free(&server.says);
	memset(&server, 0, sizeof(server));
	server.piece = 1 << 20;
	server.capability = "* CAPABILITY IMAP4rev1 MOVE UIDPLUS IDLE ESEARCH\r\n% OK\r\n";
	server.list = "* LIST (\\Noselect) \"/\" \"\"\r\n% OK\r\n";
	server.namespace = "* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n% OK\r\n";
}

static inline const char *server_sent(void)
{
	return buf_cstr(&server.sent);
}

static inline void server_say(const char *text, const char *tag)
{
	for (; *text; text++) {
		if (*text == '%')
			buf_adds(&server.says, tag);
		else
			buf_addc(&server.says, *text);
	}
}

static inline const char *server_introduction(const char *command)
{
	if (strcmp(command, "CAPABILITY") == 0)
		return server.capability;
	if (strcmp(command, "LIST \"\" \"\"") == 0)
		return server.list;
	if (strcmp(command, "NAMESPACE") == 0)
		return server.namespace;
	if (strcmp(command, "LOGOUT") == 0)
		return server.endless ? "* OK later\r\n" : "* BYE\r\n% OK\r\n";
	return NULL;
}

static inline const char *server_answer(const char *command)
{
	for (size_t k = 0; server.answers && server.answers[k].command; k++) {
		if (server.used[k] || strcmp(server.answers[k].command, command) != 0)
			continue;
		server.used[k] = true;
		return server.answers[k].says;
	}
	return "% BAD what?\r\n";
}

static inline void server_on_line(const char *line)
{
	static char tag[16]; /* DONE has none: it is its IDLE's */
	const char *command = line;

	if (strcmp(line, "DONE") != 0) {
		command = strchr(line, ' ') + 1;
		snprintf(tag, sizeof(tag), "%.*s", (int)(command - line - 1), line);
	}
	if (server_introduction(command)) {
		server_say(server_introduction(command), tag);
		return;
	}
	if (server.sent.len)
		buf_addc(&server.sent, '|');
	buf_adds(&server.sent, command);
	server_say(server_answer(command), tag);
}

/* ---- imap_conn.h ---- */

struct imap_conn {
	int unused;
};

int imap_conn_library(struct err *e)
{
	(void)e;
	return 0;
}

int imap_conn_open(const struct account *a, struct login *l, bool (*stop)(void *ctx), void *stop_ctx,
		   const struct imap_trace *trace, struct imap_conn **ret_c, struct err *e)
{
	(void)a, (void)l, (void)stop, (void)stop_ctx, (void)trace, (void)e;
	*ret_c = xcalloc(1, sizeof(**ret_c));
	return 0;
}

void imap_conn_close(struct imap_conn *c)
{
	free(c);
}

int imap_conn_send(struct imap_conn *c, const char *p, size_t n, struct err *e)
{
	(void)c, (void)e;
	for (size_t k = 0; k < n; k++) {
		if (p[k] == '\n') {
			server_on_line(buf_cstr(&server.line));
			server.line.len = 0;
		} else if (p[k] != '\r') {
			buf_addc(&server.line, p[k]);
		}
	}
	return 0;
}

int imap_conn_hear(struct imap_conn *c, char *to, size_t room, int wake_fd, int ms, size_t *ret_n,
		   enum imap_heard *ret_what, struct err *e)
{
	if (server.endless && server.says.len == server.heard) {
		server.says.len = server.heard = 0;
		server_say("* OK still here\r\n", "");
	}

	size_t n = server.says.len - server.heard;

	(void)c, (void)ms, (void)e;
	n = n > server.piece ? server.piece : n;
	n = n > room ? room : n;
	if (n) {
		memcpy(to, server.says.p + server.heard, n);
		server.heard += n;
		*ret_n = n;
		*ret_what = IMAP_BYTES;
	} else {
		*ret_what = server.closes		? IMAP_CLOSED
			: wake_fd >= 0 && server.wakes ? IMAP_WOKEN
						       : IMAP_NOTHING;
	}
	return 0;
}

/* ---- sessions ---- */

static struct err err; /* the last one */

#define SELECTED \
	{"SELECT \"INBOX\"", "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 9] x\r\n" \
	 "* OK [PERMANENTFLAGS (\\Deleted \\Seen \\Flagged \\*)] x\r\n% OK [READ-WRITE] x\r\n"}

/* Opens with these answers; the caller may have changed the server before. */
static inline struct imap *session(const struct answer *answers)
{
	struct imap *i = NULL;

	server.answers = answers;
	if (imap_open(&server_account, NULL, NULL, NULL, NULL, &i, &err) < 0) {
		printf("Bail out! no session: %s\n", err.msg);
		exit(1);
	}
	return i;
}

static inline struct imap *selected(const struct answer *answers)
{
	struct imap *i = session(answers);
	struct imap_folder f;

	if (imap_select(i, "INBOX", false, &f, &err) < 0) {
		printf("Bail out! no folder: %s\n", err.msg);
		exit(1);
	}
	server.sent.len = 0;
	return i;
}

static inline struct uidset set(const char *text)
{
	struct uidset s = {0};

	if (uidset_parse(text_of(text), UINT32_MAX, &s, &err) < 0)
		printf("Bail out! no set\n");
	return s;
}

/* "WHAT why" or "CLASS: MESSAGE" */
static inline const char *acknowledge(struct imap *i, const char *uids, enum after_what what,
				      const char *folder)
{
	static struct buf b;
	struct uidset s = set(uids);
	enum after_what done = AFTER_LEAVE;
	const char *why = NULL;

	b.len = 0;
	if (imap_acknowledge(i, &s, what, folder, &done, &why, &err) < 0)
		buf_printf(&b, "%s: %s", err_class_name(err.class), err.msg);
	else
		buf_printf(&b, "%d %s", (int)done, why ? why : "-");
	uidset_free(&s);
	return buf_cstr(&b);
}

#endif
