/* Sessions of mailboxes over a server and a database in memory: what goes well. */
#include "base/limits.h"
#include "ingest/mailbox.h"
#include "tests/unit/fake_owner.h"
#include "tests/unit/tap.h"

#include <stdlib.h>

static struct main_part p;
static struct account *a;

static int start(bool watch, bool dry_run)
{
	const struct account *const accounts[] = {a};

	return owner_start(&p, accounts, 1, watch, dry_run);
}

/* Once through, to the end. */
static bool once(void)
{
	bool ended = start(false, false) == 0 && owner_run(&p, owner_ended);

	owner_stop(&p);
	return ended;
}

static bool caught_up(struct main_part *unused)
{
	(void)unused;
	return OWNER_GET(states[MAILBOX_CAUGHT_UP]) > 0;
}

static void test_once(void)
{
	owner_reset(&p);
	fake_add("INBOX", 2600, 4000);
	ok(once(), "2600 mails: ends by itself");
	is_int(p.given, 2600, "each is handed in");
	ok(!p.disorder, "in the order of their UIDs");
	is_str(p.last_item, "one/INBOX;UIDVALIDITY=7/;UID=2600", "named by account and place");
	is_int(owner.acks, 2600, "each is acknowledged");
	is_int(owner.by_what[AFTER_MOVE], 2600, "by MOVE");
	is_str(owner.last_folder, "Archive", "to the archive");
	is_int(server.wrong, 0, "none before its COMMIT, no window too long");
	ok(owner.ack_calls < 12, "in lots");
	ok(owner.leases >= server.acks, "the lease is asked before each lot");
	ok(server.windows_most > 1 && server.windows_most <= WINDOWS, "windows are pipelined");
	is_int(owner.states[MAILBOX_CAUGHT_UP], 1, "caught up");
	is_int(owner.last[MAILBOX_CAUGHT_UP].backlog, 0, "no backlog");
	is_int(owner.last[MAILBOX_CAUGHT_UP].messages, 0, "an empty folder");
	is_int(owner.last[MAILBOX_LOOKED].backlog, 2600, "what waits was told");
	is_int(owner.last[MAILBOX_LOOKED].oldest_waiting_at, 1700000001, "with the oldest");
	is_int(owner.takes, 1, "the lease was taken");
	is_int(owner.releases, 1, "and given back");
	is_int(server.open_now, 0, "no session is open");

	ok(once(), "an empty folder");
	is_int(p.given, 2600, "gives nothing");
	is_int(owner.states[MAILBOX_ENDED], 2, "each session told its end");
}

static enum fate by_uid(uint32_t uid)
{
	static const enum fate fates[] = {FATE_STORED, FATE_REPEAT, FATE_QUARANTINED,
					  FATE_NOT_REPORT};

	return fates[uid % 4];
}

static void test_fates(void)
{
	owner_reset(&p);
	p.fate_of = by_uid;
	fake_add("INBOX", 400, 1000);
	ok(once(), "mails of all fates");
	is_int(owner.acks, 300, "acknowledged, but what is left");
	is_int(owner.last[MAILBOX_CAUGHT_UP].not_reports, 100, "no reports are counted");
	is_int(owner.last[MAILBOX_CAUGHT_UP].messages, 100, "and stay");
	ok(!fake_message("INBOX", 3)->gone && fake_message("INBOX", 4)->moved, "each by its fate");
	is_int(owner.last[MAILBOX_CAUGHT_UP].backlog, 0, "they are no backlog");
	p.given = 0;
	ok(once(), "a second time");
	is_int(p.given, 0, "nothing is read again");
	is_int(owner.last[MAILBOX_CAUGHT_UP].not_reports, 100, "no reports are still known");
}

static void test_again(void)
{
	owner_reset(&p);
	fake_add("INBOX", 50, 1000);
	for (uint32_t uid = 1; uid <= 20; uid++)
		owner.known[0][1][uid] = FATE_REPEAT;
	ok(once(), "some are known from a run whose acknowledgement was lost");
	is_int(p.given, 30, "these are not downloaded");
	is_int(server.bodies, 30, "in truth");
	is_int(owner.acks, 50, "but acknowledged");
	is_int(owner.again, 20, "and it says so");
}

