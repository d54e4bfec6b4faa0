/* Sessions of mailboxes in a storm: two folders, every call and every COMMIT may fail. */
#include "ingest/mailbox.h"
#include "tests/unit/fake_owner.h"
#include "tests/unit/tap.h"

#include <stdlib.h>

static struct main_part p;
static struct account *a;

/* Every call may fail, and every COMMIT: in the end each message is there once. */
static bool all_moved(struct main_part *unused)
{
	size_t there = 0;

	(void)unused;
	p.abort = ++p.turns % 3 == 0;
	pthread_mutex_lock(&server.lock);
	for (size_t k = 0; k < server.n_folders; k++)
		for (size_t i = 0; i < server.folders[k].n; i++)
			there += !server.folders[k].v[i].moved;
	pthread_mutex_unlock(&server.lock);
	return there == 0;
}

static void test_storm(void)
{
	const struct account *const accounts[] = {a};

	owner_reset(&p);
	a->folders = xrealloc(a->folders, 2 * sizeof(char *));
	a->folders[1] = xstrdup("Reports");
	a->n_folders = 2;
	a->poll = 1;
	mailbox_pace.retry = mailbox_pace.retry_most = mailbox_pace.quick = 2;
	mailbox_pace.bad = 50;
	p.batch = 50;
	FAKE_SET(storm, 300);
	fake_add("INBOX", 3000, 500);
	fake_add("Reports", 3000, 500);
	ok(owner_start(&p, accounts, 1, true, false) == 0 && owner_run(&p, all_moved), "a storm: each message arrives");
	owner_stop(&p);
	is_int(server.wrong, 0, "none was acknowledged before its COMMIT");
	is_int(p.twice, 0, "none was stored twice");
	ok(server.opens > 10, "it was one");
	is_int(owner.takes, owner.releases, "leases are given back");
	is_int(server.open_now, 0, "sessions are closed");
	a->poll = 300;
	a->n_folders = 1;
	free(a->folders[1]);
}

int main(void)
{
	mailbox_pace.look = 5;
	mailbox_pace.retry_person = 20;
	a = owner_account("one");
	test_storm();
	owner_account_free(a);
	return tap_done();
}
