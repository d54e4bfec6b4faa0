/* Sessions of mailboxes over a server and a database in memory: what goes wrong. */
#include "ingest/mailbox.h"
#include "tests/unit/fake_owner.h"
#include "tests/unit/tap.h"

#include <poll.h>
#include <stdlib.h>

static struct main_part p;
static struct account *a;

static int start(bool watch)
{
	const struct account *const accounts[] = {a};

	return owner_start(&p, accounts, 1, watch, false);
}

static bool once(void)
{
	bool ended = start(false) == 0 && owner_run(&p, owner_ended);

	owner_stop(&p);
	return ended;
}

static bool caught_up(struct main_part *unused)
{
	(void)unused;
	return OWNER_GET(states[MAILBOX_CAUGHT_UP]) > 0;
}

static bool twice_elsewhere(struct main_part *unused)
{
	(void)unused;
	return OWNER_GET(states[MAILBOX_ELSEWHERE]) > 1;
}

static void test_lease(void)
{
	owner_reset(&p);
	fake_add("INBOX", 100, 1000);
	OWNER_SET(take, 0);
	ok(once(), "the lease is another's: ends");
	is_int(server.opens, 0, "without connecting");
	is_int(owner.states[MAILBOX_ELSEWHERE], 1, "and says so");
	is_str(owner.last[MAILBOX_ELSEWHERE].err.msg, "account 'one' is another's", "by name");
	is_int(owner.releases, 0, "gives nothing back");

	owner_reset(&p);
	fake_add("INBOX", 100, 1000);
	OWNER_SET(lease, 0);
	ok(once(), "the lease is lost meanwhile");
	is_int(server.acks, 0, "nothing is acknowledged");
	is_int(p.given, 100, "what was read was handed in");
	is_int(owner.states[MAILBOX_ELSEWHERE], 1, "and it says why");
	is_int(owner.releases, 1, "the lease is given back in any case");

	owner_reset(&p);
	fake_add("INBOX", 100, 1000);
	OWNER_SET(lease, -1);
	ok(once(), "nobody can tell about the lease");
	is_int(server.acks, 0, "nothing is acknowledged");
	is_int(owner.states[MAILBOX_FAILED], 1, "a failure");

	owner_reset(&p);
	mailbox_pace.elsewhere = 20;
	fake_add("INBOX", 100, 1000);
	OWNER_SET(take, 0);
	ok(start(true) == 0 && owner_run(&p, twice_elsewhere), "watch: tries again");
	OWNER_SET(take, 1);
	ok(owner_run(&p, caught_up), "until the lease is free");
	owner_stop(&p);
	is_int(owner.acks, 100, "and reads all");
}

static void test_not_committed(void)
{
	owner_reset(&p);
	p.abort = true;
	fake_add("INBOX", 100, 1000);
	ok(once(), "COMMITs fail");
	is_int(server.acks, 0, "nothing is acknowledged");
	is_int(owner.states[MAILBOX_CAUGHT_UP], 0, "it has not caught up");
	is_int(owner.last[MAILBOX_LOOKED].backlog, 100, "all of it waits");
	is_int(p.given, 100, "each was handed in once");
}

static bool two_commits(struct main_part *unused)
{
	(void)unused;
	p.abort = p.commits == 0;
	return OWNER_GET(acks) >= 10;
}

static void test_later(void)
{
	owner_reset(&p);
	p.batch = 10;
	a->poll = 1;
	fake_add("INBOX", 10, 1000);
	ok(start(true) == 0 && owner_run(&p, two_commits), "a COMMIT that failed: read again at the "
							   "next poll");
	owner_stop(&p);
	is_int(p.given, 20, "handed in twice");
	a->poll = 300;
}

static void test_backoff(void)
{
	owner_reset(&p);
	fake_add("INBOX", 10, 1000);
	FAKE_SET(open_fails, 3);
	ok(start(true) == 0 && owner_run(&p, caught_up), "three refused connections");
	owner_stop(&p);
	is_int(owner.states[MAILBOX_FAILED], 3, "each is told");
	is_int(owner.last[MAILBOX_FAILED].retry_seconds, 1, "with when it tries again");
	is_str(owner.last[MAILBOX_FAILED].err.msg, "not now", "and why");
	is_int(owner.takes, owner.releases, "the lease is given back in between");

	owner_reset(&p);
	fake_add("INBOX", 10, 1000);
	FAKE_SET(open_fails, 1);
	FAKE_SET(open_class, ERR_CONFIG);
	ok(once(), "once: a refused login");
	is_int(owner.last[MAILBOX_FAILED].err.class, ERR_CONFIG, "needs a person");
	is_int(server.opens, 1, "and is not tried again");

	owner_reset(&p);
	OWNER_SET(fail_known, 1);
	fake_add("INBOX", 10, 1000);
	ok(start(true) == 0 && owner_run(&p, caught_up), "the database was away for a moment");
	owner_stop(&p);
	is_int(owner.acks, 10, "it goes on by itself");
}

