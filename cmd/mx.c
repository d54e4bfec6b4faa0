/* `ruadb mx import`: MX records of recipient domains, as evidence of whose gateway they are behind. */
#include "base/buf.h"
#include "base/domain.h"
#include "base/mem.h"
#include "cmd/declare.h"
#include "rules/rules.h"
#include "store/store.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { O_AT = 256 };

#define MOST_RECORDS 5000000

static const struct option options[] = {
	{"at", required_argument, NULL, O_AT},
	{NULL, 0, NULL, 0},
};

struct import {
	const char *path;
	int64_t at;          /* -1: when the file was written */
	struct rules *rules;
	struct store_mx *mx;
	char **domains, **customers; /* of mx; owned */
	size_t n, cap;
	int64_t records, unknown;    /* MX records; those of no gateway that we know */
};

static char *name_of(const char *word, struct err *e)
{
	struct buf b = {0};

	if (domain_parse(&b, text_of(word), e) < 0) {
		buf_free(&b);
		return NULL;
	}
	buf_cstr(&b);
	return b.p;
}

/* Takes domain; host stays the caller's. */
static void add(struct import *m, char *domain, const char *host)
{
	struct gateway_hit hit;

	m->records++;
	if (!rules_gateway(m->rules, text_of(host), &hit)) {
		m->unknown++;
		free(domain);
		return;
	}
	if (m->n == m->cap) {
		m->cap = m->cap ? m->cap * 2 : 256;
		m->mx = xrealloc(m->mx, m->cap * sizeof(*m->mx));
		m->domains = xrealloc(m->domains, m->cap * sizeof(char *));
		m->customers = xrealloc(m->customers, m->cap * sizeof(char *));
	}
	char *customer = xstrndup(hit.customer.p ? hit.customer.p : "", hit.customer.len);

	m->domains[m->n] = domain;
	m->customers[m->n] = customer;
	m->mx[m->n++] = (struct store_mx){
		.domain = text_of(domain), .gateway = text_of(hit.gateway),
		.customer = text_of(customer), .title = text_of(hit.title),
		.family = text_of(hit.family), .mailbox_provider = hit.mailbox_provider,
	};
}

/*
 * "example.net. 3600 IN MX 10 mx.example.org." as dig and zone files have it, "example.net
 * mx.example.org" or with commas: the first word and the last. 0: also where there is nothing.
 */
static int take_line(struct import *m, char *line, struct err *e)
{
	static const char apart[] = " \t\r\n,";
	char *at, *first, *last = NULL, *word;
	bool type = false, is_mx = false;
	int words = 1;

	first = strtok_r(line, apart, &at);
	if (!first || *first == ';' || *first == '#')
		return 0;
	while ((word = strtok_r(NULL, apart, &at))) {
		type |= strcasecmp(word, "IN") == 0;
		is_mx |= strcasecmp(word, "MX") == 0;
		last = word;
		words++;
	}
	if ((type || words > 3) && !is_mx)
		return 0; /* a record of another type */
	if (!last)
		return err_set(e, ERR_INPUT, "'%.60s' has no mail exchanger beside it", first);
	if (strcmp(last, ".") == 0)
		return 0; /* RFC 7505: takes no mail */
	char *domain = name_of(first, e), *host = domain ? name_of(last, e) : NULL;

	if (!host) {
		free(domain);
		return -1;
	}
	if (m->records == MOST_RECORDS) {
		free(domain);
		free(host);
		return err_set(e, ERR_LIMIT, "more than %d records", MOST_RECORDS);
	}
	add(m, domain, host);
	free(host);
	return 0;
}

static int read_all(struct import *m, FILE *in, struct err *e)
{
	char *line = NULL;
	size_t cap = 0;
	int number = 0, rc = 0;

	while (rc == 0 && getline(&line, &cap, in) > 0) {
		number++;
		rc = take_line(m, line, e);
	}
	free(line);
	if (rc < 0)
		return err_wrap(e, "%s:%d", m->path, number);
	if (ferror(in))
		return err_set(e, ERR_TEMP, "%s: %s", m->path, strerror(errno));
	return 0;
}

static int read_file(struct import *m, struct err *e)
{
	bool from_stdin = strcmp(m->path, "-") == 0;
	FILE *in = from_stdin ? stdin : fopen(m->path, "re");
	struct stat st;

	if (!in)
		return err_set(e, ERR_CONFIG, "%s: %s", m->path, strerror(errno));
	if (m->at < 0)
		m->at = !from_stdin && fstat(fileno(in), &st) == 0 ? (int64_t)st.st_mtime
								    : (int64_t)time(NULL);
	int rc = read_all(m, in, e);

	if (!from_stdin)
		fclose(in);
	return rc;
}

static void import_free(struct import *m)
{
	for (size_t i = 0; i < m->n; i++) {
		free(m->domains[i]);
		free(m->customers[i]);
	}
	free(m->domains);
	free(m->customers);
	free(m->mx);
	rules_free(m->rules);
}

static int import(struct run *r, struct import *m)
{
	struct err e;
	int status = declare_open(r);

	if (status)
		return status;
	if (rules_load(r->conf.datadir, r->conf.rules_dir, &m->rules, &e) < 0 ||
	    read_file(m, &e) < 0 || store_mx_add(r->store, m->mx, m->n, m->at, &e) < 0)
		return run_failed(&e);
	if (!r->quiet)
		printf("%" PRId64 " MX records: %zu of gateways that we know, %" PRId64 " of others\n",
		       m->records, m->n, m->unknown);
	return run_flushed(0);
}

int cmd_mx(struct run *r, int argc, char **argv)
{
	struct import m = {.at = -1};
	struct tm tm = {0};
	int option, status;

	while ((option = run_option(r, argc, argv, "", options, &status)) != OPTION_END) {
		const char *end;

		if (option == OPTION_EXIT)
			return status;
		end = strptime(optarg, "%Y-%m-%d", &tm);
		if (!end || *end)
			return run_usage(r, "--at is a day, as 2026-01-31, not '%s'", optarg);
		m.at = (int64_t)timegm(&tm);
	}
	if (argc - optind != 2 || strcmp(argv[optind], "import") != 0)
		return run_usage(r, "import FILE?");
	m.path = argv[optind + 1];
	status = import(r, &m);
	import_free(&m);
	return status;
}
