#include "cmd/declare.h"
#include "base/buf.h"
#include "base/text.h"
#include "store/store.h"

#include <stdio.h>

static int open_to_write(struct run *r, bool only_list)
{
	bool may = true, changed = false;
	struct err e;

	if (store_open(&r->conf, STORE_INGEST, &r->store, &e) < 0)
		return run_failed(&e);
	if (only_list && store_may_declare(r->store, &may, &e) < 0)
		return run_failed(&e);
	if (!may)
		return 0;
	if (store_domains_sync(r->store, r->conf.domains, &changed, &e) < 0 ||
	    store_domains_lookup(r->store, &e) < 0)
		return run_failed(&e);
	if (changed)
		declare_changed(r);
	return 0;
}

int declare_open(struct run *r)
{
	return open_to_write(r, false);
}

int declare_open_list(struct run *r)
{
	struct err e;
	int status = open_to_write(r, true);

	if (status)
		return status;
	store_close(r->store);
	r->store = NULL;
	return store_open(&r->conf, STORE_READ, &r->store, &e) < 0 ? run_failed(&e) : 0;
}

void declare_changed(struct run *r)
{
	struct store_refreshed done;
	struct err e;

	if (store_refresh(&r->conf, NULL, &done, &e) == 0)
		return;
	AUTO_FREE char *why = xstrdup(e.msg);

	err_set(&e, e.class, "it is declared, but the classes of senders are as of before: %s. "
		"`ruadb db refresh` tries again", why);
	run_failed(&e);
}

int declare_list(struct run *r, const char *name, enum report_format f)
{
	struct err e;

	if (report_query(r->store, &r->conf, name, NULL, 0, f, stdout, &e) < 0)
		return run_failed(&e);
	return run_flushed(0);
}

void declare_say(const struct run *r, const char *what, const char *about)
{
	struct buf b = {0};

	if (r->quiet)
		return;
	text_add_visible(&b, text_of(what));
	printf("%s: %s\n", buf_cstr(&b), about);
	buf_free(&b);
}