static void test_cut(void)
{
	owner_reset(&p);
	fake_add("INBOX", 1000, 1000);
	FAKE_SET(cut_after_bodies, 350);
	ok(start(true) == 0 && owner_run(&p, caught_up), "a connection that is cut");
	owner_stop(&p);
	is_int(owner.acks, 1000, "all are acknowledged in the end");
	is_int(p.given, 1000, "what was handed in is not read twice");
	is_int(server.wrong, 0, "none before its COMMIT");

	owner_reset(&p);
	fake_add("INBOX", 100, 1000);
	FAKE_SET(cut_ack, true);
	a->after[FATE_STORED].what = AFTER_SEEN;
	ok(start(true) == 0 && owner_run(&p, caught_up), "cut during an acknowledgement");
	owner_stop(&p);
	is_int(p.given, 100, "none is read twice");
	is_int(owner.last[MAILBOX_CAUGHT_UP].backlog, 0, "none waits");
	a->after[FATE_STORED].what = AFTER_MOVE;

	owner_reset(&p);
	fake_add("INBOX", 100, 1000);
	FAKE_SET(cut_after_bodies, 50);
	ok(once(), "once: a connection that is cut");
	is_int(p.given, 100, "is opened again at once: all is read, each mail once");
	is_int(owner.again, 50, "what came before is known");
	is_int(owner.states[MAILBOX_FAILED], 0, "it is no failure");

	owner_reset(&p);
	fake_add("INBOX", 100, 1000);
	FAKE_SET(storm, 1);
	ok(once(), "once: a server that always fails");
	is_int(owner.states[MAILBOX_FAILED], 1, "is a failure");
	is_int(p.given, 0, "and nothing is read");
}

static enum fate no_report(uint32_t uid)
{
	(void)uid;
	return FATE_NOT_REPORT;
}

static bool once_failed(struct main_part *unused)
{
	(void)unused;
	return OWNER_GET(states[MAILBOX_FAILED]) > 0;
}

static bool twice_connected(struct main_part *unused)
{
	(void)unused;
	return OWNER_GET(states[MAILBOX_CONNECTED]) > 1 &&
	       OWNER_GET(last[MAILBOX_CAUGHT_UP].not_reports) == 10;
}

/* The folder was made anew: what the session remembers by UID counts no more. */
static void test_uidvalidity(void)
{
	owner_reset(&p);
	p.fate_of = no_report;
	fake_add("INBOX", 20, 1000);
	ok(start(true) == 0 && owner_run(&p, caught_up), "a folder of 20 messages that are left");
	OWNER_SET(lease, -1);
	fake_tell();
	ok(owner_run(&p, once_failed), "its session ends");
	pthread_mutex_lock(&server.lock);
	server.folders[0].uidvalidity = 8;
	server.folders[0].n = 10;
	pthread_mutex_unlock(&server.lock);
	OWNER_SET(lease, 1);
	ok(owner_run(&p, twice_connected), "another UIDVALIDITY: looked at anew");
	owner_stop(&p);
	is_int(p.given, 30, "all are read again");
	is_str(p.last_item, "one/INBOX;UIDVALIDITY=8/;UID=10", "under new names");
}

static bool acknowledged_9(struct main_part *unused)
{
	(void)unused;
	return OWNER_GET(acks) >= 9 && OWNER_GET(states[MAILBOX_TROUBLE]) == 1;
}

static void test_vanished(void)
{
	owner_reset(&p);
	fake_add("INBOX", 1000, 1000);
	FAKE_SET(vanish_after_search, 10);
	fake_message("INBOX", 500)->withheld = true;
	ok(once(), "messages vanish between SEARCH and FETCH, and one is never given");
	is_int(owner.acks, 989, "the others are read");
	is_int(owner.states[MAILBOX_TROUBLE], 1, "the one that is there is told");
	is_int(owner.last[MAILBOX_LOOKED].backlog, 1, "and waits");
	ok(strstr(owner.last[MAILBOX_TROUBLE].err.msg, "UID 500"), "by its UID");
}

