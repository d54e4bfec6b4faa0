/*
 * Sessions with servers that a real one can't be made to be: imap_conn is this test's, and each
 * command that it knows has its answer. What is sent is compared to the letter.
 */
#include "tests/unit/imap_server.h"

#include "base/model.h"
#include "tests/unit/tap.h"

#include <unistd.h>

static void add_body(struct buf *b, struct imap_body *body)
{
	buf_printf(b, "%u:", body->uid);
	buf_add(b, body->bytes, body->bytes ? (size_t)body->size : 0);
	buf_addc(b, ' ');
	free(body->bytes);
	if (body->fd >= 0)
		close(body->fd);
}

/* "UID:BYTES " a body, "end ", "refused ", "woken ", "error: MESSAGE" until nothing is under way. */
static const char *bodies(struct imap *i, int wake_fd)
{
	static struct buf b;
	enum imap_got got = IMAP_GOT_BODY;
	bool refused = false;

	b.len = 0;
	while (got == IMAP_GOT_BODY || got == IMAP_GOT_WINDOW_END) {
		struct imap_body body;

		if (imap_body_next(i, wake_fd, &body, &refused, &got, &err) < 0) {
			buf_printf(&b, "error: %s", err.msg);
			return buf_cstr(&b);
		}
		if (got == IMAP_GOT_BODY)
			add_body(&b, &body);
		else if (got == IMAP_GOT_WINDOW_END)
			buf_adds(&b, refused ? "refused " : "end ");
		else if (got == IMAP_GOT_WOKEN)
			buf_adds(&b, "woken ");
	}
	return buf_cstr(&b);
}

static void ask(struct imap *i, uint32_t first, uint32_t last)
{
	uint32_t uids[IMAP_WINDOW_MAX], n = 0, no;

	for (uint32_t uid = first; uid <= last; uid++)
		uids[n++] = uid;
	if (imap_bodies_ask(i, uids, n, &no, &err) < 0)
		ok(false, err.msg);
}

/* ---- open ---- */

static const char *name_on(const char *list, const char *namespace, const char *folder)
{
	struct imap_folder f;

	server_begin();
	server.list = list;
	server.namespace = namespace;
	struct imap *i = session(NULL);

	ok(imap_select(i, folder, true, &f, &err) < 0 && err.class == ERR_TEMP, "BAD ends it");
	imap_close(i);
	return server_sent();
}

static void test_names(void)
{
	const char *dot = "* LIST () \".\" \"\"\r\n% OK\r\n";
	const char *inbox = "* NAMESPACE ((\"INBOX.\" \".\")) ((\"user.\" \".\")) ((\"#shared.\" \".\"))"
			    "\r\n% OK\r\n";

	is_str(name_on(dot, "% BAD\r\n", "a/b"), "EXAMINE \"a.b\"", "LIST alone tells the delimiter");
	is_str(name_on(dot, inbox, "a/b"), "EXAMINE \"INBOX.a.b\"", "one's own namespace");
	is_str(name_on(dot, "* NAMESPACE ((\"INBOX.\" \".\")) ((\"a.\" \".\")) NIL\r\n"
		       "* NAMESPACE ((\"INBOX.\" \".\")) NIL NIL\r\n% OK\r\n", "a/b"),
	       "EXAMINE \"INBOX.a.b\"", "said twice: the last counts, nothing piles up");
	is_str(name_on(dot, inbox, "inbox"), "EXAMINE \"inbox\"", "but INBOX");
	is_str(name_on(dot, inbox, "INBOX/a"), "EXAMINE \"INBOX.a\"", "or what has it already");
	is_str(name_on(dot, inbox, "user/bob/a"), "EXAMINE \"user.bob.a\"", "somebody else's");
	is_str(name_on(dot, inbox, "#shared.a"), "EXAMINE \"#shared.a\"", "and a shared one");
	is_str(name_on("* LIST () NIL \"\"\r\n% OK\r\n", "% BAD\r\n", "a/b"), "EXAMINE \"a/b\"",
	       "a server without levels");
	is_str(name_on(dot, "* NAMESPACE ((\"\" {1}\r\n.)) NIL NIL\r\n% OK\r\n", "a/\"b\\"),
	       "EXAMINE \"a.\\\"b\\\\\"", "quoted");
}

