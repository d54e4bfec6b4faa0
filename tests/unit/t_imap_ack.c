/*
 * What is done to messages in mailboxes, command by command, with servers that can less or say less
 * than a real one can be made to.
 */
#include "tests/unit/imap_server.h"

#include "tests/unit/tap.h"

static const struct answer moves[] = {
	SELECTED,
	{"UID MOVE 1:2 \"A\"", "% NO [TRYCREATE] none\r\n"},
	{"CREATE \"A\"", "% NO [ALREADYEXISTS] now\r\n"},
	{"SUBSCRIBE \"A\"", "% NO no\r\n"},
	{"UID MOVE 1:2 \"A\"", "* OK [COPYUID 3 1:2 7:8] x\r\n* 1 EXPUNGE\r\n* 1 EXPUNGE\r\n% OK\r\n"},
	/* a server that does not say TRYCREATE */
	{"UID MOVE 3 \"B\"", "% NO sorry\r\n"},
	{"STATUS \"B\" (UIDNEXT)", "% NO none\r\n"},
	{"CREATE \"B\"", "% OK\r\n"},
	{"SUBSCRIBE \"B\"", "% OK\r\n"},
	{"UID MOVE 3 \"B\"", "% OK\r\n"},
	/* the folder is there: something else */
	{"UID MOVE 4 \"B\"", "% NO sorry\r\n"},
	{"STATUS \"B\" (UIDNEXT)", "* STATUS \"B\" (UIDNEXT 2)\r\n% OK\r\n"},
	{"UID MOVE 5 \"B\"", "% NO [OVERQUOTA] full\r\n"},
	/* some vanished: NOOP tells, and the rest goes */
	{"UID MOVE 6 \"B\"", "% NO [EXPUNGEISSUED] gone\r\n"},
	{"NOOP", "* 1 EXPUNGE\r\n% OK\r\n"},
	{"UID MOVE 6 \"B\"", "% OK\r\n"},
	{0},
};

static void test_move(void)
{
	server_begin();
	struct imap *i = selected(moves);

	is_str(acknowledge(i, "1:2", AFTER_MOVE, "A"), "1 -", "TRYCREATE");
	is_str(server_sent(), "UID MOVE 1:2 \"A\"|CREATE \"A\"|SUBSCRIBE \"A\"|UID MOVE 1:2 \"A\"",
	       "made, subscribed, moved");
	is_str(acknowledge(i, "3", AFTER_MOVE, "B"), "1 -", "no TRYCREATE, but no folder");
	is_str(acknowledge(i, "4", AFTER_MOVE, "B"),
	       "config: messages can't be moved to 'B': the server says NO sorry", "in its words");
	server.sent.len = 0;
	is_str(acknowledge(i, "5", AFTER_MOVE, "B"), "config: messages can't be moved to 'B':"
	       " the server says NO [OVERQUOTA] full", "quota");
	is_str(server_sent(), "UID MOVE 5 \"B\"", "which asks for nothing more");
	is_str(acknowledge(i, "6", AFTER_MOVE, "B"), "1 -", "what vanished meanwhile");
	imap_close(i);
}

static void test_copy(void)
{
	static const struct answer a[] = {
		SELECTED,
		{"UID COPY 1 \"A\"", "% OK [COPYUID 3 1 7]\r\n"},
		{"UID STORE 1 +FLAGS.SILENT (\\Deleted)", "% OK\r\n"},
		{"UID EXPUNGE 1", "* 1 EXPUNGE\r\n% OK\r\n"},
		{"UID COPY 2 \"A\"", "% NO [OVERQUOTA] full\r\n"},
		{0},
	};

	server_begin();
	server.capability = "* CAPABILITY IMAP4rev1 UIDPLUS\r\n% OK\r\n";
	struct imap *i = selected(a);

	is_str(acknowledge(i, "1", AFTER_MOVE, "A"), "1 -", "a copy");
	is_str(server_sent(), "UID COPY 1 \"A\"|UID STORE 1 +FLAGS.SILENT (\\Deleted)|UID EXPUNGE 1",
	       "then expunged");
	server.sent.len = 0;
	is_str(acknowledge(i, "2", AFTER_MOVE, "A"), "config: messages can't be moved to 'A':"
	       " the server says NO [OVERQUOTA] full", "a copy that is refused");
	is_str(server_sent(), "UID COPY 2 \"A\"", "and nothing is deleted");
	imap_close(i);
}

static void test_marks(void)
{
	static const struct answer a[] = {
		{"SELECT \"INBOX\"", "* OK [UIDVALIDITY 7]\r\n* OK [PERMANENTFLAGS (\\Flagged)] x\r\n"
		 "% OK\r\n"},
		{"UID STORE 1 +FLAGS.SILENT (\\Flagged)", "% OK\r\n"},
		{0},
	};

	server_begin();
	server.capability = "* CAPABILITY IMAP4rev1 UIDPLUS\r\n% OK\r\n";
	struct imap *i = selected(a);

	is_str(acknowledge(i, "1", AFTER_MOVE, "A"), "config: the server does not let messages of"
	       " this folder be deleted", "so nothing is copied");
	imap_close(i);
	server_begin();
	server.capability = "* CAPABILITY IMAP4rev1\r\n% OK\r\n";
	i = selected(a);
	is_str(acknowledge(i, "1", AFTER_MOVE, "A"), "2 the server can neither MOVE nor UIDPLUS:"
	       " messages are marked where they are", "no keywords: \\Flagged");
	is_str(acknowledge(i, "1", AFTER_SEEN, NULL),
	       "config: the server does not keep \\Seen in this folder", "\\Seen is not kept");
	is_str(acknowledge(i, "1", AFTER_DELETE, NULL), "config: the server does not let messages of"
	       " this folder be deleted", "nor \\Deleted");
	is_str(acknowledge(i, "1", AFTER_LEAVE, NULL), "0 -", "what is left is left");
	is_str(server_sent(), "UID STORE 1 +FLAGS.SILENT (\\Flagged)", "one command in all");
	imap_close(i);
}

int main(void)
{
	test_move();
	test_copy();
	test_marks();
	server_begin();
	return tap_done();
}
