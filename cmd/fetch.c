#include "cmd/fetch.h"
#include "base/log.h"
#include "base/mem.h"
#include "cmd/ingest.h"
#include "cmd/pool.h"
#include "cmd/signals.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>

#define ROUNDS 5 /* of a run: a database that went away and is back is gone on with */

enum { O_WATCH = 256, O_CHECK, O_DRY_RUN, O_JOBS, O_FORMAT, O_NO_REFRESH };

static const struct option options[] = {
	{"watch", no_argument, NULL, O_WATCH},
	{"check", no_argument, NULL, O_CHECK},
	{"dry-run", no_argument, NULL, O_DRY_RUN},
	{"jobs", required_argument, NULL, O_JOBS},
	{"format", required_argument, NULL, O_FORMAT},
	{"no-refresh", no_argument, NULL, O_NO_REFRESH},
	{NULL, 0, NULL, 0},
};

static int take_options(struct run *r, int argc, char **argv, struct fetch *f, int *ret_exit)
{
	for (;;) {
		int option = run_option(r, argc, argv, "j:", options, ret_exit);

		switch (option) {
		case OPTION_EXIT:
			return -1;
		case OPTION_END:
			return 0;
		case O_WATCH:
			f->watch = true;
			break;
		case O_CHECK:
			f->check = true;
			break;
		case O_DRY_RUN:
			f->dry_run = true;
			break;
		case 'j':
		case O_JOBS:
			f->jobs = optarg;
			break;
		case O_NO_REFRESH:
			f->no_refresh = true;
			break;
		case O_FORMAT:
			f->json = strcmp(optarg, "json") == 0;
			if (!f->json && strcmp(optarg, "table") != 0) {
				*ret_exit = run_usage(r, "--format is table or json, not '%s'",
						      optarg);
				return -1;
			}
			break;
		}
	}
}

/* ---- which accounts ---- */

static int choose_named(const struct fetch *f, const struct conf *c, const struct account **v,
			struct err *e)
{
	for (size_t i = 0; i < f->n_names; i++) {
		v[i] = conf_account(c, f->names[i]);
		if (!v[i])
			return err_set(e, ERR_CONFIG, "there is no account '%s': ruadb config show "
				       "prints those that there are", f->names[i]);
		for (size_t k = 0; k < i; k++)
			if (v[k] == v[i])
				return err_set(e, ERR_CONFIG, "account '%s' is named twice",
					       f->names[i]);
		if (account_check(v[i], e) < 0)
			return -1;
	}
	return 0;
}

int fetch_choose(const struct fetch *f, const struct conf *c, const struct account ***ret_v,
		 size_t *ret_n, struct err *e)
{
	const struct account **v = xcalloc(c->n_accounts + f->n_names + 1, sizeof(*v));
	int rc = 0;

	if (!c->n_accounts)
		rc = err_set(e, ERR_CONFIG, "there is no account to fetch from: it is a section "
			     "[account \"NAME\"] of %s; ruadb.conf(5) has examples",
			     c->file ? c->file : "ruadb.conf");
	else if (f->n_names)
		rc = choose_named(f, c, v, e);
	else
		rc = conf_check(c, e);
	for (size_t i = 0; !f->n_names && i < c->n_accounts; i++)
		v[i] = &c->accounts[i];
	if (rc < 0) {
		free(v);
		return -1;
	}
	*ret_v = v;
	*ret_n = f->n_names ? f->n_names : c->n_accounts;
	return 0;
}

/* ---- once ---- */

/* A database that went away in the middle may be back: what is stored is known then. */
static int rounds(struct fetch *f, struct err *e)
{
	for (int i = 0;; i++) {
		bool begun;
		int rc = fetch_round(f, &begun, e);

		if (rc == 0 || e->class != ERR_TEMP || !begun || i + 1 == ROUNDS ||
		    signals_stop_asked())
			return rc;
		log_msg(LOG_WARN, "%s; trying again", e->msg);
	}
}

/* The gravest of what the run itself, the mailboxes and the mails came to. */
static int gravest(struct fetch *f, int of_run, const struct counts *c)
{
	static const int gravity[] = {EX_SOFTWARE, EX_CONFIG, EX_TEMPFAIL, EX_DATAERR};
	const int all[] = {
		of_run, folders_status(f->folders), c->left ? EX_TEMPFAIL : 0,
		c->quarantined ? EX_DATAERR : 0,
	};

	for (size_t g = 0; g < sizeof(gravity) / sizeof(*gravity); g++)
		for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
			if (all[i] == gravity[g])
				return all[i];
	return of_run;
}

static int finish(struct fetch *f, int rc, const struct err *e)
{
	struct counts *c = &f->counts;
	bool silent = f->json || f->run->quiet;
	int status = rc < 0 ? run_failed(e) : 0;
	struct err unequal;

	if (!silent) {
		folders_summary(f->folders, stdout);
		counts_summary(c, f->dry_run, stdout);
	}
	c->refresh_seconds = -1;
	if (!f->no_refresh && !f->dry_run && rc == 0 && !c->interrupted &&
	    c->reports_stored + c->reports_repeat > 0)
		ingest_refresh(c, &f->run->conf, silent);
	if (f->json) {
		counts_json(c, stdout);
		fputs(", \"acknowledged_seconds\": ", stdout);
		counts_json_seconds(f->acknowledged_seconds, stdout);
		fputs(", \"accounts\": ", stdout);
		folders_json(f->folders, stdout);
		fputs("}\n", stdout);
	}
	if (!status && counts_check(c, &unequal) < 0)
		status = run_failed(&unequal);
	return run_flushed(gravest(f, status, c));
}

static int once(struct fetch *f)
{
	int64_t began = now_ns();
	struct err e;
	int rc = rounds(f, &e);

	f->acknowledged_seconds = (double)(now_ns() - began) / 1e9;
	f->counts.seconds = !f->committed_at ? f->acknowledged_seconds :
			    (double)(f->committed_at - began) / 1e9;
	return finish(f, rc, &e);
}

/* Passwords and tokens lie in our memory: no dump of it is to lie on a disk. */
static void forbid_core(void)
{
	const struct rlimit none = {0, 0};

	if (setrlimit(RLIMIT_CORE, &none) < 0)
		log_msg(LOG_DEBUG, "core dumps stay allowed");
}

int cmd_fetch(struct run *r, int argc, char **argv)
{
	struct fetch f = {.run = r};
	struct err e;
	int status;

	if (take_options(r, argc, argv, &f, &status) < 0)
		return status;
	forbid_core();
	if (f.watch && (f.check || f.dry_run || f.json))
		return run_usage(r, "--watch goes on for ever: it has no --%s",
				 f.check ? "check" : f.dry_run ? "dry-run" : "format");
	f.names = (const char *const *)argv + optind;
	f.n_names = (size_t)(argc - optind);
	if (f.jobs && conf_set(&r->conf, "ingest.jobs", f.jobs, &e) < 0)
		return run_failed(&e);
	if (fetch_choose(&f, &r->conf, &f.accounts, &f.n, &e) < 0)
		return run_failed(&e);
	f.folders = folders_new(f.watch);
	status = f.check ? fetch_check(&f) : f.watch ? fetch_watch(&f) : once(&f);
	folders_free(f.folders);
	free(f.accounts);
	return status;
}
