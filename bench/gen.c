/*
 * gen - the bench's corpora, from a seed.
 *
 *   gen small DIR N SEED          N reports of about 6 records (1 to 31, heavy tail) of 400 domains
 *                                 over 90 days: .xml.gz, each tenth a .zip
 *   gen odd DIR N SEED            the reports that small writes of that seed, each with an oddity
 *                                 of the wild (odd.h); what must come of them is in DIR.odd
 *   gen huge DIR N RECORDS SEED   N reports of RECORDS records: .xml.gz and .zip by turns
 *   gen sources DIR RECORDS SEED  daily reports of few domains and their senders (sources.h) in
 *                                 DIR/base, and those of one day more in DIR/next
 *
 * Prints what it wrote as name=value. Authentication results repeat: 0.25 distinct sets a record
 * in small ones, over the corpus, and 0.05 in huge ones.
 */
#include "bench/gen_report.h"
#include "bench/odd.h"
#include "bench/sources.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define DOMAINS 400
#define DAYS 90
#define FIRST_DAY 1782864000 /* 2026-07-01 */
#define FRESH_SMALL 166 /* per mille; reporters who give SPF its scope make sets of their own */
#define FRESH_HUGE 50
#define FLUSH (1 << 20)
#define MAX_SMALL 40000

struct corpus {
	const char *dir;
	struct rng rng;
	struct gen_totals totals;
	uint64_t xml_bytes, packed_bytes;
};

static void die(const char *what, const char *why)
{
	fprintf(stderr, "gen: %s: %s\n", what, why);
	exit(1);
}

/* ---- one packed file ---- */

struct out {
	struct archive *a;
	struct buf xml;
	struct corpus *c;
	const char *folder; /* within the corpus, or NULL */
};

static void check(struct out *o, int rc)
{
	if (rc != ARCHIVE_OK)
		die("libarchive", archive_error_string(o->a));
}

static void out_open(struct out *o, const char *path, bool zip, const char *inner)
{
	struct archive_entry *entry = archive_entry_new();

	o->a = archive_write_new();
	if (zip) {
		check(o, archive_write_set_format_zip(o->a));
	} else {
		check(o, archive_write_set_format_raw(o->a));
		check(o, archive_write_add_filter_gzip(o->a));
		check(o, archive_write_set_filter_option(o->a, "gzip", "timestamp", NULL));
	}
	check(o, archive_write_set_bytes_in_last_block(o->a, 1));
	check(o, archive_write_open_filename(o->a, path));
	archive_entry_set_pathname(entry, inner);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0644);
	archive_entry_set_mtime(entry, FIRST_DAY, 0);
	check(o, archive_write_header(o->a, entry));
	archive_entry_free(entry);
}

static void out_flush(struct out *o)
{
	for (size_t done = 0; done < o->xml.len;) {
		la_ssize_t n = archive_write_data(o->a, o->xml.p + done, o->xml.len - done);

		if (n <= 0)
			die("libarchive", archive_error_string(o->a));
		done += (size_t)n;
	}
	o->c->xml_bytes += o->xml.len;
	o->xml.len = 0;
}

static void out_close(struct out *o, const char *path)
{
	struct stat st;

	out_flush(o);
	check(o, archive_write_close(o->a));
	archive_write_free(o->a);
	if (stat(path, &st) < 0)
		die(path, strerror(errno));
	o->c->packed_bytes += (uint64_t)st.st_size;
}

/* The same bytes as write_report, to be changed. */
static void write_odd(struct odd_corpus *odd, struct corpus *c, const struct gen_report *g,
		      uint32_t no, uint32_t records)
{
	struct buf xml = {0};

	gen_head(g, &xml);
	for (uint32_t i = 0; i < records; i++)
		gen_record(g, &xml);
	gen_tail(g, &xml);
	c->xml_bytes += xml.len;
	odd_write(odd, g, no, &xml);
}

static void write_report(struct out *o, const struct gen_report *g, uint32_t no, uint32_t records,
			 bool zip)
{
	struct buf name = {0}, path = {0};

	gen_file_name(g, &name);
	buf_printf(&path, "%s/%s%05u.%s", o->c->dir, o->folder ? o->folder : "", no,
		   zip ? "zip" : "xml.gz");
	buf_adds(&name, ".xml");
	out_open(o, buf_cstr(&path), zip, buf_cstr(&name));
	gen_head(g, &o->xml);
	for (uint32_t i = 0; i < records; i++) {
		gen_record(g, &o->xml);
		if (o->xml.len > FLUSH)
			out_flush(o);
	}
	gen_tail(g, &o->xml);
	out_close(o, buf_cstr(&path));
	buf_free(&name);
	buf_free(&path);
}

/* ---- the corpora ---- */

/* 1 to 31, each doubling 0.6 times as likely: 5.8 in the mean. */
static uint32_t record_count(struct rng *r)
{
	uint32_t power = 0;

	while (power < 4 && rng_permille(r, 600))
		power++;
	return (1u << power) + rng_below(r, 1u << power);
}

/*
 * Whose report of which domain and day is next: each sends one, as real reporters do. Half of the
 * reports are about the first fifth of the domains. *ret_domain is 0..DOMAINS-1.
 */
