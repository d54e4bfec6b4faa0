/* ruadb rules: which rule hits a reply and why; which rules there are; judging history again. */
#include "base/buf.h"
#include "base/reply.h"
#include "cmd/classify.h"
#include "cmd/run.h"
#include "rules/rules.h"
#include "store/store.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { O_FORMAT = 256, O_GATEWAY, O_HOST, O_CODE, O_ENHANCED };

static const struct option options[] = {
	{"format", required_argument, NULL, O_FORMAT},
	{"gateway", required_argument, NULL, O_GATEWAY},
	{"host", required_argument, NULL, O_HOST},
	{"code", required_argument, NULL, O_CODE},
	{"enhanced", required_argument, NULL, O_ENHANCED},
	{NULL, 0, NULL, 0},
};

struct asked {
	struct rules *rules;
	bool json;
	const char *gateway, *host, *enhanced; /* NULL: not said */
	int code;                              /* -1: as the reply says */
	struct buf name;                       /* host, as names are compared */
};

/* All that there is to say of one reply. */
struct answer {
	struct text reply;   /* on one line */
	struct reply said;
	struct buf pattern, values;
	struct gateway_hit host, gives;
	bool has_host, has_gives;
	const char *gateway; /* that the rules were asked with, or NULL */
	uint16_t code;
	struct text enhanced;
	struct rule_hit hit;
	char ip[INET6_ADDRSTRLEN];
};

/* ---- printing ---- */

struct printer {
	bool json, any;
	struct buf out;
};

static void say(struct printer *p, const char *name, struct text value)
{
	if (p->json) {
		buf_adds(&p->out, p->any ? ", " : "{");
		text_add_json(&p->out, text_of(name));
		buf_adds(&p->out, ": ");
		if (text_present(value))
			text_add_json(&p->out, value);
		else
			buf_adds(&p->out, "null");
	} else if (text_present(value)) {
		buf_printf(&p->out, "%-9s ", name);
		text_add_visible(&p->out, value);
		buf_addc(&p->out, '\n');
	}
	p->any = true;
}

static void say_number(struct printer *p, const char *name, int value)
{
	AUTO_FREE char *s = xasprintf("%d", value);

	if (p->json)
		buf_printf(&p->out, ", \"%s\": %d", name, value);
	else
		say(p, name, text_of(s));
}

static void print_out(struct printer *p)
{
	if (p->json)
		buf_adds(&p->out, "}\n");
	fwrite(p->out.p, 1, p->out.len, stdout);
	p->out.len = 0;
	p->any = false;
}

static void add_place(struct buf *b, const char *file, int line)
{
	text_add_visible(b, text_of(file));
	buf_printf(b, ":%d", line);
}

/* Which rule it was, and where it stands. */
static void say_hit(struct printer *p, const struct rule_hit *h)
{
	struct buf b = {0};

	if (p->json) {
		say(p, "matched", text_of(rules_matched_word(h->matched)));
		say(p, "rule", text_of(h->rule));
		say(p, "file", text_of(h->file));
		if (h->file)
			say_number(p, "line", h->line);
	} else if (!h->rule) {
		say(p, "rule", text_of("none: nothing that we know fits"));
	} else {
		buf_printf(&b, "%s (%s), ", h->rule, rules_matched_word(h->matched));
		add_place(&b, h->file, h->line);
		say(p, "rule", (struct text){b.p, (uint32_t)b.len});
	}
	say(p, "pattern", text_of(h->pattern));
	buf_free(&b);
}

static void say_gateways(struct printer *p, const struct answer *a)
{
	struct buf b = {0};

	if (p->json) {
		say(p, "gateway", text_of(a->gateway));
		say(p, "customer", a->has_host ? a->host.customer : TEXT_ABSENT);
		say(p, "gives", text_of(a->hit.gateway));
		buf_printf(&p->out, ", \"gives_by_url\": %s", a->hit.url ? "true" : "false");
		return;
	}
	if (a->has_host) {
		buf_printf(&b, "%s (%s, family %s) by the host's name", a->host.gateway, a->host.title,
			   a->host.family);
		if (text_present(a->host.customer))
			buf_printf(&b, ", customer %.*s", (int)a->host.customer.len, a->host.customer.p);
		say(p, "gateway", (struct text){b.p, (uint32_t)b.len});
	} else {
		say(p, "gateway", text_of(a->gateway));
	}
	if (a->has_gives) {
		b.len = 0;
		buf_printf(&b, "%s (%s), %s", a->gives.gateway, a->gives.title, a->hit.url ?
			   "by its URL: one such reply is enough" : "if another reply says so too");
		say(p, "gives", (struct text){b.p, (uint32_t)b.len});
	}
	buf_free(&b);
}

