#include "cmd/senders.h"
#include "cmd/declare.h"
#include "base/buf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX (16 << 20)

enum { O_ADDRESS = 256, O_DKIM, O_SPF, O_DEDICATED, O_OWNER, O_FORMAT };

static const struct option options[] = {
	{"address", required_argument, NULL, O_ADDRESS},
	{"dkim", required_argument, NULL, O_DKIM},
	{"spf", required_argument, NULL, O_SPF},
	{"dedicated", no_argument, NULL, O_DEDICATED},
	{"owner", required_argument, NULL, O_OWNER},
	{"format", required_argument, NULL, O_FORMAT},
	{NULL, 0, NULL, 0},
};

struct wishes {
	struct sender_list things; /* without a name yet */
	bool dedicated, address;
	const char *owner;
	enum report_format format;
};

/* ---- add ---- */

static int add(struct run *r, struct wishes *w, const char *given)
{
	struct store_senders_did did = {0};
	const char *name, *owner = NULL;
	struct err e;
	int rc, status;

	if (sender_word(&w->things, "name", given, &name, &e) < 0 ||
	    (w->owner && sender_word(&w->things, "owner", w->owner, &owner, &e) < 0))
		return run_usage(r, "%s", e.msg);
	if (w->dedicated && !w->address)
		return run_usage(r, "--dedicated is said of addresses: give --address, too");
	if (!w->things.n && !owner)
		return run_usage(r, "what of it? --address, --dkim, --spf, or --owner");
	for (size_t i = 0; i < w->things.n; i++) {
		struct store_sender *v = &w->things.v[i];

		v->name = name;
		v->owner = owner;
		v->dedicated = w->dedicated && v->network;
	}
	if ((status = declare_open(r)) != 0)
		return status;
	rc = w->things.n ? store_senders_add(r->store, w->things.v, w->things.n, false, &did, &e)
			 : store_senders_own(r->store, name, owner, &e);
	if (rc < 0)
		return run_failed(&e);
	declare_say(r, name, did.added ? "declared" : did.changed || !w->things.n ? "changed" :
		    "was declared before");
	if (did.added || did.changed || !w->things.n)
		declare_changed(r);
	return run_flushed(0);
}

/* ---- remove ---- */

static int remove_some(struct run *r, const struct wishes *w, const char *const *names, size_t n)
{
	int64_t gone = 0;
	struct err e;
	int rc, status;

	if (w->owner || w->dedicated)
		return run_usage(r, "remove takes names, or --address, --dkim and --spf");
	if (!n == !w->things.n)
		return run_usage(r, n ? "names or things, not both" : "which sender, or what?");
	for (size_t i = 0; i < n; i++)
		if (!text_utf8_ok(names[i], strlen(names[i])))
			return run_usage(r, "a name is not UTF-8");
	if ((status = declare_open(r)) != 0)
		return status;
	rc = n ? store_senders_remove(r->store, names, n, &gone, &e)
	       : store_senders_remove_things(r->store, w->things.v, w->things.n, &gone, &e);
	if (rc < 0)
		return run_failed(&e);
	if (!r->quiet)
		printf("%lld no longer declared\n", (long long)gone);
	declare_changed(r);
	return run_flushed(0);
}

/* ---- import ---- */

static int read_whole(const char *path, struct buf *b, struct err *e)
{
	FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	size_t got = 1;

	if (!in)
		return err_set(e, ERR_CONFIG, "%s", strerror(errno));
	while (got && b->len <= FILE_MAX) {
		got = fread(buf_room(b, 65536), 1, 65536, in);
		b->len += got;
	}
	bool failed = ferror(in) != 0;

	if (failed)
		err_set(e, ERR_TEMP, "%s", strerror(errno));
	if (in != stdin)
		fclose(in);
	if (!failed && b->len > FILE_MAX) {
		err_set(e, ERR_LIMIT, "more than %d MB", FILE_MAX >> 20);
		failed = true;
	}
	return failed ? -1 : 0;
}

