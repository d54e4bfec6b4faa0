/* `ruadb fetch --check`: step by step what works and what does not. */
#include "cmd/fetch.h"
#include "base/buf.h"

#include <sysexits.h>

static void print_visible(const char *before, const char *s)
{
	struct buf b = {0};

	text_add_visible(&b, text_of(s));
	printf("%s%s\n", before, buf_cstr(&b));
	buf_free(&b);
}

static void print_step(void *ctx, const struct mailbox_step *s)
{
	(void)ctx;
	print_visible(s->ok ? "  ok      " : "  failed  ", s->what);
	if (s->cause)
		print_visible("          ", s->cause);
	fflush(stdout); /* the next one may take a while */
}

static void json_text(const char *key, const char *value, const char *behind)
{
	struct buf b = {0};

	if (value)
		text_add_json(&b, text_of(value));
	else
		buf_adds(&b, "null");
	printf("\"%s\": %s%s", key, buf_cstr(&b), behind);
	buf_free(&b);
}

static void json_step(void *ctx, const struct mailbox_step *s)
{
	const char **comma = ctx;

	printf("%s{", *comma);
	json_text("step", s->what, ", ");
	printf("\"ok\": %s, ", s->ok ? "true" : "false");
	json_text("cause", s->cause, "}");
	*comma = ", ";
}

static int check_one(const struct fetch *f, const struct account *a, bool first)
{
	const char *comma = "";
	struct err e;
	int rc;

	if (f->json) {
		fputs(first ? "{" : ", {", stdout);
		json_text("account", a->name, ", \"steps\": [");
		rc = mailbox_check(a, json_step, &comma, &e);
		printf("], \"ok\": %s}", rc < 0 ? "false" : "true");
	} else {
		print_visible(first ? "" : "\n", a->name);
		rc = mailbox_check(a, print_step, NULL, &e);
	}
	return rc == 0 ? 0 : e.class == ERR_CONFIG ? EX_CONFIG : EX_TEMPFAIL;
}

int fetch_check(struct fetch *f)
{
	int worst = 0;

	if (f->json)
		putchar('[');
	for (size_t i = 0; i < f->n; i++) {
		int status = check_one(f, f->accounts[i], i == 0);

		if (status > worst) /* 78 before 75 */
			worst = status;
	}
	if (f->json)
		fputs("]\n", stdout);
	return run_flushed(worst);
}