static void test_refused_window(void)
{
	owner_reset(&p);
	fake_add("INBOX", 700, 1000);
	fake_message("INBOX", 100)->poison = true;
	fake_message("INBOX", 650)->poison = true;
	ok(once(), "windows that are refused for one message");
	is_int(owner.acks, 698, "all others are read");
	is_int(server.bodies, 698, "once each");
	is_int(owner.states[MAILBOX_TROUBLE], 1, "the two are told");
	ok(strstr(owner.last[MAILBOX_TROUBLE].err.msg, "2 messages"), "both");
	is_int(owner.states[MAILBOX_CAUGHT_UP], 0, "it has not caught up");
	is_int(owner.last[MAILBOX_LOOKED].backlog, 2, "they wait");
}

/* Not all at once, and for ever: they are found, one by one, and the others go on. */
static void test_killers(void)
{
	owner_reset(&p);
	fake_add("INBOX", 700, 1000);
	fake_message("INBOX", 300)->kills = true;
	ok(once(), "a message over which the server ends the connection");
	is_int(owner.acks, 699, "all others are read");
	is_int(owner.states[MAILBOX_TROUBLE], 1, "it is told");
	ok(strstr(owner.last[MAILBOX_TROUBLE].err.msg, "UID 300,"), "by its UID");
	is_int(owner.states[MAILBOX_FAILED], 0, "the session goes on");
	is_int(owner.last[MAILBOX_LOOKED].backlog, 1, "the message waits");
	ok(server.opens < 10, "a few connections are enough");
	is_int(p.twice, 0, "none is stored twice");

	owner_reset(&p);
	fake_add("INBOX", 3000, 1000);
	fake_message("INBOX", 1)->kills_sizes = true;
	fake_message("INBOX", 1500)->kills = true;
	fake_message("INBOX", 3000)->kills = true;
	for (uint32_t uid = 2; uid <= 20; uid++)
		owner.known[0][1][uid] = FATE_STORED;
	ok(once(), "three of them, one by its size already");
	is_int(owner.acks, 2997, "all others are read");
	is_int(owner.states[MAILBOX_TROUBLE], 3, "each is told");
	ok(owner.again >= 19, "known ones are acknowledged");
	ok(server.opens < 22, "not too many connections");

	owner_reset(&p);
	fake_add("INBOX", 10, 1000);
	fake_message("INBOX", 5)->kills = true;
	ok(start(true) == 0 && owner_run(&p, acknowledged_9), "watch: the others go on, too");
	owner_stop(&p);
}

static enum fate by_uid(uint32_t uid)
{
	return uid % 2 ? FATE_STORED : FATE_QUARANTINED;
}

static void test_refused_ack(void)
{
	owner_reset(&p);
	p.fate_of = by_uid;
	fake_add("INBOX", 1500, 1000);
	FAKE_SET(refuse_ack, true);
	ok(once(), "a folder where nothing may be changed");
	is_int(p.given, 1500, "all is read");
	is_int(owner.states[MAILBOX_FAILED], 1, "told");
	is_int(owner.last[MAILBOX_FAILED].err.class, ERR_CONFIG, "for a person");
	is_str(owner.last[MAILBOX_FAILED].err.msg, "no right to do that", "in the server's words");
	FAKE_SET(refuse_ack, false);
	ok(once(), "mended");
	is_int(owner.again, 1500, "the next run makes up for it");
	is_int(p.given, 1500, "and reads nothing again");
}

static bool all_taken(struct main_part *unused)
{
	(void)unused;
	return p.n == 50;
}

