#include "cmd/run.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

enum { O_DRY_RUN = 256 };

static const struct option options[] = {
	{"dry-run", no_argument, NULL, O_DRY_RUN},
	{NULL, 0, NULL, 0},
};

static int status(const struct conf *c, struct err *e)
{
	bool running;

	if (store_server_status(c, stdout, &running, e) < 0)
		return -1;
	return running ? 0 : EX_UNAVAILABLE;
}

int cmd_db(struct run *r, int argc, char **argv)
{
	bool dry_run = false;
	struct err e;
	int rc, exit_status, option;

	while ((option = run_option(r, argc, argv, "", options, &exit_status)) != OPTION_END) {
		if (option == OPTION_EXIT)
			return exit_status;
		dry_run = true;
	}
	const char *what = optind == argc - 1 ? argv[optind] : "";

	if (strcmp(what, "status") == 0)
		rc = status(&r->conf, &e);
	else if (strcmp(what, "start") == 0)
		rc = store_server_start(&r->conf, stdout, &e);
	else if (strcmp(what, "stop") == 0)
		rc = store_server_stop(&r->conf, stdout, &e);
	else if (strcmp(what, "url") == 0)
		rc = store_url(&r->conf, stdout, &e);
	else if (strcmp(what, "maintain") == 0)
		rc = store_maintain(&r->conf, stdout, &e);
	else if (strcmp(what, "migrate") == 0)
		rc = store_migrate(&r->conf, dry_run, stdout, &e);
	else
		return run_usage(r, "one of status, start, stop, url, maintain, migrate");
	return run_flushed(rc < 0 ? run_failed(&e) : rc);
}
