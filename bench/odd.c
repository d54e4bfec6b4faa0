#include "bench/odd.h"
#include "bench/odd_pack.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What comes of the files of a kind. */
struct due {
	unsigned files, odd, reports, repeats, partial, quarantined, mended;
	uint64_t records, refused;
};

struct odd_corpus {
	const char *dir;
	struct buf held;
	uint64_t bytes; /* of all files */
	struct due due[ODD_KINDS];
};

static void die(const char *what)
{
	fprintf(stderr, "gen: %s: %s\n", what, strerror(errno));
	exit(1);
}

struct odd_corpus *odd_new(const char *dir)
{
	struct odd_corpus *c = xcalloc(1, sizeof(*c));

	c->dir = dir;
	return c;
}

static void write_file(struct odd_corpus *c, const struct odd *o, const struct odd_kind *k,
		       const char *which)
{
	AUTO_FREE char *path = xasprintf("%s/%05u-%s%s.%s", c->dir, o->no, k->name, which,
					 o->extension);
	FILE *f = fopen(path, "wb");

	if (!f || fwrite(o->packed.p, 1, o->packed.len, f) != o->packed.len || fclose(f) != 0)
		die(path);
	c->bytes += o->packed.len;
}

static void pack_as_twin(struct odd *o)
{
	if (o->zip)
		pack_zip(&(struct pack_file){"report.xml", &o->xml}, 1, &o->packed);
	else
		pack_gzip(o->xml.p, o->xml.len, &o->packed);
}

/* The same report once more, in other bytes. */
static void write_again(struct odd_corpus *c, struct odd *o, const struct odd_kind *k,
			struct due *due)
{
	buf_adds(&o->xml, "\n");
	o->packed.len = 0;
	pack_as_twin(o);
	write_file(c, o, k, "-again");
	due->files++;
	due->odd++;
	due->repeats++;
}

static void count(struct due *due, const struct odd *o, const struct odd_kind *k)
{
	due->files++;
	due->odd += o->changes > 0;
	due->reports += o->reports;
	due->partial += o->outcome == ODD_PARTIAL;
	due->quarantined += o->outcome == ODD_QUARANTINED;
	due->mended += k->mended && o->changes && o->reports;
	due->records += o->records;
	due->refused += o->refused;
}

/* Kinds take turns, and so do the variants of a kind. */
void odd_write(struct odd_corpus *c, const struct gen_report *g, uint32_t no, struct buf *xml)
{
	unsigned i = no % ODD_KINDS, turn = no / ODD_KINDS, variants = odd_rule_variants(i);
	const struct odd_kind *k = &odd_kinds[i];
	struct odd o = {
		.g = g,
		.no = no,
		.variant = turn % (k->variants ? k->variants : 1),
		.zip = no % 10 == 9,
		.xml = *xml,
		.held = &c->held,
		.reports = 1,
		.refused = k->refused,
		.outcome = ODD_STORED,
	};

	o.extension = k->extension ? k->extension : o.zip ? "zip" : "xml.gz";
	*xml = (struct buf){0};
	if (variants)
		o.changes = odd_apply_rules(&o, i, turn % variants);
	else
		o.changes = 1;
	o.records = edit_count(&o.xml, "<record>") - k->refused;
	if (k->change)
		k->change(&o);
	if (!o.reports)
		o.records = 0;
	(k->pack ? k->pack : pack_as_twin)(&o);
	write_file(c, &o, k, "");
	count(&c->due[i], &o, k);
	if (k->twice)
		write_again(c, &o, k, &c->due[i]);
	buf_free(&o.xml);
	buf_free(&o.packed);
}

uint64_t odd_finish(struct odd_corpus *c)
{
	AUTO_FREE char *path = xasprintf("%s.odd", c->dir);
	FILE *f = fopen(path, "w");

	if (!f)
		die(path);
	for (unsigned i = 0; i < ODD_KINDS; i++) {
		const struct due *d = &c->due[i];

		fprintf(f, "%s\t%u\t%u\t%u\t%u\t%" PRIu64 "\t%" PRIu64 "\t%u\t%u\t%u\n",
			odd_kinds[i].name, d->reports, d->partial, d->mended, d->quarantined,
			d->records, d->refused, d->files, d->odd, d->repeats);
	}
	if (fclose(f) != 0)
		die(path);
	uint64_t bytes = c->bytes;

	buf_free(&c->held);
	free(c);
	return bytes;
}
