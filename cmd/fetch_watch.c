/*
 * `ruadb fetch --watch`: rounds, one behind the other. A round ends when the database goes away,
 * when the configuration changed, or when an end is asked for; then everything is closed in order.
 */
#include "cmd/again.h"
#include "cmd/fetch.h"
#include "base/log.h"
#include "base/mem.h"
#include "cmd/notify.h"
#include "cmd/pool.h"
#include "cmd/refresher.h"
#include "cmd/signals.h"

#include <poll.h>
#include <stdlib.h>

#define SECOND 1000000000LL
#define CALM (60 * SECOND)   /* a round that lasted so long was a good one */

struct watch {
	struct fetch f;              /* the first: what a round gives back is this */
	struct refresher *refresher; /* NULL: none is wanted */
	bool reload;                 /* next is there, and the round has to end */
	struct conf next;
	const struct account **next_accounts;
	size_t next_n;
	int64_t shown_at;
};

/* ---- SIGHUP ---- */

static int read_again(struct watch *w, struct err *e)
{
	struct conf c;

	if (run_load(w->f.run, &c, e) < 0)
		return -1;
	if ((w->f.jobs && conf_set(&c, "ingest.jobs", w->f.jobs, e) < 0) ||
	    fetch_choose(&w->f, &c, &w->next_accounts, &w->next_n, e) < 0) {
		conf_free(&c);
		return -1;
	}
	w->next = c;
	return 0;
}

/* True if there is another configuration now. One that is broken changes nothing. */
static bool take_reload(struct watch *w)
{
	struct err e;

	if (!signals_reload_asked() || w->reload)
		return w->reload;
	notify_reloading();
	w->reload = read_again(w, &e) == 0;
	if (w->reload) {
		log_msg(LOG_INFO, "SIGHUP: the configuration was read again");
		return true;
	}
	log_msg(LOG_ERROR, "SIGHUP: the configuration stays as it was: %s", e.msg);
	notify("READY=1");
	return false;
}

static void make_refresher(struct watch *w)
{
	if (!w->f.no_refresh)
		w->refresher = refresher_new(&w->f.run->conf);
}

/* Between two rounds: nothing refers to the old one any more. Accounts point into their array. */
static void change_conf(struct watch *w)
{
	refresher_free(w->refresher);
	conf_free(&w->f.run->conf);
	free(w->f.accounts);
	w->f.run->conf = w->next;
	w->f.accounts = w->next_accounts;
	w->f.n = w->next_n;
	w->reload = false;
	make_refresher(w);
	folders_forget(w->f.folders);
	notify("READY=1");
}

/* ---- every second ---- */

static void show_status(struct watch *w)
{
	int64_t now = now_ns(), mails;
	size_t well, failing;

	if (now - w->shown_at < SECOND)
		return;
	w->shown_at = now;
	folders_count(w->f.folders, &well, &failing, &mails);
	notify_status("%zu folders well, %zu failing; %lld mails, %lld reports stored", well,
		      failing, (long long)mails, (long long)w->f.counts.reports_stored);
}

static bool on_tick(struct fetch *f)
{
	struct watch *w = (struct watch *)f;

	notify_alive();
	show_status(w);
	if (w->refresher)
		refresher_tick(w->refresher, f->counts.reports_stored + f->counts.reports_repeat);
	return !take_reload(w);
}

/* ---- rounds ---- */

/* Until the time is over, or something is asked of us. */
static void wait_a_while(struct watch *w, int64_t ms)
{
	int64_t until = now_ns() + ms * (SECOND / 1000);

	while (!signals_stop_asked() && !w->reload && now_ns() < until) {
		struct pollfd p = {.fd = signals_begin(), .events = POLLIN};

		(void)!poll(&p, 1, 500);
		notify_alive();
		take_reload(w);
	}
}

/* -1: at the start, ERR_CONFIG: a person has to mend something about the database. */
static int rounds(struct watch *w, struct err *ret_e)
{
	unsigned failures = 0;
	bool ever = false;

	while (!signals_stop_asked()) {
		struct err e = {0};
		int64_t began = now_ns();
		bool begun;
		int rc = fetch_round(&w->f, &begun, &e);

		if (signals_stop_asked())
			return 0;
		ever = ever || begun;
		if (rc < 0 && e.class == ERR_CONFIG && !ever && !w->reload) {
			*ret_e = e;
			return -1;
		}
		if (w->reload) {
			change_conf(w);
			failures = 0;
			continue;
		}
		failures = begun && now_ns() - began > CALM ? 1 : failures + 1;
		if (rc == 0)
			err_set(&e, ERR_BUG, "all sessions ended");

		int64_t ms = again_pause_ms(failures);

		again_complain(&e, ms);
		wait_a_while(w, ms);
		if (w->reload)
			change_conf(w);
	}
	return 0;
}

int fetch_watch(struct fetch *f)
{
	struct watch w = {.f = *f};
	struct err e;

	w.f.go_on = on_tick;
	signals_begin();
	signals_want_reload();
	make_refresher(&w);
	notify("READY=1");
	int rc = rounds(&w, &e);

	notify("STOPPING=1");
	refresher_free(w.refresher);
	if (w.reload) {
		conf_free(&w.next);
		free(w.next_accounts);
	}
	log_msg(LOG_INFO, "ended: %lld reports stored, %lld known already, %lld quarantined",
		(long long)w.f.counts.reports_stored, (long long)w.f.counts.reports_repeat,
		(long long)w.f.counts.quarantined);
	*f = w.f;
	return rc < 0 ? run_failed(&e) : 0;
}