static void test_stop(void)
{
	owner_reset(&p);
	p.keep = true;
	fake_add("INBOX", 50, 1000);
	ok(start(true) == 0 && owner_run(&p, all_taken), "50 are on their way to a COMMIT");
	mailboxes_stop(p.m);
	owner_commit(&p);
	ok(owner_run(&p, owner_ended), "stop: ends");
	mailboxes_free(p.m);
	is_int(owner.acks, 50, "they are acknowledged in the grace");

	owner_reset(&p);
	mailbox_pace.grace = 50;
	p.keep = true;
	fake_add("INBOX", 50, 1000);
	ok(start(true) == 0 && owner_run(&p, all_taken), "50 again");
	mailboxes_stop(p.m);
	ok(owner_run(&p, owner_ended), "stop: it ends though no COMMIT comes");
	owner_stop(&p);
	is_int(server.acks, 0, "and acknowledges nothing");
	mailbox_pace.grace = 20000;

	owner_reset(&p);
	p.stuck = true;
	fake_add("INBOX", 2000, 20000);
	ok(start(true) == 0, "a full queue");
	poll(NULL, 0, 50);
	mailboxes_stop(p.m);
	ok(owner_run(&p, owner_ended), "stop: ends, and what nobody took is dropped");
	owner_stop(&p);
}

static bool quiet(struct main_part *unused)
{
	(void)unused;
	return p.commits > 0;
}

static void test_silence(void)
{
	owner_reset(&p);
	mailbox_pace.silence = 100;
	p.batch = 1000;
	fake_add("INBOX", 10, 1000);
	FAKE_SET(hold, true);
	ok(start(false) == 0, "a server that says nothing in the middle of a download");
	poll(NULL, 0, 20);
	ok(!mailboxes_quiet(p.m), "it may say something yet");
	poll(NULL, 0, 150);
	ok(mailboxes_quiet(p.m), "after a while it keeps no batch open");
	FAKE_SET(hold, false);
	ok(owner_run(&p, quiet) && owner_run(&p, owner_ended), "it speaks again");
	owner_stop(&p);
	is_int(owner.acks, 10, "all is well");
	mailbox_pace.silence = 2000;
}

static void test_no_folder(void)
{
	owner_reset(&p);
	a->folders = xrealloc(a->folders, 2 * sizeof(char *));
	a->folders[1] = xstrdup("Nowhere");
	a->n_folders = 2;
	fake_add("INBOX", 100, 1000);
	ok(once(), "one of two folders is not there");
	is_int(owner.acks, 100, "the other is read");
	is_int(owner.last[MAILBOX_FAILED].err.class, ERR_CONFIG, "a person is told");
	is_int(owner.takes, 2, "both share the lease");
	is_int(owner.releases, 2, "and give it back");
	a->n_folders = 1;
	free(a->folders[1]);
}

static bool five_noops(struct main_part *unused)
{
	(void)unused;
	return FAKE_GET(noops) >= 5;
}

static void test_keep_alive(void)
{
	owner_reset(&p);
	mailbox_pace.keep_alive = 10;
	p.keep = true;
	fake_add("INBOX", 10, 1000);
	ok(start(false) == 0 && owner_run(&p, five_noops), "a COMMIT that takes long: NOOP");
	ok(mailboxes_quiet(p.m), "it is quiet meanwhile");
	p.keep = false;
	ok(owner_run(&p, owner_ended), "then it goes on");
	owner_stop(&p);
	is_int(owner.acks, 10, "to the end");
	mailbox_pace.keep_alive = 60000;
}

/* What is owed does not wait for ever behind a download that does not end. */
static bool acknowledged_100(struct main_part *unused)
{
	(void)unused;
	return OWNER_GET(acks) >= 100;
}

static void test_owed(void)
{
	owner_reset(&p);
	mailbox_pace.owed = mailbox_pace.owed_most = 30;
	p.batch = 100;
	fake_add("INBOX", 3000, 1000);
	FAKE_SET(slow_ms, 1);
	ok(start(false) == 0 && owner_run(&p, acknowledged_100), "a slow download");
	ok(FAKE_GET(bodies) < 3000, "is acknowledged while it goes on");
	FAKE_SET(slow_ms, 0);
	ok(owner_run(&p, owner_ended), "and ends");
	owner_stop(&p);
	is_int(owner.acks, 3000, "with all");
	mailbox_pace.owed = 5000;
	mailbox_pace.owed_most = 30000;
}

int main(void)
{
	mailbox_pace.look = 5;
	mailbox_pace.retry = mailbox_pace.retry_person = mailbox_pace.quick = 20;
	a = owner_account("one");
	test_lease();
	test_not_committed();
	test_later();
	test_backoff();
	test_cut();
	test_uidvalidity();
	test_vanished();
	test_refused_window();
	test_killers();
	test_refused_ack();
	test_stop();
	test_silence();
	test_no_folder();
	test_keep_alive();
	test_owed();
	owner_account_free(a);
	return tap_done();
}
