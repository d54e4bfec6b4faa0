/* Leases of accounts, what a commit makes of them, and what is kept of mailboxes. */
#include "store/commit.h"
#include "tests/unit/store_batch.h"
#include "tests/unit/tap.h"

#include <sys/socket.h>

static struct store *rival; /* another process's connection */

static struct store_lease of(const char *account, const char *owner)
{
	return (struct store_lease){.account = xstrdup(account), .owner = xstrdup(owner)};
}

static void lease_free(struct store_lease *l)
{
	free(l->account);
	free(l->owner);
}

static int take(struct store *x, struct store_lease *l, int seconds)
{
	AUTO_FREE char *other = NULL;
	int rc = store_lease_take(x, l, seconds, &other, &e);

	must(rc, &e);
	return rc;
}

static int check(const struct store_lease *l)
{
	int rc = store_lease_check(s, l, &e);

	must(rc, &e);
	return rc;
}

static int renew(const struct store_lease *l)
{
	int rc = store_lease_renew(s, l, 60, &e);

	must(rc, &e);
	return rc;
}

static void run_out(struct store *x, const char *account)
{
	char sql[200];

	snprintf(sql, sizeof(sql), "UPDATE ruadb_data.lease SET until = now() - interval '1 s' "
		 "WHERE account = '%s'", account);
	must(db_run(x, sql, &e), &e);
}

static void hands(void)
{
	struct store_lease one = of("a", "one:1:x"), two = of("a", "two:2:y");
	AUTO_FREE char *other = NULL;

	is_int(take(s, &one, 60), 1, "a free account is taken");
	is_int(one.token, 1, "with the first token");
	is_int(take(s, &one, 60), 1, "its owner may take it again");
	is_int(one.token, 1, "which changes no hands");
	int rc = store_lease_take(rival, &two, 60, &other, &e);

	is_int(rc, 0, "another may not");
	ok(other && strstr(other, "one:1:x until 2"), "and hears who has it and until when");
	two.token = one.token;
	ok(check(&one) == 1 && check(&two) == 0, "a token without its owner is worth nothing");
	run_out(s, "a");
	is_int(check(&one), 0, "one that ran out is not ours");
	is_int(renew(&one), 1, "but lives on where nobody took it");
	is_int(check(&one), 1, "and is ours again");
	run_out(s, "a");
	is_int(take(rival, &two, 60), 1, "one that ran out may be taken");
	is_int(two.token, 2, "and its token rises");
	ok(renew(&one) == 0 && check(&one) == 0, "the first can't renew it");
	must(store_lease_release(s, &one, &e), &e);
	is_int(check(&two), 1, "nor end what is another's");
	must(store_lease_release(rival, &two, &e), &e);
	is_int(check(&two), 0, "what was given back is nobody's");
	is_int(take(s, &one, LEASE_MARGIN - 1), 1, "and may be taken at once");
	is_int(one.token, 3, "with a further token");
	is_int(check(&one), 0, "less than the margin is not enough to touch anything");
	lease_free(&one);
	lease_free(&two);
}

/* ---- commits ---- */

static struct store_item *message(const struct store_lease *l, int uid, const char *extra)
{
	AUTO_FREE char *name = xasprintf("%s/INBOX;UIDVALIDITY=7/;UID=%d",
					 l ? l->account : "none", uid);
	AUTO_FREE char *id = xasprintf("%s-%d", l ? l->account : "none", uid);
	struct store_item *i = make_item(name, 1);

	i->source = "imap";
	i->mtime_ns = 0;
	i->inode = 0;
	i->lease = l;
	i->arrived_at = BEGIN + 90000;
	i->entries[0].report = make_report(s, st, &(struct say){.id = id, .content = uid + !l * 100,
		.domain = "lease.example", .records = 1, .each = 1, .mail = true, .extra = extra});
	return i;
}

/* One letter an item: its outcome, '-' lease lost, '?' neither. */
static const char *commit(struct store_batch *b)
{
	static char got[64];
	size_t n = 0;

	must(store_commit(s, st, b, &e), &e);
	for (const struct store_item *i = b->items; i; i = i->next)
		got[n++] = i->durable ? (char)i->outcome : i->lease_lost ? '-' : '?';
	got[n] = '\0';
	return got;
}

static const char *in_ledger(void)
{
	return value(s, "SELECT coalesce(string_agg(left(item, 1) || substring(item from "
			"'UID=([0-9]+)$'), ' ' ORDER BY item), '') FROM ruadb_data.ledger "
			"WHERE source = 'imap'");
}

