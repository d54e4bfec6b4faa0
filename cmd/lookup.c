/* `ruadb lookup`: what a person looked up elsewhere, so that it stands beside the rest with its date. */
#include "cmd/declare.h"
#include "base/buf.h"
#include "base/domain.h"
#include "base/mem.h"
#include "base/range.h"
#include "base/text.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WORD_BYTES 200
#define AHEAD_SECONDS 300 /* a clock that is fast is no reason to refuse */

enum { O_KIND = 256, O_VALUE, O_CHECKER, O_IP, O_DOMAIN, O_LIST, O_AT, O_FORMAT };

static const struct option options[] = {
	{"kind", required_argument, NULL, O_KIND},
	{"value", required_argument, NULL, O_VALUE},
	{"checker", required_argument, NULL, O_CHECKER},
	{"ip", required_argument, NULL, O_IP},
	{"domain", required_argument, NULL, O_DOMAIN},
	{"list", required_argument, NULL, O_LIST},
	{"at", required_argument, NULL, O_AT},
	{"format", required_argument, NULL, O_FORMAT},
	{NULL, 0, NULL, 0},
};

/* What may be looked up: of what, and what it may give; values NULL: 0 to 100. */
static const struct kind {
	const char *name;
	bool ip, domain; /* these have to be named; neither: one of both */
	bool list;       /* and this */
	const char *values[3];
} kinds[] = {
	{"ipcheck", true, false, false, {"clean", "listed"}},
	{"blocklist", false, false, true, {"clean", "listed"}},
	{"rdns", true, false, false, {"pass", "fail", "none"}},
	{"helo", true, false, false, {"pass", "fail", "none"}},
	{"spf", false, true, false, {"pass", "fail", "none"}},
	{"dkim", false, true, false, {"pass", "fail", "none"}},
	{"dmarc", false, true, false, {"pass", "fail", "none"}},
	{"score", false, false, false, {NULL}},
};
#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

struct wishes {
	struct store_lookup of;
	char *ip, *domain; /* as they are compared */
	bool says;
	enum report_format format;
};

