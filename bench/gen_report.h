/*
 * gen_report - XML of one invented aggregate report, for the bench.
 *
 * A sender's mail is a pool of streams: header_from, envelope_from, DKIM and SPF results and what
 * the reporter made of them belong together, as in a real stream, and come back record after
 * record from the addresses of that stream. So authentication results repeat at a known ratio:
 * each record opens a new stream with probability `fresh`, and no two streams have equal results.
 * Everything comes out of one seeded generator with integers only: same seed, same bytes.
 */
#ifndef BENCH_GEN_REPORT_H
#define BENCH_GEN_REPORT_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

#define GEN_REPORTERS 120

struct rng {
	uint64_t state;
};

uint64_t rng_next(struct rng *r);
/* 0..n-1 */
uint32_t rng_below(struct rng *r, uint32_t n);
/* True n times in 1000. */
bool rng_permille(struct rng *r, uint32_t n);

struct dkim {
	char domain[48], selector[16];
	const char *result;
};

struct stream {
	char header_from[48], envelope_from[48], spf_domain[48];
	const char *spf_result, *disposition, *reason;
	struct dkim dkim[3];
	uint32_t n_dkim, net;
	bool dkim_pass, spf_pass, ipv6;
	bool seen[2]; /* its results, without and with the scope of SPF: two different sets */
};

/* The streams that send as one domain. */
struct pool {
	char domain[32];
	const char *policy; /* p and sp of all its reports; NULL: as it falls */
	struct stream *streams;
	uint32_t n, cap;
};

void pool_init(struct pool *p, uint32_t number);
void pool_free(struct pool *p);

/* What is counted while reports are written. */
struct gen_totals {
	uint64_t reports, records, results, sets;
};

struct gen_report;

/* A record that somebody else draws. */
struct gen_drawn {
	const struct stream *stream;
	const char *address;
	uint64_t messages;
};

struct gen_report {
	struct rng *rng;
	struct pool *pool;
	struct gen_totals *totals;
	uint32_t reporter; /* 0..GEN_REPORTERS-1 */
	uint32_t fresh;    /* per mille of records that open a new stream */
	int64_t begin;
	uint64_t id;
	/* Draws the next record, with ctx its own; NULL: it comes out of the pool. */
	void (*draw)(const struct gen_report *g, struct gen_drawn *ret);
	void *ctx;
};

/* One of the reporters, the frequent ones more often. */
uint32_t gen_draw_reporter(struct rng *r);

void gen_head(const struct gen_report *g, struct buf *b);
void gen_record(const struct gen_report *g, struct buf *b);
void gen_tail(const struct gen_report *g, struct buf *b);
/* "reporter!domain!begin!end!id": what reporters call the file within an archive. */
void gen_file_name(const struct gen_report *g, struct buf *b);

#endif
