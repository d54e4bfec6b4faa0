/* Batches against a real PostgreSQL: outcomes, who counts, poison, lost commits, two at once. */
#include "store/commit.h"
#include "store/copy.h"
#include "tests/unit/store_batch.h"
#include "tests/unit/tap.h"

#include <pthread.h>
#include <sys/socket.h>

static void outcomes(void)
{
	is_int(commit_one((struct say){.id = "1", .content = 1, .each = 10}), OUTCOME_STORED,
	       "new");
	is_int(commit_one((struct say){.id = "1", .content = 1, .each = 10}), OUTCOME_REPEAT,
	       "again");
	is_int(commit_one((struct say){.id = "1", .content = 2, .each = 20}), OUTCOME_CONFLICT,
	       "same identity, other content");
	is_int(commit_one((struct say){.id = "1", .content = 2, .each = 20}), OUTCOME_REPEAT,
	       "the further variant again");
	is_int(commit_one((struct say){.id = "2", .content = 1, .each = 10}), OUTCOME_NEAR_REPEAT,
	       "other report id, same content");
	is_int(commit_one((struct say){.id = "3", .content = 3, .each = 5}), OUTCOME_STORED,
	       "other report id, other content");
	is_str(value(s, "SELECT string_agg(external_report_id || member || counted || near_repeat, "
			"' ' ORDER BY member) FROM ruadb_data.report"),
	       "10falsefalse 11truefalse 22falsetrue 33truefalse", "members of the set");
	is_str(value(s, "SELECT count(*) || ' ' || sum(messages) FROM ruadb_data.record"), "4 45",
	       "records of the four, none of the repeats");
	is_str(value(s, "SELECT count(*) FROM ruadb_data.domain"), "1", "one domain");
	is_str(value(s, "SELECT kinds || results || domains::text || selectors::text FROM "
			"ruadb_data.auth_set"), "dp{example.com}{s1}", "one set");
	is_str(value(s,
	       "SELECT string_agg(outcome::text, '' ORDER BY item) FROM ruadb_data.ledger"),
	       "srcrns", "the ledger");
	is_str(value(s, "SELECT count(*) || ' ' || min(encoding) FROM ruadb_data.original"),
	       "6 gzip",
	       "originals, gzipped by us");
}

static void trust(void)
{
	struct say mail = {.id = "t", .domain = "t.example", .content = 1, .each = 99,
			   .mail = true};
	struct say file = {.id = "t", .domain = "t.example", .content = 2, .each = 1};
	const char *which = "SELECT string_agg(reporter_auth::text || counted, ' ' ORDER BY "
			    "member) FROM ruadb_data.report WHERE external_report_id = 't'";

	is_int(commit_one(mail), OUTCOME_STORED, "by mail");
	is_int(commit_one(file), OUTCOME_CONFLICT, "another by file");
	is_str(value(s, which), "ufalse ltrue", "local counts before unverified, though smaller");
	mail.mail = false;
	is_int(commit_one(mail), OUTCOME_REPEAT, "the first as a file, too");
	is_str(value(s, which), "ltrue lfalse", "a repeat with better trust raises it; larger sum");
}

/* How the reports with that id count, and what they count for. */
static void is_counted(const char *id, const char *wanted, const char *name)
{
	char sql[400];

	snprintf(sql, sizeof(sql),
		 "SELECT string_agg(state::text || counted || messages, ' ' ORDER "
		 "BY member) || ', ' || coalesce((SELECT sum(messages) FROM ruadb.counted_record "
		 "WHERE policy_domain = '%s.example'), 0) || ', ' || count(*) FILTER (WHERE "
		 "conflict) FROM ruadb_data.report JOIN (SELECT report_id, conflict FROM "
		 "ruadb.report) v USING (report_id) WHERE external_report_id = '%s'", id, id);
	is_str(value(s, sql), wanted, name);
}

