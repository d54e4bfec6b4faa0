/* A zip, read as a stream: its central directory is not asked, so that any source will do. */
#include "parse/item.h"
#include "base/mem.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>

struct zip {
	struct source *below;
	struct budget *budget;
	size_t skip;          /* bytes before the first entry; of the first block */
	bool begun;
	struct archive *a;
	struct archive_entry *entry;
	unsigned at;          /* entries whose header was read */
	struct err err;       /* of the source below */
	bool below_failed;
};

/* What is inside the entry that the zip is at. */
struct zip_entry {
	struct source source;
	struct zip *zip;
	unsigned at;
};

static la_ssize_t on_read(struct archive *a, void *ctx, const void **ret)
{
	struct zip *z = ctx;
	struct block b;
	int r = source_next(z->below, &b, &z->err);

	if (r < 0) {
		z->below_failed = true;
		archive_set_error(a, -1, "%s", z->err.msg);
		return -1;
	}
	if (r == 0)
		return 0;
	size_t skip = z->begun ? 0 : z->skip < b.len ? z->skip : b.len;

	z->begun = true;
	*ret = b.p + skip;
	return (la_ssize_t)(b.len - skip);
}

static int fault(struct zip *z, struct err *e)
{
	const char *what = archive_error_string(z->a);

	if (z->below_failed) {
		*e = z->err;
		return -1;
	}
	return err_set(e, ERR_INPUT, "damaged zip: %s", what ? what : "it can not be read");
}

static int zip_open(struct zip *z, struct err *e)
{
	z->a = archive_read_new();
	if (!z->a || archive_read_support_format_zip_streamable(z->a) != ARCHIVE_OK)
		abort();
	z->at = 0;
	z->begun = false;
	if (archive_read_open(z->a, z, NULL, on_read, NULL) != ARCHIVE_OK)
		return fault(z, e);
	return 0;
}

/* 1: at the next entry; 0: no more. */
static int zip_next(struct zip *z, struct err *e)
{
	int r = archive_read_next_header(z->a, &z->entry);

	if (r == ARCHIVE_EOF)
		return 0;
	if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
		return fault(z, e);
	z->at++;
	return 1;
}

static int entry_next(struct source *s, struct block *ret, struct err *e)
{
	struct zip *z = ((struct zip_entry *)s)->zip;
	const void *p;
	size_t n = 0;
	la_int64_t offset;

	while (n == 0) {
		int r = archive_read_data_block(z->a, &p, &n, &offset);

		if (r == ARCHIVE_EOF)
			return 0;
		if (r != ARCHIVE_OK)
			return fault(z, e);
	}
	*ret = (struct block){p, n, false};
	return budget_spend(z->budget, n, e) < 0 ? -1 : 1;
}

/* Through the whole zip again: reports whose head comes behind the records are rare. */
static int entry_rewind(struct source *s, struct err *e)
{
	struct zip_entry *at = (struct zip_entry *)s;
	struct zip *z = at->zip;
	int r = 1;

	archive_read_free(z->a);
	z->a = NULL;
	if (source_rewind(z->below, e) < 0 || zip_open(z, e) < 0)
		return -1;
	while (r == 1 && z->at < at->at)
		r = zip_next(z, e);
	return r == 0 ? err_set(e, ERR_INPUT, "damaged zip: it reads otherwise the second time")
		      : r < 0 ? -1 : 0;
}

static void entry_close(struct source *s)
{
	(void)s; /* the caller's, on its stack */
}

static void read_entry(struct item *it, struct zip *z)
{
	struct zip_entry at = {{entry_next, entry_rewind, entry_close}, z, z->at};
	struct err e;

	if (archive_entry_is_encrypted(z->entry)) {
		err_set(&e, ERR_INPUT, "file %u of the zip is encrypted", z->at);
		item_refused(it, &e);
		return;
	}
	item_read(it, &at.source);
}

static bool too_many(const struct item *it)
{
	return it->archive_files - it->archive_mails >= LIMIT_ARCHIVE_REPORTS ||
	       it->archive_files >= LIMIT_ARCHIVE_MAILS;
}

/* 0: the end; -1: what *e says. */
static int read_entries(struct item *it, struct zip *z, struct err *e)
{
	int r = 0;

	if (zip_open(z, e) < 0)
		return -1;
	while (z->a && (r = zip_next(z, e)) == 1) {
		if (archive_entry_filetype(z->entry) == AE_IFDIR)
			continue;
		if (too_many(it))
			return err_set(e, ERR_LIMIT, "an archive of more than %d files",
				       LIMIT_ARCHIVE_REPORTS);
		it->archive_files++;
		it->numbered = true;
		read_entry(it, z);
	}
	return r;
}

void zip_read(struct item *it, struct source *s, size_t skip)
{
	struct zip z = {.below = s, .skip = skip, .budget = &it->budget};
	uint32_t outcomes = it->outcomes;
	struct err e;

	if (it->packed == LIMIT_NESTED_COMPRESSION) {
		err_set(&e, ERR_LIMIT, "packed more than %d times", LIMIT_NESTED_COMPRESSION);
		item_refused(it, &e);
		return;
	}
	it->packed++;
	int r = read_entries(it, &z, &e);

	it->packed--;
	if (r == 0 && it->outcomes == outcomes)
		r = err_set(&e, ERR_INPUT, "an archive with nothing in it");
	if (r < 0)
		item_refused(it, &e);
	archive_read_free(z.a);
}