static void test_marks(void)
{
	owner_reset(&p);
	FAKE_SET(can, 0);
	fake_add("INBOX", 10, 1000);
	ok(once(), "neither MOVE nor UIDPLUS");
	is_int(owner.by_what[AFTER_FLAG], 10, "a flag instead");
	is_int(owner.states[MAILBOX_TROUBLE], 1, "and it says so, once");
	p.given = 0;
	ok(once(), "a second time");
	is_int(p.given, 0, "none is read again");
	is_int(owner.acks, 10, "none is flagged again");
	is_int(owner.last[MAILBOX_CAUGHT_UP].backlog, 0, "none waits");

	owner_reset(&p);
	a->after[FATE_STORED].what = AFTER_SEEN;
	fake_add("INBOX", 10, 1000);
	ok(once() && once(), "after_stored = seen, twice");
	is_int(owner.by_what[AFTER_SEEN], 10, "seen once each");
	a->after[FATE_STORED].what = AFTER_MOVE;
}

static void test_dry_run(void)
{
	owner_reset(&p);
	fake_add("INBOX", 10, 1000);
	ok(start(false, true) == 0 && owner_run(&p, owner_ended), "a dry run");
	owner_stop(&p);
	is_int(p.given, 10, "reads");
	is_int(server.acks, 0, "changes nothing");
	is_int(server.examined, 1, "by EXAMINE");
}

static void test_large(void)
{
	owner_reset(&p);
	fake_add("INBOX", 3, 1000);
	fake_add("INBOX", 1, LIMIT_MAIL + 1LL);
	fake_add("INBOX", 1, LIMIT_MAIL);
	fake_add("INBOX", 1, LIMIT_MAIL + 1LL);
	fake_add("INBOX", 20, 900000);
	fake_message("INBOX", 6)->told_size = 5000;
	p.fate_of = by_uid;
	ok(once(), "mails of up to 32 MB, and over it");
	is_int(p.given, 26, "all are handed in");
	is_int(p.refused, 2, "two without their bytes");
	is_int(server.bodies, 25, "one was never asked for");
	is_str(p.last_refused, "a mail of more than 32 MB, though its server says 5000 bytes",
	       "a server that lied");
	is_int(p.fds, 21, "large ones by descriptor");
	ok(server.bytes_most <= LIMIT_MAIL + (5 << 20), "few bytes under way");
}

/* ---- watch ---- */

static bool second_time(struct main_part *unused)
{
	(void)unused;
	return OWNER_GET(acks) >= 15;
}

static void test_watch(void)
{
	int asked;

	owner_reset(&p);
	p.fate_of = by_uid;
	fake_add("INBOX", 12, 1000);
	ok(start(true, false) == 0 && owner_run(&p, caught_up), "watch: catches up");
	asked = OWNER_GET(known_asked);
	is_int(OWNER_GET(acks), 9, "what was there is acknowledged");
	fake_add("INBOX", 8, 1000);
	fake_tell();
	ok(owner_run(&p, second_time), "new messages are read when the server tells");
	is_int(OWNER_GET(known_asked), asked + 8, "what was left is not asked about again");
	ok(FAKE_GET(idles) > 0, "by IDLE");
	ok(!mailboxes_ended(p.m), "it does not end");
	mailboxes_stop(p.m);
	ok(owner_run(&p, owner_ended), "stop ends it");
	owner_stop(&p);
	is_int(owner.takes, owner.releases, "leases taken are given back");
}

static bool acknowledged_5(struct main_part *unused)
{
	(void)unused;
	return OWNER_GET(acks) >= 5;
}

static void test_poll(void)
{
	owner_reset(&p);
	a->poll = 1;
	ok(start(true, false) == 0 && owner_run(&p, caught_up), "watch: an empty folder");
	fake_add("INBOX", 5, 1000);
	ok(owner_run(&p, acknowledged_5), "a server that says nothing is polled");
	owner_stop(&p);
	a->poll = 300;
}

/* Messages that come during a download are found without the server's telling. */
static enum fate adds_more(uint32_t uid)
{
	if (uid == 5 && server.folders[0].n == 5)
		fake_add("INBOX", 5, 1000);
	return FATE_STORED;
}

static bool acknowledged_10(struct main_part *unused)
{
	(void)unused;
	return OWNER_GET(acks) >= 10;
}

