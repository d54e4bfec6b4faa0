#include "cmd/known.h"
#include "base/mem.h"
#include "ingest/ingest.h"

#include <string.h>

int known_files(struct store *s, const struct ingest_walk *walk, size_t from, size_t n, bool *ret,
		struct err *e)
{
	AUTO_FREE struct store_seen *seen = xcalloc(n, sizeof(*seen));

	for (size_t i = 0; i < n; i++) {
		const struct ingest_file *file = ingest_walk_file(walk, from + i);

		seen[i] = (struct store_seen){
			.source = "file", .item = file->path, .size = file->size,
			.mtime_ns = file->mtime_ns, .inode = file->inode,
		};
	}
	if (store_lookup_files(s, seen, n, PARSER_VERSION, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		ret[i] = seen[i].unchanged;
	return 0;
}

static struct piece *next_to_ask(struct job **j)
{
	while (*j) {
		struct piece *p = (struct piece *)*j;

		*j = (*j)->next;
		if (!p->finished)
			return p;
	}
	return NULL;
}

/*
 * A mail that comes once more is parsed: our server's settings, or ours, may say by now who sent it.
 * Files are many, and seldom that: ingest --reparse asks for it.
 */
static bool is_worth_parsing(const struct store_item *it, const struct store_seen *seen)
{
	return strcmp(it->source, "imap") == 0 && !seen->dropped;
}

int known_bytes(struct store *s, const struct job_list *group, size_t n, bool again,
		struct err *e)
{
	AUTO_FREE struct store_seen *seen = xcalloc(n, sizeof(*seen));
	AUTO_FREE struct piece **pieces = xcalloc(n, sizeof(*pieces));
	struct job *j = group->first;
	size_t asked = 0;

	while ((pieces[asked] = next_to_ask(&j))) {
		const struct store_item *it = pieces[asked]->item;

		seen[asked] = (struct store_seen){
			.source = it->source, .item = it->item, .size = it->size,
			.mtime_ns = it->mtime_ns, .inode = it->inode, .sha256 = it->sha256,
		};
		if (++asked == n)
			break;
	}
	if (asked && store_lookup_bytes(s, seen, asked, PARSER_VERSION, e) < 0)
		return -1;
	for (size_t i = 0; i < asked; i++) {
		struct store_item *it = pieces[i]->item;

		it->repeat_bytes = seen[i].repeat && !(again && seen[i].dropped) &&
				   !is_worth_parsing(it, &seen[i]);
		it->repeat_reports = seen[i].reports;
		pieces[i]->finished = it->repeat_bytes;
	}
	return 0;
}
