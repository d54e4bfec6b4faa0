/*
 * sources - a corpus that asks who sends: few domains, big reporters that write every day, most
 * mail from few addresses, most addresses with little mail.
 *
 * A domain has CORE addresses in some networks (own servers, platforms that sign as it, one that is
 * set up wrong), drawn by Zipf, and a pool of thousands of others (forwarders that keep its
 * signature or break it, spoofers, strays) that send a message or two. Core addresses bring about
 * 80% of the messages, which is not 80% of the records. The last day but one is PAST days before
 * today; so the same seed gives the same bytes on one day only. The last day is for a trickle.
 */
#ifndef BENCH_SOURCES_H
#define BENCH_SOURCES_H

#include "bench/gen_report.h"

#define SOURCES_DAYS 75
#define SOURCES_PAST 5

/* Writes one report of that many records; day 0..SOURCES_DAYS, the last one the trickle. */
typedef void sources_emit(void *ctx, const struct gen_report *g, uint32_t day, uint32_t records);

/* About `records` records in the first SOURCES_DAYS days, and one day more. Prints what it made. */
void sources_make(uint64_t records, struct rng *r, struct gen_totals *totals, sources_emit *emit,
		  void *ctx);

#endif