static void test_meanwhile(void)
{
	owner_reset(&p);
	p.fate_of = adds_more;
	fake_add("INBOX", 5, 1000);
	ok(start(true, false) == 0 && owner_run(&p, acknowledged_10), "what comes meanwhile");
	owner_stop(&p);
}

/* ---- the queue ---- */

static bool full(struct main_part *unused)
{
	size_t queued;

	(void)unused;
	pthread_mutex_lock(&p.m->lock);
	queued = p.m->boxes[0].wants_room ? p.m->queued : 0;
	pthread_mutex_unlock(&p.m->lock);
	return queued > 0;
}

static bool acknowledged_some(struct main_part *unused)
{
	(void)unused;
	return OWNER_GET(acks) >= LOT_ACK;
}

static void test_backpressure(void)
{
	owner_reset(&p);
	p.stuck = true;
	fake_add("INBOX", 1500, 20000);
	ok(start(false, false) == 0 && owner_run(&p, full), "nobody takes mails: the queue fills");
	ok(p.m->queued <= QUEUE_BYTES, "no more than its size");
	ok(FAKE_GET(bodies) < 450, "the session waits");
	ok(!mailboxes_quiet(p.m), "it is not quiet: there is more to take");

	p.stuck = false;
	p.batch = 600;
	for (struct ingest_item it; p.n < 600;)
		if (mailboxes_next(p.m, &it) == 1) {
			free(it.item);
			free(it.bytes);
			p.mails[p.n++] = it.mail;
		}
	p.stuck = true;
	ok(owner_run(&p, full), "600 are taken: it fills again");
	owner_commit(&p);
	ok(owner_run(&p, acknowledged_some), "who waits for room acknowledges all the same");
	p.stuck = false;
	ok(owner_run(&p, owner_ended), "and all goes on");
	owner_stop(&p);
	is_int(owner.acks, 1500, "to the end");
	is_int(server.wrong, 0, "in order");
}

static bool acknowledged_1400(struct main_part *unused)
{
	(void)unused;
	return OWNER_GET(acks) >= 1400;
}

static void test_several(void)
{
	struct account *b = owner_account("two"), *c = owner_account("three");
	const struct account *const accounts[] = {a, b, c};

	owner_reset(&p);
	free(b->folders[0]);
	b->folders[0] = xstrdup("Reports");
	free(c->host);
	c->host = xstrdup("dead.example.com");
	server.dead_host = c->host;
	fake_add("INBOX", 700, 30000);
	fake_add("Reports", 700, 30000);
	ok(owner_start(&p, accounts, 3, true, false) == 0, "three accounts, one of them dead");
	ok(owner_run(&p, acknowledged_1400), "the others are read to the end");
	ok(mailboxes_quiet(p.m), "the dead one keeps no batch open");
	mailboxes_stop(p.m);
	ok(owner_run(&p, owner_ended), "stop ends the dead one, too");
	owner_stop(&p);
	server.dead_host = NULL;
	owner_account_free(b);
	owner_account_free(c);
}

/* Somebody took the lease, kept it for a moment, and died: nothing tells us but the COMMIT. */
static bool lost_for_a_moment(struct main_part *unused)
{
	(void)unused;
	int told = OWNER_GET(states[MAILBOX_ELSEWHERE]);

	p.abort = p.commits == 0;
	OWNER_SET(lease, told > 0);
	return OWNER_GET(acks) >= 100;
}

static void test_lease_lost_in_commit(void)
{
	owner_reset(&p);
	mailbox_pace.elsewhere = 20;
	fake_add("INBOX", 100, 1000);
	ok(start(true, false) == 0 && owner_run(&p, lost_for_a_moment), "a lease that was lost in a COMMIT: "
	   "read again long before the next poll");
	owner_stop(&p);
	is_int(owner.states[MAILBOX_ELSEWHERE], 1, "and why it was not stored is said");
}

int main(void)
{
	mailbox_pace.look = 5;
	mailbox_pace.retry = mailbox_pace.retry_person = 20;
	a = owner_account("one");
	test_once();
	test_fates();
	test_again();
	test_marks();
	test_dry_run();
	test_large();
	test_watch();
	test_poll();
	test_meanwhile();
	test_backpressure();
	test_several();
	test_lease_lost_in_commit();
	owner_account_free(a);
	return tap_done();
}