static void left_out(void)
{
	struct store_lease mine = of("m", "one"), lost = of("l", "one"), brief = of("b", "one");
	struct store_batch *b = store_batch_new();

	take(s, &mine, 60);
	take(s, &lost, 60);
	take(s, &brief, LEASE_MARGIN - 1);
	run_out(s, "l");
	struct store_lease thief = of("l", "two");

	take(rival, &thief, 60);
	store_batch_add(b, message(&lost, 1, NULL));
	store_batch_add(b, message(&mine, 1, NULL));
	store_batch_add(b, message(&brief, 1, NULL));
	store_batch_add(b, message(NULL, 1, NULL));
	store_batch_add(b, message(&mine, 2, NULL));
	store_batch_add(b, message(&lost, 2, NULL));
	is_str(commit(b), "-s-ss-", "what belongs to a lost lease is left out, the rest stored");
	is_str(in_ledger(), "m1 m2 n1", "and of the others there is no trace");
	is_str(commit(b), "-s-ss-", "asked again: it stays so");
	is_str(value(s, "SELECT count(*) || ' ' || count(DISTINCT batch_id) FROM "
			"ruadb_data.report"), "3 1", "their reports, in one batch");
	store_batch_free(b);
	b = store_batch_new();
	store_batch_add(b, message(&lost, 3, NULL));
	is_str(commit(b), "-", "a batch of nothing else");
	is_str(value(s, "SELECT count(*) FROM ruadb_data.batch"), "1", "is no batch at all");
	store_batch_free(b);
	b = store_batch_new();
	store_batch_add(b, message(&lost, 4, NULL));
	store_batch_add(b, message(&mine, 4, "nonsense"));
	store_batch_add(b, message(&mine, 5, NULL));
	store_batch_add(b, message(&lost, 5, NULL));
	is_str(commit(b), "-qs-", "with a poisoned report among them");
	is_str(in_ledger(), "m1 m2 m4 m5 n1", "which alone is quarantined");
	store_batch_free(b);
	lease_free(&mine);
	lease_free(&lost);
	lease_free(&brief);
	lease_free(&thief);
}

/* What is tried between the check and COMMIT, when the lease ran out in that very moment. */
static int taken, renewed;
static struct store_lease *thief, *mine;

static int take_meanwhile(struct store *x, const char *sql, struct err *err)
{
	run_out(rival, "m");
	taken = take(rival, thief, 60);
	renewed = store_lease_renew(rival, mine, 60, &e);
	return db_run(x, sql, err);
}

/* COMMIT arrives, its answer does not, and meanwhile the lease is lost. */
static int lose_answer(struct store *x, const char *sql, struct err *err)
{
	PQclear(PQexec(x->conn, sql));
	shutdown(PQsocket(x->conn), SHUT_RDWR);
	must(db_run(rival, "UPDATE ruadb_data.lease SET owner = 'two', token = token + 1 WHERE "
			   "account = 'm'", &e), &e);
	store_commit_hook = db_run;
	return db_run(x, "SELECT 1", err);
}

static void fence(void)
{
	struct store_lease ours = of("m", "one"), theirs = of("m", "two");
	struct store_batch *b = store_batch_new();

	mine = &ours;
	thief = &theirs;
	take(s, mine, 60);
	store_batch_add(b, message(mine, 6, NULL));
	store_commit_hook = take_meanwhile;
	is_str(commit(b), "s", "from the check to COMMIT");
	is_int(taken, 0, "nobody takes the lease, even if it ran out, nor waits for it");
	is_int(renewed, 1, "its owner may renew it");
	store_batch_free(b);
	b = store_batch_new();
	store_batch_add(b, message(mine, 7, NULL));
	store_commit_hook = lose_answer;
	is_str(commit(b), "s", "what was committed while it was ours stays so, answer or not");
	is_int(check(mine), 0, "though it is lost now");
	store_batch_free(b);
	lease_free(&ours);
	lease_free(&theirs);
}

/* ---- messages and mailboxes ---- */

