#include "report/report.h"
#include "base/buf.h"
#include "cmd/run.h"
#include "store/store.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { O_SINCE = 256, O_DOMAIN, O_SOURCE, O_IP, O_GATEWAY, O_LIMIT, O_FORMAT, O_PARAM };

static const struct option options[] = {
	{"since", required_argument, NULL, O_SINCE},
	{"domain", required_argument, NULL, O_DOMAIN},
	{"source", required_argument, NULL, O_SOURCE},
	{"ip", required_argument, NULL, O_IP},
	{"gateway", required_argument, NULL, O_GATEWAY},
	{"limit", required_argument, NULL, O_LIMIT},
	{"format", required_argument, NULL, O_FORMAT},
	{"param", required_argument, NULL, O_PARAM},
	{NULL, 0, NULL, 0},
};

#define MAX_PARAMS 16

struct wishes {
	struct report_param params[MAX_PARAMS];
	size_t n;
	const char *format;
	bool help;
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
		else if (option == O_SOURCE)
			*ret_exit = add(r, w, "source", optarg);
		else if (option == O_IP)
			*ret_exit = add(r, w, "ip", optarg);
		else if (option == O_GATEWAY)
			*ret_exit = add(r, w, "gateway", optarg);
		else if (option == O_LIMIT)
			*ret_exit = add(r, w, "limit", optarg);
		else if (option == O_PARAM)
			*ret_exit = add_named(r, w, optarg);
		else if (option == O_FORMAT)
			w->format = optarg;
		else if (option == OPTION_HELP)
			w->help = true;
		if (option == OPTION_EXIT || *ret_exit)
			return -1;
	}
	return 0;
}

/* The one whose statement Ctrl-C ends; a handler has no other way to know. */
static struct store *asked;
static volatile sig_atomic_t interrupted;

static void stop_asking(int sig)
{
	int saved = errno;

	signal(sig, SIG_DFL); /* the next one ends the process */
	store_cancel(asked);
	errno = saved;
	interrupted = sig;
}

static int print_report(struct run *r, const char *name, const struct wishes *w,
			enum report_format format)
{
	char *excerpt = NULL;
	struct err e;

	if (store_open(&r->conf, STORE_READ, &r->store, &e) < 0)
		return run_failed(&e);
	asked = r->store;
	if (signal(SIGINT, stop_asking) == SIG_IGN)
		signal(SIGINT, SIG_IGN); /* nohup: it stays so */
	signal(SIGTERM, stop_asking);
	int rc = report_run(r->store, &r->conf, name, w->params, w->n, format, stdout, &excerpt, &e);

	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	if (interrupted && rc < 0)
		raise(interrupted); /* a shell that runs us is told the truth */
	if (rc == 0)
		return run_flushed(0);
	int status = run_failed(&e);

	if (excerpt)
		fputs(excerpt, stderr);
	free(excerpt);
	return status;
}

int cmd_report(struct run *r, int argc, char **argv)
{
	struct wishes w = {.format = "table"};
	enum report_format format;
	struct err e;
	int status;

	if (take_options(r, argc, argv, &w, &status) < 0)
		return status;
	const char *name = optind < argc ? argv[optind++] : "list";

	if (strcmp(name, "help") == 0 && optind < argc) {
		name = argv[optind++];
		w.help = true;
	}
	if (optind < argc)
		return run_usage(r, "one report at a time");
	if (report_format_of(w.format, &format, &e) < 0)
		return run_usage(r, "%s", e.msg);
	if (w.help ? report_help(&r->conf, name, stdout, &e) < 0
		   : strcmp(name, "list") == 0 && report_list(&r->conf, stdout, &e) < 0)
		return run_failed(&e);
	if (w.help || strcmp(name, "list") == 0)
		return run_flushed(0);
	return print_report(r, name, &w, format);
}