static void test_open_refused(void)
{
	struct imap *i;

	server_begin();
	server.capability = "% BAD User is authenticated but not connected.\r\n";
	ok(imap_open(&server_account, NULL, NULL, NULL, NULL, &i, &err) < 0,
	   "Exchange: logged in, no mailbox");
	is_int(err.class, ERR_CONFIG, "a person has to mend it");
	ok(strstr(err.msg, "Add-MailboxPermission") != NULL, "and is told how");
	server_begin();
	server.capability = "* BYE too many connections\r\n";
	ok(imap_open(&server_account, NULL, NULL, NULL, NULL, &i, &err) < 0 &&
	   err.class == ERR_TEMP, "BYE may pass");
	is_str(err.msg, "the server says goodbye: too many connections", "in its words");
}

static void test_select(void)
{
	static const struct answer a[] = {
		{"SELECT \"x\"", "* 1 EXISTS\r\n% OK\r\n"},
		{"SELECT \"y\"", "% NO [UNAVAILABLE] come back\r\n"},
		{"SELECT \"z\"", "% NO\r\n"},
		{"SELECT \"r\"", "* OK [UIDVALIDITY 5]\r\n% OK [READ-ONLY]\r\n"},
		{0},
	};
	struct imap_folder f;

	server_begin();
	struct imap *i = session(a);

	ok(imap_select(i, "x", false, &f, &err) < 0 && err.class == ERR_CONFIG, "no UIDVALIDITY");
	ok(imap_select(i, "z", false, &f, &err) < 0 && err.class == ERR_CONFIG, "no such folder");
	ok(imap_select(i, "r", false, &f, &err) == 0 && f.read_only && f.seen && !f.keywords,
	   "READ-ONLY, and no PERMANENTFLAGS");
	ok(imap_select(i, "y", false, &f, &err) < 0 && err.class == ERR_TEMP, "UNAVAILABLE passes");
	ok(imap_noop(i, &err) < 0 && strstr(err.msg, "come back"), "but the session is over");
	imap_close(i);
}

/* ---- search and sizes ---- */

static void test_search(void)
{
	static const struct answer a[] = {
		{"SELECT \"INBOX\"", "* 1200000 EXISTS\r\n* OK [UIDVALIDITY 7]\r\n% OK\r\n"},
		{"UID SEARCH 1000001:* UNDELETED", "* SEARCH 9 8\r\n% OK\r\n"},
		{"UID SEARCH 500001:1000000 UNDELETED", "* SEARCH\r\n* SEARCH 5\r\n% OK\r\n"},
		{"UID SEARCH 1:500000 UNDELETED", "* SEARCH 1 2 (MODSEQ 917)\r\n% OK\r\n"},
		{0},
	};
	static const struct answer none[] = {
		SELECTED,
		{"UID SEARCH RETURN (ALL) UNDELETED", "* ESEARCH (TAG \"%\") UID\r\n% OK\r\n"},
		{0},
	};
	struct uidset s = {0};
	struct buf b = {0};

	server_begin();
	server.capability = "* CAPABILITY IMAP4rev1\r\n% OK\r\n";
	struct imap *i = selected(a);

	ok(imap_search(i, &s, &err) == 0, "SEARCH in ranges, from the end");
	uidset_text(&s, 0, 100, &b);
	is_str(buf_cstr(&b), "1:2,5,8:9", "all of them");
	buf_free(&b);
	uidset_free(&s);
	imap_close(i);
	server_begin();
	i = selected(none);
	ok(imap_search(i, &s, &err) == 0 && uidset_count(&s) == 0, "ESEARCH finds none");
	imap_close(i);
}

