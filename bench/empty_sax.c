/*
 * empty_sax - our parser against libxml2's floor: one process, the same unpacked bytes.
 *
 *   empty_sax NAME ROUNDS DIR TARGET
 *
 * The floor is libxml2's push parser in chunks of 16 KB with callbacks that do nothing; against it
 * parse_xml with everything that it does (names, values, hash, UTF-8, limits, frames), frames
 * thrown away. The two take turns every 4 MB and are timed in CPU seconds of this thread, so that
 * a busy machine slows both alike. Prints parse_vs_empty_sax_NAME, the median of the rounds.
 */
#include "bench/files.h"
#include "parse/parse.h"

#include <libxml/parser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CHUNK 16384
#define TURN (4 << 20)
#define MAX_ROUNDS 99

static void no_start(void *ctx, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
		     int n_ns, const xmlChar **ns, int n_attributes, int n_defaulted,
		     const xmlChar **attributes)
{
	(void)ctx, (void)name, (void)prefix, (void)uri, (void)n_ns, (void)ns, (void)n_attributes,
		(void)n_defaulted, (void)attributes;
}

static void no_end(void *ctx, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
	(void)ctx, (void)name, (void)prefix, (void)uri;
}

static void no_text(void *ctx, const xmlChar *text, int len)
{
	(void)ctx, (void)text, (void)len;
}

static void floor_parse(const struct file *f)
{
	xmlSAXHandler sax = {
		.initialized = XML_SAX2_MAGIC,
		.startElementNs = no_start,
		.endElementNs = no_end,
		.characters = no_text,
		.ignorableWhitespace = no_text,
		.cdataBlock = no_text,
	};
	xmlParserCtxtPtr ctx = xmlCreatePushParserCtxt(&sax, NULL, NULL, 0, NULL);

	if (!ctx)
		bench_die(f->path, "no XML context");
	xmlCtxtUseOptions(ctx, XML_PARSE_NONET | XML_PARSE_HUGE | XML_PARSE_COMPACT);
	for (size_t at = 0; at < f->size; at += CHUNK) {
		size_t n = f->size - at < CHUNK ? f->size - at : CHUNK;

		if (xmlParseChunk(ctx, f->bytes + at, (int)n, 0))
			bench_die(f->path, "not well-formed");
	}
	if (xmlParseChunk(ctx, NULL, 0, 1))
		bench_die(f->path, "not well-formed");
	xmlFreeParserCtxt(ctx);
}

static int discard(void *ctx, struct buf *out, struct err *e)
{
	(void)ctx, (void)e;
	out->len = 0;
	return 0;
}

static void our_parse(struct parser *p, const struct file *f, struct parse_sink *sink)
{
	struct err e;

	if (parse_xml(p, 1, 0, f->bytes, f->size, sink, &e) < 0)
		bench_die(f->path, e.msg);
	sink->out.len = 0;
}

static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* One turn of each, in the order that `swap` says, over the files from..to-1. */
static void turn(const struct files *f, size_t from, size_t to, int swap, struct parser *p,
		 struct parse_sink *sink, double seconds[2])
{
	for (int i = 0; i < 2; i++) {
		int ours = i ^ swap;
		double begin = cpu_seconds();

		for (size_t k = from; k < to; k++) {
			if (ours)
				our_parse(p, &f->v[k], sink);
			else
				floor_parse(&f->v[k]);
		}
		seconds[ours] += cpu_seconds() - begin;
	}
}

static double round_ratio(const struct files *f, struct parser *p, struct parse_sink *sink)
{
	double seconds[2] = {0};
	int swap = 0;

	for (size_t from = 0, to; from < f->n; from = to, swap ^= 1) {
		size_t bytes = 0;

		for (to = from; to < f->n && bytes < TURN; to++)
			bytes += f->v[to].size;
		turn(f, from, to, swap, p, sink, seconds);
	}
	return seconds[0] / seconds[1];
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	long rounds = argc == 5 ? strtol(argv[2], NULL, 10) : 0;
	double ratio[MAX_ROUNDS];

	if (rounds < 1 || rounds > MAX_ROUNDS) {
		fputs("usage: empty_sax NAME ROUNDS DIR TARGET\n", stderr);
		return 64;
	}
	struct files f = files_load(argv[3], 0);
	struct parser *p = parser_new();
	struct parse_sink sink = {.flush = discard};

	files_unpack(&f);
	for (long i = 0; i < rounds; i++)
		ratio[i] = round_ratio(&f, p, &sink);
	qsort(ratio, (size_t)rounds, sizeof(*ratio), by_value);
	printf("# parse_vs_empty_sax_%s: one process, no jobs, no keep_raw, median of %ld rounds,"
	       " %.3f to %.3f; target %s\n",
	       argv[1], rounds, ratio[0], ratio[rounds - 1], argv[4]);
	printf("parse_vs_empty_sax_%s=%.2f\n", argv[1], ratio[rounds / 2]);
	buf_free(&sink.out);
	parser_free(p);
	files_free(&f);
	return 0;
}