static int import_things(struct run *r, const char *path, const struct sender_list *l)
{
	struct store_senders_did did;
	struct err e;
	int status = declare_open(r);

	if (status)
		return status;
	if (store_senders_add(r->store, l->v, l->n, true, &did, &e) < 0) {
		err_wrap(&e, "%s", path);
		return run_failed(&e);
	}
	if (!r->quiet)
		printf("%zu in the file: %lld declared, %lld changed\n", l->n,
		       (long long)did.added, (long long)did.changed);
	if (did.added || did.changed)
		declare_changed(r);
	return run_flushed(0);
}

static int import_file(struct run *r, const char *path)
{
	struct sender_list l = {0};
	struct buf b = {0};
	struct err e;
	int status;

	if (read_whole(path, &b, &e) < 0 || sender_read_csv(&l, b.p, b.len, &e) < 0) {
		err_wrap(&e, "%s", strcmp(path, "-") == 0 ? "standard input" : path);
		status = run_failed(&e);
	} else {
		status = import_things(r, path, &l);
	}
	sender_list_free(&l);
	buf_free(&b);
	return status;
}

/* ---- the command ---- */

static int print(struct run *r, const char *query, enum report_format f)
{
	int status = declare_open_list(r);

	return status ? status : declare_list(r, query, f);
}

/* DOMAIN[:SELECTOR] */
static int take_dkim(struct wishes *w, const char *value, struct err *e)
{
	const struct store_sender nobody = {0};
	const char *colon = strchr(value, ':');
	AUTO_FREE char *domain = xstrndup(value, colon ? (size_t)(colon - value) : strlen(value));

	if (colon && !colon[1])
		return err_set(e, ERR_CONFIG, "'%.80s': behind the : stands a selector", value);
	return sender_add_dkim(&w->things, &nobody, domain, colon ? colon + 1 : NULL, e);
}

static int take_option(struct wishes *w, int option, struct err *e)
{
	const struct store_sender nobody = {0};

	switch (option) {
	case O_ADDRESS:
		w->address = true;
		return sender_add_address(&w->things, &nobody, optarg, e);
	case O_DKIM:
		return take_dkim(w, optarg, e);
	case O_SPF:
		return sender_add_spf(&w->things, &nobody, optarg, e);
	case O_DEDICATED:
		w->dedicated = true;
		return 0;
	case O_OWNER:
		w->owner = optarg;
		return 0;
	default:
		return report_format_of(optarg, &w->format, e);
	}
}

static int act(struct run *r, struct wishes *w, int argc, char **argv)
{
	const char *what = argc ? argv[0] : "";
	bool says = w->things.n || w->dedicated || w->owner;
	int n = argc - 1;

	if (strcmp(what, "add") == 0)
		return n == 1 ? add(r, w, argv[1]) : run_usage(r, "add takes one name");
	if (strcmp(what, "remove") == 0)
		return remove_some(r, w, (const char *const *)argv + 1, (size_t)n);
	if (strcmp(what, "list") != 0 && strcmp(what, "import") != 0 && strcmp(what, "export") != 0)
		return run_usage(r, "add, remove, list, import or export?");
	if (says || n != (strcmp(what, "import") == 0))
		return run_usage(r, "%s takes %s", what, strcmp(what, "import") == 0 ?
				 "one file, or - for standard input" : "no name, and no thing");
	if (strcmp(what, "import") == 0)
		return import_file(r, argv[1]);
	return strcmp(what, "list") == 0 ? print(r, "senders", w->format)
					 : print(r, "senders-export", REPORT_CSV);
}

int cmd_senders(struct run *r, int argc, char **argv)
{
	struct wishes w = {.format = REPORT_TABLE};
	int option, status = 0;
	struct err e;

	while ((option = run_option(r, argc, argv, "", options, &status)) >= 0)
		if (take_option(&w, option, &e) < 0) {
			status = run_usage(r, "%s", e.msg);
			break;
		}
	if (option == OPTION_END)
		status = act(r, &w, argc - optind, argv + optind);
	sender_list_free(&w.things);
	return status;
}