static void print_answer(const struct asked *q, const struct answer *a)
{
	static struct printer p;

	p.json = q->json;
	say(&p, "reply", a->reply);
	say(&p, "category", text_of(a->hit.category));
	say_hit(&p, &a->hit);
	say(&p, "meaning", text_of(a->hit.meaning));
	say(&p, "source", text_of(a->hit.source));
	say_gateways(&p, a);
	if (a->code)
		say_number(&p, "code", a->code);
	say(&p, "enhanced", a->enhanced);
	say(&p, "template", (struct text){a->pattern.p, (uint32_t)a->pattern.len});
	say(&p, "reply_ip", text_of(*a->ip ? a->ip : NULL));
	print_out(&p);
}

/* ---- ruadb rules test ---- */

static void judge(struct asked *q, struct text reply)
{
	static char unfolded[LIMIT_LOG_REPLY];
	static struct buf made;
	struct answer a = {0};
	struct text host = q->host ? (struct text){q->name.p ? q->name.p : "", (uint32_t)q->name.len} :
			   TEXT_ABSENT;

	/* Bytes that are no UTF-8 are shown, and judged, as \xNN. */
	reply = text_trim(reply);
	if (!text_utf8_ok(reply.p, reply.len)) {
		made.len = 0;
		text_add_visible(&made, reply);
		reply = (struct text){made.p, (uint32_t)made.len};
	}
	reply_generalise(reply, TEXT_ABSENT, &a.pattern, &a.values, &a.said);
	a.reply = reply.len ? reply_unfold(reply, unfolded) : reply;
	a.has_host = rules_gateway(q->rules, host, &a.host);
	a.gateway = q->gateway ? q->gateway : a.has_host ? a.host.gateway : NULL;
	a.code = q->code >= 0 ? (uint16_t)q->code : a.said.smtp_code;
	a.enhanced = q->enhanced ? text_of(q->enhanced) : a.said.enhanced;
	if (a.said.reply_ip.family)
		inet_ntop(a.said.reply_ip.family == 4 ? AF_INET : AF_INET6, a.said.reply_ip.bytes, a.ip,
			  sizeof(a.ip));
	rules_classify(q->rules, &(struct rule_reply){.gateway = text_of(a.gateway), .smtp_code = a.code,
						      .enhanced = a.enhanced, .reply = a.reply}, &a.hit);
	a.has_gives = a.hit.gateway && rules_gateway_named(q->rules, a.hit.gateway, &a.gives);
	print_answer(q, &a);
	buf_free(&a.pattern);
	buf_free(&a.values);
}

static int judge_lines(struct run *r, struct asked *q)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t n;
	bool any = false;

	while ((n = getline(&line, &room, stdin)) >= 0) {
		struct text t = text_trim((struct text){line, (uint32_t)n});

		if (!t.len)
			continue;
		if (any && !q->json)
			putchar('\n');
		judge(q, t);
		any = true;
	}
	free(line);
	return any ? run_flushed(0) : run_usage(r, "no reply in standard input");
}

static int test(struct run *r, struct asked *q, int n, char **replies)
{
	struct gateway_hit g;

	if (q->gateway && !rules_gateway_named(q->rules, q->gateway, &g))
		return run_usage(r, "no rule knows a gateway '%s'", q->gateway);
	if (q->host)
		text_add_name(&q->name, text_of(q->host));
	if (n == 0)
		return judge_lines(r, q);
	for (int i = 0; i < n; i++) {
		if (i && !q->json)
			putchar('\n');
		judge(q, text_of(replies[i]));
	}
	return run_flushed(0);
}

/* ---- ruadb rules list ---- */

