#include "base/buf.h"
#include "base/text.h"
#include "cmd/ingest.h"
#include "cmd/pipeline.h"
#include "cmd/pool.h"
#include "cmd/run.h"
#include "store/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { O_BYTES = 256, O_FORMAT };

static const struct option options[] = {
	{"bytes", no_argument, NULL, O_BYTES},
	{"format", required_argument, NULL, O_FORMAT},
	{NULL, 0, NULL, 0},
};

/* All of the quarantine, copied: a retry changes what it is read from. */
struct items {
	struct store_quarantined *q;
	size_t n, cap;
};

static int copy(void *ctx, const struct store_quarantined *q, struct err *e)
{
	struct items *all = ctx;
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

static void free_items(struct items *all)
{
	for (size_t i = 0; i < all->n; i++) {
		const char *const texts[] = {all->q[i].at,   all->q[i].class,  all->q[i].source,
					     all->q[i].item, all->q[i].sha256, all->q[i].reason};

		for (size_t k = 0; k < sizeof(texts) / sizeof(*texts); k++)
			free((char *)(uintptr_t)texts[k]);
	}
	free(all->q);
}

/* ---- list ---- */

static void add_member(struct buf *b, const char *name, const char *value)
{
	buf_printf(b, ", \"%s\": ", name);
	text_add_json(b, text_of(value));
}

static void print_json(const struct store_quarantined *q)
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
	buf_adds(&b, "}\n");
	fwrite(b.p, 1, b.len, stdout);
	buf_free(&b);
}

