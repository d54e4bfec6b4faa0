#include "cmd/declare.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>

enum { O_FORMAT = 256 };

static const struct option options[] = {
	{"format", required_argument, NULL, O_FORMAT},
	{NULL, 0, NULL, 0},
};

/* value NULL: the default again. */
static int set(struct run *r, const char *name, const char *value)
{
	struct err e;
	int status = declare_open(r);

	if (status)
		return status;
	if (store_setting_set(r->store, name, value, &e) < 0)
		return run_failed(&e);
	declare_say(r, name, value ? value : "the default again");
	declare_changed(r);
	return run_flushed(0);
}

int cmd_settings(struct run *r, int argc, char **argv)
{
	enum report_format format = REPORT_TABLE;
	struct err e;
	int option, status;

	while ((option = run_option(r, argc, argv, "", options, &status)) != OPTION_END) {
		if (option == OPTION_EXIT)
			return status;
		if (report_format_of(optarg, &format, &e) < 0)
			return run_usage(r, "%s", e.msg);
	}
	const char *what = optind < argc ? argv[optind++] : "list";
	int n = argc - optind;

	if (strcmp(what, "set") == 0 && n == 2)
		return set(r, argv[optind], argv[optind + 1]);
	if (strcmp(what, "reset") == 0 && n == 1)
		return set(r, argv[optind], NULL);
	if (strcmp(what, "list") == 0 && n == 0) {
		status = declare_open_list(r);
		return status ? status : declare_list(r, "settings", format);
	}
	return run_usage(r, "list, set NAME VALUE or reset NAME?");
}