static const struct kind *kind_named(const char *name)
{
	for (size_t i = 0; i < N_KINDS; i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

static int take_kind(struct wishes *w, const char *value, struct err *e)
{
	struct buf there = {0};

	w->of.kind = value;
	if (kind_named(value))
		return 0;
	for (size_t i = 0; i < N_KINDS; i++)
		buf_printf(&there, "%s%s", i ? ", " : "", kinds[i].name);
	err_set(e, ERR_CONFIG, "there is no kind '%.40s'; there are: %s", value, buf_cstr(&there));
	buf_free(&there);
	return -1;
}

/* One address, not a range. */
static int take_ip(struct wishes *w, const char *value, struct err *e)
{
	struct range r;
	int rc = range_parse(&r, value, e);

	if (rc == 0) {
		const char *block = r.n == 1 ? r.blocks[0] : "";
		size_t n = strcspn(block, "/");
		const char *bits = strchr(block, ':') ? "/128" : "/32";

		if (r.n == 1 && strcmp(block + n, bits) == 0) {
			free(w->ip);
			w->of.ip = w->ip = xstrndup(block, n);
		} else {
			rc = err_set(e, ERR_CONFIG, "'%.60s' is more than one address", value);
		}
	}
	range_free(&r);
	return rc;
}

static int take_domain(struct wishes *w, const char *value, struct err *e)
{
	struct buf b = {0};
	int rc = domain_parse(&b, text_of(value), e);

	if (rc == 0) {
		free(w->domain);
		w->of.domain = w->domain = xstrdup(buf_cstr(&b));
	}
	buf_free(&b);
	return rc;
}

/* A word or a name of a person's: short, UTF-8, and all of it can be seen. */
static int take_word(const char **to, const char *what, const char *value, struct err *e)
{
	struct buf b = {0};
	size_t n = strlen(value);
	bool fine = n && n <= WORD_BYTES && text_utf8_ok(value, n);

	if (fine) {
		text_add_visible(&b, text_of(value));
		fine = strcmp(buf_cstr(&b), value) == 0;
	}
	buf_free(&b);
	*to = value;
	return fine ? 0 : err_set(e, ERR_CONFIG, "--%s is empty, longer than %d bytes, or has "
				  "characters in it that can't be seen", what, WORD_BYTES);
}

/* "Z", "", "+01:00": seconds east of UTC. */
static bool parse_zone(const char *p, long *ret)
{
	int hours, minutes, end = 0;

	*ret = 0;
	if (!*p || strcmp(p, "Z") == 0)
		return true;
	if ((*p != '+' && *p != '-') || sscanf(p + 1, "%2d:%2d%n", &hours, &minutes, &end) != 2 ||
	    p[1 + end] || hours < 0 || hours > 15 || minutes < 0 || minutes > 59)
		return false;
	*ret = (hours * 3600L + minutes * 60L) * (*p == '-' ? -1 : 1);
	return true;
}

/* 2026-01-31, or with a time of day behind T or a blank, and a zone; UTC where none is said. */
static bool parse_time(const char *p, int64_t *ret)
{
	int year, month, day, hour = 0, minute = 0, second = 0, end = 0, more = 0;
	long zone;

	if (sscanf(p, "%4d-%2d-%2d%n", &year, &month, &day, &end) != 3)
		return false;
	p += end;
	if (*p && strchr("T ", *p)) {
		if (sscanf(p + 1, "%2d:%2d%n", &hour, &minute, &more) != 2)
			return false;
		p += 1 + more;
		if (*p == ':' && sscanf(p + 1, "%2d%n", &second, &more) == 1)
			p += 1 + more;
	} else if (*p) {
		return false;
	}
	struct tm tm = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day,
			.tm_hour = hour, .tm_min = minute, .tm_sec = second};
	time_t t = timegm(&tm); /* which makes 1 March of 29 February */

	if (!parse_zone(p, &zone) || tm.tm_mday != day || tm.tm_mon != month - 1 ||
	    tm.tm_hour != hour || tm.tm_min != minute || tm.tm_sec != second)
		return false;
	*ret = (int64_t)t - zone;
	return true;
}

static int take_at(struct wishes *w, const char *value, struct err *e)
{
	if (!parse_time(value, &w->of.at))
		return err_set(e, ERR_CONFIG, "'%.60s' is no time like 2026-01-31, "
			       "2026-01-31T09:30Z or 2026-01-31T09:30+01:00", value);
	if (w->of.at > (int64_t)time(NULL) + AHEAD_SECONDS)
		return err_set(e, ERR_CONFIG, "'%.60s' is still to come", value);
	return w->of.at >= 0 ? 0 : err_set(e, ERR_CONFIG, "'%.60s' is before 1970", value);
}

static int take_option(struct wishes *w, int option, struct err *e)
{
	w->says = w->says || option != O_FORMAT;
	switch (option) {
	case O_KIND:
		return take_kind(w, optarg, e);
	case O_VALUE:
		return take_word(&w->of.value, "value", optarg, e);
	case O_CHECKER:
		return take_word(&w->of.checker, "checker", optarg, e);
	case O_IP:
		return take_ip(w, optarg, e);
	case O_DOMAIN:
		return take_domain(w, optarg, e);
	case O_LIST:
		return take_word(&w->of.list, "list", optarg, e);
	case O_AT:
		return take_at(w, optarg, e);
	default:
		return report_format_of(optarg, &w->format, e);
	}
}

/* ---- add ---- */

static bool is_score(const char *s)
{
	size_t n = strspn(s, "0123456789");

	return n && n <= 3 && !s[n] && strtol(s, NULL, 10) <= 100;
}

static int check_value(const struct kind *k, const char *value, struct err *e)
{
	struct buf there = {0};

	if (!k->values[0])
		return is_score(value) ? 0 : err_set(e, ERR_CONFIG, "the value of a %s is a whole "
						     "number from 0 to 100", k->name);
	for (size_t i = 0; i < 3 && k->values[i]; i++) {
		if (strcmp(k->values[i], value) == 0) {
			buf_free(&there);
			return 0;
		}
		buf_printf(&there, "%s%s", i ? ", " : "", k->values[i]);
	}
	err_set(e, ERR_CONFIG, "the value of kind %s is one of: %s", k->name, buf_cstr(&there));
	buf_free(&there);
	return -1;
}

static int check(const struct store_lookup *l, struct err *e)
{
	if (!l->kind || !l->value || !l->checker)
		return err_set(e, ERR_CONFIG, "add takes at least --kind, --value and --checker");
	const struct kind *k = kind_named(l->kind);

	if (check_value(k, l->value, e) < 0)
		return -1;
	if (k->ip && !l->ip)
		return err_set(e, ERR_CONFIG, "%s is of an address: give --ip, too", k->name);
	if (k->domain && !l->domain)
		return err_set(e, ERR_CONFIG, "%s is of a domain: give --domain, too", k->name);
	if (k->list && !l->list)
		return err_set(e, ERR_CONFIG, "which blocklist? give --list, too");
	if (!l->ip && !l->domain)
		return err_set(e, ERR_CONFIG, "of what? --ip, or --domain");
	return 0;
}

static int add(struct run *r, const struct wishes *w)
{
	char what[40];
	struct err e;
	int64_t id;
	int status;

	if (check(&w->of, &e) < 0)
		return run_usage(r, "%s", e.msg);
	if ((status = declare_open(r)) != 0)
		return status;
	if (store_lookup_add(r->store, &w->of, &id, &e) < 0)
		return run_failed(&e);
	snprintf(what, sizeof(what), "lookup %lld", (long long)id);
	declare_say(r, what, "noted");
	return run_flushed(0);
}

/* ---- remove ---- */

static int remove_some(struct run *r, char **argv, int n)
{
	AUTO_FREE int64_t *ids = xcalloc((size_t)n, sizeof(*ids));
	struct err e;
	int status;

	for (int i = 0; i < n; i++) {
		char *end;

		ids[i] = strtoll(argv[i], &end, 10);
		if (!*argv[i] || *end || ids[i] <= 0)
			return run_usage(r, "'%s' is no number of a lookup", argv[i]);
	}
	if ((status = declare_open(r)) != 0)
		return status;
	if (store_lookup_remove(r->store, ids, (size_t)n, &e) < 0)
		return run_failed(&e);
	if (!r->quiet)
		printf("%d removed\n", n);
	return run_flushed(0);
}

/* ---- the command ---- */

static int act(struct run *r, const struct wishes *w, int argc, char **argv)
{
	const char *what = argc ? argv[0] : "list";
	int n = argc ? argc - 1 : 0, status;

	if (strcmp(what, "add") == 0)
		return n ? run_usage(r, "add takes options only") : add(r, w);
	if (w->says)
		return run_usage(r, "only add takes these options");
	if (strcmp(what, "remove") == 0)
		return n ? remove_some(r, argv + 1, n) : run_usage(r, "which? list says their numbers");
	if (strcmp(what, "list") != 0 || n)
		return run_usage(r, "add, list or remove N...?");
	status = declare_open_list(r);
	return status ? status : declare_list(r, "lookups", w->format);
}

int cmd_lookup(struct run *r, int argc, char **argv)
{
	struct wishes w = {.of = {.at = -1}, .format = REPORT_TABLE};
	int option, status = 0;
	struct err e;

	while ((option = run_option(r, argc, argv, "", options, &status)) >= 0)
		if (take_option(&w, option, &e) < 0) {
			status = run_usage(r, "%s", e.msg);
			break;
		}
	if (option == OPTION_END)
		status = act(r, &w, argc - optind, argv + optind);
	free(w.ip);
	free(w.domain);
	return status;
}