static void draw(struct rng *r, bool *used, struct gen_report *g, uint32_t *ret_domain)
{
	size_t at;

	do {
		uint32_t day = rng_below(r, DAYS);

		*ret_domain = rng_below(r, rng_permille(r, 500) ? DOMAINS / 5 : DOMAINS);
		g->reporter = gen_draw_reporter(r);
		g->begin = FIRST_DAY + 86400 * (int64_t)day;
		at = ((size_t)g->reporter * DOMAINS + *ret_domain) * DAYS + day;
	} while (used[at]);
	used[at] = true;
}

/* odd: where the odd ones of them go; or NULL. */
static void small(struct corpus *c, uint32_t n, struct odd_corpus *odd)
{
	struct pool *pools = xcalloc(DOMAINS, sizeof(*pools));
	bool *used = xcalloc((size_t)GEN_REPORTERS * DOMAINS * DAYS, sizeof(*used));
	struct out o = {.c = c};

	for (uint32_t i = 0; i < DOMAINS; i++)
		pool_init(&pools[i], i);
	for (uint32_t i = 0; i < n; i++) {
		struct gen_report g = {.rng = &c->rng, .totals = &c->totals, .fresh = FRESH_SMALL};
		uint32_t domain;

		draw(&c->rng, used, &g, &domain);
		g.pool = &pools[domain];
		g.id = rng_next(&c->rng);
		uint32_t records = record_count(&c->rng);

		if (odd)
			write_odd(odd, c, &g, i, records);
		else
			write_report(&o, &g, i, records, i % 10 == 9);
	}
	for (uint32_t i = 0; i < DOMAINS; i++)
		pool_free(&pools[i]);
	free(pools);
	free(used);
	buf_free(&o.xml);
}

static void huge(struct corpus *c, uint32_t n, uint32_t records)
{
	struct out o = {.c = c};

	for (uint32_t i = 0; i < n; i++) {
		struct pool pool;
		struct gen_report g = {
			.rng = &c->rng,
			.pool = &pool,
			.totals = &c->totals,
			.reporter = i % GEN_REPORTERS,
			.fresh = FRESH_HUGE,
			.begin = FIRST_DAY + 86400 * (int64_t)(i % DAYS),
			.id = rng_next(&c->rng),
		};

		pool_init(&pool, i);
		write_report(&o, &g, i, records, i % 2);
		pool_free(&pool);
	}
	buf_free(&o.xml);
}

static void emit_sources(void *ctx, const struct gen_report *g, uint32_t day, uint32_t records)
{
	struct out *o = ctx;

	o->folder = day < SOURCES_DAYS ? "base/" : "next/";
	write_report(o, g, (uint32_t)g->totals->reports, records, false);
}

static void make_dir(const char *path)
{
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		die(path, strerror(errno));
}

static void sources(struct corpus *c, uint32_t records)
{
	struct out o = {.c = c};
	struct buf path = {0};

	buf_printf(&path, "%s/base", c->dir);
	make_dir(buf_cstr(&path));
	path.len = 0;
	buf_printf(&path, "%s/next", c->dir);
	make_dir(buf_cstr(&path));
	sources_make(records, &c->rng, &c->totals, emit_sources, &o);
	buf_free(&path);
	buf_free(&o.xml);
}

static uint32_t number(const char *s)
{
	char *end;
	unsigned long n = strtoul(s, &end, 10);

	if (!*s || *end || n > UINT32_MAX)
		die(s, "not a number");
	return (uint32_t)n;
}

static void print_totals(const struct corpus *c, const char *kind)
{
	const struct gen_totals *t = &c->totals;

	printf("# %s corpus: reports=%" PRIu64 " records=%" PRIu64 " results=%" PRIu64
	       " xml_mb=%.1f packed_mb=%.1f\n",
	       kind, t->reports, t->records, t->results, (double)c->xml_bytes / 1e6,
	       (double)c->packed_bytes / 1e6);
	if (t->sets) /* of those that come out of pools */
		printf("sets_per_record_%s=%.3f\n", kind, (double)t->sets / (double)t->records);
}

int main(int argc, char **argv)
{
	bool is_odd = argc == 5 && !strcmp(argv[1], "odd");
	bool is_small = is_odd || (argc == 5 && !strcmp(argv[1], "small"));
	bool is_sources = argc == 5 && !strcmp(argv[1], "sources");
	bool is_huge = argc == 6 && !strcmp(argv[1], "huge");

	if (!is_small && !is_huge && !is_sources) {
		fputs("usage: gen small|odd|sources DIR N SEED | gen huge DIR N RECORDS SEED\n",
		      stderr);
		return 64;
	}
	struct corpus c = {.dir = argv[2], .rng.state = number(argv[argc - 1])};

	make_dir(c.dir);
	if (is_small && number(argv[3]) > MAX_SMALL)
		die(argv[3], "too many: a reporter sends one report a domain and day");
	struct odd_corpus *odd = is_odd ? odd_new(c.dir) : NULL;

	if (is_sources)
		sources(&c, number(argv[3]));
	else if (is_small)
		small(&c, number(argv[3]), odd);
	else
		huge(&c, number(argv[3]), number(argv[4]));
	if (odd)
		c.packed_bytes = odd_finish(odd);
	print_totals(&c, argv[1]);
	return 0;
}