static void partial(void)
{
	struct say part = {.id = "p", .domain = "p.example", .content = 1, .each = 99,
			   .partial = true};
	struct say whole = {.id = "p", .domain = "p.example", .content = 2, .each = 3};

	is_int(commit_one(part), OUTCOME_STORED, "a partial report alone");
	is_counted("p", "ptrue99, 99, 0", "counts");
	is_int(commit_one(part), OUTCOME_REPEAT, "the same part again");
	is_int(commit_one(whole), OUTCOME_STORED, "the complete one");
	is_counted("p", "pfalse99 ctrue3, 3, 0", "supersedes it, and is no conflict");
	part.content = 3;
	is_int(commit_one(part), OUTCOME_STORED, "another part, later");
	is_counted("p", "pfalse99 ctrue3 pfalse99, 3, 0", "does not count");
	whole.content = 4;
	is_int(commit_one(whole), OUTCOME_CONFLICT, "a second complete one that says otherwise");
	is_counted("p", "pfalse99 ctrue3 pfalse99 cfalse3, 3, 2",
		   "is in conflict with the first, not with the parts");

	whole = (struct say){.id = "q", .domain = "q.example", .content = 1, .each = 3,
			     .mail = true};
	part = (struct say){.id = "q", .domain = "q.example", .content = 2, .each = 99,
			    .partial = true};
	is_int(commit_one(whole), OUTCOME_STORED, "a complete report first, by mail");
	is_int(commit_one(part), OUTCOME_STORED, "then a part of it with better trust and more");
	is_counted("q", "ctrue3 pfalse99, 3, 0", "the complete one counts in this order, too");

	part = (struct say){.id = "r", .domain = "r.example", .content = 1, .each = 5,
			    .partial = true};
	is_int(commit_one(part), OUTCOME_STORED, "a short part");
	part.content = 2;
	part.each = 7;
	is_int(commit_one(part), OUTCOME_STORED, "a longer one");
	is_counted("r", "pfalse5 ptrue7, 7, 0", "of two parts the longer one counts");
	part.content = 3;
	part.each = 6;
	is_int(commit_one(part), OUTCOME_STORED, "one between them");
	is_counted("r", "pfalse5 ptrue7 pfalse6, 7, 0", "in whatever order they come");
	part.id = "r2";
	part.content = 2;
	is_int(commit_one(part), OUTCOME_NEAR_REPEAT, "the same part under another report id");
}

/* All of it in one batch: what comes first in the batch is stored first. */
static void one_batch(void)
{
	struct store_batch *b = store_batch_new();
	char got[16] = "";
	size_t n = 0;

	for (int i = 0; i < 5; i++) {
		static const int contents[] = {1, 1, 2, 3, 1};
		static const char *const ids[] = {"b1", "b1", "b1", "b2", "b3"};

		add_report(b, &(struct say){.id = ids[i], .domain = "b.example", .records = 2,
					    .content = contents[i], .each = i + 1});
	}
	must(store_commit(s, st, b, &e), &e);
	for (struct store_item *i = b->items; i; i = i->next)
		got[n++] = (char)i->entries[0].outcome;
	is_str(got, "srcsn", "new, repeat, conflict, other, near repeat within one batch");
	store_batch_free(b);
}

static void long_range(void)
{
	is_int(commit_one((struct say){.id = "long", .domain = "l.example", .each = 5, .records = 2,
				       .begin = 1790035200, .end = 1790035200 + 2 * 86400}),
	       OUTCOME_STORED, "a report of two days");
	is_str(value(s, "SELECT string_agg(day || ' ' || messages || ' ' || pass, ', ' ORDER BY "
			"day) FROM ruadb_data.report_day_part"), "2026-09-22 6 6, 2026-09-23 4 4",
	       "is split: 3 and 2 of each record");
	is_str(value(s, "SELECT count(*) || ' ' || sum(messages) FROM ruadb_data.record_day"),
	       "4 10",
	       "record by record");
	is_str(value(s, "SELECT count(*) FROM ruadb_data.record_default"), "2", "on no day itself");
}

