#include "cmd/run.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>

/* All arguments are psql's, but for a lone --help. */
int cmd_sql(struct run *r, int argc, char **argv)
{
	struct err e;

	if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		run_help(r, stdout);
		return run_flushed(0);
	}
	int status = run_ready(r);

	if (status)
		return status;
	if (store_exec_psql(&r->conf, argv + 1, &e) < 0)
		return run_failed(&e);
	return 0;
}
