/*
 * Committing a batch: one transaction, tried again where another process or the network was in
 * the way, halved where PostgreSQL refuses a row, until that row's report is alone.
 */
#include "store/commit.h"
#include "store/log_work.h"
#include "store/pack.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#define SERIAL_TRIES 20         /* of a batch that met others at the same rows */
#define UNIQUE_VIOLATION "23505"
#define DATABASE_DATA_ERROR(s) \
	(db_state_is((s), "22") || db_state_is((s), "23") || db_state_is((s), "54"))

int store_reconnect_ms = 10000;
int (*store_commit_hook)(struct store *s, const char *sql, struct err *e) = db_run;

/* ---- what one transaction holds ---- */

static int by_set(const void *pa, const void *pb)
{
	const struct claimed *a = pa, *b = pb;

	if (a->r->set_key != b->r->set_key)
		return a->r->set_key < b->r->set_key ? -1 : 1;
	return a->seq < b->seq ? -1 : a->seq > b->seq;
}

/* only: this entry's report alone; NULL: all that are not quarantined. */
static void work_begin(struct work *w, struct store *s, struct store_stage *st,
		       struct store_item **items, size_t n, const struct store_entry *only)
{
	size_t cap = 0;

	*w = (struct work){.s = s, .st = st, .n_items = n};
	w->items = xcalloc(n, sizeof(*w->items));
	for (size_t i = 0; i < n; i++)
		cap += items[i]->n_entries;
	w->reports = xcalloc(cap, sizeof(*w->reports));
	for (size_t i = 0; i < n; i++) {
		struct text name = text_of(items[i]->item);

		w->items[i].item = items[i];
		db_item_key(s, items[i]->source, name, w->items[i].key);
		if (!text_utf8_ok(name.p, name.len)) {
			struct buf b = {0};

			text_add_visible(&b, name);
			buf_cstr(&b);
			w->items[i].visible = b.p;
		}
		for (size_t k = 0; k < items[i]->n_entries; k++) {
			struct store_entry *en = &items[i]->entries[k];

			if (!en->report || en->outcome == OUTCOME_QUARANTINED ||
			    (only && en != only))
				continue;
			w->reports[w->n_reports] = (struct claimed){.r = en->report, .entry = en,
				.item = i, .seq = (uint32_t)w->n_reports};
			w->n_reports++;
		}
	}
	qsort(w->reports, w->n_reports, sizeof(*w->reports), by_set);
	batch_uuid(w->uuid);
}

static void work_free(struct work *w)
{
	pack_end(w->pack);
	if (w->logs)
		log_work_free(w->logs);
	for (size_t i = 0; i < w->n_items; i++)
		free(w->items[i].visible);
	further_free(w);
	free(w->items);
	free(w->reports);
}

/* One of the item's reports is partial: *ret_lost says what is lost. */
static bool holds_partial(const struct store_item *item, const char **ret_lost)
{
	for (size_t k = 0; k < item->n_entries; k++) {
		const struct store_entry *en = &item->entries[k];

		*ret_lost = en->reason;
		if (en->report && en->report->state == STATE_PARTIAL)
			return true;
	}
	return false;
}

/*
 * The gravest outcome of its entries is the item's, with that entry's reason; of one that holds a
 * partial report the reason is what is lost.
 */
static void judge_items(struct work *w)
{
	static const char gravity[] = {OUTCOME_NOT_REPORT, OUTCOME_REPEAT, OUTCOME_LOG,
				       OUTCOME_STORED, OUTCOME_NEAR_REPEAT, OUTCOME_CONFLICT, OUTCOME_QUARANTINED};

	for (size_t i = 0; i < w->n_items; i++) {
		struct work_item *wi = &w->items[i];
		const char *lost = NULL;
		size_t worst = 0;

		wi->outcome = wi->item->repeat_bytes ? OUTCOME_REPEAT : OUTCOME_NOT_REPORT;
		wi->reason = NULL;
		for (size_t k = 0; k < wi->item->n_entries; k++) {
			const struct store_entry *en = &wi->item->entries[k];
			const char *g = memchr(gravity, (int)en->outcome, sizeof(gravity));
			size_t rank = g ? (size_t)(g - gravity) : 0;

			if (rank > worst || (rank == worst && !wi->reason)) {
				worst = rank;
				wi->outcome = en->outcome;
				wi->reason = en->reason;
			}
		}
		wi->quarantined = wi->outcome == OUTCOME_QUARANTINED;
		wi->partial = holds_partial(wi->item, &lost);
		if (wi->partial && !wi->quarantined)
			wi->reason = lost;
		wi->bytes_kept = false;
	}
}