static void print_line(const struct store_quarantined *q)
{
	struct buf b = {0};

	buf_printf(&b, "%6lld  %.16s  %-5s  ", (long long)q->id, q->at, q->class);
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

static int list(const struct items *all, bool json)
{
	for (size_t i = 0; i < all->n; i++)
		(json ? print_json : print_line)(&all->q[i]);
	if (!all->n && !json)
		puts("The quarantine is empty.");
	return run_flushed(0);
}

/* ---- show ---- */

static const struct store_quarantined *find(const struct items *all, const char *number)
{
	for (size_t i = 0; i < all->n; i++) {
		char id[32];

		snprintf(id, sizeof(id), "%lld", (long long)all->q[i].id);
		if (strcmp(id, number) == 0)
			return &all->q[i];
	}
	return NULL;
}

static int print_bytes(struct store *s, int64_t id, struct err *e)
{
	char block[65536];
	off_t at = 0;
	ssize_t n;
	int fd;

	if (store_quarantine_bytes(s, id, &fd, e) < 0)
		return -1;
	while ((n = pread(fd, block, sizeof(block), at)) > 0) {
		fwrite(block, 1, (size_t)n, stdout);
		at += n;
	}
	close(fd);
	if (n < 0)
		return err_set(e, ERR_TEMP, "read: %s", strerror(errno));
	return 0;
}

static void say(const char *key, const char *value)
{
	struct buf b = {0};

	text_add_visible(&b, text_of(value));
	printf("%-10s %s\n", key, buf_cstr(&b));
	buf_free(&b);
}

static int show(struct run *r, const struct store_quarantined *q, bool bytes, bool json)
{
	struct err e;

	if (bytes) {
		if (print_bytes(r->store, q->id, &e) < 0)
			return run_failed(&e);
		return run_flushed(0);
	}
	if (json) {
		print_json(q);
		return run_flushed(0);
	}
	printf("%-10s %lld\n", "number", (long long)q->id);
	say("item", q->item);
	say("source", q->source);
	if (q->entry)
		printf("%-10s %u\n", "entry", q->entry);
	say("reason", q->reason);
	say("class", q->class);
	say("since", q->at);
	say("sha256", q->sha256);
	printf("%-10s %lld bytes, %s\n", "size", (long long)q->size,
	       q->bytes_kept ? "kept: --bytes prints them" : "not kept");
	return run_flushed(0);
}

/* ---- retry ---- */

static int by_item(const void *a, const void *b)
{
	const struct store_quarantined *x = a, *y = b;
	int cmp = strcmp(x->item, y->item);

	return cmp ? cmp : strcmp(x->source, y->source);
}

struct retry {
	struct store *store;
	const struct items *all; /* sorted by_item */
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

	for (size_t i = 0; i < r->all->n && !r->failed; i++) {
		const struct store_quarantined *q = &r->all->q[i];

		if (by_item(q, &key) == 0 && !still_quarantined(it, q->entry))
			r->failed = store_quarantine_forget(r->store, q->id, &r->err) < 0;
	}
}

/* Each item once, whatever number of its entries is quarantined: a retry reads all of it. */
static size_t choose(const struct items *all, int argc, char **argv,
		     const struct store_quarantined **ret, size_t *ret_without_bytes)
{
	size_t n = 0;

	*ret_without_bytes = 0;
	for (size_t i = 0; i < all->n; i++) {
		const struct store_quarantined *q = &all->q[i];
		bool wanted = strcmp(argv[0], "all") == 0;

		for (int k = 0; k < argc; k++)
			wanted |= find(all, argv[k]) == q;
		if (wanted && !q->bytes_kept)
			++*ret_without_bytes;
		else if (wanted && (!n || by_item(ret[n - 1], q) != 0))
			ret[n++] = q;
	}
	return n;
}

static int run_retry(struct run *r, const struct items *all,
		     const struct store_quarantined *const *chosen, size_t n, bool json)
{
	AUTO_FREE char *parser = run_parser_path(&r->conf);
	struct retry retried = {.store = r->store, .all = all};
	struct pipeline_options o = {
		.conf = &r->conf, .parser = parser, .lookups = r->store, .quiet = r->quiet,
		.committed = on_committed, .ctx = &retried,
	};
	struct counts counts = {0};
	int64_t began = now_ns();
	struct feed *feed = feed_of_quarantine(r->store, chosen, n, &counts);
	struct err e;
	int rc = pipeline_run(&o, feed, &counts, &e);

	feed_free(feed);
	if (rc == 0 && retried.failed) {
		e = retried.err;
		rc = -1;
	}
	counts.seconds = (double)(now_ns() - began) / 1e9;
	return ingest_finish(&counts, rc, &e, json, false, r->quiet);
}

static int retry(struct run *r, const struct items *all, int argc, char **argv, bool json)
{
	const struct store_quarantined **chosen;
	size_t n, without_bytes;
	int status;

	for (int i = 0; i < argc; i++)
		if (strcmp(argv[i], "all") != 0 && !find(all, argv[i]))
			return run_usage(r, "there is no number %s in the quarantine", argv[i]);
	if (all->n)
		qsort(all->q, all->n, sizeof(*all->q), by_item);
	chosen = xcalloc(all->n, sizeof(const struct store_quarantined *));
	n = choose(all, argc, argv, chosen, &without_bytes);
	if (without_bytes)
		fprintf(stderr, "ruadb: the bytes of %zu were not kept: ingest those files again\n",
			without_bytes);
	status = run_retry(r, all, chosen, n, json);
	free(chosen);
	return status;
}

/* ---- the command ---- */

static int act(struct run *r, int argc, char **argv, bool bytes, bool json)
{
	const char *what = argc ? argv[0] : "";
	const struct store_quarantined *q;
	struct items all = {0};
	struct err e;
	int status;

	if (store_quarantine_each(r->store, copy, &all, &e) < 0) {
		status = run_failed(&e);
	} else if (strcmp(what, "list") == 0 && argc == 1) {
		status = list(&all, json);
	} else if (strcmp(what, "show") == 0 && argc == 2) {
		q = find(&all, argv[1]);
		status = q ? show(r, q, bytes, json) :
			     run_usage(r, "there is no number %s in the quarantine", argv[1]);
	} else if (strcmp(what, "retry") == 0 && argc > 1) {
		status = retry(r, &all, argc - 1, argv + 1, json);
	} else {
		status = run_usage(r, "list, show N, or retry N");
	}
	free_items(&all);
	return status;
}

int cmd_quarantine(struct run *r, int argc, char **argv)
{
	bool bytes = false, json = false;
	int option, status;

	while ((option = run_option(r, argc, argv, "", options, &status)) != OPTION_END) {
		switch (option) {
		case OPTION_EXIT:
			return status;
		case O_BYTES:
			bytes = true;
			break;
		case O_FORMAT:
			json = strcmp(optarg, "json") == 0;
			if (!json && strcmp(optarg, "table") != 0)
				return run_usage(r, "--format is table or json, not '%s'", optarg);
			break;
		}
	}
	return act(r, argc - optind, argv + optind, bytes, json);
}