/* One batch over 200 months, of reports whose ids have 4 KB. */
static void months(void)
{
	struct store_batch *b = store_batch_new();
	char id[4097];
	int stored = 0;

	memset(id, 'x', 4096);
	for (int i = 0; i < 200; i++) {
		snprintf(id + 4090, 7, "%06d", i);
		add_report(b, &(struct say){.id = id, .domain = "months.example", .records = 2,
					    .each = 1, .begin = 1263513600 + i * 2629746LL,
					    .content = 3000 + i});
	}
	add_report(b, &(struct say){.id = "far", .domain = "months.example", .records = 2,
				    .each = 1, .begin = PG_TIME_MAX - 86400, .end = INT64_MAX - 1});
	add_report(b, &(struct say){.id = "early", .domain = "months.example", .records = 2,
				    .each = INT64_MAX / 2, .begin = INT64_MIN + 1, .end = 5});
	must(store_commit(s, st, b, &e), &e);
	for (const struct store_item *i = b->items; i; i = i->next)
		stored += i->entries[0].outcome == OUTCOME_STORED;
	is_int(stored, 202, "200 months in one batch, ids of 4 KB, and times that nobody can have");
	is_str(value(s, "SELECT count(DISTINCT date_trunc('month', day)) || ' ' || count(*) || ' ' "
			"|| min(length(external_report_id)) FROM ruadb_data.report WHERE "
			"length(external_report_id) > 4000"), "200 200 4096", "each in its month");
	is_str(value(s, "SELECT string_agg(coalesce(begin_at::text, '-') || coalesce(day::text, ' "
			"-') || messages, ', ' ORDER BY external_report_id) FROM ruadb_data.report "
			"WHERE external_report_id IN ('far', 'early')"),
	       "- -9223372036854775806, 294276-12-30 23:59:59+00 -2",
	       "absurd times are NULL, the sums exact");
	store_batch_free(b);
}

static void poison(void)
{
	struct store_batch *b = store_batch_new();
	const struct store_item *bad = NULL;
	int stored = 0, n = 0;

	for (int i = 0; i < 500; i++) {
		char id[16];

		snprintf(id, sizeof(id), "poison%d", i);
		add_report(b, &(struct say){.id = id, .domain = "poison.example",
					    .content = 1000 + i, .each = 1, .records = 3,
					    .extra = i == 317 ? "{\"reasons\":" : NULL});
	}
	must(store_commit(s, st, b, &e), &e);
	for (const struct store_item *i = b->items; i; i = i->next, n++) {
		stored += i->entries[0].outcome == OUTCOME_STORED;
		if (i->entries[0].outcome == OUTCOME_QUARANTINED)
			bad = i;
		if (bad == i)
			is_int(n, 317, "the poisoned report is the one");
	}
	is_int(stored, 499, "one row that PostgreSQL refuses: the other 499 are stored");
	ok(bad && bad->entries[0].reason && strstr(bad->entries[0].reason, "22P02"),
	   "with PostgreSQL's reason");
	is_str(value(s, "SELECT count(*) || ' ' || min(class) || ' ' || bool_and(bytes_kept) FROM "
			"ruadb_data.quarantine"), "1 input true",
			"and is in quarantine with its bytes");
	is_str(value(s, "SELECT count(*) FROM ruadb_data.record WHERE domain_id = (SELECT "
			"domain_id FROM ruadb_data.domain WHERE name = 'poison.example')"), "1497",
	       "records of the 499");
	store_batch_free(b);
}

