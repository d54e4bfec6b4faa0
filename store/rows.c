/* The rows of new reports, straight from their spools into the final tables. */
#include "store/work.h"

static int put(void *ctx, const char *p, size_t n, struct err *e)
{
	return db_copy_put(ctx, p, n, e);
}

/* One COPY with the given spool of every new report; none at all if all are empty. */
static int copy_spools(struct work *w, const char *sql, size_t offset, struct err *e)
{
	bool begun = false;

	for (size_t i = 0; i < w->n_reports; i++) {
		const struct spool *sp = (const void *)((const char *)w->reports[i].r + offset);

		if (!w->reports[i].is_new || !spool_bytes(sp))
			continue;
		if (!begun && db_copy_begin(w->s, sql, e) < 0)
			return -1;
		begun = true;
		if (spool_read(sp, put, w->s, e) < 0) {
			db_copy_abort(w->s);
			return -1;
		}
	}
	return begun ? db_copy_end(w->s, e) : 0;
}

static int copy_day_parts(struct work *w, struct err *e)
{
	bool begun = false;

	for (size_t i = 0; i < w->n_reports; i++) {
		const struct buf *b = &w->reports[i].r->day_parts;

		if (!w->reports[i].is_new || !b->len)
			continue;
		if (!begun && db_copy_begin(w->s, "COPY ruadb_data.report_day_part ("
						  DAY_PART_COLUMNS ") FROM STDIN (FORMAT binary)",
					    e) < 0)
			return -1;
		begun = true;
		if (db_copy_put(w->s, b->p, b->len, e) < 0)
			return -1;
	}
	return begun ? db_copy_end(w->s, e) : 0;
}

int rows_copy(struct work *w, struct err *e)
{
	if (copy_spools(w, "COPY ruadb_data.record (" RECORD_COLUMNS ") FROM STDIN (FORMAT binary)",
			offsetof(struct store_report, records), e) < 0 ||
	    copy_spools(w, "COPY ruadb_data.record_day (" RECORD_DAY_COLUMNS ") FROM STDIN "
			   "(FORMAT binary)", offsetof(struct store_report, record_days), e) < 0)
		return -1;
	return copy_day_parts(w, e);
}
