/*
 * `ruadb follow FILE...`: lines of logs are stored as they are written. Rounds, one behind the other,
 * as `ruadb fetch --watch` has them: a round ends when the database goes away, when the
 * configuration changed, or when an end is asked for. What was read and not committed is read again
 * in the next one, from the offset that is stored with the events.
 */
#include "base/log.h"
#include "base/mem.h"
#include "cmd/again.h"
#include "cmd/notify.h"
#include "cmd/pipeline.h"
#include "cmd/pool.h"
#include "cmd/refresher.h"
#include "cmd/run.h"
#include "cmd/signals.h"
#include "store/store.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define SECOND 1000000000LL
#define CALM (60 * SECOND) /* a round that lasted so long was a good one */

enum { O_JOBS = 256, O_NO_REFRESH };

static const struct option options[] = {
	{"jobs", required_argument, NULL, O_JOBS},
	{"no-refresh", no_argument, NULL, O_NO_REFRESH},
	{NULL, 0, NULL, 0},
};

struct following {
	struct run *run;
	const char *jobs;
	bool no_refresh;
	struct follow *follow;
	struct store *store;         /* the round's; NULL: none */
	struct refresher *refresher; /* NULL: none is wanted */
	struct counts counts;
	bool reload;                 /* next is there, and the round has to end */
	struct conf next;
	int64_t shown_at;
};

/* ---- what ingest/ asks ---- */

static int on_offset(void *ctx, const struct ingest_log *l, int64_t *ret, struct err *e)
{
	const struct following *f = ctx;

	return store_log_offset(f->store, l->device, l->inode, l->head, l->head_length, ret, e);
}

static int on_last_read(void *ctx, const char *path, int64_t *ret, struct err *e)
{
	const struct following *f = ctx;

	return store_log_last_read(f->store, path, ret, e);
}

static void on_news(void *ctx, const char *path, const char *what, bool trouble)
{
	struct log_line l = log_begin(trouble ? LOG_WARN : LOG_INFO, "follow");

	(void)ctx;
	log_text(&l, "file", text_of(path));
	log_text(&l, trouble ? "err" : "state", text_of(what));
	log_end(&l);
}

/* ---- SIGHUP ---- */

static int load(const struct following *f, struct conf *ret, struct err *e)
{
	if (run_load(f->run, ret, e) < 0)
		return -1;
	if (!f->jobs || conf_set(ret, "ingest.jobs", f->jobs, e) == 0)
		return 0;
	conf_free(ret);
	return -1;
}

/* True if there is another configuration now. One that is broken changes nothing. */
static bool take_reload(struct following *f)
{
	struct err e;

	if (!signals_reload_asked() || f->reload)
		return f->reload;
	notify_reloading();
	f->reload = load(f, &f->next, &e) == 0;
	if (f->reload) {
		log_msg(LOG_INFO, "SIGHUP: the configuration was read again");
		return true;
	}
	log_msg(LOG_ERROR, "SIGHUP: the configuration stays as it was: %s", e.msg);
	notify("READY=1");
	return false;
}

static void make_refresher(struct following *f)
{
	if (!f->no_refresh)
		f->refresher = refresher_new(&f->run->conf);
}

/* Between two rounds: nothing refers to the old one any more. */
static void change_conf(struct following *f)
{
	refresher_free(f->refresher);
	f->refresher = NULL;
	conf_free(&f->run->conf);
	f->run->conf = f->next;
	f->reload = false;
	make_refresher(f);
	notify("READY=1");
}

/* ---- a round ---- */

static void show_status(struct following *f)
{
	int64_t now = now_ns();
	size_t open, missing;

	if (now - f->shown_at < SECOND)
		return;
	f->shown_at = now;
	open = follow_open(f->follow, &missing);
	notify_status("%zu files open, %zu not there; %lld lines, %lld attempts stored", open, missing,
		      (long long)f->counts.log_lines, (long long)f->counts.attempts);
}

static bool goes_on(void *ctx)
{
	struct following *f = ctx;

	notify_alive();
	show_status(f);
	if (f->refresher)
		refresher_tick(f->refresher, f->counts.events);
	return !take_reload(f);
}

