/* ruadb quarantine retry: through the pipeline once more, with the bytes that were kept. */
#include "cmd/ingest.h"
#include "cmd/pipeline.h"
#include "cmd/pool.h"
#include "cmd/quarantine.h"

#include <stdlib.h>
#include <string.h>

static int by_item(const void *a, const void *b)
{
	const struct store_quarantined *x = a, *y = b;
	int cmp = strcmp(x->item, y->item);

	return cmp ? cmp : strcmp(x->source, y->source);
}

struct retry {
	struct store *store;
	struct quarantine_items all; /* all there are: a retry reads all entries of an item */
	struct err err;
	bool failed;
};

static bool still_quarantined(const struct store_item *it, uint32_t entry)
{
	for (size_t i = 0; i < it->n_entries; i++)
		if (it->entries[i].entry == entry &&
		    it->entries[i].outcome == OUTCOME_QUARANTINED)
			return true;
	return false;
}

/* An item was read again and is committed: what is not quarantined any more is forgotten. */
static void on_committed(void *ctx, const struct store_item *it)
{
	struct retry *r = ctx;
	const struct store_quarantined key = {.item = it->item, .source = it->source};

	for (size_t i = 0; i < r->all.n && !r->failed; i++) {
		const struct store_quarantined *q = &r->all.q[i];

		if (by_item(q, &key) == 0 && !still_quarantined(it, q->entry))
			r->failed = store_quarantine_forget(r->store, q->id, &r->err) < 0;
	}
}

/* Each item once, whatever number of its entries is quarantined. */
static const struct store_quarantined **choose(const struct quarantine_items *chosen, size_t *ret_n,
					       size_t *ret_without_bytes)
{
	const struct store_quarantined **to =
		xcalloc(chosen->n, sizeof(const struct store_quarantined *));
	size_t n = 0;

	*ret_without_bytes = 0;
	if (chosen->n)
		qsort(chosen->q, chosen->n, sizeof(*chosen->q), by_item);
	for (size_t i = 0; i < chosen->n; i++) {
		const struct store_quarantined *q = &chosen->q[i];

		if (!q->bytes_kept)
			++*ret_without_bytes;
		else if (!n || by_item(to[n - 1], q) != 0)
			to[n++] = q;
	}
	*ret_n = n;
	return to;
}

static int run_again(struct run *r, struct retry *retry,
		     const struct store_quarantined *const *items, size_t n, bool json)
{
	AUTO_FREE char *parser = run_parser_path(&r->conf);
	struct pipeline_options o = {
		.conf = &r->conf, .parser = parser, .lookups = r->store, .quiet = r->quiet,
		.committed = on_committed, .ctx = retry,
	};
	struct counts counts = {0};
	int64_t began = now_ns();
	struct feed *feed = feed_of_quarantine(r->store, items, n, &counts);
	struct err e;
	int rc = pipeline_run(&o, feed, &counts, &e);

	feed_free(feed);
	if (rc == 0 && retry->failed) {
		e = retry->err;
		rc = -1;
	}
	counts.seconds = (double)(now_ns() - began) / 1e9;
	return ingest_finish(&counts, rc, &e, &(struct ingest_end){
		.refresh = &r->conf, .json = json, .quiet = r->quiet});
}

/* All, and not only some of a kind: then what was read in part as well. */
static bool is_for_all(const struct quarantine_wishes *w)
{
	return w->all && !w->choice.class && !w->choice.reason && !w->choice.older_than;
}

int quarantine_retry(struct run *r, struct quarantine_items *chosen,
		     const struct quarantine_wishes *w)
{
	struct retry retry = {.store = r->store};
	const struct store_quarantined **items;
	size_t n, without_bytes;
	struct err e;
	int status;

	if (quarantine_load(r->store, &(struct store_choice){0}, &retry.all, &e) < 0)
		return run_failed(&e);
	if (is_for_all(w) && quarantine_add_partial(r->store, chosen, &e) < 0) {
		quarantine_items_free(&retry.all);
		return run_failed(&e);
	}
	items = choose(chosen, &n, &without_bytes);
	if (without_bytes)
		fprintf(stderr, "ruadb: the bytes of %zu were not kept: ingest those files again\n",
			without_bytes);
	status = run_again(r, &retry, items, n, w->json);
	free(items);
	quarantine_items_free(&retry.all);
	return status;
}
