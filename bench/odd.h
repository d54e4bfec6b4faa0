/*
 * odd - the reports of the small corpus, each with one of the oddities that reporters send.
 *
 * odd_kinds says which there are and how each is made. Their XML is changed by struct edit
 * (odd_rules.c), and where that does not do by a function (odd_kinds.c); then it is packed
 * (odd_pack.h) and written (odd.c). What must come of it is counted on the way: the bench holds
 * the database against that.
 *
 * The mix: report n is of kind n modulo ODD_KINDS, so that each kind is as frequent as any other,
 * which is far from the wild, where most reports have nothing odd or only what costs nothing (no
 * version, no scope, CRLF). A report has one oddity, beside what its reporter's style has anyway;
 * the variants of a kind take turns. Where the kind asks for no other packing it is that of the
 * twin.
 */
#ifndef BENCH_ODD_H
#define BENCH_ODD_H

#include "bench/edit.h"
#include "bench/gen_report.h"

#include <stdbool.h>

enum odd_outcome { ODD_STORED, ODD_PARTIAL, ODD_QUARANTINED };

/* One report on its way. */
struct odd {
	const struct gen_report *g;
	uint32_t no;      /* of the report */
	unsigned variant; /* of its kind: 0.. */
	bool zip;         /* what its twin in the small corpus is packed as; else gzip */
	struct buf xml;
	struct buf packed;        /* what is written */
	struct buf *held;         /* the report of the last file that was sent without one */
	unsigned reports;         /* in the file */
	unsigned records;         /* in it that are stored, and that are refused */
	unsigned refused;
	unsigned changes;         /* 0: it had nothing that could be made odd */
	enum odd_outcome outcome;
	const char *extension;    /* of the file */
};

struct odd_kind {
	const char *name;              /* q1..q60: seen in the wild; d1..: what transport does */
	unsigned variants;             /* of change and pack; those of the rules count apart */
	void (*change)(struct odd *o); /* the XML, behind the rules; or NULL */
	void (*pack)(struct odd *o);   /* or NULL: as the twin */
	const char *extension;         /* NULL: as the twin */
	unsigned refused;              /* records that have no address, or are not whole */
	bool mended;                   /* it can't be read without mending */
	bool twice;                    /* sent in a second file as well */
};

#define ODD_KINDS 71 /* not a multiple of 2 or 5: each tenth twin is a zip */

/* Q1 to Q60, then the others. */
extern const struct odd_kind odd_kinds[ODD_KINDS];

/* How many variants the rules have for a kind (its place in odd_kinds), and one of them. */
unsigned odd_rule_variants(unsigned kind);
/* Returns how many changes it made. */
unsigned odd_apply_rules(struct odd *o, unsigned kind, unsigned variant);

struct odd_corpus;

struct odd_corpus *odd_new(const char *dir);
/* Writes one report, which xml holds; takes the bytes of xml. */
void odd_write(struct odd_corpus *c, const struct gen_report *g, uint32_t no, struct buf *xml);
/*
 * Says what must come of all in the file DIR.odd; frees c; returns the bytes of all files. A line a
 * kind, its columns: name, reports, partial ones, mended ones, quarantined entries, records,
 * records refused; files, files that are really odd, repeats.
 */
uint64_t odd_finish(struct odd_corpus *c);

#endif
