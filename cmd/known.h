/*
 * known - asks for a group of files whether they changed, and for a group of pieces whether their
 * bytes were stored before, by one query.
 */
#ifndef CMD_KNOWN_H
#define CMD_KNOWN_H

#include "cmd/piece.h"

struct ingest_walk;

/* Which of the n files of the walk from `from` on are unchanged. One query. */
int known_files(struct store *s, const struct ingest_walk *walk, size_t from, size_t n, bool *ret,
		struct err *e) MUST_CHECK;

/*
 * Marks those that are finished: nothing of them has to be read again. n: at most so many are in
 * group. again: what was dropped from quarantine is to be read again.
 */
int known_bytes(struct store *s, const struct job_list *group, size_t n, bool again,
		struct err *e) MUST_CHECK;

#endif
