#include "cmd/ingest.h"
#include "cmd/pipeline.h"
#include "cmd/pool.h"
#include "cmd/run.h"
#include "cmd/signals.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

enum { O_AGAIN = 256, O_JOBS, O_FORMAT, O_PARSE_ONLY, O_NO_REFRESH, O_REPARSE };

static const struct option options[] = {
	{"again", no_argument, NULL, O_AGAIN},
	{"jobs", required_argument, NULL, O_JOBS},
	{"format", required_argument, NULL, O_FORMAT},
	{"parse-only", no_argument, NULL, O_PARSE_ONLY},
	{"no-refresh", no_argument, NULL, O_NO_REFRESH},
	{"reparse", no_argument, NULL, O_REPARSE},
	{NULL, 0, NULL, 0},
};

struct wishes {
	bool again, reparse, json, parse_only, no_refresh;
	const char *jobs;
};

static int take_options(struct run *r, int argc, char **argv, struct wishes *w, int *ret_exit)
{
	for (;;) {
		int option = run_option(r, argc, argv, "j:", options, ret_exit);

		switch (option) {
		case OPTION_EXIT:
			return -1;
		case OPTION_END:
			return 0;
		case O_AGAIN:
			w->again = true;
			break;
		case O_REPARSE:
			w->reparse = true;
			break;
		case 'j':
		case O_JOBS:
			w->jobs = optarg;
			break;
		case O_PARSE_ONLY:
			w->parse_only = true;
			break;
		case O_NO_REFRESH:
			w->no_refresh = true;
			break;
		case O_FORMAT:
			w->json = strcmp(optarg, "json") == 0;
			if (!w->json && strcmp(optarg, "table") != 0) {
				*ret_exit = run_usage(r, "--format is table or json, not '%s'",
						      optarg);
				return -1;
			}
			break;
		}
	}
}

/* 65 if something was quarantined, 75 if something has to wait for the next run. */
static int status_of(const struct counts *c)
{
	struct err e;

	if (counts_check(c, &e) < 0)
		return run_failed(&e);
	return c->left ? EX_TEMPFAIL : c->quarantined ? EX_DATAERR : 0;
}

void ingest_refresh(struct counts *c, const struct conf *conf, bool silent)
{
	struct store_refreshed done;
	struct err e;

	if (!silent)
		fflush(stdout); /* it may take a while: the summary is read meanwhile */
	if (store_refresh(conf, signals_stop_asked, &done, &e) < 0) {
		AUTO_FREE char *why = xstrdup(e.msg);

		err_set(&e, e.class, "everything is stored, but the classes of senders are as of "
			"before, and reports may be slow: %s. `ruadb db refresh` tries again", why);
		run_failed(&e);
		return;
	}
	if (!done.busy)
		c->refresh_seconds = done.seconds;
	if (!silent)
		refresh_say(&done, stdout);
}

int ingest_finish(struct counts *c, int rc, const struct err *e, const struct ingest_end *how)
{
	int status = rc < 0 ? run_failed(e) : 0;

	if (!how->json && !how->quiet)
		counts_summary(c, how->parse_only, stdout);
	c->refresh_seconds = -1;
	if (how->refresh && rc == 0 && !c->interrupted &&
	    (how->declared || c->reports_stored + c->reports_repeat + c->events > 0))
		ingest_refresh(c, how->refresh, how->json || how->quiet);
	if (how->json) {
		counts_json(c, stdout);
		fputs("}\n", stdout);
	}
	return run_flushed(status ? status : status_of(c));
}

static int ingest(struct run *r, struct ingest_walk *walk, const struct wishes *w)
{
	AUTO_FREE char *parser = run_parser_path(&r->conf);
	struct pipeline_options o = {
		.conf = &r->conf, .parser = parser, .quiet = r->quiet, .walk = walk,
	};
	struct counts counts = {0};
	int64_t began = now_ns();
	bool declared = false;
	struct feed *feed;
	struct err e;
	int rc;

	if (!w->parse_only && store_open(&r->conf, STORE_INGEST, &r->store, &e) < 0)
		return run_failed(&e);
	if (r->store && (store_domains_sync(r->store, r->conf.domains, &declared, &e) < 0 ||
			 store_domains_lookup(r->store, &e) < 0))
		return run_failed(&e);
	o.lookups = r->store;
	ingest_walk_columns(walk, conf_columns(&r->conf));
	feed = feed_of_walk(walk, r->store, w->again, &counts);
	if (w->reparse)
		feed_reparse(feed);
	rc = pipeline_run(&o, feed, &counts, &e);
	feed_free(feed);
	counts.seconds = (double)(now_ns() - began) / 1e9;
	return ingest_finish(&counts, rc, &e, &(struct ingest_end){
		.refresh = w->parse_only || w->no_refresh ? NULL : &r->conf, .json = w->json,
		.parse_only = w->parse_only, .quiet = r->quiet, .declared = declared});
}

int cmd_ingest(struct run *r, int argc, char **argv)
{
	struct wishes w = {0};
	struct ingest_walk *walk;
	struct err e;
	int status;

	if (take_options(r, argc, argv, &w, &status) < 0)
		return status;
	if (optind == argc)
		return run_usage(r, "which files or folders? '-' stands for standard input");
	if (w.jobs && conf_set(&r->conf, "ingest.jobs", w.jobs, &e) < 0)
		return run_failed(&e);
	if (ingest_walk_new((const char *const *)argv + optind, (size_t)(argc - optind), &walk,
			    &e) < 0)
		return run_failed(&e);
	status = ingest(r, walk, &w);
	ingest_walk_free(walk);
	return status;
}