/* ---- the transaction ---- */

/* Once a connection: tables that are empty again after each transaction. */
static int work_tables(struct store *s, struct err *e)
{
	if (s->has_work_tables)
		return 0;
	if (db_run(s, "CREATE TEMP TABLE ruadb_claim ON COMMIT DELETE ROWS AS SELECT " HEAD_COLUMNS
		      ", item_key, 0 AS seq FROM ruadb_data.report WITH NO DATA; "
		      "CREATE TEMP TABLE ruadb_set ON COMMIT DELETE ROWS AS SELECT "
		      AUTH_SET_COLUMNS " FROM ruadb_data.auth_set WITH NO DATA; "
		      "CREATE TEMP TABLE ruadb_seen ON COMMIT DELETE ROWS AS SELECT item_key, "
		      "bytes_key, size, mtime_ns, inode, reports, outcome, source, item, "
		      "sha256_rest, reason FROM ruadb_data.ledger WITH NO DATA", e) < 0)
		return -1;
	s->has_work_tables = true;
	return 0;
}

/* *ret_happened: a lost COMMIT of this UUID had arrived after all. */
static int batch_row(struct work *w, bool *ret_happened, struct err *e)
{
	AUTO_PARAMS struct params p = {0};
	AUTO_RESULT PGresult *res = NULL;

	param_int8(&p, w->st->tenant);
	param_uuid(&p, w->uuid);
	param_text(&p, text_of(PACKAGE_VERSION));
	param_int4(&p, w->st->parser_version);
	if (db_exec(w->s, "INSERT INTO ruadb_data.batch (tenant_id, batch_uuid, program_version, "
			  "parser_version) VALUES ($1, $2, $3, $4) ON CONFLICT (tenant_id, "
			  "batch_uuid) DO NOTHING RETURNING batch_id", &p, &res, e) < 0)
		return -1;
	*ret_happened = PQntuples(res) == 0;
	w->batch_id = *ret_happened ? 0 : db_int8(res, 0, 0);
	return 0;
}

/* 0; 1: nothing is stored, since a lease is lost: lease_lost says of which items. */
static int transaction(struct work *w, bool probe, struct err *e)
{
	bool happened, held;

	if (work_tables(w->s, e) < 0 || refs_store(w, e) < 0 ||
	    (w->logs && log_refs_store(w->logs, e) < 0) || db_run(w->s, "BEGIN", e) < 0 ||
	    batch_row(w, &happened, e) < 0)
		return -1;
	if (happened) { /* what the entries' outcomes say was found by the transaction that did */
		judge_items(w);
		return db_run(w->s, "ROLLBACK", e);
	}
	if (claim_reports(w, e) < 0 || rows_copy(w, e) < 0 || further_settle(w, e) < 0 ||
	    live_store(w, e) < 0 || (w->logs && log_rows_store(w->logs, e) < 0))
		return -1;
	if (probe)
		return db_run(w->s, "ROLLBACK", e);
	judge_items(w);
	if (originals_store(w, e) < 0 || ledger_store(w, e) < 0 || leases_hold(w, &held, e) < 0)
		return -1;
	if (!held)
		return db_run(w->s, "ROLLBACK", e) < 0 ? -1 : 1;
	return store_commit_hook(w->s, "COMMIT", e);
}

static void pause_ms(int ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000L};

	while (nanosleep(&t, &t) < 0 && errno == EINTR)
		;
}

/* Until the database is there again, or store_reconnect_ms have passed. */
static int reconnect(struct work *w, struct err *e)
{
	int waited = 0, step = 50;

	while (db_connect(w->s, e) < 0) {
		if (e->class != ERR_TEMP || waited >= store_reconnect_ms)
			return -1;
		pause_ms(step);
		waited += step;
		step = step < 1000 ? step * 2 : 1000;
	}
	return 0;
}

