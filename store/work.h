/*
 * work - one transaction: some items of a batch with what they hold. For store/ only.
 *
 * commit.c drives it: tries, retries, halves. The parts of the transaction, in their order:
 * refs.c and sets.c (before it), batch row, claim.c, further.c, rows.c,
 * live.c, originals.c, ledger.c, and at last, directly before COMMIT, lease.c.
 */
#ifndef STORE_WORK_H
#define STORE_WORK_H

#include "store/db.h"
#include "store/stage.h"

struct work_item {
	struct store_item *item;
	uint8_t key[16];
	char *visible;                /* item as valid UTF-8 where it is not; else NULL */
	enum store_outcome outcome;   /* the gravest of its entries */
	const char *reason;
	bool quarantined, bytes_kept;
	bool partial;                 /* one of its reports is: a later parser may read more */
};

/* A report of the transaction. */
struct claimed {
	struct store_report *r;
	struct store_entry *entry;
	size_t item;                  /* in work.items */
	uint32_t seq;                 /* its place in the batch: who was first */
	bool is_new;                  /* its rows are to be copied */
	bool recount;                 /* an older report of its set counts now, or no longer */
	bool settled;
};

struct log_work;                      /* log_work.h */
struct members;                       /* further.c */
struct pack;                          /* pack.c */

struct work {
	struct store *s;
	struct store_stage *st;
	struct work_item *items;
	size_t n_items;
	struct claimed *reports;      /* sorted by set_key, then seq */
	size_t n_reports;
	uint8_t uuid[16];
	int64_t batch_id;
	struct members *further;      /* of sets that got a further member; NULL: none did */
	struct log_work *logs;        /* NULL: there are none */
	struct pack *pack;            /* originals that are packed ahead; NULL: none are */
	bool careful;                 /* somebody stored the same at the same time: ON CONFLICT */
};

/* A new UUID, version 7. */
void batch_uuid(uint8_t ret[16]);
/* Two different `what` have the same id: an error as of a value that is not taken. -1. */
int refs_collision(struct store *s, const char *what, struct err *e);
/* n: how many were spooled. */
int sets_store(struct work *w, size_t n, struct err *e) MUST_CHECK;
int refs_store(struct work *w, struct err *e) MUST_CHECK;
/* After the commit: what refs_store wrote is durable. */
void refs_known(struct work *w);
/* Sets each report's outcome, is_new, and the rows of report. */
int claim_reports(struct work *w, struct err *e) MUST_CHECK;
/* For claim_reports: what became of one. */
void claimed_settle(struct claimed *c, enum store_outcome outcome);
/* For claim_reports: those that are not the first of their set. */
int further_claim(struct work *w, struct err *e) MUST_CHECK;
/* After rows_copy: which of them count. */
int further_settle(struct work *w, struct err *e) MUST_CHECK;
void further_free(struct work *w);
/* record, record_day, report_day_part of the new reports. */
int rows_copy(struct work *w, struct err *e) MUST_CHECK;
/* The days of what is new or changed are to be read from records: live_day (migration 0003). */
int live_store(struct work *w, struct err *e) MUST_CHECK;
/* The items' bytes as keep_raw wants; sets bytes_kept. */
int originals_store(struct work *w, struct err *e) MUST_CHECK;
/* Ledger and quarantine rows. */
int ledger_store(struct work *w, struct err *e) MUST_CHECK;
/* Sets lease_lost of each item. *ret_all: no lease is lost, and none can be until COMMIT. */
int leases_hold(struct work *w, bool *ret_all, struct err *e) MUST_CHECK;

static inline struct text work_item_text(const struct work_item *i)
{
	return text_of(i->visible ? i->visible : i->item->item);
}

#endif