static void say_words(struct printer *p, const char *name, const char *const *words)
{
	buf_printf(&p->out, ", \"%s\": [", name);
	for (size_t i = 0; words[i]; i++) {
		buf_adds(&p->out, i ? ", " : "");
		text_add_json(&p->out, text_of(words[i]));
	}
	buf_addc(&p->out, ']');
}

static void list_rule(void *ctx, const struct rule_info *i)
{
	const struct asked *q = ctx;
	static struct printer p;

	p.json = q->json;
	if (!q->json) {
		buf_printf(&p.out, "%-15s %-19s %-28s ", rules_matched_word(i->kind), i->category,
			   i->name);
		add_place(&p.out, i->file, i->line);
		buf_addc(&p.out, '\n');
		print_out(&p);
		return;
	}
	say(&p, "rule", text_of(i->name));
	say(&p, "kind", text_of(rules_matched_word(i->kind)));
	say(&p, "category", text_of(i->category));
	say(&p, "gives", text_of(i->gives));
	say(&p, "meaning", text_of(i->meaning));
	say(&p, "source", text_of(i->source));
	say(&p, "file", text_of(i->file));
	say_number(&p, "line", i->line);
	say_words(&p, "from", i->from);
	say_words(&p, "patterns", i->patterns);
	say_words(&p, "examples", i->examples);
	print_out(&p);
}

/* ---- ruadb rules apply ---- */

static int apply(struct run *r)
{
	struct store_refreshed done;
	struct classify *k;
	int64_t peers, templates;
	struct err e;
	int rc;

	if (classify_new(&r->conf, &k, &e) < 0)
		return run_failed(&e);
	rc = store_open(&r->conf, STORE_INGEST, &r->store, &e);
	if (rc == 0)
		rc = store_log_classify_again(r->store, classify_store(k), &peers, &templates, &e);
	classify_free(k);
	if (rc < 0)
		return run_failed(&e);
	if (!r->quiet)
		printf("judged differently now: %" PRId64 " hosts, %" PRId64 " reply templates\n", peers,
		       templates);
	if (store_refresh(&r->conf, NULL, &done, &e) < 0) {
		err_wrap(&e, "it is done, but sums are as of before; `ruadb db refresh` tries again");
		return run_failed(&e);
	}
	return run_flushed(0);
}

/* ---- */

static bool read_code(const char *s, int *ret)
{
	if (strlen(s) != 3 || strspn(s, "0123456789") != 3 || *s < '2' || *s > '5')
		return false;
	*ret = (int)strtol(s, NULL, 10);
	return true;
}

int cmd_rules(struct run *r, int argc, char **argv)
{
	struct asked q = {.code = -1};
	struct err e;
	int option, status;

	while ((option = run_option(r, argc, argv, "", options, &status)) != OPTION_END) {
		if (option == OPTION_EXIT)
			return status;
		if (option == O_GATEWAY)
			q.gateway = optarg;
		else if (option == O_HOST)
			q.host = optarg;
		else if (option == O_ENHANCED)
			q.enhanced = optarg;
		else if (option == O_CODE && !read_code(optarg, &q.code))
			return run_usage(r, "--code: '%s' is not like 421", optarg);
		else if (option == O_FORMAT && strcmp(optarg, "json") != 0 && strcmp(optarg, "table") != 0)
			return run_usage(r, "--format: table or json, not '%s'", optarg);
		else if (option == O_FORMAT)
			q.json = *optarg == 'j';
	}
	const char *what = optind < argc ? argv[optind++] : "";
	int n = argc - optind;

	if (strcmp(what, "apply") == 0 && !n)
		return apply(r);
	if (strcmp(what, "test") != 0 && (strcmp(what, "list") != 0 || n))
		return run_usage(r, "test [REPLY]..., list or apply?");
	if (rules_load(r->conf.datadir, r->conf.rules_dir, &q.rules, &e) < 0)
		return run_failed(&e);
	if (strcmp(what, "test") == 0) {
		status = test(r, &q, n, argv + optind);
	} else {
		rules_each(q.rules, list_rule, &q);
		status = run_flushed(0);
	}
	rules_free(q.rules);
	buf_free(&q.name);
	return status;
}
