#include "cmd/run.h"
#include "report/report.h"
#include "store/store.h"

#include <stdio.h>

enum { O_AS = 256, O_SINCE, O_DOMAIN, O_SENDER };

static const struct option options[] = {
	{"as", required_argument, NULL, O_AS},
	{"since", required_argument, NULL, O_SINCE},
	{"domain", required_argument, NULL, O_DOMAIN},
	{"sender", no_argument, NULL, O_SENDER},
	{NULL, 0, NULL, 0},
};

int cmd_export(struct run *r, int argc, char **argv)
{
	struct report_param params[2];
	const char *as = NULL, *since = NULL, *domain = NULL;
	enum report_shape shape;
	int option, status;
	bool sender = false;
	size_t n = 0;
	struct err e;

	while ((option = run_option(r, argc, argv, "", options, &status)) != OPTION_END) {
		if (option == OPTION_EXIT)
			return status;
		if (option == O_SENDER)
			sender = true;
		else
			*(option == O_AS ? &as : option == O_SINCE ? &since : &domain) = optarg;
	}
	if (optind < argc || !as)
		return run_usage(r, as ? "no argument but options is taken" : "--as is missing");
	if (report_shape_of(as, &shape, &e) < 0)
		return run_usage(r, "%s", e.msg);
	if (since)
		params[n++] = (struct report_param){"since", since};
	if (domain)
		params[n++] = (struct report_param){"domain", domain};
	if (store_open(&r->conf, STORE_READ, &r->store, &e) < 0 ||
	    report_export(r->store, &r->conf, shape, sender, params, n, stdout, &e) < 0)
		return run_failed(&e);
	return run_flushed(0);
}
