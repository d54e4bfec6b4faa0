#include "cmd/quarantine.h"
#include "cmd/age.h"
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DROP_AT_ONCE 1000 /* in one transaction */

enum { O_BYTES = 256, O_FORMAT, O_ALL, O_TO, O_CLASS, O_REASON, O_OLDER_THAN, O_DRY_RUN };

static const struct option options[] = {
	{"bytes", no_argument, NULL, O_BYTES},
	{"format", required_argument, NULL, O_FORMAT},
	{"all", no_argument, NULL, O_ALL},
	{"to", required_argument, NULL, O_TO},
	{"class", required_argument, NULL, O_CLASS},
	{"reason", required_argument, NULL, O_REASON},
	{"older-than", required_argument, NULL, O_OLDER_THAN},
	{"dry-run", no_argument, NULL, O_DRY_RUN},
	{NULL, 0, NULL, 0},
};

/* ---- list and show ---- */

static int list(const struct quarantine_items *chosen, const struct quarantine_wishes *w)
{
	for (size_t i = 0; i < chosen->n; i++)
		if (w->json)
			quarantine_print_json(&chosen->q[i], NULL);
		else
			quarantine_print(&chosen->q[i]);
	if (!chosen->n && !w->json)
		puts(w->choice.class || w->choice.reason || w->choice.older_than ?
		     "Nothing in quarantine is like that." : "The quarantine is empty.");
	return run_flushed(0);
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
	if (bytes)
		return quarantine_print_bytes(r, q);
	if (json) {
		quarantine_print_json(q, NULL);
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

/* ---- drop ---- */

static void say_dropped(const struct store_quarantined *q, const struct quarantine_wishes *w)
{
	struct buf b = {0};

	if (w->json) {
		quarantine_print_json(q, NULL);
		return;
	}
	text_add_visible(&b, text_of(q->item));
	if (q->entry)
		buf_printf(&b, " (entry %u)", q->entry);
	buf_adds(&b, ": ");
	text_add_visible(&b, text_of(q->reason));
	printf("%s %lld  %s\n", w->dry_run ? "would drop" : "dropped", (long long)q->id,
	       buf_cstr(&b));
	buf_free(&b);
}

int quarantine_drop(struct run *r, const struct quarantine_items *chosen,
		    const struct quarantine_wishes *w)
{
	int64_t originals = 0;
	struct err e;

	for (size_t at = 0; at < chosen->n; at += DROP_AT_ONCE) {
		size_t n = chosen->n - at < DROP_AT_ONCE ? chosen->n - at : DROP_AT_ONCE;
		int64_t of_these = 0;

		if (!w->dry_run &&
		    store_quarantine_drop(r->store, chosen->q + at, n, &of_these, &e) < 0) {
			fflush(stdout); /* what it says was dropped is */
			return run_failed(&e);
		}
		originals += of_these;
		for (size_t i = 0; i < n; i++)
			say_dropped(&chosen->q[at + i], w);
	}
	if (!w->json && w->dry_run)
		printf("%zu would be dropped\n", chosen->n);
	else if (!w->json)
		printf("%zu dropped, with the bytes of %lld\n", chosen->n, (long long)originals);
	return run_flushed(0);
}

/* ---- the command ---- */

static int take_option(struct run *r, struct quarantine_wishes *w, int option)
{
	switch (option) {
	case O_BYTES:
		w->bytes = true;
		return 0;
	case O_ALL:
		w->all = true;
		return 0;
	case O_DRY_RUN:
		w->dry_run = true;
		return 0;
	case O_TO:
		w->to = optarg;
		return 0;
	case O_REASON:
		w->choice.reason = optarg;
		return 0;
	case O_CLASS:
		w->choice.class = optarg;
		if (strcmp(optarg, "input") && strcmp(optarg, "limit") && strcmp(optarg, "bug"))
			return run_usage(r, "--class is input, limit or bug, not '%s'", optarg);
		return 0;
	case O_OLDER_THAN:
		if (!age_parse(optarg, &w->choice.older_than))
			return run_usage(r, "--older-than is like 90d, 4w or 12h, not '%s'",
					 optarg);
		return 0;
	case O_FORMAT:
		w->json = strcmp(optarg, "json") == 0;
		if (!w->json && strcmp(optarg, "table") != 0)
			return run_usage(r, "--format is table or json, not '%s'", optarg);
	}
	return 0;
}

/* The numbers, or `all`. */
static int take_numbers(struct run *r, struct quarantine_wishes *w, int argc, char **argv)
{
	int64_t *ids = xcalloc((size_t)argc + 1, sizeof(*ids));

	w->choice.ids = ids;
	for (int i = 0; i < argc; i++) {
		char *end;

		if (strcmp(argv[i], "all") == 0) {
			w->all = true;
			continue;
		}
		errno = 0;
		ids[w->choice.n_ids++] = strtoll(argv[i], &end, 10);
		if (errno || *end || end == argv[i] || ids[w->choice.n_ids - 1] < 1)
			return run_usage(r, "'%s' is not a number in the quarantine", argv[i]);
	}
	if (w->all && w->choice.n_ids)
		return run_usage(r, "numbers or all, not both");
	return 0;
}

static int64_t missing(const struct store_choice *c, const struct quarantine_items *found)
{
	for (size_t i = 0; i < c->n_ids; i++) {
		size_t k = 0;

		while (k < found->n && found->q[k].id != c->ids[i])
			k++;
		if (k == found->n)
			return c->ids[i];
	}
	return -1;
}

/* What was asked for; 0, or an exit status. */
static int choose(struct run *r, const struct quarantine_wishes *w, struct quarantine_items *ret)
{
	const struct store_choice by_number = {.ids = w->choice.ids, .n_ids = w->choice.n_ids};
	struct err e;

	if (by_number.n_ids) {
		if (quarantine_load(r->store, &by_number, ret, &e) < 0)
			return run_failed(&e);
		int64_t not_there = missing(&by_number, ret);

		quarantine_items_free(ret);
		if (not_there >= 0)
			return run_usage(r, "there is no number %lld in the quarantine",
					 (long long)not_there);
	}
	return quarantine_load(r->store, &w->choice, ret, &e) < 0 ? run_failed(&e) : 0;
}

static int act(struct run *r, const struct quarantine_wishes *w)
{
	struct quarantine_items chosen = {0};
	const char *what = w->what;
	int status;

	if (strcmp(what, "show") == 0 ? w->choice.n_ids != 1 :
	    strcmp(what, "list") != 0 && !w->all && !w->choice.n_ids)
		return run_usage(r, "which? %s", strcmp(what, "show") == 0 ? "one number" :
				 "numbers, or --all");
	if ((status = choose(r, w, &chosen)) != 0)
		return status;
	if (strcmp(what, "list") == 0)
		status = list(&chosen, w);
	else if (strcmp(what, "show") == 0 && chosen.n)
		status = show(r, &chosen.q[0], w->bytes, w->json);
	else if (strcmp(what, "retry") == 0)
		status = quarantine_retry(r, &chosen, w);
	else if (strcmp(what, "export") == 0)
		status = quarantine_export(r, &chosen, w);
	else if (strcmp(what, "drop") == 0)
		status = quarantine_drop(r, &chosen, w);
	quarantine_items_free(&chosen);
	return status;
}

int cmd_quarantine(struct run *r, int argc, char **argv)
{
	static const char *const names[] = {"list", "show", "retry", "export", "drop"};
	struct quarantine_wishes w = {0};
	int option, status;

	while ((option = run_option(r, argc, argv, "", options, &status)) != OPTION_END) {
		if (option == OPTION_EXIT)
			return status;
		if ((status = take_option(r, &w, option)) != 0)
			return status;
	}
	for (size_t i = 0; optind < argc && i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(argv[optind], names[i]) == 0)
			w.what = names[i];
	if (!w.what)
		return run_usage(r, "list, show, retry, export or drop?");
	status = take_numbers(r, &w, argc - optind - 1, argv + optind + 1);
	if (status == 0)
		status = act(r, &w);
	free((int64_t *)(uintptr_t)w.choice.ids);
	return status;
}
