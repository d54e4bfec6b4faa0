/*
 * pipeline - one line, left to right: feed, workers, frames, store, batches, commit.
 *
 * The main thread does all but the commits, in one poll loop; a store thread commits. What is
 * bounded: pieces read ahead (feed), jobs a worker has (worker), rows of a batch and batches that
 * wait (here). When two batches wait, nobody listens to the workers, and they wait, too.
 */
#ifndef CMD_PIPELINE_H
#define CMD_PIPELINE_H

#include "cmd/counts.h"
#include "cmd/feed.h"

struct conf;

struct pipeline_options {
	const struct conf *conf;
	const char *parser;       /* path of ruadb-parse */
	struct store *lookups;    /* for report ids; NULL: parse only */
	bool quiet;
	const struct ingest_walk *walk; /* for the progress display, or NULL */
	/* Called in the main thread for each item that is committed; may be NULL. */
	void (*committed)(void *ctx, const struct store_item *item);
	/* Asked each time around, at least once a second: false ends as a signal does, but is no
	 * interruption. May be NULL. */
	bool (*go_on)(void *ctx);
	void *ctx;
};

/*
 * Until feed is done or an end is asked for (signals.h): what is finished then is committed, what
 * is not is dropped. Adds to *counts what was committed, whatever it returns.
 * -1: ERR_TEMP: the database is away, nothing but what is counted is stored; ERR_CONFIG.
 */
int pipeline_run(const struct pipeline_options *o, struct feed *feed, struct counts *counts,
		 struct err *e) MUST_CHECK;

#endif
