/*
 * quarantine - what the sub-commands of `ruadb quarantine` share: which items were chosen, and how
 * one is printed.
 */
#ifndef CMD_QUARANTINE_H
#define CMD_QUARANTINE_H

#include "base/buf.h"
#include "cmd/run.h"
#include "store/store.h"

/* The command line behind `quarantine`. */
struct quarantine_wishes {
	const char *what;           /* list, show .. */
	bool all;                   /* --all, or `all` in place of numbers */
	bool bytes, json, dry_run;
	const char *to;             /* --to */
	struct store_choice choice; /* ids is owned */
};

/* Copies: a retry changes what they are read from. */
struct quarantine_items {
	struct store_quarantined *q;
	size_t n, cap;
};

int quarantine_load(struct store *s, const struct store_choice *c, struct quarantine_items *ret,
		    struct err *e) MUST_CHECK;
/* Adds the items with a partial report that an older parser read. */
int quarantine_add_partial(struct store *s, struct quarantine_items *to, struct err *e) MUST_CHECK;
void quarantine_items_free(struct quarantine_items *all);

/* One JSON object, a line of its own. file: where its bytes were written, or NULL. */
void quarantine_print_json(const struct store_quarantined *q, const char *file);
/* Two lines for people. */
void quarantine_print(const struct store_quarantined *q);

/* The sub-commands; each returns an exit status. */
int quarantine_retry(struct run *r, struct quarantine_items *chosen,
		     const struct quarantine_wishes *w);
int quarantine_export(struct run *r, const struct quarantine_items *chosen,
		      const struct quarantine_wishes *w);
int quarantine_drop(struct run *r, const struct quarantine_items *chosen,
		    const struct quarantine_wishes *w);
/* Its bytes on standard output. */
int quarantine_print_bytes(struct run *r, const struct store_quarantined *q);

#endif
