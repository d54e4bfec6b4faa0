/*
 * declare - what domains.c, senders.c and settings.c share: people declare something, or take it
 * back, whole or not at all, and source classes are to be made new. For store/ only.
 */
#ifndef STORE_DECLARE_H
#define STORE_DECLARE_H

#include "store/db.h"

/*
 * Does work between BEGIN and COMMIT, with `table` locked so that nobody else writes to it from the
 * begin to the end; readers pass.
 */
int declare_transaction(struct store *s, const char *table,
			int (*work)(struct store *s, void *ctx, struct err *e), void *ctx,
			struct err *e) MUST_CHECK;

/* The classes of all organizational domains are to be made new: class_stale. */
int declare_all_stale(struct store *s, struct err *e) MUST_CHECK;

/* An array of texts; absent ones are NULL. */
static inline void param_texts(struct params *p, const struct text *v, size_t n)
{
	copy_array_text(param_array_begin(p), v, (uint32_t)n);
	param_array_end(p, DB_OID_TEXT_ARRAY);
}

/* A text of a result, as long as that lives; NULL is absent. */
static inline struct text db_text(const PGresult *res, int row, int col)
{
	if (PQgetisnull(res, row, col))
		return TEXT_ABSENT;
	return (struct text){PQgetvalue(res, row, col), (uint32_t)PQgetlength(res, row, col)};
}

#endif
