/*
 * counted - which members of a set count (definitions A1, A2). Pure functions.
 *
 * A set is all reports of one reporter and domain with the same begin and end. Within it, rows of
 * one identity are variants of one report; rows of another identity with the same content are
 * near repeats. Rows that hang together in either way are one cluster, and one of it counts; or,
 * where its contents turn out to have no sender in common, each of its candidates (supplement).
 */
#ifndef STORE_COUNTED_H
#define STORE_COUNTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store_report;

struct member {
	int64_t set_key, report_id, variant, messages;
	uint8_t identity[16];
	int no;                 /* 0, 1, .. in the order they were stored */
	char state, auth;       /* enum report_state, enum reporter_auth */
	bool near_repeat, counted;
	bool is_new;            /* not in the database yet */
	bool was_counted;       /* in the database */
	const struct store_report *raised; /* a repeat whose auth is better than its own was */
	size_t cluster;         /* the same number: the same cluster; < n */
	bool candidate;         /* complete, of the cluster's best trust, first of its content */
};

/* 0 is the best: verified, local, unverified, failed. */
int trust_rank(char auth);

/*
 * How a newcomer stands to the n members of its set. A conflict is one of complete reports: a part
 * of a report contradicts nobody, and is superseded by the complete one.
 */
enum standing { STANDS_NEW, STANDS_REPEAT, STANDS_CONFLICT, STANDS_NEAR_REPEAT };
enum standing standing_of(const struct member *newcomer, const struct member *m, size_t n,
			  size_t *ret_same);

/* Decides `counted` for the n members of one set, one in each cluster; sets cluster, candidate. */
void choose_counted(struct member *m, size_t n);

#endif