static void messages(void)
{
	static const char *const items[] = {
		"m/INBOX;UIDVALIDITY=7/;UID=4", "m/INBOX;UIDVALIDITY=8/;UID=4",
		"m/INBOX;UIDVALIDITY=7/;UID=5", "m/INBOX;UIDVALIDITY=7/;UID=1",
		"none/INBOX;UIDVALIDITY=7/;UID=1"};
	char got[5];

	must(db_run(s, "UPDATE ruadb_data.ledger SET outcome = 'd' WHERE item = "
		       "'m/INBOX;UIDVALIDITY=7/;UID=1'", &e), &e);
	must(store_lookup_messages(s, items, 5, 1, got, &e), &e);
	ok(memcmp(got, "q\0sds", 5) == 0, "what became of messages; of another UIDVALIDITY nothing");
	must(store_lookup_messages(s, items, 5, 2, got, &e), &e);
	ok(memcmp(got, "\0\0s\0s", 5) == 0, "a newer parser may read what an older one could not");
	must(store_lookup_messages(s, items, 0, 1, got, &e), &e);
	struct store_lease l = of("m", "three");
	struct store_batch *b = store_batch_new();
	struct store_item *large = message(&l, 9, NULL);

	run_out(s, "m");
	take(s, &l, 60);
	store_report_free(large->entries[0].report);
	free(large->bytes);
	large->bytes = NULL;
	large->size = 60 << 20;
	memset(large->sha256, 0, 32);
	large->entries[0] = (struct store_entry){.outcome = OUTCOME_QUARANTINED,
		.class = ERR_LIMIT, .reason = xstrdup("the mail has 60 MB")};
	store_batch_add(b, large);
	is_str(commit(b), "q", "a mail that was never downloaded");
	is_str(value(s, "SELECT class || reason || size || bytes_kept || coalesce(sha256, '-') FROM "
			"ruadb.quarantine WHERE item LIKE 'm/%UID=9'"),
	       "limitthe mail has 60 MB62914560false-", "is in quarantine, without bytes or hash");
	store_batch_free(b);
	lease_free(&l);
}

#define BOX "SELECT concat_ws(' ', uidvalidity, messages, backlog, not_reports, " \
	"extract(epoch FROM oldest_waiting_at)::bigint, last_try_at = now_is, last_success_at = " \
	"now_is, next_try_at - now_is, failures, last_error_class, last_error) FROM " \
	"ruadb_data.mailbox, (SELECT max(last_try_at) AS now_is FROM ruadb_data.mailbox) k"

static void mailboxes(void)
{
	struct store_mailbox m = {.account = "m", .folder = "INBOX", .uidvalidity = 7,
		.messages = 10, .backlog = 4, .not_reports = 1, .oldest_waiting_at = BEGIN,
		.retry_seconds = -1};

	must(store_mailbox_note(s, &m, &e), &e);
	is_str(value(s, BOX), "7 10 4 1 1790000000 t 0", "a mailbox that was looked at");
	m = (struct store_mailbox){.account = "m", .folder = "INBOX", .messages = -1,
		.backlog = -1, .not_reports = -1, .oldest_waiting_at = TIME_ABSENT,
		.error_class = "temporary", .error = "no route \xff", .retry_seconds = 5};
	must(store_mailbox_note(s, &m, &e), &e);
	must(store_mailbox_note(s, &m, &e), &e);
	is_str(value(s, BOX), "7 10 4 1 1790000000 t 00:00:05 2 temporary no route \\xff",
	       "failed twice: the figures stay, the error stands there");
	m.error = NULL;
	m.retry_seconds = -1;
	m.messages = 11;
	must(store_mailbox_note(s, &m, &e), &e);
	is_str(value(s, BOX), "7 11 4 1 1790000000 t 2 temporary no route \\xff",
	       "looked at again: the error stays until all is well");
	m.success = true;
	m.backlog = 0;
	must(store_mailbox_note(s, &m, &e), &e);
	is_str(value(s, BOX), "7 11 0 1 t t 0", "through: nothing waits, no error");
	m.uidvalidity = 8;
	m.success = false;
	must(store_mailbox_note(s, &m, &e), &e);
	is_str(value(s, BOX), "8 11 0 1 t f 0", "the last success stays");
}

int main(void)
{
	conf = home_begin();
	must(store_open(conf, STORE_INGEST, &s, &e), &e);
	must(store_open(conf, STORE_INGEST, &rival, &e), &e);
	st = store_stage_new(conf, 1);
	hands();
	left_out();
	fence();
	messages();
	mailboxes();
	store_stage_free(st);
	store_close(s);
	store_close(rival);
	home_end();
	return tap_done();
}