/* Each of its answers is small enough; only all of them are not. */
static void test_search_without_end(void)
{
	static const struct answer many[] = {
		SELECTED,
		{"UID SEARCH RETURN (ALL) UNDELETED",
		 "* ESEARCH (TAG \"%\") UID ALL 1:16777216\r\n"
		 "* ESEARCH (TAG \"%\") UID ALL 20000000:36777215\r\n% OK\r\n"},
		{0},
	};
	static const struct answer more[] = {
		SELECTED,
		{"UID SEARCH RETURN (ALL) UNDELETED",
		 "* ESEARCH (TAG \"%\") UID ALL 1:16777216\r\n* SEARCH 4000000000\r\n% OK\r\n"},
		{0},
	};
	const struct answer *const both[] = {many, more};
	struct uidset s = {0};

	for (int k = 0; k < 2; k++) {
		server_begin();
		struct imap *i = selected(both[k]);

		ok(imap_search(i, &s, &err) < 0 && err.class == ERR_TEMP, "a search has an end");
		imap_close(i);
	}
}

static int one_size(void *ctx, const struct imap_size *s, struct err *e)
{
	(void)e;
	buf_printf(ctx, "%u:%" PRId64 ":%" PRId64 "%s ", s->uid, s->size,
		   s->arrived_at == TIME_ABSENT ? -1 : s->arrived_at, s->keyword ? ":k" : "");
	return 0;
}

static void test_sizes(void)
{
	static const struct answer a[] = {
		SELECTED,
		{"UID FETCH 1:3 (UID RFC822.SIZE INTERNALDATE FLAGS)",
		 "* 2 FETCH (FLAGS (\\Seen))\r\n* 1 EXPUNGE\r\n* 9 EXISTS\r\n"
		 "* 1 FETCH (FLAGS (\\Seen $RUADB) RFC822.SIZE 4294967299 UID 2 INTERNALDATE"
		 " \" 1-Jan-1970 01:00:07 +0100\")\r\n"
		 "* OK [ALERT] disk\r\n* 2 FETCH (UID 3 FLAGS ())\r\n"
		 "* 3 FETCH (UID 1 MODSEQ (12) X-NEW (a (b \"c\")) RFC822.SIZE NIL INTERNALDATE"
		 " \"31-Feb-20 25:00\")\r\n% OK\r\n"},
		{0},
	};
	struct uidset s = set("1:3");
	struct buf b = {0};

	for (size_t piece = 1; piece < 4; piece++) {
		bool news = false;

		server_begin();
		server.piece = piece;
		struct imap *i = selected(a);

		b.len = 0;
		ok(imap_sizes(i, &s, one_size, &b, &err) == 0, "sizes");
		is_str(buf_cstr(&b), "2:4294967299:7:k 1:-1:-1 ", "in any order, flags of others not");
		ok(imap_wait(i, 1, -1, true, &news, &err) == 0 && news, "EXISTS meanwhile is news");
		imap_close(i);
	}
	buf_free(&b);
	uidset_free(&s);
}

static void test_lines(void)
{
	static const struct answer a[] = {SELECTED, {0}};
	struct uidset s = {0};
	struct buf b = {0};
	size_t longest = 0, lines = 0;

	for (uint32_t uid = 1000000; uid < 1010000; uid += 2)
		uidset_add(&s, uid);
	server_begin();
	struct imap *i = selected(a);

	ok(imap_sizes(i, &s, one_size, &b, &err) < 0, "BAD to all");
	for (const char *at = server_sent(), *end; *at; at = end + strspn(end, "|")) {
		end = at + strcspn(at, "|");
		longest = (size_t)(end - at) > longest ? (size_t)(end - at) : longest;
		lines++;
	}
	is_int(lines, 4, "5000 UIDs one by one: four commands, and the others once they are through");
	ok(longest > 7900 && longest < 8150, "lines of 8192 bytes at most");
	imap_close(i);
	uidset_free(&s);
	buf_free(&b);
}

