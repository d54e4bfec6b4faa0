#include "cmd/run.h"
#include "report/report.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

enum { O_DRY_RUN = 256, O_MAN };

static const struct option options[] = {
	{"dry-run", no_argument, NULL, O_DRY_RUN},
	{"man", no_argument, NULL, O_MAN},
	{NULL, 0, NULL, 0},
};

static int status(const struct conf *c, struct err *e)
{
	bool running;

	if (store_server_status(c, stdout, &running, e) < 0)
		return -1;
	return running ? 0 : EX_UNAVAILABLE;
}

void refresh_say(const struct store_refreshed *done, FILE *out)
{
	if (done->busy) {
		fputs("refresh: another one is running, and takes in what is stored by now\n", out);
		return;
	}
	fprintf(out, "refreshed in %.1f s: %lld domain days, ", done->seconds, (long long)done->days);
	if (done->cohort_days)
		fprintf(out, "%lld days of deliveries, ", (long long)done->cohort_days);
	fprintf(out, "classes of the sources of %lld organizational domains\n",
		(long long)done->domains);
}

static int refresh(const struct conf *c, struct err *e)
{
	struct store_refreshed done;

	if (store_refresh(c, NULL, &done, e) < 0)
		return -1;
	refresh_say(&done, stdout);
	return 0;
}

static int maintain(const struct conf *c, struct err *e)
{
	return store_maintain(c, stdout, e) < 0 ? -1 : refresh(c, e);
}

static int doc(struct run *r, bool man, struct err *e)
{
	if (store_open(&r->conf, STORE_READ, &r->store, e) < 0)
		return -1;
	return report_schema_doc(r->store, &r->conf, man, stdout, e);
}

int cmd_db(struct run *r, int argc, char **argv)
{
	bool dry_run = false, man = false;
	struct err e;
	int rc, exit_status, option;

	while ((option = run_option(r, argc, argv, "", options, &exit_status)) != OPTION_END) {
		if (option == OPTION_EXIT)
			return exit_status;
		dry_run = dry_run || option == O_DRY_RUN;
		man = man || option == O_MAN;
	}
	const char *what = optind < argc ? argv[optind++] : "";
	const char *file = strcmp(what, "dump") == 0 && optind < argc ? argv[optind++] : NULL;

	if (optind < argc)
		return run_usage(r, "one thing at a time");
	if (file)
		rc = store_dump(&r->conf, file, stdout, &e);
	else if (strcmp(what, "status") == 0)
		rc = status(&r->conf, &e);
	else if (strcmp(what, "start") == 0)
		rc = store_server_start(&r->conf, stdout, &e);
	else if (strcmp(what, "stop") == 0)
		rc = store_server_stop(&r->conf, stdout, &e);
	else if (strcmp(what, "url") == 0)
		rc = store_url(&r->conf, stdout, &e);
	else if (strcmp(what, "maintain") == 0)
		rc = maintain(&r->conf, &e);
	else if (strcmp(what, "refresh") == 0)
		rc = refresh(&r->conf, &e);
	else if (strcmp(what, "migrate") == 0)
		rc = store_migrate(&r->conf, dry_run, stdout, &e);
	else if (strcmp(what, "doc") == 0)
		rc = doc(r, man, &e);
	else
		return run_usage(r, "one of status, start, stop, url, maintain, refresh, migrate, "
				 "dump FILE, doc");
	return run_flushed(rc < 0 ? run_failed(&e) : rc);
}
