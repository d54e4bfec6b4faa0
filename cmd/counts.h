/*
 * counts - what a run did: added up by the pipeline, printed at the end.
 */
#ifndef CMD_COUNTS_H
#define CMD_COUNTS_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct counts {
	int64_t items;          /* files and mails handed in, each mail of a maildir or mbox */
	int64_t unchanged;      /* of them: same path, size, time and inode: not opened */
	int64_t left;           /* of them: could not be read now (ERR_TEMP): the next run tries */
	int64_t reports_stored; /* conflicts and near repeats included */
	int64_t reports_partial, reports_mended; /* of them */
	int64_t repairs;        /* things mended in them */
	int64_t reports_repeat, reports_near_repeat, reports_conflict;
	int64_t quarantined, not_reports; /* entries */
	int64_t records, messages, records_refused, messages_refused; /* of reports_stored */
	/* Of delivery logs: what is stored of them. */
	int64_t events, attempts, deliveries; /* deliveries: new ones */
	int64_t log_lines, log_skipped, log_unreadable, log_repeated;
	int64_t bytes_in;
	double seconds;         /* to the last COMMIT */
	double refresh_seconds; /* behind it; negative: there was none */
	bool interrupted;
	/* Reconciliation: rows in the files that were read, and in reports that were not stored. */
	int64_t rows_seen, rows_repeat, rows_quarantined;
};

/* -1 (ERR_BUG) unless every row that was read is stored, refused, or in a report not stored. */
int counts_check(const struct counts *c, struct err *e) MUST_CHECK;
/* The object of the contract, one line, but for its end: the caller closes it, and may add. */
void counts_json(const struct counts *c, FILE *out);
/* With three digits; null for negative ones. */
void counts_json_seconds(double seconds, FILE *out);
/* A few lines for people. parse_only: nothing was stored, and the words say so. */
void counts_summary(const struct counts *c, bool parse_only, FILE *out);

#endif
