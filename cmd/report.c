#include "report/report.h"
#include "base/buf.h"
#include "cmd/run.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { O_SINCE = 256, O_DOMAIN, O_FORMAT, O_PARAM };

static const struct option options[] = {
	{"since", required_argument, NULL, O_SINCE},
	{"domain", required_argument, NULL, O_DOMAIN},
	{"format", required_argument, NULL, O_FORMAT},
	{"param", required_argument, NULL, O_PARAM},
	{NULL, 0, NULL, 0},
};

#define MAX_PARAMS 16

struct wishes {
	struct report_param params[MAX_PARAMS];
	size_t n;
	const char *format;
};

static int add(struct run *r, struct wishes *w, const char *name, const char *value)
{
	if (w->n == MAX_PARAMS)
		return run_usage(r, "too many parameters");
	w->params[w->n++] = (struct report_param){name, value};
	return 0;
}

/* NAME=VALUE, cut in place. */
static int add_named(struct run *r, struct wishes *w, char *given)
{
	char *eq = strchr(given, '=');

	if (!eq)
		return run_usage(r, "--param %s: not NAME=VALUE", given);
	*eq = '\0';
	return add(r, w, given, eq + 1);
}

static int take_options(struct run *r, int argc, char **argv, struct wishes *w, int *ret_exit)
{
	int option;

	*ret_exit = 0;
	while ((option = run_option(r, argc, argv, "", options, ret_exit)) != OPTION_END) {
		if (option == O_SINCE)
			*ret_exit = add(r, w, "since", optarg);
		else if (option == O_DOMAIN)
			*ret_exit = add(r, w, "domain", optarg);
		else if (option == O_PARAM)
			*ret_exit = add_named(r, w, optarg);
		else if (option == O_FORMAT)
			w->format = optarg;
		if (option == OPTION_EXIT || *ret_exit)
			return -1;
	}
	return 0;
}

int cmd_report(struct run *r, int argc, char **argv)
{
	struct wishes w = {.format = "table"};
	enum report_format format;
	struct err e;
	int status;

	if (take_options(r, argc, argv, &w, &status) < 0)
		return status;
	if (argc - optind > 1)
		return run_usage(r, "one report at a time");
	const char *name = optind < argc ? argv[optind] : "list";

	if (report_format_of(w.format, &format, &e) < 0)
		return run_usage(r, "%s", e.msg);
	if (strcmp(name, "list") == 0) {
		if (report_list(&r->conf, stdout, &e) < 0)
			return run_failed(&e);
		return run_flushed(0);
	}
	if (store_open(&r->conf, STORE_READ, &r->store, &e) < 0)
		return run_failed(&e);
	if (report_run(r->store, &r->conf, name, w.params, w.n, format, stdout, &e) < 0)
		return run_failed(&e);
	return run_flushed(0);
}
