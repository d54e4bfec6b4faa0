#include "cmd/rows.h"
#include "base/mem.h"
#include "ingest/ingest.h"

#include <stdlib.h>
#include <string.h>

struct row *row_begin(struct row **rows, const struct ingest_file *file)
{
	struct row *r = xcalloc(1, sizeof(*r));

	/* Standard input has no path, time and inode: no row says that it is unchanged. */
	if (strcmp(file->path, "-") != 0) {
		r->c.item = xcalloc(1, sizeof(*r->c.item));
		*r->c.item = (struct store_item){
			.source = "file", .item = xstrdup(file->path), .size = file->size,
			.mtime_ns = file->mtime_ns, .inode = file->inode, .fd = -1,
			.arrived_at = TIME_ABSENT,
		};
	}
	r->next = *rows;
	*rows = r;
	return r;
}

struct row *row_of_log(struct row **rows, const struct ingest_log *l)
{
	struct row *r = *rows;

	while (r && (!r->is_log || r->log.id != l->id))
		r = r->next;
	if (r)
		return r;
	r = xcalloc(1, sizeof(*r));
	r->is_log = true;
	log_file_begin(&r->log, l);
	r->next = *rows;
	*rows = r;
	return r;
}

void row_leave(struct row *r)
{
	store_item_free(r->c.item);
	r->c.item = NULL;
}

static void free_row(struct row *r)
{
	row_leave(r);
	log_file_end(&r->log);
	free(r);
}

struct store_item *rows_take(struct row **at)
{
	while (*at) {
		struct row *r = *at;
		struct store_item *item = r->c.item;

		if (!r->c.read_all || r->c.open) {
			at = &r->next;
			continue;
		}
		*at = r->next;
		if (item && r->is_log)
			log_row(item, &r->log);
		r->c.item = NULL;
		free_row(r);
		if (item)
			return item;
	}
	return NULL;
}

void rows_free(struct row *rows)
{
	while (rows) {
		struct row *next = rows->next;

		free_row(rows);
		rows = next;
	}
}