/* The transaction, again and again as long as the reason is not in what it holds. 0, 1 as there. */
static int try_work(struct work *w, bool probe, struct err *e)
{
	for (int tries = 0;; tries++) {
		struct err again;
		int rc = db_lost(w->s) ? -1 : transaction(w, probe, e);

		if (rc >= 0)
			return rc;
		if (db_lost(w->s)) {
			if (tries >= SERIAL_TRIES || reconnect(w, e) < 0)
				return -1;
			continue;
		}
		if (PQtransactionStatus(w->s->conn) != PQTRANS_IDLE) {
			char state[sizeof(w->s->sqlstate)];

			memcpy(state, w->s->sqlstate, sizeof(state));
			if (db_run(w->s, "ROLLBACK", &again) < 0)
				continue;
			memcpy(w->s->sqlstate, state, sizeof(state));
		}
		if (db_state_is(w->s, UNIQUE_VIOLATION) && !w->careful) {
			w->careful = true; /* what was new when we looked is not any more */
			continue;
		}
		if (!db_state_is(w->s, "40") || tries >= SERIAL_TRIES)
			return -1;
		pause_ms(1 + rand() % (10 << (tries < 5 ? tries : 5)));
	}
}

/* ---- halving ---- */

static void quarantine_report(struct store_entry *en, const struct err *e)
{
	en->outcome = OUTCOME_QUARANTINED;
	en->class = e->class == ERR_TEMP ? ERR_BUG : e->class;
	free(en->reason);
	en->reason = xstrdup(e->msg);
}

/* Tries each report of the item alone, without storing it, and quarantines those that fail. */
static int find_poison(struct store *s, struct store_stage *st, struct store_item *item,
		       const struct err *whole, struct err *e)
{
	size_t found = 0, reports = 0;

	for (size_t k = 0; k < item->n_entries; k++) {
		struct store_entry *en = &item->entries[k];
		struct work w;

		if (!en->report || en->outcome == OUTCOME_QUARANTINED)
			continue;
		reports++;
		work_begin(&w, s, st, &item, 1, en);
		int rc = try_work(&w, true, e);

		work_free(&w);
		if (rc == 0)
			continue;
		if (!DATABASE_DATA_ERROR(s))
			return -1;
		quarantine_report(en, e);
		found++;
	}
	if (!reports) { /* no report is to blame: nothing of the item's can be stored */
		*e = *whole;
		return -1;
	}
	for (size_t k = 0; !found && k < item->n_entries; k++)
		if (item->entries[k].report && item->entries[k].outcome != OUTCOME_QUARANTINED)
			quarantine_report(&item->entries[k], whole);
	return 0;
}

/* Those whose outcome is not settled yet, in front; returns how many. */
static size_t open_items(struct store_item **items, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (!items[i]->durable && !items[i]->lease_lost)
			items[kept++] = items[i];
	return kept;
}

/* ---- parts of logs ---- */

/* What is to be committed: some items, or some events of logs, or both. */
struct share {
	struct store_item **items;
	size_t n;
	struct log_piece *pieces;
	size_t n_pieces;
	struct store_log_counts *counts; /* of the batch */
};

static int commit_share(struct store *s, struct store_stage *st, const struct share *x,
			const uint8_t uuid[16], struct err *e);

static void add_counts(struct store_log_counts *to, const struct store_log_counts *c)
{
	to->events += c->events;
	to->attempts += c->attempts;
	to->deliveries += c->deliveries;
	to->repeated += c->repeated;
	to->lines += c->lines;
	to->skipped += c->skipped;
	to->unreadable += c->unreadable;
}

static int commit_two(struct store *s, struct store_stage *st, const struct share *a,
		      const struct share *b, struct err *e)
{
	return commit_share(s, st, a, NULL, e) < 0 ? -1 : commit_share(s, st, b, NULL, e);
}

/*
 * PostgreSQL refuses something in these logs: their parts in halves, then the events of one part,
 * until that event is alone, which is left out and told of. Its sums and offset are stored with
 * the last of its events; whoever is killed between sees events again that are known.
 */