/* Another set of results has the id of this one: nobody's results may become another's. */
static void collision(void)
{
	struct store_stage *fresh = store_stage_new(conf, 1), *old = st;
	struct store_batch *b = store_batch_new();

	must(db_run(s, "BEGIN; UPDATE ruadb_data.auth_set SET results = 'f' WHERE domains = "
		       "'{hash.example}'; COMMIT", &e), &e);
	st = fresh; /* one that does not know the set as stored */
	add_report(b, &(struct say){.id = "h2", .domain = "hash.example", .content = 2,
				    .records = 1});
	add_report(b, &(struct say){.id = "h3", .domain = "h3.example", .content = 3,
				    .records = 1});
	must(store_commit(s, st, b, &e), &e);
	is_int(b->items->entries[0].outcome, OUTCOME_QUARANTINED,
	       "two sets of the same id: in quarantine");
	is_int(b->items->entries[0].class, ERR_BUG, "as BUG");
	is_int(b->items->next->entries[0].outcome, OUTCOME_STORED, "its neighbour is stored");
	store_batch_free(b);
	must(db_run(s, "DELETE FROM ruadb_data.quarantine WHERE reason LIKE 'two different%'",
		    &e), &e);
	store_stage_free(fresh);
	st = old;
}

/* One archive with a good report, a poisoned one, one that was refused and one that is none. */
static void archive(void)
{
	struct store_batch *b = store_batch_new();
	struct store_item *i = make_item("/reports/a\xff.zip", 4);

	i->compressed = true;
	i->entries[0].report = make_report(s, st, &(struct say){.id = "z1", .domain = "z.example",
								.records = 1, .each = 1});
	i->entries[1].report = make_report(s, st, &(struct say){.id = "z2", .domain = "z.example",
		.records = 1, .each = 1, .content = 2, .extra = "nonsense"});
	i->entries[2].outcome = OUTCOME_QUARANTINED;
	i->entries[2].class = ERR_LIMIT;
	i->entries[2].reason = xstrdup("too deep");
	i->entries[3].outcome = OUTCOME_NOT_REPORT;
	store_batch_add(b, i);
	must(store_commit(s, st, b, &e), &e);
	is_int(i->entries[0].outcome, OUTCOME_STORED, "an archive: its good report is stored");
	is_int(i->entries[1].outcome, OUTCOME_QUARANTINED, "its bad one is quarantined");
	is_str(value(s, "SELECT string_agg(outcome::text, '' ORDER BY item) FROM ruadb_data.ledger "
			"WHERE item LIKE '%.zip%'"), "qsqqx",
	       "a ledger row of its own for each entry, the gravest for the archive");
	is_str(value(s, "SELECT min(item) FROM ruadb_data.ledger WHERE item LIKE '%.zip%'"),
	       "/reports/a\\xff.zip", "a path that is not UTF-8 is made visible");
	is_str(value(s, "SELECT encoding || convert_from(substr(bytes, 1, 10), 'LATIN1') FROM "
			"ruadb_data.original WHERE encoding = 'identity'"), "identity/reports/a",
	       "what came compressed is kept as it came");
	store_batch_free(b);
}

/* An archive of three, two of them bad; of the two, `bad` when it comes again. */
static void archive_again(const char *bad, const char *wanted, const char *name)
{
	struct store_batch *b = store_batch_new();
	struct store_item *i = make_item("/reports/again.zip", 3);

	i->entries[0].report = make_report(s, st, &(struct say){.id = "ag", .domain = "ag.example",
								.records = 1, .each = 1});
	for (int k = 1; k < 3; k++) {
		bool still = strchr(bad, '1' + k);

		i->entries[k].outcome = still ? OUTCOME_QUARANTINED : OUTCOME_NOT_REPORT;
		i->entries[k].class = ERR_INPUT;
		i->entries[k].reason = xstrdup(still ? "broken" : "text");
	}
	store_batch_add(b, i);
	must(store_commit(s, st, b, &e), &e);
	is_str(value(s, "SELECT coalesce(string_agg(entry::text, ' ' ORDER BY entry), '-') FROM "
			"ruadb_data.quarantine WHERE item = '/reports/again.zip'"), wanted, name);
	store_batch_free(b);
}

