/* `ruadb prune`: what is older than an age goes, kind by kind; cohorts stay. */
#include "cmd/age.h"
#include "cmd/run.h"
#include "store/store.h"

#include <inttypes.h>
#include <string.h>

enum { O_OLDER_THAN = 256, O_DRY_RUN, O_FORMAT };

/* Deliveries that a queue may still keep are not for pruning. */
#define LEAST_DAYS 14

static const struct option options[] = {
	{"older-than", required_argument, NULL, O_OLDER_THAN},
	{"dry-run", no_argument, NULL, O_DRY_RUN},
	{"format", required_argument, NULL, O_FORMAT},
	{NULL, 0, NULL, 0},
};

/* In the order they are pruned in. */
static const char *const all_kinds[] = {"recipients", "attempts", "deliveries", "originals"};
#define N_KINDS (sizeof(all_kinds) / sizeof(*all_kinds))

struct prune {
	struct store_prune kinds[N_KINDS];
	size_t n;
	int64_t days;
	bool dry_run, json;
};

/* 0, or an exit status. */
static int choose(const struct run *r, struct prune *p, int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		bool found = false;

		for (size_t k = 0; k < N_KINDS; k++)
			found = found || strcmp(argv[i], all_kinds[k]) == 0;
		if (!found)
			return run_usage(r, "there is no kind '%s': recipients, attempts, deliveries or "
					 "originals", argv[i]);
	}
	for (size_t k = 0; k < N_KINDS; k++)
		for (int i = 0; i < argc; i++)
			if (strcmp(argv[i], all_kinds[k]) == 0) {
				p->kinds[p->n++] = (struct store_prune){.kind = all_kinds[k]};
				break;
			}
	return p->n ? 0 : run_usage(r, "what? recipients, attempts, deliveries, originals");
}

static int read_option(const struct run *r, struct prune *p, int option)
{
	int64_t seconds;

	switch (option) {
	case O_OLDER_THAN:
		if (!age_parse(optarg, &seconds) || seconds % 86400)
			return run_usage(r, "--older-than is like 90d or 26w, not '%s'", optarg);
		p->days = seconds / 86400;
		if (p->days < LEAST_DAYS)
			return run_usage(r, "--older-than is at least %dd: what is younger may still be in "
					 "a queue", LEAST_DAYS);
		return 0;
	case O_DRY_RUN:
		p->dry_run = true;
		return 0;
	case O_FORMAT:
		p->json = strcmp(optarg, "json") == 0;
		if (!p->json && strcmp(optarg, "table") != 0)
			return run_usage(r, "--format is table or json, not '%s'", optarg);
	}
	return 0;
}

static void say(const struct run *r, const struct prune *p)
{
	if (p->json) {
		printf("{\"dry_run\":%s", p->dry_run ? "true" : "false");
		for (size_t i = 0; i < p->n; i++)
			printf(",\"%s\":%" PRId64, p->kinds[i].kind, p->kinds[i].rows);
		puts("}");
		return;
	}
	for (size_t i = 0; i < p->n && !r->quiet; i++)
		printf("%s: %" PRId64 " rows %s\n", p->kinds[i].kind, p->kinds[i].rows,
		       p->dry_run ? "would go" : "are gone");
}

int cmd_prune(struct run *r, int argc, char **argv)
{
	struct prune p = {0};
	struct store_refreshed done;
	struct err e;
	int option, status;

	while ((option = run_option(r, argc, argv, "", options, &status)) != OPTION_END) {
		if (option == OPTION_EXIT)
			return status;
		status = read_option(r, &p, option);
		if (status)
			return status;
	}
	if (!p.days)
		return run_usage(r, "older than what? --older-than 90d");
	status = choose(r, &p, argc - optind, argv + optind);
	if (status)
		return status;
	/* cohorts are computed from deliveries: before these go */
	if (store_open(&r->conf, STORE_INGEST, &r->store, &e) < 0 ||
	    store_refresh(&r->conf, NULL, &done, &e) < 0 ||
	    store_prune(r->store, p.kinds, p.n, p.days, p.dry_run, &e) < 0)
		return run_failed(&e);
	say(r, &p);
	return run_flushed(0);
}
