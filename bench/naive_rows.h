/*
 * naive_rows - the statements of the naive way: one prepared INSERT a row, one round trip each.
 * Same tables and the same columns as store/ fills; ids are hashes of the contents likewise.
 */
#ifndef BENCH_NAIVE_ROWS_H
#define BENCH_NAIVE_ROWS_H

#include "base/hash.h"
#include "base/model.h"

#include <libpq-fe.h>

/* Sums of one report, as its row wants them. */
struct naive_sums {
	int64_t pass, fail, unknown, none, accepted, quarantine, reject;
};

struct naive {
	PGconn *conn;
	struct hash *hash;
	char batch_id[24]; /* of this transaction's row */
};

/* What a file is to the ledger. */
struct naive_file {
	const char *path, *bytes;
	size_t size;
};

void naive_prepare(struct naive *n);
/* BEGIN, COMMIT and the like. */
void naive_run(struct naive *n, const char *sql);

/* The transaction's row in batch. */
void naive_batch(struct naive *n);
int64_t naive_domain(struct naive *n, struct text name);
int64_t naive_reporter(struct naive *n, const struct report_head *h);
/* The id of the set, which is stored if it is new. */
int64_t naive_auth_set(struct naive *n, const struct auth_result *results, uint32_t count);

struct naive_keys {
	int64_t report_id, domain_id, reporter_id;
	uint8_t item_key[16];
	char day[16];
	struct text domain;
};

void naive_record(struct naive *n, const struct naive_keys *k, int64_t auth_set_id,
		  const struct record *r);
void naive_report(struct naive *n, const struct naive_keys *k, const struct report_head *h,
		  const struct report_sums *s, const struct naive_sums *sums);
/* Ledger and original. */
void naive_item(struct naive *n, const struct naive_keys *k, const struct naive_file *f);

#endif