/* ---- bodies ---- */

static void test_bodies(void)
{
	static const struct answer a[] = {
		SELECTED,
		{"UID FETCH 1:4 (UID BODY.PEEK[])",
		 "* 1 FETCH (UID 1 BODY[] {3}\r\na\r\n)\r\n* 1 FETCH (FLAGS (\\Seen))\r\n"
		 "* 2 FETCH (BODY[] \"b\\\"c\" UID 2)\r\n* 7 EXPUNGE\r\n"
		 "* 9 FETCH (UID 9 BODY[] {2}\r\nxx)\r\n"       /* nobody asked */
		 "* 2 FETCH (UID 2 BODY[] {2}\r\nyy)\r\n"       /* twice */
		 "* 4 FETCH (FLAGS () UID 4 BODY[] {0}\r\n)\r\n% OK\r\n"},
		{"UID FETCH 5:6 (UID BODY.PEEK[])",
		 "* 5 FETCH (UID 5 BODY[] NIL)\r\n* 6 FETCH (UID 6 BODY[] {1}\r\n6)\r\n% OK\r\n"},
		{"UID FETCH 7 (UID BODY.PEEK[])", "% NO [SERVERBUG] oh\r\n"},
		{"UID FETCH 8 (UID BODY.PEEK[])", "* 8 FETCH (UID 8 BODY[] NIL)\r\n"
		 "% OK [EXPUNGEISSUED] gone\r\n"},
		{0},
	};

	for (size_t piece = 1; piece < 300; piece += piece < 7 ? 1 : 97) {
		server_begin();
		server.piece = piece;
		struct imap *i = selected(a);

		ask(i, 1, 4);
		ask(i, 5, 6);
		ask(i, 7, 7);
		ask(i, 8, 8);
		is_str(bodies(i, -1), "1:a\r\n 2:b\"c 4: end 6:6 refused refused end ",
		       "what was asked for, once");
		imap_close(i);
	}
}

static void test_bodies_beside(void)
{
	static const struct answer a[] = {
		SELECTED,
		{"UID FETCH 1:2 (UID BODY.PEEK[])", "* 1 FETCH (UID 1 BODY[] {1}\r\na)\r\n"},
		{"UID FETCH 3 (UID BODY.PEEK[])", "* 3 FETCH (UID 3 BODY[] {1}\r\nc)\r\n% OK\r\n"},
		/* the first window's answer is r5 */
		{"UID STORE 9 +FLAGS.SILENT (\\Seen)",
		 "* 1 FETCH (UID 2 BODY[] {1}\r\nb)\r\nr5 OK\r\n% OK\r\n"},
		{"NOOP", "r99 OK\r\n"},
		{0},
	};

	server_begin();
	server.wakes = true;
	struct imap *i = selected(a);

	ask(i, 1, 2);
	is_str(bodies(i, 0), "1:a woken ", "woken while a body is awaited");
	ask(i, 3, 3);
	is_str(acknowledge(i, "9", AFTER_SEEN, NULL), "3 -", "another command meanwhile");
	ok(imap_noop(i, &err) < 0, "a tag that nobody gave ends it");
	is_str(bodies(i, -1), "3:c 2:b end end ", "but what came before is given");
	ok(imap_noop(i, &err) < 0, "and it stays ended");
	is_str(err.msg, "the server answers a command that nobody gave: r99", "for that reason");
	imap_close(i);
}

static const char *nonsense(const char *says, bool closes)
{
	const struct answer a[] = {SELECTED, {"UID FETCH 1:2 (UID BODY.PEEK[])", says}, {0}};
	static char result[600];

	server_begin();
	server.closes = closes;
	struct imap *i = selected(a);

	ask(i, 1, 2);
	snprintf(result, sizeof(result), "%s", bodies(i, -1));
	is_int(err.class, ERR_TEMP, "ends the session");
	imap_close(i);
	return result;
}