static int round_begin(struct following *f, struct err *e)
{
	const struct conf *c = &f->run->conf;
	bool changed;

	if (store_open(c, STORE_INGEST, &f->store, e) < 0)
		return -1;
	return store_domains_sync(f->store, c->domains, &changed, e) < 0 ||
	       store_domains_lookup(f->store, e) < 0 ? -1 : 0;
}

static int one_round(struct following *f, bool *ret_begun, struct err *e)
{
	const struct follow_owner owner = {
		.ctx = f, .offset = on_offset, .last_read = on_last_read, .news = on_news,
	};
	AUTO_FREE char *parser = run_parser_path(&f->run->conf);
	struct pipeline_options o = {
		.conf = &f->run->conf, .parser = parser, .quiet = true, .go_on = goes_on, .ctx = f,
	};
	int rc = round_begin(f, e);

	*ret_begun = rc == 0;
	if (rc == 0) {
		o.lookups = f->store;
		follow_begin(f->follow, &owner, conf_columns(&f->run->conf));
		struct feed *feed = feed_of_follow(f->follow, f->store, &f->counts);

		rc = pipeline_run(&o, feed, &f->counts, e);
		feed_free(feed);
	}
	store_close(f->store);
	f->store = NULL;
	return rc;
}

/* ---- rounds ---- */

/* Until the time is over, or something is asked of us. */
static void wait_a_while(struct following *f, int64_t ms)
{
	int64_t until = now_ns() + ms * (SECOND / 1000);

	while (!signals_stop_asked() && !f->reload && now_ns() < until) {
		struct pollfd p = {.fd = signals_begin(), .events = POLLIN};

		(void)!poll(&p, 1, 500);
		notify_alive();
		take_reload(f);
	}
}

/* -1: at the start, ERR_CONFIG: a person has to mend something. */
static int rounds(struct following *f, struct err *ret_e)
{
	unsigned failures = 0;
	bool ever = false;

	while (!signals_stop_asked()) {
		struct err e = {0};
		int64_t began = now_ns();
		bool begun;
		int rc = one_round(f, &begun, &e);

		if (signals_stop_asked())
			return 0;
		if (rc < 0 && e.class == ERR_CONFIG && !ever && !f->reload) {
			*ret_e = e;
			return -1;
		}
		ever = ever || begun;
		failures = begun && now_ns() - began > CALM ? 1 : failures + 1;
		if (rc < 0 && !f->reload) {
			int64_t ms = again_pause_ms(failures);

			again_complain(&e, ms);
			wait_a_while(f, ms);
		}
		if (f->reload) {
			change_conf(f);
			failures = 0;
		}
	}
	return 0;
}

static int follow(struct following *f, const char *const *paths, size_t n)
{
	struct err e;
	int rc;

	if (follow_new(paths, n, &f->follow, &e) < 0)
		return run_failed(&e);
	signals_begin();
	signals_want_reload();
	make_refresher(f);
	notify("READY=1");
	rc = rounds(f, &e);
	notify("STOPPING=1");
	refresher_free(f->refresher);
	if (f->reload)
		conf_free(&f->next);
	follow_free(f->follow);
	log_msg(LOG_INFO, "ended: %lld lines, %lld attempts, %lld new deliveries stored",
		(long long)f->counts.log_lines, (long long)f->counts.attempts,
		(long long)f->counts.deliveries);
	return rc < 0 ? run_failed(&e) : 0;
}

int cmd_follow(struct run *r, int argc, char **argv)
{
	struct following f = {.run = r};
	struct err e;
	int option, status;

	while ((option = run_option(r, argc, argv, "j:", options, &status)) != OPTION_END) {
		if (option == OPTION_EXIT)
			return status;
		if (option == O_NO_REFRESH)
			f.no_refresh = true;
		else
			f.jobs = optarg;
	}
	if (optind == argc)
		return run_usage(r, "which logs?");
	for (int i = optind; i < argc; i++)
		if (strcmp(argv[i], "-") == 0)
			return run_usage(r, "standard input: `ruadb ingest -` reads it as it comes");
	if (f.jobs && conf_set(&r->conf, "ingest.jobs", f.jobs, &e) < 0)
		return run_failed(&e);
	return follow(&f, (const char *const *)argv + optind, (size_t)(argc - optind));
}
