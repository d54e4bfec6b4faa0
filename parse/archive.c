#include "parse/archive.h"

#include <string.h>

int archive_skip(struct archive_in *a, uint64_t n, struct err *e)
{
	uint64_t most = LIMIT_ARCHIVE_SKIP - a->passed;
	uint64_t skipped = pull_skip(&a->in, n < most ? n : most);

	a->passed += skipped;
	if (skipped == most && skipped < n)
		return err_set(e, ERR_LIMIT, "a %s with more than %d MB of what is no report: "
					     "the rest of it was not read",
			       a->format->name, LIMIT_ARCHIVE_SKIP >> 20);
	return 0;
}

/* What stands before that place is unpacked once more, perhaps. */
static bool may_go(struct archive_in *a, uint64_t at)
{
	if (at < a->in.at)
		a->budget->again += at;
	return a->budget->again <= LIMIT_ARCHIVE_AGAIN;
}

int archive_return(struct archive_in *a, uint64_t at, struct err *e)
{
	if (!may_go(a, at))
		return 0;
	return pull_goto(&a->in, at, e) < 0 ? -1 : 1;
}

int archive_name(struct archive_in *a, struct err *e)
{
	if (a->names++ < LIMIT_ARCHIVE_NAMES)
		return 0;
	return err_set(e, ERR_LIMIT, "a %s of more than %d files and folders: the rest of it "
				     "was not read",
		       a->format->name, LIMIT_ARCHIVE_NAMES);
}

void archive_at_file(struct archive_in *a)
{
	a->files++;
	a->data_at = a->in.at;
	a->spent = (struct spending){0};
	a->done = a->told = false;
	a->refusal.class = a->fault.class = ERR_NONE;
}

void archive_cut_behind(struct archive_in *a)
{
	if (a->in.broke.class == ERR_NONE)
		repairs_outer(a->repairs, REPAIR_ARCHIVE_CUT, a->format->name, TEXT_ABSENT,
			      TEXT_ABSENT);
}

int archive_cut(struct archive_in *a)
{
	archive_cut_behind(a);
	if (a->in.broke.class != ERR_NONE)
		a->fault = a->in.broke;
	else
		err_set(&a->fault, ERR_INPUT, "%s that ends in the middle", a->format->name);
	return -1;
}

int archive_ended(struct archive_in *a, struct err *e)
{
	if (a->in.broke.class == ERR_NONE)
		return err_set(e, ERR_INPUT, "%s that ends in the middle", a->format->name);
	*e = a->in.broke;
	return err_wrap(e, "behind file %u of the %s", a->files, a->format->name);
}

/* A block's worth. 1: go on; 0: the file's end; -1: a->fault. */
static int fill(struct archive_in *a)
{
	int r = a->fault.class != ERR_NONE ? -1 : !a->done;

	a->filled = 0;
	while (r > 0 && a->filled < SOURCE_BLOCK)
		r = a->format->fill(a);
	if (r == 0)
		a->done = true;
	return r;
}

static int file_next(struct source *s, struct block *ret, struct err *e)
{
	struct archive_in *a = (struct archive_in *)s;
	int r = fill(a);

	*ret = (struct block){a->block, a->filled, r == 0};
	if (a->filled)
		return budget_spend_new(a->budget, &a->spent, a->filled, e) < 0 ? -1 : 1;
	if (r < 0) {
		*e = a->fault;
		a->told = true;
	}
	return r;
}

/* The reader has enough of it, and comes again: by then it must be known how far it is good. */
static void look_ahead(struct archive_in *a)
{
	uint64_t n = 0;
	int r;

	do {
		r = fill(a);
		n += a->filled;
	} while (r > 0 && unpack_may_look_ahead(a->budget, n));
	a->budget->again += n;
}

static int file_rewind(struct source *s, struct err *e)
{
	struct archive_in *a = (struct archive_in *)s;

	look_ahead(a);
	if (!may_go(a, a->data_at))
		return err_set(e, ERR_LIMIT,
			       "file %u of the %s has to be read twice and lies too far behind: "
			       "unpack it and hand over what is in it",
			       a->files, a->format->name);
	if (pull_goto(&a->in, a->data_at, e) < 0)
		return -1;
	a->spent.at = 0;
	a->done = false;
	a->fault.class = ERR_NONE;
	a->format->restart(a);
	return 0;
}

static void file_close(struct source *s)
{
	(void)s; /* the archive's */
}

/* -1: ERR_LIMIT, one file more than there may be. Mails, and what systems leave, are no reports. */
static int look_at_limits(const struct item *it, struct archive_in *a, struct err *e)
{
	struct block b;

	if (it->archive_files >= LIMIT_ARCHIVE_MAILS)
		return err_set(e, ERR_LIMIT, "an archive of more than %d files: the rest of it was "
					     "not read", LIMIT_ARCHIVE_MAILS);
	if (it->archive_files - it->archive_exempt < LIMIT_ARCHIVE_REPORTS)
		return 0;
	if (a->refusal.class == ERR_NONE && source_next(&a->file, &b, e) > 0 &&
	    item_exempt(item_sniff(it, &b).kind))
		return source_rewind(&a->file, e);
	return err_set(e, ERR_LIMIT, "an archive of more than %d files that are no mails: the rest "
				     "of it was not read", LIMIT_ARCHIVE_REPORTS);
}

static void read_file(struct item *it, struct archive_in *a)
{
	size_t mark = repairs_mark(it->repairs);

	it->archive_files++;
	it->numbered = true;
	it->exempt = false;
	if (a->refusal.class != ERR_NONE)
		item_refused(it, &a->refusal);
	else
		item_read(it, &a->file);
	it->archive_exempt += it->exempt;
	repairs_restore(it->repairs, mark);
}

/* 0: the end; -1: what *e says. */
static int read_files(struct item *it, struct archive_in *a, struct err *e)
{
	int r = 0;

	while (!it->full && (r = a->format->next(a, e)) > 0) {
		if (look_at_limits(it, a, e) < 0)
			return -1;
		read_file(it, a);
	}
	return r;
}

void archive_read(struct item *it, struct archive_in *a, const struct archive_format *format,
		  struct source *below, size_t skip)
{
	uint32_t outcomes = it->outcomes;
	struct err e;

	if (it->archives == LIMIT_NESTED_ARCHIVES) {
		err_set(&e, ERR_LIMIT, "archives in archives, more than %d deep",
			LIMIT_NESTED_ARCHIVES);
		item_refused(it, &e);
		return;
	}
	memset(a, 0, offsetof(struct archive_in, in));
	a->file = (struct source){file_next, file_rewind, file_close};
	a->format = format;
	a->budget = &it->budget;
	a->repairs = it->repairs;
	a->done = true;
	pull_begin(&a->in, below);
	pull_skip(&a->in, skip);
	it->archives++;
	int r = read_files(it, a, &e);

	it->archives--;
	if (r == 0 && it->outcomes == outcomes)
		r = err_set(&e, ERR_INPUT, "an archive with nothing in it");
	if (r < 0)
		item_refused(it, &e);
}