static int halve_logs(struct store *s, struct store_stage *st, const struct share *x, struct err *e)
{
	struct share a = *x, b = *x;
	struct log_piece half = x->pieces[0], rest = x->pieces[0];

	if (x->n_pieces > 1) {
		a.n_pieces = x->n_pieces / 2;
		b.pieces += a.n_pieces;
		b.n_pieces -= a.n_pieces;
		return commit_two(s, st, &a, &b, e);
	}
	if (half.to == half.from)
		return -1; /* its sums are refused: a bug of ours */
	if (half.to - half.from == 1) {
		char why[sizeof(e->msg)];

		snprintf(why, sizeof(why), "%s", e->msg);
		if (log_refused(s, &half, why, e) < 0)
			return -1;
		half.to = half.from;
		a.pieces = &half;
		return half.ends ? commit_share(s, st, &a, NULL, e) : 0;
	}
	half.to = rest.from = half.from + (half.to - half.from) / 2;
	half.ends = false;
	a.pieces = &half;
	b.pieces = &rest;
	return commit_two(s, st, &a, &b, e);
}

/* ---- all of it ---- */

static int halve(struct store *s, struct store_stage *st, const struct share *x, struct err *e)
{
	struct share a = *x, b = *x;
	struct err whole = *e;

	if (x->n && x->n_pieces) {
		a.n_pieces = 0;
		b.n = 0;
		return commit_two(s, st, &a, &b, e);
	}
	if (x->n_pieces)
		return halve_logs(s, st, x, e);
	if (x->n > 1) {
		a.n = x->n / 2;
		b.items += a.n;
		b.n -= a.n;
		return commit_two(s, st, &a, &b, e);
	}
	if (find_poison(s, st, x->items[0], &whole, e) < 0)
		return -1;
	return commit_share(s, st, x, NULL, e);
}

static void durable(const struct work *w, const struct share *x)
{
	refs_known((struct work *)w);
	for (size_t i = 0; i < x->n; i++) {
		x->items[i]->durable = true;
		x->items[i]->outcome = w->items[i].outcome;
	}
	if (!w->logs)
		return;
	log_refs_known(w->logs);
	add_counts(x->counts, &w->logs->counts);
	for (size_t i = 0; i < x->n_pieces; i++)
		x->pieces[i].log->durable |= x->pieces[i].ends;
}

static int commit_share(struct store *s, struct store_stage *st, const struct share *x,
			const uint8_t uuid[16], struct err *e)
{
	struct work w;

	if (!x->n && !x->n_pieces)
		return 0;
	work_begin(&w, s, st, x->items, x->n, NULL);
	if (uuid)
		memcpy(w.uuid, uuid, 16);
	if (x->n_pieces)
		w.logs = log_gather(s, st, x->pieces, x->n_pieces);
	w.pack = pack_begin(&w);
	int rc = try_work(&w, false, e);

	if (rc == 0)
		durable(&w, x);
	work_free(&w);
	if (rc > 0) { /* this UUID was not committed, and may be yet */
		struct share open = *x;

		open.n = open_items(x->items, x->n);
		return commit_share(s, st, &open, uuid, e);
	}
	return rc == 0 || !DATABASE_DATA_ERROR(s) ? rc : halve(s, st, x, e);
}

int store_commit(struct store *s, struct store_stage *st, struct store_batch *b, struct err *e)
{
	AUTO_FREE struct store_item **items = xcalloc(b->n_items, sizeof(struct store_item *));
	AUTO_FREE struct log_piece *pieces = xcalloc(b->n_logs, sizeof(*pieces));
	struct share x = {.items = items, .pieces = pieces, .counts = &b->log_counts};

	for (struct store_item *i = b->items; i; i = i->next)
		items[x.n++] = i;
	x.n = open_items(items, x.n);
	for (struct store_log *l = b->logs; l; l = l->next)
		if (!l->durable)
			pieces[x.n_pieces++] = (struct log_piece){
				l, 0, (uint32_t)store_log_events(l), true};
	return commit_share(s, st, &x, b->uuid, e);
}
