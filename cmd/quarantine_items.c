#include "cmd/quarantine.h"
#include "base/frame.h"
#include "base/text.h"

#include <stdlib.h>

static int copy(void *ctx, const struct store_quarantined *q, struct err *e)
{
	struct quarantine_items *all = ctx;
	struct store_quarantined *to;

	(void)e;
	if (all->n == all->cap) {
		all->cap = all->cap ? all->cap * 2 : 64;
		all->q = xrealloc(all->q, all->cap * sizeof(*all->q));
	}
	to = &all->q[all->n++];
	*to = *q;
	to->at = xstrdup(q->at);
	to->class = xstrdup(q->class);
	to->source = xstrdup(q->source);
	to->item = xstrdup(q->item);
	to->sha256 = xstrdup(q->sha256);
	to->reason = xstrdup(q->reason);
	return 0;
}

int quarantine_load(struct store *s, const struct store_choice *c, struct quarantine_items *ret,
		    struct err *e)
{
	*ret = (struct quarantine_items){0};
	if (store_quarantine_each(s, c, copy, ret, e) == 0)
		return 0;
	quarantine_items_free(ret);
	return -1;
}

int quarantine_add_partial(struct store *s, struct quarantine_items *to, struct err *e)
{
	return store_partial_each(s, PARSER_VERSION, copy, to, e);
}

void quarantine_items_free(struct quarantine_items *all)
{
	for (size_t i = 0; i < all->n; i++) {
		const char *const texts[] = {all->q[i].at,   all->q[i].class,  all->q[i].source,
					     all->q[i].item, all->q[i].sha256, all->q[i].reason};

		for (size_t k = 0; k < sizeof(texts) / sizeof(*texts); k++)
			free((char *)(uintptr_t)texts[k]);
	}
	free(all->q);
	*all = (struct quarantine_items){0};
}

static void add_member(struct buf *b, const char *name, const char *value)
{
	buf_printf(b, ", \"%s\": ", name);
	text_add_json(b, text_of(value));
}

void quarantine_print_json(const struct store_quarantined *q, const char *file)
{
	struct buf b = {0};

	buf_printf(&b, "{\"id\": %lld, \"entry\": %u, \"size\": %lld, \"bytes_kept\": %s",
		   (long long)q->id, q->entry, (long long)q->size,
		   q->bytes_kept ? "true" : "false");
	add_member(&b, "at", q->at);
	add_member(&b, "class", q->class);
	add_member(&b, "source", q->source);
	add_member(&b, "item", q->item);
	add_member(&b, "sha256", q->sha256);
	add_member(&b, "reason", q->reason);
	if (file)
		add_member(&b, "file", file);
	buf_adds(&b, "}\n");
	fwrite(b.p, 1, b.len, stdout);
	buf_free(&b);
}

/* "512 B", "17 KB", "3 MB": how large it is, at a glance. */
static void add_size(struct buf *b, int64_t size)
{
	static const char *const units[] = {"B", "KB", "MB", "GB"};
	int u = 0;

	while (size >= 10000 && u < 3) {
		size /= 1000;
		u++;
	}
	buf_printf(b, "%4lld %-2s", (long long)size, units[u]);
}

void quarantine_print(const struct store_quarantined *q)
{
	struct buf b = {0};

	buf_printf(&b, "%6lld  %.16s  %-5s  ", (long long)q->id, q->at, q->class);
	add_size(&b, q->size);
	buf_adds(&b, "  ");
	text_add_visible(&b, text_of(q->item));
	if (q->entry)
		buf_printf(&b, " (entry %u)", q->entry);
	buf_adds(&b, "\n        ");
	text_add_visible(&b, text_of(q->reason));
	if (!q->bytes_kept)
		buf_adds(&b, " [bytes not kept]");
	buf_addc(&b, '\n');
	fwrite(b.p, 1, b.len, stdout);
	buf_free(&b);
}
