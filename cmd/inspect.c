#include "cmd/inspect.h"
#include "cmd/pool.h"
#include "cmd/run.h"
#include "ingest/ingest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

enum { O_FORMAT = 256 };

static const struct option options[] = {
	{"format", required_argument, NULL, O_FORMAT},
	{NULL, 0, NULL, 0},
};

static void nothing(void *owner, struct job *j)
{
	(void)owner;
	(void)j;
}

static void again(void *owner, struct job *j)
{
	(void)j;
	inspect_restart(owner);
}

static void json_failed(void *owner, struct job *j, const struct err *e)
{
	(void)j;
	inspect_json_failed(owner, e);
}

static void table_failed(void *owner, struct job *j, const struct err *e)
{
	(void)j;
	inspect_table_failed(owner, e);
}

/* One item at a time, in their order: this is for reading, not for speed. */
static int one_item(struct inspect *i, struct pool *pool, const struct ingest_item *it,
		    struct err *e)
{
	struct job j = {.bytes = it->bytes, .fd = it->fd, .size = it->size, .trust = i->trust};
	struct log_hint hint = {.form = FORM_ANY, .now = it->mtime_ns > 0 ?
				it->mtime_ns / 1000000000 : (int64_t)time(NULL)};

	if (it->log) {
		hint.form = it->log->form;
		hint.columns = text_of(it->log->columns);
	}
	j.log = &hint;
	i->log_of_file = it->log;
	i->source = it->source;
	i->item = it->item;
	pool_add(pool, &j);
	while (!pool_idle(pool)) {
		struct pollfd fds[1];

		if (pool_work(pool, e) < 0)
			return -1;
		if (poll(fds, pool_poll(pool, fds, true), pool_timeout(pool)) < 0 &&
		    errno != EINTR)
			return err_set(e, ERR_BUG, "poll: %s", strerror(errno));
		if (pool_handle(pool, fds, 1, e) < 0)
			return -1;
	}
	i->quarantined += i->of_item;
	i->of_item = 0;
	return page_print(&i->page, stdout, e);
}

static int one_file(struct inspect *i, struct pool *pool, const struct ingest_walk *w, size_t n,
		    struct err *e)
{
	struct ingest_source *s;
	struct ingest_item it;
	int got, rc = 0;

	if (ingest_open(w, n, &s, e) < 0)
		return -1;
	i->log_named = false;
	while (rc == 0 && (got = ingest_next(s, &it, e)) != 0) {
		if (got < 0) {
			rc = -1;
			break;
		}
		if (got == 2) /* standard input says nothing just now */
			continue;
		rc = one_item(i, pool, &it, e);
		free(it.item);
		free(it.bytes);
		if (it.fd >= 0)
			close(it.fd);
	}
	ingest_close(s);
	return rc;
}

static int all_files(struct run *r, struct inspect *i, const struct ingest_walk *w, bool json)
{
	const struct pool_events events = {
		.frames = json ? inspect_json : inspect_table,
		.done = nothing,
		.restart = again,
		.failed = json ? json_failed : table_failed,
	};
	AUTO_FREE char *parser = run_parser_path(&r->conf);
	struct pool *pool = pool_new(parser, 1, &events, i);
	struct job_list left;
	struct err e;
	int rc = 0;

	for (size_t n = 0; rc == 0 && n < ingest_walk_files(w); n++)
		rc = one_file(i, pool, w, n, &e);
	pool_free(pool, &left); /* what is left was ours, and is gone */
	if (rc < 0) {
		fflush(stdout);
		return run_failed(&e);
	}
	return i->quarantined ? EX_DATAERR : 0;
}

int cmd_inspect(struct run *r, int argc, char **argv)
{
	struct inspect *i;
	struct ingest_walk *walk;
	bool json = false;
	struct err e;
	int option, status;

	while ((option = run_option(r, argc, argv, "", options, &status)) != OPTION_END) {
		if (option == OPTION_EXIT)
			return status;
		json = strcmp(optarg, "json") == 0;
		if (!json && strcmp(optarg, "table") != 0)
			return run_usage(r, "--format is table or json, not '%s'", optarg);
	}
	if (optind == argc)
		return run_usage(r, "which file? '-' stands for standard input");
	if (ingest_walk_new((const char *const *)argv + optind, (size_t)(argc - optind), &walk,
			    &e) < 0)
		return run_failed(&e);
	i = xcalloc(1, sizeof(*i));
	i->tenant = r->conf.tenant;
	i->trust = &r->conf.trust;
	i->json = json;
	ingest_walk_columns(walk, conf_columns(&r->conf));
	status = all_files(r, i, walk, json);
	ingest_walk_free(walk);
	for (size_t k = 0; k < FRAME_SLOTS; k++)
		buf_free(&i->sets[k]);
	page_free(&i->page);
	inspect_log_free(i);
	buf_free(&i->of_report);
	buf_free(&i->mended);
	buf_free(&i->line);
	free(i);
	return run_flushed(status);
}