static void look_ups(void)
{
	struct store_seen seen[3] = {
		{.source = "file", .item = "/reports/1.xml", .size = 14, .mtime_ns = 5, .inode = 6},
		{.source = "file", .item = "/reports/1.xml", .size = 15, .mtime_ns = 5, .inode = 6},
		{.source = "file", .item = "/reports/new.xml", .size = 14, .mtime_ns = 5,
		 .inode = 6}};
	uint8_t sha[3][32] = {"/reports/1.xml", "/reports/a\xff.zip", "unknown"};

	must(store_lookup_files(s, seen, 3, 1, &e), &e);
	ok(seen[0].unchanged && !seen[1].unchanged && !seen[2].unchanged,
	   "unchanged: same path, size, time and inode");
	for (int i = 0; i < 3; i++)
		seen[i].sha256 = sha[i];
	must(store_lookup_bytes(s, seen, 3, 1, &e), &e);
	ok(seen[0].repeat && !seen[1].repeat && !seen[2].repeat,
	   "known by bytes: stored, not what is in quarantine");
	must(store_lookup_bytes(s, seen, 1, 2, &e), &e);
	ok(!seen[0].repeat, "another parser version reads again");
}

static int count_bytes(void *ctx, const struct store_quarantined *q, struct err *err)
{
	int fd;

	*(int64_t *)ctx = q->id;
	if (!q->bytes_kept || store_quarantine_bytes(s, q, &fd, err) < 0)
		return q->bytes_kept ? -1 : 0;
	char buf[64] = "";

	ok(read(fd, buf, sizeof(buf) - 1) == q->size && strncmp(buf, "/reports/", 9) == 0,
	   "quarantined bytes come back as they came");
	close(fd);
	return 0;
}

static void quarantine(void)
{
	int64_t last = 0;

	must(store_quarantine_each(s, &(struct store_choice){0}, count_bytes, &last, &e), &e);
	must(store_quarantine_forget(s, last, &e), &e);
	is_str(value(s, "SELECT count(*) FROM ruadb_data.quarantine"), "2",
	       "one forgotten of three");
}

/* ---- bad luck ---- */

static int bad_luck;

/* COMMIT arrives, its answer does not. */
static int lose_answer(struct store *x, const char *sql, struct err *err)
{
	if (bad_luck-- <= 0)
		return db_run(x, sql, err);
	PQclear(PQexec(x->conn, sql));
	shutdown(PQsocket(x->conn), SHUT_RDWR);
	return db_run(x, "SELECT 1", err);
}

/* The connection breaks before COMMIT. */
static int lose_commit(struct store *x, const char *sql, struct err *err)
{
	if (bad_luck-- > 0)
		shutdown(PQsocket(x->conn), SHUT_RDWR);
	return db_run(x, sql, err);
}

static void lost(int (*hook)(struct store *x, const char *sql, struct err *err), const char *domain,
		 const char *name)
{
	char sql[200];

	bad_luck = 2;
	store_commit_hook = hook;
	is_int(commit_one((struct say){.id = "lost", .domain = domain, .each = 4, .records = 3}),
	       OUTCOME_STORED, name);
	store_commit_hook = db_run;
	snprintf(sql, sizeof(sql), "SELECT count(*) || ' ' || sum(r.messages) FROM "
		 "ruadb_data.record r JOIN ruadb_data.domain d USING (domain_id) "
		 "WHERE d.name = '%s'", domain);
	is_str(value(s, sql), "3 12", "its rows are there once");
}