static void test_nonsense(void)
{
	is_str(nonsense("* 1 FETCH (BODY[] {1}\r\na)\r\n", false),
	       "error: the server sends a message without its UID", "a body without UID");
	is_str(nonsense("* 1 FETCH (UID 1 BODY[] {1}\r\na BODY[] {1}\r\na)\r\n", false),
	       "error: the server sends two messages in one FETCH", "two bodies");
	is_str(nonsense("* 1 FETCH (UID 1 BODY[] {1}\r\na)\r\n* BYE bye\r\n", true),
	       "1:a error: the server says goodbye: bye", "BYE behind a body");
	is_str(nonsense("* 1 FETCH (UID 1 BODY[] {1}\r\na)\r\n% NO Request is throttled. Suggested"
			" Backoff Time: 92415 milliseconds\r\n", false),
	       "1:a error: messages can't be read now: the server says NO Request is throttled."
	       " Suggested Backoff Time: 92415 milliseconds", "a server that is asked too much");
	is_str(nonsense("* 1 FETCH (UID 1 BODY[] {9}\r\na", true),
	       "error: the server closed the connection", "cut inside a literal");
	is_str(nonsense("", false), "error: the server said nothing for 0 seconds", "silence");
	is_str(nonsense("* OK [UIDVALIDITY 8] new\r\n", false),
	       "error: the folder's UIDVALIDITY changed from 7 to 8 while it was open",
	       "another UIDVALIDITY");
}

/* ---- waiting ---- */

static void test_wait(void)
{
	static const struct answer a[] = {
		SELECTED,
		{"IDLE", "+ idling\r\n* OK still here\r\n* 3 EXISTS\r\n* 4 EXISTS\r\n"},
		{"DONE", "% OK\r\n"},
		{"IDLE", "+\r\n"},
		{"DONE", "* 5 EXISTS\r\n% OK\r\n"},
		{"IDLE", "% BAD not today\r\n"},
		{"NOOP", "* 1 EXPUNGE\r\n* 5 EXISTS\r\n% OK\r\n"},
		{0},
	};
	bool news = false;

	server_begin();
	server.wakes = true;
	struct imap *i = selected(a);

	ok(imap_wait(i, 5, -1, true, &news, &err) == 0 && news, "IDLE: a message more");
	ok(imap_wait(i, 5, 0, true, &news, &err) == 0 && news, "woken, and news with DONE");
	server.wakes = false;
	ok(imap_wait(i, 1, -1, true, &news, &err) == 0 && news, "a server that can't IDLE after all");
	is_str(server_sent(), "IDLE|DONE|IDLE|DONE|IDLE|NOOP", "is asked with NOOP");
	is_int(imap_can(i) & IMAP_CAN_IDLE, 0, "from then on");
	imap_close(i);
}

static bool stop_now(void *ctx)
{
	return *(bool *)ctx;
}

static void test_stop(void)
{
	static const struct answer a[] = {SELECTED, {0}};
	bool stop = false;
	struct imap *i;

	server_begin();
	server.answers = a;
	ok(imap_open(&server_account, NULL, stop_now, &stop, NULL, &i, &err) == 0,
	   "a session that may stop");
	stop = true;
	sleep(1);
	ok(imap_noop(i, &err) < 0, "stops");
	is_str(err.msg, "asked to stop", "and says so");
	imap_close(i);
}

/* A thread that hangs in here holds up the end of the program. */
static void test_endless(void)
{
	server_begin();
	struct imap *i = selected((struct answer[]){SELECTED, {0}});

	server.endless = true;
	alarm(20);
	imap_close(i);
	alarm(0);
	ok(true, "a server that does not stop talking is left all the same");
}

int main(void)
{
	test_names();
	test_open_refused();
	test_select();
	test_search();
	test_search_without_end();
	test_sizes();
	test_lines();
	test_bodies();
	test_bodies_beside();
	test_nonsense();
	test_wait();
	test_stop();
	test_endless();
	server_begin();
	return tap_done();
}
