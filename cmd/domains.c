#include "cmd/declare.h"
#include "base/domain.h"
#include "base/orgdomain.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>

enum { O_FORMAT = 256 };

static const struct option options[] = {
	{"format", required_argument, NULL, O_FORMAT},
	{NULL, 0, NULL, 0},
};

/* ---- list ---- */

static const char *or_null(const char *value)
{
	return value ? value : "null";
}

/*
 * Of what day the public suffix list is: a line, or the head of a JSON object, and a warning if it
 * is out of date. -1: an error is set.
 */
static int say_list(struct run *r, enum report_format f, struct err *e)
{
	struct store_rows *rows;

	if (store_query(r->store, "SELECT list_date, days_old, out_of_date::text FROM "
				  "ruadb.public_suffix_list WHERE tenant_id = "
				  "ruadb.tenant()", 0, NULL,
			&rows, e) < 0)
		return -1;
	bool there = store_rows_count(rows) > 0;
	const char *date = there ? store_rows_value(rows, 0, 0) : NULL;
	const char *days = there ? store_rows_value(rows, 0, 1) : NULL;
	const char *old = there ? store_rows_value(rows, 0, 2) : NULL;

	if (f == REPORT_JSON)
		printf("{\"public_suffix_list\": {\"date\": %s%s%s, \"days_old\": %s, "
		       "\"out_of_date\": %s},\n\"domains\": ", date ? "\"" : "", or_null(date),
		       date ? "\"" : "", or_null(days), or_null(old));
	else if (f == REPORT_TABLE || f == REPORT_MARKDOWN)
		printf("\nOrganizational domains are by the public suffix list of %s.\n",
		       date ? date : "a day that is not known");
	if (old && strcmp(old, "true") == 0)
		fprintf(stderr, "ruadb: warning: the public suffix list is %s days old, so newer "
			"suffixes are not known: install a newer package publicsuffix (or "
			"libpsl)\n",
			days);
	store_rows_free(rows);
	return 0;
}

static int list(struct run *r, enum report_format f)
{
	struct err e;
	int status = declare_open_list(r);

	if (status)
		return status;
	if (f == REPORT_JSON && say_list(r, f, &e) < 0)
		return run_failed(&e);
	if ((status = declare_list(r, "own-domains", f)) != 0)
		return status;
	if (f == REPORT_JSON)
		puts("}");
	else if (say_list(r, f, &e) < 0)
		return run_failed(&e);
	return run_flushed(0);
}

/* ---- add and remove ---- */

static int change(struct run *r, bool add, const char *const *names, size_t n)
{
	AUTO_FREE bool *is_new = xcalloc(n, sizeof(*is_new));
	struct buf ignored = {0};
	struct err e;
	int status = 0;

	orgdomain_load();
	for (size_t i = 0; i < n && !status; i++)
		if (domain_parse_own(&ignored, text_of(names[i]), &e) < 0)
			status = run_usage(r, "%s", e.msg);
	buf_free(&ignored);
	if (!status)
		status = declare_open(r);
	if (status)
		return status;
	if ((add ? store_domains_add(r->store, names, n, is_new, &e)
		 : store_domains_remove(r->store, names, n, &e)) < 0)
		return run_failed(&e);
	for (size_t i = 0; i < n; i++)
		declare_say(r, names[i], !add ? "no longer declared" :
			    is_new[i] ? "declared to be ours" : "was declared before");
	declare_changed(r);
	return run_flushed(0);
}

int cmd_domains(struct run *r, int argc, char **argv)
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
	const char *what = optind < argc ? argv[optind++] : "";
	const char *const *names = (const char *const *)argv + optind;
	size_t n = (size_t)(argc - optind);
	bool add = strcmp(what, "add") == 0;

	if (strcmp(what, "list") == 0)
		return n ? run_usage(r, "list takes no name") : list(r, format);
	if (!add && strcmp(what, "remove") != 0)
		return run_usage(r, "add, remove or list?");
	return n ? change(r, add, names, n) : run_usage(r, "which domains?");
}