static void away(void)
{
	struct store_batch *b = store_batch_new();
	FILE *null = fopen("/dev/null", "we");

	add_report(b, &(struct say){.id = "away", .domain = "away.example", .records = 1,
				    .each = 1});
	must(store_server_stop(conf, null, &e), &e);
	conf->db_autostart = false;
	store_reconnect_ms = 200;
	ok(store_commit(s, st, b, &e) < 0 && e.class == ERR_TEMP, "database away: TEMP");
	ok(!b->items->durable, "nothing is said to be durable");
	conf->db_autostart = true;
	store_reconnect_ms = 10000;
	must(store_commit(s, st, b, &e), &e);
	is_int(b->items->entries[0].outcome, OUTCOME_STORED, "the same batch, later: stored");
	store_batch_free(b);
	fclose(null);
}

/* ---- two at once ---- */

#define RIVALS 2
#define ROUNDS 12
#define EACH 60

static void *rival(void *ctx)
{
	int stored = 0;
	struct err mine;
	struct store *own;
	struct store_stage *stage = store_stage_new(conf, 1);
	bool backwards = ctx != NULL;

	must(store_open(conf, STORE_INGEST, &own, &mine), &mine);
	for (int round = 0; round < ROUNDS; round++) {
		struct store_batch *b = store_batch_new();

		for (int k = 0; k < EACH; k++) {
			int n = backwards ? EACH - 1 - k : k;
			char id[32], path[64];

			/* three reports a set, of one identity: three variants */
			snprintf(id, sizeof(id), "rival%d", round * EACH + n - n % 3);
			snprintf(path, sizeof(path), "/rival/%d", round * EACH + n);
			struct store_item *i = make_item(path, 1);

			i->entries[0].report = make_report(own, stage, &(struct say){
				.id = id, .domain = "rival.example", .records = 2, .each = 1,
				.content = 2000 + n % 3,
				.begin = BEGIN + (round * EACH + n - n % 3)});
			store_batch_add(b, i);
		}
		must(store_commit(own, stage, b, &mine), &mine);
		for (const struct store_item *i = b->items; i; i = i->next)
			stored += i->entries[0].outcome != OUTCOME_REPEAT;
		store_batch_free(b);
	}
	store_close(own);
	store_stage_free(stage);
	return (void *)(intptr_t)stored;
}

static void two_at_once(void)
{
	pthread_t t[RIVALS];
	int stored = 0;

	for (int i = 0; i < RIVALS; i++)
		pthread_create(&t[i], NULL, rival, i ? conf : NULL);
	for (int i = 0; i < RIVALS; i++) {
		void *n;

		pthread_join(t[i], &n);
		stored += (int)(intptr_t)n;
	}
	is_int(stored, ROUNDS * EACH, "two at once on the same reports: each is stored once");
	is_str(value(s, "SELECT count(*) || ' ' || count(*) FILTER (WHERE counted) FROM "
			"ruadb_data.report WHERE external_report_id LIKE 'rival%'"), "720 240",
	       "each row is there once, one of each three counts");
	is_str(value(s, "SELECT count(*) FROM ruadb_data.record r JOIN ruadb_data.domain USING "
			"(domain_id) WHERE name = 'rival.example'"), "1440", "and its records");
}

int main(void)
{
	conf = home_begin();
	setenv("TZ", "Asia/Kathmandu", 1);
	must(store_open(conf, STORE_INGEST, &s, &e), &e);
	st = store_stage_new(conf, 1);
	outcomes();
	trust();
	partial();
	one_batch();
	long_range();
	months();
	poison();
	is_int(commit_one((struct say){.id = "h1", .domain = "hash.example"}), OUTCOME_STORED,
	       "new");
	collision();
	archive();
	archive_again("23", "2 3", "two entries in quarantine");
	archive_again("3", "3", "one that can be read now leaves it");
	archive_again("", "-", "and then the other");
	look_ups();
	quarantine();
	lost(lose_answer, "answer.example", "COMMIT's answer lost, twice");
	lost(lose_commit, "commit.example", "connection lost before COMMIT, twice");
	two_at_once();
	away();
	store_stage_free(st);
	store_close(s);
	home_end();
	return tap_done();
}
